//! What the tests of this crate share.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

use std::fs;
use std::path::{Path, PathBuf};

use lunette_flow::models::Models;
use lunette_rules::Rulebook;

fn sources(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

pub fn models() -> Models {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"), "yml");
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Models::load(files).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The shipped rules, read from the folder: `LUNETTE_RULE=<part of an id>` keeps only some of them.
pub fn builtin() -> (Rulebook, Models) {
    let mut models = models();
    let only = std::env::var("LUNETTE_RULE").unwrap_or_default();
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"), "md");
    let files = files.iter().filter(|(name, _)| name.contains('/') && name.contains(&only));
    let book = Rulebook::load(files.map(|(name, text)| (name.as_str(), text.as_str())), &mut models);
    let book = book
        .unwrap_or_else(|errors| panic!("\n{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    (book, models)
}
