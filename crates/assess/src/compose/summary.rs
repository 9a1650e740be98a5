//! The executive summary: posture in facts, what is critical, what to do first.

use lunette_core::assessment::{AssessmentKind, Summary};
use lunette_core::coverage::{Status, TOPICS};
use lunette_core::finding::Confidence;
use lunette_core::project::Proves;
use lunette_core::risk::{Exposure, Severity};
use lunette_core::text::{count, thousands};

use super::case::{Case, by_severity, entries, ids};
use super::coverage::share;
use super::entries::Group;
use super::playbooks::evidence;
use super::view::{changes_state, is_behind_guard, is_way_in};
use super::words::{clause, list, paragraph, sentence, verb};

/// Lines of the list of critical findings.
const MAX_CRITICAL: usize = 10;
/// Lines when the highest there are stand in for critical ones.
const MAX_HIGHEST: usize = 5;
/// Actions to do first.
const MAX_FIRST: usize = 3;

pub(super) fn summary(case: &Case<'_>, incomplete: Option<&str>) -> Summary {
    Summary {
        posture: posture(case, incomplete),
        counts: case.counts(),
        hardening: case.hardening(),
        critical: critical(case),
        do_first: do_first(case),
    }
}

fn posture(case: &Case<'_>, incomplete: Option<&str>) -> String {
    let mut parts = Vec::new();
    match case.view.kind() {
        AssessmentKind::Vulnerability | AssessmentKind::SecureCoding => {
            parts.extend([verdict(case), routes(case), numbers(case)]);
        }
        AssessmentKind::Architecture => parts.extend([routes(case), verdict(case), numbers(case)]),
        AssessmentKind::Compliance => parts.extend([standards(case), verdict(case), numbers(case), routes(case)]),
        AssessmentKind::IncidentResponse => parts.extend([ways_in(case), verdict(case), routes(case), numbers(case)]),
    }
    parts.extend([covered(case), gaps(case, incomplete)]);
    paragraph(&parts)
}

fn verdict(case: &Case<'_>) -> String {
    let urgent = case.groups_where(Group::is_urgent);
    let vulnerabilities = case.groups_where(Group::is_vulnerability);
    let clean = case.labels(Status::CheckedClean, None);
    let sound = if clean.is_empty() { String::new() } else { format!("; nothing was found in {}", list(&clean, 4)) };
    if !urgent.is_empty() {
        return format!("weak in {}{sound}", list(&Case::topics_of(&urgent), 4));
    }
    if let Some(worst) = vulnerabilities.first() {
        let same = case.groups_where(|group| group.is_vulnerability() && group.severity() == worst.severity());
        let topics = list(&Case::topics_of(&same), 4);
        return format!(
            "no Critical or High vulnerability was found; the worst are {}, in {topics}{sound}",
            worst.severity()
        );
    }
    if case.findings.is_empty() {
        return match clean.len() {
            0 => "nothing could be judged: no topic was both applicable and covered by a rule".to_owned(),
            n => format!("no finding in the {} that could be checked: {}", count(n, "topic"), list(&clean, n)),
        };
    }
    let all = verb(case.findings.len(), "the one finding is a missing layer", "all findings are missing layers");
    format!("no vulnerability was found in what was checked; {all} of defence (hardening){sound}")
}

fn routes(case: &Case<'_>) -> String {
    let view = case.view;
    let all = view.project.routes.len();
    if all == 0 {
        return "no HTTP route was recognised, so nothing is said about guards on routes".to_owned();
    }
    let guarded = view.routes(is_behind_guard).len();
    let changing = view.routes(|route| changes_state(route) && !is_way_in(route));
    let open = changing.iter().filter(|route| !is_behind_guard(route)).count();
    let carry = |proves, what: &str| format!("{what} on {}", thousands(view.guarded(proves).len()));
    let layers = [
        carry(Proves::RateLimit, "a rate limit"),
        carry(Proves::Headers, "security headers"),
        carry(Proves::Validated, "input validation"),
    ];
    let open = match changing.len() {
        0 => String::new(),
        n => format!(
            "; of {} that can change state (ways in such as login left out), {open} {} open",
            count(n, "route"),
            verb(open, "is", "are")
        ),
    };
    format!(
        "{} {} behind an authentication guard{open}; seen besides: {}",
        share(guarded, all),
        verb(guarded, "sits", "sit"),
        list(&layers, 3)
    )
}

