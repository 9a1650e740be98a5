//! What the templates see: the assessment, arranged in the order of the report and cut to readable lengths.
//!
//! Nothing is judged here. Findings are looked up by the ids that the assessment gives, equal texts are put together,
//! and what is cut is counted, so that a template can say how much more there is.

mod access;
mod dependencies;
mod entries;
mod evidence;
mod limits;
mod risks;

use std::collections::BTreeMap;

use lunette_core::assessment::{Assessment, Entry, Horizon, Standard};
use lunette_core::finding::{Finding, SuppressedBy};
use lunette_core::place::Place;
use lunette_core::text::shorten;
use serde::Serialize;

/// Places of one entry that are shown; the JSON and SARIF have all.
pub(crate) const PLACES: usize = 12;
/// Ids that are listed where an entry's ids stand elsewhere in the same section or table.
const NAMED: usize = 4;
/// Longest request that is quoted, in characters.
const REQUEST: usize = 300;
/// Ids that are listed where every finding of an entry is named.
const IDS: usize = 200;

/// The context of the templates.
#[derive(Serialize)]
pub(crate) struct View<'a> {
    /// The assessment itself, field by field as in the JSON.
    assessment: &'a Assessment,
    /// The kind of assessment in words.
    kind: &'static str,
    request: String,
    rules: RulesLine<'a>,
    withheld: Vec<limits::Withheld<'a>>,
    parts: Vec<entries::Part<'a>>,
    matrix: Vec<risks::MatrixRow>,
    ranked: Vec<risks::Ranked<'a>>,
    reasons: Vec<Together>,
    impacts: Vec<Together>,
    horizons: Vec<HorizonView<'a>>,
    tasks: Vec<TaskView<'a>>,
    events: Vec<EventView<'a>>,
    limits: limits::Limits<'a>,
    access: Option<access::Access<'a>>,
    packages: Option<dependencies::Packages<'a>>,
}

/// What the header says of the project's rules.
#[derive(Serialize)]
struct RulesLine<'a> {
    state: &'static str,
    sha256: &'a str,
    /// Lines that were not understood.
    not_understood: Cut<usize>,
    withheld_by_rules: usize,
    withheld_by_comment: usize,
    withheld_by_config: usize,
}

/// Some of many, and how many more there are.
#[derive(Serialize)]
pub(crate) struct Cut<T> {
    shown: Vec<T>,
    more: usize,
}

impl<T> Cut<T> {
    fn of(all: impl IntoIterator<Item = T>, most: usize) -> Self {
        let mut shown: Vec<T> = all.into_iter().collect();
        let more = shown.len().saturating_sub(most);
        shown.truncate(most);
        Cut { shown, more }
    }
}

/// One text that holds for several findings.
#[derive(Serialize)]
struct Together {
    ids: Cut<String>,
    lines: Vec<String>,
}

#[derive(Serialize)]
struct HorizonView<'a> {
    horizon: Horizon,
    recommendations: Vec<RecommendationView<'a>>,
}

#[derive(Serialize)]
struct RecommendationView<'a> {
    id: &'a str,
    same: Cut<&'a str>,
    action: &'a str,
    control: &'a str,
    layer: &'a str,
    effort: &'a str,
    performance: &'a str,
    developers: &'a str,
    verify: &'a str,
    severity: &'static str,
    due: &'a str,
    standards: Vec<StandardView<'a>>,
}

#[derive(Serialize)]
struct StandardView<'a> {
    name: &'a str,
    ids: String,
    official: bool,
}

#[derive(Serialize)]
struct TaskView<'a> {
    id: &'a str,
    same: Cut<&'a str>,
    instruction: &'a str,
    files: Cut<&'a str>,
    /// None when the recommendation says the same.
    verify: Option<&'a str>,
}

#[derive(Serialize)]
struct EventView<'a> {
    name: &'a str,
    at: Cut<String>,
    fields: &'a str,
    alert: &'a str,
    closes: Cut<&'a str>,
}

/// Findings by id, and which entry comes first.
pub(crate) struct Index<'a> {
    findings: BTreeMap<&'a str, &'a Finding>,
    entries: BTreeMap<&'a str, &'a Entry>,
}

impl<'a> Index<'a> {
    fn new(assessment: &'a Assessment) -> Self {
        Index {
            findings: assessment.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect(),
            entries: assessment.entries.iter().map(|entry| (entry.id.as_str(), entry)).collect(),
        }
    }

