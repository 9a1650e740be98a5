//! Puts manifests and lockfiles together: which lockfile settles which manifest, and which package each gets.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::{Declared, Ecosystem, Failure, Inventory, Manifest, Need, Package, Source};
use crate::lockfile::{self, Ask, Lock, Root, graph};
use crate::manifest::requirement::{bound, exact};
use crate::manifest::requirements;
use crate::manifest::{self, Read, npm_bound, npm_exact};

/// Folders of installed packages: what lies there is evidence of an installation, not what the project asks for.
const INSTALLED: [&str; 4] = ["node_modules", "site-packages", "dist-packages", "bower_components"];

pub(super) fn inventory(files: &[(&str, &str)]) -> Inventory {
    let texts: BTreeMap<&str, &str> =
        files.iter().copied().filter(|(path, _)| !path.split('/').any(|part| INSTALLED.contains(&part))).collect();
    let mut out = Inventory::default();
    let mut reads = Vec::new();
    let mut locks = Vec::new();
    for (path, text) in &texts {
        let name = file_name(path);
        if let Some(parse) = lockfile::parser(name) {
            // npm reads the shrinkwrap and ignores the other.
            if name == "package-lock.json" && texts.contains_key(sibling(path, "npm-shrinkwrap.json").as_str()) {
                continue;
            }
            match parse(path, text) {
                Ok(lock) => locks.push(lock),
                Err(error) => out.failures.push(failure(path, error.line, error.message)),
            }
        } else if let Some(parse) = manifest::parser(name) {
            match parse(path, text) {
                Ok(read) => reads.push(read),
                Err(error) => out.failures.push(failure(path, error.line, error.message)),
            }
        }
    }
    reads.extend(requirements::read(&texts));
    reads.sort_by(|a, b| a.manifest.path.cmp(&b.manifest.path));
    for Read { manifest, failures } in reads {
        out.failures.extend(failures);
        out.manifests.push(manifest);
    }
    settle(&mut out, locks);
    out.failures.sort_by(|a, b| (&a.path, a.line, &a.message).cmp(&(&b.path, b.line, &b.message)));
    out
}

