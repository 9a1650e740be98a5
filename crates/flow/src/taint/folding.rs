//! What is known before untrusted data is followed: which code can run, and what local containers hold.

use std::cell::RefCell;
use std::rc::Rc;

use lunette_lang::ir::{BlockId, Body, BodyId, Op, ValueId};
use rustc_hash::FxHashMap;

use super::env::Env;
use crate::constant::Value;
use crate::fold::{Folded, fold};
use crate::know::Origin;
use crate::program::{Site, UnitId};

/// What folding found in one body.
pub(crate) struct Folding {
    folded: Folded,
    /// Blocks with a call that never comes back.
    ends: Vec<BlockId>,
    /// Constants asked for before.
    asked: RefCell<FxHashMap<ValueId, Option<Rc<Value>>>>,
}

impl Folding {
    pub(crate) fn new(env: &Env<'_>, unit: UnitId, id: BodyId) -> Self {
        let folded = fold(env.facts.program, &env.facts.known, &env.models.containers, unit, id);
        Folding { folded, ends: ends(env, unit, id), asked: RefCell::default() }
    }

    /// Whether control can pass from one block to another.
    pub(crate) fn edge(&self, from: BlockId, to: BlockId) -> bool {
        self.folded.edge(from, to) && self.ends.binary_search(&from).is_err()
    }

    /// What a read of a local container gives, when that is known exactly.
    pub(crate) fn forwarded(&self, value: ValueId) -> Option<Vec<ValueId>> {
        self.folded.forwarded(value).map(<[ValueId]>::to_vec)
    }

    /// The constant that a value is.
    pub(crate) fn constant(&self, env: &Env<'_>, site: Site) -> Option<Rc<Value>> {
        if let Some(value) = self.asked.borrow().get(&site.value) {
            return value.clone();
        }
        let value = match self.folded.constant(site.value) {
            Some(value) => Some(Rc::new(value.clone())),
            None if may_fold(env.facts.program.body(site.unit, site.body), site.value) => {
                env.facts.single(site).map(Rc::new)
            }
            None => None,
        };
        self.asked.borrow_mut().insert(site.value, value.clone());
        value
    }
}

/// The blocks of a body with a call that never comes back, in order.
fn ends(env: &Env<'_>, unit: UnitId, id: BodyId) -> Vec<BlockId> {
    let exits = &env.models.taint.exits;
    let body = env.facts.program.body(unit, id);
    if exits.is_empty() || body.blocks.len() < 2 {
        return Vec::new();
    }
    let leaves = |&value: &ValueId| {
        let Op::Call { callee, .. } = body.ops[value.index()] else { return false };
        let (mut any, mut other) = (false, false);
        for target in env.facts.known.origins(Site { unit, body: id, value: callee }) {
            match target {
                Origin::Api(node, _) if exits.contains(node) => any = true,
                Origin::Api(..) | Origin::Function(..) => other = true,
                _ => {}
            }
        }
        any && !other
    };
    let blocks = body.blocks.iter().enumerate().filter(|(_, block)| block.ops.iter().any(leaves));
    blocks.map(|(at, _)| BlockId(at as u32)).collect()
}

/// Whether a value can be a constant that folding within the body does not see: a name of another body or module, a
/// member of a literal. What callers pass and functions give is not asked for.
fn may_fold(body: &Body, mut value: ValueId) -> bool {
    loop {
        match &body.ops[value.index()] {
            Op::Assign(_, from) => value = *from,
            Op::Load(base, _) => value = *base,
            Op::Const(_)
            | Op::Outer(..)
            | Op::Import(_)
            | Op::Concat(_)
            | Op::List(..)
            | Op::Dict(_)
            | Op::Binary(..)
            | Op::Unary(..)
            | Op::Class(_) => return true,
            _ => return false,
        }
    }
}
