//! The automaton of a pattern without empty moves (Glushkov 1961), its moves counted as often as a backtracking
//! matcher can make them.
//!
//! A state is "this character of the pattern was just read". Two moves between the same states are two ways of doing
//! the same, which is what the matcher tries one after the other. Lookahead and atomic bodies hang beside the way on
//! and lead nowhere: their work is added, not multiplied. What lookarounds of several characters rule out is not known
//! here, so the automaton may have more ways than the pattern, never fewer; candidates are tried out later.

use super::Anchoring;
use super::alphabet::{Alphabet, Mask};
use super::ast::{Greed, Look, Node, Regex, Repeat, SetId};
use super::guard::{Guard, edge};
use super::survey::{self, Survey, VERY_MANY};

/// Most characters written out.
const MAX_POSITIONS: usize = 1_500;
/// Most moves between characters.
const MAX_EDGES: usize = 40_000;
/// Most moves between states.
const MAX_MOVES: usize = 80_000;
/// Longest body that stands in for a reference to its group.
const MAX_COPY: u32 = 24;

/// A move to a state by one of some characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) to: u32,
    pub(super) by: Mask,
    /// Comes from a loop that ends after some rounds.
    pub(super) bounded: bool,
}

/// The automaton. State 0 is the start of the text.
#[derive(Debug)]
pub(super) struct Nfa {
    pub(super) moves: Vec<Vec<Move>>,
    /// States that stand for text before the match: those from 1 to this one.
    pub(super) before_match: u32,
}

/// What the characters of a pattern are called.
pub(super) struct Terms {
    pub(super) alphabet: Alphabet,
    pub(super) word: Mask,
    pub(super) breaks: Mask,
}

impl Terms {
    pub(super) fn mask(&self, set: SetId) -> Mask {
        self.alphabet.mask(set.index())
    }
}

#[derive(Clone, Copy)]
struct Entry {
    position: u32,
    guard: Guard,
}

#[derive(Default)]
struct Fragment {
    first: Vec<Entry>,
    last: Vec<Entry>,
    /// Ways to match nothing.
    empty: Vec<Guard>,
}

struct Edge {
    from: u32,
    to: u32,
    guard: Guard,
    bounded: bool,
}

struct Builder<'a> {
    terms: &'a Terms,
    survey: &'a Survey<'a>,
    positions: Vec<Mask>,
    edges: Vec<Edge>,
    /// How deep in references.
    copying: u32,
}

/// A bound was reached.
#[derive(Debug)]
pub(super) struct TooLarge;

/// Builds the automaton of a pattern.
pub(super) fn build(regex: &Regex, survey: &Survey, terms: &Terms, how: Anchoring) -> Result<Nfa, TooLarge> {
    let mut builder = Builder { terms, survey, positions: Vec::new(), edges: Vec::new(), copying: 0 };
    let whole = builder.fragment(&regex.root)?;
    let mut cuts: Vec<Mask> = Vec::new();
    if survey.boundaries {
        cuts.push(terms.word);
    }
    if survey.line_starts {
        cuts.push(terms.breaks);
    }
    cuts.extend(survey.behind.iter().map(|body| edge(body, true, terms).0));
    let search = how == Anchoring::Anywhere && !regex.sticky;
    States { builder: &builder, cuts, parts: Vec::new(), starts: Vec::new() }.link(&whole, search)
}

