//! What crosses the border of a body: parameters, results, shared variables, fields, keys, exports.

use compact_str::CompactString;
use lunette_lang::ir::{BodyId, ClassId, ValueId, ValueRef, VarId};
use rustc_hash::FxHashMap;

use super::{BodyKey, Origin, Origins, merge};
use crate::program::{Site, UnitId};

/// A place that origins are written to and read from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Slot {
    /// A parameter.
    Param(UnitId, BodyId, u32),
    /// A function's result.
    Return(UnitId, BodyId),
    /// A variable shared between bodies.
    Var(UnitId, BodyId, VarId),
    /// An attribute of a class or its instances.
    Field(UnitId, ClassId, CompactString),
    /// A key stored on a literal mapping, or an attribute stored on a function.
    Key(Site, CompactString),
    /// An attribute stored on a function value (`module.exports = f; f.helper = …`).
    Attribute(UnitId, BodyId, CompactString),
    /// A name that a module exports.
    Export(UnitId, CompactString),
    /// A value of one body that another body reads directly (annotations, defaults, base classes).
    Value(UnitId, ValueRef),
}

#[derive(Debug, Default)]
struct Cell {
    origins: Origins,
    readers: Vec<Reader>,
}

/// An operation that reads a slot; [`PUBLISHING`] for what a body passes on as a whole.
pub(super) type Reader = (BodyKey, ValueId);

/// Stands for what a body passes on: exports, fields.
pub(super) const PUBLISHING: ValueId = ValueId(u32::MAX);

/// All slots.
#[derive(Debug, Default)]
pub(super) struct Slots {
    cells: FxHashMap<Slot, Cell>,
    values: FxHashMap<BodyKey, Vec<ValueRef>>,
}

impl Slots {
    pub(super) fn peek(&self, slot: &Slot) -> &[Origin] {
        self.cells.get(slot).map_or(&[], |cell| &cell.origins)
    }

    pub(super) fn read(&mut self, slot: Slot, reader: Reader) -> Origins {
        if let Slot::Value(unit, at) = slot
            && !self.cells.contains_key(&slot)
        {
            self.values.entry((unit, at.body)).or_default().push(at);
        }
        let cell = self.cells.entry(slot).or_default();
        if let Err(at) = cell.readers.binary_search(&reader) {
            cell.readers.insert(at, reader);
        }
        cell.origins.clone()
    }

    /// Adds origins; the readers to look at again (when the set grew), and whether something was left out.
    pub(super) fn write(&mut self, slot: Slot, origins: &[Origin]) -> (Vec<Reader>, bool) {
        let cell = self.cells.entry(slot).or_default();
        let (grew, cut) = merge(&mut cell.origins, origins);
        (if grew { cell.readers.clone() } else { Vec::new() }, cut)
    }

    /// Whether a value is read directly by another operation than its users.
    pub(super) fn is_read(&self, unit: UnitId, at: ValueRef) -> bool {
        self.cells.contains_key(&Slot::Value(unit, at))
    }

    /// Values of a body that are read directly by other operations than their users.
    pub(super) fn values_read(&self, unit: UnitId, body: BodyId) -> Vec<ValueRef> {
        self.values.get(&(unit, body)).cloned().unwrap_or_default()
    }
}
