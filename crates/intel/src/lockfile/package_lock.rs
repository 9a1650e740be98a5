//! `package-lock.json` and `npm-shrinkwrap.json`, lockfile versions 1, 2 and 3.

use rustc_hash::FxHashMap;

use super::scopes::Scopes;
use super::source::{integrity, npm_source, split_version, without_credentials};
use super::{Ask, Lock, Root};
use crate::document::{Key, Lines, Node, ParseError, json};
use crate::packages::{Ecosystem, Need, Package, Source};

/// Longest path of an installed copy that is read; file systems stop earlier.
const MAX_LOCATION: usize = 4096;

/// What a manifest's sections mean. Later ones win where a name is in several.
pub(super) const SECTIONS: [(&str, Need); 4] = [
    ("dependencies", Need::Production),
    ("optionalDependencies", Need::Optional),
    ("peerDependencies", Need::Peer),
    ("devDependencies", Need::Development),
];

/// Reads the file.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let tree = json(text)?;
    if !tree.is_map() {
        return Err(ParseError { line: 1, message: "not a table".to_owned() });
    }
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::Npm);
    lock.flags_written = true;
    // Version 2 has both tables; the newer one says more.
    if tree.get("packages").is_some_and(Node::is_map) {
        Folders::read(&mut lock, &lines, &tree);
    } else {
        let mut scopes = Scopes::new();
        let mut entries = Vec::new();
        nested(&mut lock, &lines, &mut scopes, 0, tree.entries_of("dependencies"), &mut entries);
        for (index, (name, entry)) in entries.iter().enumerate() {
            scopes.edges(&mut lock, index as u32, entry.entries_of("requires"), Need::Production);
            if scopes.find(0, name) == Some(index as u32) {
                lock.top.insert((*name).to_owned(), index as u32);
            }
        }
    }
    Ok(lock)
}

/// The `packages` table of versions 2 and 3: a folder for each installed copy.
struct Folders<'t> {
    scopes: Scopes<'t>,
    /// The scope of each folder.
    by_location: FxHashMap<&'t str, u32>,
    /// Folders of workspace members and local packages, with the name that they are linked by.
    links: FxHashMap<&'t str, &'t str>,
}

impl<'t> Folders<'t> {
    fn read(lock: &mut Lock, lines: &Lines<'_>, tree: &'t Node<'t>) {
        let packages = tree.entries_of("packages");
        let mut folders =
            Folders { scopes: Scopes::new(), by_location: FxHashMap::default(), links: FxHashMap::default() };
        for (key, entry) in packages.iter().filter(|(_, entry)| entry.flag("link")) {
            if let (Some(target), Some((_, name))) = (entry.text_of("resolved"), key.text.rsplit_once("node_modules/"))
            {
                folders.links.insert(target, name);
            }
        }
        let root = packages.iter().find(|(key, _)| key.text.is_empty()).map(|(_, entry)| entry);
        let entries = folders.packages(lock, lines, packages, root);
        for (key, entry) in packages.iter().filter(|(_, entry)| entry.flag("link")) {
            if let Some(&scope) = entry.text_of("resolved").and_then(|target| folders.by_location.get(target)) {
                let (parent, name) = folders.above(&key.text);
                if let Some(parent) = parent {
                    folders.scopes.name(parent, name, scope);
                }
            }
        }
        for (index, (_, entry)) in entries.iter().enumerate() {
            for (section, need) in &SECTIONS[..3] {
                folders.scopes.edges(lock, index as u32, entry.entries_of(section), *need);
            }
        }
        folders.roots(lock, root, &entries);
    }

    /// Adds a package for each folder; gives the keys and entries in the packages' order.
    fn packages(
        &mut self,
        lock: &mut Lock,
        lines: &Lines<'_>,
        packages: &'t [(Key<'t>, Node<'t>)],
        root: Option<&Node<'_>>,
    ) -> Vec<(&'t str, &'t Node<'t>)> {
        let mut order: Vec<&(Key<'_>, Node<'_>)> =
            packages.iter().filter(|(key, entry)| !key.text.is_empty() && !entry.flag("link")).collect();
        // Parents before children: a folder's path is a prefix of what lies in it.
        order.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
        let mut entries = Vec::with_capacity(order.len());
        lock.packages.reserve(order.len());
        for (key, entry) in order {
            if key.text.len() > MAX_LOCATION {
                lock.fail(lines.line(key.at), "a folder's path is too long");
                continue;
            }
            let location: &'t str = &key.text;
            let (parent, folder) = self.above(location);
            let local = !location.contains("node_modules/");
            let installed = if local { self.links.get(location).copied().unwrap_or(folder) } else { folder };
            let Some(mut package) = package(lines, key, installed, entry) else { continue };
            if local {
                package.source = local_source(root, installed, location);
            }
            let index = lock.push(package);
            let scope = self.scopes.add(parent.unwrap_or(0));
            match parent {
                _ if local => {}
                Some(parent) => {
                    self.scopes.name(parent, folder, scope);
                    if parent == 0 {
                        lock.top.insert(folder.to_owned(), index);
                    }
                }
                // In the folder of a member that the file does not list.
                None => {
                    lock.top.insert(location.to_owned(), index);
                }
            }
            self.by_location.insert(location, scope);
            entries.push((location, entry));
        }
        entries
    }

