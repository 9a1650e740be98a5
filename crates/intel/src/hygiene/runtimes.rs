//! Runtimes past their end of life.

use std::collections::BTreeMap;

use lunette_core::place::Place;

use super::{Seen, file_name, is_aside, shown};
use crate::advisory::Day;
use crate::packages::Ecosystem;
use crate::version::{Range, Version};

/// Release lines of Node.js and the day that each is no longer maintained (nodejs/Release, `schedule.json`).
const NODE: [(&str, &str); 23] = [
    ("4", "2018-04-30"),
    ("5", "2016-06-30"),
    ("6", "2019-04-30"),
    ("7", "2017-06-30"),
    ("8", "2019-12-31"),
    ("9", "2018-06-30"),
    ("10", "2021-04-30"),
    ("11", "2019-06-01"),
    ("12", "2022-04-30"),
    ("13", "2020-06-01"),
    ("14", "2023-04-30"),
    ("15", "2021-06-01"),
    ("16", "2023-09-11"),
    ("17", "2022-06-01"),
    ("18", "2025-04-30"),
    ("19", "2023-06-01"),
    ("20", "2026-04-30"),
    ("21", "2024-06-01"),
    ("22", "2027-04-30"),
    ("23", "2025-06-01"),
    ("24", "2028-04-30"),
    ("25", "2026-06-01"),
    ("26", "2029-04-30"),
];
/// Release lines of Python and the day that each is no longer maintained (PEP 373 and the PEPs of the releases; for months
/// their last day).
const PYTHON: [(&str, &str); 14] = [
    ("2.6", "2013-10-29"),
    ("2.7", "2020-01-01"),
    ("3.3", "2017-09-29"),
    ("3.4", "2019-03-18"),
    ("3.5", "2020-09-30"),
    ("3.6", "2021-12-23"),
    ("3.7", "2023-06-27"),
    ("3.8", "2024-10-07"),
    ("3.9", "2025-10-31"),
    ("3.10", "2026-10-31"),
    ("3.11", "2027-10-31"),
    ("3.12", "2028-10-31"),
    ("3.13", "2029-10-31"),
    ("3.14", "2030-10-31"),
];
/// Names of Node.js's long-term lines, as `.nvmrc` may give them.
const CODENAMES: [(&str, &str); 10] = [
    ("argon", "4"),
    ("boron", "6"),
    ("carbon", "8"),
    ("dubnium", "10"),
    ("erbium", "12"),
    ("fermium", "14"),
    ("gallium", "16"),
    ("hydrogen", "18"),
    ("iron", "20"),
    ("jod", "22"),
];

