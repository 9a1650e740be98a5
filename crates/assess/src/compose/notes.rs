//! Remarks on each of the six areas: what was found where, what is sound, what the project's own facts say about the
//! design, and what stays open. The kind of assessment decides the order and how much is told.

use std::collections::BTreeMap;

use lunette_core::assessment::{AreaNotes, AssessmentKind};
use lunette_core::coverage::{Area, Status, topic_by_id};
use lunette_core::place::Place;
use lunette_core::project::{InputKind, Proves, SkipReason, TechnologyKind};
use lunette_core::risk::Exposure;
use lunette_core::text::{count, thousands};

use super::case::{Case, entries, ids};
use super::coverage::share;
use super::entries::Group;
use super::view::{changes_state, has_word, is_behind_guard, is_way_in, reads, route_list};
use super::words::{at, code, distinct, list, paragraph, sentence, short_label, verb};

/// Notes on every area, in the order of the report's parts. None is empty.
pub(super) fn notes(case: &Case<'_>) -> Vec<AreaNotes> {
    Area::ALL.into_iter().map(|area| AreaNotes { area, paragraphs: paragraphs(case, area) }).collect()
}

fn paragraphs(case: &Case<'_>, area: Area) -> Vec<String> {
    let found = found(case, area);
    let design = match area {
        Area::Vulnerability => surface(case),
        Area::Coding => code_habits(case),
        Area::Monitoring => architecture(case),
        Area::Data => data(case),
        Area::Infrastructure => infrastructure(case),
        Area::Api => api(case),
    };
    let sound = sound(case, area);
    let open = open(case, area);
    let ordered = match case.view.kind() {
        AssessmentKind::Vulnerability => [found, sound, design, String::new(), String::new()],
        AssessmentKind::SecureCoding => [found, repeats(case, area), design, sound, String::new()],
        AssessmentKind::Architecture => [design, found, sound, open, String::new()],
        AssessmentKind::Compliance => [standards(case, area), found, sound, design, open],
        AssessmentKind::IncidentResponse => [traces(case, area), found, design, sound, String::new()],
    };
    ordered.into_iter().filter(|text| !text.is_empty()).collect()
}

fn of_area<'a>(case: &Case<'a>, area: Area) -> Vec<&'a Group<'a>> {
    case.groups_where(|group| group.entry.area == area)
}

/// How many findings, and where they sit.
fn found(case: &Case<'_>, area: Area) -> String {
    let groups = of_area(case, area);
    let members: Vec<_> = groups.iter().flat_map(|group| &group.members).collect();
    if members.is_empty() {
        return String::new();
    }
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &members {
        *folders.entry(folder(&finding.place)).or_default() += 1;
    }
    let mut folders: Vec<(String, usize)> = folders.into_iter().collect();
    folders.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let sits = match folders.as_slice() {
        [(only, _)] => format!("all in {only}"),
        folders => list(&folders.iter().map(|(folder, n)| format!("{n} in {folder}")).collect::<Vec<_>>(), 3),
    };
    let hardening = groups.iter().filter(|group| !group.is_vulnerability()).count();
    let kinds = match (hardening, groups.len() - hardening) {
        (0, _) => String::new(),
        (_, 0) => ", hardening only".to_owned(),
        (n, _) => format!(", {n} of them hardening"),
    };
    let all = (count(members.len(), "finding"), entries(groups.len()));
    sentence(&format!("{} in {}{kinds}; {sits}", all.0, all.1))
}

/// The folder of a place, two levels deep, as inline code.
fn folder(place: &Place) -> String {
    let parts: Vec<&str> = place.path.split('/').collect();
    let depth = parts.len().saturating_sub(1).min(2);
    if depth == 0 { "the top folder".to_owned() } else { code(&parts[..depth].join("/")) }
}

/// Topics that were checked and are clean, and controls that were seen; the numbers stand in the coverage table.
fn sound(case: &Case<'_>, area: Area) -> String {
    let here = |topic: &str| topic_by_id(topic).filter(|topic| topic.area == area);
    let rows = case.coverage.iter().filter(|row| row.status == Status::CheckedClean);
    let clean: Vec<&str> = rows.filter_map(|row| Some(short_label(here(&row.topic)?.label))).collect();
    let seen: Vec<String> =
        case.coverage.iter().filter(|row| here(&row.topic).is_some()).flat_map(|row| &row.seen).map(at).collect();
    let seen = distinct(seen);
    let mut parts = Vec::new();
    if !clean.is_empty() {
        parts.push(format!("checked and clean: {}", list(&clean, clean.len())));
    }
    if !seen.is_empty() {
        parts.push(format!("controls seen at {}", list(&seen, 4)));
    }
    paragraph(&parts)
}

