//! What crosses the border of a body: parameters, results, shared variables, fields, keys, exports.

use lunette_lang::ir::{BodyId, ClassId, ValueId, ValueRef, VarId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::Origin;
use super::layout::{BodyIndex, Layout};
use super::names::Name;
use super::sets::{Set, Sets};
use crate::program::{Site, UnitId};

/// A place that origins are written to and read from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Slot {
    /// A parameter.
    Param(UnitId, BodyId, u32),
    /// A function's result.
    Return(UnitId, BodyId),
    /// A variable shared between bodies.
    Var(UnitId, BodyId, VarId),
    /// An attribute of a class or its instances.
    Field(UnitId, ClassId, Name),
    /// A key stored on a literal mapping, or an attribute stored on a function.
    Key(Site, Name),
    /// An attribute stored on a function value (`module.exports = f; f.helper = …`).
    Attribute(UnitId, BodyId, Name),
    /// A name that a module exports.
    Export(UnitId, Name),
    /// A value of one body that another body reads directly (annotations, defaults, base classes).
    Value(UnitId, ValueRef),
}

/// An operation that reads a slot; [`PUBLISHING`] for what a body passes on as a whole.
pub(super) type Reader = (BodyIndex, ValueId);

/// Stands for what a body passes on: exports, fields.
pub(super) const PUBLISHING: ValueId = ValueId(u32::MAX);

/// The readers of one slot, sorted.
pub(super) type Readers = SmallVec<[Reader; 2]>;

/// No slot was made yet.
const NONE: u32 = u32::MAX;

/// All slots. Those of bodies are found by their number, the others by their name.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// By the layout's numbers: the slot's cell.
    of_bodies: Vec<u32>,
    named: FxHashMap<Slot, u32>,
    cells: Vec<Set>,
    readers: Vec<Readers>,
    values: FxHashMap<BodyIndex, Vec<ValueRef>>,
}

impl Slots {
    pub(super) fn new(layout: &Layout) -> Self {
        Slots { of_bodies: vec![NONE; layout.slots()], ..Slots::default() }
    }

    fn find(&self, layout: &Layout, slot: Slot) -> Option<usize> {
        let cell = match layout.slot(slot) {
            Some(at) => self.of_bodies[at],
            None => self.named.get(&slot).copied().unwrap_or(NONE),
        };
        (cell != NONE).then_some(cell as usize)
    }

    /// The cell of a slot, made if need be.
    fn cell(&mut self, layout: &Layout, slot: Slot) -> usize {
        let new = self.cells.len() as u32;
        let cell = match layout.slot(slot) {
            Some(at) => {
                if self.of_bodies[at] == NONE {
                    self.of_bodies[at] = new;
                }
                self.of_bodies[at]
            }
            None => *self.named.entry(slot).or_insert(new),
        };
        if cell == new {
            self.cells.push(Set::default());
            self.readers.push(Readers::new());
            if let Slot::Value(unit, at) = slot {
                self.values.entry(layout.body(unit, at.body)).or_default().push(at);
            }
        }
        cell as usize
    }

    pub(super) fn peek(&self, layout: &Layout, slot: Slot) -> Set {
        self.find(layout, slot).map_or_else(Set::default, |cell| self.cells[cell])
    }

    pub(super) fn read(&mut self, layout: &Layout, slot: Slot, reader: Reader) -> Set {
        let cell = self.cell(layout, slot);
        let readers = &mut self.readers[cell];
        // Bodies are looked at in order, so that new readers mostly come last.
        if readers.last().is_none_or(|last| *last < reader) {
            readers.push(reader);
        } else if let Err(at) = readers.binary_search(&reader) {
            readers.insert(at, reader);
        }
        self.cells[cell]
    }

    /// Adds a set; the slot's cell when it grew, and whether something was left out.
    pub(super) fn write(&mut self, layout: &Layout, sets: &mut Sets, slot: Slot, more: Set) -> (Option<usize>, bool) {
        let cell = self.cell(layout, slot);
        let (set, cut) = sets.union(self.cells[cell], more);
        let grew = set != self.cells[cell];
        self.cells[cell] = set;
        (grew.then_some(cell), cut)
    }

    /// Adds origins, as [`Self::write`] does.
    pub(super) fn add(
        &mut self,
        layout: &Layout,
        sets: &mut Sets,
        slot: Slot,
        more: &[Origin],
    ) -> (Option<usize>, bool) {
        let cell = self.cell(layout, slot);
        let (set, cut) = sets.with(self.cells[cell], more);
        let grew = set != self.cells[cell];
        self.cells[cell] = set;
        (grew.then_some(cell), cut)
    }

    /// The operations that read a cell.
    pub(super) fn readers(&self, cell: usize) -> &[Reader] {
        &self.readers[cell]
    }

    /// Whether a value is read directly by another operation than its users.
    pub(super) fn is_read(&self, unit: UnitId, at: ValueRef) -> bool {
        self.named.contains_key(&Slot::Value(unit, at))
    }

    /// Values of a body that are read directly by other operations than their users.
    pub(super) fn values_read(&self, body: BodyIndex) -> Vec<ValueRef> {
        self.values.get(&body).cloned().unwrap_or_default()
    }

    /// What is in the slots.
    pub(super) fn sets(&mut self) -> &mut [Set] {
        &mut self.cells
    }

    /// Forgets what only the analysis itself needs.
    pub(super) fn shrink(&mut self) {
        self.cells.shrink_to_fit();
        self.readers = Vec::new();
        self.values = FxHashMap::default();
        self.named.retain(|slot, _| !matches!(slot, Slot::Value(..)));
        self.named.shrink_to_fit();
    }
}
