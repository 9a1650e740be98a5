//! Which operations of a body are looked at again when a value's origins grow, and what of a module crosses bodies.

use lunette_lang::ir::{Body, BodyId, Entry, ImportId, ImportItem, Key, Language, Module, Op, ValueId, VarId};
use rustc_hash::FxHashMap;

use super::layout::Layout;
use crate::program::{Program, Site, UnitId};

/// The users of every value of one body, and the shared variables that values are written to.
#[derive(Debug)]
pub(super) struct Users {
    /// Where the users of each value end in the list; they start where those of the value before it end.
    ends: Box<[u32]>,
    list: Box<[ValueId]>,
    /// Values that are written to a shared variable without an assignment of their own (parameters), sorted.
    writes: Box<[(ValueId, VarId)]>,
}

impl Users {
    pub(super) fn new(id: BodyId, body: &Body, is_shared: impl Fn(VarId) -> bool) -> Self {
        // First how many users each value has, then from that where they start; filling the list makes ends of starts.
        let mut ends = vec![0; body.ops.len()];
        for op in &body.ops {
            each_operand(body, op, &mut |operand| ends[operand.index()] += 1);
        }
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut list = vec![ValueId(0); total as usize];
        for (at, op) in body.ops.iter().enumerate() {
            each_operand(body, op, &mut |operand| {
                let end = &mut ends[operand.index()];
                list[*end as usize] = ValueId(at as u32);
                *end += 1;
            });
        }
        let mut writes = Vec::new();
        for (at, var) in body.vars.iter().enumerate().filter(|(at, _)| is_shared(VarId(*at as u32))) {
            let own = var.writes.iter().filter(|write| write.body == id);
            writes.extend(own.map(|write| (write.value, VarId(at as u32))));
        }
        writes.sort_unstable();
        Users { ends: ends.into(), list: list.into(), writes: writes.into() }
    }

    /// The operations whose result depends on a value of the same body; one that names it twice may come twice.
    pub(super) fn of(&self, value: ValueId) -> &[ValueId] {
        let start = value.index().checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.list[start as usize..self.ends[value.index()] as usize]
    }

    /// The shared variable that a value is written to.
    pub(super) fn variable(&self, value: ValueId) -> Option<VarId> {
        let after = self.writes.partition_point(|(written, _)| *written <= value);
        let &(written, var) = self.writes.get(after.checked_sub(1)?)?;
        (written == value).then_some(var)
    }
}

/// The operands on which the origins of an operation's result depend.
pub(super) fn each_operand(body: &Body, op: &Op, visit: &mut dyn FnMut(ValueId)) {
    match op {
        Op::Phi(operands) => operands.iter().for_each(|operand| visit(*operand)),
        Op::Assign(_, from)
        | Op::StoreOuter(_, _, from)
        | Op::Await(from)
        | Op::Enter(from)
        | Op::Element(from)
        | Op::Return(from) => {
            visit(*from);
        }
        Op::Load(base, key) | Op::Store(base, key, _) => {
            visit(*base);
            if let Key::Value(at) = key {
                visit(*at);
            }
            if let Op::Store(_, _, from) = op {
                visit(*from);
            }
        }
        Op::Call { callee, args, .. } => {
            visit(*callee);
            // Methods of the languages themselves look at their receiver.
            if let Op::Load(base, _) = body.ops[callee.index()] {
                visit(base);
            }
            for arg in args {
                visit(arg.value);
            }
        }
        _ => {}
    }
}

/// The object literal that each function is an entry of (JavaScript).
pub(super) fn owners(program: &Program, unit: UnitId) -> FxHashMap<BodyId, Site> {
    let mut owners = FxHashMap::default();
    let module = &program.unit(unit).module;
    if module.language != Language::JavaScript {
        return owners;
    }
    for (at, body) in module.bodies.iter().enumerate() {
        for (value, op) in body.ops.iter().enumerate() {
            let Op::Dict(entries) = op else { continue };
            for entry in entries {
                if let Entry::Pair(_, entry) = entry
                    && let Op::Closure(function) = body.ops[entry.index()]
                {
                    owners.insert(function, Site { unit, body: BodyId(at as u32), value: ValueId(value as u32) });
                }
            }
        }
    }
    owners
}

/// Marks the variables that are read across bodies, and all top-level variables (modules import them by name).
pub(super) fn shared_vars(program: &Program, unit: UnitId, layout: &Layout, shared: &mut [bool]) {
    let module = &program.unit(unit).module;
    for body in &module.bodies {
        for op in &body.ops {
            if let Op::Outer(owner, var) | Op::StoreOuter(owner, var, _) = op {
                shared[layout.var(unit, *owner, *var)] = true;
            }
        }
    }
    for var in 0..module.bodies[0].vars.len() as u32 {
        shared[layout.var(unit, BodyId::MODULE, VarId(var))] = true;
    }
}

/// The imports that bring all names of a module into a Python module.
pub(super) fn star_imports(module: &Module) -> Vec<ImportId> {
    let all = module.imports.iter().enumerate();
    let stars = all.filter(|(_, import)| import.item == ImportItem::Star && module.language == Language::Python);
    stars.map(|(at, _)| ImportId(at as u32)).collect()
}
