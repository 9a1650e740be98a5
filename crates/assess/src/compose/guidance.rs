//! Recommendations by horizon, and guidance for the main Claude instance: tasks, tests, response, audits.

use lunette_core::assessment::{AssessmentKind, Guidance, Guideline, Horizon, Recommendation, Task};
use lunette_core::coverage::TOPICS;
use lunette_core::project::{Proves, TechnologyKind};
use lunette_core::text::count;

use super::case::{Case, ids};
use super::due::due;
use super::entries::Group;
use super::playbooks;
use super::view::{changes_state, is_behind_guard, is_way_in, route_list};
use super::words::{at, clause, code, distinct, list, paragraph, sentence, verb};

/// One recommendation per entry, by horizon and then in report order.
pub(super) fn recommendations(case: &Case<'_>) -> Vec<Recommendation> {
    let mut out: Vec<Recommendation> = case
        .groups
        .iter()
        .map(|group| Recommendation {
            horizon: Horizon::of(group.severity()),
            entry: group.entry.id.clone(),
            severity: group.severity(),
            advice: group.advice.clone(),
            standards: group.entry.standards.clone(),
            due: due(case.view.date, group.severity()),
        })
        .collect();
    out.sort_by_key(|recommendation| recommendation.horizon);
    out
}

pub(super) fn guidance(case: &Case<'_>) -> Guidance {
    Guidance {
        tasks: case.groups.iter().map(task).collect(),
        testing: testing(case),
        response: response(case),
        compliance: compliance(case),
    }
}

/// A task. What holds for all of them (change nothing else, run the assessment again) is said once by the report.
fn task(group: &Group<'_>) -> Task {
    let places = distinct(group.members.iter().map(|finding| at(&finding.place)));
    let mut said = vec![format!("{}, at {}", clause(&group.advice.action), list(&places, 6))];
    let mut files = group.files();
    // What was applied once is not run again: a change to it changes no database.
    if files.iter().any(|file| migrations(file).is_some()) {
        said.push("write it as a new migration; one that may have been applied stays as it is".to_owned());
        files = distinct(files.iter().map(|file| migrations(file).map_or_else(|| file.clone(), str::to_owned)));
    }
    said.push(group.advice.developers.clone());
    Task {
        entry: group.entry.id.clone(),
        instruction: paragraph(&said),
        files,
        verify: paragraph(std::slice::from_ref(&group.advice.verify)),
    }
}

/// The folder of migrations that an SQL file lies in.
fn migrations(file: &str) -> Option<&str> {
    let sql = file.rsplit('.').next().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"));
    let (at, folder) = file.rmatch_indices('/').find_map(|(at, _)| {
        let name = file[..at].rsplit('/').next()?;
        (name.eq_ignore_ascii_case("migrations") || name.eq_ignore_ascii_case("migration")).then_some((at, name))
    })?;
    (sql && !folder.is_empty()).then(|| &file[..=at])
}

fn guideline(title: &str, sentences: &[String]) -> Guideline {
    Guideline { title: title.to_owned(), text: paragraph(sentences) }
}

fn testing(case: &Case<'_>) -> Vec<Guideline> {
    let view = case.view;
    let mut out = Vec::new();
    let tools = view.names_of(TechnologyKind::Testing);
    let fixes = case.groups_where(Group::is_vulnerability);
    if !fixes.is_empty() {
        let how = match tools.as_slice() {
            [] => "no test library was found; the built-in runner of the language is enough".to_owned(),
            names => format!("keep to {}, which the project has", list(names, 3)),
        };
        out.push(guideline(
            "A regression test per fix",
            &[
                format!("write the test first, see it fail on the present code, then fix: {}", ids(&fixes, 8)),
                "assert the safe outcome (status, number of rows, header, cookie attribute) with harmless input such as a lone quote or a foreign id; no attack tool is needed".to_owned(),
                how,
            ],
        ));
    }
    let guarded = view.routes(|route| is_behind_guard(route) && changes_state(route));
    let open = view.routes(|route| !is_behind_guard(route) && changes_state(route) && !is_way_in(route));
    if !guarded.is_empty() || !open.is_empty() {
        let mut sentences = vec![format!(
            "one table-driven test over the {} that can change state: without a session 401 or 403, with another user's session 403 or 404",
            count(guarded.len() + open.len(), "route")
        )];
        if !open.is_empty() {
            sentences.push(format!(
                "decide for each of these whether it is public, and record that in the test: {}",
                route_list(&open, 5)
            ));
        }
        out.push(guideline("Negative tests for every guard", &sentences));
    }
    if view.uses("Supabase") {
        out.push(guideline(
            "Policies are tested in the database",
            &["for each table write pgTAP cases as `anon`, as the owner and as another user, run with `supabase test db`; a new table without a case fails the build".to_owned()],
        ));
    }
    let limited = view.guarded(Proves::RateLimit);
    if !limited.is_empty() {
        out.push(guideline(
            "Limits are tested",
            &[format!("one request above the limit answers 429 on {}", route_list(&limited, 3))],
        ));
    }
    out.push(guideline(
        "Validation of the whole",
        &[match case.findings.len() {
            0 => "run `lunette assess` after each change of routes, guards or settings: a new finding is then the change's own".to_owned(),
            n => format!("run `lunette assess` after each task: the number of findings falls from {n} and no new id appears"),
        }],
    ));
    out
}