impl Builder<'_> {
    fn fragment(&mut self, node: &Node) -> Result<Fragment, TooLarge> {
        Ok(match node {
            Node::Empty => Fragment::empty(Guard::NONE),
            Node::Set(set) => {
                if self.positions.len() >= MAX_POSITIONS {
                    return Err(TooLarge);
                }
                let entry = Entry { position: self.positions.len() as u32, guard: Guard::NONE };
                self.positions.push(self.terms.mask(*set));
                Fragment { first: vec![entry], last: vec![entry], empty: Vec::new() }
            }
            Node::Assert(assertion) => Fragment::empty(Guard::assertion(*assertion)),
            Node::Look(look) => self.look(look)?,
            Node::Group(_, body) => self.fragment(body)?,
            Node::Atomic(body) => self.fragment(body)?,
            Node::Concat(items) => {
                let mut all = Fragment::empty(Guard::NONE);
                for item in items {
                    let next = self.fragment(item)?;
                    all = self.join(all, next)?;
                }
                all
            }
            Node::Alt(_) | Node::Either(_) => {
                let mut all = Fragment::default();
                for child in node.children() {
                    let next = self.fragment(child)?;
                    all.first.extend(next.first);
                    all.last.extend(next.last);
                    all.add_empty(&next.empty);
                }
                all
            }
            Node::Repeat(repeat) => self.repeat(repeat)?,
            Node::Back(back) => match self.survey.groups.get(&back.group) {
                Some(body) if self.copying == 0 && survey::size(body) <= MAX_COPY => {
                    self.copying += 1;
                    let mut copy = self.fragment(body)?;
                    self.copying -= 1;
                    copy.add_empty(&[Guard::NONE]);
                    copy
                }
                _ => Fragment::empty(Guard::NONE),
            },
        })
    }

    fn look(&mut self, look: &Look) -> Result<Fragment, TooLarge> {
        let mut fragment = Fragment::empty(Guard::look(look, self.terms));
        if !look.behind && survey::has_loop(&look.body) {
            fragment.first = self.fragment(&look.body)?.first;
        }
        Ok(fragment)
    }

    fn connect(&mut self, last: &[Entry], first: &[Entry], bounded: bool) -> Result<(), TooLarge> {
        if self.edges.len() + last.len() * first.len() > MAX_EDGES {
            return Err(TooLarge);
        }
        for from in last {
            for to in first {
                self.edges.push(Edge {
                    from: from.position,
                    to: to.position,
                    guard: from.guard.and(to.guard),
                    bounded,
                });
            }
        }
        Ok(())
    }

    fn join(&mut self, left: Fragment, right: Fragment) -> Result<Fragment, TooLarge> {
        self.connect(&left.last, &right.first, false)?;
        let mut joined = Fragment { first: left.first, last: right.last, empty: Vec::new() };
        for guard in &left.empty {
            joined.first.extend(right.first.iter().map(|entry| Entry { guard: guard.and(entry.guard), ..*entry }));
        }
        for guard in &right.empty {
            joined.last.extend(left.last.iter().map(|entry| Entry { guard: entry.guard.and(*guard), ..*entry }));
        }
        if joined.first.len() > MAX_EDGES || joined.last.len() > MAX_EDGES {
            return Err(TooLarge);
        }
        let both: Vec<Guard> = left.empty.iter().flat_map(|a| right.empty.iter().map(|b| a.and(*b))).take(16).collect();
        joined.add_empty(&both);
        Ok(joined)
    }

    fn repeat(&mut self, repeat: &Repeat) -> Result<Fragment, TooLarge> {
        let body_size = survey::size(&repeat.body);
        let (needed, optional) = survey::copies(repeat, body_size);
        let mut all = Fragment::empty(Guard::NONE);
        if survey::is_loop(repeat) {
            for _ in 1..needed {
                let copy = self.fragment(&repeat.body)?;
                all = self.join(all, copy)?;
            }
            let mut looped = self.fragment(&repeat.body)?;
            let bounded = repeat.max.is_some_and(|max| max < VERY_MANY);
            let (last, first) = (std::mem::take(&mut looped.last), std::mem::take(&mut looped.first));
            self.connect(&last, &first, bounded)?;
            (looped.last, looped.first) = (last, first);
            if needed == 0 {
                // A round that matches nothing is taken back.
                looped.empty = vec![Guard::NONE];
            }
            if repeat.greed == Greed::Possessive {
                self.leave_only_when_done(repeat, &mut looped);
            }
            return self.join(all, looped);
        }
        for _ in 0..needed {
            let copy = self.fragment(&repeat.body)?;
            all = self.join(all, copy)?;
        }
        // Optional rounds one inside the other: the second only after the first.
        let mut rest = Fragment::empty(Guard::NONE);
        for _ in 0..optional {
            let copy = self.fragment(&repeat.body)?;
            rest = self.join(Fragment { empty: Vec::new(), ..copy }, rest)?;
            rest.empty = vec![Guard::NONE];
        }
        self.join(all, rest)
    }

    /// A possessive loop over single characters ends only before a character that is none of them.
    fn leave_only_when_done(&self, repeat: &Repeat, looped: &mut Fragment) {
        if let Node::Set(set) = &repeat.body {
            let done = Look { behind: false, negative: true, body: Node::Set(*set) };
            let guard = Guard::look(&done, self.terms);
            for entry in &mut looped.last {
                entry.guard = entry.guard.and(guard);
            }
            for way in &mut looped.empty {
                *way = way.and(guard);
            }
        }
    }
}

