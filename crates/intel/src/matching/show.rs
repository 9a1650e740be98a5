//! Everything that is known of an id or a package, for people who ask.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use packageurl::PackageUrl;

use super::{Knowledge, Lookup, Sources, merge};
use crate::advisory::{curated, is_identifier, normal_name};
use crate::index::{Entry, Epss, IndexError, Kev, Record};
use crate::packages::Ecosystem;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// To an id: the advisories with it, and what is known of its exploitation even when there are none.
    Id {
        /// The id as it was asked for.
        id: String,
        /// The advisories.
        advisories: Vec<Detail>,
        /// Known to be exploited.
        kev: Option<Kev>,
        /// Probability of exploitation.
        epss: Option<Epss>,
    },
    /// To a package URL.
    Package(ShownPackage),
    /// The question is neither an id nor a package URL of an ecosystem that is known.
    NotUnderstood,
}

/// An advisory with its packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The advisory.
    pub record: Record,
    /// What it says of each package; nothing when it is withdrawn.
    pub packages: Vec<(Ecosystem, String, Entry)>,
    /// Whether it ships with Lunette.
    pub curated: bool,
}

/// What is known about a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPackage {
    /// Whose it is.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// The version that was asked for, and what is known against it.
    pub version: Option<(String, Lookup)>,
    /// Every advisory about the package.
    pub advisories: Vec<Detail>,
}

impl Knowledge {
    /// What is known of an id (`CVE-…`, `GHSA-…`, `PYSEC-…`) or a package URL (`pkg:npm/express@4.0.0`).
    ///
    /// # Errors
    ///
    /// [`IndexError`] when the snapshot cannot be read.
    pub fn show(&self, question: &str) -> Result<Shown, IndexError> {
        let question = question.trim();
        if question.starts_with("pkg:") {
            return Ok(match purl(question) {
                Some((ecosystem, name, version)) => Shown::Package(self.package(ecosystem, &name, version)?),
                None => Shown::NotUnderstood,
            });
        }
        if !is_identifier(question) || !question.contains('-') {
            return Ok(Shown::NotUnderstood);
        }
        let mut advisories = Vec::new();
        if let Some(snapshot) = self.snapshot() {
            for record in snapshot.by_id(question)? {
                let mut packages = Vec::new();
                for (ecosystem, name) in &record.packages {
                    for entry in snapshot.entries(*ecosystem, name)? {
                        if snapshot.record(&entry)?.id == record.id {
                            packages.push((*ecosystem, name.clone(), entry));
                        }
                    }
                }
                advisories.push(Detail { record, packages, curated: false });
            }
        }
        let own = self
            .own
            .all()
            .flat_map(|advisory| &advisory.affected)
            .map(|affected| (affected.ecosystem, affected.name.clone()));
        let packages: BTreeSet<(Ecosystem, String)> = curated::shipped_packages().chain(own).collect();
        for (ecosystem, name) in packages {
            for known in merge::known(Sources { snapshot: None, own: Some(&self.own) }, ecosystem, &name)? {
                let record = known.record(None)?;
                let asked = |id: &String| id.eq_ignore_ascii_case(question);
                if asked(&record.id) || record.aliases.iter().any(asked) {
                    let packages = vec![(ecosystem, name.clone(), known.entry().clone())];
                    advisories.push(Detail { record, packages, curated: matches!(known, merge::Known::Curated(_)) });
                }
            }
        }
        let id = question.to_ascii_uppercase();
        let (kev, epss) = merge::evidence(self.snapshot(), std::iter::once(id.as_str()))?;
        Ok(Shown::Id { id: question.to_owned(), advisories, kev, epss })
    }

    fn package(&self, ecosystem: Ecosystem, name: &str, version: Option<String>) -> Result<ShownPackage, IndexError> {
        let name = normal_name(ecosystem, name);
        let mut advisories = Vec::new();
        for known in merge::known(self.sources(), ecosystem, &name)? {
            let curated = matches!(known, merge::Known::Curated(_));
            let record = known.record(self.snapshot())?;
            advisories.push(Detail {
                record,
                packages: vec![(ecosystem, name.clone(), known.entry().clone())],
                curated,
            });
        }
        let version = match version {
            Some(version) => {
                let found = self.lookup(ecosystem, &name, &version)?;
                Some((version, found))
            }
            None => None,
        };
        Ok(ShownPackage { ecosystem, name, version, advisories })
    }
}

fn purl(text: &str) -> Option<(Ecosystem, String, Option<String>)> {
    let url = PackageUrl::from_str(text).ok()?;
    let ecosystem = match url.ty() {
        "npm" => Ecosystem::Npm,
        "pypi" => Ecosystem::PyPi,
        "jsr" => Ecosystem::Jsr,
        _ => return None,
    };
    let name = match url.namespace() {
        Some(scope) => format!("{scope}/{}", url.name()),
        None => url.name().to_owned(),
    };
    Some((ecosystem, name, url.version().map(str::to_owned)))
}
