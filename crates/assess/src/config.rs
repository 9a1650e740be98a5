//! `lunette.toml` at the project's root: what its maintainers leave out, accept and want.
//!
//! Unknown keys and bad values are errors with their line (exit code 2), because a misspelt suppression that silently
//! does nothing, or a misspelt `exclude`, would make the report say something else than its reader thinks.
//! Precedence: `.claude/rules.md`, then the command line, then this file.

use lunette_core::finding::Confidence;
use lunette_core::risk::Severity;
use lunette_core::text::code_line;

use crate::dates;
use crate::paths::PathPattern;
use crate::tree::{self, Key, Node, Value};

/// The file's name.
pub const FILE: &str = "lunette.toml";

/// A configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Paths to leave out.
    pub exclude: Vec<PathPattern>,
    /// From which severity findings make the exit code 1.
    pub fail_on: Option<FailOn>,
    /// Findings less sure than this are not reported.
    pub min_confidence: Option<Confidence>,
    /// Accepted findings.
    pub suppressions: Vec<ConfigSuppression>,
    /// Folders with advisories that the project keeps itself, relative to the root, with the line that names them.
    pub advisories: Vec<(String, u32)>,
    /// Whether what callers pass to exported functions counts as untrusted: by what the project is when absent.
    pub library: Option<bool>,
}

/// From which severity findings fail a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// No finding does.
    Never,
    /// This severity and above.
    At(Severity),
}

impl FailOn {
    /// The word of the command line and the file: `none` (or `never`), `low`, `medium`, `high`, `critical`.
    pub fn parse(word: &str) -> Option<Self> {
        if matches!(word, "none" | "never") { Some(Self::Never) } else { severity(word).map(Self::At) }
    }

    /// Whether a finding of this severity fails the run.
    pub fn fails(self, severity: Severity) -> bool {
        matches!(self, Self::At(floor) if severity >= floor)
    }
}

/// An entry `[[suppress]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigSuppression {
    /// The rule whose findings are accepted.
    pub rule: String,
    /// Where; everywhere when absent.
    pub path: Option<PathPattern>,
    /// The one finding that is meant, by id (`LN-…`), when given.
    pub id: Option<String>,
    /// The one advisory that is meant, by any of its ids; others of the same package then still count.
    pub advisory: Option<String>,
    /// Why.
    pub reason: String,
    /// Last day it holds, ISO.
    pub until: String,
    /// Line of the entry.
    pub line: u32,
}

/// A mistake in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{FILE}:{line}: {message}")]
pub struct ConfigError {
    /// Its line, from 1.
    pub line: u32,
    /// What is wrong and what would be right.
    pub message: String,
}

const KEYS: [&str; 6] = ["exclude", "fail_on", "min_confidence", "suppress", "analysis", "advisories"];
const SUPPRESS_KEYS: [&str; 6] = ["rule", "path", "id", "advisory", "reason", "until"];

/// Reads the file's text.
///
/// # Errors
/// All mistakes, in order of their line.
pub fn parse(text: &str) -> Result<Config, Vec<ConfigError>> {
    let table = tree::toml(text).map_err(|error| vec![ConfigError { line: error.line, message: error.message }])?;
    let mut reader = Reader::default();
    for (key, value) in table.entries() {
        reader.entry(key, value);
    }
    reader.errors.sort_by_key(|error| error.line);
    if reader.errors.is_empty() { Ok(reader.config) } else { Err(reader.errors) }
}

#[derive(Default)]
struct Reader {
    config: Config,
    errors: Vec<ConfigError>,
}

impl Reader {
    fn error(&mut self, line: u32, message: impl Into<String>) {
        self.errors.push(ConfigError { line, message: message.into() });
    }

