//! What the analysis of every body shares.

use std::cell::RefCell;

use lunette_lang::ir::{BodyId, Language, Module, NameId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::fact::{Fact, Pools};
use super::path::KeyId;
use super::seeds::Seeds;
use super::settle::Scratch;
use super::slots::Slots;
use super::summary::Summary;
use super::templates::Templates;
use super::texts::Patterns;
use super::{KindSet, Source, SourceKind};
use crate::facts::Facts;
use crate::methods::{Method, method};
use crate::models::Models;
use crate::program::{Site, UnitId};

/// What does not change during the analysis.
pub(crate) struct Env<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) models: &'a Models,
    pub(crate) slots: Slots,
    pub(crate) seeds: Seeds,
    pub(crate) templates: Templates,
    /// The bodies that read `arguments`.
    pub(crate) variadic: FxHashSet<(UnitId, BodyId)>,
    /// What each name of every module does as a method's.
    methods: Vec<Vec<Option<Method>>>,
    /// The number of the first body of every module.
    first: Vec<u32>,
}

impl<'a> Env<'a> {
    pub(crate) fn new(facts: &'a Facts<'a>, models: &'a Models, seeds: Seeds) -> Self {
        let mut first = Vec::with_capacity(facts.program.units.len() + 1);
        let mut count = 0;
        for unit in &facts.program.units {
            first.push(count);
            count += unit.module.bodies.len() as u32;
        }
        first.push(count);
        Env {
            facts,
            models,
            slots: Slots::new(facts),
            seeds,
            templates: Templates::new(facts, models),
            variadic: super::variadic::variadic(facts),
            methods: facts.program.units.iter().map(|unit| methods(&unit.module)).collect(),
            first,
        }
    }

    /// What a method of that name of a module does.
    pub(crate) fn method(&self, unit: UnitId, name: NameId) -> Option<Method> {
        self.methods[unit.0 as usize][name.index()]
    }

    /// The number of a body in the program.
    pub(crate) fn number(&self, unit: UnitId, body: BodyId) -> u32 {
        self.first[unit.0 as usize] + body.0
    }

    /// The body with a number.
    pub(crate) fn body_of(&self, number: u32) -> (UnitId, BodyId) {
        let unit = self.first.partition_point(|&first| first <= number) - 1;
        (UnitId(unit as u32), BodyId(number - self.first[unit]))
    }

    /// How many bodies there are.
    pub(crate) fn bodies(&self) -> usize {
        self.first.last().map_or(0, |&count| count as usize)
    }
}

fn methods(module: &Module) -> Vec<Option<Method>> {
    // What is written to a stream of Node's comes out where it is read or piped to, not as a part of the stream.
    let kept = |name: &str| !(module.language == Language::JavaScript && name == "write");
    let of = |at| match module.name(NameId(at)) {
        name if kept(name) => method(name),
        _ => Some(Method::Nothing),
    };
    (0..module.names.len() as u32).map(of).collect()
}

/// The place of what is not in the circle.
const OUTSIDE: u32 = u32::MAX;

/// What grows during the analysis.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) pools: Pools,
    pub(crate) sources: Vec<Source>,
    source_ids: FxHashMap<(Site, SourceKind), u32>,
    pub(crate) summaries: Vec<Option<Box<Summary>>>,
    pub(crate) patterns: Patterns,
    pub(super) scratch: Scratch,
    /// The keys of each module's names, as far as they were asked for.
    keys: Vec<Vec<Option<KeyId>>>,
    /// The bodies whose summaries are not final: those of the circle of calls that is gone round.
    circle: Vec<u32>,
    /// The place of each of them in the circle, by number; [`OUTSIDE`] for all others.
    places: Vec<u32>,
    /// Those of them that were asked for, by their places in the circle.
    asked: RefCell<Vec<u32>>,
}

impl State {
    pub(crate) fn source(&mut self, site: Site, kind: SourceKind) -> u32 {
        let next = self.sources.len() as u32;
        *self.source_ids.entry((site, kind)).or_insert_with(|| {
            self.sources.push(Source { site, kind });
            next
        })
    }

    /// The key of a name of a module.
    pub(crate) fn key_of(&mut self, unit: UnitId, module: &Module, name: NameId) -> KeyId {
        let at = unit.0 as usize;
        if self.keys.len() <= at {
            self.keys.resize_with(at + 1, Vec::new);
        }
        let keys = &mut self.keys[at];
        if keys.is_empty() {
            keys.resize(module.names.len(), None);
        }
        *keys[name.index()].get_or_insert_with(|| self.pools.paths.key(module.name(name)))
    }

    pub(crate) fn summary(&self, number: u32) -> Option<&Summary> {
        let place = self.place(number);
        if place != OUTSIDE {
            self.asked.borrow_mut().push(place);
        }
        self.summaries.get(number as usize)?.as_deref()
    }

    /// Begins with a circle of calls; with none for an empty list.
    pub(crate) fn go_round(&mut self, circle: &[u32]) {
        for number in self.circle.drain(..) {
            self.places[number as usize] = OUTSIDE;
        }
        self.circle.extend_from_slice(circle);
        for (at, &number) in circle.iter().enumerate() {
            if self.places.len() <= number as usize {
                self.places.resize(number as usize + 1, OUTSIDE);
            }
            self.places[number as usize] = at as u32;
        }
        self.asked.get_mut().clear();
    }

    fn place(&self, number: u32) -> u32 {
        self.places.get(number as usize).copied().unwrap_or(OUTSIDE)
    }

    /// Whether a body is in the circle.
    pub(crate) fn is_in_circle(&self, number: u32) -> bool {
        self.place(number) != OUTSIDE
    }

    /// Whether summaries of the circle were asked for since [`Self::take_asked`].
    pub(crate) fn has_asked(&self) -> bool {
        !self.asked.borrow().is_empty()
    }

    /// The places in the circle of the bodies whose summaries were asked for since this was called before.
    pub(crate) fn take_asked(&mut self) -> Vec<u32> {
        let mut asked = std::mem::take(self.asked.get_mut());
        asked.sort_unstable();
        asked.dedup();
        asked
    }
}

/// Somewhere that untrusted data goes when it leaves what a body can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// A parameter of another body: its number, the parameter.
    Param(u32, u32),
    /// A slot.
    Slot(u32),
    /// A harmful use.
    Sink(KindSet),
    /// A harmful use of what the data chose, not of the data.
    ChosenSink(KindSet),
    /// The name under which what the data chose is written to: with it, that is harm.
    Name(KindSet),
}

/// A way of data from a root of one body to somewhere else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// What goes there. Its `from` is the value that holds it.
    pub(crate) fact: Fact,
    /// Where to.
    pub(crate) to: To,
    /// The operation that passes it on.
    pub(crate) at: lunette_lang::ir::ValueId,
}
