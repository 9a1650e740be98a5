//! Models: what the engine knows of libraries, read from `models/<language>/<library>.yml`.
//!
//! A model names a library's values (`flask:app` is `flask.Flask()`), says what calls return and what callbacks are
//! given, which calls and decorators register routes, mount routers and apply guards, and how handlers read inputs.

mod compile;
mod compiled;
mod compiled_taint;
#[cfg(test)]
mod json_schema;
mod schema;
mod schema_entries;
mod schema_taint;
mod stores;

pub(crate) use compiled::*;
pub(crate) use compiled_taint::{Flow, Kind, Sink, SourceCall, Spot, TaintModels, Test, When};
pub use schema::{
    AmbientSpec, ArgumentsSpec, AssumptionSpec, CallbackSpec, CheckSpec, ClassEntrySpec, Clause, ComponentSpec,
    ConventionSpec, DenialSpec, EntrySpec, EscapesOffSpec, ExemptionSpec, FileEntrySpec, FlowSpec, Good, GuardSpec,
    InputSpec, KindSpec, KindsFile, MemberSpec, ModelFile, ModelLanguage, MountSpec, OneOrMany, RenderSpec, RouterSpec,
    Scalar, SettingSpec, Shape, SinkSpec, SourceSpec, TestSpec, TypeSpec, UseSpec, ViewClassSpec, WhenSpec,
};
pub use stores::{ArgumentSpec, StoreMethodSpec, StoreSpec};

use lunette_lang::ir::Language;
use rustc_hash::FxHashMap;

use crate::api::{ApiTrie, Callback, NodeId};
use crate::taint::KindSet;

/// All models, compiled into one trie.
#[derive(Debug, Default)]
pub struct Models {
    /// Every API path that a model or a rule speaks of.
    pub trie: ApiTrie,
    /// The model files, sorted by language and package.
    pub files: Vec<ModelFile>,
    pub(crate) routes: RouteModels,
    pub(crate) taint: TaintModels,
    /// Containers of libraries whose contents can be followed.
    pub containers: crate::fold::Containers,
    values: FxHashMap<(Language, String), Vec<String>>,
}

/// A fault in a model or rule file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct ModelError {
    /// The file.
    pub file: String,
    /// What is wrong, with a line where known.
    pub message: String,
}

