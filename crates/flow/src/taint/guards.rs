//! Guards: where in a body a test has shown a value to be harmless.
//!
//! A forward must-analysis over the blocks: what holds at the start of a block is what holds on all ways into it. A
//! test is what decides a branch (`if ".." in name: return`), or a call that does not come back when the value is bad.

use lunette_lang::ir::{Block, BlockId, Body, Op, Terminator, ValueId};
use smallvec::SmallVec;

use super::KindSet;

/// What a test shows: the value can no longer do these kinds of harm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub(crate) struct Shown {
    /// The value, as its canonical number.
    pub(crate) value: ValueId,
    /// The kinds.
    pub(crate) kinds: KindSet,
    /// Only if this value is not itself untrusted: what it was compared with.
    pub(crate) unless: Option<ValueId>,
}

/// What is shown at some point, sorted.
pub(crate) type State = SmallVec<[Shown; 4]>;

/// Most things shown that are kept at one point.
const MAX_SHOWN: usize = 32;
/// Most rounds over the blocks.
const MAX_ROUNDS: usize = 8;

/// Tells what tests show.
pub(crate) trait Tests {
    /// What is shown when `cond` is true (or false), given what holds where it is asked.
    fn shown(&mut self, cond: ValueId, truth: bool) -> State;
    /// What is shown once this operation has run.
    fn after(&mut self, value: ValueId) -> State;
    /// Whether control can pass from one block to another.
    fn passes(&self, from: BlockId, to: BlockId) -> bool;
}

/// The guards of one body.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    starts: Vec<State>,
    /// What operations show: block, position in it, and what.
    within: Vec<(BlockId, u32, Shown)>,
    /// The block and the position in it of every value; empty when there are no guards.
    places: Vec<(BlockId, u32)>,
}

/// Adds what is shown to a state.
pub(crate) fn show(state: &mut State, shown: Shown) {
    if shown.kinds.is_empty() {
        return;
    }
    if let Some(known) = state.iter_mut().find(|known| known.value == shown.value && known.unless == shown.unless) {
        known.kinds |= shown.kinds;
    } else if state.len() < MAX_SHOWN {
        let at = state.partition_point(|known| *known < shown);
        state.insert(at, shown);
    }
}

/// What both states show.
pub(crate) fn both(a: &State, b: &State) -> State {
    let mut common = State::new();
    for one in a {
        for other in b.iter().filter(|other| other.value == one.value) {
            let unless = match (one.unless, other.unless) {
                (None, unless) | (unless, None) => unless,
                (a, b) if a == b => a,
                _ => continue,
            };
            show(&mut common, Shown { value: one.value, kinds: one.kinds & other.kinds, unless });
        }
    }
    common
}

impl Guards {
    /// Finds the guards of a body. `order` lists the blocks so that most come after those before them.
    pub(crate) fn new(body: &Body, order: &[BlockId], tests: &mut impl Tests) -> Self {
        let edges = edges(body, order, tests);
        let within = within(body, order, tests);
        if within.is_empty() && edges.iter().all(|edge| edge.shown.is_empty()) {
            return Guards::default();
        }
        let mut places = vec![(BlockId(0), 0); body.ops.len()];
        for &block in order {
            for (at, value) in body.blocks[block.index()].ops.iter().enumerate() {
                places[value.index()] = (block, at as u32);
            }
        }
        let mut guards = Guards { starts: Vec::new(), within, places };
        guards.settle(body, order, &edges);
        guards
    }

    fn settle(&mut self, body: &Body, order: &[BlockId], edges: &[Edge]) {
        let mut starts: Vec<Option<State>> = vec![None; body.blocks.len()];
        starts[0] = Some(State::new());
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for &block in order.iter().filter(|block| block.0 != 0) {
                let mut state: Option<State> = None;
                for edge in edges.iter().filter(|edge| edge.to == block) {
                    let Some(before) = &starts[edge.from.index()] else { continue };
                    let mut there = before.clone();
                    for (_, _, shown) in self.within.iter().filter(|(at, ..)| *at == edge.from) {
                        show(&mut there, *shown);
                    }
                    for shown in &edge.shown {
                        show(&mut there, *shown);
                    }
                    state = Some(state.map_or_else(|| there.clone(), |state| both(&state, &there)));
                }
                // A value that is made here again (in a loop) was not tested yet.
                let Some(mut state) = state else { continue };
                state.retain(|shown| self.places[shown.value.index()].0 != block);
                if starts[block.index()].as_ref() != Some(&state) {
                    starts[block.index()] = Some(state);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        self.starts = starts.into_iter().map(Option::unwrap_or_default).collect();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// What is shown of a value where `at` uses it.
    pub(crate) fn at(&self, value: ValueId, at: ValueId) -> impl Iterator<Item = Shown> {
        let (block, position) = self.places.get(at.index()).copied().unwrap_or((BlockId(0), 0));
        let start = self.starts.get(block.index()).map_or(&[][..], |state| state.as_slice());
        let within = self.within.iter().filter(move |(of, after, _)| *of == block && *after < position).map(|(.., shown)| shown);
        start.iter().chain(within).filter(move |shown| shown.value == value).copied()
    }

    /// All that is shown at the end of a block, before its branch.
    pub(crate) fn end_of(&self, block: BlockId) -> State {
        let mut state = self.starts.get(block.index()).cloned().unwrap_or_default();
        for (_, _, shown) in self.within.iter().filter(|(of, ..)| *of == block) {
            show(&mut state, *shown);
        }
        state
    }
}

/// A way from one block into another, with what is shown on it.
struct Edge {
    from: BlockId,
    to: BlockId,
    shown: State,
}

fn edges(body: &Body, order: &[BlockId], tests: &mut impl Tests) -> Vec<Edge> {
    let mut edges = Vec::new();
    for &to in order {
        for &from in &body.blocks[to.index()].preds {
            if tests.passes(from, to) {
                edges.push(Edge { from, to, shown: edge(&body.blocks[from.index()], to, tests) });
            }
        }
    }
    edges
}

/// What is shown on the way from a block into another.
pub(crate) fn edge(from: &Block, to: BlockId, tests: &mut impl Tests) -> State {
    match from.end {
        Terminator::Branch { cond, then, other } if then != other && (to == then || to == other) => {
            tests.shown(cond, to == then)
        }
        _ => State::new(),
    }
}

fn within(body: &Body, order: &[BlockId], tests: &mut impl Tests) -> Vec<(BlockId, u32, Shown)> {
    let mut found = Vec::new();
    for &block in order {
        for (at, &value) in body.blocks[block.index()].ops.iter().enumerate() {
            if matches!(body.ops[value.index()], Op::Call { .. }) {
                found.extend(tests.after(value).into_iter().map(|shown| (block, at as u32, shown)));
            }
        }
    }
    found
}
