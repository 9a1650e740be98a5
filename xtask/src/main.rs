//! Development tasks. `cargo xtask <task>`:
//!
//! - `new-rule FAMILY ID`: a rule file to fill in
//! - `docs [--check]`: the generated pages under `docs/`; with `--check`, fails when they are out of date
//! - `tidy`: what the compiler does not check: file sizes, doc headers, corpus names, unfinished marks
//! - `bench`: time and memory on folders, beside a plain parse and other analysers
//! - `score`: recall, false alarms and noise on corpora outside the repository
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a development tool talks to its developer")]

mod bench;
mod docs;
mod new_rule;
mod score;
mod table;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a task says when it fails.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["new-rule", family, id] => new_rule::run(&root(), family, id),
        ["docs"] => docs::run(&root(), false),
        ["docs", "--check"] => docs::run(&root(), true),
        ["tidy"] => tidy::run(&root()),
        ["bench", rest @ ..] => bench::run(rest),
        ["score", rest @ ..] => score::run(rest),
        _ => Err("usage: cargo xtask new-rule FAMILY ID | docs [--check] | tidy | bench … | score …".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Files below a folder that have one of the extensions, sorted; `target` and hidden folders are left out.
fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != "node_modules" && !name.starts_with('.') {
                    pending.push(path);
                }
            } else if path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
