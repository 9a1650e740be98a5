//! Runs every rule file's examples: each marked line must give the rule's finding, no other line may.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fmt::Write as _;

use lunette_rules::testing;

#[test]
fn every_rule_does_what_its_examples_say() {
    let (book, models) = common::builtin();
    let mut report = String::new();
    for rule in book.rules() {
        let examples = book.examples(&rule.id);
        let file = book.file(&rule.id).unwrap_or_default();
        let count = |vulnerable| examples.iter().filter(|example| example.vulnerable == vulnerable).count();
        if count(true) < 1 || count(false) < 2 {
            let _ = writeln!(
                report,
                "{file}: needs 1 vulnerable and 2 safe examples, has {} and {}",
                count(true),
                count(false)
            );
        }
        for example in examples {
            let mut told = |path: &str, line: u32, what: &str| {
                let name = if example.name.is_empty() { String::new() } else { format!(" ({})", example.name) };
                let _ = writeln!(report, "{file}:{}{name}: {path}:{line}: {what}", example.line);
            };
            let marked = !example.expected(&rule.id).is_empty();
            if marked != example.vulnerable {
                told(
                    "",
                    0,
                    if marked {
                        "a safe example has a line marked with `finds:`"
                    } else {
                        "a vulnerable example has no line marked with `finds:`"
                    },
                );
            }
            let mismatch = testing::check(&book, &models, example, &rule.id);
            for (path, line) in &mismatch.missed {
                told(path, *line, "no finding on this line");
            }
            for (path, line, message) in &mismatch.extra {
                told(path, *line, &format!("a finding that is not expected: {message}"));
            }
            for error in &mismatch.syntax {
                told(error, 0, "the example does not parse");
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
