//! A look at a syntax tree before anything follows it to its leaves.
//!
//! The parser builds chains that grow to the left (`a + b + c + …`, `a.b().c()…`) in loops, so that a tree may be far
//! deeper than the stack that it took to parse. Whatever walks it afterwards recurses.

use oxc_ast::ast::{
    AccessorProperty, AssignmentTarget, BindingPattern, ClassBody, ClassElement, Expression, JSXElement, JSXFragment,
    JSXMemberExpression, Program, Statement, StaticBlock, TSImportTypeQualifier, TSNamespaceDeclaration, TSType,
    TSTypeName,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;

/// The deepest syntax tree that is analysed, counted in expressions, statements, types, patterns and elements.
/// Measured: a level takes at most 600 bytes of stack in the deepest walk.
pub(super) const MAX_TREE_DEPTH: u32 = 60_000;

/// What a look at a tree tells.
#[derive(Default)]
pub(super) struct Shape {
    /// Where the tree is deeper than [`MAX_TREE_DEPTH`], as a byte offset.
    pub(super) too_deep: Option<u32>,
    /// Whether a class has code besides methods: fields with values, static blocks.
    pub(super) class_code: bool,
    depth: u32,
}

impl Shape {
    /// Looks at a tree.
    pub(super) fn of(program: &Program<'_>) -> Self {
        let mut shape = Shape::default();
        shape.visit_program(program);
        shape
    }

    fn deeper(&mut self, start: u32, walk: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_TREE_DEPTH {
            self.too_deep.get_or_insert(start);
            return;
        }
        self.depth += 1;
        walk(self);
        self.depth -= 1;
    }
}

impl<'a> Visit<'a> for Shape {
    fn visit_expression(&mut self, it: &Expression<'a>) {
        self.deeper(it.span().start, |this| walk::walk_expression(this, it));
    }

    fn visit_statement(&mut self, it: &Statement<'a>) {
        self.deeper(it.span().start, |this| walk::walk_statement(this, it));
    }

    fn visit_ts_type(&mut self, it: &TSType<'a>) {
        self.deeper(it.span().start, |this| walk::walk_ts_type(this, it));
    }

    fn visit_ts_type_name(&mut self, it: &TSTypeName<'a>) {
        self.deeper(it.span().start, |this| walk::walk_ts_type_name(this, it));
    }

    fn visit_ts_import_type_qualifier(&mut self, it: &TSImportTypeQualifier<'a>) {
        self.deeper(it.span().start, |this| walk::walk_ts_import_type_qualifier(this, it));
    }

    fn visit_ts_namespace_declaration(&mut self, it: &TSNamespaceDeclaration<'a>) {
        self.deeper(it.span.start, |this| walk::walk_ts_namespace_declaration(this, it));
    }

    fn visit_binding_pattern(&mut self, it: &BindingPattern<'a>) {
        self.deeper(it.span().start, |this| walk::walk_binding_pattern(this, it));
    }

    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        self.deeper(it.span().start, |this| walk::walk_assignment_target(this, it));
    }

    fn visit_jsx_element(&mut self, it: &JSXElement<'a>) {
        self.deeper(it.span.start, |this| walk::walk_jsx_element(this, it));
    }

    fn visit_jsx_fragment(&mut self, it: &JSXFragment<'a>) {
        self.deeper(it.span.start, |this| walk::walk_jsx_fragment(this, it));
    }

    fn visit_jsx_member_expression(&mut self, it: &JSXMemberExpression<'a>) {
        self.deeper(it.span.start, |this| walk::walk_jsx_member_expression(this, it));
    }

    fn visit_class_body(&mut self, it: &ClassBody<'a>) {
        self.class_code |= it.body.iter().any(|element| match element {
            ClassElement::PropertyDefinition(property) => property.value.is_some() || property.computed,
            ClassElement::AccessorProperty(property) => has_code(property),
            ClassElement::StaticBlock(block) => has_statements(block),
            ClassElement::MethodDefinition(method) => method.computed || !method.decorators.is_empty(),
            ClassElement::TSIndexSignature(_) => false,
        });
        walk::walk_class_body(self, it);
    }
}

fn has_code(property: &AccessorProperty<'_>) -> bool {
    property.value.is_some() || property.computed
}

fn has_statements(block: &StaticBlock<'_>) -> bool {
    !block.body.is_empty()
}
