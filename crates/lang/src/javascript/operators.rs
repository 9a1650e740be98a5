//! Operators: joined strings, logic as control flow, assignments.

use oxc_ast::ast::{
    AssignmentExpression, BinaryExpression, ConditionalExpression, Expression, LogicalExpression, UpdateExpression,
};
use oxc_span::{GetSpan, Span as OxcSpan};
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator, LogicalOperator, UnaryOperator, UpdateOperator};

use super::context::Lower;
use super::patterns::Place;
use crate::ir::{BinaryOp, BlockId, Const, Key, NameId, Op, Part, UnaryOp, ValueId};

/// Methods whose result is a string whatever they are called on.
const STRING_METHODS: [&str; 16] = [
    "toString",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "trimStart",
    "trimEnd",
    "padStart",
    "padEnd",
    "join",
    "toFixed",
    "toISOString",
    "toLocaleString",
    "toJSON",
    "substr",
    "substring",
    "charAt",
];

/// How many copies are looked through to tell whether a value is a string.
const MAX_COPIES: u32 = 8;

impl<'a> Lower<'a> {
    /// A binary operation. Chains to the left (`a + b + c + …`) are walked in a loop.
    pub(super) fn binary(&mut self, binary: &'a BinaryExpression<'a>) -> ValueId {
        let mut spine = vec![binary];
        let mut leftmost = &binary.left;
        while let Expression::BinaryExpression(inner) = leftmost {
            spine.push(inner);
            leftmost = &inner.left;
        }
        let mut value = self.expr(leftmost);
        // The string being put together, while the chain is one.
        let mut parts: Option<Vec<Part>> = None;
        let mut end = leftmost.span();
        for node in spine.into_iter().rev() {
            let right = self.expr(&node.right);
            let op = binary_op(node.operator);
            if op == BinaryOp::Add && (parts.is_some() || self.is_string(value) || self.is_string(right)) {
                let parts = parts.get_or_insert_with(Vec::new);
                if parts.is_empty() {
                    self.push_part(parts, value);
                }
                self.push_part(parts, right);
            } else {
                if let Some(parts) = parts.take() {
                    value = self.concat(parts, end);
                }
                value = self.emit(Op::Binary(op, value, right), node.span);
            }
            end = node.span;
        }
        match parts {
            Some(parts) => self.concat(parts, binary.span),
            None => value,
        }
    }

    /// Adds a value to a joined string. Literal text and strings joined in place become part of it.
    pub(super) fn push_part(&self, parts: &mut Vec<Part>, value: ValueId) {
        match self.op(value) {
            Op::Const(Const::Str(text)) => {
                if !self.names.get(*text).is_empty() {
                    parts.push(Part::Text(*text));
                }
            }
            Op::Concat(inner) => parts.extend_from_slice(inner),
            _ => parts.push(Part::Value(value)),
        }
    }

    /// A joined string; adjacent literal texts become one, and a string of nothing else is a constant.
    pub(super) fn concat(&mut self, parts: Vec<Part>, at: OxcSpan) -> ValueId {
        let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
        let mut text = String::new();
        let mut run: Vec<NameId> = Vec::new();
        let has_values = parts.iter().any(|part| matches!(part, Part::Value(_)));
        let mut flush = |names: &mut crate::ir::Names, run: &mut Vec<NameId>| {
            let name = match run.as_slice() {
                [only] => *only,
                many => {
                    text.clear();
                    for &part in many {
                        text.push_str(names.get(part));
                    }
                    names.intern(&text)
                }
            };
            run.clear();
            name
        };
        for part in parts {
            match part {
                Part::Text(text) => run.push(text),
                Part::Value(_) => {
                    if !run.is_empty() {
                        joined.push(Part::Text(flush(&mut self.names, &mut run)));
                    }
                    joined.push(part);
                }
            }
        }
        if !has_values {
            let text = flush(&mut self.names, &mut run);
            return self.constant(Const::Str(text), at);
        }
        if !run.is_empty() {
            joined.push(Part::Text(flush(&mut self.names, &mut run)));
        }
        self.emit(Op::Concat(joined.into()), at)
    }

    /// Whether a value is certainly a string.
    fn is_string(&self, value: ValueId) -> bool {
        let mut value = value;
        for _ in 0..MAX_COPIES {
            match self.op(value) {
                Op::Assign(_, from) => value = *from,
                Op::Const(Const::Str(_)) | Op::Concat(_) | Op::Unary(UnaryOp::TypeOf, _) => return true,
                Op::Call { callee, new: false, .. } => {
                    return match self.op(*callee) {
                        Op::Global(name) => self.names.get(*name) == "String",
                        Op::Load(_, Key::Member(name)) => STRING_METHODS.contains(&self.names.get(*name)),
                        _ => false,
                    };
                }
                _ => return false,
            }
        }
        false
    }

