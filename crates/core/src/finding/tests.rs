//! Ids, fingerprints and the order of findings.

use super::*;
use crate::risk::{
    Availability, Barrier, Confidentiality, DataClass, Exploit, Exposure, ImpactFactors, Integrity, LikelihoodFactors,
    Precondition,
};

fn risk(exposure: Exposure) -> Risk {
    Risk::judge(
        LikelihoodFactors {
            exposure,
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
    )
}

fn finding(rule: &str, path: &str, line: u32, anchor: &str) -> Finding {
    let place = Place::line(path, line);
    let draft = Draft {
        rule: rule.to_owned(),
        title: "Title".to_owned(),
        message: "Message.".to_owned(),
        place: place.clone(),
        confidence: Confidence::Firm,
        nature: Nature::Vulnerability,
        cwe: vec![89],
        topic: "injection".to_owned(),
        risk: risk(Exposure::Unauthenticated),
        advice: Advice {
            action: "Act".to_owned(),
            control: "control".to_owned(),
            layer: "application".to_owned(),
            effort: "10 minutes".to_owned(),
            performance: "none".to_owned(),
            developers: "none".to_owned(),
            verify: "look".to_owned(),
        },
        route: None,
        events: Vec::new(),
        anchor: anchor.to_owned(),
    };
    let step = Step { place, why: Why::Here, code: "code".to_owned(), note: "note".to_owned() };
    Finding::new(draft, Evidence::Trace { steps: vec![step] })
}

/// Rule, line and id of each, numbered.
fn numbered(mut findings: Vec<Finding>) -> Vec<(String, u32, String)> {
    number(&mut findings);
    findings.into_iter().map(|finding| (finding.rule, finding.place.line, finding.id)).collect()
}

#[test]
fn ids_are_unique_also_for_the_same_code_in_the_same_function() {
    let ids = numbered(vec![
        finding("a", "x.py", 9, "f: same"),
        finding("a", "x.py", 3, "f: same"),
        finding("b", "x.py", 3, "f: same"),
    ]);
    assert_eq!(
        ids.iter().map(|(rule, line, _)| (rule.as_str(), *line)).collect::<Vec<_>>(),
        [("a", 3), ("a", 9), ("b", 3)]
    );
    let distinct: std::collections::BTreeSet<_> = ids.iter().map(|(_, _, id)| id).collect();
    assert_eq!(distinct.len(), 3);
    assert!(ids.iter().all(|(_, _, id)| id.len() == "LN-".len() + ID_LETTERS && id.starts_with("LN-")), "{ids:?}");
}

#[test]
fn ids_do_not_change_when_lines_shift_or_order_differs() {
    let at = |shift: u32| {
        vec![
            finding("a", "x.py", 3 + shift, "f: same"),
            finding("a", "x.py", 9 + shift, "f: same"),
            finding("b", "y.py", 1 + shift, "g"),
        ]
    };
    let ids = |found: Vec<(String, u32, String)>| found.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>();
    let mut reversed = at(0);
    reversed.reverse();
    assert_eq!(numbered(at(0)), numbered(reversed));
    assert_eq!(ids(numbered(at(0))), ids(numbered(at(40))));
}

#[test]
fn identity_depends_on_rule_path_and_anchor_and_on_nothing_else() {
    let print = |rule, path, line, anchor| finding(rule, path, line, anchor).fingerprint;
    let base = print("a", "x.py", 3, "f");
    assert_eq!(base.len(), 64);
    assert!(base.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(base, print("a", "x.py", 300, "f"));
    assert_ne!(base, print("b", "x.py", 3, "f"));
    assert_ne!(base, print("a", "y.py", 3, "f"));
    assert_ne!(base, print("a", "x.py", 3, "g"));
    assert_ne!(print("a", "xb", 1, "c"), print("a", "x", 1, "bc"), "parts are kept apart");
}

#[test]
fn ids_grow_only_where_short_ones_would_be_the_same() {
    // Five letters are 25 bits: these fingerprints share 24, 28 and 40 bits, the last shares none.
    let fingerprints = ["abcdef0000", "abcdef1000", "abcdef1001", "1bcdef0000"];
    let mut findings: Vec<Finding> = (1..)
        .zip(fingerprints)
        .map(|(line, print)| {
            let mut finding = finding("a", "x.py", line, "f");
            finding.fingerprint = format!("{print:0<64}");
            finding
        })
        .collect();
    number(&mut findings);
    let ids: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["LN-NF6YY0", "LN-NF6YY400", "LN-NF6YY401", "LN-3F6YY"]);
}

#[test]
fn order_is_severity_then_nature_then_rule_then_place() {
    let mut hardening = finding("a", "x.py", 1, "f");
    hardening.nature = Nature::Hardening;
    let mut minor = finding("a", "x.py", 2, "g");
    minor.risk = risk(Exposure::NotReached);
    let found = numbered(vec![minor, hardening, finding("c", "x.py", 4, "h"), finding("b", "x.py", 5, "i")]);
    assert_eq!(found.iter().map(|(_, line, _)| *line).collect::<Vec<_>>(), [5, 4, 1, 2]);
}

#[test]
fn no_findings_no_ids() {
    assert!(numbered(Vec::new()).is_empty());
}
