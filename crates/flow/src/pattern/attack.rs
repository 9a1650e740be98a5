//! Tries out what the automaton suggests: builds the text and counts the matcher's steps as the text grows.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "steps are counted below a million, and their growth is rounded"
)]

use std::cell::Cell;
use std::fmt;

use super::Anchoring;
use super::alphabet::Mask;
use super::ambiguity::Candidate;
use super::ast::Regex;
use super::machine;
use super::nfa::{Nfa, Terms};
use super::program::Program;

/// A text that makes a pattern slow: the beginning, what is repeated, and an end that makes the match fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attack {
    /// The beginning.
    pub prefix: String,
    /// What is repeated.
    pub pump: String,
    /// The end.
    pub suffix: String,
}

impl Attack {
    /// The text with so many repetitions.
    pub fn text(&self, times: usize) -> String {
        let mut text = String::with_capacity(self.prefix.len() + self.pump.len() * times + self.suffix.len());
        text.push_str(&self.prefix);
        for _ in 0..times {
            text.push_str(&self.pump);
        }
        text.push_str(&self.suffix);
        text
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.prefix.is_empty(), self.suffix.is_empty()) {
            (true, true) => write!(f, "many times {:?}", self.pump),
            (true, false) => write!(f, "many times {:?}, then {:?}", self.pump, self.suffix),
            (false, true) => write!(f, "{:?}, then many times {:?}", self.prefix, self.pump),
            (false, false) => write!(f, "{:?}, then many times {:?}, then {:?}", self.prefix, self.pump, self.suffix),
        }
    }
}

/// How the steps grew.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Growth {
    /// No more than the text.
    Linear,
    /// With this power of the text's length, rounded.
    Power(u32),
    Exponential,
}

/// Most steps for one text when looking for exponential growth: for the shortest, and for the others.
const FIRST_STEPS: u64 = 200_000;
const EXPONENTIAL_STEPS: u64 = 30_000;
/// Most steps for one text when looking for growth by a power.
const POWER_STEPS: u64 = 16_000;
/// Most steps for all trials of a pattern.
const ALL_STEPS: u64 = 400_000;

/// Tries candidates out on one pattern.
pub(super) struct Trial<'a> {
    pub(super) regex: &'a Regex,
    pub(super) program: &'a Program,
    pub(super) nfa: &'a Nfa,
    pub(super) terms: &'a Terms,
    pub(super) how: Anchoring,
    /// Steps that were taken.
    pub(super) taken: Cell<u64>,
}

