//! Access paths: where, inside a value, the untrusted part lies.

use compact_str::CompactString;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A key of a path: a member, an item or an index, by its text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct KeyId(u32);

/// Marks keys that are positions in a list.
const INDEX: u32 = 1 << 31;

impl KeyId {
    /// Any key: an element of a list, a computed key.
    pub(crate) const ANY: KeyId = KeyId(0);

    /// Any element of a list: not a member with a name.
    pub(crate) const ELEMENT: KeyId = KeyId(1 | INDEX);

    /// Whether two keys may be the same.
    pub(crate) fn meets(self, other: KeyId) -> bool {
        let element = |key: KeyId| key == Self::ELEMENT;
        let index = |key: KeyId| key.0 & INDEX != 0;
        self == other
            || self == Self::ANY
            || other == Self::ANY
            || (element(self) && index(other))
            || (element(other) && index(self))
    }
}

/// A path of at most [`MAX_KEYS`] keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct PathId(u32);

impl PathId {
    /// The value itself.
    pub(crate) const EMPTY: PathId = PathId(0);

    pub(crate) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// Longest path kept; what lies deeper counts as the whole of what lies there.
pub(crate) const MAX_KEYS: usize = 3;

/// The keys of two paths.
type Keys = SmallVec<[KeyId; 2 * MAX_KEYS]>;

/// All keys and paths of a program, interned.
#[derive(Debug)]
pub(crate) struct Paths {
    keys: Vec<CompactString>,
    key_ids: FxHashMap<CompactString, KeyId>,
    /// The path of each key alone, by the key's place; the empty one where it was not asked for yet.
    only: Vec<PathId>,
    /// First key, the rest, and how many keys there are; the first key of the empty path is not looked at.
    cells: Vec<(KeyId, PathId, u32)>,
    cell_ids: FxHashMap<(KeyId, PathId), PathId>,
}

/// How a path that is untrusted relates to a path that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fit {
    /// What is asked for lies in (or is) what is untrusted; the keys from there on.
    Within(PathId),
    /// What is untrusted lies in what is asked for; the keys from there on.
    Around(PathId),
    /// They have nothing to do with each other.
    Apart,
}

impl Default for Paths {
    fn default() -> Self {
        let mut paths = Paths {
            keys: Vec::new(),
            key_ids: FxHashMap::default(),
            only: Vec::new(),
            cells: vec![(KeyId::ANY, PathId::EMPTY, 0)],
            cell_ids: FxHashMap::default(),
        };
        // In the order of the constants of `KeyId`.
        paths.key("*");
        paths.key("[]");
        paths
    }
}

impl Paths {
    pub(crate) fn key(&mut self, text: &str) -> KeyId {
        if let Some(&key) = self.key_ids.get(text) {
            return key;
        }
        let index = text == "[]" || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
        let key = KeyId(self.keys.len() as u32 | if index { INDEX } else { 0 });
        self.keys.push(CompactString::new(text));
        self.only.push(PathId::EMPTY);
        self.key_ids.insert(CompactString::new(text), key);
        key
    }

    /// What a key is called.
    pub(crate) fn text(&self, key: KeyId) -> &str {
        self.keys.get((key.0 & !INDEX) as usize).map_or("", CompactString::as_str)
    }

    fn cons(&mut self, key: KeyId, rest: PathId) -> PathId {
        let next = PathId(self.cells.len() as u32);
        let cells = &mut self.cells;
        *self.cell_ids.entry((key, rest)).or_insert_with(|| {
            let length = cells[rest.0 as usize].2 + 1;
            cells.push((key, rest, length));
            next
        })
    }

    /// The path of one key.
    pub(crate) fn only(&mut self, key: KeyId) -> PathId {
        let at = (key.0 & !INDEX) as usize;
        if self.only[at].is_empty() {
            self.only[at] = self.cons(key, PathId::EMPTY);
        }
        self.only[at]
    }

    fn length(&self, path: PathId) -> usize {
        self.cells[path.0 as usize].2 as usize
    }

    /// Whether a path is as long as paths get.
    pub(crate) fn is_full(&self, path: PathId) -> bool {
        self.length(path) == MAX_KEYS
    }