/// `intel/end-of-life-runtime`: every version that the project lets itself run on is past its end of life.
pub(super) fn observe(seen: &mut Seen<'_>, files: &[(&str, &str)], today: Day) {
    let mut asked: Vec<(&str, String, Place)> = Vec::new();
    for manifest in seen.manifests() {
        for (name, range, place) in &manifest.runtimes {
            match name.as_str() {
                "node" => asked.push(("Node.js", range.clone(), place.clone())),
                "python" => asked.push(("Python", range.clone(), place.clone())),
                _ => {}
            }
        }
    }
    for (path, text) in files.iter().filter(|(path, _)| !is_aside(path)) {
        let Some((number, line)) =
            (1..).zip(text.lines().map(str::trim)).find(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        else {
            continue;
        };
        let (runtime, version) = match file_name(path) {
            ".nvmrc" | ".node-version" => ("Node.js", line.trim_start_matches("lts/")),
            ".python-version" => ("Python", line),
            "runtime.txt" => ("Python", line.trim_start_matches("python-")),
            _ => continue,
        };
        asked.push((runtime, version.to_owned(), Place::line(*path, number)));
    }
    for (path, text) in files.iter().filter(|(path, _)| is_dockerfile(path) && !is_aside(path)) {
        asked.extend(images(path, text));
    }
    for (runtime, range, place) in asked {
        let table: &[(&str, &str)] = if runtime == "Python" { &PYTHON } else { &NODE };
        let Some((line, end)) = over(runtime, table, &range, today) else { continue };
        let details = [
            ("runtime", runtime.to_owned()),
            ("range", shown(&range)),
            ("line", line.to_owned()),
            ("end", end.to_string()),
        ];
        seen.setting("intel/end-of-life-runtime", &place, runtime, (runtime, &range), &details);
    }
}

pub(super) fn is_dockerfile(path: &str) -> bool {
    let name = file_name(path);
    matches!(name, "Dockerfile" | "Containerfile")
        || ["Dockerfile.", "Containerfile."].iter().any(|start| name.starts_with(start))
        || name.ends_with(".Dockerfile")
        || name.ends_with(".dockerfile")
}

/// The images of Node.js and Python that a Dockerfile is built on, with the version in their tag.
fn images(path: &str, text: &str) -> Vec<(&'static str, String, Place)> {
    let mut defaults: BTreeMap<&str, &str> = BTreeMap::new();
    let mut out = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("ARG") => {
                let set = words.next().and_then(|word| word.split_once('='));
                defaults.extend(set.map(|(name, value)| (name, value.trim_matches(['"', '\'']))));
            }
            Some("FROM") => {
                let Some(image) = words.find(|word| !word.starts_with("--")) else { continue };
                let image = defaults.iter().fold(image.to_owned(), |image, (name, value)| {
                    image.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value)
                });
                let whole = image.split('@').next().unwrap_or_default();
                let Some((name, tag)) = whole.rsplit_once(':') else { continue };
                let runtime = match name.trim_start_matches("docker.io/").trim_start_matches("library/") {
                    "node" => "Node.js",
                    "python" => "Python",
                    _ => continue,
                };
                let version = tag.split('-').next().unwrap_or_default();
                out.push((runtime, version.to_owned(), Place::line(path, number)));
            }
            _ => {}
        }
    }
    out
}

/// The newest line that the range allows, with its end, when that is past; `None` when a maintained one is allowed, or
/// what is asked for cannot be told.
fn over<'t>(runtime: &str, table: &'t [(&'t str, &'t str)], range: &str, today: Day) -> Option<(&'t str, Day)> {
    let allows = allows(runtime, range)?;
    // What is newer than the table is maintained.
    let beyond = if runtime == "Python" { ["3.15.0", "3.99.0", "4.0.0"] } else { ["27.0.0", "28.0.0", "99.0.0"] };
    if beyond.iter().any(|version| allows(version)) {
        return None;
    }
    let mut newest: Option<(&str, Day)> = None;
    for (line, end) in table {
        let end = Day::parse(end)?;
        let probes = if runtime == "Python" {
            [format!("{line}.0"), format!("{line}.99")]
        } else {
            [format!("{line}.0.0"), format!("{line}.99.0")]
        };
        if !probes.iter().any(|version| allows(version)) {
            continue;
        }
        if end.number() >= today.number() {
            return None;
        }
        if newest.is_none_or(|(_, last)| end.number() > last.number()) {
            newest = Some((line, end));
        }
    }
    newest
}

/// Whether a version is allowed.
type Allows = Box<dyn Fn(&str) -> bool>;

/// Which versions what is asked for allows.
fn allows(runtime: &str, range: &str) -> Option<Allows> {
    let range = range.trim().trim_start_matches('v');
    let name = CODENAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(range)).map_or(range, |(_, line)| line);
    let ecosystem = if runtime == "Python" { Ecosystem::PyPi } else { Ecosystem::Npm };
    // A plain version stands for its line.
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let parts = if runtime == "Python" { 2 } else { 1 };
        let line: Vec<String> = name.split('.').take(parts).map(str::to_owned).collect();
        if line.len() < parts {
            return None;
        }
        return Some(Box::new(move |version| version.split('.').take(line.len()).eq(line.iter().map(String::as_str))));
    }
    let text = if runtime == "Python" { python_range(name)? } else { name.to_owned() };
    let range = Range::parse(ecosystem, &text).ok()?;
    Some(Box::new(move |version| Version::parse(ecosystem, version).is_ok_and(|version| range.allows(&version))))
}