fn numbers(case: &Case<'_>) -> String {
    let mut out = String::new();
    if !case.findings.is_empty() {
        let hardening = case.hardening();
        let of_these = if hardening == 0 { String::new() } else { format!(", {hardening} of them hardening") };
        out = format!(
            "{} in {}: {}{of_these}",
            count(case.findings.len(), "finding"),
            entries(case.groups.len()),
            by_severity(case.counts())
        );
    }
    if !case.withheld.is_empty() {
        let withheld = count(case.withheld.len(), "finding");
        let joint = if out.is_empty() { "" } else { "; " };
        out = format!("{out}{joint}{withheld} withheld by rules or suppressions and not counted");
    }
    out
}

fn standards(case: &Case<'_>) -> String {
    let requirements = case.requirements();
    if requirements.is_empty() {
        return "no finding is evidence relevant to a requirement of the nine standards that are mapped".to_owned();
    }
    let counted: Vec<String> =
        requirements.iter().map(|(standard, _)| format!("{} of {}", standard.ids.len(), standard.name)).collect();
    let force = match case.view.frameworks.as_slice() {
        [] => "no standard is stated to be in force".to_owned(),
        names => format!("in force as stated: {}", list(names, 6)),
    };
    format!(
        "the findings are evidence relevant to these numbers of requirements: {}; {force}",
        list(&counted, counted.len())
    )
}

fn ways_in(case: &Case<'_>) -> String {
    let open = |group: &Group<'_>| {
        let exposed = |it: &&lunette_core::Finding| it.risk.likelihood_factors.exposure == Exposure::Unauthenticated;
        group.is_vulnerability() && group.members.iter().any(exposed)
    };
    match case.groups_where(open).as_slice() {
        [] => "no vulnerability was found that is reachable without a session".to_owned(),
        open => {
            format!("ways in that need no session, to be compared with the traces of the incident: {}", ids(open, 6))
        }
    }
}

fn covered(case: &Case<'_>) -> String {
    let of = |status| case.coverage.iter().filter(|row| row.status == status).count();
    let (found, clean) = (of(Status::Finding), of(Status::CheckedClean));
    let (idle, asked) = (of(Status::NotApplicable), of(Status::NotCheckable));
    format!(
        "of {} topics {found} {} findings, {clean} {} checked and clean, {idle} {} not apply, and {asked} cannot be answered from code",
        TOPICS.len(),
        verb(found, "has", "have"),
        verb(clean, "is", "are"),
        verb(idle, "does", "do"),
    )
}

fn gaps(case: &Case<'_>, incomplete: Option<&str>) -> String {
    let mut parts = Vec::new();
    match case.gaps() {
        0 => {}
        n => parts.push(format!("{} not read or not understood completely", count(n, "file"))),
    }
    match case.unresolved_routes() {
        0 => {}
        n => parts.push(format!("{} not fully resolved", count(n, "route"))),
    }
    if let Some(why) = incomplete {
        parts.push(format!("the assessment is incomplete: {}", clause(why)));
    }
    if parts.is_empty() { String::new() } else { format!("limits: {}", list(&parts, 3)) }
}

/// The critical vulnerabilities in a line each; where there is none, that is said and the highest follow.
fn critical(case: &Case<'_>) -> Vec<String> {
    let critical = case.groups_where(|group| group.is_vulnerability() && group.severity() == Severity::Critical);
    if !critical.is_empty() {
        return lines(&critical, MAX_CRITICAL);
    }
    let Some(highest) = case.groups_where(Group::is_vulnerability).first().copied().or(case.groups.first()) else {
        let looked = case.labels(Status::CheckedClean, None).len();
        let open = case.labels(Status::NotCheckable, None);
        let not = if open.is_empty() { String::new() } else { format!("; not looked at: {}", list(&open, 6)) };
        let found = match looked {
            0 => "no topic could be checked".to_owned(),
            n => format!("no critical finding in the {} that could be checked", count(n, "topic")),
        };
        return vec![sentence(&format!("{found}{not}"))];
    };
    let same =
        case.groups_where(|group| group.severity() == highest.severity() && group.entry.nature == highest.entry.nature);
    let nature = if highest.is_vulnerability() { "" } else { ", and hardening only" };
    let mut out = vec![format!(
        "No critical finding; the highest {} {}{nature}:",
        verb(same.len(), "is", "are"),
        highest.severity()
    )];
    out.extend(lines(&same, MAX_HIGHEST));
    out
}

