//! Texts put together: templates, `+`, `%` and their like.

use lunette_lang::ir::{BinaryOp, Op, Part, ValueId};

use super::KindSet;
use super::fact::{Fact, Facts, Flags};
use super::scan::Scan;
use super::texts;
use crate::constant::Value;
use crate::know::Origin;

impl Scan<'_, '_> {
    pub(super) fn concat(&mut self, value: ValueId, parts: &[Part]) {
        let holds = |part: &Part| matches!(*part, Part::Value(part) if !self.facts_of(part).is_empty());
        if !parts.iter().fold(false, |any, part| any | holds(part)) {
            return;
        }
        let mut before = String::new();
        for part in parts {
            match *part {
                Part::Text(text) => before.push_str(self.name(text)),
                Part::Value(part) => {
                    let facts = self.used(part, value);
                    if !facts.is_empty() {
                        let cleared = texts::behind(&self.env.models.taint, &before);
                        let behind = !before.is_empty();
                        let pasted = |fact: Fact| Fact {
                            cleared: fact.cleared | cleared,
                            flags: fact.flags.with_if(behind, Flags::PART),
                            ..fact
                        };
                        let facts = self.text_of(facts);
                        self.put_all(value, part, facts.into_iter().map(pasted).collect());
                    }
                    before.push_str(&self.literal_text(part, 8));
                }
            }
        }
    }

    /// Facts about what comes behind something else.
    pub(super) fn behind(facts: Facts) -> Facts {
        facts.into_iter().map(|fact| Fact { flags: fact.flags.with(Flags::PART), ..fact }).collect()
    }

    /// The text that a value is known to be; a placeholder for what is not known.
    fn literal_text(&self, value: ValueId, depth: usize) -> String {
        if let Some(Value::Str(text)) = self.folding.constant(self.env, self.site(value)).as_deref() {
            return text.clone();
        }
        if depth > 0 {
            match self.op(value) {
                Op::Assign(_, from) | Op::Await(from) => return self.literal_text(*from, depth - 1),
                Op::Concat(parts) => {
                    let text = |part: &Part| match part {
                        Part::Text(text) => self.name(*text).to_owned(),
                        Part::Value(inner) => self.literal_text(*inner, depth - 1),
                    };
                    return parts.iter().map(text).collect();
                }
                Op::Binary(BinaryOp::Add, left, right) => {
                    return self.literal_text(*left, depth - 1) + &self.literal_text(*right, depth - 1);
                }
                _ => {}
            }
        }
        // A base that is configured: whoever pastes something behind it has not chosen the host.
        let untrusted = self.is_untrusted(value);
        if untrusted { "?".to_owned() } else { "x://x".to_owned() }
    }

    pub(super) fn binary(&mut self, value: ValueId, op: BinaryOp, left: ValueId, right: ValueId) {
        // `%` formats texts; `*` repeats them, `|` joins mappings and sets.
        if !matches!(op, BinaryOp::Add | BinaryOp::Mod | BinaryOp::BitOr) {
            // An overloaded operator: a path joined from parts.
            if op == BinaryOp::Div && self.is_object(left) {
                for from in [left, right] {
                    let facts = self.used(from, value);
                    let facts = self.text_of(facts);
                    self.put_all(value, from, if from == right { Self::behind(facts) } else { facts });
                }
            } else if matches!(op, BinaryOp::Mul | BinaryOp::Div | BinaryOp::FloorDiv) {
                self.scaled(value, left, right);
            }
            return;
        }
        for (from, other) in [(left, right), (right, left)] {
            let facts = self.used(from, value);
            if facts.is_empty() {
                continue;
            }
            let before = if op == BinaryOp::Add && from == right { self.literal_text(other, 8) } else { String::new() };
            let cleared = texts::behind(&self.env.models.taint, &before);
            let lists = matches!(self.op(self.canon[other.index()]), Op::List(..)) || op == BinaryOp::BitOr;
            let facts = if lists { facts } else { self.text_of(facts) };
            let facts = if before.is_empty() { facts } else { Self::behind(facts) };
            self.put_all(
                value,
                from,
                facts.into_iter().map(|fact| Fact { cleared: fact.cleared | cleared, ..fact }).collect(),
            );
        }
    }

    /// A number times a constant: who chose a number has chosen a hundred times it.
    fn scaled(&mut self, value: ValueId, left: ValueId, right: ValueId) {
        let spared = KindSet::ALL.without(self.env.models.taint.decides);
        for (from, by) in [(left, right), (right, left)] {
            if matches!(self.op(self.canon[by.index()]), Op::Const(_)) {
                let facts = Self::made_of(self.used(from, value));
                let facts = facts.into_iter().map(|fact| Fact { cleared: fact.cleared | spared, ..fact }).collect();
                self.put_all(value, from, facts);
            }
        }
    }

    /// Whether a value is known to be an object of a library.
    fn is_object(&self, value: ValueId) -> bool {
        self.origins(value).iter().any(|origin| matches!(origin, Origin::Api(..))) || !self.facts_of(value).is_empty()
    }
}
