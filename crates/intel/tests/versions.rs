//! Versions against the vectors of osv-scalibr, pypa/packaging and node-semver in `shared/bench/vectors` (read in place,
//! skipped loudly where they are not), and properties of the order.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::cmp::Ordering;
use std::path::PathBuf;

use lunette_intel::packages::Ecosystem;
use lunette_intel::version::{Range, Version};
use proptest::prelude::*;
use serde_json::Value;

/// A file of the shared vectors; `None`, loudly, where there are none.
fn vectors(name: &str) -> Option<String> {
    let shared = std::env::var_os("LUNETTE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let path = shared.join("bench/vectors").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: {} is not here", path.display());
    }
    text
}

fn pypi(text: &str) -> Version {
    Version::parse(Ecosystem::PyPi, text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn npm(text: &str) -> Version {
    Version::parse(Ecosystem::Npm, text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn python_versions_in_the_order_that_osv_documents() {
    let Some(rows) = vectors("pypi-versions-generated.txt") else { return };
    let mut seen = 0;
    for row in rows.lines().filter(|row| !row.trim().is_empty()) {
        let [left, sign, right] = row.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{row}") };
        let expected = match sign {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(pypi(left).cmp(&pypi(right)), expected, "{row}");
        assert_eq!(pypi(right).cmp(&pypi(left)), expected.reverse(), "{row}");
        seen += 1;
    }
    assert!(seen >= 12_375, "{seen}");
}

#[test]
fn python_versions_in_the_order_of_packaging() {
    let Some(text) = vectors("pypa-packaging.json") else { return };
    let data: Value = serde_json::from_str(&text).unwrap();
    let sorted: Vec<Version> =
        data["sorted_versions"].as_array().unwrap().iter().map(|v| pypi(v.as_str().unwrap())).collect();
    assert!(sorted.len() >= 92);
    for (i, left) in sorted.iter().enumerate() {
        for (j, right) in sorted.iter().enumerate() {
            assert_eq!(left.cmp(right), i.cmp(&j), "{left} {right}");
        }
    }
}

#[test]
fn python_specifiers_of_packaging() {
    let Some(text) = vectors("pypa-packaging.json") else { return };
    let data: Value = serde_json::from_str(&text).unwrap();
    let table = |name: &str| data["tables"][name].as_array().unwrap_or_else(|| panic!("{name}")).clone();
    let rows = table("test_specifiers.TestSpecifier.test_specifiers:('version', 'spec_str', 'expected')");
    assert!(rows.len() >= 188);
    let arbitrary = table("test_specifiers.TestSpecifier.test_arbitrary_equality:('version', 'spec_str', 'expected')");
    for row in rows.iter().chain(&arbitrary) {
        let (version, specifier) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        let range = Range::parse(Ecosystem::PyPi, specifier).unwrap_or_else(|error| panic!("{specifier}: {error}"));
        assert_eq!(range.allows(&pypi(version)), row[2].as_bool().unwrap(), "{row}");
    }
    for row in table("test_specifiers.TestSpecifier.test_specifiers_invalid:specifier") {
        let specifier = row.as_str().unwrap();
        // `===` takes any text: what may stand there is the installer's business.
        assert!(specifier.starts_with("===") || Range::parse(Ecosystem::PyPi, specifier).is_err(), "{specifier}");
    }
}

/// Whether a row of node-semver is about its options, which Lunette does not have.
fn has_options(row: &Value) -> bool {
    match row.get(2) {
        None => false,
        Some(Value::Object(options)) => {
            options.values().any(|option| option.as_bool() == Some(true) || option.is_number())
        }
        Some(_) => true,
    }
}

#[test]
fn npm_ranges_of_node_semver() {
    let Some(text) = vectors("node-semver-fixtures.json") else { return };
    let data: Value = serde_json::from_str(&text).unwrap();
    for (table, expected, at_least) in [("range-include", true, 94), ("range-exclude", false, 77)] {
        let mut seen = 0;
        for row in data[table].as_array().unwrap().iter().filter(|row| !has_options(row)) {
            // What is no text (`null`, an object) is no range and no version either.
            let (range, version) = (row[0].as_str().unwrap_or("nothing"), row[1].as_str().unwrap_or("nothing"));
            let allowed = match (Range::parse(Ecosystem::Npm, range), Version::parse(Ecosystem::Npm, version)) {
                (Ok(range), Ok(version)) => range.allows(&version),
                // A range or version that is none takes nothing.
                _ => false,
            };
            assert_eq!(allowed, expected, "{table}: {row}");
            seen += 1;
        }
        assert!(seen >= at_least, "{table}: {seen}");
    }
}

#[test]
fn npm_versions_of_node_semver() {
    let Some(text) = vectors("node-semver-fixtures.json") else { return };
    let data: Value = serde_json::from_str(&text).unwrap();
    let rows = |table: &str| data[table].as_array().unwrap().clone();
    for row in rows("comparisons") {
        let (larger, smaller) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        assert_eq!(npm(larger).cmp(&npm(smaller)), Ordering::Greater, "{row}");
    }
    for row in rows("equality") {
        let (left, right) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        assert_eq!(npm(left), npm(right), "{row}");
    }
    for row in rows("valid-versions") {
        let version = npm(row[0].as_str().unwrap());
        assert_eq!(version.major(), row[1].as_u64(), "{row}");
        assert_eq!(version.is_prerelease(), !row[4].as_array().unwrap().is_empty(), "{row}");
    }
    for row in rows("invalid-versions") {
        // Numbers beyond what JavaScript holds are compared nevertheless: advisories and registries have them.
        let big = row[1].as_str().is_some_and(|why| why == "too big");
        if let Some(version) = row[0].as_str() {
            assert_eq!(Version::parse(Ecosystem::Npm, version).is_ok(), big, "{row}");
        }
    }
}

fn some_number() -> impl Strategy<Value = String> {
    prop_oneof![(0u64..12).prop_map(|n| n.to_string()), "[1-9][0-9]{13,28}", Just("18446744073709551615".to_owned())]
}

fn some_npm() -> impl Strategy<Value = String> {
    let identifier = prop_oneof![some_number(), "[a-z-][a-z0-9-]{0,3}"];
    (proptest::collection::vec(some_number(), 3), proptest::collection::vec(identifier, 0..3)).prop_map(
        |(core, pre)| {
            let dash = if pre.is_empty() { "" } else { "-" };
            format!("{}{dash}{}", core.join("."), pre.join("."))
        },
    )
}

fn some_pypi() -> impl Strategy<Value = String> {
    let modern = (
        proptest::collection::vec(some_number(), 1..4),
        "(a|b|rc|\\.post|\\.dev)?",
        some_number(),
        "(\\+[a-z0-9]{1,3})?",
    )
        .prop_map(|(release, marker, number, local)| {
            let number = if marker.is_empty() { String::new() } else { number };
            format!("{}{marker}{number}{local}", release.join("."))
        });
    prop_oneof![4 => modern, 1 => "[0-9a-z.-]{1,10}", 1 => "[0-9]{1,2}\\.[0-9]{1,2}-[a-z]{1,5}[0-9]{0,2}"]
}

/// Reflexive, antisymmetric and transitive.
fn is_total(versions: &[Version]) {
    for a in versions {
        assert_eq!(a.cmp(a), Ordering::Equal);
        for b in versions {
            assert_eq!(a.cmp(b), b.cmp(a).reverse(), "{a} {b}");
            for c in versions {
                if a <= b && b <= c {
                    assert!(a <= c, "{a} {b} {c}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn the_order_of_npm_is_total(texts in proptest::collection::vec(some_npm(), 5)) {
        is_total(&texts.iter().map(|text| npm(text)).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_of_python_is_total(texts in proptest::collection::vec(some_pypi(), 5)) {
        is_total(&texts.iter().filter_map(|text| Version::parse(Ecosystem::PyPi, text).ok()).collect::<Vec<_>>());
    }

    #[test]
    fn ranges_follow_the_order(low in some_npm(), high in some_npm(), version in some_pypi(), pin in some_pypi()) {
        let (a, b) = (npm(&low), npm(&high));
        if let Ok(range) = Range::parse(Ecosystem::Npm, &format!(">={low}")) && !b.is_prerelease() {
            prop_assert_eq!(range.allows(&b), b >= a);
        }
        let (Ok(v), Ok(p)) = (Version::parse(Ecosystem::PyPi, &version), Version::parse(Ecosystem::PyPi, &pin)) else { return Ok(()) };
        if !pin.contains('+') && !version.contains('+') && let Ok(range) = Range::parse(Ecosystem::PyPi, &format!(">={pin}")) {
            let comparable = Range::parse(Ecosystem::PyPi, &format!("=={version}")).is_ok();
            prop_assert!(!range.allows(&v) || v >= p);
            prop_assert!(!comparable || range.allows(&v) || v < p);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", other in "[0-9a-z.+ -]{0,40}") {
        for ecosystem in [Ecosystem::Npm, Ecosystem::PyPi] {
            let range = Range::parse(ecosystem, &text);
            if let (Ok(a), Ok(b)) = (Version::parse(ecosystem, &text), Version::parse(ecosystem, &other)) {
                prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
                if let Ok(range) = range {
                    let _ = range.allows(&b);
                }
            }
        }
    }
}
