//! The project assessment (R8): size, scope, complexity, context and stage, from facts and statements only.
//!
//! Every value is counted, or stands in the request or the rules, and says so. What nobody stated has no value and is
//! printed as "not stated": budgets, timelines and tolerances are never guessed.

mod dimensions;
mod tables;
#[cfg(test)]
mod tests;
mod topics;

pub use dimensions::{Facts, dimensions};
pub use tables::{Table, is_personal, tables};
pub use topics::topics;

use lunette_read::SourceFile;

use crate::tree;

/// The project's name: that of the manifest nearest to the root, else `fallback` (the folder's name).
pub fn name(files: &[SourceFile], fallback: &str) -> String {
    let at_root = |name: &str| files.iter().find(|file| file.path == name).map(|file| file.text.as_str());
    let from_npm = at_root("package.json").and_then(|text| tree::json(text).ok()?.text_of("name").map(str::to_owned));
    let from_python = || {
        let manifest = tree::toml(at_root("pyproject.toml")?).ok()?;
        let node = manifest.at(&["project", "name"]).or_else(|| manifest.at(&["tool", "poetry", "name"]))?;
        node.text().map(str::to_owned)
    };
    let name = from_npm.or_else(from_python).filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| fallback.to_owned());
    lunette_core::text::shorten(&lunette_core::text::printable(name.trim()), 80)
}
