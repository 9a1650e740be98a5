//! Where values come from: API values of libraries, functions, classes, modules and literals of the project, tracked
//! through assignments, calls, returns, fields, closures, imports and exports.
//!
//! The analysis is a points-to analysis without contexts over the SSA bodies of the whole program. Only named API
//! values and things defined in the project are tracked, so that sets stay small; a set that grows over
//! [`MAX_ORIGINS`] is cut and the cut is recorded in [`Known::broadened`].

mod calls;
mod hints;
mod loads;
mod slots;
mod users;

use compact_str::CompactString;
use lunette_lang::ir::{BodyId, BodyKind, ClassId, Language, Op, ValueId, ValueRef, VarId};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use crate::api::{ApiTrie, NodeId};
use crate::program::{Program, Site, UnitId};
use crate::test_code::is_test_path;
use slots::{PUBLISHING, Slot, Slots};
use users::{Users, owners, shared_vars};

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

/// The result: the origins of every value.
#[derive(Debug, Default)]
pub struct Known {
    values: Vec<Vec<Vec<Origins>>>,
    slots: Slots,
    /// Values whose sets were cut.
    pub broadened: usize,
}

impl Known {
    /// Where a value comes from; empty when nothing is known.
    pub fn origins(&self, site: Site) -> &[Origin] {
        &self.values[site.unit.0 as usize][site.body.index()][site.value.index()]
    }

    /// What is stored under a key of a literal mapping after it was made (`options.secure = true`).
    pub fn stored(&self, mapping: Site, key: &str) -> &[Origin] {
        self.slots.peek(&Slot::Key(mapping, key.into()))
    }

    /// What a function may return.
    pub fn returned(&self, unit: UnitId, body: BodyId) -> &[Origin] {
        self.slots.peek(&Slot::Return(unit, body))
    }

    /// What an attribute of a class or of its instances may hold.
    pub fn field(&self, unit: UnitId, class: ClassId, name: &str) -> &[Origin] {
        self.slots.peek(&Slot::Field(unit, class, name.into()))
    }

    /// What a module exports under a name.
    pub fn exported(&self, unit: UnitId, name: &str) -> &[Origin] {
        self.slots.peek(&Slot::Export(unit, name.into()))
    }
}

/// Tracks the values of a program.
pub fn know(program: &Program, trie: &ApiTrie) -> Known {
    let mut tracker = Tracker::new(program, trie);
    tracker.run();
    // What nobody in the project calls is given what models say of it; only then can it be known that nobody does.
    tracker.assume();
    tracker.run();
    Known { values: tracker.values, slots: tracker.slots, broadened: tracker.broadened }
}

/// A body of the program.
type BodyKey = (UnitId, BodyId);

struct Tracker<'a> {
    program: &'a Program,
    trie: &'a ApiTrie,
    values: Vec<Vec<Vec<Origins>>>,
    slots: Slots,
    queue: VecDeque<BodyKey>,
    queued: FxHashSet<BodyKey>,
    /// Operations to look at again in bodies that were looked at before.
    pending: FxHashMap<BodyKey, Vec<ValueId>>,
    users: FxHashMap<BodyKey, Rc<Users>>,
    visits: Vec<Vec<u16>>,
    /// Whether each module is test code.
    tests: Vec<bool>,
    /// Functions that are entries of an object literal, by unit.
    owners: Vec<FxHashMap<BodyId, Site>>,
    /// Variables that other bodies or modules read, by unit and body.
    shared: Vec<FxHashSet<(BodyId, VarId)>>,
    broadened: usize,
    /// How many members are being looked up inside one another.
    nesting: usize,
    /// Members looked up for the current question.
    looked_up: FxHashSet<(Origin, CompactString)>,
    current: BodyKey,
    /// The operation looked at, which is what reads slots.
    reading: ValueId,
}

