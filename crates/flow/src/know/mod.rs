//! Where values come from: API values of libraries, functions, classes, modules and literals of the project, tracked
//! through assignments, calls, returns, fields, closures, imports and exports.
//!
//! The analysis is a points-to analysis without contexts over the SSA bodies of the whole program. Only named API
//! values and things defined in the project are tracked, so that sets stay small; a set that grows over
//! [`MAX_ORIGINS`] is cut and the cut is recorded in [`Known::broadened`].

mod calls;
mod hints;
mod known;
mod layout;
mod loads;
mod names;
mod publish;
mod receivers;
mod sets;
mod slots;
mod starred;
mod users;

use lunette_lang::ir::{BodyId, ClassId, NameId, Op, ValueId, ValueRef};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use crate::api::{ApiTrie, NodeId};
use crate::program::{Program, Site, UnitId};
use crate::test_code::is_aside;
use layout::{BodyIndex, Layout};
use names::{Name, Names};
use sets::{Set, Sets};
use slots::{PUBLISHING, Reader, Slot, Slots};
use users::{Users, each_operand, owners, shared_vars, star_imports};

pub use known::Known;

/// Most origins that a value may have before its set is cut.
pub const MAX_ORIGINS: usize = 12;

/// Most times that one body is looked at; reached only by adversarial code.
const MAX_VISITS: u16 = 1_000;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// A value of a library. The site is the call, parameter or import that made this very object, so that two
    /// routers can be told apart.
    Api(NodeId, Site),
    /// A function of the project.
    Function(UnitId, BodyId),
    /// A class of the project.
    Class(UnitId, ClassId),
    /// An instance of a class of the project, with the site that made it (or the class's own body for `self`).
    Instance(UnitId, ClassId),
    /// A module of the project, as a namespace.
    Module(UnitId),
    /// A constant, a joined string, a literal list or mapping, or another expression that may be evaluated.
    Literal(Site),
}

/// A set of origins, sorted.
pub type Origins = SmallVec<[Origin; 2]>;

/// Tracks the values of a program.
pub fn know(program: &Program, trie: &ApiTrie) -> Known {
    let mut tracker = Tracker::new(program, trie);
    tracker.run();
    // What nobody in the project calls is given what models say of it; only then can it be known that nobody does.
    tracker.assume();
    tracker.run();
    let mut known = tracker.known();
    known.shrink();
    known
}

/// A body of the program.
type BodyKey = (UnitId, BodyId);

struct Tracker<'a> {
    program: &'a Program,
    trie: &'a ApiTrie,
    layout: Layout,
    sets: Sets,
    /// The set of every value, by the layout's numbers.
    values: Vec<Set>,
    slots: Slots,
    names: Names,
    queue: VecDeque<BodyKey>,
    queued: Vec<bool>,
    /// Operations to look at again, by body.
    pending: Vec<Vec<ValueId>>,
    users: FxHashMap<BodyIndex, Rc<Users>>,
    visits: Vec<u16>,
    /// Whether each module is test code.
    tests: Vec<bool>,
    /// Functions that are entries of an object literal, by unit.
    owners: Vec<FxHashMap<BodyId, Site>>,
    /// Variables that other bodies or modules read, by the layout's numbers of slots.
    shared: Vec<bool>,
    /// Python's star imports, by unit, and what JavaScript's pass on of packages.
    stars: Vec<Vec<lunette_lang::ir::ImportId>>,
    starred: Vec<starred::Starred>,
    /// Modules of the project that are a package's submodules, as far as they were asked for.
    submodules: FxHashMap<(UnitId, Name), Option<UnitId>>,
    /// What each module's top-level variables held when it last passed its exports on (Python).
    passed_on: FxHashMap<UnitId, Vec<Set>>,
    broadened: usize,
    /// How many members are being looked up inside one another.
    nesting: usize,
    /// Members looked up for the current question.
    looked_up: FxHashSet<(Origin, Name)>,
    current: BodyKey,
    /// The number of the current body, and of its first value.
    here: BodyIndex,
    base: usize,
    /// The operation looked at, which is what reads slots.
    reading: ValueId,
    clock: Clock,
}

/// When what happened to the values of the body that is looked at for the first time.
#[derive(Default)]
struct Clock {
    now: u32,
    /// When each value's set last grew; when each operation was last looked at; when what it reads last grew.
    changed: Vec<u32>,
    seen: Vec<u32>,
    poked: Vec<u32>,
    running: bool,
}

