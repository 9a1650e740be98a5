//! The YAML form of a model. Unknown keys are errors: a misspelt key must not be silently without effect.

use std::collections::BTreeMap;

use lunette_core::project::{InputKind, Proves};
use lunette_lang::ir::Language;
use serde::Deserialize;

/// A model file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelFile {
    /// The file's name, set by the loader.
    #[serde(skip)]
    pub file: String,
    /// The package that it describes; also the prefix of its values.
    pub package: String,
    /// The language.
    pub language: ModelLanguage,
    /// The name of the framework as it stands in routes; the package's name when absent.
    #[serde(default)]
    pub framework: Option<String>,
    /// Names for API values: each one API path or several.
    #[serde(default)]
    pub values: BTreeMap<String, OneOrMany>,
    /// What values are by type.
    #[serde(default)]
    pub types: Vec<TypeSpec>,
    /// What callbacks are given.
    #[serde(default)]
    pub callbacks: Vec<CallbackSpec>,
    /// What registers routes.
    #[serde(default)]
    pub entries: Vec<EntrySpec>,
    /// Values that hold routes, where they take a prefix when made.
    #[serde(default)]
    pub routers: Vec<RouterSpec>,
    /// What mounts one router in another.
    #[serde(default)]
    pub mounts: Vec<MountSpec>,
    /// What applies middleware or hooks to all later routes of a router.
    #[serde(default)]
    pub uses: Vec<UseSpec>,
    /// What proves something about a request.
    #[serde(default)]
    pub guards: Vec<GuardSpec>,
    /// How handlers read inputs.
    #[serde(default)]
    pub inputs: Vec<InputSpec>,
    /// Classes whose methods are handlers.
    #[serde(default)]
    pub view_classes: Vec<ViewClassSpec>,
    /// Values that hold settings by key.
    #[serde(default)]
    pub settings: Vec<SettingSpec>,
}

/// The language of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the languages are what their names say")]
pub enum ModelLanguage {
    Python,
    Javascript,
}

impl From<ModelLanguage> for Language {
    fn from(language: ModelLanguage) -> Self {
        match language {
            ModelLanguage::Python => Language::Python,
            ModelLanguage::Javascript => Language::JavaScript,
        }
    }
}

/// One string or a list of strings.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, String> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
    }
}

/// What a value is by type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TypeSpec {
    /// The value: usually a call's result, `express.Router()`.
    pub value: String,
    /// What it is: another value; `receiver` (a fluent call); `argument` (one of its arguments, see `argument`).
    pub is: String,
    /// The argument's position for `argument`.
    #[serde(default)]
    pub argument: usize,
}

/// What callbacks passed to a call are given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CallbackSpec {
    /// The call.
    pub call: OneOrMany,
    /// The first argument that may be the callback.
    #[serde(default)]
    pub argument: usize,
    /// Whether all later arguments may be callbacks, too.
    #[serde(default)]
    pub and_later: bool,
    /// What its parameters hold, in order.
    pub parameters: Vec<String>,
}

/// What registers a route.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum EntrySpec {
    /// A call on a router.
    Call(CallEntrySpec),
    /// A decorator of a function.
    Decorator(DecoratorEntrySpec),
    /// A decorated class whose decorated methods are handlers.
    Class(ClassEntrySpec),
    /// A file of a certain name.
    File(FileEntrySpec),
}

impl EntrySpec {
    pub(super) fn paths(&self) -> Vec<String> {
        match self {
            Self::Call(spec) => spec.call.iter().cloned().collect(),
            Self::Decorator(spec) => spec.decorator.iter().cloned().collect(),
            Self::Class(spec) => {
                let mut paths: Vec<String> = spec.class_decorator.iter().cloned().collect();
                paths.extend(spec.methods.keys().cloned());
                paths.extend(spec.guards.iter().cloned());
                paths.extend(spec.inputs.keys().cloned());
                paths
            }
            Self::File(spec) => spec.calls.iter().cloned().collect(),
        }
    }
}

/// A call that registers a route: `app.get("/x", handler)`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CallEntrySpec {
    /// The call.
    pub call: OneOrMany,
    /// Its method, when fixed: `GET`, `ANY`.
    #[serde(default)]
    pub method: Option<String>,
    /// Access path of its methods (a string or a list of strings).
    #[serde(default)]
    pub methods: Option<String>,
    /// The methods when none are given.
    #[serde(default)]
    pub default_methods: Vec<String>,
    /// Access path of its path or paths.
    #[serde(default)]
    pub path: Option<String>,
    /// Access paths of handlers and the middleware before them, in order; the last function is the handler.
    #[serde(default)]
    pub handlers: Option<OneOrMany>,
    /// What handlers are given, in order.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Access path of a schema: its presence proves validation.
    #[serde(default)]
    pub schema: Option<String>,
}

/// A decorator that registers a route: `@app.route("/x")`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecoratorEntrySpec {
    /// The decorator's callee.
    pub decorator: OneOrMany,
    /// Its method, when fixed.
    #[serde(default)]
    pub method: Option<String>,
    /// Access path of its methods.
    #[serde(default)]
    pub methods: Option<String>,
    /// The methods when none are given.
    #[serde(default)]
    pub default_methods: Vec<String>,
    /// Access path of its path.
    pub path: String,
    /// What the function's parameters are: `path` when they carry the path's parameters by name.
    #[serde(default)]
    pub parameters_are: Option<InputKind>,
}

