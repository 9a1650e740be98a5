//! Architecture guidelines and development practices: only those that facts of this project call for.

use lunette_core::assessment::Guideline;
use lunette_core::coverage::Area;
use lunette_core::project::{InputKind, Proves, TechnologyKind};
use lunette_core::risk::{Barrier, Exposure};
use lunette_core::text::{count, thousands};

use super::case::{Case, ids};
use super::coverage::share;
use super::entries::Group;
use super::view::{changes_state, is_behind_guard, is_way_in, reads, route_list};
use super::words::{code, list, paragraph, verb};

fn guideline(title: &str, sentences: &[String]) -> Guideline {
    Guideline { title: title.to_owned(), text: paragraph(sentences) }
}

/// Guidelines for the design.
pub(super) fn architecture(case: &Case<'_>) -> Vec<Guideline> {
    let all = [
        deny_by_default(case),
        verify_inside(case),
        two_layers(case),
        one_edge(case),
        database_rights(case),
        outgoing(case),
    ];
    let mut out: Vec<Guideline> = all.into_iter().flatten().collect();
    if out.is_empty() {
        out.push(guideline(
            "Keep the layers visible",
            &[match case.view.project.routes.len() {
                0 => "no route, data store or integration was recognised that a guideline could build on".to_owned(),
                n => format!("{} and their guards gave no cause for a design change; keep guards where routes are mounted, so that the next assessment can see them", count(n, "route")),
            }],
        ));
    }
    out
}

fn deny_by_default(case: &Case<'_>) -> Option<Guideline> {
    let view = case.view;
    let changing = view.routes(|route| changes_state(route) && !is_way_in(route));
    let open: Vec<_> = changing.iter().copied().filter(|route| !is_behind_guard(route)).collect();
    if open.is_empty() {
        return None;
    }
    let guard =
        view.project.routes.iter().flat_map(|route| &route.guards).find(|guard| guard.proves == Proves::Authenticated);
    let how = match guard {
        Some(guard) => format!(
            "mount {} on the router and list the public routes as exceptions, instead of adding it to each protected one",
            code(&guard.name)
        ),
        None => {
            "put one authentication guard in front of the router and list the public routes as exceptions".to_owned()
        }
    };
    Some(guideline(
        "Deny by default",
        &[
            format!(
                "{} that can change state {} no authentication guard: {}",
                share(open.len(), changing.len()),
                verb(open.len(), "carries", "carry"),
                route_list(&open, 4)
            ),
            how,
        ],
    ))
}

fn verify_inside(case: &Case<'_>) -> Option<Guideline> {
    let view = case.view;
    let inside = view.routes(|route| route.exposure == Exposure::InternalOnly);
    let parts = [view.names_of(TechnologyKind::Framework), view.names_of(TechnologyKind::Messaging)].concat();
    if view.uses("Supabase") {
        return Some(guideline(
            "Zero trust between the API and the database",
            &[
                "clients can reach the tables of a Supabase project directly, past any handler".to_owned(),
                "row level security must hold by itself: no policy may rely on a check in application code, and the `service_role` key stays out of request handlers that act for a user".to_owned(),
            ],
        ));
    }
    if inside.is_empty() && parts.len() < 2 {
        return None;
    }
    let facts = match inside.len() {
        0 => format!("{} work together", list(&parts, 4)),
        n => format!(
            "{} {} reached only from inside: {}",
            count(n, "route"),
            verb(n, "is", "are"),
            route_list(&inside, 3)
        ),
    };
    Some(guideline(
        "Zero trust between the parts",
        &[facts, "let each part verify who calls it (a signed token with audience and expiry, or mutual TLS); being on the inner network proves nothing".to_owned()],
    ))
}

