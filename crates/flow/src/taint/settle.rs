//! Settling the facts of a body: its operations are looked at until nothing changes, again only those that have read
//! something that has changed since.

use std::cell::{Cell, RefCell};

use lunette_lang::ir::ValueId;
use smallvec::SmallVec;

use super::KindSet;
use super::calls::Invocation;
use super::fact::{Fact, Facts, add};
use super::scan::Scan;

/// Most rounds over one body; what is not settled by then is close enough.
const MAX_ROUNDS: usize = 8;
/// Nothing was kept of a call.
const NOTHING: u32 = u32::MAX;
/// A call runs no function that is known.
const NO_FUNCTION: u32 = u32::MAX - 1;

/// How far one operation is settled. Times count the operations looked at, from 1.
#[derive(Clone, Copy)]
struct Step {
    /// When it was last looked at.
    looked: u32,
    /// When its value's facts last changed.
    changed: u32,
    /// What it read then, in the list of all reads.
    reads: (u32, u32),
    /// The functions that it was found to run then.
    kept: u32,
}

impl Step {
    const NEW: Step = Step { looked: 0, changed: 0, reads: (0, 0), kept: NOTHING };
}

/// How far the facts about a body's values are settled.
#[derive(Default)]
pub(super) struct Settling {
    steps: Vec<Step>,
    /// The values whose facts were read, operation after operation.
    reads: RefCell<Vec<ValueId>>,
    /// What calls were found to run.
    kept: Vec<SmallVec<[Invocation; 1]>>,
    now: u32,
    /// Whether the operation looked at gave something new.
    changed: bool,
    /// Whether something was read before it was looked at, or added to after: one round is not enough.
    again: Cell<bool>,
    /// Whether all rounds are over.
    over: bool,
}

/// What scans hand on to the next one, so that it need not be made anew.
#[derive(Default)]
pub(crate) struct Scratch {
    facts: Vec<Facts>,
    steps: Vec<Step>,
    reads: Vec<ValueId>,
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

impl Scratch {
    /// The lists for a body with so many values.
    pub(super) fn lists(&mut self, values: usize) -> (Vec<Facts>, Settling) {
        let mut facts = std::mem::take(&mut self.facts);
        facts.resize_with(values, Facts::new);
        let mut steps = std::mem::take(&mut self.steps);
        steps.resize(values, Step::NEW);
        let reads = RefCell::new(std::mem::take(&mut self.reads));
        (facts, Settling { steps, reads, ..Settling::default() })
    }

    /// Takes the lists back.
    pub(super) fn keep(&mut self, mut facts: Vec<Facts>, settling: Settling) {
        /// Longer lists are not kept: few bodies need them.
        const MOST: usize = 1 << 16;
        let (mut steps, mut reads) = (settling.steps, settling.reads.into_inner());
        if facts.capacity() > MOST || reads.capacity() > 4 * MOST {
            return;
        }
        facts.clear();
        steps.clear();
        reads.clear();
        (self.facts, self.steps, self.reads) = (facts, steps, reads);
    }
}

impl Scan<'_, '_> {
    pub(super) fn settle(&mut self) {
        let count: usize = self.order.iter().map(|&block| self.body.block(block).ops.len()).sum();
        let mut quiet = 0;
        'rounds: for round in 0..MAX_ROUNDS {
            for at in 0..self.order.len() {
                let block = self.order[at];
                for &value in self.body.block(block).ops {
                    quiet = if self.look(value) { 0 } else { quiet + 1 };
                    if quiet >= count {
                        break 'rounds;
                    }
                }
            }
            if round == 0 && !self.settling.again.get() {
                break;
            }
        }
        self.settling.over = true;
    }

    /// Looks at an operation, if anything that it has read has changed; whether it gave something new.
    fn look(&mut self, value: ValueId) -> bool {
        if self.is_fresh(value) {
            return false;
        }
        let settling = &mut self.settling;
        settling.changed = false;
        settling.now += 1;
        let (now, first) = (settling.now, settling.reads.get_mut().len() as u32);
        self.transfer(value);
        let settling = &mut self.settling;
        let next = settling.reads.get_mut().len() as u32;
        let step = &mut settling.steps[value.index()];
        step.looked = now;
        step.reads = (first, next);
        settling.changed
    }

    /// Whether nothing that an operation has read has changed since.
    fn is_fresh(&self, value: ValueId) -> bool {
        let step = self.settling.steps[value.index()];
        let reads = self.settling.reads.borrow();
        step.looked > 0
            && reads[step.reads.0 as usize..step.reads.1 as usize]
                .iter()
                .all(|read| self.settling.steps[read.index()].changed < step.looked)
    }

    /// The facts about a value.
    pub(super) fn facts_of(&self, value: ValueId) -> &Facts {
        if !self.settling.over {
            if self.settling.steps[value.index()].looked == 0 {
                self.settling.again.set(true);
            }
            self.settling.reads.borrow_mut().push(value);
        }
        &self.facts[value.index()]
    }

    /// Adds a fact about a value.
    pub(crate) fn put(&mut self, value: ValueId, fact: Fact) {
        if fact.cleared == KindSet::ALL {
            return;
        }
        match add(&mut self.facts[value.index()], fact) {
            Some(false) => {}
            Some(true) => {
                let settling = &mut self.settling;
                settling.changed = true;
                let step = &mut settling.steps[value.index()];
                step.changed = settling.now;
                if step.looked > 0 {
                    settling.again.set(true);
                }
            }
            None => self.cut = true,
        }
    }

    /// Adds facts about a value, as coming from another one.
    pub(crate) fn put_all(&mut self, value: ValueId, from: ValueId, facts: Facts) {
        for fact in facts {
            self.put(value, Fact { from, ..fact });
        }
    }

    /// Hands on what a value holds.
    pub(super) fn pass(&mut self, value: ValueId, from: ValueId) {
        if !self.guards.is_empty() {
            let facts = self.used(from, value);
            return self.put_all(value, from, facts);
        }
        for at in 0..self.facts_of(from).len() {
            let fact = self.facts[from.index()][at];
            self.put(value, Fact { from, ..fact });
        }
    }

    /// What a read of a local container gives, when that is known exactly; whether it is.
    pub(super) fn forward(&mut self, value: ValueId) -> bool {
        let Some(same) = self.folding.forwarded(value) else { return false };
        for from in same {
            self.pass(value, from);
        }
        true
    }

    /// Keeps what a call was found to run.
    pub(super) fn keep(&mut self, call: ValueId, invocations: SmallVec<[Invocation; 1]>) {
        let kept = &mut self.settling.kept;
        let slot = &mut self.settling.steps[call.index()].kept;
        match (*slot, invocations.is_empty()) {
            (NOTHING | NO_FUNCTION, true) => *slot = NO_FUNCTION,
            (NOTHING | NO_FUNCTION, false) => {
                *slot = kept.len() as u32;
                kept.push(invocations);
            }
            (at, _) => kept[at as usize] = invocations,
        }
    }

    /// What a call was found to run, where that still holds.
    pub(super) fn take_kept(&mut self, call: ValueId) -> Option<SmallVec<[Invocation; 1]>> {
        match self.settling.steps[call.index()].kept {
            NOTHING => None,
            _ if !self.is_fresh(call) => None,
            NO_FUNCTION => Some(SmallVec::new()),
            at => {
                self.settling.steps[call.index()].kept = NOTHING;
                Some(std::mem::take(&mut self.settling.kept[at as usize]))
            }
        }
    }
}
