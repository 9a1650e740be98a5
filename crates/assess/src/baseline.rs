//! A baseline: the fingerprints of an earlier run, so that only what is new fails a build.
//!
//! Reads an earlier report of ours (JSON or SARIF) or a plain list. Secrets are never taken as known: one that was
//! there yesterday is as exposed today. A finding that tells of advisories is known only as far as each of them is: they
//! have fingerprints of their own, so that one which was published since shows as new.

use lunette_core::finding::{AdvisoryRow, Evidence, Finding};
use serde_json::Value;

/// The key of our fingerprints in SARIF's `partialFingerprints`.
pub const SARIF_KEY: &str = "lunette/v1";
/// The property of a SARIF result with the fingerprints of the advisories that it tells of.
pub const SARIF_ADVISORIES: &str = "advisoryFingerprints";
/// Largest baseline, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// Why a baseline could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// Too large.
    #[error("the baseline is larger than {} MB", MAX_BYTES >> 20)]
    TooLarge,
    /// JSON with a mistake.
    #[error("the baseline is not valid JSON: {0}")]
    Json(String),
    /// JSON of another kind.
    #[error("the baseline is JSON, but neither a report of Lunette nor SARIF with `{SARIF_KEY}` fingerprints")]
    Foreign,
    /// A line that is no fingerprint.
    #[error("line {0} of the baseline is not a fingerprint (64 hexadecimal digits)")]
    Line(usize),
}

/// Reads the fingerprints of a baseline, sorted, each once.
///
/// # Errors
/// A [`BaselineError`] when the text is none of the three forms.
pub fn read(text: &str) -> Result<Vec<String>, BaselineError> {
    if text.len() > MAX_BYTES {
        return Err(BaselineError::TooLarge);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    let mut fingerprints = if text.starts_with('{') { from_json(text)? } else { from_lines(text)? };
    fingerprints.sort_unstable();
    fingerprints.dedup();
    Ok(fingerprints)
}

fn from_json(text: &str) -> Result<Vec<String>, BaselineError> {
    let value: Value = serde_json::from_str(text).map_err(|error| BaselineError::Json(error.to_string()))?;
    if let Some(runs) = value.get("runs").and_then(Value::as_array) {
        let results = runs.iter().filter_map(|run| run.get("results")?.as_array()).flatten();
        let counted: Vec<&Value> = results.filter(|result| !is_suppressed(result)).collect();
        let mut fingerprints: Vec<String> = counted
            .iter()
            .filter_map(|result| result.get("partialFingerprints")?.get(SARIF_KEY)?.as_str())
            .map(str::to_owned)
            .collect();
        let advisories =
            counted.iter().filter_map(|result| result.get("properties")?.get(SARIF_ADVISORIES)?.as_array());
        fingerprints.extend(advisories.flatten().filter_map(Value::as_str).map(str::to_owned));
        // A report without findings is an empty baseline; a foreign report with results is a mistake.
        return if fingerprints.is_empty() && !counted.is_empty() {
            Err(BaselineError::Foreign)
        } else {
            Ok(fingerprints)
        };
    }
    let ours = value.get("schema_version").is_some();
    let findings = value.get("findings").and_then(Value::as_array).filter(|_| ours).ok_or(BaselineError::Foreign)?;
    let fingerprint = |finding: &Value| finding.get("fingerprint").and_then(Value::as_str).map(str::to_owned);
    let mut fingerprints = findings
        .iter()
        .map(|finding| fingerprint(finding).ok_or(BaselineError::Foreign))
        .collect::<Result<Vec<_>, _>>()?;
    let advisories = findings.iter().filter_map(|finding| finding.get("evidence")?.get("advisories")?.as_array());
    // What was accepted then did not count then.
    fingerprints.extend(advisories.flatten().filter(|row| row.get("suppression").is_none()).filter_map(fingerprint));
    Ok(fingerprints)
}

/// A result that was suppressed then did not count then, so it is not known now.
fn is_suppressed(result: &Value) -> bool {
    result.get("suppressions").and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}

fn from_lines(text: &str) -> Result<Vec<String>, BaselineError> {
    let mut fingerprints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.len() != 64 || !line.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(BaselineError::Line(index + 1));
        }
        fingerprints.push(line.to_ascii_lowercase());
    }
    Ok(fingerprints)
}

/// Marks the findings that a baseline holds. Findings of secrets are never marked.
pub fn mark(findings: &mut [Finding], baseline: &[String]) {
    let known: std::collections::BTreeSet<&str> = baseline.iter().map(String::as_str).collect();
    for finding in findings {
        let is_secret = matches!(finding.evidence, Evidence::Secret { .. });
        let is_known = |row: &AdvisoryRow| finding.fingerprints_of(row).any(|one| known.contains(one.as_str()));
        let advisories: Vec<bool> = finding.advisories().iter().map(is_known).collect();
        finding.in_baseline = if advisories.is_empty() {
            !is_secret && known.contains(finding.fingerprint.as_str())
        } else {
            advisories.iter().all(|known| *known)
        };
        for (row, known) in finding.advisories_mut().iter_mut().zip(advisories) {
            row.in_baseline = known;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::suppress::tests::finding;
    use lunette_core::finding::{Step, Why};

    #[test]
    fn the_three_forms_are_read() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let json = format!(
            "{{\"schema_version\": \"1\", \"findings\": [{{\"fingerprint\": \"{b}\"}}, {{\"fingerprint\": \"{a}\"}}]}}"
        );
        let sarif = format!(
            "{{\"runs\": [{{\"results\": [{{\"partialFingerprints\": {{\"{SARIF_KEY}\": \"{a}\"}}}}, {{\"partialFingerprints\": {{\"{SARIF_KEY}\": \"{b}\"}}, \"suppressions\": [{{}}]}}]}}]}}"
        );
        let list = format!("# known\n{}\n\n{a}\n", a.to_uppercase());
        assert_eq!(read(&json).unwrap(), [a.clone(), b]);
        assert_eq!(read(&sarif).unwrap(), std::slice::from_ref(&a));
        assert_eq!(read(&list).unwrap(), [a]);
        assert!(read("").unwrap().is_empty());
        assert!(read("{\"runs\": [{\"results\": []}]}").unwrap().is_empty());
    }

    #[test]
    fn other_things_are_refused() {
        assert!(matches!(read("{"), Err(BaselineError::Json(_))));
        assert_eq!(read("{\"findings\": []}"), Err(BaselineError::Foreign));
        assert_eq!(read("{\"runs\": [{\"results\": [{\"ruleId\": \"x\"}]}]}"), Err(BaselineError::Foreign));
        assert_eq!(read("# ok\nnot a fingerprint"), Err(BaselineError::Line(2)));
        assert!(matches!(read(&format!("{{\"a\":{}", "[".repeat(100_000))), Err(BaselineError::Json(_))));
    }

    #[test]
    fn known_findings_are_marked_and_secrets_never() {
        let mut plain = finding("r", "a.py", 1, true);
        let at = Step { place: plain.place.clone(), why: Why::Here, code: String::new(), note: String::new() };
        let mut secret = finding("s", "a.py", 1, true);
        secret.evidence = Evidence::Secret { what: String::new(), redacted: String::new(), at };
        let baseline = vec![plain.fingerprint.clone(), secret.fingerprint.clone()];
        let mut findings = [plain.clone(), secret];
        mark(&mut findings, &baseline);
        assert_eq!(findings.map(|finding| finding.in_baseline), [true, false]);
        plain.in_baseline = true;
        mark(std::slice::from_mut(&mut plain), &[]);
        assert!(!plain.in_baseline);
    }
}
