//! Advisories of one package, told in one finding: the package is raised once, and each advisory can be looked up.

use serde::Serialize;

use super::{Evidence, Finding, Suppression};
use crate::risk::{Risk, Severity};

/// A published advisory that holds for the package of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdvisoryRow {
    /// Its id: `GHSA-…`, `PYSEC-…`, `CVE-…`.
    pub id: String,
    /// Its other ids, in order.
    pub aliases: Vec<String>,
    /// The package that has it: the finding's own, or one that it brings.
    pub package: String,
    /// The versions of it that are in use.
    pub version: String,
    /// What it is about, in a sentence. Written by strangers: escape it where it is shown.
    pub summary: String,
    /// How bad it is here: its own loss and evidence, and how far the code gets to it.
    pub severity: Severity,
    /// CVSS vectors, as published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cvss: Vec<String>,
    /// What its loss is rated by: the CVSS vector that decided, or in words what was taken in its place.
    pub rated_by: String,
    /// How far it was shown that it is reached (`declared`, `imported`, `called`, `reached`).
    pub reachability: String,
    /// The same in words, with the place.
    pub shown: String,
    /// Its EPSS score, per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<String>,
    /// The percentile of its EPSS score, per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss_percentile: Option<String>,
    /// The day of the EPSS scores (ISO date).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss_as_of: Option<String>,
    /// Since when CISA knows it to be exploited (ISO date), or the id of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kev: Option<String>,
    /// The smallest version that has the fix, above those in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// Key of the deadline for it (`14-days`).
    pub deadline: String,
    /// Its own fingerprint, 64 hex digits: a baseline knows advisories one by one.
    pub fingerprint: String,
    /// Present in the baseline file given.
    pub in_baseline: bool,
    /// Why it is accepted, when it is while others of the finding are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// The risk that `severity` is the word of.
    #[serde(skip)]
    pub risk: Risk,
}

impl AdvisoryRow {
    /// Whether the advisory is known by this id, in any case.
    pub fn is(&self, id: &str) -> bool {
        std::iter::once(&self.id).chain(&self.aliases).any(|own| own.eq_ignore_ascii_case(id))
    }

    /// What identifies it in the anchor of a fingerprint.
    fn anchor(&self, id: &str) -> String {
        format!("{} {id}", self.package)
    }
}

impl Finding {
    /// The advisories that it tells of; empty for what is not about advisories.
    pub fn advisories(&self) -> &[AdvisoryRow] {
        match &self.evidence {
            Evidence::Advisory { advisories, .. } => advisories,
            _ => &[],
        }
    }

    /// The same, to be marked.
    pub fn advisories_mut(&mut self) -> &mut [AdvisoryRow] {
        match &mut self.evidence {
            Evidence::Advisory { advisories, .. } => advisories,
            _ => &mut [],
        }
    }

    /// Gives each advisory its own fingerprint.
    pub(super) fn identify_advisories(&mut self) {
        let (rule, path) = (self.rule.clone(), self.place.path.clone());
        for row in self.advisories_mut() {
            row.fingerprint = super::hash(&[&rule, &path, &row.anchor(&row.id)]);
        }
    }

    /// The fingerprints that an advisory of this finding may have had before: databases rename, and join what they found
    /// to be one bug.
    pub fn fingerprints_of<'f>(&'f self, row: &'f AdvisoryRow) -> impl Iterator<Item = String> + 'f {
        let of = |id: &String| super::hash(&[&self.rule, &self.place.path, &row.anchor(id)]);
        std::iter::once(row.fingerprint.clone()).chain(row.aliases.iter().map(of))
    }

    /// The severity of what a baseline does not hold: of several advisories the worst that is new and not accepted.
    pub fn new_severity(&self) -> Option<Severity> {
        if self.in_baseline {
            return None;
        }
        let new = self.advisories().iter().filter(|row| !row.in_baseline && row.suppression.is_none());
        Some(new.map(|row| row.severity).max().unwrap_or(self.risk.severity))
    }
}
