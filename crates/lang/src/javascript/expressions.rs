//! Expressions: the dispatch, literals and everything that is no operator, call or member.

use oxc_ast::ast::{
    Argument, ArrayExpression, ArrayExpressionElement, Expression, ObjectExpression, ObjectProperty,
    ObjectPropertyKind, PropertyKind, TemplateLiteral,
};
use oxc_span::{GetSpan, Span as OxcSpan};

use super::context::{Lower, span};
use super::functions::Role;
use super::patterns::number_constant;
use crate::ir::{
    Arg, ArgKind, BinaryOp, Const, Entry, Import, ImportForm, ImportItem, Key, ListKind, NameId, Op, Part, UnaryOp,
    ValueId,
};

impl<'a> Lower<'a> {
    /// Lowers an expression to its value.
    pub(super) fn expr(&mut self, expression: &'a Expression<'a>) -> ValueId {
        self.expr_named(expression, None)
    }

    /// Lowers an expression; a function or class without a name of its own gets this one.
    pub(super) fn expr_named(&mut self, expression: &'a Expression<'a>, name: Option<NameId>) -> ValueId {
        let at = expression.span();
        match self.deeper(at, |this| this.dispatch(expression.get_inner_expression(), name)) {
            Some(value) => value,
            None => self.emit(Op::Mix(Box::default()), at),
        }
    }

    fn dispatch(&mut self, expression: &'a Expression<'a>, name: Option<NameId>) -> ValueId {
        match expression {
            Expression::BooleanLiteral(literal) => self.constant(Const::Bool(literal.value), literal.span),
            Expression::NullLiteral(literal) => self.constant(Const::Null, literal.span),
            Expression::NumericLiteral(literal) => self.constant(number_constant(literal.value), literal.span),
            Expression::BigIntLiteral(literal) => {
                let value = match literal.value.parse() {
                    Ok(value) => Const::Int(value),
                    Err(_) => Const::Float(literal.value.parse().unwrap_or(f64::INFINITY)),
                };
                self.constant(value, literal.span)
            }
            Expression::RegExpLiteral(literal) => {
                let pattern = self.names.intern(&literal.regex.pattern.text);
                let flags = self.names.intern(&literal.regex.flags.to_string());
                self.constant(Const::Regex(pattern, flags), literal.span)
            }
            Expression::StringLiteral(literal) => self.string(&literal.value, literal.span),
            Expression::TemplateLiteral(template) => self.template(template),
            Expression::Identifier(identifier) => self.read(identifier),
            Expression::Super(at) => self.emit(Op::Super, at.span),
            Expression::ThisExpression(at) => self.emit(Op::This, at.span),
            Expression::ArrayExpression(array) => self.array(array),
            Expression::ObjectExpression(object) => self.object(object),
            Expression::ArrowFunctionExpression(arrow) => {
                let body = self.arrow(arrow, name);
                self.emit(Op::Closure(body), arrow.span)
            }
            Expression::FunctionExpression(function) => {
                let body = self.function(function, &Role::named(name));
                self.emit(Op::Closure(body), function.span)
            }
            Expression::ClassExpression(class) => self.class(class, name),
            Expression::AssignmentExpression(assignment) => self.assignment(assignment),
            Expression::AwaitExpression(awaited) => {
                let value = self.expr(&awaited.argument);
                self.emit(Op::Await(value), awaited.span)
            }
            Expression::YieldExpression(yielded) => {
                let mut value = match &yielded.argument {
                    Some(argument) => self.expr(argument),
                    None => self.undefined(yielded.span),
                };
                if yielded.delegate {
                    value = self.emit(Op::Element(value), yielded.span);
                }
                self.emit(Op::Yield(value), yielded.span)
            }
            Expression::BinaryExpression(binary) => self.binary(binary),
            Expression::LogicalExpression(logical) => self.logical(logical, name),
            Expression::ConditionalExpression(conditional) => self.conditional(conditional, name),
            Expression::UnaryExpression(_) => self.unary(expression),
            Expression::UpdateExpression(update) => self.update(update),
            Expression::SequenceExpression(sequence) => {
                let mut value = None;
                for expression in &sequence.expressions {
                    value = Some(self.expr(expression));
                }
                value.unwrap_or_else(|| self.undefined(sequence.span))
            }
            Expression::ImportExpression(import) => self.import_expression(import),
            Expression::NewExpression(new) => {
                let callee = self.expr(&new.callee);
                let args = self.args(&new.arguments);
                self.emit(Op::Call { callee, args: args.into(), new: true }, new.span)
            }
            Expression::PrivateInExpression(test) => {
                let name = self.private(&test.left.name);
                let key = self.constant(Const::Str(name), test.left.span);
                let object = self.expr(&test.right);
                self.emit(Op::Binary(BinaryOp::In, key, object), test.span)
            }
            Expression::ImportMeta(meta) => self.global("import.meta", meta.span),
            Expression::NewTarget(target) => self.global("new.target", target.span),
            Expression::JSXElement(element) => self.jsx_element(element),
            Expression::JSXFragment(fragment) => self.jsx_fragment(fragment),
            Expression::V8IntrinsicExpression(call) => {
                let callee = self.global(&call.name.name, call.name.span);
                let args = self.args(&call.arguments);
                self.emit(Op::Call { callee, args: args.into(), new: false }, call.span)
            }
            // Members and calls; the wrappers were taken off before.
            _ => self.chain(expression),
        }
    }

