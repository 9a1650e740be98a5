//! One body: which of its values hold something untrusted.
//!
//! Facts are found by going over the operations until nothing changes: the form is SSA, so that few rounds suffice.

use std::cell::OnceCell;

use lunette_lang::ir::{BlockId, Body, BodyId, Key, Language, Module, NameId, Op, ValueId};
use rustc_hash::FxHashMap;

use super::KindSet;
use super::env::{Env, State};
use super::fact::{Fact, Facts, Flags, Root};
use super::folding::Folding;
use super::guards::{Guards, Marks, Shown};
use super::numbers::{canon, order};
use super::path::{KeyId, PathId};
use super::settle::Settling;
use crate::know::Origin;
use crate::methods::{Method, is_harmless_type, is_measure};
use crate::program::{Site, UnitId};

/// Most conditions looked into for each value of a body.
const CONDITIONS_PER_VALUE: u32 = 16;

/// What is found of a body whatever the functions that it calls do: kept while a circle of functions is gone round.
pub(crate) struct Ground {
    folding: Folding,
    order: Vec<BlockId>,
    canon: Vec<ValueId>,
    blocks: Vec<BlockId>,
    /// Its guards, where no function of the circle has a say in them, and what is left for conditions then.
    guards: Option<(Guards, u32)>,
}

impl Ground {
    pub(crate) fn new(env: &Env<'_>, unit: UnitId, id: BodyId) -> Self {
        let body = env.facts.program.body(unit, id);
        let folding = Folding::new(env, unit, id);
        let order = order(body, &folding);
        let canon = canon(body, &order);
        let mut blocks = vec![BlockId(0); body.ops.len()];
        for &block in order.iter().filter(|block| block.0 != 0) {
            for value in body.block(block).ops {
                blocks[value.index()] = block;
            }
        }
        Ground { folding, order, canon, blocks, guards: None }
    }

    /// How many values it speaks of.
    pub(crate) fn size(&self) -> usize {
        self.canon.len()
    }
}

/// The analysis of one body.
pub(crate) struct Scan<'s, 'a> {
    pub(crate) env: &'s Env<'a>,
    pub(crate) state: &'s mut State,
    pub(crate) unit: UnitId,
    pub(crate) id: BodyId,
    pub(crate) body: &'a Body,
    pub(crate) module: &'a Module,
    pub(crate) folding: Folding,
    /// The blocks that can run, so that most come after those before them.
    pub(crate) order: Vec<BlockId>,
    /// The same number for values that are the same: copies, repeated reads of a member.
    pub(crate) canon: Vec<ValueId>,
    pub(crate) guards: Guards,
    pub(crate) facts: Vec<Facts>,
    /// The block of every value.
    blocks: Vec<BlockId>,
    /// What is added to lists, by the list; found when it is first asked for.
    pub(crate) added: OnceCell<FxHashMap<ValueId, Vec<ValueId>>>,
    pub(super) settling: Settling,
    /// Whether more met somewhere than is kept.
    pub(crate) cut: bool,
    /// How many more conditions are looked into: conditions that share parts would otherwise cost exponential time.
    pub(crate) left: u32,
    after_guards: u32,
    /// Whether no function of a circle has a say in the guards.
    firm: bool,
}

impl<'s, 'a> Scan<'s, 'a> {
    /// Analyses a body.
    pub(crate) fn new(env: &'s Env<'a>, state: &'s mut State, unit: UnitId, id: BodyId) -> Self {
        Self::on(Ground::new(env, unit, id), env, state, (unit, id))
    }

    /// Analyses a body of which the ground was found before.
    pub(crate) fn on(ground: Ground, env: &'s Env<'a>, state: &'s mut State, (unit, id): (UnitId, BodyId)) -> Self {
        let Ground { folding, order, canon, blocks, guards } = ground;
        let module = &env.facts.program.unit(unit).module;
        let body = module.body(id);
        let (facts, settling) = state.scratch.lists(body.ops.len());
        let mut scan = Scan {
            env,
            state,
            unit,
            id,
            body,
            module,
            folding,
            order,
            canon,
            guards: Guards::default(),
            facts,
            blocks,
            added: OnceCell::new(),
            settling,
            cut: false,
            left: CONDITIONS_PER_VALUE * body.ops.len() as u32 + 256,
            after_guards: 0,
            firm: true,
        };
        if let Some((guards, left)) = guards {
            (scan.guards, scan.left) = (guards, left);
        } else {
            scan.guards = scan.find_guards();
            scan.firm = !scan.state.has_asked();
        }
        scan.after_guards = scan.left;
        scan.settle();
        scan
    }

