//! Harm that the language itself does, without a call that models name: properties that are written under a chosen name,
//! texts that are matched against slow regular expressions.

use lunette_lang::ir::{Arg, Entry, Key, Language, Op, ValueId};

use super::emit::{Emitter, OwnKinds};
use super::env::To;
use super::fact::{Fact, Facts, Flags};
use super::scan::Scan;
use crate::constant::Value;

impl Scan<'_, '_> {
    /// A text matched against a regular expression by JavaScript's own methods.
    pub(super) fn emit_matched(
        &mut self,
        value: ValueId,
        callee: ValueId,
        args: &[Arg],
        own: OwnKinds,
        out: &mut Emitter,
    ) {
        let (Op::Load(base, Key::Member(name)), [first, ..]) = (self.op(callee), args) else { return };
        let (pattern, subject) = match self.name(*name) {
            "test" | "exec" => (*base, first.value),
            "match" | "matchAll" | "search" | "replace" | "replaceAll" | "split" => (first.value, *base),
            _ => return,
        };
        let facts = self.used(subject, value);
        if self.module.language == Language::JavaScript && !facts.is_empty() && self.is_expression(pattern) {
            self.harm(value, subject, &facts, own.regex_subject, false, out);
        }
    }

    /// Whether a value is, or may be, a regular expression that is written in the program.
    fn is_expression(&self, value: ValueId) -> bool {
        if let Some(constant) = self.folding.constant(self.env, self.site(value)) {
            return matches!(*constant, Value::Regex { .. });
        }
        self.env.facts.possible(self.site(value)).values.iter().any(|value| matches!(value, Value::Regex { .. }))
    }

    /// A property with a computed name is defined by a function of the language: `Object.defineProperty(a, key, …)`,
    /// `Object.assign(a, { [key]: … })`.
    pub(super) fn emit_defined(
        &mut self,
        value: ValueId,
        callee: ValueId,
        args: &[Arg],
        own: OwnKinds,
        out: &mut Emitter,
    ) {
        let Op::Load(object, Key::Member(name)) = *self.op(callee) else { return };
        let Op::Global(object) = *self.op(object) else { return };
        match (self.name(object), self.name(name), args) {
            ("Object" | "Reflect", "defineProperty", [base, key, ..]) | ("Reflect", "set", [base, key, ..]) => {
                self.emit_keyed(value, base.value, key.value, own, out);
            }
            ("Object", "assign", [base, from, ..]) => {
                let Op::Dict(entries) = self.op(self.plain(from.value)) else { return };
                for entry in entries {
                    if let Entry::Pair(Key::Value(key), _) = *entry {
                        self.emit_keyed(value, base.value, key, own, out);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn emit_keyed(&mut self, value: ValueId, base: ValueId, by: ValueId, own: OwnKinds, out: &mut Emitter) {
        // `object[a][b] = value`: with `a` = `__proto__` every object gets the property `b`.
        let keys = self.used(by, value);
        let named = |fact: &Fact| {
            fact.path.is_empty() && !fact.flags.has(Flags::CHOSEN) && !fact.cleared.contains(own.proto_key)
        };
        if own.proto_key.is_empty() || !keys.iter().any(named) {
            return;
        }
        let bases: Facts = self
            .used(base, value)
            .into_iter()
            .filter(|fact| fact.path.is_empty() && !fact.flags.has(Flags::COPY))
            .filter(|fact| fact.flags.has(Flags::CHOSEN) || fact.flags.has(Flags::EXACT))
            .collect();
        self.leave(value, base, &bases, To::ChosenSink(own.proto_key), own.proto_key, out);
    }
}
