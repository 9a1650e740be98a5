//! Control flow: branches, loops, switches, exceptions.

use oxc_ast::ast::{
    DoWhileStatement, Expression, ForInStatement, ForOfStatement, ForStatement, ForStatementInit, ForStatementLeft,
    IfStatement, Statement, SwitchStatement, TryStatement, WhileStatement,
};
use oxc_span::{GetSpan, Span as OxcSpan};

use super::context::{Lower, Target, span};
use crate::ir::{BinaryOp, BlockId, Handler, Op, Try, ValueId};

impl<'a> Lower<'a> {
    /// `if`, with a chain of `else if` walked in a loop.
    pub(super) fn if_statement(&mut self, first: &'a IfStatement<'a>) {
        let after = self.builder().new_block();
        let mut current = first;
        loop {
            let then = self.builder().new_block();
            let other = if current.alternate.is_some() { self.builder().new_block() } else { after };
            self.test(&current.test, then, other);
            self.enter(then);
            self.statement(&current.consequent);
            self.frame.builder.jump(after);
            let Some(alternate) = &current.alternate else { break };
            self.enter(other);
            match alternate {
                Statement::IfStatement(next) => current = next,
                alternate => {
                    self.statement(alternate);
                    self.frame.builder.jump(after);
                    break;
                }
            }
        }
        self.enter(after);
    }

    /// Makes `break` and `continue` lead somewhere.
    pub(super) fn push_target(
        &mut self,
        labels: Vec<&'a str>,
        plain: bool,
        on_break: BlockId,
        on_continue: Option<BlockId>,
    ) {
        self.frame.targets.push(Target { labels, plain, on_break, on_continue });
    }

    /// `break`, or `break label`.
    pub(super) fn break_to(&mut self, label: Option<&str>) {
        let target = self.frame.targets.iter().rev().find(|target| match label {
            Some(label) => target.labels.contains(&label),
            None => target.plain,
        });
        if let Some(block) = target.map(|target| target.on_break) {
            self.frame.builder.jump(block);
        }
    }

    /// `continue`, or `continue label`.
    pub(super) fn continue_to(&mut self, label: Option<&str>) {
        let target = self.frame.targets.iter().rev().find(|target| match label {
            Some(label) => target.labels.contains(&label),
            None => target.on_continue.is_some(),
        });
        if let Some(block) = target.and_then(|target| target.on_continue) {
            self.frame.builder.jump(block);
        }
    }

    /// The body of a loop, with its targets around it.
    fn loop_body(&mut self, body: &'a Statement<'a>, labels: Vec<&'a str>, on_break: BlockId, on_continue: BlockId) {
        self.push_target(labels, true, on_break, Some(on_continue));
        self.frame.loops += 1;
        self.statement(body);
        self.frame.loops -= 1;
        self.frame.targets.pop();
    }

    pub(super) fn while_statement(&mut self, statement: &'a WhileStatement<'a>, labels: Vec<&'a str>) {
        let (header, body, after) = self.loop_blocks();
        self.frame.builder.jump(header);
        self.switch_to(header);
        self.test(&statement.test, body, after);
        self.enter(body);
        self.loop_body(&statement.body, labels, after, header);
        self.frame.builder.jump(header);
        self.frame.builder.seal(header);
        self.enter(after);
    }

    pub(super) fn do_while(&mut self, statement: &'a DoWhileStatement<'a>, labels: Vec<&'a str>) {
        let (test, body, after) = self.loop_blocks();
        self.frame.builder.jump(body);
        self.switch_to(body);
        self.loop_body(&statement.body, labels, after, test);
        self.frame.builder.jump(test);
        self.enter(test);
        self.test(&statement.test, body, after);
        self.frame.builder.seal(body);
        self.enter(after);
    }

    fn loop_blocks(&mut self) -> (BlockId, BlockId, BlockId) {
        let builder = self.builder();
        (builder.new_block(), builder.new_block(), builder.new_block())
    }

    pub(super) fn for_statement(&mut self, statement: &'a ForStatement<'a>, labels: Vec<&'a str>) {
        match &statement.init {
            Some(ForStatementInit::VariableDeclaration(variables)) => self.variables(variables),
            Some(init) => {
                if let Some(expression) = init.as_expression() {
                    self.expr(expression);
                }
            }
            None => {}
        }
        let (header, body, after) = self.loop_blocks();
        let update = self.builder().new_block();
        self.frame.builder.jump(header);
        self.switch_to(header);
        match &statement.test {
            Some(test) => self.test(test, body, after),
            None => self.frame.builder.jump(body),
        }
        self.enter(body);
        self.loop_body(&statement.body, labels, after, update);
        self.frame.builder.jump(update);
        self.enter(update);
        if let Some(expression) = &statement.update {
            self.expr(expression);
        }
        self.frame.builder.jump(header);
        self.frame.builder.seal(header);
        self.enter(after);
    }

    pub(super) fn for_of(&mut self, statement: &'a ForOfStatement<'a>, labels: Vec<&'a str>) {
        let is_await = statement.r#await;
        let iterable = self.expr(&statement.right);
        self.for_each(&statement.left, &statement.body, labels, iterable, statement.right.span(), |this| {
            let element = this.emit(Op::Element(iterable), statement.left.span());
            if is_await { this.emit(Op::Await(element), statement.left.span()) } else { element }
        });
    }

