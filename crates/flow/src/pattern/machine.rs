//! Runs a [`Program`] as the languages' matchers do, and counts the steps: what a pattern costs is measured, not guessed.

use super::Anchoring;
use super::ast::{Assertion, Regex};
use super::program::{LookKind, Loop, Op, Program};

/// Not set.
const NONE: u32 = u32::MAX;

/// The match took more steps than allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Exhausted;

enum Frame {
    /// Another way to go on.
    Way { op: u32, at: u32 },
    /// What a register held before.
    Register { index: u32, old: u32 },
}

/// One match of a text.
pub(super) struct Machine<'a> {
    regex: &'a Regex,
    ops: &'a [Op],
    text: &'a [u32],
    registers: Vec<u32>,
    frames: Vec<Frame>,
    steps: u64,
    limit: u64,
    full: bool,
}

/// Whether the pattern matches, and the steps that it took to tell.
pub(super) fn matches(
    regex: &Regex,
    program: &Program,
    text: &[u32],
    how: Anchoring,
    limit: u64,
) -> (Result<bool, Exhausted>, u64) {
    let mut machine = Machine {
        regex,
        ops: &program.ops,
        text,
        registers: vec![NONE; program.registers as usize],
        frames: Vec::new(),
        steps: 0,
        limit,
        full: how == Anchoring::Full,
    };
    let last = if how == Anchoring::Anywhere && !regex.sticky { text.len() } else { 0 };
    for start in 0..=last {
        match machine.run(0, start as u32, true) {
            Ok(None) => machine.registers.fill(NONE),
            Ok(Some(_)) => return (Ok(true), machine.steps),
            Err(exhausted) => return (Err(exhausted), machine.steps),
        }
    }
    (Ok(false), machine.steps)
}

