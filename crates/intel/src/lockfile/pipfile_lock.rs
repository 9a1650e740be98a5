//! `Pipfile.lock`. It has no edges: what needs what is not known.

use rustc_hash::FxHashSet;

use super::source::{is_commit, python_hash, without_credentials};
use super::{Ask, Lock, Root};
use crate::document::{Lines, ParseError, json};
use crate::manifest::requirement::{exact, normalise};
use crate::packages::{Ecosystem, Need, Package, Source};

/// Reads the file. pipenv leaves an empty file behind when it is stopped while locking; that one holds nothing.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::PyPi);
    lock.flags_written = true;
    if text.trim().is_empty() {
        return Ok(lock);
    }
    let tree = json(text)?;
    if !tree.is_map() {
        return Err(ParseError { line: 1, message: "not a table".to_owned() });
    }
    let mut root = Root { folder: String::new(), asks: Vec::new() };
    let mut known: FxHashSet<(String, Option<String>)> = FxHashSet::default();
    for (section, entries) in tree.entries().iter().filter(|(section, _)| section.text != "_meta") {
        for (key, entry) in entries.entries() {
            let name = normalise(&key.text);
            if name.is_empty() || name.len() > 256 {
                continue;
            }
            let mut package = Package::new(Ecosystem::PyPi, &name, lines.key(key));
            package.locked = true;
            package.version = entry.text_of("version").and_then(exact);
            // What production needs already is not for development only.
            if !known.insert((name.clone(), package.version.clone())) {
                continue;
            }
            if let Some(url) = entry.text_of("git") {
                let commit = entry.text_of("ref").filter(|commit| is_commit(commit)).map(str::to_owned);
                package.source = Source::Git { url: without_credentials(url), commit };
            } else if let Some(path) = entry.text_of("path") {
                if path == "." {
                    continue;
                }
                package.source = Source::File(path.to_owned());
            } else if let Some(url) = entry.text_of("file") {
                package.source = Source::Url(without_credentials(url));
            }
            for hash in entry.items_of("hashes").iter().filter_map(crate::document::Node::text) {
                python_hash(&mut package, hash);
            }
            package.marker = entry.owned("markers");
            let need = match &*section.text {
                "default" => Need::Production,
                "develop" => Need::Development,
                // Categories of one's own.
                _ => Need::Optional,
            };
            match need {
                Need::Production => {}
                Need::Development => {
                    package.dev = true;
                    package.groups.push("dev".to_owned());
                }
                _ => package.groups.push(section.text.clone().into_owned()),
            }
            // Only what the Pipfile names has an index.
            let asked = entry.get("index").is_some() || package.source != Source::Registry;
            let index = lock.push(package);
            if asked {
                root.asks.push(Ask { name, package: index, need, range: None });
            }
        }
    }
    if !root.asks.is_empty() {
        lock.roots.push(root);
    }
    Ok(lock)
}