fn response(case: &Case<'_>) -> Vec<Guideline> {
    let view = case.view;
    let sources: Vec<String> =
        playbooks::evidence(case).into_iter().map(|(technology, what)| format!("{technology}: {what}")).collect();
    let evidence = if sources.is_empty() {
        "no platform with logs of its own was recognised; write down where the logs of this service are and who can read them".to_owned()
    } else {
        sources.join("; ")
    };
    let mut out = vec![guideline("Evidence to secure first", &[evidence])];
    let first = case.groups_where(Group::is_urgent);
    out.push(guideline(
        "Roles and the first hour",
        &[
            "the playbooks below follow NIST SP 800-61r3 (April 2025), which orders response by the functions of CSF 2.0: Detect, Respond, Recover, with lessons fed back through Identify".to_owned(),
            "name before they are needed: who decides, who may switch a route off, who speaks to users and authorities".to_owned(),
            if first.is_empty() {
                "practise the general playbook once per half-year".to_owned()
            } else {
                format!("practise with {} as the supposed way in", first[0].entry.id)
            },
        ],
    ));
    let secrets = case.groups_where(|group| group.members.iter().any(|finding| finding.topic == "secrets-management"));
    if !secrets.is_empty() {
        out.push(guideline(
            "Rotation list",
            &[format!("each secret of {} with its owner, where it is used and the command that rotates it: an incident is the wrong time to look for them", ids(&secrets, 6))],
        ));
    }
    if view.kind() == AssessmentKind::IncidentResponse {
        let traces = case.groups_where(Group::is_vulnerability);
        let order = if traces.is_empty() {
            "no entry is a way in by itself: look outside the code, at accounts and keys".to_owned()
        } else {
            format!("search the logs for use of these, in this order: {}", ids(&traces, 10))
        };
        out.insert(
            0,
            guideline("Now", &[order, "change nothing on affected hosts before evidence is copied".to_owned()]),
        );
    }
    out
}

fn compliance(case: &Case<'_>) -> Vec<Guideline> {
    let view = case.view;
    let in_depth = view.kind() == AssessmentKind::Compliance;
    let mut out = Vec::new();
    for (standard, entries) in case.requirements() {
        let named = in_depth || view.frameworks.contains(&standard.name);
        let mapping =
            if standard.official { "mapping published by the standard's authors" } else { "editorial mapping" };
        let ids: Vec<String> = if named {
            standard.ids.iter().zip(&entries).map(|(id, entries)| format!("{id} ({})", list(entries, 4))).collect()
        } else {
            standard.ids.clone()
        };
        let text = format!(
            "the findings are evidence relevant to {}; {mapping}",
            list(&ids, if named { ids.len() } else { 8 })
        );
        out.push(Guideline { title: standard.name, text: sentence(&text) });
    }
    let unmapped: Vec<String> = view
        .frameworks
        .iter()
        .filter(|name| crate::compliance::names().all(|known| known != name.as_str()))
        .map(|it| code(it))
        .collect();
    if !unmapped.is_empty() {
        out.push(guideline("Not mapped", &[format!("{} {} stated to be in force; this version has no table for it, so nothing is said about its requirements", list(&unmapped, 4), verb(unmapped.len(), "is", "are"))]));
    }
    let asked = case.coverage.iter().filter(|row| row.question.is_some()).count();
    out.push(guideline(
        "This report in an audit",
        &[
            format!("a dated assessment of {} topics is evidence relevant to NIST 800-53 SA-11 and RA-5, ISO 27001 A.8.29, SOC 2 CC7.1, PCI DSS 6.2.3 and GDPR Art. 32(1)(d); it is not proof of compliance with any of them", TOPICS.len()),
            format!("keep with it: the JSON form, the commit it was made from, the closing date of each entry, and answers to the {} in the coverage table", count(asked, "question")),
        ],
    ));
    out
}
