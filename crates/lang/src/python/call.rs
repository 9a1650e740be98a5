//! Calls.

use ruff_python_ast::{ArgOrKeyword, Arguments, Expr, ExprCall};
use ruff_text_size::Ranged;

use super::lowerer::Lowerer;
use crate::ir::{Arg, ArgKind, Key, Op, ValueId};

impl Lowerer<'_> {
    pub(super) fn call(&mut self, node: &ExprCall) -> ValueId {
        if let Some(imported) = self.dynamic_import(node) {
            return imported;
        }
        let callee = match &*node.func {
            Expr::Attribute(method) => {
                let base = self.expr(&method.value);
                if let Some(text) = self.literal_text(base)
                    && matches!(method.attr.as_str(), "format" | "format_map")
                {
                    let mut args = self.args(&node.arguments);
                    if method.attr.as_str() == "format_map" {
                        for arg in &mut args {
                            arg.kind = ArgKind::SpreadNamed;
                        }
                    }
                    return self.format(base, text, &args, node.range());
                }
                let name = self.names.intern(&method.attr);
                self.emit(Op::Load(base, Key::Member(name)), method.range)
            }
            func => self.expr(func),
        };
        if let Op::Global(name) = *self.op(callee)
            && self.names.get(name) == "super"
        {
            return self.emit(Op::Super, node.range());
        }
        let args = self.args(&node.arguments);
        self.emit(Op::Call { callee, args: args.into(), new: false }, node.range())
    }

    /// Lowers arguments in the order in which they are evaluated.
    pub(super) fn args(&mut self, arguments: &Arguments) -> Vec<Arg> {
        let mut args = Vec::with_capacity(arguments.len());
        for argument in arguments.iter_source_order() {
            args.push(match argument {
                ArgOrKeyword::Arg(argument) => self.arg(argument),
                ArgOrKeyword::Keyword(keyword) => match &keyword.arg {
                    Some(name) => {
                        let name = self.names.intern(name);
                        Arg { value: self.named_expr(&keyword.value, Some(name)), kind: ArgKind::Named(name) }
                    }
                    None => Arg { value: self.expr(&keyword.value), kind: ArgKind::SpreadNamed },
                },
            });
        }
        args
    }
}
