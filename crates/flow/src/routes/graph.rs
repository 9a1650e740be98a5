//! Who calls whom, where, and what runs before what.

use lunette_lang::ir::{ArgKind, BodyId, BodyKind, Key, Language, Op};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

use crate::facts::Facts;
use crate::know::Origin;
use crate::program::{Site, Target, UnitId};

/// Methods of arrays that call their argument with each element.
const ITERATORS: [&str; 3] = ["forEach", "map", "flatMap"];
/// Most bodies looked at when two places are put in order.
const MAX_ABOVE: usize = 200;
/// Most bodies reached from one handler.
const MAX_REACHED: usize = 4_000;

type BodyKey = (UnitId, BodyId);

/// Bodies with a position in each.
type Positions = Rc<[(BodyKey, u32)]>;

/// Calls between the bodies of a program.
#[derive(Debug, Default)]
pub(super) struct Graph {
    callees: FxHashMap<BodyKey, Vec<BodyKey>>,
    callers: FxHashMap<BodyKey, Vec<Site>>,
    iterations: FxHashMap<BodyKey, Vec<Site>>,
    /// Where a body is entered from: a call, the expression that makes a closure, an import of a module.
    entered: FxHashMap<BodyKey, Vec<(BodyKey, u32)>>,
    /// What was found out about where bodies are entered from.
    above: RefCell<FxHashMap<BodyKey, Positions>>,
}

