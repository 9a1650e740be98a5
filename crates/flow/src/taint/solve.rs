//! From sources to harmful uses: every body once, callees first; then down through calls and slots.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::emit::OwnKinds;
use super::env::{Edge, Env, State, To};
use super::fact::{Flags, Root};
use super::order::{call_graph, components};
use super::path::{Fit, PathId};
use super::scan::Scan;
use super::{KindSet, Source, SourceKind, TaintFlow};
use crate::program::Site;

/// Most rounds over a circle of functions that call each other.
const MAX_ROUNDS: usize = 4;
/// Most places that untrusted data is followed to.
const MAX_ITEMS: usize = 2_000_000;

/// The ways out of every body.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) edges: Vec<Vec<Edge>>,
    /// Bodies in which more met somewhere than is kept.
    pub(crate) cut: usize,
}

/// Analyses every body.
pub(crate) fn summarise(env: &Env<'_>, state: &mut State, handlers: &FxHashMap<u32, Vec<u32>>, own: OwnKinds) -> Graph {
    let graph = call_graph(env);
    state.summaries = (0..env.bodies()).map(|_| None).collect();
    let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); env.bodies()];
    let mut cut = 0;
    for component in components(&graph) {
        let circle = component.len() > 1 || graph[component[0] as usize].contains(&component[0]);
        for round in 0..if circle { MAX_ROUNDS } else { 1 } {
            let mut changed = false;
            let mut cut_here = 0;
            for &number in &component {
                let (unit, id) = env.body_of(number);
                let mut scan = Scan::new(env, state, unit, id);
                let emitted = scan.emit(handlers, own, &|other| circle && component.binary_search(&other).is_ok());
                cut_here += usize::from(emitted.cut);
                edges[number as usize] = emitted.edges;
                let summary = &mut state.summaries[number as usize];
                if summary.as_deref() != Some(&emitted.summary) {
                    *summary = Some(Box::new(emitted.summary));
                    changed = true;
                }
            }
            // What is called more often than it can be looked at may hold more, too.
            let is_last = !circle || round + 1 == MAX_ROUNDS || !changed && round > 0;
            if is_last {
                cut += cut_here + if circle && changed { component.len() } else { 0 };
                break;
            }
        }
    }
    Graph { edges, cut }
}

/// Where untrusted data has come to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Node {
    Param(u32, u32),
    Slot(u32),
}

/// Untrusted data at a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    node: Node,
    path: PathId,
    cleared: KindSet,
    flags: Flags,
    source: u32,
    /// How it came here.
    pub(crate) hop: Hop,
}

/// One way through one body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop {
    /// The item that it starts from; `None` when it starts at a source.
    pub(crate) before: Option<u32>,
    /// The body.
    pub(crate) body: u32,
    /// The edge of the body.
    pub(crate) edge: u32,
}

/// The search from the sources.
pub(crate) struct Search<'e, 'a> {
    env: &'e Env<'a>,
    state: &'e mut State,
    graph: &'e Graph,
    by_param: FxHashMap<(u32, u32), Vec<u32>>,
    by_slot: Vec<Vec<(u32, u32)>>,
    seen: FxHashMap<(Node, PathId, SourceKind, bool), KindSet>,
    pub(crate) items: Vec<Item>,
    queue: VecDeque<u32>,
    found: FxHashMap<(u32, u32, usize, SourceKind), usize>,
    pub(crate) flows: Vec<TaintFlow>,
    pub(crate) ends: Vec<Hop>,
    /// Whether the search ended before all was followed.
    pub(crate) ended: bool,
}

impl<'e, 'a> Search<'e, 'a> {
    pub(crate) fn new(env: &'e Env<'a>, state: &'e mut State, graph: &'e Graph) -> Self {
        let mut by_param: FxHashMap<(u32, u32), Vec<u32>> = FxHashMap::default();
        let mut by_slot: Vec<Vec<(u32, u32)>> = vec![Vec::new(); env.slots.len()];
        for (body, edges) in graph.edges.iter().enumerate() {
            for (at, edge) in edges.iter().enumerate() {
                match state.pools.get(edge.fact.root) {
                    Root::Param(param, _) => by_param.entry((body as u32, param)).or_default().push(at as u32),
                    Root::Slot(slot, _) => by_slot[slot as usize].push((body as u32, at as u32)),
                    Root::Source(_) => {}
                }
            }
        }
        Search {
            env,
            state,
            graph,
            by_param,
            by_slot,
            seen: FxHashMap::default(),
            items: Vec::new(),
            queue: VecDeque::new(),
            found: FxHashMap::default(),
            flows: Vec::new(),
            ends: Vec::new(),
            ended: false,
        }
    }

