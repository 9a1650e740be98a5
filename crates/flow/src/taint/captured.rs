//! Objects that inner functions put something into: `items.forEach((item) => list.push(item))`. The variable is not
//! written to, so that the body it belongs to would not see it: what is put in is kept in a slot of its own.

use lunette_lang::ir::{Arg, BodyId, Key, Op, ValueId, VarId};

use super::KindSet;
use super::emit::Emitter;
use super::env::To;
use super::fact::{Fact, Flags, Root};
use super::path::{KeyId, PathId};
use super::scan::Scan;
use crate::methods::{Method, method};

/// The variable of an outer body that an operation puts something into.
pub(super) fn filled(module: &lunette_lang::ir::Module, body: BodyId, op: &Op) -> Option<(BodyId, VarId)> {
    let ops = &module.body(body).ops;
    let (base, method) = match *op {
        Op::Store(base, ..) => (base, None),
        Op::Call { callee, .. } => match ops[callee.index()] {
            Op::Load(base, Key::Member(name)) => (base, Some(name)),
            _ => return None,
        },
        _ => return None,
    };
    match ops[base.index()] {
        // What a whole module shares is kept for as long as it runs, and looked at by name elsewhere.
        Op::Outer(owner, var) if owner != body && owner != BodyId::MODULE => {
            method.is_none_or(|name| puts(module.name(name))).then_some((owner, var))
        }
        _ => None,
    }
}

fn puts(name: &str) -> bool {
    matches!(method(name), Some(Method::Adds | Method::Puts | Method::Extends))
}

impl Scan<'_, '_> {
    /// What inner functions put into the object that a variable holds.
    pub(super) fn read_filled(&mut self, value: ValueId, owner: BodyId, var: VarId) {
        let slot = self.env.slots.filled(self.unit, owner, var);
        self.read_slot(value, slot);
    }

    /// The same, where the variable is a parameter.
    pub(super) fn read_filled_parameter(&mut self, value: ValueId) {
        if let Some(slot) = self.filled_parameter(value) {
            self.read_slot(value, Some(slot));
        }
    }

    fn filled_parameter(&self, value: ValueId) -> Option<u32> {
        let var = self.env.slots.var_of_param(self.site(value))?;
        self.env.slots.filled(self.unit, self.id, var)
    }

    /// What the body puts into an object passed for a parameter by way of its inner functions.
    pub(super) fn filled_inside(&mut self, param: ValueId) -> Option<Fact> {
        let slot = self.filled_parameter(param)?;
        let root = self.state.pools.root(Root::Slot(slot, PathId::EMPTY));
        Some(Fact { root, path: PathId::EMPTY, cleared: KindSet::default(), from: param, flags: Flags::EXACT })
    }

    /// Something is put into the object of an outer variable.
    pub(super) fn emit_filled(&mut self, value: ValueId, out: &mut Emitter) {
        let Some((owner, var)) = filled(self.module, self.id, self.op(value)) else { return };
        let Some(slot) = self.env.slots.filled(self.unit, owner, var) else { return };
        match *self.op(value) {
            Op::Store(_, key, from) => {
                let key = self.key(key);
                self.leave_filled(value, from, Some(key), slot, out);
            }
            Op::Call { callee, ref args, .. } => {
                let Op::Load(_, Key::Member(name)) = *self.op(callee) else { return };
                match (self.method(name), &**args) {
                    (Some(Method::Puts), [key, what, ..]) => {
                        let text = self.constant_key(key.value);
                        let key = text.map_or(KeyId::ANY, |text| self.state.pools.paths.key(&text));
                        self.leave_filled(value, what.value, Some(key), slot, out);
                    }
                    (Some(Method::Adds), _) => self.leave_all(value, args, Some(KeyId::ANY), slot, out),
                    (Some(Method::Extends), _) => self.leave_all(value, args, None, slot, out),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn leave_all(&mut self, value: ValueId, args: &[Arg], key: Option<KeyId>, slot: u32, out: &mut Emitter) {
        for arg in args {
            self.leave_filled(value, arg.value, key, slot, out);
        }
    }

    fn leave_filled(&mut self, value: ValueId, from: ValueId, key: Option<KeyId>, slot: u32, out: &mut Emitter) {
        let mut facts = self.used(from, value);
        if let Some(key) = key {
            facts.retain(|fact| !fact.flags.has(Flags::CHOSEN));
            facts = self.holding(&facts, key);
        }
        self.leave(value, from, &facts, To::Slot(slot), KindSet::ALL, out);
    }
}
