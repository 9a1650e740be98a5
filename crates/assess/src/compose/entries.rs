//! Findings grouped into entries: the same rule at the same severity is told once, with its places.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use lunette_core::assessment::Entry;
use lunette_core::coverage::{Area, topic_by_id};
use lunette_core::finding::{Confidence, Evidence, Finding};
use lunette_core::risk::Severity;
use lunette_core::rule::{Advice, Nature, Rule};
use lunette_core::text::thousands;

use super::impact::business_impact;
use super::view::View;
use super::words::{at, code, distinct, list};
use crate::compliance::standards;

/// An entry with its findings and the advice that closes all of them.
pub(super) struct Group<'a> {
    pub(super) entry: Entry,
    pub(super) members: Vec<&'a Finding>,
    pub(super) advice: Advice,
}

impl Group<'_> {
    pub(super) fn severity(&self) -> Severity {
        self.entry.risk.severity
    }

    pub(super) fn is_vulnerability(&self) -> bool {
        self.entry.nature == Nature::Vulnerability
    }

    /// Whether it counts among what must be fixed first: a vulnerability of High or Critical severity.
    pub(super) fn is_urgent(&self) -> bool {
        self.is_vulnerability() && self.severity() >= Severity::High
    }

    /// `LN-7K3F Title`.
    pub(super) fn heading(&self) -> String {
        format!("{} {}", self.entry.id, self.entry.title)
    }

    /// Routes through which it is reached, without repeats, as inline code.
    pub(super) fn routes(&self) -> Vec<String> {
        distinct(self.members.iter().filter_map(|finding| finding.route.as_deref()).map(code))
    }

    /// Files that it is in, without repeats, in the order of its findings.
    pub(super) fn files(&self) -> Vec<String> {
        distinct(self.members.iter().map(|finding| finding.place.path.clone()))
    }

    /// Where it is, in a few words: routes when they are known, else places.
    pub(super) fn location(&self, most: usize) -> String {
        let routes = self.routes();
        if !routes.is_empty() {
            return list(&routes, most);
        }
        let places = distinct(self.members.iter().map(|finding| at(&finding.place)));
        list(&places, most)
    }
}

/// The entries, worst first; among equals vulnerabilities before hardening, then in the order of their findings.
pub(super) fn group<'a>(findings: &'a [Finding], rules: &[Rule], view: &View<'_>) -> Vec<Group<'a>> {
    let mut by_key: BTreeMap<(&str, Severity), (usize, Vec<&Finding>)> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let key = (finding.rule.as_str(), finding.risk.severity);
        by_key.entry(key).or_insert_with(|| (index, Vec::new())).1.push(finding);
    }
    let mut groups: Vec<(usize, Group<'_>)> =
        by_key.into_values().filter_map(|(first, members)| Some((first, build(members, rules, view)?))).collect();
    groups.sort_by_key(|(first, group)| (Reverse(group.severity()), group.entry.nature, *first));
    groups.into_iter().map(|(_, group)| group).collect()
}

fn build<'a>(members: Vec<&'a Finding>, rules: &[Rule], view: &View<'_>) -> Option<Group<'a>> {
    let first = *members.first()?;
    let rule = rules.iter().find(|rule| rule.id == first.rule);
    let worst = worst(&members)?;
    let cwe = distinct(members.iter().flat_map(|finding| finding.cwe.iter().copied()));
    // What differs from place to place is told by the findings; the entry then speaks for the rule.
    let same_title = members.iter().all(|finding| finding.title == first.title);
    let same_advice = members.iter().all(|finding| finding.advice == first.advice);
    let title = match rule.filter(|_| !same_title) {
        Some(rule) => named(&rule.title, &members),
        None => first.title.clone(),
    };
    let advice = match rule.filter(|_| !same_advice) {
        Some(rule) => joined(&rule.advice, &members),
        None => first.advice.clone(),
    };
    let entry = Entry {
        id: first.id.clone(),
        rule: first.rule.clone(),
        title,
        area: topic_by_id(&first.topic).map_or(Area::Vulnerability, |topic| topic.area),
        nature: members.iter().map(|finding| finding.nature).min().unwrap_or(first.nature),
        standards: standards(&cwe),
        cwe,
        risk: worst.risk.clone(),
        confidence: members.iter().map(|finding| finding.confidence).max().unwrap_or(Confidence::Tentative),
        business_impact: business_impact(&members, view),
        findings: members.iter().map(|finding| finding.id.clone()).collect(),
    };
    Some(Group { entry, members, advice })
}

/// Packages named in the title of an entry, and what to do for each.
const NAMED: usize = 3;

/// The rule's title with the packages that the findings are about: a heading that names none says nothing to whoever has
/// to raise them.
fn named(title: &str, members: &[&Finding]) -> String {
    let packages = distinct(members.iter().filter_map(|finding| {
        matches!(finding.evidence, Evidence::Advisory { .. }).then_some(())?;
        let name = finding.properties.get("package")?;
        let version = finding.properties.get("version").map(|version| format!(" {version}")).unwrap_or_default();
        Some(format!("`{name}`{version}"))
    }));
    if packages.is_empty() { title.to_owned() } else { format!("{title}: {}", list(&packages, NAMED)) }
}

/// The rule's advice; about packages with what to do for each of them.
fn joined(advice: &Advice, members: &[&Finding]) -> Advice {
    let is_advisory = |finding: &&Finding| matches!(finding.evidence, Evidence::Advisory { .. });
    if !members.iter().all(is_advisory) {
        return advice.clone();
    }
    let actions = distinct(members.iter().map(|finding| finding.advice.action.as_str()));
    let rest = actions.len().saturating_sub(NAMED);
    let mut action = actions.iter().take(NAMED).copied().collect::<Vec<_>>().join(". ");
    if rest > 0 {
        let _ = write!(action, ". The same for {} more, each told with its finding", thousands(rest));
    }
    Advice { action, ..advice.clone() }
}

/// The finding with the highest risk; the first among equals.
pub(super) fn worst<'a>(members: &[&'a Finding]) -> Option<&'a Finding> {
    let rank = |finding: &Finding| (finding.risk.severity, finding.risk.security_severity);
    members.iter().copied().reduce(|best, other| if rank(other) > rank(best) { other } else { best })
}
