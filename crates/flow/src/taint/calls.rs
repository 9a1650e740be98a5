//! Calls: what they give back, and what they pass on to whom.

use lunette_lang::ir::{Arg, ArgKind, BodyId, Key, Op, ParamKind, ValueId};
use smallvec::SmallVec;

use super::binding::{bind, skips_self, values};
use super::fact::{Fact, Facts, Flags, Root};
use super::path::KeyId;
use super::scan::Scan;
use super::target::Target;
use crate::access::{AccessPath, Start, StepInto};
use crate::methods::Method;
use crate::models::{Flow, Spot};
use crate::pattern::Anchoring;
use crate::program::UnitId;

/// A body of the program.
pub(crate) type BodyKey = (UnitId, BodyId);

/// Most functions that one call is taken to call.
const MAX_CALLEES: usize = 8;
/// Most groups of a match that a function which replaces it is passed.
const MAX_GROUPS: usize = 8;

/// What the result of a function called is for the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Gives {
    /// The call's result.
    Result,
    /// An element of the call's result.
    Element,
    /// Nothing.
    Nothing,
}

/// A function of the project that a call runs, and what it is passed.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) of: BodyKey,
    /// Parameter, the value that holds it here, and its facts.
    pub(crate) passed: Vec<(u32, ValueId, Facts)>,
    pub(crate) gives: Gives,
}

impl Scan<'_, '_> {
    pub(crate) fn call(&mut self, value: ValueId, callee: ValueId, args: &[Arg]) {
        let site = self.site(value);
        if self.forward(value) {
            return;
        }
        let target = self.target(callee);
        if target.api().next().is_some() {
            self.seed(value);
        }
        for node in target.api() {
            if let Some(kind) = self.env.seeds.of_call(node) {
                self.start(value, site, kind);
            }
            for at in 0..self.env.seeds.filled(node).len() {
                let (spot, kind) = self.env.seeds.filled(node)[at].clone();
                for target in values(self, value, &spot.path) {
                    self.start(target, site, kind);
                }
            }
        }
        let invocations = self.invocations(value, callee, args);
        // What is only looked at, or replaced in part, the result still holds.
        let mut answered = invocations.iter().any(|invocation| invocation.gives != Gives::Nothing || target.is_known());
        answered &= !self.is_replacement(callee);
        for invocation in &invocations {
            self.invoke(value, invocation);
        }
        self.keep(value, invocations);
        for node in target.api() {
            answered |= self.library_call(value, callee, args, node);
        }
        if let Some(class) = self.constructed(callee) {
            answered |= self.fields_given(value, class, args);
        }
        answered |= self.promised(value);
        if !answered {
            self.language_call(value, callee, args);
        }
    }

    fn is_replacement(&self, callee: ValueId) -> bool {
        matches!(*self.op(callee), Op::Load(_, Key::Member(name)) if self.method(name) == Some(Method::Replaces))
    }

    /// Applies the summary of a function called.
    fn invoke(&mut self, value: ValueId, invocation: &Invocation) {
        let number = self.env.number(invocation.of.0, invocation.of.1);
        let Some(summary) = self.state.summary(number) else { return };
        let (returns, fills) = (summary.returns.clone(), summary.fills.clone());
        if invocation.gives != Gives::Nothing {
            for given in &returns {
                for (from, fact) in self.answers(value, invocation, given) {
                    let fact = if invocation.gives == Gives::Element {
                        self.state.pools.store(fact, KeyId::ANY)
                    } else {
                        fact
                    };
                    self.put(value, Fact { from, ..fact });
                }
            }
        }
        for (param, given) in &fills {
            let targets: Vec<ValueId> =
                invocation.passed.iter().filter(|(at, ..)| at == param).map(|(_, target, _)| *target).collect();
            for (from, fact) in self.answers(value, invocation, given) {
                for &target in &targets {
                    let owner = self.canon[target.index()];
                    self.put(owner, Fact { from, ..fact });
                }
            }
        }
    }

