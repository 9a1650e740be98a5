//! ES modules: imports and exports, with TypeScript's forms of them.

use oxc_ast::ast::{
    BindingIdentifier, BindingPattern, Declaration, ExportAllDeclaration, ExportDefaultDeclaration,
    ExportDefaultDeclarationKind, ExportFromDeclaration, ExportNamedDeclaration, ImportDeclaration,
    ImportDeclarationSpecifier, ImportOrExportKind, ModuleDeclaration, ModuleExportName, Statement,
    TSImportEqualsDeclaration, TSModuleReference,
};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan, Span as OxcSpan};

use super::context::{Lower, span};
use super::functions::Role;
use crate::ir::{BodyId, Export, ExportValue, Import, ImportForm, ImportId, ImportItem, Key, NameId, Op};

/// The name of CommonJS's whole-module export.
pub(super) const MODULE_EXPORTS: &str = "module.exports";

impl<'a> Lower<'a> {
    /// Lowers the static imports of a program, which run before everything else.
    pub(super) fn imports(&mut self, statements: &'a [Statement<'a>]) {
        for statement in statements {
            if let Statement::ImportDeclaration(import) = statement {
                self.import_declaration(import);
            }
        }
    }

    fn import_declaration(&mut self, import: &'a ImportDeclaration<'a>) {
        let module = self.names.intern(&import.source.value);
        let specifiers = import.specifiers.as_ref().map_or(&[][..], |specifiers| specifiers.as_slice());
        if specifiers.is_empty() {
            let form = form_of(import.import_kind);
            self.add_import(Import { module, level: 0, item: ImportItem::Effect, form, span: span(import.span) });
        }
        for specifier in specifiers {
            let (item, kind, local) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    (self.item(&specifier.imported), specifier.import_kind, &specifier.local)
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(specifier) => {
                    (ImportItem::Default, ImportOrExportKind::Value, &specifier.local)
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(specifier) => {
                    (ImportItem::Module, ImportOrExportKind::Value, &specifier.local)
                }
            };
            let is_type = import.import_kind.is_type() || kind.is_type();
            let form = if is_type { ImportForm::Type } else { ImportForm::Static };
            let id = self.add_import(Import { module, level: 0, item, form, span: span(import.span) });
            self.bind_import(local, id, specifier.span());
        }
    }

    /// Gives an imported thing to the variable that names it.
    fn bind_import(&mut self, local: &'a BindingIdentifier<'a>, id: ImportId, at: OxcSpan) {
        if let Some(symbol) = local.symbol_id.get() {
            self.imported.insert(symbol, id);
        }
        let value = self.emit(Op::Import(id), at);
        self.write_binding(local, value);
    }

    fn item(&mut self, name: &ModuleExportName<'a>) -> ImportItem {
        match name.name().as_str() {
            "default" => ImportItem::Default,
            name => ImportItem::Named(self.names.intern(name)),
        }
    }

    /// `import x = require("m")`, `import x = A.B`.
    pub(super) fn import_equals(&mut self, import: &'a TSImportEqualsDeclaration<'a>) {
        match &import.module_reference {
            TSModuleReference::ExternalModuleReference(reference) => {
                let module = self.names.intern(&reference.expression.value);
                let form = if import.import_kind.is_type() { ImportForm::Type } else { ImportForm::Require };
                let item = ImportItem::Module;
                let id = self.add_import(Import { module, level: 0, item, form, span: span(import.span) });
                self.bind_import(&import.id, id, import.span);
            }
            TSModuleReference::IdentifierReference(name) => {
                let value = self.read(name);
                self.write_binding(&import.id, value);
            }
            TSModuleReference::QualifiedName(qualified) => {
                if let Some(base) = self.type_name(&qualified.left) {
                    let name = self.names.intern(&qualified.right.name);
                    let value = self.emit(Op::Load(base, Key::Member(name)), qualified.span);
                    self.write_binding(&import.id, value);
                }
            }
        }
    }

    /// Lowers an export. Imports were lowered before.
    pub(super) fn module_declaration(&mut self, declaration: &'a ModuleDeclaration<'a>) {
        match declaration {
            ModuleDeclaration::ExportDeclaration(export) => self.export_declaration(&export.declaration),
            ModuleDeclaration::ExportDefaultDeclaration(export) => self.export_default(export),
            ModuleDeclaration::ExportNamedDeclaration(export) => self.export_named(export),
            ModuleDeclaration::ExportFromDeclaration(export) => self.export_from(export),
            ModuleDeclaration::ExportAllDeclaration(export) => self.export_all(export),
            ModuleDeclaration::TSExportAssignment(export) => {
                let name = self.names.intern(MODULE_EXPORTS);
                let value = self.expr_named(&export.expression, None);
                self.add_export(name, ExportValue::Value(self.at(value)), export.span);
            }
            ModuleDeclaration::ImportDeclaration(_) | ModuleDeclaration::TSNamespaceExportDeclaration(_) => {}
        }
    }

    /// Adds an export.
    pub(super) fn add_export(&mut self, name: NameId, value: ExportValue, at: OxcSpan) {
        self.exports.push(Export { name, value, span: span(at) });
    }

    /// `export` in front of a declaration; in a namespace it makes members of its object.
    fn export_declaration(&mut self, declaration: &'a Declaration<'a>) {
        // Functions are hoisted, that is, lowered already.
        if !matches!(declaration, Declaration::FunctionDeclaration(_)) {
            self.declaration(declaration);
        }
        let mut names: Vec<&'a BindingIdentifier<'a>> = Vec::new();
        match declaration {
            Declaration::VariableDeclaration(variables) if !variables.declare => {
                for declarator in &variables.declarations {
                    bound_names(&declarator.id, &mut names);
                }
            }
            Declaration::FunctionDeclaration(function) if function.body.is_some() => names.extend(&function.id),
            Declaration::ClassDeclaration(class) if !class.declare => names.extend(&class.id),
            Declaration::TSEnumDeclaration(declaration) if !declaration.declare => names.push(&declaration.id),
            Declaration::TSNamespaceDeclaration(namespace) if !namespace.declare => names.push(&namespace.id),
            Declaration::TSImportEqualsDeclaration(import) => names.push(&import.id),
            _ => {}
        }
        for name in names {
            let exported = self.names.intern(&name.name);
            if let Some(symbol) = name.symbol_id.get() {
                self.export_symbol(exported, symbol, name.span);
            }
        }
    }

    /// Exports what a symbol stands for. Names of types are no exports.
    fn export_symbol(&mut self, name: NameId, symbol: SymbolId, at: OxcSpan) {
        if let Some(namespace) = self.namespace {
            if let Some(value) = self.read_symbol(symbol, at) {
                self.emit(Op::Store(namespace, Key::Member(name), value), at);
            }
            return;
        }
        if let Some(&import) = self.imported.get(&symbol) {
            return self.add_export(name, ExportValue::Import(import), at);
        }
        match self.var(symbol) {
            Some((BodyId::MODULE, var)) => self.add_export(name, ExportValue::Var(var), at),
            Some(_) => {
                if let Some(value) = self.read_symbol(symbol, at) {
                    self.add_export(name, ExportValue::Value(self.at(value)), at);
                }
            }
            None => {}
        }
    }

    fn export_default(&mut self, export: &'a ExportDefaultDeclaration<'a>) {
        let name = self.names.intern("default");
        let value = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => match &function.id {
                Some(own) => {
                    if let (Some(symbol), Some(_)) = (own.symbol_id.get(), &function.body) {
                        self.export_symbol(name, symbol, export.span);
                    }
                    return;
                }
                None if function.body.is_none() => return,
                None => {
                    let body = self.function(function, &Role::named(Some(name)));
                    self.emit(Op::Closure(body), function.span)
                }
            },
            ExportDefaultDeclarationKind::ClassDeclaration(class) => self.class(class, Some(name)),
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => return,
            declaration => match declaration.as_expression() {
                Some(expression) => self.expr_named(expression, Some(name)),
                None => return,
            },
        };
        self.add_export(name, ExportValue::Value(self.at(value)), export.span);
    }

    fn export_named(&mut self, export: &'a ExportNamedDeclaration<'a>) {
        for specifier in &export.specifiers {
            if export.export_kind.is_type() || specifier.export_kind.is_type() {
                continue;
            }
            let name = self.names.intern(&specifier.exported.name());
            let ModuleExportName::IdentifierReference(local) = &specifier.local else { continue };
            if let Some(symbol) = self.scopes.symbol(local.reference_id.get()) {
                self.export_symbol(name, symbol, specifier.span);
            } else {
                let value = self.read(local);
                self.add_export(name, ExportValue::Value(self.at(value)), specifier.span);
            }
        }
    }

    /// `export { a as b } from "m"`.
    fn export_from(&mut self, export: &'a ExportFromDeclaration<'a>) {
        let module = self.names.intern(&export.source.value);
        if export.specifiers.is_empty() {
            let form = form_of(export.export_kind);
            self.add_import(Import { module, level: 0, item: ImportItem::Effect, form, span: span(export.span) });
        }
        for specifier in &export.specifiers {
            let is_type = export.export_kind.is_type() || specifier.export_kind.is_type();
            let form = if is_type { ImportForm::Type } else { ImportForm::Static };
            let item = self.item(&specifier.local);
            let id = self.add_import(Import { module, level: 0, item, form, span: span(export.span) });
            let name = self.names.intern(&specifier.exported.name());
            self.add_export(name, ExportValue::Import(id), specifier.span);
        }
    }

    /// `export * from "m"`, `export * as ns from "m"`.
    fn export_all(&mut self, export: &'a ExportAllDeclaration<'a>) {
        let module = self.names.intern(&export.source.value);
        let (item, name) = match &export.exported {
            Some(name) => (ImportItem::Module, self.names.intern(&name.name())),
            None => (ImportItem::Star, self.names.intern("*")),
        };
        let form = form_of(export.export_kind);
        let id = self.add_import(Import { module, level: 0, item, form, span: span(export.span) });
        self.add_export(name, ExportValue::Import(id), export.span);
    }

    /// Puts the imports into source order: static imports are lowered first and functions before other statements.
    pub(super) fn sort_imports(&mut self) {
        if self.imports.is_sorted_by_key(|import| import.span.start) {
            return;
        }
        let mut order: Vec<usize> = (0..self.imports.len()).collect();
        order.sort_by_key(|&index| self.imports[index].span.start);
        let mut moved = vec![ImportId(0); order.len()];
        for (new, &old) in order.iter().enumerate() {
            moved[old] = ImportId(new as u32);
        }
        self.imports = order.iter().map(|&index| self.imports[index].clone()).collect();
        for body in self.bodies.iter_mut().flatten() {
            for op in &mut body.ops {
                if let Op::Import(id) = op {
                    *id = moved[id.index()];
                }
            }
        }
        for export in &mut self.exports {
            if let ExportValue::Import(id) = &mut export.value {
                *id = moved[id.index()];
            }
        }
    }
}

fn form_of(kind: ImportOrExportKind) -> ImportForm {
    if kind.is_type() { ImportForm::Type } else { ImportForm::Static }
}

/// The variables that a pattern declares, in source order.
fn bound_names<'a>(pattern: &'a BindingPattern<'a>, names: &mut Vec<&'a BindingIdentifier<'a>>) {
    let mut open = vec![pattern];
    while let Some(pattern) = open.pop() {
        match pattern {
            BindingPattern::BindingIdentifier(name) => names.push(name),
            BindingPattern::AssignmentPattern(assignment) => open.push(&assignment.left),
            BindingPattern::ObjectPattern(object) => {
                open.extend(object.rest.iter().map(|rest| &rest.argument));
                open.extend(object.properties.iter().rev().map(|property| &property.value));
            }
            BindingPattern::ArrayPattern(array) => {
                open.extend(array.rest.iter().map(|rest| &rest.argument));
                open.extend(array.elements.iter().rev().flatten());
            }
        }
    }
}
