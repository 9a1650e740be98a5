//! Handlers that a function of the project wraps: `catchErrors(async (req, res) => …)`.
//!
//! What the wrapper gives serves every route that it is used for, and calls every handler that it was ever given: what
//! is registered tells which of them is meant.

use lunette_core::project::GuardUse;
use lunette_lang::ir::{BodyId, ExportValue, ImportItem, Key, Op};
use rustc_hash::FxHashSet;

use super::scene::{Context, Scene};
use crate::know::Origin;
use crate::program::{Site, Target, UnitId};

type BodyKey = (UnitId, BodyId);

/// How deep wrappers are looked into.
const DEPTH: usize = 3;
/// Most modules that a value is followed through to where it is made.
const MAX_MODULES: usize = 6;
/// Most uses of one wrapper that are looked at.
const MAX_USES: usize = 2_000;

impl Scene<'_> {
    /// The handler that a wrapper was given to make what is registered here: `given` is what it gave back.
    pub(super) fn wrapped(&self, site: Site, context: &Context, given: BodyKey) -> Option<BodyKey> {
        let maker = self.maker(given)?;
        let made = self.made_at(site, context);
        let Op::Call { callee, args, .. } = self.facts.program.op(made) else { return None };
        if !self.functions(Site { value: *callee, ..made }, context).contains(&maker) {
            return None;
        }
        let run = self.graph.reached(given, DEPTH);
        args.iter().rev().find_map(|arg| {
            let functions = self.functions(Site { value: arg.value, ..made }, context);
            functions.into_iter().find(|function| *function != given && run.contains(function))
        })
    }

    /// The name under which a wrapped handler is registered: `users.list` for `list`.
    pub(super) fn name_given(&self, site: Site) -> Option<String> {
        let is_call = matches!(self.facts.program.op(site), Op::Call { .. });
        self.facts.name_of(site).filter(|_| !is_call)
    }

    /// The function that makes a closure.
    fn maker(&self, (unit, body): BodyKey) -> Option<BodyKey> {
        let maker = self.facts.program.body(unit, body).parent.filter(|parent| *parent != BodyId::MODULE)?;
        Some((unit, maker))
    }

    /// What of a wrapper's own runs for a request: not the handlers that it is given.
    pub(super) fn around(&self, given: BodyKey) -> Vec<BodyKey> {
        let mut handlers: FxHashSet<BodyKey> = FxHashSet::default();
        if let Some((unit, maker)) = self.maker(given) {
            for &call in self.graph.callers(unit, maker).iter().take(MAX_USES) {
                let Op::Call { args, .. } = self.facts.program.op(call) else { continue };
                for arg in args {
                    handlers.extend(self.functions(Site { value: arg.value, ..call }, &Context::default()));
                }
            }
        }
        self.graph.reached_beside(given, DEPTH, &handlers)
    }

    /// What a wrapper checks before, or instead of, the handler.
    pub(super) fn checked_around(&self, given: BodyKey) -> Option<GuardUse> {
        let (proves, at) = self.checked_in(&self.around(given))?;
        let (unit, maker) = self.maker(given)?;
        Some(GuardUse { name: self.handler_name(unit, maker), proves, place: self.facts.place(at) })
    }

    /// Where a value is made, across modules.
    fn made_at(&self, site: Site, context: &Context) -> Site {
        let mut at = self.concrete(site, context);
        for _ in 0..MAX_MODULES {
            let found = match *self.facts.program.op(at) {
                Op::Load(base, Key::Member(name) | Key::Item(name)) => {
                    let name = self.facts.program.unit(at.unit).module.name(name);
                    let base = Site { value: base, ..at };
                    self.origins(base, context).into_iter().find_map(|origin| match origin {
                        Origin::Module(unit) => self.export_of(unit, name),
                        Origin::Literal(literal) => self.entry_of(literal, name),
                        _ => None,
                    })
                }
                Op::Import(import) => {
                    let module = &self.facts.program.unit(at.unit).module;
                    match (self.facts.program.target(at.unit, import), module.imports[import.index()].item) {
                        (Target::Unit(unit), ImportItem::Named(name)) => self.export_of(*unit, module.name(name)),
                        (Target::Unit(unit), _) => self.export_of(*unit, "default"),
                        _ => None,
                    }
                }
                _ => None,
            };
            let Some(found) = found else { return at };
            at = self.concrete(found, context);
        }
        at
    }

    /// The value that a module exports under a name.
    fn export_of(&self, unit: UnitId, name: &str) -> Option<Site> {
        let module = &self.facts.program.unit(unit).module;
        let of = |name: &str| {
            let export = module.exports.iter().find(|export| module.name(export.name) == name)?;
            let value = match export.value {
                ExportValue::Value(value) => value,
                ExportValue::Var(var) => match module.body(BodyId::MODULE).vars[var.index()].writes.as_slice() {
                    [write] => *write,
                    _ => return None,
                },
                ExportValue::Import(_) => return None,
            };
            Some(Site { unit, body: value.body, value: value.value })
        };
        of(name).or_else(|| {
            let whole = of("module.exports")?;
            if name == "default" {
                return Some(whole);
            }
            self.entry_of(self.concrete(whole, &Context::default()), name)
        })
    }
}
