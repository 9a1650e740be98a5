//! The report has the specification's structure: every section in order, every bullet of each.

use sha2::{Digest, Sha256};

use super::shared;
use crate::sample;

/// The specification from which [`STRUCTURE`] was taken.
const SPEC: &str = "spec/backend-security-specialist.md";
const SPEC_SHA256: &str = "b11fdb202c2e2bdedc928de2f55a9c1fc4d8e5e6ef2cf457c9fb62ae051b73f2";

/// Sections of the report and their bullets, in the specification's words.
const STRUCTURE: &[(&str, &[&str])] = &[
    (
        "Executive Summary",
        &["Overall security posture assessment", "Critical findings summary", "Priority recommendations"],
    ),
    (
        "Detailed Security Analysis",
        &[
            "Vulnerability Assessment",
            "Secure Coding Review",
            "Architecture Security",
            "Data Protection Analysis",
            "Infrastructure Security",
            "API Security Assessment",
        ],
    ),
    (
        "Risk Assessment Matrix",
        &[
            "Prioritized list of security risks with impact and likelihood ratings",
            "Business impact analysis for each finding",
        ],
    ),
    (
        "Security Recommendations",
        &[
            "Immediate Actions",
            "Short-term Improvements",
            "Long-term Strategy",
            "Security Architecture Guidelines",
            "Secure Development Practices",
        ],
    ),
    (
        "Implementation Guidance",
        &[
            "Detailed technical recommendations for the main Claude instance to implement",
            "Security testing strategies and validation approaches",
            "Security monitoring and incident response framework",
            "Compliance and audit preparation guidance",
        ],
    ),
    (
        "Security Monitoring Framework",
        &[
            "Logging and monitoring recommendations",
            "Security metrics and KPIs",
            "Incident detection and response procedures",
            "Regular security assessment schedule",
        ],
    ),
];

/// The sections and bullets of the specification's "Report / Response".
fn parse(spec: &str) -> Vec<(String, Vec<String>)> {
    let report = spec.split("\n## Report / Response\n").nth(1).expect("the chapter on the report");
    let report = report.split("**IMPORTANT REMINDER**").next().unwrap();
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    for line in report.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            sections.push((heading.trim().to_owned(), Vec::new()));
        } else if let (Some(bullet), Some(section)) = (line.strip_prefix("- "), sections.last_mut()) {
            let bold = bullet.strip_prefix("**").and_then(|rest| rest.split("**").next());
            section.1.push(bold.unwrap_or(bullet).trim().to_owned());
        }
    }
    sections
}

/// The text of each section, in order; fails when one is missing or out of order.
fn sections(report: &str) -> Vec<&str> {
    let starts: Vec<usize> = STRUCTURE
        .iter()
        .map(|(section, _)| {
            let heading = format!("\n### {section}\n");
            let at = report.find(&heading).unwrap_or_else(|| panic!("no section {section}"));
            assert_eq!(report.matches(&heading).count(), 1, "{section} stands once");
            at
        })
        .collect();
    assert!(starts.is_sorted(), "sections in order");
    let end = report.find("\n### Coverage and Limits\n").expect("coverage and limits after them");
    starts.iter().zip(starts.iter().skip(1).chain([&end])).map(|(&from, &to)| &report[from..to]).collect()
}

#[test]
fn the_constant_is_the_specification() {
    let Some(bytes) = shared(SPEC) else { return };
    assert_eq!(
        format!("{:x}", Sha256::digest(&bytes)),
        SPEC_SHA256,
        "the specification changed: take its structure over"
    );
    let parsed = parse(&String::from_utf8(bytes).unwrap());
    let known: Vec<(String, Vec<String>)> = STRUCTURE
        .iter()
        .map(|(section, bullets)| ((*section).to_owned(), bullets.iter().map(|&b| b.to_owned()).collect()))
        .collect();
    assert_eq!(parsed, known);
}

#[test]
fn every_section_and_bullet_is_there_in_order() {
    for assessment in [sample::assessment(), sample::empty()] {
        let report = crate::markdown(&assessment);
        assert!(report.starts_with("# Backend Security Assessment Report\n"));
        for ((section, bullets), text) in STRUCTURE.iter().zip(sections(&report)) {
            let mut rest = text;
            for bullet in *bullets {
                let lead = |line: &&str| {
                    let name = line.strip_prefix("#### ").or(line.strip_prefix("**"));
                    name.and_then(|name| name.strip_prefix(bullet))
                        .is_some_and(|after| after.is_empty() || after.starts_with([' ', '.', '*']))
                };
                let line = rest.lines().find(lead).unwrap_or_else(|| panic!("{section}: no {bullet}, or out of order"));
                let after = &rest[rest.find(line).unwrap() + line.len()..];
                let filled = after.trim_start();
                assert!(
                    line.len() > bullet.len() + 10 || !(filled.is_empty() || filled.starts_with('#')),
                    "{bullet} is empty"
                );
                rest = after;
            }
        }
    }
}

#[test]
fn every_finding_is_in_analysis_matrix_recommendations_and_guidance() {
    let assessment = sample::assessment();
    let report = crate::markdown(&assessment);
    let sections = sections(&report);
    assert!(!assessment.findings.is_empty());
    for (at, section) in [(1, "analysis"), (2, "matrix"), (3, "recommendations"), (4, "guidance")] {
        for finding in &assessment.findings {
            assert!(sections[at].contains(&finding.id), "{} is not in the {section}", finding.id);
        }
    }
}

#[test]
fn the_reminder_comes_last_and_suggestions_are_for_humans() {
    let report = crate::markdown(&sample::assessment());
    let last = report.trim_end().lines().last().unwrap();
    assert!(last.starts_with("**IMPORTANT REMINDER**"), "{last}");
    assert!(last.contains("handled by the main Claude instance"), "{last}");
    assert!(report.contains("SOLELY for human evaluation"));
    assert!(report.contains("no other agent shall implement them without explicit human consent"));
    assert!(!crate::markdown(&sample::empty()).contains("SOLELY"), "no suggestions, no section");
}

#[test]
fn the_report_reads_as_it_did() {
    insta::assert_snapshot!(crate::markdown(&sample::assessment()));
}
