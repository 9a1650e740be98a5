//! `bun.lock`, the text form: a tuple for each installed copy.

use rustc_hash::FxHashMap;

use super::package_lock::SECTIONS;
use super::scopes::Scopes;
use super::source::{integrity, npm_source, split_version, without_credentials};
use super::{Ask, Lock, Root};
use crate::document::{Lines, Node, ParseError, json_with_comments};
use crate::packages::{Ecosystem, Package, Source};

/// Reads the file.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let tree = json_with_comments(text)?;
    if !tree.is_map() {
        return Err(ParseError { line: 1, message: "not a table".to_owned() });
    }
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::Npm);
    let mut scopes = Scopes::new();
    let mut by_key: FxHashMap<&str, u32> = FxHashMap::default();
    let mut infos = Vec::new();
    // Parents before children: the key of a copy inside another begins with that one's key.
    let mut entries: Vec<_> = tree.entries_of("packages").iter().collect();
    entries.sort_by_key(|(key, _)| key.text.matches('/').count());
    for (key, entry) in entries {
        let Some(written) =
            entry.items().first().filter(|first| matches!(first.value, crate::document::Value::Text(_)))
        else {
            lock.fail(lines.line(key.at), "a package without name and version");
            continue;
        };
        let (above, installed) = split_key(&key.text);
        let Some(package) = package(&lines, key, installed, written.text().unwrap_or_default(), entry) else {
            lock.fail(lines.line(key.at), "not a name and version");
            continue;
        };
        let index = lock.push(package);
        let parent = match above {
            Some(above) => by_key.get(above).map(|index| index + 1),
            None => Some(0),
        };
        let scope = scopes.add(parent.unwrap_or(0));
        if let Some(parent) = parent {
            scopes.name(parent, installed, scope);
        }
        by_key.insert(&key.text, index);
        if parent == Some(0) {
            lock.top.insert(installed.to_owned(), index);
        }
        infos.push(entry.items().iter().find(|item| item.is_map()));
    }
    for (index, info) in infos.iter().enumerate() {
        for (section, need) in &SECTIONS[..3] {
            let table = info.map(|info| info.entries_of(section)).unwrap_or_default();
            scopes.edges(&mut lock, index as u32, table, *need);
        }
    }
    roots(&mut lock, &tree, &scopes, &by_key);
    Ok(lock)
}

/// The key of the copy that another lies in, and the name in it: `a/@scope/b` is `@scope/b` in `a`.
fn split_key(key: &str) -> (Option<&str>, &str) {
    let Some(mut at) = key.rfind('/') else { return (None, key) };
    let before = key[..at].rfind('/').map_or(0, |slash| slash + 1);
    if key[before..].starts_with('@') {
        if before == 0 {
            return (None, key);
        }
        at = before - 1;
    }
    (Some(&key[..at]), &key[at + 1..])
}

fn package(
    lines: &Lines<'_>,
    key: &crate::document::Key<'_>,
    installed: &str,
    written: &str,
    entry: &Node<'_>,
) -> Option<Package> {
    let (name, reference) = split_version(written);
    let reference = reference?;
    if name.is_empty() || name.len() > 256 || reference.is_empty() {
        return None;
    }
    let mut out = Package::new(Ecosystem::Npm, name, lines.key(key));
    out.locked = true;
    match npm_source(reference) {
        Some(source) => out.source = source,
        None if reference.starts_with("root:") => out.source = Source::Workspace,
        None => out.version = Some(reference.to_owned()),
    }
    out.alias = (name != installed).then(|| installed.to_owned());
    let texts = || entry.items().iter().skip(1).filter_map(Node::text);
    if let Some(text) = texts().find(|text| text.starts_with("sha")) {
        integrity(&mut out, text);
    }
    out.resolved = texts().find(|text| text.starts_with("http")).map(without_credentials);
    Some(out)
}

fn roots(lock: &mut Lock, tree: &Node<'_>, scopes: &Scopes<'_>, by_key: &FxHashMap<&str, u32>) {
    for (folder, workspace) in tree.entries_of("workspaces") {
        // A member's own copies lie below its name.
        let scope = match workspace.text_of("name") {
            Some(name) if !folder.text.is_empty() => by_key.get(name).map_or(0, |index| index + 1),
            _ => 0,
        };
        if let Some(version) = workspace.text_of("version")
            && let Some(package) = scope.checked_sub(1).and_then(|index| lock.packages.get_mut(index as usize))
        {
            package.version = Some(version.to_owned());
        }
        let mut asks = Vec::new();
        for (section, need) in SECTIONS {
            for (name, range) in workspace.entries_of(section) {
                if let Some(package) = scopes.find(scope, &name.text) {
                    let range = range.text().map(str::to_owned);
                    asks.push(Ask { name: name.text.clone().into_owned(), package, need, range });
                }
            }
        }
        lock.roots.push(Root { folder: folder.text.clone().into_owned(), asks });
    }
    let trusted: std::collections::BTreeSet<&str> =
        tree.items_of("trustedDependencies").iter().filter_map(Node::text).collect();
    for package in &mut lock.packages {
        // Bun runs scripts of trusted packages only.
        package.install_script = trusted.contains(package.name.as_str());
    }
}
