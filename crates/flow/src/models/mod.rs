//! Models: what the engine knows of libraries, read from `models/<language>/<library>.yml`.
//!
//! A model names a library's values (`flask:app` is `flask.Flask()`), says what calls return and what callbacks are
//! given, which calls and decorators register routes, mount routers and apply guards, and how handlers read inputs.

mod schema;

pub use schema::{
    CallbackSpec, ClassEntrySpec, DecoratorEntrySpec, CallEntrySpec, EntrySpec, FileEntrySpec, GuardSpec, InputSpec,
    ModelFile, MountSpec, OneOrMany, RouterSpec, SettingSpec, TypeSpec, UseSpec, ViewClassSpec,
};

use lunette_lang::ir::Language;
use rustc_hash::FxHashMap;

use crate::api::{ApiTrie, Callback, NodeId};

/// All models, compiled into one trie.
#[derive(Debug, Default)]
pub struct Models {
    /// Every API path that a model or a rule speaks of.
    pub trie: ApiTrie,
    /// The model files, sorted by language and package.
    pub files: Vec<ModelFile>,
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
        for file in &files {
            if let Err(message) = models.compile(file) {
                errors.push(ModelError { file: file.file.clone(), message });
            }
        }
        models.files = files;
        if errors.is_empty() { Ok(models) } else { Err(errors) }
    }

    /// Enters what a model says of values into the trie.
    fn compile(&mut self, file: &ModelFile) -> Result<(), String> {
        let language = file.language.into();
        for name in file.values.keys() {
            self.pattern(language, &format!("{}:{name}", file.package))?;
        }
        for spec in &file.types {
            for node in self.pattern(language, &spec.value)? {
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
            }
        }
        for spec in &file.callbacks {
            let parameters: Vec<NodeId> =
                spec.parameters.iter().map(|value| self.single(language, value)).collect::<Result<_, _>>()?;
            for node in self.patterns(language, &spec.call)? {
                for (parameter, &value) in parameters.iter().enumerate() {
                    let callback = Callback { argument: spec.argument, and_later: spec.and_later, parameter, value };
                    self.trie.traits_mut(node).callbacks.push(callback);
                }
            }
        }
        self.compile_routes(file, language)
    }

    /// Enters the paths that route models speak of, so that they are tracked, and checks them.
    fn compile_routes(&mut self, file: &ModelFile, language: Language) -> Result<(), String> {
        let mut paths: Vec<String> = Vec::new();
        for entry in &file.entries {
            paths.extend(entry.paths());
        }
        paths.extend(file.routers.iter().map(|spec| spec.value.clone()));
        paths.extend(file.mounts.iter().flat_map(|spec| spec.call.iter().cloned()));
        paths.extend(file.uses.iter().flat_map(|spec| spec.paths()));
        paths.extend(file.guards.iter().flat_map(|spec| spec.of.iter().cloned()));
        paths.extend(file.inputs.iter().flat_map(|spec| spec.paths()));
        paths.extend(file.settings.iter().map(|spec| spec.of.clone()));
        paths.extend(file.view_classes.iter().flat_map(|spec| spec.base.iter().cloned()));
        for path in paths {
            self.pattern(language, &path)?;
        }
        Ok(())
    }

    /// The nodes that a pattern names, entering them into the trie: `flask:router.route` names one node per value
    /// that the model `flask` calls `router`; `hashlib.md5` names one.
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn pattern(&mut self, language: Language, pattern: &str) -> Result<Vec<NodeId>, String> {
        let Some((package, rest)) = split_model_value(pattern) else {
            return Ok(vec![self.insert(language, pattern)?]);
        };
        let end = rest.find(['.', '(', '[']).unwrap_or(rest.len());
        let (name, steps) = rest.split_at(end);
        let key = (language, format!("{package}:{name}"));
        let paths = self.values.get(&key).cloned().ok_or_else(|| format!("no model names a value `{}`", key.1))?;
        let mut nodes = Vec::new();
        for path in paths {
            for node in self.pattern(language, &path)? {
                let node = self.trie.insert_below(self.resolve(node), steps)?;
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
        }
        Ok(nodes)
    }

    /// The nodes of several patterns.
    ///
    /// # Errors
    /// Says what is wrong with the first faulty one.
    pub fn patterns(&mut self, language: Language, patterns: &OneOrMany) -> Result<Vec<NodeId>, String> {
        let mut nodes = Vec::new();
        for pattern in patterns.iter() {
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

    fn insert(&mut self, language: Language, path: &str) -> Result<NodeId, String> {
        let node = self.trie.insert(language, path)?;
        Ok(self.resolve(node))
    }

    fn resolve(&self, node: NodeId) -> NodeId {
        self.trie.traits(node).same_as.unwrap_or(node)
    }
}

/// `flask:app.run` → (`flask`, `app.run`). Scopes and sub-paths may hold no colon, so the first one splits.
fn split_model_value(pattern: &str) -> Option<(&str, &str)> {
    let (package, rest) = pattern.split_once(':')?;
    (!package.is_empty() && !rest.is_empty()).then_some((package, rest))
}
