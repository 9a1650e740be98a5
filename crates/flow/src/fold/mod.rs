//! What cannot happen in a body, and what its own containers hold.
//!
//! Two questions are answered together, since each helps the other: which branches can be taken, by constants that
//! are propagated along the ways that can be taken (Wegman & Zadeck 1991); and which value exactly a load gives, by
//! following the contents of lists, mappings and stores that are made in the body and that nobody else gets at.
//!
//! Where something cannot be told, the answer is "unknown", never a guess: a container is given up as soon as it is
//! passed on, kept elsewhere, captured, or written to by a key that is not known; at joins everything is given up
//! that is not the same on all ways.
//!
//! **Limits.** Files are not read: what a configuration file says is unknown. Values of other bodies are asked for
//! only when they are module variables with one write, or results of project functions that branches depend on.

mod calls;
mod certain;
mod contents;
mod edges;
mod eval;
mod kinds;
mod machine;
mod methods;
mod ops;
mod scan;
mod stores;
#[cfg(test)]
mod tests;

use lunette_lang::ir::{BlockId, BodyId, ValueId};

pub(crate) use certain::is_named;
pub(crate) use eval::{binary, unary};
pub(crate) use methods::element;
pub use stores::{Argument, Containers, Does, Method, Store};

use crate::constant::Value;
use crate::know::Known;
use crate::program::{Program, UnitId};
use contents::{Constants, Values};

/// What is known of a body. The default: nothing.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// Blocks that cannot run, sorted.
    dead: Vec<BlockId>,
    /// Ways that cannot be taken between blocks that can run, sorted.
    closed: Vec<(BlockId, BlockId)>,
    /// What loads give, sorted.
    forwards: Vec<(ValueId, Values)>,
    /// Where each value's constant is in `constants`; empty when there is none at all.
    cells: Vec<u32>,
    constants: Vec<Value>,
}

impl Folded {
    /// Whether a block can run.
    pub fn reachable(&self, block: BlockId) -> bool {
        self.dead.binary_search(&block).is_err()
    }

    /// Whether control can pass from `from` to `to`.
    pub fn edge(&self, from: BlockId, to: BlockId) -> bool {
        self.reachable(from) && self.reachable(to) && self.closed.binary_search(&(from, to)).is_err()
    }

    /// For an operation that reads a container (`xs[0]`, `d["k"]`, `d.get("k")`, `xs.pop()`, `for x in xs`): exactly
    /// the values of which it gives one, when the container is the body's own and what it holds there is known. An
    /// empty slice: none of the body's values (nothing is there, or a constant, for which see [`Self::constant`]).
    /// `None`: not known, or the operation also puts something in (`xs.append(x)`, `d.setdefault("k", x)`), so that
    /// its result is not all there is to it.
    pub fn forwarded(&self, value: ValueId) -> Option<&[ValueId]> {
        let at = self.forwards.binary_search_by_key(&value, |(found, _)| *found).ok()?;
        Some(&self.forwards[at].1)
    }

    /// The constant that a value certainly is. Only told in bodies in which there is something to fold; there also
    /// for literals.
    pub fn constant(&self, value: ValueId) -> Option<&Value> {
        let cell = *self.cells.get(value.index())?;
        self.constants.get(cell as usize)
    }

    /// Whether nothing was found out at all.
    pub fn is_trivial(&self) -> bool {
        self.dead.is_empty() && self.closed.is_empty() && self.forwards.is_empty()
    }
}

/// Folds one body, in time linear in its size. (Sparse conditional constant propagation by Wegman & Zadeck 1991, on
/// blocks rather than on single uses.)
pub fn fold(program: &Program, known: &Known, containers: &Containers, unit: UnitId, body: BodyId) -> Folded {
    let Some(scan) = scan::scan(program, known, containers, unit, body) else { return Folded::default() };
    let mut machine = machine::Machine::new(program, known, containers, unit, body, scan);
    if machine.run() { machine.folded() } else { Folded::default() }
}

impl machine::Machine<'_> {
    /// What was found out.
    fn folded(mut self) -> Folded {
        let mut dead = Vec::new();
        let mut closed = Vec::new();
        for (at, reached) in self.reached.iter().enumerate() {
            let block = BlockId(at as u32);
            if !reached {
                dead.push(block);
                continue;
            }
            for ways in self.edges.out(block).chunk_by(|a, b| a.to == b.to) {
                let open = ways.iter().any(|way| self.edges.live[way.at as usize]);
                if !open && self.reached[ways[0].to.index()] {
                    closed.push((block, ways[0].to));
                }
            }
        }
        let mut forwards = std::mem::take(&mut self.forwards);
        forwards.sort_unstable_by_key(|(value, _)| *value);
        let cells = (0..self.cells.len() as u32).map(|at| {
            if self.constant(ValueId(at)).is_some() { self.cells[at as usize] - machine::FIRST } else { u32::MAX }
        });
        Folded { dead, closed, forwards, cells: cells.collect(), constants: self.constants }
    }
}
