//! A check that a module keeps the promises of the [IR](crate::ir). For tests and fuzzing; nothing in production
//! depends on it.

use crate::ir::{
    Block, BlockId, Body, BodyId, BodyKind, Const, Entry, ExportValue, ImportId, Key, Module, NameId, Op, Part,
    Terminator, ValueId, ValueRef, VarId,
};

/// Checks `module`: all ids are in range, every operation is in exactly one block, phis come first and have one
/// operand per predecessor, predecessors and successors agree, every block ends as its operations say, the tree of
/// bodies is consistent.
///
/// # Errors
///
/// The first broken promise, in words.
pub fn verify(module: &Module) -> Result<(), String> {
    let top = module.bodies.first().ok_or("no body")?;
    check(top.kind == BodyKind::Module && top.parent.is_none(), || "body 0 is not the module".to_owned())?;
    check(module.lines.is_sorted(), || "lines are not sorted".to_owned())?;
    for (index, body) in module.bodies.iter().enumerate() {
        Verify { module, body }.body(index).map_err(|why| format!("body {index}: {why}"))?;
    }
    for (index, class) in module.classes.iter().enumerate() {
        verify_class(module, class).map_err(|why| format!("class {index}: {why}"))?;
    }
    for export in &module.exports {
        match export.value {
            ExportValue::Value(at) => verify_ref(module, at)?,
            ExportValue::Var(var) => verify_var(module, BodyId::MODULE, var)?,
            ExportValue::Import(id) => verify_import(module, id)?,
        }
    }
    Ok(())
}

fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn verify_class(module: &Module, class: &crate::ir::Class) -> Result<(), String> {
    let body = module.bodies.get(class.body.index()).ok_or("its body does not exist")?;
    check(body.kind == BodyKind::Class, || "its body is not a class body".to_owned())?;
    check(class.parent.index() < module.bodies.len(), || "its parent does not exist".to_owned())?;
    let fields = class.fields.iter().flat_map(|field| field.value.iter().chain(&field.ty).chain(&field.decorators));
    for &at in class.bases.iter().chain(&class.decorators).chain(fields) {
        verify_ref(module, at)?;
    }
    for &(_, method) in &class.methods {
        check(method.index() < module.bodies.len(), || format!("method {method:?} does not exist"))?;
    }
    Ok(())
}

fn verify_ref(module: &Module, at: ValueRef) -> Result<(), String> {
    let body = module.bodies.get(at.body.index());
    check(body.is_some_and(|body| at.value.index() < body.ops.len()), || format!("{at:?} does not exist"))
}

fn verify_var(module: &Module, body: BodyId, var: VarId) -> Result<(), String> {
    let owner = module.bodies.get(body.index());
    check(owner.is_some_and(|owner| var.index() < owner.vars.len()), || format!("{body:?} has no {var:?}"))
}

fn verify_import(module: &Module, id: ImportId) -> Result<(), String> {
    check(id.index() < module.imports.len(), || format!("{id:?} does not exist"))
}

fn verify_name(module: &Module, name: NameId) -> Result<(), String> {
    check(name.index() < module.names.len(), || format!("{name:?} does not exist"))
}

struct Verify<'a> {
    module: &'a Module,
    body: &'a Body,
}

