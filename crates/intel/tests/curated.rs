//! The curated advisories against the archives of the advisory databases, where these are at hand.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

use lunette_intel::advisory::curated::{shipped, shipped_packages};
use lunette_intel::advisory::{Advisory, parse_record};
use lunette_intel::packages::Ecosystem;

fn all() -> Vec<(Ecosystem, String, Advisory)> {
    let mut out = Vec::new();
    for (ecosystem, name) in shipped_packages() {
        for advisory in shipped(ecosystem, &name).unwrap_or_else(|error| panic!("{name}: {error}")) {
            out.push((ecosystem, name.clone(), advisory));
        }
    }
    out
}

/// The archive's records by id, of those ids that are asked for.
fn archive(ecosystem: Ecosystem, wanted: &BTreeSet<String>) -> Option<BTreeMap<String, Advisory>> {
    let shared = std::env::var_os("LUNETTE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let path = shared.join("intel").join(ecosystem.name()).join("all.zip");
    let Ok(file) = std::fs::File::open(&path) else {
        eprintln!("SKIPPED: {} is not here", path.display());
        return None;
    };
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let mut out = BTreeMap::new();
    for id in wanted {
        let Ok(mut entry) = zip.by_name(&format!("{id}.json")) else { continue };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        out.insert(id.clone(), parse_record(&bytes).unwrap());
    }
    Some(out)
}

#[test]
fn there_are_enough_and_each_is_whole() {
    let all = all();
    assert!(all.len() >= 150, "{}", all.len());
    let mut seen = BTreeSet::new();
    for (ecosystem, name, advisory) in &all {
        let id = &advisory.id;
        assert!(seen.insert((ecosystem, name, id)), "{id} twice for {name}");
        let kind = if *ecosystem == Ecosystem::PyPi { "PYSEC-" } else { "GHSA-" };
        assert!(id.starts_with(kind), "{id}");
        assert!(!advisory.cwe.is_empty(), "{id} has no CWE");
        assert!(advisory.summary.len() > 20 && advisory.summary.ends_with('.'), "{id}: {}", advisory.summary);
        for affected in &advisory.affected {
            assert!(!affected.intervals.is_empty() && affected.unclear.is_none(), "{id}");
            assert!(affected.precondition.as_ref().is_none_or(|text| text.ends_with('.')), "{id}");
        }
    }
    let with_symbols =
        all.iter().filter(|(_, _, advisory)| advisory.affected.iter().any(|one| !one.symbols.is_empty()));
    assert!(with_symbols.count() * 10 >= all.len() * 9, "symbols are what the curated set is for");
}

#[test]
fn ids_ranges_and_aliases_are_the_published_ones() {
    for ecosystem in [Ecosystem::Npm, Ecosystem::PyPi] {
        let ours: Vec<_> = all().into_iter().filter(|(other, _, _)| *other == ecosystem).collect();
        let wanted = ours.iter().map(|(_, _, advisory)| advisory.id.clone()).collect();
        let Some(published) = archive(ecosystem, &wanted) else { continue };
        let mut checked = 0;
        for (_, name, advisory) in &ours {
            let id = &advisory.id;
            let Some(record) = published.get(id) else {
                assert!(ecosystem == Ecosystem::Npm, "{id} is not in the archive");
                continue;
            };
            assert!(record.withdrawn.is_none(), "{id} is withdrawn");
            for alias in &advisory.aliases {
                assert!(record.aliases.contains(alias), "{id}: {alias}");
            }
            assert_ne!(advisory.summary, record.summary, "{id}: the text is copied");
            let named: Vec<_> = record.affected.iter().filter(|one| one.name == *name).collect();
            if named.is_empty() {
                continue;
            }
            let theirs: BTreeSet<_> = named.iter().flat_map(|one| &one.intervals).collect();
            let mine: BTreeSet<_> = advisory.affected.iter().flat_map(|one| &one.intervals).collect();
            assert_eq!(mine, theirs, "{id}");
            checked += 1;
        }
        assert!(checked >= if ecosystem == Ecosystem::PyPi { ours.len() } else { 30 }, "only {checked}");
    }
}
