//! Containers of libraries: the `stores` of a model.

use std::collections::BTreeMap;

use lunette_lang::ir::Language;
use serde::Deserialize;

use super::Models;
use super::schema::{ModelFile, OneOrMany};
use crate::fold::{Argument, Does, Method, Store};

/// A container of a library whose contents can be followed inside a function: what is written under a key is what is
/// read under it. Methods that are not named may do anything.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreSpec {
    /// What it is: the result of a call, `configparser.ConfigParser()`.
    pub value: OneOrMany,
    /// Arguments of that call which fill it, by position or name. When absent, any argument does.
    #[serde(default)]
    pub filled_by: Option<Vec<ArgumentSpec>>,
    /// What its methods do, by name.
    pub methods: BTreeMap<String, StoreMethodSpec>,
}

/// An argument by position or name.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ArgumentSpec {
    /// By position.
    Position(usize),
    /// By name.
    Name(String),
}

impl From<&ArgumentSpec> for Argument {
    fn from(argument: &ArgumentSpec) -> Self {
        match argument {
            ArgumentSpec::Position(at) => Argument::Position(*at),
            ArgumentSpec::Name(name) => Argument::Name(name.clone()),
        }
    }
}

/// A method of such a container.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreMethodSpec {
    /// What it does: `set`, `get`, `has`, `remove`, or `nothing` that is read later.
    pub does: Does,
    /// Positions of the arguments that are its keys, outermost first.
    #[serde(default)]
    pub key: Vec<usize>,
    /// Those of them whose case does not matter.
    #[serde(default)]
    pub ignores_case: Vec<usize>,
    /// For `set`: the position of the value.
    #[serde(default)]
    pub value: Option<usize>,
    /// For `get`: the argument that is given where nothing is found.
    #[serde(default)]
    pub default: Option<ArgumentSpec>,
}

impl Models {
    /// Compiles what a model says of containers.
    pub(super) fn compile_stores(&mut self, file: &ModelFile, language: Language) -> Result<(), String> {
        for spec in &file.stores {
            let nodes = self.patterns(language, &spec.value)?;
            let mut store = Store {
                seeds: spec.filled_by.as_ref().map(|seeds| seeds.iter().map(Argument::from).collect()),
                ..Store::default()
            };
            for (name, method) in &spec.methods {
                if (method.does == Does::Set) != method.value.is_some() {
                    return Err(format!("`{name}` of a store: `value` belongs to `set`, and only there"));
                }
                if (method.does == Does::Nothing) != method.key.is_empty() {
                    return Err(format!("`{name}` of a store: `key` is needed unless it does nothing"));
                }
                let method = Method {
                    does: method.does,
                    key: method.key.clone(),
                    ignores_case: method.ignores_case.clone(),
                    value: method.value,
                    default: method.default.as_ref().map(Argument::from),
                };
                store.methods.insert(name.clone(), method);
            }
            self.containers.insert(&nodes, store);
        }
        Ok(())
    }
}
