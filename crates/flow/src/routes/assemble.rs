//! From drafts to routes: prefixes, guards in force, inputs, exposure, order.

use crate::lazy::Regex;
use lunette_core::project::{GuardUse, Proves, Route};
use lunette_core::risk::Exposure;
use lunette_lang::ir::BodyId;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

use super::ambient::Ambients;
use super::exempt::Exempt;
use super::inputs::path_inputs;
use super::limit::join;
use super::register::{ANONYMOUS, Draft};
use super::routers::{Applied, Link, Routers};
use super::scene::Scene;
use super::{MAX_ROUTES_OF_BODY, Routes, Unresolved};
use crate::program::{Site, UnitId};

/// Most guards listed for one route.
const MAX_GUARDS: usize = 40;
/// Longest source text, in bytes, that names a check.
const MAX_NAME: usize = 60;
/// How deep handlers are followed to tell which bodies a route reaches.
const REACH: usize = 24;

static SIGN_UP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)sign[-_]?up|register|registration|create[-_]?account").ok());

/// A route with what is needed to finish it.
struct Finished {
    route: Route,
    handler: Option<(UnitId, BodyId)>,
    wrapper: Option<(UnitId, BodyId)>,
}

pub(super) fn assemble(scene: &Scene, drafts: &[Draft]) -> Routes {
    let routers = Routers::new(scene);
    let exempt = Exempt::new(scene);
    let ambients = Ambients::new(scene);
    let rules = Rules { routers: &routers, exempt: &exempt, ambients: &ambients };
    let mut chains: FxHashMap<Site, Vec<Vec<Link>>> = FxHashMap::default();
    let mut order = Order::default();
    let mut all: Vec<Finished> = Vec::new();
    for draft in drafts {
        if draft.routers.is_empty() {
            all.push(finish(scene, &rules, draft, &[], &mut order));
            continue;
        }
        for &router in &draft.routers {
            let chains = chains.entry(router).or_insert_with(|| routers.chains(router));
            for chain in chains.iter() {
                all.push(finish(scene, &rules, draft, chain, &mut order));
            }
        }
    }
    let key = |finished: &Finished| {
        let route = &finished.route;
        (route.file.clone(), route.line, route.path.clone(), route.method.clone(), route.handler.clone())
    };
    all.sort_by_cached_key(key);
    all.dedup_by(|a, b| key(a) == key(b));
    expose(&mut all);
    let mut unresolved: Vec<Unresolved> = all.iter().filter_map(gap).collect();
    unresolved.sort();
    unresolved.dedup();
    let mut found = Routes { unresolved, ..Routes::default() };
    let mut reached: FxHashMap<(UnitId, BodyId), Vec<(UnitId, BodyId)>> = FxHashMap::default();
    for (index, finished) in all.into_iter().enumerate() {
        if let Some(handler) = finished.handler {
            let own = reached.entry(handler).or_insert_with(|| scene.graph.reached(handler, REACH));
            let around = finished.wrapper.map(|wrapper| scene.around(wrapper)).unwrap_or_default();
            for body in own.iter().chain(&around) {
                let list = found.of_body.entry(*body).or_default();
                if list.len() < MAX_ROUTES_OF_BODY {
                    list.push(index);
                }
            }
        }
        found.routes.push(finished.route);
        found.handlers.push(finished.handler);
    }
    found
}

fn gap(finished: &Finished) -> Option<Unresolved> {
    let route = &finished.route;
    let what = match (route.resolved, finished.handler) {
        (false, _) => "its path or method",
        (true, None) => "its handler",
        (true, Some(_)) => return None,
    };
    let place = lunette_core::Place::line(route.file.clone(), route.line);
    Some(Unresolved { place, what, route: format!("{} {}", route.method, route.path) })
}

/// Which of two places runs first, remembered.
#[derive(Default)]
struct Order {
    known: FxHashMap<(Site, Site), bool>,
}

impl Order {
    /// Whether `first` runs before `second`; what cannot be told counts as before: applications are set up first.
    fn precedes(&mut self, scene: &Scene, first: Site, second: Site) -> bool {
        *self
            .known
            .entry((first, second))
            .or_insert_with(|| scene.graph.precedes(scene.facts, first, second).unwrap_or(true))
    }
}

/// What applies to routes.
struct Rules<'a> {
    routers: &'a Routers,
    exempt: &'a Exempt,
    ambients: &'a Ambients,
}

