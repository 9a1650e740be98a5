//! The way of untrusted data, told step by step. Bodies on the way are looked at once more ([`super::looked`]): nothing is
//! kept of them while flows are looked for that only an explanation needs.

use std::rc::Rc;

use lunette_core::finding::Why;
use lunette_lang::ir::{BodyId, Key, Op, ValueId};
use rustc_hash::FxHashSet;

use super::FlowStep;
use super::env::{Env, State};
use super::fact::{Fact, Pools, Root, RootId};
use super::looked::{Looked, Looks};
use super::summary::Summary;
use super::ways::{Goal, Nodes, Way};
use crate::program::UnitId;

/// Most steps told within one body.
const MAX_STEPS: usize = 40;
/// Deepest nesting of functions that give back what they read.
const MAX_NESTING: usize = 8;
/// Most bodies on one way.
const MAX_HOPS: usize = 64;

/// What explanations are made of.
pub(super) struct Teller<'t, 'a> {
    pub(super) env: &'t Env<'a>,
    pub(super) state: &'t mut State,
    pub(super) looks: &'t mut Looks<'a>,
}

/// Tells a trail, way by way.
pub(super) fn explain(teller: &mut Teller<'_, '_>, nodes: &Nodes, mut trail: Vec<&Way>) -> Vec<FlowStep> {
    // Of a long one the two ends are told: where the data enters, and what it does.
    let over = trail.len().saturating_sub(MAX_HOPS);
    if over > 0 {
        trail.drain(MAX_HOPS / 2..MAX_HOPS / 2 + over);
    }
    let mut steps = Vec::new();
    for (at, way) in trail.iter().enumerate() {
        let looked = teller.look(teller.env.body_of(way.body));
        let mut within = teller.chain(&looked, way.fact.from, way.fact.root, 0);
        if at > 0 {
            // What the data is called where it came in.
            for step in &mut within {
                if step.why == Why::Source {
                    step.why = Why::Assign;
                }
            }
        }
        if over > 0
            && at == MAX_HOPS / 2
            && let Some(first) = within.first_mut()
        {
            let gap = format!("{over} functions on the way are not shown");
            first.note = if first.note.is_empty() { gap } else { format!("{} ({gap})", first.note) };
        }
        steps.append(&mut within);
        let last = at + 1 == trail.len();
        steps.push(leaving(teller.env, &looked, nodes, way, last));
    }
    steps.dedup_by(|a, b| {
        a.site == b.site && (b.why == Why::Assign || a.why == b.why) && {
            // Of two steps at one place the later says more.
            b.clone_from(a);
            true
        }
    });
    steps
}

/// The step that leaves a body, or the sink.
fn leaving(env: &Env<'_>, looked: &Looked<'_>, nodes: &Nodes, way: &Way, last: bool) -> FlowStep {
    let site = looked.site(way.at);
    let facts = env.facts;
    if last {
        let kinds = match way.goal {
            Goal::Sink(kinds) | Goal::ChosenSink(kinds) => kinds,
            Goal::Node(_) | Goal::Name(_) => super::KindSet::default(),
        };
        let does =
            kinds.indices().filter_map(|at| env.models.taint.kinds.get(at)).map(|kind| kind.does.as_str()).next();
        return FlowStep { site, why: Why::Sink, note: does.unwrap_or_default().to_owned() };
    }
    let Goal::Node(to) = way.goal else { return FlowStep { site, why: Why::Sink, note: String::new() } };
    match nodes.param_of(to) {
        Some((body, param)) => {
            let (unit, id) = env.body_of(body);
            let module = &facts.program.unit(unit).module;
            let function = facts.function_name(unit, id);
            let name = module.body(id).params.get(param as usize).map_or("", |param| module.name(param.name));
            let note = match (function.is_empty(), name.is_empty()) {
                (false, false) => format!("passed to `{function}` as `{name}`"),
                (false, true) => format!("passed to `{function}`"),
                (true, false) => format!("passed on as `{name}`"),
                (true, true) => "passed to a function".to_owned(),
            };
            FlowStep { site, why: Why::Call, note }
        }
        None => FlowStep { site, why: Why::Field, note: "kept where other code reads it".to_owned() },
    }
}

