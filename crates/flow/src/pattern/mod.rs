//! Regular expressions that the analysed code contains: what they cost, and what they let through.
//!
//! JavaScript and Python match by backtracking: where a pattern can read one text in many ways and the rest then
//! fails, all of them are tried. [`verdict`] finds such patterns in three steps: an automaton whose moves are counted
//! (`nfa`), a search for ambiguity in it (`ambiguity`), and a trial of each suspicion with a matcher that counts its
//! steps (`attack`). What the trial does not confirm is not told, so lookarounds, references and atomic groups, of
//! which the automaton knows little, give no false alarm.
//!
//! Every search is bounded; a bound that was reached gives [`Verdict::Unknown`], never a slow answer.

mod alphabet;
mod ambiguity;
mod ast;
mod attack;
mod components;
mod guard;
mod machine;
mod nfa;
mod parse;
mod program;
mod set;
mod survey;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use lunette_lang::ir::Language;

use crate::constant::Value;

pub use ast::Regex;
pub use attack::Attack;

use ambiguity::Found;
use attack::{Growth, Trial};
use nfa::Terms;
use program::Program;
use survey::Survey;

/// The language whose syntax and matcher a pattern is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// JavaScript's `RegExp`.
    JavaScript,
    /// Python's `re`.
    Python,
}

impl Regex {
    /// The expression that a constant of a program is: a literal, or a text from which one is made. `None` when it is
    /// none or cannot be read.
    pub fn of(value: &Value, language: Language) -> Option<Regex> {
        let (dialect, pattern, flags) = match (language, value) {
            (_, Value::Regex { pattern, flags }) => (Dialect::JavaScript, pattern, flags.as_str()),
            // The flags are another argument. An expression of several lines is written for `re.VERBOSE`.
            (Language::Python, Value::Str(text)) => (Dialect::Python, text, if text.contains('\n') { "x" } else { "" }),
            (Language::Python, Value::Bytes(text)) => {
                (Dialect::Python, text, if text.contains('\n') { "bx" } else { "b" })
            }
            (Language::JavaScript, Value::Str(text)) => (Dialect::JavaScript, text, ""),
            _ => return None,
        };
        Regex::parse(pattern, flags, dialect).ok()
    }
}

/// Where a match may lie.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Anchoring {
    /// Anywhere: JavaScript, Python's `search`.
    #[default]
    #[serde(rename = "search")]
    Anywhere,
    /// At the start: Python's `match`.
    Start,
    /// The whole text: Python's `fullmatch`.
    Full,
}

/// A pattern that could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason} (at character {at})")]
pub struct Unreadable {
    /// Why.
    pub reason: &'static str,
    /// Where, in characters (JavaScript without `u`: UTF-16 code units).
    pub at: usize,
}

/// How the time of a failing match grows with the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As the text does.
    Safe,
    /// With a power of its length, two or more.
    Polynomial {
        /// The power.
        degree: u32,
        /// A text that shows it.
        attack: Attack,
    },
    /// It doubles with every few characters.
    Exponential {
        /// A text that shows it.
        attack: Attack,
    },
    /// Not told: the pattern is too large, or the search was cut short.
    Unknown(&'static str),
}

/// Most moves looked at when searching for ambiguity.
const WORK: u32 = 400_000;
/// Most suspicions of each kind that are tried out.
const TRIALS: usize = 8;

/// How slow a pattern can get (Weideman et al. 2016, confirmed by counting steps).
pub fn verdict(regex: &Regex, how: Anchoring) -> Verdict {
    let survey = Survey::of(regex);
    if !survey.loops {
        return Verdict::Safe;
    }
    let top = if regex.utf16 { 0xFFFF } else { 0x10_FFFF };
    let Some(alphabet) = alphabet::Alphabet::of(&regex.sets, &survey.used, top) else {
        return Verdict::Unknown("too many different characters");
    };
    let terms =
        Terms { word: alphabet.mask(regex.word.index()), breaks: alphabet.mask(regex.breaks.index()), alphabet };
    let Ok(nfa) = nfa::build(regex, &survey, &terms, how) else {
        return Verdict::Unknown("too large");
    };
    let found = ambiguity::find(&nfa, WORK);
    if found.exponential.is_empty() && found.polynomial.is_empty() {
        return if found.cut { Verdict::Unknown("too intricate") } else { Verdict::Safe };
    }
    let program = Program::compile(regex);
    tried(&found, &Trial { regex, program: &program, nfa: &nfa, terms: &terms, how, taken: Cell::new(0) })
}

/// The worst of what the trials confirm.
fn tried(found: &Found, trial: &Trial) -> Verdict {
    let mut best: Option<(Growth, Attack)> = None;
    for candidate in found.exponential.iter().take(TRIALS) {
        match trial.run(candidate) {
            Some((Growth::Exponential, attack)) => return Verdict::Exponential { attack },
            Some(other) if best.as_ref().is_none_or(|(growth, _)| other.0 > *growth) => best = Some(other),
            _ => {}
        }
    }
    for candidate in found.polynomial.iter().take(TRIALS) {
        // They come steepest first.
        if let (Some((Growth::Power(known), _)), Some(degree)) = (&best, candidate.degree)
            && *known >= degree
        {
            break;
        }
        if let Some(other) = trial.run(candidate)
            && best.as_ref().is_none_or(|(growth, _)| other.0 > *growth)
        {
            best = Some(other);
        }
    }
    match best {
        Some((Growth::Power(degree), attack)) => Verdict::Polynomial { degree, attack },
        Some((Growth::Exponential, attack)) => Verdict::Exponential { attack },
        _ if found.cut || trial.exhausted() => Verdict::Unknown("too intricate"),
        _ => Verdict::Safe,
    }
}

/// Steps allowed for one probe.
const PROBE_STEPS: u64 = 20_000;

/// Whether a check by this pattern lets one of the probes pass. Nothing when the match takes too long to tell.
///
/// The match is that of the language itself, lookarounds and references included: JavaScript's `test` with
/// [`Anchoring::Anywhere`]; Python's `$` lets a line break at the end pass.
pub fn admits(pattern: &Regex, how: Anchoring, probes: &[&str]) -> Option<bool> {
    let answers = passing(pattern, how, probes.iter().copied());
    if answers.contains(&Some(true)) {
        return Some(true);
    }
    answers.iter().all(Option::is_some).then_some(false)
}

/// For each probe, whether a check by this pattern lets it pass; as [`admits`].
pub fn passing<'p>(pattern: &Regex, how: Anchoring, probes: impl IntoIterator<Item = &'p str>) -> Vec<Option<bool>> {
    let program = Program::compile(pattern);
    let passes = |probe| machine::matches(pattern, &program, &pattern.units(probe), how, PROBE_STEPS).0.ok();
    probes.into_iter().map(passes).collect()
}
