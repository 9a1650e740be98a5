//! Whether an advisory holds for a version.

use crate::advisory::{Unclear, contains};
use crate::index::Entry;
use crate::version::{Version, VersionError};

/// What an advisory means for a version.
pub(super) enum Verdict {
    /// It holds.
    Affected,
    /// It does not hold.
    Not,
    /// It cannot be told, and why.
    Unclear(String),
}

/// Whether an entry holds for a version: when an interval holds it, or it is named.
pub(super) fn judge(entry: &Entry, version: &Result<Version, VersionError>, text: &str) -> Verdict {
    let version = match version {
        Ok(version) => version,
        Err(why) => {
            let all = entry.intervals.iter().any(crate::advisory::Interval::is_all);
            return if all || entry.versions.iter().any(|named| named == text.trim()) {
                Verdict::Affected
            } else {
                Verdict::Unclear(why.to_string())
            };
        }
    };
    if is_named(&entry.versions, version) {
        return Verdict::Affected;
    }
    match (contains(&entry.intervals, version), entry.unclear) {
        (Some(true), _) => Verdict::Affected,
        (Some(false), None) => Verdict::Not,
        (_, Some(unclear)) => Verdict::Unclear(unclear.words().to_owned()),
        (None, None) => Verdict::Unclear(Unclear::Incomparable.words().to_owned()),
    }
}

/// Whether the version is among the named ones: the same text, or the same version written otherwise.
pub(super) fn is_named(versions: &[String], version: &Version) -> bool {
    versions.iter().any(|named| named == version.as_str())
        || versions.iter().any(|named| Version::parse(version.ecosystem(), named).is_ok_and(|named| named == *version))
}
