//! Ways: from where data comes into a body, or is made in it, to where it leaves it. Parameters and slots are the nodes
//! that ways lead from and to.

use lunette_lang::ir::{BodyId, ValueId};

use super::KindSet;
use super::env::{Edge, Env, State, To};
use super::fact::{Fact, Root};
use super::path::PathId;

/// A parameter of a body, or a slot: parameters come first, body after body.
pub(crate) type Node = u32;

/// The start of ways that begin at a source.
const SOURCE: Node = Node::MAX;

/// Where a way leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// A parameter or a slot.
    Node(Node),
    /// A harmful use.
    Sink(KindSet),
    /// A harmful use of what the data chose, not of the data.
    ChosenSink(KindSet),
    /// The name under which what the data chose is written to: with it, that is harm.
    Name(KindSet),
}

/// A way of data through one body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// What goes there. Its `from` is the value that holds it.
    pub(crate) fact: Fact,
    /// Where to.
    pub(crate) goal: Goal,
    /// The operation that passes it on.
    pub(crate) at: ValueId,
    /// The body.
    pub(crate) body: u32,
    /// Where in the start the data lies that goes this way.
    pub(crate) asked: PathId,
    start: Node,
}

/// All ways of a program.
#[derive(Debug)]
pub(crate) struct Ways {
    /// Once [`Self::link`]ed those of one start after another, the sources' last.
    list: Vec<Way>,
    /// Where those of each node begin.
    starts: Vec<u32>,
    /// The harm that data at each node can still do.
    harm: Vec<KindSet>,
    nodes: Nodes,
}

/// The numbers of all nodes.
#[derive(Debug)]
pub(crate) struct Nodes {
    /// The first parameter of each body; after them the first slot.
    params: Vec<Node>,
    slots: usize,
}

impl Nodes {
    fn new(env: &Env<'_>) -> Self {
        let mut params = Vec::with_capacity(env.bodies() + 1);
        let mut next = 0;
        for unit in env.facts.program.ids() {
            for (at, body) in env.facts.program.unit(unit).module.bodies.iter().enumerate() {
                params.push(next);
                // What is passed beyond the parameters is one more, where `arguments` is read.
                let beyond = env.variadic.contains(&(unit, BodyId(at as u32)));
                next += body.params.len() as Node + Node::from(beyond);
            }
        }
        params.push(next);
        Nodes { params, slots: env.slots.len() }
    }

    /// How many nodes there are.
    fn len(&self) -> usize {
        self.first_slot() as usize + self.slots
    }

    /// The body and the parameter that a node is; `None` for a slot.
    pub(crate) fn param_of(&self, node: Node) -> Option<(u32, u32)> {
        let body = self.params.partition_point(|&first| first <= node).checked_sub(1)?;
        (node < self.first_slot()).then(|| (body as u32, node - self.params[body]))
    }

    fn first_slot(&self) -> Node {
        self.params.last().copied().unwrap_or(0)
    }

    fn param(&self, body: u32, param: u32) -> Option<Node> {
        let (first, next) = (self.params[body as usize], self.params[body as usize + 1]);
        (param < next - first).then_some(first + param)
    }
}

impl Ways {
    /// No way yet.
    pub(crate) fn new(env: &Env<'_>) -> Self {
        Ways { list: Vec::new(), starts: Vec::new(), harm: Vec::new(), nodes: Nodes::new(env) }
    }

