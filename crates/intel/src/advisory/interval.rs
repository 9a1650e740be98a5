//! Versions as stretches of an ecosystem's order.

use serde::{Deserialize, Serialize};

use crate::packages::Ecosystem;
use crate::version::Version;

/// A stretch of versions that are affected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// The first affected version; `None` from the beginning.
    pub introduced: Option<String>,
    /// Where it ends.
    pub end: End,
}

/// Where a stretch of affected versions ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum End {
    /// Nowhere: no fix is known.
    Open,
    /// Before this version, which has the fix.
    Fixed(String),
    /// With this version; whether a later one is fixed is not said.
    LastAffected(String),
    /// Before this version, of which nothing is said.
    Limit(String),
}

impl Interval {
    /// Every version there is.
    pub fn all() -> Self {
        Interval { introduced: None, end: End::Open }
    }

    /// Whether it covers every version.
    pub fn is_all(&self) -> bool {
        self.introduced.is_none() && self.end == End::Open
    }

    /// Whether the version lies in it; `None` when a bound cannot be compared.
    pub fn contains(&self, version: &Version) -> Option<bool> {
        let bound = |text: &str| Version::parse(version.ecosystem(), text).ok();
        if let Some(introduced) = &self.introduced
            && *version < bound(introduced)?
        {
            return Some(false);
        }
        Some(match &self.end {
            End::Open => true,
            End::Fixed(end) | End::Limit(end) => *version < bound(end)?,
            End::LastAffected(end) => *version <= bound(end)?,
        })
    }

    /// In words, for reports: `>=1.0.0, <1.2.3`.
    pub fn words(&self) -> String {
        let start = self.introduced.as_ref().map(|version| format!(">={version}"));
        let end = match &self.end {
            End::Open => None,
            End::Fixed(version) | End::Limit(version) => Some(format!("<{version}")),
            End::LastAffected(version) => Some(format!("<={version}")),
        };
        match (start, end) {
            (None, None) => "all versions".to_owned(),
            (Some(start), Some(end)) => format!("{start}, {end}"),
            (Some(one), None) | (None, Some(one)) => one,
        }
    }
}

/// Whether the version lies in one of the intervals; `None` when that cannot be told.
pub fn contains(intervals: &[Interval], version: &Version) -> Option<bool> {
    let mut unclear = false;
    for interval in intervals {
        match interval.contains(version) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unclear = true,
        }
    }
    if unclear { None } else { Some(false) }
}

/// The versions that have the fix, in order.
pub fn fixed_versions(ecosystem: Ecosystem, intervals: &[Interval]) -> Vec<String> {
    let mut fixed: Vec<Version> = intervals
        .iter()
        .filter_map(|interval| match &interval.end {
            End::Fixed(version) => Version::parse(ecosystem, version).ok(),
            _ => None,
        })
        .collect();
    fixed.sort();
    fixed.dedup();
    fixed.into_iter().map(|version| version.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn bounds() {
        let version = |text| Version::parse(Ecosystem::Npm, text).unwrap();
        let interval = Interval { introduced: Some("1.0.0".into()), end: End::Fixed("2.0.0".into()) };
        assert_eq!(interval.contains(&version("1.0.0-rc.1")), Some(false));
        assert_eq!(interval.contains(&version("1.0.0")), Some(true));
        assert_eq!(interval.contains(&version("2.0.0-rc.1")), Some(true), "a prerelease of the fix comes before it");
        assert_eq!(interval.contains(&version("2.0.0")), Some(false));
        assert_eq!(interval.words(), ">=1.0.0, <2.0.0");
        let last = Interval { introduced: None, end: End::LastAffected("2.0.0".into()) };
        assert_eq!(last.contains(&version("2.0.0")), Some(true));
        assert_eq!(last.words(), "<=2.0.0");
        let odd = Interval { introduced: None, end: End::Fixed("soon".into()) };
        assert_eq!(odd.contains(&version("1.0.0")), None);
        assert_eq!(contains(&[odd, last], &version("3.0.0")), None, "what cannot be told is not \"no\"");
        assert_eq!(Interval::all().words(), "all versions");
    }
}
