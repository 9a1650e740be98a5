//! What is known against packages: advisories as the databases publish them, in the form that Lunette keeps.

pub mod curated;
pub mod day;
mod interval;
mod osv;
pub mod own;
mod text;

use serde::{Deserialize, Serialize};

pub use day::Day;
pub use interval::{End, Interval, contains, fixed_versions};
pub use osv::{RecordError, parse_record, parse_value};
pub use text::{LONGEST_SUMMARY, is_identifier, one_line};

use crate::packages::Ecosystem;

/// One record of an advisory database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Its id: `GHSA-…`, `PYSEC-…`, `MAL-…`.
    pub id: String,
    /// Ids of the same weakness elsewhere, as the record claims them: `CVE-…`.
    pub aliases: Vec<String>,
    /// What it is about, in one line of at most [`LONGEST_SUMMARY`] characters, without control characters. Written by
    /// strangers: escape it where it is shown.
    pub summary: String,
    /// When it was published.
    pub published: Option<Day>,
    /// When it was last changed.
    pub modified: Option<Day>,
    /// When it was withdrawn. A withdrawn record is against nothing.
    pub withdrawn: Option<Day>,
    /// Vectors, as published.
    pub severity: Vec<Vector>,
    /// The database's own word for the severity (`HIGH`), where the record has one.
    pub rating: Option<String>,
    /// Numbers of the weaknesses (CWE).
    pub cwe: Vec<u32>,
    /// The packages it is about, of the ecosystems that Lunette reads.
    pub affected: Vec<Affected>,
    /// Whether the package itself does harm, instead of having a weakness.
    pub malicious: bool,
}

/// A CVSS vector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Vector(pub String);

/// What an advisory says of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Whose package it is.
    pub ecosystem: Ecosystem,
    /// The package's name, normalised for `PyPI`.
    pub name: String,
    /// The versions, as stretches of the order.
    pub intervals: Vec<Interval>,
    /// Versions named one by one that lie in none of the intervals.
    pub versions: Vec<String>,
    /// Why it cannot be told for every version whether it is affected, if so.
    pub unclear: Option<Unclear>,
    /// The functions with the weakness, as code names them: `lodash.template`, `yaml.load`.
    pub symbols: Vec<String>,
    /// What has to hold besides, in one line.
    pub precondition: Option<String>,
}

/// Why an advisory does not say which versions are affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unclear {
    /// It names no versions.
    NoVersions,
    /// It names a version that cannot be compared.
    Incomparable,
}

impl Unclear {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Unclear::NoVersions => "the advisory names no versions",
            Unclear::Incomparable => "the advisory names a version that cannot be compared",
        }
    }
}

/// A package's name as advisories are looked up by it: PEP 503 for Python, as it stands for npm.
pub fn normal_name(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::PyPi => {
            let mut out = String::with_capacity(name.len());
            for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
                if !out.is_empty() {
                    out.push('-');
                }
                out.push_str(&part.to_ascii_lowercase());
            }
            out
        }
        Ecosystem::Npm | Ecosystem::Jsr => name.to_owned(),
    }
}
