//! From sources to harmful uses: every body once, callees first; then down through calls and slots.

use lunette_lang::ir::BodyId;
use rustc_hash::FxHashMap;

use super::emit::{Emitted, OwnKinds};
use super::env::{Edge, Env, State, To};
use super::fact::{Flags, Root};
use super::order::{call_graph, components};
use super::path::{Fit, PathId};
use super::scan::{Ground, Scan};
use super::{Asked, KindSet, Source, SourceKind, TaintFlow};
use crate::program::Site;

/// Most rounds over a circle of functions that call each other.
const MAX_ROUNDS: usize = 4;
/// Most values of the bodies of a circle of which the ground is kept.
const MOST_HELD: usize = 500_000;
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
        if circle {
            cut += go_round(&component, env, state, &mut edges, handlers, own);
        } else {
            let (unit, id) = env.body_of(component[0]);
            let mut scan = Scan::new(env, state, unit, id);
            let emitted = scan.emit(handlers, own);
            scan.end();
            cut += usize::from(emitted.cut);
            keep(emitted, component[0], state, &mut edges);
        }
    }
    Graph { edges, cut }
}

/// Keeps what a body gives away; whether its summary has changed.
fn keep(emitted: Emitted, number: u32, state: &mut State, edges: &mut [Vec<Edge>]) -> bool {
    // Ways and summaries stay for the whole run: no room to grow in is kept.
    edges[number as usize] = emitted.edges;
    edges[number as usize].shrink_to_fit();
    let summary = &mut state.summaries[number as usize];
    let changed = summary.as_deref() != Some(&emitted.summary);
    if changed {
        *summary = Some(Box::new(emitted.summary));
    }
    changed
}

/// A body of a circle of functions that call each other.
#[derive(Default)]
struct Member {
    ground: Option<Ground>,
    /// The members whose summaries it asked for.
    asked: Vec<u32>,
    /// When it was last looked at, and when its summary last changed: counted over all members.
    looked: u32,
    changed: u32,
    cut: bool,
}