/// A decorated class with decorated methods: `@Controller("cats") class … { @Get(":id") … }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClassEntrySpec {
    /// The class's decorator.
    pub class_decorator: OneOrMany,
    /// Access paths of the prefix, tried in order.
    #[serde(default)]
    pub prefix: Option<OneOrMany>,
    /// Method decorators and the HTTP method each stands for.
    pub methods: BTreeMap<String, String>,
    /// Access path of the path in a method decorator.
    pub path: String,
    /// Decorators (of class or method) whose arguments are guards.
    #[serde(default)]
    pub guards: Vec<String>,
    /// Parameter decorators that read inputs, with the kind; the name is their first argument.
    #[serde(default)]
    pub inputs: BTreeMap<String, InputKind>,
}

/// A file whose exports are handlers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileEntrySpec {
    /// A regular expression on the file's path; its group `path` is the route's path.
    pub file: String,
    /// Exported names that are handlers, with the method of each (`default: ANY`).
    #[serde(default)]
    pub exports: BTreeMap<String, String>,
    /// Calls whose first argument is the handler: `Deno.serve`.
    #[serde(default)]
    pub calls: Vec<String>,
    /// The method of such a handler.
    #[serde(default)]
    pub method: Option<String>,
    /// Replacements on each segment of the path: regular expression and replacement; an empty result drops it.
    #[serde(default)]
    pub segments: Vec<(String, String)>,
    /// What stands before the path.
    #[serde(default)]
    pub prefix: String,
    /// What handlers are given, in order.
    #[serde(default)]
    pub parameters: Vec<String>,
}

/// A router that takes a prefix when it is made, or by a call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RouterSpec {
    /// The router: the result of a call.
    pub value: String,
    /// Access path of the prefix in the call that makes it.
    #[serde(default)]
    pub prefix: Option<String>,
    /// A method that sets the prefix by its first argument.
    #[serde(default)]
    pub prefix_call: Option<String>,
    /// Whether it serves requests by itself (an application, not a part of one).
    #[serde(default)]
    pub root: bool,
}

/// A call that mounts a router in another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MountSpec {
    /// The call.
    pub call: OneOrMany,
    /// Access path of the child: a router, or a function whose parameter `child_parameter` is the child.
    pub child: String,
    /// For a child that is a function: which of its parameters is the router.
    #[serde(default)]
    pub child_parameter: Option<usize>,
    /// Access path of the prefix.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Whether a prefix given here replaces the child's own.
    #[serde(default)]
    pub replaces_prefix: bool,
    /// Whether other arguments are middleware for the child.
    #[serde(default)]
    pub guards: bool,
}

/// A call or decorator that applies functions to all (later) routes of a router.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UseSpec {
    /// The call.
    #[serde(default)]
    pub call: Option<OneOrMany>,
    /// Or the decorator of the function applied.
    #[serde(default)]
    pub decorator: Option<OneOrMany>,
    /// Access path of the functions.
    #[serde(default)]
    pub functions: Option<String>,
    /// Access path of a path prefix that limits it.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether it also applies to routes registered before it.
    #[serde(default)]
    pub everywhere: bool,
    /// What the functions are given, in order.
    #[serde(default)]
    pub parameters: Vec<String>,
}

impl UseSpec {
    pub(super) fn paths(&self) -> Vec<String> {
        [&self.call, &self.decorator].into_iter().flatten().flat_map(|paths| paths.iter().cloned()).collect()
    }
}

/// What proves something about a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GuardSpec {
    /// The values: decorators, middleware, or calls that make middleware (`passport.authenticate()`).
    pub of: OneOrMany,
    /// What it proves.
    pub proves: Proves,
}

/// How a handler reads an input.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InputSpec {
    /// A collection of inputs, read by key (`express:request.query`) or as a whole.
    #[serde(default)]
    pub of: Option<OneOrMany>,
    /// A call that reads one input; its name is the argument `name`.
    #[serde(default)]
    pub call: Option<OneOrMany>,
    /// Access path of the input's name in such a call.
    #[serde(default)]
    pub name: Option<String>,
    /// The kind of input.
    pub kind: InputKind,
}

impl InputSpec {
    pub(super) fn paths(&self) -> Vec<String> {
        [&self.of, &self.call].into_iter().flatten().flat_map(|paths| paths.iter().cloned()).collect()
    }
}

/// Classes whose methods, named by HTTP method, are handlers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ViewClassSpec {
    /// Base classes.
    pub base: OneOrMany,
    /// Names of methods that are handlers.
    pub methods: Vec<String>,
    /// The method that turns the class into a handler (`as_view`).
    #[serde(default)]
    pub via: Option<String>,
    /// A class attribute that lists decorators or guards (`decorators`, `method_decorators`).
    #[serde(default)]
    pub guards_attribute: Option<String>,
}

/// A value that holds settings by key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingSpec {
    /// The value: `flask:app.config`.
    pub of: String,
    /// The prefix under which rules name its settings: `flask` gives `flask.SECRET_KEY`.
    pub name: String,
    /// Methods that set several at once by named arguments or a mapping (`update`, `from_mapping`).
    #[serde(default)]
    pub update: Vec<String>,
    /// Methods that take a class, module or file whose upper-case attributes are settings (`from_object`).
    #[serde(default)]
    pub from_object: Vec<String>,
}
