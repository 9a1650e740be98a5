//! Harm that the language itself does, without a call that models name: properties that are written under a chosen name,
//! texts that are matched against slow regular expressions.

use lunette_lang::ir::{Arg, Entry, Key, Language, Op, ValueId};
use smallvec::SmallVec;

use super::emit::{Emitter, OwnKinds};
use super::env::To;
use super::fact::{Facts, Flags};
use super::scan::Scan;
use crate::constant::Value;
use crate::know::Origin;
use crate::program::Site;

/// Most joins of ways that one value is followed through.
const MAX_JOINS: usize = 8;

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
        // `object[a][b] = value`: with `a` = `__proto__` every object gets the property `b`. Where either comes in by a
        // parameter, what callers pass decides: the two are followed one by one.
        let mut keys = self.used(by, value);
        keys.retain(|fact| {
            fact.path.is_empty() && !fact.flags.has(Flags::CHOSEN) && !fact.cleared.contains(own.proto_key)
        });
        if own.proto_key.is_empty() || keys.is_empty() {
            return;
        }
        if self.is_symbol(by) || self.is_just_made(base) {
            return;
        }
        self.leave(value, by, &keys, To::Name(own.proto_key), own.proto_key, out);
        let bases: Facts = self
            .used(base, value)
            .into_iter()
            .filter(|fact| fact.path.is_empty() && !fact.flags.has(Flags::COPY))
            .filter(|fact| fact.flags.has(Flags::CHOSEN) || fact.flags.has(Flags::EXACT))
            .collect();
        self.leave(value, base, &bases, To::ChosenSink(own.proto_key), own.proto_key, out);
    }

    /// Whether a key is a symbol: no text that anybody sends is one, `__proto__` least of all.
    fn is_symbol(&self, key: ValueId) -> bool {
        // Of what may be one thing or another the unknown one has no origin.
        if matches!(self.op(self.plain(key)), Op::Phi(_) | Op::Param(_)) {
            return false;
        }
        let origins = self.origins(key);
        !origins.is_empty()
            && origins.iter().all(|origin| matches!(*origin, Origin::Api(_, made) if self.makes_symbol(made)))
    }

    /// `Symbol("x")`, `Symbol.for("x")`, `Symbol.iterator`.
    fn makes_symbol(&self, made: Site) -> bool {
        let program = self.env.facts.program;
        let is_symbol = |of: ValueId| {
            let of = Site { value: of, ..made };
            matches!(*program.op(of), Op::Global(name) if program.unit(of.unit).module.name(name) == "Symbol")
        };
        match *program.op(made) {
            Op::Load(of, Key::Member(_)) => is_symbol(of),
            Op::Call { callee, .. } => match *program.op(Site { value: callee, ..made }) {
                Op::Load(of, Key::Member(_)) => is_symbol(of),
                _ => is_symbol(callee),
            },
            _ => false,
        }
    }

    /// Whether an object is the entry that this body has just put there: `all[name] = {}` before `all[name][key] = x`.
    /// Whatever `name` is, what is written to is the new object, not a prototype that others share.
    fn is_just_made(&self, base: ValueId) -> bool {
        let read = self.plain(base);
        let Op::Load(owner, Key::Value(key)) = *self.op(read) else { return false };
        let (owner, key) = (self.only(owner), self.only(key));
        // Backwards over all ways, each up to what was put there last.
        let mut seen = vec![false; self.body.blocks.len()];
        let mut open = vec![(self.block_of(read), Some(read))];
        while let Some((block, below)) = open.pop() {
            let ops = self.body.block(block).ops;
            let end = below.and_then(|below| ops.iter().position(|&value| value == below)).unwrap_or(ops.len());
            let last = ops[..end].iter().rev().find_map(|&value| match *self.op(value) {
                // The name was another one before.
                _ if value == key => Some(false),
                Op::Store(of, Key::Value(by), from) if self.only(by) == key && self.only(of) == owner => {
                    Some(matches!(self.op(self.plain(from)), Op::Dict(_) | Op::List(..)))
                }
                _ => None,
            });
            match last {
                Some(true) => {}
                None if block.0 != 0 => {
                    for &from in self.body.block(block).preds {
                        if !std::mem::replace(&mut seen[from.index()], true) {
                            open.push((from, None));
                        }
                    }
                }
                _ => return false,
            }
        }
        true
    }

    /// The one value that comes in by all ways where ways join, as in a loop that leaves it alone.
    fn only(&self, value: ValueId) -> ValueId {
        let canon = |value: ValueId| self.canon[value.index()];
        let mut seen: SmallVec<[ValueId; MAX_JOINS]> = SmallVec::new();
        let mut open: SmallVec<[ValueId; MAX_JOINS]> = SmallVec::from_slice(&[canon(value)]);
        let mut found = None;
        while let Some(value) = open.pop() {
            match self.op(value) {
                Op::Phi(_) if seen.contains(&value) => {}
                Op::Phi(_) if seen.len() == MAX_JOINS => return seen[0],
                Op::Phi(from) => {
                    seen.push(value);
                    open.extend(from.iter().map(|&from| canon(from)));
                }
                _ if found.is_none_or(|found| found == value) => found = Some(value),
                _ => return seen[0],
            }
        }
        found.unwrap_or_else(|| canon(value))
    }
}