    /// A template literal: a constant when nothing is inserted.
    fn template(&mut self, template: &'a TemplateLiteral<'a>) -> ValueId {
        let mut parts = Vec::new();
        for (index, quasi) in template.quasis.iter().enumerate() {
            let text = quasi.value.cooked.as_ref().unwrap_or(&quasi.value.raw);
            if !text.is_empty() {
                parts.push(Part::Text(self.names.intern(text)));
            }
            if let Some(expression) = template.expressions.get(index) {
                let value = self.expr(expression);
                self.push_part(&mut parts, value);
            }
        }
        self.concat(parts, template.span)
    }

    fn array(&mut self, array: &'a ArrayExpression<'a>) -> ValueId {
        let mut items = Vec::with_capacity(array.elements.len());
        for element in &array.elements {
            let item = match element {
                ArrayExpressionElement::SpreadElement(spread) => {
                    Arg { value: self.expr(&spread.argument), kind: ArgKind::Spread }
                }
                ArrayExpressionElement::Elision(hole) => {
                    Arg { value: self.undefined(hole.span), kind: ArgKind::Positional }
                }
                element => match element.as_expression() {
                    Some(expression) => Arg { value: self.expr(expression), kind: ArgKind::Positional },
                    None => continue,
                },
            };
            items.push(item);
        }
        self.emit(Op::List(ListKind::List, items.into()), array.span)
    }