impl<'a> Teller<'_, 'a> {
    fn look(&mut self, (unit, id): (UnitId, BodyId)) -> Rc<Looked<'a>> {
        self.looks.at(self.env, self.state, unit, id)
    }

    /// The steps from a root of a body to one of its values. `nesting` is how many calls were gone into.
    fn chain(&mut self, looked: &Looked<'_>, end: ValueId, root: RootId, nesting: usize) -> Vec<FlowStep> {
        let mut steps = Vec::new();
        let (mut value, mut root) = (end, root);
        let mut seen = FxHashSet::default();
        loop {
            let fact = find(looked, &self.state.pools, value, root).filter(|_| seen.insert(value));
            let Some(fact) = fact else {
                // Not what the call gives holds it, but an object that the call was passed.
                self.inside(looked, value, root, nesting, &mut steps);
                break;
            };
            if fact.from == value {
                self.start(looked, value, &fact, nesting, &mut steps);
                break;
            }
            // Of many steps those next to the end are told, and where it starts.
            if steps.len() < MAX_STEPS {
                steps.extend(step(self.env, looked, value));
            }
            root = fact.root;
            value = fact.from;
        }
        steps.reverse();
        steps
    }

    /// How a fact enters a body. Steps are pushed last first.
    fn start(&mut self, looked: &Looked<'_>, value: ValueId, fact: &Fact, nesting: usize, steps: &mut Vec<FlowStep>) {
        let site = looked.site(value);
        match self.state.pools.get(fact.root) {
            Root::Source(source) => {
                let source = self.state.sources[source as usize];
                if source.site == site || !matches!(looked.op(value), Op::Call { .. }) {
                    steps.push(FlowStep { site: source.site, why: Why::Source, note: source.kind.words().to_owned() });
                } else {
                    self.inside(looked, value, fact.root, nesting, steps);
                }
            }
            Root::Param(..) => {
                if let Some(name) = self.env.facts.name_of(site) {
                    steps.push(FlowStep { site, why: Why::Assign, note: format!("comes in as `{name}`") });
                }
            }
            Root::Slot(..) => {
                let before = steps.len();
                if matches!(looked.op(value), Op::Call { .. }) {
                    self.inside(looked, value, fact.root, nesting, steps);
                }
                if steps.len() == before {
                    steps.push(FlowStep { site, why: Why::Field, note: "read from where it was kept".to_owned() });
                }
            }
        }
    }

    /// What a function called gives back, or puts into what it is passed, it has read itself: its own way first.
    fn inside(&mut self, looked: &Looked<'_>, value: ValueId, root: RootId, nesting: usize, steps: &mut Vec<FlowStep>) {
        let site = looked.site(value);
        let runs = if nesting < MAX_NESTING { looked.runs(value) } else { &[] };
        for &of in runs {
            let number = self.env.number(of.0, of.1);
            let Some((from, note)) = self.state.summary(number).and_then(|summary| given(summary, root)) else {
                continue;
            };
            steps.push(FlowStep { site, why: Why::Return, note: note.to_owned() });
            let inner = self.look(of);
            let mut chain = self.chain(&inner, from, root, nesting + 1);
            chain.reverse();
            steps.append(&mut chain);
            return;
        }
        // Too deep, or through something that is not looked at again: where it starts is known all the same.
        if let Root::Source(source) = self.state.pools.get(root) {
            steps.push(FlowStep {
                site,
                why: Why::Return,
                note: "comes from a call (steps before this are not shown)".to_owned(),
            });
            let source = self.state.sources[source as usize];
            steps.push(FlowStep { site: source.site, why: Why::Source, note: source.kind.words().to_owned() });
        }
    }
}

