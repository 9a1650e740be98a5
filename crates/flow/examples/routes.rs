//! Development only: prints the routes of a folder as JSON. It walks with plain `std::fs`, skips what nobody would
//! assess, and knows nothing of manifests but the packages that `package.json` asks for.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_flow::{Facts, routes};
use lunette_lang::Dialect;

const SKIPPED: [&str; 6] = ["node_modules", ".git", "dist", "vendor", "__pycache__", ".next"];

fn main() -> ExitCode {
    let Some(root) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: routes FOLDER");
        return ExitCode::FAILURE;
    };
    let worker = std::thread::Builder::new().stack_size(lunette_lang::STACK_SIZE).spawn(move || run(&root));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}

fn run(root: &Path) -> String {
    let mut files = Vec::new();
    walk(root, root, &mut files);
    files.sort();
    let mut units = Vec::new();
    let mut map = ImportMap::default();
    let start = Instant::now();
    let mut lines = 0;
    for (path, text) in files {
        if let Some(folder) = path.strip_suffix("package.json") {
            map.manifests.push((folder.to_owned(), dependencies(&text)));
        }
        let Some(dialect) = Dialect::of_path(&path) else { continue };
        lines += text.lines().count();
        if let Some(module) = lunette_lang::lower(dialect, &text).module {
            units.push(Unit { path, text, module });
        }
    }
    let lowered = start.elapsed();
    let program = Program::new(units, &map);
    let models = match Models::builtin() {
        Ok(models) => models,
        Err(errors) => return errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let start = Instant::now();
    let facts = Facts::new(&program, &models.trie);
    let known = start.elapsed();
    let start = Instant::now();
    let found = routes(&facts, &models);
    eprintln!("{lines} lines: lower {lowered:?}, know {known:?}, routes {:?}, {} routes, {} unresolved", start.elapsed(), found.routes.len(), found.unresolved.len());
    let rows: Vec<serde_json::Value> = found
        .routes
        .iter()
        .map(|route| {
            serde_json::json!({
                "method": route.method, "path": route.path, "handler": route.handler, "file": route.file,
                "line": route.line, "framework": route.framework, "exposure": route.exposure, "resolved": route.resolved,
                "guards": route.guards.iter().map(|guard| format!("{} {:?}", guard.name, guard.proves)).collect::<Vec<_>>(),
                "inputs": route.inputs.iter().map(|input| format!("{:?} {}", input.kind, input.name)).collect::<Vec<_>>(),
            })
        })
        .collect();
    serde_json::to_string_pretty(&rows).unwrap_or_default()
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, files);
            }
        } else if (Dialect::of_path(&name).is_some() && !name.contains(".test.") && !name.contains(".min.")) || name == "package.json" {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            if let Ok(bytes) = std::fs::read(&path) {
                files.push((relative, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
}

fn dependencies(manifest: &str) -> Vec<String> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(manifest) else { return Vec::new() };
    ["dependencies", "devDependencies", "peerDependencies"]
        .iter()
        .filter_map(|key| value.get(key)?.as_object())
        .flat_map(|packages| packages.keys().cloned())
        .collect()
}
