//! Whether the conditions of a matcher hold at a place.

use std::rc::Rc;

use lunette_flow::Value;
use lunette_flow::facts::Found;
use lunette_flow::know::Origin;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{Body, BodyId, BodyKind, Key, Module, Op, Part, ValueId};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::matcher::{Condition, FunctionTest, Matcher, RouteTest, SiteTest, ValueCondition, ValuePath};
use crate::run::Run;
use crate::schema::{Inside, ResultUse};
use crate::spot::Spot;
use crate::trace::{Flow, Tracer};
use crate::value::{Outcome, Shape, Truth};

/// Longest chain of calls that is followed to where its first object was made.
const MAX_CHAIN: usize = 32;

/// What a matcher's conditions said of a place that they accept.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// Whether something had to be assumed.
    pub(crate) likely: bool,
    /// The flow that took part, if any.
    pub(crate) flow: Option<Flow>,
}

impl Run<'_, '_> {
    /// Asks all conditions of a matcher.
    pub(crate) fn judge(&self, matcher: &Matcher, spot: &Spot) -> Option<Match> {
        let mut flow = None;
        let mut least = Outcome::Certain;
        for &(at, wanted) in &matcher.order {
            let condition = if wanted { &matcher.all[at] } else { &matcher.unless[at] };
            least = least.min(self.holds(spot, condition, wanted, &mut flow));
            if least < Outcome::Likely {
                return None;
            }
        }
        Some(Match { likely: least == Outcome::Likely, flow })
    }

    fn holds(&self, spot: &Spot, condition: &Condition, wanted: bool, flow: &mut Option<Flow>) -> Outcome {
        let certain = |holds: bool| Truth::certain(holds).outcome(wanted);
        match condition {
            Condition::Value(test) => match self.truth(spot, test).outcome(wanted) {
                Outcome::Unknown if test.if_known && !wanted => Outcome::Certain,
                Outcome::Unknown if test.or_unknown => Outcome::Likely,
                Outcome::Likely if test.surely => Outcome::Fails,
                outcome => outcome,
            },
            Condition::FlowsInto(names) => {
                let found = spot.origin().and_then(|from| self.tracer().flows_into(from, names));
                let holds = found.is_some();
                if wanted && holds {
                    *flow = found;
                }
                certain(holds)
            }
            Condition::Way(text) => certain(self.flow_of(spot).is_some_and(|flow| self.passes_text(flow, text))),
            Condition::Assumed(assumed) => certain(self.flow_of(spot).is_some_and(|flow| flow.assumed == *assumed)),
            Condition::TakenByName(name) => {
                certain(self.flow_of(spot).is_some_and(|flow| self.is_taken_by_name(flow, name)))
            }
            Condition::Tied(tied) => certain(self.is_tied(spot) == *tied),
            Condition::Record(owned, named) => certain(
                owned.is_none_or(|owned| self.is_owned(spot) == owned)
                    && named
                        .as_ref()
                        .is_none_or(|named| self.record_name(spot).is_some_and(|name| named.is_match(&name))),
            ),
            Condition::Inside(inside, name) => {
                let name = name.as_ref();
                certain(self.is_inside(spot, *inside, &|text| name.is_none_or(|name| name.is_match(text))))
            }
            Condition::Name(name) => certain(self.name_of(spot).is_some_and(|text| name.is_match(&text))),
            Condition::ReceiverName(name) => {
                let receiver = self.receiver_name(spot);
                certain(receiver.is_some_and(|text| name.is_match(&text)))
            }
            Condition::InFile(path) => certain(path.is_match(&self.facts.program.unit(spot.unit).path)),
            Condition::Result(wanted_use) => certain(self.result_is(spot, *wanted_use)),
            Condition::Route(test) => certain(self.routes_of(spot).iter().any(|&route| self.route_passes(route, test))),
            Condition::Project(test) => certain(self.project_has(test)),
            Condition::Version(package, below) => match self.version_of(package) {
                Some(major) => certain(major < *below),
                None => Outcome::Likely,
            },
            Condition::Prepared(path, by, chain) => certain(self.is_prepared(spot, path, by, *chain)),
            Condition::Any(parts) => self.combine(spot, parts, wanted, wanted, flow),
            Condition::All(parts) => self.combine(spot, parts, wanted, !wanted, flow),
            Condition::Not(part) => self.holds(spot, part, !wanted, flow),
        }
    }

