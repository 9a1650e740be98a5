//! What must hold between two characters: assertions, and lookarounds of one character.

use super::alphabet::Mask;
use super::ast::{Assertion, Look, Node};
use super::nfa::Terms;

const TEXT_START: u8 = 1;
const LINE_START: u8 = 2;
const TEXT_END: u8 = 4;
const LINE_END: u8 = 8;
const BOUNDARY: u8 = 16;
const NOT_BOUNDARY: u8 = 32;
/// Something must have been read.
const NOT_AT_START: u8 = 64;

/// A condition on the characters before and after a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Guard {
    flags: u8,
    before: Mask,
    after: Mask,
}

impl Guard {
    pub(super) const NONE: Guard = Guard { flags: 0, before: Mask::MAX, after: Mask::MAX };

    pub(super) fn and(self, other: Guard) -> Guard {
        Guard { flags: self.flags | other.flags, before: self.before & other.before, after: self.after & other.after }
    }

    pub(super) fn assertion(assertion: Assertion) -> Guard {
        let flags = match assertion {
            Assertion::TextStart => TEXT_START,
            Assertion::LineStart => LINE_START,
            Assertion::TextEnd | Assertion::TextEndOrBreak => TEXT_END,
            Assertion::LineEnd => LINE_END,
            Assertion::Boundary => BOUNDARY,
            Assertion::NotBoundary => NOT_BOUNDARY,
        };
        Guard { flags, ..Guard::NONE }
    }

    /// What a lookaround says of the next (or last) character alone; never too much.
    pub(super) fn look(look: &Look, terms: &Terms) -> Guard {
        let all = terms.alphabet.all();
        let mask = if look.negative {
            all & !surely(&look.body, look.behind, terms)
        } else {
            match edge(&look.body, look.behind, terms) {
                (_, true) => all,
                (mask, false) => mask,
            }
        };
        if look.behind {
            let start_will_do = look.negative || mask == all || mentions_start(&look.body);
            Guard { flags: if start_will_do { 0 } else { NOT_AT_START }, before: mask, after: Mask::MAX }
        } else {
            Guard { after: mask, ..Guard::NONE }
        }
    }

    /// Which of the characters `next` may follow; `before` is nothing at the start of the text.
    pub(super) fn passes(self, before: Option<Mask>, next: Mask, terms: &Terms) -> Mask {
        let mut next = next & self.after;
        if self.flags & TEXT_END != 0 {
            return 0;
        }
        if self.flags & LINE_END != 0 {
            next &= terms.breaks;
        }
        let refused = match before {
            None => self.flags & NOT_AT_START != 0,
            Some(before) => {
                self.flags & TEXT_START != 0
                    || before & self.before == 0
                    || (self.flags & LINE_START != 0 && before & terms.breaks == 0)
            }
        };
        if refused {
            return 0;
        }
        let after_word = before.is_some_and(|before| before & terms.word != 0);
        if self.flags & BOUNDARY != 0 {
            next &= if after_word { !terms.word } else { terms.word };
        }
        if self.flags & NOT_BOUNDARY != 0 {
            next &= if after_word { terms.word } else { !terms.word };
        }
        next
    }
}

fn mentions_start(node: &Node) -> bool {
    matches!(node, Node::Assert(_)) || node.children().into_iter().any(mentions_start)
}

/// The characters that a match of the part can begin with (`last`: end with), and whether it may have none.
pub(super) fn edge(node: &Node, last: bool, terms: &Terms) -> (Mask, bool) {
    match node {
        Node::Empty | Node::Look(_) | Node::Back(_) => (0, true),
        Node::Set(set) => (terms.mask(*set), false),
        // A character comes next, so these fail.
        Node::Assert(Assertion::TextEnd | Assertion::TextEndOrBreak) if !last => (0, false),
        Node::Assert(Assertion::LineEnd) if !last => (terms.breaks, false),
        Node::Assert(Assertion::TextStart) if last => (0, false),
        Node::Assert(Assertion::LineStart) if last => (terms.breaks, false),
        Node::Assert(_) => (0, true),
        Node::Group(_, body) | Node::Atomic(body) => edge(body, last, terms),
        Node::Concat(items) => {
            let mut found = 0;
            let mut each = |item: &Node| {
                let (mask, empty) = edge(item, last, terms);
                found |= mask;
                empty
            };
            let empty = if last { items.iter().rev().all(&mut each) } else { items.iter().all(&mut each) };
            (found, empty)
        }
        Node::Alt(_) | Node::Either(_) => node.children().into_iter().fold((0, false), |(mask, empty), child| {
            let (more, or_empty) = edge(child, last, terms);
            (mask | more, empty || or_empty)
        }),
        Node::Repeat(repeat) => {
            let (mask, empty) = edge(&repeat.body, last, terms);
            (mask, empty || repeat.min == 0)
        }
    }
}

/// The characters of which one alone makes the part match, whatever is beyond it.
fn surely(node: &Node, last: bool, terms: &Terms) -> Mask {
    match node {
        Node::Set(set) => terms.mask(*set),
        Node::Group(_, body) | Node::Atomic(body) => surely(body, last, terms),
        Node::Alt(branches) => branches.iter().fold(0, |mask, branch| mask | surely(branch, last, terms)),
        Node::Repeat(repeat) if repeat.min == 1 => surely(&repeat.body, last, terms),
        Node::Concat(items) => {
            let ((false, [first, rest @ ..]) | (true, [rest @ .., first])) = (last, items.as_slice()) else { return 0 };
            let free =
                |node: &Node| matches!(node, Node::Repeat(repeat) if repeat.min == 0) || matches!(node, Node::Empty);
            if rest.iter().all(free) { surely(first, last, terms) } else { 0 }
        }
        _ => 0,
    }
}
