//! Taint: which untrusted data reaches which harmful use, across functions and files.
//!
//! Every function is looked at once, callees before callers. What holds for its parameters is kept as a summary (what
//! they give to the result, to fields and to what it calls), so that a call is answered without looking again; then
//! sources are followed down through the calls. All kinds of harm are decided in this one run: a kind is a bit, and
//! what makes data harmless clears bits.
//!
//! The method is that of Pysa's summaries (Meta, "Pysa: An Open Source Static Analysis Tool to Detect and Prevent
//! Security Issues in Python Code") and of `CodeQL`'s tables of models, over the SSA form of [`lunette_lang::ir`].

mod binding;
mod calls;
mod captured;
mod collections;
mod conditions;
mod emit;
mod env;
mod explain;
mod fact;
mod fields;
mod folding;
mod guards;
mod instances;
mod keyed;
mod kind;
mod language;
mod library;
mod looked;
mod numbers;
mod operators;
mod order;
mod owned;
mod path;
mod promises;
mod replaced;
mod scan;
mod search;
mod seeds;
mod settle;
mod shown;
mod shown_methods;
mod slots;
mod solve;
mod statement;
mod summary;
mod target;
mod templates;
mod texts;
mod trails;
mod variadic;
mod ways;

use std::cell::{OnceCell, RefCell};

use rustc_hash::FxHashMap;

use lunette_core::finding::Why;

use crate::facts::Facts;
use crate::models::Models;
use crate::program::Site;
use crate::routes::Routes;

pub use kind::{Asked, KindSet, SourceKind};

use emit::OwnKinds;
use env::{Env, State};
use explain::Teller;
use looked::Looks;
use search::{Found, Search};
use seeds::Seeds;
use trails::Trails;
use ways::Nodes;

/// What is followed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether the parameters of exported functions are sources. `None`: when the program serves nothing and exports
    /// functions.
    pub library: Option<bool>,
    /// Which harm of which source is asked about: nothing else is followed.
    pub asked: Asked,
}

/// Untrusted data at a harmful use.
#[derive(Clone, Debug)]
pub struct TaintFlow {
    /// The kind of harm: one.
    pub kind: KindSet,
    /// Where the data enters.
    pub source: Source,
    /// The call, store or return that does harm.
    pub sink: Site,
    /// The value that does harm there.
    pub value: Site,
    /// A call about which nothing is known was taken to pass its arguments on.
    pub assumed: bool,
    /// A value nested too deep was taken as a whole.
    pub widened: bool,
    /// The way from the source: for [`Taint::explain`].
    pub(crate) end: u32,
}

/// Where untrusted data enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// The value.
    pub site: Site,
    /// What kind of data it is.
    pub kind: SourceKind,
}

/// A step on the way of untrusted data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStep {
    /// The value or operation.
    pub site: Site,
    /// Its part in the way.
    pub why: Why,
    /// What happens here, in a few words.
    pub note: String,
}

/// The answer: all flows of a program.
pub struct Taint<'a> {
    env: Env<'a>,
    state: RefCell<State>,
    nodes: Nodes,
    trails: Trails,
    flows: Vec<TaintFlow>,
    library: bool,
    cut: usize,
    /// Explanations made before: a message and the evidence ask for the same one.
    told: RefCell<FxHashMap<u32, Vec<FlowStep>>>,
    /// Bodies looked at for explanations.
    looks: RefCell<Looks<'a>>,
    /// How many places can do which harm.
    places: OnceCell<Vec<(KindSet, usize)>>,
}

