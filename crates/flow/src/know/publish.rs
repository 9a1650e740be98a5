//! What a body passes on to others once it was looked at: shared variables, exports, fields.

use lunette_lang::ir::{BodyId, BodyKind, VarId};

use super::slots::{PUBLISHING, Slot};
use super::{Origin, Tracker, merge};
use crate::program::UnitId;

impl Tracker<'_> {
    /// After a body was looked at for the first time: passes on what other bodies read of it.
    pub(super) fn publish(&mut self) {
        self.reading = PUBLISHING;
        let (unit, id) = self.current;
        let body = self.program.body(unit, id);
        for (at, var) in body.vars.iter().enumerate() {
            let var_id = VarId(at as u32);
            if !self.shared[self.layout.var(unit, id, var_id)] {
                continue;
            }
            for &write in var.writes.iter().filter(|write| write.body == id) {
                let set = self.at(unit, write);
                self.write_set(Slot::Var(unit, id, var_id), set);
            }
        }
        for at in self.slots.values_read(self.here) {
            let set = self.at(unit, at);
            self.write_set(Slot::Value(unit, at), set);
        }
        self.pass_on();
    }

    /// Passes on exports and fields.
    pub(super) fn pass_on(&mut self) {
        let (unit, id) = self.current;
        if id == BodyId::MODULE {
            self.publish_exports(unit);
        }
        if self.program.body(unit, id).kind == BodyKind::Class {
            self.publish_fields(unit, id);
        }
    }

    pub(super) fn publish_fields(&mut self, unit: UnitId, body: BodyId) {
        let Some(class) = self.program.body(unit, body).class else { return };
        let module = &self.program.unit(unit).module;
        for field in &module.classes[class.index()].fields {
            let mut origins = field.value.map(|at| self.list(self.at(unit, at))).unwrap_or_default();
            if let Some(ty) = field.ty {
                for origin in self.depend(unit, ty) {
                    match origin {
                        Origin::Class(u, c) => _ = merge(&mut origins, &[Origin::Instance(u, c)]),
                        Origin::Api(node, site) => {
                            if let Some(instance) = self.trie.call(node) {
                                merge(&mut origins, &[Origin::Api(self.canonical(instance), site)]);
                            }
                        }
                        _ => {}
                    }
                }
            }
            let name = self.name(unit, field.name);
            self.write(Slot::Field(unit, class, name), &origins);
        }
    }
}
