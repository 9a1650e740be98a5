//! What a manifest asks for: npm's ranges and Python's version specifiers.

use std::str::FromStr as _;

use pep440_rs::{Operator, VersionSpecifier};

use super::{Form, Version, npm_of, pep440_of, wide};
use crate::packages::Ecosystem;

/// A range of versions, as `package.json` or a requirement states it.
#[derive(Clone, Debug)]
pub struct Range {
    text: Box<str>,
    form: RangeForm,
}

#[derive(Clone, Debug)]
enum RangeForm {
    Npm(nodejs_semver::Range),
    /// A range with numbers too large for the crate, in the form in which it reads it.
    NpmWide(String),
    Pypi(Vec<Clause>),
}

#[derive(Clone, Debug)]
enum Clause {
    Specifier(VersionSpecifier),
    /// One with numbers too large for the crate.
    Wide(Box<str>),
    /// `===`: the text itself, whatever it means.
    Arbitrary(Box<str>),
}

/// This is no range of the ecosystem: a tag, an address, a path, or broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no range of versions")]
pub struct RangeError;

impl Range {
    /// Reads a range.
    ///
    /// # Errors
    ///
    /// [`RangeError`] for what is no range: tags (`latest`), addresses, paths.
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Result<Self, RangeError> {
        let text = text.trim();
        let form = match ecosystem {
            Ecosystem::Npm | Ecosystem::Jsr => npm_form(npm_range(text))?,
            Ecosystem::PyPi => RangeForm::Pypi(
                text.split(',')
                    .map(str::trim)
                    .filter(|clause| !clause.is_empty())
                    .map(clause)
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(Range { text: text.into(), form })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the version lies in the range. Prereleases by the ecosystem's rules: npm takes one only when the range
    /// names a prerelease of the same version; for Python this is the specifier's own meaning, before an installer
    /// leaves out prereleases.
    pub fn allows(&self, version: &Version) -> bool {
        match (&self.form, &version.form) {
            (RangeForm::Npm(range), Form::Npm(version)) => version.satisfies(range),
            (RangeForm::Npm(range), Form::Wide(version)) => npm_wide_allows(&range.to_string(), version),
            (RangeForm::NpmWide(range), Form::Npm(version)) => npm_wide_allows(range, &version.to_string()),
            (RangeForm::NpmWide(range), Form::Wide(version)) => npm_wide_allows(range, version),
            (RangeForm::Pypi(clauses), _) if version.ecosystem == Ecosystem::PyPi => {
                clauses.iter().all(|clause| clause.allows(version))
            }
            _ => false,
        }
    }

    /// Whether the range admits exactly one version.
    pub fn is_pinned(&self) -> bool {
        match &self.form {
            RangeForm::Npm(_) | RangeForm::NpmWide(_) => Version::parse(Ecosystem::Npm, &self.text)
                .is_ok_and(|_| self.text.matches('.').count() >= 2 && !self.text.contains(' ')),
            RangeForm::Pypi(clauses) => clauses.iter().any(|clause| match clause {
                Clause::Arbitrary(_) => true,
                Clause::Specifier(specifier) => *specifier.operator() == Operator::Equal,
                Clause::Wide(text) => text.starts_with("==") && !text.ends_with(".*"),
            }),
        }
    }
}

impl Clause {
    fn allows(&self, version: &Version) -> bool {
        match (self, &version.form) {
            (Clause::Arbitrary(text), _) => text.eq_ignore_ascii_case(&version.text),
            (Clause::Specifier(specifier), Form::Pep440(version)) => contains(specifier, version),
            (Clause::Specifier(specifier), Form::Wide(version)) => wide_contains(&specifier.to_string(), version),
            (Clause::Wide(specifier), Form::Pep440(version)) => wide_contains(specifier, &version.to_string()),
            (Clause::Wide(specifier), Form::Wide(version)) => wide_contains(specifier, version),
            (_, Form::Npm(_) | Form::Legacy(_)) => false,
        }
    }
}

/// PEP 440: `<V` leaves out prereleases of V, "unless the specified version is itself a pre-release"; `pep440_rs` leaves
/// them out always.
fn contains(specifier: &VersionSpecifier, version: &pep440_rs::Version) -> bool {
    if *specifier.operator() == Operator::LessThan && specifier.version().any_prerelease() {
        return version < specifier.version();
    }
    specifier.contains(version)
}

fn wide_contains(specifier: &str, version: &str) -> bool {
    let [specifier, version] = wide::squeeze_pypi([specifier, version]);
    match (VersionSpecifier::from_str(&specifier), pep440_of(&version)) {
        (Ok(specifier), Some(version)) => contains(&specifier, &version),
        _ => false,
    }
}

fn clause(text: &str) -> Result<Clause, RangeError> {
    if let Some(version) = text.strip_prefix("===") {
        return Ok(Clause::Arbitrary(version.trim().into()));
    }
    if let Ok(specifier) = VersionSpecifier::from_str(text) {
        return Ok(Clause::Specifier(specifier));
    }
    let [small] = wide::squeeze_pypi([text]);
    VersionSpecifier::from_str(&small).map(|_| Clause::Wide(text.into())).map_err(|_| RangeError)
}

fn npm_form(text: String) -> Result<RangeForm, RangeError> {
    if let Ok(range) = nodejs_semver::Range::parse(&text) {
        return Ok(RangeForm::Npm(range));
    }
    let [small, _] = wide::squeeze_npm_range(&text, "");
    nodejs_semver::Range::parse(small).map(|_| RangeForm::NpmWide(text)).map_err(|_| RangeError)
}

fn npm_wide_allows(range: &str, version: &str) -> bool {
    let [range, version] = wide::squeeze_npm_range(range, version);
    match (nodejs_semver::Range::parse(&range), npm_of(&version)) {
        (Ok(range), Some(version)) => version.satisfies(&range),
        _ => false,
    }
}

/// npm's range with the forms rewritten that the crate does not read: `~x`, `^x` and `1.0.0 - x`.
fn npm_range(text: &str) -> String {
    text.split("||").map(npm_alternative).collect::<Vec<_>>().join("||")
}

fn npm_alternative(text: &str) -> String {
    if let Some((low, high)) = text.split_once(" - ")
        && is_any(high)
    {
        return if is_any(low) { "*".to_owned() } else { format!(">={}", low.trim()) };
    }
    text.split_whitespace()
        .map(|word| {
            let bare = word.trim_start_matches(['~', '^', '>']);
            if bare.len() < word.len() && word.starts_with(['~', '^']) && is_any(bare) { "*" } else { word }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_any(text: &str) -> bool {
    matches!(text.trim(), "x" | "X" | "*")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn allows(ecosystem: Ecosystem, range: &str, version: &str) -> bool {
        Range::parse(ecosystem, range).unwrap().allows(&Version::parse(ecosystem, version).unwrap())
    }

    #[test]
    fn forms_that_the_crates_do_not_read() {
        for (range, version) in
            [("~x", "0.0.9"), ("^x || 1", "9.2.3"), ("1.0.0 - x", "1.9.7"), ("1.x - x", "1.9.7"), ("x - *", "3.0.0")]
        {
            assert!(allows(Ecosystem::Npm, range, version), "{range} {version}");
        }
        assert!(!allows(Ecosystem::Npm, "1.0.0 - x", "0.9.7"));
        assert!(allows(Ecosystem::PyPi, "<3.0.0a8", "3.0.0a7"));
        assert!(!allows(Ecosystem::PyPi, "<3.0.0", "3.0.0a7"));
        assert!(!allows(Ecosystem::PyPi, "<3.0.0a7", "3.0.0a7"));
    }

    #[test]
    fn arbitrary_equality_compares_texts() {
        assert!(allows(Ecosystem::PyPi, "===1.0-Final", "1.0-final"));
        assert!(!allows(Ecosystem::PyPi, "===1.0", "1.0.0"));
        assert!(!allows(Ecosystem::PyPi, ">=0", "trunk"), "legacy versions are in no specifier");
    }

    #[test]
    fn large_numbers_in_ranges() {
        assert!(allows(Ecosystem::Npm, ">=1.0.0", "1.0.99999999999999999999"));
        assert!(allows(Ecosystem::PyPi, ">=1", "1.99999999999999999999"));
        assert!(!allows(Ecosystem::PyPi, "<1", "1.99999999999999999999"));
        assert!(allows(Ecosystem::PyPi, ">=1.18446744073709551615", "1.99999999999999999999"));
        assert!(allows(Ecosystem::PyPi, "<1.99999999999999999999", "1.18446744073709551615"));
        assert!(!allows(Ecosystem::Npm, "<=1.99999999999999999999.0", "1.99999999999999999999.1"));
        assert!(allows(Ecosystem::Npm, ">=1.0.800719925474099 <2", "1.0.99999999999999999999"));
    }

    #[test]
    fn tags_and_addresses_are_no_ranges() {
        for text in ["latest", "git+https://example.org/x.git", "workspace:*", "file:../x"] {
            assert!(Range::parse(Ecosystem::Npm, text).is_err(), "{text}");
        }
        assert!(Range::parse(Ecosystem::PyPi, "=>2.0").is_err());
        assert!(Range::parse(Ecosystem::Npm, "1.2.3").unwrap().is_pinned());
        assert!(!Range::parse(Ecosystem::Npm, "^1.2.3").unwrap().is_pinned());
        assert!(Range::parse(Ecosystem::PyPi, "==1.2,>1").unwrap().is_pinned());
        assert!(!Range::parse(Ecosystem::PyPi, "==1.*").unwrap().is_pinned());
    }
}
