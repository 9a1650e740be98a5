//! Records of every kind: whole, odd, hostile.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(record: &Value) -> Advisory {
    parse_record(record.to_string().as_bytes()).unwrap()
}

fn one(affected: &Value) -> Affected {
    let mut found = read(&json!({"id": "X-1", "affected": [affected]})).affected;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn words(affected: &Affected) -> Vec<String> {
    affected.intervals.iter().map(Interval::words).collect()
}

#[test]
fn every_field_of_a_full_record() {
    let advisory = read(&json!({
        "schema_version": "9.9", "id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2026-1", "CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "not an id"],
        "summary": "Line one\nline two", "details": "long", "published": "2026-01-02T03:04:05.123456Z", "modified": "2026-02-03T00:00:00Z",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, {"type": "Other", "score": "very bad"}],
        "database_specific": {"severity": "moderate", "cwe_ids": ["CWE-79", "CWE-x"]}, "never_heard_of": [1, {"a": null}],
        "affected": [{"package": {"ecosystem": "npm", "name": "@a/B"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.3"}]}],
            "ecosystem_specific": {"symbols": ["b.run"], "imports": [{"attribute": "go", "modules": ["b", "b.c"]}], "precondition": "when\non"}}]
    }));
    assert_eq!((advisory.aliases, advisory.summary.as_str()), (vec!["CVE-2026-1".to_owned()], "Line one line two"));
    assert_eq!(advisory.published.unwrap().to_string(), "2026-01-02");
    assert_eq!((advisory.cwe, advisory.rating.as_deref(), advisory.severity.len()), (vec![79], Some("MODERATE"), 1));
    let affected = &advisory.affected[0];
    assert_eq!((affected.name.as_str(), words(affected)), ("@a/B", vec!["<1.2.3".to_owned()]));
    assert_eq!(affected.symbols, ["b.c.go", "b.go", "b.run"]);
    assert_eq!(affected.precondition.as_deref(), Some("when on"));
}

#[test]
fn events_in_any_order_and_of_every_kind() {
    let npm = |events: Value| {
        words(&one(
            &json!({"package": {"ecosystem": "npm", "name": "a"}, "ranges": [{"type": "SEMVER", "events": events}]}),
        ))
    };
    assert_eq!(npm(json!([{"fixed": "2.0.0"}, {"introduced": "1.0.0"}])), [">=1.0.0, <2.0.0"]);
    assert_eq!(
        npm(json!([{"introduced": "0.0.0"}, {"last_affected": "2.0.0"}, {"introduced": "3.0.0"}])),
        ["<=2.0.0", ">=3.0.0"]
    );
    assert_eq!(npm(json!([{"introduced": "0"}, {"limit": "*"}])), ["all versions"]);
    assert_eq!(npm(json!([{"introduced": "1.0.0"}, {"limit": "2.0.0"}])), [">=1.0.0, <2.0.0"]);
    assert_eq!(npm(json!([{"introduced": "1.0.0"}, {"fixed": "1.0.0"}])), Vec::<String>::new());
    assert_eq!(npm(json!([{"introduced": "0", "fixed": "1.0.0"}])), ["<1.0.0"]);
}

#[test]
fn versions_named_one_by_one_are_joined_with_ranges() {
    let affected = one(&json!({"package": {"ecosystem": "PyPI", "name": "Zope.Interface"},
        "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}, {"type": "ECOSYSTEM", "events": [{"introduced": "1"}, {"fixed": "2"}]}],
        "versions": ["1.5", "0.9", "0.9", "trunk"]}));
    assert_eq!(
        (affected.name.as_str(), affected.versions),
        ("zope-interface", vec!["0.9".to_owned(), "trunk".to_owned()])
    );
}

#[test]
fn what_does_not_tell_the_versions_is_said() {
    let package = json!({"ecosystem": "PyPI", "name": "a"});
    assert_eq!(one(&json!({"package": package})).unclear, Some(Unclear::NoVersions));
    let git =
        json!({"package": package, "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}], "versions": null});
    assert_eq!(one(&git).unclear, Some(Unclear::NoVersions));
    let odd = one(&json!({"package": {"ecosystem": "npm", "name": "a"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "soon"}]}]}));
    assert_eq!((odd.unclear, odd.intervals), (Some(Unclear::Incomparable), vec![]));
    for own in [json!({"id": "MAL-2026-1"}), json!({"id": "GHSA-1", "database_specific": {"cwe_ids": ["CWE-506"]}})] {
        let mut own = own;
        own["affected"] = json!([{"package": package}]);
        let malware = read(&own);
        assert!(malware.malicious && malware.affected[0].intervals == [Interval::all()]);
    }
}

