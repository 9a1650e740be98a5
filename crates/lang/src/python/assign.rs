//! Assignments and their targets.

use ruff_python_ast::{Expr, Operator, StmtAnnAssign, StmtAssign, StmtAugAssign};
use ruff_text_size::{Ranged, TextRange};

use super::lowerer::{Lowerer, from_end, from_start};
use crate::ir::{Arg, ArgKind, BodyKind, Key, ListKind, Op, Part, ValueId};

impl Lowerer<'_> {
    pub(super) fn assignment(&mut self, node: &StmtAssign) {
        let name = match node.targets.as_slice() {
            [Expr::Name(name), ..] => Some(self.names.intern(&name.id)),
            [Expr::Attribute(attribute), ..] => Some(self.names.intern(&attribute.attr)),
            _ => None,
        };
        let value = self.named_expr(&node.value, name);
        for target in &node.targets {
            self.assign(target, value);
        }
    }

    pub(super) fn annotated_assignment(&mut self, node: &StmtAnnAssign) {
        let name = match &*node.target {
            Expr::Name(name) => Some(self.names.intern(&name.id)),
            _ => None,
        };
        if let Some(name) = name
            && self.current.kind == BodyKind::Class
        {
            let ty = self.annotation(&node.annotation);
            let ty = self.at(ty);
            self.current.annotations.insert(name, ty);
        }
        if let Some(value) = &node.value {
            let value = self.named_expr(value, name);
            self.assign(&node.target, value);
        }
    }

    pub(super) fn augmented_assignment(&mut self, node: &StmtAugAssign) {
        match &*node.target {
            Expr::Attribute(target) => {
                let base = self.expr(&target.value);
                let key = Key::Member(self.names.intern(&target.attr));
                self.augment_key(base, key, node, target.range);
            }
            Expr::Subscript(target) => {
                let base = self.expr(&target.value);
                let key = self.key(&target.slice);
                self.augment_key(base, key, node, target.range);
            }
            target => {
                let old = self.expr(target);
                let value = self.augmented(old, node);
                self.assign(target, value);
            }
        }
    }

    fn augment_key(&mut self, base: ValueId, key: Key, node: &StmtAugAssign, range: TextRange) {
        let old = self.emit(Op::Load(base, key), range);
        let value = self.augmented(old, node);
        self.emit(Op::Store(base, key, value), range);
    }

    fn augmented(&mut self, old: ValueId, node: &StmtAugAssign) -> ValueId {
        if node.op == Operator::Add {
            // Of `s += a + b` the right side is its own expression, but the parts of a literal are taken over.
            let known = self.is_string(old);
            let pieces = self.pieces(&node.value);
            if known || pieces.is_string {
                let mut parts = vec![Part::Value(old)];
                parts.extend(pieces.parts);
                return self.concat(parts, node.range);
            }
            let right = self.single(pieces, node.value.range());
            return self.binary(node.op, old, right, node.range);
        }
        let right = self.expr(&node.value);
        self.binary(node.op, old, right, node.range)
    }

    /// Writes `value` to a target.
    pub(super) fn assign(&mut self, target: &Expr, value: ValueId) {
        match target {
            Expr::Name(name) => {
                let id = self.names.intern(&name.id);
                self.write(id, value, name.range);
            }
            Expr::Attribute(target) => {
                let base = self.expr(&target.value);
                let key = Key::Member(self.names.intern(&target.attr));
                self.emit(Op::Store(base, key, value), target.range);
            }
            Expr::Subscript(target) => {
                let base = self.expr(&target.value);
                let key = self.key(&target.slice);
                self.emit(Op::Store(base, key, value), target.range);
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, value),
            Expr::List(list) => self.unpack(&list.elts, value),
            Expr::Starred(starred) => self.assign(&starred.value, value),
            // Only in code that does not parse.
            _ => {}
        }
    }

    /// Writes the elements of `value` to several targets.
    fn unpack(&mut self, targets: &[Expr], value: ValueId) {
        let star = targets.iter().position(Expr::is_starred_expr);
        if let Some(items) = self.literal_items(value) {
            let fits = if star.is_some() { items.len() + 1 >= targets.len() } else { items.len() == targets.len() };
            if fits {
                return self.unpack_literal(targets, star, &items);
            }
        }
        for (index, target) in targets.iter().enumerate() {
            let element = match star {
                Some(star) if index == star => Op::Element(value),
                // Behind the starred target elements count from the end.
                Some(star) if index > star => Op::Load(value, from_end(index, targets.len())),
                _ => Op::Load(value, from_start(index)),
            };
            let element = self.emit(element, target.range());
            self.assign(target, element);
        }
    }

    /// The elements of a value that is a literal sequence.
    fn literal_items(&self, value: ValueId) -> Option<Vec<ValueId>> {
        let Op::List(ListKind::Tuple | ListKind::List, items) = self.op(value) else { return None };
        let values = items.iter().map(|item| (item.kind == ArgKind::Positional).then_some(item.value));
        values.collect()
    }

    fn unpack_literal(&mut self, targets: &[Expr], star: Option<usize>, items: &[ValueId]) {
        let taken_by_star = items.len() + 1 - targets.len().min(items.len() + 1);
        let mut items = items.iter().copied();
        for (index, target) in targets.iter().enumerate() {
            let element = if star == Some(index) {
                let args = items.by_ref().take(taken_by_star);
                let args = args.map(|value| Arg { value, kind: ArgKind::Positional }).collect();
                Some(self.emit(Op::List(ListKind::List, args), target.range()))
            } else {
                items.next()
            };
            if let Some(element) = element {
                self.assign(target, element);
            }
        }
    }
}
