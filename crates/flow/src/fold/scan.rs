//! A first look at a body: whether anything in it can be folded, and which containers it makes and reads.

use lunette_lang::ir::{
    Arg, ArgKind, Body, BodyId, BodyKind, Entry, ImportItem, Key, Language, Op, Terminator, UnaryOp, ValueId, VarId,
};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::Containers;
use super::calls;
use super::certain::{self, is_named};
use super::ops::{is_augmented, is_comparison};
use crate::know::{Known, Origin};
use crate::program::{Program, Site, UnitId};

/// Most containers of a body that are followed.
pub(super) const MAX_ROOTS: usize = 64;
/// Most contents kept and joined for a body: containers by ways.
const MAX_STATES: usize = 100_000;
/// Most operations of inner functions that are looked at for captured variables.
const MAX_INNER: usize = 20_000;

/// What there is to fold in a body.
#[derive(Debug)]
pub(super) struct Scan {
    /// Operations that make containers, sorted.
    pub(super) roots: Vec<ValueId>,
    /// Calls of project functions on whose results branches depend, sorted.
    pub(super) asks: Vec<ValueId>,
}

/// No container.
const NONE: u32 = u32::MAX;

struct Scanner<'a> {
    program: &'a Program,
    known: &'a Known,
    containers: &'a Containers,
    unit: UnitId,
    id: BodyId,
    body: &'a Body,
    /// The operation that makes what a value is, if it may be a container.
    maker: Vec<u32>,
    /// Whether a value may be constant.
    maybe: Vec<bool>,
    /// Whether what an operation makes is looked into.
    read: Vec<bool>,
    asks: Vec<ValueId>,
}

/// Looks at a body; `None` when there is nothing to fold in it.
pub(super) fn scan(
    program: &Program,
    known: &Known,
    containers: &Containers,
    unit: UnitId,
    id: BodyId,
) -> Option<Scan> {
    let body = program.body(unit, id);
    let branches = body.blocks.len() > 1;
    let makes = |op: &Op| matches!(op, Op::List(..) | Op::Dict(_) | Op::Call { .. });
    if !branches && !body.ops.iter().any(makes) {
        return None;
    }
    let count = body.ops.len();
    let mut scanner = Scanner {
        program,
        known,
        containers,
        unit,
        id,
        body,
        maker: vec![NONE; count],
        maybe: vec![false; count],
        read: vec![false; count],
        asks: Vec::new(),
    };
    for at in 0..count {
        scanner.look(ValueId(at as u32));
    }
    let mut folds = false;
    for block in body.blocks.iter() {
        if let Terminator::Branch { cond, .. } = block.end {
            scanner.mark(cond);
            folds |= scanner.maybe[cond.index()];
        }
    }
    let roots = scanner.roots();
    if roots.is_empty() && !folds {
        return None;
    }
    let asks = scanner.needed_asks();
    Some(Scan { roots, asks })
}

