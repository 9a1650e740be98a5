//! The models that come with Lunette, embedded at build time.

use crate::models::{ModelError, Models};

/// Name (`python/flask.yml`) and text of every embedded model, sorted by name.
pub const MODELS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/models.rs"));

impl Models {
    /// The embedded models alone.
    ///
    /// # Errors
    /// Faults in them; a test holds that there are none.
    pub fn builtin() -> Result<Self, Vec<ModelError>> {
        Self::load(MODELS.iter().copied())
    }

    /// The embedded models of the languages whose folder (`python`, `javascript`) is wanted.
    ///
    /// # Errors
    /// As [`Models::builtin`].
    pub fn builtin_of(wanted: impl Fn(&str) -> bool) -> Result<Self, Vec<ModelError>> {
        Self::load(
            MODELS.iter().copied().filter(|(name, _)| name.split_once('/').is_none_or(|(folder, _)| wanted(folder))),
        )
    }

    /// The embedded models, and a user's own after them.
    ///
    /// # Errors
    /// Every fault found in the user's files.
    pub fn with<'t>(own: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, Vec<ModelError>> {
        Self::load(MODELS.iter().copied().chain(own))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn embedded_models_are_faultless_and_sorted() {
        let models = Models::builtin().unwrap();
        // All but the kinds of harm are models of a package.
        assert_eq!(models.files.len(), MODELS.len() - 1);
        assert!(MODELS.is_sorted_by_key(|(name, _)| *name));
    }
}
