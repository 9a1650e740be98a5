//! Sets of origins, kept in one arena: a set is a place in it, and copying a set costs four bytes.

use smallvec::SmallVec;

use super::{MAX_ORIGINS, Origin};

/// Bits of a [`Set`] that tell its length; the others tell where it starts.
const LENGTH_BITS: u32 = 4;
const LENGTH_MASK: u32 = (1 << LENGTH_BITS) - 1;
/// Most origins in the arena. Beyond it sets grow no more.
const MAX_STORED: usize = (u32::MAX >> LENGTH_BITS) as usize;

const _: () = assert!(MAX_ORIGINS <= LENGTH_MASK as usize);

/// A sorted set of origins in a [`Sets`]. Sets never change: a larger one is another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Set(u32);

impl Set {
    fn new(start: usize, length: usize) -> Self {
        Set((start as u32) << LENGTH_BITS | length as u32)
    }

    fn start(self) -> usize {
        (self.0 >> LENGTH_BITS) as usize
    }

    fn len(self) -> usize {
        (self.0 & LENGTH_MASK) as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// All sets of a program.
#[derive(Debug, Default)]
pub(super) struct Sets {
    origins: Vec<Origin>,
}

impl Sets {
    /// No set yet, and room for as many origins as there are values: most values have one.
    pub(super) fn with_room(values: usize) -> Self {
        Sets { origins: Vec::with_capacity(values.min(MAX_STORED)) }
    }

    /// What is in a set.
    pub(super) fn get(&self, set: Set) -> &[Origin] {
        &self.origins[set.start()..set.start() + set.len()]
    }

    /// The set of one origin.
    pub(super) fn one(&mut self, origin: Origin) -> Set {
        self.store(&[origin])
    }

    fn store(&mut self, origins: &[Origin]) -> Set {
        let start = self.origins.len();
        if start + origins.len() > MAX_STORED {
            return Set::default();
        }
        self.origins.extend_from_slice(origins);
        Set::new(start, origins.len())
    }

    /// A set with more origins; the same set when all are in it already. Also whether something was left out.
    pub(super) fn with(&mut self, set: Set, more: &[Origin]) -> (Set, bool) {
        if more.is_empty() {
            return (set, false);
        }
        let old = self.get(set);
        if more.iter().all(|origin| old.binary_search(origin).is_ok()) {
            return (set, false);
        }
        let mut all: SmallVec<[Origin; MAX_ORIGINS]> = SmallVec::from_slice(old);
        let cut = add(&mut all, more);
        if all.len() == old.len() {
            return (set, cut);
        }
        let stored = self.store(&all);
        if stored.is_empty() { (set, true) } else { (stored, cut) }
    }

    /// The union of two sets, which is one of them where it can be.
    pub(super) fn union(&mut self, set: Set, more: Set) -> (Set, bool) {
        if set == more || more.is_empty() {
            return (set, false);
        }
        if set.is_empty() {
            return (more, false);
        }
        let (old, new) = (self.get(set), self.get(more));
        if new.len() >= old.len() && old.iter().all(|origin| new.binary_search(origin).is_ok()) {
            return if new.len() == old.len() { (set, false) } else { (more, false) };
        }
        let more: SmallVec<[Origin; MAX_ORIGINS]> = SmallVec::from_slice(new);
        self.with(set, &more)
    }

    /// Forgets all sets but these, which are given their new places. What is kept moves down within the arena: a second
    /// one beside it would be the most memory that the analysis ever needs.
    pub(super) fn keep(&mut self, kept: &mut [&mut [Set]]) {
        // For each place whether a set that starts there is kept, then where it starts anew. No two sets start at one.
        let mut places = vec![Set::default(); self.origins.len()];
        for set in kept.iter().flat_map(|sets| sets.iter()).filter(|set| !set.is_empty()) {
            places[set.start()] = *set;
        }
        let mut end = 0;
        for set in places.iter_mut().filter(|set| !set.is_empty()) {
            let (start, length) = (set.start(), set.len());
            self.origins.copy_within(start..start + length, end);
            *set = Set::new(end, length);
            end += length;
        }
        for set in kept.iter_mut().flat_map(|sets| sets.iter_mut()).filter(|set| !set.is_empty()) {
            *set = places[set.start()];
        }
        self.origins.truncate(end);
        self.origins.shrink_to_fit();
    }
}

/// Adds to a sorted list up to [`MAX_ORIGINS`]; whether something was left out.
fn add(all: &mut SmallVec<[Origin; MAX_ORIGINS]>, more: &[Origin]) -> bool {
    let mut cut = false;
    for origin in more {
        if let Err(at) = all.binary_search(origin) {
            if all.len() >= MAX_ORIGINS {
                cut = true;
                continue;
            }
            all.insert(at, *origin);
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::UnitId;

    fn module(at: u32) -> Origin {
        Origin::Module(UnitId(at))
    }

    #[test]
    fn sets_grow_and_are_shared() {
        let mut sets = Sets::default();
        let one = sets.one(module(3));
        let (two, cut) = sets.with(one, &[module(1), module(3)]);
        assert!(!cut);
        assert_eq!(sets.get(two), [module(1), module(3)]);
        assert_eq!(sets.with(two, &[module(3)]), (two, false), "nothing new, the same set");
        assert_eq!(sets.union(one, two), (two, false), "the larger one is the union");
        assert_eq!(sets.union(two, one), (two, false));
        assert_eq!(sets.union(Set::default(), one), (one, false));
    }

    #[test]
    fn only_what_is_kept_stays() {
        let mut sets = Sets::default();
        let one = sets.one(module(3));
        let (two, _) = sets.with(one, &[module(1)]);
        let other = sets.one(module(5));
        let mut kept = [two, Set::default(), other, two];
        let (first, rest) = kept.split_at_mut(1);
        sets.keep(&mut [first, rest]);
        assert_eq!(sets.get(kept[0]), [module(1), module(3)]);
        assert_eq!(sets.get(kept[2]), [module(5)]);
        assert_eq!(kept[0], kept[3]);
        assert!(kept[1].is_empty());
        assert_eq!(sets.origins.len(), 3, "what nothing holds is gone");
    }

    #[test]
    fn sets_are_cut() {
        let mut sets = Sets::default();
        let many: Vec<Origin> = (0..20).map(module).collect();
        let (set, cut) = sets.with(Set::default(), &many);
        assert!(cut);
        assert_eq!(sets.get(set).len(), MAX_ORIGINS);
        let one = sets.one(module(40));
        let (same, cut) = sets.union(set, one);
        assert!(cut);
        assert_eq!(same, set, "a full set takes nothing more");
    }
}
