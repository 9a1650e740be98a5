//! `match`.

use ruff_python_ast::{
    Identifier, Pattern, PatternMatchClass, PatternMatchMapping, PatternMatchOr, PatternMatchSequence, Singleton,
    StmtMatch,
};
use ruff_text_size::{Ranged, TextRange};

use super::lowerer::{Lowerer, from_end, from_start};
use crate::ir::{BinaryOp, BlockId, Const, Key, Op, ValueId};

impl Lowerer<'_> {
    pub(super) fn match_(&mut self, node: &StmtMatch) {
        let subject = self.expr(&node.subject);
        let after = self.new_block();
        for case in &node.cases {
            let next = self.new_block();
            self.pattern(&case.pattern, subject, next);
            if let Some(guard) = &case.guard {
                let holds = self.new_block();
                self.condition(guard, holds, next);
                self.enter(holds);
            }
            self.statements(&case.body);
            self.jump(after);
            self.enter(next);
        }
        self.jump(after);
        self.enter(after);
    }

    /// Goes on if `subject` matches, binding names on the way, and to `fail` if not.
    fn pattern(&mut self, pattern: &Pattern, subject: ValueId, fail: BlockId) {
        match pattern {
            Pattern::MatchValue(value) => {
                let expected = self.expr(&value.value);
                self.require(Op::Binary(BinaryOp::Eq, subject, expected), value.range, fail);
            }
            Pattern::MatchSingleton(singleton) => {
                let constant = match singleton.value {
                    Singleton::None => Const::Null,
                    Singleton::True => Const::Bool(true),
                    Singleton::False => Const::Bool(false),
                };
                let expected = self.emit(Op::Const(constant), singleton.range);
                self.require(Op::Binary(BinaryOp::Is, subject, expected), singleton.range, fail);
            }
            Pattern::MatchSequence(sequence) => self.sequence_pattern(sequence, subject, fail),
            Pattern::MatchMapping(mapping) => self.mapping_pattern(mapping, subject, fail),
            Pattern::MatchClass(class) => self.class_pattern(class, subject, fail),
            Pattern::MatchStar(star) => self.capture(star.name.as_ref(), subject),
            Pattern::MatchAs(named) => {
                if let Some(inner) = &named.pattern {
                    self.pattern(inner, subject, fail);
                }
                self.capture(named.name.as_ref(), subject);
            }
            Pattern::MatchOr(either) => self.or_pattern(either, subject, fail),
        }
    }

    /// Goes on if the operation gives true.
    fn require(&mut self, op: Op, range: TextRange, fail: BlockId) {
        let holds = self.new_block();
        let value = self.emit(op, range);
        self.branch(value, holds, fail);
        self.enter(holds);
    }

    fn capture(&mut self, name: Option<&Identifier>, value: ValueId) {
        if let Some(name) = name {
            let id = self.names.intern(name);
            self.write(id, value, name.range);
        }
    }

    fn sequence_pattern(&mut self, sequence: &PatternMatchSequence, subject: ValueId, fail: BlockId) {
        // Whether it is a sequence of that length.
        self.require(Op::Mix(Box::new([subject])), sequence.range, fail);
        let star = sequence.patterns.iter().position(Pattern::is_match_star);
        for (index, pattern) in sequence.patterns.iter().enumerate() {
            let element = match star {
                Some(star) if index == star => Op::Element(subject),
                Some(star) if index > star => Op::Load(subject, from_end(index, sequence.patterns.len())),
                _ => Op::Load(subject, from_start(index)),
            };
            let element = self.emit(element, pattern.range());
            self.pattern(pattern, element, fail);
        }
    }

    fn mapping_pattern(&mut self, mapping: &PatternMatchMapping, subject: ValueId, fail: BlockId) {
        if mapping.keys.is_empty() {
            // Whether it is a mapping at all.
            self.require(Op::Mix(Box::new([subject])), mapping.range, fail);
        }
        for (key, pattern) in mapping.keys.iter().zip(&mapping.patterns) {
            let expected = self.expr(key);
            self.require(Op::Binary(BinaryOp::In, expected, subject), key.range(), fail);
            let key = self.key(key);
            let value = self.emit(Op::Load(subject, key), pattern.range());
            self.pattern(pattern, value, fail);
        }
        if mapping.rest.is_some() {
            let rest = self.emit(Op::Mix(Box::new([subject])), mapping.range);
            self.capture(mapping.rest.as_ref(), rest);
        }
    }

    fn class_pattern(&mut self, class: &PatternMatchClass, subject: ValueId, fail: BlockId) {
        let ty = self.expr(&class.cls);
        self.require(Op::Binary(BinaryOp::InstanceOf, subject, ty), class.range, fail);
        let name = match *self.op(ty) {
            Op::Global(name) => self.names.get(name),
            _ => "",
        };
        // The built-in types match the whole subject by their one positional pattern.
        let whole = matches!(
            name,
            "bool" | "bytearray" | "bytes" | "dict" | "float" | "frozenset" | "int" | "list" | "set" | "str" | "tuple"
        );
        for (index, pattern) in class.arguments.patterns.iter().enumerate() {
            if whole {
                self.pattern(pattern, subject, fail);
                continue;
            }
            let element = self.emit(Op::Load(subject, from_start(index)), pattern.range());
            self.pattern(pattern, element, fail);
        }
        for keyword in &class.arguments.keywords {
            let key = Key::Member(self.names.intern(&keyword.attr));
            let element = self.emit(Op::Load(subject, key), keyword.range);
            self.pattern(&keyword.pattern, element, fail);
        }
    }

    fn or_pattern(&mut self, either: &PatternMatchOr, subject: ValueId, fail: BlockId) {
        let matched = self.new_block();
        for (index, pattern) in either.patterns.iter().enumerate() {
            if index + 1 == either.patterns.len() {
                self.pattern(pattern, subject, fail);
                self.jump(matched);
                break;
            }
            let next = self.new_block();
            self.pattern(pattern, subject, next);
            self.jump(matched);
            self.enter(next);
        }
        self.enter(matched);
    }
}