    /// Ends the analysis: what may be used again.
    pub(crate) fn end(self) -> Ground {
        self.state.scratch.keep(self.facts, self.settling);
        let guards = self.firm.then_some((self.guards, self.after_guards));
        Ground { folding: self.folding, order: self.order, canon: self.canon, blocks: self.blocks, guards }
    }

    pub(crate) fn site(&self, value: ValueId) -> Site {
        Site { unit: self.unit, body: self.id, value }
    }

    /// The block that a value is computed in.
    pub(crate) fn block_of(&self, value: ValueId) -> BlockId {
        self.blocks[value.index()]
    }

    pub(crate) fn op(&self, value: ValueId) -> &'a Op {
        &self.body.ops[value.index()]
    }

    pub(crate) fn name(&self, name: NameId) -> &'a str {
        self.module.name(name)
    }

    /// What a method of that name does.
    pub(crate) fn method(&self, name: NameId) -> Option<Method> {
        self.env.method(self.unit, name)
    }

    pub(crate) fn origins(&self, value: ValueId) -> &'a [Origin] {
        self.env.facts.known.origins(self.site(value))
    }

    /// The facts about a value where `at` uses it: what tests have shown there is taken off.
    pub(crate) fn used(&self, value: ValueId, at: ValueId) -> Facts {
        let facts = self.facts_of(value);
        if facts.is_empty() {
            return Facts::new();
        }
        let mut facts = Facts::from_slice(facts);
        if self.guards.is_empty() {
            return facts;
        }
        let shown = self.cleared_by(self.guards.at(self.canon[value.index()], at));
        for fact in &mut facts {
            fact.cleared |= shown;
        }
        facts
    }

    /// The kinds of harm that tests exclude.
    fn cleared_by(&self, guards: impl Iterator<Item = Shown>) -> KindSet {
        let (mut kinds, mut marks) = (KindSet::default(), Marks::default());
        for guard in guards.filter(|guard| guard.unless.is_none_or(|other| !self.is_untrusted(other))) {
            kinds |= guard.kinds;
            marks = marks.with(guard.marks);
        }
        if marks.is_quoted() { kinds | self.env.models.taint.quoted } else { kinds }
    }

    /// Whether a value is known to come from somebody outside (what the operator configures does not).
    pub(crate) fn is_untrusted(&self, value: ValueId) -> bool {
        self.facts_of(value).iter().any(|fact| match self.state.pools.get(fact.root) {
            Root::Source(source) => !self.state.sources[source as usize].kind.is_local(),
            _ => false,
        })
    }

    /// A value made of another one's text.
    pub(crate) fn text_of(&self, facts: Facts) -> Facts {
        let objects = self.env.models.taint.objects_only;
        let made = |fact: Fact| Fact {
            path: PathId::EMPTY,
            cleared: fact.cleared | objects,
            flags: fact.flags.without(Flags::EXACT).with_if(fact.path.is_empty(), Flags::DEEP),
            ..fact
        };
        facts.into_iter().filter(|fact| !fact.flags.has(Flags::CHOSEN)).map(made).collect()
    }

    /// A value made of another one in a way that is not known, with all that it holds.
    pub(crate) fn made_of(facts: Facts) -> Facts {
        let made = |fact: Fact| Fact {
            path: PathId::EMPTY,
            flags: fact.flags.without(Flags::EXACT).with(Flags::DEEP),
            ..fact
        };
        facts.into_iter().filter(|fact| !fact.flags.has(Flags::CHOSEN)).map(made).collect()
    }

    /// The facts about another object that holds the same.
    pub(crate) fn copied(facts: Facts) -> Facts {
        let is_whole = |fact: &Fact| fact.path.is_empty();
        let copy = |fact: Fact| Fact { flags: fact.flags.with_if(is_whole(&fact), Flags::COPY), ..fact };
        facts.into_iter().filter(|fact| !is_whole(fact) || !fact.flags.has(Flags::CHOSEN)).map(copy).collect()
    }

    /// The facts about what lies under a key of a value.
    pub(crate) fn under(&mut self, facts: &Facts, key: KeyId) -> Facts {
        let mut found = Facts::new();
        for fact in facts.iter().filter(|fact| !fact.flags.has(Flags::CHOSEN)) {
            if let Some(fact) = self.state.pools.load(*fact, key) {
                found.push(fact);
            }
        }
        found
    }

    /// The facts about a value that holds another under a key.
    pub(crate) fn holding(&mut self, facts: &Facts, key: KeyId) -> Facts {
        let mut held = Facts::new();
        for fact in facts {
            held.push(self.state.pools.store(*fact, key));
        }
        held
    }

    /// The key that an operation names, as far as it is known.
    pub(crate) fn key(&mut self, key: Key) -> KeyId {
        match key {
            Key::Member(name) | Key::Item(name) => self.named(name),
            Key::Index(index) => self.state.pools.paths.key(&index.to_string()),
            Key::Value(value) => match self.constant_key(value) {
                Some(text) => self.state.pools.paths.key(&text),
                None => KeyId::ANY,
            },
        }
    }

    /// The key of a name of this module.
    pub(crate) fn named(&mut self, name: NameId) -> KeyId {
        let module = self.module;
        self.state.key_of(self.unit, module, name)
    }

    /// The text of a computed key, when it is constant.
    pub(crate) fn constant_key(&self, value: ValueId) -> Option<String> {
        use crate::constant::Value;
        match &*self.folding.constant(self.env, self.site(value))? {
            Value::Str(text) => Some(text.clone()),
            Value::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn transfer(&mut self, value: ValueId) {
        let op = self.op(value);
        match op {
            Op::Const(_) | Op::Closure(_) | Op::Class(_) | Op::Super | Op::Caught | Op::Unary(..) => {}
            Op::Param(index) => {
                self.param(value, *index);
                self.read_filled_parameter(value);
            }
            Op::This => self.seed(value),
            Op::Assign(var, from) => {
                self.pass(value, *from);
                self.read_filled(value, self.id, *var);
            }
            Op::Await(from)
            | Op::Enter(from)
            | Op::StoreOuter(_, _, from)
            | Op::Yield(from)
            | Op::Return(from)
            | Op::Throw(from) => self.pass(value, *from),
            Op::Phi(operands) => self.phi(value, operands),
            Op::Import(import) => {
                self.seed(value);
                let slot = self.env.slots.imported(self.env.facts, self.unit, *import);
                self.read_slot(value, slot);
            }
            Op::Global(name) => {
                self.seed(value);
                if self.name(*name) == "arguments" && self.module.language == Language::JavaScript {
                    self.arguments(value);
                }
            }
            Op::Outer(owner, var) => {
                let slot = self.env.slots.of_var(self.unit, *owner, *var);
                self.read_slot(value, slot);
                self.read_filled(value, *owner, *var);
            }
            Op::Load(base, key) => self.load(value, *base, *key),
            Op::Store(base, key, from) => self.store(value, *base, *key, *from),
            Op::Slice(base, _) => {
                for fact in self.used(*base, value) {
                    self.put(value, Fact { from: *base, flags: fact.flags.without(Flags::EXACT), ..fact });
                }
            }
            Op::Concat(parts) => self.concat(value, parts),
            Op::Binary(op, left, right) => self.binary(value, *op, *left, *right),
            Op::Call { callee, args, .. } => self.call(value, *callee, args),
            Op::List(kind, items) => self.list(value, *kind, items),
            Op::Dict(entries) => self.dict(value, entries),
            Op::Element(from) => self.element(value, *from),
            Op::Mix(from) => {
                for &from in from {
                    let facts = self.used(from, value);
                    // Python's comprehensions hold their elements; what else is mixed (the keys of `for … in`) is made
                    // of all there is.
                    let facts = match self.module.language {
                        Language::Python => self.holding(&facts, KeyId::ANY),
                        Language::JavaScript => Self::made_of(facts),
                    };
                    self.put_all(value, from, facts);
                }
            }
        }
    }

    /// What models call untrusted wherever it is read.
    pub(crate) fn seed(&mut self, value: ValueId) {
        for origin in self.origins(value) {
            if let Origin::Api(node, made) = *origin
                && let Some(kind) = self.env.seeds.of_node(node, (self.unit, self.id))
                && !(kind.is_remote() && self.is_own(made))
            {
                self.start(value, self.site(value), kind);
            }
        }
    }

    /// Whether an object was made here of what only those say who start the program: a URL that is configured. What of
    /// it does harm is followed from there.
    fn is_own(&self, made: Site) -> bool {
        if (made.unit, made.body) != (self.unit, self.id) {
            return false;
        }
        let Op::Call { args, .. } = self.op(made.value) else { return false };
        let Some(first) = args.first() else { return false };
        let facts = self.facts_of(first.value);
        let is_own = |fact: &Fact| match self.state.pools.get(fact.root) {
            Root::Source(source) => self.state.sources[source as usize].kind.is_local(),
            _ => false,
        };
        self.constant(first.value).is_some() || (!facts.is_empty() && facts.iter().all(is_own))
    }

    fn param(&mut self, value: ValueId, index: u32) {
        let Some(param) = self.body.params.get(index as usize) else { return };
        let root = self.state.pools.root(Root::Param(index, PathId::EMPTY));
        self.put(
            value,
            Fact { root, path: PathId::EMPTY, cleared: KindSet::default(), from: value, flags: Flags::EXACT },
        );
        let site = self.site(value);
        // What a framework passes it has converted to the type asked for; what other callers pass, nobody has.
        let converted = param.ty.is_some_and(|ty| {
            let site = Site { unit: self.unit, body: ty.body, value: ty.value };
            self.module.language == Language::Python
                && self.env.facts.name_of(site).is_some_and(|name| is_harmless_type(&name))
        });
        let spared = if converted || self.env.seeds.is_number(site) {
            KindSet::ALL.without(self.env.models.taint.decides)
        } else {
            KindSet::default()
        };
        for at in 0..self.env.seeds.of_param(site).len() {
            let kind = self.env.seeds.of_param(site)[at];
            self.start_without(value, site, kind, spared);
        }
        for origin in self.origins(value) {
            // What a library gives to this very parameter; what callers pass is followed from there.
            if let Origin::Api(node, made) = *origin
                && made == site
                && !converted
                && let Some(kind) = self.env.seeds.of_node(node, (self.unit, self.id))
            {
                self.start(value, site, kind);
            }
        }
    }

    pub(crate) fn read_slot(&mut self, value: ValueId, slot: Option<u32>) {
        let Some(slot) = slot else { return };
        let root = self.state.pools.root(Root::Slot(slot, PathId::EMPTY));
        self.put(
            value,
            Fact { root, path: PathId::EMPTY, cleared: KindSet::default(), from: value, flags: Flags::EXACT },
        );
    }

    fn phi(&mut self, value: ValueId, operands: &[ValueId]) {
        let block = self.block_of(value);
        let preds = self.body.block(block).preds;
        for (at, &operand) in operands.iter().enumerate() {
            if self.facts_of(operand).is_empty() {
                continue;
            }
            let facts = Facts::from_slice(&self.facts[operand.index()]);
            let Some(&pred) = preds.get(at) else { continue };
            if !self.folding.edge(pred, block) {
                continue;
            }
            let shown = self.cleared_by(self.guards.on_way(self.canon[operand.index()], pred, block));
            for fact in facts {
                self.put(value, Fact { cleared: fact.cleared | shown, from: operand, ..fact });
            }
        }
    }

    fn load(&mut self, value: ValueId, base: ValueId, key: Key) {
        self.seed(value);
        if self.forward(value) {
            return;
        }
        if let Key::Member(name) = key
            && is_measure(self.name(name))
        {
            return;
        }
        if self.read_part(value, base) {
            return;
        }
        let facts = self.used(base, value);
        // The key matters where there is something to look for, or when it is chosen.
        let id = match key {
            Key::Member(_) | Key::Item(_) | Key::Index(_) if facts.is_empty() => KeyId::ANY,
            key => self.key(key),
        };
        for fact in facts.iter().filter(|fact| !fact.flags.has(Flags::CHOSEN)) {
            if let Some(fact) = self.state.pools.load(*fact, id) {
                self.put(value, Fact { from: base, ..fact });
            }
        }
        if let Key::Member(name) | Key::Item(name) = key {
            let text = self.name(name);
            for slot in self.env.slots.fields(self.env.facts, self.site(base), text) {
                self.read_slot(value, Some(slot));
            }
        }
        if let Key::Value(by) = key
            && id == KeyId::ANY
        {
            // Whoever gives the key chooses the value: one of the object's own, where that was tested.
            let own = if self.is_own_key(value, base, by) { self.env.models.taint.exact } else { KindSet::default() };
            for fact in
                self.used(by, value).into_iter().filter(|fact| fact.path.is_empty() && !fact.flags.has(Flags::CHOSEN))
            {
                let cleared = fact.cleared | own;
                self.put(
                    value,
                    Fact { cleared, flags: fact.flags.without(Flags::EXACT).with(Flags::CHOSEN), from: by, ..fact },
                );
            }
        }
    }

    /// A part of a library's object that models say is made of the whole: `Path(x).name`.
    fn read_part(&mut self, value: ValueId, base: ValueId) -> bool {
        let parts = &self.env.models.taint.parts;
        if parts.is_empty() {
            return false;
        }
        let found = self.origins(value).iter().find_map(|origin| match origin {
            Origin::Api(node, _) => parts.get(node).copied(),
            _ => None,
        });
        let Some(clears) = found else { return false };
        let facts = Self::made_of(self.used(base, value))
            .into_iter()
            .map(|fact| Fact { cleared: fact.cleared | clears, ..fact })
            .collect();
        self.put_all(value, base, facts);
        true
    }
}
