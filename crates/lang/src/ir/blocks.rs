//! The basic blocks of a body, kept in one piece: most are short, and a program has a block for every three lines.

use super::{BlockId, ValueId};

/// A straight run of operations.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Its operations in order, phis first.
    pub ops: &'a [ValueId],
    /// How it ends.
    pub end: Terminator,
    /// The blocks that may run before it.
    pub preds: &'a [BlockId],
}

/// How a block ends.
#[derive(Clone, Copy, Debug, Default)]
pub enum Terminator {
    /// Not ended: falls off the end of the body.
    #[default]
    End,
    /// Goes on in another block.
    Jump(BlockId),
    /// Goes on in one of two blocks by the truth of a value.
    Branch {
        /// The value tested.
        cond: ValueId,
        /// Where to when it is true.
        then: BlockId,
        /// Where to when it is false.
        other: BlockId,
    },
    /// Returns; the value is also an [`super::Op::Return`].
    Return,
    /// Raises; the value is also an [`super::Op::Throw`].
    Throw,
}

/// All blocks of a body, by their ids; the first is the entry.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    places: Box<[Place]>,
    /// The operations of all blocks, one block after another.
    ops: Box<[ValueId]>,
    /// The predecessors of all blocks, likewise.
    preds: Box<[BlockId]>,
}

/// What belongs to one block: everything from where the block before it ends.
#[derive(Clone, Debug)]
struct Place {
    ops_end: u32,
    preds_end: u32,
    end: Terminator,
}

impl Blocks {
    /// How many blocks there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.places.len()
    }
    /// Whether there is none, as in a body that is still being built.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
    /// The block with this id, if there is one.
    #[inline]
    pub fn get(&self, id: BlockId) -> Option<Block<'_>> {
        (id.index() < self.places.len()).then(|| self.at(id.index()))
    }
    /// The first block, where the body starts.
    pub fn first(&self) -> Option<Block<'_>> {
        self.get(BlockId(0))
    }
    /// The blocks in the order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Block<'_>> + DoubleEndedIterator {
        (0..self.places.len()).map(|at| self.at(at))
    }
    /// All operations, block by block.
    pub fn ops(&self) -> &[ValueId] {
        &self.ops
    }

    #[inline]
    pub(super) fn at(&self, at: usize) -> Block<'_> {
        let place = &self.places[at];
        let (ops, preds) = at.checked_sub(1).map_or((0, 0), |before| {
            let before = &self.places[before];
            (before.ops_end, before.preds_end)
        });
        Block {
            ops: &self.ops[ops as usize..place.ops_end as usize],
            end: place.end,
            preds: &self.preds[preds as usize..place.preds_end as usize],
        }
    }
}

impl<'a> FromIterator<Block<'a>> for Blocks {
    fn from_iter<T: IntoIterator<Item = Block<'a>>>(blocks: T) -> Self {
        let (mut places, mut ops, mut preds) = (Vec::new(), Vec::new(), Vec::new());
        for block in blocks {
            ops.extend_from_slice(block.ops);
            preds.extend_from_slice(block.preds);
            places.push(Place { ops_end: ops.len() as u32, preds_end: preds.len() as u32, end: block.end });
        }
        Blocks { places: places.into(), ops: ops.into(), preds: preds.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_what_they_were_made_of() {
        let ids = |from: u32, to: u32| (from..to).map(ValueId).collect::<Vec<_>>();
        let (first, last) = (ids(0, 3), ids(3, 4));
        let (jump, end) = (Terminator::Jump(BlockId(2)), Terminator::Return);
        let made = [
            Block { ops: &first, end: jump, preds: &[] },
            Block { ops: &[], end: Terminator::End, preds: &[] },
            Block { ops: &last, end, preds: &[BlockId(0), BlockId(1)] },
        ];
        let blocks: Blocks = made.into_iter().collect();
        assert_eq!(blocks.len(), 3);
        for (found, made) in blocks.iter().zip(made) {
            assert_eq!((found.ops, found.preds), (made.ops, made.preds));
        }
        assert!(matches!(blocks.first().map(|block| block.end), Some(Terminator::Jump(BlockId(2)))));
        assert!(blocks.get(BlockId(3)).is_none());
        assert_eq!(blocks.ops(), ids(0, 4));
    }

    /// A program of a million lines has 350,000 blocks and more.
    #[test]
    fn blocks_are_small() {
        assert_eq!(size_of::<Place>(), 24);
    }
}
