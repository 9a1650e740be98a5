//! `poetry.lock` and `pdm.lock`: `[[package]]` tables.

use rustc_hash::FxHashMap;

use super::Lock;
use super::source::{is_commit, python_hash, without_credentials};
use crate::document::{Key, Lines, Node, ParseError, toml};
use crate::manifest::requirement::{is_dev, normalise, requirement};
use crate::packages::{Ecosystem, Need, Package, Source};

/// Reads `poetry.lock`.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let tree = toml(text)?;
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::PyPi);
    lock.flags_written = true;
    let files: FxHashMap<&str, &Node<'_>> = tree
        .at(&["metadata", "files"])
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|(key, node)| (&*key.text, node))
        .collect();
    let mut names = Names::default();
    let packages = tree.items_of("package");
    for entry in packages {
        let Some(mut package) = named(&mut lock, &lines, entry) else { continue };
        if let Some(source) = entry.get("source") {
            package.source = poetry_source(source);
            package.resolved = source.text_of("url").map(without_credentials);
        }
        let written = entry.items_of("groups");
        let groups: Vec<&str> = match entry.text_of("category") {
            Some(category) => vec![category],
            None => written.iter().filter_map(Node::text).collect(),
        };
        if !groups.contains(&"main") {
            package.groups = groups.iter().map(|group| (*group).to_owned()).collect();
        }
        package.dev = !package.groups.is_empty() && package.groups.iter().all(|group| is_dev(group));
        if entry.flag("optional") {
            package.optional = true;
            package.groups.push("optional".to_owned());
        }
        package.marker = entry.owned("markers");
        let listed = files.get(package.name.as_str()).map(|node| node.items()).unwrap_or_default();
        for file in entry.items_of("files").iter().chain(listed) {
            if let Some(hash) = file.text_of("hash") {
                python_hash(&mut package, hash);
            }
        }
        names.push(&mut lock, package);
    }
    for (index, entry) in packages.iter().filter(|entry| is_named(entry)).enumerate() {
        for (name, _) in entry.entries_of("dependencies") {
            names.edges(&mut lock, index as u32, &normalise(&name.text), Need::Production);
        }
    }
    Ok(lock)
}

fn poetry_source(source: &Node<'_>) -> Source {
    let url = source.text_of("url").unwrap_or_default();
    match source.text_of("type") {
        Some("git") => {
            let commit = source.text_of("resolved_reference").or(source.text_of("reference"));
            let commit = commit.filter(|commit| is_commit(commit)).map(str::to_owned);
            Source::Git { url: without_credentials(url), commit }
        }
        Some("url") => Source::Url(without_credentials(url)),
        Some("file" | "directory") => Source::File(url.to_owned()),
        _ => Source::Registry,
    }
}

/// Reads `pdm.lock`.
pub(super) fn parse_pdm(path: &str, text: &str) -> Result<Lock, ParseError> {
    let tree = toml(text)?;
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::PyPi);
    lock.flags_written = true;
    let mut names = Names::default();
    let packages = tree.items_of("package");
    for entry in packages {
        let Some(mut package) = named(&mut lock, &lines, entry) else { continue };
        if let Some(url) = entry.text_of("git") {
            let commit = entry.text_of("revision").filter(|commit| is_commit(commit)).map(str::to_owned);
            package.source = Source::Git { url: without_credentials(url), commit };
        } else if let Some(folder) = entry.text_of("path") {
            package.source = Source::File(folder.to_owned());
        } else if let Some(url) = entry.text_of("url") {
            package.source = Source::Url(without_credentials(url));
        }
        let groups: Vec<&str> = entry.items_of("groups").iter().filter_map(Node::text).collect();
        if !groups.is_empty() && !groups.contains(&"default") {
            // The file does not tell extras from groups for development; those have their customary names.
            package.dev = groups.iter().all(|group| is_dev(group));
            package.optional = !package.dev;
            if groups.iter().any(|group| is_dev(group)) {
                package.groups.push("dev".to_owned());
            }
            if groups.iter().any(|group| !is_dev(group)) {
                package.groups.push("optional".to_owned());
            }
        }
        package.marker = entry.owned("marker");
        for hash in entry.items_of("files").iter().filter_map(|file| file.text_of("hash")) {
            python_hash(&mut package, hash);
        }
        names.push(&mut lock, package);
    }
    for (index, entry) in packages.iter().filter(|entry| is_named(entry)).enumerate() {
        for need in entry.items_of("dependencies").iter().filter_map(Node::text) {
            if let Ok(need) = requirement(need) {
                names.edges(&mut lock, index as u32, &need.name, Need::Production);
            }
        }
    }
    Ok(lock)
}

fn is_named(entry: &Node<'_>) -> bool {
    entry.text_of("name").is_some_and(|name| !name.is_empty() && name.len() <= 256)
}

/// A package with name, version and place from an entry of a list; a failure when it has no name.
pub(super) fn named(lock: &mut Lock, lines: &Lines<'_>, entry: &Node<'_>) -> Option<Package> {
    if !is_named(entry) {
        lock.fail(lines.line(entry.at), "a package without a name");
        return None;
    }
    let (key, name) = entry.entries().iter().find(|(key, _)| key.text == "name")?;
    let mut package = Package::new(Ecosystem::PyPi, &normalise(name.text()?), place(lines, key, name));
    package.locked = true;
    package.version = entry.owned("version");
    Some(package)
}

/// The name's place, from the key to the value's end.
fn place(lines: &Lines<'_>, key: &Key<'_>, name: &Node<'_>) -> lunette_core::place::Place {
    lines.place(key.at, (name.at - key.at) as usize + name.text().map_or(0, str::len) + 1)
}

/// Packages by name: several versions of one stand side by side when markers choose among them.
#[derive(Default)]
pub(super) struct Names(FxHashMap<String, Vec<u32>>);

/// Versions of one name that an edge leads to. Locks for several platforms have two or three.
const MAX_VERSIONS: usize = 16;

impl Names {
    /// Adds a package to the lockfile and to the names.
    pub(super) fn push(&mut self, lock: &mut Lock, package: Package) {
        let name = package.name.clone();
        let index = lock.push(package);
        self.0.entry(name).or_default().push(index);
    }

    pub(super) fn find(&self, name: &str) -> &[u32] {
        self.0.get(name).map(|all| &all[..all.len().min(MAX_VERSIONS)]).unwrap_or_default()
    }

    pub(super) fn edges(&self, lock: &mut Lock, from: u32, name: &str, need: Need) {
        for &to in self.find(name) {
            if to != from {
                lock.edges[from as usize].push((to, need));
            }
        }
    }
}
