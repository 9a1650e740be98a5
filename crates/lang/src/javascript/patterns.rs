//! Destructuring, in declarations and in assignments.

use oxc_ast::ast::{
    ArrayAssignmentTarget, ArrayPattern, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty,
    BindingPattern, Expression, MemberExpression, ObjectAssignmentTarget, ObjectPattern, PropertyKey,
    SimpleAssignmentTarget,
};
use oxc_span::{GetSpan, Span as OxcSpan};

use super::context::Lower;
use crate::ir::{BinaryOp, Const, Entry, Key, NameId, Op, ValueId};

/// A place that can be assigned to, its own parts already evaluated.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// A variable or global.
    Name(&'a oxc_ast::ast::IdentifierReference<'a>),
    /// A member of a value.
    Member(ValueId, Key),
    /// A pattern to be taken apart.
    Pattern(&'a AssignmentTarget<'a>),
}

impl<'a> Lower<'a> {
    /// Gives a value to the variables that a pattern declares. A parameter's value is its variable's without an
    /// assignment.
    pub(super) fn bind(&mut self, pattern: &'a BindingPattern<'a>, value: ValueId, is_param: bool) {
        self.deeper(pattern.span(), |this| match pattern {
            BindingPattern::BindingIdentifier(name) => {
                if is_param && let Some(symbol) = name.symbol_id.get() {
                    let id = this.frame.builder.id();
                    match this.var(symbol) {
                        Some((body, var)) if body == id => this.frame.builder.define(var, value),
                        _ => this.write_binding(name, value),
                    }
                } else {
                    this.write_binding(name, value);
                }
            }
            BindingPattern::ObjectPattern(object) => this.bind_object(object, value),
            BindingPattern::ArrayPattern(array) => this.bind_array(array, value),
            BindingPattern::AssignmentPattern(assignment) => {
                let name = this.pattern_name(&assignment.left);
                let value = this.or_default(value, &assignment.right, name, assignment.span);
                this.bind(&assignment.left, value, false);
            }
        });
    }

    /// The name that a pattern gives a function, when it is a plain variable.
    pub(super) fn pattern_name(&mut self, pattern: &'a BindingPattern<'a>) -> Option<NameId> {
        match pattern {
            BindingPattern::BindingIdentifier(name) => Some(self.names.intern(&name.name)),
            _ => None,
        }
    }

    fn bind_object(&mut self, object: &'a ObjectPattern<'a>, value: ValueId) {
        for property in &object.properties {
            let key = self.key(&property.key, property.computed, true);
            let part = self.emit(Op::Load(value, key), property.span);
            self.bind(&property.value, part, false);
        }
        if let Some(rest) = &object.rest {
            let part = self.emit(Op::Dict(Box::new([Entry::Spread(value)])), rest.span);
            self.bind(&rest.argument, part, false);
        }
    }

    fn bind_array(&mut self, array: &'a ArrayPattern<'a>, value: ValueId) {
        for (index, element) in (0i32..).zip(&array.elements) {
            if let Some(element) = element {
                let part = self.emit(Op::Load(value, Key::Index(index)), element.span());
                self.bind(element, part, false);
            }
        }
        if let Some(rest) = &array.rest {
            let part = self.rest_of(value, array.elements.len(), rest.span);
            self.bind(&rest.argument, part, false);
        }
    }

    /// What is left of an array after its first `taken` elements.
    fn rest_of(&mut self, value: ValueId, taken: usize, at: OxcSpan) -> ValueId {
        let from = self.constant(Const::Int(i64::try_from(taken).unwrap_or(i64::MAX)), at);
        self.emit(Op::Slice(value, [Some(from), None]), at)
    }

