//! What importing, opening and matching cost. Reads the shared data and a lockfile; without them there is nothing to
//! measure. `cargo bench -p lunette-intel`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use lunette_intel::advisory::Day;
use lunette_intel::matching::Knowledge;
use lunette_intel::packages::Ecosystem;
use lunette_intel::snapshot::store::Store;

/// The fastest of several runs: the others say how busy the machine was.
fn fastest(runs: u32, mut work: impl FnMut()) -> Duration {
    let timed = (0..runs).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    timed.min().unwrap_or_default()
}

fn main() {
    let shared = std::env::var_os("LUNETTE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    if !shared.join("intel/npm/all.zip").is_file() {
        eprintln!("SKIPPED: {} has no intel data", shared.display());
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let store = Store::new(data.path());
    let today = Day::parse("2026-11-24").unwrap();
    let import = fastest(3, || drop(store.import(&shared.join("intel"), today).unwrap()));
    println!("import of the shared data: {import:?}");
    println!("index: {} bytes", std::fs::metadata(store.index()).unwrap().len());
    println!("open: {:?}", fastest(50, || drop(store.open().unwrap().unwrap())));
    let Some(packages) = packages() else { return };
    let knowledge = Knowledge::new(store.open().unwrap());
    let mut found = 0;
    let matching = fastest(20, || {
        let lookup =
            |(name, version): &(String, String)| knowledge.lookup(Ecosystem::Npm, name, version).unwrap().matches.len();
        found = packages.iter().map(lookup).sum();
    });
    println!("matching {} packages: {matching:?}, {found} matches", packages.len());
    let cold = fastest(20, || {
        let knowledge = Knowledge::new(store.open().unwrap());
        for (name, version) in &packages {
            drop(knowledge.lookup(Ecosystem::Npm, name, version).unwrap());
        }
    });
    println!("opening and matching: {cold:?}");
}

/// Names and versions of the packages of the lockfile that `LUNETTE_LOCKFILE` names (npm, version 2 or 3).
fn packages() -> Option<Vec<(String, String)>> {
    let path = std::env::var_os("LUNETTE_LOCKFILE")?;
    let lock: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let entries = lock["packages"].as_object().unwrap().iter();
    let named = entries.filter_map(|(path, entry)| {
        let name = path.rsplit_once("node_modules/")?.1;
        Some((name.to_owned(), entry["version"].as_str()?.to_owned()))
    });
    Some(named.collect())
}
