//! Lockfiles of Python.

use super::packages::{Ecosystem, Locked, Packages, Pick};
use super::python::normalise;
use crate::tree::{self, Node, ParseError};

/// `poetry.lock`, `uv.lock`, `pdm.lock` (`[[package]]`) and `pylock.toml` (`[[packages]]`).
pub(super) fn toml_lock(out: &mut Packages, path: &str, text: &str, list: &str) -> Result<(), ParseError> {
    let lock = tree::toml(text)?;
    let packages = lock.get(list).map(Node::items).unwrap_or_default();
    let found = packages.iter().filter_map(|package| {
        let (name, version) = (package.text_of("name")?, package.text_of("version")?);
        Some(Locked { name: normalise(name), version: version.to_owned(), pick: Pick::Top })
    });
    let found: Vec<Locked> = found.collect();
    let total = found.len();
    out.lock(Ecosystem::PyPi, path, found, total);
    Ok(())
}

/// `Pipfile.lock`.
pub(super) fn pipfile_lock(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let lock = tree::json(text)?;
    let mut found = Vec::new();
    for section in ["default", "develop"] {
        for (key, entry) in lock.get(section).map(Node::entries).unwrap_or_default() {
            if let Some(version) = entry.text_of("version") {
                let version = version.trim_start_matches('=').to_owned();
                found.push(Locked { name: normalise(&key.text), version, pick: Pick::Top });
            }
        }
    }
    let total = found.len();
    out.lock(Ecosystem::PyPi, path, found, total);
    Ok(())
}