impl<'a> Tracker<'a> {
    fn new(program: &'a Program, trie: &'a ApiTrie) -> Self {
        let values = program
            .units
            .iter()
            .map(|unit| unit.module.bodies.iter().map(|body| vec![Origins::new(); body.ops.len()]).collect())
            .collect();
        let visits = program.units.iter().map(|unit| vec![0; unit.module.bodies.len()]).collect();
        let shared = program.units.iter().map(|unit| shared_vars(&unit.module)).collect();
        let mut tracker = Tracker {
            program,
            trie,
            values,
            slots: Slots::default(),
            queue: VecDeque::new(),
            queued: FxHashSet::default(),
            pending: FxHashMap::default(),
            users: FxHashMap::default(),
            visits,
            tests: program.units.iter().map(|unit| is_test_path(&unit.path)).collect(),
            owners: program.ids().map(|unit| owners(program, unit)).collect(),
            shared,
            broadened: 0,
            nesting: 0,
            looked_up: FxHashSet::default(),
            current: (UnitId(0), BodyId::MODULE),
            reading: PUBLISHING,
        };
        for unit in program.ids() {
            for body in 0..program.unit(unit).module.bodies.len() {
                tracker.enqueue((unit, BodyId(body as u32)));
            }
        }
        tracker
    }

    fn enqueue(&mut self, body: BodyKey) {
        if self.queued.insert(body) {
            self.queue.push_back(body);
        }
    }

    fn run(&mut self) {
        while let Some(body) = self.queue.pop_front() {
            self.queued.remove(&body);
            let visits = &mut self.visits[body.0.0 as usize][body.1.index()];
            *visits += 1;
            if *visits > MAX_VISITS {
                self.broadened += 1;
                continue;
            }
            if *visits == 1 {
                self.visit(body);
            } else {
                self.revisit(body);
            }
        }
    }

    fn visit(&mut self, key: BodyKey) {
        self.pending.remove(&key);
        self.current = key;
        let body = self.program.body(key.0, key.1);
        // Phis of loops read values defined after them: two passes reach what one cannot; a third catches chains.
        for pass in 0..4 {
            let mut changed = false;
            for block in &body.blocks {
                for &value in &block.ops {
                    changed |= self.transfer(key, value, &body.ops[value.index()]);
                }
            }
            if !changed && pass > 0 {
                break;
            }
        }
        self.publish(key);
    }

    /// Looks again at the operations that read what grew, and at those that use their results.
    fn revisit(&mut self, key: BodyKey) {
        self.current = key;
        let (unit, id) = key;
        let body = self.program.body(unit, id);
        let shared = &self.shared[unit.0 as usize];
        let users = Rc::clone(self.users.entry(key).or_insert_with(|| Rc::new(Users::new(id, body, shared))));
        let mut work: BTreeSet<ValueId> = self.pending.remove(&key).unwrap_or_default().into_iter().collect();
        let mut passes_on = work.remove(&PUBLISHING);
        let mut changed = Vec::new();
        while let Some(value) = work.pop_first() {
            if self.transfer(key, value, &body.ops[value.index()]) {
                work.extend(users.of(value));
                changed.push(value);
            }
        }
        self.reading = PUBLISHING;
        for value in changed {
            passes_on = true;
            let at = ValueRef { body: id, value };
            let origins = self.at(unit, at);
            if let Some(var) = users.variable(value) {
                self.write(Slot::Var(unit, id, var), &origins);
            }
            if self.slots.is_read(unit, at) {
                self.write(Slot::Value(unit, at), &origins);
            }
        }
        if passes_on {
            self.pass_on(key);
        }
    }

    fn site(&self, value: ValueId) -> Site {
        Site { unit: self.current.0, body: self.current.1, value }
    }

    fn get(&self, value: ValueId) -> Origins {
        self.values[self.current.0.0 as usize][self.current.1.index()][value.index()].clone()
    }

    fn at(&self, unit: UnitId, at: ValueRef) -> Origins {
        self.values[unit.0 as usize][at.body.index()][at.value.index()].clone()
    }

    /// Reads a slot and remembers that the current operation depends on it.
    fn read(&mut self, slot: Slot) -> Origins {
        self.slots.read(slot, (self.current, self.reading))
    }

    /// Adds to a slot; bodies that read it are looked at again.
    fn write(&mut self, slot: Slot, origins: &[Origin]) {
        if origins.is_empty() {
            return;
        }
        let (readers, cut) = self.slots.write(slot, origins);
        self.broadened += usize::from(cut);
        for (body, value) in readers {
            self.pending.entry(body).or_default().push(value);
            self.enqueue(body);
        }
    }

