//! Commands of continuous integration: GitHub Actions, GitLab, `CircleCI`, Azure, Bitbucket and Jenkins.

use lunette_core::place::Place;

use super::file_name;
use crate::document::{Lines, Node, Value, yaml};

/// Keys under which commands stand.
const COMMANDS: [&str; 9] =
    ["run", "script", "bash", "command", "before_script", "after_script", "pwsh", "powershell", "commands"];
/// Keys that let a pipeline go on when a step has failed.
const LENIENT: [&str; 3] = ["continue-on-error", "allow_failure", "continueOnError"];
/// Services that open pull requests for packages with known weaknesses.
const SERVICES: [&str; 8] = [
    "dependabot.yml",
    "dependabot.yaml",
    "renovate.json",
    "renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".snyk",
    ".whitesource",
];
/// Actions that look packages up.
const ACTIONS: [&str; 8] = [
    "google/osv-scanner-action",
    "pypa/gh-action-pip-audit",
    "actions/dependency-review-action",
    "aquasecurity/trivy-action",
    "anchore/scan-action",
    "snyk/actions",
    "ossf/osv-scanner",
    "oke-py/npm-audit-action",
];

/// A line of a script, or an action.
pub(super) struct Command {
    pub(super) text: String,
    pub(super) place: Place,
    /// Whether the pipeline goes on when it fails, and by which key.
    pub(super) lenient: Option<&'static str>,
    /// Whether it names an action.
    pub(super) action: bool,
}

/// Whether a file describes a pipeline.
pub(super) fn is_pipeline(path: &str) -> bool {
    let name = file_name(path);
    let is_yaml = name.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "yml" | "yaml"));
    (is_yaml && (path.starts_with(".github/workflows/") || path.contains("/.github/workflows/")))
        || path.ends_with(".circleci/config.yml")
        || matches!(
            name,
            ".gitlab-ci.yml"
                | "azure-pipelines.yml"
                | "azure-pipelines.yaml"
                | "bitbucket-pipelines.yml"
                | "Jenkinsfile"
        )
}

/// Whether a file sets up a service that watches packages.
pub(super) fn is_service(path: &str) -> bool {
    SERVICES.contains(&file_name(path))
}

/// The commands of a pipeline, in the order of its file; none when it cannot be read.
pub(super) fn commands(path: &str, text: &str) -> Vec<Command> {
    let mut out = Vec::new();
    if file_name(path) == "Jenkinsfile" {
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.starts_with("//") && !line.is_empty() {
                let lenient = line.contains("returnStatus: true").then_some("returnStatus");
                out.push(Command { text: line.to_owned(), place: Place::line(path, number), lenient, action: false });
            }
        }
        return out;
    }
    let Ok(documents) = yaml(text) else { return out };
    let reader = Reader { path, lines: Lines::new(path, text), texts: text.lines().collect() };
    for document in &documents {
        reader.visit(document, None, &mut out);
    }
    out
}

struct Reader<'a> {
    path: &'a str,
    lines: Lines<'a>,
    texts: Vec<&'a str>,
}

impl Reader<'_> {
    /// As deep as the document's reader lets it be.
    fn visit(&self, node: &Node<'_>, lenient: Option<&'static str>, out: &mut Vec<Command>) {
        for item in node.items() {
            self.visit(item, lenient, out);
        }
        let lenient = LENIENT.into_iter().find(|key| node.flag(key)).or(lenient);
        for (key, value) in node.entries() {
            if key.text == "uses" {
                let action = value.text().filter(|name| ACTIONS.iter().any(|action| name.starts_with(action)));
                out.extend(action.map(|name| Command {
                    text: name.to_owned(),
                    place: self.lines.node(value),
                    lenient,
                    action: true,
                }));
            }
            if COMMANDS.contains(&&*key.text) {
                self.script(value, lenient, out);
            }
            self.visit(value, lenient, out);
        }
    }

    fn script(&self, value: &Node<'_>, lenient: Option<&'static str>, out: &mut Vec<Command>) {
        if let Value::List(items) = &value.value {
            for item in items {
                self.script(item, lenient, out);
            }
        }
        let Some(text) = value.text() else { return };
        let mut at = self.lines.line(value.at);
        for line in joined(text) {
            let first = line.split('\n').next().unwrap_or_default().trim();
            // A folded or quoted text looks otherwise in the file: then its first line has to do.
            let found =
                (at..).zip(self.texts.iter().skip(at as usize - 1).take(400)).find(|(_, own)| own.contains(first));
            at = found.map_or(at, |(number, _)| number);
            out.push(Command {
                text: line.replace('\n', " "),
                place: Place::line(self.path, at),
                lenient,
                action: false,
            });
        }
    }
}

/// The lines of a script, with those joined that a backslash joins.
fn joined(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let body = line.trim();
        if body.is_empty() || body.starts_with('#') {
            open = false;
            continue;
        }
        let part = body.trim_end_matches('\\').trim_end();
        match out.last_mut() {
            Some(last) if open => {
                last.push('\n');
                last.push_str(part);
            }
            _ => out.push(part.to_owned()),
        }
        open = body.ends_with('\\');
    }
    out
}
