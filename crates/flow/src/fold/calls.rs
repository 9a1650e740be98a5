//! Calls: methods of containers and constants, built-in functions, constructors, functions of the project.

use std::rc::Rc;

use lunette_lang::ir::{Arg, ArgKind, Key, Language, ListKind, Op, ValueId};

use super::contents::{Constants, Content, Effect, Given, MapKind, put, slot};
use super::machine::{BOTTOM, Machine, NONE};
use super::methods;
use crate::constant::{self, Value};
use crate::know::Origin;
use crate::program::Site;

/// Built-in functions that make containers.
pub(super) fn is_constructor(name: &str) -> bool {
    matches!(name, "list" | "dict" | "set" | "tuple" | "frozenset" | "Map" | "Set" | "Array" | "Object")
}

/// Methods that give a new container.
pub(super) fn copies(name: &str) -> bool {
    matches!(name, "copy" | "values" | "slice" | "concat")
}

/// Built-in functions that write to nothing and keep nothing but what their arguments hold.
fn only_looks(name: &str, language: Language) -> bool {
    match language {
        Language::Python => matches!(
            name,
            "len"
                | "str"
                | "repr"
                | "print"
                | "bool"
                | "int"
                | "float"
                | "isinstance"
                | "type"
                | "id"
                | "hash"
                | "any"
                | "all"
                | "sum"
                | "ascii"
                | "format"
                | "bytes"
                | "ord"
                | "enumerate"
                | "zip"
                | "reversed"
                | "sorted"
                | "iter"
                | "next"
                | "map"
                | "filter"
                | "min"
                | "max"
                | "list"
                | "tuple"
                | "set"
                | "frozenset"
                | "dict"
        ),
        Language::JavaScript => {
            matches!(name, "String" | "Boolean" | "Number" | "parseInt" | "parseFloat" | "isNaN" | "isFinite")
        }
    }
}

