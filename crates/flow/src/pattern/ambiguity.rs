//! Where an automaton can read one text in many ways (Weber and Seidl 1991; Weideman et al. 2016).
//!
//! *Exponential*: a state can come back to itself by one text on two ways. In the product of a component with itself
//! a pair of different states lies between two pairs of equal ones. *Polynomial*: a text leads from a state back to
//! itself, from it to another, and from that back to itself; each link of a chain of such states adds one power.

use rustc_hash::FxHashMap;

use super::alphabet::Mask;
use super::components::{Components, Cyclic};
use super::nfa::{Move, Nfa};

/// Most witnesses of exponential growth kept for one component.
const MAX_PER_COMPONENT: usize = 3;
/// Most witnesses of either kind.
const MAX_CANDIDATES: usize = 24;
/// Most states of a component that are tried as ends of a chain's link.
const MAX_ENDS: usize = 12;

/// Texts, as classes of characters, that make a match slow if the rest then fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    pub(super) prefix: Vec<u8>,
    pub(super) pump: Vec<u8>,
    /// The power of the time that the automaton allows; nothing when it is exponential.
    pub(super) degree: Option<u32>,
}

/// What was found.
#[derive(Default, Debug)]
pub(super) struct Found {
    pub(super) exponential: Vec<Candidate>,
    /// The steepest first.
    pub(super) polynomial: Vec<Candidate>,
    /// Whether a bound on work ended the search.
    pub(super) cut: bool,
}

/// Looks for ambiguity; looks at no more than `work` moves.
pub(super) fn find(nfa: &Nfa, work: u32) -> Found {
    let mut search = Search { nfa, work, found: Found::default() };
    let all = Components::of(nfa, true);
    for cyclic in &all.cyclic {
        search.exponential(&all, cyclic);
    }
    let endless;
    let components = if nfa.moves.iter().flatten().any(|step| step.bounded) {
        endless = Components::of(nfa, false);
        &endless
    } else {
        &all
    };
    search.found.cut |= all.cut || components.cut;
    search.polynomial(components);
    search.found
}

type Pair = (u32, u32);
type Triple = (u32, u32, u32);

struct Search<'a> {
    nfa: &'a Nfa,
    work: u32,
    found: Found,
}

/// The class of a mask that reads best.
fn pick(mask: Mask) -> u8 {
    mask.trailing_zeros().min(127) as u8
}

impl<'a> Search<'a> {
    /// Takes work from the budget.
    fn spend(&mut self, units: usize) -> bool {
        let left = self.work.checked_sub(units as u32);
        self.work = left.unwrap_or(0);
        self.found.cut |= left.is_none();
        left.is_some()
    }

    fn inside(&self, all: &'a Components, state: u32) -> impl Iterator<Item = &'a Move> + use<'a> {
        let component = all.of[state as usize];
        self.nfa_moves(state).iter().filter(move |step| all.of[step.to as usize] == component)
    }