/// Topics that code cannot answer; the questions themselves stand in the coverage table.
fn open(case: &Case<'_>, area: Area) -> String {
    let labels = case.labels(Status::NotCheckable, Some(area));
    if labels.is_empty() {
        String::new()
    } else {
        sentence(&format!("not answered by code: {}", list(&labels, labels.len())))
    }
}

/// Requirements that the findings of the area touch.
fn standards(case: &Case<'_>, area: Area) -> String {
    let groups = of_area(case, area);
    let parts: Vec<String> = crate::compliance::names()
        .filter_map(|name| {
            let of = |group: &&Group<'_>| {
                group.entry.standards.iter().find(|it| it.name == name).map_or(vec![], |it| it.ids.clone())
            };
            let ids = distinct(groups.iter().flat_map(of));
            (!ids.is_empty()).then(|| format!("{name} {}", list(&ids, 6)))
        })
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("The findings of this part are evidence relevant to {}.", parts.join("; "))
    }
}

/// Rules that are broken in several places: a habit rather than a slip.
fn repeats(case: &Case<'_>, area: Area) -> String {
    let repeated: Vec<String> = of_area(case, area)
        .into_iter()
        .filter(|group| group.members.len() > 2)
        .map(|group| {
            let (places, files) = (group.members.len(), group.files().len());
            format!("{} ({places} places in {})", code(&group.entry.rule), count(files, "file"))
        })
        .collect();
    if repeated.is_empty() {
        return String::new();
    }
    format!(
        "Habits rather than slips: {}; one shared helper and a review rule close more than single edits.",
        list(&repeated, 5)
    )
}

/// For an incident: entries of the area that could have been the way in.
fn traces(case: &Case<'_>, area: Area) -> String {
    let usable: Vec<&Group<'_>> = of_area(case, area)
        .into_iter()
        .filter(|group| {
            group.is_vulnerability() && group.entry.risk.likelihood_factors.exposure != Exposure::NotReached
        })
        .collect();
    if usable.is_empty() {
        return String::new();
    }
    let at = distinct(usable.iter().map(|group| group.location(2)));
    format!("Compare with the traces of the incident first: {} ({}).", ids(&usable, 6), list(&at, 4))
}

fn surface(case: &Case<'_>) -> String {
    let view = case.view;
    let project = view.project;
    if project.routes.is_empty() {
        return "No HTTP route was recognised: which inputs reach the code from outside had to be taken from each place.".to_owned();
    }
    let kinds = [
        (InputKind::Path, "path"),
        (InputKind::Query, "query"),
        (InputKind::Body, "body"),
        (InputKind::Form, "form"),
        (InputKind::Header, "header"),
        (InputKind::Cookie, "cookie"),
        (InputKind::File, "upload"),
    ];
    let of = |kind| project.routes.iter().flat_map(|route| &route.inputs).filter(|input| input.kind == kind).count();
    let read: Vec<String> = kinds
        .into_iter()
        .filter(|(kind, _)| of(*kind) > 0)
        .map(|(kind, name)| format!("{} by {name}", of(kind)))
        .collect();
    let all: usize = kinds.iter().map(|(kind, _)| of(*kind)).sum();
    let inputs = match all {
        0 => "no named input was seen in their handlers".to_owned(),
        n => format!("their handlers read {}: {}", count(n, "input"), list(&read, 7)),
    };
    let open = view.routes(|route| !is_behind_guard(route)).len();
    paragraph(&[
        format!("outside input arrives through {}; {inputs}", count(project.routes.len(), "route")),
        format!("{} {} reachable without a session", share(open, project.routes.len()), verb(open, "is", "are")),
    ])
}

