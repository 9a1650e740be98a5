//! TypeScript type annotations, as far as they name something that exists at run time.

use oxc_ast::ast::{
    Statement, TSImportType, TSImportTypeQualifier, TSInterfaceDeclaration, TSType, TSTypeAnnotation, TSTypeName,
    TSTypeQueryExprName, TSTypeReference,
};
use oxc_semantic::{SymbolFlags, SymbolId};
use oxc_span::Span as OxcSpan;

use super::context::{Lower, span};
use crate::ir::{Import, ImportForm, ImportId, ImportItem, Key, Op, ValueId};

/// How many aliases, wrappers and union members are looked through.
const MAX_STEPS: u32 = 16;

/// Types that wrap or select from their first argument, so that the argument says more than they do.
const WRAPPERS: [&str; 11] = [
    "Promise",
    "PromiseLike",
    "Awaited",
    "Readonly",
    "Partial",
    "Required",
    "NonNullable",
    "Pick",
    "Omit",
    "InstanceType",
    "WithId",
];

/// What a name of types stands for.
#[derive(Clone, Copy)]
pub(super) enum TypeDeclaration<'a> {
    /// `type T = …`.
    Alias(&'a TSType<'a>),
    /// `interface T extends …`.
    Interface(&'a TSInterfaceDeclaration<'a>),
}

