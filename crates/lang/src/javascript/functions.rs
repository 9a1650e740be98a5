//! Functions, arrow functions and their parameters.

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, Directive, FormalParameter, FormalParameters, Function, FunctionBody,
    TSTypeAnnotation,
};
use oxc_span::{GetSpan, Span as OxcSpan};

use super::context::{Lower, span};
use crate::ir::{BodyId, BodyKind, ClassId, Few, Field, Key, NameId, Op, Param, ParamKind, Span, ValueId, ValueRef};

/// What a function is in its surroundings.
#[derive(Clone)]
pub(super) struct Role {
    /// Its name when it has none of its own.
    pub(super) name: Option<NameId>,
    /// The class and, when static, that it is a method of.
    pub(super) method: Option<(ClassId, bool)>,
    /// The name in the source, when it is not the function's own.
    pub(super) name_span: Option<OxcSpan>,
    /// Whether it is a constructor, whose parameters may be fields at the same time.
    pub(super) is_constructor: bool,
    /// The decorators of each parameter.
    pub(super) param_decorators: Vec<Few<ValueRef>>,
}

impl Role {
    /// A plain function that takes this name if it has none.
    pub(super) fn named(name: Option<NameId>) -> Self {
        Role { name, method: None, name_span: None, is_constructor: false, param_decorators: Vec::new() }
    }
}

impl<'a> Lower<'a> {
    /// Lowers a function and gives its body. The caller emits the closure.
    pub(super) fn function(&mut self, function: &'a Function<'a>, role: &Role) -> BodyId {
        let name = match (&function.id, role.name) {
            (Some(own), _) => self.names.intern(&own.name),
            (None, Some(name)) => name,
            (None, None) => self.names.intern(""),
        };
        let kind = if role.method.is_some() { BodyKind::Method } else { BodyKind::Function };
        let id = self.begin_body(kind, name, span(function.span), function.scope_id.get());
        let name_span = role.name_span.or(function.id.as_ref().map(|id| id.span));
        let name_span = name_span.map_or_else(|| self.first_token(function.span), span);
        let body = &mut self.frame.builder.body;
        body.name_span = name_span;
        body.is_async = function.r#async;
        body.is_generator = function.generator;
        if let Some((class, is_static)) = role.method {
            body.class = Some(class);
            body.is_static = is_static;
        }
        self.own_name(function, id);
        self.params(&function.params, role);
        if let Some(body) = &function.body {
            self.function_body(body);
        }
        self.end_body();
        id
    }

    /// The name of a function expression, which only its own code sees.
    fn own_name(&mut self, function: &'a Function<'a>, id: BodyId) {
        let Some(own) = &function.id else { return };
        let Some(symbol) = own.symbol_id.get() else { return };
        if function.is_expression() && !self.scopes.is_unused(symbol) {
            self.adopt(symbol);
            let closure = self.emit(Op::Closure(id), own.span);
            self.write_symbol(symbol, closure, own.span);
        }
    }

    /// Lowers an arrow function and gives its body. The caller emits the closure.
    pub(super) fn arrow(&mut self, arrow: &'a ArrowFunctionExpression<'a>, name: Option<NameId>) -> BodyId {
        let name = name.unwrap_or_else(|| self.names.intern(""));
        let id = self.begin_body(BodyKind::Lambda, name, span(arrow.span), arrow.scope_id.get());
        let name_span = self.first_token(arrow.span);
        let body = &mut self.frame.builder.body;
        body.name_span = name_span;
        body.is_async = arrow.r#async;
        self.params(&arrow.params, &Role::named(None));
        match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => self.function_body(body),
            body => {
                if let Some(expression) = body.as_expression() {
                    let value = self.expr(expression);
                    self.emit(Op::Return(value), expression.span());
                }
            }
        }
        self.end_body();
        id
    }

    fn function_body(&mut self, body: &'a FunctionBody<'a>) {
        self.function_directives(&body.directives);
        self.statements(&body.statements);
    }

    /// Directives of a function (`"use server"`) stay as constants that nothing uses, at its entry.
    fn function_directives(&mut self, directives: &'a [Directive<'a>]) {
        for directive in directives {
            if directive.directive != "use strict" {
                self.string(&directive.directive, directive.span);
            }
        }
    }

    fn params(&mut self, params: &'a FormalParameters<'a>, role: &Role) {
        for (index, param) in params.items.iter().enumerate() {
            let default = param.initializer.as_ref().map(|default| {
                let name = param.pattern.get_identifier_name().map(|name| self.names.intern(&name));
                self.expr_named(default, name)
            });
            let value = self.param(
                index,
                ParamKind::Positional,
                param.pattern.get_binding_identifier().map(|name| name.name.as_str()),
                param.span,
                default,
                param.type_annotation.as_deref(),
                role,
            );
            self.bind(&param.pattern, value, true);
            if role.is_constructor {
                self.param_field(param, index, value, role);
            }
        }
        if let Some(rest) = &params.rest {
            let pattern = &rest.rest.argument;
            let value = self.param(
                params.items.len(),
                ParamKind::Rest,
                pattern.get_binding_identifier().map(|name| name.name.as_str()),
                rest.span,
                None,
                rest.type_annotation.as_deref(),
                role,
            );
            self.bind(pattern, value, true);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a parameter, from two kinds of nodes")]
    fn param(
        &mut self,
        index: usize,
        kind: ParamKind,
        name: Option<&'a str>,
        at: OxcSpan,
        default: Option<ValueId>,
        annotation: Option<&'a TSTypeAnnotation<'a>>,
        role: &Role,
    ) -> ValueId {
        let name = self.names.intern(name.unwrap_or(""));
        let ty = self.annotation(annotation);
        let value = self.emit(Op::Param(index as u32), at);
        let param = Param {
            name,
            kind,
            default: default.map(|default| self.at(default)),
            ty: ty.map(|ty| self.at(ty)),
            decorators: role.param_decorators.get(index).cloned().unwrap_or_default(),
            value,
            span: span(at),
        };
        self.frame.builder.body.params.push(param);
        value
    }

    /// `constructor(private readonly db: Db)`: the parameter is a field, too.
    fn param_field(&mut self, param: &'a FormalParameter<'a>, index: usize, value: ValueId, role: &Role) {
        let is_field = param.accessibility.is_some() || param.readonly || param.r#override;
        let (true, Some(name), Some((class, _))) = (is_field, param.pattern.get_binding_identifier(), role.method)
        else {
            return;
        };
        let name = self.names.intern(&name.name);
        let this = self.emit(Op::This, param.span);
        self.emit(Op::Store(this, Key::Member(name), value), param.span);
        let declared = &self.frame.builder.body.params[index];
        let field =
            Field { name, value: None, ty: declared.ty, decorators: declared.decorators.clone(), is_static: false };
        self.classes[class.index()].fields.push(field);
    }

    /// The first word or character of a node, for pointing at it.
    pub(super) fn first_token(&self, at: OxcSpan) -> Span {
        let text = self.source.get(at.start as usize..at.end as usize).unwrap_or("");
        let word = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
        let length = if word == 0 { text.chars().next().map_or(0, char::len_utf8) } else { word };
        Span::new(at.start, at.start + length as u32)
    }
}
