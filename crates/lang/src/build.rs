//! Building bodies in SSA form while walking a syntax tree.
//!
//! The construction is Braun et al., *Simple and Efficient Construction of Static Single Assignment Form*
//! (CC 2013): variables are looked up per block, blocks are sealed once all their predecessors are known, and a
//! join at which a variable has one value on all ways gets no phi (their "marker" variant). Loops may leave phis whose
//! operands are one value and the phi itself; readers see through them.
//!
//! Lookups keep their own stack, and a body has a budget of steps ([`MAX_STEPS`]): the number of phis is the product
//! of joins and variables, which a hostile file may make as large as it likes.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::ir::{
    Block, BlockId, Blocks, Body, BodyId, BodyKind, Const, Few, NameId, Op, Span, Terminator, ValueId, ValueRef, Var,
    VarId,
};

/// At most this many blocks are visited in looking up variables of one body. Beyond it, variables are read without
/// regard to order, as [`Op::Outer`] of the body itself.
const MAX_STEPS: usize = 1 << 20;

/// Builds one [`Body`].
pub(crate) struct BodyBuilder {
    /// The body so far, without its blocks. Lowering sets its descriptive fields directly.
    pub(crate) body: Body,
    /// What a variable is where nothing was written to it; [`Const::Undefined`] when not named here.
    pub(crate) unwritten: FxHashMap<VarId, Op>,
    id: BodyId,
    blocks: Vec<Draft>,
    current: BlockId,
    defs: FxHashMap<(VarId, BlockId), ValueId>,
    sealed: Vec<bool>,
    incomplete: FxHashMap<BlockId, Vec<(VarId, ValueId)>>,
    /// The variables and blocks of phis whose operands were not known when they were made.
    unfilled: FxHashMap<ValueId, (VarId, BlockId)>,
    by_name: FxHashMap<NameId, VarId>,
    /// Exceptional edges, which are not told by terminators.
    throws: FxHashSet<(BlockId, BlockId)>,
    /// For each block the lookup that last came by, to notice cycles.
    visited: Vec<u32>,
    lookup: u32,
    steps: usize,
}

/// A block being built.
#[derive(Default)]
struct Draft {
    /// Phis and unwritten variables, which come first once the body is finished.
    leading: Vec<ValueId>,
    ops: Vec<ValueId>,
    end: Terminator,
    preds: SmallVec<[BlockId; 4]>,
}

/// A block whose predecessors are being asked for a variable.
struct Frame {
    block: BlockId,
    operands: Vec<ValueId>,
}

impl BodyBuilder {
    /// A builder whose entry block is current and sealed.
    pub(crate) fn new(id: BodyId, kind: BodyKind, name: NameId, span: Span, parent: Option<BodyId>) -> Self {
        let body = Body {
            kind,
            name,
            span,
            name_span: span,
            parent,
            class: None,
            is_static: false,
            is_async: false,
            is_generator: false,
            params: Vec::new(),
            decorators: Few::new(),
            ops: Vec::new(),
            spans: Vec::new(),
            blocks: Blocks::default(),
            vars: Vec::new(),
            tries: Few::new(),
        };
        BodyBuilder {
            body,
            unwritten: FxHashMap::default(),
            id,
            blocks: vec![Draft::default()],
            current: BlockId(0),
            defs: FxHashMap::default(),
            sealed: vec![true],
            incomplete: FxHashMap::default(),
            unfilled: FxHashMap::default(),
            by_name: FxHashMap::default(),
            throws: FxHashSet::default(),
            visited: vec![0],
            lookup: 0,
            steps: 0,
        }
    }

    /// The id of the body being built.
    pub(crate) fn id(&self) -> BodyId {
        self.id
    }

    /// A reference to a value of this body.
    pub(crate) fn at(&self, value: ValueId) -> ValueRef {
        ValueRef { body: self.id, value }
    }

    /// The block that operations go to.
    pub(crate) fn current(&self) -> BlockId {
        self.current
    }

    /// A new block, unsealed, with no predecessors.
    pub(crate) fn new_block(&mut self) -> BlockId {
        let id = BlockId(self.blocks.len() as u32);
        self.blocks.push(Draft::default());
        self.sealed.push(false);
        self.visited.push(0);
        id
    }

    /// The predecessors of a block, as far as they are known.
    pub(crate) fn preds(&self, block: BlockId) -> &[BlockId] {
        &self.blocks[block.index()].preds
    }

    /// Goes on in `block`.
    pub(crate) fn switch_to(&mut self, block: BlockId) {
        self.current = block;
    }

    /// Says that all predecessors of `block` are known.
    pub(crate) fn seal(&mut self, block: BlockId) {
        if std::mem::replace(&mut self.sealed[block.index()], true) {
            return;
        }
        for (var, phi) in self.incomplete.remove(&block).unwrap_or_default() {
            self.fill_phi(var, block, phi);
        }
    }