fn lines(groups: &[&Group<'_>], most: usize) -> Vec<String> {
    let line = |group: &&Group<'_>| {
        let doubt =
            if group.entry.confidence == Confidence::Tentative { "; tentative, a person should look" } else { "" };
        sentence(&format!("{}: {}, {}{doubt}", group.heading(), group.location(3), reached(group)))
    };
    let mut out: Vec<String> = groups.iter().take(most).map(line).collect();
    if groups.len() > most {
        out.push(format!("And {} more: {}.", groups.len() - most, ids(&groups[most..], groups.len())));
    }
    out
}

fn reached(group: &Group<'_>) -> &'static str {
    group.entry.risk.likelihood_factors.exposure.words()
}

/// Up to three actions, and what they achieve together. Incident response keeps evidence before it changes anything.
fn do_first(case: &Case<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if case.view.kind() == AssessmentKind::IncidentResponse {
        out.push(keep_evidence(case));
    }
    let mut candidates = case.groups_where(Group::is_vulnerability);
    if candidates.is_empty() {
        candidates = case.groups_where(|_| true);
    }
    let rank = |group: &&Group<'_>| {
        (group.severity(), group.entry.risk.security_severity, group.entry.confidence, group.members.len())
    };
    candidates.sort_by_key(|group| std::cmp::Reverse(rank(group)));
    let chosen: Vec<&Group<'_>> = candidates.into_iter().take(MAX_FIRST - out.len()).collect();
    out.extend(chosen.iter().map(|group| action(group)));
    if let Some(last) = out.last_mut().filter(|_| !chosen.is_empty()) {
        *last = format!("{last} {}", achieved(case, &chosen));
    } else {
        out.extend(first_question(case));
    }
    out
}

fn action(group: &Group<'_>) -> String {
    let places = match (group.routes().len(), group.members.len()) {
        (1.., n) if n > 1 => format!(" in {}", count(n, "place")),
        _ => String::new(),
    };
    sentence(&format!(
        "{} at {}{places} ({}, {})",
        clause(&group.advice.action),
        group.location(2),
        group.entry.id,
        clause(&group.advice.effort)
    ))
}

fn achieved(case: &Case<'_>, chosen: &[&Group<'_>]) -> String {
    let worst = chosen.iter().map(|group| group.severity()).max().unwrap_or(Severity::Low);
    let of = |groups: &[&Group<'_>]| -> usize {
        groups.iter().filter(|group| group.severity() == worst).map(|group| group.members.len()).sum()
    };
    let all = case.groups_where(|_| true);
    let open = |groups: &[&Group<'_>]| -> usize {
        let exposed = |it: &&&lunette_core::Finding| {
            it.risk.likelihood_factors.exposure == Exposure::Unauthenticated && it.risk.severity >= Severity::High
        };
        groups
            .iter()
            .filter(|group| group.is_vulnerability())
            .map(|group| group.members.iter().filter(exposed).count())
            .sum()
    };
    let part = |closed: usize, all: usize, what: &str| match (closed, all) {
        (1, 1) => format!("the one {what} finding"),
        (2, 2) => format!("both {what} findings"),
        (closed, all) if closed == all => format!("all {all} {what} findings"),
        (closed, all) => format!("{closed} of the {all} {what} findings"),
    };
    let together = verb(chosen.len(), "This closes", "Together they close");
    let exposed = match (open(chosen), open(&all)) {
        (_, 0) => String::new(),
        (closed, all) => {
            format!(", and {} that can be reached without a session", part(closed, all, "High or Critical"))
        }
    };
    format!("{together} {}{exposed}.", part(of(chosen), of(&all), worst.as_str()))
}

fn keep_evidence(case: &Case<'_>) -> String {
    let sources: Vec<&str> = evidence(case).into_iter().map(|(technology, _)| technology).collect();
    let what = match sources.len() {
        0 => "its logs and the deployed revision".to_owned(),
        n => format!("logs and state of {}, as listed under incident response", list(&sources, n)),
    };
    let project = case.view.name();
    format!("Keep evidence of {project} before anything is changed: {what}. Then work through the playbooks.")
}

/// With no action to take, what a person should be asked first.
fn first_question(case: &Case<'_>) -> Option<String> {
    let question = case.coverage.iter().find_map(|row| row.question.as_deref())?;
    Some(format!("No finding asks for a change; answer first what code could not: {question}"))
}
