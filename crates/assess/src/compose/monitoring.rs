//! The monitoring framework: what to log and where, key figures as of today, dates.

use std::collections::BTreeMap;

use lunette_core::assessment::{Event, Kpi, Monitoring, Scheduled};
use lunette_core::coverage::{Status, TOPICS};
use lunette_core::finding::Finding;
use lunette_core::place::Place;
use lunette_core::project::{Proves, Route, TechnologyKind};
use lunette_core::risk::Severity;
use lunette_core::text::{count, thousands};

use super::case::{Case, ids};
use super::data::{EVENTS, EventInfo, Layer, StackEvents};
use super::due::{after, days, due};
use super::entries::Group;
use super::playbooks::playbooks;
use super::view::{View, changes_state, guard_of, has_guard, has_word, is_behind_guard, is_way_in, reads};
use super::words::{at, distinct, list, paragraph, verb};

/// Days between assessments when nothing else sets the date.
const REASSESS_DAYS: u32 = 90;

pub(super) fn monitoring(case: &Case<'_>) -> Monitoring {
    let events = events(case);
    Monitoring {
        logging: logging(case, &events),
        kpis: kpis(case),
        playbooks: playbooks(case),
        schedule: schedule(case),
        events,
    }
}

fn logging(case: &Case<'_>, events: &[Event]) -> Vec<String> {
    let view = case.view;
    let found: Vec<String> = view
        .of_kind(TechnologyKind::Logging)
        .iter()
        .map(|it| it.evidence.first().map_or(it.name.clone(), |place| format!("{} ({})", it.name, at(place))))
        .collect();
    let library = if !found.is_empty() {
        format!(
            "write the events below through {}, one JSON object each, with the event's name in a field of its own",
            list(&found, 3)
        )
    } else if view.uses("Flask") || view.uses("Python") {
        "no logging library was found: a `logging` logger of its own name with a JSON formatter is enough for the events below".to_owned()
    } else if view.uses("Express") || view.uses("Node") || view.uses("Supabase") {
        "no logging library was found: a structured logger that writes one JSON object per line to standard output is enough for the events below".to_owned()
    } else {
        "no logging library was recognised: write the events below as one structured record each".to_owned()
    };
    let mut out = vec![paragraph(&[library])];
    out.push(paragraph(&[
        format!("fields of every event: {}", EVENTS.common),
        match view.personal_data() {
            Some(personal) => format!("never log passwords, tokens, session ids in the clear, request bodies, or the personal data found ({personal})"),
            None => "never log passwords, tokens, session ids in the clear, or request bodies".to_owned(),
        },
    ]));
    let placed: usize = events.iter().map(|event| event.at.len()).sum();
    if placed > 0 {
        out.push(format!(
            "{} at {}, named by the OWASP Application Logging Vocabulary; whether some are logged already was not judged.",
            count(events.len(), "event"),
            count(placed, "place")
        ));
    }
    let row = |topic: &str| case.coverage.iter().find(|row| row.topic == topic);
    if let Some(question) = row("security-logging").and_then(|row| row.question.as_deref()) {
        out.push(format!("To be settled by a person: {question}"));
    }
    out
}

/// Events that findings name, then those that the routes call for; by name, each with all its places.
fn events(case: &Case<'_>) -> Vec<Event> {
    let mut out: BTreeMap<&str, Event> = BTreeMap::new();
    for group in case.groups {
        for finding in &group.members {
            for name in &finding.events {
                let event = entry(&mut out, name);
                event.at.push(place_of(case.view, finding, EVENTS.known.get(name)));
                if event.closes.last() != Some(&group.entry.id) {
                    event.closes.push(group.entry.id.clone());
                }
            }
        }
    }
    for kind in &EVENTS.stack {
        for route in case.view.routes(|route| calls_for(kind, route)) {
            for name in &kind.events {
                let event = entry(&mut out, name);
                event.at.push(place_on(route, EVENTS.known.get(name)));
            }
        }
    }
    let mut events: Vec<Event> = out
        .into_values()
        .map(|event| Event { at: distinct(event.at), closes: distinct(event.closes), ..event })
        .collect();
    // What closes entries comes first; a sort that keeps the order by name otherwise.
    events.sort_by_key(|event| event.closes.is_empty());
    events
}

