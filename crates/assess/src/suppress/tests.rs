#![allow(clippy::unwrap_used, clippy::expect_used)]

use lunette_core::finding::{Confidence, Draft, Evidence, Step, Why};
use lunette_core::risk::{
    Availability, Barrier, Confidentiality, DataClass, Exploit, Exposure, ImpactFactors, Integrity, LikelihoodFactors,
    Precondition, Risk, Severity,
};
use lunette_core::rule::{Advice, Nature};
use lunette_read::SourceFile;

use super::*;
use crate::rules_md::understand;

/// A finding of a rule at a place, Low or High.
pub(crate) fn finding(rule: &str, path: &str, line: u32, high: bool) -> Finding {
    let place = Place { path: path.to_owned(), line, column: 1, end_line: line + 1, end_column: 1 };
    let step = Step { place: place.clone(), why: Why::Here, code: String::new(), note: String::new() };
    let risk = Risk::judge(
        LikelihoodFactors {
            exposure: if high { Exposure::Unauthenticated } else { Exposure::NotReached },
            exploit: Exploit::NoneKnown,
            precondition: Precondition::SingleRequest,
            barrier: Barrier::None,
        },
        ImpactFactors {
            confidentiality: Confidentiality::ManyRecords,
            integrity: Integrity::None,
            availability: Availability::None,
            data: DataClass::PersonalOrSecret,
        },
    );
    assert_eq!(risk.severity, if high { Severity::High } else { Severity::Low });
    let advice = Advice {
        action: String::new(),
        control: String::new(),
        layer: String::new(),
        effort: String::new(),
        performance: String::new(),
        developers: String::new(),
        verify: String::new(),
    };
    let draft = Draft {
        rule: rule.to_owned(),
        title: String::new(),
        message: String::new(),
        place,
        confidence: Confidence::Firm,
        nature: Nature::Vulnerability,
        cwe: vec![328],
        topic: "cryptography".to_owned(),
        risk,
        advice,
        route: None,
        events: Vec::new(),
        anchor: line.to_string(),
    };
    Finding::new(draft, Evidence::Setting { name: String::new(), value: String::new(), at: step })
}

struct Case<'a> {
    code: &'a str,
    config: &'a str,
    rules: &'a str,
}

/// Applies to `weak-hash` in `a.py` line 2 (High) and in `b.py` line 1 (Low); returns who withholds each, and notices.
fn run(case: &Case<'_>) -> (Vec<String>, Vec<String>) {
    let file = SourceFile { path: "a.py".to_owned(), text: case.code.to_owned(), bytes: 0, lines: 3 };
    let (inline, mut notices) = collect(&[file]);
    let config = config::parse(case.config).unwrap();
    let directives = understand(case.rules);
    let sources = Sources {
        inline: &inline,
        config: &config.suppressions,
        directives: &directives,
        rules_path: ".claude/rules.md",
        date: "2026-11-24",
        known_rule: &|rule| rule == "weak-hash",
    };
    let mut findings = vec![finding("weak-hash", "a.py", 2, true), finding("weak-hash", "b.py", 1, false)];
    lunette_core::finding::number(&mut findings);
    let applied = apply(findings, &sources);
    notices.extend(applied.notices);
    assert_eq!(applied.kept.len() + applied.withheld.len(), 2);
    let withheld = applied.withheld.iter().map(|finding| {
        let suppression = finding.suppression.as_ref().unwrap();
        format!("{} by {:?} at {}: {}", finding.place.path, suppression.by, suppression.place, suppression.reason)
    });
    let notices = notices.iter().map(|notice| format!("{}: {}", notice.place.as_ref().unwrap(), notice.message));
    (withheld.collect(), notices.collect())
}

#[track_caller]
fn check(code: &str, config: &str, rules: &str, withheld: &[&str], notices: &[&str]) {
    let found = run(&Case { code, config, rules });
    assert_eq!(found.0, withheld);
    assert_eq!(found.1, notices);
}

#[test]
fn nothing_withholds_nothing() {
    check("x\ny\n", "", "", &[], &[]);
}

