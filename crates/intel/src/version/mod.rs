//! Versions as the registries order them: npm's Semantic Versioning and Python's PEP 440, with the forms that their
//! crates do not read.
//!
//! `nodejs-semver` and `pep440_rs` do the ordering. Beside them stand three things: numbers too large for them (see
//! `wide`), npm versions with parts missing, and Python's versions from before PEP 440, which sort below all others.

mod legacy;
mod npm;
mod range;
mod wide;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr as _;

pub use range::{Range, RangeError};

use crate::packages::Ecosystem;

/// Longest version that is read, in bytes: npm's own limit.
pub const LONGEST: usize = 256;

/// A version that can be compared with the others of its ecosystem.
#[derive(Clone, Debug)]
pub struct Version {
    ecosystem: Ecosystem,
    text: Box<str>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// npm's, read by its crate.
    Npm(nodejs_semver::Version),
    /// Python's, read by its crate.
    Pep440(pep440_rs::Version),
    /// Either of the two with numbers too large for the crates; the text in the form in which they read it.
    Wide(Box<str>),
    /// Python's from before PEP 440.
    Legacy(legacy::Key),
}

/// Why a version cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Nothing is there.
    #[error("the version is empty")]
    Empty,
    /// Longer than [`LONGEST`].
    #[error("the version is longer than {LONGEST} bytes")]
    TooLong,
    /// Not of the ecosystem's form.
    #[error("this is no version of the ecosystem")]
    Malformed,
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    ///
    /// [`VersionError`] when it is empty, too long, or (npm only) not a version. Python's order knows every text.
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if text.len() > LONGEST {
            return Err(VersionError::TooLong);
        }
        let form = match ecosystem {
            Ecosystem::Npm | Ecosystem::Jsr => npm_form(text)?,
            Ecosystem::PyPi => pypi_form(text),
        };
        Ok(Version { ecosystem, text: text.into(), form })
    }

    /// As it was written, without blanks around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whose order it follows.
    pub fn ecosystem(&self) -> Ecosystem {
        self.ecosystem
    }

    /// Whether it comes before a release: alpha, beta, candidate, development. Legacy versions are none of these.
    pub fn is_prerelease(&self) -> bool {
        match &self.form {
            Form::Npm(version) => version.is_prerelease(),
            Form::Pep440(version) => version.any_prerelease(),
            Form::Wide(text) => match self.ecosystem {
                Ecosystem::Npm | Ecosystem::Jsr => {
                    npm_of(&wide::squeeze_npm([text])[0]).is_some_and(|version| version.is_prerelease())
                }
                Ecosystem::PyPi => {
                    pep440_of(&wide::squeeze_pypi([text])[0]).is_some_and(|version| version.any_prerelease())
                }
            },
            Form::Legacy(_) => false,
        }
    }

    /// Its first number: what a "major step" changes.
    pub fn major(&self) -> Option<u64> {
        match &self.form {
            Form::Npm(version) => Some(version.major()),
            Form::Pep440(version) => version.release().first().copied(),
            Form::Wide(_) | Form::Legacy(_) => None,
        }
    }

    /// The text in the form in which the crates read it.
    fn plain(&self) -> String {
        match &self.form {
            Form::Npm(version) => version.to_string(),
            Form::Pep440(version) => version.to_string(),
            Form::Wide(text) => text.to_string(),
            Form::Legacy(_) => self.text.to_string(),
        }
    }

    /// Compares by the crates after the numbers of both have been made small, see [`wide`].
    fn compare_wide(&self, other: &Self) -> Ordering {
        let (left, right) = (self.plain(), other.plain());
        match self.ecosystem {
            Ecosystem::Npm | Ecosystem::Jsr => {
                let [left, right] = wide::squeeze_npm([&left, &right]);
                npm_of(&left).cmp(&npm_of(&right))
            }
            Ecosystem::PyPi => {
                let [left, right] = wide::squeeze_pypi([&left, &right]);
                pep440_of(&left).cmp(&pep440_of(&right))
            }
        }
    }
}

fn npm_of(text: &str) -> Option<nodejs_semver::Version> {
    nodejs_semver::Version::parse(text).ok()
}

