//! Findings as SARIF results.

use lunette_core::finding::{Evidence, Finding, Mode, Step, SuppressedBy, Why};
use lunette_core::rule::Nature;
use serde_json::{Map, Value};

use super::model::{CodeFlow, Message, Outcome, Suppression, ThreadFlow, ThreadFlowLocation};
use super::rules::{Rules, level};
use super::{Limits, bag, places, plain, sentence};

pub(super) fn result(finding: &Finding, rules: &Rules, limits: Limits, cuts: &mut Vec<String>) -> Outcome {
    let steps = finding.evidence.steps();
    let own = steps.iter().find(|step| step.place == finding.place);
    let flows = match &finding.evidence {
        Evidence::Trace { steps } if steps.len() > 1 => vec![flow(finding, steps, limits, cuts)],
        _ => Vec::new(),
    };
    let related: Vec<&Step> = match &finding.evidence {
        _ if !flows.is_empty() => Vec::new(),
        Evidence::Catalogue { steps, .. } => steps.iter().collect(),
        _ => steps.iter().filter(|step| step.place != finding.place).collect(),
    };
    if related.len() > limits.related_locations {
        let over = related.len() - limits.related_locations;
        cuts.push(format!(
            "{over} related locations of {} are left out: a result holds {}.",
            finding.id, limits.related_locations
        ));
    }
    let related = related.into_iter().take(limits.related_locations).enumerate();
    let text = if finding.message.trim().is_empty() { &finding.title } else { &finding.message };
    Outcome {
        rule_id: finding.rule.clone(),
        rule_index: rules.index(&finding.rule),
        level: level(finding.risk.severity),
        rank: f64::from(finding.risk.security_severity),
        message: Message::text(sentence(text)),
        locations: vec![places::location(&finding.place, own.map(|step| step.code.as_str()))],
        code_flows: flows,
        related_locations: related
            .map(|(at, step)| {
                let mut location = places::step(step);
                location.id = Some(at + 1);
                location
            })
            .collect(),
        partial_fingerprints: bag([("lunette/v1", finding.fingerprint.as_str().into())]),
        suppressions: finding.suppression.iter().map(suppression).collect(),
        properties: properties(finding),
    }
}

/// The trace. When it is too long, its two ends are kept: where input enters and where it does harm.
fn flow(finding: &Finding, steps: &[Step], limits: Limits, cuts: &mut Vec<String>) -> CodeFlow {
    let over = steps.len().saturating_sub(limits.flow_locations);
    let head = if over == 0 { steps.len() } else { limits.flow_locations / 2 };
    if over > 0 {
        cuts.push(format!(
            "{over} steps of {} are left out: a flow holds {}. The JSON has all.",
            finding.id, limits.flow_locations
        ));
    }
    let kept = steps.iter().take(head).chain(steps.iter().skip(head + over));
    let locations = kept.map(|step| ThreadFlowLocation { location: places::step(step), kinds: vec![kind(step.why)] });
    CodeFlow { thread_flows: vec![ThreadFlow { locations: locations.collect() }] }
}

/// A step's part in the story, in the words of the standard where it has one (section 3.38.8).
fn kind(why: Why) -> &'static str {
    match why {
        Why::Source => "source",
        Why::Assign => "assign",
        Why::Call => "call",
        Why::Return => "return",
        Why::Field => "field",
        Why::Guard => "guard",
        Why::Barrier => "sanitizer",
        Why::Sink => "sink",
        Why::Here => "value",
    }
}

fn suppression(suppression: &lunette_core::finding::Suppression) -> Suppression {
    Suppression {
        kind: match suppression.by {
            SuppressedBy::Comment => "inSource",
            SuppressedBy::Config | SuppressedBy::Rules => "external",
        },
        status: "accepted",
        justification: plain(&suppression.reason),
        location: Some(places::bare(&suppression.place, None)),
        properties: bag([("until", suppression.until.as_deref().into())]),
    }
}

fn properties(finding: &Finding) -> Map<String, Value> {
    let cwe: Vec<String> = finding.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    let mut properties = bag([
        ("id", finding.id.as_str().into()),
        ("confidence", finding.confidence.as_str().into()),
        ("severity", finding.risk.severity.as_str().into()),
        ("likelihood", finding.risk.likelihood.as_str().into()),
        ("impact", finding.risk.impact.as_str().into()),
        ("security-severity", finding.risk.security_severity_text().into()),
        ("route", finding.route.as_deref().into()),
        ("topic", finding.topic.as_str().into()),
        ("nature", nature(finding.nature).into()),
        ("cwe", cwe.into()),
        ("inBaseline", finding.in_baseline.into()),
        ("mode", library(finding.mode).into()),
    ]);
    let advisories = finding.advisories();
    if !advisories.is_empty() {
        let ids: Vec<&str> = advisories.iter().map(|row| row.id.as_str()).collect();
        let aliases: Vec<&str> = advisories.iter().flat_map(|row| &row.aliases).map(String::as_str).collect();
        // What is accepted does not count, so a baseline does not hold it.
        let counted = advisories.iter().filter(|row| row.suppression.is_none());
        let fingerprints: Vec<&str> = counted.map(|row| row.fingerprint.as_str()).collect();
        properties.insert("advisories".to_owned(), ids.into());
        properties.insert("aliases".to_owned(), aliases.into());
        properties.insert("advisoryFingerprints".to_owned(), fingerprints.into());
    }
    // What a room adds never takes the place of what every result has.
    for (name, value) in &finding.properties {
        properties.entry(name.clone()).or_insert_with(|| value.as_str().into());
    }
    properties
}

/// The mode, where it is not the usual one.
fn library(mode: Mode) -> Option<&'static str> {
    (mode == Mode::Library).then_some(mode.as_str())
}

fn nature(nature: Nature) -> &'static str {
    match nature {
        Nature::Vulnerability => "vulnerability",
        Nature::Hardening => "hardening",
    }
}
