//! Which routes reach which code: the exposure of a place.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use lunette_core::project::{Proves, Route};
use lunette_core::risk::Exposure;
use lunette_flow::api::NodeId;
use lunette_flow::program::{Site, UnitId};
use lunette_flow::{Facts, Routes};
use lunette_lang::ir::{BodyId, BodyKind, Language, Op};
use rustc_hash::{FxHashMap, FxHashSet};

type BodyKey = (UnitId, BodyId);

/// Who can reach a place, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) exposure: Exposure,
    /// The most exposed route that reaches it.
    pub(crate) route: Option<usize>,
    /// In words, for the risk's reasons.
    pub(crate) because: String,
}

/// The routes of a program and the code that they reach.
#[derive(Debug)]
pub(crate) struct Surface<'a> {
    pub(crate) routes: &'a [Route],
    /// Routes whose handler or guard a body is.
    direct: FxHashMap<BodyKey, Vec<usize>>,
    /// Files with such bodies.
    with_handlers: FxHashSet<UnitId>,
    /// Routes that reach a body through calls.
    reached: FxHashMap<BodyKey, Vec<usize>>,
    /// Bodies that run when the application starts.
    start: FxHashSet<BodyKey>,
    /// Language and handler of each route.
    served_by: Vec<(Option<Language>, Option<BodyKey>)>,
    /// How many routes prove what, by file; of all of them under no name.
    proven: FxHashMap<String, BTreeMap<Vec<Proves>, usize>>,
}

/// Fewest routes of a file that say what is usual there.
const MIN_SIBLINGS: usize = 3;
/// Most routes kept for one body; the most exposed ones are kept.
const MAX_ROUTES: usize = 32;

fn proves_any(route: &Route, wanted: &[Proves]) -> bool {
    route.guards.iter().any(|guard| wanted.contains(&guard.proves))
}

/// How many routes prove what, by file; of all of them under no name.
fn proven(routes: &[Route]) -> FxHashMap<String, BTreeMap<Vec<Proves>, usize>> {
    let mut found: FxHashMap<String, BTreeMap<Vec<Proves>, usize>> = FxHashMap::default();
    for route in routes {
        let mut kinds: Vec<Proves> = route.guards.iter().map(|guard| guard.proves).collect();
        kinds.sort_unstable();
        kinds.dedup();
        *found.entry(String::new()).or_default().entry(kinds.clone()).or_default() += 1;
        *found.entry(route.file.clone()).or_default().entry(kinds).or_default() += 1;
    }
    found
}

impl<'a> Surface<'a> {
    /// Follows calls from every handler. `makers` are the calls that make an application.
    pub(crate) fn new(facts: &Facts<'_>, found: &'a Routes, makers: &[NodeId]) -> Self {
        let routes = found.routes.as_slice();
        let mut surface = Surface {
            routes,
            direct: FxHashMap::default(),
            with_handlers: FxHashSet::default(),
            reached: FxHashMap::default(),
            start: FxHashSet::default(),
            served_by: Vec::new(),
            proven: proven(routes),
        };
        // Of a package that serves nothing there is nothing to follow.
        if routes.is_empty() && found.of_body.is_empty() {
            return surface;
        }
        let graph = call_graph(facts);
        let mut by_route: Vec<Vec<BodyKey>> = vec![Vec::new(); routes.len()];
        for unit in facts.program.ids() {
            for at in 0..facts.program.unit(unit).module.bodies.len() {
                let key = (unit, BodyId(at as u32));
                let served = found.of_body.get(&key).cloned().unwrap_or_default();
                for &route in served.iter().filter(|&&route| route < routes.len()) {
                    by_route[route].push(key);
                }
                if !served.is_empty() {
                    surface.direct.insert(key, served);
                }
            }
        }
        surface.with_handlers = surface.direct.keys().map(|(unit, _)| *unit).collect();
        let mut order: Vec<usize> = (0..routes.len()).collect();
        order.sort_by_key(|&at| (Reverse(routes[at].exposure), at));
        for route in order {
            for body in walk(&graph, by_route[route].iter().copied()) {
                let list = surface.reached.entry(body).or_default();
                if list.len() < MAX_ROUTES {
                    list.push(route);
                }
            }
        }
        surface.start = walk(&graph, starters(facts, makers).into_iter());
        surface.served_by =
            routes.iter().zip(&by_route).map(|(route, bodies)| served_by(facts, route, bodies)).collect();
        surface
    }

    /// The language that a route is written in.
    pub(crate) fn language(&self, route: usize) -> Option<Language> {
        self.served_by[route].0
    }

    /// The body of a route's handler.
    pub(crate) fn handler(&self, route: usize) -> Option<(UnitId, BodyId)> {
        self.served_by[route].1
    }

    /// Whether most routes beside one prove one of these: those of its file, where there are few those of the project.
    pub(crate) fn siblings_have(&self, route: usize, wanted: &[Proves]) -> bool {
        let own = usize::from(proves_any(&self.routes[route], wanted));
        let counted = |file: &str| {
            let counts = self.proven.get(file);
            let (mut all, mut proving) = (0, 0);
            for (kinds, count) in counts.into_iter().flatten() {
                all += count;
                proving += if kinds.iter().any(|kind| wanted.contains(kind)) { *count } else { 0 };
            }
            (all.saturating_sub(1), proving.saturating_sub(own))
        };
        let (beside, proving) = counted(&self.routes[route].file);
        let (all, proving_of_all) = counted("");
        if beside >= MIN_SIBLINGS { proving * 2 > beside } else { all > MIN_SIBLINGS && proving_of_all * 2 > all }
    }

