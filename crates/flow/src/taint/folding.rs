//! What is known before untrusted data is followed: which code can run, and what local containers hold.

use lunette_lang::ir::{BlockId, BodyId, ValueId};

use super::env::Env;
use crate::constant::Value;
use crate::fold::{Folded, fold};
use crate::program::{Site, UnitId};

/// What folding found in one body.
pub(crate) struct Folding(Folded);

impl Folding {
    pub(crate) fn new(env: &Env<'_>, unit: UnitId, id: BodyId) -> Self {
        Folding(fold(env.facts.program, &env.facts.known, &env.models.containers, unit, id))
    }

    /// Whether control can pass from one block to another.
    pub(crate) fn edge(&self, from: BlockId, to: BlockId) -> bool {
        self.0.edge(from, to)
    }

    /// What a read of a local container gives, when that is known exactly.
    pub(crate) fn forwarded(&self, value: ValueId) -> Option<Vec<ValueId>> {
        self.0.forwarded(value).map(<[ValueId]>::to_vec)
    }

    /// The constant that a value is.
    pub(crate) fn constant(&self, env: &Env<'_>, site: Site) -> Option<Value> {
        self.0.constant(site.value).cloned().or_else(|| env.facts.possible(site).single().cloned())
    }
}
