//! Everything that the later parts of the composition look at together.

use lunette_core::assessment::Standard;
use lunette_core::coverage::{Area, CoverageRow, Status, topic_by_id};
use lunette_core::finding::Finding;
use lunette_core::risk::Severity;
use lunette_core::rule::Nature;
use lunette_core::text::count;

use super::entries::Group;
use super::view::View;
use super::words::{distinct, list, short_label};

/// The case: the project, its entries and its coverage.
pub(super) struct Case<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) findings: &'a [Finding],
    pub(super) withheld: &'a [Finding],
    pub(super) groups: &'a [Group<'a>],
    pub(super) coverage: &'a [CoverageRow],
}

impl<'a> Case<'a> {
    /// Groups for which a condition holds, in report order.
    pub(super) fn groups_where(&self, wanted: impl Fn(&Group<'a>) -> bool) -> Vec<&'a Group<'a>> {
        self.groups.iter().filter(|group| wanted(group)).collect()
    }

    /// Findings by severity: Critical, High, Medium, Low.
    pub(super) fn counts(&self) -> [usize; 4] {
        let of = |severity| self.findings.iter().filter(|finding| finding.risk.severity == severity).count();
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low].map(of)
    }

    pub(super) fn hardening(&self) -> usize {
        self.findings.iter().filter(|finding| finding.nature == Nature::Hardening).count()
    }

    /// Labels of the topics with this status, in an area or in all.
    pub(super) fn labels(&self, status: Status, area: Option<Area>) -> Vec<&'static str> {
        let rows = self.coverage.iter().filter(|row| row.status == status);
        let topics = rows.filter_map(|row| topic_by_id(&row.topic));
        topics
            .filter(|topic| area.is_none_or(|area| topic.area == area))
            .map(|topic| short_label(topic.label))
            .collect()
    }

    /// Labels of the topics of some groups.
    pub(super) fn topics_of(groups: &[&Group<'_>]) -> Vec<&'static str> {
        let topics = groups.iter().flat_map(|group| &group.members).filter_map(|finding| topic_by_id(&finding.topic));
        distinct(topics.map(|topic| short_label(topic.label)))
    }

    /// Files and folders that should have been read or understood and were not.
    pub(super) fn gaps(&self) -> usize {
        self.view.project.skipped.iter().filter(|skipped| skipped.reason.is_gap()).count()
    }

    pub(super) fn unresolved_routes(&self) -> usize {
        self.view.routes(|route| !route.resolved).len()
    }

    /// By standard: each requirement that findings touch, with the ids of the entries. Standards in force come first.
    pub(super) fn requirements(&self) -> Vec<(Standard, Vec<Vec<&'a str>>)> {
        let mut out: Vec<(Standard, Vec<Vec<&str>>)> = Vec::new();
        for name in crate::compliance::names() {
            let mut standard = Standard { name: name.to_owned(), ids: Vec::new(), official: true };
            let mut entries: Vec<Vec<&str>> = Vec::new();
            for group in self.groups {
                for of in group.entry.standards.iter().filter(|standard| standard.name == name) {
                    standard.official &= of.official;
                    for id in &of.ids {
                        let at = standard.ids.iter().position(|known| known == id).unwrap_or_else(|| {
                            standard.ids.push(id.clone());
                            entries.push(Vec::new());
                            entries.len() - 1
                        });
                        entries[at].push(&group.entry.id);
                    }
                }
            }
            if !standard.ids.is_empty() {
                out.push((standard, entries));
            }
        }
        out.sort_by_key(|(standard, _)| !self.view.frameworks.contains(&standard.name));
        out
    }
}

/// `2 Critical, 3 High and 1 Low`; what there is none of is left out.
pub(super) fn by_severity(counts: [usize; 4]) -> String {
    let names = ["Critical", "High", "Medium", "Low"];
    let parts: Vec<String> =
        counts.iter().zip(names).filter(|(n, _)| **n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    list(&parts, 4)
}

/// Ids of entries, some of them, with the number of the others.
pub(super) fn ids(groups: &[&Group<'_>], most: usize) -> String {
    list(&groups.iter().map(|group| group.entry.id.as_str()).collect::<Vec<_>>(), most)
}

/// `3 entries`, `1 entry`.
pub(super) fn entries(n: usize) -> String {
    if n == 1 { "1 entry".to_owned() } else { count(n, "entrie") }
}
