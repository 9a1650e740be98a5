//! Matching on small snapshots: what holds, what does not, what is joined.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::advisory::parse_record;
use crate::index::{Content, Cve, compile};

fn npm(id: &str, aliases: &[&str], events: &Value) -> Value {
    json!({"id": id, "aliases": aliases, "affected": [{"package": {"ecosystem": "npm", "name": "a-package-of-the-tests"},
        "ranges": [{"type": "SEMVER", "events": events}]}]})
}

fn knowledge(records: &[Value]) -> Knowledge {
    let content = Content {
        advisories: records.iter().map(|record| parse_record(record.to_string().as_bytes()).unwrap()).collect(),
        epss: vec![
            (Cve::parse("CVE-2026-0001").unwrap(), Epss { score: 1_000, percentile: 50_000 }),
            (Cve::parse("CVE-2026-0002").unwrap(), Epss { score: 90_000, percentile: 99_000 }),
        ],
        kev: vec![Kev {
            cve: Cve::parse("CVE-2026-0002").unwrap(),
            id: "CVE-2026-0002".into(),
            name: "Bad".into(),
            added: Day::parse("2026-01-01"),
            due: None,
            ransomware: false,
        }],
        ..Content::default()
    };
    Knowledge::new(Some(Snapshot::open(Box::new(compile(content).unwrap())).unwrap()))
}

fn found(knowledge: &Knowledge, version: &str) -> Lookup {
    knowledge.lookup(Ecosystem::Npm, "a-package-of-the-tests", version).unwrap()
}

fn ids(lookup: &Lookup) -> Vec<&str> {
    lookup.matches.iter().map(|found| found.id.as_str()).collect()
}