    /// Applies one operation; true when its value's set grew.
    fn transfer(&mut self, key: BodyKey, value: ValueId, op: &Op) -> bool {
        self.reading = value;
        let origins = self.evaluate(key, value, op);
        let set = &mut self.values[key.0.0 as usize][key.1.index()][value.index()];
        let (grew, cut) = merge(set, &origins);
        self.broadened += usize::from(cut);
        grew
    }

    fn evaluate(&mut self, key: BodyKey, value: ValueId, op: &Op) -> Origins {
        let (unit, body) = key;
        match op {
            Op::Const(_) | Op::Concat(_) | Op::List(..) | Op::Dict(_) | Op::Binary(..) | Op::Unary(..) | Op::Slice(..) => {
                SmallVec::from_slice(&[Origin::Literal(self.site(value))])
            }
            Op::Param(index) => self.parameter(unit, body, *index as usize, value),
            Op::This => self.this(unit, body),
            Op::Super => self.super_class(unit, body),
            Op::Phi(operands) => self.union(operands),
            Op::Assign(var, from) => {
                let origins = self.get(*from);
                if self.shared[unit.0 as usize].contains(&(body, *var)) {
                    self.write(Slot::Var(unit, body, *var), &origins);
                }
                origins
            }
            Op::Import(import) => self.import(unit, *import, value),
            Op::Global(name) => self.global(unit, *name, value),
            Op::Outer(owner, var) => self.read(Slot::Var(unit, *owner, *var)),
            Op::StoreOuter(owner, var, from) => {
                let origins = self.get(*from);
                self.write(Slot::Var(unit, *owner, *var), &origins);
                origins
            }
            Op::Load(base, at) => self.load(*base, *at),
            Op::Store(base, at, from) => {
                self.store(*base, *at, *from);
                self.get(*from)
            }
            Op::Call { callee, args, new } => self.call(value, *callee, args, *new),
            Op::Closure(inner) => SmallVec::from_slice(&[Origin::Function(unit, *inner)]),
            Op::Class(class) => SmallVec::from_slice(&[Origin::Class(unit, *class)]),
            Op::Await(from) | Op::Enter(from) => self.get(*from),
            Op::Element(from) => self.element(*from),
            Op::Return(from) => {
                let origins = self.get(*from);
                self.write(Slot::Return(unit, body), &origins);
                origins
            }
            Op::Yield(_) | Op::Throw(_) | Op::Caught | Op::Mix(_) => Origins::new(),
        }
    }

    fn union(&self, operands: &[ValueId]) -> Origins {
        let mut set = Origins::new();
        for &operand in operands {
            merge(&mut set, &self.get(operand));
        }
        set
    }

    fn parameter(&mut self, unit: UnitId, body: BodyId, index: usize, value: ValueId) -> Origins {
        let mut set = self.read(Slot::Param(unit, body, index as u32));
        let function = self.program.body(unit, body);
        let module = &self.program.unit(unit).module;
        let Some(param) = function.params.get(index) else { return set };
        if index == 0
            && module.language == Language::Python
            && function.kind == BodyKind::Method
            && let Some(class) = function.class
        {
            let first = if function.is_static { Origin::Class(unit, class) } else { Origin::Instance(unit, class) };
            merge(&mut set, &[first]);
        }
        if let Some(ty) = param.ty {
            for origin in self.depend(unit, ty) {
                let site = self.site(value);
                match origin {
                    Origin::Class(u, c) => _ = merge(&mut set, &[Origin::Instance(u, c)]),
                    Origin::Api(node, _) => {
                        if let Some(instance) = self.trie.call(node) {
                            merge(&mut set, &[Origin::Api(self.canonical(instance), site)]);
                        }
                    }
                    _ => {}
                }
            }
        }
        if let Some(default) = param.default {
            let origins = self.depend(unit, default);
            merge(&mut set, &origins);
        }
        for &decorator in &function.decorators {
            // A decorator is called with the function: what callbacks of it are given.
            for origin in self.depend(unit, decorator) {
                let Origin::Api(node, _) = origin else { continue };
                let given = &self.trie.traits(node).callbacks;
                let of_this = given.iter().filter(|callback| callback.argument == 0 && callback.parameter == index);
                let found: Origins = of_this.map(|callback| Origin::Api(callback.value, self.site(value))).collect();
                merge(&mut set, &found);
            }
        }
        set
    }

