//! The snapshot as a whole: the shared data imported, damaged sources refused, and an update killed at any moment.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, clippy::expect_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lunette_intel::advisory::Day;
use lunette_intel::index::Feed;
use lunette_intel::matching::{Knowledge, Shown};
use lunette_intel::packages::Ecosystem;
use lunette_intel::snapshot::SnapshotError;
use lunette_intel::snapshot::status::Status;
use lunette_intel::snapshot::store::Store;

/// Names the variable that makes this program the one that is killed.
const CHILD: &str = "LUNETTE_TEST_IMPORT";

/// The shared advisories; `None`, loudly, where there are none.
fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("LUNETTE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = shared.join("intel");
    if folder.join("npm/all.zip").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} is not here", folder.display());
    None
}

fn today() -> Day {
    Day::parse("2026-11-24").unwrap()
}

/// A folder of sources with one advisory for each of some packages.
fn sources(folder: &Path, id: &str, packages: usize) {
    std::fs::create_dir_all(folder.join("npm")).unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.join("npm/all.zip")).unwrap());
    for at in 0..packages {
        let record = serde_json::json!({"id": format!("{id}-{at}"), "modified": "2026-11-20T00:00:00Z", "affected": [{
            "package": {"ecosystem": "npm", "name": format!("test-package-{at}")},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0.0"}]}]}]});
        zip.start_file(format!("{id}-{at}.json"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(record.to_string().as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

/// The ids that the snapshot has against a package.
fn known(store: &Store, at: usize) -> Vec<String> {
    let snapshot = store.open().unwrap().unwrap();
    snapshot.verify().unwrap();
    let found = snapshot.advisories_for(Ecosystem::Npm, &format!("test-package-{at}"), "0.5.0").unwrap();
    found.matches.into_iter().map(|found| found.id).collect()
}

#[test]
fn the_shared_data() {
    let Some(folder) = shared() else { return };
    let data = tempfile::tempdir().unwrap();
    let store = Store::new(data.path());
    let meta = store.import(&folder, today()).unwrap();
    let counts = meta.counts;
    assert_eq!((counts.kev, counts.epss), (1_662, 360_142));
    assert_eq!(counts.advisories + counts.malicious + counts.withdrawn, 39_025, "every record is counted: {counts:?}");
    assert_eq!(counts.withdrawn, 269);
    assert!(meta.sources.iter().all(|source| source.bad == 0), "{:?}", meta.problems);
    let length = std::fs::metadata(store.index()).unwrap().len();
    assert!(length < 12 << 20, "{length} bytes");
    println!("index: {length} bytes, {counts:?}");

    let status = Status::new(Some(&meta), today());
    assert!(!status.is_partial() && status.is_stale(), "{:?}", status.remarks());
    let knowledge = Knowledge::new(store.open().unwrap());
    knowledge.snapshot().unwrap().verify().unwrap();
    let lookup = |ecosystem, name: &str, version: &str| knowledge.lookup(ecosystem, name, version).unwrap();
    let lodash = lookup(Ecosystem::Npm, "lodash", "4.17.20");
    let one = lodash.matches.iter().find(|found| found.aliases.contains(&"CVE-2021-23337".to_owned())).unwrap();
    assert!(one.fixed.contains(&"4.17.21".to_owned()) && one.epss.is_some(), "{one:?}");
    assert!(lookup(Ecosystem::Npm, "cxp-jquery", "1.0.0").matches[0].malicious);
    assert!(lookup(Ecosystem::PyPi, "Django", "1.0").matches.len() > 10);
    let Shown::Id { advisories, kev, .. } = knowledge.show("CVE-2025-55182").unwrap() else { panic!() };
    assert!(!advisories.is_empty() && kev.is_some());

    let again = tempfile::tempdir().unwrap();
    let second = Store::new(again.path());
    second.import(&folder, today()).unwrap();
    let same = std::fs::read(store.index()).unwrap() == std::fs::read(second.index()).unwrap();
    assert!(same, "the same sources give the same bytes");
}

#[test]
fn a_source_that_is_damaged_or_not_the_named_one_leaves_the_old_snapshot() {
    let root = tempfile::tempdir().unwrap();
    let (good, bad) = (root.path().join("good"), root.path().join("bad"));
    sources(&good, "OLD", 5);
    sources(&bad, "NEW", 5);
    let store = Store::new(&root.path().join("data"));
    store.import(&good, today()).unwrap();
    let archive = std::fs::read(bad.join("npm/all.zip")).unwrap();
    let refused = |what: &str| {
        let error = store.import(&bad, today()).expect_err(what);
        assert_eq!(known(&store, 3), ["OLD-3"], "{what}: {error}");
        error
    };
    for cut in [0, 1, archive.len() / 2, archive.len() - 1] {
        std::fs::write(bad.join("npm/all.zip"), &archive[..cut]).unwrap();
        assert!(matches!(refused("cut"), SnapshotError::Source { .. }));
    }
    std::fs::write(bad.join("npm/all.zip"), &archive).unwrap();
    std::fs::write(bad.join("known_exploited_vulnerabilities.json"), "{\"vulnerabilities\": [").unwrap();
    assert!(refused("KEV").to_string().contains("known_exploited_vulnerabilities.json"));
    std::fs::remove_file(bad.join("known_exploited_vulnerabilities.json")).unwrap();
    std::fs::write(bad.join("epss_scores-2026-01-01.csv.gz"), "not gzip").unwrap();
    refused("EPSS");
    std::fs::remove_file(bad.join("epss_scores-2026-01-01.csv.gz")).unwrap();
    std::fs::write(bad.join("SHA256SUMS"), format!("{}  npm/all.zip\n", "0".repeat(64))).unwrap();
    assert!(matches!(refused("hash"), SnapshotError::Hash { .. }));
    std::fs::write(bad.join("SHA256SUMS"), "nothing of the kind\n").unwrap();
    refused("list of hashes");
    std::fs::remove_file(bad.join("SHA256SUMS")).unwrap();
    std::fs::remove_file(bad.join("npm/all.zip")).unwrap();
    assert!(matches!(refused("nothing there"), SnapshotError::NoAdvisories(_)));
    let lock = store.lock().unwrap();
    sources(&bad, "NEW", 5);
    assert!(matches!(refused("two at once"), SnapshotError::Locked(_)));
    drop(lock);
    let meta = store.import(&bad, today()).unwrap();
    assert_eq!(known(&store, 3), ["NEW-3"]);
    assert_eq!(Status::new(Some(&meta), today()).missing(), [Feed::OsvPypi, Feed::Kev, Feed::Epss]);
}

/// Not a test by itself: the program that the next test kills. Imports one folder, then the other, for ever.
#[test]
fn imports_for_ever_when_asked_to() {
    let Some(root) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let store = Store::new(&root.join("data"));
    loop {
        for folder in ["first", "second"] {
            store.import(&root.join(folder), today()).unwrap();
        }
    }
}

#[test]
fn an_update_killed_at_any_moment_leaves_a_whole_snapshot() {
    let root = tempfile::tempdir().unwrap();
    sources(&root.path().join("first"), "FIRST", 3_000);
    sources(&root.path().join("second"), "SECOND", 3_000);
    let store = Store::new(&root.path().join("data"));
    store.import(&root.path().join("first"), today()).unwrap();
    for round in 0..12u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "imports_for_ever_when_asked_to", "--nocapture"])
            .env(CHILD, root.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed sooner and later within the import, which takes longer than any of these pauses together.
        let until = Instant::now() + Duration::from_millis(20 + round * 37 % 400);
        while Instant::now() < until {
            // Meanwhile whoever opens it sees a whole one.
            assert!(["FIRST-7", "SECOND-7"].contains(&known(&store, 7)[0].as_str()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(["FIRST-2999", "SECOND-2999"].contains(&known(&store, 2_999)[0].as_str()));
    }
    // The lock of a killed process is free, and what it left behind is in nobody's way.
    store.import(&root.path().join("second"), today()).unwrap();
    assert_eq!(known(&store, 7), ["SECOND-7"]);
}
