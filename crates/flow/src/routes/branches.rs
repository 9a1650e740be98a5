//! Checks inside handlers: a branch on who the caller is, whose other side refuses the request.
//!
//! A handler that merely reads the session (to show a name, or to sign somebody in) checks nothing. What counts is a
//! test on which the request is refused: `if (!req.session.user) return res.redirect("/login")`.

use lunette_core::project::Proves;
use lunette_lang::ir::{BinaryOp, BlockId, BodyId, Const, Key, Op, Terminator, UnaryOp, ValueId};

use super::scene::{Context, Scene};
use super::verdict::Seen;
use crate::program::{Site, UnitId};

/// Longest way from a test to the refusal, in blocks.
const MAX_BLOCKS: usize = 4;
/// Deepest nesting of a test.
const MAX_DEPTH: u32 = 8;

/// A test on who the caller is.
struct Test {
    proves: Proves,
    /// Whether the caller is known when it is true.
    positive: bool,
    at: Site,
}

impl Scene<'_> {
    /// The first test in a body that refuses callers who are not known.
    pub(super) fn refusing_test(&self, unit: UnitId, body: BodyId) -> Option<(Proves, Site)> {
        let function = self.facts.program.body(unit, body);
        let mut found: Option<(Proves, Site)> = None;
        for block in function.blocks.iter() {
            let Terminator::Branch { cond, then, other } = block.end else { continue };
            let Some(test) = self.test(Site { unit, body, value: cond }, MAX_DEPTH) else { continue };
            let refused = if test.positive { other } else { then };
            let stronger =
                found.is_none_or(|(known, _)| known == Proves::Authenticated && test.proves == Proves::Authorized);
            if stronger && self.refuses(unit, body, refused) {
                found = Some((test.proves, test.at));
            }
        }
        found
    }

    fn test(&self, site: Site, depth: u32) -> Option<Test> {
        if depth == 0 {
            return None;
        }
        let to = |value: ValueId| Site { value, ..site };
        let flip = |test: Test| Test { positive: !test.positive, ..test };
        match self.facts.program.op(site) {
            Op::Assign(_, from) | Op::Await(from) => self.test(to(*from), depth - 1),
            Op::Unary(UnaryOp::Not, operand) => self.test(to(*operand), depth - 1).map(flip),
            Op::Binary(op, left, right) => self.comparison(site, *op, to(*left), to(*right), depth),
            Op::Load(base, key) => {
                if let Some(proves) = self.identity(site) {
                    return Some(Test { proves, positive: true, at: site });
                }
                let module = &self.facts.program.unit(site.unit).module;
                let is_error =
                    matches!(key, Key::Member(name) | Key::Item(name) if matches!(module.name(*name), "error" | "err"));
                let test = self.test(to(*base), depth - 1)?;
                Some(if is_error { flip(test) } else { test })
            }
            Op::Call { .. } => self.identity(site).map(|proves| Test { proves, positive: true, at: site }),
            Op::Outer(owner, var) => {
                match self.facts.program.body(site.unit, *owner).vars[var.index()].writes.as_slice() {
                    [write] => self.test(Site { unit: site.unit, body: write.body, value: write.value }, depth - 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn comparison(&self, site: Site, op: BinaryOp, left: Site, right: Site, depth: u32) -> Option<Test> {
        let negative = match op {
            BinaryOp::In => return self.identity(site).map(|proves| Test { proves, positive: true, at: site }),
            BinaryOp::NotIn => return self.identity(site).map(|proves| Test { proves, positive: false, at: site }),
            BinaryOp::Eq | BinaryOp::StrictEq | BinaryOp::Is => false,
            BinaryOp::NotEq | BinaryOp::StrictNotEq | BinaryOp::IsNot => true,
            _ => return None,
        };
        let (tested, against) = match self.test(left, depth - 1) {
            Some(test) => (test, right),
            None => (self.test(right, depth - 1)?, left),
        };
        // Compared with nothing, or with false, the meaning turns.
        let nothing =
            matches!(self.facts.program.op(against), Op::Const(Const::Null | Const::Undefined | Const::Bool(false)));
        let positive = tested.positive ^ negative ^ nothing;
        Some(Test { positive, ..tested })
    }

    /// What an operation tells about the caller by a check that a model names.
    fn identity(&self, site: Site) -> Option<Proves> {
        let mut seen = Seen::default();
        if !self.look_at(site, &mut seen) {
            return None;
        }
        seen.checked.or(seen.enforced).filter(|proves| matches!(proves, Proves::Authenticated | Proves::Authorized))
    }

    /// Whether the request is refused on the way that starts at a block.
    fn refuses(&self, unit: UnitId, body: BodyId, start: BlockId) -> bool {
        let function = self.facts.program.body(unit, body);
        let mut at = start;
        for _ in 0..MAX_BLOCKS {
            let Some(block) = function.blocks.get(at) else { return false };
            let mut seen = Seen::default();
            for &value in block.ops {
                self.look_at(Site { unit, body, value }, &mut seen);
            }
            if seen.denies || self.hands_on(unit, body, block.ops) {
                return true;
            }
            match block.end {
                // A block that others lead to is no longer the refused side.
                Terminator::Jump(next) if function.blocks.get(next).is_some_and(|next| next.preds.len() == 1) => {
                    at = next;
                }
                Terminator::Throw => return true,
                _ => return false,
            }
        }
        false
    }

    /// Whether a function of the project that refuses is called among some operations.
    fn hands_on(&self, unit: UnitId, body: BodyId, ops: &[ValueId]) -> bool {
        ops.iter().any(|&value| {
            let Some(callee) = self.callee(Site { unit, body, value }) else { return false };
            self.functions(callee, &Context::default()).into_iter().any(|(unit, body)| {
                let mut seen = Seen::default();
                self.look(unit, body, &mut seen);
                seen.denies
            })
        })
    }
}