impl Clock {
    fn start(&mut self, values: usize) {
        self.now = 0;
        self.running = true;
        for times in [&mut self.changed, &mut self.seen, &mut self.poked] {
            times.clear();
            times.resize(values, 0);
        }
    }
}

impl<'a> Tracker<'a> {
    fn new(program: &'a Program, trie: &'a ApiTrie) -> Self {
        let layout = Layout::new(program);
        let mut shared = vec![false; layout.slots()];
        for unit in program.ids() {
            shared_vars(program, unit, &layout, &mut shared);
        }
        let mut tracker = Tracker {
            program,
            trie,
            sets: Sets::with_room(layout.values()),
            values: vec![Set::default(); layout.values()],
            slots: Slots::new(&layout),
            names: Names::new(program, trie),
            queue: VecDeque::with_capacity(layout.bodies()),
            queued: vec![false; layout.bodies()],
            pending: vec![Vec::new(); layout.bodies()],
            users: FxHashMap::default(),
            visits: vec![0; layout.bodies()],
            tests: program.units.iter().map(|unit| is_aside(&unit.path)).collect(),
            owners: program.ids().map(|unit| owners(program, unit)).collect(),
            shared,
            stars: program.units.iter().map(|unit| star_imports(&unit.module)).collect(),
            starred: starred::starred(program),
            submodules: FxHashMap::default(),
            passed_on: FxHashMap::default(),
            broadened: 0,
            nesting: 0,
            looked_up: FxHashSet::default(),
            current: (UnitId(0), BodyId::MODULE),
            here: 0,
            base: 0,
            reading: PUBLISHING,
            clock: Clock::default(),
            layout,
        };
        for unit in program.ids() {
            for body in 0..program.unit(unit).module.bodies.len() {
                tracker.enqueue((unit, BodyId(body as u32)));
            }
        }
        tracker
    }

    fn enqueue(&mut self, body: BodyKey) {
        let index = self.layout.body(body.0, body.1) as usize;
        if !std::mem::replace(&mut self.queued[index], true) {
            self.queue.push_back(body);
        }
    }

    fn run(&mut self) {
        while let Some(body) = self.queue.pop_front() {
            let index = self.layout.body(body.0, body.1);
            self.queued[index as usize] = false;
            let visits = &mut self.visits[index as usize];
            *visits += 1;
            if *visits > MAX_VISITS {
                self.broadened += 1;
                continue;
            }
            let first = *visits == 1;
            self.enter(body);
            if first {
                self.visit();
            } else {
                self.revisit();
            }
        }
    }

    /// Makes a body the current one.
    fn enter(&mut self, body: BodyKey) {
        self.current = body;
        self.here = self.layout.body(body.0, body.1);
        self.base = self.layout.first_value(self.here);
    }

    fn visit(&mut self) {
        self.pending[self.here as usize] = Vec::new();
        let body = self.program.body(self.current.0, self.current.1);
        self.clock.start(body.ops.len());
        // Phis of loops read values defined after them: two passes reach what one cannot; a third catches chains.
        for pass in 0..4 {
            let (mut changed, mut early) = (false, false);
            for block in body.blocks.iter() {
                for &value in block.ops {
                    let op = &body.ops[value.index()];
                    if pass > 0 && !self.is_stale(body, value, op) {
                        continue;
                    }
                    if pass == 0 && !early {
                        each_operand(body, op, &mut |operand| early |= self.clock.seen[operand.index()] == 0);
                    }
                    self.clock.now += 1;
                    self.clock.seen[value.index()] = self.clock.now;
                    if self.transfer(value, op) {
                        self.clock.now += 1;
                        self.clock.changed[value.index()] = self.clock.now;
                        changed = true;
                    }
                }
            }
            let poked = !self.pending[self.here as usize].is_empty();
            if !changed && pass > 0 || pass == 0 && !early && !poked {
                break;
            }
        }
        self.clock.running = false;
        self.publish();
    }

    /// Whether an operation may give something else than when it was last looked at.
    fn is_stale(&self, body: &lunette_lang::ir::Body, value: ValueId, op: &Op) -> bool {
        let seen = self.clock.seen[value.index()];
        let mut stale = self.clock.poked[value.index()] >= seen;
        if !stale {
            each_operand(body, op, &mut |operand| stale |= self.clock.changed[operand.index()] > seen);
        }
        stale
    }

