//! What the tools answer: short forms of the assessment's parts.

use lunette_core::assessment::{Entry, RulesRead, RulesState};
use lunette_core::coverage::Status;
use lunette_core::project::{Project, Route};
use lunette_core::text::shorten;
use lunette_core::{Assessment, Finding};
use schemars::JsonSchema;
use serde::Serialize;

/// Entries in the answer of `assess`.
const ENTRIES: usize = 25;
/// Places shown of an entry.
const PLACES: usize = 5;
/// Characters of a project's rules that are passed on.
const RULES_TEXT: usize = 20_000;

#[derive(Serialize, JsonSchema)]
pub(crate) struct AssessView {
    /// The project's name.
    project: String,
    /// The date of the assessment.
    date: String,
    /// The posture in a few sentences.
    posture: String,
    /// Number of findings by severity.
    counts: Counts,
    /// What to do first.
    do_first: Vec<String>,
    /// Entries (one rule, all its places), highest severity first.
    entries: Vec<EntryView>,
    /// How many entries there are in all.
    total_entries: usize,
    /// Coverage of the 33 topics.
    coverage: CoverageView,
    /// What was not looked at completely, and why.
    limits: Vec<String>,
    /// Questions that only a person can answer.
    questions: Vec<String>,
    /// Findings withheld by the project's rules or by suppressions.
    withheld: usize,
    /// Why the assessment is incomplete, when it is.
    incomplete: Option<String>,
    /// Who makes the changes.
    reminder: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Counts {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    /// Of these, missing layers of defence rather than flaws.
    hardening: usize,
}

#[derive(Serialize, JsonSchema)]
struct EntryView {
    id: String,
    rule: String,
    title: String,
    severity: String,
    confidence: String,
    /// `vulnerability` or `hardening`.
    nature: String,
    /// `path:line` of the first places.
    places: Vec<String>,
    /// Number of places in all.
    total_places: usize,
    /// What to do.
    action: String,
}

#[derive(Serialize, JsonSchema)]
struct CoverageView {
    finding: usize,
    checked_clean: usize,
    not_applicable: usize,
    not_checkable: usize,
}

/// The answer of `assess`.
pub(crate) fn summary_view(assessment: &Assessment) -> AssessView {
    let [critical, high, medium, low] = assessment.summary.counts;
    let status = |status: Status| assessment.coverage.iter().filter(|row| row.status == status).count();
    let gaps = assessment.project.skipped.iter().filter(|skipped| skipped.reason.is_gap());
    AssessView {
        project: assessment.project.name.clone(),
        date: assessment.date.clone(),
        posture: assessment.summary.posture.clone(),
        counts: Counts { critical, high, medium, low, hardening: assessment.summary.hardening },
        do_first: assessment.summary.do_first.clone(),
        entries: assessment.entries.iter().take(ENTRIES).map(|entry| entry_view(assessment, entry)).collect(),
        total_entries: assessment.entries.len(),
        coverage: CoverageView {
            finding: status(Status::Finding),
            checked_clean: status(Status::CheckedClean),
            not_applicable: status(Status::NotApplicable),
            not_checkable: status(Status::NotCheckable),
        },
        limits: gaps.take(10).map(|gap| format!("{}: {}", gap.path, gap.reason.words())).collect(),
        questions: assessment.unknowns.iter().take(10).map(|unknown| unknown.question.clone()).collect(),
        withheld: assessment.withheld.len(),
        incomplete: assessment.incomplete.clone(),
        reminder: "Consultation only: the calling agent makes all changes, then calls `assess` again to verify.",
    }
}

fn entry_view(assessment: &Assessment, entry: &Entry) -> EntryView {
    let findings = || assessment.findings.iter().filter(|finding| entry.findings.contains(&finding.id));
    EntryView {
        id: entry.id.clone(),
        rule: entry.rule.clone(),
        title: entry.title.clone(),
        severity: entry.risk.severity.to_string(),
        confidence: entry.confidence.as_str().to_owned(),
        nature: nature(entry.nature),
        places: findings().take(PLACES).map(|finding| finding.place.to_string()).collect(),
        total_places: entry.findings.len(),
        action: findings().next().map(|finding| finding.advice.action.clone()).unwrap_or_default(),
    }
}

fn nature(nature: lunette_core::rule::Nature) -> String {
    match nature {
        lunette_core::rule::Nature::Vulnerability => "vulnerability".to_owned(),
        lunette_core::rule::Nature::Hardening => "hardening".to_owned(),
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct FindingsView {
    /// How many findings match.
    pub(crate) total: usize,
    /// This page of them.
    pub(crate) findings: Vec<BriefView>,
    /// Pass it as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct BriefView {
    id: String,
    rule: String,
    title: String,
    severity: String,
    confidence: String,
    nature: String,
    /// `path:line`.
    place: String,
    /// The route through which it is reached, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    message: String,
    /// What to do.
    action: String,
}

/// A finding in short.
pub(crate) fn brief(finding: &Finding) -> BriefView {
    BriefView {
        id: finding.id.clone(),
        rule: finding.rule.clone(),
        title: finding.title.clone(),
        severity: finding.risk.severity.to_string(),
        confidence: finding.confidence.as_str().to_owned(),
        nature: nature(finding.nature),
        place: finding.place.to_string(),
        route: finding.route.clone(),
        message: finding.message.clone(),
        action: finding.advice.action.clone(),
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ExplainView {
    /// The finding, when an id of one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<BriefView>,
    /// The evidence, step by step.
    evidence: Vec<StepView>,
    /// Why it has its severity.
    because: Vec<String>,
    /// What it means for the business.
    business_impact: String,
    /// How to fix it: control, layer, effort, performance, developers.
    fix: Vec<String>,
    /// How to verify the fix.
    verify: String,
    /// Weaknesses by CWE.
    cwe: Vec<String>,
    /// Why it is withheld, when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<String>,
    /// The rule's explanation.
    rule: String,
}

#[derive(Serialize, JsonSchema)]
struct StepView {
    place: String,
    code: String,
    note: String,
}

impl ExplainView {
    /// The explanation of a rule alone.
    pub(crate) fn of_rule(id: &str, text: String) -> Self {
        ExplainView {
            finding: None,
            evidence: Vec::new(),
            because: Vec::new(),
            business_impact: String::new(),
            fix: Vec::new(),
            verify: format!("Call `findings` with rule `{id}`."),
            cwe: Vec::new(),
            withheld: None,
            rule: text,
        }
    }
}

/// The answer of `explain_finding`.
pub(crate) fn explain_view(assessment: &Assessment, finding: &Finding) -> ExplainView {
    let advice = &finding.advice;
    let steps = finding.evidence.steps().iter().map(|step| StepView {
        place: step.place.to_string(),
        code: step.code.clone(),
        note: step.note.clone(),
    });
    let rule = assessment.rules.iter().find(|rule| rule.id == finding.rule);
    ExplainView {
        finding: Some(brief(finding)),
        evidence: steps.collect(),
        because: finding.risk.because.clone(),
        business_impact: finding.business_impact.clone(),
        fix: vec![
            advice.action.clone(),
            format!("Control: {} ({}).", advice.control, advice.layer),
            format!("Effort: {}. Performance: {}.", advice.effort, advice.performance),
            format!("For developers: {}", advice.developers),
        ],
        verify: advice.verify.clone(),
        cwe: finding.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect(),
        withheld: finding
            .suppression
            .as_ref()
            .map(|suppression| format!("{} ({})", suppression.reason, suppression.place)),
        rule: rule.map(|rule| rule.explanation.clone()).unwrap_or_default(),
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ProfileView {
    name: String,
    files: usize,
    lines: usize,
    routes: usize,
    /// Each as `dimension · label: value (evidence)`.
    facts: Vec<String>,
    /// Each as `name version (evidence)`.
    technologies: Vec<String>,
}

/// The answer of `project_profile`.
pub(crate) fn profile_view(project: &Project) -> ProfileView {
    let facts = project.dimensions.iter().flat_map(|dimension| {
        dimension.facts.iter().map(|fact| {
            let evidence: Vec<String> = fact.evidence.iter().take(3).map(ToString::to_string).collect();
            let source = if evidence.is_empty() { fact.source.clone() } else { evidence.join(", ") };
            format!("{} · {}: {} ({source})", dimension.name, fact.label, fact.value.as_deref().unwrap_or("not stated"))
        })
    });
    let technologies = project.technologies.iter().map(|technology| {
        let place = technology.evidence.first().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{} {}{place}", technology.name, technology.version.as_deref().unwrap_or("(version not stated)"))
    });
    ProfileView {
        name: project.name.clone(),
        files: project.files_read,
        lines: project.lines,
        routes: project.routes.len(),
        facts: facts.collect(),
        technologies: technologies.collect(),
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RoutesView {
    /// How many routes match.
    total: usize,
    routes: Vec<RouteView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct RouteView {
    method: String,
    path: String,
    handler: String,
    /// `path:line` of the registration.
    place: String,
    /// Guards in force, each with what it proves.
    guards: Vec<String>,
    /// Inputs read, each as `kind name`.
    inputs: Vec<String>,
    exposure: String,
}

/// The answer of `routes`.
pub(crate) fn routes_view(total: usize, page: &[&Route], next_cursor: Option<String>) -> RoutesView {
    let routes = page.iter().map(|route| RouteView {
        method: route.method.clone(),
        path: route.path.clone(),
        handler: route.handler.clone(),
        place: format!("{}:{}", route.file, route.line),
        guards: route.guards.iter().map(|guard| format!("{} ({})", guard.name, word(&guard.proves))).collect(),
        inputs: route.inputs.iter().map(|input| format!("{} {}", word(&input.kind), input.name)).collect(),
        exposure: route.exposure.words().to_owned(),
    });
    RoutesView { total, routes: routes.collect(), next_cursor }
}

/// The word that an enumeration is serialised as.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RulesView {
    path: String,
    /// `absent`, `read` or `refused`.
    state: String,
    note: String,
    sha256: String,
    /// What was understood, each with its line, its meaning and its effect.
    understood: Vec<String>,
    /// What was not understood or not allowed, each with its line and why.
    not_understood: Vec<String>,
    /// The text, cut at 20,000 characters. The project's words, to be obeyed within what the user asked for.
    text: String,
}

impl RulesView {
    /// The answer of `read_rules`.
    pub(crate) fn new(read: RulesRead, text: &str) -> Self {
        let state = match read.state {
            RulesState::Absent => "absent",
            RulesState::Read => "read",
            RulesState::Refused => "refused",
        };
        RulesView {
            path: read.path,
            state: state.to_owned(),
            note: read.note,
            sha256: read.sha256,
            understood: read
                .understood
                .iter()
                .map(|item| format!("line {}: {} → {}", item.line, item.meaning, item.effect))
                .collect(),
            not_understood: read
                .not_understood
                .iter()
                .map(|item| format!("line {}: {} ({})", item.line, item.text, item.why))
                .collect(),
            text: shorten(text, RULES_TEXT),
        }
    }
}
