//! What is known against the packages of a project, as observations: one for each package and advisory of a file, with how
//! far it was shown that the weakness can be reached.

mod group;
mod reach;
mod tell;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

pub use reach::{Reach, Reachability};
pub(crate) use tell::versions;
pub use tell::{NAMES, observe};

use lunette_core::dependencies::UndecidedAdvisory;
use rustc_hash::FxHashMap;

use crate::advisory::{Day, End};
use crate::index::{Cve, Feed, IndexError, Kev};
use crate::matching::{Knowledge, Lookup, Match};
use crate::packages::{Declared, Ecosystem, Inventory, Package, Source};
use crate::version::{Range, Version};

/// Numbers of weaknesses that say that a package does harm itself: CWE-506, embedded malicious code.
const MALICIOUS: u32 = 506;
/// The curated advisories' entries in CISA's catalogue.
const KEV: &str = include_str!("../../data/curated/kev.txt");

/// An advisory that holds for a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The package's entries in the inventory, of one file: several when it is there in several versions.
    pub packages: Vec<usize>,
    /// What is known.
    pub found: Match,
    /// Whether the version is settled. Otherwise every version that the range allows is taken to be affected.
    pub settled: bool,
    /// How far it was shown that the weakness is reached.
    pub reach: Reach,
    /// The day of the EPSS scores.
    pub epss_as_of: Option<Day>,
}

/// Everything that is known against the packages of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What holds, by file, package and id.
    pub held: Vec<Held>,
    /// What cannot be told.
    pub undecided: Vec<UndecidedAdvisory>,
    /// Packages whose version nothing settles.
    pub without_version: usize,
}

/// Holds the packages against what is known. `reach` says of a package and an advisory how far it was shown that the
/// weakness is reached; the levels that need no code (declared or not) it may leave as [`Reachability::Declared`].
///
/// # Errors
///
/// [`IndexError`] when the snapshot cannot be read: then nothing may be concluded.
pub fn known(
    inventory: &Inventory,
    knowledge: &Knowledge,
    reach: &dyn Fn(&Package, &Match) -> Reach,
) -> Result<Known, IndexError> {
    let mut lookups: BTreeMap<(Ecosystem, &str, &str), Lookup> = BTreeMap::new();
    let mut groups: BTreeMap<(&str, Ecosystem, &str, String), Held> = BTreeMap::new();
    let mut out = Known::default();
    let sources = knowledge.snapshot().map(|snapshot| snapshot.meta().sources.as_slice()).unwrap_or_default();
    let epss_as_of = sources.iter().find(|source| source.feed == Feed::Epss).and_then(|source| source.as_of);
    for (at, package) in inventory.packages.iter().enumerate() {
        if matches!(package.source, Source::Workspace | Source::File(_)) {
            continue;
        }
        let settled = package.version.is_some();
        out.without_version += usize::from(!settled);
        let Some(version) = package.version.as_deref().or(package.bound.as_deref()) else { continue };
        let key = (package.ecosystem, package.name.as_str(), version);
        let lookup = match lookups.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(knowledge.lookup(package.ecosystem, &package.name, version)?),
        };
        for found in &lookup.matches {
            if !settled && !is_affected_throughout(package, found) {
                continue;
            }
            let group = (package.place.path.as_str(), package.ecosystem, package.name.as_str(), found.id.clone());
            let held = groups.entry(group).or_insert_with(|| {
                let found = completed(found.clone());
                let reach = reach(package, &found);
                Held { packages: Vec::new(), found, settled, reach, epss_as_of }
            });
            held.packages.push(at);
            held.settled |= settled;
        }
        if settled {
            let label = package.label();
            out.undecided.extend(lookup.undecided.iter().map(|one| UndecidedAdvisory {
                package: label.clone(),
                id: one.id.clone(),
                why: one.why.clone(),
            }));
        }
    }
    out.held = groups.into_values().collect();
    out.undecided.sort();
    out.undecided.dedup();
    Ok(out)
}

/// What manifests ask for, by the index of the package that it gets.
pub(crate) struct Asked<'i>(FxHashMap<usize, Vec<&'i Declared>>);

impl<'i> Asked<'i> {
    pub(crate) fn new(inventory: &'i Inventory) -> Self {
        let mut out: FxHashMap<usize, Vec<&Declared>> = FxHashMap::default();
        for declared in inventory.manifests.iter().flat_map(|manifest| &manifest.declared) {
            if let Some(at) = declared.package {
                out.entry(at).or_default().push(declared);
            }
        }
        Asked(out)
    }

    /// What asks for one of the packages, in the order of the packages and the manifests.
    pub(crate) fn of(&self, packages: impl IntoIterator<Item = usize>) -> impl Iterator<Item = &'i Declared> {
        packages.into_iter().filter_map(|at| self.0.get(&at)).flatten().copied()
    }
}

/// Whether a range that nothing settles allows no version with the fix. Installers take the newest version that a range
/// allows, so where a fix is allowed nothing is said.
fn is_affected_throughout(package: &Package, found: &Match) -> bool {
    let requested = package.requested.as_deref().unwrap_or_default();
    let Ok(range) = Range::parse(package.ecosystem, requested) else { return false };
    // A version beyond every other: the range has no upper end, and the newest release may have the fix.
    let beyond = Version::parse(package.ecosystem, "9999.0.0");
    let open = beyond.is_ok_and(|version| range.allows(&version));
    let fixes = found.fixed.iter().filter_map(|fix| Version::parse(package.ecosystem, fix).ok());
    (!open || affects_newest(found)) && !fixes.into_iter().any(|fix| range.allows(&fix))
}

/// Whether the newest version, whichever that is, is affected.
fn affects_newest(found: &Match) -> bool {
    found.intervals.iter().any(|interval| interval.end == End::Open)
}

/// What records say in other words than the databases' own fields: malware, and the curated part of CISA's catalogue.
fn completed(mut found: Match) -> Match {
    found.malicious |= found.cwe.contains(&MALICIOUS);
    if found.kev.is_none() {
        let entries = KEV.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
        found.kev = entries
            .filter(|(id, _)| found.id == *id || found.aliases.iter().any(|alias| alias == id))
            .find_map(|(id, added)| {
                let added = Day::parse(added);
                Some(Kev {
                    cve: Cve::parse(id)?,
                    id: id.to_owned(),
                    name: String::new(),
                    added,
                    due: None,
                    ransomware: false,
                })
            });
    }
    found
}

#[cfg(test)]
mod tests;
