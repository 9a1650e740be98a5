//! Who uses a value within its body.

use std::cell::RefCell;
use std::rc::Rc;

use lunette_flow::program::{Program, Site, UnitId};
use lunette_lang::ir::{BodyId, Entry, Key, Op, Part, Terminator, ValueId};
use rustc_hash::FxHashMap;

/// The users of each value of a body, in order, and the values that a branch tests.
#[derive(Debug)]
pub(crate) struct BodyUses {
    users: Vec<Vec<ValueId>>,
    tested: Vec<ValueId>,
}

impl BodyUses {
    fn new(program: &Program, unit: UnitId, body: BodyId) -> Self {
        let body = program.body(unit, body);
        let mut users = vec![Vec::new(); body.ops.len()];
        let mut tested = Vec::new();
        for block in &body.blocks {
            for &value in &block.ops {
                operands(&body.ops[value.index()], |operand| {
                    let list: &mut Vec<ValueId> = &mut users[operand.index()];
                    if list.last() != Some(&value) {
                        list.push(value);
                    }
                });
            }
            if let Terminator::Branch { cond, .. } = block.end {
                tested.push(cond);
            }
        }
        tested.sort_unstable();
        BodyUses { users, tested }
    }

    /// The operations that use a value.
    pub(crate) fn of(&self, value: ValueId) -> &[ValueId] {
        &self.users[value.index()]
    }

    /// Whether a branch depends on a value.
    pub(crate) fn is_tested(&self, value: ValueId) -> bool {
        self.tested.binary_search(&value).is_ok()
    }
}

/// Uses by body, made when first asked for.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    bodies: RefCell<FxHashMap<(UnitId, BodyId), Rc<BodyUses>>>,
}

impl Uses {
    /// The uses of a body's values.
    pub(crate) fn body(&self, program: &Program, unit: UnitId, body: BodyId) -> Rc<BodyUses> {
        let mut bodies = self.bodies.borrow_mut();
        bodies.entry((unit, body)).or_insert_with(|| Rc::new(BodyUses::new(program, unit, body))).clone()
    }

    /// The users of a value as sites.
    pub(crate) fn of(&self, program: &Program, site: Site) -> Vec<Site> {
        let uses = self.body(program, site.unit, site.body);
        uses.of(site.value).iter().map(|&value| Site { value, ..site }).collect()
    }
}

/// Calls `see` with every value that an operation reads.
pub(crate) fn operands(op: &Op, mut see: impl FnMut(ValueId)) {
    let key = |key: &Key, see: &mut dyn FnMut(ValueId)| {
        if let Key::Value(value) = key {
            see(*value);
        }
    };
    match op {
        Op::Const(_) | Op::Param(_) | Op::This | Op::Super | Op::Import(_) | Op::Global(_) | Op::Outer(..) => {}
        Op::Closure(_) | Op::Class(_) | Op::Caught => {}
        Op::Phi(values) | Op::Mix(values) => values.iter().copied().for_each(see),
        Op::Assign(_, value)
        | Op::StoreOuter(_, _, value)
        | Op::Unary(_, value)
        | Op::Await(value)
        | Op::Yield(value)
        | Op::Element(value)
        | Op::Enter(value)
        | Op::Return(value)
        | Op::Throw(value) => see(*value),
        Op::Load(base, at) => {
            see(*base);
            key(at, &mut see);
        }
        Op::Store(base, at, value) => {
            see(*base);
            key(at, &mut see);
            see(*value);
        }
        Op::Slice(base, bounds) => {
            see(*base);
            bounds.iter().flatten().copied().for_each(see);
        }
        Op::Concat(parts) => {
            for part in parts {
                if let Part::Value(value) = part {
                    see(*value);
                }
            }
        }
        Op::Binary(_, left, right) => {
            see(*left);
            see(*right);
        }
        Op::Call { callee, args, .. } => {
            see(*callee);
            for arg in args {
                see(arg.value);
            }
        }
        Op::List(_, items) => items.iter().for_each(|item| see(item.value)),
        Op::Dict(entries) => {
            for entry in entries {
                match entry {
                    Entry::Pair(at, value) => {
                        key(at, &mut see);
                        see(*value);
                    }
                    Entry::Spread(value) => see(*value),
                }
            }
        }
    }
}
