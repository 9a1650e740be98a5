//! Sets of characters as sorted ranges: code points, or UTF-16 code units where JavaScript matches those.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// Most characters beyond ASCII of a set for which other cases are looked up; larger sets nearly always hold both.
const MAX_FOLDED: u32 = 1024;

/// A set of characters.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Set {
    /// Sorted, apart from each other, both ends included.
    ranges: Vec<(u32, u32)>,
}

impl Set {
    pub(super) fn of(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.retain(|(start, end)| start <= end);
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (start, end) in ranges {
            match merged.last_mut() {
                Some(last) if start <= last.1.saturating_add(1) => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        Set { ranges: merged }
    }

    pub(super) fn one(unit: u32) -> Self {
        Set { ranges: vec![(unit, unit)] }
    }

    pub(super) fn all(top: u32) -> Self {
        Set { ranges: vec![(0, top)] }
    }

    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    pub(super) fn contains(&self, unit: u32) -> bool {
        let at = self.ranges.partition_point(|&(_, end)| end < unit);
        self.ranges.get(at).is_some_and(|&(start, _)| start <= unit)
    }

    pub(super) fn union(&self, other: &Set) -> Set {
        Set::of(self.ranges.iter().chain(&other.ranges).copied().collect())
    }

    /// What lies between 0 and `top` and is not in the set.
    pub(super) fn negated(&self, top: u32) -> Set {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(start, end) in &self.ranges {
            if start > next {
                ranges.push((next, (start - 1).min(top)));
            }
            next = end.saturating_add(1);
        }
        if next <= top {
            ranges.push((next, top));
        }
        Set { ranges }
    }

    pub(super) fn intersection(&self, other: &Set) -> Set {
        let (mut a, mut b) = (0, 0);
        let mut ranges = Vec::new();
        while let (Some(&left), Some(&right)) = (self.ranges.get(a), other.ranges.get(b)) {
            let (start, end) = (left.0.max(right.0), left.1.min(right.1));
            if start <= end {
                ranges.push((start, end));
            }
            if left.1 < right.1 {
                a += 1;
            } else {
                b += 1;
            }
        }
        Set { ranges }
    }

    /// Drops what lies above `top`.
    pub(super) fn below(mut self, top: u32) -> Set {
        self.ranges.retain(|(start, _)| *start <= top);
        if let Some(last) = self.ranges.last_mut() {
            last.1 = last.1.min(top);
        }
        self
    }

    /// The set with the other case of each letter. (ASCII letters get no partners beyond ASCII.)
    pub(super) fn folded(&self) -> Set {
        let mut ranges = self.ranges.clone();
        let mut beyond = Vec::new();
        let mut count = 0_u32;
        for &(start, end) in &self.ranges {
            for (first, last, shift) in
                [(u32::from('A'), u32::from('Z'), 32_i32), (u32::from('a'), u32::from('z'), -32)]
            {
                let (from, to) = (start.max(first), end.min(last));
                if from <= to {
                    ranges.push((from.saturating_add_signed(shift), to.saturating_add_signed(shift)));
                }
            }
            if end >= 0x80 {
                count = count.saturating_add(end - start.max(0x80) + 1);
                beyond.push((start.max(0x80), end));
            }
        }
        if count > 0 && count <= MAX_FOLDED {
            let chars = beyond
                .iter()
                .filter_map(|&(a, b)| Some(ClassUnicodeRange::new(char::from_u32(a)?, char::from_u32(b)?)));
            let mut class = ClassUnicode::new(chars);
            if class.try_case_fold_simple().is_ok() {
                ranges.extend(
                    class.ranges().iter().map(|range| (u32::from(range.start()).max(0x80), u32::from(range.end()))),
                );
            }
        }
        Set::of(ranges)
    }

    /// The characters with a Unicode property, as both languages write it between the braces of `\p{…}`.
    pub(super) fn property(name: &str) -> Option<Set> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '=');
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return None;
        }
        let hir = regex_syntax::Parser::new().parse(&format!("\\p{{{name}}}")).ok()?;
        match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => Some(Set::of(
                class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect(),
            )),
            _ => None,
        }
    }
}

/// `\d`. In Python's text patterns the digits of the most used scripts as well.
pub(super) fn digits(unicode: bool) -> Set {
    let mut ranges = vec![(0x30, 0x39)];
    if unicode {
        ranges.extend([(0x660, 0x669), (0x6F0, 0x6F9), (0x966, 0x96F), (0xFF10, 0xFF19)]);
    }
    Set::of(ranges)
}

/// `\w`. Beyond Latin, Python's is taken as whole blocks: exact ranges would cost a thousand cuts per pattern and
/// change no answer.
pub(super) fn word(unicode: bool) -> Set {
    let mut ranges = vec![(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];
    if unicode {
        ranges.extend([
            (0xAA, 0xAA),
            (0xB2, 0xB3),
            (0xB5, 0xB5),
            (0xB9, 0xBA),
            (0xBC, 0xBE),
            (0xC0, 0xD6),
            (0xD8, 0xF6),
        ]);
        ranges.extend([(0xF8, 0x2C1), (0x370, 0x167F), (0x1681, 0x1FFF), (0x2C00, 0x2DFF), (0x3005, 0xD7FF)]);
        ranges.extend([
            (0xF900, 0xFDFF),
            (0xFE70, 0xFEFE),
            (0xFF10, 0xFFEF),
            (0x1_0000, 0x1_EFFF),
            (0x2_0000, 0x3_FFFF),
        ]);
    }
    Set::of(ranges)
}

/// `\s` of JavaScript.
pub(super) fn space_javascript() -> Set {
    Set::of(vec![
        (0x9, 0xD),
        (0x20, 0x20),
        (0xA0, 0xA0),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x2028, 0x2029),
        (0x202F, 0x202F),
        (0x205F, 0x205F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    ])
}

/// `\s` of Python.
pub(super) fn space_python(unicode: bool) -> Set {
    let mut ranges = vec![(0x9, 0xD), (0x20, 0x20)];
    if unicode {
        ranges.extend([(0x1C, 0x1F), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)]);
        ranges.extend([(0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)]);
    }
    Set::of(ranges)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn sets() -> impl Strategy<Value = Set> {
        prop::collection::vec((0_u32..300, 0_u32..40), 0..6)
            .prop_map(|pairs| Set::of(pairs.into_iter().map(|(start, length)| (start, start + length)).collect()))
    }

    proptest! {
        #[test]
        fn algebra_agrees_with_membership(a in sets(), b in sets(), unit in 0_u32..400) {
            prop_assert_eq!(a.union(&b).contains(unit), a.contains(unit) || b.contains(unit));
            prop_assert_eq!(a.intersection(&b).contains(unit), a.contains(unit) && b.contains(unit));
            prop_assert_eq!(a.negated(400).contains(unit), !a.contains(unit));
        }
    }

    #[test]
    fn letters_have_two_cases() {
        let folded = Set::of(vec![(u32::from('x'), u32::from('z')), (u32::from('é'), u32::from('é'))]).folded();
        assert!(folded.contains(u32::from('Y')) && folded.contains(u32::from('É')) && !folded.contains(u32::from('a')));
        assert!(!Set::one(u32::from('k')).folded().contains(0x212A), "the Kelvin sign is left out");
    }

    #[test]
    fn properties_by_name() {
        assert!(Set::property("Script=Greek").unwrap().contains(u32::from('λ')));
        assert!(Set::property("L").unwrap().contains(u32::from('q')));
        assert!(Set::property("^L").is_none() && Set::property("No_Such").is_none());
    }
}
