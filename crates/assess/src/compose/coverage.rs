//! The coverage table: every topic answered, with what was looked at, and a question where code cannot answer.

use lunette_core::coverage::{CoverageRow, Status, TOPICS, Topic};
use lunette_core::finding::{Finding, SuppressedBy};
use lunette_core::project::TechnologyKind;
use lunette_core::rule::Rule;
use lunette_core::text::{count, thousands};

use super::TopicFacts;
use super::data::{self, Alternative};
use super::view::{View, changes_state, is_behind_guard, is_way_in};
use super::words::{self, clause, distinct, list};

/// One row per topic, in the order of [`TOPICS`].
pub(super) fn rows(
    view: &View<'_>,
    findings: &[Finding],
    withheld: &[Finding],
    rules: &[Rule],
    checked: &[TopicFacts],
) -> Vec<CoverageRow> {
    let table = Table { view, findings, withheld, rules, checked };
    TOPICS.iter().map(|topic| table.row(topic)).collect()
}

struct Table<'a> {
    view: &'a View<'a>,
    findings: &'a [Finding],
    withheld: &'a [Finding],
    rules: &'a [Rule],
    checked: &'a [TopicFacts],
}

impl Table<'_> {
    fn row(&self, topic: &Topic) -> CoverageRow {
        let ids = |findings: &[Finding]| -> Vec<String> {
            findings.iter().filter(|finding| finding.topic == topic.id).map(|finding| finding.id.clone()).collect()
        };
        let facts = self.checked.iter().find(|facts| facts.topic == topic.id);
        let rules = self.rules.iter().filter(|rule| rule.topic == topic.id).count();
        let mut found = ids(self.findings);
        let withheld = ids(self.withheld);
        let status = if !found.is_empty() || !withheld.is_empty() {
            Status::Finding
        } else if rules > 0 && facts.is_some_and(|facts| facts.applicable && facts.judged) {
            Status::CheckedClean
        } else if facts.is_some_and(|facts| !facts.applicable) {
            Status::NotApplicable
        } else {
            Status::NotCheckable
        };
        let questions = data::TOPICS.get(topic.id);
        let asked = match status {
            Status::NotCheckable => true,
            Status::Finding | Status::CheckedClean => questions.is_some_and(|it| it.partial),
            Status::NotApplicable => false,
        };
        let looked_at = self.looked_at(topic, status, rules, facts);
        found.extend(withheld);
        CoverageRow {
            topic: topic.id.to_owned(),
            status,
            looked_at,
            findings: found,
            question: asked.then(|| self.question(questions.map_or(&[], |it| &it.alternatives), topic)),
            seen: facts.map_or_else(Vec::new, |facts| facts.seen.clone()),
        }
    }

    fn looked_at(&self, topic: &Topic, status: Status, rules: usize, facts: Option<&TopicFacts>) -> String {
        let told = facts.map_or("", |facts| clause(&facts.looked_at));
        let by_rules = format!("by {}", count(rules, "rule"));
        let mut parts = match (status, told) {
            (Status::NotApplicable, "") => vec!["nothing in the project that it could apply to".to_owned()],
            (Status::NotApplicable, told) => vec![told.to_owned()],
            (Status::NotCheckable, _) if facts.is_none() && rules > 0 => {
                vec![format!("{} could not be applied to this project", count(rules, "rule"))]
            }
            (Status::NotCheckable, "") => vec!["this version has no check for it".to_owned()],
            (Status::NotCheckable, told) if rules == 0 => vec![told.to_owned(), "no rule judges it".to_owned()],
            (Status::NotCheckable, told) => vec![told.to_owned()],
            (Status::Finding | Status::CheckedClean, "") => vec![by_rules],
            (Status::Finding | Status::CheckedClean, told) => vec![told.to_owned()],
        };
        let here = |finding: &&Finding| finding.topic == topic.id;
        let withheld: Vec<&Finding> = self.withheld.iter().filter(here).collect();
        if !withheld.is_empty() {
            let by = distinct(withheld.iter().map(|finding| match finding.suppression.as_ref().map(|it| it.by) {
                Some(SuppressedBy::Rules) => "the project's rules",
                Some(SuppressedBy::Config) => "`lunette.toml`",
                Some(SuppressedBy::Comment) => "comments in the code",
                None => "the minimum confidence or severity asked for",
            }));
            let counted = if self.findings.iter().any(|it| here(&it)) { "" } else { ", none counted" };
            parts.push(format!("{} withheld by {}{counted}", count(withheld.len(), "finding"), list(&by, 4)));
        }
        parts.join("; ")
    }

    /// The first alternative that fits the project, with its placeholders filled.
    fn question(&self, alternatives: &[Alternative], topic: &Topic) -> String {
        let fits = |it: &&Alternative| it.when.is_empty() || it.when.iter().any(|name| self.view.uses(name));
        let filled = alternatives.iter().filter(fits).find_map(|it| fill(&it.ask, self.view));
        filled.unwrap_or_else(|| format!("How is {} handled in {}?", topic.label, self.view.name()))
    }
}

/// The text with its placeholders filled, or nothing when the project has no value for one of them.
fn fill(text: &str, view: &View<'_>) -> Option<String> {
    let names = |kind: TechnologyKind| {
        let names = view.names_of(kind);
        (!names.is_empty()).then(|| list(&names, 3))
    };
    let routes = |n: usize| (n > 0).then(|| count(n, "route"));
    let changing = || view.routes(changes_state).len();
    let open = || view.routes(|route| changes_state(route) && !is_behind_guard(route) && !is_way_in(route)).len();
    words::fill(text, |name| match name {
        "project" => Some(view.name()),
        "stores" => view.stores(),
        "changing" => routes(changing()),
        "open" => routes(open()),
        "personal" => view.personal_data(),
        "containers" => names(TechnologyKind::Container),
        "logging" => names(TechnologyKind::Logging),
        _ => None,
    })
}

/// `12 of 46 routes`.
pub(super) fn share(part: usize, all: usize) -> String {
    format!("{} of {}", thousands(part), count(all, "route"))
}