    fn findings(&self, entry: &'a Entry) -> Vec<&'a Finding> {
        entry.findings.iter().filter_map(|id| self.findings.get(id.as_str()).copied()).collect()
    }

    /// The ids of all findings of an entry, its own first.
    fn ids(&self, entry: &'a str) -> Cut<&'a str> {
        match self.entries.get(entry) {
            Some(entry) => Cut::of(entry.findings.iter().map(String::as_str), IDS),
            None => Cut::of([entry], IDS),
        }
    }

    /// The ids of an entry's findings other than the one it is named by.
    fn others(&self, entry: &'a str) -> Cut<&'a str> {
        let findings = self.entries.get(entry).into_iter().flat_map(|entry| &entry.findings);
        Cut::of(findings.map(String::as_str).filter(|&id| id != entry), IDS)
    }
}

/// Arranges an assessment for the templates.
pub(crate) fn view(assessment: &Assessment) -> View<'_> {
    let index = Index::new(assessment);
    View {
        assessment,
        kind: assessment.request.kind.words(),
        request: shorten(&crate::escape::one_line(&assessment.request.text), REQUEST),
        rules: rules_line(assessment),
        withheld: limits::withheld(assessment),
        parts: entries::parts(assessment, &index),
        matrix: risks::matrix(assessment, &index),
        ranked: risks::ranked(assessment, &index),
        reasons: risks::reasons(assessment),
        impacts: risks::impacts(assessment, &index),
        horizons: horizons(assessment, &index),
        tasks: tasks(assessment, &index),
        events: events(assessment),
        limits: limits::limits(assessment),
        access: assessment.access.as_ref().map(access::access),
        packages: assessment.dependencies.as_ref().map(dependencies::packages),
    }
}

fn rules_line(assessment: &Assessment) -> RulesLine<'_> {
    let rules = &assessment.rules_read;
    let by = |by: SuppressedBy| {
        assessment.withheld.iter().filter(|f| f.suppression.as_ref().is_some_and(|s| s.by == by)).count()
    };
    RulesLine {
        state: match rules.state {
            lunette_core::assessment::RulesState::Absent => "absent",
            lunette_core::assessment::RulesState::Read => "read",
            lunette_core::assessment::RulesState::Refused => "refused",
        },
        sha256: rules.sha256.get(..12).unwrap_or(&rules.sha256),
        not_understood: Cut::of(rules.not_understood.iter().map(|line| line.line), PLACES),
        withheld_by_rules: by(SuppressedBy::Rules),
        withheld_by_comment: by(SuppressedBy::Comment),
        withheld_by_config: by(SuppressedBy::Config),
    }
}

fn horizons<'a>(assessment: &'a Assessment, index: &Index<'a>) -> Vec<HorizonView<'a>> {
    [Horizon::Immediate, Horizon::ShortTerm, Horizon::LongTerm]
        .into_iter()
        .map(|horizon| HorizonView {
            horizon,
            recommendations: assessment
                .recommendations
                .iter()
                .filter(|recommendation| recommendation.horizon == horizon)
                .map(|recommendation| RecommendationView {
                    id: &recommendation.entry,
                    same: index.others(&recommendation.entry),
                    action: sentence(&recommendation.advice.action),
                    control: sentence(&recommendation.advice.control),
                    layer: sentence(&recommendation.advice.layer),
                    effort: sentence(&recommendation.advice.effort),
                    performance: sentence(&recommendation.advice.performance),
                    developers: sentence(&recommendation.advice.developers),
                    verify: sentence(&recommendation.advice.verify),
                    severity: recommendation.severity.as_str(),
                    due: &recommendation.due,
                    standards: recommendation.standards.iter().map(standard).collect(),
                })
                .collect(),
        })
        .collect()
}

fn standard(standard: &Standard) -> StandardView<'_> {
    StandardView { name: &standard.name, ids: standard.ids.join(", "), official: standard.official }
}

fn tasks<'a>(assessment: &'a Assessment, index: &Index<'a>) -> Vec<TaskView<'a>> {
    let said = |entry: &str, verify: &str| {
        assessment.recommendations.iter().any(|r| r.entry == entry && r.advice.verify.trim() == verify.trim())
    };
    assessment
        .guidance
        .tasks
        .iter()
        .map(|task| TaskView {
            id: &task.entry,
            same: index.others(&task.entry),
            instruction: sentence(&task.instruction),
            files: Cut::of(task.files.iter().map(String::as_str), PLACES),
            verify: (!task.verify.trim().is_empty() && !said(&task.entry, &task.verify))
                .then(|| sentence(&task.verify)),
        })
        .collect()
}

fn events(assessment: &Assessment) -> Vec<EventView<'_>> {
    assessment
        .monitoring
        .events
        .iter()
        .map(|event| EventView {
            name: &event.name,
            at: Cut::of(event.at.iter().map(Place::to_string), 4),
            fields: &event.fields,
            alert: &event.alert,
            closes: Cut::of(event.closes.iter().map(String::as_str), PLACES),
        })
        .collect()
}

/// A text without its closing full stop: the template sets one.
fn sentence(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix('.').filter(|rest| !rest.ends_with('.')).unwrap_or(text)
}

/// A text of somebody else's, to be quoted in a line.
fn quoted(text: &str) -> String {
    shorten(&crate::escape::one_line(text), 100)
}
