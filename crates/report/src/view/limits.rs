//! What was not looked at, what was withheld, and what the project looks like from outside.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use lunette_core::assessment::Assessment;
use lunette_core::finding::{Finding, SuppressedBy};
use lunette_core::place::Place;
use lunette_core::project::{InputKind, Route, SkipReason, Skipped};
use serde::Serialize;

use super::{Cut, IDS, PLACES, quoted};

/// Routes in the table of the attack surface.
const ROUTES: usize = 40;

/// Coverage and limits.
#[derive(Serialize)]
pub(super) struct Limits<'a> {
    /// Reasons for which files were not read, gaps first.
    skips: Vec<Skips<'a>>,
    /// Files that should have been analysed and were not, or not completely.
    gaps: usize,
    technologies: Vec<Technology<'a>>,
    routes: Cut<RouteView<'a>>,
    routes_total: usize,
    routes_unresolved: usize,
}

#[derive(Serialize)]
struct Skips<'a> {
    reason: &'static str,
    gap: bool,
    count: usize,
    files: Cut<&'a Skipped>,
}

#[derive(Serialize)]
struct Technology<'a> {
    name: &'a str,
    version: Option<&'a str>,
    evidence: Option<String>,
}

#[derive(Serialize)]
struct RouteView<'a> {
    method: &'a str,
    path: &'a str,
    resolved: bool,
    handler: String,
    exposure: &'static str,
    guards: Vec<&'a str>,
    inputs: Vec<(&'static str, &'a str)>,
}

/// Findings withheld for one reason at one place.
#[derive(Serialize)]
pub(super) struct Withheld<'a> {
    by: Option<SuppressedBy>,
    place: Option<String>,
    line: u32,
    reason: Option<String>,
    until: Option<&'a str>,
    /// The rules' sentence that withholds them.
    text: Option<String>,
    count: usize,
    findings: Vec<WithheldFinding<'a>>,
    more: Cut<&'a str>,
}

#[derive(Serialize)]
struct WithheldFinding<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    place: String,
}

pub(super) fn limits(assessment: &Assessment) -> Limits<'_> {
    let project = &assessment.project;
    let mut routes: Vec<&Route> = project.routes.iter().collect();
    // The most exposed first; a stable sort keeps the order of files within.
    routes.sort_by_key(|route| Reverse(route.exposure));
    Limits {
        skips: skips(&project.skipped),
        gaps: project.skipped.iter().filter(|skip| skip.reason.is_gap()).count(),
        technologies: project
            .technologies
            .iter()
            .map(|technology| Technology {
                name: &technology.name,
                version: technology.version.as_deref(),
                evidence: technology.evidence.first().map(Place::to_string),
            })
            .collect(),
        routes: Cut::of(routes.into_iter().map(route), ROUTES),
        routes_total: project.routes.len(),
        routes_unresolved: project.routes.iter().filter(|route| !route.resolved).count(),
    }
}

fn skips(skipped: &[Skipped]) -> Vec<Skips<'_>> {
    let mut groups: BTreeMap<(bool, SkipReason), Vec<&Skipped>> = BTreeMap::new();
    for skip in skipped {
        groups.entry((!skip.reason.is_gap(), skip.reason)).or_default().push(skip);
    }
    groups
        .into_iter()
        .map(|((no_gap, reason), mut files)| {
            files.sort();
            let most = if no_gap { 4 } else { PLACES };
            Skips { reason: reason.words(), gap: !no_gap, count: files.len(), files: Cut::of(files, most) }
        })
        .collect()
}

fn route(route: &Route) -> RouteView<'_> {
    let place = route.handler_place.as_ref().map_or_else(|| format!("{}:{}", route.file, route.line), Place::to_string);
    RouteView {
        method: &route.method,
        path: &route.path,
        resolved: route.resolved,
        handler: place,
        exposure: route.exposure.words(),
        guards: route.guards.iter().map(|guard| guard.name.as_str()).collect(),
        inputs: route.inputs.iter().map(|input| (kind(input.kind), input.name.as_str())).collect(),
    }
}

fn kind(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Path => "path",
        InputKind::Query => "query",
        InputKind::Body => "body",
        InputKind::Form => "form",
        InputKind::Header => "header",
        InputKind::Cookie => "cookie",
        InputKind::File => "file",
    }
}

pub(super) fn withheld(assessment: &Assessment) -> Vec<Withheld<'_>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for finding in &assessment.withheld {
        let key = finding.suppression.as_ref().map(|s| (Reverse(s.by), &s.place, &s.reason, &s.until));
        groups.entry(key).or_default().push(finding);
    }
    groups.into_values().map(|findings| group(assessment, &findings)).collect()
}

/// Findings that share a suppression.
fn group<'a>(assessment: &'a Assessment, findings: &[&'a Finding]) -> Withheld<'a> {
    let suppression = findings.first().and_then(|finding| finding.suppression.as_ref());
    let line = suppression.map_or(0, |s| s.place.line);
    let mut understood = assessment.rules_read.understood.iter();
    let text = suppression
        .filter(|s| s.by == SuppressedBy::Rules)
        .and_then(|_| understood.find(|understood| understood.line == line as usize))
        .map(|understood| quoted(&understood.text));
    Withheld {
        by: suppression.map(|s| s.by),
        place: suppression.map(|s| s.place.to_string()),
        line,
        reason: suppression.map(|s| quoted(&s.reason)),
        until: suppression.and_then(|s| s.until.as_deref()),
        text,
        count: findings.len(),
        findings: findings
            .iter()
            .take(PLACES)
            .map(|finding| WithheldFinding {
                id: &finding.id,
                title: &finding.title,
                severity: finding.risk.severity.as_str(),
                place: finding.place.to_string(),
            })
            .collect(),
        more: Cut::of(findings.iter().skip(PLACES).map(|finding| finding.id.as_str()), IDS),
    }
}
