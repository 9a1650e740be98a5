//! The order of a body's blocks, and one number for values that are the same.

use lunette_lang::ir::{BlockId, Body, BodyId, Key, NameId, Op, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::folding::Folding;

/// The blocks that can run, in reverse postorder.
pub(super) fn order(body: &Body, folding: &Folding) -> Vec<BlockId> {
    if body.blocks.len() == 1 {
        return vec![BlockId(0)];
    }
    let mut next: Vec<SmallVec<[BlockId; 2]>> = vec![SmallVec::new(); body.blocks.len()];
    for (at, block) in body.blocks.iter().enumerate() {
        let to = BlockId(at as u32);
        for &from in block.preds {
            if folding.edge(from, to) {
                next[from.index()].push(to);
            }
        }
    }
    let mut seen = vec![false; body.blocks.len()];
    let mut order = Vec::with_capacity(body.blocks.len());
    let mut stack = vec![(BlockId(0), 0usize)];
    if body.blocks.is_empty() {
        return order;
    }
    seen[0] = true;
    while let Some((block, at)) = stack.pop() {
        if let Some(&to) = next[block.index()].get(at) {
            stack.push((block, at + 1));
            if !seen[to.index()] {
                seen[to.index()] = true;
                stack.push((to, 0));
            }
        } else {
            order.push(block);
        }
    }
    order.reverse();
    order
}

/// What makes two values the same.
#[derive(PartialEq, Eq, Hash)]
enum Same {
    Load(ValueId, Key),
    Outer(BodyId, lunette_lang::ir::VarId),
    Global(NameId),
    Import(lunette_lang::ir::ImportId),
    This,
}

/// The first of the values that are the same, for every value.
pub(super) fn canon(body: &Body, order: &[BlockId]) -> Vec<ValueId> {
    let mut canon: Vec<ValueId> = (0..body.ops.len() as u32).map(ValueId).collect();
    let mut first: FxHashMap<Same, ValueId> = FxHashMap::default();
    first.reserve(body.ops.len() / 2);
    for &block in order {
        for &value in body.block(block).ops {
            let same = match &body.ops[value.index()] {
                Op::Assign(_, from) | Op::Await(from) | Op::Enter(from) => {
                    canon[value.index()] = canon[from.index()];
                    continue;
                }
                Op::Load(base, Key::Value(key)) => Same::Load(canon[base.index()], Key::Value(canon[key.index()])),
                Op::Load(base, key) => Same::Load(canon[base.index()], *key),
                Op::Outer(owner, var) => Same::Outer(*owner, *var),
                Op::Global(name) => Same::Global(*name),
                Op::Import(import) => Same::Import(*import),
                Op::This => Same::This,
                _ => continue,
            };
            canon[value.index()] = *first.entry(same).or_insert(value);
        }
    }
    canon
}