#[test]
fn bad_records_are_errors_and_other_ecosystems_nothing() {
    for bad in ["", "[]", "{}", "{\"id\": \"a b\"}", "{\"id\": \"A\", \"affected\": 3}", &"[".repeat(100_000)] {
        assert!(parse_record(bad.as_bytes()).is_err(), "{}", &bad[..bad.len().min(40)]);
    }
    let other = read(
        &json!({"id": "A", "withdrawn": "some day", "affected": [{"package": {"ecosystem": "RubyGems", "name": "x"}}, {"package": null}]}),
    );
    assert!(other.affected.is_empty() && other.withdrawn.is_some(), "a withdrawal without a date is one");
}

#[test]
fn a_record_made_to_be_slow_is_read_all_the_same() {
    let events: Vec<Value> = (0..6_000)
        .flat_map(|at| [json!({"introduced": format!("{at}.1")}), json!({"fixed": format!("{at}.2")})])
        .collect();
    let versions: Vec<String> = (0..30_000).map(|at| format!("{at}.0")).collect();
    let affected = one(
        &json!({"package": {"ecosystem": "PyPI", "name": "a"}, "versions": versions, "ranges": [{"type": "ECOSYSTEM", "events": events}]}),
    );
    assert_eq!((affected.intervals.len(), affected.versions.len()), (6_000, 30_000));
}

fn some_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "(0|1\\.0|npm|PyPI|2\\.0\\.0a1|GIT|SEMVER|MAL-1|CVE-2026-1)".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 4, |inner| {
        let key = "(id|aliases|affected|package|ecosystem|name|ranges|type|events|introduced|fixed|last_affected|versions|severity|score|ecosystem_specific|symbols|imports)";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..5).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// The schema's evaluation: events in order, each changing whether the version is affected.
fn evaluated(events: &[(usize, u8)], version: u8) -> bool {
    let mut sorted = events.to_vec();
    sorted.sort_by_key(|(_, at)| *at);
    let mut affected = false;
    for (kind, at) in sorted {
        match kind {
            0 if version >= at => affected = true,
            1 if version >= at => affected = false,
            2 if version > at => affected = false,
            _ => {}
        }
    }
    affected
}

proptest! {
    #[test]
    fn intervals_mean_what_the_events_mean(events in proptest::collection::vec((0usize..3, 1u8..7), 0..7)) {
        const KINDS: [&str; 3] = ["introduced", "fixed", "last_affected"];
        let listed: Vec<Value> = events.iter().map(|(kind, at)| json!({KINDS[*kind]: format!("{at}")})).collect();
        let affected = one(&json!({"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": [{"type": "ECOSYSTEM", "events": listed}]}));
        for version in 0..8 {
            let parsed = Version::parse(Ecosystem::PyPi, &version.to_string()).unwrap();
            prop_assert_eq!(contains(&affected.intervals, &parsed), Some(evaluated(&events, version)), "{} of {:?}", version, events);
        }
    }

    #[test]
    fn no_json_makes_it_panic(value in some_json(), id in "[A-Z]{1,4}-[0-9]{1,4}") {
        let _ = parse_record(value.to_string().as_bytes());
        let _ = parse_record(json!({"id": id, "affected": [value]}).to_string().as_bytes());
    }

    #[test]
    fn no_bytes_make_it_panic(at in 0usize..300, byte in any::<u8>(), cut in 0usize..300) {
        let record = json!({"id": "PYSEC-1", "aliases": ["CVE-2026-1"], "affected": [{"package": {"ecosystem": "PyPI", "name": "a"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}]}], "versions": ["0.1"]}]});
        let mut bytes = record.to_string().into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length.saturating_sub(cut % 50));
        let _ = parse_record(&bytes);
    }
}
