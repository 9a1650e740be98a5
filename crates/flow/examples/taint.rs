//! Development only: prints the flows of untrusted data in a folder, each with its steps. `taint FOLDER [MODELS] [--library|--application]`; the models
//! are read from a folder, so that none of it has to be built again when one changes.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_flow::taint::{Options, Taint};
use lunette_flow::{Facts, routes};
use lunette_lang::Dialect;

const SKIPPED: [&str; 6] = ["node_modules", ".git", "dist", "vendor", "__pycache__", ".next"];

fn main() -> ExitCode {
    let Some(root) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: taint FOLDER [MODELS] [--library|--application] [--steps]");
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
    let folder = std::env::args().nth(2).filter(|arg| !arg.starts_with("--")).unwrap_or_else(|| "models".to_owned());
    let mut texts = Vec::new();
    model_files(Path::new(&folder), Path::new(&folder), &mut texts);
    texts.sort();
    let models = match Models::load(texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))) {
        Ok(models) => models,
        Err(errors) => return errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let start = Instant::now();
    let facts = Facts::new(&program, &models.trie);
    let known = start.elapsed();
    let start = Instant::now();
    let found = routes(&facts, &models);
    let routed = start.elapsed();
    let mode = |flag: &str| std::env::args().any(|arg| arg == flag);
    let library = if mode("--library") { Some(true) } else if mode("--application") { Some(false) } else { None };
    let start = Instant::now();
    let taint = Taint::new(&facts, &models, &found, Options { library });
    eprintln!(
        "{lines} lines: lower {lowered:?}, know {known:?}, routes {routed:?} ({}), taint {:?}, {} flows, library {}",
        found.routes.len(),
        start.elapsed(),
        taint.flows().len(),
        taint.is_library()
    );
    let mut out = String::new();
    for flow in taint.flows() {
        let place = facts.place(flow.sink);
        let names: Vec<&str> = flow.kind.indices().filter_map(|at| models.harms().nth(at)).collect();
        let doubts = format!("{}{}", if flow.assumed { " assumed" } else { "" }, if flow.widened { " widened" } else { "" });
        let _ = writeln!(out, "{}:{} {} from {}{doubts}", place.path, place.line, names.join(","), flow.source.kind);
        if mode("--steps") {
            for step in taint.explain(flow) {
                let place = facts.place(step.site);
                let text = program.source(step.site.unit, program.span(step.site));
                let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(90).collect();
                let _ = writeln!(out, "    {}:{} {:?} {} | {text}", place.path, place.line, step.why, step.note);
            }
        }
    }
    out
}

fn model_files(root: &Path, folder: &Path, into: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            model_files(root, &path, into);
        } else if path.extension().is_some_and(|extension| extension == "yml")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            into.push((path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned(), text));
        }
    }
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