    /// `value`, or the default where it is `undefined`.
    fn or_default(
        &mut self,
        value: ValueId,
        default: &'a Expression<'a>,
        name: Option<NameId>,
        at: OxcSpan,
    ) -> ValueId {
        let undefined = self.undefined(at);
        let missing = self.emit(Op::Binary(BinaryOp::StrictEq, value, undefined), at);
        let (otherwise, join) = (self.builder().new_block(), self.builder().new_block());
        let mut incoming = vec![(self.frame.builder.current(), value)];
        self.frame.builder.branch(missing, otherwise, join);
        self.enter(otherwise);
        let default = self.expr_named(default, name);
        self.bring(default, join, &mut incoming);
        self.meet(join, &incoming, at)
    }

    /// The key of a property. `member` says that an identifier is read as a member (destructuring) rather than
    /// written as an item (object literals).
    pub(super) fn key(&mut self, key: &'a PropertyKey<'a>, computed: bool, member: bool) -> Key {
        match key {
            PropertyKey::StaticIdentifier(name) if !computed => {
                let name = self.names.intern(&name.name);
                if member { Key::Member(name) } else { Key::Item(name) }
            }
            PropertyKey::PrivateIdentifier(name) => {
                let name = self.private(&name.name);
                Key::Member(name)
            }
            key => match key.as_expression() {
                Some(expression) => self.index(expression),
                None => Key::Value(self.undefined(key.span())),
            },
        }
    }

    /// The name of a private member.
    pub(super) fn private(&mut self, name: &str) -> NameId {
        self.names.intern(&format!("#{name}"))
    }

    /// A computed key: constant where its value is.
    pub(super) fn index(&mut self, expression: &'a Expression<'a>) -> Key {
        match expression.get_inner_expression() {
            Expression::StringLiteral(text) => return Key::Item(self.names.intern(&text.value)),
            Expression::NumericLiteral(number) => {
                if let Some(index) = small(number_constant(number.value)) {
                    return Key::Index(index);
                }
            }
            _ => {}
        }
        let value = self.expr(expression);
        match *self.op(value) {
            Op::Const(Const::Str(name)) => Key::Item(name),
            Op::Const(number) => small(number).map_or(Key::Value(value), Key::Index),
            _ => Key::Value(value),
        }
    }

