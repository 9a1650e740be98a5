//! The skip ledger: what was not read, with the reason, bounded.

use std::collections::BTreeMap;

use lunette_core::project::{SkipReason, Skipped};
use lunette_core::text::{printable, shorten, thousands};

/// Longest path shown in the ledger, in characters.
const MAX_PATH: usize = 400;
/// Longest detail, in characters.
const MAX_DETAIL: usize = 300;

/// Collects what was skipped. A hostile tree can fill it with no more than `cap` lines for each reason.
pub(crate) struct Ledger {
    cap: usize,
    by_reason: BTreeMap<SkipReason, (Vec<Skipped>, usize)>,
}

impl Ledger {
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap, by_reason: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, path: &str, reason: SkipReason, detail: &str) {
        let (lines, more) = self.by_reason.entry(reason).or_default();
        if lines.len() >= self.cap {
            *more += 1;
            return;
        }
        lines.push(line(path, reason, detail));
    }

    /// All lines by path; then, for each reason with more lines than the cap, one that says how many more there are.
    pub(crate) fn finish(self) -> Vec<Skipped> {
        let mut all = Vec::new();
        let mut rest = Vec::new();
        for (reason, (lines, more)) in self.by_reason {
            all.extend(lines);
            if more > 0 {
                rest.push(Skipped { path: "…".to_owned(), reason, detail: format!("and {} more", thousands(more)) });
            }
        }
        all.sort();
        all.extend(rest);
        all
    }
}

/// A line of the ledger, made safe to show.
pub(crate) fn line(path: &str, reason: SkipReason, detail: &str) -> Skipped {
    Skipped { path: shorten(&printable(path), MAX_PATH), reason, detail: shorten(&printable(detail), MAX_DETAIL) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_and_in_order_of_paths() {
        let mut ledger = Ledger::new(2);
        ledger.add("z", SkipReason::Ignored, "");
        ledger.add("b\u{1b}[2J", SkipReason::Binary, "");
        for at in 0..1_500 {
            ledger.add(&format!("a{at}"), SkipReason::Symlink, "");
        }
        let lines: Vec<String> = ledger
            .finish()
            .iter()
            .map(|skipped| format!("{} {:?} {}", skipped.path, skipped.reason, skipped.detail))
            .collect();
        assert_eq!(
            lines,
            ["a0 Symlink ", "a1 Symlink ", "b\\u{1b}[2J Binary ", "z Ignored ", "… Symlink and 1,498 more"]
        );
    }
}