fn code_habits(case: &Case<'_>) -> String {
    let project = case.view.project;
    let analysed: Vec<String> = project
        .languages
        .iter()
        .filter(|language| language.analysed)
        .map(|language| {
            format!("{} ({} in {})", language.name, count(language.lines, "line"), count(language.files, "file"))
        })
        .collect();
    let other: Vec<&str> =
        project.languages.iter().filter(|language| !language.analysed).map(|language| language.name.as_str()).collect();
    let mut parts = vec![match analysed.len() {
        0 => "no code in a language that this version analyses was found".to_owned(),
        n => format!("analysed: {}", list(&analysed, n)),
    }];
    if !other.is_empty() {
        parts.push(format!("counted but not analysed: {}", list(&other, 6)));
    }
    let validation = case.view.names_of(TechnologyKind::Validation);
    let with_input = case.view.routes(|route| reads(route, InputKind::Body) || reads(route, InputKind::Form));
    let validated = case.view.guarded(Proves::Validated).len();
    match (validation.as_slice(), with_input.len()) {
        (_, 0) => {}
        ([], n) => parts.push(format!(
            "no validation library was found; {} {} a body or form",
            count(n, "route"),
            verb(n, "reads", "read")
        )),
        (names, n) => parts.push(format!(
            "validation is by {}; {validated} {} a validation guard, {} {} a body or form",
            list(names, 3),
            verb(validated, "route carries", "routes carry"),
            count(n, "route"),
            verb(n, "reads", "read")
        )),
    }
    paragraph(&parts)
}

fn architecture(case: &Case<'_>) -> String {
    let view = case.view;
    let mut parts = Vec::new();
    let served = view.names_of(TechnologyKind::Framework);
    let platforms = view.names_of(TechnologyKind::Platform);
    let outside = view.names_of(TechnologyKind::Integration);
    let queues = view.names_of(TechnologyKind::Messaging);
    let boundary = [
        ("requests enter through", served),
        ("the platform is", platforms),
        ("data is kept in", view.names_of(TechnologyKind::DataStore)),
        ("messages pass through", queues),
        ("outside services are called:", outside),
    ];
    let known: Vec<String> = boundary
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(how, names)| format!("{how} {}", list(names, 4)))
        .collect();
    if !known.is_empty() {
        parts.push(format!("trust boundaries: {}", known.join("; ")));
    }
    let guards = distinct(view.project.routes.iter().flat_map(|route| &route.guards).map(|guard| code(&guard.name)));
    let files = distinct(view.project.routes.iter().flat_map(|route| &route.guards).map(|guard| &guard.place.path));
    match (guards.len(), view.project.routes.len()) {
        (_, 0) => {}
        (0, _) => {
            parts.push("no guard was recognised on any route: each handler decides alone who may call it".to_owned());
        }
        (n, _) => parts.push(format!(
            "{} ({}) {} applied in {}",
            count(n, "guard"),
            list(&guards, 4),
            verb(n, "is", "are"),
            count(files.len(), "file")
        )),
    }
    let unknown = view.unknown_guards();
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.keys().map(|name| code(name)).collect();
        parts.push(format!(
            "what {} {} is not known, and counts as nothing",
            list(&names, 4),
            verb(unknown.len(), "proves", "prove")
        ));
    }
    let logging = view.names_of(TechnologyKind::Logging);
    parts.push(match logging.as_slice() {
        [] => "no logging library was found, so nothing shows that security events are recorded".to_owned(),
        names => format!("logging is by {}: the place for the events of the monitoring framework", list(names, 3)),
    });
    paragraph(&parts)
}

fn data(case: &Case<'_>) -> String {
    let view = case.view;
    let kept =
        view.stores().map_or("no data store was recognised".to_owned(), |stores| format!("data is kept in {stores}"));
    let personal = view.fact("personal").map(|fact| {
        let places = distinct(fact.evidence.iter().map(at));
        let at = if places.is_empty() { String::new() } else { format!(" (see {})", list(&places, 3)) };
        format!("{}: {}{at}", fact.label, view.personal_data().unwrap_or_default())
    });
    let personal = personal
        .unwrap_or_else(|| "no personal data was recognised by name; that is not proof that there is none".to_owned());
    let bulk = view.routes(|route| {
        has_word(&route.path, &["export", "exports", "download", "dump", "report", "reports", "backup"])
    });
    let bulk = match bulk.len() {
        0 => String::new(),
        n => format!(
            "{} by {} likely to return many records at once",
            route_list(&bulk, 3),
            verb(n, "its name is", "their names are")
        ),
    };
    paragraph(&[kept, personal, bulk])
}