impl Machine<'_> {
    pub(super) fn call(&mut self, value: ValueId, callee: ValueId, args: &[Arg], new: bool) {
        if let Some((kind, empty)) = self.store_made(value, args) {
            self.lose_args(args);
            self.set_cell(value, BOTTOM);
            let content = if empty { Content::Map(MapKind::Store(kind), Vec::new()) } else { Content::Lost };
            return self.make(value, content);
        }
        match self.body.ops[callee.index()] {
            Op::Load(base, Key::Member(name)) if self.alias[base.index()] != NONE => {
                let name = self.name(name);
                self.container_method(value, self.alias[base.index()], &name, args);
            }
            Op::Load(base, Key::Member(name)) if self.constant(base).is_some() => {
                let name = self.name(name);
                let result = self.arguments(args).and_then(|args| {
                    let args: Vec<&Value> = args.iter().collect();
                    methods::method(self.constant(base)?, &name, &args, self.language)
                });
                let joins = name == "join" || name == "startswith" || name == "endswith" || name == "format";
                self.finish(value, result, args, !joins);
            }
            Op::Load(base, Key::Member(name)) if matches!(self.body.ops[base.index()], Op::Global(_)) => {
                let Op::Global(object) = self.body.ops[base.index()] else { return };
                let (object, name) = (self.name(object), self.name(name));
                self.static_method(value, &object, &name, args);
            }
            Op::Global(name) => {
                let name = self.name(name);
                self.builtin(value, &name, args, new);
            }
            _ => {
                if self.asks.binary_search(&value).is_ok() {
                    self.ask(value, |this, site| constant::certain(this.program, this.known, site));
                }
                self.finish_call(value, callee, args);
            }
        }
    }

    /// The end of a call of which only its constant result is known, if that.
    fn finish(&mut self, value: ValueId, result: Option<Value>, args: &[Arg], keeps: bool) {
        for arg in args {
            if keeps {
                self.lose_value(arg.value);
            } else if let Some(content) = self.content(arg.value).cloned() {
                self.lose_within(&content);
            }
        }
        if self.is_root(value) {
            self.make(value, Content::Lost);
        }
        self.set_constant(value, result);
    }

    fn lose_args(&mut self, args: &[Arg]) {
        for arg in args {
            self.lose_value(arg.value);
        }
    }

    /// The end of a call of something unknown.
    fn finish_call(&mut self, value: ValueId, callee: ValueId, args: &[Arg]) {
        self.lose_value(callee);
        if let Op::Load(base, _) = self.body.ops[callee.index()]
            && self.language == Language::JavaScript
        {
            // `object["name"]()` runs with the object as `this`.
            self.lose_value(base);
        }
        self.lose_args(args);
        if self.is_root(value) {
            self.make(value, Content::Lost);
        }
        if self.cells[value.index()] == 0 || self.asks.binary_search(&value).is_err() {
            self.set_cell(value, BOTTOM);
        }
    }

    /// The arguments as constants.
    fn arguments(&self, args: &[Arg]) -> Option<Vec<Value>> {
        let constant = |arg: &Arg| {
            if arg.kind != ArgKind::Positional {
                return None;
            }
            match self.content(arg.value) {
                Some(content) => content.constant(self),
                None => self.constant(arg.value).cloned(),
            }
        };
        args.iter().map(constant).collect()
    }

    fn given(&self, value: ValueId) -> Given {
        Given { value, constant: self.constant(value).cloned(), content: self.content(value).cloned() }
    }

    fn container_method(&mut self, value: ValueId, alias: u32, name: &str, args: &[Arg]) {
        let before = Rc::clone(&self.state[alias as usize]);
        let mut given = Vec::with_capacity(args.len());
        let mut named = Vec::new();
        let mut spread = false;
        for arg in args {
            match arg.kind {
                ArgKind::Positional => given.push(self.given(arg.value)),
                ArgKind::Named(name) => named.push((self.module.name(name), self.given(arg.value))),
                ArgKind::Spread | ArgKind::SpreadNamed => spread = true,
            }
        }
        let mut content = Content::clone(&before);
        let effect = match (&before.as_ref(), self.containers) {
            _ if spread => Effect::Loses,
            (Content::Map(MapKind::Store(kind), _), containers) => match containers.kind(*kind) {
                Some(store) => store.call(*kind, &mut content, name, &given, &named),
                None => Effect::Loses,
            },
            (Content::Lost | Content::Unmade, _) => Effect::Loses,
            (Content::Map(MapKind::Dict, _), _) if name == "update" && args.is_empty() => Effect::Absent,
            (Content::Map(MapKind::Dict, _), _) if name == "update" && given.is_empty() => update(&mut content, &named),
            _ if !named.is_empty() => Effect::Loses,
            _ => content.method(name, &given, self),
        };
        if content != *before {
            let held = before.values();
            self.putting = content.values().iter().any(|value| !held.contains(value)).then_some(value);
            *self.content_mut(alias) = content;
        }
        match &effect {
            Effect::Loses | Effect::Unknown => {
                // What was passed may be kept; what is in it, before or after, may be what comes out.
                if effect == Effect::Loses {
                    self.lose_args(args);
                }
                self.lose_within(&before);
            }
            Effect::New(_) if !self.is_root(value) => {}
            _ => {}
        }
        let absent = match self.language {
            Language::Python => matches!(name, "get" | "pop" | "setdefault")
                .then_some(Value::Null)
                .filter(|_| is_mapping(&before) && (name != "pop")),
            Language::JavaScript => Some(Value::Undefined),
        };
        let root = self.is_root(value);
        if root && !matches!(effect, Effect::New(_)) {
            self.make(value, Content::Lost);
        }
        self.give(value, effect, Some(alias), absent);
        self.putting = None;
    }

    fn builtin(&mut self, value: ValueId, name: &str, args: &[Arg], new: bool) {
        if self.is_root(value) && is_constructor(name) {
            let content = self.construct(name, args, new);
            self.set_cell(value, BOTTOM);
            if content == Content::Lost {
                // They copy, and what they copy may be in them.
                let held: Vec<Content> = args.iter().filter_map(|arg| self.content(arg.value).cloned()).collect();
                for content in &held {
                    self.lose_within(content);
                }
                for arg in args.iter().filter(|arg| arg.kind != ArgKind::Positional || name == "Array") {
                    self.lose_value(arg.value);
                }
            }
            return self.make(value, content);
        }
        let result = match args {
            [only] if name == "len" => match self.content(only.value) {
                Some(content) => content.len().and_then(|length| i64::try_from(length).ok()).map(Value::Int),
                None => self.constant(only.value).and_then(|value| methods::length(value, self.language)),
            },
            [only] if matches!(name, "bool" | "Boolean") => self.truth(only.value).map(Value::Bool),
            _ if new => None,
            _ => self.arguments(args).and_then(|args| {
                let args: Vec<&Value> = args.iter().collect();
                methods::builtin(name, &args, self.language)
            }),
        };
        let keeps = !only_looks(name, self.language);
        self.finish(value, result, args, keeps);
    }

    /// What a built-in constructor makes.
    fn construct(&self, name: &str, args: &[Arg], new: bool) -> Content {
        if args.iter().any(|arg| !matches!(arg.kind, ArgKind::Positional | ArgKind::Named(_))) {
            return Content::Lost;
        }
        let kind = match (name, self.language, new) {
            ("list", Language::Python, _) | ("Array", Language::JavaScript, _) => ListKind::List,
            ("tuple", Language::Python, _) => ListKind::Tuple,
            ("set" | "frozenset", Language::Python, _) | ("Set", Language::JavaScript, true) => ListKind::Set,
            ("dict", Language::Python, _) => return self.new_dict(args),
            ("Map", Language::JavaScript, true) => return self.new_map(args),
            ("Object", Language::JavaScript, _) if args.is_empty() => return Content::Map(MapKind::Object, Vec::new()),
            _ => return Content::Lost,
        };
        match args {
            [] => Content::List(kind, Vec::new()),
            // `Array(3)` has three holes.
            [only] if name != "Array" => match self.content(only.value) {
                Some(Content::List(_, items)) if kind == ListKind::Set => Content::List(kind, items.clone()),
                Some(content) => content.sequence().map_or(Content::Lost, |items| Content::List(kind, items.to_vec())),
                None => Content::Lost,
            },
            several if name == "Array" && several.len() > 1 => {
                Content::List(kind, several.iter().map(|arg| arg.value).collect())
            }
            _ => Content::Lost,
        }
    }

    fn new_dict(&self, args: &[Arg]) -> Content {
        let mut entries = Vec::new();
        for arg in args {
            let fits = match (arg.kind, self.content(arg.value)) {
                (ArgKind::Named(name), _) => {
                    put(&mut entries, Some(super::contents::Slot::Text(self.module.name(name).into())), arg.value)
                }
                (ArgKind::Positional, Some(Content::Map(MapKind::Dict, more))) => {
                    more.iter().all(|(slot, value)| put(&mut entries, Some(slot.clone()), *value))
                }
                _ => false,
            };
            if !fits {
                return Content::Lost;
            }
        }
        Content::Map(MapKind::Dict, entries)
    }

    /// `new Map()`, `new Map([[key, value], …])`.
    fn new_map(&self, args: &[Arg]) -> Content {
        let mut entries = Vec::new();
        match args {
            [] => {}
            [pairs] => {
                let Some(Content::List(_, pairs)) = self.content(pairs.value) else { return Content::Lost };
                for &pair in pairs {
                    let Some(Content::List(_, pair)) = self.content(pair) else { return Content::Lost };
                    let [key, value] = pair.as_slice() else { return Content::Lost };
                    let key = self.constant(*key).and_then(|key| slot(key, MapKind::Map));
                    if !put(&mut entries, key, *value) {
                        return Content::Lost;
                    }
                }
            }
            _ => return Content::Lost,
        }
        Content::Map(MapKind::Map, entries)
    }

    /// A function of a built-in object: `Object.keys(x)`, `Math.floor(x)`.
    fn static_method(&mut self, value: ValueId, object: &str, name: &str, args: &[Arg]) {
        if self.language == Language::JavaScript {
            match (object, name, args) {
                ("Math", ..) => {
                    let result = self.arguments(args).and_then(|args| {
                        let args: Vec<&Value> = args.iter().collect();
                        methods::math(name, &args)
                    });
                    return self.finish(value, result, args, false);
                }
                ("Object", "values", [only]) if only.kind == ArgKind::Positional => {
                    if let Some(Content::Map(MapKind::Object, entries)) = self.content(only.value) {
                        let values = entries.iter().map(|(_, value)| *value).collect();
                        return self.give(value, Effect::New(Content::List(ListKind::List, values)), None, None);
                    }
                }
                ("Object", "freeze" | "seal", [only]) if only.kind == ArgKind::Positional && !self.is_root(value) => {
                    self.set_cell(value, BOTTOM);
                    return self.set_alias(value, self.alias[only.value.index()]);
                }
                ("Array", "isArray", [only]) => {
                    let result = self.content(only.value).and_then(|content| match content {
                        Content::List(kind, _) => Some(Value::Bool(*kind == ListKind::List)),
                        Content::Map(..) => Some(Value::Bool(false)),
                        _ => None,
                    });
                    return self.finish(value, result, args, false);
                }
                ("console", ..)
                | ("JSON", "stringify", _)
                | ("Object", "keys" | "entries" | "values", _)
                | ("Array", "from", [_])
                | ("Promise", "all" | "race" | "allSettled" | "any", _) => {
                    return self.finish(value, None, args, false);
                }
                _ => {}
            }
        }
        self.finish(value, None, args, true);
    }

    /// The container of a library that a call makes, and whether it is empty.
    fn store_made(&self, value: ValueId, args: &[Arg]) -> Option<(u32, bool)> {
        if self.containers.is_empty() || !self.is_root(value) {
            return None;
        }
        let site = Site { unit: self.unit, body: self.id, value };
        let [Origin::Api(node, _)] = self.known.origins(site) else { return None };
        let kind = self.containers.of(*node)?;
        let store = self.containers.kind(kind)?;
        let positional = args.iter().filter(|arg| arg.kind == ArgKind::Positional).count();
        let named: Vec<&str> = args
            .iter()
            .filter_map(|arg| match arg.kind {
                ArgKind::Named(name) => Some(self.module.name(name)),
                _ => None,
            })
            .collect();
        let spread = args.iter().any(|arg| matches!(arg.kind, ArgKind::Spread | ArgKind::SpreadNamed));
        Some((kind, !spread && store.starts_empty(positional, &named)))
    }
}

fn is_mapping(content: &Content) -> bool {
    matches!(content, Content::Map(..))
}

fn update(content: &mut Content, named: &[(&str, Given)]) -> Effect {
    let Content::Map(_, entries) = content else { return Effect::Loses };
    let fits =
        named.iter().all(|(name, value)| put(entries, Some(super::contents::Slot::Text((*name).into())), value.value));
    if fits { Effect::Absent } else { Effect::Loses }
}
