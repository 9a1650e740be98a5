//! Lockfiles: missing, older than the manifest, or several that disagree.

use std::collections::BTreeMap;

use super::{Seen, file_name, folder, is_aside, listed, shown};
use crate::packages::{Declared, Ecosystem, Manifest, Need, Package, Source};
use crate::version::{Range, Version};

/// `intel/missing-lockfile`: an application's manifest that no lockfile settles.
pub(super) fn missing(seen: &mut Seen<'_>) {
    for manifest in seen.manifests() {
        if manifest.lockfile.is_some() || !is_application(manifest) {
            continue;
        }
        let asked: Vec<&Declared> = manifest
            .declared
            .iter()
            .filter(|one| {
                one.source == Source::Registry
                    && matches!(one.need, Need::Production | Need::Development | Need::Optional)
            })
            .collect();
        let Some(first) = asked.first() else { continue };
        let lock = match (manifest.ecosystem, file_name(&manifest.path)) {
            (_, "Pipfile") => "Pipfile.lock",
            (Ecosystem::PyPi, _) => "poetry.lock, uv.lock, pdm.lock or pylock.toml",
            _ => "package-lock.json, npm-shrinkwrap.json, yarn.lock, pnpm-lock.yaml or bun.lock",
        };
        let details =
            [("manifest", manifest.path.clone()), ("count", asked.len().to_string()), ("lockfile", lock.to_owned())];
        let place = first.place.clone();
        seen.absence(
            "intel/missing-lockfile",
            &place,
            &manifest.path,
            (lock, "the manifest's folder and those above it"),
            &details,
        );
    }
}

/// Whether a manifest is of something that is run, not of a package that others install: those leave the choice of versions
/// to their users. `requirements.txt` is judged by its ranges, see [`super::ranges`].
fn is_application(manifest: &Manifest) -> bool {
    let name = file_name(&manifest.path);
    match manifest.ecosystem {
        Ecosystem::PyPi => name == "Pipfile" || (name == "pyproject.toml" && manifest.name.is_none()),
        Ecosystem::Npm | Ecosystem::Jsr => name == "package.json" && !is_published(manifest),
    }
}

/// Whether a `package.json` is of a package that others install: it may be published, and either nothing starts it or its
/// scripts prepare a release.
pub(super) fn is_published(manifest: &Manifest) -> bool {
    let has = |names: &[&str]| manifest.scripts.iter().any(|script| names.contains(&script.name.as_str()));
    let could = !manifest.private && manifest.name.is_some() && manifest.version.is_some();
    could
        && (!has(&["start"]) || has(&["prepublishOnly", "prepack", "preversion", "version", "postversion", "release"]))
}

/// `intel/lockfile-outdated`: what the manifest asks for is not what the lockfile holds.
pub(super) fn outdated(seen: &mut Seen<'_>) {
    for manifest in seen.manifests() {
        let Some(lock) = &manifest.lockfile else { continue };
        let stale: Vec<&Declared> = manifest
            .declared
            .iter()
            .filter(|one| one.source == Source::Registry && matches!(one.need, Need::Production | Need::Development))
            .filter(|one| is_stale(one, one.package.and_then(|at| seen.inventory.packages.get(at))))
            .collect();
        let Some(first) = stale.first() else { continue };
        let names: Vec<&str> = stale.iter().map(|one| one.name.as_str()).collect();
        let details = [("packages", listed(&names)), ("lockfile", lock.clone()), ("manifest", manifest.path.clone())];
        let range = first.range.as_deref().unwrap_or("*");
        let place = first.place.clone();
        seen.setting("intel/lockfile-outdated", &place, &manifest.path, (&first.name, range), &details);
    }
}

fn is_stale(declared: &Declared, package: Option<&Package>) -> bool {
    let Some(package) = package else { return declared.marker.is_none() };
    if package.overridden {
        return false;
    }
    if !package.locked {
        return declared.marker.is_none();
    }
    let (Some(version), Some(range)) = (&package.version, &declared.range) else { return false };
    let range = range
        .strip_prefix("npm:")
        .and_then(|aliased| aliased.rsplit_once('@'))
        .map_or(range.as_str(), |(_, range)| range);
    match (Range::parse(declared.ecosystem, range), Version::parse(declared.ecosystem, version)) {
        (Ok(range), Ok(version)) => !range.allows(&version),
        // A tag, an address, Poetry's caret: not decided here.
        _ => false,
    }
}

/// `intel/lockfiles-disagree`: two lockfiles of one folder settle a package that is asked for differently.
pub(super) fn disagree(seen: &mut Seen<'_>) {
    let mut folders: BTreeMap<(Ecosystem, &str), Vec<&str>> = BTreeMap::new();
    for lock in seen.inventory.lockfiles.iter().filter(|lock| !is_aside(lock)) {
        if let Some(ecosystem) = ecosystem_of(file_name(lock)) {
            folders.entry((ecosystem, folder(lock))).or_default().push(lock);
        }
    }
    for ((ecosystem, folder), locks) in folders.into_iter().filter(|(_, locks)| locks.len() > 1) {
        let versions: Vec<BTreeMap<&str, &Package>> =
            locks.iter().map(|lock| direct_of(seen, ecosystem, lock)).collect();
        let (first, others) = (&versions[0], &versions[1..]);
        let differing = first.iter().find_map(|(name, one)| {
            let other =
                others.iter().find_map(|others| others.get(name).filter(|other| other.version != one.version))?;
            Some((*one, *other))
        });
        let Some((one, other)) = differing else { continue };
        let version = |package: &Package| package.version.clone().unwrap_or_default();
        let details = [
            ("package", shown(&one.name)),
            ("one", one.place.path.clone()),
            ("one_version", shown(&version(one))),
            ("other", other.place.path.clone()),
            ("other_version", shown(&version(other))),
        ];
        let (place, value) = (other.place.clone(), version(other));
        let name = one.name.clone();
        seen.setting("intel/lockfiles-disagree", &place, folder, (&name, &value), &details);
    }
}

/// The packages that a lockfile settles for what manifests ask for, where it settles one version only.
fn direct_of<'a>(seen: &Seen<'a>, ecosystem: Ecosystem, lock: &str) -> BTreeMap<&'a str, &'a Package> {
    let asked: std::collections::BTreeSet<&str> = seen
        .manifests()
        .filter(|manifest| folder(&manifest.path) == folder(lock))
        .flat_map(|manifest| &manifest.declared)
        .map(|one| one.name.as_str())
        .collect();
    let mut out: BTreeMap<&str, Option<&Package>> = BTreeMap::new();
    for package in &seen.inventory.packages {
        if package.ecosystem == ecosystem
            && package.place.path == lock
            && package.version.is_some()
            && asked.contains(package.name.as_str())
        {
            out.entry(&package.name).and_modify(|one| *one = None).or_insert(Some(package));
        }
    }
    out.into_iter().filter_map(|(name, package)| Some((name, package?))).collect()
}

fn ecosystem_of(lock: &str) -> Option<Ecosystem> {
    match lock {
        "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" => {
            Some(Ecosystem::Npm)
        }
        "poetry.lock" | "Pipfile.lock" | "uv.lock" | "pdm.lock" | "pylock.toml" => Some(Ecosystem::PyPi),
        _ => None,
    }
}
