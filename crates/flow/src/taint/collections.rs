//! Lists, mappings, their elements, what is folded from them, and what is written to objects.

use lunette_lang::ir::{Arg, Entry, Key, ListKind, Op, ValueId};

use super::calls::Invocation;
use super::fact::{Facts, Flags, MAX_FACTS};
use super::path::KeyId;
use super::scan::Scan;

/// Most reads up the chain of members that a write is told to.
const MAX_OWNERS: usize = 4;

impl Scan<'_, '_> {
    pub(super) fn list(&mut self, value: ValueId, kind: ListKind, items: &[Arg]) {
        use lunette_lang::ir::ArgKind;
        let mut position = Some(0u32);
        for item in items {
            let facts = self.used(item.value, value);
            let spread = item.kind != ArgKind::Positional;
            let at = position;
            position = if spread { None } else { position.map(|at| at + 1) };
            if facts.is_empty() {
                continue;
            }
            let key = match at {
                Some(at) if kind != ListKind::Set && !spread => self.state.pools.paths.key(&at.to_string()),
                _ => KeyId::ANY,
            };
            let facts = if spread { self.under(&facts, KeyId::ANY) } else { facts };
            let held = self.holding(&facts, key);
            self.put_all(value, item.value, held);
        }
    }

    pub(super) fn dict(&mut self, value: ValueId, entries: &[Entry]) {
        for entry in entries {
            match *entry {
                Entry::Pair(key, from) => {
                    let facts = self.used(from, value);
                    if facts.is_empty() {
                        continue;
                    }
                    let key = self.key(key);
                    let held = self.holding(&facts, key);
                    self.put_all(value, from, held);
                }
                Entry::Spread(from) => {
                    let facts = Self::copied(self.used(from, value));
                    self.put_all(value, from, facts);
                }
            }
        }
    }

    pub(super) fn element(&mut self, value: ValueId, from: ValueId) {
        self.seed(value);
        if self.forward(value) {
            return;
        }
        let facts = self.used(from, value);
        let under = self.under(&facts, KeyId::ANY);
        self.put_all(value, from, under);
    }

    /// The accumulator of a fold: what it starts with, and what the function gave for the element before.
    pub(super) fn accumulated(&mut self, value: ValueId, args: &[Arg], invocation: &mut Invocation) {
        if let Some(start) = args.get(1) {
            invocation.passed.push((0, start.value, self.used(start.value, value)));
        }
        let number = self.env.number(invocation.of.0, invocation.of.1);
        let returns = self.state.summary(number).map(|summary| summary.returns.clone()).unwrap_or_default();
        let mut given: Vec<(u32, ValueId, Facts)> = Vec::new();
        for fact in &returns {
            for (from, fact) in self.answers(value, invocation, fact) {
                given.push((0, from, Facts::from_slice(&[fact])));
            }
        }
        given.truncate(MAX_FACTS);
        invocation.passed.extend(given);
    }

    pub(super) fn store(&mut self, value: ValueId, base: ValueId, key: Key, from: ValueId) {
        let facts = self.used(from, value);
        if facts.is_empty() {
            return;
        }
        self.put_all(value, from, Facts::from_slice(&facts));
        let key = self.key(key);
        self.put_into(base, key, &facts, from);
    }

    /// Something is put into an object, under a key: all that is that object holds it from then on.
    pub(crate) fn put_into(&mut self, base: ValueId, key: KeyId, facts: &Facts, from: ValueId) {
        let facts: Facts = facts.iter().filter(|fact| !fact.flags.has(Flags::CHOSEN)).copied().collect();
        if facts.is_empty() {
            return;
        }
        let mut held = self.holding(&facts, key);
        let mut owner = self.canon[base.index()];
        for _ in 0..MAX_OWNERS {
            self.put_all(owner, from, Facts::from_slice(&held));
            let Op::Load(outer, at) = *self.op(owner) else { break };
            let at = self.key(at);
            held = self.holding(&held, at);
            owner = self.canon[outer.index()];
        }
    }
}
