//! Promises that the project makes itself: what `resolve` is given in `new Promise((resolve, reject) => …)` is what the
//! promise holds. It is kept in a slot of the executor, since `resolve` is mostly called from a callback.

use lunette_lang::ir::{Arg, Key, Op, ValueId, ValueRef};

use super::KindSet;
use super::calls::BodyKey;
use super::emit::Emitter;
use super::env::To;
use super::scan::Scan;
use super::slots::Slot;
use crate::facts::Facts;
use crate::methods::Method;
use crate::program::Site;

/// The functions that a call of a promise's constructor runs.
pub(super) fn executors(facts: &Facts<'_>, call: Site) -> impl Iterator<Item = BodyKey> {
    let first = match facts.program.op(call) {
        Op::Call { callee, args, new: true } if is_promise(facts, Site { value: *callee, ..call }) => {
            args.first().map(|arg| arg.value)
        }
        _ => None,
    };
    first.into_iter().flat_map(move |value| facts.functions(Site { value, ..call }))
}

/// Whether something is called as promises are in all libraries.
fn is_promise(facts: &Facts<'_>, callee: Site) -> bool {
    matches!(facts.program.op(callee), Op::Global(_) | Op::Import(_) | Op::Load(..) | Op::Outer(..) | Op::Assign(..))
        && facts.name_of(callee).is_some_and(|name| name == "Promise" || name == "bluebird")
}

impl Scan<'_, '_> {
    /// What a promise holds that this call makes; whether it makes one.
    pub(super) fn promised(&mut self, value: ValueId) -> bool {
        let facts = self.env.facts;
        let slots: Vec<u32> = executors(facts, self.site(value))
            .filter_map(|(unit, body)| self.env.slots.find(&Slot::Promise(unit, body)))
            .collect();
        for &slot in &slots {
            self.read_slot(value, Some(slot));
        }
        !slots.is_empty()
    }

    /// The slot that a call of this value fills: it is the `resolve` of an executor.
    fn settles(&self, callee: ValueId) -> Option<u32> {
        if self.env.slots.promises == 0 {
            return None;
        }
        let owner = match *self.op(self.plain(callee)) {
            Op::Param(0) => self.id,
            Op::Outer(owner, var) => {
                let first = self.module.body(owner).params.first()?;
                let bound = ValueRef { body: owner, value: first.value };
                self.module.body(owner).vars.get(var.index())?.writes.contains(&bound).then_some(owner)?
            }
            _ => return None,
        };
        self.env.slots.find(&Slot::Promise(self.unit, owner))
    }

    /// `resolve(value)`, and `promise.then(resolve)`.
    pub(super) fn emit_settled(&mut self, value: ValueId, callee: ValueId, args: &[Arg], out: &mut Emitter) {
        let Some(first) = args.first() else { return };
        if let Some(slot) = self.settles(callee) {
            let facts = self.used(first.value, value);
            self.leave(value, first.value, &facts, To::Slot(slot), KindSet::ALL, out);
        }
        if let Op::Load(base, Key::Member(name)) = *self.op(callee)
            && self.method(name) == Some(Method::Then)
            && let Some(slot) = self.settles(first.value)
        {
            let facts = self.used(base, value);
            self.leave(value, base, &facts, To::Slot(slot), KindSet::ALL, out);
        }
    }
}