fn failure(path: &str, line: u32, message: String) -> Failure {
    Failure { path: path.to_owned(), line, message }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn sibling(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// The path of something below a folder, relative to it; `None` when it is not below.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// Whether a lockfile of this name can settle a manifest of that name.
fn fits(lock: &str, manifest: &str) -> bool {
    match file_name(lock) {
        "Pipfile.lock" => file_name(manifest) == "Pipfile",
        "deno.lock" => matches!(file_name(manifest), "deno.json" | "deno.jsonc" | "import_map.json" | "package.json"),
        name if name.starts_with("pylock.") || matches!(name, "uv.lock" | "poetry.lock" | "pdm.lock") => {
            file_name(manifest) == "pyproject.toml"
        }
        _ => file_name(manifest) == "package.json",
    }
}

fn settle(out: &mut Inventory, locks: Vec<Lock>) {
    // For each manifest the nearest lockfile at or above it.
    let mut by_folder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, lock) in locks.iter().enumerate() {
        by_folder.entry(folder(&lock.path)).or_default().push(index);
    }
    let mut governs: Vec<Vec<usize>> = vec![Vec::new(); locks.len()];
    for (index, manifest) in out.manifests.iter().enumerate() {
        let mut at = folder(&manifest.path);
        loop {
            let all = by_folder.get(at).into_iter().flatten().copied();
            let found: Vec<usize> = all.filter(|&lock| fits(&locks[lock].path, &manifest.path)).collect();
            if !found.is_empty() {
                for lock in found {
                    governs[lock].push(index);
                }
                break;
            }
            if at.is_empty() {
                break;
            }
            at = folder(at);
        }
    }
    drop(by_folder);
    for (mut lock, manifests) in locks.into_iter().zip(governs) {
        let names = Names::new(&lock);
        let mut links = Vec::new();
        for index in manifests {
            link(&mut lock, &names, &out.manifests[index], index, &mut links);
        }
        graph::settle(&mut lock);
        let first = out.packages.len();
        for (index, declared, package) in links {
            let manifest = &mut out.manifests[index];
            manifest.lockfile.get_or_insert_with(|| lock.path.clone());
            if let (Some(declared), Some(package)) = (declared, package) {
                let declared: &mut Declared = &mut manifest.declared[declared];
                declared.package.get_or_insert(first + package as usize);
                if lock.packages[package as usize].requested.is_none() {
                    lock.packages[package as usize].requested.clone_from(&declared.range);
                }
            }
        }
        out.edges.extend(lock.edges.iter().map(|edges| edges.iter().map(|(to, _)| first + *to as usize).collect()));
        out.packages.extend(lock.packages);
        out.failures.extend(lock.failures);
        out.lockfiles.push(lock.path);
    }
    pinned_beside(&mut out.manifests);
    loose(out);
    overridden(out);
}

/// Packages of a lockfile by the names that manifests use.
struct Names(FxHashMap<String, Vec<u32>>);

impl Names {
    fn new(lock: &Lock) -> Self {
        let mut names: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        for (index, package) in lock.packages.iter().enumerate() {
            let name = package.alias.as_ref().unwrap_or(&package.name);
            names.entry(name.clone()).or_default().push(index as u32);
        }
        Names(names)
    }

    /// The package that a manifest means: by its range, at the top, or the only one of the name.
    fn find(&self, lock: &Lock, declared: &Declared, name: &str) -> Option<u32> {
        let range = declared.range.as_deref().unwrap_or_default();
        let real = &declared.name;
        let keys = if declared.alias.is_some() {
            // Deno's import maps name packages as they like; its lockfile uses their own names.
            [format!("{name}@npm:{real}@{range}"), format!("{real}@{range}")]
        } else {
            [format!("{name}@{range}"), format!("{name}@npm:{range}")]
        };
        let by_range = keys.iter().find_map(|key| lock.by_range.get(key).copied());
        let first = || self.0.get(name)?.first().copied();
        by_range
            .or_else(|| lock.top.get(name).copied())
            .or_else(|| self.only(lock, name))
            // Of versions for several platforms the first stands for all.
            .or_else(|| first().filter(|_| lock.ecosystem == Ecosystem::PyPi))
    }

    /// The only version of a name.
    fn only(&self, lock: &Lock, name: &str) -> Option<u32> {
        let all = self.0.get(name)?;
        let first = *all.first()?;
        let version = &lock.packages[first as usize].version;
        all.iter().all(|index| lock.packages[*index as usize].version == *version).then_some(first)
    }
}

/// What a manifest gets from its lockfile. Each link is the manifest, the position in it and the package; the first has
/// neither and says only that the lockfile holds for the manifest.
type Links = Vec<(usize, Option<usize>, Option<u32>)>;

fn link(lock: &mut Lock, names: &Names, manifest: &Manifest, index: usize, links: &mut Links) {
    let place = below(folder(&lock.path), folder(&manifest.path)).unwrap_or_default().to_owned();
    let known = lock.roots.iter().find(|root| root.folder == place);
    let root: Option<FxHashMap<&str, u32>> =
        known.map(|root| root.asks.iter().map(|ask| (ask.name.as_str(), ask.package)).collect());
    links.push((index, None, None));
    let mut asks = Vec::new();
    for (position, declared) in manifest.declared.iter().enumerate() {
        let name = declared.alias.as_ref().unwrap_or(&declared.name);
        let in_root = root.as_ref().and_then(|root| root.get(name.as_str()).copied());
        let own = || lock.top.get(&format!("{place}/node_modules/{name}")).copied();
        let found = in_root.or_else(own).or_else(|| names.find(lock, declared, name));
        if let Some(package) = found {
            links.push((index, Some(position), Some(package)));
            asks.push(Ask { name: name.clone(), package, need: declared.need, range: declared.range.clone() });
            // Markers choose among versions that stand side by side: the project asks for all of them.
            if lock.ecosystem == Ecosystem::PyPi {
                for &other in names.0.get(name).into_iter().flatten().take(16).filter(|other| **other != package) {
                    asks.push(Ask {
                        name: name.clone(),
                        package: other,
                        need: declared.need,
                        range: declared.range.clone(),
                    });
                }
            }
        }
    }
    if known.is_none() && !asks.is_empty() {
        lock.roots.push(Root { folder: place, asks });
    }
}

/// `x.in` is settled by the `x.txt` beside it (pip-tools) when that one pins all it lists.
fn pinned_beside(manifests: &mut [Manifest]) {
    let pinned: BTreeSet<String> = manifests
        .iter()
        .filter(|manifest| manifest.path.strip_suffix(".txt").is_some() && !manifest.declared.is_empty())
        .filter(|manifest| manifest.declared.iter().all(|one| one.range.as_deref().and_then(exact).is_some()))
        .map(|manifest| manifest.path.clone())
        .collect();
    for manifest in manifests.iter_mut().filter(|manifest| manifest.lockfile.is_none()) {
        if let Some(txt) =
            manifest.path.strip_suffix(".in").map(|stem| format!("{stem}.txt")).filter(|txt| pinned.contains(txt))
        {
            manifest.lockfile = Some(txt);
        }
    }
}

/// Adds packages for what manifests ask for and no lockfile settles.
fn loose(out: &mut Inventory) {
    let mut compiled: FxHashMap<(String, String), usize> = FxHashMap::default();
    let mut order: Vec<usize> = (0..out.manifests.len()).collect();
    // Files that pin come before those that they settle.
    order.sort_by_key(|index| out.manifests[*index].path.strip_suffix(".in").is_some());
    for index in order {
        let manifest = &mut out.manifests[index];
        let has_lock = manifest.lockfile.is_some();
        for declared in manifest.declared.iter_mut().filter(|declared| declared.package.is_none()) {
            if let Some(lock) = &manifest.lockfile
                && let Some(found) = compiled.get(&(lock.clone(), declared.name.clone()))
            {
                declared.package = Some(*found);
                continue;
            }
            // With a lockfile, optional packages and peers that are not in it are not installed.
            if has_lock && matches!(declared.need, Need::Optional | Need::Peer) {
                continue;
            }
            declared.package = Some(out.packages.len());
            compiled.entry((manifest.path.clone(), declared.name.clone())).or_insert(out.packages.len());
            out.packages.push(from_manifest(declared));
            out.edges.push(Vec::new());
        }
    }
}

/// A package that only a manifest speaks of.
fn from_manifest(declared: &Declared) -> Package {
    let mut package = Package::new(declared.ecosystem, &declared.name, declared.place.clone());
    let range = declared.range.as_deref();
    if declared.ecosystem == Ecosystem::PyPi {
        package.version = range.and_then(exact);
        package.bound = range.filter(|_| package.version.is_none()).and_then(bound);
    } else if declared.source == Source::Registry {
        package.version = range.and_then(npm_exact);
        package.bound = range.filter(|_| package.version.is_none()).and_then(npm_bound);
    }
    package.requested.clone_from(&declared.range);
    package.source = declared.source.clone();
    package.alias.clone_from(&declared.alias);
    package.marker.clone_from(&declared.marker);
    package.dev = matches!(declared.need, Need::Development | Need::Build);
    package.optional = declared.need == Need::Optional;
    package.peer = declared.need == Need::Peer;
    let group = match declared.need {
        Need::Production => None,
        Need::Development => Some("dev"),
        Need::Optional => Some("optional"),
        Need::Peer => Some("peer"),
        Need::Build => Some("build"),
    };
    package.groups = declared.group.clone().or(group.map(str::to_owned)).into_iter().collect();
    package.direct = true;
    package.path = vec![package.label()];
    package
}

/// Marks what the overrides of a manifest choose, in the lockfile that holds for it.
fn overridden(out: &mut Inventory) {
    let mut chosen: FxHashMap<(&str, &str), Vec<&str>> = FxHashMap::default();
    for manifest in &out.manifests {
        let file = manifest.lockfile.as_deref().unwrap_or(&manifest.path);
        for (name, version, _) in &manifest.overrides {
            chosen.entry((file, name)).or_default().push(version);
        }
    }
    if chosen.is_empty() {
        return;
    }
    for package in &mut out.packages {
        let versions = chosen.get(&(package.place.path.as_str(), package.name.as_str()));
        package.overridden = versions.into_iter().flatten().any(|version| {
            let exactly = npm_exact(version).or_else(|| exact(version));
            exactly.is_none() || exactly == package.version
        });
    }
}