    /// What a fact of a summary means for this call: the values that it comes by, and the facts.
    pub(super) fn answers(&mut self, value: ValueId, invocation: &Invocation, given: &Fact) -> Vec<(ValueId, Fact)> {
        match self.state.pools.get(given.root) {
            // Comes from inside the function: here it comes by the call itself.
            Root::Source(_) | Root::Slot(..) => vec![(value, *given)],
            Root::Param(param, asked) => {
                let mut found = Vec::new();
                for (_, from, facts) in invocation.passed.iter().filter(|(at, ..)| *at == param) {
                    for fact in facts {
                        if let Some(fact) = self.state.pools.apply(*fact, asked, given) {
                            found.push((*from, fact));
                        }
                    }
                }
                found
            }
        }
    }

    /// The functions of the project that a call runs: its callees, and callbacks that methods of the languages or
    /// modelled calls run.
    pub(crate) fn invocations(&mut self, value: ValueId, callee: ValueId, args: &[Arg]) -> SmallVec<[Invocation; 1]> {
        let mut found: SmallVec<[Invocation; 1]> = SmallVec::new();
        let target = self.target(callee);
        let mut callees: SmallVec<[BodyKey; 2]> = target.functions().collect();
        if let Some((unit, class)) = self.constructed(callee) {
            callees.extend(self.constructor(unit, class));
        }
        callees.truncate(MAX_CALLEES);
        for of in callees {
            let passed = self.passed(value, of, callee, args);
            found.push(Invocation { of, passed, gives: Gives::Result });
        }
        if let Op::Load(base, Key::Member(name)) = *self.op(callee)
            && !args.is_empty()
            && let Some(method) = self.method(name)
        {
            self.called_back(value, (callee, base), method, args, &mut found);
        } else if found.is_empty() && !target.is_known() {
            self.perhaps_called_back(value, args, &mut found);
        }
        self.model_callbacks(value, target, &mut found);
        self.renders(value, args, &mut found);
        found
    }

    fn passed(&mut self, value: ValueId, of: BodyKey, callee: ValueId, args: &[Arg]) -> Vec<(u32, ValueId, Facts)> {
        let mut passed = Vec::new();
        // What is filled may be empty before.
        let number = self.env.number(of.0, of.1);
        let filled: SmallVec<[u32; 2]> = match self.state.summary(number) {
            Some(summary) if !summary.fills.is_empty() => summary.fills.iter().map(|(param, _)| *param).collect(),
            _ => SmallVec::new(),
        };
        for (param, from) in bind(self, of, callee, args) {
            let facts = self.used(from, value);
            if !facts.is_empty() || filled.contains(&param) {
                passed.push((param, from, facts));
            }
        }
        self.passed_rest(value, of, callee, args, &mut passed);
        passed
    }

    /// What spread arguments and collecting parameters are passed.
    fn passed_rest(
        &mut self,
        value: ValueId,
        of: BodyKey,
        callee: ValueId,
        args: &[Arg],
        passed: &mut Vec<(u32, ValueId, Facts)>,
    ) {
        let program = self.env.facts.program;
        let module = &program.unit(of.0).module;
        let params = &module.body(of.1).params;
        let skip = usize::from(skips_self(self, of, callee));
        let positional = params.iter().filter(|param| param.kind == ParamKind::Positional).count();
        let mut position = skip;
        for arg in args {
            match arg.kind {
                ArgKind::Positional => {
                    if position >= positional
                        && let Some(rest) = params.iter().position(|param| param.kind == ParamKind::Rest)
                    {
                        let facts = self.used(arg.value, value);
                        let key = self.state.pools.paths.key(&(position - positional).to_string());
                        passed.push((rest as u32, arg.value, self.holding(&facts, key)));
                    } else if position >= params.len() && self.env.variadic.contains(&of) {
                        let facts = self.used(arg.value, value);
                        passed.push(self.beyond(params.len(), position, arg.value, &facts));
                    }
                    position += 1;
                }
                ArgKind::Named(name) => {
                    let name = self.name(name);
                    if !params.iter().any(|param| module.name(param.name) == name)
                        && let Some(rest) = params.iter().position(|param| param.kind == ParamKind::KeywordRest)
                    {
                        let facts = self.used(arg.value, value);
                        let key = self.state.pools.paths.key(name);
                        passed.push((rest as u32, arg.value, self.holding(&facts, key)));
                    }
                }
                ArgKind::Spread => {
                    let facts = self.used(arg.value, value);
                    if facts.is_empty() {
                        continue;
                    }
                    let elements = self.under(&facts, KeyId::ANY);
                    for (at, param) in params.iter().enumerate().skip(position) {
                        match param.kind {
                            ParamKind::Positional => passed.push((at as u32, arg.value, elements.clone())),
                            ParamKind::Rest => passed.push((at as u32, arg.value, facts.clone())),
                            _ => {}
                        }
                    }
                    if self.env.variadic.contains(&of) {
                        let held = self.holding(&elements, KeyId::ANY);
                        passed.push((params.len() as u32, arg.value, held));
                    }
                }
                ArgKind::SpreadNamed => {
                    let facts = self.used(arg.value, value);
                    if facts.is_empty() {
                        continue;
                    }
                    for (at, param) in params.iter().enumerate() {
                        match param.kind {
                            ParamKind::KeywordRest => passed.push((at as u32, arg.value, facts.clone())),
                            ParamKind::Rest => {}
                            _ => {
                                let key = self.state.pools.paths.key(module.name(param.name));
                                passed.push((at as u32, arg.value, self.under(&facts, key)));
                            }
                        }
                    }
                }
            }
        }
    }