impl Verify<'_> {
    fn body(&self, index: usize) -> Result<(), String> {
        let (module, body) = (self.module, self.body);
        check(body.ops.len() == body.spans.len(), || "operations without spans".to_owned())?;
        check(!body.blocks.is_empty(), || "no block".to_owned())?;
        check(body.block(BlockId(0)).preds.is_empty(), || "the entry has predecessors".to_owned())?;
        if let Some(parent) = body.parent {
            // A body is made after the one that it is written in, so that the tree has no cycle.
            check(parent.index() < index, || format!("its parent is {parent:?}"))?;
        }
        for (at, param) in body.params.iter().enumerate() {
            let op = body.ops.get(param.value.index());
            check(op == Some(&Op::Param(at as u32)), || format!("parameter {at} is {op:?}"))?;
            for &at in param.default.iter().chain(&param.ty).chain(&param.decorators) {
                verify_ref(module, at)?;
            }
        }
        let writes = body.vars.iter().flat_map(|var| &var.writes);
        for &at in body.decorators.iter().chain(writes) {
            verify_ref(module, at)?;
        }
        for span in &body.spans {
            check(span.start <= span.end && span.end <= module.len, || format!("{span:?} is out of the source"))?;
        }
        let handlers = body.tries.iter().flat_map(|region| &region.handlers);
        for handler in handlers {
            check(body.ops.get(handler.caught.index()) == Some(&Op::Caught), || "a handler catches nothing".into())?;
            handler.types.iter().try_for_each(|&ty| self.value(ty))?;
        }
        self.blocks()
    }

    fn blocks(&self) -> Result<(), String> {
        let mut placed = vec![false; self.body.ops.len()];
        for (at, block) in self.body.blocks.iter().enumerate() {
            let wrap = |why: String| format!("block {at}: {why}");
            for &id in block.ops {
                self.value(id).map_err(wrap)?;
                let twice = std::mem::replace(&mut placed[id.index()], true);
                check(!twice, || wrap(format!("{id:?} is in two places")))?;
            }
            self.block(BlockId(at as u32), block).map_err(wrap)?;
        }
        match placed.iter().position(|placed| !placed) {
            Some(missing) => Err(format!("v{missing} is in no block")),
            None => Ok(()),
        }
    }

    fn block(&self, id: BlockId, block: Block<'_>) -> Result<(), String> {
        let mut leading = true;
        for (at, &value) in block.ops.iter().enumerate() {
            let op = &self.body.ops[value.index()];
            match op {
                Op::Phi(operands) => {
                    check(leading, || format!("{value:?} is a phi after other operations"))?;
                    check(operands.len() == block.preds.len(), || {
                        format!("{value:?} has {} operands for {} predecessors", operands.len(), block.preds.len())
                    })?;
                }
                _ => leading = false,
            }
            let last = at + 1 == block.ops.len();
            check(last || !matches!(op, Op::Return(_) | Op::Throw(_)), || format!("{value:?} is not last"))?;
            self.op(op).map_err(|why| format!("{value:?}: {why}"))?;
        }
        let last = block.ops.last().map(|last| &self.body.ops[last.index()]);
        let successors: &[BlockId] = match &block.end {
            Terminator::Return => {
                check(matches!(last, Some(Op::Return(_))), || "returns without a value".to_owned())?;
                &[]
            }
            Terminator::Throw => {
                check(matches!(last, Some(Op::Throw(_))), || "throws without a value".to_owned())?;
                &[]
            }
            Terminator::End => &[],
            Terminator::Jump(to) => &[*to],
            Terminator::Branch { cond, then, other } => {
                self.value(*cond)?;
                &[*then, *other]
            }
        };
        for to in successors {
            let target = self.body.blocks.get(*to);
            check(target.is_some_and(|target| target.preds.contains(&id)), || format!("{to:?} does not know of it"))?;
        }
        // The converse does not hold: a handler has predecessors that reach it by raising.
        let known = |pred: &BlockId| pred.index() < self.body.blocks.len();
        check(block.preds.iter().all(known), || "a predecessor does not exist".to_owned())
    }

    fn value(&self, id: ValueId) -> Result<(), String> {
        check(id.index() < self.body.ops.len(), || format!("{id:?} does not exist"))
    }

    fn key(&self, key: Key) -> Result<(), String> {
        match key {
            Key::Member(name) | Key::Item(name) => verify_name(self.module, name),
            Key::Index(_) => Ok(()),
            Key::Value(value) => self.value(value),
        }
    }

    fn op(&self, op: &Op) -> Result<(), String> {
        let module = self.module;
        match op {
            Op::Const(constant) => match *constant {
                Const::Str(text) | Const::Bytes(text) => verify_name(module, text),
                Const::Regex(pattern, flags) => verify_name(module, pattern).and(verify_name(module, flags)),
                _ => Ok(()),
            },
            Op::Param(index) => {
                check((*index as usize) < self.body.params.len(), || format!("parameter {index} does not exist"))
            }
            Op::This | Op::Super | Op::Caught => Ok(()),
            Op::Phi(values) | Op::Mix(values) => values.iter().try_for_each(|&value| self.value(value)),
            Op::Assign(var, value) => {
                check(var.index() < self.body.vars.len(), || format!("{var:?} does not exist"))?;
                self.value(*value)
            }
            Op::Import(id) => verify_import(module, *id),
            Op::Global(name) => verify_name(module, *name),
            Op::Outer(body, var) => verify_var(module, *body, *var),
            Op::StoreOuter(body, var, value) => verify_var(module, *body, *var).and(self.value(*value)),
            Op::Load(base, key) => self.value(*base).and(self.key(*key)),
            Op::Store(base, key, value) => self.value(*base).and(self.key(*key)).and(self.value(*value)),
            Op::Slice(base, bounds) => {
                bounds.iter().flatten().chain(std::iter::once(base)).try_for_each(|&value| self.value(value))
            }
            Op::Concat(parts) => parts.iter().try_for_each(|part| match *part {
                Part::Text(text) => verify_name(module, text),
                Part::Value(value) => self.value(value),
            }),
            Op::Binary(_, left, right) => self.value(*left).and(self.value(*right)),
            Op::Call { callee, args, .. } => {
                self.value(*callee)?;
                args.iter().try_for_each(|arg| self.value(arg.value))
            }
            Op::List(_, items) => items.iter().try_for_each(|item| self.value(item.value)),
            Op::Dict(entries) => entries.iter().try_for_each(|entry| match *entry {
                Entry::Pair(key, value) => self.key(key).and(self.value(value)),
                Entry::Spread(value) => self.value(value),
            }),
            Op::Closure(id) => check(id.index() < module.bodies.len(), || format!("{id:?} does not exist")),
            Op::Class(id) => check(id.index() < module.classes.len(), || format!("{id:?} does not exist")),
            Op::Unary(_, value)
            | Op::Await(value)
            | Op::Yield(value)
            | Op::Element(value)
            | Op::Enter(value)
            | Op::Return(value)
            | Op::Throw(value) => self.value(*value),
        }
    }
}
