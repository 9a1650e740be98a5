//! Advisories and functions concerned that users keep themselves, as YAML: about packages of their own, or ahead of the
//! public databases. The form is that of Lunette's own advisories, with the package named in each record.
//!
//! A record that names neither versions nor a summary adds functions to an advisory known elsewhere, by any of its ids.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::curated::{Curated, advisory};
use super::{Advisory, LONGEST_SUMMARY, Vector, is_identifier, normal_name, one_line};
use crate::document::{Lines, Node, Value, yaml};
use crate::packages::Ecosystem;
use crate::urgency::Score;

/// Keys of a record.
const KEYS: [&str; 11] = [
    "id",
    "package",
    "aliases",
    "summary",
    "published",
    "severity",
    "cwe",
    "affected",
    "versions",
    "symbols",
    "precondition",
];

/// What users know themselves.
#[derive(Clone, Debug, Default)]
pub struct Own {
    advisories: BTreeMap<(Ecosystem, String), Vec<Advisory>>,
    concerned: BTreeMap<String, Concerned>,
    symbols: Vec<NamedSymbol>,
    count: usize,
    of_project: usize,
}

/// What a record adds to an advisory known elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// The functions with the weakness.
    pub symbols: Vec<String>,
    /// What has to hold besides.
    pub precondition: Option<String>,
}

/// A function that a record names, with its place, for checks against the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSymbol {
    /// The registry; not said by records that add to an advisory known elsewhere.
    pub ecosystem: Option<Ecosystem>,
    /// The function.
    pub symbol: String,
    /// File and line of the record.
    pub file: String,
    /// Its line.
    pub line: u32,
}

