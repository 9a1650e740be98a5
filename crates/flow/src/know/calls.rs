//! Calls: arguments to parameters, results, constructors, callbacks.

use lunette_lang::ir::{
    Arg, ArgKind, BinaryOp, BodyId, BodyKind, Const, Entry, Key, Language, Op, ParamKind, ValueId, ValueRef,
};

use smallvec::SmallVec;

use super::names::DEFAULT;
use super::slots::Slot;
use super::{Origin, Origins, Tracker, merge};
use crate::api::Callback;
use crate::program::{Site, UnitId};

/// Methods of arrays that call their argument with an element first.
const ITERATORS: [&str; 7] = ["forEach", "map", "filter", "flatMap", "find", "some", "every"];

/// How deep objects are looked into for the functions that they hold: options, resolvers by type, field and use.
const NESTING: u32 = 5;

impl Tracker<'_> {
    pub(super) fn call(&mut self, value: ValueId, callee: ValueId, args: &[Arg], new: bool) -> Origins {
        let site = self.site(value);
        let mut set = Origins::new();
        for origin in self.get(callee) {
            let found = match origin {
                Origin::Function(unit, body) => {
                    self.bind(unit, body, args, self.skips_self(unit, body, callee));
                    let mut found = self.read(Slot::Return(unit, body));
                    if new {
                        // What a constructor function stores on `this` is kept by the function.
                        merge(&mut found, &[Origin::Function(unit, body)]);
                    }
                    found
                }
                Origin::Class(unit, class) => self.construct(unit, class, args, site),
                Origin::Api(node, receiver) => self.api_call(node, receiver, site, args),
                Origin::Instance(..) | Origin::Module(_) | Origin::Literal(_) => Origins::new(),
            };
            merge(&mut set, &found);
        }
        if !new && let Op::Load(base, Key::Member(name)) = *self.op(callee) {
            let found = self.known_method(base, name, args);
            merge(&mut set, &found);
        }
        set
    }

    fn op(&self, value: ValueId) -> &Op {
        self.program.op(self.site(value))
    }

    /// Whether a Python method is called on an instance, so that `self` takes no argument.
    fn skips_self(&self, unit: UnitId, body: BodyId, callee: ValueId) -> bool {
        let function = self.program.body(unit, body);
        if self.program.unit(unit).module.language != Language::Python || function.kind != BodyKind::Method {
            return false;
        }
        match *self.op(callee) {
            Op::Load(base, _) => {
                function.is_static || self.get(base).iter().any(|origin| matches!(origin, Origin::Instance(..)))
            }
            _ => true,
        }
    }

    /// Whether a value may be a library's.
    pub(super) fn is_library(&self, value: ValueId) -> bool {
        self.get(value).iter().any(|origin| matches!(origin, Origin::Api(..)))
    }

    /// What a library's operator gives: `Path("a") / "b"` is a call of `__truediv__`.
    pub(super) fn operator(&self, value: ValueId, operator: BinaryOp, left: ValueId) -> Origins {
        let site = self.site(value);
        let mut set = Origins::from_slice(&[Origin::Literal(site)]);
        let method = match operator {
            BinaryOp::Div => "__truediv__",
            BinaryOp::Mod => "__mod__",
            BinaryOp::Add => "__add__",
            _ => return set,
        };
        let Some(word) = self.trie.word(method) else { return set };
        for origin in self.get(left) {
            if let Origin::Api(node, _) = origin
                && let Some(result) = self.trie.member(node, word).and_then(|method| self.trie.call(method))
            {
                merge(&mut set, &[Origin::Api(self.canonical(result), site)]);
            }
        }
        set
    }

    /// Passes arguments on to parameters.
    pub(super) fn bind(&mut self, unit: UnitId, body: BodyId, args: &[Arg], skip_first: bool) {
        // What tests and examples pass says nothing of what the program is given.
        if self.tests[self.current.0.0 as usize] && !self.tests[unit.0 as usize] {
            return;
        }
        let params = &self.program.body(unit, body).params;
        let here = &self.program.unit(self.current.0).module;
        let there = &self.program.unit(unit).module;
        let mut position = usize::from(skip_first);
        let mut writes: SmallVec<[(usize, ValueId); 8]> = SmallVec::new();
        for arg in args {
            match arg.kind {
                ArgKind::Positional => {
                    if let Some(param) = params.get(position)
                        && param.kind == ParamKind::Positional
                    {
                        writes.push((position, arg.value));
                    }
                    position += 1;
                }
                ArgKind::Named(name) => {
                    let name = here.name(name);
                    if let Some(at) = params.iter().position(|param| there.name(param.name) == name) {
                        writes.push((at, arg.value));
                    }
                }
                ArgKind::Spread | ArgKind::SpreadNamed => break,
            }
        }
        for (at, value) in writes {
            let set = self.values[self.base + value.index()];
            self.write_set(Slot::Param(unit, body, at as u32), set);
        }
    }

    fn construct(&mut self, unit: UnitId, class: lunette_lang::ir::ClassId, args: &[Arg], site: Site) -> Origins {
        let module = &self.program.unit(unit).module;
        let constructor = match module.language {
            Language::Python => "__init__",
            Language::JavaScript => "constructor",
        };
        let constructor = self.names.intern(constructor, self.trie);
        let mut set = Origins::from_slice(&[Origin::Instance(unit, class)]);
        for origin in self.member_of(Origin::Class(unit, class), constructor) {
            if let Origin::Function(u, b) = origin {
                self.bind(u, b, args, module.language == Language::Python);
            }
        }
        // An instance of a subclass of a library's class is that library's value, too: `class App(Flask)`.
        for base in self.bases(unit, class) {
            if let Origin::Api(node, _) = base
                && let Some(instance) = self.trie.call(node)
            {
                merge(&mut set, &[Origin::Api(self.canonical(instance), site)]);
            }
        }
        set
    }

    fn api_call(&mut self, node: crate::api::NodeId, receiver: Site, site: Site, args: &[Arg]) -> Origins {
        let mut set = Origins::new();
        let trie = self.trie;
        for callback in &trie.traits(node).callbacks {
            if !self.is_event(args, &callback.events) {
                continue;
            }
            let last = if callback.and_later { args.len() } else { callback.argument + 1 };
            for arg in args.iter().take(last).skip(callback.argument) {
                self.give(arg.value, callback);
            }
        }
        if let Some(result) = self.trie.call(node) {
            merge(&mut set, &[Origin::Api(self.canonical(result), site)]);
        }
        let traits = self.trie.traits(node);
        if traits.returns_receiver
            && let Some(object) = self.trie.parent(node)
        {
            merge(&mut set, &[Origin::Api(object, receiver)]);
        }
        if let Some(argument) = traits.returns_argument
            && let Some(arg) = args.get(argument)
        {
            let origins = self.get(arg.value);
            merge(&mut set, &origins);
        }
        set
    }

    /// Whether a call's first argument names one of these events, as far as it is written there. No events: all are.
    fn is_event(&self, args: &[Arg], events: &[String]) -> bool {
        let Some(first) = args.first().filter(|_| !events.is_empty()) else { return true };
        let (unit, body) = self.current;
        match *self.program.op(Site { unit, body, value: first.value }) {
            Op::Const(Const::Str(name)) => {
                events.iter().any(|event| event == self.program.unit(unit).module.name(name))
            }
            _ => true,
        }
    }

    /// Whether a function may be meant for one of these events: as the entry of a mapping (`{ error: …, upgrade: … }`) it
    /// is meant for that of its key.
    fn is_entry_for(&self, unit: UnitId, body: BodyId, events: &[String]) -> bool {
        if events.is_empty() {
            return true;
        }
        let Some(&literal) = self.owners[unit.0 as usize].get(&body) else { return true };
        let Op::Dict(entries) = self.program.op(literal) else { return true };
        let module = &self.program.unit(unit).module;
        let key = entries.iter().find_map(|entry| match *entry {
            Entry::Pair(Key::Member(key) | Key::Item(key), value) => {
                let value = self.program.op(Site { value, ..literal });
                matches!(*value, Op::Closure(of) if of == body).then(|| module.name(key))
            }
            _ => None,
        });
        key.is_none_or(|key| events.iter().any(|event| event == key))
    }

    /// Gives a library's value to a parameter of every function that `value` may be, or that it holds as a list of
    /// functions or as an object of options.
    fn give(&mut self, value: ValueId, callback: &Callback) {
        let origins = self.get(value);
        self.give_to(&origins, callback, NESTING);
    }

    pub(super) fn give_to(&mut self, origins: &[Origin], callback: &Callback, depth: u32) {
        for &origin in origins {
            match origin {
                Origin::Function(unit, body) => {
                    if !self.is_entry_for(unit, body, &callback.events) {
                        continue;
                    }
                    let params = &self.program.body(unit, body).params;
                    let parameter = callback.parameter + usize::from(callback.error_parameters == Some(params.len()));
                    if let Some(param) = params.get(parameter) {
                        let made = Site { unit, body, value: param.value };
                        self.write(Slot::Param(unit, body, parameter as u32), &[Origin::Api(callback.value, made)]);
                    }
                }
                Origin::Literal(site) if depth > 0 => {
                    let inner = self.element_of(origin, None);
                    self.give_to(&inner, callback, depth - 1);
                    let Op::Dict(entries) = self.program.op(site) else { continue };
                    for entry in entries {
                        if let Entry::Spread(from) = *entry {
                            let spread = self.depend(site.unit, ValueRef { body: site.body, value: from });
                            self.give_to(&spread, callback, depth - 1);
                        }
                    }
                }
                Origin::Module(unit) if depth > 0 => {
                    let inner = self.exported(unit, DEFAULT);
                    self.give_to(&inner, callback, depth - 1);
                }
                _ => {}
            }
        }
    }

    /// Methods of the languages themselves that call their argument or pass their receiver on.
    fn known_method(&mut self, base: ValueId, name: lunette_lang::ir::NameId, args: &[Arg]) -> Origins {
        let unit = self.current.0;
        let program = self.program;
        match program.unit(unit).module.name(name) {
            "bind" | "promisify" => self.functions_of(base),
            "call" => {
                for origin in self.functions_of(base) {
                    if let Origin::Function(unit, body) = origin {
                        self.bind(unit, body, args.get(1..).unwrap_or_default(), false);
                    }
                }
                Origins::new()
            }
            "then" => {
                let given = self.get(base);
                self.call_back(args, &given)
            }
            method if ITERATORS.contains(&method) => {
                let given = self.element(base);
                self.call_back(args, &given);
                Origins::new()
            }
            _ => Origins::new(),
        }
    }

    fn functions_of(&self, value: ValueId) -> Origins {
        self.get(value).into_iter().filter(|origin| matches!(origin, Origin::Function(..))).collect()
    }

    /// Calls the first argument with something as its first parameter; what it returns.
    fn call_back(&mut self, args: &[Arg], given: &[Origin]) -> Origins {
        let mut set = Origins::new();
        let Some(callback) = args.first() else { return set };
        for origin in self.functions_of(callback.value) {
            if let Origin::Function(unit, body) = origin {
                self.write(Slot::Param(unit, body, 0), given);
                let returned = self.read(Slot::Return(unit, body));
                merge(&mut set, &returned);
            }
        }
        set
    }
}