impl Scanner<'_> {
    fn mark(&mut self, value: ValueId) {
        let maker = self.maker[value.index()];
        if maker != NONE {
            self.read[maker as usize] = true;
        }
    }

    fn is_known(&self, value: ValueId) -> bool {
        self.maybe[value.index()] || self.maker[value.index()] != NONE
    }

    fn look(&mut self, value: ValueId) {
        let body = self.body;
        let at = value.index();
        match &body.ops[at] {
            Op::Const(_) => self.maybe[at] = true,
            Op::Assign(_, from) | Op::Await(from) => {
                self.maybe[at] = self.maybe[from.index()];
                self.maker[at] = self.maker[from.index()];
            }
            Op::Phi(operands) => {
                // What is defined further down counts as known: if it is not, the loop finds out.
                self.maybe[at] = operands.iter().all(|operand| operand.index() >= at || self.maybe[operand.index()]);
                let first = operands.iter().find(|operand| operand.index() < at && self.maker[operand.index()] != NONE);
                self.maker[at] = first.map_or(NONE, |operand| self.maker[operand.index()]);
            }
            Op::Binary(op, left, right) => {
                self.mark(*left);
                self.mark(*right);
                self.maybe[at] = self.is_known(*left) && self.is_known(*right);
                let module = &self.program.unit(self.unit).module;
                if self.maker[left.index()] != NONE && module.language == Language::Python && !is_comparison(*op) {
                    let augmented = is_augmented(self.program.source(self.unit, body.spans[at]), module.language);
                    self.maker[at] = if augmented { self.maker[left.index()] } else { value.0 };
                }
            }
            Op::Unary(UnaryOp::Delete, _) => {}
            Op::Unary(_, operand) => {
                self.mark(*operand);
                self.maybe[at] = self.is_known(*operand);
            }
            Op::Concat(parts) => {
                self.maybe[at] = parts.iter().all(|part| match part {
                    lunette_lang::ir::Part::Text(_) => true,
                    lunette_lang::ir::Part::Value(value) => self.maybe[value.index()],
                });
            }
            Op::List(_, items) => {
                self.maker[at] = value.0;
                let spread = items.iter().filter(|item| item.kind == ArgKind::Spread);
                for item in spread {
                    self.mark(item.value);
                }
            }
            Op::Dict(entries) => {
                self.maker[at] = value.0;
                for entry in entries {
                    if let Entry::Spread(from) = entry {
                        self.mark(*from);
                    }
                }
            }
            Op::Load(base, key) => {
                self.mark(*base);
                let key = if let Key::Value(key) = key { self.maybe[key.index()] } else { true };
                // A container may hold another one.
                self.maker[at] = self.maker[base.index()];
                self.maybe[at] = self.maker[at] != NONE || key && self.maybe[base.index()];
            }
            Op::Slice(base, _) => {
                self.mark(*base);
                self.maybe[at] = self.maybe[base.index()];
                if self.maker[base.index()] != NONE {
                    self.maker[at] = value.0;
                }
            }
            Op::Element(base) => self.mark(*base),
            Op::Outer(owner, var) => {
                self.maybe[at] = certain::is_constant_variable(self.program, self.unit, *owner, *var);
            }
            Op::Import(import) => {
                let module = &self.program.unit(self.unit).module;
                let named = matches!(module.imports[import.index()].item, ImportItem::Named(_));
                self.maybe[at] = named && certain::imported(self.program, self.unit, *import).is_some();
            }
            Op::Call { callee, args, .. } => self.look_at_call(value, *callee, args),
            _ => {}
        }
    }

    fn look_at_call(&mut self, value: ValueId, callee: ValueId, args: &[Arg]) {
        let at = value.index();
        if self.makes(callee, value) {
            self.maker[at] = value.0;
        }
        let known = args.iter().all(|arg| self.is_known(arg.value));
        match &self.body.ops[callee.index()] {
            Op::Load(base, Key::Member(_)) if self.maker[base.index()] != NONE => self.maybe[at] = true,
            Op::Load(base, Key::Member(_)) if self.maybe[base.index()] => self.maybe[at] = known,
            Op::Global(_) => self.maybe[at] = known,
            Op::Load(base, _) if matches!(self.body.ops[base.index()], Op::Global(_)) => {
                self.maybe[at] = known;
                if let [only] = args
                    && self.maker[at] == NONE
                {
                    // `Object.freeze` gives its argument; where it is another function, nothing is lost.
                    self.maker[at] = self.maker[only.value.index()];
                }
            }
            _ => {
                let callee = Site { unit: self.unit, body: self.id, value: callee };
                if let [Origin::Function(..)] = self.known.origins(callee)
                    && is_named(self.program, callee)
                {
                    self.maybe[at] = true;
                    self.asks.push(value);
                }
                return;
            }
        }
        for arg in args {
            self.mark(arg.value);
        }
    }

    /// The operations that make containers which are looked into.
    fn roots(&self) -> Vec<ValueId> {
        if self.body.kind == BodyKind::Class {
            return Vec::new();
        }
        let mut roots = Vec::new();
        for (at, _) in self.read.iter().enumerate().filter(|(_, read)| **read) {
            let value = ValueId(at as u32);
            roots.push(value);
            if let Op::List(..) | Op::Dict(_) = self.body.ops[at] {
                self.inner_roots(value, &mut roots);
            }
            if roots.len() > MAX_ROOTS {
                return Vec::new();
            }
        }
        roots.sort_unstable();
        roots.dedup();
        let ways: usize = self.body.blocks.iter().map(|block| block.preds.len() + 1).sum();
        if roots.len().saturating_mul(ways) > MAX_STATES { Vec::new() } else { roots }
    }

    /// Literals within a literal.
    fn inner_roots(&self, value: ValueId, roots: &mut Vec<ValueId>) {
        let inner: SmallVec<[ValueId; 8]> = match &self.body.ops[value.index()] {
            Op::List(_, items) => items.iter().map(|item| item.value).collect(),
            Op::Dict(entries) => entries
                .iter()
                .map(|entry| match entry {
                    Entry::Pair(_, value) | Entry::Spread(value) => *value,
                })
                .collect(),
            _ => return,
        };
        for item in inner {
            if roots.len() <= MAX_ROOTS && matches!(self.body.ops[item.index()], Op::List(..) | Op::Dict(_)) {
                roots.push(item);
                self.inner_roots(item, roots);
            }
        }
    }

    /// Whether a call makes a container that can be followed.
    fn makes(&self, callee: ValueId, value: ValueId) -> bool {
        let name = |name| self.program.unit(self.unit).module.name(name);
        match self.body.ops[callee.index()] {
            Op::Global(function) => calls::is_constructor(name(function)) || self.store(value),
            Op::Load(base, Key::Member(method)) => match self.body.ops[base.index()] {
                Op::Global(object) => name(object) == "Object" && name(method) == "values",
                _ if self.maker[base.index()] != NONE => calls::copies(name(method)),
                _ => self.store(value),
            },
            _ => self.store(value),
        }
    }

    fn store(&self, value: ValueId) -> bool {
        let site = Site { unit: self.unit, body: self.id, value };
        let origins = if self.containers.is_empty() { &[] } else { self.known.origins(site) };
        matches!(origins, [Origin::Api(node, _)] if self.containers.of(*node).is_some())
    }

    /// The calls of project functions that some branch or key depends on.
    fn needed_asks(&mut self) -> Vec<ValueId> {
        if self.asks.is_empty() {
            return Vec::new();
        }
        let mut needed = vec![false; self.body.ops.len()];
        for block in self.body.blocks.iter() {
            if let Terminator::Branch { cond, .. } = block.end {
                needed[cond.index()] = true;
            }
        }
        for (at, op) in self.body.ops.iter().enumerate().rev() {
            if let Op::Load(_, Key::Value(key)) | Op::Store(_, Key::Value(key), _) = op {
                needed[key.index()] = true;
            }
            if !needed[at] {
                continue;
            }
            match op {
                Op::Assign(_, from) | Op::Await(from) | Op::Unary(_, from) | Op::Load(from, _) | Op::Slice(from, _) => {
                    needed[from.index()] = true;
                }
                Op::Phi(operands) => operands.iter().for_each(|operand| needed[operand.index()] = true),
                Op::Binary(_, left, right) => {
                    needed[left.index()] = true;
                    needed[right.index()] = true;
                }
                Op::Call { callee, args, .. } => {
                    needed[callee.index()] = true;
                    for arg in args {
                        needed[arg.value.index()] = true;
                    }
                }
                _ => {}
            }
        }
        let mut asks = std::mem::take(&mut self.asks);
        asks.retain(|ask| needed[ask.index()]);
        asks
    }
}

/// The variables of a body that other bodies (or itself, out of order) read or write, sorted. `None` when that would
/// take too long to find out.
pub(super) fn captured(program: &Program, unit: UnitId, id: BodyId) -> Option<Vec<VarId>> {
    let module = &program.unit(unit).module;
    let mut vars = Vec::new();
    let mut work = 0;
    let mut bodies = vec![id];
    // A function may hold itself, and the methods of a class are held by its body, too.
    let mut seen = FxHashSet::default();
    while let Some(inner) = bodies.pop() {
        if !seen.insert(inner) {
            continue;
        }
        let body = module.body(inner);
        if inner != id {
            work += body.ops.len() + 1;
            if work > MAX_INNER {
                return None;
            }
        }
        for op in &body.ops {
            match op {
                Op::Outer(owner, var) | Op::StoreOuter(owner, var, _) if *owner == id => vars.push(*var),
                Op::Closure(inner) => bodies.push(*inner),
                Op::Class(class) => {
                    let class = &module.classes[class.index()];
                    bodies.push(class.body);
                    bodies.extend(class.methods.iter().map(|(_, method)| *method));
                }
                _ => {}
            }
        }
    }
    vars.sort_unstable();
    vars.dedup();
    Some(vars)
}
