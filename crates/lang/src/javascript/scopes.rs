//! Which body a symbol belongs to, and which symbols other bodies write to.

use oxc_ast::ast::{Class, Program};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::{ReferenceId, ScopeFlags, ScopeId, Scoping, SymbolFlags, SymbolId};

use crate::ir::{BodyId, VarId};

/// The scopes of a program seen as bodies: a function, the code of a class, the module.
///
/// A scope that starts a body is called its *body scope*. All scopes inside it, up to the next body scope, share it.
pub(super) struct Scopes {
    scoping: Scoping,
    /// For each scope its body scope, by number.
    homes: Vec<u32>,
    /// For each scope that is a body scope, its body once lowering has begun it.
    bodies: Vec<Option<BodyId>>,
    /// For each symbol whether a body other than its own writes to it.
    shared: Vec<bool>,
    /// For each symbol its variable once it was needed.
    vars: Vec<Option<(BodyId, VarId)>>,
}

impl Scopes {
    /// The bodies of a program.
    pub(super) fn new(scoping: Scoping, program: &Program<'_>) -> Self {
        let count = scoping.scopes_len();
        let mut starts = vec![false; count];
        if program.source_text.contains("class") {
            let mut classes = ClassScopes { starts: &mut starts };
            classes.visit_program(program);
        }
        let mut homes: Vec<u32> = Vec::with_capacity(count);
        for (index, starts) in starts.iter_mut().enumerate() {
            let scope = ScopeId::new(index);
            // Scopes are numbered in the order that they are entered, so that a parent comes before its children.
            match scoping.scope_parent_id(scope) {
                Some(parent) if !*starts && !scoping.scope_flags(scope).contains(ScopeFlags::Function) => {
                    homes.push(homes[parent.index()]);
                }
                _ => homes.push(index as u32),
            }
        }
        let shared = scoping.symbol_ids().map(|symbol| {
            let owner = homes[scoping.symbol_scope_id(symbol).index()];
            scoping
                .get_resolved_references(symbol)
                .any(|reference| reference.is_write() && homes[reference.scope_id().index()] != owner)
        });
        let shared: Vec<bool> = shared.collect();
        let vars = vec![None; shared.len()];
        Scopes { scoping, homes, bodies: vec![None; count], shared, vars }
    }

    /// Says that `scope` is the scope of `body`.
    pub(super) fn begin(&mut self, scope: Option<ScopeId>, body: BodyId) {
        if let Some(scope) = scope
            && let Some(slot) = self.bodies.get_mut(scope.index())
        {
            *slot = Some(body);
        }
    }

    /// The symbol that a reference names, when the module declares it.
    pub(super) fn symbol(&self, reference: Option<ReferenceId>) -> Option<SymbolId> {
        self.scoping.get_reference(reference?).symbol_id()
    }

    /// The symbol's name.
    pub(super) fn name(&self, symbol: SymbolId) -> &str {
        self.scoping.symbol_name(symbol)
    }

    /// What the symbol was declared as.
    pub(super) fn flags(&self, symbol: SymbolId) -> SymbolFlags {
        self.scoping.symbol_flags(symbol)
    }

    /// The symbol of this name in exactly this scope.
    pub(super) fn binding(&self, scope: Option<ScopeId>, name: &str) -> Option<SymbolId> {
        self.scoping.get_binding(scope?, name.into())
    }

    /// Whether nothing refers to the symbol.
    pub(super) fn is_unused(&self, symbol: SymbolId) -> bool {
        self.scoping.symbol_is_unused(symbol)
    }

    /// Whether a body other than the symbol's own writes to it, so that even its own body cannot know its value.
    pub(super) fn is_shared(&self, symbol: SymbolId) -> bool {
        self.shared[symbol.index()]
    }

    /// The variable that the symbol became, if it was needed before.
    pub(super) fn var(&self, symbol: SymbolId) -> Option<(BodyId, VarId)> {
        self.vars[symbol.index()]
    }

    /// Records the variable that the symbol became.
    pub(super) fn set_var(&mut self, symbol: SymbolId, body: BodyId, var: VarId) {
        self.vars[symbol.index()] = Some((body, var));
    }

    /// The body whose variable the symbol is. `None` for a name of types only, or outside any body begun.
    pub(super) fn owner(&self, symbol: SymbolId) -> Option<BodyId> {
        let values = SymbolFlags::Value | SymbolFlags::Import | SymbolFlags::TypeImport;
        if !self.flags(symbol).intersects(values) {
            return None;
        }
        let scope = self.scoping.symbol_scope_id(symbol);
        self.bodies[self.homes[scope.index()] as usize]
    }
}

/// Finds the scopes of classes, which their flags do not tell from those of blocks.
struct ClassScopes<'s> {
    starts: &'s mut [bool],
}

impl<'a> Visit<'a> for ClassScopes<'_> {
    fn visit_class(&mut self, class: &Class<'a>) {
        if let Some(scope) = class.scope_id.get()
            && let Some(starts) = self.starts.get_mut(scope.index())
        {
            *starts = true;
        }
        walk::walk_class(self, class);
    }
}
