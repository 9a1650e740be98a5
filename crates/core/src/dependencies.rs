//! What a project depends on, by numbers, and which packages to raise: the dependencies' part of an assessment.

use std::fmt::Write as _;

use serde::Serialize;

use crate::place::Place;

/// The dependencies of a project and what is known against them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dependencies {
    /// How many there are, by registry.
    pub counts: Vec<PackageCount>,
    /// The manifests and lockfiles that were read, by path.
    pub files: Vec<String>,
    /// What was known, and how fresh that is.
    pub knowledge: KnowledgeState,
    /// How many packages have a known weakness, or are one.
    pub affected: usize,
    /// What to raise, the most pressing first.
    pub upgrades: Vec<Upgrade>,
    /// Advisories of which it cannot be told whether they hold.
    pub undecided: Vec<UndecidedAdvisory>,
    /// Packages that nothing settles a version of: no advisory can be held against them.
    pub without_version: usize,
}

/// How many packages come from one registry. Several versions of a package count each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageCount {
    /// The registry: `npm`, `PyPI`.
    pub ecosystem: String,
    /// Asked for by a manifest.
    pub direct: usize,
    /// Needed by other packages only.
    pub transitive: usize,
    /// Of both: needed for development only.
    pub development: usize,
}

/// What the packages were held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KnowledgeState {
    /// The snapshot's name for people; nothing when only the advisories that ship with Lunette were there.
    pub snapshot: Option<String>,
    /// The day up to which its oldest part knows (ISO date).
    pub as_of: Option<String>,
    /// Advisories in it.
    pub advisories: usize,
    /// Whether a part is missing or could not be read whole.
    pub partial: bool,
    /// Whether a part is too old.
    pub stale: bool,
    /// What a reader has to know of it, in sentences.
    pub remarks: Vec<String>,
}

/// A package to raise, and what that closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// The registry.
    pub ecosystem: String,
    /// The package.
    pub package: String,
    /// The versions in use, in order.
    pub from: Vec<String>,
    /// The smallest version that closes most: all that a version closes. Nothing when no fix is published.
    pub to: Option<String>,
    /// Ids of the advisories that it closes, in order.
    pub closes: Vec<String>,
    /// Ids of those that no version closes, in order.
    pub open: Vec<String>,
    /// Whether it is a major step, which may break callers (for `0.x` a minor one).
    pub major: bool,
    /// Whether the range asked for already allows it, so that a fresh lockfile suffices; nothing when that cannot be told.
    pub allowed: Option<bool>,
    /// Whether a manifest asks for it.
    pub direct: bool,
    /// The direct dependencies that bring it, when it is not direct, in order.
    pub through: Vec<String>,
    /// Whether it is needed for development only.
    pub development: bool,
    /// Whether one of what it closes is known to be exploited, or the package does harm itself.
    pub pressing: bool,
    /// Where it is asked for or settled.
    pub place: Place,
}

impl Upgrade {
    /// In one sentence: "Raise `express` from 4.17.1 to 4.21.2: closes 5 advisories".
    pub fn words(&self) -> String {
        let closed = advisories(self.closes.len());
        let from = self.from.join(", ");
        let Some(to) = &self.to else {
            let open = advisories(self.open.len());
            return format!("`{}` {from}: no version closes its {open}; replace or remove it", self.package);
        };
        let mut out = format!("Raise `{}` from {from} to {to}: closes {closed}", self.package);
        if !self.direct && !self.through.is_empty() {
            let through: Vec<String> = self.through.iter().map(|name| format!("`{name}`")).collect();
            let _ = write!(out, " (it comes with {})", through.join(", "));
        }
        if self.major {
            out.push_str("; a major step");
        }
        if self.allowed == Some(true) {
            out.push_str("; the range asked for allows it");
        }
        if !self.open.is_empty() {
            let _ = write!(out, "; no version closes {}", self.open.join(", "));
        }
        out
    }
}

fn advisories(n: usize) -> String {
    format!("{} {}", crate::text::thousands(n), if n == 1 { "advisory" } else { "advisories" })
}

/// An advisory of which it cannot be told whether it holds for a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UndecidedAdvisory {
    /// The package, with its version.
    pub package: String,
    /// The advisory.
    pub id: String,
    /// Why it cannot be told.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_in_words() {
        let upgrade = Upgrade {
            ecosystem: "npm".into(),
            package: "express".into(),
            from: vec!["4.17.1".into()],
            to: Some("4.21.2".into()),
            closes: vec!["A".into(), "B".into()],
            open: Vec::new(),
            major: false,
            allowed: Some(true),
            direct: true,
            through: Vec::new(),
            development: false,
            pressing: false,
            place: Place::line("package.json", 3),
        };
        assert_eq!(
            upgrade.words(),
            "Raise `express` from 4.17.1 to 4.21.2: closes 2 advisories; the range asked for allows it"
        );
        let deep = Upgrade {
            direct: false,
            through: vec!["shop".into()],
            allowed: Some(false),
            major: true,
            closes: vec!["A".into()],
            open: vec!["C".into()],
            ..upgrade.clone()
        };
        assert_eq!(
            deep.words(),
            "Raise `express` from 4.17.1 to 4.21.2: closes 1 advisory (it comes with `shop`); a major step; no version closes C"
        );
        let none = Upgrade { to: None, closes: Vec::new(), open: vec!["C".into()], ..upgrade };
        assert_eq!(none.words(), "`express` 4.17.1: no version closes its 1 advisory; replace or remove it");
    }
}
