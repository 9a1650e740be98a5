//! `lunette rules`, `lunette explain`, `lunette models check`: what Lunette knows, without a project.

use std::fmt::Write as _;
use std::path::Path;

use lunette_assess::{Extras, Knowledge};

use super::own_folder;
use crate::args::{Format, RulesArgs};
use crate::exit::{Failure, Status};
use crate::output;

fn knowledge(extras: &Extras) -> Result<Knowledge, Failure> {
    Knowledge::load(extras).map_err(super::assess::failure)
}

/// Lists the rules, or checks a folder of the user's own.
pub(crate) fn rules(args: &RulesArgs) -> Result<Status, Failure> {
    if let Some(folder) = &args.check {
        let rules = own_folder(None, "--check", folder, "md")?;
        let count = rules.len();
        knowledge(&Extras { rules, models: Vec::new() })?;
        output::stdout(format!("{count} rule files checked, all valid\n").as_bytes())?;
        return Ok(Status::FINE);
    }
    let knowledge = knowledge(&Extras::default())?;
    let rules = knowledge.rules();
    let text = match args.format {
        Format::Json => serde_json::to_string_pretty(rules)
            .map(|text| text + "\n")
            .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?,
        Format::Text => {
            let mut text = String::new();
            for rule in rules {
                let cwe: Vec<String> = rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect();
                let _ = writeln!(text, "{:36} {:52} {}", rule.id, rule.title, cwe.join(" "));
            }
            let _ = writeln!(text, "\n{} rules. More on one: lunette explain RULE", rules.len());
            text
        }
    };
    output::stdout(text.as_bytes())?;
    Ok(Status::FINE)
}

/// Explains a rule.
pub(crate) fn explain(id: &str) -> Result<Status, Failure> {
    let knowledge = knowledge(&Extras::default())?;
    match knowledge.explain(id) {
        Some(text) => {
            output::stdout(text.as_bytes())?;
            Ok(Status::FINE)
        }
        None => Err(Failure::usage(match nearest(id, &knowledge) {
            Some(near) => format!("there is no rule `{id}`; did you mean `{near}`? `lunette rules` lists them all"),
            None => format!("there is no rule `{id}`; `lunette rules` lists them all"),
        })),
    }
}

/// The rule whose id is nearest by edits, when it is near at all.
fn nearest<'k>(id: &str, knowledge: &'k Knowledge) -> Option<&'k str> {
    let near = |rule: &'k lunette_core::Rule| (distance(id, &rule.id), rule.id.as_str());
    knowledge.rules().iter().map(near).min().filter(|(edits, _)| *edits <= id.len() / 2).map(|(_, id)| id)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Checks the model files of a folder.
pub(crate) fn check_models(folder: &Path) -> Result<Status, Failure> {
    let models = own_folder(None, "models check", folder, "yml")?;
    let count = models.len();
    knowledge(&Extras { rules: Vec::new(), models })?;
    output::stdout(format!("{count} model files checked, all valid\n").as_bytes())?;
    Ok(Status::FINE)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
