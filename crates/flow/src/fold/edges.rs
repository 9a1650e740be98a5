//! The ways between the blocks of a body, and which of them can be taken.

use lunette_lang::ir::{BlockId, Body, Span, Terminator};

/// A way out of a block: to the predecessor at place `at` of the block `to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) to: BlockId,
    /// The place of the way among all ways of the body.
    pub(super) at: u32,
    /// It is (or may be) taken when something is raised.
    pub(super) raises: bool,
}

/// All ways of a body.
#[derive(Debug)]
pub(super) struct Edges {
    /// Where the ways into each block start among all.
    first_in: Vec<u32>,
    /// Where the ways out of each block start in `out`.
    first_out: Vec<u32>,
    out: Vec<Way>,
    /// Whether each way is taken when something is raised.
    raises: Vec<bool>,
    /// Whether each way can be taken.
    pub(super) live: Vec<bool>,
    /// The blocks in an order in which, loops aside, no block comes before one that leads to it.
    pub(super) order: Vec<BlockId>,
    /// Whether some way leads back.
    pub(super) loops: bool,
}

/// The blocks that the end of a block names.
pub(super) fn targets(end: Terminator) -> [Option<BlockId>; 2] {
    match end {
        Terminator::Jump(to) => [Some(to), None],
        Terminator::Branch { then, other, .. } => [Some(then), Some(other)],
        Terminator::End | Terminator::Return | Terminator::Throw => [None, None],
    }
}

impl Edges {
    pub(super) fn new(body: &Body) -> Self {
        let count = body.blocks.len();
        let mut first_in = Vec::with_capacity(count + 1);
        let mut first_out = vec![0u32; count + 1];
        let mut total = 0;
        for block in body.blocks.iter() {
            first_in.push(total);
            total += block.preds.len() as u32;
            for pred in block.preds {
                first_out[pred.index() + 1] += 1;
            }
        }
        first_in.push(total);
        for at in 0..count {
            first_out[at + 1] += first_out[at];
        }
        let mut next = first_out.clone();
        let nowhere = Way { to: BlockId(0), at: 0, raises: false };
        let mut out = vec![nowhere; total as usize];
        for (to, block) in body.blocks.iter().enumerate() {
            for (place, pred) in block.preds.iter().enumerate() {
                let to = BlockId(to as u32);
                let [one, two] = targets(body.block(*pred).end);
                let raises = one != Some(to) && two != Some(to);
                let slot = &mut next[pred.index()];
                out[*slot as usize] = Way { to, at: first_in[to.index()] + place as u32, raises };
                *slot += 1;
            }
        }
        let mut edges = Edges {
            first_in,
            first_out,
            out,
            raises: vec![false; total as usize],
            live: vec![false; total as usize],
            order: Vec::new(),
            loops: false,
        };
        edges.mark_doubles(count);
        for way in &edges.out {
            edges.raises[way.at as usize] = way.raises;
        }
        edges.order = edges.reverse_postorder(count);
        edges.loops = edges.leads_back(count);
        edges
    }

    /// Where a block leads to another both by its end and by raising, it is not told which way is which: both count as
    /// raising, which costs nothing but precision.
    fn mark_doubles(&mut self, count: usize) {
        for block in 0..count {
            let range = self.first_out[block] as usize..self.first_out[block + 1] as usize;
            // The ways of a block are in the order of their targets.
            for at in range.start + 1..range.end {
                if self.out[at].to == self.out[at - 1].to {
                    self.out[at].raises = true;
                    self.out[at - 1].raises = true;
                }
            }
        }
    }

    fn reverse_postorder(&self, count: usize) -> Vec<BlockId> {
        let mut order = Vec::with_capacity(count);
        let mut seen = vec![false; count];
        if count == 0 {
            return order;
        }
        seen[0] = true;
        let mut stack = vec![(BlockId(0), self.first_out[0])];
        while let Some((block, next)) = stack.last_mut() {
            if *next < self.first_out[block.index() + 1] {
                let to = self.out[*next as usize].to;
                *next += 1;
                if !seen[to.index()] {
                    seen[to.index()] = true;
                    stack.push((to, self.first_out[to.index()]));
                }
            } else {
                order.push(*block);
                stack.pop();
            }
        }
        order.reverse();
        order
    }

    fn leads_back(&self, count: usize) -> bool {
        let mut place = vec![0u32; count];
        for (at, block) in self.order.iter().enumerate() {
            place[block.index()] = at as u32;
        }
        let back = |block: &BlockId| self.out(*block).iter().any(|way| place[way.to.index()] <= place[block.index()]);
        self.order.iter().any(back)
    }

    /// The ways out of a block.
    pub(super) fn out(&self, block: BlockId) -> &[Way] {
        &self.out[self.first_out[block.index()] as usize..self.first_out[block.index() + 1] as usize]
    }

    /// Whether each way into a block can be taken, in the order of its predecessors.
    pub(super) fn live_in(&self, block: BlockId) -> &[bool] {
        &self.live[self.first_in[block.index()] as usize..self.first_in[block.index() + 1] as usize]
    }

    /// Whether the way from a block's predecessor at a place is taken when something is raised.
    pub(super) fn raises(&self, block: BlockId, place: usize) -> bool {
        self.raises[self.first_in[block.index()] as usize + place]
    }

    /// Says that a way can be taken; whether that is new.
    pub(super) fn open(&mut self, way: Way) -> bool {
        !std::mem::replace(&mut self.live[way.at as usize], true)
    }
}

/// The parts of a body's source in which what raises leads to a handler or a `finally` of the body: sorted, apart.
pub(super) fn protected(body: &Body) -> Vec<Span> {
    let part = |entry: &lunette_lang::ir::Try| {
        let end = entry.handlers.iter().map(|handler| handler.body.end).fold(entry.body.end, u32::max);
        // Where a `finally` begins is not known.
        Span::new(entry.body.start, if entry.has_finally { u32::MAX } else { end })
    };
    let mut parts: Vec<Span> = body.tries.iter().map(part).collect();
    parts.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(parts.len());
    for part in parts {
        match apart.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => apart.push(part),
        }
    }
    apart
}