fn pep440_of(text: &str) -> Option<pep440_rs::Version> {
    pep440_rs::Version::from_str(text).ok()
}

fn npm_form(text: &str) -> Result<Form, VersionError> {
    let plain = npm::plain(text).ok_or(VersionError::Malformed)?;
    if !wide::is_wide_npm(&plain) {
        return npm_of(&plain).map(Form::Npm).ok_or(VersionError::Malformed);
    }
    let [small] = wide::squeeze_npm([&plain]);
    npm_of(&small).map(|_| Form::Wide(plain.into())).ok_or(VersionError::Malformed)
}

fn pypi_form(text: &str) -> Form {
    if let Some(version) = pep440_of(text) {
        return Form::Pep440(version);
    }
    let [small] = wide::squeeze_pypi([text]);
    if pep440_of(&small).is_some() { Form::Wide(text.into()) } else { Form::Legacy(legacy::key(text)) }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ecosystem.cmp(&other.ecosystem).then_with(|| match (&self.form, &other.form) {
            (Form::Npm(left), Form::Npm(right)) => left.cmp(right),
            (Form::Pep440(left), Form::Pep440(right)) => left.cmp(right),
            (Form::Legacy(left), Form::Legacy(right)) => left.cmp(right),
            (Form::Legacy(_), _) => Ordering::Less,
            (_, Form::Legacy(_)) => Ordering::Greater,
            _ => self.compare_wide(other),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn npm(text: &str) -> Version {
        Version::parse(Ecosystem::Npm, text).unwrap()
    }

    fn pypi(text: &str) -> Version {
        Version::parse(Ecosystem::PyPi, text).unwrap()
    }

    #[test]
    fn npm_versions_with_parts_missing_are_filled_with_zeros() {
        assert_eq!(npm("1"), npm("1.0.0"));
        assert_eq!(npm("=v1.2"), npm("1.2.0"));
        assert_eq!(npm("1.2.3+build"), npm("1.2.3"), "build metadata does not count");
        assert_eq!(npm("1.2.3beta"), npm("1.2.3-beta"));
        assert!(npm("1.2.3-beta") < npm("1.2.3"));
    }

    #[test]
    fn what_is_no_npm_version_is_said() {
        for text in ["latest", "1.x", "^1.2.3", "1.2.3.4", "1..2", "1.2.3-", "1.2.3 - 2", "git+ssh://x", "1.2.3/../4"] {
            assert_eq!(Version::parse(Ecosystem::Npm, text).unwrap_err(), VersionError::Malformed, "{text}");
        }
        assert_eq!(Version::parse(Ecosystem::PyPi, " ").unwrap_err(), VersionError::Empty);
        assert_eq!(Version::parse(Ecosystem::PyPi, &"1".repeat(257)).unwrap_err(), VersionError::TooLong);
    }

    #[test]
    fn numbers_beyond_64_bits_keep_their_order() {
        let huge = "99999999999999999999999999";
        assert!(npm(&format!("1.0.{huge}")) > npm("1.0.9007199254740991"));
        assert!(npm(&format!("1.0.{huge}")) < npm("1.1.0"));
        assert!(npm(&format!("1.0.{huge}0")) > npm(&format!("1.0.{huge}")));
        assert!(npm(&format!("1.0.0-{huge}")) > npm("1.0.0-18446744073709551615"));
        assert!(npm(&format!("1.0.0-{huge}")) < npm("1.0.0-a"), "numbers sort below words");
        assert!(pypi(&format!("1.{huge}")) > pypi("1.18446744073709551615"));
        assert!(pypi(&format!("1.0.dev{huge}")) < pypi("1.0"));
        assert!(pypi(&format!("1.0.dev{huge}")).is_prerelease());
        assert_eq!(pypi(&format!("1.{huge}")), pypi(&format!("1.00{huge}.0")));
    }

    #[test]
    fn legacy_versions_sort_below_all_others() {
        assert!(pypi("9.0-final") < pypi("0.0.1"));
        assert!(pypi("0.3m1") < pypi("0.3m2"));
        assert_eq!(pypi("1.0"), pypi("1.0.0"));
        assert!(pypi("1.0+local") > pypi("1.0"));
    }
}