/// Poetry's caret and tilde as specifiers.
fn python_range(range: &str) -> Option<String> {
    let (major, rest) = match range.strip_prefix(['^', '~']).filter(|rest| !rest.starts_with('=')) {
        Some(rest) => (rest.split('.').next()?.parse::<u32>().ok()?, rest),
        None => return Some(range.to_owned()),
    };
    if range.starts_with('^') {
        return Some(format!(">={rest},<{}", major + 1));
    }
    let minor = rest.split('.').nth(1)?.parse::<u32>().ok()?;
    Some(format!(">={rest},<{major}.{}", minor + 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn node(range: &str) -> Option<String> {
        over("Node.js", &NODE, range, Day::parse("2026-11-24").unwrap()).map(|(line, _)| line.to_owned())
    }

    fn python(range: &str) -> Option<String> {
        over("Python", &PYTHON, range, Day::parse("2026-11-24").unwrap()).map(|(line, _)| line.to_owned())
    }

    #[test]
    fn node_lines() {
        for (range, line) in [
            ("16", "16"),
            ("v16.14.0", "16"),
            ("gallium", "16"),
            ("^16.14.0", "16"),
            ("14 || 16", "16"),
            ("<=18", "18"),
            ("18.x", "18"),
            ("20", "20"),
            (">=8 <13", "12"),
        ] {
            assert_eq!(node(range).as_deref(), Some(line), "{range}");
        }
        for range in ["22", ">=16", ">=8", "*", "16 || 22", "jod", "lts/*", "node", "latest", "24.x", "99"] {
            assert_eq!(node(range), None, "{range}");
        }
    }

    #[test]
    fn python_lines() {
        for (range, line) in [
            ("3.8.10", "3.8"),
            ("3.9", "3.9"),
            ("~3.8", "3.8"),
            ("==3.7.*", "3.7"),
            (">=3.6,<3.10", "3.9"),
            ("2.7", "2.7"),
        ] {
            assert_eq!(python(range).as_deref(), Some(line), "{range}");
        }
        for range in ["3.12", ">=3.8", "^3.8", ">=3.8,<4", "3", "pypy3.9", "*", "3.13.1", "~=3.8"] {
            assert_eq!(python(range), None, "{range}");
        }
    }

    #[test]
    fn images_of_containers() {
        let text = "ARG NODE=16\nFROM --platform=linux/amd64 docker.io/library/node:${NODE}-alpine AS build\nFROM python:3.8.10-slim@sha256:00\nFROM node:lts\nFROM acme.example/node:16\nFROM build\nfrom node:$NODE\n";
        let found: Vec<(&str, String, u32)> = images("Dockerfile", text)
            .into_iter()
            .map(|(runtime, version, place)| (runtime, version, place.line))
            .collect();
        let wanted = [("Node.js", "16", 2), ("Python", "3.8.10", 3), ("Node.js", "lts", 4), ("Node.js", "16", 7)];
        assert_eq!(found, wanted.map(|(runtime, version, line)| (runtime, version.to_owned(), line)));
        assert!(
            is_dockerfile("api/Dockerfile.prod")
                && is_dockerfile("web.dockerfile")
                && !is_dockerfile("docs/Dockerfile.md/x")
        );
    }

    #[test]
    fn the_date_decides() {
        let over_at = |day: &str| over("Node.js", &NODE, "20", Day::parse(day).unwrap()).is_some();
        assert!(!over_at("2026-04-30") && over_at("2026-05-01"));
    }

    #[test]
    fn tables_are_dates_in_order_of_lines() {
        for (_, end) in NODE.iter().chain(&PYTHON) {
            assert!(Day::parse(end).is_some());
        }
    }
}
