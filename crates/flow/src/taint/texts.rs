//! Which texts get past a test, by trying what an attack would hold.

use regex::Regex;
use rustc_hash::FxHashMap;

use super::KindSet;
use crate::models::TaintModels;

/// How much of a text a regular expression has to match.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Anchoring {
    /// Some part: `test`, `search`.
    #[default]
    Search,
    /// A beginning: Python's `match`.
    Start,
    /// All: `fullmatch`.
    Full,
}

/// Regular expressions compiled once.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    compiled: FxHashMap<(String, Anchoring), Option<Regex>>,
}

impl Patterns {
    /// The expression; `None` when it cannot be had (look-around, back references).
    fn get(&mut self, pattern: &str, how: Anchoring) -> Option<&Regex> {
        let key = (pattern.to_owned(), how);
        let compile = || {
            let text = match how {
                Anchoring::Search => pattern.to_owned(),
                Anchoring::Start => format!("^(?:{pattern})"),
                Anchoring::Full => format!("^(?:{pattern})$"),
            };
            regex::RegexBuilder::new(&text).size_limit(1 << 20).build().ok()
        };
        self.compiled.entry(key).or_insert_with(compile).as_ref()
    }

    /// Kinds of harm whose probes all fail to match: a value that matches cannot do them.
    pub(crate) fn refused(&mut self, models: &TaintModels, pattern: &str, how: Anchoring) -> KindSet {
        let Some(regex) = self.get(pattern, how) else { return KindSet::default() };
        kinds(models, |probe| !regex.is_match(probe))
    }

    /// Kinds of harm all of whose probes match: a value that does not match cannot do them.
    pub(crate) fn caught(&mut self, models: &TaintModels, pattern: &str, how: Anchoring) -> KindSet {
        let Some(regex) = self.get(pattern, how) else { return KindSet::default() };
        kinds(models, |probe| regex.is_match(probe))
    }

    /// Kinds of harm that are impossible once everything that matches was taken out or replaced.
    pub(crate) fn replaced(&mut self, models: &TaintModels, pattern: &str) -> KindSet {
        self.caught(models, pattern, Anchoring::Search)
    }
}

/// Kinds that have probes, all of which pass a test.
fn kinds(models: &TaintModels, holds: impl Fn(&str) -> bool) -> KindSet {
    let mut set = KindSet::default();
    let mut any = false;
    for (at, kind) in models.kinds.iter().enumerate() {
        if !kind.probes.is_empty() && kind.probes.iter().all(|probe| holds(probe)) {
            set |= KindSet::one(at);
            any = true;
        }
    }
    // What refuses the probes of every kind leaves nothing harmful.
    let probed = models.kinds.iter().filter(|kind| !kind.probes.is_empty()).count();
    if any && set.indices().count() == probed { KindSet::ALL.without(models.any_value) } else { set }
}

/// Kinds of harm that a value cannot do which does not hold `text`.
pub(crate) fn without(models: &TaintModels, text: &str) -> KindSet {
    by(models, |kind| kind.harmless_without.iter().any(|known| known == text))
}

/// Kinds of harm that a value cannot do which begins with `text`.
pub(crate) fn beginning(models: &TaintModels, text: &str) -> KindSet {
    by(models, |kind| kind.harmless_prefix.as_ref().is_some_and(|regex| regex.is_match(text)))
}

/// Kinds of harm that a value cannot do which is pasted behind `text`.
pub(crate) fn behind(models: &TaintModels, text: &str) -> KindSet {
    by(models, |kind| kind.harmless_after.as_ref().is_some_and(|regex| regex.is_match(text)))
}

/// Kinds of harm that a function of that name is trusted to prevent.
pub(crate) fn named(models: &TaintModels, name: &str) -> KindSet {
    by(models, |kind| kind.cleared_by_name.as_ref().is_some_and(|regex| regex.is_match(name)))
}

fn by(models: &TaintModels, holds: impl Fn(&crate::models::Kind) -> bool) -> KindSet {
    let mut set = KindSet::default();
    for (at, kind) in models.kinds.iter().enumerate() {
        if holds(kind) {
            set |= KindSet::one(at);
        }
    }
    set
}
