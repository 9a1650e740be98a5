//! What leaves a body: its summary, and the ways from its roots to calls, slots and harmful uses.

use lunette_lang::ir::{Arg, BinaryOp, Key, Language, ListKind, Op, Terminator, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::KindSet;
use super::calls::Invocation;
use super::env::{Edge, To};
use super::fact::{Fact, Facts, Flags, Root, add_to};
use super::guards::{State, both};
use super::path::KeyId;
use super::scan::Scan;
use super::summary::{MAX_RETURNS, Shows, Summary};
use crate::methods::Method;

/// The kinds of harm that the engine itself finds, without a model.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OwnKinds {
    /// A property whose name comes from outside is written on an object that was itself chosen from outside.
    pub(crate) proto_key: KindSet,
    /// A member that is chosen from outside is called.
    pub(crate) reflection: KindSet,
    /// A text from outside is matched against a regular expression.
    pub(crate) regex_subject: KindSet,
    /// A text from outside is the pattern of Python's formatting.
    pub(crate) format: KindSet,
    /// A mapping from outside replaces entries that were set before.
    pub(crate) replace: KindSet,
}

/// What a body gives away.
pub(crate) struct Emitted {
    pub(crate) summary: Summary,
    pub(crate) edges: Vec<Edge>,
    /// Whether more met somewhere in it than is kept.
    pub(crate) cut: bool,
}

impl Scan<'_, '_> {
    /// Gathers what leaves this body. `handlers`: the sinks of what handlers return, by body.
    pub(crate) fn emit(&mut self, handlers: &FxHashMap<u32, Vec<u32>>, own: OwnKinds) -> Emitted {
        let mut out = Emitter {
            edges: Vec::new(),
            returns: Vec::new(),
            reach: vec![KindSet::default(); self.body.params.len() + 1],
        };
        for at in 0..self.order.len() {
            let block = self.order[at];
            for &value in self.body.block(block).ops {
                self.emit_op(value, handlers, own, &mut out);
            }
        }
        let summary = Summary { returns: out.returns, fills: self.fills(), shows: self.shows(), reach: out.reach };
        Emitted { summary, edges: out.edges, cut: self.cut }
    }

    fn emit_op(&mut self, value: ValueId, handlers: &FxHashMap<u32, Vec<u32>>, own: OwnKinds, out: &mut Emitter) {
        self.emit_filled(value, out);
        match self.op(value) {
            Op::Param(_) => {
                if let Some(slot) = self.env.slots.of_param(self.site(value)) {
                    let facts = self.facts[value.index()].clone();
                    self.leave(value, value, &facts, To::Slot(slot), KindSet::ALL, out);
                }
            }
            Op::Assign(var, from) => {
                if let Some(slot) = self.env.slots.of_var(self.unit, self.id, *var) {
                    let facts = self.used(*from, value);
                    self.leave(value, *from, &facts, To::Slot(slot), KindSet::ALL, out);
                }
            }
            Op::StoreOuter(owner, var, from) => {
                if let Some(slot) = self.env.slots.of_var(self.unit, *owner, *var) {
                    let facts = self.used(*from, value);
                    self.leave(value, *from, &facts, To::Slot(slot), KindSet::ALL, out);
                }
            }
            Op::Dict(_) => self.emit_replaced(value, own, out),
            Op::Store(base, key, from) => self.emit_store(value, *base, *key, *from, own, out),
            Op::Return(from) => {
                let facts = self.used(*from, value);
                for fact in &facts {
                    self.cut |= !add_to(&mut out.returns, *fact, MAX_RETURNS);
                }
                self.emit_handler_return(value, *from, &facts, handlers, out);
            }
            Op::Yield(from) => {
                let facts = self.used(*from, value);
                for fact in self.holding(&facts, KeyId::ANY) {
                    self.cut |= !add_to(&mut out.returns, fact, MAX_RETURNS);
                }
                self.emit_handler_return(value, *from, &facts, handlers, out);
            }
            Op::Binary(BinaryOp::Mod, left, _) if self.module.language == Language::Python => {
                let facts = self.used(*left, value);
                self.harm(value, *left, &facts, own.format, false, out);
            }
            Op::Call { callee, args, .. } => {
                self.emit_sinks(value, out);
                self.emit_settled(value, *callee, args, out);
                self.emit_defined(value, *callee, args, own, out);
                self.emit_matched(value, *callee, args, own, out);
                self.emit_updated(value, *callee, args, own, out);
                self.emit_added(value, *callee, args, out);
                if let Op::Load(base, Key::Member(name)) = *self.op(*callee)
                    && self.module.language == Language::Python
                    && matches!(self.name(name), "format" | "format_map")
                    && !args.is_empty()
                {
                    let facts = self.used(base, value);
                    self.harm(value, base, &facts, own.format, false, out);
                }
                let kept = self.take_kept(value);
                for invocation in kept.unwrap_or_else(|| self.invocations(value, *callee, args)) {
                    self.emit_passed(value, &invocation, out);
                }
                // `object[name]()`: whoever chooses the name chooses what runs.
                if let Op::Load(..) = self.op(*callee) {
                    let chosen: Facts =
                        self.used(*callee, value).into_iter().filter(|fact| fact.flags.has(Flags::CHOSEN)).collect();
                    self.leave(value, *callee, &chosen, To::ChosenSink(own.reflection), own.reflection, out);
                }
            }
            _ => {}
        }
    }