    /// The origins of a value that is not an operand of the current operation: of another body of the same unit, or
    /// part of a literal. The dependency is kept by a slot for the value.
    fn depend(&mut self, unit: UnitId, at: ValueRef) -> Origins {
        let mut set = self.read(Slot::Value(unit, at));
        merge(&mut set, &self.at(unit, at));
        set
    }

    fn canonical(&self, node: NodeId) -> NodeId {
        self.trie.canonical(node)
    }

    fn this(&self, unit: UnitId, body: BodyId) -> Origins {
        let mut at = Some(body);
        while let Some(id) = at {
            let function = self.program.body(unit, id);
            match (function.kind, function.class) {
                (BodyKind::Method | BodyKind::Class, Some(class)) if function.is_static => {
                    return SmallVec::from_slice(&[Origin::Class(unit, class)]);
                }
                (BodyKind::Method | BodyKind::Class, Some(class)) => {
                    return SmallVec::from_slice(&[Origin::Instance(unit, class)]);
                }
                (BodyKind::Lambda, _) => at = function.parent,
                // A function of an object literal is called on that object; any other may be a constructor, whose
                // instances are told by the function itself.
                (BodyKind::Function | BodyKind::Method, None) => {
                    let owner = self.owners[unit.0 as usize].get(&id).copied();
                    return SmallVec::from_slice(&[owner.map_or(Origin::Function(unit, id), Origin::Literal)]);
                }
                _ => break,
            }
        }
        Origins::new()
    }

    fn super_class(&mut self, unit: UnitId, body: BodyId) -> Origins {
        let mut set = Origins::new();
        for origin in self.this(unit, body) {
            if let Origin::Instance(u, c) | Origin::Class(u, c) = origin {
                for base in self.bases(u, c) {
                    merge(&mut set, &[base]);
                }
            }
        }
        set
    }

    /// After a body was looked at for the first time: passes on what other bodies read of it.
    fn publish(&mut self, key: BodyKey) {
        self.reading = PUBLISHING;
        let (unit, id) = key;
        let body = self.program.body(unit, id);
        for (at, var) in body.vars.iter().enumerate() {
            let var_id = VarId(at as u32);
            if !self.shared[unit.0 as usize].contains(&(id, var_id)) {
                continue;
            }
            for &write in var.writes.iter().filter(|write| write.body == id) {
                let origins = self.at(unit, write);
                self.write(Slot::Var(unit, id, var_id), &origins);
            }
        }
        for at in self.slots.values_read(unit, id) {
            let origins = self.at(unit, at);
            self.write(Slot::Value(unit, at), &origins);
        }
        self.pass_on(key);
    }

    /// Passes on exports and fields.
    fn pass_on(&mut self, (unit, id): BodyKey) {
        if id == BodyId::MODULE {
            self.publish_exports(unit);
        }
        if self.program.body(unit, id).kind == BodyKind::Class {
            self.publish_fields(unit, id);
        }
    }

    fn publish_fields(&mut self, unit: UnitId, body: BodyId) {
        let Some(class) = self.program.body(unit, body).class else { return };
        let module = &self.program.unit(unit).module;
        for field in &module.classes[class.index()].fields {
            let mut origins = field.value.map(|at| self.at(unit, at)).unwrap_or_default();
            if let Some(ty) = field.ty {
                for origin in self.depend(unit, ty) {
                    match origin {
                        Origin::Class(u, c) => _ = merge(&mut origins, &[Origin::Instance(u, c)]),
                        Origin::Api(node, site) => {
                            if let Some(instance) = self.trie.call(node) {
                                merge(&mut origins, &[Origin::Api(self.canonical(instance), site)]);
                            }
                        }
                        _ => {}
                    }
                }
            }
            self.write(Slot::Field(unit, class, module.name(field.name).into()), &origins);
        }
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
