//! JavaScript's `arguments`, and functions called by `call` and `apply`.

use lunette_lang::ir::{Arg, Key, Language, Op, ParamKind, ValueId};
use rustc_hash::FxHashSet;

use super::SourceKind;
use super::calls::{BodyKey, Gives, Invocation};
use super::fact::{Fact, Facts, Flags, Root};
use super::path::{KeyId, PathId};
use super::scan::Scan;
use crate::methods::{Method, method};

/// The bodies that read `arguments`.
pub(super) fn variadic(facts: &crate::facts::Facts<'_>) -> FxHashSet<BodyKey> {
    let mut found = FxHashSet::default();
    for unit in facts.program.ids() {
        let module = &facts.program.unit(unit).module;
        let Some(name) = module.names.find("arguments").filter(|_| module.language == Language::JavaScript) else {
            continue;
        };
        for (at, body) in module.bodies.iter().enumerate() {
            if body.ops.contains(&Op::Global(name)) {
                found.insert((unit, lunette_lang::ir::BodyId(at as u32)));
            }
        }
    }
    found
}

impl Scan<'_, '_> {
    /// What `arguments` holds: what the parameters hold, and what was passed beyond them: one more parameter stands for
    /// it, which holds each at its position.
    pub(super) fn arguments(&mut self, value: ValueId) {
        for (at, param) in self.body.params.iter().enumerate() {
            let facts = self.facts_of(param.value).clone();
            let key = self.state.pools.paths.key(&at.to_string());
            let held = if param.kind == ParamKind::Rest { facts } else { self.holding(&facts, key) };
            self.put_all(value, param.value, held);
        }
        let root = self.state.pools.root(Root::Param(self.body.params.len() as u32, PathId::EMPTY));
        let beyond =
            Fact { root, path: PathId::EMPTY, cleared: super::KindSet::default(), from: value, flags: Flags::EXACT };
        self.put(value, beyond);
        if self.env.seeds.is_exported((self.unit, self.id)) {
            self.start(value, self.site(value), SourceKind::Library);
        }
    }

    /// An argument that has no parameter: the callee finds it in `arguments`, at its position.
    pub(super) fn beyond(&mut self, params: usize, at: usize, from: ValueId, facts: &Facts) -> (u32, ValueId, Facts) {
        let key = self.state.pools.paths.key(&at.to_string());
        (params as u32, from, self.holding(facts, key))
    }

    /// `function.call(this, a, b)`, `function.apply(this, list)`.
    pub(super) fn invoked(
        &mut self,
        value: ValueId,
        callee: ValueId,
        base: ValueId,
        args: &[Arg],
        found: &mut smallvec::SmallVec<[Invocation; 1]>,
    ) {
        let is_apply = matches!(*self.op(callee), Op::Load(_, Key::Member(name)) if self.name(name) == "apply");
        let rest = args.get(1..).unwrap_or_default();
        for of in self.env.facts.functions(self.site(base)) {
            let params = self.env.facts.program.body(of.0, of.1).params.len();
            let mut passed: Vec<(u32, ValueId, Facts)> = Vec::new();
            if let ([list], true) = (rest, is_apply) {
                let facts = self.used(list.value, value);
                for at in 0..params {
                    let key = self.state.pools.paths.key(&at.to_string());
                    passed.push((at as u32, list.value, self.under(&facts, key)));
                }
                if self.env.variadic.contains(&of) {
                    passed.push((params as u32, list.value, facts));
                }
            } else {
                for (at, arg) in rest.iter().enumerate() {
                    let facts = self.used(arg.value, value);
                    if at < params {
                        passed.push((at as u32, arg.value, facts));
                    } else if self.env.variadic.contains(&of) {
                        passed.push(self.beyond(params, at, arg.value, &facts));
                    }
                }
            }
            found.push(Invocation { of, passed, gives: Gives::Result });
        }
    }

    /// A method of the language taken from elsewhere: `Array.prototype.slice.call(arguments)`, `[].push.apply(list, more)`.
    pub(super) fn borrowed(&mut self, value: ValueId, base: ValueId, is_apply: bool, args: &[Arg]) {
        let (Op::Load(_, Key::Member(name)), [receiver, rest @ ..]) = (self.op(base), args) else { return };
        let name = self.name(*name);
        let Some(method) = method(name).filter(|method| *method != Method::Invokes) else { return };
        if !is_apply {
            return self.language_method(value, receiver.value, method, name, rest);
        }
        let Some(list) = rest.first() else { return };
        let facts = self.used(list.value, value);
        match method {
            Method::Adds | Method::Extends => {
                let owner = self.canon[receiver.value.index()];
                self.put_all(owner, list.value, facts);
            }
            Method::Nothing => {}
            _ => {
                let own = self.used(receiver.value, value);
                self.put_all(value, receiver.value, own);
                let facts = self.under(&facts, KeyId::ANY);
                self.put_all(value, list.value, facts);
            }
        }
    }

    /// A call about which nothing is known may pass what it is given to the functions that it is given.
    pub(super) fn perhaps_called_back(
        &mut self,
        value: ValueId,
        args: &[Arg],
        found: &mut smallvec::SmallVec<[Invocation; 1]>,
    ) {
        const MAX_PARAMETERS: usize = 4;
        let mut functions: smallvec::SmallVec<[BodyKey; 2]> = smallvec::SmallVec::new();
        for arg in args {
            functions.extend(self.env.facts.functions(self.site(arg.value)));
        }
        if functions.is_empty() {
            return;
        }
        let mut given: Vec<(ValueId, Facts)> = Vec::new();
        for arg in args {
            let facts = Self::made_of(self.used(arg.value, value));
            let doubtful: Facts =
                facts.into_iter().map(|fact| Fact { flags: fact.flags.with(Flags::ASSUMED), ..fact }).collect();
            if !doubtful.is_empty() {
                given.push((arg.value, doubtful));
            }
        }
        if given.is_empty() {
            return;
        }
        for of in functions {
            let params = self.env.facts.program.body(of.0, of.1).params.len().min(MAX_PARAMETERS);
            let each =
                (0..params as u32).flat_map(|at| given.iter().map(move |(from, facts)| (at, *from, facts.clone())));
            found.push(Invocation { of, passed: each.collect(), gives: Gives::Nothing });
        }
    }
}
