//! Imports.

use ruff_python_ast::{Expr, ExprCall, StmtImport, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange};

use super::lowerer::{Lowerer, span};
use crate::ir::{Import, ImportForm, ImportId, ImportItem, NameId, Op, ValueId};

impl Lowerer<'_> {
    fn imported(&mut self, module: &str, item: ImportItem, range: TextRange) -> ImportId {
        let module = self.names.intern(module);
        self.add_import(Import { module, level: 0, item, form: ImportForm::Static, span: span(range) })
    }

    fn bind_import(&mut self, id: ImportId, name: &str, range: TextRange) {
        let value = self.emit(Op::Import(id), range);
        let name = self.names.intern(name);
        self.write(name, value, range);
    }

    pub(super) fn import(&mut self, node: &StmtImport) {
        for alias in &node.names {
            let path = alias.name.as_str();
            if let Some(name) = &alias.asname {
                let id = self.imported(path, ImportItem::Module, alias.range);
                self.bind_import(id, name, alias.range);
                continue;
            }
            let top = path.split('.').next().unwrap_or(path);
            let id = self.imported(top, ImportItem::Module, alias.range);
            self.bind_import(id, top, alias.range);
            if top != path {
                self.imported(path, ImportItem::Effect, alias.range);
            }
        }
    }

    pub(super) fn import_from(&mut self, node: &StmtImportFrom) {
        let module = self.names.intern(node.module.as_ref().map_or("", |module| module.as_str()));
        let level = u8::try_from(node.level).unwrap_or(u8::MAX);
        for alias in &node.names {
            let star = alias.name.as_str() == "*";
            let item = if star { ImportItem::Star } else { ImportItem::Named(self.names.intern(alias.name.as_str())) };
            let import = Import { module, level, item, form: ImportForm::Static, span: span(alias.range) };
            let id = self.add_import(import);
            if !star {
                self.bind_import(id, alias.asname.as_ref().unwrap_or(&alias.name), alias.range);
            }
        }
    }

    /// `__import__("m")` and `importlib.import_module("m")` with a literal argument.
    pub(super) fn dynamic_import(&mut self, call: &ExprCall) -> Option<ValueId> {
        let Some(Expr::StringLiteral(path)) = call.arguments.args.first() else { return None };
        let path = path.value.to_str();
        let (binds_top, name) = match &*call.func {
            Expr::Name(name) => (name.id.as_str() == "__import__", name.id.as_str()),
            Expr::Attribute(attribute) => {
                let on_importlib = matches!(&*attribute.value, Expr::Name(base) if base.id.as_str() == "importlib");
                (false, if on_importlib { attribute.attr.as_str() } else { "" })
            }
            _ => return None,
        };
        if !binds_top && name != "import_module" {
            return None;
        }
        let relative = path.trim_start_matches('.');
        let level = u8::try_from(path.len() - relative.len()).unwrap_or(u8::MAX);
        let bound = if binds_top { relative.split('.').next().unwrap_or(relative) } else { relative };
        let (bound, whole): (NameId, NameId) = (self.names.intern(bound), self.names.intern(relative));
        let import = |module, item| Import { module, level, item, form: ImportForm::Dynamic, span: span(call.range()) };
        let id = self.add_import(import(bound, ImportItem::Module));
        if whole != bound {
            self.add_import(import(whole, ImportItem::Effect));
        }
        Some(self.emit(Op::Import(id), call.range()))
    }
}