    /// Follows everything from the sources.
    pub(crate) fn run(&mut self) {
        for (body, edges) in self.graph.edges.iter().enumerate() {
            for (at, edge) in edges.iter().enumerate() {
                if let Root::Source(source) = self.state.pools.get(edge.fact.root) {
                    let hop = Hop { before: None, body: body as u32, edge: at as u32 };
                    self.go(*edge, source, KindSet::default(), Flags::default(), edge.fact.path, hop);
                }
            }
        }
        while let Some(at) = self.queue.pop_front() {
            let item = self.items[at as usize];
            match item.node {
                Node::Param(body, param) => {
                    for index in 0..self.by_param.get(&(body, param)).map_or(0, Vec::len) {
                        let edge = self.by_param[&(body, param)][index];
                        self.follow(at, item, body, edge);
                    }
                }
                Node::Slot(slot) => {
                    for index in 0..self.by_slot[slot as usize].len() {
                        let (body, edge) = self.by_slot[slot as usize][index];
                        self.follow(at, item, body, edge);
                    }
                }
            }
        }
    }

    fn follow(&mut self, at: u32, item: Item, body: u32, index: u32) {
        let edge = self.graph.edges[body as usize][index as usize];
        let (Root::Param(_, asked) | Root::Slot(_, asked)) = self.state.pools.get(edge.fact.root) else { return };
        let exact = edge.fact.flags.has(Flags::EXACT);
        if item.flags.has(Flags::CHOSEN) && !exact {
            return;
        }
        let path = match self.state.pools.paths.fit(item.path, asked) {
            Fit::Apart => return,
            Fit::Within(_) => edge.fact.path,
            Fit::Around(rest) => match edge.to {
                _ if edge.fact.flags.has(Flags::DEEP) && !exact => edge.fact.path,
                To::Sink(_) if edge.fact.flags.has(Flags::DEEP) => edge.fact.path,
                To::Param(..) | To::Slot(_) if exact => self.state.pools.paths.join(edge.fact.path, rest).0,
                _ => return,
            },
        };
        let hop = Hop { before: Some(at), body, edge: index };
        self.go(edge, item.source, item.cleared, item.flags, path, hop);
    }

    fn go(&mut self, edge: Edge, source: u32, cleared: KindSet, flags: Flags, path: PathId, hop: Hop) {
        let cleared = cleared | edge.fact.cleared;
        let flags = flags.with(edge.fact.flags).without(Flags::EXACT).without(Flags::DEEP);
        match edge.to {
            To::Sink(kinds) if !flags.has(Flags::CHOSEN) => self.arrive(edge, source, kinds.without(cleared), flags, hop),
            To::ChosenSink(kinds) if flags.has(Flags::CHOSEN) => self.arrive(edge, source, kinds.without(cleared), flags, hop),
            To::Sink(_) | To::ChosenSink(_) => {}
            To::Param(body, param) => self.reach(Node::Param(body, param), path, cleared, flags, source, hop),
            To::Slot(slot) => self.reach(Node::Slot(slot), path, cleared, flags, source, hop),
        }
    }

    fn reach(&mut self, node: Node, path: PathId, cleared: KindSet, flags: Flags, source: u32, hop: Hop) {
        let kind = self.state.sources[source as usize].kind;
        let key = (node, path, kind, flags.has(Flags::CHOSEN));
        let cleared = match self.seen.get(&key) {
            Some(&known) if cleared.contains(known) => return,
            Some(&known) => cleared & known,
            None => cleared,
        };
        if self.items.len() >= MAX_ITEMS {
            self.ended = true;
            return;
        }
        self.seen.insert(key, cleared);
        let at = self.items.len() as u32;
        self.items.push(Item { node, path, cleared, flags, source, hop });
        self.queue.push_back(at);
    }

    fn arrive(&mut self, edge: Edge, source: u32, kinds: KindSet, flags: Flags, hop: Hop) {
        let Source { site, kind } = self.state.sources[source as usize];
        let (unit, body) = self.env.body_of(hop.body);
        for index in kinds.indices().filter(|&index| index < self.env.models.taint.kinds.len()) {
            let key = (hop.body, edge.at.0, index, kind);
            let doubts = usize::from(flags.has(Flags::ASSUMED)) + usize::from(flags.has(Flags::WIDENED));
            let flow = TaintFlow {
                kind: KindSet::one(index),
                source: Source { site, kind },
                sink: Site { unit, body, value: edge.at },
                value: Site { unit, body, value: edge.fact.from },
                assumed: flags.has(Flags::ASSUMED),
                widened: flags.has(Flags::WIDENED),
                end: self.ends.len() as u32,
            };
            // The first way is the shortest; a later one is better only when less is assumed.
            if let Some(&at) = self.found.get(&key) {
                let known = &mut self.flows[at];
                if doubts < usize::from(known.assumed) + usize::from(known.widened) {
                    *known = flow;
                    self.ends.push(hop);
                }
            } else {
                self.found.insert(key, self.flows.len());
                self.flows.push(flow);
                self.ends.push(hop);
            }
        }
    }
}