    /// Whether the current block has ended (what follows is unreachable).
    pub(crate) fn is_ended(&self) -> bool {
        !matches!(self.blocks[self.current.index()].end, Terminator::End)
    }

    fn ensure_open(&mut self) {
        if self.is_ended() {
            let dead = self.new_block();
            self.seal(dead);
            self.switch_to(dead);
        }
    }

    /// Whether nothing goes on in the current block: it has ended, or no way leads to it.
    pub(crate) fn is_dead(&self) -> bool {
        let at = self.current.index();
        self.is_ended() || at != 0 && self.sealed[at] && self.blocks[at].preds.is_empty()
    }

    /// Ends the current block with a jump; does nothing when it is dead.
    pub(crate) fn jump(&mut self, to: BlockId) {
        if self.is_dead() {
            return;
        }
        self.blocks[self.current.index()].end = Terminator::Jump(to);
        self.blocks[to.index()].preds.push(self.current);
    }

    /// Ends the current block with a two-way branch; does nothing when it is dead.
    pub(crate) fn branch(&mut self, cond: ValueId, then: BlockId, other: BlockId) {
        if self.is_dead() {
            return;
        }
        self.blocks[self.current.index()].end = Terminator::Branch { cond, then, other };
        self.blocks[then.index()].preds.push(self.current);
        self.blocks[other.index()].preds.push(self.current);
    }

    /// Adds an exceptional edge: `handler` may run after any operation of the current block so far.
    pub(crate) fn may_throw_to(&mut self, handler: BlockId) {
        let from = self.current;
        if self.throws.insert((from, handler)) {
            self.blocks[handler.index()].preds.push(from);
        }
    }

    /// Emits an operation into the current block and returns its value.
    pub(crate) fn emit(&mut self, op: Op, span: Span) -> ValueId {
        self.ensure_open();
        let end = match op {
            Op::Return(_) => Some(Terminator::Return),
            Op::Throw(_) => Some(Terminator::Throw),
            _ => None,
        };
        let value = self.push(op, span);
        let block = &mut self.blocks[self.current.index()];
        block.ops.push(value);
        if let Some(end) = end {
            block.end = end;
        }
        value
    }

    /// Emits a phi at the start of the current block: one operand for each of its predecessors, which must all be known.
    pub(crate) fn phi(&mut self, operands: Vec<ValueId>, span: Span) -> ValueId {
        let value = self.push(Op::Phi(operands.into()), span);
        self.blocks[self.current.index()].leading.push(value);
        value
    }

    /// Emits a constant.
    pub(crate) fn constant(&mut self, constant: Const, span: Span) -> ValueId {
        self.emit(Op::Const(constant), span)
    }

    fn push(&mut self, op: Op, span: Span) -> ValueId {
        let value = ValueId(self.body.ops.len() as u32);
        self.body.ops.push(op);
        self.body.spans.push(span);
        value
    }

    /// The variable of this name declared by this body, if any. For JavaScript, where one body may hold several
    /// variables of one name in nested blocks, the lowering keeps its own symbol table and uses [`Self::declare_new`].
    pub(crate) fn lookup(&self, name: NameId) -> Option<VarId> {
        self.by_name.get(&name).copied()
    }

    /// Declares a variable, or returns the one of this name.
    pub(crate) fn declare(&mut self, name: NameId) -> VarId {
        if let Some(var) = self.lookup(name) {
            return var;
        }
        let var = self.declare_new(name);
        self.by_name.insert(name, var);
        var
    }

    /// Declares a new variable even when the name is taken.
    pub(crate) fn declare_new(&mut self, name: NameId) -> VarId {
        let var = VarId(self.body.vars.len() as u32);
        self.body.vars.push(Var { name, writes: SmallVec::new() });
        var
    }

    /// Writes a variable: emits an [`Op::Assign`], which carries the variable's name for those who ask what a value
    /// was called, and makes it the variable's current value.
    pub(crate) fn write(&mut self, var: VarId, value: ValueId, span: Span) -> ValueId {
        let assigned = self.emit(Op::Assign(var, value), span);
        self.define(var, assigned);
        assigned
    }

    /// Makes `value` the current value of `var` without an assignment operation (parameters).
    pub(crate) fn define(&mut self, var: VarId, value: ValueId) {
        let at = self.at(value);
        self.body.vars[var.index()].writes.push(at);
        self.defs.insert((var, self.current), value);
    }

    /// The current value of a variable; [`Self::unwritten`] where nothing was written to it.
    pub(crate) fn read(&mut self, var: VarId) -> ValueId {
        self.ensure_open();
        if let Some(&value) = self.defs.get(&(var, self.current)) {
            return value;
        }
        if self.steps > MAX_STEPS {
            return self.emit(Op::Outer(self.id, var), Span::default());
        }
        self.read_in(var, self.current)
    }