fn finish(scene: &Scene, rules: &Rules, draft: &Draft, chain: &[Link], order: &mut Order) -> Finished {
    let Rules { routers, exempt, ambients } = *rules;
    // Paths from each link of the chain on, for limits of what is applied there.
    let mut below: Vec<String> = vec![draft.path.clone()];
    let mut known = draft.known;
    for link in chain.iter().rev() {
        let last = below.last().cloned().unwrap_or_default();
        let excluded = routers.is_excluded(link.router, &last);
        known &= link.known;
        below.push(if excluded { last } else { join(&link.prefix, &last, draft.keeps_end) });
    }
    below.reverse();
    let mut guards = Vec::new();
    for guard in ambients.of(&draft.framework, below.first().map_or("", String::as_str)) {
        add(&mut guards, guard.clone());
    }
    let root = chain.first().map(|link| link.router);
    for (roots, applied) in routers.whole_application() {
        if root.is_some_and(|root| roots.contains(&root)) {
            add(&mut guards, applied.guard.clone());
        }
    }
    for (at, link) in chain.iter().enumerate() {
        let next = link.mount.as_ref().filter(|_| at + 1 < chain.len());
        let until = next.map_or((draft.at, usize::MAX), |mount| (mount.at, mount.argument));
        for guard in routers.own_guards(link.router) {
            add(&mut guards, guard.clone());
        }
        let path: Vec<&str> = below[at].split('/').filter(|part| !part.is_empty()).collect();
        for applied in routers.applied(link.router).iter().filter(|applied| !applied.whole_application) {
            // What a router with a prefix of its own applies below a path stands behind that prefix.
            let own = || {
                at + 1 == chain.len()
                    && covers(applied, &draft.path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>())
            };
            if (covers(applied, &path) || own()) && in_time(scene, applied, until, order) {
                add(&mut guards, applied.guard.clone());
            }
        }
        for guard in next.into_iter().flat_map(|mount| &mount.guards) {
            add(&mut guards, guard.clone());
        }
    }
    for guard in &draft.guards {
        add(&mut guards, guard.clone());
    }
    if let Some((unit, body)) = draft.handler
        && let Some((proves, site)) = scene.checked_inside(unit, body)
        && !guards.iter().any(|guard: &GuardUse| guard.proves == proves)
    {
        let text = scene.facts.program.source(site.unit, scene.facts.program.span(site));
        let short = !text.is_empty() && text.len() <= MAX_NAME && !text.contains('\n');
        let name = if short { Some(text.to_owned()) } else { scene.facts.name_of(site) };
        let name = name.unwrap_or_else(|| "check in the handler".to_owned());
        add(&mut guards, GuardUse { name, proves, place: scene.facts.place(site) });
    }
    guards.retain(|guard| {
        let routers = chain.iter().map(|link| link.router);
        !draft.lifted.contains(&guard.proves) && !exempt.lifts(draft.handler, routers, guard.proves)
    });
    let path = below.first().filter(|path| !path.is_empty()).cloned().unwrap_or_else(|| "/".to_owned());
    let path = slashes(&path);
    let mut inputs = path_inputs(&path);
    inputs.extend(draft.inputs.iter().cloned());
    if let Some((unit, body)) = draft.handler {
        let without_body = matches!(draft.method.as_str(), "GET" | "HEAD");
        inputs.extend(
            scene
                .inputs(unit, body)
                .into_iter()
                .filter(|input| !(without_body && super::files::needs_body(input.kind))),
        );
    }
    inputs.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    inputs.dedup();
    let place = scene.facts.program.place(draft.written.0, draft.written.1);
    let route = Route {
        method: draft.method.clone(),
        path,
        handler: if draft.name.is_empty() { ANONYMOUS.to_owned() } else { draft.name.clone() },
        framework: draft.framework.clone(),
        file: place.path,
        line: place.line,
        handler_place: draft
            .handler
            .map(|(unit, body)| scene.facts.program.place(unit, scene.facts.program.body(unit, body).name_span)),
        guards,
        inputs,
        exposure: Exposure::Unauthenticated,
        resolved: known,
    };
    Finished { route, handler: draft.handler, wrapper: draft.wrapper }
}

/// A path that starts with a slash and holds no two in a row; a pattern stays as it is.
fn slashes(path: &str) -> String {
    if path.starts_with('/') && path.ends_with('/') && path.len() > 1 && path.contains(['^', '\\', '(']) {
        return path.to_owned();
    }
    let mut out = String::with_capacity(path.len() + 1);
    if !path.starts_with(['/', '*', '$']) {
        out.push('/');
    }
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

fn add(guards: &mut Vec<GuardUse>, guard: GuardUse) {
    if guards.len() < MAX_GUARDS && !guards.contains(&guard) {
        guards.push(guard);
    }
}

/// Whether what is applied on a path applies to another below it: segment by segment, parameters and `*` match all.
fn covers(applied: &Applied, path: &[&str]) -> bool {
    applied.limits.is_empty() || applied.limits.iter().any(|limit| limit.covers(path))
}

/// Whether something applied to a router runs before what it should guard.
fn in_time(scene: &Scene, applied: &Applied, (until, argument): (Site, usize), order: &mut Order) -> bool {
    if applied.everywhere {
        return true;
    }
    if applied.at == until {
        return applied.argument < argument;
    }
    order.precedes(scene, applied.at, until)
}

/// Who can reach each route, by the guards in force.
fn expose(all: &mut [Finished]) {
    let proves = |route: &Route, what: Proves| route.guards.iter().any(|guard| guard.proves == what);
    let open_sign_up = all.iter().any(|finished| {
        let route = &finished.route;
        matches!(route.method.as_str(), "POST" | "ANY")
            && SIGN_UP.as_ref().is_some_and(|pattern| pattern.is_match(&route.path))
            && !proves(route, Proves::Authenticated)
            && !proves(route, Proves::Authorized)
    });
    for finished in all {
        let route = &mut finished.route;
        route.exposure = if proves(route, Proves::Authorized) {
            Exposure::Privileged
        } else if !proves(route, Proves::Authenticated) {
            Exposure::Unauthenticated
        } else if open_sign_up {
            Exposure::SelfSignup
        } else {
            Exposure::Authenticated
        };
    }
}
