//! Lunette's own advisories: facts of well-known weaknesses of backend packages, with the functions that have them.
//!
//! One file for each package, `data/curated/<ecosystem>/<package>.yml`, read only when the package is asked for. Users'
//! own files have the same form.

use serde::Deserialize;
use serde_json::{Value, json};

use super::osv::EMBEDDED_MALICIOUS_CODE;
use super::{Advisory, parse_value};
use crate::packages::Ecosystem;

/// Path below `data/curated` and content of every file, made JSON by the build, sorted by path: JSON is read in a tenth of
/// the time, and a file that is no YAML never gets this far.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/curated.rs"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Curated {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    summary: String,
    published: Option<String>,
    #[serde(default)]
    severity: Vec<String>,
    #[serde(default)]
    cwe: Vec<u32>,
    #[serde(default)]
    affected: Vec<Stretch>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    symbols: Vec<String>,
    precondition: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stretch {
    introduced: String,
    fixed: Option<String>,
    last_affected: Option<String>,
}

/// The advisories that ship with Lunette for a package.
///
/// # Errors
///
/// What is wrong with the file. The tests read all of them, so a release has no such file.
pub fn shipped(ecosystem: Ecosystem, name: &str) -> Result<Vec<Advisory>, String> {
    let path = path(ecosystem, name);
    match FILES.binary_search_by(|(other, _)| (*other).cmp(&path)) {
        Ok(at) => {
            let records: Vec<Curated> = serde_json::from_str(FILES[at].1).map_err(|error| error.to_string())?;
            records.into_iter().map(|record| advisory(ecosystem, name, record)).collect()
        }
        Err(_) => Ok(Vec::new()),
    }
}

/// Every package that has advisories that ship with Lunette.
pub fn shipped_packages() -> impl Iterator<Item = (Ecosystem, String)> {
    FILES.iter().filter_map(|(path, _)| {
        let (folder, file) = path.split_once('/')?;
        let ecosystem = if folder == "pypi" { Ecosystem::PyPi } else { Ecosystem::Npm };
        Some((ecosystem, file.strip_suffix(".yml")?.replace('+', "/")))
    })
}

fn path(ecosystem: Ecosystem, name: &str) -> String {
    let folder = match ecosystem {
        Ecosystem::Npm => "npm",
        Ecosystem::PyPi => "pypi",
        Ecosystem::Jsr => "jsr",
    };
    format!("{folder}/{}.yml", name.replace('/', "+"))
}

/// Reads a file of curated advisories about one package.
///
/// # Errors
///
/// What is wrong with it: not YAML, a field that is not known, versions that cannot be compared.
pub fn parse_curated(ecosystem: Ecosystem, name: &str, text: &str) -> Result<Vec<Advisory>, String> {
    let records: Vec<Curated> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    records.into_iter().map(|record| advisory(ecosystem, name, record)).collect()
}

pub(super) fn advisory(ecosystem: Ecosystem, name: &str, record: Curated) -> Result<Advisory, String> {
    let range = |stretch: &Stretch| {
        let mut events = vec![json!({"introduced": stretch.introduced})];
        events.extend(stretch.fixed.as_ref().map(|version| json!({"fixed": version})));
        events.extend(stretch.last_affected.as_ref().map(|version| json!({"last_affected": version})));
        json!({"type": "ECOSYSTEM", "events": events})
    };
    let ranges: Vec<Value> = record.affected.iter().map(range).collect();
    let severity: Vec<Value> = record.severity.iter().map(|vector| json!({"score": vector})).collect();
    let value = json!({
        "id": record.id,
        "aliases": record.aliases,
        "summary": record.summary,
        "published": record.published,
        "severity": severity,
        "affected": [{
            "package": {"ecosystem": ecosystem.name(), "name": name},
            "ranges": ranges,
            "versions": record.versions,
            "ecosystem_specific": {"symbols": record.symbols, "precondition": record.precondition},
        }],
    });
    let mut advisory = parse_value(value).map_err(|error| format!("{}: {error}", record.id))?;
    advisory.malicious |= record.cwe.contains(&EMBEDDED_MALICIOUS_CODE);
    advisory.cwe = record.cwe;
    match advisory.affected.first().map(|affected| affected.unclear) {
        Some(None) => Ok(advisory),
        Some(Some(unclear)) => Err(format!("{}: {}", record.id, unclear.words())),
        None => Err(format!("{}: {name} is no name of a package", record.id)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::urgency::Score;

    #[test]
    fn every_file_that_ships_is_whole() {
        for (ecosystem, name) in shipped_packages() {
            let advisories = shipped(ecosystem, &name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!advisories.is_empty(), "{name}");
            for advisory in advisories {
                assert!(!advisory.affected.is_empty() && !advisory.summary.is_empty(), "{}", advisory.id);
                for vector in &advisory.severity {
                    assert!(Score::of(vector).is_some(), "{}: {}", advisory.id, vector.0);
                }
            }
        }
    }

    #[test]
    fn a_file() {
        let text = "- id: GHSA-1\n  aliases: [CVE-2026-0001]\n  summary: It is bad\n  severity: [\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"]\n  cwe: [79]\n  affected:\n    - {introduced: \"0\", fixed: 1.2.3}\n    - {introduced: 2.0.0, last_affected: 2.0.1}\n  symbols: [a.b]\n";
        let found = parse_curated(Ecosystem::Npm, "@s/a", text).unwrap();
        assert_eq!((found[0].affected[0].name.as_str(), found[0].affected[0].intervals.len()), ("@s/a", 2));
        assert_eq!((found[0].cwe.as_slice(), found[0].severity.len()), (&[79][..], 1));
        assert!(parse_curated(Ecosystem::Npm, "a", "- id: A\n  summary: x\n  sumary: y\n").is_err());
        assert!(
            parse_curated(Ecosystem::Npm, "a", "- id: A\n  summary: x\n").unwrap_err().contains("names no versions")
        );
    }
}
