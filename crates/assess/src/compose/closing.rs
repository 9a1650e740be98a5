//! What is not known, what was assumed, what a person may want to add; and what was known of threats.

use lunette_core::assessment::{AssessmentKind, Intelligence, Question, RulesRead, RulesState};
use lunette_core::coverage::topic_by_id;
use lunette_core::finding::Evidence;
use lunette_core::risk::{DataClass, Severity};
use lunette_core::text::{count, printable, shorten, thousands};

use super::case::Case;
use super::due::days;
use super::kind::offensive_part;
use super::view::route_list;
use super::words::{code, list, sentence, short_label, verb};

/// The limit of an assessment that looked nowhere on the web.
pub(crate) const OFFLINE: &str = "The current threat landscape was not researched: offline.";

pub(super) fn intelligence(case: &Case<'_>) -> Intelligence {
    let mut sources = Vec::new();
    let mut limits = Vec::new();
    match case.view.dependencies {
        None => limits.push("No package was found to hold against advisories.".to_owned()),
        Some(dependencies) => {
            let known = &dependencies.knowledge;
            let as_of = known.as_of.as_ref().map_or_else(String::new, |day| format!(", known up to {day}"));
            if let Some(name) = &known.snapshot {
                sources.push(format!("{name} ({}{as_of})", count_advisories(known.advisories)));
            } else {
                sources.push("advisories that ship with Lunette".to_owned());
            }
            // Packages without a version are counted beside the other packages.
            limits.extend(known.remarks.iter().map(|remark| sentence(remark)));
        }
    }
    limits.push(OFFLINE.to_owned());
    Intelligence { sources, limits, context: Vec::new(), sent: Vec::new() }
}

fn count_advisories(n: usize) -> String {
    format!("{} {}", thousands(n), if n == 1 { "advisory" } else { "advisories" })
}

/// Questions to a person: on the request, the five dimensions, routes and guards. Those of the coverage table stand
/// there, beside what they are about, and are only counted here.
pub(super) fn unknowns(case: &Case<'_>) -> Vec<Question> {
    let view = case.view;
    let mut out = Vec::new();
    if view.request.text.trim().is_empty() || view.request.kind_source == "default" {
        out.push(Question {
            about: "the request".to_owned(),
            question: format!("What prompted this assessment of {}, and which decision depends on it?", view.name()),
        });
    }
    for fact in view.project.dimensions.iter().flat_map(|dimension| &dimension.facts) {
        if fact.value.is_none() {
            let label = shorten(&printable(&fact.label), 80);
            out.push(Question { about: label.clone(), question: dimension_question(&label, &view.name()) });
        }
    }
    let unresolved = view.routes(|route| !route.resolved);
    if !unresolved.is_empty() {
        out.push(Question {
            about: "routes".to_owned(),
            question: format!("Which methods and paths do these routes serve: {}?", route_list(&unresolved, 5)),
        });
    }
    let guards: Vec<String> = view.unknown_guards().keys().map(|name| code(name)).collect();
    if !guards.is_empty() {
        out.push(Question {
            about: "guards".to_owned(),
            question: format!("What {} {} prove about a caller?", verb(guards.len(), "does", "do"), list(&guards, 6)),
        });
    }
    let asked: Vec<&str> = case
        .coverage
        .iter()
        .filter(|row| row.question.is_some())
        .filter_map(|row| Some(short_label(topic_by_id(&row.topic)?.label)))
        .collect();
    if !asked.is_empty() {
        out.push(Question {
            about: "the coverage table".to_owned(),
            question: format!(
                "Who can answer the {} asked there: {}?",
                count(asked.len(), "question"),
                list(&asked, asked.len())
            ),
        });
    }
    out
}