    /// `&&`, `||` and `??` for their value.
    pub(super) fn logical(&mut self, logical: &'a LogicalExpression<'a>, name: Option<NameId>) -> ValueId {
        let operands = logical_operands(logical);
        let join = self.builder().new_block();
        let mut incoming = Vec::with_capacity(operands.len());
        let last = operands.len() - 1;
        for (index, operand) in operands.into_iter().enumerate() {
            let value = self.expr_named(operand, name);
            if index == last {
                self.bring(value, join, &mut incoming);
            } else {
                let next = self.builder().new_block();
                self.short_circuit(logical.operator, value, next, join, operand.span());
                incoming.push((self.frame.builder.current(), value));
                self.enter(next);
            }
        }
        self.meet(join, &incoming, logical.span)
    }

    /// Branches to `next` where the right operand is evaluated, otherwise to `join`.
    fn short_circuit(&mut self, op: LogicalOperator, value: ValueId, next: BlockId, join: BlockId, at: OxcSpan) {
        match op {
            LogicalOperator::And => self.frame.builder.branch(value, next, join),
            LogicalOperator::Or => self.frame.builder.branch(value, join, next),
            LogicalOperator::Coalesce => {
                let null = self.constant(Const::Null, at);
                let missing = self.emit(Op::Binary(BinaryOp::Eq, value, null), at);
                self.frame.builder.branch(missing, next, join);
            }
        }
    }

    /// `a ? b : c ? d : …`, walked in a loop.
    pub(super) fn conditional(&mut self, first: &'a ConditionalExpression<'a>, name: Option<NameId>) -> ValueId {
        let join = self.builder().new_block();
        let mut incoming = Vec::new();
        let mut current = first;
        loop {
            let (then, other) = (self.builder().new_block(), self.builder().new_block());
            self.test(&current.test, then, other);
            self.enter(then);
            let value = self.expr_named(&current.consequent, name);
            self.bring(value, join, &mut incoming);
            self.enter(other);
            match current.alternate.get_inner_expression() {
                Expression::ConditionalExpression(next) => current = next,
                alternate => {
                    let value = self.expr_named(alternate, name);
                    self.bring(value, join, &mut incoming);
                    return self.meet(join, &incoming, first.span);
                }
            }
        }
    }

    /// Branches by the truth of an expression. Each operand of `&&`, `||` and `!` gets a branch of its own, so that
    /// what is known in a block follows from the branches that lead there.
    pub(super) fn test(&mut self, expression: &'a Expression<'a>, then: BlockId, other: BlockId) {
        let (mut then, mut other) = (then, other);
        let mut expression = expression.get_inner_expression();
        while let Expression::UnaryExpression(unary) = expression
            && unary.operator == UnaryOperator::LogicalNot
        {
            std::mem::swap(&mut then, &mut other);
            expression = unary.argument.get_inner_expression();
        }
        if let Expression::LogicalExpression(logical) = expression
            && logical.operator != LogicalOperator::Coalesce
        {
            let done = self.deeper(logical.span, |this| {
                let operands = logical_operands(logical);
                let last = operands.len() - 1;
                for (index, operand) in operands.into_iter().enumerate() {
                    if index == last {
                        this.test(operand, then, other);
                    } else {
                        let next = this.builder().new_block();
                        match logical.operator {
                            LogicalOperator::And => this.test(operand, next, other),
                            _ => this.test(operand, then, next),
                        }
                        this.enter(next);
                    }
                }
            });
            if done.is_some() {
                return;
            }
        }
        let value = self.expr(expression);
        self.frame.builder.branch(value, then, other);
    }

    /// `=` and all its kin.
    pub(super) fn assignment(&mut self, assignment: &'a AssignmentExpression<'a>) -> ValueId {
        let place = self.place(&assignment.left);
        let name = self.place_name(place);
        let at = assignment.span;
        let value = match assignment.operator {
            AssignmentOperator::Assign => self.expr_named(&assignment.right, name),
            AssignmentOperator::LogicalAnd => return self.logical_assignment(LogicalOperator::And, place, assignment),
            AssignmentOperator::LogicalOr => return self.logical_assignment(LogicalOperator::Or, place, assignment),
            AssignmentOperator::LogicalNullish => {
                return self.logical_assignment(LogicalOperator::Coalesce, place, assignment);
            }
            operator => {
                let old = self.load(place, assignment.left.span());
                let right = self.expr(&assignment.right);
                let op = assignment_op(operator);
                if op == BinaryOp::Add && (self.is_string(old) || self.is_string(right)) {
                    let mut parts = Vec::new();
                    self.push_part(&mut parts, old);
                    self.push_part(&mut parts, right);
                    self.concat(parts, at)
                } else {
                    self.emit(Op::Binary(op, old, right), at)
                }
            }
        };
        self.store(place, value, at);
        if assignment.operator == AssignmentOperator::Assign {
            self.commonjs_assignment(&assignment.left, value, at);
        }
        value
    }

