//! The rules on packages: every check has one, and their examples give what they say. Rules are read here as far as that
//! needs; `lunette-rules` tests them whole.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use lunette_core::observation::Observation;
use lunette_intel::advisory::Day;
use lunette_intel::matching::Knowledge;
use lunette_intel::packages::inventory;
use lunette_intel::{advisories, hygiene};

struct Rule {
    id: String,
    /// Checks and their messages.
    checks: Vec<(String, String)>,
    /// Line of the heading, and its files.
    examples: Vec<(usize, Vec<File>)>,
}

/// Path, text and marked lines.
type File = (String, String, Vec<u32>);

fn rules() -> Vec<Rule> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/dependencies"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .map(|path| rule(path.file_stem().unwrap().to_str().unwrap(), &std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn rule(id: &str, text: &str) -> Rule {
    let mut rule = Rule { id: id.to_owned(), checks: Vec::new(), examples: Vec::new() };
    let mut block: Option<File> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((_, body, _)) = &mut block {
            if line == "```" {
                let done = block.take().unwrap();
                rule.examples.last_mut().unwrap().1.push(done);
            } else {
                body.push_str(line);
                body.push('\n');
            }
        } else if let Some(check) = line.trim().strip_prefix("- check: ") {
            rule.checks.push((check.to_owned(), String::new()));
        } else if let Some(message) = line.trim().strip_prefix("message: ") {
            message.clone_into(&mut rule.checks.last_mut().unwrap().1);
        } else if let Some(info) = line.strip_prefix("```") {
            let of = |key: &str| info.split(' ').find_map(|word| word.strip_prefix(key)).unwrap_or_default();
            let marks =
                of("finds=").split(',').filter(|mark| !mark.is_empty()).map(|mark| mark.parse().unwrap()).collect();
            block = Some((of("file=").to_owned(), String::new(), marks));
        } else if line.starts_with("## ") || line.starts_with("### ") {
            rule.examples.push((number, Vec::new()));
        }
    }
    rule.examples.retain(|(_, files)| !files.is_empty());
    rule
}

fn observed(files: &[(&str, &str)]) -> Vec<Observation> {
    let inventory = inventory(files);
    let known = advisories::known(&inventory, &Knowledge::new(None), &|_, _| advisories::Reach::default()).unwrap();
    let mut out = advisories::observe(&inventory, &known, files);
    out.extend(hygiene::observe(&inventory, files, &known, Day::parse("2026-11-24").unwrap()));
    out
}

#[test]
fn every_check_has_a_rule_and_every_rule_a_check() {
    let asked: BTreeSet<String> = rules().into_iter().flat_map(|rule| rule.checks).map(|(check, _)| check).collect();
    let there: BTreeSet<String> =
        hygiene::NAMES.iter().chain(&advisories::NAMES).map(|name| (*name).to_owned()).collect();
    assert_eq!(asked, there);
}

#[test]
fn examples_give_what_they_say() {
    let mut faults = Vec::new();
    for rule in rules() {
        let checks: BTreeMap<&str, &str> =
            rule.checks.iter().map(|(check, message)| (check.as_str(), message.as_str())).collect();
        for (line, example) in &rule.examples {
            let files: Vec<(&str, &str)> =
                example.iter().map(|(path, text, _)| (path.as_str(), text.as_str())).collect();
            let marked: BTreeSet<(String, u32)> = example
                .iter()
                .flat_map(|(path, _, marks)| marks.iter().map(move |mark| (path.clone(), *mark)))
                .collect();
            let mut found = BTreeSet::new();
            for one in observed(&files) {
                let Some(message) = checks.get(one.check.as_str()) else { continue };
                for slot in message.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(slot, _)| slot) {
                    assert!(one.details.contains_key(slot), "{}: {{{slot}}}", rule.id);
                }
                found.insert((one.place.path, one.place.line));
            }
            if found != marked {
                faults.push(format!("{}:{line}: found {found:?}, marked {marked:?}", rule.id));
            }
        }
        assert!(rule.examples.len() >= 3, "{}", rule.id);
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
