//! Guards: where in a body a test has shown a value to be harmless.
//!
//! A forward must-analysis over the blocks: what holds at the start of a block is what holds on all ways into it. A
//! test is what decides a branch (`if ".." in name: return`), or a call that does not come back when the value is bad.

use lunette_lang::ir::{Block, BlockId, Body, Op, Terminator, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::KindSet;

/// What a test shows: the value can no longer do these kinds of harm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub(crate) struct Shown {
    /// The value, as its canonical number.
    pub(crate) value: ValueId,
    /// The kinds.
    pub(crate) kinds: KindSet,
    /// What is known of quotes around and in it.
    pub(crate) marks: Marks,
    /// Only if this value is not itself untrusted: what it was compared with.
    pub(crate) unless: Option<ValueId>,
}

impl Shown {
    /// The value cannot do these kinds of harm.
    pub(crate) fn harmless(value: ValueId, kinds: KindSet) -> Self {
        Shown { value, kinds, marks: Marks::default(), unless: None }
    }
}

/// Steps of showing that a text is a quoted literal: it begins with the quote, ends with it, and holds none inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, PartialOrd, Ord)]
pub(crate) struct Marks(u8);

impl Marks {
    /// Begins with the quote.
    pub(crate) const BEGINS: u8 = 1;
    /// Ends with the quote.
    pub(crate) const ENDS: u8 = 2;
    /// Holds no such quote between the first and the last character.
    pub(crate) const CLEAN: u8 = 4;

    /// One step, for one of the two quotes; nothing for any other text.
    pub(crate) fn of(text: &str, step: u8) -> Self {
        match text {
            "'" => Marks(step),
            "\"" => Marks(step << 3),
            _ => Marks(0),
        }
    }

    /// Whether all steps are shown for one quote.
    pub(crate) fn is_quoted(self) -> bool {
        self.0 & 7 == 7 || self.0 >> 3 == 7
    }

    /// What either shows.
    pub(crate) fn with(self, other: Marks) -> Self {
        Marks(self.0 | other.0)
    }
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
    /// What is shown at the start and at the end (before the branch) of every block; empty when there are no guards.
    starts: Vec<State>,
    ends: Vec<State>,
    /// What is shown on the way from one block into another, where that is more than at the end of the first.
    ways: FxHashMap<(BlockId, BlockId), State>,
    /// What operations show of a value: block, position in it, and what.
    within: FxHashMap<ValueId, Vec<(BlockId, u32, Shown)>>,
    /// The block and the position in it of every value.
    places: Vec<(BlockId, u32)>,
}

/// Adds what is shown to a state.
pub(crate) fn show(state: &mut State, shown: Shown) {
    if shown.kinds.is_empty() && shown.marks == Marks::default() {
        return;
    }
    if let Some(known) = state.iter_mut().find(|known| known.value == shown.value && known.unless == shown.unless) {
        known.kinds |= shown.kinds;
        known.marks = known.marks.with(shown.marks);
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
            let marks = Marks(one.marks.0 & other.marks.0);
            show(&mut common, Shown { value: one.value, kinds: one.kinds & other.kinds, marks, unless });
        }
    }
    common
}

impl Guards {
    /// Finds the guards of a body. `order` lists the blocks so that most come after those before them.
    pub(crate) fn new(body: &Body, order: &[BlockId], tests: &mut impl Tests) -> Self {
        let mut guards = Guards::default();
        let mut after: Vec<(BlockId, Shown)> = Vec::new();
        for &block in order {
            for (at, &value) in body.block(block).ops.iter().enumerate() {
                if matches!(body.ops[value.index()], Op::Call { .. }) {
                    for shown in tests.after(value) {
                        guards.add_within(block, at as u32, shown);
                        after.push((block, shown));
                    }
                }
            }
            for &from in body.block(block).preds {
                let shown = edge(body.block(from), block, tests);
                if !shown.is_empty() {
                    guards.ways.insert((from, block), shown);
                }
            }
        }
        if guards.within.is_empty() && guards.ways.is_empty() {
            return guards;
        }
        guards.places.resize(body.ops.len(), (BlockId(0), 0));
        for &block in order {
            for (at, &value) in body.block(block).ops.iter().enumerate() {
                guards.places[value.index()] = (block, at as u32);
            }
        }
        if guards.settle(body, order, &after, tests) { guards } else { Guards::default() }
    }