    /// `a ||= b`: the write happens on one way only.
    fn logical_assignment(
        &mut self,
        op: LogicalOperator,
        place: Place<'a>,
        assignment: &'a AssignmentExpression<'a>,
    ) -> ValueId {
        let old = self.load(place, assignment.left.span());
        let (write, join) = (self.builder().new_block(), self.builder().new_block());
        self.short_circuit(op, old, write, join, assignment.span);
        let mut incoming = vec![(self.frame.builder.current(), old)];
        self.enter(write);
        let name = self.place_name(place);
        let value = self.expr_named(&assignment.right, name);
        self.store(place, value, assignment.span);
        self.bring(value, join, &mut incoming);
        self.meet(join, &incoming, assignment.span)
    }

    /// The name that a function gets by being assigned to a place.
    fn place_name(&mut self, place: Place<'a>) -> Option<NameId> {
        match place {
            Place::Name(name) => Some(self.names.intern(&name.name)),
            Place::Member(_, Key::Member(name) | Key::Item(name)) => Some(name),
            _ => None,
        }
    }

    /// `++` and `--`.
    pub(super) fn update(&mut self, update: &'a UpdateExpression<'a>) -> ValueId {
        let Some(place) = self.simple_place(&update.argument) else {
            return self.undefined(update.span);
        };
        let old = self.load(place, update.argument.span());
        let one = self.constant(Const::Int(1), update.span);
        let op = match update.operator {
            UpdateOperator::Increment => BinaryOp::Add,
            UpdateOperator::Decrement => BinaryOp::Sub,
        };
        let new = self.emit(Op::Binary(op, old, one), update.span);
        self.store(place, new, update.span);
        if update.prefix { new } else { old }
    }
}

/// The operands of a chain of one logical operator, left to right.
fn logical_operands<'a>(logical: &'a LogicalExpression<'a>) -> Vec<&'a Expression<'a>> {
    let mut operands = vec![&logical.right];
    let mut left = &logical.left;
    while let Expression::LogicalExpression(inner) = left
        && inner.operator == logical.operator
    {
        operands.push(&inner.right);
        left = &inner.left;
    }
    operands.push(left);
    operands.reverse();
    operands
}

fn binary_op(operator: BinaryOperator) -> BinaryOp {
    match operator {
        BinaryOperator::Equality => BinaryOp::Eq,
        BinaryOperator::Inequality => BinaryOp::NotEq,
        BinaryOperator::StrictEquality => BinaryOp::StrictEq,
        BinaryOperator::StrictInequality => BinaryOp::StrictNotEq,
        BinaryOperator::LessThan => BinaryOp::Lt,
        BinaryOperator::LessEqualThan => BinaryOp::LtEq,
        BinaryOperator::GreaterThan => BinaryOp::Gt,
        BinaryOperator::GreaterEqualThan => BinaryOp::GtEq,
        BinaryOperator::Addition => BinaryOp::Add,
        BinaryOperator::Subtraction => BinaryOp::Sub,
        BinaryOperator::Multiplication => BinaryOp::Mul,
        BinaryOperator::Division => BinaryOp::Div,
        BinaryOperator::Remainder => BinaryOp::Mod,
        BinaryOperator::Exponential => BinaryOp::Pow,
        BinaryOperator::ShiftLeft => BinaryOp::Shl,
        BinaryOperator::ShiftRight | BinaryOperator::ShiftRightZeroFill => BinaryOp::Shr,
        BinaryOperator::BitwiseOR => BinaryOp::BitOr,
        BinaryOperator::BitwiseXOR => BinaryOp::BitXor,
        BinaryOperator::BitwiseAnd => BinaryOp::BitAnd,
        BinaryOperator::In => BinaryOp::In,
        BinaryOperator::Instanceof => BinaryOp::InstanceOf,
    }
}

/// The operator of a compound assignment. The plain and the logical ones are handled before.
fn assignment_op(operator: AssignmentOperator) -> BinaryOp {
    operator.to_binary_operator().map_or(BinaryOp::Add, binary_op)
}
