//! The text as a reader meets it.

use lunette_core::assessment::AssessmentKind;
use lunette_core::place::Place;
use serde_json::Value;

use super::fixture::*;
use crate::compose::{Inputs, compose};

const KINDS: [AssessmentKind; 5] = [
    AssessmentKind::Vulnerability,
    AssessmentKind::SecureCoding,
    AssessmentKind::Architecture,
    AssessmentKind::Compliance,
    AssessmentKind::IncidentResponse,
];

/// Every text that the composition wrote, with where it stands.
pub(super) fn texts(inputs: Inputs) -> Vec<(String, String)> {
    let assessment = compose(inputs);
    let written = serde_json::json!({
        "summary": assessment.summary,
        "impact": assessment.entries.iter().map(|entry| &entry.business_impact).collect::<Vec<_>>(),
        "coverage": assessment.coverage,
        "analysis": assessment.analysis,
        "recommendations": assessment.recommendations,
        "architecture": assessment.architecture_guidelines,
        "practices": assessment.development_practices,
        "guidance": assessment.guidance,
        "monitoring": assessment.monitoring,
        "intelligence": assessment.intelligence,
        "unknowns": assessment.unknowns,
        "assumptions": assessment.assumptions,
        "suggestions": assessment.suggestions,
    });
    let mut out = Vec::new();
    collect(&written, String::new(), &mut out);
    out
}

fn collect(value: &Value, path: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => out.push((path, text.clone())),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, format!("{path}/{at}"), out));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, item)| collect(item, format!("{path}/{name}"), out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn of_every_kind(inputs: &Inputs) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for kind in KINDS {
        let mut inputs = inputs.clone();
        inputs.request.kind = kind;
        out.extend(texts(inputs));
    }
    out
}

#[test]
fn nothing_is_empty_unfilled_or_badly_joined() {
    for (path, text) in of_every_kind(&orders()).into_iter().chain(of_every_kind(&empty())) {
        assert!(!text.trim().is_empty(), "{path} is empty");
        for bad in [
            "  ",
            "..",
            " ,",
            " .",
            ";.",
            ":.",
            "{project}",
            "{where}",
            "{entries}",
            "{stores}",
            "1 routes",
            "1 findings",
            "1 entries",
        ] {
            assert!(!text.contains(bad), "{path} has {bad:?}: {text}");
        }
        assert_eq!(text.matches('`').count() % 2, 0, "{path}: {text}");
    }
}

#[test]
fn nothing_is_promised_and_no_money_is_named() {
    for (path, text) in of_every_kind(&orders()).into_iter().chain(of_every_kind(&empty())) {
        let lower = text.to_lowercase();
        for bad in [
            "no issues",
            "no problems",
            "is compliant",
            "is secure",
            "fully secure",
            "$",
            "€",
            "usd",
            "eur ",
            "exploit payload",
        ] {
            assert!(!lower.contains(bad), "{path} says {bad:?}: {text}");
        }
    }
}

#[test]
fn a_sentence_is_said_once() {
    for kind in KINDS {
        let mut inputs = orders();
        inputs.request.kind = kind;
        let mut seen = std::collections::BTreeMap::new();
        // What an advice says belongs to its recommendation and its task alike.
        let told = texts(inputs)
            .into_iter()
            .filter(|(path, _)| !path.starts_with("/recommendations") && !path.starts_with("/guidance/tasks"));
        for (path, text) in told.filter(|(_, text)| text.len() > 60 && text.contains(' ')) {
            if let Some(before) = seen.insert(text.clone(), path.clone()) {
                assert!(
                    path.starts_with("/coverage") || path.contains("compliance"),
                    "{before} and {path} both say: {text}"
                );
            }
        }
    }
}

#[test]
fn same_inputs_same_bytes() {
    let bytes = || serde_json::to_string(&compose(orders())).unwrap();
    assert_eq!(bytes(), bytes());
    let mut other = orders();
    other.rules.reverse();
    other.checked.reverse();
    assert_eq!(serde_json::to_string(&compose(other)).unwrap(), bytes(), "the order of rules and facts does not show");
}

#[test]
fn hostile_names_stay_inside_their_marks() {
    let hostile = "a`](http://evil)\n# Title\u{1b}[2J\u{202e}{project}<script>";
    let mut inputs = orders();
    inputs.project.name = hostile.to_owned();
    for route in &mut inputs.project.routes {
        route.path = format!("/{hostile}");
        route.guards.iter_mut().for_each(|guard| guard.name = hostile.to_owned());
    }
    inputs.project.dimensions[0].facts[0].value = Some(hostile.to_owned());
    for finding in &mut inputs.findings {
        finding.route = Some(format!("GET /{hostile}"));
        finding.place = Place::line(format!("{hostile}/x.ts"), 4);
    }
    for (path, text) in of_every_kind(&inputs) {
        // Files and places are data; the report escapes them.
        if path.contains("/files/") || path.ends_with("/path") {
            continue;
        }
        assert!(!text.contains(['\n', '\u{1b}', '\u{202e}']), "{path}: {text:?}");
        assert_eq!(text.matches('`').count() % 2, 0, "{path}: {text:?}");
        let outside: String = text.split('`').step_by(2).collect();
        assert!(!outside.contains("http") && !outside.contains('<'), "{path}: {text:?}");
    }
}
