//! Replays the migrations of a folder and prints what failed: `cargo run --example replay -- FOLDER [--plain] [--json] [--checks]`.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::Path;

use lunette_sql::{Options, SqlFile};

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql")
            && let Ok(bytes) = std::fs::read(&path)
        {
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let mut texts = Vec::new();
    for folder in args.iter().filter(|arg| !arg.starts_with("--")) {
        let path = Path::new(folder);
        if path.is_file() {
            texts.push((folder.clone(), std::fs::read_to_string(path).unwrap_or_default()));
        } else {
            collect(path, &mut texts);
        }
    }
    let files: Vec<SqlFile<'_>> = texts.iter().map(|(path, text)| SqlFile::new(path, text)).collect();
    let options = if flag("--plain") { Options::postgres() } else { Options::supabase() };
    let replay = lunette_sql::replay(&files, &options);
    if flag("--json") {
        println!("{}", serde_json::to_string_pretty(&replay.catalogue).unwrap_or_default());
        return;
    }
    if flag("--checks") {
        let context = lunette_sql::checks::Context {
            exposed_schemas: &options.exposed_schemas,
            files: &files,
            signup: None,
            live: None,
        };
        for seen in lunette_sql::checks::observe(&replay, &context) {
            println!("{} {} {:?}", seen.place, seen.check, seen.details);
        }
    }
    for failure in &replay.failures {
        println!("{} {:?}: {}", failure.place, failure.kind, failure.message);
    }
    println!("{} files, {} statements, {} failures", files.len(), replay.statements, replay.failures.len());
}
