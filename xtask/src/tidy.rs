//! `cargo xtask tidy`: rules of the house that the compiler does not check.

use std::path::Path;

use crate::{Outcome, files, read};

/// Longest source file without a reason at its top (`//! Long because …`).
const MAX_LINES: usize = 500;

/// Words that only fit a measured corpus. A rule or model that knows one is a defect. Spelt in halves, so that this
/// file does not find itself.
const CORPORA: [(&str, &str); 8] = [
    ("Benchmark", "Test"),
    ("separate_", "request"),
    ("Thing", "Factory"),
    ("vul", "py"),
    ("web", "goat"),
    ("Node", "Goat"),
    ("allocations-", "dao"),
    ("base", "jump"),
];

/// Marks of unfinished work.
const UNFINISHED: [(&str, &str); 4] = [("TO", "DO"), ("FIX", "ME"), ("todo", "!("), ("unimplemented", "!(")];

/// Runs every check and lists every fault.
pub(crate) fn run(root: &Path) -> Outcome {
    let mut faults = Vec::new();
    for path in files(root, &["rs"])? {
        let text = read(&path)?;
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        source(&shown, &text, &mut faults);
    }
    for folder in ["crates", "models", "rules", "templates"] {
        let folder = root.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for path in files(&folder, &["rs", "yml", "md", "j2", "csv"])? {
            let text = read(&path)?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            for (a, b) in CORPORA {
                if let Some(line) = line_of(&text, &format!("{a}{b}")) {
                    faults.push(format!("{shown}:{line}: names a measured corpus (`{a}{b}`)"));
                }
            }
        }
    }
    if faults.is_empty() {
        println!("tidy: clean");
        return Ok(());
    }
    Err(format!("{}\ntidy: {} faults", faults.join("\n"), faults.len()))
}

fn source(shown: &str, text: &str, faults: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > MAX_LINES && !text.starts_with("//! Long because") {
        faults.push(format!("{shown}: {lines} lines; split it, or say why at its top (`//! Long because …`)"));
    }
    if !text.trim_start().starts_with("//") && !text.trim_start().starts_with("#!") {
        faults.push(format!("{shown}: does not say what it is for (`//! …` at the top)"));
    }
    for (a, b) in UNFINISHED {
        if let Some(line) = line_of(text, &format!("{a}{b}")) {
            faults.push(format!("{shown}:{line}: unfinished (`{a}{b}`)"));
        }
    }
    let allowed = format!("allow({}code)", "unsafe_");
    if text.contains(&allowed) && !shown.contains("sandbox") {
        faults.push(format!("{shown}: unsafe code belongs into the sandbox module alone"));
    }
}

fn line_of(text: &str, needle: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(needle)).map(|at| at + 1)
}