    /// Whether the object at a path was made by a call that one of the matchers finds, or such a call was made on it.
    fn is_prepared(&self, spot: &Spot, path: &ValuePath, by: &[Matcher], chain: bool) -> bool {
        let Found::Sites(sites) = self.find(spot, path) else { return false };
        let made_at = |site: &Site| {
            let origins = self.facts.known.origins(*site).iter().filter_map(|origin| match origin {
                Origin::Api(_, made) => Some(*made),
                _ => None,
            });
            origins.chain([*site]).collect::<Vec<_>>()
        };
        let mut objects: Vec<Site> = sites.iter().flat_map(made_at).collect();
        let mut at = 0;
        while chain && at < objects.len().min(MAX_CHAIN) {
            let receiver = matches!(self.facts.program.op(objects[at]), Op::Call { .. })
                .then(|| self.facts.receiver(objects[at]))
                .flatten();
            for site in receiver.iter().flat_map(made_at) {
                if !objects.contains(&site) {
                    objects.push(site);
                }
            }
            at += 1;
        }
        by.iter().any(|matcher| {
            let makers = self.makers_of(matcher);
            objects.iter().any(|site| makers.contains(site))
        })
    }

    /// The calls and objects that a matcher finds; asked for every place, so found once.
    fn makers_of(&self, matcher: &Matcher) -> Rc<FxHashSet<Site>> {
        let question = (std::ptr::from_ref(matcher), self.tests_count());
        if let Some(known) = self.makers.borrow().get(&question) {
            return Rc::clone(known);
        }
        let (_, found) = self.matches(matcher);
        let makers = found.iter().flat_map(|(spot, _)| [spot.call, spot.object]).flatten().collect();
        Rc::clone(self.makers.borrow_mut().entry(question).or_insert(Rc::new(makers)))
    }

    /// A disjunction is as good as its best part, a conjunction as its worst.
    fn combine(&self, spot: &Spot, parts: &[Condition], wanted: bool, best: bool, flow: &mut Option<Flow>) -> Outcome {
        let outcomes = parts.iter().map(|part| self.holds(spot, part, wanted, flow));
        if best { outcomes.max().unwrap_or(Outcome::Fails) } else { outcomes.min().unwrap_or(Outcome::Certain) }
    }

    pub(crate) fn tracer(&self) -> Tracer<'_, '_> {
        Tracer { facts: self.facts, uses: &self.uses, surface: &self.surface }
    }

    /// The values at a path from a spot.
    pub(crate) fn find(&self, spot: &Spot, path: &ValuePath) -> Found {
        match path {
            ValuePath::Value(steps) | ValuePath::Other(steps) => {
                let start = if matches!(path, ValuePath::Value(_)) { spot.value } else { spot.other };
                let Some(value) = start else { return Found::Unknown };
                steps
                    .iter()
                    .fold(Found::Sites(SmallVec::from_slice(&[value])), |found, step| self.facts.step(&found, step))
            }
            ValuePath::Access(path) => spot.call.map_or(Found::Unknown, |call| self.facts.follow(call, path)),
        }
    }

    fn truth(&self, spot: &Spot, test: &ValueCondition) -> Truth {
        let mut truth = Truth::default();
        match self.find(spot, &test.at) {
            Found::Absent => truth.add(test.passes_absent()),
            Found::Unknown => truth.open = true,
            Found::Sites(sites) if test.at.is_plural() => {
                let mut each = sites.into_iter().map(|site| {
                    let mut truth = Truth::default();
                    self.test_site(site, test, spot.call, &mut truth);
                    truth
                });
                truth = any_of(&mut each);
            }
            Found::Sites(sites) => {
                for site in sites {
                    self.test_site(site, test, spot.call, &mut truth);
                }
            }
        }
        truth
    }

    fn test_site(&self, site: Site, test: &ValueCondition, call: Option<Site>, truth: &mut Truth) {
        let mut place = Truth { yes: true, no: false, open: false };
        for asked in &test.sites {
            let answer = self.site_truth(site, asked, call);
            place.yes &= answer.yes;
            place.no |= answer.no;
            place.open |= answer.open;
            // Most values fail by where they stand; what they may be then tells nothing more, and is dear to find out.
            // Tests that may leave it open come first.
            if place.no && !place.open && !test.passes_absent() {
                return truth.add(false);
            }
        }
        let fails = place.no && !place.yes && !place.open;
        let possible = self.facts.possible(site);
        // `undefined` given is as good as nothing given.
        if possible.single() == Some(&Value::Undefined) {
            return truth.add(test.passes_absent());
        }
        if test.presence == Some(false) {
            return truth.add(false);
        }
        if test.tests.is_empty() || fails {
            truth.yes |= place.yes;
            truth.no |= place.no;
            truth.open |= place.open;
            return;
        }
        truth.no |= place.no;
        truth.open |= place.open;
        let holds = |value| test.tests.iter().all(|test| test.accepts(value));
        // A switch that may be on or off is set by something else: nothing is known of it.
        let is_switch = possible.values.iter().all(|value| matches!(value, Value::Bool(_) | Value::Null));
        if is_switch && possible.values.iter().any(&holds) && !possible.values.iter().all(&holds) {
            truth.open = true;
            return;
        }
        for value in &possible.values {
            let holds = holds(value);
            if place.yes || !holds {
                truth.add(holds);
            }
        }
        if !possible.complete {
            match (possible.values.is_empty(), self.shape(site)) {
                (true, Some(shape)) => truth.add(test.tests.iter().all(|test| test.accepts_shape(shape))),
                _ => truth.open = true,
            }
        }
    }

