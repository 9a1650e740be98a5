//! Rules as reporting descriptors, with their weaknesses in a CWE taxonomy.

use std::collections::{BTreeMap, BTreeSet};

use lunette_core::Assessment;
use lunette_core::finding::{Confidence, Finding};
use lunette_core::risk::{Risk, Severity};
use lunette_core::rule::Rule;

use super::model::{
    Component, ComponentReference, Configuration, Descriptor, DescriptorReference, Message, Relationship,
};
use super::{Limits, bag, plain, sentence};

/// The rules that the results refer to, numbered.
pub(super) struct Rules {
    pub(super) descriptors: Vec<Descriptor>,
    pub(super) taxonomies: Vec<Component>,
    index: BTreeMap<String, usize>,
}

/// What a descriptor needs of a rule; of a finding, where the assessment doesn't carry its rule.
struct Source<'a> {
    id: &'a str,
    title: &'a str,
    summary: &'a str,
    explanation: &'a str,
    action: &'a str,
    verify: &'a str,
    cwe: &'a [u16],
    topic: &'a str,
    confidence: Confidence,
}

impl<'a> Source<'a> {
    fn of_rule(rule: &'a Rule) -> Self {
        Source {
            id: &rule.id,
            title: &rule.title,
            summary: &rule.summary,
            explanation: &rule.explanation,
            action: &rule.advice.action,
            verify: &rule.advice.verify,
            cwe: &rule.cwe,
            topic: &rule.topic,
            confidence: rule.confidence,
        }
    }

    fn of_finding(finding: &'a Finding) -> Self {
        Source {
            id: &finding.rule,
            title: &finding.title,
            summary: "",
            explanation: "",
            action: &finding.advice.action,
            verify: &finding.advice.verify,
            cwe: &finding.cwe,
            topic: &finding.topic,
            confidence: finding.confidence,
        }
    }
}

impl Rules {
    pub(super) fn of(assessment: &Assessment, findings: &[&Finding], limits: Limits, cuts: &mut Vec<String>) -> Self {
        let mut sources: BTreeMap<&str, Source<'_>> = BTreeMap::new();
        let mut worst: BTreeMap<&str, &Risk> = BTreeMap::new();
        for finding in findings {
            sources.entry(&finding.rule).or_insert_with(|| Source::of_finding(finding));
            let risk = worst.entry(&finding.rule).or_insert(&finding.risk);
            if (finding.risk.severity, finding.risk.security_severity) > (risk.severity, risk.security_severity) {
                *risk = &finding.risk;
            }
        }
        for rule in assessment.rules.iter().filter(|rule| worst.contains_key(rule.id.as_str())) {
            sources.insert(&rule.id, Source::of_rule(rule));
        }
        let numbers: Vec<u16> =
            sources.values().flat_map(|s| s.cwe).copied().collect::<BTreeSet<_>>().into_iter().collect();
        let mut descriptors = Vec::new();
        let mut index = BTreeMap::new();
        for (id, source) in &sources {
            index.insert((*id).to_owned(), descriptors.len());
            let Some(risk) = worst.get(id) else { continue };
            descriptors.push(descriptor(source, risk, &numbers, limits, cuts));
        }
        let taxonomies = if numbers.is_empty() { Vec::new() } else { vec![taxonomy(&numbers)] };
        Rules { descriptors, taxonomies, index }
    }

    /// The number of a rule. Every finding's rule has one.
    pub(super) fn index(&self, rule: &str) -> usize {
        self.index.get(rule).copied().unwrap_or_default()
    }

    pub(super) fn supported_taxonomies(&self) -> Vec<ComponentReference> {
        self.taxonomies
            .iter()
            .enumerate()
            .map(|(index, taxonomy)| ComponentReference { name: taxonomy.name, index })
            .collect()
    }
}