    /// Callbacks that methods of lists, promises and functions run.
    fn called_back(
        &mut self,
        value: ValueId,
        (callee, base): (ValueId, ValueId),
        method: Method,
        args: &[Arg],
        found: &mut SmallVec<[Invocation; 1]>,
    ) {
        let receiver = self.used(base, value);
        let (first, gives): (u32, Gives) = match method {
            Method::Maps => (0, Gives::Element),
            Method::Filters | Method::Visits => (0, Gives::Nothing),
            Method::Folds => (1, Gives::Result),
            Method::Then => (0, Gives::Result),
            Method::Replaces => {
                // `text.replace(pattern, match => …)`
                if let Some(arg) = args.get(1) {
                    for of in self.env.facts.functions(self.site(arg.value)) {
                        // The match, and what its groups hold.
                        let parameters = self.env.facts.program.body(of.0, of.1).params.len().min(MAX_GROUPS);
                        let text = self.text_of(receiver.clone());
                        let passed = (0..parameters as u32).map(|at| (at, base, text.clone())).collect();
                        found.push(Invocation { of, passed, gives: Gives::Result });
                    }
                }
                return;
            }
            Method::Invokes => return self.invoked(value, callee, base, args, found),
            _ => return,
        };
        let content = if method == Method::Then { receiver } else { self.under(&receiver, KeyId::ANY) };
        for arg in args.iter().take(if method == Method::Then { 2 } else { 1 }) {
            for of in self.env.facts.functions(self.site(arg.value)).into_iter().take(MAX_CALLEES) {
                let passed = vec![(first, base, content.clone())];
                let mut invocation = Invocation { of, passed, gives };
                if method == Method::Folds {
                    self.accumulated(value, args, &mut invocation);
                }
                found.push(invocation);
            }
        }
    }

    /// Callbacks that models say are given something.
    fn model_callbacks(&mut self, value: ValueId, called: Target<'_>, found: &mut SmallVec<[Invocation; 1]>) {
        let site = self.site(value);
        for node in called.api() {
            for flow in self.env.models.taint.flows.get(&node).into_iter().flatten() {
                let Some(parameter) = flow.to.parameter else { continue };
                let targets = self.env.facts.follow(site, &flow.to.path);
                for &target in targets.sites() {
                    for of in self.env.facts.functions(target) {
                        for (from, facts) in self.passed_on(value, flow) {
                            found.push(Invocation {
                                of,
                                passed: vec![(parameter as u32, from, facts)],
                                gives: Gives::Nothing,
                            });
                        }
                    }
                }
            }
        }
    }