    /// Braun's `readVariable`, with a stack of its own.
    fn read_in(&mut self, var: VarId, start: BlockId) -> ValueId {
        self.lookup += 1;
        let mut frames: Vec<Frame> = Vec::new();
        let mut block = start;
        loop {
            self.steps += 1;
            let Some(mut value) = self.known_in(var, block) else {
                self.visited[block.index()] = self.lookup;
                frames.push(Frame { block, operands: Vec::new() });
                block = self.blocks[block.index()].preds[0];
                continue;
            };
            // Hands the value down until a block has another predecessor to ask.
            loop {
                let Some(frame) = frames.last_mut() else {
                    return value;
                };
                frame.operands.push(value);
                let preds = &self.blocks[frame.block.index()].preds;
                if let Some(&next) = preds.get(frame.operands.len()) {
                    block = next;
                    break;
                }
                let Some(Frame { block, operands }) = frames.pop() else {
                    return value;
                };
                value = self.join(var, block, operands);
            }
        }
    }

    /// The value of `var` at the end of `block` if it is known without asking the predecessors.
    fn known_in(&mut self, var: VarId, block: BlockId) -> Option<ValueId> {
        if let Some(&value) = self.defs.get(&(var, block)) {
            return Some(value);
        }
        let value = if !self.sealed[block.index()] {
            let phi = self.new_leading(Op::Phi(Box::default()), block);
            self.incomplete.entry(block).or_default().push((var, phi));
            self.unfilled.insert(phi, (var, block));
            phi
        } else if self.visited[block.index()] == self.lookup {
            // A cycle: the value is whatever the block's own frame, further down, will find.
            self.new_leading(Op::Phi(Box::default()), block)
        } else if self.blocks[block.index()].preds.is_empty() {
            let op = self.unwritten.get(&var).cloned().unwrap_or(Op::Const(Const::Undefined));
            self.new_leading(op, block)
        } else {
            return None;
        };
        self.defs.insert((var, block), value);
        Some(value)
    }

    /// The value of `var` in `block`, given those at the ends of all predecessors.
    fn join(&mut self, var: VarId, block: BlockId, operands: Vec<ValueId>) -> ValueId {
        if let Some(&phi) = self.defs.get(&(var, block)) {
            self.set_phi(phi, operands);
            return phi;
        }
        let first = operands[0];
        let value = if operands.iter().all(|&operand| operand == first) {
            first
        } else {
            let phi = self.new_leading(Op::Phi(Box::default()), block);
            self.set_phi(phi, operands);
            phi
        };
        self.defs.insert((var, block), value);
        value
    }

    /// What the variable behind a phi whose operands are not known yet was on the first way to its block: before the
    /// loop.
    pub(crate) fn initial(&mut self, phi: ValueId) -> Option<ValueId> {
        let &(var, block) = self.unfilled.get(&phi)?;
        let &first = self.blocks[block.index()].preds.first()?;
        Some(self.read_in(var, first))
    }

    fn new_leading(&mut self, op: Op, block: BlockId) -> ValueId {
        let value = self.push(op, Span::default());
        self.blocks[block.index()].leading.push(value);
        value
    }

    fn set_phi(&mut self, phi: ValueId, operands: Vec<ValueId>) {
        if let Some(&first) = operands.iter().find(|&&operand| operand != phi) {
            self.body.spans[phi.index()] = self.body.spans[first.index()];
        }
        self.body.ops[phi.index()] = Op::Phi(operands.into());
    }

    /// Gives a phi that was made before the predecessors of its block were known its operands.
    fn fill_phi(&mut self, var: VarId, block: BlockId, phi: ValueId) {
        if self.steps > MAX_STEPS {
            self.body.ops[phi.index()] = Op::Outer(self.id, var);
            return;
        }
        let preds = self.blocks[block.index()].preds.clone();
        let operands = preds.into_iter().map(|pred| self.read_in(var, pred)).collect();
        self.set_phi(phi, operands);
    }

    /// The finished body. Blocks still unsealed are sealed.
    pub(crate) fn finish(mut self) -> Body {
        for block in 0..self.blocks.len() {
            self.seal(BlockId(block as u32));
        }
        for block in self.blocks.iter_mut().filter(|block| !block.leading.is_empty()) {
            block.leading.sort_by_key(|value| !matches!(self.body.ops[value.index()], Op::Phi(_)));
            block.leading.append(&mut block.ops);
            std::mem::swap(&mut block.leading, &mut block.ops);
        }
        let blocks = self.blocks.iter().map(|Draft { ops, end, preds, .. }| Block { ops, end: *end, preds });
        self.body.blocks = blocks.collect();
        // Bodies stay for the whole run: no room to grow in is kept.
        self.body.ops.shrink_to_fit();
        self.body.spans.shrink_to_fit();
        for var in &mut self.body.vars {
            var.writes.shrink_to_fit();
        }
        self.body.vars.shrink_to_fit();
        self.body.params.shrink_to_fit();
        self.body.tries.shrink_to_fit();
        self.body
    }
}
