//! The search: from the sources down through calls and slots to harmful uses.

use lunette_lang::ir::ValueId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::env::{Env, State};
use super::fact::{Flags, Root};
use super::path::{Fit, PathId};
use super::trails::{Hop, Trails};
use super::ways::{Goal, Node, Way, Ways};
use super::{Asked, KindSet, Source, SourceKind, TaintFlow};
use crate::program::Site;

/// Most places that untrusted data is followed to.
const MAX_ITEMS: usize = 2_000_000;
/// Most paths of full length that are followed at one parameter or slot. Structures that point at each other in circles
/// (the nodes of a tree, each with its parent) have thousands there. On a tree of 2.4 million lines of node modules no flow
/// is lost by this bound; half of it would lose 28 of 2,109.
const MAX_DEEP: u8 = 64;

/// Untrusted data at a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    node: Node,
    path: PathId,
    cleared: KindSet,
    flags: Flags,
    source: u32,
    /// How it came here.
    hop: Hop,
}

/// The search from the sources.
pub(crate) struct Search<'e, 'a> {
    env: &'e Env<'a>,
    state: &'e mut State,
    ways: &'e Ways,
    /// Up to which kinds of harm are cleared what was reached where.
    seen: FxHashMap<(u32, PathId, SourceKind, Flags), KindSet>,
    /// What was reached, in the order in which it is followed.
    items: Vec<Item>,
    asked: Asked,
    found: FxHashMap<(u32, u32, usize, SourceKind), usize>,
    /// The writes whose name comes from outside.
    named: FxHashSet<(u32, ValueId)>,
    /// The kinds of harm that are done only with such a name.
    by_name: KindSet,
    flows: Vec<TaintFlow>,
    ends: Vec<Hop>,
    /// How many paths of full length are followed at each node.
    deep: Vec<u8>,
    cut: bool,
}

/// What a search has found.
pub(crate) struct Found {
    pub(crate) flows: Vec<TaintFlow>,
    /// The ways of the flows.
    pub(crate) trails: Trails,
    /// Whether something was not followed: too many places, or too many paths.
    pub(crate) cut: bool,
}

impl<'e, 'a> Search<'e, 'a> {
    pub(crate) fn new(env: &'e Env<'a>, state: &'e mut State, ways: &'e Ways, asked: Asked, by_name: KindSet) -> Self {
        Search {
            env,
            state,
            ways,
            seen: FxHashMap::default(),
            items: Vec::new(),
            asked,
            found: FxHashMap::default(),
            named: FxHashSet::default(),
            by_name,
            flows: Vec::new(),
            ends: Vec::new(),
            deep: vec![0; ways.nodes()],
            cut: false,
        }
    }

    /// Follows everything from the sources.
    pub(crate) fn run(mut self) -> Found {
        let ways = self.ways;
        for index in ways.of_sources() {
            let Some(way) = ways.at(index) else { continue };
            if let Root::Source(source) = self.state.pools.get(way.fact.root) {
                let hop = Hop { before: Hop::FIRST, way: index };
                self.go(way, source, KindSet::default(), Flags::default(), way.fact.path, hop);
            }
        }
        let mut next = 0;
        while let Some(&item) = self.items.get(next) {
            let before = next as u32;
            next += 1;
            for index in ways.of_node(item.node) {
                let Some(way) = ways.at(index) else { continue };
                self.follow(item, way, Hop { before, way: index });
            }
        }
        let Search { env, items, ends, mut flows, named, by_name, cut, .. } = self;
        flows.retain(|TaintFlow { kind, sink, .. }| {
            !by_name.contains(*kind) || named.contains(&(env.number(sink.unit, sink.body), sink.value))
        });
        Found { flows, trails: Trails::new(items.iter().map(|item| item.hop).collect(), ends, ways), cut }
    }