impl<'a> Lower<'a> {
    /// Records the types that a list of statements declares, so that annotations can be looked through them.
    pub(super) fn declare_types(&mut self, statements: &'a [Statement<'a>]) {
        for statement in statements {
            match statement {
                Statement::TSTypeAliasDeclaration(alias) => {
                    self.declare_type(alias.id.symbol_id.get(), TypeDeclaration::Alias(&alias.type_annotation));
                }
                Statement::TSInterfaceDeclaration(interface) => {
                    self.declare_type(interface.id.symbol_id.get(), TypeDeclaration::Interface(interface));
                }
                Statement::ExportDeclaration(export) => match &export.declaration {
                    oxc_ast::ast::Declaration::TSTypeAliasDeclaration(alias) => {
                        self.declare_type(alias.id.symbol_id.get(), TypeDeclaration::Alias(&alias.type_annotation));
                    }
                    oxc_ast::ast::Declaration::TSInterfaceDeclaration(interface) => {
                        self.declare_type(interface.id.symbol_id.get(), TypeDeclaration::Interface(interface));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn declare_type(&mut self, symbol: Option<SymbolId>, declaration: TypeDeclaration<'a>) {
        if let Some(symbol) = symbol {
            self.types.entry(symbol).or_insert(declaration);
        }
    }

    /// The value that an annotation names, emitted into the current body.
    pub(super) fn annotation(&mut self, annotation: Option<&'a TSTypeAnnotation<'a>>) -> Option<ValueId> {
        self.type_value(&annotation?.type_annotation, MAX_STEPS)
    }

    fn type_value(&mut self, ty: &'a TSType<'a>, steps: u32) -> Option<ValueId> {
        let steps = steps.checked_sub(1)?;
        match ty {
            TSType::TSTypeReference(reference) => self.type_reference(reference, steps),
            TSType::TSStringKeyword(at) => Some(self.global("string", at.span)),
            TSType::TSNumberKeyword(at) => Some(self.global("number", at.span)),
            TSType::TSBooleanKeyword(at) => Some(self.global("boolean", at.span)),
            TSType::TSBigIntKeyword(at) => Some(self.global("bigint", at.span)),
            TSType::TSParenthesizedType(inner) => self.type_value(&inner.type_annotation, steps),
            TSType::TSTypeOperatorType(inner) => self.type_value(&inner.type_annotation, steps),
            TSType::JSDocNullableType(inner) => self.type_value(&inner.type_annotation, steps),
            TSType::JSDocNonNullableType(inner) => self.type_value(&inner.type_annotation, steps),
            TSType::TSUnionType(union) => {
                // `T | null` names T; a union of several types names none of them.
                let mut named = union.types.iter().filter(|ty| !is_nothing(ty));
                let first = named.next()?;
                if named.next().is_some() { None } else { self.type_value(first, steps) }
            }
            TSType::TSIntersectionType(intersection) => {
                intersection.types.iter().take(MAX_STEPS as usize).find_map(|member| self.type_value(member, steps))
            }
            TSType::TSImportType(import) => Some(self.import_type(import)),
            _ => None,
        }
    }

    fn type_reference(&mut self, reference: &'a TSTypeReference<'a>, steps: u32) -> Option<ValueId> {
        if let TSTypeName::IdentifierReference(name) = &reference.type_name {
            if WRAPPERS.contains(&name.name.as_str())
                && let Some(arguments) = &reference.type_arguments
                && let Some(first) = arguments.params.first()
            {
                return match first {
                    // `InstanceType<typeof C>` is C.
                    TSType::TSTypeQuery(query) => match &query.expr_name {
                        TSTypeQueryExprName::IdentifierReference(name) => Some(self.read(name)),
                        _ => None,
                    },
                    first => self.type_value(first, steps),
                };
            }
            if let Some(symbol) = self.scopes.symbol(name.reference_id.get()) {
                return self.type_symbol(symbol, name.span, steps);
            }
        }
        self.type_name(&reference.type_name)
    }

    fn type_symbol(&mut self, symbol: SymbolId, at: OxcSpan, steps: u32) -> Option<ValueId> {
        if self.scopes.flags(symbol).contains(SymbolFlags::TypeParameter) {
            return None;
        }
        if let Some(value) = self.read_symbol(symbol, at) {
            return Some(value);
        }
        let meant = match self.types.get(&symbol).copied() {
            Some(TypeDeclaration::Alias(ty)) => self.type_value(ty, steps),
            Some(TypeDeclaration::Interface(interface)) => {
                interface.extends.first().and_then(|base| match &base.type_name {
                    TSTypeName::IdentifierReference(name) => match self.scopes.symbol(name.reference_id.get()) {
                        Some(symbol) => self.type_symbol(symbol, name.span, steps.checked_sub(1)?),
                        None => self.type_name(&base.type_name),
                    },
                    name => self.type_name(name),
                })
            }
            None => None,
        };
        meant.or_else(|| {
            let name = self.names.intern(self.scopes.name(symbol));
            Some(self.emit(Op::Global(name), at))
        })
    }

    /// `A.B.C`, as loads.
    pub(super) fn type_name(&mut self, name: &'a TSTypeName<'a>) -> Option<ValueId> {
        let mut members = Vec::new();
        let mut base = name;
        while let TSTypeName::QualifiedName(qualified) = base {
            members.push((qualified.right.name.as_str(), qualified.span));
            base = &qualified.left;
        }
        let mut value = match base {
            TSTypeName::IdentifierReference(name) => self.read(name),
            _ => return None,
        };
        for (member, at) in members.into_iter().rev() {
            let member = self.names.intern(member);
            value = self.emit(Op::Load(value, Key::Member(member)), at);
        }
        Some(value)
    }

    /// `import("m").A`.
    fn import_type(&mut self, import: &'a TSImportType<'a>) -> ValueId {
        let module = self.names.intern(&import.source.value);
        let id = self.add_import(Import {
            module,
            level: 0,
            item: ImportItem::Module,
            form: ImportForm::Type,
            span: span(import.span),
        });
        let mut value = self.emit(Op::Import(id), import.span);
        let mut members = Vec::new();
        let mut qualifier = import.qualifier.as_ref();
        while let Some(current) = qualifier {
            qualifier = match current {
                TSImportTypeQualifier::Identifier(name) => {
                    members.push((name.name.as_str(), name.span));
                    None
                }
                TSImportTypeQualifier::QualifiedName(path) => {
                    members.push((path.right.name.as_str(), path.span));
                    Some(&path.left)
                }
            };
        }
        for (member, at) in members.into_iter().rev() {
            let member = self.names.intern(member);
            value = self.emit(Op::Load(value, Key::Member(member)), at);
        }
        value
    }

    /// Adds an import.
    pub(super) fn add_import(&mut self, import: Import) -> ImportId {
        let id = ImportId(self.imports.len() as u32);
        self.imports.push(import);
        id
    }
}

/// Whether a member of a union says nothing about what the value is.
fn is_nothing(ty: &TSType<'_>) -> bool {
    matches!(ty, TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_))
}