    fn object(&mut self, object: &'a ObjectExpression<'a>) -> ValueId {
        let mut entries = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let value = self.expr(&spread.argument);
                    entries.push(Entry::Spread(value));
                }
                ObjectPropertyKind::ObjectProperty(property) => {
                    entries.extend(self.property(property));
                }
            }
        }
        self.emit(Op::Dict(entries.into()), object.span)
    }

    /// A property of an object literal. A getter stands for what it returns; a setter is no entry.
    fn property(&mut self, property: &'a ObjectProperty<'a>) -> Option<Entry> {
        let key = self.key(&property.key, property.computed, false);
        let name = match key {
            Key::Item(name) | Key::Member(name) => Some(name),
            Key::Index(_) | Key::Value(_) => None,
        };
        let (true, Expression::FunctionExpression(function)) =
            (property.method || property.kind != PropertyKind::Init, &property.value)
        else {
            let value = self.expr_named(&property.value, name);
            return Some(Entry::Pair(key, value));
        };
        let mut role = Role::named(name);
        role.name_span = Some(property.key.span());
        let body = self.function(function, &role);
        let closure = self.emit(Op::Closure(body), property.span);
        match property.kind {
            PropertyKind::Init => Some(Entry::Pair(key, closure)),
            PropertyKind::Set => None,
            PropertyKind::Get => {
                let value = self.emit(Op::Call { callee: closure, args: Box::default(), new: false }, property.span);
                Some(Entry::Pair(key, value))
            }
        }
    }

    /// The arguments of a call.
    pub(super) fn args(&mut self, arguments: &'a [Argument<'a>]) -> Vec<Arg> {
        let mut args = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument {
                Argument::SpreadElement(spread) => {
                    args.push(Arg { value: self.expr(&spread.argument), kind: ArgKind::Spread });
                }
                argument => {
                    if let Some(expression) = argument.as_expression() {
                        args.push(Arg { value: self.expr(expression), kind: ArgKind::Positional });
                    }
                }
            }
        }
        args
    }

    /// `import(…)`: an import when its argument is constant, otherwise a call of the pseudo-function `import`.
    fn import_expression(&mut self, import: &'a oxc_ast::ast::ImportExpression<'a>) -> ValueId {
        if let Some(module) = constant_string(&import.source) {
            return self.import_value(module, ImportForm::Dynamic, import.span);
        }
        let source = self.expr(&import.source);
        let mut args = vec![Arg { value: source, kind: ArgKind::Positional }];
        if let Some(options) = &import.options {
            args.push(Arg { value: self.expr(options), kind: ArgKind::Positional });
        }
        let callee = self.global("import", import.span);
        self.emit(Op::Call { callee, args: args.into(), new: false }, import.span)
    }

    /// The value of a whole module imported by an expression.
    pub(super) fn import_value(&mut self, module: &str, form: ImportForm, at: OxcSpan) -> ValueId {
        let module = self.names.intern(module);
        let id = self.add_import(Import { module, level: 0, item: ImportItem::Module, form, span: span(at) });
        self.emit(Op::Import(id), at)
    }

    /// A run of unary operators, without following it down the stack.
    fn unary(&mut self, expression: &'a Expression<'a>) -> ValueId {
        let mut operators = Vec::new();
        let mut inner = expression;
        while let Expression::UnaryExpression(unary) = inner {
            operators.push(unary);
            inner = unary.argument.get_inner_expression();
        }
        let mut value = self.expr(inner);
        for unary in operators.into_iter().rev() {
            use oxc_syntax::operator::UnaryOperator;
            let op = match unary.operator {
                UnaryOperator::UnaryPlus => UnaryOp::Plus,
                UnaryOperator::UnaryNegation => UnaryOp::Neg,
                UnaryOperator::LogicalNot => UnaryOp::Not,
                UnaryOperator::BitwiseNot => UnaryOp::BitNot,
                UnaryOperator::Typeof => UnaryOp::TypeOf,
                UnaryOperator::Void => UnaryOp::Void,
                UnaryOperator::Delete => UnaryOp::Delete,
            };
            value = match (op, self.op(value)) {
                (UnaryOp::Neg, &Op::Const(Const::Int(number))) => {
                    self.constant(Const::Int(number.wrapping_neg()), unary.span)
                }
                (UnaryOp::Neg, &Op::Const(Const::Float(number))) => self.constant(Const::Float(-number), unary.span),
                _ => self.emit(Op::Unary(op, value), unary.span),
            };
        }
        value
    }
}

/// The text of an expression that is plainly a constant string.
pub(super) fn constant_string<'e>(expression: &'e Expression<'_>) -> Option<&'e str> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(literal) => Some(&literal.value),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            template.quasis.first().and_then(|quasi| quasi.value.cooked.as_ref()).map(oxc_ast::ast::Str::as_str)
        }
        _ => None,
    }
}
