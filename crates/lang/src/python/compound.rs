//! Branches, loops and `with`.

use ruff_python_ast::{BoolOp, Expr, StmtFor, StmtIf, StmtWhile, StmtWith, UnaryOp};
use ruff_text_size::Ranged;

use super::lowerer::{Loop, Lowerer};
use crate::ir::{BlockId, Op};

impl Lowerer<'_> {
    /// Branches by the truth of `test`. `and`, `or`, `not` and chained comparisons become branches of their own, so
    /// that each test decides over the blocks behind it.
    pub(super) fn condition(&mut self, test: &Expr, then: BlockId, other: BlockId) {
        match test {
            Expr::UnaryOp(not) if not.op == UnaryOp::Not => self.condition(&not.operand, other, then),
            Expr::BoolOp(node) => {
                let Some((last, init)) = node.values.split_last() else { return };
                for value in init {
                    let next = self.new_block();
                    match node.op {
                        BoolOp::And => self.condition(value, next, other),
                        BoolOp::Or => self.condition(value, then, next),
                    }
                    self.enter(next);
                }
                self.condition(last, then, other);
            }
            Expr::Compare(node) if node.ops.len() > 1 => {
                let mut left = self.expr(&node.left);
                for (index, (&op, right)) in node.ops.iter().zip(&node.comparators).enumerate() {
                    let right = self.expr(right);
                    let holds = self.compare(op, left, right, node.range);
                    if index + 1 == node.ops.len() {
                        self.branch(holds, then, other);
                    } else {
                        let next = self.new_block();
                        self.branch(holds, next, other);
                        self.enter(next);
                    }
                    left = right;
                }
            }
            _ => {
                let value = self.expr(test);
                self.branch(value, then, other);
            }
        }
    }

    pub(super) fn if_(&mut self, node: &StmtIf) {
        let after = self.new_block();
        let clauses = node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body));
        let mut has_else = false;
        for (test, body) in std::iter::once((Some(&*node.test), &node.body)).chain(clauses) {
            let Some(test) = test else {
                has_else = true;
                self.statements(body);
                self.jump(after);
                continue;
            };
            let (then, other) = (self.new_block(), self.new_block());
            self.condition(test, then, other);
            self.enter(then);
            self.statements(body);
            self.jump(after);
            self.enter(other);
        }
        if !has_else {
            self.jump(after);
        }
        self.enter(after);
    }

    pub(super) fn while_(&mut self, node: &StmtWhile) {
        let (head, body, otherwise, exit) = (self.new_block(), self.new_block(), self.new_block(), self.new_block());
        self.jump(head);
        self.current.builder.switch_to(head);
        self.condition(&node.test, body, otherwise);
        self.enter(body);
        self.current.loops.push(Loop { next: head, exit });
        self.statements(&node.body);
        self.current.loops.pop();
        self.jump(head);
        self.current.builder.seal(head);
        self.enter(otherwise);
        self.statements(&node.orelse);
        self.jump(exit);
        self.enter(exit);
    }

    pub(super) fn for_(&mut self, node: &StmtFor) {
        let iterable = self.expr(&node.iter);
        let (head, body, otherwise, exit) = (self.new_block(), self.new_block(), self.new_block(), self.new_block());
        self.jump(head);
        self.current.builder.switch_to(head);
        let more = self.emit(Op::Mix(Box::new([iterable])), node.iter.range());
        self.branch(more, body, otherwise);
        self.enter(body);
        let element = self.emit(Op::Element(iterable), node.iter.range());
        self.assign(&node.target, element);
        self.current.loops.push(Loop { next: head, exit });
        self.statements(&node.body);
        self.current.loops.pop();
        self.jump(head);
        self.current.builder.seal(head);
        self.enter(otherwise);
        self.statements(&node.orelse);
        self.jump(exit);
        self.enter(exit);
    }

    pub(super) fn with(&mut self, node: &StmtWith) {
        for item in &node.items {
            let manager = self.expr(&item.context_expr);
            let entered = self.emit(Op::Enter(manager), item.context_expr.range());
            if let Some(target) = &item.optional_vars {
                self.assign(target, entered);
            }
        }
        self.statements(&node.body);
    }
}
