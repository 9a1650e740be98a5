//! One record in the Open Source Vulnerability format.
//!
//! Records are written by many hands. What is read here is held against the schema's letter only where Lunette depends on
//! it: fields that it does not know are passed over, fields that may be missing are missing. See
//! <https://ossf.github.io/osv-schema/>.

use serde::Deserialize;

use super::interval::{End, Interval, contains};
use super::text::{LONGEST_SUMMARY, is_identifier, one_line};
use super::{Advisory, Affected, Day, Unclear, Vector, normal_name};
use crate::packages::Ecosystem;
use crate::version::{LONGEST, Version};

/// Most aliases that are kept of one record.
const MOST_ALIASES: usize = 64;
/// Most symbols that are kept of one package of a record.
const MOST_SYMBOLS: usize = 256;
/// CWE-506, which GitHub's database gives to its records of malware.
pub(super) const EMBEDDED_MALICIOUS_CODE: u32 = 506;
/// Longest name of a package: npm allows 214 characters.
const LONGEST_NAME: usize = 256;

/// Why a record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not JSON, or not the fields' types.
    #[error("not an OSV record: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Its id cannot be one.
    #[error("the record's id is missing or not an id")]
    Id,
}

/// Reads one record, as it stands in the bulk archives.
///
/// # Errors
///
/// [`RecordError`] when it is not a record. A record about packages of other ecosystems is one, with nothing affected.
pub fn parse_record(bytes: &[u8]) -> Result<Advisory, RecordError> {
    advisory(serde_json::from_slice(bytes)?)
}

/// Reads one record from a value that another format was read into.
///
/// # Errors
///
/// As [`parse_record`].
pub fn parse_value(value: serde_json::Value) -> Result<Advisory, RecordError> {
    advisory(serde_json::from_value(value)?)
}

#[derive(Deserialize)]
struct Record {
    id: Option<String>,
    aliases: Option<Vec<String>>,
    summary: Option<String>,
    details: Option<String>,
    published: Option<String>,
    modified: Option<String>,
    withdrawn: Option<String>,
    severity: Option<Vec<Severity>>,
    affected: Option<Vec<AffectedPackage>>,
    database_specific: Option<DatabaseSpecific>,
}

#[derive(Deserialize)]
struct Severity {
    score: Option<String>,
}

