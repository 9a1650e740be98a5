//! A slow, obvious matcher over the raw records, and the index against it: every package and version of the archives.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::str::FromStr as _;

use lunette_intel::advisory::{Day, normal_name};
use lunette_intel::index::Snapshot;
use lunette_intel::packages::Ecosystem;
use lunette_intel::snapshot::store::Store;
use serde_json::Value;

fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("LUNETTE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = shared.join("intel");
    if folder.join("PyPI/all.zip").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} is not here", folder.display());
    None
}

/// Every record of an archive, as it stands.
fn records(path: &std::path::Path) -> Vec<Value> {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut out = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        if entry.is_file() {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            out.push(serde_json::from_str(&text).unwrap());
        }
    }
    out
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// How one version stands to another, by the ecosystem's crate alone; `None` when it cannot read one of them.
fn compare(ecosystem: Ecosystem, a: &str, b: &str) -> Option<std::cmp::Ordering> {
    if ecosystem == Ecosystem::PyPi {
        return Some(pep440_rs::Version::from_str(a).ok()?.cmp(&pep440_rs::Version::from_str(b).ok()?));
    }
    Some(nodejs_semver::Version::parse(a).ok()?.cmp(&nodejs_semver::Version::parse(b).ok()?))
}

/// The evaluation as the schema words it: sort the events, walk them, remember whether the version is affected.
fn in_range(ecosystem: Ecosystem, range: &Value, version: &str) -> Option<bool> {
    let mut events: Vec<(&str, &str)> = Vec::new();
    for event in list(range, "events") {
        for (kind, at) in event.as_object().unwrap() {
            events.push((kind, at.as_str().unwrap()));
        }
    }
    let first = |at: &str| at == "0" || at == "0.0.0";
    // A simple exchange sort: slow, obvious, stable.
    for _ in 0..events.len() {
        for at in 1..events.len() {
            let (a, b) = (events[at - 1].1, events[at].1);
            let later = if first(a) || first(b) { !first(a) && first(b) } else { compare(ecosystem, a, b)?.is_gt() };
            if later {
                events.swap(at - 1, at);
            }
        }
    }
    let mut affected = false;
    for (kind, at) in events {
        let reached = first(at) || compare(ecosystem, version, at)?.is_ge();
        match kind {
            "introduced" if reached => affected = true,
            "fixed" if reached => affected = false,
            "last_affected" if reached && compare(ecosystem, version, at)?.is_gt() => affected = false,
            _ => {}
        }
    }
    Some(affected)
}

/// Whether a record holds for a version; `None` when the crate cannot read a version of it.
fn holds(ecosystem: Ecosystem, affected: &Value, version: &str, malicious: bool) -> Option<bool> {
    let same =
        |other: &str| other == version || compare(ecosystem, other, version).is_some_and(std::cmp::Ordering::is_eq);
    if list(affected, "versions").any(|other| same(other.as_str().unwrap())) {
        return Some(true);
    }
    let ranges: Vec<&Value> = list(affected, "ranges").filter(|range| range["type"] != "GIT").collect();
    if ranges.is_empty() && affected["versions"].as_array().is_none_or(Vec::is_empty) {
        return if malicious { Some(true) } else { None };
    }
    let mut unknown = false;
    for range in ranges {
        match in_range(ecosystem, range, version) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(false) }
}

/// Compares the two for every package and every version that is named anywhere about it.
fn agrees(snapshot: &Snapshot, ecosystem: Ecosystem, records: &[Value]) -> (usize, usize, usize) {
    let mut packages: BTreeMap<String, Vec<(&Value, &Value)>> = BTreeMap::new();
    for record in records.iter().filter(|record| record["withdrawn"].is_null()) {
        for affected in list(record, "affected").filter(|affected| affected["package"]["ecosystem"] == ecosystem.name())
        {
            let name = normal_name(ecosystem, affected["package"]["name"].as_str().unwrap());
            packages.entry(name).or_default().push((record, affected));
        }
    }
    let (mut versions_seen, mut hits) = (0, 0);
    for (name, about) in &packages {
        let mut versions: BTreeSet<&str> = BTreeSet::from(["0.0.1", "1.0.0", "9999.0.0"]);
        for (_, affected) in about {
            versions.extend(list(affected, "versions").filter_map(Value::as_str));
            for range in list(affected, "ranges").filter(|range| range["type"] != "GIT") {
                versions.extend(
                    list(range, "events")
                        .flat_map(|event| event.as_object().unwrap().values())
                        .filter_map(Value::as_str),
                );
            }
        }
        for version in versions {
            let mut expected: BTreeSet<&str> = BTreeSet::new();
            let mut open: BTreeSet<&str> = BTreeSet::new();
            for (record, affected) in about {
                let id = record["id"].as_str().unwrap();
                match holds(ecosystem, affected, version, id.starts_with("MAL-")) {
                    Some(true) => _ = expected.insert(id),
                    Some(false) => {}
                    None => _ = open.insert(id),
                }
            }
            let found = snapshot.advisories_for(ecosystem, name, version).unwrap();
            let ours: BTreeSet<&str> =
                found.matches.iter().flat_map(|found| &found.records).map(String::as_str).collect();
            for id in &expected {
                assert!(ours.contains(id), "{name} {version}: {id} holds and is not found");
            }
            let of_archive: BTreeSet<&str> = about.iter().map(|(record, _)| record["id"].as_str().unwrap()).collect();
            for id in ours.intersection(&of_archive).filter(|id| !expected.contains(*id) && !open.contains(*id)) {
                let own =
                    found.matches.iter().any(|found| found.curated && found.records.iter().any(|other| other == id));
                assert!(own, "{name} {version}: {id} is found and does not hold");
            }
            versions_seen += 1;
            hits += expected.len();
        }
    }
    (packages.len(), versions_seen, hits)
}

#[test]
fn the_index_agrees_with_a_slow_matcher() {
    let Some(folder) = shared() else { return };
    let data = tempfile::tempdir().unwrap();
    let store = Store::new(data.path());
    store.import(&folder, Day::parse("2026-11-24").unwrap()).unwrap();
    let snapshot = store.open().unwrap().unwrap();
    for (ecosystem, archive, packages) in
        [(Ecosystem::PyPi, "PyPI/all.zip", 10_000), (Ecosystem::Npm, "npm/all.zip", 20_000)]
    {
        let counted = agrees(&snapshot, ecosystem, &records(&folder.join(archive)));
        println!("{archive}: {} packages, {} versions, {} records that hold", counted.0, counted.1, counted.2);
        assert!(counted.0 > packages, "{counted:?}");
    }
}
