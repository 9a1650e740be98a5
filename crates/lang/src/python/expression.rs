//! Expressions, apart from those with a file of their own.

use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprDict, ExprIf, ExprNamed, ExprSlice, ExprSubscript, ExprUnaryOp,
    ExprYield, ExprYieldFrom, Number, Operator,
};
use ruff_text_size::{Ranged, TextRange};

use super::lowerer::Lowerer;
use crate::ir::{Arg, ArgKind, BinaryOp, Const, Entry, Key, ListKind, NameId, Op, UnaryOp, ValueId};

impl Lowerer<'_> {
    /// Lowers an expression that is bound to `name` if it has no name of its own.
    pub(super) fn named_expr(&mut self, expr: &Expr, name: Option<NameId>) -> ValueId {
        match expr {
            Expr::Lambda(lambda) => self.lambda(lambda, name),
            _ => self.expr(expr),
        }
    }

    /// Lowers an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> ValueId {
        match expr {
            Expr::BoolOp(node) => self.bool_op(node),
            Expr::Named(node) => self.walrus(node),
            Expr::BinOp(node) => self.bin_op(node),
            Expr::UnaryOp(node) => self.unary_op(node),
            Expr::Lambda(node) => self.lambda(node, None),
            Expr::If(node) => self.ternary(node),
            Expr::Dict(node) => self.dict(node),
            Expr::Set(node) => self.list(ListKind::Set, &node.elts, node.range),
            Expr::List(node) => self.list(ListKind::List, &node.elts, node.range),
            Expr::Tuple(node) => self.list(ListKind::Tuple, &node.elts, node.range),
            Expr::ListComp(node) => self.comprehension(&node.generators, &[&node.elt], node.range),
            Expr::SetComp(node) => self.comprehension(&node.generators, &[&node.elt], node.range),
            Expr::Generator(node) => self.comprehension(&node.generators, &[&node.elt], node.range),
            Expr::DictComp(node) => match &node.key {
                Some(key) => self.comprehension(&node.generators, &[key, &node.value], node.range),
                None => self.comprehension(&node.generators, &[&node.value], node.range),
            },
            Expr::Await(node) => {
                let value = self.expr(&node.value);
                self.emit(Op::Await(value), node.range)
            }
            Expr::Yield(node) => self.yield_(node),
            Expr::YieldFrom(node) => self.yield_from(node),
            Expr::Compare(node) => self.comparison(node),
            Expr::Call(node) => self.call(node),
            Expr::Attribute(node) => {
                let base = self.expr(&node.value);
                let name = self.names.intern(&node.attr);
                self.emit(Op::Load(base, Key::Member(name)), node.range)
            }
            Expr::Subscript(node) => self.subscript(node),
            Expr::Starred(node) => {
                let value = self.expr(&node.value);
                self.emit(Op::Element(value), node.range)
            }
            Expr::Name(node) => {
                let name = self.names.intern(&node.id);
                self.read(name, node.range)
            }
            Expr::Slice(node) => self.loose_slice(node),
            _ => self.literal(expr),
        }
    }

    fn literal(&mut self, expr: &Expr) -> ValueId {
        match expr {
            Expr::FString(node) => self.f_string(node),
            Expr::TString(node) => self.t_string(node),
            Expr::StringLiteral(node) => self.string(node.value.to_str(), node.range),
            Expr::BytesLiteral(node) => {
                let bytes: Vec<u8> = node.value.bytes().collect();
                let text = self.names.intern(&String::from_utf8_lossy(&bytes));
                self.emit(Op::Const(Const::Bytes(text)), node.range)
            }
            Expr::NumberLiteral(node) => self.number(&node.value, node.range),
            Expr::BooleanLiteral(node) => self.emit(Op::Const(Const::Bool(node.value)), node.range),
            Expr::NoneLiteral(node) => self.emit(Op::Const(Const::Null), node.range),
            Expr::EllipsisLiteral(node) => self.builtin("Ellipsis", node.range),
            _ => self.emit(Op::Mix(Box::default()), expr.range()),
        }
    }

    fn number(&mut self, number: &Number, range: TextRange) -> ValueId {
        let constant = match number {
            Number::Int(int) => match int.as_i64() {
                Some(int) => Const::Int(int),
                // Larger ones are written with prefixes and underscores, too: their value matters to nobody.
                None => Const::Float(int.to_string().replace('_', "").parse().unwrap_or(f64::INFINITY)),
            },
            Number::Float(float) => Const::Float(*float),
            Number::Complex { .. } => return self.emit(Op::Mix(Box::default()), range),
        };
        self.emit(Op::Const(constant), range)
    }

    fn bool_op(&mut self, node: &ExprBoolOp) -> ValueId {
        let join = self.new_block();
        let mut values = Vec::with_capacity(node.values.len());
        for (index, value) in node.values.iter().enumerate() {
            let value = self.expr(value);
            values.push(value);
            if index + 1 == node.values.len() {
                self.jump(join);
                break;
            }
            let next = self.new_block();
            match node.op {
                BoolOp::And => self.branch(value, next, join),
                BoolOp::Or => self.branch(value, join, next),
            }
            self.enter(next);
        }
        self.join(join, values, node.range)
    }

    fn walrus(&mut self, node: &ExprNamed) -> ValueId {
        let Expr::Name(target) = &*node.target else { return self.expr(&node.value) };
        let name = self.names.intern(&target.id);
        let value = self.named_expr(&node.value, Some(name));
        self.write_walrus(name, value, target.range)
    }

    fn unary_op(&mut self, node: &ExprUnaryOp) -> ValueId {
        if let Some(negative) = negative_literal(node) {
            return self.emit(Op::Const(Const::Int(negative)), node.range);
        }
        let operand = self.expr(&node.operand);
        let op = match node.op {
            ruff_python_ast::UnaryOp::Invert => UnaryOp::BitNot,
            ruff_python_ast::UnaryOp::Not => UnaryOp::Not,
            ruff_python_ast::UnaryOp::UAdd => UnaryOp::Plus,
            ruff_python_ast::UnaryOp::USub => UnaryOp::Neg,
        };
        self.emit(Op::Unary(op, operand), node.range)
    }

    fn ternary(&mut self, node: &ExprIf) -> ValueId {
        let (then, other, join) = (self.new_block(), self.new_block(), self.new_block());
        self.condition(&node.test, then, other);
        self.enter(then);
        let one = self.expr(&node.body);
        self.jump(join);
        self.enter(other);
        let two = self.expr(&node.orelse);
        self.jump(join);
        self.join(join, vec![one, two], node.range)
    }

    fn dict(&mut self, node: &ExprDict) -> ValueId {
        let mut entries = Vec::with_capacity(node.items.len());
        for item in &node.items {
            let Some(key) = &item.key else {
                entries.push(Entry::Spread(self.expr(&item.value)));
                continue;
            };
            let key = self.key(key);
            let name = if let Key::Item(name) = key { Some(name) } else { None };
            let value = self.named_expr(&item.value, name);
            entries.push(Entry::Pair(key, value));
        }
        self.emit(Op::Dict(entries.into()), node.range)
    }

    fn list(&mut self, kind: ListKind, elements: &[Expr], range: TextRange) -> ValueId {
        let items = elements.iter().map(|element| self.arg(element)).collect();
        self.emit(Op::List(kind, items), range)
    }

    /// A positional argument, or an element of a sequence.
    pub(super) fn arg(&mut self, expr: &Expr) -> Arg {
        match expr {
            Expr::Starred(starred) => Arg { value: self.expr(&starred.value), kind: ArgKind::Spread },
            _ => Arg { value: self.expr(expr), kind: ArgKind::Positional },
        }
    }

    fn yield_(&mut self, node: &ExprYield) -> ValueId {
        let value = match &node.value {
            Some(value) => self.expr(value),
            None => self.emit(Op::Const(Const::Null), node.range),
        };
        self.emit(Op::Yield(value), node.range)
    }

    fn yield_from(&mut self, node: &ExprYieldFrom) -> ValueId {
        let iterable = self.expr(&node.value);
        let element = self.emit(Op::Element(iterable), node.range);
        self.emit(Op::Yield(element), node.range)
    }

    /// One comparison.
    pub(super) fn compare(&mut self, op: CmpOp, left: ValueId, right: ValueId, range: TextRange) -> ValueId {
        let op = match op {
            CmpOp::Eq => BinaryOp::Eq,
            CmpOp::NotEq => BinaryOp::NotEq,
            CmpOp::Lt => BinaryOp::Lt,
            CmpOp::LtE => BinaryOp::LtEq,
            CmpOp::Gt => BinaryOp::Gt,
            CmpOp::GtE => BinaryOp::GtEq,
            CmpOp::Is => BinaryOp::Is,
            CmpOp::IsNot => BinaryOp::IsNot,
            CmpOp::In => BinaryOp::In,
            CmpOp::NotIn => BinaryOp::NotIn,
        };
        self.emit(Op::Binary(op, left, right), range)
    }

    /// `a < b < c` is `a < b and b < c`, with `b` evaluated once.
    fn comparison(&mut self, node: &ExprCompare) -> ValueId {
        let mut left = self.expr(&node.left);
        if let ([op], [right]) = (&*node.ops, &*node.comparators) {
            let right = self.expr(right);
            return self.compare(*op, left, right, node.range);
        }
        let join = self.new_block();
        let mut values = Vec::with_capacity(node.ops.len());
        for (index, (&op, right)) in node.ops.iter().zip(&node.comparators).enumerate() {
            let right = self.expr(right);
            let holds = self.compare(op, left, right, node.range);
            values.push(holds);
            if index + 1 == node.ops.len() {
                self.jump(join);
            } else {
                let next = self.new_block();
                self.branch(holds, next, join);
                self.enter(next);
            }
            left = right;
        }
        self.join(join, values, node.range)
    }

    fn subscript(&mut self, node: &ExprSubscript) -> ValueId {
        let base = self.expr(&node.value);
        if let Expr::Slice(slice) = &*node.slice {
            let bounds = [&slice.lower, &slice.upper].map(|bound| bound.as_ref().map(|bound| self.expr(bound)));
            if let Some(step) = &slice.step {
                self.expr(step);
            }
            return self.emit(Op::Slice(base, bounds), node.range);
        }
        let key = self.key(&node.slice);
        self.emit(Op::Load(base, key), node.range)
    }

    /// A key in brackets.
    pub(super) fn key(&mut self, expr: &Expr) -> Key {
        match expr {
            Expr::StringLiteral(text) => return Key::Item(self.names.intern(text.value.to_str())),
            Expr::NumberLiteral(number) => {
                if let Number::Int(int) = &number.value
                    && let Some(index) = int.as_i32()
                {
                    return Key::Index(index);
                }
            }
            Expr::UnaryOp(node) => {
                if let Some(index) = negative_literal(node).and_then(|index| i32::try_from(index).ok()) {
                    return Key::Index(index);
                }
            }
            _ => {}
        }
        Key::Value(self.expr(expr))
    }

    /// A slice elsewhere than directly in brackets: `x[a:b, c]`, or as a target.
    fn loose_slice(&mut self, node: &ExprSlice) -> ValueId {
        let bounds = [&node.lower, &node.upper, &node.step];
        let values = bounds.into_iter().flatten().map(|bound| self.expr(bound)).collect();
        self.emit(Op::Mix(values), node.range)
    }

    /// A binary operation on values, other than joining strings.
    pub(super) fn binary(&mut self, op: Operator, left: ValueId, right: ValueId, range: TextRange) -> ValueId {
        let op = match op {
            Operator::Add => BinaryOp::Add,
            Operator::Sub => BinaryOp::Sub,
            Operator::Mult => BinaryOp::Mul,
            Operator::MatMult => BinaryOp::MatMul,
            Operator::Div => BinaryOp::Div,
            Operator::Mod => return self.modulo(left, right, range),
            Operator::Pow => BinaryOp::Pow,
            Operator::LShift => BinaryOp::Shl,
            Operator::RShift => BinaryOp::Shr,
            Operator::BitOr => BinaryOp::BitOr,
            Operator::BitXor => BinaryOp::BitXor,
            Operator::BitAnd => BinaryOp::BitAnd,
            Operator::FloorDiv => BinaryOp::FloorDiv,
        };
        self.emit(Op::Binary(op, left, right), range)
    }
}

/// The value of `-1`.
fn negative_literal(node: &ExprUnaryOp) -> Option<i64> {
    match &*node.operand {
        Expr::NumberLiteral(number) if node.op == ruff_python_ast::UnaryOp::USub => match &number.value {
            Number::Int(int) => int.as_i64()?.checked_neg(),
            _ => None,
        },
        _ => None,
    }
}
