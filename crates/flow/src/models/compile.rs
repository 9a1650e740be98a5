//! From the YAML form of route models to the compiled one.

use crate::lazy::Regex;
use lunette_lang::ir::Language;
use rustc_hash::FxHashMap;

use super::Models;
use super::compiled::{
    Ambient, Arguments, Check, ClassEntry, Entry, Exemption, FileEntry, InputModel, Mount, Paths, PrefixCall, Router,
    Template, TemplatePart, Use, ViewClass,
};
use super::schema::{
    AmbientSpec, CheckSpec, ClassEntrySpec, EntrySpec, FileEntrySpec, InputSpec, ModelFile, MountSpec, OneOrMany,
    RouterSpec, UseSpec, ViewClassSpec,
};
use crate::access::{AccessPath, Start};
use crate::api::{FileHint, NodeId, ParameterHint};

impl Models {
    /// Compiles what a model says of routes.
    pub(super) fn compile_routes(&mut self, file: &ModelFile, language: Language) -> Result<(), String> {
        let mut compiler = Compiler {
            models: self,
            language,
            framework: file.framework.clone().unwrap_or_else(|| file.package.clone()),
        };
        for spec in &file.entries {
            compiler.entry(spec)?;
        }
        for spec in &file.classes {
            compiler.class(spec)?;
        }
        for spec in &file.files {
            compiler.file(spec)?;
        }
        for spec in &file.view_classes {
            compiler.view(spec)?;
        }
        for spec in &file.routers {
            compiler.router(spec)?;
        }
        for spec in &file.members {
            let (name, value) = (spec.name.parse()?, spec.value.parse()?);
            for node in compiler.nodes(&spec.call)? {
                compiler.models.routes.members.push((node, AccessPath::clone(&name), AccessPath::clone(&value)));
            }
        }
        for spec in &file.mounts {
            compiler.mount(spec)?;
        }
        for spec in &file.uses {
            compiler.used(spec)?;
        }
        for spec in &file.ambient {
            compiler.ambient(spec)?;
        }
        for spec in &file.checks {
            compiler.check(spec)?;
        }
        for spec in &file.inputs {
            compiler.input(spec)?;
        }
        compiler.guards(file)
    }
}

struct Compiler<'a> {
    models: &'a mut Models,
    language: Language,
    framework: String,
}