fn infrastructure(case: &Case<'_>) -> String {
    let view = case.view;
    let kinds = [
        (TechnologyKind::Container, "containers"),
        (TechnologyKind::Ci, "pipelines"),
        (TechnologyKind::Infrastructure, "infrastructure"),
        (TechnologyKind::Runtime, "runtimes"),
    ];
    let known: Vec<String> = kinds
        .into_iter()
        .filter_map(|(kind, label)| {
            let shown: Vec<String> = view
                .of_kind(kind)
                .iter()
                .map(|it| match (&it.version, it.evidence.first()) {
                    (Some(version), Some(place)) => format!("{} {} ({})", it.name, code(version), at(place)),
                    (None, Some(place)) => format!("{} ({})", it.name, at(place)),
                    (Some(version), None) => format!("{} {}", it.name, code(version)),
                    (None, None) => it.name.clone(),
                })
                .collect();
            (!shown.is_empty()).then(|| format!("{label}: {}", list(&shown, 4)))
        })
        .collect();
    let known = if known.is_empty() {
        "no container file, pipeline or infrastructure definition was found: how the project is deployed is not in the tree".to_owned()
    } else {
        known.join("; ")
    };
    let unsupported = view.project.skipped.iter().filter(|skipped| skipped.reason == SkipReason::Unsupported).count();
    let skipped = if unsupported == 0 {
        String::new()
    } else {
        format!("{} in formats that this version does not analyse; see coverage and limits", count(unsupported, "file"))
    };
    paragraph(&[known, skipped])
}

fn api(case: &Case<'_>) -> String {
    let view = case.view;
    let all = view.project.routes.len();
    if all == 0 {
        return "No HTTP route was recognised; if the project serves an API, its framework is not known to this version.".to_owned();
    }
    let mut frameworks: BTreeMap<&str, usize> = BTreeMap::new();
    for route in &view.project.routes {
        *frameworks.entry(&route.framework).or_default() += 1;
    }
    let served: Vec<String> = match frameworks.len() {
        1 => frameworks.keys().map(|name| format!("all by {name}")).collect(),
        _ => frameworks.iter().map(|(name, n)| format!("{} by {name}", thousands(*n))).collect(),
    };
    let layers = [
        (Proves::Authorized, "a privilege check"),
        (Proves::RateLimit, "a rate limit"),
        (Proves::Cors, "a CORS policy"),
        (Proves::Headers, "security headers"),
        (Proves::Csrf, "CSRF protection"),
    ];
    let on = |proves| view.guarded(proves).len();
    let (carried, missing): (Vec<_>, Vec<_>) = layers.into_iter().partition(|(proves, _)| on(*proves) > 0);
    let carried: Vec<String> =
        carried.into_iter().map(|(proves, what)| format!("{what} on {}", thousands(on(proves)))).collect();
    let missing: Vec<&str> = missing.into_iter().map(|(_, what)| what).collect();
    let open = view.routes(|route| changes_state(route) && !is_behind_guard(route) && !is_way_in(route));
    let open = match open.len() {
        0 => String::new(),
        n => {
            format!("{} can change state without an authentication guard: {}", count(n, "route"), route_list(&open, 5))
        }
    };
    let versioned = view.routes(|route| has_word(&route.path, &["v1", "v2", "v3", "v4"])).len();
    let versions = if versioned == 0 {
        "no path carries a version".to_owned()
    } else {
        format!("{} {} a version in the path", share(versioned, all), verb(versioned, "carries", "carry"))
    };
    let unresolved = match case.unresolved_routes() {
        0 => String::new(),
        n => format!("method or path of {} could not be resolved", count(n, "route")),
    };
    paragraph(&[
        format!("{}, {}", count(all, "route"), list(&served, 4)),
        if carried.is_empty() { String::new() } else { format!("seen besides sign-in: {}", list(&carried, 5)) },
        if missing.is_empty() { String::new() } else { format!("seen on no route: {}", list(&missing, 5)) },
        open,
        versions,
        unresolved,
    ])
}
