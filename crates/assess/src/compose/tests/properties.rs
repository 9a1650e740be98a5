//! What holds for any set of findings.

use std::collections::BTreeSet;

use lunette_core::assessment::{AssessmentKind, Horizon};
use lunette_core::coverage::TOPICS;
use lunette_core::finding::{Finding, SuppressedBy, number};
use lunette_core::risk::Severity;
use lunette_core::rule::Nature;
use proptest::prelude::*;

use super::fixture::*;
use super::prose::texts;
use crate::compose::{Inputs, compose};

/// A finding by numbers: rule, severity, line, nature, whether it has a route.
type Seed = (u8, u8, u32, bool, bool);

const CWES: [u16; 8] = [89, 79, 639, 798, 16, 295, 400, 1333];

fn build((which, severity, line, hardening, routed): Seed) -> Finding {
    let topic = TOPICS[usize::from(which) * 5 % TOPICS.len()].id;
    let rule = rule(&format!("rule-{which}"), topic, CWES[usize::from(which) % CWES.len()], "Mend it");
    let severity = Severity::ALL[usize::from(severity) % 4];
    let mut finding =
        finding(&rule, severity, &format!("src/{}.ts", line % 5), line, routed.then_some("GET /orders/:id"));
    finding.nature = if hardening { Nature::Hardening } else { Nature::Vulnerability };
    finding
}

fn inputs(found: Vec<Seed>, hidden: Vec<Seed>, kind: usize, known: bool, full: bool) -> Inputs {
    let mut inputs = if full { orders() } else { empty() };
    inputs.findings = found.into_iter().map(build).collect();
    inputs.withheld = hidden.into_iter().map(build).map(|it| withheld(it, SuppressedBy::Config, None)).collect();
    number(&mut inputs.findings);
    number(&mut inputs.withheld);
    inputs.request.kind = [
        AssessmentKind::Vulnerability,
        AssessmentKind::SecureCoding,
        AssessmentKind::Architecture,
        AssessmentKind::Compliance,
        AssessmentKind::IncidentResponse,
    ][kind % 5];
    inputs.rules = if known {
        (0..12).map(|which| rule(&format!("rule-{which}"), "injection", 89, "Mend it")).collect()
    } else {
        Vec::new()
    };
    inputs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_finding_is_told_once_and_nothing_is_empty(
        found in proptest::collection::vec((0u8..12, 0u8..4, 1u32..60, any::<bool>(), any::<bool>()), 0..30),
        hidden in proptest::collection::vec((0u8..12, 0u8..4, 1u32..60, any::<bool>(), any::<bool>()), 0..4),
        kind in 0usize..5,
        known in any::<bool>(),
        full in any::<bool>(),
    ) {
        let inputs = inputs(found, hidden, kind, known, full);
        let ids: Vec<String> = inputs.findings.iter().map(|finding| finding.id.clone()).collect();
        for (path, text) in texts(inputs.clone()) {
            prop_assert!(!text.trim().is_empty(), "{path} is empty");
        }
        let assessment = compose(inputs);

        let mut told: Vec<&String> = assessment.entries.iter().flat_map(|entry| &entry.findings).collect();
        told.sort();
        let mut all: Vec<&String> = ids.iter().collect();
        all.sort();
        prop_assert_eq!(told, all, "each finding in exactly one entry");

        let entries: BTreeSet<&str> = assessment.entries.iter().map(|entry| entry.id.as_str()).collect();
        prop_assert_eq!(entries.len(), assessment.entries.len());
        let recommended: Vec<&str> = assessment.recommendations.iter().map(|it| it.entry.as_str()).collect();
        prop_assert_eq!(recommended.len(), entries.len());
        prop_assert_eq!(recommended.into_iter().collect::<BTreeSet<_>>(), entries.clone());
        let tasks: Vec<&str> = assessment.guidance.tasks.iter().map(|task| task.entry.as_str()).collect();
        prop_assert_eq!(tasks.len(), entries.len());
        prop_assert_eq!(tasks.into_iter().collect::<BTreeSet<_>>(), entries.clone());
        let drilled: Vec<&str> = assessment.monitoring.playbooks.iter().flat_map(|it| &it.entries).map(String::as_str).collect();
        prop_assert_eq!(drilled.len(), entries.len());

        for recommendation in &assessment.recommendations {
            prop_assert_eq!(recommendation.horizon, Horizon::of(recommendation.severity));
        }
        prop_assert!(assessment.recommendations.is_sorted_by_key(|it| it.horizon));
        prop_assert!(assessment.entries.is_sorted_by_key(|entry| std::cmp::Reverse(entry.risk.severity)));

        prop_assert_eq!(assessment.coverage.len(), TOPICS.len());
        for finding in &assessment.findings {
            let row = assessment.coverage.iter().find(|row| row.topic == finding.topic).unwrap();
            prop_assert!(row.findings.contains(&finding.id));
        }
        prop_assert_eq!(assessment.summary.counts.iter().sum::<usize>(), ids.len());
        prop_assert!((1..=3).contains(&assessment.summary.do_first.len()));
        prop_assert!(!assessment.summary.critical.is_empty());
        prop_assert_eq!(assessment.analysis.len(), 6);
        prop_assert!(assessment.analysis.iter().all(|notes| !notes.paragraphs.is_empty()));
    }

    #[test]
    fn any_request_is_understood_without_fail(text in "\\PC{0,200}") {
        let (_, source) = crate::compose::kind_of(&text);
        prop_assert!(["default", "inferred from the request"].contains(&source.as_str()));
        let _ = crate::compose::offensive_part(&text);
    }
}
