//! Slots: what outlives a call and is read elsewhere. Shared variables, fields of classes, attributes of library
//! objects. They are flow-insensitive: whatever is written anywhere may be read anywhere.

use compact_str::CompactString;
use lunette_lang::ir::{BodyId, ClassId, ExportValue, ImportItem, Key, Language, Op, ValueRef, VarId};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::{captured, promises};
use crate::api::NodeId;
use crate::facts::Facts;
use crate::know::Origin;
use crate::lineage::topmost;
use crate::program::{Site, Target, UnitId};

/// Something that is written in one place and read in another.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Slot {
    /// A field of a class of the project or of its instances; the class is the topmost base in the project.
    Field(UnitId, ClassId, CompactString),
    /// A field of an object literal that its own functions write by `this`.
    Literal(Site, CompactString),
    /// An attribute that the project writes on a library's object.
    Api(NodeId, CompactString),
    /// What the function that a promise is made with gives to its `resolve`.
    Promise(UnitId, BodyId),
}

/// A variable of a body.
type Var = (UnitId, BodyId, VarId);

/// The slots of a program: only what is read somewhere.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    ids: FxHashMap<Slot, u32>,
    /// Variables that other bodies read.
    vars: FxHashMap<Var, u32>,
    /// What inner functions put into the objects that variables hold.
    filled: FxHashMap<Var, u32>,
    /// How many slots there are.
    count: u32,
    /// The variable that a parameter is bound to, where other bodies read it.
    params: FxHashMap<(UnitId, ValueRef), VarId>,
    /// How many functions promises are made with.
    pub(super) promises: usize,
}

impl Slots {
    /// Finds the slots of a program.
    pub(crate) fn new(facts: &Facts<'_>) -> Self {
        let mut slots = Slots::default();
        for unit in facts.program.ids() {
            let module = &facts.program.unit(unit).module;
            let mut read: FxHashSet<(BodyId, VarId)> = FxHashSet::default();
            for (at, body) in module.bodies.iter().enumerate() {
                for (index, op) in body.ops.iter().enumerate() {
                    let site = Site { unit, body: BodyId(at as u32), value: lunette_lang::ir::ValueId(index as u32) };
                    if let Some((owner, var)) = captured::filled(module, site.body, op) {
                        add(&mut slots.filled, (unit, owner, var), &mut slots.count);
                    }
                    match op {
                        Op::Outer(owner, var) => _ = read.insert((*owner, *var)),
                        Op::Store(base, key, _) => slots.stored(facts, Site { value: *base, ..site }, *key),
                        Op::Call { new: true, .. } => {
                            for (unit, body) in promises::executors(facts, site) {
                                slots.add(Slot::Promise(unit, body));
                                slots.promises += 1;
                            }
                        }
                        _ => {}
                    }
                }
            }
            // What other modules may read by importing it.
            for var in 0..module.bodies[0].vars.len() {
                if module.language == Language::Python {
                    read.insert((BodyId::MODULE, VarId(var as u32)));
                }
            }
            for export in &module.exports {
                if let ExportValue::Var(var) = export.value {
                    read.insert((BodyId::MODULE, var));
                }
            }
            let mut read: Vec<_> = read.into_iter().collect();
            read.sort_unstable();
            for (owner, var) in read {
                add(&mut slots.vars, (unit, owner, var), &mut slots.count);
                for write in &module.body(owner).vars[var.index()].writes {
                    if write.body == owner && matches!(module.op(*write), Op::Param(_)) {
                        slots.params.insert((unit, *write), var);
                    }
                }
            }
        }
        slots
    }

    fn stored(&mut self, facts: &Facts<'_>, base: Site, key: Key) {
        let (Key::Member(name) | Key::Item(name)) = key else { return };
        let text = facts.program.unit(base.unit).module.name(name);
        let this = matches!(facts.program.op(base), Op::This);
        for origin in facts.known.origins(base) {
            if let Some(slot) = field(facts, *origin, text, this) {
                self.add(slot);
            }
        }
    }