    fn nfa_moves(&self, state: u32) -> &'a [Move] {
        &self.nfa.moves[state as usize]
    }

    fn exponential(&mut self, all: &'a Components, cyclic: &Cyclic) {
        let mut hits = 0;
        let mut came: FxHashMap<Pair, (Pair, u8)> = FxHashMap::default();
        let mut queue: Vec<Pair> = Vec::new();
        for &state in &cyclic.states {
            let moves: Vec<&Move> = self.inside(all, state).collect();
            if !self.spend(moves.len() * moves.len() / 2 + 1) {
                return;
            }
            for (at, one) in moves.iter().enumerate() {
                for other in &moves[at + 1..] {
                    let both = one.by & other.by;
                    if both == 0 {
                        continue;
                    }
                    if one.to == other.to {
                        hits += 1;
                        self.twice(all, state, one.to, vec![pick(both)]);
                    } else {
                        let pair = (one.to.min(other.to), one.to.max(other.to));
                        came.entry(pair).or_insert_with(|| {
                            queue.push(pair);
                            ((state, state), pick(both))
                        });
                    }
                    if hits >= MAX_PER_COMPONENT {
                        return;
                    }
                }
            }
        }
        let mut next = 0;
        while let Some(&pair) = queue.get(next) {
            next += 1;
            let (left, right): (Vec<&Move>, Vec<&Move>) =
                (self.inside(all, pair.0).collect(), self.inside(all, pair.1).collect());
            if !self.spend(left.len() * right.len() + 1) {
                return;
            }
            for one in &left {
                for other in &right {
                    let both = one.by & other.by;
                    if both == 0 {
                        continue;
                    }
                    if one.to == other.to {
                        let (start, mut word) = trace(&came, pair);
                        word.push(pick(both));
                        self.twice(all, start, one.to, word);
                        hits += 1;
                        if hits >= MAX_PER_COMPONENT {
                            return;
                        }
                    } else {
                        let to = (one.to.min(other.to), one.to.max(other.to));
                        came.entry(to).or_insert_with(|| {
                            queue.push(to);
                            (pair, pick(both))
                        });
                    }
                }
            }
        }
    }

    /// A text leads from one state to another on two ways: the way back makes it a cycle.
    fn twice(&mut self, all: &Components, from: u32, to: u32, mut pump: Vec<u8>) {
        let component = all.of[from as usize];
        let Some(back) = self.path(to, from, |state| all.of[state as usize] == component) else { return };
        pump.extend(back);
        let Some(prefix) = self.path(0, from, |_| true) else { return };
        let candidate = Candidate { prefix, pump, degree: None };
        if self.found.exponential.len() < MAX_CANDIDATES && !self.found.exponential.contains(&candidate) {
            self.found.exponential.push(candidate);
        }
    }

    /// The shortest text from one state to another.
    fn path(&mut self, from: u32, to: u32, within: impl Fn(u32) -> bool) -> Option<Vec<u8>> {
        let mut came: FxHashMap<u32, (u32, u8)> = FxHashMap::default();
        let mut queue = vec![from];
        let mut next = 0;
        while from != to && !came.contains_key(&to) {
            let state = *queue.get(next)?;
            next += 1;
            if !self.spend(self.nfa.moves[state as usize].len()) {
                return None;
            }
            for step in &self.nfa.moves[state as usize] {
                if step.to != from && within(step.to) && !came.contains_key(&step.to) {
                    came.insert(step.to, (state, pick(step.by)));
                    queue.push(step.to);
                }
            }
        }
        let (mut word, mut at) = (Vec::new(), to);
        while at != from {
            let &(before, class) = came.get(&at)?;
            word.push(class);
            at = before;
        }
        word.reverse();
        Some(word)
    }

    fn polynomial(&mut self, all: &Components) {
        let count = all.cyclic.len();
        let mut links: Vec<(usize, usize, u32, Vec<u8>)> = Vec::new();
        // Sinks come first: the way goes from the later to the earlier.
        for from in 0..count {
            let state = all.cyclic[from].states.first().copied().unwrap_or(0);
            let reached = all.reaches[all.of[state as usize] as usize];
            for to in 0..from {
                if reached & (1 << to) != 0
                    && all.cyclic[from].by & all.cyclic[to].by != 0
                    && let Some((start, pump)) = self.link(all, from, to)
                {
                    links.push((from, to, start, pump));
                }
            }
        }
        let (below, above) = chains(all, &links);
        let mut ranked: Vec<_> = links
            .into_iter()
            .map(|(from, to, start, pump)| (above[from] + 1 + below[to] + 1, from, start, pump))
            .collect();
        ranked.sort_by_key(|link| (std::cmp::Reverse(link.0), link.1));
        for (degree, _, start, pump) in ranked {
            if self.found.polynomial.len() >= MAX_CANDIDATES {
                break;
            }
            let before_match = start <= self.nfa.before_match;
            let prefix = if before_match { Some(Vec::new()) } else { self.path(0, start, |_| true) };
            let Some(prefix) = prefix else { continue };
            let candidate = Candidate { prefix, pump, degree: Some(degree) };
            if !self.found.polynomial.contains(&candidate) {
                self.found.polynomial.push(candidate);
            }
        }
    }

    /// A state of one component and a text that leads from it to itself, from it to a state of the other, and from that
    /// to itself.
    fn link(&mut self, all: &Components, from: usize, to: usize) -> Option<(u32, Vec<u8>)> {
        let (one, other) = (&all.cyclic[from], &all.cyclic[to]);
        let by = one.by & other.by;
        for &p in one.states.iter().take(MAX_ENDS) {
            for &q in other.states.iter().take(MAX_ENDS) {
                if let Some(word) = self.link_of(all, (p, q), by, to) {
                    return Some((p, word));
                }
                if self.work == 0 {
                    return None;
                }
            }
        }
        None
    }

    fn link_of(&mut self, all: &Components, (p, q): Pair, by: Mask, target: usize) -> Option<Vec<u8>> {
        let (home, away) = (all.of[p as usize], all.of[q as usize]);
        let (start, end): (Triple, Triple) = ((p, p, q), (p, q, q));
        let mut came: FxHashMap<Triple, (Triple, u8)> = FxHashMap::default();
        let mut queue = vec![start];
        let mut next = 0;
        while let Some(&at) = queue.get(next) {
            next += 1;
            let mut work = 1;
            for first in self.nfa.moves[at.0 as usize].iter().filter(|step| all.of[step.to as usize] == home) {
                for third in self.nfa.moves[at.2 as usize].iter().filter(|step| all.of[step.to as usize] == away) {
                    let both = first.by & third.by & by;
                    if both == 0 {
                        continue;
                    }
                    work += self.nfa.moves[at.1 as usize].len();
                    for second in &self.nfa.moves[at.1 as usize] {
                        let letters = both & second.by;
                        let leads = all.reaches[all.of[second.to as usize] as usize] & (1 << target) != 0;
                        let state = (first.to, second.to, third.to);
                        if letters == 0 || !leads || came.contains_key(&state) {
                            continue;
                        }
                        came.insert(state, (at, pick(letters)));
                        queue.push(state);
                    }
                }
            }
            if !self.spend(work) {
                return None;
            }
            if came.contains_key(&end) {
                return Some(back(&came, start, end));
            }
        }
        None
    }
}