fn dimension_question(label: &str, project: &str) -> String {
    let known = [
        ("budget", "Which people and how much time are there for the fixes in {}?"),
        ("regul", "Which laws and contracts apply to {}, and in which countries are its users?"),
        ("complian", "Which standards must {} answer to, and when is the next audit?"),
        ("risk", "Which risks is the owner of {} ready to accept, and who signs for them?"),
        ("timeline", "By when must {} be ready, and for what?"),
        ("volume", "How many people use {}, and how many requests does it serve at its peak?"),
        ("sensitiv", "Which data of {} would hurt most if it became public?"),
        ("stage", "Is {} in planning, in production, being hardened, before an audit, or in an incident?"),
        ("threat", "Who would attack {}, and what would they want?"),
    ];
    let lower = label.to_lowercase();
    let text = known.iter().find(|(part, _)| lower.contains(part)).map(|(_, text)| text.replace("{}", project));
    text.unwrap_or_else(|| format!("What is the {lower} of {project}?"))
}

pub(super) fn assumptions(case: &Case<'_>) -> Vec<String> {
    let view = case.view;
    let mut out = Vec::new();
    if let Some(part) = offensive_part(&view.request.text) {
        out.push(format!(
            "The request asks for attack ({}). That part was declined: this specialist works on defence only. The assessment went on without it.",
            code(&part)
        ));
    }
    if view.request.kind_source == "default" {
        out.push(format!(
            "The request names no kind of assessment; a {} was made.",
            AssessmentKind::Vulnerability.words()
        ));
    }
    let days = Severity::ALL.map(days);
    let [low, medium, high, critical] = days;
    out.push(format!(
        "Due dates follow the default policy: Critical {critical}, High {high}, Medium {medium}, Low {low} days. The first three are the steps of CISA BOD 26-04, applied here to all findings."
    ));
    let unresolved = view.routes(|route| !route.resolved).len();
    if unresolved > 0 {
        out.push(format!(
            "{} could not be resolved and {} taken as reachable without a session unless a guard was seen.",
            count(unresolved, "route"),
            verb(unresolved, "is", "are")
        ));
    }
    let unknown = view.unknown_guards().len();
    if unknown > 0 {
        out.push(format!(
            "{} whose effect is not known {} counted as no protection.",
            count(unknown, "guard"),
            verb(unknown, "is", "are")
        ));
    }
    let assumed =
        case.findings.iter().filter(|finding| finding.risk.impact_factors.data >= DataClass::PersonalOrSecret).count();
    if view.personal_data().is_none() && assumed > 0 {
        out.push(format!(
            "No personal data was recognised, yet {} rated as if personal data or secrets were at stake; tell the class of the data to have them rated by it.",
            verb(assumed, "1 finding is", &format!("{} findings are", thousands(assumed)))
        ));
    }
    if !view.project.routes.is_empty() {
        out.push(
            "Controls outside the tree (proxy, gateway, firewall, platform settings) were not seen and not counted."
                .to_owned(),
        );
    }
    out
}

/// Suggestions for the human reader: only where something would have made this assessment better.
pub(super) fn suggestions(case: &Case<'_>, rules: &RulesRead) -> Vec<String> {
    let view = case.view;
    let mut out = Vec::new();
    let catalogue = case.findings.iter().any(|finding| matches!(finding.evidence, Evidence::Catalogue { .. }));
    if view.uses("Supabase") || catalogue {
        out.push("Give this specialist read access to a schema dump of production: the migrations and the live database may differ.".to_owned());
    }
    if view.packages() > 0 && !view.has_snapshot() {
        out.push(format!(
            "Provide a snapshot of advisories (`lunette intel update`): {} could then be held against all that is published.",
            count(view.packages(), "package")
        ));
    }
    let unstated = view.project.dimensions.iter().flat_map(|it| &it.facts).filter(|fact| fact.value.is_none()).count();
    if unstated > 0 && view.frameworks.is_empty() {
        let file = match rules.state {
            RulesState::Absent => "Write a `.claude/rules.md` that states",
            RulesState::Read | RulesState::Refused => "State in `.claude/rules.md`",
        };
        out.push(format!("{file} the regulations in force, the risk the owner accepts and the class of the data: {} of the project assessment {} \"not stated\".", count(unstated, "value"), verb(unstated, "is", "are")));
    }
    let unresolved = view.routes(|route| !route.resolved).len();
    let all = view.project.routes.len();
    if unresolved > 0 && unresolved * 10 >= all {
        out.push(format!("Provide an OpenAPI description: {unresolved} of {all} routes {} built at run time and could not be read from the code.", verb(unresolved, "is", "are")));
    }
    out
}
