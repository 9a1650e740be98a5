//! Bodies looked at once more for explanations, and kept: many flows lead through the same ones.

use std::collections::VecDeque;
use std::rc::Rc;

use lunette_lang::ir::{Body, BodyId, Module, NameId, Op, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::env::{Env, State};
use super::fact::{Fact, Facts};
use super::scan::Scan;
use crate::program::{Site, UnitId};

/// Most values of bodies kept, but for the last body.
const MAX_VALUES: usize = 250_000;

/// What an explanation needs of a body.
pub(super) struct Looked<'a> {
    pub(super) unit: UnitId,
    pub(super) id: BodyId,
    pub(super) body: &'a Body,
    pub(super) module: &'a Module,
    /// What each value holds, of those that hold something.
    facts: FxHashMap<ValueId, Facts>,
    /// The functions that each call runs.
    runs: FxHashMap<ValueId, SmallVec<[(UnitId, BodyId); 1]>>,
}

impl<'a> Looked<'a> {
    fn new(env: &Env<'a>, state: &mut State, unit: UnitId, id: BodyId) -> Self {
        let mut scan = Scan::new(env, state, unit, id);
        let (body, module) = (scan.body, scan.module);
        let holding = scan.facts.iter().enumerate().filter(|(_, facts)| !facts.is_empty());
        let facts = holding.map(|(at, facts)| (ValueId(at as u32), facts.clone())).collect();
        let mut runs = FxHashMap::default();
        for &value in body.blocks.ops() {
            if let Op::Call { callee, args, .. } = &body.ops[value.index()] {
                let run = scan.invocations(value, *callee, args);
                if !run.is_empty() {
                    runs.insert(value, run.iter().map(|invocation| invocation.of).collect());
                }
            }
        }
        scan.end();
        Looked { unit, id, body, module, facts, runs }
    }

    pub(super) fn site(&self, value: ValueId) -> Site {
        Site { unit: self.unit, body: self.id, value }
    }

    pub(super) fn op(&self, value: ValueId) -> &'a Op {
        &self.body.ops[value.index()]
    }

    pub(super) fn facts_of(&self, value: ValueId) -> &[Fact] {
        self.facts.get(&value).map_or(&[], SmallVec::as_slice)
    }

    pub(super) fn name(&self, name: NameId) -> &'a str {
        self.module.name(name)
    }

    pub(super) fn runs(&self, call: ValueId) -> &[(UnitId, BodyId)] {
        self.runs.get(&call).map_or(&[], SmallVec::as_slice)
    }
}

/// The bodies looked at last.
#[derive(Default)]
pub(super) struct Looks<'a> {
    kept: FxHashMap<(UnitId, BodyId), Rc<Looked<'a>>>,
    /// Which they are, the oldest first.
    order: VecDeque<(UnitId, BodyId)>,
    /// How many values they have.
    values: usize,
    /// How often a body was looked at.
    pub(super) scans: usize,
}

impl<'a> Looks<'a> {
    /// What is known of a body.
    pub(super) fn at(&mut self, env: &Env<'a>, state: &mut State, unit: UnitId, id: BodyId) -> Rc<Looked<'a>> {
        if let Some(known) = self.kept.get(&(unit, id)) {
            return Rc::clone(known);
        }
        self.scans += 1;
        let looked = Rc::new(Looked::new(env, state, unit, id));
        self.values += looked.body.ops.len();
        while self.values > MAX_VALUES
            && let Some(oldest) = self.order.pop_front()
        {
            self.values -= self.kept.remove(&oldest).map_or(0, |looked| looked.body.ops.len());
        }
        self.order.push_back((unit, id));
        self.kept.insert((unit, id), Rc::clone(&looked));
        looked
    }
}
