//! Lockfiles of npm, yarn, pnpm, bun and Deno: which version a manifest gets.

use super::npm::split_version;
use super::packages::{Ecosystem, Locked, Packages, Pick};
use crate::tree::{self, Node, ParseError, Value};

/// `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
pub(super) fn package_lock(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let lock = tree::json(text)?;
    let mut found = Vec::new();
    let total = if let Some(packages) = lock.get("packages") {
        for (key, entry) in packages.entries() {
            let Some((importer, name)) = key.text.rsplit_once("node_modules/") else { continue };
            // Below another package's `node_modules` it is that package's, not a manifest's.
            if importer.contains("node_modules/") || entry.get("link").is_some_and(Node::is_true) {
                continue;
            }
            let Some(version) = entry.text_of("version") else { continue };
            let name = entry.text_of("name").unwrap_or(name);
            let importer = importer.trim_end_matches('/');
            let pick = if importer.is_empty() { Pick::Top } else { Pick::Importer(importer.to_owned()) };
            found.push(locked(name, version, pick));
        }
        packages.entries().iter().filter(|(key, _)| key.text.contains("node_modules/")).count()
    } else {
        let dependencies = lock.get("dependencies").map(Node::entries).unwrap_or_default();
        for (key, entry) in dependencies {
            if let Some(version) = entry.text_of("version") {
                let (name, version) = match version.strip_prefix("npm:") {
                    Some(real) => split_version(real),
                    None => (key.text.as_str(), Some(version)),
                };
                found.push(locked(name, version.unwrap_or_default(), Pick::Top));
            }
        }
        dependencies.iter().map(|(_, entry)| nested(entry)).sum()
    };
    out.lock(Ecosystem::Npm, path, found, total);
    Ok(())
}

fn locked(name: &str, version: &str, pick: Pick) -> Locked {
    Locked { name: name.to_owned(), version: version.to_owned(), pick }
}

/// Packages of a version 1 entry: itself and what is nested in it.
fn nested(entry: &Node) -> usize {
    1 + entry
        .get("dependencies")
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|(_, entry)| nested(entry))
        .sum::<usize>()
}

/// `yarn.lock`, version 1 and berry: blocks of `name@range, name@range:` with a `version` line.
pub(super) fn yarn_lock(out: &mut Packages, path: &str, text: &str) {
    let mut found = Vec::new();
    let mut total = 0;
    let mut keys: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if !line.starts_with([' ', '\t', '#']) {
            keys.clear();
            if let Some(header) = line.trim_end().strip_suffix(':') {
                keys.extend(header.split(", ").map(|key| key.trim().trim_matches('"')).filter_map(yarn_key));
            }
        } else if let Some(version) = line.strip_prefix("  version")
            && !keys.is_empty()
        {
            let version = version.trim_start_matches([':', ' ']).trim().trim_matches('"');
            total += 1;
            for (name, range) in keys.drain(..) {
                found.push(locked(&name, version, Pick::Range(range)));
            }
        }
    }
    out.lock(Ecosystem::Npm, path, found, total);
}

/// A key of `yarn.lock`; workspaces and other local packages are none.
fn yarn_key(key: &str) -> Option<(String, String)> {
    let (name, range) = split_version(key);
    let range = range?;
    let range = range.strip_prefix("npm:").unwrap_or(range);
    if ["workspace:", "link:", "portal:", "file:"].iter().any(|local| range.starts_with(local)) {
        return None;
    }
    // An alias names the real package in its range.
    let (name, range) = match split_version(range) {
        (real, Some(real_range)) if !real.contains(['^', '~', '>', '<', ' ', ':']) => (real, real_range),
        _ => (name, range),
    };
    Some((name.to_owned(), range.to_owned()))
}

/// `pnpm-lock.yaml`, versions 5 to 9.
pub(super) fn pnpm_lock(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let mut found = Vec::new();
    let mut total = 0;
    for lock in tree::yaml(text)? {
        total += lock.get("packages").map_or(0, |packages| packages.entries().len());
        pnpm_importer(&lock, "", &mut found);
        for (folder, importer) in lock.get("importers").map(Node::entries).unwrap_or_default() {
            let folder = folder.text.trim_start_matches("./");
            pnpm_importer(importer, if folder == "." { "" } else { folder }, &mut found);
        }
    }
    out.lock(Ecosystem::Npm, path, found, total);
    Ok(())
}

fn pnpm_importer(importer: &Node, folder: &str, found: &mut Vec<Locked>) {
    for section in ["dependencies", "optionalDependencies", "devDependencies"] {
        for (key, entry) in importer.get(section).map(Node::entries).unwrap_or_default() {
            let Some(version) = entry.text().or_else(|| entry.text_of("version")) else { continue };
            if version.starts_with("link:") || version.starts_with("file:") {
                continue;
            }
            // `4.18.2(react@18.0.0)`, `4.18.2_react@18.0.0`, `/real/1.0.0`, `real@1.0.0` for aliases.
            let bare = version.split(['(', '_']).next().unwrap_or_default();
            let (name, version) = match bare.trim_start_matches('/').rsplit_once(['@', '/']) {
                Some((real, version)) if !real.is_empty() => (real, version),
                _ => (key.text.as_str(), bare),
            };
            found.push(locked(name, version, Pick::Importer(folder.to_owned())));
        }
    }
}

/// `bun.lock` (the text form): `packages: { name: ["name@version", …] }`.
pub(super) fn bun_lock(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let lock = tree::json(text)?;
    let packages = lock.get("packages").map(Node::entries).unwrap_or_default();
    let mut found = Vec::new();
    for (key, entry) in packages {
        let Some((name, Some(version))) = entry.items().first().and_then(Node::text).map(split_version) else {
            continue;
        };
        // A key with more in front of the name is another package's copy.
        if key.text == name && !version.starts_with("workspace:") {
            found.push(locked(name, version, Pick::Top));
        } else if let Some(importer) = key.text.strip_suffix(name).and_then(|folder| folder.strip_suffix('/')) {
            found.push(locked(name, version, Pick::Importer(workspace_folder(&lock, importer))));
        }
    }
    out.lock(Ecosystem::Npm, path, found, packages.len());
    Ok(())
}

/// The folder of a bun workspace by its package name; the name itself when it is another package's.
fn workspace_folder(lock: &Node, name: &str) -> String {
    let workspaces = lock.get("workspaces").map(Node::entries).unwrap_or_default();
    let found = workspaces.iter().find(|(_, workspace)| workspace.text_of("name") == Some(name));
    found.map_or_else(|| name.to_owned(), |(folder, _)| folder.text.clone())
}

/// `deno.lock`: specifiers and what they resolve to.
pub(super) fn deno_lock(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let lock = tree::json(text)?;
    let specifiers = lock.get("specifiers").or_else(|| lock.at(&["packages", "specifiers"]));
    let mut found = Vec::new();
    for (key, target) in specifiers.map(Node::entries).unwrap_or_default() {
        let (Some(specifier), Value::Text(target)) = (key.text.strip_prefix("npm:"), &target.value) else { continue };
        let (name, range) = split_version(specifier);
        let version =
            target.strip_prefix("npm:").map_or(target.as_str(), |target| split_version(target).1.unwrap_or(target));
        let version = version.split('_').next().unwrap_or(version);
        found.push(locked(name, version, Pick::Range(range.unwrap_or_default().to_owned())));
    }
    let npm = lock.get("npm").or_else(|| lock.at(&["packages", "npm"]));
    out.lock(Ecosystem::Npm, path, found, npm.map_or(0, |npm| npm.entries().len()));
    Ok(())
}