/// GHSA's own part. Other databases put other things there, so everything is optional and of any type.
#[derive(Deserialize)]
struct DatabaseSpecific {
    severity: Option<serde_json::Value>,
    cwe_ids: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct AffectedPackage {
    package: Option<PackageName>,
    ranges: Option<Vec<EventRange>>,
    versions: Option<Vec<String>>,
    severity: Option<Vec<Severity>>,
    ecosystem_specific: Option<EcosystemSpecific>,
    database_specific: Option<AffectedDatabase>,
}

#[derive(Deserialize)]
struct PackageName {
    ecosystem: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct EventRange {
    #[serde(rename = "type")]
    kind: Option<String>,
    events: Option<Vec<Event>>,
}

#[derive(Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// `symbols` and `precondition` are Lunette's (curated advisories); `imports` is the Python database's.
#[derive(Deserialize)]
struct EcosystemSpecific {
    symbols: Option<serde_json::Value>,
    precondition: Option<serde_json::Value>,
    imports: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct AffectedDatabase {
    cwes: Option<serde_json::Value>,
}

fn advisory(record: Record) -> Result<Advisory, RecordError> {
    let id = record.id.filter(|id| is_identifier(id)).ok_or(RecordError::Id)?;
    let mut aliases: Vec<String> = record.aliases.unwrap_or_default();
    aliases.retain(|alias| is_identifier(alias) && *alias != id);
    aliases.sort();
    aliases.dedup();
    aliases.truncate(MOST_ALIASES);
    let day = |date: Option<String>| date.and_then(|date| Day::parse(&date));
    let withdrawn = record.withdrawn.map(|date| Day::parse(&date).unwrap_or_else(|| Day::from_seconds(0)));
    let summary = match record.summary.filter(|summary| !summary.trim().is_empty()) {
        Some(summary) => one_line(&summary, LONGEST_SUMMARY),
        None => one_line(record.details.as_deref().unwrap_or_default(), LONGEST_SUMMARY),
    };
    let mut severity = vectors(record.severity);
    let mut cwe = record.database_specific.as_ref().map(|own| cwe_numbers(own.cwe_ids.as_ref())).unwrap_or_default();
    let rating =
        record.database_specific.and_then(|own| own.severity?.as_str().map(|word| one_line(word, 20).to_uppercase()));
    let malicious = id.starts_with("MAL-") || cwe.contains(&EMBEDDED_MALICIOUS_CODE);
    let mut affected = Vec::new();
    for mut package in record.affected.unwrap_or_default() {
        severity.extend(vectors(package.severity.take()));
        if let Some(own) = &package.database_specific {
            cwe.extend(cwe_numbers(own.cwes.as_ref()));
        }
        affected.extend(affected_package(package, malicious));
    }
    severity.sort();
    severity.dedup();
    cwe.sort_unstable();
    cwe.dedup();
    let (published, modified) = (day(record.published), day(record.modified));
    Ok(Advisory { id, aliases, summary, published, modified, withdrawn, severity, rating, cwe, affected, malicious })
}

fn vectors(severity: Option<Vec<Severity>>) -> Vec<Vector> {
    let scores = severity.unwrap_or_default().into_iter().filter_map(|severity| severity.score);
    scores
        .map(|score| score.trim().to_owned())
        .filter(|score| score.len() <= 256 && is_vector(score))
        .map(Vector)
        .collect()
}

fn is_vector(score: &str) -> bool {
    score.contains(':') && score.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'/' | b'.'))
}

/// Numbers of `["CWE-79"]` and of `[{"cweId": "CWE-79"}]`.
fn cwe_numbers(value: Option<&serde_json::Value>) -> Vec<u32> {
    let list = value.and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let words = list.iter().filter_map(|item| item.as_str().or_else(|| item.get("cweId")?.as_str()));
    words.filter_map(|word| word.trim().strip_prefix("CWE-")?.parse().ok()).take(16).collect()
}

fn affected_package(given: AffectedPackage, malicious: bool) -> Option<Affected> {
    let package = given.package?;
    let ecosystem = match package.ecosystem.as_deref()? {
        "npm" => Ecosystem::Npm,
        "PyPI" => Ecosystem::PyPi,
        "JSR" => Ecosystem::Jsr,
        _ => return None,
    };
    let name = normal_name(ecosystem, package.name?.trim());
    if name.is_empty() || name.len() > LONGEST_NAME || name.bytes().any(|byte| byte.is_ascii_control() || byte == b' ')
    {
        return None;
    }
    let mut unclear = None;
    let mut intervals = Vec::new();
    let mut ranges = 0;
    for range in given.ranges.unwrap_or_default() {
        // Commits are not versions.
        if range.kind.as_deref() == Some("GIT") {
            continue;
        }
        ranges += 1;
        if add_intervals(ecosystem, range.events.unwrap_or_default(), &mut intervals).is_none() {
            unclear = Some(Unclear::Incomparable);
        }
    }
    intervals.sort();
    intervals.dedup();
    let mut versions: Vec<String> = given.versions.unwrap_or_default();
    let named = !versions.is_empty();
    versions.retain(|version| is_version(version) && !is_covered(ecosystem, version, &intervals));
    versions.sort();
    versions.dedup();
    if ranges == 0 && !named {
        if malicious {
            intervals.push(Interval::all());
        } else {
            unclear = Some(Unclear::NoVersions);
        }
    }
    let (symbols, precondition) = given.ecosystem_specific.as_ref().map_or_else(Default::default, own_facts);
    Some(Affected { ecosystem, name, intervals, versions, unclear, symbols, precondition })
}

/// Whether the text can stand for a version in a report: any that is no longer than versions may be and has no controls.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}

/// A version named one by one is kept only where no interval holds it already: the two are joined, so nothing is lost.
fn is_covered(ecosystem: Ecosystem, version: &str, intervals: &[Interval]) -> bool {
    Version::parse(ecosystem, version).is_ok_and(|version| contains(intervals, &version) == Some(true))
}

fn own_facts(own: &EcosystemSpecific) -> (Vec<String>, Option<String>) {
    let strings = |value: Option<&serde_json::Value>| -> Vec<String> {
        let list = value.and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|item| item.as_str()).filter(|item| is_identifier(item)).map(str::to_owned).collect()
    };
    let mut symbols = strings(own.symbols.as_ref());
    let imports = own.imports.as_ref().and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for import in imports {
        let Some(attribute) =
            import.get("attribute").and_then(serde_json::Value::as_str).filter(|name| is_identifier(name))
        else {
            continue;
        };
        symbols.extend(strings(import.get("modules")).iter().map(|module| format!("{module}.{attribute}")));
    }
    symbols.sort();
    symbols.dedup();
    symbols.truncate(MOST_SYMBOLS);
    let precondition =
        own.precondition.as_ref().and_then(serde_json::Value::as_str).map(|text| one_line(text, LONGEST_SUMMARY));
    (symbols, precondition)
}

