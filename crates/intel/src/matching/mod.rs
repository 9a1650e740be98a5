//! What is known against a package: the snapshot and the curated advisories, joined into one finding for each bug.

mod judge;
mod merge;
mod show;

pub use show::{Detail, Shown, ShownPackage};

use std::sync::Arc;

use crate::advisory::own::Own;
use crate::advisory::{Day, Interval, Vector, contains, normal_name};
use crate::index::{Epss, IndexError, Kev, Snapshot};
use crate::packages::Ecosystem;
use crate::version::Version;

/// Everything that is known: the snapshot, if there is one, the advisories that ship with Lunette, and the user's own.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    snapshot: Option<Arc<Snapshot>>,
    own: Own,
}

/// The same, borrowed.
#[derive(Clone, Copy)]
struct Sources<'k> {
    snapshot: Option<&'k Snapshot>,
    own: Option<&'k Own>,
}

/// What is known against one version of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Bugs that it has, and malware that it is; malware first, then by id.
    pub matches: Vec<Match>,
    /// Advisories of the package of which it cannot be told whether they hold for this version.
    pub undecided: Vec<Undecided>,
}

/// A bug that a version of a package has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// The id that it is best known by: a GHSA id where there is one, then PYSEC.
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// In one line. Written by strangers: escape it.
    pub summary: String,
    /// The affected versions, of all records.
    pub intervals: Vec<Interval>,
    /// Affected versions outside the intervals.
    pub versions: Vec<String>,
    /// Versions with the fix, in order.
    pub fixed: Vec<String>,
    /// CVSS vectors of all records.
    pub severity: Vec<Vector>,
    /// The databases' word for the severity (`HIGH`), the worst of all records.
    pub rating: Option<String>,
    /// Numbers of the weaknesses (CWE).
    pub cwe: Vec<u32>,
    /// Known to be exploited.
    pub kev: Option<Kev>,
    /// Probability of exploitation, the highest of its CVEs.
    pub epss: Option<Epss>,
    /// When the first record was published.
    pub published: Option<Day>,
    /// When a record was changed last.
    pub modified: Option<Day>,
    /// Whether the package itself does harm.
    pub malicious: bool,
    /// The functions with the weakness, where a record names them.
    pub symbols: Vec<String>,
    /// What has to hold besides.
    pub precondition: Option<String>,
    /// The records that say so.
    pub records: Vec<String>,
    /// Whether one of Lunette's own advisories is among them.
    pub curated: bool,
}

impl Match {
    /// Whether another version of the package has the bug; `None` when that cannot be told.
    pub fn affects(&self, version: &Version) -> Option<bool> {
        if judge::is_named(&self.versions, version) { Some(true) } else { contains(&self.intervals, version) }
    }

    /// The smallest version above this one that has the fix: a release, unless only prereleases have it.
    pub fn fix_for(&self, version: &Version) -> Option<&str> {
        let fixes = self.fixed.iter().filter_map(|text| Some((text, Version::parse(version.ecosystem(), text).ok()?)));
        let good: Vec<_> = fixes.filter(|(_, fix)| fix > version && self.affects(fix) == Some(false)).collect();
        let release = good.iter().find(|(_, fix)| version.is_prerelease() || !fix.is_prerelease());
        release.or_else(|| good.first()).map(|(text, _)| text.as_str())
    }

    /// The affected versions in words: `<1.2.3 or >=2.0.0, <2.1.0`.
    pub fn range_words(&self) -> String {
        let mut words: Vec<String> = self.intervals.iter().map(Interval::words).collect();
        words.extend(self.versions.iter().take(5).map(|version| format!("={version}")));
        if self.versions.len() > 5 {
            words.push(format!("{} more versions", self.versions.len() - 5));
        }
        words.join(" or ")
    }
}

/// An advisory of which it cannot be told whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// Its id.
    pub id: String,
    /// Why not.
    pub why: String,
}

impl Knowledge {
    /// What a snapshot and the curated advisories know; without a snapshot, the latter alone.
    pub fn new(snapshot: Option<Snapshot>) -> Self {
        Knowledge { snapshot: snapshot.map(Arc::new), own: Own::default() }
    }

    /// The same with the user's own advisories.
    #[must_use]
    pub fn with(mut self, own: Own) -> Self {
        self.own = own;
        self
    }

    /// The same with the advisories that the project keeps itself.
    #[must_use]
    pub fn with_project(&self, own: Own) -> Self {
        let mut out = self.clone();
        out.own.join_project(own);
        out
    }

    /// The user's own advisories.
    pub fn own(&self) -> &Own {
        &self.own
    }

    fn sources(&self) -> Sources<'_> {
        Sources { snapshot: self.snapshot.as_deref(), own: Some(&self.own) }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_deref()
    }

    /// What is known against a version of a package.
    ///
    /// # Errors
    ///
    /// [`IndexError`] when the snapshot cannot be read: then nothing may be concluded.
    pub fn lookup(&self, ecosystem: Ecosystem, name: &str, version: &str) -> Result<Lookup, IndexError> {
        lookup(self.sources(), ecosystem, name, version)
    }
}

impl Snapshot {
    /// What this snapshot and the curated advisories know against a version of a package, as [`Knowledge::lookup`].
    ///
    /// # Errors
    ///
    /// [`IndexError`] when it cannot be read.
    pub fn advisories_for(&self, ecosystem: Ecosystem, name: &str, version: &str) -> Result<Lookup, IndexError> {
        lookup(Sources { snapshot: Some(self), own: None }, ecosystem, name, version)
    }
}

fn lookup(sources: Sources<'_>, ecosystem: Ecosystem, name: &str, version: &str) -> Result<Lookup, IndexError> {
    let name = normal_name(ecosystem, name);
    let known = merge::known(sources, ecosystem, &name)?;
    let parsed = Version::parse(ecosystem, version);
    let mut undecided = Vec::new();
    let mut hits = Vec::new();
    for one in known {
        match judge::judge(one.entry(), &parsed, version) {
            judge::Verdict::Affected => hits.push(one),
            judge::Verdict::Not => {}
            judge::Verdict::Unclear(why) => undecided.push((one, why)),
        }
    }
    let matches = merge::matches(sources, ecosystem, hits)?;
    let mut doubts = Vec::new();
    for (one, why) in undecided {
        let id = one.record(sources.snapshot)?.id;
        // What another record of the same bug answers is no open question.
        if !matches.iter().any(|found| found.id == id || found.aliases.contains(&id)) {
            doubts.push(Undecided { id, why });
        }
    }
    doubts.sort();
    doubts.dedup();
    Ok(Lookup { matches, undecided: doubts })
}

#[cfg(test)]
mod tests;
