//! Building bodies in SSA form while walking a syntax tree.
//!
//! The construction is Braun et al., *Simple and Efficient Construction of Static Single Assignment Form*
//! (CC 2013): variables are looked up per block, blocks are sealed once all their predecessors are known, and a
//! phi whose operands turn out to be one value stays a one-operand phi (readers see through it).

use rustc_hash::FxHashMap;

use crate::ir::{
    Block, BlockId, Body, BodyId, BodyKind, Const, NameId, Op, Span, Terminator, ValueId, ValueRef, Var, VarId,
};

/// Builds one [`Body`].
pub(crate) struct BodyBuilder {
    /// The body so far. Lowering sets its descriptive fields directly.
    pub(crate) body: Body,
    id: BodyId,
    current: BlockId,
    defs: FxHashMap<(VarId, BlockId), ValueId>,
    sealed: Vec<bool>,
    incomplete: FxHashMap<BlockId, Vec<(VarId, ValueId)>>,
    by_name: FxHashMap<NameId, VarId>,
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
            decorators: Vec::new(),
            ops: Vec::new(),
            spans: Vec::new(),
            blocks: vec![Block::default()],
            vars: Vec::new(),
            tries: Vec::new(),
        };
        BodyBuilder {
            body,
            id,
            current: BlockId(0),
            defs: FxHashMap::default(),
            sealed: vec![true],
            incomplete: FxHashMap::default(),
            by_name: FxHashMap::default(),
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
        let id = BlockId(self.body.blocks.len() as u32);
        self.body.blocks.push(Block::default());
        self.sealed.push(false);
        id
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
        !matches!(self.body.blocks[self.current.index()].end, Terminator::End)
    }

    fn ensure_open(&mut self) {
        if self.is_ended() {
            let dead = self.new_block();
            self.seal(dead);
            self.switch_to(dead);
        }
    }

    /// Ends the current block with a jump; does nothing when it has ended already.
    pub(crate) fn jump(&mut self, to: BlockId) {
        if self.is_ended() {
            return;
        }
        self.body.blocks[self.current.index()].end = Terminator::Jump(to);
        self.body.blocks[to.index()].preds.push(self.current);
    }

    /// Ends the current block with a two-way branch; does nothing when it has ended already.
    pub(crate) fn branch(&mut self, cond: ValueId, then: BlockId, other: BlockId) {
        if self.is_ended() {
            return;
        }
        self.body.blocks[self.current.index()].end = Terminator::Branch { cond, then, other };
        self.body.blocks[then.index()].preds.push(self.current);
        self.body.blocks[other.index()].preds.push(self.current);
    }

    /// Adds an exceptional edge: `handler` may run after any operation of the current block so far.
    pub(crate) fn may_throw_to(&mut self, handler: BlockId) {
        let from = self.current;
        let preds = &mut self.body.blocks[handler.index()].preds;
        if !preds.contains(&from) {
            preds.push(from);
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
        let block = &mut self.body.blocks[self.current.index()];
        block.ops.push(value);
        if let Some(end) = end {
            block.end = end;
        }
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
        self.body.vars.push(Var { name, writes: Vec::new() });
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

    /// The current value of a variable; [`Const::Undefined`] where none was written.
    pub(crate) fn read(&mut self, var: VarId) -> ValueId {
        self.ensure_open();
        self.read_in(var, self.current)
    }

    /// Braun's `readVariable`. Walks chains of single predecessors in a loop, so that long straight code does not
    /// deepen the stack; recursion only happens at joins, and is bounded by the nesting the parsers accept.
    fn read_in(&mut self, var: VarId, start: BlockId) -> ValueId {
        let mut chain = Vec::new();
        let mut block = start;
        let value = loop {
            if let Some(&value) = self.defs.get(&(var, block)) {
                break value;
            }
            if !self.sealed[block.index()] {
                let phi = self.new_phi(block);
                self.incomplete.entry(block).or_default().push((var, phi));
                break phi;
            }
            match self.body.blocks[block.index()].preds.as_slice() {
                [] => break self.undefined(block),
                &[only] => {
                    chain.push(block);
                    block = only;
                }
                _ => {
                    let phi = self.new_phi(block);
                    self.defs.insert((var, block), phi);
                    self.fill_phi(var, block, phi);
                    break phi;
                }
            }
        };
        self.defs.insert((var, block), value);
        for passed in chain {
            self.defs.insert((var, passed), value);
        }
        value
    }

    fn undefined(&mut self, block: BlockId) -> ValueId {
        let value = self.push(Op::Const(Const::Undefined), Span::default());
        self.body.blocks[block.index()].ops.insert(0, value);
        value
    }

    fn new_phi(&mut self, block: BlockId) -> ValueId {
        let phi = self.push(Op::Phi(Vec::new()), Span::default());
        self.body.blocks[block.index()].ops.insert(0, phi);
        phi
    }

    fn fill_phi(&mut self, var: VarId, block: BlockId, phi: ValueId) {
        let preds = self.body.blocks[block.index()].preds.clone();
        let operands: Vec<ValueId> = preds.into_iter().map(|pred| self.read_in(var, pred)).collect();
        if let Some(&first) = operands.iter().find(|&&operand| operand != phi) {
            let span = self.body.spans[first.index()];
            self.body.spans[phi.index()] = span;
        }
        self.body.ops[phi.index()] = Op::Phi(operands);
    }

    /// The finished body. Blocks still unsealed are sealed.
    pub(crate) fn finish(mut self) -> Body {
        for block in 0..self.body.blocks.len() {
            self.seal(BlockId(block as u32));
        }
        self.body
    }
}
