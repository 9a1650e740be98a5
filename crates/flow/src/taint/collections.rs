//! Lists, mappings, their elements, and what is folded from them.

use lunette_lang::ir::{Arg, Entry, ListKind, ValueId};

use super::calls::Invocation;
use super::fact::{Facts, MAX_FACTS};
use super::path::KeyId;
use super::scan::Scan;

impl Scan<'_, '_> {
    pub(super) fn list(&mut self, value: ValueId, kind: ListKind, items: &[Arg]) {
        use lunette_lang::ir::ArgKind;
        let mut position = Some(0u32);
        for item in items {
            let facts = self.used(item.value, value);
            let spread = item.kind != ArgKind::Positional;
            let key = match position {
                Some(at) if kind != ListKind::Set && !spread => self.state.pools.paths.key(&at.to_string()),
                _ => KeyId::ANY,
            };
            position = if spread { None } else { position.map(|at| at + 1) };
            let facts = if spread { self.under(&facts, KeyId::ANY) } else { facts };
            let held = self.holding(&facts, key);
            self.put_all(value, item.value, held);
        }
    }

    pub(super) fn dict(&mut self, value: ValueId, entries: &[Entry]) {
        for entry in entries {
            match *entry {
                Entry::Pair(key, from) => {
                    let key = self.key(key);
                    let facts = self.used(from, value);
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
        if let Some(same) = self.folding.forwarded(value) {
            for from in same {
                let facts = self.used(from, value);
                self.put_all(value, from, facts);
            }
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
}
