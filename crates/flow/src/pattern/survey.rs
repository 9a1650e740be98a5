//! What is in a pattern: read once before its automaton is built.

use rustc_hash::FxHashMap;

use super::ast::{Assertion, Node, Regex, Repeat};

/// A repetition of at least this many optional rounds counts as one without end: 2^25 ways are too many to try.
pub(super) const MANY: u32 = 25;
/// … and of this many also where the work grows as a power only.
pub(super) const VERY_MANY: u32 = 1000;

/// What is in a pattern.
#[derive(Debug, Default)]
pub(super) struct Survey<'a> {
    /// For each set whether it is used.
    pub(super) used: Vec<bool>,
    /// Whether some repetition may go on for long.
    pub(super) loops: bool,
    pub(super) boundaries: bool,
    pub(super) line_starts: bool,
    /// Bodies of lookbehinds.
    pub(super) behind: Vec<&'a Node>,
    pub(super) groups: FxHashMap<u32, &'a Node>,
}

impl<'a> Survey<'a> {
    pub(super) fn of(regex: &'a Regex) -> Self {
        let mut survey = Survey { used: vec![false; regex.sets.len()], ..Survey::default() };
        survey.visit(&regex.root, regex);
        survey
    }

    fn visit(&mut self, node: &'a Node, regex: &Regex) {
        match node {
            Node::Set(set) => self.used[set.index()] = true,
            Node::Assert(Assertion::Boundary | Assertion::NotBoundary) => {
                self.boundaries = true;
                self.used[regex.word.index()] = true;
            }
            Node::Assert(assertion @ (Assertion::LineStart | Assertion::LineEnd)) => {
                self.line_starts |= *assertion == Assertion::LineStart;
                self.used[regex.breaks.index()] = true;
            }
            Node::Look(look) if look.behind => self.behind.push(&look.body),
            Node::Group(index, body) => {
                self.groups.insert(*index, body);
            }
            Node::Repeat(repeat) => self.loops |= is_loop(repeat),
            _ => {}
        }
        for child in node.children() {
            self.visit(child, regex);
        }
    }
}

/// Whether a repetition may go on for long.
pub(super) fn is_loop(repeat: &Repeat) -> bool {
    repeat.max.is_none_or(|max| max - repeat.min.min(max) >= MANY)
}

/// Whether there is a loop in a part.
pub(super) fn has_loop(node: &Node) -> bool {
    matches!(node, Node::Repeat(repeat) if is_loop(repeat)) || node.children().into_iter().any(has_loop)
}

/// Characters that a part stands for when its repetitions are written out as far as the automaton does.
pub(super) fn size(node: &Node) -> u32 {
    match node {
        Node::Set(_) | Node::Back(_) => 1,
        Node::Repeat(repeat) => {
            let body = size(&repeat.body);
            let (needed, optional) = copies(repeat, body);
            body.saturating_mul((needed + optional).max(1))
        }
        _ => node.children().into_iter().fold(0, |sum, child| sum.saturating_add(size(child))),
    }
}

/// How often the body of a repetition is written out: needed rounds, and optional ones (none in loops).
///
/// Rounds beyond what fits are left out: what such repetitions add is bounded.
pub(super) fn copies(repeat: &Repeat, body: u32) -> (u32, u32) {
    const ROOM: u32 = 48;
    let most = (ROOM / body.max(1)).clamp(1, 32);
    if is_loop(repeat) {
        return (repeat.min.min(most), 0);
    }
    let needed = repeat.min.min(most);
    let optional = repeat.max.unwrap_or(repeat.min).saturating_sub(repeat.min);
    (needed, optional.min(most.saturating_sub(needed).max(1)).min(optional))
}