#[test]
fn records_of_one_bug_are_one_match_with_everything_they_say() {
    let mut ghsa = npm("GHSA-1", &["CVE-2026-0001"], &json!([{"introduced": "0"}, {"fixed": "1.2.0"}]));
    ghsa["severity"] = json!([{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]);
    ghsa["database_specific"] = json!({"severity": "HIGH", "cwe_ids": ["CWE-79"]});
    let mut other = npm("NSWG-1", &["CVE-2026-0001"], &json!([{"introduced": "0"}, {"last_affected": "1.1.9"}]));
    other["database_specific"] = json!({"severity": "LOW"});
    let knowledge = knowledge(&[ghsa, other]);
    let lookup = found(&knowledge, "1.1.0");
    assert_eq!(ids(&lookup), ["GHSA-1"]);
    let one = &lookup.matches[0];
    assert_eq!(
        (one.aliases.as_slice(), one.fixed.as_slice()),
        (&["CVE-2026-0001".to_owned(), "NSWG-1".to_owned()][..], &["1.2.0".to_owned()][..])
    );
    assert_eq!((one.rating.as_deref(), one.cwe.as_slice(), one.severity.len()), (Some("HIGH"), &[79][..], 1));
    assert_eq!((one.epss.unwrap().score, one.kev.is_none()), (1_000, true));
    let version = |text| Version::parse(Ecosystem::Npm, text).unwrap();
    assert_eq!(one.fix_for(&version("1.1.0")), Some("1.2.0"));
    assert_eq!(one.affects(&version("1.2.0")), Some(false));
    assert_eq!(found(&knowledge, "1.2.0"), Lookup::default());
}

#[test]
fn a_wrong_alias_brings_neither_a_join_nor_anothers_evidence() {
    let knowledge = knowledge(&[
        npm("GHSA-1", &["CVE-2026-0001", "CVE-2026-0002"], &json!([{"introduced": "0"}, {"fixed": "1.2.0"}])),
        npm("GHSA-2", &["CVE-2026-0002"], &json!([{"introduced": "0"}, {"fixed": "1.3.0"}])),
    ]);
    let both = found(&knowledge, "1.0.0");
    assert_eq!(ids(&both), ["GHSA-1", "GHSA-2"]);
    assert_eq!(both.matches[0].aliases, ["CVE-2026-0001"]);
    assert!(both.matches[0].kev.is_none() && both.matches[1].kev.is_some());
}

#[test]
fn what_cannot_be_told_is_said() {
    let git = json!({"id": "X-9", "affected": [{"package": {"ecosystem": "npm", "name": "a-package-of-the-tests"}}]});
    let knowledge = knowledge(&[
        git,
        npm("GHSA-1", &[], &json!([{"introduced": "0"}, {"fixed": "1.2.0"}])),
        npm("GHSA-2", &[], &json!([{"introduced": "0"}])),
        npm("GHSA-3", &[], &json!([{"introduced": "0"}, {"fixed": "next week"}])),
    ]);
    let unreadable = found(&knowledge, "github:user/repo#main");
    assert_eq!(ids(&unreadable), ["GHSA-2"], "what is against every version is against this one");
    assert_eq!(
        unreadable.undecided.iter().map(|doubt| doubt.id.as_str()).collect::<Vec<_>>(),
        ["GHSA-1", "GHSA-3", "X-9"]
    );
    let readable = found(&knowledge, "2.0.0");
    assert_eq!(ids(&readable), ["GHSA-2"]);
    assert_eq!(readable.undecided.iter().map(|doubt| doubt.id.as_str()).collect::<Vec<_>>(), ["GHSA-3", "X-9"]);
    assert!(readable.undecided[1].why.contains("names no versions"));
}

#[test]
fn withdrawn_records_are_against_nothing_but_can_be_shown() {
    let mut record = npm("GHSA-1", &["CVE-2026-0001"], &json!([{"introduced": "0"}]));
    record["withdrawn"] = json!("2026-03-04T00:00:00Z");
    let knowledge = knowledge(&[record]);
    assert_eq!(found(&knowledge, "1.0.0"), Lookup::default());
    let Shown::Id { advisories, .. } = knowledge.show("ghsa-1").unwrap() else { panic!() };
    assert_eq!(advisories[0].record.withdrawn.unwrap().to_string(), "2026-03-04");
    assert!(advisories[0].packages.is_empty());
}

#[test]
fn malware_comes_first_and_a_fix_is_a_release() {
    let knowledge = knowledge(&[
        npm("GHSA-1", &[], &json!([{"introduced": "1.0.0"}, {"fixed": "1.2.0-rc.1"}])),
        npm(
            "GHSA-2",
            &[],
            &json!([{"introduced": "1.0.0"}, {"fixed": "1.1.0-rc.1"}, {"introduced": "1.2.0"}, {"fixed": "1.3.0"}]),
        ),
        npm("MAL-2026-1", &["GHSA-9"], &json!([{"introduced": "0"}])),
    ]);
    let lookup = found(&knowledge, "1.0.5");
    assert_eq!(ids(&lookup), ["MAL-2026-1", "GHSA-1", "GHSA-2"]);
    let version = Version::parse(Ecosystem::Npm, "1.0.5").unwrap();
    assert_eq!(lookup.matches[0].fix_for(&version), None);
    assert_eq!(lookup.matches[1].fix_for(&version), Some("1.2.0-rc.1"), "only a prerelease has it");
    assert_eq!(lookup.matches[2].fix_for(&version), Some("1.3.0"));
}

#[test]
fn questions() {
    let knowledge = knowledge(&[npm("GHSA-1", &["CVE-2026-0001"], &json!([{"introduced": "0"}, {"fixed": "1.2.0"}]))]);
    let Shown::Package(package) = knowledge.show("pkg:npm/a-package-of-the-tests@1.0.0").unwrap() else { panic!() };
    assert_eq!((package.advisories.len(), package.version.unwrap().1.matches.len()), (1, 1));
    let Shown::Id { advisories, kev, epss, .. } = knowledge.show("cve-2026-0002").unwrap() else { panic!() };
    assert!(advisories.is_empty() && kev.is_some() && epss.is_some(), "known to be exploited also without an advisory");
    let Shown::Id { advisories, .. } = knowledge.show("CVE-2026-0001").unwrap() else { panic!() };
    assert_eq!(advisories[0].packages.len(), 1);
    for question in ["", "express", "pkg:gem/rails@1", "pkg:", "a\u{0}-b"] {
        assert_eq!(knowledge.show(question).unwrap(), Shown::NotUnderstood, "{question:?}");
    }
}

#[test]
fn without_a_snapshot_there_are_the_curated_ones() {
    assert_eq!(
        Knowledge::default().lookup(Ecosystem::Npm, "no-such-package-anywhere", "1.0.0").unwrap(),
        Lookup::default()
    );
    for (ecosystem, name) in crate::advisory::curated::shipped_packages().take(20) {
        let found = Knowledge::default().lookup(ecosystem, &name, "not a version at all").unwrap();
        assert!(!found.matches.is_empty() || !found.undecided.is_empty() || ecosystem == Ecosystem::PyPi, "{name}");
    }
}