    fn entry(&mut self, key: &Key, value: &Node) {
        match key.text.as_str() {
            "exclude" => self.exclude(key, value),
            "fail_on" => match string(value).and_then(FailOn::parse) {
                Some(fail_on) => self.config.fail_on = Some(fail_on),
                None => {
                    self.error(key.line, "fail_on is one of \"never\", \"low\", \"medium\", \"high\", \"critical\"");
                }
            },
            "min_confidence" => match string(value).and_then(confidence) {
                Some(confidence) => self.config.min_confidence = Some(confidence),
                None => self.error(key.line, "min_confidence is one of \"tentative\", \"firm\", \"confirmed\""),
            },
            name @ ("rules" | "models") => self.error(
                key.line,
                format!("a project may not bring the {name} that it is judged by: give them with `--{name} DIR`, from a folder outside of it"),
            ),
            "suppress" => self.suppressions(key, value),
            "analysis" => self.analysis(key, value),
            "advisories" => self.advisories(key, value),
            other => self.error(key.line, unknown_key(other, &KEYS)),
        }
    }

    fn exclude(&mut self, key: &Key, value: &Node) {
        if !matches!(value.value, Value::List(_)) {
            self.error(key.line, "exclude is a list of path patterns: [\"legacy/\", \"*.min.js\"]");
        }
        for item in value.items() {
            match string(item)
                .ok_or_else(|| format!("a path pattern is a string, not {}", item.kind()))
                .and_then(PathPattern::new)
            {
                Ok(pattern) => self.config.exclude.push(pattern),
                Err(why) => self.error(item.line, why),
            }
        }
    }

    /// The table `[advisories]`: `paths = ["security/advisories"]`.
    fn advisories(&mut self, key: &Key, value: &Node) {
        if !matches!(value.value, Value::Map(_)) {
            self.error(key.line, "advisories is a table: [advisories]");
        }
        for (key, value) in value.entries() {
            if key.text != "paths" {
                self.error(key.line, unknown_key(&key.text, &["paths"]));
                continue;
            }
            if !matches!(value.value, Value::List(_)) {
                self.error(key.line, "paths is a list of folders below the project's root: [\"security/advisories\"]");
            }
            for item in value.items() {
                let name = Key { line: item.line, ..key.clone() };
                if let Some(folder) = self.folder(&name, item) {
                    self.config.advisories.push((folder, item.line));
                }
            }
        }
    }

    fn folder(&mut self, key: &Key, value: &Node) -> Option<String> {
        let folder = string(value).map(|folder| folder.trim_start_matches("./").trim_end_matches('/').to_owned());
        let inside = folder.as_ref().is_some_and(|folder| {
            !folder.is_empty() && !folder.starts_with(['/', '~']) && !folder.split(['/', '\\']).any(|part| part == "..")
        });
        if inside {
            return folder;
        }
        self.error(key.line, format!("{} is the name of a folder below the project's root", key.text));
        None
    }

    /// The table `[analysis]`: `library = "auto"`, `"on"` or `"off"`.
    fn analysis(&mut self, key: &Key, value: &Node) {
        if !matches!(value.value, Value::Map(_)) {
            self.error(key.line, "analysis is a table: [analysis]");
        }
        for (key, value) in value.entries() {
            match (key.text.as_str(), string(value)) {
                ("library", Some("auto")) => self.config.library = None,
                ("library", Some("on")) => self.config.library = Some(true),
                ("library", Some("off")) => self.config.library = Some(false),
                ("library", _) => self.error(key.line, "library is one of \"auto\", \"on\", \"off\""),
                (other, _) => self.error(key.line, unknown_key(other, &["library"])),
            }
        }
    }

    fn suppressions(&mut self, key: &Key, value: &Node) {
        let Value::List(items) = &value.value else {
            self.error(key.line, "suppressions are written as tables: [[suppress]]");
            return;
        };
        for item in items {
            if let Value::Map(_) = item.value {
                let line = item.entries().first().map_or(item.line, |(first, _)| first.line);
                self.suppression(line, item);
            } else {
                self.error(item.line, "a suppression is a table: [[suppress]]");
            }
        }
    }

