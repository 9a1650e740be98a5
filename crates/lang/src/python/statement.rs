//! Statements, apart from those with a file of their own.

use ruff_python_ast::{Expr, Stmt, StmtAssert, StmtDelete, StmtRaise, StmtReturn, StmtTypeAlias};

use super::lowerer::Lowerer;
use crate::ir::{Arg, ArgKind, Const, Op, UnaryOp};

impl Lowerer<'_> {
    /// Lowers statements in order.
    pub(super) fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(node) => self.return_(node),
            Stmt::Delete(node) => self.delete(node),
            Stmt::TypeAlias(node) => self.type_alias(node),
            Stmt::Assign(node) => self.assignment(node),
            Stmt::AugAssign(node) => self.augmented_assignment(node),
            Stmt::AnnAssign(node) => self.annotated_assignment(node),
            Stmt::For(node) => self.for_(node),
            Stmt::While(node) => self.while_(node),
            Stmt::If(node) => self.if_(node),
            Stmt::With(node) => self.with(node),
            Stmt::Match(node) => self.match_(node),
            Stmt::Raise(node) => self.raise(node),
            Stmt::Try(node) => self.try_(node),
            Stmt::Assert(node) => self.assert(node),
            Stmt::Import(node) => self.import(node),
            Stmt::ImportFrom(node) => self.import_from(node),
            Stmt::Expr(node) => self.expression_statement(&node.value),
            Stmt::Break(node) => self.leave_loop(node.range, true),
            Stmt::Continue(node) => self.leave_loop(node.range, false),
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    /// Docstrings and `...` are of no use as values.
    fn expression_statement(&mut self, value: &Expr) {
        if !matches!(value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)) {
            self.expr(value);
        }
    }

    fn return_(&mut self, node: &StmtReturn) {
        let value = match &node.value {
            Some(value) => self.expr(value),
            None => self.emit(Op::Const(Const::Null), node.range),
        };
        self.may_throw();
        self.emit(Op::Return(value), node.range);
    }

    fn delete(&mut self, node: &StmtDelete) {
        for target in &node.targets {
            let value = self.expr(target);
            self.emit(Op::Unary(UnaryOp::Delete, value), node.range);
        }
    }

    fn type_alias(&mut self, node: &StmtTypeAlias) {
        let value = self.annotation(&node.value);
        self.assign(&node.name, value);
    }

    fn raise(&mut self, node: &StmtRaise) {
        let value = match &node.exc {
            Some(exception) => self.expr(exception),
            None => match self.current.caught.last() {
                Some(&caught) => caught,
                None => self.emit(Op::Caught, node.range),
            },
        };
        if let Some(cause) = &node.cause {
            self.expr(cause);
        }
        self.may_throw();
        self.emit(Op::Throw(value), node.range);
    }

    fn assert(&mut self, node: &StmtAssert) {
        let (holds, fails) = (self.new_block(), self.new_block());
        self.condition(&node.test, holds, fails);
        self.enter(fails);
        let callee = self.builtin("AssertionError", node.range);
        let message = node.msg.as_ref().map(|message| self.expr(message));
        let args = message.into_iter().map(|value| Arg { value, kind: ArgKind::Positional }).collect();
        let error = self.emit(Op::Call { callee, args, new: false }, node.range);
        self.may_throw();
        self.emit(Op::Throw(error), node.range);
        self.enter(holds);
    }

    fn leave_loop(&mut self, range: ruff_text_size::TextRange, exits: bool) {
        if let Some(&around) = self.current.loops.last() {
            self.jump(if exits { around.exit } else { around.next });
        } else {
            // Outside of a loop it is a syntax error, which Python raises before it runs anything.
            self.emit(Op::Mix(Box::default()), range);
        }
    }
}