    fn follow(&mut self, item: Item, way: &Way, hop: Hop) {
        let exact = way.fact.flags.has(Flags::EXACT);
        if item.flags.has(Flags::CHOSEN) && (!exact || way.fact.flags.has(Flags::COPY)) {
            return;
        }
        let path = match self.state.pools.paths.fit(item.path, way.asked) {
            Fit::Apart => return,
            Fit::Within(_) => way.fact.path,
            Fit::Around(rest) => match way.goal {
                _ if way.fact.flags.has(Flags::DEEP) && !exact => way.fact.path,
                Goal::Sink(_) if way.fact.flags.has(Flags::DEEP) => way.fact.path,
                Goal::Node(_) if exact => self.state.pools.paths.join(way.fact.path, rest).0,
                _ => return,
            },
        };
        self.go(way, item.source, item.cleared, item.flags, path, hop);
    }

    fn go(&mut self, way: &Way, source: u32, cleared: KindSet, flags: Flags, path: PathId, hop: Hop) {
        let cleared = cleared | way.fact.cleared;
        let flags = flags.with(way.fact.flags).without(Flags::EXACT).without(Flags::DEEP);
        match way.goal {
            Goal::Sink(kinds) if !flags.has(Flags::CHOSEN) => {
                self.arrive(way, source, kinds.without(cleared), flags, hop);
            }
            Goal::ChosenSink(kinds) if flags.has(Flags::CHOSEN) => {
                self.arrive(way, source, kinds.without(cleared), flags, hop);
            }
            // What comes behind something else names nothing that matters.
            Goal::Name(kinds) if !flags.has(Flags::CHOSEN) && !flags.has(Flags::PART) => {
                let asked = self.asked.of(self.state.sources[source as usize].kind);
                if !(kinds & asked).without(cleared).is_empty() {
                    self.named.insert((way.body, way.at));
                }
            }
            Goal::Sink(_) | Goal::ChosenSink(_) | Goal::Name(_) => {}
            Goal::Node(node) => self.reach(node, path, cleared, flags, source, hop),
        }
    }

    fn reach(&mut self, node: Node, path: PathId, cleared: KindSet, flags: Flags, source: u32, hop: Hop) {
        let kind = self.state.sources[source as usize].kind;
        if (self.ways.harm(node) & self.asked.of(kind)).without(cleared).is_empty() {
            return;
        }
        let key = (node, path, kind, flags.only(Flags::CHOSEN.with(Flags::PART)));
        let cleared = match self.seen.get(&key).copied() {
            Some(known) if cleared.contains(known) => return,
            Some(known) => cleared & known,
            None if !self.has_room(node, path) => return self.cut = true,
            None => cleared,
        };
        if self.items.len() >= MAX_ITEMS {
            self.cut = true;
            return;
        }
        self.seen.insert(key, cleared);
        self.items.push(Item { node, path, cleared, flags, source, hop });
    }

    /// Whether one more path is followed at a node.
    fn has_room(&mut self, node: Node, path: PathId) -> bool {
        if !self.state.pools.paths.is_full(path) {
            return true;
        }
        let deep = &mut self.deep[node as usize];
        let room = *deep < MAX_DEEP;
        *deep += u8::from(room);
        room
    }

    fn arrive(&mut self, way: &Way, source: u32, kinds: KindSet, flags: Flags, hop: Hop) {
        let Source { site, kind } = self.state.sources[source as usize];
        let (unit, body) = self.env.body_of(way.body);
        // Who hands a whole path to a library names the file himself.
        let meant = kind == SourceKind::Library && !flags.has(Flags::PART);
        let kinds = if meant { kinds.without(self.env.models.taint.named_by_callers) } else { kinds };
        let kinds = kinds & self.asked.of(kind);
        for index in kinds.indices().filter(|&index| index < self.env.models.taint.kinds.len()) {
            let key = (way.body, way.at.0, index, kind);
            let doubts = usize::from(flags.has(Flags::ASSUMED)) + usize::from(flags.has(Flags::WIDENED));
            let flow = TaintFlow {
                kind: KindSet::one(index),
                source: Source { site, kind },
                sink: Site { unit, body, value: way.at },
                value: Site { unit, body, value: way.fact.from },
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