    /// The scope that a folder lies in, when the file has it, and its name there.
    fn above(&self, location: &'t str) -> (Option<u32>, &'t str) {
        let Some((above, name)) = location.rsplit_once("node_modules/") else {
            return (Some(0), location.rsplit('/').next().unwrap_or(location));
        };
        let above = above.trim_end_matches('/');
        let scope = if above.is_empty() { Some(0) } else { self.by_location.get(above).copied() };
        (scope, name)
    }

    fn roots(&self, lock: &mut Lock, root: Option<&Node<'_>>, entries: &[(&str, &Node<'_>)]) {
        let local = entries.iter().filter(|(location, _)| !location.contains("node_modules/"));
        let all = root
            .map(|entry| ("", 0, entry))
            .into_iter()
            .chain(local.filter_map(|(location, entry)| Some((*location, *self.by_location.get(location)?, *entry))));
        for (folder, scope, entry) in all {
            let mut asks = Vec::new();
            for (section, need) in SECTIONS {
                for (key, range) in entry.entries_of(section) {
                    if let Some(package) = self.scopes.find(scope, &key.text) {
                        let range = range.text().map(str::to_owned);
                        asks.push(Ask { name: key.text.clone().into_owned(), package, need, range });
                    }
                }
            }
            lock.roots.push(Root { folder: folder.to_owned(), asks });
        }
    }
}

/// A folder outside `node_modules`: a member of the workspace, unless the project asks for it by its path.
fn local_source(root: Option<&Node<'_>>, name: &str, location: &str) -> Source {
    let by_path = root.is_some_and(|root| {
        SECTIONS.iter().any(|(section, _)| {
            root.get(section).and_then(|table| table.text_of(name)).is_some_and(|range| range.starts_with("file:"))
        })
    });
    if by_path { Source::File(location.to_owned()) } else { Source::Workspace }
}

/// A package from an entry of either table; `None` when the name cannot be one.
fn package(lines: &Lines<'_>, key: &Key<'_>, installed: &str, entry: &Node<'_>) -> Option<Package> {
    let written = entry.text_of("version");
    let resolved = entry.text_of("resolved");
    let (mut name, mut version) = (entry.text_of("name").unwrap_or(installed), written);
    // Version 1 writes aliases and sources in place of the version.
    let mut source = Source::Registry;
    if let Some(written) = written {
        if let Some(real) = written.strip_prefix("npm:") {
            (name, version) = split_version(real);
        } else if let Some(found) = npm_source(written) {
            (source, version) = (found, None);
        }
    }
    if source == Source::Registry
        && let Some(found) = resolved.and_then(npm_source)
        && !matches!(found, Source::Url(_))
    {
        source = found;
    }
    if name.is_empty() || name.len() > 256 {
        return None;
    }
    let mut out = Package::new(Ecosystem::Npm, name, lines.key(key));
    out.locked = true;
    out.version = version.map(str::to_owned);
    out.source = source;
    out.resolved = resolved.map(without_credentials);
    out.alias = (name != installed).then(|| installed.to_owned());
    if let Some(text) = entry.text_of("integrity") {
        integrity(&mut out, text);
    }
    let both = entry.flag("devOptional");
    let (dev, optional) = (entry.flag("dev"), entry.flag("optional"));
    out.bundled = entry.flag("inBundle") || entry.flag("bundled");
    // Needed for development, and in production by something optional: not for development only.
    (out.dev, out.optional, out.peer) = (dev, optional || both, entry.flag("peer"));
    for (flag, group) in [(out.bundled, "bundled"), (dev || both, "dev"), (optional || both, "optional")] {
        if flag {
            out.groups.push(group.to_owned());
        }
    }
    out.license = entry.owned("license");
    out.install_script = entry.flag("hasInstallScript");
    out.deprecated = entry.owned("deprecated");
    Some(out)
}

/// The `dependencies` table of version 1: packages inside packages.
fn nested<'t>(
    lock: &mut Lock,
    lines: &Lines<'_>,
    scopes: &mut Scopes<'t>,
    parent: u32,
    table: &'t [(Key<'t>, Node<'t>)],
    entries: &mut Vec<(&'t str, &'t Node<'t>)>,
) {
    // As deep as the document's reader lets it be.
    for (key, entry) in table {
        let Some(package) = package(lines, key, &key.text, entry) else { continue };
        lock.push(package);
        let scope = scopes.add(parent);
        scopes.name(parent, &key.text, scope);
        entries.push((&*key.text, entry));
        nested(lock, lines, scopes, scope, entry.entries_of("dependencies"), entries);
    }
}