fn entry<'m, 'n>(events: &'m mut BTreeMap<&'n str, Event>, name: &'n str) -> &'m mut Event {
    events.entry(name).or_insert_with(|| {
        let known = EVENTS.known.get(name);
        Event {
            name: name.to_owned(),
            at: Vec::new(),
            fields: known
                .map_or_else(|| "what was attempted and on which object".to_owned(), |event| event.fields.clone()),
            alert: known
                .map_or_else(|| "over 10 in 5 min for one user or address".to_owned(), |event| event.alert.clone()),
            closes: Vec::new(),
        }
    })
}

fn calls_for(kind: &StackEvents, route: &Route) -> bool {
    (kind.path.is_empty() || has_word(&route.path, &kind.path))
        && (kind.methods.is_empty() || kind.methods.contains(&route.method))
        && kind.input.is_none_or(|input| reads(route, input))
        && (kind.proves.is_empty() || kind.proves.iter().any(|proves| has_guard(route, *proves)))
}

/// Where the event of a finding is logged: at the guard or handler of its route, else where the finding points.
fn place_of(view: &View<'_>, finding: &Finding, event: Option<&EventInfo>) -> Place {
    let layer = event.map_or(Layer::Place, |event| event.layer);
    match finding.route.as_deref().and_then(|name| view.route(name)) {
        Some(route) if layer != Layer::Place => place_on(route, event),
        _ => finding.place.clone(),
    }
}

fn place_on(route: &Route, event: Option<&EventInfo>) -> Place {
    let proves = event.and_then(|event| event.proves);
    let guard = proves.and_then(|proves| guard_of(route, proves));
    // A refusal belongs to the privilege check; where only sign-in is checked, that is where it happens.
    let sign_in = || guard_of(route, Proves::Authenticated).filter(|_| proves == Some(Proves::Authorized));
    match guard.or_else(sign_in) {
        Some(guard) => guard.place.clone(),
        None => route.handler_place.clone().unwrap_or_else(|| Place::line(route.file.clone(), route.line)),
    }
}

fn percent(part: usize, all: usize) -> String {
    let percent = (part * 100).checked_div(all);
    percent.map_or_else(|| "no such route".to_owned(), |percent| format!("{percent}% ({part} of {all})"))
}

fn kpis(case: &Case<'_>) -> Vec<Kpi> {
    let view = case.view;
    let kpi = |name: &str, today: String, target: &str| Kpi { name: name.to_owned(), today, target: target.to_owned() };
    let all = view.project.routes.len();
    let unresolved = case.unresolved_routes();
    let guarded = view.routes(is_behind_guard).len();
    let changing = view.routes(|route| changes_state(route) && !is_way_in(route));
    let changing_guarded = changing.iter().filter(|route| is_behind_guard(route)).count();
    let judged = case.coverage.iter().filter(|row| row.status != Status::NotCheckable).count();
    let with_event = case.findings.iter().filter(|finding| !finding.events.is_empty()).count();
    let ending = case.withheld.iter().filter(|it| it.suppression.as_ref().is_some_and(|it| it.until.is_some())).count();
    let [critical, high, medium, low] = case.counts();
    let mut out = vec![
        kpi("routes analysed", format!("{}, {unresolved} unresolved", thousands(all)), "0 unresolved"),
        kpi("routes behind an authentication guard", percent(guarded, all), "every route that is not listed as public"),
        kpi("state-changing routes behind one", percent(changing_guarded, changing.len()), "100%"),
        kpi("topics answered from code", format!("{judged} of {}", TOPICS.len()), "the rest answered by a person"),
        kpi(
            "findings with an event that would show their use",
            format!("{with_event} of {}", case.findings.len()),
            "every Critical and High",
        ),
        kpi(
            "findings withheld",
            format!("{}, {ending} with an end date", case.withheld.len()),
            "all with reason and end date",
        ),
        kpi("files not read or understood", thousands(case.gaps()), "0"),
    ];
    for (severity, open) in
        [(Severity::Critical, critical), (Severity::High, high), (Severity::Medium, medium), (Severity::Low, low)]
    {
        if open > 0 {
            let target =
                format!("0 after {}; mean time to fix at most {} days", due(view.date, severity), days(severity));
            out.push(kpi(&format!("open {severity} findings"), thousands(open), &target));
        }
    }
    out
}

fn schedule(case: &Case<'_>) -> Vec<Scheduled> {
    let date = case.view.date;
    let mut out = Vec::new();
    for severity in Severity::ALL.into_iter().rev() {
        let of = case.groups_where(|group: &Group<'_>| group.severity() == severity);
        if !of.is_empty() {
            out.push(Scheduled {
                date: due(date, severity),
                what: format!(
                    "{} {severity} {} due: {}; run `lunette assess` to confirm.",
                    of.len(),
                    verb(of.len(), "entry", "entries"),
                    ids(&of, 8)
                ),
            });
        }
    }
    for finding in case.withheld {
        if let Some(until) = finding.suppression.as_ref().and_then(|suppression| suppression.until.clone()) {
            let what =
                format!("The suppression of {} at {} ends: fix it or decide anew.", finding.rule, at(&finding.place));
            out.push(Scheduled { date: until, what });
        }
    }
    if case.view.packages() > 0 {
        out.push(Scheduled {
            date: after(date, 7),
            what: "Hold the packages against current advisories (`lunette intel update`, then `lunette assess`); then weekly.".to_owned(),
        });
    }
    out.push(Scheduled {
        date: after(date, 30),
        what: "Walk through the first playbook with the people it names; note what was missing.".to_owned(),
    });
    let routes = count(case.view.project.routes.len(), "route");
    out.push(Scheduled {
        date: after(date, REASSESS_DAYS),
        what: format!("Full assessment; earlier when routes, guards or the stack change (today: {routes})."),
    });
    out.sort_by(|a, b| a.date.cmp(&b.date));
    out.dedup();
    out
}
