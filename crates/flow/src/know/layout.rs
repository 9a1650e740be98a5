//! Numbers for all bodies, values and slots of a program, so that what is known of them lies in plain lists.

use lunette_lang::ir::{BodyId, VarId};

use super::slots::Slot;
use crate::program::{Program, Site, UnitId};

/// A body, counted over the whole program in the order of modules.
pub(super) type BodyIndex = u32;

/// Where each body's values and slots start.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The first body of each module.
    bodies: Vec<u32>,
    /// The first value of each body.
    values: Vec<u32>,
    /// The first slot of each body: its result, then its parameters, then its variables.
    slots: Vec<u32>,
    /// How many parameters each body has.
    params: Vec<u32>,
    value_count: usize,
    slot_count: usize,
}

impl Layout {
    pub(super) fn new(program: &Program) -> Self {
        let mut layout = Layout::default();
        for unit in &program.units {
            layout.bodies.push(layout.values.len() as u32);
            for body in &unit.module.bodies {
                layout.values.push(layout.value_count as u32);
                layout.slots.push(layout.slot_count as u32);
                layout.params.push(body.params.len() as u32);
                layout.value_count += body.ops.len();
                layout.slot_count += 1 + body.params.len() + body.vars.len();
            }
        }
        layout
    }

    /// How many bodies there are.
    pub(super) fn bodies(&self) -> usize {
        self.values.len()
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.value_count
    }

    /// How many slots bodies have.
    pub(super) fn slots(&self) -> usize {
        self.slot_count
    }

    pub(super) fn body(&self, unit: UnitId, body: BodyId) -> BodyIndex {
        self.bodies[unit.0 as usize] + body.0
    }

    /// The body of a number.
    pub(super) fn key(&self, body: BodyIndex) -> (UnitId, BodyId) {
        let unit = self.bodies.partition_point(|&first| first <= body) - 1;
        (UnitId(unit as u32), BodyId(body - self.bodies[unit]))
    }

    /// The first value of a body.
    pub(super) fn first_value(&self, body: BodyIndex) -> usize {
        self.values[body as usize] as usize
    }

    pub(super) fn value(&self, site: Site) -> usize {
        self.first_value(self.body(site.unit, site.body)) + site.value.index()
    }

    /// The number of a variable's slot.
    pub(super) fn var(&self, unit: UnitId, body: BodyId, var: VarId) -> usize {
        let body = self.body(unit, body) as usize;
        (self.slots[body] + 1 + self.params[body] + var.0) as usize
    }

    /// The number of a slot that belongs to a body.
    pub(super) fn slot(&self, slot: Slot) -> Option<usize> {
        match slot {
            Slot::Return(unit, body) => Some(self.slots[self.body(unit, body) as usize] as usize),
            Slot::Param(unit, body, index) => {
                let body = self.body(unit, body) as usize;
                (index < self.params[body]).then(|| (self.slots[body] + 1 + index) as usize)
            }
            Slot::Var(unit, body, var) => Some(self.var(unit, body, var)),
            _ => None,
        }
    }
}