    fn suppression(&mut self, line: u32, table: &Node) {
        let mistakes = self.errors.len();
        for (key, _) in table.entries().iter().filter(|(key, _)| !SUPPRESS_KEYS.contains(&key.text.as_str())) {
            self.error(key.line, unknown_key(&key.text, &SUPPRESS_KEYS));
        }
        let rule = self.required(line, table, "rule", "the id of the rule");
        let reason = self.required(line, table, "reason", "why the finding is accepted");
        let until = match table.get("until") {
            None => {
                self.error(line, "a suppression needs `until`, its last day: until = 2027-01-31");
                String::new()
            }
            Some(date) => {
                let text = date.text().unwrap_or_default();
                if !dates::is_iso(text) {
                    self.error(date.line, "until is a day: 2027-01-31");
                }
                text.to_owned()
            }
        };
        let path = table.get("path").and_then(|path| {
            match string(path).ok_or_else(|| "path is a string".to_owned()).and_then(PathPattern::new) {
                Ok(pattern) => Some(pattern),
                Err(why) => {
                    self.error(path.line, why);
                    None
                }
            }
        });
        let id = table.get("id").and_then(|id| {
            let text = string(id).filter(|text| text.starts_with("LN-")).map(str::to_owned);
            if text.is_none() {
                self.error(id.line, "id is that of a finding: \"LN-7K3F2\"");
            }
            text
        });
        let advisory = table.get("advisory").and_then(|advisory| {
            let text = string(advisory).map(str::trim).filter(|text| text.contains('-')).map(str::to_owned);
            if text.is_none() {
                self.error(advisory.line, "advisory is the id of one: \"GHSA-35jh-r3h4-6jhm\", \"CVE-2021-23337\"");
            }
            text
        });
        if self.errors.len() == mistakes {
            self.config.suppressions.push(ConfigSuppression { rule, path, id, advisory, reason, until, line });
        }
    }

    fn required(&mut self, line: u32, table: &Node, key: &str, what: &str) -> String {
        match table.get(key).map(|value| (value.line, string(value))) {
            Some((_, Some(text))) if !text.trim().is_empty() => text.trim().to_owned(),
            Some((line, _)) => {
                self.error(line, format!("{key} is a string: {what}"));
                String::new()
            }
            None => {
                self.error(line, format!("a suppression needs `{key}`: {what}"));
                String::new()
            }
        }
    }
}

fn string(node: &Node) -> Option<&str> {
    if let Value::Text(text) = &node.value { Some(text) } else { None }
}

/// The severity that a lower-case word names.
pub fn severity(word: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.as_str().to_lowercase() == word)
}

/// The confidence that a lower-case word names.
pub fn confidence(word: &str) -> Option<Confidence> {
    [Confidence::Tentative, Confidence::Firm, Confidence::Confirmed]
        .into_iter()
        .find(|confidence| confidence.as_str() == word)
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    let near = known.iter().map(|known| (distance(key, known), known)).min().filter(|(distance, _)| *distance <= 2);
    match near {
        Some((_, near)) => format!("unknown key `{}`; did you mean `{near}`?", code_line(key)),
        None => format!("unknown key `{}`; known are {}", code_line(key), known.join(", ")),
    }
}

