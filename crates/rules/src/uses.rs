//! Who uses a value within its body.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use lunette_flow::Facts;
use lunette_flow::program::{Program, Site, UnitId};
use lunette_lang::ir::{BodyId, Entry, Key, Op, Part, Terminator, ValueId, VarId};
use rustc_hash::FxHashMap;

/// The users of each value of a body, in order, and the values that a branch tests.
#[derive(Debug)]
pub(crate) struct BodyUses {
    /// Where the users of each value start in `users`; one more at the end.
    starts: Vec<u32>,
    users: Vec<ValueId>,
    tested: Vec<ValueId>,
}

impl BodyUses {
    fn new(program: &Program, unit: UnitId, body: BodyId) -> Self {
        let body = program.body(unit, body);
        // Users are met in the order of blocks; `last` keeps one user from being counted twice for one value.
        let mut last: Vec<ValueId> = vec![ValueId(u32::MAX); body.ops.len()];
        let mut starts: Vec<u32> = vec![0; body.ops.len() + 1];
        let mut tested = Vec::new();
        for block in body.blocks.iter() {
            for &value in block.ops {
                operands(&body.ops[value.index()], |operand| {
                    if last[operand.index()] != value {
                        last[operand.index()] = value;
                        starts[operand.index() + 1] += 1;
                    }
                });
            }
            if let Terminator::Branch { cond, .. } = block.end {
                tested.push(cond);
            }
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut users = vec![ValueId(0); starts[body.ops.len()] as usize];
        let mut next = starts.clone();
        last.fill(ValueId(u32::MAX));
        for &value in body.blocks.ops() {
            operands(&body.ops[value.index()], |operand| {
                if last[operand.index()] != value {
                    last[operand.index()] = value;
                    users[next[operand.index()] as usize] = value;
                    next[operand.index()] += 1;
                }
            });
        }
        tested.sort_unstable();
        BodyUses { starts, users, tested }
    }

    /// The operations that use a value.
    pub(crate) fn of(&self, value: ValueId) -> &[ValueId] {
        &self.users[self.starts[value.index()] as usize..self.starts[value.index() + 1] as usize]
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
    across: OnceCell<Across>,
}

/// What leaves a body: calls of each function, and reads of each variable by other bodies.
#[derive(Debug, Default)]
struct Across {
    calls: FxHashMap<(UnitId, BodyId), Vec<Site>>,
    reads: FxHashMap<(UnitId, BodyId, VarId), Vec<Site>>,
}

impl Across {
    fn new(facts: &Facts<'_>) -> Self {
        let mut across = Across::default();
        for call in &facts.calls {
            for &function in &call.functions {
                across.calls.entry(function).or_default().push(call.site);
            }
        }
        for unit in facts.program.ids() {
            for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
                for &value in body.blocks.ops() {
                    if let Op::Outer(owner, var) = body.ops[value.index()] {
                        let site = Site { unit, body: BodyId(at as u32), value };
                        across.reads.entry((unit, owner, var)).or_default().push(site);
                    }
                }
            }
        }
        across
    }
}

impl Uses {
    /// The uses of a body's values.
    pub(crate) fn body(&self, program: &Program, unit: UnitId, body: BodyId) -> Rc<BodyUses> {
        let mut bodies = self.bodies.borrow_mut();
        bodies.entry((unit, body)).or_insert_with(|| Rc::new(BodyUses::new(program, unit, body))).clone()
    }

    /// The known calls of a function.
    pub(crate) fn callers(&self, facts: &Facts<'_>, unit: UnitId, body: BodyId) -> &[Site] {
        self.across.get_or_init(|| Across::new(facts)).calls.get(&(unit, body)).map_or(&[], Vec::as_slice)
    }

    /// The reads of a variable from other bodies than the one that declares it.
    pub(crate) fn outer_reads(&self, facts: &Facts<'_>, unit: UnitId, body: BodyId, var: VarId) -> &[Site] {
        self.across.get_or_init(|| Across::new(facts)).reads.get(&(unit, body, var)).map_or(&[], Vec::as_slice)
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
