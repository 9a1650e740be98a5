//! Shared by the examples: the files of a folder, read with plain `std::fs`, without what nobody would assess.
#![allow(dead_code, reason = "each example uses a part of it")]

use std::path::Path;

use lunette_flow::models::{ModelError, Models};
use lunette_flow::program::Unit;
use lunette_lang::Dialect;

/// Folders that are not looked into.
const SKIPPED: [&str; 6] = ["node_modules", ".git", "dist", "vendor", "__pycache__", ".next"];

/// Runs on a thread with a stack for deep code.
pub(crate) fn on_large_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let worker = std::thread::Builder::new().stack_size(lunette_lang::STACK_SIZE).spawn(run);
    worker.ok()?.join().ok()
}

/// The files with one of these endings, by path relative to the folder.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(folder, folder, endings, &mut found);
    found.sort();
    found
}

/// The source files, lowered, and how many lines they have.
pub(crate) fn units(folder: &Path) -> (Vec<Unit>, usize) {
    let mut lines = 0;
    let mut units = Vec::new();
    for (path, text) in files(folder, &["py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"]) {
        let Some(dialect) = Dialect::of_path(&path).filter(|_| !path.contains(".test.") && !path.contains(".min."))
        else {
            continue;
        };
        lines += text.lines().count();
        if let Some(module) = lunette_lang::lower(dialect, &text).module {
            units.push(Unit { path, text, module });
        }
    }
    (units, lines)
}

/// The models in a folder.
pub(crate) fn models(folder: &Path) -> Result<Models, Vec<ModelError>> {
    let texts = files(folder, &["yml"]);
    Models::load(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

fn walk(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(&format!(".{ending}")) || name == *ending)
            && let Ok(bytes) = std::fs::read(&path)
        {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            found.push((relative, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}
