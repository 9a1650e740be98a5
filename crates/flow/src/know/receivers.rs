//! What parameters, `this` and `super` hold.

use lunette_lang::ir::{BodyId, BodyKind, Language, ValueId, ValueRef};
use smallvec::SmallVec;

use super::slots::Slot;
use super::{Origin, Origins, Tracker, merge};
use crate::api::NodeId;
use crate::program::UnitId;

impl Tracker<'_> {
    pub(super) fn parameter(&mut self, unit: UnitId, body: BodyId, index: usize, value: ValueId) -> Origins {
        let mut set = self.read(Slot::Param(unit, body, index as u32));
        let function = self.program.body(unit, body);
        let module = &self.program.unit(unit).module;
        let Some(param) = function.params.get(index) else { return set };
        if index == 0
            && module.language == Language::Python
            && function.kind == BodyKind::Method
            && let Some(class) = function.class
        {
            let first = if function.is_static { Origin::Class(unit, class) } else { Origin::Instance(unit, class) };
            merge(&mut set, &[first]);
        }
        if let Some(ty) = param.ty {
            for origin in self.depend(unit, ty) {
                let site = self.site(value);
                match origin {
                    Origin::Class(u, c) => _ = merge(&mut set, &[Origin::Instance(u, c)]),
                    Origin::Api(node, _) => {
                        if let Some(instance) = self.trie.call(node) {
                            merge(&mut set, &[Origin::Api(self.canonical(instance), site)]);
                        }
                    }
                    _ => {}
                }
            }
        }
        if let Some(default) = param.default {
            let origins = self.depend(unit, default);
            merge(&mut set, &origins);
        }
        for &decorator in &function.decorators {
            // A decorator is called with the function: what callbacks of it are given.
            for origin in self.depend(unit, decorator) {
                let Origin::Api(node, _) = origin else { continue };
                let given = &self.trie.traits(node).callbacks;
                let of_this = given.iter().filter(|callback| callback.argument == 0 && callback.parameter == index);
                let found: Origins = of_this.map(|callback| Origin::Api(callback.value, self.site(value))).collect();
                merge(&mut set, &found);
            }
        }
        set
    }

    /// The origins of a value that is not an operand of the current operation: of another body of the same unit, or
    /// part of a literal. The dependency is kept by a slot for the value.
    pub(super) fn depend(&mut self, unit: UnitId, at: ValueRef) -> Origins {
        let set = self.read_set(Slot::Value(unit, at));
        let mut origins = self.list(set);
        merge(&mut origins, self.sets.get(self.at(unit, at)));
        origins
    }

    pub(super) fn canonical(&self, node: NodeId) -> NodeId {
        self.trie.canonical(node)
    }

    pub(super) fn this(&self, unit: UnitId, body: BodyId) -> Origins {
        let mut at = Some(body);
        while let Some(id) = at {
            let function = self.program.body(unit, id);
            match (function.kind, function.class) {
                (BodyKind::Method | BodyKind::Class, Some(class)) if function.is_static => {
                    return SmallVec::from_slice(&[Origin::Class(unit, class)]);
                }
                (BodyKind::Method | BodyKind::Class, Some(class)) => {
                    return SmallVec::from_slice(&[Origin::Instance(unit, class)]);
                }
                (BodyKind::Lambda, _) => at = function.parent,
                // A function of an object literal is called on that object; any other may be a constructor, whose
                // instances are told by the function itself.
                (BodyKind::Function | BodyKind::Method, None) => {
                    let owner = self.owners[unit.0 as usize].get(&id).copied();
                    return SmallVec::from_slice(&[owner.map_or(Origin::Function(unit, id), Origin::Literal)]);
                }
                _ => break,
            }
        }
        Origins::new()
    }

    pub(super) fn super_class(&mut self, unit: UnitId, body: BodyId) -> Origins {
        let mut set = Origins::new();
        for origin in self.this(unit, body) {
            if let Origin::Instance(u, c) | Origin::Class(u, c) = origin {
                for base in self.bases(u, c) {
                    merge(&mut set, &[base]);
                }
            }
        }
        set
    }
}
