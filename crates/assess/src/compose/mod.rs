//! From facts to a consultation: everything in an [`Assessment`] that is told rather than found.
//!
//! The parts upstream (matcher, profile, rules) say what is there; this module groups it, puts it into words and adds
//! what follows from it. It adds no finding and drops none, it reads no file and no clock, and the same inputs give
//! the same text. Sentences carry facts of the project; what is not known is said to be not known.
//!
//! Text uses backticks for code and no other markup; project text stands between them, made safe.

mod case;
mod closing;
mod coverage;
mod data;
mod due;
mod entries;
mod guidance;
mod guidelines;
mod impact;
mod kind;
mod monitoring;
mod notes;
mod playbooks;
mod summary;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub(crate) use closing::OFFLINE;
pub use data::event_names;
pub use kind::{kind_of, offensive_part};

use lunette_core::Assessment;
use lunette_core::access::AccessMatrix;
use lunette_core::assessment::{Confinement, Notice, Request, RulesRead, SCHEMA_VERSION};
use lunette_core::dependencies::Dependencies;
use lunette_core::finding::Finding;
use lunette_core::place::Place;
use lunette_core::project::Project;
use lunette_core::rule::Rule;

use case::Case;
use view::View;

/// What [`compose`] works from.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The tool's version.
    pub lunette_version: String,
    /// The date of the assessment (ISO): due dates are counted from it.
    pub date: String,
    /// What was asked; its kind decides depth and emphasis (see [`kind_of`]).
    pub request: Request,
    /// The project's rules, read first.
    pub rules_read: RulesRead,
    /// What the platform enforced.
    pub confinement: Confinement,
    /// The project, with routes, technologies, dimensions and what was skipped. A fact whose label contains "personal"
    /// is taken as what is known of personal data; facts without a value become questions.
    pub project: Project,
    /// Findings that count, numbered by [`lunette_core::finding::number`].
    pub findings: Vec<Finding>,
    /// Findings withheld by rules or suppressions, numbered as well.
    pub withheld: Vec<Finding>,
    /// The metadata of every rule that was loaded, with findings or not: the coverage table says "checked and clean"
    /// only where one of them judges the topic.
    pub rules: Vec<Rule>,
    /// What could apply to the project and how much of it was looked at, by topic. A topic without facts counts as
    /// not looked at.
    pub checked: Vec<TopicFacts>,
    /// Standards that the project's rules put in force, as [`crate::compliance::names`] calls them where it can.
    /// Those that the request names are added.
    pub frameworks: Vec<String>,
    /// Who reaches what in the database, when the project's SQL says so.
    pub access: Option<AccessMatrix>,
    /// The packages and what is known against them; `None` when there are none.
    pub dependencies: Option<Dependencies>,
    /// Remarks of the tool on its own inputs.
    pub notices: Vec<Notice>,
    /// Why the assessment is incomplete, when it is.
    pub incomplete: Option<String>,
}

/// What was looked at for one topic of the coverage table.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicFacts {
    /// Id of the topic, as in [`lunette_core::coverage::TOPICS`].
    pub topic: String,
    /// Whether anything in the project could be judged under it.
    pub applicable: bool,
    /// What was looked at, with numbers: "12 routes, 3 cookie settings"; or why it does not apply.
    pub looked_at: String,
    /// Whether a rule judged at least one place. Rules that met nothing to judge are no proof that all is well.
    pub judged: bool,
    /// Controls that were seen.
    pub seen: Vec<Place>,
}

/// Composes the assessment. Every finding given appears in exactly one entry, one recommendation and one task; the
/// coverage table has a row for every topic.
pub fn compose(inputs: Inputs) -> Assessment {
    let Inputs { request, project, mut findings, mut withheld, rules_read, .. } = inputs;
    let view = View::new(&project, &request, &inputs.date, &inputs.frameworks, inputs.dependencies.as_ref());
    for finding in findings.iter_mut().chain(&mut withheld) {
        finding.business_impact = impact::business_impact(&[&*finding], &view);
    }
    let groups = entries::group(&findings, &inputs.rules, &view);
    let coverage = coverage::rows(&view, &findings, &withheld, &inputs.rules, &inputs.checked);
    let case = Case { view: &view, findings: &findings, withheld: &withheld, groups: &groups, coverage: &coverage };

    let summary = summary::summary(&case, inputs.incomplete.as_deref());
    let analysis = notes::notes(&case);
    let recommendations = guidance::recommendations(&case);
    let architecture_guidelines = guidelines::architecture(&case);
    let development_practices = guidelines::practices(&case);
    let guidance = guidance::guidance(&case);
    let monitoring = monitoring::monitoring(&case);
    let intelligence = closing::intelligence(&case);
    let unknowns = closing::unknowns(&case);
    let assumptions = closing::assumptions(&case);
    let suggestions = closing::suggestions(&case, &rules_read);
    let entries = groups.into_iter().map(|group| group.entry).collect();
    let has_findings = |rule: &Rule| findings.iter().chain(&withheld).any(|finding| finding.rule == rule.id);
    let mut rules: Vec<Rule> = inputs.rules.into_iter().filter(has_findings).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));

    Assessment {
        schema_version: SCHEMA_VERSION.to_owned(),
        lunette_version: inputs.lunette_version,
        date: inputs.date,
        request,
        rules_read,
        confinement: inputs.confinement,
        project,
        summary,
        findings,
        withheld,
        entries,
        rules,
        coverage,
        analysis,
        recommendations,
        architecture_guidelines,
        development_practices,
        guidance,
        monitoring,
        intelligence,
        access: inputs.access,
        dependencies: inputs.dependencies.clone(),
        unknowns,
        assumptions,
        suggestions,
        notices: inputs.notices,
        incomplete: inputs.incomplete,
    }
}
