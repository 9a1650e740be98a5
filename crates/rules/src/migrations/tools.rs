//! What is known of migration tools (`data/migrations.yml`), and which files are migrations of theirs.

use std::sync::LazyLock;

use lunette_flow::program::Unit;
use lunette_lang::ir::{BodyId, BodyKind, ImportForm, Language};
use serde::Deserialize;

const TOOLS: &str = include_str!("../../data/migrations.yml");

/// A tool whose migrations are code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tool {
    pub(crate) name: String,
    language: Code,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default)]
    folders: Vec<String>,
    #[serde(default)]
    entries: Vec<String>,
    #[serde(default)]
    classes: Vec<String>,
    /// How many folders above the file's own one belong to the same database.
    #[serde(default)]
    pub(crate) above: usize,
    pub(crate) chain: Option<Chain>,
    pub(crate) statements: Vec<Statement>,
    #[serde(default)]
    pub(crate) runs: Vec<String>,
    #[serde(default)]
    pub(crate) same: Vec<String>,
    #[serde(default)]
    pub(crate) texts: Vec<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) rows: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Code {
    Python,
    JavaScript,
}

/// The variables that order the files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chain {
    pub(crate) id: String,
    pub(crate) after: Vec<String>,
}

/// A call that runs SQL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement {
    pub(crate) of: String,
    #[serde(default)]
    pub(crate) text: Text,
    pub(crate) name: Option<String>,
}

/// Where a call has its SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Text {
    Receiver,
    #[serde(untagged)]
    Argument(usize),
}

impl Default for Text {
    fn default() -> Self {
        Text::Argument(0)
    }
}

/// All tools. The tests hold that the file can be read.
pub(crate) fn tools() -> &'static [Tool] {
    static KNOWN: LazyLock<Vec<Tool>> = LazyLock::new(|| serde_saphyr::from_str(TOOLS).unwrap_or_default());
    &KNOWN
}

/// The tool whose migration a file is.
pub(crate) fn tool_of(unit: &Unit) -> Option<&'static Tool> {
    tools().iter().find(|tool| tool.owns(unit))
}

impl Tool {
    fn owns(&self, unit: &Unit) -> bool {
        let module = &unit.module;
        let language = match module.language {
            Language::Python => Code::Python,
            Language::JavaScript => Code::JavaScript,
        };
        let folder = unit.path.rsplit('/').nth(1).unwrap_or_default();
        let imports = |package: &String| {
            module.imports.iter().any(|import| import.level == 0 && module.name(import.module) == package)
                || module.imports.iter().any(|import| {
                    matches!(import.form, ImportForm::Static)
                        && module
                            .name(import.module)
                            .strip_prefix(package.as_str())
                            .is_some_and(|rest| rest.starts_with('.'))
                })
        };
        language == self.language
            && (self.folders.is_empty() || self.folders.iter().any(|name| name == folder))
            && (self.imports.is_empty() || self.imports.iter().any(imports))
            && self.starts(unit).next().is_some()
            && self.statements.iter().any(|statement| {
                let method = statement.of.rsplit('.').next().unwrap_or_default();
                module.names.find(method).is_some()
            })
    }

    /// The bodies that the tool runs to go forward.
    pub(crate) fn starts<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = BodyId> + 'a {
        let module = &unit.module;
        module.bodies.iter().enumerate().filter_map(move |(at, body)| {
            let outermost = body.parent == Some(BodyId::MODULE)
                || body.parent.is_some_and(|parent| module.body(parent).kind == BodyKind::Class);
            let meant = match body.kind {
                BodyKind::Module => false,
                BodyKind::Class => body.class.is_some_and(|class| {
                    self.classes.iter().any(|name| name == module.name(module.classes[class.index()].name))
                }),
                _ => outermost && self.entries.iter().any(|name| name == module.name(body.name)),
            };
            meant.then_some(BodyId(at as u32))
        })
    }
}

/// Whether a call's path is what a pattern says; one `*` in it stands for anything.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => {
            path.len() >= before.len() + after.len() && path.starts_with(before) && path.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read() {
        let tools: Result<Vec<Tool>, _> = serde_saphyr::from_str(TOOLS);
        assert!(tools.as_ref().is_ok_and(|tools| tools.len() >= 3), "{tools:?}");
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(fits("a.*.raw", "a.b().raw") && !fits("a.*.raw", "a.raw") && !fits("a.raw", "a.b.raw"));
    }
}
