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
/// Comparisons that are spent on one record to find named versions that its ranges hold already. Real records need some
/// thousands; beyond this the names are kept, which means the same.
const MOST_COMPARISONS: usize = 2_000_000;
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
    let mut comparisons = MOST_COMPARISONS;
    for mut package in record.affected.unwrap_or_default() {
        severity.extend(vectors(package.severity.take()));
        if let Some(own) = &package.database_specific {
            cwe.extend(cwe_numbers(own.cwes.as_ref()));
        }
        affected.extend(affected_package(package, malicious, &mut comparisons));
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

fn affected_package(given: AffectedPackage, malicious: bool, comparisons: &mut usize) -> Option<Affected> {
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
    versions.retain(|version| is_version(version));
    versions.sort();
    versions.dedup();
    let needed = versions.len().saturating_mul(intervals.len());
    if needed <= *comparisons {
        *comparisons -= needed;
        versions.retain(|version| !is_covered(ecosystem, version, &intervals));
    }
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
#[derive(Clone, Copy, PartialEq, Eq)]
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
    let mut found: Vec<(Option<Version>, Change, Version)> = Vec::new();
    for (version, change) in changes {
        let version = match (change, version) {
            (Change::Introduced, version) => {
                open.get_or_insert(version);
                continue;
            }
            (_, None) => continue,
            (_, Some(version)) => version,
        };
        // A last affected version that is also called fixed is fixed.
        if change == Change::Fixed {
            for (_, last, _) in found.iter_mut().rev().take_while(|(_, _, end)| *end == version) {
                *last = change;
            }
        }
        if let Some(start) = open.take() {
            found.push((start, change, version));
        }
    }
    let text = |version: Version| version.as_str().to_owned();
    for (start, change, end) in found {
        if start.as_ref() == Some(&end) && change != Change::LastAffected {
            continue;
        }
        let end = match change {
            Change::LastAffected => End::LastAffected(text(end)),
            Change::Limit => End::Limit(text(end)),
            Change::Fixed | Change::Introduced => End::Fixed(text(end)),
        };
        out.push(Interval { introduced: start.map(text), end });
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
#[path = "osv_tests.rs"]
mod tests;