impl Trial<'_> {
    /// The steepest growth that the candidate brings about, with the end that does.
    pub(super) fn run(&self, candidate: &Candidate) -> Option<(Growth, Attack)> {
        let mut best: Option<(Growth, Attack)> = None;
        for suffix in self.suffixes(candidate) {
            let growth = self.growth(candidate, &suffix);
            if growth > best.as_ref().map_or(Growth::Linear, |(known, _)| *known) {
                best = Some((growth, self.attack(candidate, &suffix)));
            }
            // Another end seldom makes it worse.
            if growth == Growth::Exponential || (growth > Growth::Linear && candidate.degree.is_some()) {
                break;
            }
        }
        best
    }

    /// Whether no more trials are worth their time.
    pub(super) fn exhausted(&self) -> bool {
        self.taken.get() >= ALL_STEPS
    }

    fn growth(&self, candidate: &Candidate, suffix: &[u8]) -> Growth {
        if candidate.degree.is_none() && self.explodes(candidate, suffix) {
            return Growth::Exponential;
        }
        self.power(candidate, suffix)
    }

    fn steps(&self, candidate: &Candidate, suffix: &[u8], times: usize, limit: u64) -> Option<u64> {
        let classes = candidate
            .prefix
            .iter()
            .chain(candidate.pump.iter().cycle().take(candidate.pump.len() * times))
            .chain(suffix);
        let text: Vec<u32> = classes.map(|&class| self.terms.alphabet.character(class)).collect();
        let limit = limit.min(ALL_STEPS.saturating_sub(self.taken.get()));
        let (result, steps) = machine::matches(self.regex, self.program, &text, self.how, limit);
        self.taken.set(self.taken.get() + steps);
        result.is_ok().then_some(steps)
    }

    /// Whether the steps grow by the same factor with each repetition: doubling the text squares them.
    fn explodes(&self, candidate: &Candidate, suffix: &[u8]) -> bool {
        let mut seen: Vec<(usize, f64)> = Vec::new();
        let mut limit = FIRST_STEPS;
        for times in (0..16).chain((16..=64).step_by(4)) {
            // Of a long repetition a few are many steps.
            if times == 4 {
                limit = EXPONENTIAL_STEPS;
            }
            let Some(steps) = self.steps(candidate, suffix, times, limit) else { break };
            seen.push((times, steps as f64));
            if times == 24 && steps < 2_000 {
                return false;
            }
        }
        let Some(&(last, steps)) = seen.last() else { return false };
        let at = |times: usize| seen.iter().rev().find(|(known, _)| *known <= times).copied();
        let (Some((half, at_half)), Some((quarter, at_quarter))) = (at(last / 2), at(last / 4)) else { return false };
        // Steps per repetition, as powers of two: even for exponential growth, falling for a power.
        let late = f64::log2(steps / at_half) / (last - half).max(1) as f64;
        let early = f64::log2(at_half / at_quarter) / (half - quarter).max(1) as f64;
        let total = f64::log2(steps / at_half);
        total > 3.0 && late > 0.7 * early
    }

    /// The power with which the steps grow when the text doubles.
    fn power(&self, candidate: &Candidate, suffix: &[u8]) -> Growth {
        let (mut before, mut powers) = (None, [0.0_f64; 2]);
        for times in [4, 8, 16, 32, 64, 128] {
            let Some(steps) = self.steps(candidate, suffix, times, POWER_STEPS) else { break };
            let steps = steps as f64;
            if let Some(before) = before.replace(steps) {
                let now = f64::log2(steps / before);
                if now < 1.15 && times >= 32 {
                    return Growth::Linear;
                }
                powers = [powers[1], now];
            }
        }
        // What is constant or linear besides halves its share with each doubling, so the power comes from below.
        let power = powers[1] + (powers[1] - powers[0]).clamp(0.0, 0.5);
        if power < 1.5 { Growth::Linear } else { Growth::Power(power.round().clamp(2.0, 20.0) as u32) }
    }

    /// Ends that may make the match fail: characters that nothing reads after the repetitions first.
    fn suffixes(&self, candidate: &Candidate) -> Vec<Vec<u8>> {
        let mut states: Vec<bool> = vec![false; self.nfa.moves.len()];
        states[0] = true;
        for class in candidate.prefix.iter().chain(candidate.pump.iter().cycle().take(candidate.pump.len() * 3)) {
            let mut next = vec![false; states.len()];
            for (state, _) in states.iter().enumerate().filter(|(_, active)| **active) {
                for step in &self.nfa.moves[state] {
                    next[step.to as usize] |= step.by & (1 << class) != 0;
                }
            }
            states = next;
        }
        let before_match = 1..=self.nfa.before_match as usize;
        let mut read: Mask = 0;
        for (state, _) in states.iter().enumerate().filter(|(_, active)| **active) {
            for step in &self.nfa.moves[state] {
                if !before_match.contains(&(step.to as usize)) {
                    read |= step.by;
                }
            }
        }
        let all = self.terms.alphabet.all();
        let mut ends = Vec::new();
        let dead = all & !read;
        ends.extend(bits(dead).take(2).map(|class| vec![class]));
        ends.push(Vec::new());
        let others: Vec<u8> = bits(all & read).collect();
        ends.extend(others.iter().take(3).chain(others.iter().skip(3).rev().take(3)).map(|&class| vec![class]));
        // A line break and something after it: `$` of Python and of lines.
        ends.extend(
            bits(dead)
                .take(1)
                .flat_map(|class| bits(self.terms.breaks & all).take(1).map(move |line| vec![line, class])),
        );
        ends
    }

    fn attack(&self, candidate: &Candidate, suffix: &[u8]) -> Attack {
        Attack { prefix: self.text(&candidate.prefix), pump: self.text(&candidate.pump), suffix: self.text(suffix) }
    }

    fn text(&self, classes: &[u8]) -> String {
        let units: Vec<u32> = classes.iter().map(|&class| self.terms.alphabet.character(class)).collect();
        if self.regex.utf16 {
            String::from_utf16_lossy(&units.iter().map(|&unit| unit as u16).collect::<Vec<_>>())
        } else {
            units.into_iter().map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    }
}

fn bits(mut mask: Mask) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        (mask != 0).then(|| {
            let bit = mask.trailing_zeros() as u8;
            mask &= mask - 1;
            bit
        })
    })
}