    /// Gives up the ways.
    pub(crate) fn into_nodes(self) -> Nodes {
        self.nodes
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The way with this place in the list.
    pub(crate) fn at(&self, way: u32) -> Option<&Way> {
        self.list.get(way as usize)
    }

    /// The ways from a node, by their places in the list.
    pub(crate) fn of_node(&self, node: Node) -> std::ops::Range<u32> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    /// The ways from sources.
    pub(crate) fn of_sources(&self) -> std::ops::Range<u32> {
        self.starts.last().copied().unwrap_or(0)..self.list.len() as u32
    }

    /// The harm that data at a node can still do.
    pub(crate) fn harm(&self, node: Node) -> KindSet {
        self.harm[node as usize]
    }

    /// How many nodes there are.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Adds what leaves a body.
    pub(crate) fn add(&mut self, body: u32, edges: Vec<Edge>, state: &State) {
        let nodes = &self.nodes;
        for Edge { fact, to, at } in edges {
            let (start, asked) = match state.pools.get(fact.root) {
                Root::Source(_) => (Some(SOURCE), PathId::EMPTY),
                Root::Param(param, path) => (nodes.param(body, param), path),
                Root::Slot(slot, path) => (Some(nodes.first_slot() + slot), path),
            };
            let goal = match to {
                To::Sink(kinds) => Some(Goal::Sink(kinds)),
                To::ChosenSink(kinds) => Some(Goal::ChosenSink(kinds)),
                To::Name(kinds) => Some(Goal::Name(kinds)),
                To::Param(body, param) => nodes.param(body, param).map(Goal::Node),
                To::Slot(slot) => Some(Goal::Node(nodes.first_slot() + slot)),
            };
            if let (Some(start), Some(goal)) = (start, goal) {
                self.list.push(Way { fact, goal, at, body, asked, start });
            }
        }
    }

    /// Follows the ways backwards from harmful uses, drops those that lead to none, and puts the others in order.
    pub(crate) fn link(&mut self) {
        self.list.shrink_to_fit();
        self.settle();
        let harm = std::mem::take(&mut self.harm);
        self.list.retain(|way| match way.goal {
            Goal::Sink(_) | Goal::ChosenSink(_) | Goal::Name(_) => true,
            Goal::Node(to) => !harm[to as usize].without(way.fact.cleared).is_empty(),
        });
        self.harm = harm;
        self.list.shrink_to_fit();
        self.sort();
        self.starts = vec![0; self.nodes() + 1];
        for way in self.list.iter().filter(|way| way.start != SOURCE) {
            self.starts[way.start as usize + 1] += 1;
        }
        for at in 1..self.starts.len() {
            self.starts[at] += self.starts[at - 1];
        }
    }

    /// Orders the ways by start and body; those that have both in common stay as they came. In place: there are many.
    fn sort(&mut self) {
        let list = &mut self.list;
        let mut order: Vec<u32> = (0..list.len() as u32).collect();
        order.sort_unstable_by_key(|&at| (list[at as usize].start, list[at as usize].body, at));
        // Each circle of places that take each other's ways is gone round once.
        for first in 0..order.len() {
            let mut at = first;
            while order[at] as usize != at {
                let from = std::mem::replace(&mut order[at], at as u32) as usize;
                if from == first {
                    break;
                }
                list.swap(at, from);
                at = from;
            }
        }
    }

    /// Hands harm from the goals of ways to their starts until nothing changes.
    fn settle(&mut self) {
        let list = &self.list;
        let mut harm = vec![KindSet::default(); self.nodes()];
        for way in list.iter().filter(|way| way.start != SOURCE) {
            if let Goal::Sink(kinds) | Goal::ChosenSink(kinds) | Goal::Name(kinds) = way.goal {
                harm[way.start as usize] |= kinds.without(way.fact.cleared);
            }
        }
        let to = |way: &Way| match way.goal {
            Goal::Node(to) if way.start != SOURCE => Some(to as usize),
            _ => None,
        };
        let (starts, back) = grouped(self.nodes(), || list.iter().map(to));
        let mut waiting: Vec<bool> = harm.iter().map(|harm| !harm.is_empty()).collect();
        let mut work: Vec<Node> = (0..harm.len() as Node).filter(|&node| waiting[node as usize]).collect();
        while let Some(node) = work.pop() {
            waiting[node as usize] = false;
            let here = harm[node as usize];
            for &way in &back[starts[node as usize] as usize..starts[node as usize + 1] as usize] {
                let Way { start, fact, .. } = list[way as usize];
                let more = here.without(fact.cleared);
                if !harm[start as usize].contains(more) {
                    harm[start as usize] |= more;
                    if !std::mem::replace(&mut waiting[start as usize], true) {
                        work.push(start);
                    }
                }
            }
        }
        self.harm = harm;
    }
}

/// The places of what has a group in a list, one group after another, and where each group begins (a counting sort).
fn grouped<I: Iterator<Item = Option<usize>>>(groups: usize, of: impl Fn() -> I) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; groups + 1];
    of().flatten().for_each(|group| starts[group + 1] += 1);
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut places = vec![0u32; starts.last().map_or(0, |&count| count as usize)];
    let mut next = starts.clone();
    for (at, group) in of().enumerate() {
        if let Some(group) = group {
            places[next[group] as usize] = at as u32;
            next[group] += 1;
        }
    }
    (starts, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taint::fact::{Flags, RootId};

    fn ways(list: Vec<Way>, nodes: Node) -> Ways {
        Ways { list, starts: Vec::new(), harm: Vec::new(), nodes: Nodes { params: vec![0, nodes], slots: 0 } }
    }

    fn way(start: Node, body: u32, at: u32, goal: Goal) -> Way {
        let fact = Fact {
            root: RootId(0),
            path: PathId::EMPTY,
            cleared: KindSet::default(),
            from: ValueId(at),
            flags: Flags::default(),
        };
        Way { fact, goal, at: ValueId(at), body, asked: PathId::EMPTY, start }
    }

    #[test]
    fn ways_are_ordered_by_start_and_body_and_as_they_came() {
        let sink = Goal::Sink(KindSet::one(0));
        let places = [(2, 1), (SOURCE, 0), (0, 3), (2, 0), (0, 3), (1, 5), (2, 1), (0, 1)];
        let list = places.iter().enumerate().map(|(at, &(start, body))| way(start, body, at as u32, sink));
        let mut ways = ways(list.collect(), 3);
        ways.link();
        let found: Vec<u32> = ways.list.iter().map(|way| way.at.0).collect();
        assert_eq!(found, [7, 2, 4, 5, 3, 0, 6, 1]);
        assert_eq!([ways.of_node(0), ways.of_node(1), ways.of_node(2), ways.of_sources()], [0..3, 3..4, 4..7, 7..8]);
    }

    #[test]
    fn ways_to_no_harm_are_dropped() {
        let sink = Goal::Sink(KindSet::one(4));
        let list =
            vec![way(0, 0, 0, Goal::Node(1)), way(1, 0, 1, sink), way(1, 0, 2, Goal::Node(2)), way(3, 0, 3, sink)];
        let mut ways = ways(list, 4);
        ways.link();
        assert_eq!(ways.list.iter().map(|way| way.at.0).collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(ways.harm(0), KindSet::one(4));
        assert!(ways.harm(2).is_empty());
        assert_eq!(ways.nodes.param_of(3), Some((0, 3)));
        assert_eq!(ways.nodes.param_of(4), None);
    }
}
