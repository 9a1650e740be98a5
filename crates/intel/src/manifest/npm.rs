//! Manifests of Node.js, Bun and Deno.

use lunette_core::place::Place;

use super::{Read, npm_declared};
use crate::document::{Lines, Node, ParseError, json, json_with_comments};
use crate::lockfile::source::split_version;
use crate::packages::{Declared, Ecosystem, Need, Script, Source};

const SECTIONS: [(&str, Need); 4] = [
    ("dependencies", Need::Production),
    ("optionalDependencies", Need::Optional),
    ("peerDependencies", Need::Peer),
    ("devDependencies", Need::Development),
];
/// Nesting of `overrides` that is read.
const MAX_OVERRIDES: usize = 8;

/// `package.json`.
pub(super) fn package_json(path: &str, text: &str) -> Result<Read, ParseError> {
    // npm is strict; some other tools take comments.
    let tree = json(text).or_else(|_| json_with_comments(text))?;
    if !tree.is_map() {
        return Err(ParseError { line: 1, message: "not a table".to_owned() });
    }
    let lines = Lines::new(path, text);
    let mut read = Read::new(path, Ecosystem::Npm);
    let manifest = &mut read.manifest;
    manifest.name = tree.owned("name");
    manifest.version = tree.owned("version");
    manifest.license = tree.owned("license");
    manifest.private = tree.flag("private");
    for (section, need) in SECTIONS {
        for (key, range) in tree.entries_of(section) {
            manifest.declared.extend(npm_declared(&key.text, range.text(), need, lines.key(key)));
        }
    }
    for engine in ["node", "bun", "deno", "npm"] {
        for (key, version) in tree.entries_of("engines").iter().filter(|(key, _)| key.text == engine) {
            if let Some(version) = version.text() {
                manifest.runtimes.push((engine.to_owned(), version.to_owned(), lines.key(key)));
            }
        }
    }
    for (key, command) in tree.entries_of("scripts") {
        if let Some(command) = command.text() {
            let script =
                Script { name: key.text.clone().into_owned(), command: command.to_owned(), place: lines.key(key) };
            manifest.scripts.push(script);
        }
    }
    let found = &mut manifest.overrides;
    if let Some(table) = tree.get("overrides") {
        overrides(found, &lines, table, 0);
    }
    for table in [tree.get("resolutions"), tree.at(&["pnpm", "overrides"])].into_iter().flatten() {
        for (key, version) in table.entries() {
            // `a/**/b`, `a>b`, `@scope/b@npm:^1`: the last name is the one that is chosen.
            let last = key.text.rsplit(['>', '*']).next().unwrap_or_default().trim_start_matches('/');
            add_override(found, last, version, lines.key(key));
        }
    }
    Ok(read)
}

/// npm's `overrides`: tables inside tables, `.` meaning the package itself.
fn overrides(found: &mut Vec<(String, String, Place)>, lines: &Lines<'_>, table: &Node<'_>, depth: usize) {
    if depth > MAX_OVERRIDES {
        return;
    }
    for (key, value) in table.entries() {
        if value.is_map() {
            if let Some(own) = value.get(".") {
                add_override(found, &key.text, own, lines.key(key));
            }
            overrides(found, lines, value, depth + 1);
        } else if key.text != "." {
            add_override(found, &key.text, value, lines.key(key));
        }
    }
}

fn add_override(found: &mut Vec<(String, String, Place)>, key: &str, value: &Node<'_>, place: Place) {
    let (name, _) = split_version(key);
    // Yarn's `a/b` chooses `b` for `a`; a scope is no such path.
    let name = match name.rsplit_once('/') {
        Some((before, last)) if !before.starts_with('@') || before.contains('/') => match before.rsplit_once('/') {
            Some((_, scope)) if scope.starts_with('@') => &name[name.len() - scope.len() - last.len() - 1..],
            _ => last,
        },
        _ => name,
    };
    if let Some(version) = value.text()
        && !name.is_empty()
    {
        found.push((name.to_owned(), version.to_owned(), place));
    }
}

/// `deno.json` and import maps: what comes from npm and JSR.
pub(super) fn deno_json(path: &str, text: &str) -> Result<Read, ParseError> {
    let tree = json_with_comments(text)?;
    let lines = Lines::new(path, text);
    let mut read = Read::new(path, Ecosystem::Npm);
    read.manifest.name = tree.owned("name");
    read.manifest.version = tree.owned("version");
    for (key, command) in tree.entries_of("tasks") {
        if let Some(command) = command.text().or_else(|| command.text_of("command")) {
            let script =
                Script { name: key.text.clone().into_owned(), command: command.to_owned(), place: lines.key(key) };
            read.manifest.scripts.push(script);
        }
    }
    let scopes = tree.entries_of("scopes").iter().flat_map(|(_, table)| table.entries());
    for (key, target) in tree.entries_of("imports").iter().chain(scopes) {
        let declared = target.text().and_then(|target| import(target, lines.key(key)));
        if let Some(mut declared) = declared {
            let alias = key.text.trim_end_matches('/');
            declared.alias = (alias != declared.name).then(|| alias.to_owned());
            read.manifest.declared.push(declared);
        }
    }
    Ok(read)
}

/// The package that an import map's target names: `npm:chalk@^5/x`, `jsr:@std/x@1`, `https://esm.sh/chalk@5`.
fn import(target: &str, place: Place) -> Option<Declared> {
    let hosts = ["https://esm.sh/", "https://cdn.skypack.dev/", "https://cdn.jsdelivr.net/npm/", "https://unpkg.com/"];
    let (ecosystem, rest) = if let Some(rest) = target.strip_prefix("npm:") {
        (Ecosystem::Npm, rest)
    } else if let Some(rest) = target.strip_prefix("jsr:") {
        (Ecosystem::Jsr, rest)
    } else {
        (Ecosystem::Npm, hosts.iter().find_map(|host| target.strip_prefix(host))?)
    };
    let (name, range) = split_version(rest.trim_start_matches('/'));
    // What follows the version is a file of the package.
    let (name, range) = match range {
        Some(range) => (name, range.split(['/', '?']).next()),
        None => (package_of(name), None),
    };
    let mut declared = npm_declared(name, range, Need::Production, place)?;
    declared.ecosystem = ecosystem;
    declared.source = Source::Registry;
    Some(declared)
}

/// `@scope/name` or `name` of a path in a package.
fn package_of(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or(path);
    let parts = if path.starts_with('@') { 2 } else { 1 };
    path.match_indices('/').nth(parts - 1).map_or(path, |(at, _)| &path[..at])
}
