//! `pnpm-lock.yaml`, lockfile versions 5 to 9.

use rustc_hash::FxHashMap;

use super::source::{integrity, npm_source, split_version, without_credentials};
use super::{Ask, Lock, Root};
use crate::document::{Key, Lines, Node, ParseError, yaml};
use crate::packages::{Ecosystem, Need, Package, Source};

const SECTIONS: [(&str, Need); 3] = [
    ("dependencies", Need::Production),
    ("optionalDependencies", Need::Optional),
    ("devDependencies", Need::Development),
];

/// Reads the file. Newer versions of pnpm may put a document about their own tools before the project's.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::Npm);
    lock.flags_written = true;
    for document in yaml(text)? {
        if !document.is_map() {
            return Err(ParseError { line: lines.line(document.at), message: "not a table".to_owned() });
        }
        read(&mut lock, &lines, &document);
    }
    Ok(lock)
}

fn read(lock: &mut Lock, lines: &Lines<'_>, tree: &Node<'_>) {
    let major = tree.text_of("lockfileVersion").and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    let nine = major.is_some_and(|major| major >= 9);
    let mut by_key: FxHashMap<&str, u32> = FxHashMap::default();
    let packages = tree.entries_of("packages");
    for (key, entry) in packages {
        match package(lines, key, entry, nine) {
            Ok(Some(package)) => {
                by_key.insert(&key.text, lock.push(package));
            }
            Ok(None) => {}
            Err(message) => lock.fail(lines.line(key.at), message),
        }
    }
    // Version 9 keeps what packages need apart, once for each set of peers.
    let snapshots = tree.entries_of("snapshots");
    for (key, entry) in snapshots {
        if let Some(&index) = by_key.get(without_peers(&key.text)) {
            by_key.insert(&key.text, index);
            let package = &mut lock.packages[index as usize];
            package.optional = entry.flag("optional");
        }
    }
    if nine {
        // Written nowhere any more: found from the importers.
        lock.flags_written = false;
    }
    for (key, entry) in packages.iter().chain(snapshots) {
        let Some(&from) = by_key.get(&*key.text) else { continue };
        for (section, need) in &SECTIONS[..2] {
            for (name, version) in entry.entries_of(section) {
                if let Some(to) = version.text().and_then(|version| find(&by_key, &name.text, version))
                    && to != from
                {
                    lock.edges[from as usize].push((to, *need));
                }
            }
        }
    }
    importer(lock, &by_key, "", tree, tree.get("specifiers"));
    for (folder, entry) in tree.entries_of("importers") {
        let folder = folder.text.trim_start_matches("./");
        importer(lock, &by_key, if folder == "." { "" } else { folder }, entry, entry.get("specifiers"));
    }
}

/// The key of a package without the peers that it was resolved with: `a@1.0.0(b@2.0.0)`.
fn without_peers(key: &str) -> &str {
    key.find('(').filter(|at| *at > 0).map_or(key, |at| &key[..at])
}

/// The package that `name: version` means.
fn find(by_key: &FxHashMap<&str, u32>, name: &str, version: &str) -> Option<u32> {
    let tries = [format!("{name}@{version}"), format!("/{name}@{version}"), format!("/{name}/{version}")];
    tries
        .iter()
        .map(String::as_str)
        .chain([version])
        .find_map(|key| by_key.get(key).or_else(|| by_key.get(without_peers(key))).copied())
}

fn importer(lock: &mut Lock, by_key: &FxHashMap<&str, u32>, folder: &str, entry: &Node<'_>, ranges: Option<&Node<'_>>) {
    let mut asks = Vec::new();
    for (section, need) in SECTIONS {
        for (name, value) in entry.entries_of(section) {
            let Some(version) = value.text().or_else(|| value.text_of("version")) else { continue };
            let range = value.text_of("specifier").or_else(|| ranges.and_then(|ranges| ranges.text_of(&name.text)));
            if let Some(package) = find(by_key, &name.text, version) {
                let range = range.map(str::to_owned);
                asks.push(Ask { name: name.text.clone().into_owned(), package, need, range });
            }
        }
    }
    if !asks.is_empty() {
        lock.roots.push(Root { folder: folder.to_owned(), asks });
    }
}

/// A package from its key and entry: `None` when the entry names none.
fn package(lines: &Lines<'_>, key: &Key<'_>, entry: &Node<'_>, nine: bool) -> Result<Option<Package>, String> {
    let text = &*key.text;
    let from_key = if nine { nine_key(text) } else { old_key(text)? };
    let name = entry.text_of("name").or(from_key.map(|(name, _)| name));
    let version = entry.text_of("version").or(from_key.map(|(_, version)| version));
    let (Some(name), Some(version)) = (name, version) else { return Ok(None) };
    if name.is_empty() || name.len() > 256 || !version.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(None);
    }
    let mut out = Package::new(Ecosystem::Npm, name, lines.key(key));
    out.locked = true;
    out.version = Some(version.to_owned());
    if let Some(resolution) = entry.get("resolution") {
        if let Some(text) = resolution.text_of("integrity") {
            integrity(&mut out, text);
        }
        let tarball = resolution.text_of("tarball");
        out.resolved = tarball.map(without_credentials);
        let repository = resolution.text_of("repo").zip(resolution.owned("commit"));
        let folder = resolution.owned("directory").map(Source::File);
        out.source = match repository {
            Some((url, commit)) => Source::Git { url: without_credentials(url), commit: Some(commit) },
            None => folder.or_else(|| tarball.and_then(npm_source)).unwrap_or(Source::Registry),
        };
    }
    (out.dev, out.optional) = (entry.flag("dev"), entry.flag("optional"));
    for (flag, group) in [(out.dev, "dev"), (out.optional, "optional")] {
        if flag {
            out.groups.push(group.to_owned());
        }
    }
    // `requiresBuild` was written until version 6: the package has scripts of its own.
    out.install_script = entry.flag("requiresBuild");
    out.deprecated = entry.owned("deprecated");
    Ok(Some(out))
}

/// `name@version`, `name@https://…`, `name@file:…`.
fn nine_key(key: &str) -> Option<(&str, &str)> {
    let (name, version) = split_version(without_peers(key));
    Some((name, version?))
}

/// `/name/1.0.0`, `/@scope/name@1.0.0(peer@1.0.0)`, `host/name/1.0.0_peer@1.0.0`; `None` for addresses, which name
/// their package in the entry.
fn old_key(key: &str) -> Result<Option<(&str, &str)>, String> {
    let bare = without_peers(key);
    if bare.starts_with("file:") || bare.contains("://") {
        return Ok(None);
    }
    let Some((_, path)) = bare.split_once('/') else {
        return Err("not a path of a package".to_owned());
    };
    // A scope takes one more part.
    let slashes = usize::from(path.starts_with('@'));
    let name_end = path.match_indices('/').nth(slashes).map_or(path.len(), |(at, _)| at);
    let (name, rest) = path.split_at(name_end);
    let (name, version) = if let Some(rest) = rest.strip_prefix('/') {
        (name, rest.split('/').next().unwrap_or(rest))
    } else {
        let (name, version) = split_version(name);
        (name, version.unwrap_or_default())
    };
    let version = version.split('_').next().unwrap_or(version);
    Ok(Some((name, version)))
}