impl Machine<'_> {
    /// Runs to the next `Accept`; the end of the match. Frames above those at the start are left when it succeeds.
    fn run(&mut self, op: u32, at: u32, outermost: bool) -> Result<Option<u32>, Exhausted> {
        let base = self.frames.len();
        let (mut op, mut at) = (op, at);
        loop {
            self.steps += 1;
            if self.steps > self.limit {
                return Err(Exhausted);
            }
            let next = match &self.ops[op as usize] {
                Op::Accept if outermost && self.full && at as usize != self.text.len() => None,
                Op::Accept => return Ok(Some(at)),
                Op::Look { kind, end } => self.look(*kind, *end, op, at)?,
                _ => self.step(op, at),
            };
            match next.or_else(|| self.back_to(base)) {
                Some((next_op, next_at)) => (op, at) = (next_op, next_at),
                None => return Ok(None),
            }
        }
    }

    /// Undoes what was done since the last choice.
    fn back_to(&mut self, base: usize) -> Option<(u32, u32)> {
        while self.frames.len() > base {
            match self.frames.pop()? {
                Frame::Way { op, at } => return Some((op, at)),
                Frame::Register { index, old } => self.registers[index as usize] = old,
            }
        }
        None
    }

    fn set(&mut self, index: u32, value: u32) {
        let old = std::mem::replace(&mut self.registers[index as usize], value);
        self.frames.push(Frame::Register { index, old });
    }

    fn step(&mut self, op: u32, at: u32) -> Option<(u32, u32)> {
        let on = op + 1;
        match self.ops[op as usize] {
            Op::Set { set, back } => {
                let (index, to) = if back { (at.checked_sub(1)?, at - 1) } else { (at, at + 1) };
                let unit = *self.text.get(index as usize)?;
                self.regex.set(set).contains(unit).then_some((on, to))
            }
            Op::Assert(assertion) => self.holds(assertion, at as usize).then_some((on, at)),
            Op::Split(first, second) => {
                self.frames.push(Frame::Way { op: second, at });
                Some((first, at))
            }
            Op::Jump(to) => Some((to, at)),
            Op::Save(index) => {
                self.set(index, at);
                Some((on, at))
            }
            Op::Back { group, ignore_case, back } => self.again(group, ignore_case, back, at).map(|to| (on, to)),
            Op::Reset(index) => {
                self.set(index, 0);
                Some((on, at))
            }
            Op::Loop(head) => Some(self.round(head, on, at)),
            Op::Begin { count, mark } => {
                self.set(count, self.registers[count as usize] + 1);
                self.set(mark, at);
                Some((on, at))
            }
            Op::EndRound { count, mark, min, again } => {
                let empty = self.registers[mark as usize] == at && self.registers[count as usize] > min;
                (!empty).then_some((again, at))
            }
            Op::UnlessGroup { group, to } => {
                let set = self.registers.get(2 * group as usize + 1).is_some_and(|&end| end != NONE);
                Some((if set { on } else { to }, at))
            }
            Op::Look { .. } | Op::Accept => None,
        }
    }

    /// Another round, or on.
    fn round(&mut self, head: Loop, body: u32, at: u32) -> (u32, u32) {
        let count = self.registers[head.count as usize];
        if count < head.min {
            return (body, at);
        }
        if head.max.is_some_and(|max| count >= max) {
            return (head.exit, at);
        }
        let (first, second) = if head.lazy { (head.exit, body) } else { (body, head.exit) };
        self.frames.push(Frame::Way { op: second, at });
        (first, at)
    }

    /// A lookaround or an atomic group, whose other ways are forgotten.
    fn look(&mut self, kind: LookKind, end: u32, op: u32, at: u32) -> Result<Option<(u32, u32)>, Exhausted> {
        let base = self.frames.len();
        let found = self.run(op + 1, at, false)?;
        let negative = kind == LookKind::Ahead { negative: true };
        match found {
            None => Ok(negative.then_some((end, at))),
            Some(_) if negative => {
                while self.frames.len() > base {
                    if let Some(Frame::Register { index, old }) = self.frames.pop() {
                        self.registers[index as usize] = old;
                    }
                }
                Ok(None)
            }
            Some(to) => {
                let kept: Vec<Frame> =
                    self.frames.drain(base..).filter(|frame| matches!(frame, Frame::Register { .. })).collect();
                self.frames.extend(kept);
                Ok(Some((end, if kind == LookKind::Atomic { to } else { at })))
            }
        }
    }

    fn holds(&self, assertion: Assertion, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|index| self.text.get(index)).copied();
        let after = self.text.get(at).copied();
        let is_break = |unit: u32| self.regex.set(self.regex.breaks).contains(unit);
        let in_word = |unit: Option<u32>| unit.is_some_and(|unit| self.regex.set(self.regex.word).contains(unit));
        match assertion {
            Assertion::TextStart => before.is_none(),
            Assertion::LineStart => before.is_none_or(is_break),
            Assertion::TextEnd => after.is_none(),
            Assertion::TextEndOrBreak => after.is_none_or(|unit| is_break(unit) && at + 1 == self.text.len()),
            Assertion::LineEnd => after.is_none_or(is_break),
            Assertion::Boundary => in_word(before) != in_word(after),
            Assertion::NotBoundary => in_word(before) == in_word(after),
        }
    }

    /// Where the match goes on after the text of a group came again.
    fn again(&mut self, group: u32, ignore_case: bool, back: bool, at: u32) -> Option<u32> {
        let register = |index: u32| self.registers.get(index as usize).copied().unwrap_or(NONE);
        let (start, end) = (register(2 * group), register(2 * group + 1));
        if start == NONE || end == NONE {
            // JavaScript: an unset group is empty; Python fails.
            return (self.regex.dialect == super::Dialect::JavaScript).then_some(at);
        }
        let (start, end) = (start.min(end), start.max(end));
        let length = end - start;
        let from = if back { at.checked_sub(length)? } else { at };
        let seen = self.text.get(from as usize..(from + length) as usize)?;
        let wanted = self.text.get(start as usize..end as usize)?;
        self.steps += u64::from(length);
        let lower = |unit: u32| if (0x41..=0x5A).contains(&unit) { unit + 32 } else { unit };
        let same = seen.iter().zip(wanted).all(|(&a, &b)| a == b || (ignore_case && lower(a) == lower(b)));
        same.then_some(if back { from } else { at + length })
    }
}