    fn site_truth(&self, site: Site, test: &SiteTest, call: Option<Site>) -> Truth {
        match test {
            SiteTest::Api(nodes) => {
                if nodes.iter().any(|&node| self.facts.is_api(site, node)) {
                    Truth::certain(true)
                } else if self.facts.known.origins(site).is_empty() {
                    Truth::unknown()
                } else {
                    Truth::certain(false)
                }
            }
            SiteTest::Named(name) => Truth::certain(self.facts.name_of(site).is_some_and(|text| name.is_match(&text))),
            SiteTest::Literal => Truth::certain(self.is_literal(site, 8)),
            SiteTest::NotConstant => {
                let possible = self.facts.possible(site);
                Truth::certain(possible.values.is_empty() && !possible.complete)
            }
            SiteTest::ComesFrom(from) => Truth::certain(self.tracer().comes_from(site, from, call)),
            SiteTest::Mentions(name) => Truth::certain(self.tracer().mentions(site, name)),
            SiteTest::Contains(part) => Truth::certain(self.tracer().contains(site, part)),
            SiteTest::Formatted => Truth::certain(self.tracer().is_formatted(site)),
        }
    }

    /// What a value is that is no constant, when all its origins agree.
    fn shape(&self, site: Site) -> Option<Shape> {
        let origins = self.facts.known.origins(site);
        let object = |origin: &Origin| match *origin {
            Origin::Function(..) | Origin::Class(..) | Origin::Instance(..) | Origin::Module(_) => true,
            Origin::Literal(literal) => matches!(self.facts.program.op(literal), Op::Dict(_) | Op::List(..)),
            Origin::Api(..) => false,
        };
        (!origins.is_empty() && origins.iter().all(object)).then_some(Shape::Object)
    }

