//! What a regular expression says, independent of the language it was written in.

use super::set::Set;
use super::{Dialect, Unreadable};

/// A set of characters of a pattern, by its place in [`Regex::sets`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct SetId(pub(super) u16);

impl SetId {
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A part of a pattern. Trees are at most [`super::parse::MAX_DEPTH`] deep, so recursion over them is safe.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    Empty,
    /// One character.
    Set(SetId),
    Assert(Assertion),
    Look(Box<Look>),
    /// A capturing group; the first is 1.
    Group(u32, Box<Node>),
    /// `(?>…)`: once left, it is not entered again.
    Atomic(Box<Node>),
    Concat(Vec<Node>),
    Alt(Vec<Node>),
    Repeat(Box<Repeat>),
    /// The text of a group again.
    Back(Back),
    /// `(?(1)yes|no)`.
    Either(Box<Either>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Assertion {
    TextStart,
    LineStart,
    TextEnd,
    /// Python's `$`: also before a line break that ends the text.
    TextEndOrBreak,
    LineEnd,
    Boundary,
    NotBoundary,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Look {
    pub(super) behind: bool,
    pub(super) negative: bool,
    pub(super) body: Node,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Repeat {
    pub(super) body: Node,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) greed: Greed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Back {
    pub(super) group: u32,
    pub(super) ignore_case: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Either {
    pub(super) group: u32,
    pub(super) yes: Node,
    pub(super) no: Node,
}

/// A regular expression that was understood.
#[derive(Clone, Debug)]
pub struct Regex {
    pub(super) root: Node,
    pub(super) sets: Vec<Set>,
    /// Number of capturing groups.
    pub(super) groups: u32,
    pub(super) dialect: Dialect,
    /// JavaScript's `y`: matches only where it is told to start.
    pub(super) sticky: bool,
    /// Texts are matched as UTF-16 code units (JavaScript without `u` and `v`).
    pub(super) utf16: bool,
    /// Characters of words, for `\b`.
    pub(super) word: SetId,
    /// Line breaks, for `^` and `$` of lines.
    pub(super) breaks: SetId,
}

impl Regex {
    /// Reads a regular expression. `flags` are JavaScript's letters; for Python the letters of inline flags (`imsxau`)
    /// and `b` for a pattern of bytes.
    ///
    /// # Errors
    ///
    /// When the language would refuse it, or it uses what this reader does not know; the reason says which.
    pub fn parse(pattern: &str, flags: &str, dialect: Dialect) -> Result<Regex, Unreadable> {
        super::parse::parse(pattern, flags, dialect)
    }

    pub(super) fn set(&self, id: SetId) -> &Set {
        &self.sets[id.index()]
    }

    /// A text as what this pattern matches: code units or code points.
    pub(super) fn units(&self, text: &str) -> Vec<u32> {
        if self.utf16 { text.encode_utf16().map(u32::from).collect() } else { text.chars().map(u32::from).collect() }
    }
}

impl Node {
    /// The parts right below.
    pub(super) fn children(&self) -> Vec<&Node> {
        match self {
            Node::Empty | Node::Set(_) | Node::Assert(_) | Node::Back(_) => Vec::new(),
            Node::Look(look) => vec![&look.body],
            Node::Group(_, body) | Node::Atomic(body) => vec![body],
            Node::Concat(items) | Node::Alt(items) => items.iter().collect(),
            Node::Repeat(repeat) => vec![&repeat.body],
            Node::Either(either) => vec![&either.yes, &either.no],
        }
    }
}
