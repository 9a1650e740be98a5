//! What of TypeScript exists at run time besides types: enums and namespaces.

use oxc_ast::ast::{TSEnumDeclaration, TSNamespaceDeclaration, TSNamespaceDeclarationBody};
use oxc_semantic::SymbolFlags;
use oxc_span::GetSpan;

use super::context::Lower;
use crate::ir::{BinaryOp, Const, Entry, Key, Op, ValueId};

impl<'a> Lower<'a> {
    /// An enum is an object of its members. Numbers count on from the member before.
    pub(super) fn enum_declaration(&mut self, declaration: &'a TSEnumDeclaration<'a>) {
        if declaration.declare {
            return;
        }
        let mut entries = Vec::with_capacity(declaration.body.members.len());
        let mut previous: Option<ValueId> = None;
        for member in &declaration.body.members {
            let text = member.id.static_name();
            let name = self.names.intern(&text);
            let value = match (&member.initializer, previous) {
                (Some(initializer), _) => self.expr_named(initializer, Some(name)),
                (None, None) => self.constant(Const::Int(0), member.span),
                (None, Some(previous)) => {
                    if let Op::Const(Const::Int(number)) = *self.op(previous) {
                        self.constant(Const::Int(number.wrapping_add(1)), member.span)
                    } else {
                        let one = self.constant(Const::Int(1), member.span);
                        self.emit(Op::Binary(BinaryOp::Add, previous, one), member.span)
                    }
                }
            };
            if let Some(symbol) = self.scopes.binding(declaration.body.scope_id.get(), &text)
                && !self.scopes.is_unused(symbol)
            {
                self.write_symbol(symbol, value, member.id.span());
            }
            entries.push(Entry::Pair(Key::Item(name), value));
            previous = Some(value);
        }
        let object = self.emit(Op::Dict(entries.into()), declaration.span);
        self.write_binding(&declaration.id, object);
    }

    /// A namespace is an object that its statements, lowered in place, add members to.
    pub(super) fn namespace(&mut self, namespace: &'a TSNamespaceDeclaration<'a>) -> Option<ValueId> {
        let symbol = namespace.id.symbol_id.get()?;
        let has_values = self.scopes.flags(symbol).contains(SymbolFlags::ValueModule);
        if namespace.declare || !has_values {
            return None;
        }
        // A namespace adds to a class, function, enum or namespace of its name.
        let object = if self.scopes.var(symbol).is_some() {
            self.read_symbol(symbol, namespace.id.span)?
        } else {
            let object = self.emit(Op::Dict(Box::default()), namespace.span);
            self.write_symbol(symbol, object, namespace.id.span);
            object
        };
        let outer = self.namespace.replace(object);
        match &namespace.body {
            TSNamespaceDeclarationBody::TSModuleBlock(block) => self.statements(&block.body),
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                let value = self.deeper(inner.span, |this| this.namespace(inner)).flatten();
                if let Some(value) = value {
                    let name = self.names.intern(&inner.id.name);
                    self.emit(Op::Store(object, Key::Member(name), value), inner.span);
                }
            }
        }
        self.namespace = outer;
        Some(object)
    }
}
