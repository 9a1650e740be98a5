//! Facts: this value holds, at that path, something that comes from there.

use lunette_lang::ir::ValueId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::KindSet;
use super::path::{Fit, KeyId, PathId, Paths};

/// What a fact goes back to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) enum Root {
    /// A source, by its index.
    Source(u32),
    /// What the function's caller passes: parameter and path in it.
    Param(u32, PathId),
    /// What is kept in a slot (a shared variable, a field): slot and path in it.
    Slot(u32, PathId),
}

/// An interned [`Root`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct RootId(pub(crate) u32);

/// Remarks on a fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Flags(u8);

impl Flags {
    /// The value is the root itself, not something made of it.
    pub(crate) const EXACT: Flags = Flags(1);
    /// Made of the root with all that it holds (serialised, joined).
    pub(crate) const DEEP: Flags = Flags(2);
    /// A call about which nothing is known was taken to pass it on.
    pub(crate) const ASSUMED: Flags = Flags(4);
    /// A path was cut.
    pub(crate) const WIDENED: Flags = Flags(8);
    /// The root does not give the value but chooses it: `object[root]`.
    pub(crate) const CHOSEN: Flags = Flags(16);
    /// The root became part of a value that begins with something else.
    pub(crate) const PART: Flags = Flags(32);
    /// Another object that holds the same: what is written to it is not written to the root.
    pub(crate) const COPY: Flags = Flags(64);
    /// What tells one fact from another.
    const IDENTITY: Flags = Flags(1 | 16);

    pub(crate) fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub(crate) fn with(self, other: Flags) -> Self {
        Flags(self.0 | other.0)
    }

    #[must_use]
    pub(crate) fn without(self, other: Flags) -> Self {
        Flags(self.0 & !other.0)
    }

    #[must_use]
    pub(crate) fn only(self, other: Flags) -> Self {
        Flags(self.0 & other.0)
    }

    #[must_use]
    pub(crate) fn with_if(self, holds: bool, other: Flags) -> Self {
        if holds { self.with(other) } else { self }
    }

    /// Of two ways to the same fact: what holds for both of the doubts and of copies, what holds for either of the rest.
    fn meet(self, other: Flags) -> Self {
        let doubts = Self::ASSUMED.0 | Self::WIDENED.0 | Self::COPY.0;
        Flags((self.0 & other.0 & doubts) | ((self.0 | other.0) & !doubts))
    }
}

/// A fact about a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fact {
    /// Where it comes from.
    pub(crate) root: RootId,
    /// Where in the value it lies.
    pub(crate) path: PathId,
    /// Kinds of harm that it can no longer do.
    pub(crate) cleared: KindSet,
    /// The value that it came by.
    pub(crate) from: ValueId,
    /// Remarks.
    pub(crate) flags: Flags,
}

/// The facts about one value.
pub(crate) type Facts = SmallVec<[Fact; 2]>;

/// Most facts kept for one value.
pub(crate) const MAX_FACTS: usize = 24;

/// Adds a fact; whether anything changed, or `None` when there is no room for it.
pub(crate) fn add(facts: &mut Facts, fact: Fact) -> Option<bool> {
    if let Some(changed) = meet(facts, fact) {
        return Some(changed);
    }
    (facts.len() < MAX_FACTS).then(|| {
        facts.push(fact);
        true
    })
}

/// Adds a fact to a list of a summary; whether there was room for it.
pub(crate) fn add_to(facts: &mut Vec<Fact>, fact: Fact, most: usize) -> bool {
    if meet(facts, fact).is_some() {
        return true;
    }
    let room = facts.len() < most;
    if room {
        facts.push(fact);
    }
    room
}

/// Joins a fact with one that says the same already; whether that changed it. `None` when there is no such fact.
fn meet(facts: &mut [Fact], fact: Fact) -> Option<bool> {
    let same = |known: &&mut Fact| {
        let differ = (known.flags.0 ^ fact.flags.0) & Flags::IDENTITY.0;
        known.root == fact.root && known.path == fact.path && differ == 0
    };
    let known = facts.iter_mut().find(same)?;
    // A kind is cleared when it is on every way.
    let cleared = known.cleared & fact.cleared;
    let flags = known.flags.meet(fact.flags);
    let changed = cleared != known.cleared || flags != known.flags;
    known.cleared = cleared;
    known.flags = flags;
    Some(changed)
}

/// A place in a list that grows as need be.
fn entry(list: &mut Vec<Option<RootId>>, at: u32) -> &mut Option<RootId> {
    if list.len() <= at as usize {
        list.resize(at as usize + 1, None);
    }
    &mut list[at as usize]
}

