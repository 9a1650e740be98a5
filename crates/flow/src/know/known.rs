//! What is known of every value, once all is tracked.

use lunette_lang::ir::{BodyId, ClassId};

use super::layout::Layout;
use super::names::{Name, Names};
use super::sets::{Set, Sets};
use super::slots::{Slot, Slots};
use super::{Origin, Tracker};
use crate::program::{Site, UnitId};

/// The result: the origins of every value.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) layout: Layout,
    pub(super) sets: Sets,
    /// By the layout's numbers.
    pub(super) values: Vec<Set>,
    pub(super) slots: Slots,
    pub(super) names: Names,
    /// Values whose sets were cut.
    pub broadened: usize,
}

impl Tracker<'_> {
    /// What was found; all else is given back.
    pub(super) fn known(self) -> Known {
        let Tracker { layout, sets, values, slots, names, broadened, .. } = self;
        Known { layout, sets, values, slots, names, broadened }
    }
}

impl Known {
    /// Forgets what only the analysis itself needed.
    pub(super) fn shrink(&mut self) {
        self.names.shrink();
        self.slots.shrink();
        self.sets.keep(&mut [&mut self.values, self.slots.sets()]);
    }

    /// Where a value comes from; empty when nothing is known.
    #[inline]
    pub fn origins(&self, site: Site) -> &[Origin] {
        self.sets.get(self.values[self.layout.value(site)])
    }

    fn named(&self, name: &str, slot: impl FnOnce(Name) -> Slot) -> &[Origin] {
        self.names.find(name).map_or(&[], |name| self.sets.get(self.slots.peek(&self.layout, slot(name))))
    }

    /// What is stored under a key of a literal mapping after it was made (`options.secure = true`).
    pub fn stored(&self, mapping: Site, key: &str) -> &[Origin] {
        self.named(key, |name| Slot::Key(mapping, name))
    }

    /// What a function may return.
    pub fn returned(&self, unit: UnitId, body: BodyId) -> &[Origin] {
        self.sets.get(self.slots.peek(&self.layout, Slot::Return(unit, body)))
    }

    /// What an attribute of a class or of its instances may hold.
    pub fn field(&self, unit: UnitId, class: ClassId, name: &str) -> &[Origin] {
        self.named(name, |name| Slot::Field(unit, class, name))
    }

    /// What a module exports under a name.
    pub fn exported(&self, unit: UnitId, name: &str) -> &[Origin] {
        self.named(name, |name| Slot::Export(unit, name))
    }
}
