//! `deno.lock`, versions 2 to 5: packages of npm and JSR. Modules fetched by their address are no packages.

use rustc_hash::FxHashMap;

use super::source::{integrity, split_version};
use super::{Ask, Lock, Root};
use crate::document::{Key, Lines, Node, ParseError, Value, json};
use crate::packages::{Ecosystem, Need, Package};

/// Reads the file.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let tree = json(text)?;
    if !tree.is_map() {
        return Err(ParseError { line: 1, message: "not a table".to_owned() });
    }
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::Npm);
    // Version 3 keeps everything under `packages`, version 2 npm's part under `npm`.
    let table = tree.get("packages").unwrap_or(&tree);
    let npm = table.at(&["npm", "packages"]).or_else(|| table.get("npm"));
    let jsr = table.get("jsr");
    let mut by_key: FxHashMap<String, u32> = FxHashMap::default();
    let mut entries = Vec::new();
    for (ecosystem, prefix, table) in [(Ecosystem::Npm, "npm:", npm), (Ecosystem::Jsr, "jsr:", jsr)] {
        for (key, entry) in table.map(Node::entries).unwrap_or_default() {
            match package(&lines, ecosystem, key, entry) {
                Some(package) => {
                    by_key.insert(format!("{prefix}{}", key.text), lock.push(package));
                    entries.push((prefix, entry));
                }
                None => lock.fail(lines.line(key.at), "not a name and version"),
            }
        }
    }
    // `npm:chalk@^5` to the version that it gets.
    let specifiers = table.get("specifiers").or_else(|| table.at(&["npm", "specifiers"]));
    let mut names: FxHashMap<&str, u32> = FxHashMap::default();
    for (key, target) in specifiers.map(Node::entries).unwrap_or_default() {
        let Some(target) = target.text() else { continue };
        let specifier = &*key.text;
        let prefix = if specifier.starts_with("jsr:") { "jsr:" } else { "npm:" };
        let bare = specifier.strip_prefix(prefix).unwrap_or(specifier);
        let (name, range) = split_version(bare);
        let target = target.strip_prefix(prefix).unwrap_or(target);
        let found =
            by_key.get(&format!("{prefix}{name}@{target}")).or_else(|| by_key.get(&format!("{prefix}{target}")));
        if let Some(&found) = found {
            names.insert(specifier, found);
            lock.by_range.insert(format!("{name}@{}", range.unwrap_or_default()), found);
        }
    }
    edges(&mut lock, &entries, &by_key, &names);
    roots(&mut lock, &tree, &names);
    Ok(lock)
}

/// `name@version`, with the peers that it was resolved with behind `_`.
fn package(lines: &Lines<'_>, ecosystem: Ecosystem, key: &Key<'_>, entry: &Node<'_>) -> Option<Package> {
    let (name, version) = split_version(&key.text);
    let version = version?.split('_').next().filter(|version| !version.is_empty())?;
    if name.is_empty() || name.len() > 256 {
        return None;
    }
    let mut out = Package::new(ecosystem, name, lines.key(key));
    out.locked = true;
    out.version = Some(version.to_owned());
    match entry.text_of("integrity") {
        Some(text) if text.contains('-') => integrity(&mut out, text),
        // JSR writes the digest alone.
        Some(digest) if digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            out.hashes.push(("sha256".to_owned(), digest.to_ascii_lowercase()));
        }
        _ => {}
    }
    out.resolved = entry.owned("tarball");
    out.install_script = entry.flag("scripts");
    out.deprecated = match entry.get("deprecated").map(|node| &node.value) {
        Some(Value::Text(message)) => Some(message.clone().into_owned()),
        Some(Value::Plain(flag)) if flag == "true" => Some(String::new()),
        _ => None,
    };
    Some(out)
}

fn edges(
    lock: &mut Lock,
    entries: &[(&str, &Node<'_>)],
    by_key: &FxHashMap<String, u32>,
    names: &FxHashMap<&str, u32>,
) {
    // In newer versions a bare name means the only version of it.
    let mut only: FxHashMap<String, u32> = FxHashMap::default();
    for (index, package) in lock.packages.iter().enumerate() {
        only.entry(package.name.clone()).or_insert(index as u32);
    }
    for (index, (prefix, entry)) in entries.iter().enumerate() {
        for (section, need) in [("dependencies", Need::Production), ("optionalDependencies", Need::Optional)] {
            let Some(table) = entry.get(section) else { continue };
            // Version 3 names an alias and its target, later ones the target alone.
            let targets = table.entries().iter().map(|(_, target)| target).chain(table.items());
            for target in targets.filter_map(Node::text) {
                let bare = target.split_once("@npm:").map_or(target, |(_, real)| real);
                let found = names
                    .get(target)
                    .or_else(|| by_key.get(&format!("{prefix}{bare}")))
                    .or_else(|| only.get(bare.strip_prefix(prefix).unwrap_or(bare)));
                if let Some(&found) = found.filter(|found| **found != index as u32) {
                    lock.edges[index].push((found, need));
                }
            }
        }
    }
}

fn roots(lock: &mut Lock, tree: &Node<'_>, names: &FxHashMap<&str, u32>) {
    let Some(workspace) = tree.get("workspace") else { return };
    let members = workspace.entries_of("members").iter().map(|(folder, member)| (&*folder.text, member));
    for (folder, member) in std::iter::once(("", workspace)).chain(members) {
        let lists = [
            member.items_of("dependencies"),
            member.get("packageJson").map(|json| json.items_of("dependencies")).unwrap_or_default(),
        ];
        let asks = lists.into_iter().flatten().filter_map(Node::text).filter_map(|specifier| {
            let (name, range) = split_version(specifier.split_once(':').map_or(specifier, |(_, bare)| bare));
            let package = *names.get(specifier)?;
            Some(Ask { name: name.to_owned(), package, need: Need::Production, range: range.map(str::to_owned) })
        });
        lock.roots.push(Root { folder: folder.to_owned(), asks: asks.collect() });
    }
}
