//! CommonJS exports, written by hand or by a compiler.

use oxc_ast::ast::{AssignmentTarget, CallExpression, Expression, MemberExpression};
use oxc_span::Span as OxcSpan;

use super::context::Lower;
use super::expressions::constant_string;
use super::modules::MODULE_EXPORTS;
use crate::ir::{Arg, Const, Entry, ExportValue, Key, NameId, Op, UnaryOp, ValueId};

impl<'a> Lower<'a> {
    /// Notes what an assignment exports: `module.exports = …`, `exports.a = …`, `module.exports.a = …`.
    pub(super) fn commonjs_assignment(&mut self, target: &'a AssignmentTarget<'a>, value: ValueId, at: OxcSpan) {
        let Some(member) = target.as_member_expression() else { return };
        let Some(property) = member.static_property_name() else { return };
        let object = member.object().get_inner_expression();
        if self.is_exports(object) {
            let name = self.names.intern(property);
            self.export_value(name, value, at);
        } else if self.is_module_exports(member) {
            let name = self.names.intern(MODULE_EXPORTS);
            self.export_value(name, value, at);
        }
    }

    /// Adds an export of a value. Compilers write `exports.a = void 0` ahead of the real thing.
    fn export_value(&mut self, name: NameId, value: ValueId, at: OxcSpan) {
        let is_void = matches!(self.op(value), Op::Const(Const::Undefined) | Op::Unary(UnaryOp::Void, _));
        if !is_void && self.names.get(name) != "__esModule" {
            self.add_export(name, ExportValue::Value(self.at(value)), at);
        }
    }

    /// Whether an expression is the object whose members are exported.
    fn is_exports(&self, expression: &'a Expression<'a>) -> bool {
        match expression {
            Expression::Identifier(name) => self.is_global(name, "exports"),
            expression => expression.as_member_expression().is_some_and(|member| self.is_module_exports(member)),
        }
    }

    fn is_module_exports(&self, member: &'a MemberExpression<'a>) -> bool {
        let Expression::Identifier(object) = member.object().get_inner_expression() else { return false };
        self.is_global(object, "module") && member.static_property_name() == Some("exports")
    }

    /// Notes what a call exports: `Object.defineProperty(exports, "a", …)`, `Object.assign(exports, …)`,
    /// `__exportStar(require("m"), exports)`.
    pub(super) fn commonjs_call(&mut self, call: &'a CallExpression<'a>, args: &[Arg]) {
        let name = match call.callee.get_inner_expression() {
            Expression::Identifier(name) => name.name.as_str(),
            Expression::StaticMemberExpression(member) => member.property.name.as_str(),
            _ => return,
        };
        let argument = |index: usize| {
            let argument = call.arguments.get(index).and_then(|argument| argument.as_expression());
            argument.map(Expression::get_inner_expression)
        };
        match (name, argument(0), argument(1)) {
            ("__exportStar", Some(_), Some(exports)) if self.is_exports(exports) => {
                if let Some(&Op::Import(id)) = args.first().map(|arg| self.op(arg.value)) {
                    let name = self.names.intern("*");
                    self.add_export(name, ExportValue::Import(id), call.span);
                }
            }
            ("defineProperty", Some(exports), Some(key)) if self.is_exports(exports) => {
                if let (Some(key), Some(descriptor)) = (constant_string(key), args.get(2)) {
                    let key = self.names.intern(key);
                    self.define_property(key, descriptor.value, call.span);
                }
            }
            ("assign", Some(exports), _) if self.is_exports(exports) => {
                for arg in args.iter().skip(1) {
                    self.export_entries(arg.value, call.span);
                }
            }
            _ => {}
        }
    }

    /// A property descriptor: the exported value is `value`, or what `get` returns.
    fn define_property(&mut self, name: NameId, descriptor: ValueId, at: OxcSpan) {
        let Op::Dict(entries) = self.op(descriptor) else { return };
        let entry = |wanted: &str| {
            entries.iter().find_map(|entry| match entry {
                Entry::Pair(Key::Item(key), value) if self.names.get(*key) == wanted => Some(*value),
                _ => None,
            })
        };
        let (value, getter) = (entry("value"), entry("get"));
        if let Some(value) = value {
            self.export_value(name, value, at);
        } else if let Some(callee) = getter {
            let value = self.emit(Op::Call { callee, args: Box::default(), new: false }, at);
            self.export_value(name, value, at);
        }
    }

    fn export_entries(&mut self, object: ValueId, at: OxcSpan) {
        let Op::Dict(entries) = self.op(object) else { return };
        for entry in entries.clone() {
            if let Entry::Pair(Key::Item(name), value) = entry {
                self.export_value(name, value, at);
            }
        }
    }
}