    /// What an operation shows; nothing is kept that an earlier one of the block has shown.
    fn add_within(&mut self, block: BlockId, at: u32, shown: Shown) {
        let of_value = self.within.entry(shown.value).or_default();
        let same = of_value.iter().filter(|(of, _, known)| *of == block && known.unless == shown.unless);
        let known = same.fold(KindSet::default(), |all, (.., known)| all | known.kinds);
        if !known.contains(shown.kinds) {
            of_value.push((block, at, shown));
        }
    }

    /// Goes over the blocks until nothing changes; whether it came to that. What is not settled would claim too much.
    fn settle(&mut self, body: &Body, order: &[BlockId], after: &[(BlockId, Shown)], tests: &impl Tests) -> bool {
        let mut of_block = vec![State::new(); body.blocks.len()];
        for &(block, shown) in after {
            show(&mut of_block[block.index()], shown);
        }
        let mut starts: Vec<Option<State>> = vec![None; body.blocks.len()];
        let mut ends: Vec<Option<State>> = vec![None; body.blocks.len()];
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for &block in order {
                let Some(state) = self.start_of(body, block, &ends, tests) else { continue };
                if starts[block.index()].as_ref() == Some(&state) {
                    continue;
                }
                changed = true;
                let mut end = state.clone();
                for shown in &of_block[block.index()] {
                    show(&mut end, *shown);
                }
                starts[block.index()] = Some(state);
                ends[block.index()] = Some(end);
            }
            if !changed {
                self.starts = starts.into_iter().map(Option::unwrap_or_default).collect();
                self.ends = ends.into_iter().map(Option::unwrap_or_default).collect();
                return true;
            }
        }
        false
    }

    /// What all ways into a block show; `None` when none of them was looked at yet.
    fn start_of(&self, body: &Body, block: BlockId, ends: &[Option<State>], tests: &impl Tests) -> Option<State> {
        let mut state: Option<State> = (block.0 == 0).then(State::new);
        for &from in body.block(block).preds.iter().filter(|&&from| tests.passes(from, block)) {
            let Some(end) = &ends[from.index()] else { continue };
            let mut there = end.clone();
            for shown in self.ways.get(&(from, block)).into_iter().flatten() {
                show(&mut there, *shown);
            }
            state = Some(state.map_or_else(|| there.clone(), |state| both(&state, &there)));
        }
        // A value that is made here again (in a loop) was not tested yet.
        state.map(|mut state| {
            state.retain(|shown| self.places[shown.value.index()].0 != block);
            state
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// What is shown of a value where `at` uses it.
    pub(crate) fn at(&self, value: ValueId, at: ValueId) -> impl Iterator<Item = Shown> {
        let (block, position) = self.places.get(at.index()).copied().unwrap_or((BlockId(0), 0));
        let start = self.starts.get(block.index()).map_or(&[][..], |state| state.as_slice());
        let within = self.within.get(&value).map_or(&[][..], Vec::as_slice);
        let within =
            within.iter().filter(move |(of, after, _)| *of == block && *after < position).map(|(.., shown)| shown);
        start.iter().filter(move |shown| shown.value == value).chain(within).copied()
    }

    /// All that is shown at the end of a block, before its branch.
    pub(crate) fn end_of(&self, block: BlockId) -> &[Shown] {
        self.ends.get(block.index()).map_or(&[], |state| state.as_slice())
    }

    /// What is shown of a value on the way from one block into another.
    pub(crate) fn on_way(&self, value: ValueId, from: BlockId, to: BlockId) -> impl Iterator<Item = Shown> {
        let way = self.ways.get(&(from, to)).map_or(&[][..], |state| state.as_slice());
        self.end_of(from).iter().chain(way).filter(move |shown| shown.value == value).copied()
    }
}

/// What is shown on the way from a block into another.
fn edge(from: Block<'_>, to: BlockId, tests: &mut impl Tests) -> State {
    match from.end {
        Terminator::Branch { cond, then, other } if then != other && (to == then || to == other) => {
            tests.shown(cond, to == then)
        }
        _ => State::new(),
    }
}
