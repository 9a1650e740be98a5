//! The abstract machine: runs a body over constants and the contents of its own containers until nothing changes.
//!
//! Constants are found as in sparse conditional constant propagation (Wegman & Zadeck 1991): every value starts as
//! not yet computed and only ever loses precision, and only blocks that some taken way leads to are looked at.
//! Contents of containers are kept per block and joined where ways meet: what differs there is lost.

use std::rc::Rc;

use lunette_lang::ir::{BlockId, Body, BodyId, Key, Language, Module, Op, Span, Terminator, ValueId, VarId};

use super::Containers;
use super::contents::{Constants, Content, Effect, MapKind, Values, join};
use super::edges::{Edges, protected, targets};
use super::eval;
use super::scan::{Scan, captured};
use crate::constant::Value;
use crate::know::Known;
use crate::program::{Program, Site, UnitId};

/// Most times that a body is run; nested loops need a few.
const MAX_PASSES: usize = 10;
/// Most questions about other bodies.
const MAX_ASKS: u32 = 16;
/// Most operations of a body, times passes, before everything is unknown.
const MAX_OPS: usize = 200_000;

/// Not computed yet.
const TOP: u32 = 0;
/// Not a constant.
pub(super) const BOTTOM: u32 = 1;
/// The first of the constants.
pub(super) const FIRST: u32 = 2;
/// No container.
pub(super) const NONE: u32 = u32::MAX;

/// What each container holds.
pub(super) type State = Vec<Rc<Content>>;

pub(super) struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) known: &'a Known,
    pub(super) containers: &'a Containers,
    pub(super) unit: UnitId,
    pub(super) id: BodyId,
    pub(super) body: &'a Body,
    pub(super) module: &'a Module,
    pub(super) language: Language,
    /// What each value is: [`TOP`], [`BOTTOM`], or a constant.
    pub(super) cells: Vec<u32>,
    pub(super) constants: Vec<Value>,
    /// The container that each value is.
    pub(super) alias: Vec<u32>,
    pub(super) roots: Vec<ValueId>,
    pub(super) asks: Vec<ValueId>,
    asked: u32,
    pub(super) edges: Edges,
    pub(super) reached: Vec<bool>,
    outs: Vec<State>,
    /// What the containers hold wherever in a block something is raised.
    raised: Vec<State>,
    pub(super) state: State,
    /// The containers written to in the current block.
    touched: u64,
    /// Variables through which other bodies get at containers.
    pub(super) captured: Vec<VarId>,
    /// What loads give, in the order of the last run.
    pub(super) forwards: Vec<(ValueId, Values)>,
    /// The parts of the source in which what raises is caught, sorted.
    protected: Vec<Span>,
    /// An operation that puts something into a container.
    pub(super) putting: Option<ValueId>,
    changed: bool,
}