    /// Looks again at the operations that read what grew, and at those that use their results.
    fn revisit(&mut self) {
        let (unit, id) = self.current;
        let body = self.program.body(unit, id);
        if !self.users.contains_key(&self.here) {
            let (layout, shared) = (&self.layout, &self.shared);
            let users = Users::new(id, body, |var| shared[layout.var(unit, id, var)]);
            self.users.insert(self.here, Rc::new(users));
        }
        let Some(users) = self.users.get(&self.here).map(Rc::clone) else { return };
        let mut work: BTreeSet<ValueId> = std::mem::take(&mut self.pending[self.here as usize]).into_iter().collect();
        let mut passes_on = work.remove(&PUBLISHING);
        let mut changed = Vec::new();
        while let Some(value) = work.pop_first() {
            if self.transfer(value, &body.ops[value.index()]) {
                work.extend(users.of(value));
                changed.push(value);
            }
        }
        self.reading = PUBLISHING;
        for value in changed {
            passes_on = true;
            let at = ValueRef { body: id, value };
            let set = self.values[self.base + value.index()];
            if let Some(var) = users.variable(value) {
                self.write_set(Slot::Var(unit, id, var), set);
            }
            if self.slots.is_read(unit, at) {
                self.write_set(Slot::Value(unit, at), set);
            }
        }
        if passes_on {
            self.pass_on();
        }
    }

    fn site(&self, value: ValueId) -> Site {
        Site { unit: self.current.0, body: self.current.1, value }
    }

    fn list(&self, set: Set) -> Origins {
        Origins::from_slice(self.sets.get(set))
    }

    fn get(&self, value: ValueId) -> Origins {
        self.list(self.values[self.base + value.index()])
    }

    fn at(&self, unit: UnitId, at: ValueRef) -> Set {
        self.values[self.layout.value(Site { unit, body: at.body, value: at.value })]
    }

    fn name(&mut self, unit: UnitId, id: NameId) -> Name {
        self.names.of(self.program, self.trie, unit, id)
    }

    fn reader(&self) -> Reader {
        (self.here, self.reading)
    }

    /// Reads a slot and remembers that the current operation depends on it.
    fn read(&mut self, slot: Slot) -> Origins {
        let set = self.read_set(slot);
        self.list(set)
    }

    fn read_set(&mut self, slot: Slot) -> Set {
        let reader = self.reader();
        self.slots.read(&self.layout, slot, reader)
    }

    /// Adds to a slot; bodies that read it are looked at again.
    fn write(&mut self, slot: Slot, origins: &[Origin]) {
        if origins.is_empty() {
            return;
        }
        let (grown, cut) = self.slots.add(&self.layout, &mut self.sets, slot, origins);
        self.wrote(grown, cut);
    }

    /// Adds a set to a slot, as [`Self::write`] does.
    fn write_set(&mut self, slot: Slot, set: Set) {
        if set.is_empty() {
            return;
        }
        let (grown, cut) = self.slots.write(&self.layout, &mut self.sets, slot, set);
        self.wrote(grown, cut);
    }

    fn wrote(&mut self, grown: Option<usize>, cut: bool) {
        self.broadened += usize::from(cut);
        let Some(cell) = grown else { return };
        for &(body, value) in self.slots.readers(cell) {
            self.pending[body as usize].push(value);
            if self.clock.running && body == self.here && value != PUBLISHING {
                self.clock.poked[value.index()] = self.clock.now;
            }
            if !std::mem::replace(&mut self.queued[body as usize], true) {
                self.queue.push_back(self.layout.key(body));
            }
        }
    }

    /// Adds a set to that of a value of the current body; whether it grew.
    fn flow(&mut self, value: ValueId, more: Set) -> bool {
        let at = self.base + value.index();
        let (set, cut) = self.sets.union(self.values[at], more);
        self.broadened += usize::from(cut);
        std::mem::replace(&mut self.values[at], set) != set
    }

    /// The set of a value that can only be one thing.
    fn is(&mut self, value: ValueId, origin: Origin) -> bool {
        let at = self.base + value.index();
        if !self.values[at].is_empty() {
            return false;
        }
        self.values[at] = self.sets.one(origin);
        true
    }

