//! Packages of other people's lockfiles: the cases of osv-scalibr's tests, converted, outside the repository.
//!
//! Found through `LUNETTE_SHARED` (default `../shared` beside the project); without it the tests say that they are
//! skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use lunette_intel::packages::{Inventory, Package, Source, inventory};
use serde_json::Value;

fn lockfiles() -> Option<PathBuf> {
    let shared = std::env::var_os("LUNETTE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = shared.join("bench/lockfiles");
    let there = folder.join("expected.json").is_file();
    if !there {
        eprintln!("SKIPPED: no lockfiles at {}", folder.display());
    }
    there.then_some(folder)
}

/// The name under which a case's file is read: the fixtures have names of their own.
fn name_of(format: &str, file: &str) -> String {
    let name = file.rsplit('/').next().unwrap();
    match format {
        "packagelockjson" if name == "npm-shrinkwrap.json" => name,
        "packagelockjson" => "package-lock.json",
        "yarnlock" => "yarn.lock",
        "pnpmlock" => "pnpm-lock.yaml",
        "bunlock" => "bun.lock",
        "requirements" => "requirements.txt",
        "poetrylock" => "poetry.lock",
        "pipfilelock" => "Pipfile.lock",
        "uvlock" => "uv.lock",
        "pdmlock" => "pdm.lock",
        "pylock" => "pylock.toml",
        "pyprojecttoml" => "pyproject.toml",
        "setup" => "setup.py",
        other => panic!("unknown format {other}"),
    }
    .to_owned()
}

fn read(folder: &std::path::Path, format: &str, file: &str) -> Inventory {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let mut files = vec![(name_of(format, file), text)];
    if format == "requirements" {
        // What it may include stands beside it.
        for other in ["other-requirements.txt", "loop.txt", "other-loop.txt"] {
            let text = std::fs::read_to_string(folder.join("requirements").join(other)).unwrap();
            if files[0].1.contains(&format!("-r {other}")) {
                files.push((other.to_owned(), text));
            }
        }
    }
    if file.contains("both/package-lock") {
        files.push(("npm-shrinkwrap.json".to_owned(), "{\"lockfileVersion\": 3, \"packages\": {}}".to_owned()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    inventory(&files)
}

/// `name version commit`, and the groups for the formats in which the lockfile tells them.
fn shown(format: &str, package: &Package) -> String {
    let commit = match &package.source {
        Source::Git { commit: Some(commit), .. } => commit.as_str(),
        _ => "",
    };
    let version = package.version.as_deref().or(package.bound.as_deref()).unwrap_or_default();
    let mut out = format!("{} {version} {commit}", package.name);
    if has_groups(format) {
        let mut groups = package.groups.clone();
        groups.sort();
        write!(out, " {groups:?}").unwrap();
    }
    out
}

/// osv-scalibr reports groups of these formats only; for the others it leaves them empty.
fn has_groups(format: &str) -> bool {
    matches!(format, "packagelockjson" | "poetrylock" | "pipfilelock" | "uvlock" | "pdmlock")
}

/// What osv-scalibr leaves out by design and we keep.
fn is_extra(format: &str, package: &Package) -> bool {
    let unpinned = package.version.is_none() && package.bound.is_none();
    match format {
        // Packages by their address have no version to look up.
        "requirements" | "pipfilelock" => package.source != Source::Registry,
        "pylock" => matches!(package.source, Source::File(_)),
        // Requirements without a version, and those with only a lower bound that is excluded.
        "setup" => unpinned,
        // What the build needs.
        "pyprojecttoml" => package.groups == ["build"],
        _ => false,
    }
}

fn expected(format: &str, case: &Value) -> BTreeSet<String> {
    let one = |package: &Value| {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let mut name = text("name");
        if !["packagelockjson", "yarnlock", "pnpmlock", "bunlock"].contains(&format) {
            name = name.to_ascii_lowercase().replace(['_', '.'], "-");
            while name.contains("--") {
                name = name.replace("--", "-");
            }
        }
        let mut out = format!("{name} {} {}", text("version"), text("commit"));
        if has_groups(format) {
            let groups: Vec<&str> =
                package["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            write!(out, " {groups:?}").unwrap();
        }
        out
    };
    case["packages"].as_array().unwrap().iter().map(one).collect()
}

/// Where the converted expectation is provably wrong: what is missing from it, and what should not be in it.
///
/// uv: osv-scalibr's test builds the packages without groups with a helper function, which the conversion to JSON lost;
/// the lists below are what the test says. requirements: PEP 508 has no grammar for `foo7==1.0 unexpected_…`; pip
/// refuses the line, and so do we, with a failure that names it.
fn corrected(format: &str, file: &str, mut expected: BTreeSet<String>) -> BTreeSet<String> {
    let lost: &[(&str, &str)] = match (format, file) {
        ("uvlock", "uvlock/one-package.lock") => &[("emoji", "2.14.0")],
        ("uvlock", "uvlock/two-packages.lock") => &[("emoji", "2.14.0"), ("protobuf", "4.25.5")],
        ("uvlock", "uvlock/names-outside-package-block.lock") => &[("first-pkg", "1.0.0"), ("second-pkg", "2.0.0")],
        ("uvlock", "uvlock/grouped-packages.lock") => &[
            ("emoji", "2.14.0"),
            ("colorama", "0.4.6"),
            ("mccabe", "0.7.0"),
            ("mypy-extensions", "1.0.0"),
            ("packaging", "24.2"),
            ("pathspec", "0.12.1"),
            ("platformdirs", "4.3.6"),
            ("pycodestyle", "2.12.1"),
            ("pyflakes", "3.2.0"),
            ("tomli", "2.2.1"),
            ("typing-extensions", "4.12.2"),
        ],
        _ => &[],
    };
    expected.extend(lost.iter().map(|(name, version)| format!("{name} {version}  []")));
    expected.retain(|package| !package.starts_with("foo7 "));
    expected
}

#[test]
fn every_case_gives_its_packages_or_its_error() {
    let Some(folder) = lockfiles() else { return };
    let cases: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    assert_eq!(cases.len(), 183);
    let mut wrong = String::new();
    for case in &cases {
        let (format, file) = (case["format"].as_str().unwrap(), case["file"].as_str().unwrap());
        let found = read(&folder, format, file);
        let packages: BTreeSet<String> = found
            .distinct()
            .iter()
            .map(|distinct| &distinct.package)
            .filter(|package| !is_extra(format, package))
            .map(|package| shown(format, package))
            .collect();
        let expected = corrected(format, file, expected(format, case));
        let title = format!("{format}: {} ({file})", case["case"].as_str().unwrap());
        if packages != expected {
            let missing: Vec<_> = expected.difference(&packages).collect();
            let more: Vec<_> = packages.difference(&expected).collect();
            writeln!(wrong, "{title}\n  missing {missing:?}\n  more {more:?}").unwrap();
        }
        // Lines that are no requirements are named one by one; osv-scalibr passes over them.
        let by_line = format == "requirements";
        if !by_line && found.failures.is_empty() == case["error"].as_bool().unwrap() {
            writeln!(wrong, "{title}\n  failures {:?}", found.failures).unwrap();
        }
        assert!(found.failures.iter().all(|failure| !failure.message.is_empty()));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn lines_that_are_no_requirements_are_named() {
    let Some(folder) = lockfiles() else { return };
    let found = read(&folder, "requirements", "requirements/invalid.txt");
    assert_eq!(found.failures.iter().map(|failure| failure.line).collect::<Vec<_>>(), [1, 2, 3]);
    let found = read(&folder, "requirements", "requirements/env_var.txt");
    assert_eq!(found.failures.iter().map(|failure| failure.line).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_large_lockfile() {
    let Some(folder) = lockfiles() else { return };
    let text = std::fs::read_to_string(folder.join("juice-shop-20.1.1-package-lock.json")).unwrap();
    let found = inventory(&[("package-lock.json", &text)]);
    assert_eq!(found.packages.len(), 1348);
    assert_eq!(found.failures, []);
    assert_eq!(found.packages.iter().filter(|package| package.dev).count(), 537);
    assert_eq!(found.edges.len(), 1348);
    // Every package has a place that shows its name, a way to it that ends in it, and a hash.
    let lines: Vec<&str> = text.lines().collect();
    for package in &found.packages {
        let line = lines[package.place.line as usize - 1];
        let shown = &line[package.place.column as usize - 1..package.place.end_column as usize - 1];
        assert!(shown.ends_with(package.alias.as_ref().unwrap_or(&package.name)), "{shown} {}", package.name);
        assert_eq!(package.path.last(), Some(&package.label()), "{package:?}");
        assert!(!package.hashes.is_empty() || package.source != Source::Registry || package.bundled, "{package:?}");
        assert_eq!(package.direct, package.path.len() == 1, "{package:?}");
    }
}