impl Constants for Machine<'_> {
    fn constant(&self, value: ValueId) -> Option<&Value> {
        self.constants.get(self.cells[value.index()].checked_sub(FIRST)? as usize)
    }

    fn language(&self) -> Language {
        self.language
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        program: &'a Program,
        known: &'a Known,
        containers: &'a Containers,
        unit: UnitId,
        id: BodyId,
        scan: Scan,
    ) -> Self {
        let body = program.body(unit, id);
        let module = &program.unit(unit).module;
        let count = body.ops.len();
        let mut roots = scan.roots;
        let vars = if roots.is_empty() { Some(Vec::new()) } else { captured(program, unit, id) };
        if vars.is_none() {
            roots.clear();
        }
        let mut alias = vec![NONE; count];
        for (at, root) in roots.iter().enumerate() {
            alias[root.index()] = at as u32;
        }
        Machine {
            program,
            known,
            containers,
            unit,
            id,
            body,
            module,
            language: module.language,
            cells: vec![TOP; count],
            constants: Vec::new(),
            alias,
            roots,
            asks: scan.asks,
            asked: 0,
            edges: Edges::new(body),
            reached: vec![false; body.blocks.len()],
            outs: vec![State::new(); body.blocks.len()],
            raised: vec![State::new(); body.blocks.len()],
            state: State::new(),
            touched: 0,
            captured: vars.unwrap_or_default(),
            forwards: Vec::new(),
            protected: protected(body),
            putting: None,
            changed: false,
        }
    }

    /// Runs until nothing changes; whether that point was reached.
    pub(super) fn run(&mut self) -> bool {
        let order = std::mem::take(&mut self.edges.order);
        for pass in 0..MAX_PASSES {
            if pass > 2 && self.body.ops.len().saturating_mul(pass) > MAX_OPS {
                return false;
            }
            self.changed = false;
            self.forwards.clear();
            for &block in &order {
                if block == BlockId(0) || self.edges.live_in(block).contains(&true) {
                    self.visit(block);
                }
            }
            if !self.changed || !self.edges.loops {
                return true;
            }
        }
        false
    }

    fn visit(&mut self, id: BlockId) {
        if !std::mem::replace(&mut self.reached[id.index()], true) {
            self.changed = true;
        }
        self.enter(id);
        self.touched = 0;
        let body = self.body;
        let block = body.block(id);
        let raises = !self.protected.is_empty() && self.edges.out(id).iter().any(|way| way.raises);
        for &value in block.ops {
            let touched = self.touched;
            if let Op::Phi(operands) = &body.ops[value.index()] {
                self.phi(id, value, operands);
            } else {
                self.transfer(id, value, &body.ops[value.index()]);
            }
            if raises && !self.is_protected(body.spans[value.index()]) {
                // The block leads to a handler only because the protected part begins behind it.
                self.touched = touched;
            }
        }
        self.leave(id);
    }

    fn is_protected(&self, span: Span) -> bool {
        let after = self.protected.partition_point(|part| part.start <= span.start);
        after.checked_sub(1).is_some_and(|at| span.start < self.protected[at].end)
    }

    /// The contents at the start of a block: what all ways to it agree on.
    fn enter(&mut self, id: BlockId) {
        if self.roots.is_empty() {
            return;
        }
        let mut joined: Option<State> = None;
        if id == BlockId(0) {
            joined = Some(self.nothing_made());
        }
        let body = self.body;
        let preds = body.block(id).preds;
        let mut lost = Vec::new();
        for (place, &pred) in preds.iter().enumerate() {
            if !self.edges.live_in(id)[place] {
                continue;
            }
            let from = if self.edges.raises(id, place) { &self.raised[pred.index()] } else { &self.outs[pred.index()] };
            if from.is_empty() {
                continue;
            }
            match &mut joined {
                None => joined = Some(from.clone()),
                Some(joined) => {
                    for (content, other) in joined.iter_mut().zip(from) {
                        if join(content, other) {
                            lost.extend(self.within(content).into_iter().chain(self.within(other)));
                            *content = Rc::new(Content::Lost);
                        }
                    }
                }
            }
        }
        self.state = joined.unwrap_or_else(|| self.nothing_made());
        for at in lost {
            self.lose(at);
        }
    }

    fn nothing_made(&self) -> State {
        let unmade = Rc::new(Content::Unmade);
        self.roots.iter().map(|_| Rc::clone(&unmade)).collect()
    }

    /// The containers that a content holds.
    fn within(&self, content: &Content) -> Vec<u32> {
        let held = content.values().into_iter().map(|value| self.alias[value.index()]);
        held.filter(|&alias| alias != NONE).collect()
    }

    fn leave(&mut self, id: BlockId) {
        let [one, two] = targets(self.body.block(id).end);
        let truth = match self.body.block(id).end {
            Terminator::Branch { cond, .. } => self.truth(cond),
            _ => None,
        };
        let is_branch = matches!(self.body.block(id).end, Terminator::Branch { .. });
        if !self.roots.is_empty() {
            let out = std::mem::take(&mut self.state);
            if self.edges.out(id).iter().any(|way| way.raises) {
                self.state.clone_from(&out);
                for at in 0..self.roots.len() as u32 {
                    if self.touched & (1 << at) != 0 {
                        self.lose(at);
                    }
                }
                let raised = std::mem::take(&mut self.state);
                self.changed |= self.raised[id.index()] != raised;
                self.raised[id.index()] = raised;
            }
            self.changed |= self.outs[id.index()] != out;
            self.outs[id.index()] = out;
        }
        for at in 0..self.edges.out(id).len() {
            let way = self.edges.out(id)[at];
            let taken = way.raises
                || !is_branch
                || truth.is_none_or(|truth| if truth { one == Some(way.to) } else { two == Some(way.to) });
            if taken && self.edges.open(way) {
                self.changed = true;
            }
        }
    }

    /// The truth of a value, when it is known.
    pub(super) fn truth(&self, value: ValueId) -> Option<bool> {
        if let Some(content) = self.content(value) {
            return content.truth(self.language);
        }
        self.constant(value).map(|constant| eval::truthy(constant, self.language))
    }

    /// What a value holds, if it is a container that is followed.
    pub(super) fn content(&self, value: ValueId) -> Option<&Content> {
        self.state.get(self.alias[value.index()] as usize).map(Rc::as_ref)
    }

    /// The content of a container, to be written to.
    pub(super) fn content_mut(&mut self, at: u32) -> &mut Content {
        self.touched |= 1 << at;
        Rc::make_mut(&mut self.state[at as usize])
    }

    fn phi(&mut self, block: BlockId, value: ValueId, operands: &[ValueId]) {
        let mut cell = TOP;
        let mut alias = None;
        let mut same = true;
        for (place, &operand) in operands.iter().enumerate() {
            if !self.edges.live_in(block).get(place).copied().unwrap_or(true) || operand == value {
                continue;
            }
            cell = self.meet(cell, self.cells[operand.index()]);
            if let Some(alias) = self.method_of(operand) {
                self.lose(alias);
            }
            let operand = self.alias[operand.index()];
            same &= *alias.get_or_insert(operand) == operand;
        }
        if !same {
            // It is one of several: what is written to it is written to one of them.
            for (place, &operand) in operands.iter().enumerate() {
                if self.edges.live_in(block).get(place).copied().unwrap_or(true) {
                    self.lose_value(operand);
                }
            }
        }
        self.set_alias(value, alias.filter(|_| same).unwrap_or(NONE));
        self.set_cell(value, cell);
    }

    fn meet(&self, a: u32, b: u32) -> u32 {
        match (a, b) {
            _ if a == b => a,
            (TOP, other) | (other, TOP) => other,
            (BOTTOM, _) | (_, BOTTOM) => BOTTOM,
            _ if self.constants[(a - FIRST) as usize] == self.constants[(b - FIRST) as usize] => a,
            _ => BOTTOM,
        }
    }

    /// Sets what a value is. It only ever loses precision, so that running ends.
    pub(super) fn set_cell(&mut self, value: ValueId, cell: u32) {
        let old = self.cells[value.index()];
        let new = self.meet(old, cell);
        if new != old {
            self.cells[value.index()] = new;
            self.changed = true;
        }
    }

    /// Sets a value to a constant.
    pub(super) fn set_constant(&mut self, value: ValueId, constant: Option<Value>) {
        let Some(constant) = constant else { return self.set_cell(value, BOTTOM) };
        match self.constant(value) {
            Some(old) if *old == constant => {}
            Some(_) => self.set_cell(value, BOTTOM),
            None if self.cells[value.index()] == BOTTOM => {}
            None => {
                self.constants.push(constant);
                self.set_cell(value, self.constants.len() as u32 - 1 + FIRST);
            }
        }
    }

    /// What the values have in common.
    fn common(&self, values: &[ValueId]) -> u32 {
        values.iter().fold(TOP, |cell, value| self.meet(cell, self.cells[value.index()]))
    }

    pub(super) fn set_alias(&mut self, value: ValueId, alias: u32) {
        let slot = &mut self.alias[value.index()];
        if self.roots.binary_search(&value).is_err() && *slot != alias {
            *slot = alias;
            self.changed = true;
        }
    }

    /// A value gets where it may be kept or written to.
    pub(super) fn lose_value(&mut self, value: ValueId) {
        let alias = self.alias[value.index()];
        if alias != NONE {
            self.lose(alias);
        } else if let Some(alias) = self.method_of(value) {
            self.lose(alias);
        }
    }

    /// The container whose bound method a value is. What is done with that is not followed, calls apart.
    pub(super) fn method_of(&self, value: ValueId) -> Option<u32> {
        let Op::Load(base, Key::Member(name)) = self.body.ops[value.index()] else { return None };
        let alias = self.alias[base.index()];
        let content = self.state.get(alias as usize)?;
        (!self.is_data(content, self.module.name(name))).then_some(alias)
    }

    /// Whether a member of a container is something that it holds, or its size, rather than a method.
    pub(super) fn is_data(&self, content: &Content, member: &str) -> bool {
        let javascript = self.language == Language::JavaScript;
        javascript && (matches!(content, Content::Map(MapKind::Object, _)) || matches!(member, "length" | "size"))
    }

    /// What a container holds, and what those in it hold, is not known any more.
    pub(super) fn lose(&mut self, at: u32) {
        let mut work = vec![at];
        let mut seen = 0u64;
        while let Some(at) = work.pop() {
            if seen & (1 << at) != 0 {
                continue;
            }
            seen |= 1 << at;
            let content = Rc::clone(&self.state[at as usize]);
            work.extend(self.within(&content));
            if !matches!(*content, Content::Lost | Content::List(lunette_lang::ir::ListKind::Tuple, _)) {
                self.touched |= 1 << at;
                self.state[at as usize] = Rc::new(Content::Lost);
            }
        }
    }

    /// Some of the containers that a container holds may be what an operation gave.
    pub(super) fn lose_within(&mut self, content: &Content) {
        for at in self.within(content) {
            self.lose(at);
        }
    }

    /// Records what an operation on the container `base` gave.
    pub(super) fn give(&mut self, value: ValueId, effect: Effect, base: Option<u32>, absent: Option<Value>) {
        let mut alias = NONE;
        match effect {
            Effect::Gives(values) => {
                self.set_cell(value, if values.is_empty() { BOTTOM } else { self.common(&values) });
                match values.as_slice() {
                    [one] => alias = self.alias[one.index()],
                    several => {
                        for &value in several {
                            self.lose_value(value);
                        }
                    }
                }
                self.forward(value, values);
            }
            Effect::Absent => {
                self.set_constant(value, absent);
                self.forward(value, Values::new());
            }
            Effect::Constant(constant) => {
                self.set_constant(value, Some(constant));
                self.forward(value, Values::new());
            }
            Effect::Receiver => {
                self.set_cell(value, BOTTOM);
                alias = base.unwrap_or(NONE);
            }
            Effect::New(content) => {
                self.set_cell(value, BOTTOM);
                self.make(value, content);
            }
            Effect::Unknown => {
                self.set_cell(value, BOTTOM);
                if let Some(content) = base.map(|base| Rc::clone(&self.state[base as usize])) {
                    self.lose_within(&content);
                }
            }
            Effect::Loses => {
                self.set_cell(value, BOTTOM);
                if let Some(base) = base {
                    self.lose(base);
                }
            }
        }
        self.set_alias(value, alias);
    }

    /// Records what an operation gives, unless it also puts something into the container: then that is not all there
    /// is to it.
    pub(super) fn forward(&mut self, value: ValueId, values: Values) {
        if self.putting != Some(value) {
            self.forwards.push((value, values));
        }
    }

    /// A new container, followed or not.
    pub(super) fn make(&mut self, value: ValueId, content: Content) {
        match self.roots.binary_search(&value) {
            Ok(at) if content.values().len() <= super::contents::MAX_ENTRIES => *self.content_mut(at as u32) = content,
            Ok(at) => {
                self.lose_within(&content);
                *self.content_mut(at as u32) = Content::Lost;
            }
            Err(_) => self.lose_within(&content),
        }
    }

    /// A constant from outside the body, if there are questions left.
    pub(super) fn ask(&mut self, value: ValueId, question: impl FnOnce(&Self, Site) -> Option<Value>) {
        if self.cells[value.index()] != TOP {
            return;
        }
        let answer = if self.asked < MAX_ASKS {
            self.asked += 1;
            question(self, Site { unit: self.unit, body: self.id, value })
        } else {
            None
        };
        self.set_constant(value, answer);
    }
}