    /// Applies one operation; true when its value's set grew.
    fn transfer(&mut self, value: ValueId, op: &Op) -> bool {
        self.reading = value;
        let (unit, body) = self.current;
        match op {
            Op::Binary(operator, left, _) if self.is_library(*left) => {
                let origins = self.operator(value, *operator, *left);
                let at = self.base + value.index();
                let (set, cut) = self.sets.with(self.values[at], &origins);
                self.broadened += usize::from(cut);
                std::mem::replace(&mut self.values[at], set) != set
            }
            Op::Const(_)
            | Op::Concat(_)
            | Op::List(..)
            | Op::Dict(_)
            | Op::Binary(..)
            | Op::Unary(..)
            | Op::Slice(..) => {
                let site = self.site(value);
                self.is(value, Origin::Literal(site))
            }
            Op::Closure(inner) => self.is(value, Origin::Function(unit, *inner)),
            Op::Class(class) => self.is(value, Origin::Class(unit, *class)),
            Op::Phi(operands) if self.is_plain(operands) => operands.iter().fold(false, |grew, operand| {
                let set = self.values[self.base + operand.index()];
                self.flow(value, set) || grew
            }),
            Op::Assign(var, from) => {
                let set = self.values[self.base + from.index()];
                if self.shared[self.layout.var(unit, body, *var)] {
                    self.write_set(Slot::Var(unit, body, *var), set);
                }
                self.flow(value, set)
            }
            Op::Outer(owner, var) => {
                let set = self.read_set(Slot::Var(unit, *owner, *var));
                self.flow(value, set)
            }
            Op::StoreOuter(owner, var, from) => {
                let set = self.values[self.base + from.index()];
                self.write_set(Slot::Var(unit, *owner, *var), set);
                self.flow(value, set)
            }
            Op::Await(from) | Op::Enter(from) => self.flow(value, self.values[self.base + from.index()]),
            Op::Return(from) => {
                let set = self.values[self.base + from.index()];
                self.write_set(Slot::Return(unit, body), set);
                self.flow(value, set)
            }
            Op::Yield(_) | Op::Throw(_) | Op::Caught | Op::Mix(_) => false,
            _ => {
                let origins = self.evaluate(self.current, value, op);
                let at = self.base + value.index();
                let (set, cut) = self.sets.with(self.values[at], &origins);
                self.broadened += usize::from(cut);
                std::mem::replace(&mut self.values[at], set) != set
            }
        }
    }

    /// Whether the operands of a phi hold so little that no order of joining them matters.
    fn is_plain(&self, operands: &[ValueId]) -> bool {
        let sizes = operands.iter().map(|operand| self.sets.get(self.values[self.base + operand.index()]).len());
        sizes.sum::<usize>() < MAX_ORIGINS / 2
    }

    fn evaluate(&mut self, key: BodyKey, value: ValueId, op: &Op) -> Origins {
        let (unit, body) = key;
        match op {
            Op::Param(index) => self.parameter(unit, body, *index as usize, value),
            Op::This => self.this(unit, body),
            Op::Super => self.super_class(unit, body),
            Op::Phi(operands) => self.union(operands),
            Op::Import(import) => self.import(unit, *import, value),
            Op::Global(name) => self.global(unit, *name, value),
            Op::Load(base, at) => self.load(*base, *at),
            Op::Store(base, at, from) => {
                self.store(*base, *at, *from);
                self.get(*from)
            }
            Op::Call { callee, args, new } => self.call(value, *callee, args, *new),
            Op::Element(from) => self.element(*from),
            // All others are told by [`Self::transfer`].
            _ => Origins::new(),
        }
    }

    fn union(&self, operands: &[ValueId]) -> Origins {
        let mut set = Origins::new();
        for &operand in operands {
            merge(&mut set, &self.get(operand));
        }
        set
    }
}

/// Adds to a set; whether it grew, and whether something had to be left out.
fn merge(set: &mut Origins, more: &[Origin]) -> (bool, bool) {
    let (mut grew, mut cut) = (false, false);
    for origin in more {
        if let Err(at) = set.binary_search(origin) {
            if set.len() >= MAX_ORIGINS {
                cut = true;
                continue;
            }
            set.insert(at, *origin);
            grew = true;
        }
    }
    (grew, cut)
}
