//! Development only: prints the routes of a folder as JSON, by the models built in or those of a folder. It knows nothing of manifests but the packages that
//! `package.json` asks for.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program};
use lunette_flow::{Facts, routes};

fn main() -> ExitCode {
    let Some(root) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: routes FOLDER [MODELS]");
        return ExitCode::FAILURE;
    };
    match common::on_large_stack(move || run(&root)) {
        Some(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

fn run(root: &Path) -> String {
    let start = Instant::now();
    let (units, lines) = common::units(root);
    let lowered = start.elapsed();
    let mut map = ImportMap::default();
    for (path, text) in common::files(root, &["package.json"]) {
        if let Some(folder) = path.strip_suffix("package.json") {
            map.manifests.push((folder.to_owned(), dependencies(&text)));
        }
    }
    let program = Program::new(units, &map);
    let loaded = match std::env::args().nth(2) {
        Some(folder) => common::models(Path::new(&folder)),
        None => Models::builtin(),
    };
    let models = match loaded {
        Ok(models) => models,
        Err(errors) => return errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let start = Instant::now();
    let facts = Facts::new(&program, &models.trie);
    let known = start.elapsed();
    let start = Instant::now();
    let found = routes(&facts, &models);
    eprintln!(
        "{lines} lines: lower {lowered:?}, know {known:?}, routes {:?}, {} routes, {} unresolved",
        start.elapsed(),
        found.routes.len(),
        found.unresolved.len()
    );
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

fn dependencies(manifest: &str) -> Vec<String> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(manifest) else { return Vec::new() };
    ["dependencies", "devDependencies", "peerDependencies"]
        .iter()
        .filter_map(|key| value.get(key)?.as_object())
        .flat_map(|packages| packages.keys().cloned())
        .collect()
}