impl Fragment {
    fn empty(guard: Guard) -> Self {
        Fragment { empty: vec![guard], ..Fragment::default() }
    }

    /// Adds ways to match nothing; more than two of the same are as good as two.
    fn add_empty(&mut self, more: &[Guard]) {
        for guard in more {
            if self.empty.len() < 6 && self.empty.iter().filter(|known| *known == guard).count() < 2 {
                self.empty.push(*guard);
            }
        }
    }
}

/// Positions become states: one for each part of the position's characters that a guard tells apart.
struct States<'a> {
    builder: &'a Builder<'a>,
    cuts: Vec<Mask>,
    parts: Vec<Mask>,
    /// For each position its first state.
    starts: Vec<u32>,
}

impl States<'_> {
    fn split(&mut self, mask: Mask) {
        let from = self.parts.len();
        self.parts.push(mask);
        for cut in &self.cuts {
            for at in from..self.parts.len() {
                let part = self.parts[at];
                if part & cut != 0 && part & !cut != 0 {
                    self.parts[at] = part & cut;
                    self.parts.push(part & !cut);
                }
            }
        }
    }

    fn link(mut self, whole: &Fragment, search: bool) -> Result<Nfa, TooLarge> {
        let terms = self.builder.terms;
        // State 0 has read nothing.
        self.parts.push(0);
        if search {
            self.split(terms.alphabet.all());
        }
        let before_match = self.parts.len() as u32 - 1;
        for &mask in &self.builder.positions {
            self.starts.push(self.parts.len() as u32);
            self.split(mask);
        }
        self.starts.push(self.parts.len() as u32);
        let mut nfa = Nfa { moves: vec![Vec::new(); self.parts.len()], before_match };
        let mut count = 0;
        for from in 0..=before_match {
            for to in 1..=before_match {
                nfa.moves[from as usize].push(Move { to, by: self.parts[to as usize], bounded: false });
            }
            for entry in &whole.first {
                self.add(&mut nfa, from, entry.position, entry.guard, false, &mut count)?;
            }
        }
        for edge in &self.builder.edges {
            for from in self.starts[edge.from as usize]..self.starts[edge.from as usize + 1] {
                self.add(&mut nfa, from, edge.to, edge.guard, edge.bounded, &mut count)?;
            }
        }
        Ok(nfa)
    }

    fn add(
        &self,
        nfa: &mut Nfa,
        from: u32,
        to: u32,
        guard: Guard,
        bounded: bool,
        count: &mut usize,
    ) -> Result<(), TooLarge> {
        let before = (from != 0).then(|| self.parts[from as usize]);
        let next = guard.passes(before, self.builder.positions[to as usize], self.builder.terms);
        for state in self.starts[to as usize]..self.starts[to as usize + 1] {
            let by = next & self.parts[state as usize];
            if by != 0 {
                nfa.moves[from as usize].push(Move { to: state, by, bounded });
                *count += 1;
            }
        }
        if *count > MAX_MOVES { Err(TooLarge) } else { Ok(()) }
    }
}
