//! Own properties: where `Object.hasOwn(object, key)` was found true, `object[key]` is no prototype's. And keys that are
//! refused by a list.

use lunette_lang::ir::{Arg, BlockId, Key, Op, Terminator, ValueId};

use super::guards::{Shown, State, show};
use super::scan::Scan;
use super::{KindSet, texts};
use crate::constant::Value;

/// Most tests looked at on the way to a read.
const MAX_TESTS: usize = 4;

impl Scan<'_, '_> {
    /// Whether a key was found to be the object's own on every way to a read of it.
    pub(super) fn is_own_key(&self, read: ValueId, base: ValueId, key: ValueId) -> bool {
        let mut block = self.block_of(read);
        for _ in 0..MAX_TESTS {
            let [before] = *self.body.block(block).preds else { return false };
            if self.tests_own(before, block, base, key) {
                return true;
            }
            block = before;
        }
        false
    }

    fn tests_own(&self, before: BlockId, block: BlockId, base: ValueId, key: ValueId) -> bool {
        let Terminator::Branch { cond, then, other } = self.body.block(before).end else { return false };
        let (mut cond, mut holds) = (self.plain(cond), block == then);
        while let Op::Unary(lunette_lang::ir::UnaryOp::Not, inner) = self.op(cond) {
            (cond, holds) = (self.plain(*inner), !holds);
        }
        let Op::Call { callee, args, .. } = self.op(cond) else { return false };
        then != other && holds && self.asks_own(*callee, args, base, key)
    }

    /// `Object.hasOwn(object, key)`, `object.hasOwnProperty(key)`, `….hasOwnProperty.call(object, key)`.
    fn asks_own(&self, callee: ValueId, args: &[Arg], base: ValueId, key: ValueId) -> bool {
        let Op::Load(of, Key::Member(name)) = *self.op(callee) else { return false };
        let same = |one: ValueId, other: ValueId| self.canon[one.index()] == self.canon[other.index()];
        match (self.name(name), args) {
            ("hasOwn", [object, asked]) => same(object.value, base) && same(asked.value, key),
            ("hasOwnProperty", [asked]) => same(of, base) && same(asked.value, key),
            ("call", [object, asked]) => {
                matches!(*self.op(self.plain(of)), Op::Load(_, Key::Member(name)) if self.name(name) == "hasOwnProperty")
                    && same(object.value, base)
                    && same(asked.value, key)
            }
            _ => false,
        }
    }

    /// The condition that a call makes sure of: `assert(key !== "__proto__", …)`, `assert.ok(…)`.
    pub(super) fn asserted(&self, callee: ValueId, args: &[Arg]) -> Option<ValueId> {
        let named = |value: ValueId| self.env.facts.name_of(self.site(value));
        let asserts = match *self.op(callee) {
            Op::Load(base, Key::Member(name)) => match self.name(name) {
                "ok" => named(base).is_some_and(|base| base == "assert"),
                "assert" => named(base).is_some_and(|base| base != "console"),
                _ => false,
            },
            Op::Global(name) => matches!(self.name(name), "assert" | "invariant"),
            _ => named(callee).is_some_and(|name| matches!(name.as_str(), "assert" | "invariant")),
        };
        asserts.then(|| args.first().map(|arg| arg.value)).flatten()
    }

    /// A value was found not to be one of a fixed list of texts.
    pub(super) fn none_of(&mut self, item: ValueId, container: ValueId, state: &mut State) {
        let mut list = container;
        // `new Set(["a", "b"])`
        if let Op::Call { args, new: true, .. } = self.op(self.plain(container))
            && let [only] = &**args
        {
            list = only.value;
        }
        let constant = self.constant(list);
        let Some(Value::List(items)) = constant.as_deref() else { return };
        let models = &self.env.models.taint;
        let kinds = items
            .iter()
            .filter_map(Value::as_str)
            .fold(KindSet::default(), |all, text| all | (texts::without(models, text) & models.exact));
        show(state, Shown::harmless(self.canon[item.index()], kinds));
    }
}