impl Compiler<'_> {
    fn nodes(&mut self, patterns: &OneOrMany) -> Result<Vec<NodeId>, String> {
        self.models.patterns(self.language, patterns)
    }

    fn one(&mut self, pattern: &str) -> Result<NodeId, String> {
        self.models.single(self.language, pattern)
    }

    /// Hints for what the functions at some access paths are given.
    fn give(
        &mut self,
        calls: &[NodeId],
        functions: &Paths,
        parameters: &[String],
        errors: Option<usize>,
    ) -> Result<(), String> {
        for (parameter, value) in parameters.iter().enumerate().filter(|(_, value)| *value != "_") {
            let value = self.one(value)?;
            for path in functions {
                let (argument, and_later) = match &path.start {
                    Start::Arg { position: Some(position), .. } => (*position, false),
                    Start::ArgsFrom(from) | Start::ArgsMiddle(from) => (*from, true),
                    Start::LastArg | Start::Each => (0, true),
                    _ => continue,
                };
                for &call in calls {
                    let events = Box::default();
                    let callback = crate::api::Callback {
                        argument,
                        and_later,
                        parameter,
                        value,
                        error_parameters: errors,
                        events,
                    };
                    let callbacks = &mut self.models.trie.traits_mut(call).callbacks;
                    if !callbacks.contains(&callback) {
                        callbacks.push(callback);
                    }
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, spec: &EntrySpec) -> Result<(), String> {
        let arguments = match &spec.arguments {
            Some(arguments) => {
                let mut marked = FxHashMap::default();
                for (pattern, &kind) in &arguments.marked {
                    for node in self.models.pattern(self.language, pattern)? {
                        marked.insert(node, kind);
                    }
                }
                let mut typed = FxHashMap::default();
                for (pattern, &kind) in &arguments.typed {
                    for node in self.models.pattern(self.language, pattern)? {
                        typed.insert(node, kind);
                    }
                }
                let guards = self.nodes(&arguments.guards)?;
                Some(Arguments { plain: arguments.plain, class: arguments.class, marked, typed, guards })
            }
            None => None,
        };
        let entry = Entry {
            framework: self.framework.clone(),
            calls: self.nodes(&spec.call)?,
            decorators: self.nodes(&spec.decorator)?,
            router: optional(spec.router.as_deref())?,
            module_router: spec.module_router,
            each: optional(spec.each.as_deref())?,
            method: spec.method.clone(),
            methods: paths(&spec.methods)?,
            default_methods: spec.default_methods.clone(),
            path: paths(&spec.path)?,
            handlers: paths(&spec.handlers)?,
            guards: paths(&spec.guards)?,
            auth: paths(&spec.auth)?,
            schema: optional(spec.schema.as_deref())?,
            arguments,
        };
        if entry.calls.is_empty() == entry.decorators.is_empty() {
            return Err("an entry needs either `call` or `decorator`".to_owned());
        }
        if entry.path.is_empty() {
            return Err("an entry needs a `path`".to_owned());
        }
        let mut functions = entry.handlers.clone();
        functions.extend(entry.guards.iter().cloned());
        self.give(&entry.calls, &functions, &spec.parameters, None)?;
        self.models.routes.entries.push(entry);
        Ok(())
    }

    fn class(&mut self, spec: &ClassEntrySpec) -> Result<(), String> {
        let mut methods = FxHashMap::default();
        for (pattern, method) in &spec.methods {
            for node in self.models.pattern(self.language, pattern)? {
                methods.insert(node, method.clone());
            }
        }
        let mut inputs = FxHashMap::default();
        for (pattern, &kind) in &spec.inputs {
            for node in self.models.pattern(self.language, pattern)? {
                inputs.insert(node, kind);
            }
        }
        let entry = ClassEntry {
            framework: self.framework.clone(),
            decorators: self.nodes(&spec.class_decorator)?,
            prefix: paths(&spec.prefix)?,
            version: optional(spec.version.as_deref())?,
            neutral: spec.neutral_versions.clone(),
            version_decorators: self.nodes(&spec.version_decorator)?,
            version_calls: self.nodes(&spec.version_call)?,
            version_kind: optional(spec.version_kind.as_deref())?,
            version_elsewhere: self.nodes(&spec.version_elsewhere)?,
            methods,
            path: paths(&spec.path)?,
            guards: self.nodes(&spec.guards)?,
            inputs,
            converters: self.nodes(&spec.converters)?,
            application: match &spec.application {
                Some(pattern) => self.models.pattern(self.language, pattern)?,
                None => Vec::new(),
            },
        };
        self.models.routes.classes.push(entry);
        Ok(())
    }

    fn file(&mut self, spec: &FileEntrySpec) -> Result<(), String> {
        let file = Regex::new(&spec.file).map_err(|error| format!("`{}`: {error}", spec.file))?;
        let mut segments = Vec::new();
        for (pattern, replacement) in &spec.segments {
            let pattern = Regex::new(pattern).map_err(|error| format!("`{pattern}`: {error}"))?;
            segments.push((pattern, replacement.clone()));
        }
        let calls = self.nodes(&spec.calls)?;
        let mut parameters = Vec::new();
        for value in &spec.parameters {
            parameters.push(if value == "_" { None } else { Some(self.one(value)?) });
        }
        self.give(
            &calls,
            &vec![AccessPath { made: false, chained: false, start: Start::ArgsFrom(0), steps: Vec::new() }],
            &spec.parameters,
            None,
        )?;
        if !parameters.is_empty() {
            let exports = spec.exports.keys().cloned().collect();
            let (depends, directive) = (spec.depends.clone(), spec.directive.clone());
            let hint =
                FileHint { language: self.language, file: file.clone(), depends, directive, exports, parameters };
            self.models.trie.hints.files.push(hint);
        }
        let framework = self.framework.clone();
        self.models.routes.files.push(FileEntry {
            framework,
            language: self.language,
            file,
            calls,
            segments,
            spec: spec.clone(),
        });
        Ok(())
    }

    fn view(&mut self, spec: &ViewClassSpec) -> Result<(), String> {
        let view = ViewClass {
            framework: self.framework.clone(),
            bases: self.nodes(&spec.base)?,
            via: self.nodes(&spec.via)?,
            decorators: self.nodes(&spec.decorator)?,
            path: optional(spec.path.as_deref())?,
            decorator_methods: optional(spec.decorator_methods.as_deref())?,
            spec: spec.clone(),
        };
        self.models.routes.views.push(view);
        Ok(())
    }

    fn router(&mut self, spec: &RouterSpec) -> Result<(), String> {
        let prefix = spec.prefix.iter().map(|text| template(text)).collect::<Result<Vec<_>, _>>()?;
        let router = Router { prefix, guards: paths(&spec.guards)? };
        for node in self.nodes(&spec.value)? {
            self.models.routes.routers.insert(node, router.clone());
        }
        let exclude = optional(spec.prefix_exclude.as_deref())?;
        for call in self.nodes(&spec.prefix_call)? {
            self.models.routes.prefix_calls.push(PrefixCall { call, exclude: exclude.clone() });
        }
        Ok(())
    }

    fn mount(&mut self, spec: &MountSpec) -> Result<(), String> {
        let mount = Mount {
            calls: self.nodes(&spec.call)?,
            parent: optional(spec.parent.as_deref())?,
            child: if spec.child.is_empty() { None } else { Some(spec.child.parse()?) },
            includes: self.nodes(&spec.includes)?,
            child_parameter: spec.child_parameter,
            folder: optional(spec.folder.as_deref())?,
            folder_names: optional(spec.folder_names.as_deref())?,
            folder_plugins: self.nodes(&spec.folder_plugin)?,
            folder_prefix: spec.folder_prefix.clone(),
            prefix: paths(&spec.prefix)?,
            replaces_prefix: spec.replaces_prefix,
            guards: paths(&spec.guards)?,
            shared_through: self.nodes(&spec.shared_through)?,
        };
        if let (Some(parameter), Some(value), Some(child)) = (spec.child_parameter, &spec.child_value, &mount.child) {
            let parameters: Vec<String> =
                (0..=parameter).map(|at| if at == parameter { value.clone() } else { "_".to_owned() }).collect();
            self.give(&mount.calls, &vec![child.clone()], &parameters, None)?;
        }
        self.models.routes.mounts.push(mount);
        Ok(())
    }

    fn used(&mut self, spec: &UseSpec) -> Result<(), String> {
        let used = Use {
            calls: self.nodes(&spec.call)?,
            decorators: self.nodes(&spec.decorator)?,
            router: optional(spec.router.as_deref())?,
            functions: paths(&spec.functions)?,
            path: optional(spec.path.as_deref())?,
            when: match &spec.when {
                Some((path, names)) => Some((path.parse()?, names.clone())),
                None => None,
            },
            needs: optional(spec.needs.as_deref())?,
            values_only: spec.values_only,
            everywhere: spec.everywhere,
            whole_application: spec.whole_application,
            error_parameters: spec.error_parameters,
            proves: spec.proves,
            proving: spec.proving,
        };
        self.give(&used.calls, &used.functions, &spec.parameters, spec.error_parameters)?;
        self.models.routes.uses.push(used);
        Ok(())
    }

    fn ambient(&mut self, spec: &AmbientSpec) -> Result<(), String> {
        let regex = |text: &Option<String>| {
            text.as_deref().map(|text| Regex::new(text).map_err(|error| format!("`{text}`: {error}"))).transpose()
        };
        let ambient = Ambient {
            framework: self.framework.clone(),
            calls: self.nodes(&spec.call)?,
            each: optional(spec.each.as_deref())?,
            when: match &spec.when {
                Some((path, api)) => Some((path.parse()?, self.one(api)?)),
                None => None,
            },
            functions: paths(&spec.functions)?,
            file: regex(&spec.file)?,
            holds: regex(&spec.holds)?,
            spec: spec.clone(),
        };
        self.models.routes.ambient.push(ambient);
        Ok(())
    }

    fn check(&mut self, spec: &CheckSpec) -> Result<(), String> {
        let keys = match &spec.keys {
            Some(keys) => Some(Regex::new(keys).map_err(|error| format!("`{keys}`: {error}"))?),
            None => None,
        };
        let nodes = self.nodes(&spec.of)?;
        self.models.routes.checks.push(Check { nodes, keys, proves: spec.proves, enforces: spec.enforces });
        Ok(())
    }

    fn input(&mut self, spec: &InputSpec) -> Result<(), String> {
        let input = InputModel {
            collections: self.nodes(&spec.of)?,
            members: spec.members,
            methods: spec.methods.clone(),
            calls: self.nodes(&spec.call)?,
            name: optional(spec.name.as_deref())?,
            whole: self.nodes(&spec.whole)?,
            kind: spec.kind,
            beside_others: spec.beside_others,
        };
        self.models.routes.inputs.push(input);
        Ok(())
    }

    fn guards(&mut self, file: &ModelFile) -> Result<(), String> {
        for spec in &file.guards {
            for node in self.nodes(&spec.of)? {
                self.models.routes.guards.insert(node, spec.proves);
            }
        }
        for spec in &file.denials {
            let needs = optional(spec.needs.as_deref())?;
            for node in self.nodes(&spec.call)? {
                self.models.routes.denials.push((node, needs.clone()));
            }
        }
        for spec in &file.exemptions {
            let key = match &spec.key {
                Some(key) => Some(Regex::new(key).map_err(|error| format!("`{key}`: {error}"))?),
                None => None,
            };
            let nodes = self.nodes(&spec.of)?;
            self.models.routes.exemptions.push(Exemption { nodes, key, lifts: spec.lifts.clone() });
        }
        for spec in &file.assumptions {
            let value = self.one(&spec.value)?;
            let hint = ParameterHint {
                language: self.language,
                names: spec.parameters.clone(),
                value,
                imports: spec.imports.clone(),
            };
            self.models.trie.hints.parameters.push(hint);
        }
        for spec in &file.settings {
            self.models.pattern(self.language, &spec.of)?;
        }
        Ok(())
    }
}

fn optional(text: Option<&str>) -> Result<Option<AccessPath>, String> {
    text.map(str::parse).transpose()
}

fn paths(texts: &OneOrMany) -> Result<Paths, String> {
    texts.iter().map(|text| text.parse()).collect()
}

fn template(text: &str) -> Result<Template, String> {
    if !text.contains('{') {
        return Ok(Template(vec![TemplatePart::Path(text.parse()?)]));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (path, after) = after.split_once('}').ok_or_else(|| format!("`}}` is missing in `{text}`"))?;
        parts.push(TemplatePart::Text(before.to_owned()));
        parts.push(TemplatePart::Path(path.parse()?));
        rest = after;
    }
    parts.push(TemplatePart::Text(rest.to_owned()));
    Ok(Template(parts))
}