    pub(crate) fn keys(&self, mut path: PathId) -> impl Iterator<Item = KeyId> {
        std::iter::from_fn(move || {
            (!path.is_empty()).then(|| {
                let (key, rest, _) = self.cells[path.0 as usize];
                path = rest;
                key
            })
        })
    }

    fn of_keys(&mut self, keys: &[KeyId]) -> (PathId, bool) {
        let kept = &keys[..keys.len().min(MAX_KEYS)];
        let path = kept.iter().rev().fold(PathId::EMPTY, |rest, &key| self.cons(key, rest));
        (path, kept.len() < keys.len())
    }

    /// The path with a key before it, and whether something had to be cut off.
    pub(crate) fn before(&mut self, key: KeyId, path: PathId) -> (PathId, bool) {
        if path.is_empty() {
            return (self.only(key), false);
        }
        if self.length(path) < MAX_KEYS {
            return (self.cons(key, path), false);
        }
        let keys: Keys = std::iter::once(key).chain(self.keys(path)).collect();
        self.of_keys(&keys)
    }

    /// One path after another, and whether something had to be cut off.
    pub(crate) fn join(&mut self, first: PathId, second: PathId) -> (PathId, bool) {
        if second.is_empty() {
            return (first, false);
        }
        if first.is_empty() {
            return (second, false);
        }
        if self.length(first) == 1 && self.length(second) < MAX_KEYS {
            let (key, ..) = self.cells[first.0 as usize];
            return (self.cons(key, second), false);
        }
        let keys: Keys = self.keys(first).chain(self.keys(second)).collect();
        self.of_keys(&keys)
    }

    /// What is left of a path behind a key; `None` when the path leads elsewhere. Not for the empty path.
    pub(crate) fn behind(&self, path: PathId, key: KeyId) -> Option<PathId> {
        let (first, rest, _) = self.cells[path.0 as usize];
        first.meets(key).then_some(rest)
    }

    /// How what is untrusted relates to what is asked for.
    pub(crate) fn fit(&self, mut untrusted: PathId, mut asked: PathId) -> Fit {
        loop {
            if untrusted.is_empty() {
                return Fit::Within(asked);
            }
            if asked.is_empty() {
                return Fit::Around(untrusted);
            }
            let (a, rest_a, _) = self.cells[untrusted.0 as usize];
            let (b, rest_b, _) = self.cells[asked.0 as usize];
            if !a.meets(b) {
                return Fit::Apart;
            }
            (untrusted, asked) = (rest_a, rest_b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fit_by_their_keys() {
        let mut paths = Paths::default();
        let (a, b) = (paths.key("a"), paths.key("b"));
        let (inner, _) = paths.before(b, PathId::EMPTY);
        let (nested, _) = paths.before(a, inner);
        let (outer, _) = paths.before(a, PathId::EMPTY);
        assert_eq!(paths.fit(outer, nested), Fit::Within(inner));
        assert_eq!(paths.fit(nested, outer), Fit::Around(inner));
        assert_eq!(paths.fit(inner, outer), Fit::Apart);
        let (any, _) = paths.before(KeyId::ANY, PathId::EMPTY);
        assert_eq!(paths.fit(any, outer), Fit::Within(PathId::EMPTY));
        assert_eq!(paths.keys(nested).collect::<Vec<_>>(), [a, b]);
    }

    #[test]
    fn elements_are_no_members() {
        let mut paths = Paths::default();
        let (name, first) = (paths.key("name"), paths.key("0"));
        assert!(KeyId::ELEMENT.meets(first) && first.meets(KeyId::ELEMENT) && KeyId::ELEMENT.meets(KeyId::ANY));
        assert!(!KeyId::ELEMENT.meets(name) && !first.meets(name));
    }

    #[test]
    fn deep_paths_are_cut() {
        let mut paths = Paths::default();
        let key = paths.key("k");
        let mut path = PathId::EMPTY;
        for depth in 0..6 {
            let (next, cut) = paths.before(key, path);
            assert_eq!(cut, depth >= MAX_KEYS);
            path = next;
        }
        assert_eq!(paths.keys(path).count(), MAX_KEYS);
    }
}