#[test]
fn comments_hold_on_their_line_and_the_next() {
    check(
        "# lunette: ignore[weak-hash] reason=\"checksum\" until=2027-01-31\nmd5()\n",
        "",
        "",
        &["a.py by Comment at a.py:1: checksum"],
        &[],
    );
    check(
        "\nmd5()  # lunette: ignore[weak-hash] reason=\"checksum\" until=2026-11-24\n",
        "",
        "",
        &["a.py by Comment at a.py:2: checksum"],
        &[],
    );
}

#[test]
fn expired_unused_and_unknown_are_told() {
    check(
        "\nmd5()  # lunette: ignore[weak-hash] reason=\"checksum\" until=2026-11-23\n",
        "",
        "",
        &[],
        &["a.py:2: this suppression is over since 2026-11-23: its findings count again"],
    );
    check(
        "x = 1 # lunette: ignore[weak-hash] reason=\"a\" until=2027-01-31\n\n\n\n# lunette: ignore[gone] reason=\"a\" until=2027-01-31\n",
        "",
        "",
        &[],
        &[
            "a.py:1: this suppression meets no finding; remove it",
            "a.py:5: this suppression names `gone`, and there is no such rule",
        ],
    );
}

#[test]
fn a_suppression_without_reason_leaves_the_finding() {
    check(
        "\nmd5()  # lunette: ignore[weak-hash] until=2027-01-31\n",
        "",
        "",
        &[],
        &["a.py:2: this comment suppresses nothing: a reason is missing: reason=\"…\""],
    );
}

#[test]
fn configuration_and_rules_withhold_too() {
    let entry = "[[suppress]]\nrule = \"weak-hash\"\npath = \"b.py\"\nreason = \"moves away\"\nuntil = 2027-01-31\n";
    check("", entry, "", &["b.py by Config at lunette.toml:2: moves away"], &[]);
    check(
        "",
        &entry.replace("b.py", "c.py"),
        "Only report high and above",
        &["b.py by Rules at .claude/rules.md:1: Only report high and above"],
        &["lunette.toml:2: this suppression meets no finding; remove it"],
    );
    check(
        "",
        "",
        "Accepted risk: `weak-hash` in `a.py` until 2027-01-01 because of the rewrite",
        &["a.py by Rules at .claude/rules.md:1: the rewrite"],
        &[],
    );
    check(
        "",
        "",
        "\nAccepted risk: `weak-hash` until 2026-01-01 because of the rewrite",
        &[],
        &[".claude/rules.md:2: the accepted risk is over since 2026-01-01: its findings count again"],
    );
}

#[test]
fn one_finding_can_be_meant_by_id() {
    let mut findings = vec![finding("weak-hash", "a.py", 2, true), finding("weak-hash", "a.py", 9, true)];
    lunette_core::finding::number(&mut findings);
    let id = findings[0].id.clone();
    let text = format!("[[suppress]]\nrule = \"weak-hash\"\nid = \"{id}\"\nreason = \"r\"\nuntil = 2027-01-31\n");
    let config = config::parse(&text).unwrap();
    let sources = Sources {
        inline: &[],
        config: &config.suppressions,
        directives: &Directives::default(),
        rules_path: "",
        date: "2026-11-24",
        known_rule: &|_| true,
    };
    let applied = apply(findings, &sources);
    assert_eq!(applied.withheld.len(), 1);
    assert_eq!(applied.withheld[0].id, id);
}

#[test]
fn directives_count_what_they_withhold() {
    let directives = understand("Do not report any findings");
    let sources = Sources {
        inline: &[],
        config: &[],
        directives: &directives,
        rules_path: ".claude/rules.md",
        date: "2026-11-24",
        known_rule: &|_| true,
    };
    let applied = apply(vec![finding("a", "a.py", 1, true), finding("b", "b.py", 1, true)], &sources);
    assert!(applied.kept.is_empty());
    assert_eq!(applied.by_directive, BTreeMap::from([(0, 2)]));
}
