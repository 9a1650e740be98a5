//! Classes.

use oxc_ast::ast::{
    AccessorProperty, Class as ClassNode, ClassElement, Decorator, MethodDefinition, MethodDefinitionKind,
    PropertyDefinition, PropertyDefinitionType, PropertyKey,
};
use oxc_span::{GetSpan, Span as OxcSpan};

use super::context::{Lower, span};
use super::functions::Role;
use crate::ir::{BodyId, BodyKind, Class, ClassId, Few, Field, NameId, Op, ValueId, ValueRef};

/// The longest computed key that is kept as a name, in bytes.
const MAX_KEY: usize = 80;

/// What a field declares.
struct FieldParts<'a> {
    key: &'a PropertyKey<'a>,
    computed: bool,
    decorators: &'a [Decorator<'a>],
    annotation: Option<&'a oxc_ast::ast::TSTypeAnnotation<'a>>,
    value: Option<&'a oxc_ast::ast::Expression<'a>>,
    is_static: bool,
    at: OxcSpan,
}

impl<'a> Lower<'a> {
    /// Lowers a class and gives its value. `name` is used when it has none of its own.
    pub(super) fn class(&mut self, class: &'a ClassNode<'a>, name: Option<NameId>) -> ValueId {
        let decorators = self.decorators(&class.decorators);
        let bases: Vec<ValueRef> = class
            .heritage
            .iter()
            .map(|heritage| {
                let base = self.expr(&heritage.expression);
                self.at(base)
            })
            .collect();
        let own = class.id.as_ref();
        let name = match (own, name) {
            (Some(own), _) => self.names.intern(&own.name),
            (None, Some(name)) => name,
            (None, None) => self.names.intern(""),
        };
        if let Some(symbol) = own.and_then(|own| own.symbol_id.get())
            && class.is_expression()
        {
            self.adopt(symbol);
        }
        let id = ClassId(self.classes.len() as u32);
        self.classes.push(Class {
            name,
            span: span(class.span),
            name_span: own.map_or_else(|| self.first_token(class.span), |own| span(own.span)),
            parent: self.frame.builder.id(),
            body: BodyId::MODULE,
            bases,
            decorators,
            methods: Vec::new(),
            fields: Vec::new(),
        });
        self.class_body(class, id, name);
        let value = self.emit(Op::Class(id), class.span);
        if let Some(own) = own {
            self.write_binding(own, value);
        }
        value
    }

    fn class_body(&mut self, class: &'a ClassNode<'a>, id: ClassId, name: NameId) {
        let body = self.begin_body(BodyKind::Class, name, span(class.body.span), class.scope_id.get());
        self.classes[id.index()].body = body;
        self.frame.builder.body.class = Some(id);
        self.frame.builder.body.name_span = self.classes[id.index()].name_span;
        for element in &class.body.body {
            match element {
                ClassElement::MethodDefinition(method) => self.method(method, id),
                ClassElement::PropertyDefinition(property) => self.property_definition(property, id),
                ClassElement::AccessorProperty(property) => self.accessor(property, id),
                ClassElement::StaticBlock(block) => self.statements(&block.body),
                ClassElement::TSIndexSignature(_) => {}
            }
        }
        self.end_body();
    }

    fn decorators(&mut self, decorators: &'a [Decorator<'a>]) -> Few<ValueRef> {
        let values = decorators.iter().map(|decorator| {
            let value = self.expr(&decorator.expression);
            self.at(value)
        });
        values.collect()
    }

    /// The name of a class member. A computed key that is not constant is named by its source.
    fn member_name(&mut self, key: &'a PropertyKey<'a>, computed: bool) -> NameId {
        if let PropertyKey::PrivateIdentifier(name) = key {
            return self.private(&name.name);
        }
        let is_constant = !computed || !matches!(key, PropertyKey::StaticIdentifier(_));
        if is_constant && let Some(name) = key.static_name() {
            return self.names.intern(&name);
        }
        if let Some(expression) = key.as_expression() {
            self.expr(expression);
        }
        let at = key.span();
        let source = self.source.get(at.start as usize..at.end as usize).unwrap_or("");
        if source.len() > MAX_KEY {
            return self.names.intern("");
        }
        self.names.intern(&format!("[{source}]"))
    }

    fn method(&mut self, method: &'a MethodDefinition<'a>, class: ClassId) {
        // Abstract methods and overloads have no body.
        if method.value.body.is_none() {
            return;
        }
        let decorators = self.decorators(&method.decorators);
        let params = &method.value.params;
        let mut param_decorators: Vec<Few<ValueRef>> =
            params.items.iter().map(|param| self.decorators(&param.decorators)).collect();
        if let Some(rest) = &params.rest {
            param_decorators.push(self.decorators(&rest.decorators));
        }
        let mut name = self.member_name(&method.key, method.computed);
        let prefix = match method.kind {
            MethodDefinitionKind::Get => Some("get"),
            MethodDefinitionKind::Set => Some("set"),
            MethodDefinitionKind::Constructor | MethodDefinitionKind::Method => None,
        };
        if let Some(prefix) = prefix {
            name = self.names.intern(&format!("{prefix} {}", self.names.get(name)));
        }
        let role = Role {
            name: Some(name),
            method: Some((class, method.r#static)),
            name_span: Some(method.key.span()),
            is_constructor: method.kind == MethodDefinitionKind::Constructor,
            param_decorators,
        };
        let body = self.function(&method.value, &role);
        if let Some(body) = self.bodies[body.index()].as_mut() {
            body.decorators = decorators;
        }
        self.classes[class.index()].methods.push((name, body));
    }

    fn property_definition(&mut self, property: &'a PropertyDefinition<'a>, class: ClassId) {
        let exists = !property.declare && property.r#type == PropertyDefinitionType::PropertyDefinition;
        let parts = FieldParts {
            key: &property.key,
            computed: property.computed,
            decorators: &property.decorators,
            annotation: property.type_annotation.as_deref(),
            value: property.value.as_ref().filter(|_| exists),
            is_static: property.r#static,
            at: property.span,
        };
        self.field(&parts, class);
    }

    fn accessor(&mut self, property: &'a AccessorProperty<'a>, class: ClassId) {
        let parts = FieldParts {
            key: &property.key,
            computed: property.computed,
            decorators: &property.decorators,
            annotation: property.type_annotation.as_deref(),
            value: property.value.as_ref(),
            is_static: property.r#static,
            at: property.span,
        };
        self.field(&parts, class);
    }

    /// A field is a variable of the class's body, and is listed among the class's fields.
    fn field(&mut self, parts: &FieldParts<'a>, class: ClassId) {
        let decorators = self.decorators(parts.decorators);
        let name = self.member_name(parts.key, parts.computed);
        let ty = self.annotation(parts.annotation);
        let value = parts.value.map(|value| {
            let value = self.expr_named(value, Some(name));
            let var = self.frame.builder.declare(name);
            self.frame.builder.write(var, value, span(parts.at))
        });
        let field = Field {
            name,
            value: value.map(|value| self.at(value)),
            ty: ty.map(|ty| self.at(ty)),
            decorators,
            is_static: parts.is_static,
        };
        self.classes[class.index()].fields.push(field);
    }
}