    /// `for (k in o)`: the keys of an object are as trustworthy as the object.
    pub(super) fn for_in(&mut self, statement: &'a ForInStatement<'a>, labels: Vec<&'a str>) {
        let object = self.expr(&statement.right);
        self.for_each(&statement.left, &statement.body, labels, object, statement.right.span(), |this| {
            this.emit(Op::Mix(Box::new([object])), statement.left.span())
        });
    }

    /// A loop over something. Whether there is another element is a [`Op::Mix`] of it: nothing is known of it.
    fn for_each(
        &mut self,
        left: &'a ForStatementLeft<'a>,
        statement: &'a Statement<'a>,
        labels: Vec<&'a str>,
        over: ValueId,
        at: OxcSpan,
        element: impl FnOnce(&mut Self) -> ValueId,
    ) {
        let (header, body, after) = self.loop_blocks();
        self.frame.builder.jump(header);
        self.switch_to(header);
        let more = self.emit(Op::Mix(Box::new([over])), at);
        self.frame.builder.branch(more, body, after);
        self.enter(body);
        let value = element(self);
        match left {
            ForStatementLeft::VariableDeclaration(variables) => {
                if let Some(declarator) = variables.declarations.first() {
                    self.bind(&declarator.id, value, false);
                }
            }
            left => {
                if let Some(target) = left.as_assignment_target() {
                    self.assign(target, value);
                }
            }
        }
        self.loop_body(statement, labels, after, header);
        self.frame.builder.jump(header);
        self.frame.builder.seal(header);
        self.enter(after);
    }

    /// `switch`: tests in order, then bodies that fall through. `switch (true)` branches by the tests themselves.
    pub(super) fn switch_statement(&mut self, statement: &'a SwitchStatement<'a>, labels: Vec<&'a str>) {
        let discriminant = match statement.discriminant.get_inner_expression() {
            Expression::BooleanLiteral(literal) if literal.value => None,
            discriminant => Some(self.expr(discriminant)),
        };
        let after = self.builder().new_block();
        let bodies: Vec<BlockId> = statement.cases.iter().map(|_| self.builder().new_block()).collect();
        let mut default = after;
        for (case, &body) in statement.cases.iter().zip(&bodies) {
            let Some(test) = &case.test else {
                default = body;
                continue;
            };
            let next = self.builder().new_block();
            match discriminant {
                Some(discriminant) => {
                    let value = self.expr(test);
                    let equal = self.emit(Op::Binary(BinaryOp::StrictEq, discriminant, value), test.span());
                    self.frame.builder.branch(equal, body, next);
                }
                None => self.test(test, body, next),
            }
            self.enter(next);
        }
        self.frame.builder.jump(default);
        self.push_target(labels, true, after, None);
        let hoisted = statement.cases.iter().map(|case| case.consequent.as_slice());
        self.switch_bodies(hoisted, &bodies, after);
        self.frame.targets.pop();
        self.enter(after);
    }

    fn switch_bodies(
        &mut self,
        statements: impl Iterator<Item = &'a [Statement<'a>]>,
        bodies: &[BlockId],
        after: BlockId,
    ) {
        for (index, statements) in statements.enumerate() {
            self.enter(bodies[index]);
            self.statements(statements);
            let next = bodies.get(index + 1).copied().unwrap_or(after);
            self.frame.builder.jump(next);
        }
    }

    /// `try`. Handlers are reached from before the protected statements and from the end of each of their blocks;
    /// `finally` runs on the normal ways and is also what exceptions lead to when there is no `catch` (or in it).
    pub(super) fn try_statement(&mut self, statement: &'a TryStatement<'a>) {
        let catch = statement.handler.as_ref().map(|_| self.builder().new_block());
        let finally = statement.finalizer.as_ref().map(|_| self.builder().new_block());
        let after = self.builder().new_block();
        let done = finally.unwrap_or(after);
        let index = self.frame.builder.body.tries.len();
        self.frame.builder.body.tries.push(Try {
            body: span(statement.block.span),
            handlers: Vec::new(),
            has_finally: finally.is_some(),
        });

        let body = self.builder().new_block();
        if let Some(handler) = catch.or(finally)
            && !self.frame.builder.is_ended()
        {
            self.frame.builder.may_throw_to(handler);
        }
        self.frame.handlers.extend(catch.or(finally));
        self.frame.builder.jump(body);
        self.enter(body);
        self.statements(&statement.block.body);
        if catch.or(finally).is_some() {
            self.frame.handlers.pop();
        }
        let mut completes = !self.frame.builder.is_ended();
        self.frame.builder.jump(done);

        if let (Some(clause), Some(catch)) = (&statement.handler, catch) {
            self.frame.handlers.extend(finally);
            self.enter(catch);
            let at = clause.param.as_ref().map_or(clause.span, |param| param.span);
            let caught = self.emit(Op::Caught, at);
            let handler = Handler { body: span(clause.body.span), caught, types: Vec::new() };
            self.frame.builder.body.tries[index].handlers.push(handler);
            if let Some(param) = &clause.param {
                self.bind(&param.pattern, caught, false);
            }
            self.statements(&clause.body.body);
            if finally.is_some() {
                self.frame.handlers.pop();
            }
            completes |= !self.frame.builder.is_ended();
            self.frame.builder.jump(done);
        }
        if let (Some(finalizer), Some(finally)) = (&statement.finalizer, finally) {
            self.enter(finally);
            self.statements(&finalizer.body);
            // When neither way completes, what comes after is not reached: `finally` goes on returning or raising.
            if completes {
                self.frame.builder.jump(after);
            }
        }
        self.enter(after);
    }
}