impl Graph {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut graph = Graph::default();
        for unit in facts.program.ids() {
            for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
                let id = BodyId(at as u32);
                for block in body.blocks.iter() {
                    for &value in block.ops {
                        graph.add(facts, Site { unit, body: id, value });
                    }
                }
            }
            // The statements of a class run where the class stands.
            for class in &facts.program.unit(unit).module.classes {
                graph.enter((unit, class.body), (unit, class.parent), class.span.start);
            }
        }
        for list in graph.callees.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        graph
    }

    fn enter(&mut self, body: BodyKey, from: BodyKey, position: u32) {
        let list = self.entered.entry(body).or_default();
        if list.len() < 64 {
            list.push((from, position));
        }
    }

    fn add(&mut self, facts: &Facts, site: Site) {
        let here = (site.unit, site.body);
        let position = facts.program.span(site).start;
        match facts.program.op(site) {
            Op::Closure(body) => {
                self.callees.entry(here).or_default().push((site.unit, *body));
                self.enter((site.unit, *body), here, position);
            }
            Op::Import(import) => {
                if let Target::Unit(unit) = facts.program.target(site.unit, *import) {
                    self.enter((*unit, BodyId::MODULE), here, position);
                }
            }
            Op::Call { callee, args, .. } => {
                for &origin in facts.known.origins(Site { value: *callee, ..site }) {
                    let body = match origin {
                        Origin::Function(unit, body) => (unit, body),
                        Origin::Class(unit, class) => match constructor(facts, unit, class) {
                            Some(body) => (unit, body),
                            None => continue,
                        },
                        _ => continue,
                    };
                    self.callees.entry(here).or_default().push(body);
                    self.callers.entry(body).or_default().push(site);
                    self.enter(body, here, position);
                }
                let iterated = match facts.program.op(Site { value: *callee, ..site }) {
                    Op::Load(base, Key::Member(name))
                        if ITERATORS.contains(&facts.program.unit(site.unit).module.name(*name)) =>
                    {
                        Some(*base)
                    }
                    _ => None,
                };
                for arg in args.iter().filter(|arg| matches!(arg.kind, ArgKind::Positional | ArgKind::Named(_))) {
                    for &origin in facts.known.origins(Site { value: arg.value, ..site }) {
                        let Origin::Function(unit, body) = origin else { continue };
                        self.callees.entry(here).or_default().push((unit, body));
                        self.enter((unit, body), here, position);
                        if let Some(base) = iterated {
                            self.iterations.entry((unit, body)).or_default().push(Site { value: base, ..site });
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The calls of a function of the project.
    pub(super) fn callers(&self, unit: UnitId, body: BodyId) -> &[Site] {
        self.callers.get(&(unit, body)).map_or(&[], Vec::as_slice)
    }

    /// The lists whose elements a function is called with.
    pub(super) fn iterations(&self, unit: UnitId, body: BodyId) -> &[Site] {
        self.iterations.get(&(unit, body)).map_or(&[], Vec::as_slice)
    }

    /// The bodies that run when one does: what it calls, passes on and encloses, to a depth.
    pub(super) fn reached(&self, from: BodyKey, depth: usize) -> Vec<BodyKey> {
        self.reached_beside(from, depth, &FxHashSet::default())
    }

    /// The same without some bodies and what only they reach.
    pub(super) fn reached_beside(&self, from: BodyKey, depth: usize, without: &FxHashSet<BodyKey>) -> Vec<BodyKey> {
        let mut seen = FxHashSet::default();
        let mut reached = vec![from];
        seen.insert(from);
        let mut level = vec![from];
        for _ in 0..depth {
            let mut next = Vec::new();
            for body in level {
                for &callee in self.callees.get(&body).into_iter().flatten() {
                    if reached.len() < MAX_REACHED && !without.contains(&callee) && seen.insert(callee) {
                        reached.push(callee);
                        next.push(callee);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        reached
    }

    /// Whether the first place runs before the second; `None` when that cannot be told. Both are lifted to the nearest
    /// body from which both are entered.
    pub(super) fn precedes(&self, facts: &Facts, first: Site, second: Site) -> Option<bool> {
        let position = |site: Site| facts.program.span(site).start;
        if (first.unit, first.body) == (second.unit, second.body) {
            // Of a chain of calls all begin at the same place.
            let whole = |site: Site| (position(site), facts.program.span(site).end);
            return Some(whole(first) < whole(second));
        }
        let (above_first, above_second) =
            (self.above((first.unit, first.body)), self.above((second.unit, second.body)));
        let own = |site: Site, body: BodyKey| ((site.unit, site.body) == body).then(|| position(site));
        let of =
            |list: &[(BodyKey, u32)], body: BodyKey| list.iter().find(|(other, _)| *other == body).map(|(_, at)| *at);
        let second_body = (second.unit, second.body);
        std::iter::once((second_body, position(second))).chain(above_second.iter().copied()).find_map(|(body, at)| {
            let other = own(first, body).or_else(|| of(&above_first, body))?;
            (other != at).then_some(other < at)
        })
    }

    /// The bodies that a body is entered from, nearest first, with a position in each.
    fn above(&self, body: BodyKey) -> Positions {
        if let Some(known) = self.above.borrow().get(&body) {
            return Rc::clone(known);
        }
        let mut all: Vec<(BodyKey, u32)> = vec![(body, 0)];
        let mut seen = FxHashSet::from_iter([body]);
        let mut next = 0;
        while next < all.len() && all.len() < MAX_ABOVE {
            let (at, _) = all[next];
            next += 1;
            for &(from, position) in self.entered.get(&at).into_iter().flatten() {
                if seen.insert(from) {
                    all.push((from, position));
                }
            }
        }
        let found: Positions = all.into_iter().skip(1).collect();
        self.above.borrow_mut().insert(body, Rc::clone(&found));
        found
    }
}

/// Whether the first parameter of a method takes no argument of the call.
pub(super) fn skips_self(facts: &Facts, call: Site, unit: UnitId, body: BodyId) -> bool {
    let function = facts.program.body(unit, body);
    facts.program.unit(unit).module.language == Language::Python
        && function.kind == BodyKind::Method
        && (function.is_static
            || facts.receiver(call).is_none_or(|receiver| {
                !facts.known.origins(receiver).iter().any(|origin| matches!(origin, Origin::Class(..)))
            }))
}

/// The constructor of a class of the project.
fn constructor(facts: &Facts, unit: UnitId, class: lunette_lang::ir::ClassId) -> Option<BodyId> {
    let module = &facts.program.unit(unit).module;
    module.classes[class.index()]
        .methods
        .iter()
        .find(|(name, _)| matches!(module.name(*name), "constructor" | "__init__"))
        .map(|(_, body)| *body)
}