    /// What a function called is passed.
    fn emit_passed(&mut self, value: ValueId, invocation: &Invocation, out: &mut Emitter) {
        let number = self.env.number(invocation.of.0, invocation.of.1);
        // What the others of a circle do with it is not known yet.
        let open = self.state.is_in_circle(number);
        for (param, from, facts) in &invocation.passed {
            let reach = match self.state.summary(number) {
                Some(summary) if !open => summary.reach.get(*param as usize).copied().unwrap_or_default(),
                _ => KindSet::ALL,
            };
            self.leave(value, *from, facts, To::Param(number, *param), reach, out);
        }
    }

    /// Records ways out. `reach`: the harm that can be done there.
    pub(super) fn leave(
        &mut self,
        at: ValueId,
        from: ValueId,
        facts: &Facts,
        to: To,
        reach: KindSet,
        out: &mut Emitter,
    ) {
        for fact in facts {
            let harm = reach.without(fact.cleared);
            if harm.is_empty() {
                continue;
            }
            if let Root::Param(param, _) = self.state.pools.get(fact.root)
                && let Some(reach) = out.reach.get_mut(param as usize)
            {
                *reach |= harm;
            }
            let to = match to {
                To::Sink(_) => To::Sink(harm),
                To::ChosenSink(_) => To::ChosenSink(harm),
                To::Name(_) => To::Name(harm),
                to => to,
            };
            out.edges.push(Edge { fact: Fact { from, ..*fact }, to, at });
        }
    }

    fn emit_sinks(&mut self, value: ValueId, out: &mut Emitter) {
        let models = self.env.models;
        let Some(target) = self.called(value) else { return };
        let mut sinks: SmallVec<[u32; 4]> = SmallVec::new();
        for node in target.api() {
            sinks.extend_from_slice(models.taint.sinks_of.get(&node).map_or(&[], Vec::as_slice));
        }
        // An instance of a project's class is one of the library's class that it is derived from: `class User(db.Model)`.
        if let Op::Call { callee, .. } = self.op(value)
            && let Some((unit, class)) = self.constructed(*callee)
        {
            let bases = crate::lineage::libraries(self.env.facts, (unit, class));
            sinks.extend(bases.iter().filter_map(|node| models.taint.sinks_of.get(node)).flatten().copied());
        }
        if sinks.is_empty() && !target.is_known() {
            sinks.extend_from_slice(self.unknown_sinks(value));
        }
        for at in sinks {
            let sink = &models.taint.sinks[at as usize];
            if sink.where_unescaped && !self.env.templates.is_unescaped(self.module.language) {
                continue;
            }
            if !self.holds(value, &sink.when)
                || sink.unless.iter().any(|when| self.holds(value, std::slice::from_ref(when)))
            {
                continue;
            }
            if sink.fields {
                self.emit_fields(value, sink, out);
                continue;
            }
            for path in &sink.at {
                for (from, facts) in self.along(value, path) {
                    self.harm(value, from, &facts, sink.kinds, sink.deep, out);
                }
            }
        }
    }

    /// Untrusted data in a harmful use.
    pub(super) fn harm(
        &mut self,
        at: ValueId,
        from: ValueId,
        facts: &Facts,
        kinds: KindSet,
        deep: bool,
        out: &mut Emitter,
    ) {
        let harmful = |fact: &&Fact| !fact.flags.has(Flags::CHOSEN) && (deep || fact.path.is_empty());
        let mark = |fact: &Fact| Fact { flags: fact.flags.with_if(deep, Flags::DEEP), ..*fact };
        let facts: Facts = facts.iter().filter(harmful).map(mark).collect();
        self.leave(at, from, &facts, To::Sink(kinds), kinds, out);
    }