/// Paths and roots of a program.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    pub(crate) paths: Paths,
    roots: Vec<Root>,
    root_ids: FxHashMap<Root, RootId>,
    /// Of whole parameters and whole slots, which are asked for most, by their numbers.
    params: Vec<Option<RootId>>,
    slots: Vec<Option<RootId>>,
}

impl Pools {
    pub(crate) fn root(&mut self, root: Root) -> RootId {
        let next = RootId(self.roots.len() as u32);
        let id = match root {
            Root::Param(of, PathId::EMPTY) => *entry(&mut self.params, of).get_or_insert(next),
            Root::Slot(of, PathId::EMPTY) => *entry(&mut self.slots, of).get_or_insert(next),
            root => *self.root_ids.entry(root).or_insert(next),
        };
        if id == next {
            self.roots.push(root);
        }
        id
    }

    pub(crate) fn get(&self, id: RootId) -> Root {
        self.roots[id.0 as usize]
    }

    /// The root of what lies at a path in a root, and whether the path had to be cut.
    fn extend(&mut self, id: RootId, by: PathId) -> (RootId, bool) {
        let (path, cut, make): (PathId, bool, fn(u32, PathId) -> Root) = match self.get(id) {
            Root::Source(_) => return (id, false),
            Root::Param(_, path) => {
                let (path, cut) = self.paths.join(path, by);
                (path, cut, Root::Param)
            }
            Root::Slot(_, path) => {
                let (path, cut) = self.paths.join(path, by);
                (path, cut, Root::Slot)
            }
        };
        let (Root::Param(of, _) | Root::Slot(of, _) | Root::Source(of)) = self.get(id);
        (self.root(make(of, path)), cut)
    }

    /// The fact about the value under a key.
    pub(crate) fn load(&mut self, fact: Fact, key: KeyId) -> Option<Fact> {
        if !fact.path.is_empty() {
            return self.paths.behind(fact.path, key).map(|path| Fact { path, ..fact });
        }
        let mut fact = Fact { flags: fact.flags.without(Flags::COPY), ..fact };
        if fact.flags.has(Flags::EXACT) && !matches!(self.get(fact.root), Root::Source(_)) {
            let path = self.paths.only(key);
            let (root, cut) = self.extend(fact.root, path);
            fact.root = root;
            if cut {
                fact.flags = fact.flags.without(Flags::EXACT).with(Flags::WIDENED);
            }
        }
        Some(fact)
    }

    /// The fact about a value that holds another under a key.
    pub(crate) fn store(&mut self, fact: Fact, key: KeyId) -> Fact {
        let (path, cut) = self.paths.before(key, fact.path);
        Fact { path, flags: fact.flags.with_if(cut, Flags::WIDENED), ..fact }
    }

    /// A fact about a result: what `given` says of a root, applied to a fact about what was passed for that root.
    /// `asked` is the root's path.
    pub(crate) fn apply(&mut self, passed: Fact, asked: PathId, given: &Fact) -> Option<Fact> {
        // What is made of a chosen value is not chosen.
        if passed.flags.has(Flags::CHOSEN) && (!given.flags.has(Flags::EXACT) || given.flags.has(Flags::COPY)) {
            return None;
        }
        let flags = passed.flags.without(Flags::EXACT).with(given.flags.without(Flags::EXACT));
        let both_exact = passed.flags.has(Flags::EXACT) && given.flags.has(Flags::EXACT);
        let cleared = passed.cleared | given.cleared;
        let (root, path, flags) = match self.paths.fit(passed.path, asked) {
            Fit::Apart => return None,
            Fit::Within(rest) => {
                let exact = passed.flags.has(Flags::EXACT);
                let (root, cut) = if exact { self.extend(passed.root, rest) } else { (passed.root, false) };
                (root, given.path, flags.with_if(both_exact && !cut, Flags::EXACT).with_if(cut, Flags::WIDENED))
            }
            Fit::Around(rest) if given.flags.has(Flags::EXACT) => {
                let (path, cut) = self.paths.join(given.path, rest);
                (passed.root, path, flags.with_if(both_exact, Flags::EXACT).with_if(cut, Flags::WIDENED))
            }
            Fit::Around(_) if given.flags.has(Flags::DEEP) => (passed.root, given.path, flags),
            Fit::Around(_) => return None,
        };
        Some(Fact { root, path, cleared, from: given.from, flags })
    }
}