    /// Evaluates what an assignment target consists of.
    pub(super) fn place(&mut self, target: &'a AssignmentTarget<'a>) -> Place<'a> {
        match target.as_simple_assignment_target() {
            Some(simple) => self.simple_place(simple).unwrap_or(Place::Pattern(target)),
            None => Place::Pattern(target),
        }
    }

    /// Evaluates what a simple assignment target consists of. `None` where it is none (a syntax error recovered
    /// from).
    pub(super) fn simple_place(&mut self, target: &'a SimpleAssignmentTarget<'a>) -> Option<Place<'a>> {
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = target {
            return Some(Place::Name(name));
        }
        if let Some(member) = target.as_member_expression() {
            return Some(self.member_place(member));
        }
        // Wrapped in type assertions: `(x as any) = …`.
        match target.get_expression()?.get_inner_expression() {
            Expression::Identifier(name) => Some(Place::Name(name)),
            expression => expression.as_member_expression().map(|member| self.member_place(member)),
        }
    }

    fn member_place(&mut self, member: &'a MemberExpression<'a>) -> Place<'a> {
        let base = self.expr(member.object());
        let key = match member {
            MemberExpression::StaticMemberExpression(member) => Key::Member(self.names.intern(&member.property.name)),
            MemberExpression::PrivateFieldExpression(member) => Key::Member(self.private(&member.field.name)),
            MemberExpression::ComputedMemberExpression(member) => self.index(&member.expression),
        };
        Place::Member(base, key)
    }

    /// Reads a place.
    pub(super) fn load(&mut self, place: Place<'a>, at: OxcSpan) -> ValueId {
        match place {
            Place::Name(name) => self.read(name),
            Place::Member(base, key) => self.emit(Op::Load(base, key), at),
            Place::Pattern(_) => self.undefined(at),
        }
    }

    /// Writes to a place.
    pub(super) fn store(&mut self, place: Place<'a>, value: ValueId, at: OxcSpan) {
        match place {
            Place::Name(name) => self.write_name(name, value),
            Place::Member(base, key) => {
                self.emit(Op::Store(base, key, value), at);
            }
            Place::Pattern(target) => self.assign_pattern(target, value),
        }
    }

    /// Writes to a variable; one that no scope declares is a property of the global object.
    fn write_name(&mut self, name: &'a oxc_ast::ast::IdentifierReference<'a>, value: ValueId) {
        if let Some(symbol) = self.scopes.symbol(name.reference_id.get()) {
            self.write_symbol(symbol, value, name.span);
        } else {
            let global = self.global("globalThis", name.span);
            let key = self.names.intern(&name.name);
            self.emit(Op::Store(global, Key::Member(key), value), name.span);
        }
    }

    fn assign_pattern(&mut self, target: &'a AssignmentTarget<'a>, value: ValueId) {
        self.deeper(target.span(), |this| match target {
            AssignmentTarget::ObjectAssignmentTarget(object) => this.assign_object(object, value),
            AssignmentTarget::ArrayAssignmentTarget(array) => this.assign_array(array, value),
            _ => {}
        });
    }

    /// Evaluates a target and writes to it.
    pub(super) fn assign(&mut self, target: &'a AssignmentTarget<'a>, value: ValueId) {
        let place = self.place(target);
        self.store(place, value, target.span());
    }

    fn assign_object(&mut self, object: &'a ObjectAssignmentTarget<'a>, value: ValueId) {
        for property in &object.properties {
            match property {
                AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(property) => {
                    let name = self.names.intern(&property.binding.name);
                    let mut part = self.emit(Op::Load(value, Key::Member(name)), property.span);
                    if let Some(default) = &property.init {
                        part = self.or_default(part, default, Some(name), property.span);
                    }
                    self.write_name(&property.binding, part);
                }
                AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => {
                    let key = self.key(&property.name, property.computed, true);
                    let part = self.emit(Op::Load(value, key), property.span);
                    self.assign_maybe_default(&property.binding, part);
                }
            }
        }
        if let Some(rest) = &object.rest {
            let part = self.emit(Op::Dict(Box::new([Entry::Spread(value)])), rest.span);
            self.assign(&rest.target, part);
        }
    }

    fn assign_array(&mut self, array: &'a ArrayAssignmentTarget<'a>, value: ValueId) {
        for (index, element) in (0i32..).zip(&array.elements) {
            if let Some(element) = element {
                let part = self.emit(Op::Load(value, Key::Index(index)), element.span());
                self.assign_maybe_default(element, part);
            }
        }
        if let Some(rest) = &array.rest {
            let part = self.rest_of(value, array.elements.len(), rest.span);
            self.assign(&rest.target, part);
        }
    }

    fn assign_maybe_default(&mut self, target: &'a AssignmentTargetMaybeDefault<'a>, value: ValueId) {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(target) => {
                let name = target.binding.get_identifier_name().map(|name| self.names.intern(name));
                let value = self.or_default(value, &target.init, name, target.span);
                self.assign(&target.binding, value);
            }
            target => {
                if let Some(target) = target.as_assignment_target() {
                    self.assign(target, value);
                }
            }
        }
    }
}

/// A number as a constant: an integer where that is exact.
pub(super) fn number_constant(value: f64) -> Const {
    /// The largest integer up to which all integers are exact.
    const EXACT: f64 = 9_007_199_254_740_991.0;
    if value.fract() == 0.0 && value.abs() <= EXACT { Const::Int(value as i64) } else { Const::Float(value) }
}

/// A constant that is a small integer, as which it may be an index.
fn small(constant: Const) -> Option<i32> {
    match constant {
        Const::Int(number) => i32::try_from(number).ok(),
        _ => None,
    }
}