    fn emit_store(&mut self, value: ValueId, base: ValueId, key: Key, from: ValueId, own: OwnKinds, out: &mut Emitter) {
        let facts = self.used(from, value);
        if let Key::Member(name) | Key::Item(name) = key {
            let text = self.name(name);
            let slots = self.env.slots.fields(self.env.facts, self.site(base), text);
            for slot in slots {
                self.leave(value, from, &facts, To::Slot(slot), KindSet::ALL, out);
            }
        }
        // An entry of a shared variable.
        if let Op::Outer(owner, var) = *self.op(self.canon[base.index()])
            && let Some(slot) = self.env.slots.of_var(self.unit, owner, var)
        {
            let key = self.key(key);
            let held = self.holding(&facts, key);
            self.leave(value, from, &held, To::Slot(slot), KindSet::ALL, out);
        }
        self.emit_write(value, base, key, from, &facts, out);
        let Key::Value(by) = key else { return };
        self.emit_keyed(value, base, by, own, out);
    }

    /// An element added to a list that a field holds: `this.parts.push(x)`.
    fn emit_added(&mut self, value: ValueId, callee: ValueId, args: &[Arg], out: &mut Emitter) {
        let Op::Load(list, Key::Member(name)) = *self.op(callee) else { return };
        if self.method(name) != Some(Method::Adds) {
            return;
        }
        let Op::Load(owner, Key::Member(field) | Key::Item(field)) = *self.op(self.canon[list.index()]) else { return };
        let text = self.name(field);
        let slots = self.env.slots.fields(self.env.facts, self.site(owner), text);
        if slots.is_empty() {
            return;
        }
        for arg in args {
            let facts = self.used(arg.value, value);
            let held = self.holding(&facts, KeyId::ANY);
            for &slot in &slots {
                self.leave(value, arg.value, &held, To::Slot(slot), KindSet::ALL, out);
            }
        }
    }

    fn emit_write(&mut self, value: ValueId, base: ValueId, key: Key, from: ValueId, facts: &Facts, out: &mut Emitter) {
        let models = self.env.models;
        if models.taint.writes_of.is_empty() {
            return;
        }
        let mut sinks: SmallVec<[u32; 2]> = SmallVec::new();
        for node in self.target(base).api() {
            sinks.extend_from_slice(models.taint.writes_of.get(&node).map_or(&[], Vec::as_slice));
        }
        for at in sinks {
            let sink = &models.taint.sinks[at as usize];
            let text = match key {
                Key::Member(name) | Key::Item(name) => Some(self.name(name).to_owned()),
                Key::Index(index) => Some(index.to_string()),
                Key::Value(by) => self.constant_key(by),
            };
            if let Some(wanted) = &sink.key
                && !text.as_deref().is_some_and(|text| wanted.is_match(text))
            {
                continue;
            }
            self.harm(value, from, facts, sink.kinds, sink.deep, out);
            if sink.keys
                && let Key::Value(by) = key
            {
                let keys = self.used(by, value);
                self.harm(value, by, &keys, sink.kinds, false, out);
            }
        }
    }

    fn emit_handler_return(
        &mut self,
        value: ValueId,
        from: ValueId,
        facts: &Facts,
        handlers: &FxHashMap<u32, Vec<u32>>,
        out: &mut Emitter,
    ) {
        let models = self.env.models;
        let Some(sinks) = handlers.get(&self.env.number(self.unit, self.id)) else { return };
        // What another handler gives is judged there.
        let given = self.called(self.canon[from.index()]);
        if given.is_some_and(|given| {
            given.functions().any(|(unit, body)| handlers.contains_key(&self.env.number(unit, body)))
        }) || self.is_unknown_call(from)
        {
            return;
        }
        for &at in sinks {
            let sink = &models.taint.sinks[at as usize];
            self.harm(value, from, facts, sink.kinds, sink.deep, out);
            // `return text, 404`: the first part is what is sent.
            if let Op::List(ListKind::Tuple, items) = self.op(self.canon[from.index()])
                && let Some(first) = items.first()
            {
                let facts = self.used(first.value, value);
                self.harm(value, first.value, &facts, sink.kinds, sink.deep, out);
            }
        }
    }

    /// Whether a value is what a function gives of which nothing is known. Frameworks and their helpers make responses
    /// of what they are given (a page, a redirection): that it is the text itself would be a guess too many.
    fn is_unknown_call(&self, value: ValueId) -> bool {
        let mut at = self.canon[value.index()];
        while let Op::Await(inner) = *self.op(at) {
            at = self.canon[inner.index()];
        }
        let Op::Call { callee, .. } = self.op(at) else { return false };
        if let Op::Load(_, Key::Member(name)) = self.op(*callee)
            && self.method(*name).is_some()
        {
            return false;
        }
        self.constructed(*callee).is_none()
            && self.target(*callee).functions().next().is_none()
            && !self.target(*callee).api().any(|node| self.env.models.taint.flows.contains_key(&node))
    }

