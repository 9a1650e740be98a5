//! Members, calls and tagged templates: chains that grow to the left.

use oxc_ast::ast::{
    CallExpression, ChainElement, ComputedMemberExpression, Expression, MemberExpression, PrivateFieldExpression,
    StaticMemberExpression, TaggedTemplateExpression,
};

use super::context::Lower;
use super::expressions::constant_string;
use crate::ir::{Arg, ArgKind, ImportForm, Key, ListKind, Op, ValueId};

/// One link of a chain.
enum Link<'a> {
    Static(&'a StaticMemberExpression<'a>),
    Computed(&'a ComputedMemberExpression<'a>),
    Private(&'a PrivateFieldExpression<'a>),
    Call(&'a CallExpression<'a>),
    Tagged(&'a TaggedTemplateExpression<'a>),
}

impl<'a> Lower<'a> {
    /// Lowers a chain of members and calls in a loop, from its base outwards.
    ///
    /// Optional links (`a?.b`) are lowered as plain ones: that the result may be `undefined` tells nothing about
    /// where data goes, and a branch at every `?.` would hide the conditions that matter.
    pub(super) fn chain(&mut self, expression: &'a Expression<'a>) -> ValueId {
        let mut links = Vec::new();
        let mut base = expression;
        while let Some((link, inner)) = link(base) {
            links.extend(link);
            base = inner.get_inner_expression();
        }
        let mut links = links.into_iter().rev().peekable();
        let mut value = match links.peek() {
            Some(Link::Call(call)) => match self.require(call) {
                Some(value) => {
                    links.next();
                    value
                }
                None => self.expr(base),
            },
            Some(_) => self.expr(base),
            None if !std::ptr::eq(base, expression) => self.expr(base),
            // Not a chain, and nothing else either: syntax that this lowering does not know.
            None => self.emit(Op::Mix(Box::default()), oxc_span::GetSpan::span(expression)),
        };
        for link in links {
            value = self.link(&link, value);
        }
        value
    }

    fn link(&mut self, link: &Link<'a>, base: ValueId) -> ValueId {
        match link {
            Link::Static(member) => {
                let name = self.names.intern(&member.property.name);
                self.emit(Op::Load(base, Key::Member(name)), member.span)
            }
            Link::Computed(member) => {
                let key = self.index(&member.expression);
                self.emit(Op::Load(base, key), member.span)
            }
            Link::Private(member) => {
                let name = self.private(&member.field.name);
                self.emit(Op::Load(base, Key::Member(name)), member.span)
            }
            Link::Call(call) => {
                let args = self.args(&call.arguments);
                self.commonjs_call(call, &args);
                self.emit(Op::Call { callee: base, args: args.into(), new: false }, call.span)
            }
            Link::Tagged(tagged) => self.tagged(tagged, base),
        }
    }

    /// `` tag`a ${b} c` `` calls `tag(["a ", " c"], b)`.
    fn tagged(&mut self, tagged: &'a TaggedTemplateExpression<'a>, callee: ValueId) -> ValueId {
        let mut strings = Vec::with_capacity(tagged.quasi.quasis.len());
        for quasi in &tagged.quasi.quasis {
            let text = quasi.value.cooked.as_ref().unwrap_or(&quasi.value.raw);
            let value = self.string(text, quasi.span);
            strings.push(Arg { value, kind: ArgKind::Positional });
        }
        let strings = self.emit(Op::List(ListKind::List, strings.into()), tagged.quasi.span);
        let mut args = vec![Arg { value: strings, kind: ArgKind::Positional }];
        for expression in &tagged.quasi.expressions {
            let value = self.expr(expression);
            args.push(Arg { value, kind: ArgKind::Positional });
        }
        self.emit(Op::Call { callee, args: args.into(), new: false }, tagged.span)
    }

    /// `require("m")`, unless the module declares a `require` of its own.
    fn require(&mut self, call: &'a CallExpression<'a>) -> Option<ValueId> {
        let Expression::Identifier(callee) = &call.callee else {
            return None;
        };
        let [argument] = call.arguments.as_slice() else {
            return None;
        };
        if !self.is_global(callee, "require") {
            return None;
        }
        let module = constant_string(argument.as_expression()?)?;
        Some(self.import_value(module, ImportForm::Require, call.span))
    }
}

/// The outermost link of a chain (none for a mere wrapper), and what it is attached to.
fn link<'a>(expression: &'a Expression<'a>) -> Option<(Option<Link<'a>>, &'a Expression<'a>)> {
    Some(match expression {
        Expression::StaticMemberExpression(member) => (Some(Link::Static(member)), &member.object),
        Expression::ComputedMemberExpression(member) => (Some(Link::Computed(member)), &member.object),
        Expression::PrivateFieldExpression(member) => (Some(Link::Private(member)), &member.object),
        Expression::CallExpression(call) => (Some(Link::Call(call)), &call.callee),
        Expression::TaggedTemplateExpression(tagged) => (Some(Link::Tagged(tagged)), &tagged.tag),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::CallExpression(call) => (Some(Link::Call(call)), &call.callee),
            ChainElement::TSNonNullExpression(inner) => (None, &inner.expression),
            element => match element.as_member_expression()? {
                MemberExpression::StaticMemberExpression(member) => (Some(Link::Static(member)), &member.object),
                MemberExpression::ComputedMemberExpression(member) => (Some(Link::Computed(member)), &member.object),
                MemberExpression::PrivateFieldExpression(member) => (Some(Link::Private(member)), &member.object),
            },
        },
        _ => return None,
    })
}
