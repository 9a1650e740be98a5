//! Containers of libraries, as models describe them: what makes one, and which of its methods write and read.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::contents::{Content, Effect, Given, MapKind, Slot, get, put};
use crate::api::NodeId;
use crate::constant::Value;

/// All containers of libraries that are known.
#[derive(Clone, Debug, Default)]
pub struct Containers {
    kinds: Vec<Store>,
    by_node: FxHashMap<NodeId, u32>,
}

impl Containers {
    /// Adds one: a container is what the call with this node gives.
    pub fn insert(&mut self, nodes: &[NodeId], store: Store) {
        let at = self.kinds.len() as u32;
        self.kinds.push(store);
        self.by_node.extend(nodes.iter().map(|&node| (node, at)));
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    pub(super) fn of(&self, node: NodeId) -> Option<u32> {
        self.by_node.get(&node).copied()
    }

    pub(super) fn kind(&self, at: u32) -> Option<&Store> {
        self.kinds.get(at as usize)
    }
}

/// A container of a library: texts by one or more keys.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Arguments of the call that makes one which fill it. `None`: any argument does.
    pub seeds: Option<Vec<Argument>>,
    /// Its methods; one that is not named here may do anything.
    pub methods: FxHashMap<String, Method>,
}

/// An argument by position or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// By position.
    Position(usize),
    /// By name.
    Name(String),
}

/// A method of a container.
#[derive(Clone, Debug)]
pub struct Method {
    /// What it does.
    pub does: Does,
    /// Positions of the arguments that are keys.
    pub key: Vec<usize>,
    /// Those of them whose case does not matter.
    pub ignores_case: Vec<usize>,
    /// The argument that is the value written.
    pub value: Option<usize>,
    /// What reading gives where nothing is.
    pub default: Option<Argument>,
}

/// What a method of a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Writes a value under a key.
    Set,
    /// Reads the value under a key.
    Get,
    /// Tells whether there is one.
    Has,
    /// Removes it.
    Remove,
    /// Nothing that is read later.
    Nothing,
}

impl Store {
    /// Whether a call that makes one gives an empty one.
    pub(super) fn starts_empty(&self, positional: usize, named: &[&str]) -> bool {
        match &self.seeds {
            None => positional == 0 && named.is_empty(),
            Some(seeds) => !seeds.iter().any(|seed| match seed {
                Argument::Position(at) => *at < positional,
                Argument::Name(name) => named.contains(&name.as_str()),
            }),
        }
    }

    /// Calls a method; `named` are the arguments given by name.
    pub(super) fn call(
        &self,
        at: u32,
        content: &mut Content,
        name: &str,
        args: &[Given],
        named: &[(&str, Given)],
    ) -> Effect {
        let (Some(method), Content::Map(_, entries)) = (self.methods.get(name), content) else { return Effect::Loses };
        let key = || {
            let mut key = compact_str::CompactString::default();
            for &position in &method.key {
                let Some(Value::Str(part)) = args.get(position)?.constant.as_ref() else { return None };
                if method.ignores_case.contains(&position) {
                    key.push_str(&part.to_lowercase());
                } else {
                    key.push_str(part);
                }
                key.push('\0');
            }
            Some(Slot::Text(key))
        };
        let kind = MapKind::Store(at);
        match method.does {
            Does::Nothing => Effect::Unknown,
            Does::Set => {
                let value = method.value.and_then(|at| args.get(at));
                let fits = value.is_some_and(|value| put(entries, key(), value.value));
                if fits { Effect::Absent } else { Effect::Loses }
            }
            Does::Get => match key().map_or(Effect::Unknown, |key| get(kind, entries, &key)) {
                // What is absent may come from defaults that are not followed, unless the call names its own.
                Effect::Absent => match &method.default {
                    Some(Argument::Position(at)) if args.len() > *at => {
                        Effect::Gives(SmallVec::from_slice(&[args[*at].value]))
                    }
                    Some(Argument::Name(name)) => named
                        .iter()
                        .find(|(given, _)| given == name)
                        .map_or(Effect::Unknown, |(_, value)| Effect::Gives(SmallVec::from_slice(&[value.value]))),
                    _ => Effect::Unknown,
                },
                found => found,
            },
            Does::Has => match key().map(|key| get(kind, entries, &key)) {
                Some(Effect::Gives(_)) => Effect::Constant(Value::Bool(true)),
                Some(Effect::Absent) => Effect::Constant(Value::Bool(false)),
                _ => Effect::Unknown,
            },
            Does::Remove => match key() {
                Some(key) => {
                    entries.retain(|(found, _)| *found != key);
                    Effect::Unknown
                }
                None => Effect::Loses,
            },
        }
    }
}