/// The value by which a function gives away something of a root, and how.
fn given(summary: &Summary, root: RootId) -> Option<(ValueId, &'static str)> {
    let back =
        summary.returns.iter().find(|given| given.root == root).map(|given| (given.from, "given back to the caller"));
    let put = || {
        summary
            .fills
            .iter()
            .find(|(_, given)| given.root == root)
            .map(|(_, given)| (given.from, "put into an object passed"))
    };
    back.or_else(put)
}

/// The fact of a value that goes back to a root, or to a part of the same root.
fn find(looked: &Looked<'_>, pools: &Pools, value: ValueId, root: RootId) -> Option<Fact> {
    let facts = looked.facts_of(value);
    let family = |id: RootId| match pools.get(id) {
        Root::Source(at) => (0, at),
        Root::Param(at, _) => (1, at),
        Root::Slot(at, _) => (2, at),
    };
    facts
        .iter()
        .find(|fact| fact.root == root)
        .or_else(|| facts.iter().find(|fact| family(fact.root) == family(root)))
        .copied()
}

/// What an operation on the way is worth telling.
fn step(env: &Env<'_>, looked: &Looked<'_>, value: ValueId) -> Option<FlowStep> {
    let site = looked.site(value);
    let (why, note) = match looked.op(value) {
        Op::Assign(var, _) => (Why::Assign, format!("`{}`", looked.name(looked.body.vars[var.index()].name))),
        Op::StoreOuter(..) => (Why::Assign, "kept in an outer variable".to_owned()),
        Op::Concat(_) => (Why::Assign, "joined into a text".to_owned()),
        Op::Dict(_) | Op::List(..) => (Why::Field, "put into a collection".to_owned()),
        Op::Call { callee, .. } => {
            let name = env.facts.name_of(looked.site(*callee)).unwrap_or_default();
            (
                Why::Call,
                if name.is_empty() { "goes through a call".to_owned() } else { format!("goes through `{name}`") },
            )
        }
        Op::Load(_, Key::Member(name) | Key::Item(name)) => (Why::Field, format!("its `{}`", looked.name(*name))),
        Op::Await(_) | Op::Return(_) | Op::Phi(_) => return None,
        _ => return None,
    };
    Some(FlowStep { site, why, note })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt::Write as _;

    use lunette_lang::Dialect;

    use crate::facts::Facts;
    use crate::models::Models;
    use crate::program::{ImportMap, Program, Unit};
    use crate::taint::{Options, Taint};

    /// Each body on the ways is looked at once, however many flows lead through it.
    #[test]
    fn bodies_are_looked_at_once_for_all_explanations() {
        let web = "package: web\nlanguage: python\nsources: [{ value: [web.query], kind: query }]\n\
                   sinks: [{ call: web.run, kind: run }]\n";
        let kinds = "kinds: [{ name: run, does: is run }]\n";
        let models = Models::load([("kinds.yml", kinds), ("python/web.yml", web)]).unwrap();
        let mut text = String::from("import web\ndef take(k):\n    return web.query[k]\ndef f():\n");
        for at in 0..300 {
            let _ = writeln!(text, "    web.run(take('{at}'))");
        }
        let module = lunette_lang::lower(Dialect::of_path("a.py").unwrap(), &text).module.unwrap();
        let program = Program::new(vec![Unit { path: "a.py".to_owned(), text, module }], &ImportMap::default());
        let facts = Facts::new(&program, &models.trie);
        let routes = crate::routes(&facts, &models);
        let taint = Taint::new(&facts, &models, &routes, Options { library: Some(false), ..Options::default() });
        assert_eq!(taint.flows().len(), 300);
        for flow in taint.flows() {
            let told: Vec<_> = taint.explain(flow).into_iter().map(|step| step.site.body).collect();
            assert!(told.contains(&flow.sink.body) && told.contains(&flow.source.site.body), "{told:?}");
        }
        assert_eq!(taint.looks.borrow().scans, 2);
    }
}
