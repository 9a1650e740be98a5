//! What Lunette knows before it sees a project: models of libraries and rules, compiled together.

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
        fn pairs(files: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
            files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
        }
        fn told<E: ToString>(errors: &[E]) -> AssessError {
            AssessError::Config(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
        let mut models =
            Models::with(pairs(&extras.models)).map_err(|errors| told(&errors))?;
        let rulebook = Rulebook::load(lunette_rules::BUILTIN.iter().copied().chain(pairs(&extras.rules)), &mut models)
            .map_err(|errors| told(&errors))?;
        Ok(Knowledge { models, rulebook })
    }

    /// Whether there is a rule of this id.
    pub fn knows(&self, id: &str) -> bool {
        self.rules().binary_search_by(|rule| rule.id.as_str().cmp(id)).is_ok()
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