fn two_layers(case: &Case<'_>) -> Option<Guideline> {
    let bare =
        case.groups_where(|group| group.is_urgent() && group.entry.risk.likelihood_factors.barrier == Barrier::None);
    if bare.is_empty() {
        return None;
    }
    let topics = Case::topics_of(&bare);
    Some(guideline(
        "A second layer where one slip is enough",
        &[
            format!("nothing stands behind {}: one missing check gives the whole impact ({})", ids(&bare, 5), list(&topics, 4)),
            "after the fix at the place itself, add a layer that does not depend on it: schema validation at the edge, least-privilege roles at the data store, or a policy in the database".to_owned(),
        ],
    ))
}

fn one_edge(case: &Case<'_>) -> Option<Guideline> {
    let view = case.view;
    let all = view.project.routes.len();
    let layers = [(Proves::Headers, "security headers"), (Proves::RateLimit, "a rate limit")];
    let partial: Vec<String> = layers
        .into_iter()
        .filter(|(proves, _)| view.guarded(*proves).len() < all)
        .map(|(proves, what)| format!("{what} on {}", share(view.guarded(proves).len(), all)))
        .collect();
    if all == 0 || partial.is_empty() {
        return None;
    }
    Some(guideline(
        "Set edge controls once",
        &[
            format!("the code shows {}", list(&partial, 2)),
            "set them once where all routes pass (application start or the proxy in front), with stricter limits for login and for costly routes".to_owned(),
        ],
    ))
}

fn database_rights(case: &Case<'_>) -> Option<Guideline> {
    let stores = case.view.stores()?;
    let injection = case.groups_where(|group| {
        group.is_vulnerability() && group.members.iter().any(|finding| finding.topic == "injection")
    });
    if injection.is_empty() {
        return None;
    }
    Some(guideline(
        "Least privilege at the data store",
        &[format!(
            "an injection ({}) can do whatever the application's account at {stores} may do: use separate accounts for serving and for migrations, and let the serving one own no table",
            ids(&injection, 4)
        )],
    ))
}

fn outgoing(case: &Case<'_>) -> Option<Guideline> {
    let names = case.view.names_of(TechnologyKind::Integration);
    (!names.is_empty()).then(|| {
        guideline(
            "Bound what outside services can do",
            &[format!("{} {} called: give each its own credential with the narrowest scope, a time limit on calls, and validation of what comes back", list(&names, 5), verb(names.len(), "is", "are"))],
        )
    })
}

/// Practices for those who write the code.
pub(super) fn practices(case: &Case<'_>) -> Vec<Guideline> {
    let all =
        [habits(case), validation(case), pipeline(case), supply_chain(case), suppressions(case), Some(review(case))];
    all.into_iter().flatten().collect()
}

fn habits(case: &Case<'_>) -> Option<Guideline> {
    let repeated = case.groups_where(|group| group.members.len() > 2);
    if repeated.is_empty() {
        return None;
    }
    let shown: Vec<String> =
        repeated.iter().map(|group| format!("{} in {} places", code(&group.entry.rule), group.members.len())).collect();
    Some(guideline(
        "One helper instead of many edits",
        &[format!(
            "{}: provide one shared function or setting for each, use it everywhere, and refuse the bare form in review",
            list(&shown, 4)
        )],
    ))
}

fn validation(case: &Case<'_>) -> Option<Guideline> {
    let view = case.view;
    let bodies = view.routes(|route| reads(route, InputKind::Body) || reads(route, InputKind::Form));
    let bare: Vec<_> =
        bodies.iter().copied().filter(|route| !super::view::has_guard(route, Proves::Validated)).collect();
    if bare.is_empty() {
        return None;
    }
    let tool = view.names_of(TechnologyKind::Validation);
    let with = if tool.is_empty() { "a schema".to_owned() } else { format!("a {} schema", tool[0]) };
    Some(guideline(
        "Validate at the door",
        &[
            format!(
                "{} that read a body or form {} no validation guard: {}",
                share(bare.len(), bodies.len()),
                verb(bare.len(), "carries", "carry"),
                route_list(&bare, 4)
            ),
            format!("give each {with} that lists the allowed fields, and reject the rest"),
        ],
    ))
}

