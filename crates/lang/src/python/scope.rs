//! Which names each scope binds, found before lowering: a name bound anywhere in a function is local to all of it.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, ExprLambda, Parameters, Pattern, Stmt};
use ruff_text_size::{Ranged, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::{NameId, Names};

/// The names of one scope: a module, a class or a function.
#[derive(Default)]
pub(super) struct Scope {
    /// Names bound by its own statements, in order of first appearance.
    pub(super) bound: Vec<NameId>,
    /// Names declared `global`.
    pub(super) globals: FxHashSet<NameId>,
    /// Names declared `nonlocal`.
    pub(super) nonlocals: FxHashSet<NameId>,
    /// Names of this scope that inner scopes write to.
    pub(super) shared: FxHashSet<NameId>,
    /// Whether it yields.
    pub(super) is_generator: bool,
    known: FxHashSet<NameId>,
    is_class: bool,
}

impl Scope {
    fn bind(&mut self, name: NameId) {
        if !self.globals.contains(&name) && !self.nonlocals.contains(&name) && self.known.insert(name) {
            self.bound.push(name);
        }
    }
}

/// The scopes of a module: its own, and the inner ones by where they start (a function's or class's name, a lambda's
/// first token).
pub(super) struct Scopes {
    pub(super) module: Scope,
    pub(super) inner: FxHashMap<TextSize, Scope>,
}

/// Finds all scopes of a module.
pub(super) fn scopes(names: &mut Names, statements: &[Stmt]) -> Scopes {
    let mut collector = Collector { names, current: Scope::default(), outer: Vec::new(), inner: FxHashMap::default() };
    collector.visit_body(statements);
    let Collector { current: mut module, inner, .. } = collector;
    // What functions declare `global` is a variable of the module, whether or not the module binds it too.
    let mut globals: Vec<NameId> = inner.values().flat_map(|scope| &scope.globals).copied().collect();
    module.shared.extend(globals.iter().copied());
    globals.extend(module.globals.drain());
    globals.sort_unstable();
    for name in globals {
        module.bind(name);
    }
    Scopes { module, inner }
}

struct Collector<'n> {
    names: &'n mut Names,
    current: Scope,
    outer: Vec<Scope>,
    inner: FxHashMap<TextSize, Scope>,
}

impl Collector<'_> {
    fn bind(&mut self, name: &str) {
        let name = self.names.intern(name);
        self.current.bind(name);
    }

    fn open(&mut self, is_class: bool) {
        let scope = Scope { is_class, ..Scope::default() };
        self.outer.push(std::mem::replace(&mut self.current, scope));
    }

    fn close(&mut self, key: TextSize) {
        let Some(outer) = self.outer.pop() else { return };
        let mut scope = std::mem::replace(&mut self.current, outer);
        // `global` and `nonlocal` may stand behind the first use in broken code; what they say holds all the same.
        let (globals, nonlocals) = (&scope.globals, &scope.nonlocals);
        scope.bound.retain(|name| !globals.contains(name) && !nonlocals.contains(name));
        for &name in &scope.nonlocals {
            // Kept with the nearest function scope. If that does not bind the name itself, the lowering looks further.
            let nearest = self.outer.iter_mut().rev().find(|scope| !scope.is_class);
            let target = if self.current.is_class { nearest } else { Some(&mut self.current) };
            if let Some(target) = target {
                target.shared.insert(name);
            }
        }
        if !scope.is_class {
            // A function between may neither bind the name nor declare it: hand the mark on.
            let passed: Vec<NameId> = scope.shared.iter().copied().filter(|name| !scope.known.contains(name)).collect();
            self.current.shared.extend(passed);
        }
        self.inner.insert(key, scope);
    }

    fn parameters(&mut self, parameters: &Parameters) {
        for parameter in parameters {
            self.bind(parameter.name());
        }
    }

    fn function(&mut self, key: TextSize, parameters: Option<&Parameters>, body: impl FnOnce(&mut Self)) {
        if let Some(parameters) = parameters {
            // Defaults and annotations belong to the enclosing scope.
            self.visit_parameters(parameters);
        }
        self.open(false);
        if let Some(parameters) = parameters {
            self.parameters(parameters);
        }
        body(self);
        self.close(key);
    }

    fn lambda(&mut self, lambda: &ExprLambda) {
        self.function(lambda.start(), lambda.parameters.as_deref(), |inner| inner.visit_expr(&lambda.body));
    }

    fn import(&mut self, names: &[ruff_python_ast::Alias], from: bool) {
        for alias in names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            let top = if from || alias.asname.is_some() { name } else { name.split('.').next().unwrap_or(name) };
            if top != "*" {
                self.bind(top);
            }
        }
    }
}

impl<'a> Visitor<'a> for Collector<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                self.bind(&function.name);
                function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.function(function.name.start(), Some(&function.parameters), |inner| {
                    inner.visit_body(&function.body);
                });
            }
            Stmt::ClassDef(class) => {
                self.bind(&class.name);
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                self.open(true);
                self.visit_body(&class.body);
                self.close(class.name.start());
            }
            Stmt::Import(import) => self.import(&import.names, false),
            Stmt::ImportFrom(import) => self.import(&import.names, true),
            Stmt::Global(global) => {
                let names: Vec<NameId> = global.names.iter().map(|name| self.names.intern(name)).collect();
                self.current.globals.extend(names);
            }
            Stmt::Nonlocal(nonlocal) => {
                let names: Vec<NameId> = nonlocal.names.iter().map(|name| self.names.intern(name)).collect();
                self.current.nonlocals.extend(names);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                if matches!(name.ctx, ExprContext::Store | ExprContext::Del) {
                    self.bind(&name.id);
                }
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.current.is_generator = true;
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    /// The variables of a comprehension are its own.
    fn visit_comprehension(&mut self, comprehension: &'a ruff_python_ast::Comprehension) {
        self.visit_expr(&comprehension.iter);
        comprehension.ifs.iter().for_each(|condition| self.visit_expr(condition));
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(name);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(pattern) => &pattern.name,
            Pattern::MatchStar(pattern) => &pattern.name,
            Pattern::MatchMapping(pattern) => &pattern.rest,
            _ => &None,
        };
        if let Some(name) = name {
            self.bind(name);
        }
        visitor::walk_pattern(self, pattern);
    }
}