/// A mistake in a file of advisories.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct OwnFault {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl Own {
    /// Reads files, given by name and text.
    ///
    /// # Errors
    /// All mistakes, in the order of files and lines.
    pub fn read(files: &[(String, String)]) -> Result<Self, Vec<OwnFault>> {
        let mut out = Own::default();
        let mut faults = Vec::new();
        for (file, text) in files {
            let lines = Lines::new(file, text);
            let fault = |line: u32, message: String| OwnFault { file: file.clone(), line: line.max(1), message };
            let documents = match yaml(text) {
                Ok(documents) => documents,
                Err(error) => {
                    faults.push(fault(error.line, error.message));
                    continue;
                }
            };
            for document in &documents {
                if !matches!(document.value, Value::List(_)) {
                    faults.push(fault(
                        lines.line(document.at),
                        "a file is a list of advisories: - id: ACME-2026-1".to_owned(),
                    ));
                }
                for record in document.items() {
                    let mut told = Vec::new();
                    out.record(file, &lines, record, &mut |line, message| told.push(fault(line, message)));
                    faults.extend(told);
                }
            }
        }
        faults.sort();
        if faults.is_empty() { Ok(out) } else { Err(faults) }
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many of them the project brought itself.
    pub fn count_of_project(&self) -> usize {
        self.of_project
    }

    /// Adds what the project keeps itself.
    pub(crate) fn join_project(&mut self, project: Own) {
        for (package, advisories) in project.advisories {
            self.advisories.entry(package).or_default().extend(advisories);
        }
        for (id, concerned) in project.concerned {
            let known = self.concerned.entry(id).or_default();
            known.symbols.extend(concerned.symbols);
            known.precondition = known.precondition.take().or(concerned.precondition);
        }
        self.symbols.extend(project.symbols);
        self.count += project.count;
        self.of_project += project.count;
    }

    /// The functions that records name.
    pub fn symbols(&self) -> &[NamedSymbol] {
        &self.symbols
    }

    /// The advisories about a package.
    pub fn of(&self, ecosystem: Ecosystem, name: &str) -> &[Advisory] {
        self.advisories.get(&(ecosystem, name.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every advisory.
    pub fn all(&self) -> impl Iterator<Item = &Advisory> {
        self.advisories.values().flatten()
    }

    /// What is added to the advisory with this id.
    pub fn concerned(&self, id: &str) -> Option<&Concerned> {
        self.concerned.get(&id.to_ascii_uppercase())
    }

    fn record(&mut self, file: &str, lines: &Lines<'_>, record: &Node<'_>, tell: &mut dyn FnMut(u32, String)) {
        let line = record.entries().first().map_or(record.at, |(key, _)| key.at);
        let line = lines.line(line);
        let unknown: Vec<_> = record.entries().iter().filter(|(key, _)| !KEYS.contains(&&*key.text)).collect();
        for (key, _) in &unknown {
            tell(lines.line(key.at), format!("there is no key `{}`; the keys are {}", key.text, KEYS.join(", ")));
        }
        if !unknown.is_empty() {
            return;
        }
        let Some(id) = record.text_of("id").map(str::trim).filter(|id| is_identifier(id)) else {
            return tell(line, "an advisory needs an `id` of visible ASCII characters".to_owned());
        };
        let ecosystem = match record.text_of("package").map(package) {
            Some(Some(named)) => Some(named),
            Some(None) => {
                let at = record.get("package").map_or(line, |node| lines.line(node.at));
                return tell(at, "`package` is `npm:<name>` or `pypi:<name>`".to_owned());
            }
            None => None,
        };
        for node in record.items_of("symbols") {
            match node.text().filter(|symbol| is_identifier(symbol)) {
                Some(symbol) => self.symbols.push(NamedSymbol {
                    ecosystem: ecosystem.as_ref().map(|(ecosystem, _)| *ecosystem),
                    symbol: symbol.to_owned(),
                    file: file.to_owned(),
                    line: lines.line(node.at),
                }),
                None => tell(lines.line(node.at), "a symbol is a path as code writes it: lodash.template".to_owned()),
            }
        }
        let whole = ["summary", "affected", "versions", "severity", "cwe", "aliases"]
            .iter()
            .any(|key| record.get(key).is_some());
        match ecosystem {
            Some((ecosystem, name)) if whole => match read(ecosystem, &name, record) {
                Ok(found) => {
                    for vector in record.items_of("severity") {
                        let text = vector.text().unwrap_or_default();
                        if Score::of(&Vector(text.to_owned())).is_none() {
                            tell(lines.line(vector.at), format!("`{text}` is no CVSS vector"));
                        }
                    }
                    self.advisories.entry((ecosystem, normal_name(ecosystem, &name))).or_default().push(found);
                }
                Err(message) => return tell(line, message),
            },
            None if whole => {
                return tell(line, format!("{id}: an advisory needs a `package`: npm:<name> or pypi:<name>"));
            }
            _ => {
                let symbols: Vec<String> =
                    record.items_of("symbols").iter().filter_map(Node::text).map(str::to_owned).collect();
                if symbols.is_empty() {
                    return tell(
                        line,
                        format!(
                            "{id}: say what is affected (`affected`, `versions`), or which functions are concerned (`symbols`)"
                        ),
                    );
                }
                let concerned = self.concerned.entry(id.to_ascii_uppercase()).or_default();
                concerned.symbols.extend(symbols);
                let precondition = record.text_of("precondition").map(|text| one_line(text, LONGEST_SUMMARY));
                concerned.precondition = precondition.or(concerned.precondition.take());
            }
        }
        self.count += 1;
    }
}

/// `npm:@acme/auth` as registry and name.
fn package(text: &str) -> Option<(Ecosystem, String)> {
    let (registry, name) = text.trim().split_once(':')?;
    let ecosystem = match registry.to_ascii_lowercase().as_str() {
        "npm" => Ecosystem::Npm,
        "pypi" => Ecosystem::PyPi,
        "jsr" => Ecosystem::Jsr,
        _ => return None,
    };
    (!name.is_empty() && is_identifier(name)).then(|| (ecosystem, name.to_owned()))
}

fn read(ecosystem: Ecosystem, name: &str, record: &Node<'_>) -> Result<Advisory, String> {
    let id = record.text_of("id").unwrap_or_default();
    let keys = record.entries().iter().filter(|(key, _)| key.text != "package");
    let table: Map<String, Json> =
        keys.map(|(key, node)| (key.text.to_string(), json(node, key.text == "cwe"))).collect();
    let curated: Curated = serde_json::from_value(Json::Object(table)).map_err(|error| format!("{id}: {error}"))?;
    advisory(ecosystem, name, curated)
}

/// The node as JSON. What is written without quotes is text all the same (versions look like numbers), save numbers of
/// weaknesses.
fn json(node: &Node<'_>, numbers: bool) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Plain(text) if numbers => {
            text.parse::<u32>().map_or_else(|_| Json::String(text.to_string()), Json::from)
        }
        Value::Text(text) | Value::Plain(text) => Json::String(text.to_string()),
        Value::List(items) => items.iter().map(|item| json(item, numbers)).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.text.to_string(), json(value, numbers)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn read(text: &str) -> Result<Own, Vec<String>> {
        let files = [("own.yml".to_owned(), text.to_owned())];
        Own::read(&files).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn advisories_and_functions() {
        let own = read(
            "- id: ACME-2026-1\n  package: npm:@acme/auth\n  summary: Tokens of one tenant open another\n  severity: [\"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N\"]\n  cwe: [639]\n  affected: [{introduced: 1.0, fixed: 1.10}]\n  symbols: [\"@acme/auth.verify\"]\n- id: ghsa-35jh-r3h4-6jhm\n  symbols: [lodash.template]\n  precondition: The template is untrusted\n",
        )
        .unwrap();
        assert_eq!(own.count(), 2);
        let found = &own.of(Ecosystem::Npm, "@acme/auth")[0];
        assert_eq!(
            (found.cwe.as_slice(), found.affected[0].symbols.as_slice()),
            (&[639][..], &["@acme/auth.verify".to_owned()][..])
        );
        assert_eq!(own.concerned("GHSA-35jh-r3h4-6jhm").unwrap().symbols, ["lodash.template"]);
        assert_eq!(own.symbols().iter().map(|one| one.line).collect::<Vec<_>>(), [7, 9]);
    }

    #[test]
    fn names_of_python_are_normal() {
        let own = read("- {id: A-1, package: \"pypi:Acme_Auth\", summary: x, versions: [1.0]}\n").unwrap();
        assert_eq!(own.of(Ecosystem::PyPi, "acme-auth").len(), 1);
    }

    #[test]
    fn mistakes_name_their_line() {
        let one = |text: &str| read(text).unwrap_err().join("\n");
        assert!(one("id: A-1\n").starts_with("own.yml:1: a file is a list"));
        assert!(one("- id: A-1\n  package: npm:a\n  sumary: x\n").starts_with("own.yml:3: there is no key `sumary`"));
        assert!(one("# c\n- package: npm:a\n").starts_with("own.yml:2: an advisory needs an `id`"));
        assert!(one("- id: A-1\n  package: gem:a\n  summary: x\n").starts_with("own.yml:2: `package` is"));
        assert!(one("- id: A-1\n  summary: x\n  versions: ['1']\n").contains("needs a `package`"));
        assert!(one("- id: A-1\n  package: npm:a\n  summary: x\n").contains("names no versions"));
        assert!(one("- id: A-1\n  package: npm:a\n").contains("say what is affected"));
        assert!(
            one("- id: A-1\n  package: npm:a\n  summary: x\n  versions: ['1']\n  severity: [high]\n")
                .starts_with("own.yml:5: `high` is no CVSS")
        );
        assert!(one("- id: A-1\n  package: npm:a\n  summary: x\n  affected: [{fixed: 1}]\n").contains("introduced"));
        assert!(one("- id: [\n").starts_with("own.yml:"));
        assert_eq!(read("- id: A\n  bad: 1\n- id: B\n  bad: 1\n").unwrap_err().len(), 2, "all mistakes are told");
    }
}
