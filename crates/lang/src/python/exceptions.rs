//! `try`.

use ruff_python_ast::{ExceptHandler, ExceptHandlerExceptHandler, Expr, StmtTry};
use ruff_text_size::Ranged;

use super::lowerer::{Lowerer, span, suite_span};
use crate::ir::{Arg, ArgKind, BinaryOp, BlockId, Handler, ListKind, Op, Try, ValueId};

/// Where the parts of one `try` go on.
#[derive(Clone, Copy)]
struct Exits {
    /// The `finally`, if there is one.
    finally: Option<BlockId>,
    after: BlockId,
}

impl Lowerer<'_> {
    pub(super) fn try_(&mut self, node: &StmtTry) {
        let exits = Exits { finally: (!node.finalbody.is_empty()).then(|| self.new_block()), after: self.new_block() };
        let dispatch = (!node.handlers.is_empty()).then(|| self.new_block());
        let region = self.current.builder.body.tries.len();
        self.current.builder.body.tries.push(Try {
            body: suite_span(&node.body),
            handlers: Vec::new(),
            has_finally: exits.finally.is_some(),
        });

        // What raises in the handlers and in `else` passes through `finally`.
        self.current.handlers.extend(exits.finally);
        self.current.handlers.extend(dispatch);
        let body = self.new_block();
        self.jump(body);
        self.enter(body);
        self.statements(&node.body);
        self.may_throw();
        if dispatch.is_some() {
            self.current.handlers.pop();
        }
        self.statements(&node.orelse);
        let mut completes = self.complete(exits);
        if let Some(dispatch) = dispatch {
            self.enter(dispatch);
            completes |= self.handlers(&node.handlers, region, exits);
        }
        if let Some(finally) = exits.finally {
            self.current.handlers.pop();
            self.enter(finally);
            self.statements(&node.finalbody);
            if completes {
                self.jump(exits.after);
            } else if !self.current.builder.is_dead() {
                // It was reached only by what goes on leaving: an exception, or a return that stands elsewhere.
                let caught = self.emit(Op::Caught, node.range);
                self.may_throw();
                self.emit(Op::Throw(caught), node.range);
            }
        }
        self.enter(exits.after);
    }

    /// Goes on behind the `try`. Says whether the current block gets there.
    fn complete(&mut self, exits: Exits) -> bool {
        let reached = !self.current.builder.is_dead();
        self.jump(exits.finally.unwrap_or(exits.after));
        reached
    }

    /// Lowers the handlers as a chain of type tests. Says whether one of them completes normally.
    fn handlers(&mut self, handlers: &[ExceptHandler], region: usize, exits: Exits) -> bool {
        let mut completes = false;
        for handler in handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let caught = self.emit(Op::Caught, handler.range);
            let types = handler.type_.as_ref().map(|types| self.handler_types(types, caught));
            self.current.builder.body.tries[region].handlers.push(Handler {
                body: span(handler.range),
                caught,
                types: types.as_ref().map(|(types, _)| types.clone()).unwrap_or_default(),
            });
            let (body, next) = (self.new_block(), self.new_block());
            match types {
                Some((_, matches)) => self.branch(matches, body, next),
                None => self.jump(body),
            }
            self.enter(body);
            self.handler_body(handler, caught);
            completes |= self.complete(exits);
            self.enter(next);
        }
        // No handler takes it. Behind a bare `except` this is unreachable.
        let bare = handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| handler.type_.is_none());
        if !bare && let Some(range) = handlers.last().map(Ranged::range) {
            let caught = self.emit(Op::Caught, range);
            self.may_throw();
            self.emit(Op::Throw(caught), range);
        }
        completes
    }

    /// The types that a handler names, and the test for them.
    fn handler_types(&mut self, types: &Expr, caught: ValueId) -> (Vec<ValueId>, ValueId) {
        let Expr::Tuple(tuple) = types else {
            let ty = self.expr(types);
            return (vec![ty], self.emit(Op::Binary(BinaryOp::InstanceOf, caught, ty), types.range()));
        };
        let values: Vec<ValueId> = tuple.elts.iter().map(|ty| self.expr(ty)).collect();
        let args = values.iter().map(|&value| Arg { value, kind: ArgKind::Positional }).collect();
        let all = self.emit(Op::List(ListKind::Tuple, args), types.range());
        let matches = self.emit(Op::Binary(BinaryOp::InstanceOf, caught, all), types.range());
        (values, matches)
    }

    fn handler_body(&mut self, handler: &ExceptHandlerExceptHandler, caught: ValueId) {
        if let Some(name) = &handler.name {
            let id = self.names.intern(name);
            self.write(id, caught, name.range);
        }
        self.current.caught.push(caught);
        self.statements(&handler.body);
        self.current.caught.pop();
    }
}
