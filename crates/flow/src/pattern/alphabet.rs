//! The characters of a pattern in classes: those that it cannot tell apart are one class.

use rustc_hash::FxHashMap;

use super::set::Set;

/// Classes of characters, one bit each.
pub(super) type Mask = u128;

/// Most classes, and so bits.
const MAX_CLASSES: usize = 128;
/// Words of bits for the sets of a pattern.
const WORDS: usize = 6;

/// The classes of one pattern. The lower a class, the better its character reads.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// For each set its classes.
    masks: Vec<Mask>,
    /// For each class one of its characters.
    characters: Vec<u32>,
}

impl Alphabet {
    /// The classes by the sets that are `used`. Nothing when there are too many sets or classes.
    pub(super) fn of(sets: &[Set], used: &[bool], top: u32) -> Option<Self> {
        if sets.len() > WORDS * 64 {
            return None;
        }
        let mut cuts: Vec<(u32, usize)> = Vec::with_capacity(sets.len() * 4);
        for (index, set) in sets.iter().enumerate().filter(|(index, _)| used[*index]) {
            for &(start, end) in set.ranges() {
                cuts.push((start, index));
                cuts.push((end + 1, index));
            }
        }
        cuts.sort_unstable();
        // A class is told by the sets that hold it.
        let mut classes: FxHashMap<[u64; WORDS], (u32, u32)> = FxHashMap::default();
        let (mut holders, mut from, mut next) = ([0_u64; WORDS], 0_u32, 0);
        while from <= top {
            while let Some(&(at, set)) = cuts.get(next).filter(|(at, _)| *at <= from) {
                debug_assert!(at == from);
                holders[set / 64] ^= 1 << (set % 64);
                next += 1;
            }
            let end = cuts.get(next).map_or(top, |&(at, _)| (at - 1).min(top));
            let best = readable(from, end);
            let class = classes.entry(holders).or_insert(best);
            *class = (*class).min(best);
            from = end + 1;
        }
        if classes.len() > MAX_CLASSES {
            return None;
        }
        let mut classes: Vec<_> = classes.into_iter().map(|(holders, best)| (best, holders)).collect();
        classes.sort_unstable();
        let mut masks = vec![0; sets.len()];
        for (class, (_, holders)) in classes.iter().enumerate() {
            for (word, mut bits) in holders.iter().copied().enumerate() {
                while bits != 0 {
                    masks[word * 64 + bits.trailing_zeros() as usize] |= 1 << class;
                    bits &= bits - 1;
                }
            }
        }
        Some(Alphabet { masks, characters: classes.into_iter().map(|((_, unit), _)| unit).collect() })
    }

    pub(super) fn mask(&self, set: usize) -> Mask {
        self.masks[set]
    }

    pub(super) fn all(&self) -> Mask {
        Mask::MAX >> (MAX_CLASSES - self.characters.len().clamp(1, MAX_CLASSES))
    }

    /// A character of the class.
    pub(super) fn character(&self, class: u8) -> u32 {
        self.characters.get(usize::from(class)).copied().unwrap_or_default()
    }
}

/// The character of a range that reads best, after how well it does.
fn readable(start: u32, end: u32) -> (u32, u32) {
    const TASTE: [(char, char); 8] =
        [('a', 'z'), ('0', '9'), ('A', 'Z'), ('!', '!'), ('#', '/'), (':', '~'), (' ', ' '), ('\t', '\t')];
    for (rank, (first, last)) in (0_u32..).zip(TASTE) {
        let (from, to) = (start.max(first.into()), end.min(last.into()));
        if from <= to {
            return (rank, from);
        }
    }
    // A half of a surrogate pair cannot be shown.
    let shown = if (0xD800..=0xDFFF).contains(&start) && end > 0xDFFF { 0xE000 } else { start };
    let shown = if shown < 0xA1 && end >= 0xA1 { 0xA1 } else { shown };
    let rank = if (0xD800..=0xDFFF).contains(&shown) {
        10
    } else if shown < 0x80 {
        9
    } else {
        8
    };
    (rank, shown)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn characters_that_no_set_tells_apart_are_one_class() {
        let word = Set::of(vec![(0x30, 0x39), (0x61, 0x7A)]);
        let sets = [word, Set::one(0x61), Set::one(0x61).negated(0x10_FFFF)];
        let alphabet = Alphabet::of(&sets, &[true; 3], 0x10_FFFF).unwrap();
        assert_eq!(alphabet.all().count_ones(), 3);
        assert_eq!(alphabet.mask(0) & alphabet.mask(1), alphabet.mask(1));
        assert_eq!(alphabet.mask(1) | alphabet.mask(2), alphabet.all());
        let shown: Vec<u32> = (0..3).map(|class| alphabet.character(class)).collect();
        assert_eq!(shown, [0x61, 0x62, 0x41], "letters first");
    }
}