    /// Whether a constant is written at this very place (not through a variable), or is one of the alternatives there.
    pub(crate) fn is_literal(&self, site: Site, depth: usize) -> bool {
        let body = self.facts.program.body(site.unit, site.body);
        // Level by level, each value once: joins of joins are as many as their product.
        let mut level: SmallVec<[ValueId; 8]> = SmallVec::from_slice(&[site.value]);
        let mut seen: FxHashSet<ValueId> = FxHashSet::default();
        for _ in 0..=depth {
            let mut next: SmallVec<[ValueId; 8]> = SmallVec::new();
            for &value in &level {
                match &body.ops[value.index()] {
                    Op::Const(_) => return true,
                    Op::Concat(parts) if parts.iter().all(|part| matches!(part, Part::Text(_))) => return true,
                    Op::Phi(operands) => next.extend(operands.iter().copied().filter(|&operand| seen.insert(operand))),
                    Op::Await(from) => next.extend(seen.insert(*from).then_some(*from)),
                    _ => {}
                }
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        false
    }

    /// The name that a match is about.
    pub(crate) fn name_of(&self, spot: &Spot) -> Option<String> {
        spot.name.clone().or_else(|| {
            let Op::Call { callee, .. } = self.facts.program.op(spot.call?) else { return None };
            self.facts.name_of(Site { value: *callee, ..spot.call? })
        })
    }

    fn receiver_name(&self, spot: &Spot) -> Option<String> {
        if let Some(call) = spot.call {
            return self.facts.name_of(self.facts.receiver(call)?);
        }
        // For a key that is written: the object written to.
        let value = spot.value?;
        self.uses.of(self.facts.program, value).into_iter().find_map(|user| match self.facts.program.op(user) {
            Op::Store(base, _, stored) if *stored == value.value => self.facts.name_of(Site { value: *base, ..user }),
            _ => None,
        })
    }

    /// The routes that reach a spot, most exposed first.
    pub(crate) fn routes_of(&self, spot: &Spot) -> Vec<usize> {
        match spot.route {
            Some(route) => vec![route],
            None => self.surface.serving(spot.unit, spot.function.unwrap_or(spot.body)).to_vec(),
        }
    }

    /// Whether some route reaches both; top-level code is reached by the routes of its file.
    pub(crate) fn meet(&self, a: &Spot, b: &Spot) -> bool {
        let of = |spot: &Spot| {
            let reaching = self.routes_of(spot).into_iter();
            let path = (spot.body == BodyId::MODULE).then(|| self.facts.program.unit(spot.unit).path.as_str());
            let own = (0..self.surface.routes.len()).filter(|&at| path == Some(self.surface.routes[at].file.as_str()));
            reaching.chain(own).collect::<FxHashSet<usize>>()
        };
        !of(a).is_disjoint(&of(b))
    }

    fn is_inside(&self, spot: &Spot, inside: Inside, named: &dyn Fn(&str) -> bool) -> bool {
        let program = self.facts.program;
        let module = &program.unit(spot.unit).module;
        let around = |body: BodyId| std::iter::successors(Some(body), |&id| module.body(id).parent);
        match inside {
            Inside::Handler => around(spot.body)
                .any(|id| self.surface.is_handler(spot.unit, id) && named(module.name(module.body(id).name))),
            Inside::Async => module.body(spot.body).is_async && named(self.facts.function_name(spot.unit, spot.body)),
            Inside::Module => module.body(spot.body).kind == BodyKind::Module,
            Inside::Function => around(spot.body).any(|id| {
                !matches!(module.body(id).kind, BodyKind::Module | BodyKind::Class)
                    && named(module.name(module.body(id).name))
            }),
            Inside::Class => around(spot.body)
                .filter_map(|id| module.body(id).class)
                .any(|class| named(module.name(module.classes[class.index()].name))),
            Inside::Try => {
                self.in_region(spot, |tries| tries.handlers.first().map(|_| tries.body).into_iter().collect())
            }
            Inside::Catch => self.in_region(spot, |tries| tries.handlers.iter().map(|handler| handler.body).collect()),
        }
    }

    fn in_region(&self, spot: &Spot, spans: impl Fn(&lunette_lang::ir::Try) -> Vec<lunette_lang::ir::Span>) -> bool {
        let body = self.facts.program.body(spot.unit, spot.body);
        body.tries.iter().any(|region| spans(region).iter().any(|span| span.contains(spot.span)))
    }

    fn result_is(&self, spot: &Spot, wanted: ResultUse) -> bool {
        let Some(call) = spot.call else { return false };
        let body = self.uses.body(self.facts.program, call.unit, call.body);
        let users = body.of(call.value);
        let ops = &self.facts.program.body(call.unit, call.body).ops;
        let used = !users.is_empty() || body.is_tested(call.value);
        // Waiting for it alone reads nothing of it.
        let reads = |user: &ValueId| match ops[user.index()] {
            Op::Await(_) => !body.of(*user).is_empty() || body.is_tested(*user),
            _ => true,
        };
        match wanted {
            ResultUse::Used => users.iter().any(reads) || body.is_tested(call.value),
            ResultUse::Unused => !used,
            ResultUse::Awaited => users.iter().any(|user| matches!(ops[user.index()], Op::Await(_))),
            ResultUse::Dropped => {
                !used || users.iter().all(|&user| self.is_dropped_by(Site { value: user, ..call }, 4))
            }
        }
    }

    /// Whether a use of a promise leaves its failure to nobody: only `then` or `finally` without a handler.
    fn is_dropped_by(&self, user: Site, depth: usize) -> bool {
        let Op::Load(_, Key::Member(name)) = self.facts.program.op(user) else { return false };
        let module = &self.facts.program.unit(user.unit).module;
        if depth == 0 || !matches!(module.name(*name), "then" | "finally") {
            return false;
        }
        self.uses.of(self.facts.program, user).into_iter().all(|call| match self.facts.program.op(call) {
            Op::Call { callee, args, .. } if *callee == user.value => {
                let handled = module.name(*name) == "then" && args.len() > 1;
                !handled
                    && self
                        .uses
                        .of(self.facts.program, call)
                        .into_iter()
                        .all(|next| self.is_dropped_by(next, depth - 1))
            }
            _ => false,
        })
    }

    /// Whether a route passes a test.
    pub(crate) fn route_passes(&self, at: usize, test: &RouteTest) -> bool {
        let route = &self.surface.routes[at];
        let proves = |wanted| route.guards.iter().any(|guard| guard.proves == wanted);
        let method = |wanted: &String| *wanted == route.method || route.method == "ANY";
        (test.methods.is_empty() || test.methods.iter().any(method))
            && test.path.as_ref().is_none_or(|path| path.is_match(&route.path))
            && !test.no_path.as_ref().is_some_and(|path| path.is_match(&route.path))
            && (test.framework.is_empty() || test.framework.contains(&route.framework))
            && !test.lacks.iter().any(|&wanted| proves(wanted))
            && !test
                .no_guard_named
                .as_ref()
                .is_some_and(|name| route.guards.iter().any(|guard| name.is_match(&guard.name)))
            && test.guard_named.as_ref().is_none_or(|name| route.guards.iter().any(|guard| name.is_match(&guard.name)))
            && test.has.iter().all(|&wanted| proves(wanted))
            && (test.siblings_have.is_empty() || self.surface.siblings_have(at, &test.siblings_have))
            && (test.inputs.is_empty() || route.inputs.iter().any(|input| test.inputs.contains(&input.kind)))
            && test.input_name.as_ref().is_none_or(|name| route.inputs.iter().any(|input| name.is_match(&input.name)))
            && !test
                .no_input_named
                .as_ref()
                .is_some_and(|name| route.inputs.iter().any(|input| name.is_match(&input.name)))
            && test.for_role.as_ref().is_none_or(|role| self.is_for_role(&route.path, role))
            && test.handler.as_ref().is_none_or(|function| {
                self.handler_of(at).is_some_and(|(unit, body)| self.function_passes(unit, body, function))
            })
    }

    /// Whether a function passes a test.
    pub(crate) fn function_passes(&self, unit: UnitId, id: BodyId, test: &FunctionTest) -> bool {
        let module = &self.facts.program.unit(unit).module;
        let body = module.body(id);
        let throws = || body.ops.iter().any(|op| matches!(op, Op::Throw(_)));
        test.handler.is_none_or(|wanted| wanted == self.surface.is_handler(unit, id))
            && test.name.as_ref().is_none_or(|name| name.is_match(module.name(body.name)))
            && test.parameters.is_none_or(|count| count == body.params.len())
            && test
                .parameter_name
                .as_ref()
                .is_none_or(|name| body.params.iter().any(|param| name.is_match(module.name(param.name))))
            && test.is_async.is_none_or(|wanted| wanted == body.is_async)
            && test.catches.is_none_or(|wanted| wanted == body.tries.iter().any(|region| !region.handlers.is_empty()))
            && test.throws.is_none_or(|wanted| wanted == throws())
            && test.awaits.is_none_or(|wanted| wanted == awaits(module, body))
            && test.calls.as_ref().is_none_or(|nodes| self.calls_any(unit, id, nodes))
            && !self.calls_any(unit, id, &test.lacks_calls)
            && test.passed_to.as_ref().is_none_or(|nodes| self.is_passed_to(unit, id, nodes))
            && test.skips_check.as_ref().is_none_or(|test| self.skipped_check(unit, id, test).is_some())
    }

    fn calls_any(&self, unit: UnitId, id: BodyId, nodes: &[lunette_flow::api::NodeId]) -> bool {
        let span = self.facts.program.body(unit, id).span;
        nodes.iter().any(|&node| {
            self.facts.calls_of(node).any(|call| {
                call.site.unit == unit && (call.site.body == id || span.contains(self.facts.program.span(call.site)))
            })
        })
    }

    fn is_passed_to(&self, unit: UnitId, id: BodyId, nodes: &[lunette_flow::api::NodeId]) -> bool {
        nodes.iter().flat_map(|&node| self.facts.calls_of(node)).any(|call| {
            let Op::Call { args, .. } = self.facts.program.op(call.site) else { return false };
            args.iter().any(|arg| self.facts.functions(Site { value: arg.value, ..call.site }).contains(&(unit, id)))
        })
    }
}

/// Whether one of several arguments or elements passes.
fn any_of(each: &mut dyn Iterator<Item = Truth>) -> Truth {
    let mut all = Truth { yes: false, no: true, open: false };
    for truth in each {
        if truth == Truth::certain(true) {
            return truth;
        }
        all.yes |= truth.yes;
        all.no &= truth.no;
        all.open |= truth.open;
    }
    all
}

/// Whether a function waits for something whose failure it does not take with `catch`.
fn awaits(module: &Module, body: &Body) -> bool {
    body.ops.iter().any(|op| {
        let Op::Await(value) = op else { return false };
        let Op::Call { callee, .. } = &body.ops[value.index()] else { return true };
        !matches!(body.ops[callee.index()], Op::Load(_, Key::Member(name)) if module.name(name) == "catch")
    })
}
