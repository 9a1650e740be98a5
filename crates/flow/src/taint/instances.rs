//! Calls of classes of the project: their constructors, and records without one.

use lunette_lang::ir::{Arg, ArgKind, ClassId, Language, ValueId};

use super::calls::BodyKey;
use super::path::KeyId;
use super::scan::Scan;
use crate::know::Origin;
use crate::lineage;
use crate::program::UnitId;

impl Scan<'_, '_> {
    /// The class that a call makes an instance of.
    pub(crate) fn constructed(&self, callee: ValueId) -> Option<(UnitId, ClassId)> {
        self.origins(callee).iter().find_map(|origin| match *origin {
            Origin::Class(unit, class) => Some((unit, class)),
            _ => None,
        })
    }

    pub(super) fn constructor(&self, unit: UnitId, class: ClassId) -> Option<BodyKey> {
        let program = self.env.facts.program;
        lineage::classes(self.env.facts, (unit, class)).into_iter().find_map(|(unit, class)| {
            let module = &program.unit(unit).module;
            let wanted = match module.language {
                Language::Python => "__init__",
                Language::JavaScript => "constructor",
            };
            let methods = &module.classes[class.index()].methods;
            methods.iter().find(|(name, _)| module.name(*name) == wanted).map(|&(_, body)| (unit, body))
        })
    }

    /// An instance of a class without a constructor of its own (a record): it holds what it was given by name.
    pub(super) fn fields_given(&mut self, value: ValueId, (unit, class): (UnitId, ClassId), args: &[Arg]) -> bool {
        if self.constructor(unit, class).is_some() {
            return true;
        }
        let module = &self.env.facts.program.unit(unit).module;
        let fields: Vec<&str> =
            module.classes[class.index()].fields.iter().map(|field| module.name(field.name)).collect();
        for (at, arg) in args.iter().enumerate() {
            let facts = self.used(arg.value, value);
            let held = match arg.kind {
                ArgKind::Named(name) => {
                    let key = self.named(name);
                    self.holding(&facts, key)
                }
                ArgKind::Positional => {
                    let key = fields.get(at).map_or(KeyId::ANY, |field| self.state.pools.paths.key(field));
                    self.holding(&facts, key)
                }
                ArgKind::Spread | ArgKind::SpreadNamed => facts,
            };
            self.put_all(value, arg.value, held);
        }
        true
    }
}
