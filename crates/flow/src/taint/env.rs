//! What the analysis of every body shares.

use lunette_lang::ir::BodyId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::fact::{Fact, Pools};
use super::seeds::Seeds;
use super::slots::Slots;
use super::summary::Summary;
use super::templates::Templates;
use super::texts::Patterns;
use super::{KindSet, Source, SourceKind};
use crate::facts::Facts;
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
            first,
        }
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

/// What grows during the analysis.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) pools: Pools,
    pub(crate) sources: Vec<Source>,
    source_ids: FxHashMap<(Site, SourceKind), u32>,
    pub(crate) summaries: Vec<Option<Box<Summary>>>,
    pub(crate) patterns: Patterns,
}

impl State {
    pub(crate) fn source(&mut self, site: Site, kind: SourceKind) -> u32 {
        let next = self.sources.len() as u32;
        *self.source_ids.entry((site, kind)).or_insert_with(|| {
            self.sources.push(Source { site, kind });
            next
        })
    }

    pub(crate) fn summary(&self, number: u32) -> Option<&Summary> {
        self.summaries.get(number as usize)?.as_deref()
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