/// Levenshtein's distance, for names of keys (the inputs are cut to 40 characters).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(40).collect();
    let b: Vec<char> = b.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn errors(text: &str) -> Vec<String> {
        parse(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_full_file_is_read() {
        let config = parse(
            "exclude = [\"legacy/\"]\nfail_on = \"high\"\nmin_confidence = \"firm\"\n\n[[suppress]]\nrule = \"py-debug\"\npath = \"dev/*.py\"\nid = \"LN-ABCDE\"\nreason = \"dev only\"\nuntil = 2027-01-31\n",
        )
        .unwrap();
        assert_eq!(config.fail_on, Some(FailOn::At(Severity::High)));
        assert_eq!(config.min_confidence, Some(Confidence::Firm));
        assert!(config.exclude[0].matches("legacy/a.py"));
        let suppression = &config.suppressions[0];
        assert_eq!((suppression.line, suppression.until.as_str()), (6, "2027-01-31"));
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn mistakes_are_errors_with_their_line() {
        assert_eq!(errors("fail_om = \"high\"\n"), ["lunette.toml:1: unknown key `fail_om`; did you mean `fail_on`?"]);
        assert_eq!(
            errors("\nzzzzzzzz = 1\n"),
            [
                "lunette.toml:2: unknown key `zzzzzzzz`; known are exclude, fail_on, min_confidence, suppress, analysis, advisories"
            ]
        );
        assert!(errors("fail_on = \"severe\"")[0].contains(":1: fail_on is one of"));
        assert!(errors("fail_on = \"High\"")[0].contains("fail_on is one of"));
        assert!(errors("exclude = \"a\"")[0].contains("a list of path patterns"));
        assert!(errors("exclude = [\n\"a\",\n\"../b\"]")[0].starts_with("lunette.toml:3: the pattern leads out"));
        assert!(errors("rules = \"x\"")[0].contains("`--rules DIR`"));
        assert!(errors("models = \"x\"")[0].contains("`--models DIR`"));
        assert!(errors("a = ")[0].starts_with("lunette.toml:1:"));
        assert!(errors("suppress = 1")[0].contains("[[suppress]]"));
    }

    #[test]
    fn folders_of_advisories() {
        let config = parse("[advisories]\npaths = [\"./security/advisories/\",\n  \"more\"]\n").unwrap();
        assert_eq!(config.advisories, [("security/advisories".to_owned(), 2), ("more".to_owned(), 3)]);
        assert!(errors("[advisories]\npaths = [\n\"../x\"]\n")[0].starts_with("lunette.toml:3: paths is the name of"));
        assert!(errors("[advisories]\npath = []\n")[0].contains("did you mean `paths`"));
        assert!(errors("[advisories]\npaths = \"x\"\n")[0].contains("a list of folders"));
        assert!(errors("advisories = \"x\"\n")[0].contains("[advisories]"));
    }

    #[test]
    fn library_mode_can_be_set() {
        assert_eq!(parse("[analysis]\nlibrary = \"on\"\n").unwrap().library, Some(true));
        assert_eq!(parse("[analysis]\nlibrary = \"off\"\n").unwrap().library, Some(false));
        assert_eq!(parse("[analysis]\nlibrary = \"auto\"\n").unwrap().library, None);
        assert_eq!(
            errors("[analysis]\nlibrary = true\n"),
            ["lunette.toml:2: library is one of \"auto\", \"on\", \"off\""]
        );
        assert!(errors("[analysis]\nlibary = \"on\"\n")[0].contains("did you mean `library`"));
    }

    #[test]
    fn a_suppression_needs_rule_reason_and_day() {
        assert_eq!(errors("[[suppress]]\npath = \"a\"\n").len(), 3);
        assert!(
            errors("[[suppress]]\nrule = \"a\"\nreason = \"  \"\nuntil = 2027-01-31\n")[0]
                .starts_with("lunette.toml:3: reason is a string")
        );
        assert!(
            errors("[[suppress]]\nrule = \"a\"\nreason = \"b\"\nuntil = \"soon\"\n")[0]
                .starts_with("lunette.toml:4: until is a day")
        );
        assert!(
            errors("[[suppress]]\nrule = \"a\"\nreasn = \"b\"\nreason = \"b\"\nuntil = 2027-01-31\n")[0]
                .contains("did you mean `reason`")
        );
        assert!(
            errors("[[suppress]]\nrule = \"a\"\nid = \"7\"\nreason = \"b\"\nuntil = 2027-01-31\n")[0].contains("LN-")
        );
    }

    #[test]
    fn fail_on_compares_severities() {
        assert!(FailOn::At(Severity::Medium).fails(Severity::High));
        assert!(!FailOn::At(Severity::Critical).fails(Severity::High));
        assert!(!FailOn::Never.fails(Severity::Critical));
    }
}
