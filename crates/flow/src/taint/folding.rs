//! What is known before untrusted data is followed: which code can run, and what local containers hold.

use lunette_lang::ir::{BlockId, BodyId, ValueId};

use super::env::Env;
use crate::constant::Value;
use crate::program::{Site, UnitId};

/// What folding found in one body.
pub(crate) struct Folding;

impl Folding {
    pub(crate) fn new(_env: &Env<'_>, _unit: UnitId, _id: BodyId) -> Self {
        Folding
    }

    pub(crate) fn edge(&self, _from: BlockId, _to: BlockId) -> bool {
        true
    }

    pub(crate) fn forwarded(&self, _value: ValueId) -> Option<Vec<ValueId>> {
        None
    }

    pub(crate) fn constant(&self, env: &Env<'_>, site: Site) -> Option<Value> {
        env.facts.possible(site).single().cloned()
    }
}