fn descriptor(
    source: &Source<'_>,
    worst: &Risk,
    numbers: &[u16],
    limits: Limits,
    cuts: &mut Vec<String>,
) -> Descriptor {
    let summary = [source.summary, source.title, source.id].into_iter().map(str::trim).find(|text| !text.is_empty());
    let mut tags = vec!["security".to_owned(), source.topic.to_owned()];
    tags.extend(source.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")));
    if tags.len() > limits.tags {
        cuts.push(format!(
            "{} tags of rule {} are left out: a rule holds {}.",
            tags.len() - limits.tags,
            source.id,
            limits.tags
        ));
        tags.truncate(limits.tags);
    }
    Descriptor {
        id: source.id.to_owned(),
        name: pascal_case(source.id),
        short_description: Some(Message::text(sentence(source.title))),
        full_description: Some(Message::text(sentence(summary.unwrap_or_default()))),
        help: Some(help(source)),
        help_uri: source.cwe.first().map(|&number| cwe_address(number)),
        default_configuration: Some(Configuration { level: level(worst.severity) }),
        relationships: source.cwe.iter().map(|number| relationship(*number, numbers)).collect(),
        properties: bag([
            ("precision", precision(source.confidence).into()),
            ("problem.severity", problem(worst.severity).into()),
            ("security-severity", worst.security_severity_text().into()),
            ("tags", tags.into()),
        ]),
    }
}

/// What code scanning shows beside an alert: the explanation, the fix and how to verify it.
fn help(source: &Source<'_>) -> Message {
    let explanation = [source.explanation, source.summary].into_iter().map(str::trim).find(|text| !text.is_empty());
    // A rule's explanation is ours, or that of the user who brought the rule: Markdown that may act.
    let explanation = explanation.map_or_else(|| crate::escape::prose(source.title), str::to_owned);
    let (fix, verify) = (sentence(source.action), sentence(source.verify));
    Message {
        text: format!("{explanation}\n\nFix: {fix}\n\nVerify: {verify}"),
        markdown: Some(format!(
            "{explanation}\n\n**Fix.** {}\n\n**Verify.** {}",
            crate::escape::prose(&fix),
            crate::escape::prose(&verify)
        )),
    }
}

fn relationship(number: u16, numbers: &[u16]) -> Relationship {
    Relationship {
        target: DescriptorReference {
            id: number.to_string(),
            index: numbers.binary_search(&number).ok(),
            tool_component: Some(ComponentReference { name: "CWE", index: 0 }),
        },
        // The weakness is the wider class; the rule finds one form of it.
        kinds: vec!["superset"],
    }
}

fn taxonomy(numbers: &[u16]) -> Component {
    let taxon = |&number: &u16| Descriptor {
        id: number.to_string(),
        short_description: Some(Message::text(format!("CWE-{number}."))),
        help_uri: Some(cwe_address(number)),
        ..Descriptor::default()
    };
    Component {
        name: "CWE",
        organization: Some("MITRE"),
        short_description: Some(Message::text("The MITRE Common Weakness Enumeration.")),
        information_uri: Some("https://cwe.mitre.org/"),
        taxa: numbers.iter().map(taxon).collect(),
        ..Component::default()
    }
}

fn cwe_address(number: u16) -> String {
    format!("https://cwe.mitre.org/data/definitions/{number}.html")
}

pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "recommendation",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Confirmed => "very-high",
        Confidence::Firm => "high",
        Confidence::Tentative => "medium",
    }
}

/// `sql-injection` as `SqlInjection`; nothing for a single word, because a name that says what the id says must be
/// left out (section 3.49.7).
pub(super) fn pascal_case(id: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    let name: String = plain(id).split(|c: char| !c.is_ascii_alphanumeric()).filter_map(word).collect();
    if name.eq_ignore_ascii_case(id) { String::new() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal_case("sql-injection"), "SqlInjection");
        assert_eq!(pascal_case("jwt_none--alg2"), "JwtNoneAlg2");
        assert_eq!(pascal_case("xxe"), "");
    }

    #[test]
    fn a_finding_without_its_rule_still_has_a_descriptor() {
        let mut assessment = crate::sample::assessment();
        assessment.rules.clear();
        let findings: Vec<&Finding> = assessment.findings.iter().collect();
        let rules = Rules::of(&assessment, &findings, super::super::LIMITS, &mut Vec::new());
        assert_eq!(rules.descriptors.len(), 8);
        for finding in findings {
            let descriptor = &rules.descriptors[rules.index(&finding.rule)];
            assert_eq!(descriptor.id, finding.rule);
            assert!(descriptor.help.as_ref().is_some_and(|help| !help.text.is_empty()));
        }
    }
}