    /// The routes that reach a body, most exposed first.
    pub(crate) fn reaching(&self, unit: UnitId, body: BodyId) -> &[usize] {
        self.reached.get(&(unit, body)).map_or(&[], Vec::as_slice)
    }

    /// The routes that a body serves; of one that is no handler those that reach it. A wrapper that all handlers share
    /// (`catchErrors(async (req, res) => …)`) leads from each route to the handlers of all others.
    pub(crate) fn serving(&self, unit: UnitId, body: BodyId) -> &[usize] {
        self.direct.get(&(unit, body)).map_or_else(|| self.reaching(unit, body), Vec::as_slice)
    }

    /// Whether a body is a handler or guard of a route.
    pub(crate) fn is_handler(&self, unit: UnitId, body: BodyId) -> bool {
        self.direct.contains_key(&(unit, body))
    }

    /// Whether a file has a handler or guard of a route.
    pub(crate) fn has_handler(&self, unit: UnitId) -> bool {
        self.with_handlers.contains(&unit)
    }

    /// Who can reach a place. Configuration is as exposed as the most exposed route of the project.
    pub(crate) fn reach(&self, facts: &Facts<'_>, unit: UnitId, body: BodyId, configuration: bool) -> Reach {
        if let [route, rest @ ..] = self.reaching(unit, body)
            && !configuration
        {
            let found = &self.routes[*route];
            let others = match rest.len() {
                0 => String::new(),
                more => format!(" and {}", lunette_core::text::count(more, "other route")),
            };
            let because =
                format!("reached through `{} {}` ({}:{}){others}", found.method, found.path, found.file, found.line);
            return Reach { exposure: found.exposure, route: Some(*route), because };
        }
        let top = matches!(facts.program.body(unit, body).kind, BodyKind::Module | BodyKind::Class);
        let widest = (0..self.routes.len()).max_by_key(|&at| (self.routes[at].exposure, Reverse(at)));
        if let Some(widest) = widest
            && (configuration || top || self.start.contains(&(unit, body)))
        {
            let found = &self.routes[widest];
            let because = format!(
                "set for the whole application, whose most exposed route is `{} {}` ({}:{})",
                found.method, found.path, found.file, found.line
            );
            return Reach { exposure: found.exposure, route: None, because };
        }
        let because = if self.routes.is_empty() {
            "no route was found in the project"
        } else {
            "no known route reaches this code"
        };
        Reach { exposure: Exposure::InternalOnly, route: None, because: because.to_owned() }
    }
}

/// The language of a route's file, and its handler among the bodies that serve it.
fn served_by(facts: &Facts<'_>, route: &Route, bodies: &[BodyKey]) -> (Option<Language>, Option<BodyKey>) {
    let language = facts.program.find(&route.file).map(|unit| facts.program.unit(unit).module.language);
    let is_handler = |&&(unit, body): &&BodyKey| {
        let module = facts.program.unit(unit);
        route.handler_place.as_ref().is_some_and(|place| {
            let of = module.module.body(body);
            let lines = (module.module.position(of.span.start).0, module.module.position(of.span.end).0);
            place.path == module.path && (lines.0..=lines.1).contains(&place.line)
        })
    };
    (language, bodies.iter().rev().find(is_handler).or(bodies.last()).copied())
}

/// Which bodies a body runs: functions it calls, and those written in it.
fn call_graph(facts: &Facts<'_>) -> FxHashMap<BodyKey, Vec<BodyKey>> {
    let mut graph: FxHashMap<BodyKey, Vec<BodyKey>> = FxHashMap::default();
    for call in &facts.calls {
        let from = (call.site.unit, call.site.body);
        graph.entry(from).or_default().extend(call.functions.iter().copied());
        // Functions passed on are called by what they are passed to.
        if let Op::Call { args, .. } = facts.program.op(call.site) {
            for arg in args {
                let passed = facts.functions(Site { value: arg.value, ..call.site });
                graph.entry(from).or_default().extend(passed);
            }
        }
    }
    for unit in facts.program.ids() {
        for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
            if let Some(parent) = body.parent
                && facts.program.body(unit, parent).kind != BodyKind::Module
                && matches!(body.kind, BodyKind::Lambda | BodyKind::Function)
            {
                graph.entry((unit, parent)).or_default().push((unit, BodyId(at as u32)));
            }
        }
    }
    graph
}

fn walk(graph: &FxHashMap<BodyKey, Vec<BodyKey>>, from: impl Iterator<Item = BodyKey>) -> FxHashSet<BodyKey> {
    let mut seen: FxHashSet<BodyKey> = FxHashSet::default();
    let mut open: Vec<BodyKey> = from.collect();
    while let Some(body) = open.pop() {
        if seen.insert(body) {
            open.extend(graph.get(&body).into_iter().flatten());
        }
    }
    seen
}

/// Bodies that make the application: the top levels of modules and the functions that create an application.
fn starters(facts: &Facts<'_>, makers: &[NodeId]) -> FxHashSet<BodyKey> {
    let mut bodies: FxHashSet<BodyKey> = facts.program.ids().map(|unit| (unit, BodyId::MODULE)).collect();
    for &maker in makers {
        bodies.extend(facts.calls_of(maker).map(|call| (call.site.unit, call.site.body)));
    }
    bodies
}