    /// Sinks by the name of the method alone, where nothing is known of the object.
    fn unknown_sinks(&self, value: ValueId) -> &[u32] {
        let models = self.env.models;
        if let Op::Call { callee, .. } = self.op(value)
            && let Op::Load(_, Key::Member(name)) = self.op(*callee)
            && let Some(sinks) =
                models.taint.unknown_sinks.get(&self.module.language).and_then(|of| of.get(self.name(*name)))
            && self.env.facts.functions(self.site(*callee)).is_empty()
        {
            return sinks;
        }
        &[]
    }

    /// What the body puts into objects that it was passed.
    fn fills(&mut self) -> Vec<(u32, Fact)> {
        let mut fills = Vec::new();
        for (index, param) in self.body.params.iter().enumerate() {
            let own = |root: Root| matches!(root, Root::Param(of, _) if of as usize == index);
            for fact in &self.facts[param.value.index()] {
                if !fact.path.is_empty() && !own(self.state.pools.get(fact.root)) {
                    self.cut |= fills.len() >= MAX_RETURNS;
                    fills.push((index as u32, *fact));
                }
            }
        }
        for (index, param) in self.body.params.iter().enumerate() {
            fills.extend(self.filled_inside(param.value).map(|fact| (index as u32, fact)));
        }
        fills.truncate(MAX_RETURNS);
        fills
    }

    /// What the result says of the parameters.
    fn shows(&mut self) -> Vec<Shows> {
        if self.guards.is_empty() && !self.returns_test() {
            return Vec::new();
        }
        let (mut when_true, mut when_false, mut always): (Option<State>, Option<State>, Option<State>) =
            (None, None, None);
        let join = |state: &mut Option<State>, here: &State| {
            *state = Some(state.as_ref().map_or_else(|| here.clone(), |state| both(state, here)));
        };
        for at in 0..self.order.len() {
            let block = self.order[at];
            let returned = match self.body.block(block).end {
                Terminator::Return => self.body.block(block).ops.iter().rev().find_map(|&value| match self.op(value) {
                    Op::Return(from) => Some(Some(*from)),
                    _ => None,
                }),
                Terminator::End => Some(None),
                _ => None,
            };
            let Some(returned) = returned else { continue };
            let here: State = self.guards.end_of(block).iter().copied().collect();
            join(&mut always, &here);
            let constant = match returned {
                None => Some(false),
                Some(value) => self.folding.constant(self.env, self.site(value)).map(|value| value.is_truthy()),
            };
            for (truth, state) in [(true, &mut when_true), (false, &mut when_false)] {
                if constant == Some(!truth) {
                    continue;
                }
                let mut there = here.clone();
                if let (None, Some(value)) = (constant, returned) {
                    for shown in super::guards::Tests::shown(self, value, truth) {
                        super::guards::show(&mut there, shown);
                    }
                }
                join(state, &there);
            }
        }
        self.body
            .params
            .iter()
            .enumerate()
            .filter_map(|(index, param)| {
                let of = |state: &Option<State>| {
                    let fixed = |value: ValueId| {
                        let slot = |fact: &Fact| matches!(self.state.pools.get(fact.root), Root::Slot(..));
                        self.facts[value.index()].iter().all(slot)
                    };
                    let shown = state
                        .iter()
                        .flatten()
                        .filter(|shown| shown.value == param.value && shown.unless.is_none_or(fixed));
                    shown.fold(KindSet::default(), |all, shown| all | shown.kinds)
                };
                let shows = Shows {
                    param: index as u32,
                    when_true: of(&when_true),
                    when_false: of(&when_false),
                    always: of(&always),
                };
                let any = !(shows.when_true | shows.when_false | shows.always).is_empty();
                any.then_some(shows)
            })
            .collect()
    }

    /// Whether the body returns the outcome of a test.
    fn returns_test(&self) -> bool {
        self.body.ops.iter().any(|op| match op {
            Op::Return(from) => matches!(self.op(*from), Op::Binary(..) | Op::Call { .. } | Op::Unary(..) | Op::Phi(_)),
            _ => false,
        })
    }
}

pub(super) struct Emitter {
    edges: Vec<Edge>,
    returns: Vec<Fact>,
    reach: Vec<KindSet>,
}
