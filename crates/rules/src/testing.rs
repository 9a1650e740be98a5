//! Running rules over small projects given as text: for the rule files' own examples and for other crates' tests.

use std::collections::BTreeMap;

use lunette_config::Format;
use lunette_core::Finding;
use lunette_core::observation::Observations;
use lunette_flow::Facts;
use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_intel::advisory::Day;
use lunette_intel::matching::Knowledge;
use lunette_intel::packages::inventory;
use lunette_intel::{advisories, hygiene};
use lunette_lang::Dialect;

use crate::book::{Rulebook, RunContext};
use crate::document::Example;
use crate::result::RunResult;
use crate::version::major;

/// Lines of an example that disagree with what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Path and line of marked lines without a finding.
    pub missed: Vec<(String, u32)>,
    /// Path and line of findings on lines that are not marked, with the message.
    pub extra: Vec<(String, u32, String)>,
    /// What the parser complained of.
    pub syntax: Vec<String>,
}

impl Mismatch {
    /// Whether everything agrees.
    pub fn is_empty(&self) -> bool {
        self.missed.is_empty() && self.extra.is_empty() && self.syntax.is_empty()
    }
}

/// Runs one rule over an example. A line that must give a finding ends in a comment `finds: <rule-id>`, or is named in the
/// block's info string; no other line may give one.
pub fn check(book: &Rulebook, models: &Models, example: &Example, rule: &str) -> Mismatch {
    let files = &example.files;
    let mut mismatch = Mismatch::default();
    let off = book.rules().iter().map(|known| known.id.clone()).filter(|id| id != rule).collect();
    let context = RunContext { off, versions: versions(files), ..RunContext::default() };
    let (result, syntax) = run(book, models, files, &context);
    mismatch.syntax = syntax;
    let mut expected = example.expected(rule);
    for finding in &result.findings {
        let place = (finding.place.path.clone(), finding.place.line);
        if !expected.contains(&place) {
            mismatch.extra.push((place.0, place.1, finding.message.clone()));
        }
    }
    expected.retain(|(path, line)| {
        !result.findings.iter().any(|found| found.place.path == *path && found.place.line == *line)
    });
    mismatch.missed = expected;
    mismatch
}

/// All findings of rules over files given as path and text, and what the parsers complained of.
pub fn findings(
    book: &Rulebook,
    models: &Models,
    files: &[(String, String)],
    context: &RunContext,
) -> (Vec<Finding>, Vec<String>) {
    let (result, complaints) = run(book, models, files, context);
    (result.findings, complaints)
}

/// What rules find in files given as path and text and what they looked at, and what the parsers complained of.
pub fn run(
    book: &Rulebook,
    models: &Models,
    files: &[(String, String)],
    context: &RunContext,
) -> (RunResult, Vec<String>) {
    let mut complaints = Vec::new();
    let mut units = Vec::new();
    let mut context = context.clone();
    for (path, text) in files {
        match Format::of_path(path).map(|format| lunette_config::Document::parse(path, format, text)) {
            Some(Ok(document)) => context.documents.push(document),
            Some(Err(error)) => complaints.push(format!("{path}: {error}")),
            None => {}
        }
        let Some(dialect) = Dialect::of_path(path) else { continue };
        let lowered = lunette_lang::lower(dialect, text);
        complaints.extend(lowered.errors.iter().map(|error| format!("{path}:{}: {}", error.line, error.message)));
        if let Some(module) = lowered.module {
            units.push(Unit { path: path.clone(), text: text.clone(), module });
        }
    }
    let pages = lunette_lang::template::lower_all(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let text_of =
        |path: &str| files.iter().find(|(of, _)| of == path).map(|(_, text)| text.clone()).unwrap_or_default();
    units.extend(pages.into_iter().map(|(path, module)| Unit { path: path.to_owned(), text: text_of(path), module }));
    let texts: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    context.observations.extend(packages(&texts));
    let program = Program::new(units, &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let databases = crate::database::databases(&texts, &crate::migrations::read(&facts), &context.documents);
    complaints.extend(databases.failures.iter().map(|failure| format!("{}: {}", failure.place, failure.message)));
    context.observations.extend(databases.observations);
    let found = lunette_flow::routes(&facts, models);
    let result = book.run(&facts, models, &found, &context);
    (result, complaints)
}

/// The day on which examples are looked at.
const TODAY: &str = "2026-11-24";

/// What is known of the packages without a snapshot and without looking at code.
fn packages(files: &[(&str, &str)]) -> Observations {
    let inventory = inventory(files);
    let reach = |_: &_, _: &_| advisories::Reach::default();
    let known = advisories::known(&inventory, &Knowledge::default(), &reach).unwrap_or_default();
    let today = Day::parse(TODAY).unwrap_or_else(|| Day::from_seconds(0));
    let mut list = advisories::observe(&inventory, &known, files);
    list.extend(hygiene::observe(&inventory, files, &known, today));
    let looked_at = [("intel".to_owned(), inventory.packages.len())].into();
    Observations { list, looked_at }
}

/// The versions that an example's `package.json` asks for.
fn versions(files: &[(String, String)]) -> BTreeMap<String, u32> {
    #[derive(serde::Deserialize)]
    struct Manifest {
        #[serde(default)]
        dependencies: BTreeMap<String, String>,
    }
    let manifests = files.iter().filter(|(path, _)| path == "package.json");
    let read = manifests.filter_map(|(_, text)| serde_saphyr::from_str::<Manifest>(text).ok());
    let packages = read.flat_map(|manifest| manifest.dependencies);
    packages.filter_map(|(name, version)| Some((name, major(&version)?))).collect()
}
