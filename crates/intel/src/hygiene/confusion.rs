//! Dependency confusion: names that a private and the public index both can answer.

use std::collections::{BTreeMap, BTreeSet};

use lunette_core::place::Place;

use super::sources::host;
use super::{Seen, file_name, folder, is_aside, listed, shown};
use crate::packages::{Ecosystem, Package, Source};

/// Hosts of the public registries.
const PUBLIC: [&str; 6] = [
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "registry.npmmirror.com",
    "npm.jsr.io",
    "pypi.org",
    "files.pythonhosted.org",
];

/// `intel/dependency-confusion`.
pub(super) fn observe(seen: &mut Seen<'_>, files: &[(&str, &str)]) {
    extra_indexes(seen, files);
    private_names(seen);
}

/// pip takes the highest version of any index: with an index in addition, whoever publishes a private name with a high
/// version decides what is installed. Hashes prevent it, and so do lockfiles with hashes.
fn extra_indexes(seen: &mut Seen<'_>, files: &[(&str, &str)]) {
    let texts: BTreeMap<&str, &str> = files.iter().copied().collect();
    let mut found: Vec<(Place, String)> = Vec::new();
    let mut hashed_folders: BTreeSet<&str> = BTreeSet::new();
    for manifest in seen.manifests().filter(|manifest| manifest.ecosystem == Ecosystem::PyPi) {
        let hashed = texts.get(manifest.path.as_str()).is_some_and(|text| text.contains("--hash="));
        if hashed || manifest.lockfile.is_some() {
            hashed_folders.insert(folder(&manifest.path));
            continue;
        }
        found.extend(
            manifest
                .indexes
                .iter()
                .filter(|(_, extra, _)| *extra)
                .map(|(address, _, place)| (place.clone(), address.clone())),
        );
    }
    for (path, text) in files {
        if is_aside(path) || !matches!(file_name(path), "pip.conf" | "pip.ini") || hashed_folders.contains(folder(path))
        {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            if let Some((key, value)) = line.split_once('=')
                && key.trim() == "extra-index-url"
                && !PUBLIC.contains(&host(value.trim()))
            {
                found.push((Place::line(*path, number), value.trim().to_owned()));
            }
        }
    }
    for (place, address) in found {
        let host = host(&address).to_owned();
        let details = [
            ("host", shown(&host)),
            ("packages", "every requirement".to_owned()),
            ("reason", "pip installs the highest version that any of the indexes has".to_owned()),
        ];
        seen.setting("intel/dependency-confusion", &place, &host, ("extra-index-url", &host), &details);
    }
}

/// Packages without a scope from a private registry, in a lockfile that takes others from the public one: the name on the
/// public registry is anybody's. Not where everything comes from one registry, which then stands in for the public one.
fn private_names(seen: &mut Seen<'_>) {
    let mut locks: BTreeMap<&str, (bool, Vec<&Package>)> = BTreeMap::new();
    for package in &seen.inventory.packages {
        let path = package.place.path.as_str();
        if package.ecosystem != Ecosystem::Npm
            || !package.locked
            || package.source != Source::Registry
            || is_aside(path)
        {
            continue;
        }
        // A registry serves `name/-/name-1.0.0.tgz`; another address is one that the project names itself.
        let of_registry = |address: &&str| address.starts_with("http") && address.contains("/-/");
        let Some(host) = package.resolved.as_deref().filter(of_registry).map(host) else { continue };
        let (public, private) = locks.entry(path).or_default();
        if PUBLIC.contains(&host) {
            *public = true;
        } else if !package.name.starts_with('@') {
            private.push(package);
        }
    }
    for (lock, (public, private)) in locks {
        let Some(first) = private.first().filter(|_| public) else { continue };
        let registry = host(first.resolved.as_deref().unwrap_or_default());
        // The default registry proxies the public one.
        if seen
            .npmrc
            .of(lock)
            .filter_map(|settings| settings.registry.as_ref())
            .any(|(address, _)| host(address) == registry)
        {
            continue;
        }
        let names: Vec<&str> = private.iter().map(|package| package.name.as_str()).collect();
        let details = [
            ("host", shown(registry)),
            ("packages", listed(&names)),
            ("reason", "the public registry gives the name to whoever asks first".to_owned()),
        ];
        let place = first.place.clone();
        seen.setting("intel/dependency-confusion", &place, registry, (&first.name, registry), &details);
    }
}