    fn add(&mut self, slot: Slot) {
        add(&mut self.ids, slot, &mut self.count);
    }

    /// The slot's index, when anybody reads or writes it.
    pub(crate) fn find(&self, slot: &Slot) -> Option<u32> {
        self.ids.get(slot).copied()
    }

    /// The slot of a variable, where other bodies read it.
    pub(crate) fn of_var(&self, unit: UnitId, owner: BodyId, var: VarId) -> Option<u32> {
        self.vars.get(&(unit, owner, var)).copied()
    }

    /// The slot of what inner functions put into the object that a variable holds.
    pub(crate) fn filled(&self, unit: UnitId, owner: BodyId, var: VarId) -> Option<u32> {
        self.filled.get(&(unit, owner, var)).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    /// The slot of the variable that a parameter is bound to.
    pub(crate) fn of_param(&self, site: Site) -> Option<u32> {
        self.of_var(site.unit, site.body, self.var_of_param(site)?)
    }

    /// The variable that a parameter is bound to, where other bodies read it.
    pub(crate) fn var_of_param(&self, site: Site) -> Option<VarId> {
        let at = ValueRef { body: site.body, value: site.value };
        self.params.get(&(site.unit, at)).copied()
    }

    /// The slots that a key of a value with these origins is.
    pub(crate) fn fields(&self, facts: &Facts<'_>, base: Site, text: &str) -> SmallVec<[u32; 2]> {
        let mut found = SmallVec::new();
        let origins = facts.known.origins(base);
        if origins.is_empty() {
            return found;
        }
        let this = matches!(facts.program.op(base), Op::This);
        for origin in origins {
            found.extend(match *origin {
                Origin::Module(unit) => self.exported(facts, unit, text),
                origin => field(facts, origin, text, this).and_then(|slot| self.find(&slot)),
            });
        }
        found
    }

    /// The slot of a variable that a module exports.
    pub(crate) fn exported(&self, facts: &Facts<'_>, unit: UnitId, name: &str) -> Option<u32> {
        let module = &facts.program.unit(unit).module;
        let name = module.names.find(name)?;
        let var = match module.language {
            Language::Python => {
                let at = module.bodies[0].vars.iter().position(|var| var.name == name)?;
                VarId(at as u32)
            }
            Language::JavaScript => module.exports.iter().find_map(|export| match export.value {
                ExportValue::Var(var) if export.name == name => Some(var),
                _ => None,
            })?,
        };
        self.of_var(unit, BodyId::MODULE, var)
    }

    /// The slot of what an import names.
    pub(crate) fn imported(&self, facts: &Facts<'_>, unit: UnitId, import: lunette_lang::ir::ImportId) -> Option<u32> {
        let module = &facts.program.unit(unit).module;
        let Target::Unit(target) = *facts.program.target(unit, import) else { return None };
        match module.imports[import.index()].item {
            ImportItem::Named(name) => self.exported(facts, target, module.name(name)),
            ImportItem::Default => self.exported(facts, target, "default"),
            _ => None,
        }
    }
}

/// Gives a new slot its number.
fn add<K: std::hash::Hash + Eq>(ids: &mut FxHashMap<K, u32>, key: K, count: &mut u32) {
    ids.entry(key).or_insert_with(|| {
        *count += 1;
        *count - 1
    });
}

fn field(facts: &Facts<'_>, origin: Origin, text: &str, this: bool) -> Option<Slot> {
    match origin {
        Origin::Instance(unit, class) | Origin::Class(unit, class) => {
            let (unit, class) = topmost(facts, (unit, class));
            Some(Slot::Field(unit, class, text.into()))
        }
        Origin::Literal(site) if this => Some(Slot::Literal(site, text.into())),
        Origin::Api(node, _) => Some(Slot::Api(node, text.into())),
        _ => None,
    }
}
