//! What Lunette knows before it sees a project: models of libraries and rules, compiled together.

use std::collections::BTreeSet;

use lunette_core::Rule;
use lunette_flow::models::Models;
use lunette_rules::Rulebook;

use crate::options::{AssessError, Extras};

/// Models and rules. The paths that rules speak of are in the models' trie, so that they are tracked.
#[derive(Debug)]
pub struct Knowledge {
    /// The models.
    pub(crate) models: Models,
    /// The rules.
    pub(crate) rulebook: Rulebook,
}

impl Knowledge {
    /// The built-in models and rules, with the user's own added.
    ///
    /// # Errors
    /// Every fault of the user's files, with lines.
    pub fn load(extras: &Extras) -> Result<Self, AssessError> {
        let mut models = Models::with(pairs(&extras.models)).map_err(|errors| told(&errors))?;
        let sources = lunette_rules::BUILTIN.iter().copied().chain(pairs(&extras.rules));
        let rulebook = Rulebook::load(sources, &mut models).map_err(|errors| told(&errors))?;
        Ok(Knowledge { models, rulebook })
    }

    /// What is needed for a project with these languages (`python`, `javascript`, `sql`, `config`, `packages`). A user's
    /// own files may speak of any of ours, so with them everything is read.
    ///
    /// # Errors
    /// As [`Knowledge::load`].
    pub(crate) fn for_languages(extras: &Extras, languages: &BTreeSet<&str>) -> Result<Self, AssessError> {
        if *extras != Extras::default() {
            return Self::load(extras);
        }
        let wanted = |language: &str| languages.contains(language);
        let mut models = Models::builtin_of(wanted).map_err(|errors| told(&errors))?;
        let rulebook = Rulebook::builtin_of(&mut models, wanted).map_err(|errors| told(&errors))?;
        Ok(Knowledge { models, rulebook })
    }

    /// The ids of all rules, ours and the user's, without reading them.
    pub(crate) fn ids(extras: &Extras) -> BTreeSet<&str> {
        let mut ids: BTreeSet<&str> = Rulebook::builtin_ids().collect();
        for (name, _) in &extras.rules {
            ids.insert(name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(".md"));
        }
        ids
    }

    /// The metadata of every rule, by id.
    pub fn rules(&self) -> &[Rule] {
        self.rulebook.rules()
    }

    /// The explanation of a rule as Markdown, with its examples.
    pub fn explain(&self, id: &str) -> Option<String> {
        self.rulebook.explain(id)
    }
}

fn pairs(files: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}

fn told<E: ToString>(errors: &[E]) -> AssessError {
    AssessError::Config(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