fn pipeline(case: &Case<'_>) -> Option<Guideline> {
    let ci = case.view.names_of(TechnologyKind::Ci);
    let urgent = case.groups_where(Group::is_urgent);
    let floor = if urgent.is_empty() { "new findings" } else { "new findings, with the open ones in a baseline file" };
    match ci.as_slice() {
        [] if case.view.project.routes.is_empty() && case.findings.is_empty() => None,
        [] => Some(guideline(
            "Assess every change",
            &["no pipeline definition was found: run `lunette assess` before each release, and keep its JSON to compare with the next".to_owned()],
        )),
        names => Some(guideline(
            "Assess every change",
            &[format!("run `lunette assess` in {} on each pull request and fail it on {floor}", list(names, 2))],
        )),
    }
}

fn supply_chain(case: &Case<'_>) -> Option<Guideline> {
    let view = case.view;
    let floating: Vec<String> = view
        .project
        .technologies
        .iter()
        .filter(|it| {
            it.version
                .as_deref()
                .is_some_and(|version| version.starts_with(['^', '~', '>', '*']) || version == "latest")
        })
        .map(|it| format!("{} {}", it.name, code(it.version.as_deref().unwrap_or_default())))
        .collect();
    let dependencies = view.dependencies?;
    let packages = view.packages();
    let affected = dependencies.affected;
    let mut sentences = vec![match affected {
        0 => format!(
            "{} in use; nothing that was looked at is known against them",
            verb(packages, "1 package is", &format!("{} are", count(packages, "package")))
        ),
        _ => format!(
            "{} in use, {} with known weaknesses",
            verb(packages, "1 package is", &format!("{} are", count(packages, "package"))),
            thousands(affected)
        ),
    }];
    if let Some(first) = dependencies.upgrades.first() {
        sentences.push(format!("begin with this: {}", first.words()));
    }
    if !floating.is_empty() {
        sentences
            .push(format!("asked for as a range and not pinned by a lockfile that was read: {}", list(&floating, 4)));
    }
    sentences.push(if view.uses("npm") || view.uses("Node") || view.uses("Express") {
        "commit the lockfile, install with `npm ci`, run `npm audit` weekly and before releases, and review install scripts of new packages".to_owned()
    } else {
        "pin versions with hashes in a lockfile, update on a schedule, and review what a new package brings along".to_owned()
    });
    Some(guideline("Supply chain", &sentences))
}

fn suppressions(case: &Case<'_>) -> Option<Guideline> {
    let endless =
        case.withheld.iter().filter_map(|finding| finding.suppression.as_ref()).filter(|it| it.until.is_none()).count();
    (!case.withheld.is_empty()).then(|| {
        guideline(
            "Keep accepted risks honest",
            &[
                format!("{} withheld by rules or suppressions", count(case.withheld.len(), "finding")),
                match endless {
                    0 => "each has an end date: look at it again when that passes".to_owned(),
                    n => format!("{n} without an end date: give each an owner and a date"),
                },
            ],
        )
    })
}

fn review(case: &Case<'_>) -> Guideline {
    let coding = case.groups_where(|group| matches!(group.entry.area, Area::Coding | Area::Vulnerability));
    if coding.is_empty() {
        return guideline(
            "Review what tools cannot see",
            &["no coding flaw was found; spend review time on ownership of records, limits and state changes, which rules see only in part".to_owned()],
        );
    }
    let rules: Vec<String> =
        coding.iter().take(3).map(|group| format!("`lunette explain {}`", group.entry.rule)).collect();
    guideline(
        "Review with the examples at hand",
        &[format!(
            "{} {} the vulnerable and the safe form of the rules that matter most here",
            list(&rules, 3),
            verb(rules.len(), "shows", "show")
        )],
    )
}