/// Analyses the bodies of a circle until their summaries stay the same, each again only when a summary that it asked for
/// has changed; in how many of them more met than is kept.
fn go_round(
    circle: &[u32],
    env: &Env<'_>,
    state: &mut State,
    edges: &mut [Vec<Edge>],
    handlers: &FxHashMap<u32, Vec<u32>>,
    own: OwnKinds,
) -> usize {
    let mut members: Vec<Member> = circle.iter().map(|_| Member::default()).collect();
    let (mut now, mut held) = (0, 0);
    let mut settled = false;
    state.go_round(circle);
    for _ in 0..MAX_ROUNDS {
        settled = true;
        for (at, &number) in circle.iter().enumerate() {
            let member = &members[at];
            let is_new = |&of: &u32| members[of as usize].changed >= member.looked;
            if member.looked > 0 && !member.asked.iter().any(is_new) {
                continue;
            }
            now += 1;
            let (unit, id) = env.body_of(number);
            let member = &mut members[at];
            let ground = member.ground.take().unwrap_or_else(|| Ground::new(env, unit, id));
            let mut scan = Scan::on(ground, env, state, (unit, id));
            let emitted = scan.emit(handlers, own);
            let ground = scan.end();
            held += if member.looked == 0 { ground.size() } else { 0 };
            member.ground = (held < MOST_HELD).then_some(ground);
            member.asked = state.take_asked();
            (member.looked, member.cut) = (now, emitted.cut);
            if keep(emitted, number, state, edges) {
                member.changed = now;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    state.go_round(&[]);
    // What is called more often than it can be looked at may hold more, too.
    members.iter().filter(|member| member.cut).count() + if settled { 0 } else { circle.len() }
}

/// Numbers for all parameters and slots, with the harm that data at each of them can still do.
pub(crate) struct Nodes {
    /// The first parameter of each body.
    params: Vec<u32>,
    slots: u32,
    harm: Vec<KindSet>,
}

impl Nodes {
    /// Follows the ways backwards from harmful uses, and drops those that lead to none.
    pub(crate) fn new(env: &Env<'_>, state: &State, graph: &mut Graph) -> Self {
        let mut params = Vec::with_capacity(env.bodies() + 1);
        let mut slots = 0;
        for unit in env.facts.program.ids() {
            for (at, body) in env.facts.program.unit(unit).module.bodies.iter().enumerate() {
                params.push(slots);
                // What is passed beyond the parameters is one more, where `arguments` is read.
                let beyond = env.variadic.contains(&(unit, BodyId(at as u32)));
                slots += body.params.len() as u32 + u32::from(beyond);
            }
        }
        params.push(slots);
        let count = slots as usize + env.slots.len();
        let mut nodes = Nodes { params, slots, harm: vec![KindSet::default(); count] };
        let mut ways: Vec<(u32, u32, KindSet)> = Vec::new();
        for (body, edges) in graph.edges.iter().enumerate() {
            for edge in edges {
                let Some(from) = nodes.of_root(body as u32, state.pools.get(edge.fact.root)) else { continue };
                match edge.to {
                    To::Sink(kinds) | To::ChosenSink(kinds) => {
                        nodes.harm[from as usize] |= kinds.without(edge.fact.cleared);
                    }
                    To::Param(..) | To::Slot(_) => {
                        if let Some(to) = nodes.of_target(edge.to) {
                            ways.push((to, from, edge.fact.cleared));
                        }
                    }
                }
            }
        }
        nodes.settle(&mut ways);
        for edges in &mut graph.edges {
            let before = edges.len();
            edges.retain(|edge| match edge.to {
                To::Sink(_) | To::ChosenSink(_) => true,
                To::Param(..) | To::Slot(_) => nodes
                    .of_target(edge.to)
                    .is_some_and(|to| !nodes.harm[to as usize].without(edge.fact.cleared).is_empty()),
            });
            if edges.len() < before / 2 {
                edges.shrink_to_fit();
            }
        }
        nodes
    }

    /// Hands harm from the ends of ways (to, from, what is cleared) to their starts until nothing changes.
    fn settle(&mut self, ways: &mut [(u32, u32, KindSet)]) {
        ways.sort_unstable();
        let mut work: Vec<u32> =
            (0..self.harm.len() as u32).filter(|&node| !self.harm[node as usize].is_empty()).collect();
        let mut waiting: Vec<bool> = self.harm.iter().map(|harm| !harm.is_empty()).collect();
        while let Some(node) = work.pop() {
            waiting[node as usize] = false;
            let harm = self.harm[node as usize];
            let first = ways.partition_point(|(to, ..)| *to < node);
            for &(_, from, cleared) in ways[first..].iter().take_while(|(to, ..)| *to == node) {
                let more = harm.without(cleared);
                if !self.harm[from as usize].contains(more) {
                    self.harm[from as usize] |= more;
                    if !std::mem::replace(&mut waiting[from as usize], true) {
                        work.push(from);
                    }
                }
            }
        }
    }

    fn param(&self, body: u32, param: u32) -> Option<u32> {
        let (first, next) = (self.params[body as usize], self.params[body as usize + 1]);
        (param < next - first).then_some(first + param)
    }

    fn of_root(&self, body: u32, root: Root) -> Option<u32> {
        match root {
            Root::Param(param, _) => self.param(body, param),
            Root::Slot(slot, _) => Some(self.slots + slot),
            Root::Source(_) => None,
        }
    }

    fn of_target(&self, to: To) -> Option<u32> {
        match to {
            To::Param(body, param) => self.param(body, param),
            To::Slot(slot) => Some(self.slots + slot),
            To::Sink(_) | To::ChosenSink(_) => None,
        }
    }
}

/// The ways out of every node, one node after another.
struct Ways {
    starts: Vec<u32>,
    /// Body and edge.
    list: Vec<(u32, u32)>,
}

impl Ways {
    fn new(state: &State, graph: &Graph, nodes: &Nodes) -> Self {
        let mut starts = vec![0u32; nodes.harm.len() + 1];
        let mut found: Vec<(u32, (u32, u32))> = Vec::new();
        for (body, edges) in graph.edges.iter().enumerate() {
            for (at, edge) in edges.iter().enumerate() {
                if let Some(node) = nodes.of_root(body as u32, state.pools.get(edge.fact.root)) {
                    starts[node as usize + 1] += 1;
                    found.push((node, (body as u32, at as u32)));
                }
            }
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        found.sort_unstable();
        Ways { starts, list: found.into_iter().map(|(_, way)| way).collect() }
    }
}

/// Untrusted data at a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    node: u32,
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
    nodes: Nodes,
    ways: Ways,
    seen: FxHashMap<(u32, PathId, SourceKind, Flags), KindSet>,
    /// What was reached, in the order in which it is followed.
    pub(crate) items: Vec<Item>,
    asked: Asked,
    found: FxHashMap<(u32, u32, usize, SourceKind), usize>,
    pub(crate) flows: Vec<TaintFlow>,
    pub(crate) ends: Vec<Hop>,
    /// Whether the search ended before all was followed.
    pub(crate) ended: bool,
}

impl<'e, 'a> Search<'e, 'a> {
    /// `nodes` are those of the graph.
    pub(crate) fn new(env: &'e Env<'a>, state: &'e mut State, graph: &'e Graph, nodes: Nodes, asked: Asked) -> Self {
        let ways = Ways::new(state, graph, &nodes);
        Search {
            env,
            state,
            graph,
            nodes,
            ways,
            seen: FxHashMap::default(),
            items: Vec::new(),
            asked,
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
        let mut next = 0;
        while let Some(&item) = self.items.get(next) {
            let at = next as u32;
            next += 1;
            for index in self.ways.starts[item.node as usize]..self.ways.starts[item.node as usize + 1] {
                let (body, edge) = self.ways.list[index as usize];
                self.follow(at, item, body, edge);
            }
        }
    }

    fn follow(&mut self, at: u32, item: Item, body: u32, index: u32) {
        let edge = self.graph.edges[body as usize][index as usize];
        let (Root::Param(_, asked) | Root::Slot(_, asked)) = self.state.pools.get(edge.fact.root) else { return };
        let exact = edge.fact.flags.has(Flags::EXACT);
        if item.flags.has(Flags::CHOSEN) && (!exact || edge.fact.flags.has(Flags::COPY)) {
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
            To::Sink(kinds) if !flags.has(Flags::CHOSEN) => {
                self.arrive(edge, source, kinds.without(cleared), flags, hop);
            }
            To::ChosenSink(kinds) if flags.has(Flags::CHOSEN) => {
                self.arrive(edge, source, kinds.without(cleared), flags, hop);
            }
            To::Sink(_) | To::ChosenSink(_) => {}
            To::Param(..) | To::Slot(_) => {
                if let Some(node) = self.nodes.of_target(edge.to) {
                    self.reach(node, path, cleared, flags, source, hop);
                }
            }
        }
    }

    fn reach(&mut self, node: u32, path: PathId, cleared: KindSet, flags: Flags, source: u32, hop: Hop) {
        let kind = self.state.sources[source as usize].kind;
        if (self.nodes.harm[node as usize] & self.asked.of(kind)).without(cleared).is_empty() {
            return;
        }
        let key = (node, path, kind, flags.only(Flags::CHOSEN.with(Flags::PART)));
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
        self.items.push(Item { node, path, cleared, flags, source, hop });
    }

    fn arrive(&mut self, edge: Edge, source: u32, kinds: KindSet, flags: Flags, hop: Hop) {
        let Source { site, kind } = self.state.sources[source as usize];
        let (unit, body) = self.env.body_of(hop.body);
        // Who hands a whole path to a library names the file himself.
        let meant = kind == SourceKind::Library && !flags.has(Flags::PART);
        let kinds = if meant { kinds.without(self.env.models.taint.named_by_callers) } else { kinds };
        let kinds = kinds & self.asked.of(kind);
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