    /// What a flow takes from a call: the values, and the facts as they are passed on.
    fn passed_on(&mut self, value: ValueId, flow: &Flow) -> Vec<(ValueId, Facts)> {
        let mut clears = flow.clears;
        if let Some(path) = &flow.replaces
            && let Some(pattern) = self.pattern_at(self.site(value), path)
        {
            clears |= self
                .state
                .patterns
                .of(&self.env.models.taint, &pattern, self.module.language, Anchoring::Anywhere)
                .caught;
        }
        let mut passed = Vec::new();
        for path in &flow.from {
            for (from, facts) in self.along(value, path) {
                let facts = if flow.copy {
                    Self::copied(facts)
                } else if flow.same {
                    facts
                } else {
                    let wanted = |fact: &Fact| flow.deep || fact.path.is_empty();
                    Self::made_of(facts.into_iter().filter(wanted).collect())
                        .into_iter()
                        .map(|fact| Fact {
                            flags: if flow.deep { fact.flags } else { fact.flags.without(Flags::DEEP) },
                            ..fact
                        })
                        .collect()
                };
                let behind = self.is_behind(value, from);
                let cleared = |fact: Fact| Fact {
                    cleared: (fact.cleared | clears).without(flow.restores),
                    flags: fact.flags.with_if(behind, Flags::PART),
                    ..fact
                };
                passed.push((from, facts.into_iter().map(cleared).collect()));
            }
        }
        passed
    }

    /// Whether an argument stands behind another one, as in `path.join(folder, name)`. What is resolved against the
    /// working directory is what a caller names.
    fn is_behind(&self, call: ValueId, from: ValueId) -> bool {
        let Op::Call { args, .. } = self.op(call) else { return false };
        let Some(position) = args.iter().position(|arg| arg.value == from) else { return false };
        args[..position].iter().any(|arg| match self.op(self.plain(arg.value)) {
            Op::Call { callee, .. } => {
                !matches!(*self.op(*callee), Op::Load(_, Key::Member(name)) if self.name(name) == "cwd")
            }
            _ => true,
        })
    }

    /// The values at an access path of a call, with the facts about what lies there.
    pub(crate) fn along(&mut self, call: ValueId, path: &AccessPath) -> Vec<(ValueId, Facts)> {
        let mut found = Vec::new();
        for value in values(self, call, path) {
            let mut facts = self.used(value, call);
            for step in &path.steps {
                let key = match step {
                    StepInto::Key(key) => self.state.pools.paths.key(key),
                    StepInto::Element => KeyId::ELEMENT,
                };
                facts = self.under(&facts, key);
            }
            // Of a spread argument the elements are passed.
            if self.is_spread(call, value) {
                facts = self.under(&facts, KeyId::ANY);
            }
            if !facts.is_empty() {
                found.push((value, facts));
            }
        }
        found
    }

    fn is_spread(&self, call: ValueId, value: ValueId) -> bool {
        let Op::Call { args, .. } = self.op(call) else { return false };
        args.iter().any(|arg| arg.value == value && arg.kind == ArgKind::Spread)
    }

    /// A call of a library: what models say of it; whether they say anything.
    fn library_call(&mut self, value: ValueId, callee: ValueId, args: &[Arg], node: crate::api::NodeId) -> bool {
        let mut answered = false;
        if let Some(flows) = self.env.models.taint.flows.get(&node) {
            for flow in flows {
                answered = true;
                if flow.to.parameter.is_some() || !self.holds(value, &flow.when) {
                    continue;
                }
                for (from, facts) in self.passed_on(value, flow) {
                    self.deliver(value, &flow.to, from, facts);
                }
            }
        }
        if let Some(argument) = self.env.facts.trie.traits(node).returns_argument
            && let Some(arg) = args.get(argument)
        {
            let facts = self.used(arg.value, value);
            self.put_all(value, arg.value, facts);
            answered = true;
        }
        let _ = callee;
        answered
    }

    /// Puts what a flow passes on where it goes.
    fn deliver(&mut self, value: ValueId, to: &Spot, from: ValueId, mut facts: Facts) {
        for step in to.path.steps.iter().rev() {
            let key = match step {
                StepInto::Key(key) => self.state.pools.paths.key(key),
                StepInto::Element => KeyId::ANY,
            };
            facts = self.holding(&facts, key);
        }
        if to.path.start == Start::Return {
            self.put_all(value, from, facts);
        } else {
            for target in values(self, value, &to.path) {
                let owner = self.canon[target.index()];
                self.put_all(owner, from, facts.clone());
            }
        }
    }
}