/// What happens at a version.
enum Change {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}

/// The intervals of a range's events, by the schema's evaluation: events in the order of their versions, the first
/// `introduced` opens, the next event of another kind closes. `None` when a version cannot be compared; what could be
/// read before is kept.
fn add_intervals(ecosystem: Ecosystem, events: Vec<Event>, out: &mut Vec<Interval>) -> Option<()> {
    let mut changes: Vec<(Option<Version>, Change)> = Vec::new();
    let mut clear = true;
    for event in events {
        let given = [
            (event.introduced, Change::Introduced),
            (event.fixed, Change::Fixed),
            (event.last_affected, Change::LastAffected),
            (event.limit, Change::Limit),
        ];
        for (version, change) in given {
            let Some(version) = version else { continue };
            match (&change, version.as_str()) {
                (Change::Introduced, "0" | "0.0.0") => changes.push((None, change)),
                (Change::Limit, "*") => {}
                (_, text) => match Version::parse(ecosystem, text) {
                    Ok(version) if is_version(text) => changes.push((Some(version), change)),
                    _ => clear = false,
                },
            }
        }
    }
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    // Affected from here: `None` nowhere, `Some(None)` from the beginning.
    let mut open: Option<Option<Version>> = None;
    for (version, change) in changes {
        let text = || version.as_ref().map(|version| version.as_str().to_owned());
        let end = match change {
            Change::Introduced => {
                open.get_or_insert(version);
                continue;
            }
            Change::Fixed => text().map(End::Fixed),
            Change::LastAffected => text().map(End::LastAffected),
            Change::Limit => text().map(End::Limit),
        };
        let (Some(start), Some(end)) = (open.take(), end) else { continue };
        if start == version && !matches!(end, End::LastAffected(_)) {
            continue;
        }
        out.push(Interval { introduced: start.map(|version| version.as_str().to_owned()), end });
    }
    // After a bound that could not be read, "affected for ever" would be a guess.
    if let Some(start) = open
        && clear
    {
        out.push(Interval { introduced: start.map(|version| version.as_str().to_owned()), end: End::Open });
    }
    clear.then_some(())
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            (advisory.cwe, advisory.rating.as_deref(), advisory.severity.len()),
            (vec![79], Some("MODERATE"), 1)
        );
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
        for own in [json!({"id": "MAL-2026-1"}), json!({"id": "GHSA-1", "database_specific": {"cwe_ids": ["CWE-506"]}})]
        {
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
}
