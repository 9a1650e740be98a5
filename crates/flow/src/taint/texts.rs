//! Which texts get past a test, by trying what an attack would hold.

use lunette_lang::ir::Language;
use rustc_hash::FxHashMap;

use super::KindSet;
use crate::constant::Value;
use crate::models::TaintModels;
use crate::pattern::{Anchoring, Regex, passing};

/// What regular expressions keep out and let through, each found once.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    known: FxHashMap<(Language, String, String, Anchoring), Kept>,
}

/// What a regular expression says of a value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    /// Kinds of harm none of whose probes match: a value that matches cannot do them.
    pub(crate) refused: KindSet,
    /// Kinds of harm all of whose probes match: a value that does not match, or in which all matches were replaced,
    /// cannot do them.
    pub(crate) caught: KindSet,
}

impl Patterns {
    /// What a constant regular expression keeps out.
    pub(crate) fn of(&mut self, models: &TaintModels, pattern: &Value, language: Language, how: Anchoring) -> Kept {
        let (text, flags) = match pattern {
            Value::Regex { pattern, flags } => (pattern, flags.as_str()),
            Value::Str(text) => (text, ""),
            Value::Bytes(text) => (text, "b"),
            _ => return Kept::default(),
        };
        let key = (language, text.clone(), flags.to_owned(), how);
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let kept = Regex::of(pattern, language).map_or_else(Kept::default, |regex| kept(models, &regex, how));
        self.known.insert(key, kept);
        kept
    }
}

fn kept(models: &TaintModels, regex: &Regex, how: Anchoring) -> Kept {
    let probed = || models.kinds.iter().enumerate().filter(|(_, kind)| !kind.probes.is_empty());
    let texts = probed().flat_map(|(_, kind)| kind.probes.iter().map(String::as_str));
    let mut answers = passing(regex, how, texts).into_iter();
    let (mut refused, mut caught, mut all) = (KindSet::default(), KindSet::default(), KindSet::default());
    for (at, kind) in probed() {
        let answers: Vec<Option<bool>> = answers.by_ref().take(kind.probes.len()).collect();
        let bit = KindSet::one(at);
        all |= bit;
        for (set, wanted) in [(&mut refused, false), (&mut caught, true)] {
            if answers.iter().all(|answer| *answer == Some(wanted)) {
                *set |= bit;
            }
        }
    }
    // What refuses the probes of every kind leaves nothing harmful.
    let whole = |set: KindSet| if set == all { KindSet::ALL.without(models.any_value) } else { set };
    Kept { refused: whole(refused), caught: whole(caught) }
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
