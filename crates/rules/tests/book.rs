//! The rulebook as a whole: what is embedded, what `explain` shows.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use lunette_rules::{BUILTIN, Rulebook};

#[test]
fn the_embedded_rules_are_those_of_the_folder() {
    let (book, _) = common::builtin();
    let embedded = Rulebook::builtin(&mut common::models()).unwrap();
    assert!(!book.rules().is_empty());
    assert_eq!(embedded.rules(), book.rules());
    assert!(BUILTIN.is_sorted_by_key(|(name, _)| *name));
    assert!(book.rules().is_sorted_by_key(|rule| rule.id.as_str()));
}

#[test]
fn a_page_shows_everything_of_a_rule() {
    let (book, _) = common::builtin();
    for rule in book.rules() {
        let page = book.explain(&rule.id).unwrap();
        let examples = book.examples(&rule.id);
        for part in [
            rule.title.as_str(),
            rule.summary.as_str(),
            &rule.advice.action,
            &rule.advice.verify,
            "## Vulnerable",
            "## Safe",
        ] {
            assert!(page.contains(part) || page.replace('\n', " ").contains(part), "{}: {part}", rule.id);
        }
        assert!(
            examples.iter().flat_map(|example| &example.files).all(|(path, _)| page.contains(&format!("file={path}")))
        );
    }
    assert_eq!(book.explain("no-such-rule"), None);
}

#[test]
fn every_rule_belongs_to_its_folder() {
    let (book, _) = common::builtin();
    for rule in book.rules() {
        assert_eq!(book.file(&rule.id), Some(format!("{}/{}.md", rule.family, rule.id).as_str()));
        assert!(rule.cwe.iter().all(|cwe| *cwe > 0) && rule.id.is_ascii());
    }
}
