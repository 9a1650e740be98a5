//! Where untrusted data enters a program: what models say of values and calls, parts of requests, parameters that
//! carry inputs, and in library mode the parameters of exported functions.

use lunette_core::project::InputKind;
use lunette_lang::ir::{BodyId, ClassId, Language, NameId, Op, ParamKind, ValueId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::fact::{Fact, Flags, Root};
use super::path::PathId;
use super::scan::Scan;
use super::{KindSet, SourceKind};
use crate::api::NodeId;
use crate::constant::Value;
use crate::facts::Facts;
use crate::lineage;
use crate::models::{Models, SourceCall, Spot};
use crate::program::{Site, UnitId};
use crate::routes::{Routes, varies};
use crate::test_code::is_aside;

/// The places where untrusted data enters.
#[derive(Debug, Default)]
pub(crate) struct Seeds {
    nodes: FxHashMap<NodeId, SourceKind>,
    /// Calls whose result is untrusted.
    calls: FxHashMap<NodeId, SourceKind>,
    params: FxHashMap<Site, Vec<SourceKind>>,
    /// Parameters that are numbers or ids by the route's path.
    numbers: FxHashSet<Site>,
    /// Values that are sources only where the path of the route varies.
    varying: FxHashSet<NodeId>,
    /// Values that only code in browsers has.
    in_browser: FxHashSet<NodeId>,
    /// Bodies that run for routes only whose paths are fixed.
    fixed: FxHashSet<(UnitId, BodyId)>,
    /// Calls that fill an argument with untrusted data.
    fills: FxHashMap<NodeId, Vec<(Spot, SourceKind)>>,
    /// Sources only where there are others.
    doubtful: FxHashSet<NodeId>,
    /// In library mode: the functions that the package exports.
    exported: FxHashSet<(UnitId, BodyId)>,
}

impl Seeds {
    pub(crate) fn new(facts: &Facts<'_>, models: &Models, routes: &Routes) -> Self {
        let mut seeds = Seeds::default();
        seeds.inputs(models);
        seeds.varying.clone_from(&models.taint.varying);
        seeds.in_browser.clone_from(&models.taint.in_browser);
        if !seeds.varying.is_empty() {
            let is_fixed = |&at: &usize| routes.routes[at].resolved && !varies(&routes.routes[at].path);
            let fixed = routes.of_body.iter().filter(|(_, routes)| !routes.is_empty() && routes.iter().all(is_fixed));
            seeds.fixed.extend(fixed.map(|(&body, _)| body));
        }
        for (&node, calls) in &models.taint.source_calls {
            for SourceCall { spot, kind, events } in calls {
                use crate::access::Start;
                match (&spot.path.start, spot.parameter) {
                    (Start::Return, None) if spot.path.steps.is_empty() => _ = seeds.calls.insert(node, *kind),
                    (_, None) => seeds.fills.entry(node).or_default().push((spot.clone(), *kind)),
                    (_, Some(parameter)) => {
                        for call in facts.calls_of(node).filter(|call| is_event(facts, call.site, events)) {
                            for &found in facts.follow(call.site, &spot.path).sites() {
                                for (unit, body) in facts.functions(found) {
                                    seeds.param(facts, unit, body, parameter, *kind);
                                }
                            }
                        }
                    }
                }
            }
        }
        seeds.decorated(facts, models);
        seeds.handlers(facts, routes);
        seeds.conventions(facts, models);
        for kinds in seeds.params.values_mut() {
            kinds.sort_unstable();
            kinds.dedup();
        }
        seeds
    }

    /// The parts of requests that route models name.
    fn inputs(&mut self, models: &Models) {
        for input in &models.routes.inputs {
            let kind = SourceKind::from(input.kind);
            for &node in input.collections.iter().chain(&input.whole) {
                self.nodes.insert(node, kind);
            }
            for &call in &input.calls {
                self.calls.insert(call, kind);
            }
            if input.beside_others {
                self.doubtful.extend(input.collections.iter().chain(&input.whole).chain(&input.calls));
            }
        }
        self.nodes.extend(models.taint.sources.iter().map(|(&node, &kind)| (node, kind)));
    }

    pub(crate) fn param(&mut self, facts: &Facts<'_>, unit: UnitId, body: BodyId, index: usize, kind: SourceKind) {
        if let Some(param) = facts.program.body(unit, body).params.get(index) {
            self.params.entry(Site { unit, body, value: param.value }).or_default().push(kind);
        }
    }

    /// Marks a function that the package exports.
    pub(crate) fn export(&mut self, of: (UnitId, BodyId)) {
        self.exported.insert(of);
    }

    pub(crate) fn is_exported(&self, of: (UnitId, BodyId)) -> bool {
        self.exported.contains(&of)
    }

    /// Parameters with decorators that carry inputs (`@Body() dto`).
    fn decorated(&mut self, facts: &Facts<'_>, models: &Models) {
        let mut inputs: FxHashMap<NodeId, InputKind> = FxHashMap::default();
        for class in &models.routes.classes {
            inputs.extend(class.inputs.iter().map(|(&node, &kind)| (node, kind)));
        }
        if inputs.is_empty() {
            return;
        }
        for unit in facts.program.ids() {
            for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
                for param in body.params.iter().filter(|param| !param.decorators.is_empty()) {
                    for decorator in &param.decorators {
                        let site = Site { unit, body: decorator.body, value: decorator.value };
                        let called = match facts.program.op(site) {
                            Op::Call { callee, .. } => Site { value: *callee, ..site },
                            _ => site,
                        };
                        for (node, _) in facts.api(called) {
                            if let Some(&kind) = inputs.get(&node)
                                && !is_converted(facts, models, site)
                            {
                                let site = Site { unit, body: BodyId(at as u32), value: param.value };
                                self.params.entry(site).or_default().push(kind.into());
                            }
                        }
                    }
                }
            }
        }
    }

    /// Parameters of handlers that carry inputs by their names: parts of the path, FastAPI's arguments.
    fn handlers(&mut self, facts: &Facts<'_>, routes: &Routes) {
        for (route, handler) in routes.routes.iter().zip(&routes.handlers) {
            let Some((unit, body)) = *handler else { continue };
            let module = &facts.program.unit(unit).module;
            if module.language != Language::Python {
                continue;
            }
            for (index, param) in module.body(body).params.iter().enumerate() {
                let name = module.name(param.name);
                if param.kind == ParamKind::KeywordRest {
                    self.param(facts, unit, body, index, SourceKind::Path);
                }
                for input in route.inputs.iter().filter(|input| input.name == name) {
                    if input.kind == InputKind::Path && is_number(&route.path, name) {
                        self.numbers.insert(Site { unit, body, value: param.value });
                    }
                    self.param(facts, unit, body, index, input.kind.into());
                }
            }
        }
    }

    /// Parameters of methods that a library calls by their names.
    fn conventions(&mut self, facts: &Facts<'_>, models: &Models) {
        if models.taint.conventions.is_empty() {
            return;
        }
        for unit in facts.program.ids() {
            let module = &facts.program.unit(unit).module;
            for (at, class) in module.classes.iter().enumerate() {
                let bases = lineage::libraries(facts, (unit, ClassId(at as u32)));
                for convention in &models.taint.conventions {
                    if !bases.iter().any(|base| convention.bases.contains(base)) {
                        continue;
                    }
                    let named = |(name, _): &&(NameId, BodyId)| convention.method.is_match(module.name(*name));
                    for &(_, body) in class.methods.iter().filter(named) {
                        for index in convention.from..module.body(body).params.len() {
                            self.param(facts, unit, body, index, convention.kind);
                        }
                    }
                }
            }
        }
    }

    /// What kind of source an API value is where a body reads it.
    pub(crate) fn of_node(&self, node: NodeId, body: (UnitId, BodyId)) -> Option<SourceKind> {
        if self.varying.contains(&node) && self.fixed.contains(&body) {
            return None;
        }
        self.nodes.get(&node).copied()
    }

    pub(crate) fn of_call(&self, node: NodeId) -> Option<SourceKind> {
        self.calls.get(&node).copied()
    }

    pub(crate) fn filled(&self, node: NodeId) -> &[(Spot, SourceKind)] {
        self.fills.get(&node).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn of_param(&self, site: Site) -> &[SourceKind] {
        self.params.get(&site).map_or(&[], Vec::as_slice)
    }

    /// Forgets what is a source only where there are others.
    pub(crate) fn forget_doubtful(&mut self) {
        for node in std::mem::take(&mut self.doubtful) {
            self.nodes.remove(&node);
            self.calls.remove(&node);
        }
    }

    /// Whether a parameter is a number or an id by the route's path.
    pub(crate) fn is_number(&self, site: Site) -> bool {
        self.numbers.contains(&site)
    }

    /// Whether any code but tests is given or reads what clients send.
    pub(crate) fn is_served(&self, facts: &Facts<'_>) -> bool {
        let counts = |unit: UnitId| !is_aside(&facts.program.unit(unit).path);
        // A package that can make a server of sockets serves nothing until somebody asks it to.
        let runs = std::cell::OnceCell::new();
        let runs =
            |site: &Site| runs.get_or_init(|| super::library::run_by_itself(facts)).contains(&(site.unit, site.body));
        let serves = |site: &Site, kind: &SourceKind| kind.is_remote() && (*kind != SourceKind::Socket || runs(site));
        let given =
            self.params.iter().any(|(site, kinds)| counts(site.unit) && kinds.iter().any(|kind| serves(site, kind)));
        let remote = |(node, kind): &(&NodeId, &SourceKind)| {
            kind.is_remote() && !self.doubtful.contains(*node) && !self.in_browser.contains(*node)
        };
        given
            || self
                .nodes
                .iter()
                .filter(remote)
                .any(|(&node, _)| facts.reads_of(node).any(|read| counts(read.site.unit)))
            || self
                .calls
                .iter()
                .filter(remote)
                .any(|(&node, _)| facts.calls_of(node).any(|call| counts(call.site.unit)))
    }
}

/// Kinds of harm that data from such a source cannot do: what is always text is no object.
pub(crate) fn cleared(kind: SourceKind, language: Language, objects_only: KindSet) -> KindSet {
    match kind {
        // JavaScript's parsers make objects of `?a[b]=c`.
        SourceKind::Query | SourceKind::Form if language == Language::Python => objects_only,
        SourceKind::Path
        | SourceKind::Header
        | SourceKind::Cookie
        | SourceKind::Environment
        | SourceKind::Arguments => objects_only,
        _ => KindSet::default(),
    }
}

/// Whether a parameter's decorator is given something that lets no text through: `@Param("id", ParseIntPipe)`.
fn is_converted(facts: &Facts<'_>, models: &Models, decorator: Site) -> bool {
    let Op::Call { args, .. } = facts.program.op(decorator) else { return false };
    args.iter().any(|arg| {
        let given = facts.api(Site { value: arg.value, ..decorator });
        given.iter().any(|(node, _)| models.routes.classes.iter().any(|class| class.converters.contains(node)))
    })
}

/// Whether a call's first argument names one of these events, or cannot be told. No events: all are.
fn is_event(facts: &Facts<'_>, call: Site, events: &[String]) -> bool {
    if events.is_empty() {
        return true;
    }
    let Op::Call { args, .. } = facts.program.op(call) else { return true };
    let Some(first) = args.first() else { return true };
    let named = facts.possible(Site { value: first.value, ..call });
    let fits = |value: &Value| matches!(value, Value::Str(name) if events.contains(name));
    !named.complete || named.values.iter().any(fits)
}

/// Whether a parameter in a path takes only numbers or ids: `<int:id>`, `{id:int}`.
fn is_number(path: &str, name: &str) -> bool {
    ["int", "float", "uuid"].iter().any(|kind| {
        path.contains(&format!("<{kind}:{name}>"))
            || path.contains(&format!("{{{name}:{kind}}}"))
            || path.contains(&format!("<{kind}({name}"))
    })
}

impl Scan<'_, '_> {
    /// Untrusted data enters.
    pub(crate) fn start(&mut self, value: ValueId, site: Site, kind: SourceKind) {
        self.start_without(value, site, kind, KindSet::default());
    }

    /// Untrusted data enters that cannot do some kinds of harm.
    pub(super) fn start_without(&mut self, value: ValueId, site: Site, kind: SourceKind, spared: KindSet) {
        let source = self.state.source(site, kind);
        let root = self.state.pools.root(Root::Source(source));
        let cleared = cleared(kind, self.module.language, self.env.models.taint.objects_only) | spared;
        self.put(value, Fact { root, path: PathId::EMPTY, cleared, from: value, flags: Flags::EXACT });
    }
}