impl<'a> Taint<'a> {
    /// Follows all untrusted data of a program.
    pub fn new(facts: &'a Facts<'a>, models: &'a Models, routes: &Routes, options: Options) -> Self {
        let mut seeds = Seeds::new(facts, models, routes);
        if !library::is_server(facts, routes, &seeds) {
            seeds.forget_doubtful();
        }
        let library = options.library.unwrap_or_else(|| library::is_library(facts, routes, &seeds));
        if library {
            library::seed(facts, &mut seeds);
        }
        let env = Env::new(facts, models, seeds);
        let mut handlers: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (route, handler) in routes.routes.iter().zip(&routes.handlers) {
            if let (Some((unit, body)), Some(sinks)) = (*handler, models.taint.returns_of.get(&route.framework)) {
                handlers.insert(env.number(unit, body), sinks.clone());
            }
        }
        let harm = |name: &str| models.harm(name).unwrap_or_default();
        let own = OwnKinds {
            proto_key: harm("proto-key"),
            reflection: harm("reflection"),
            regex_subject: harm("regex-subject"),
            format: harm("format"),
            replace: harm("override"),
        };
        let mut state = State::default();
        let (mut ways, not_kept) = solve::summarise(&env, &mut state, &handlers, own);
        ways.link();
        let Found { mut flows, trails, cut } = Search::new(&env, &mut state, &ways, options.asked, own.proto_key).run();
        let cut = not_kept + usize::from(cut);
        flows.sort_by_key(|flow| (flow.sink, flow.kind, flow.source.kind, flow.source.site));
        let (told, looks, places) = (RefCell::default(), RefCell::default(), OnceCell::new());
        Taint {
            env,
            state: RefCell::new(state),
            nodes: ways.into_nodes(),
            trails,
            flows,
            library,
            cut,
            told,
            looks,
            places,
        }
    }

    /// All flows, by place of the sink, kind of harm and kind of source; one for each of these.
    pub fn flows(&self) -> &[TaintFlow] {
        &self.flows
    }

    /// How many places were looked at that could do one of these kinds of harm.
    pub fn places(&self, kinds: KindSet) -> usize {
        let places = self.places.get_or_init(|| self.harmful_places());
        places.iter().filter(|(of, _)| !(*of & kinds).is_empty()).map(|(_, count)| count).sum()
    }

    /// How often the program calls or writes to each API value that can do harm, and which harm.
    fn harmful_places(&self) -> Vec<(KindSet, usize)> {
        let Env { facts, models, .. } = &self.env;
        let models = &models.taint;
        let kinds =
            |sinks: &[u32]| sinks.iter().fold(KindSet::default(), |all, &at| all | models.sinks[at as usize].kinds);
        let calls = models.sinks_of.iter().map(|(node, sinks)| (facts.calls_of(*node).count(), sinks));
        let writes = models.writes_of.iter().map(|(node, sinks)| (facts.writes_of(*node).count(), sinks));
        calls.chain(writes).filter(|(count, _)| *count > 0).map(|(count, sinks)| (kinds(sinks), count)).collect()
    }

    /// Whether the parameters of exported functions were taken as sources.
    pub fn is_library(&self) -> bool {
        self.library
    }

    /// In how many functions more untrusted data meets, or is passed round in circles, than is followed: flows through
    /// them may be missing.
    pub fn cut(&self) -> usize {
        self.cut
    }

    /// The way from the source to the sink, step by step. Consecutive steps lie in one function, or are joined by a
    /// call, a return, a variable or a field.
    pub fn explain(&self, flow: &TaintFlow) -> Vec<FlowStep> {
        let told = self.told.borrow().get(&flow.end).cloned();
        told.unwrap_or_else(|| {
            let (state, looks) = (&mut *self.state.borrow_mut(), &mut *self.looks.borrow_mut());
            let mut teller = Teller { env: &self.env, state, looks };
            let steps = explain::explain(&mut teller, &self.nodes, self.trails.of(flow.end));
            self.told.borrow_mut().insert(flow.end, steps.clone());
            steps
        })
    }
}

impl std::fmt::Debug for Taint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taint")
            .field("flows", &self.flows.len())
            .field("library", &self.library)
            .finish_non_exhaustive()
    }
}