impl Models {
    /// Loads model files, given as name and text. Later files of the same package and language add to earlier ones.
    ///
    /// # Errors
    /// Every fault found, not only the first.
    pub fn load<'t>(sources: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, Vec<ModelError>> {
        let mut models = Models::default();
        let mut errors = Vec::new();
        for (name, text) in sources {
            // The kinds of harm belong to no language and no package.
            if name.rsplit('/').next() == Some("kinds.yml") {
                let added = serde_saphyr::from_str::<KindsFile>(text).map_err(|error| error.to_string());
                if let Err(message) = added.and_then(|file| models.taint.add_kinds(&file.kinds)) {
                    errors.push(ModelError { file: name.to_owned(), message });
                }
                continue;
            }
            match serde_saphyr::from_str::<ModelFile>(text) {
                Ok(mut file) => {
                    name.clone_into(&mut file.file);
                    models.files.push(file);
                }
                Err(error) => errors.push(ModelError { file: name.to_owned(), message: error.to_string() }),
            }
        }
        models.files.sort_by(|a, b| (a.language, &a.package, &a.file).cmp(&(b.language, &b.package, &b.file)));
        for file in &models.files {
            for (name, paths) in &file.values {
                let key = (file.language.into(), format!("{}:{name}", file.package));
                models.values.entry(key).or_default().extend(paths.iter().cloned());
            }
        }
        let files = std::mem::take(&mut models.files);
        // Types first, and of all files: paths that go through a typed value must lead to the value that it is.
        // Twice, since the types of one file may lead through those of another.
        let steps = [
            Models::compile_types,
            Models::compile_types,
            Models::compile_values,
            Models::compile_routes,
            Models::compile_taint,
            Models::compile_stores,
        ];
        for (at, step) in steps.into_iter().enumerate() {
            if at == 2 {
                models.settle_types();
            }
            for file in &files {
                if let Err(message) = step(&mut models, file, file.language.into()) {
                    let error = ModelError { file: file.file.clone(), message };
                    if !errors.contains(&error) {
                        errors.push(error);
                    }
                }
            }
        }
        models.files = files;
        if errors.is_empty() { Ok(models) } else { Err(errors) }
    }

    /// Enters what a model says of types into the trie.
    fn compile_types(&mut self, file: &ModelFile, language: Language) -> Result<(), String> {
        for spec in &file.types {
            for pattern in &spec.value {
                for node in self.expand(language, pattern, false)? {
                    self.set_type(language, node, spec)?;
                }
            }
        }
        Ok(())
    }

    fn set_type(&mut self, language: Language, node: NodeId, spec: &TypeSpec) -> Result<(), String> {
        match spec.is.as_str() {
            "receiver" => {
                let method = self.trie.parent(node).ok_or("only a call can give its receiver")?;
                self.trie.traits_mut(method).returns_receiver = true;
            }
            "argument" => {
                let call = self.trie.parent(node).ok_or("only a call can give its argument")?;
                self.trie.traits_mut(call).returns_argument = Some(spec.argument);
            }
            value => {
                let target = self.single(language, value)?;
                self.trie.traits_mut(node).same_as = (target != node).then_some(target);
            }
        }
        Ok(())
    }

    /// Follows chains of types to their ends.
    fn settle_types(&mut self) {
        for at in 0..self.trie.len() {
            let node = NodeId(at as u32);
            let mut end = node;
            for _ in 0..8 {
                match self.trie.traits(end).same_as {
                    Some(next) if next != node => end = next,
                    _ => break,
                }
            }
            self.trie.traits_mut(node).same_as = (end != node).then_some(end);
        }
    }

    /// Enters the values that a model names, and what callbacks are given, into the trie.
    fn compile_values(&mut self, file: &ModelFile, language: Language) -> Result<(), String> {
        for name in file.values.keys() {
            self.pattern(language, &format!("{}:{name}", file.package))?;
        }
        for spec in &file.callbacks {
            let calls = self.patterns(language, &spec.call)?;
            for (parameter, value) in spec.parameters.iter().enumerate().filter(|(_, value)| *value != "_") {
                let value = self.single(language, value)?;
                for &node in &calls {
                    let callback = Callback {
                        argument: spec.argument,
                        and_later: spec.and_later,
                        parameter,
                        value,
                        error_parameters: None,
                        events: spec.events.iter().cloned().collect(),
                    };
                    self.trie.traits_mut(node).callbacks.push(callback);
                }
            }
        }
        Ok(())
    }

    /// The nodes that a pattern names, entering them into the trie: `flask:router.route` names one node per value
    /// that the model `flask` calls `router`; `hashlib.md5` names one.
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn pattern(&mut self, language: Language, pattern: &str) -> Result<Vec<NodeId>, String> {
        let mut nodes = self.expand(language, pattern, true)?;
        for node in &mut nodes {
            *node = self.resolve(*node);
        }
        Ok(nodes)
    }

    /// The nodes that a pattern names, before what they are by type.
    fn expand(&mut self, language: Language, pattern: &str, in_values: bool) -> Result<Vec<NodeId>, String> {
        let mut nodes = Vec::new();
        for pattern in alternatives(pattern)? {
            for node in self.one_pattern(language, &pattern, in_values)? {
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
        }
        Ok(nodes)
    }

    fn one_pattern(&mut self, language: Language, pattern: &str, resolve: bool) -> Result<Vec<NodeId>, String> {
        let Some((package, rest)) = split_model_value(pattern) else {
            return Ok(vec![self.trie.insert(language, pattern)?]);
        };
        let end = rest.find(['.', '(', '[']).unwrap_or(rest.len());
        let (name, steps) = rest.split_at(end);
        let key = (language, format!("{package}:{name}"));
        let paths = self.values.get(&key).cloned().ok_or_else(|| format!("no model names a value `{}`", key.1))?;
        let mut nodes = Vec::new();
        for path in paths {
            for mut node in self.expand(language, &path, resolve)? {
                if resolve || !steps.is_empty() {
                    node = self.resolve(node);
                }
                nodes.push(self.trie.insert_below(node, steps)?);
            }
        }
        Ok(nodes)
    }

    /// The kinds of harm of a name; `None` when no model names it.
    pub fn harm(&self, name: &str) -> Option<KindSet> {
        self.taint.kind(name)
    }

    /// The names of all kinds of harm, in the order of their bits.
    pub fn harms(&self) -> impl Iterator<Item = &str> {
        self.taint.kinds.iter().map(|kind| kind.name.as_str())
    }

    /// The nodes of several patterns.
    ///
    /// # Errors
    /// Says what is wrong with the first faulty one.
    pub fn patterns(&mut self, language: Language, patterns: &OneOrMany) -> Result<Vec<NodeId>, String> {
        let mut nodes = Vec::new();
        for pattern in patterns {
            nodes.extend(self.pattern(language, pattern)?);
        }
        Ok(nodes)
    }

    fn single(&mut self, language: Language, value: &str) -> Result<NodeId, String> {
        match self.pattern(language, value)?.as_slice() {
            [first, ..] => Ok(*first),
            [] => Err(format!("`{value}` names nothing")),
        }
    }

    fn resolve(&self, node: NodeId) -> NodeId {
        self.trie.traits(node).same_as.unwrap_or(node)
    }
}

/// `flask:app.run` → (`flask`, `app.run`). A package in brackets may itself hold a colon.
fn split_model_value(pattern: &str) -> Option<(&str, &str)> {
    let (package, rest) = match pattern.strip_prefix('[') {
        Some(quoted) => {
            let (package, rest) = quoted.split_once(']')?;
            (package, rest.strip_prefix(':')?)
        }
        None => pattern.split_once(':')?,
    };
    (!package.is_empty() && !rest.is_empty()).then_some((package, rest))
}

/// Expands alternatives in braces: `app.{get,post}` → `app.get`, `app.post`.
fn alternatives(pattern: &str) -> Result<Vec<String>, String> {
    let Some((before, rest)) = pattern.split_once('{') else { return Ok(vec![pattern.to_owned()]) };
    let (inside, after) = rest.split_once('}').ok_or_else(|| format!("`}}` is missing in `{pattern}`"))?;
    let mut all = Vec::new();
    for tail in alternatives(after)? {
        all.extend(inside.split(',').map(|choice| format!("{before}{}{tail}", choice.trim())));
    }
    Ok(all)
}
