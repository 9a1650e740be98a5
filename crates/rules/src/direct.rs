//! Values that come from somewhere as they are: no call made something else of them, and nothing tests them.
//!
//! Bounded, and local but for variables of functions around.

use std::collections::VecDeque;

use lunette_flow::Value;
use lunette_flow::program::Site;
use lunette_lang::ir::{BinaryOp, Key, Op, Part, ValueId};
use rustc_hash::FxHashSet;

use crate::matcher::ComesFrom;
use crate::trace::{Tracer, is_comparison};
use crate::uses::operands;

/// Most values looked at for one question.
const MAX_VALUES: usize = 200;

impl Tracer<'_, '_> {
    /// Whether a value holds, unchanged or as a part of a text, what `wanted` describes.
    pub(crate) fn comes_directly_from(&self, from: Site, wanted: &ComesFrom, call: Option<Site>) -> bool {
        let mut seen: FxHashSet<(Site, bool)> = FxHashSet::default();
        let mut queue = VecDeque::from([(from, wanted.member.is_none())]);
        let mut carriers = Vec::new();
        let mut found = false;
        while let Some((site, through)) = queue.pop_front() {
            if !seen.insert((site, through)) {
                continue;
            }
            if seen.len() > MAX_VALUES {
                return false;
            }
            let op = self.facts.program.op(site);
            if through && self.is_source(site, op, wanted) {
                found = true;
                if matches!(op, Op::Param(_) | Op::Caught) {
                    carriers.push(site);
                }
                continue;
            }
            let through = through || self.is_through(site, op, wanted);
            if matches!(op, Op::Load(..) | Op::Assign(..) | Op::Param(_)) {
                carriers.push(site);
            }
            self.sources(site, op, wanted, |site| queue.push_back((site, through)));
        }
        found && !(wanted.unchecked && self.is_checked(&carriers, call))
    }

    fn is_through(&self, site: Site, op: &Op, wanted: &ComesFrom) -> bool {
        matches!((op, &wanted.member), (Op::Load(_, key), Some(member))
            if self.facts.key_text(site, *key).is_some_and(|text| member.is_match(&text)))
    }

    /// The values that an operation carries on.
    fn sources(&self, site: Site, op: &Op, wanted: &ComesFrom, mut see: impl FnMut(Site)) {
        let at = |value: ValueId| Site { value, ..site };
        match op {
            Op::Call { callee, args, .. } => {
                let called = self.facts.call_at(site).into_iter().flat_map(|call| &call.api);
                if called.into_iter().any(|(node, _)| wanted.through.contains(node)) {
                    for arg in args {
                        see(at(arg.value));
                    }
                } else if let Some(value) = self.same_text(site, *callee, args) {
                    see(at(value));
                }
            }
            Op::Load(base, key) => {
                if self.facts.key_text(site, *key).is_none_or(|text| text != "length") {
                    see(at(*base));
                }
            }
            Op::Binary(BinaryOp::Add, left, _) if wanted.leading => see(at(*left)),
            Op::Concat(parts) if wanted.leading => {
                if let Some(value) = self.first_value(site, parts) {
                    see(at(value));
                }
            }
            Op::List(..) | Op::Dict(_) if !wanted.entries => {}
            Op::Binary(BinaryOp::Add, left, right) => [*left, *right].into_iter().for_each(|value| see(at(value))),
            Op::Binary(..) | Op::Unary(..) => {}
            Op::Outer(owner, var) => {
                for write in &self.facts.program.body(site.unit, *owner).vars[var.index()].writes {
                    see(Site { unit: site.unit, body: write.body, value: write.value });
                }
            }
            other => operands(other, |value| see(at(value))),
        }
    }

    /// The value that a text begins with, be it after `scheme://`.
    fn first_value(&self, site: Site, parts: &[Part]) -> Option<ValueId> {
        let module = &self.facts.program.unit(site.unit).module;
        let scheme =
            |text: &str| text.is_empty() || text.ends_with("://") && !text.trim_end_matches("://").contains(['/', ':']);
        parts
            .iter()
            .find_map(|part| match part {
                Part::Value(value) => Some(Some(*value)),
                Part::Text(text) if scheme(module.name(*text)) => None,
                Part::Text(_) => Some(None),
            })
            .flatten()
    }

    /// Whether a function tests one of these values: compares it, or asks a call about it whose answer decides a
    /// branch. That it is there at all is no test.
    fn is_checked(&self, carriers: &[Site], call: Option<Site>) -> bool {
        carriers.iter().any(|&site| self.same_reads(site).into_iter().any(|site| self.decides(site, call)))
    }

    /// The value, and every other read of the same text in its body: `req.query.url` stands for one thing.
    fn same_reads(&self, site: Site) -> Vec<Site> {
        let program = self.facts.program;
        if !matches!(program.op(site), Op::Load(..)) {
            return vec![site];
        }
        let body = program.body(site.unit, site.body);
        let text = program.source(site.unit, program.span(site));
        let same = |&value: &ValueId| {
            matches!(body.ops[value.index()], Op::Load(..))
                && program.source(site.unit, body.spans[value.index()]) == text
        };
        let reads = body.blocks.ops().iter().copied().filter(same);
        reads.map(|value| Site { value, ..site }).collect()
    }

    fn decides(&self, from: Site, except: Option<Site>) -> bool {
        let program = self.facts.program;
        let uses = self.uses.body(program, from.unit, from.body);
        let mut seen: FxHashSet<ValueId> = FxHashSet::default();
        // With each value: whether a test was made of it on the way here.
        let mut queue = VecDeque::from([(from.value, false)]);
        while let Some((value, asked)) = queue.pop_front() {
            if !seen.insert(value) {
                continue;
            }
            if seen.len() > MAX_VALUES || (asked && uses.is_tested(value)) {
                return true;
            }
            for &user in uses.of(value) {
                let site = Site { value: user, ..from };
                match program.op(site) {
                    _ if Some(site) == except => {}
                    Op::Binary(op, left, right) if is_comparison(*op) => {
                        let other = if *left == value { *right } else { *left };
                        if asked || !self.is_nothing(Site { value: other, ..from }) {
                            queue.push_back((user, true));
                        }
                    }
                    Op::Call { .. } => queue.push_back((user, true)),
                    Op::Load(base, key) if *base == value => {
                        let text = self.facts.key_text(site, *key);
                        if text.is_none_or(|text| text != "length") {
                            queue.push_back((user, asked));
                        }
                    }
                    // A member of a table of what is allowed.
                    Op::Load(_, Key::Value(_)) => queue.push_back((user, true)),
                    Op::Unary(..) | Op::Await(_) | Op::Phi(_) => queue.push_back((user, asked)),
                    Op::Assign(..) if asked => queue.push_back((user, asked)),
                    _ => {}
                }
            }
        }
        false
    }

    /// `null`, `undefined`, the empty text: to compare with them asks only whether something is given.
    fn is_nothing(&self, site: Site) -> bool {
        match self.facts.possible(site).single() {
            Some(Value::Null | Value::Undefined) => true,
            Some(value) => value.as_str() == Some(""),
            None => false,
        }
    }
}