/// For each cyclic component the most links of a chain below it and above it.
fn chains(all: &Components, links: &[(usize, usize, u32, Vec<u8>)]) -> (Vec<u32>, Vec<u32>) {
    let count = all.cyclic.len();
    let mut to_of = vec![0_u128; count];
    for link in links {
        to_of[link.0] |= 1 << link.1;
    }
    let linked = |from: usize, to: usize| u32::from(to_of[from] & (1 << to) != 0);
    let reached = |from: usize| {
        let state = all.cyclic[from].states.first().copied().unwrap_or(0);
        all.reaches[all.of[state as usize] as usize]
    };
    let (mut below, mut above) = (vec![0; count], vec![0; count]);
    for from in 0..count {
        for to in (0..from).filter(|to| reached(from) & (1 << to) != 0) {
            below[from] = below[from].max(linked(from, to) + below[to]);
        }
    }
    for from in (0..count).rev() {
        for to in (0..from).filter(|to| reached(from) & (1 << to) != 0) {
            above[to] = above[to].max(above[from] + linked(from, to));
        }
    }
    (below, above)
}

/// The state where the ways parted, and the text read since.
fn trace(came: &FxHashMap<Pair, (Pair, u8)>, mut pair: Pair) -> (u32, Vec<u8>) {
    let mut word = Vec::new();
    while pair.0 != pair.1 {
        let Some(&(before, class)) = came.get(&pair) else { break };
        word.push(class);
        pair = before;
    }
    word.reverse();
    (pair.0, word)
}

/// The text from one triple to another.
fn back(came: &FxHashMap<Triple, (Triple, u8)>, start: Triple, end: Triple) -> Vec<u8> {
    let mut at = end;
    let mut word = Vec::new();
    while let Some(&(before, class)) = came.get(&at) {
        word.push(class);
        at = before;
        if at == start || word.len() > came.len() {
            break;
        }
    }
    word.reverse();
    word
}
