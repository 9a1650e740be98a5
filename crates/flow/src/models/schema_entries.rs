//! The YAML form of what registers handlers: calls and decorators, controllers, files.

use std::collections::BTreeMap;

use lunette_core::project::{InputKind, Proves};
use serde::Deserialize;

use super::schema::OneOrMany;

/// A call (`app.get("/x", handler)`) or decorator (`@app.route("/x")`) that registers routes.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EntrySpec {
    /// The call.
    #[serde(default)]
    pub call: OneOrMany,
    /// Or the decorator's callee.
    #[serde(default)]
    pub decorator: OneOrMany,
    /// Access path of the router; the receiver when absent.
    #[serde(default)]
    pub router: Option<String>,
    /// Whether the module that the call is written in is the router (Django's lists of URL patterns).
    #[serde(default)]
    pub module_router: bool,
    /// Access path of several registrations in one call; the other paths may then start with `each`.
    #[serde(default)]
    pub each: Option<String>,
    /// The method: a fixed one (`GET`, `ANY`), or `name` for the called member's own name.
    #[serde(default)]
    pub method: Option<String>,
    /// Access paths of the methods (a string or a list of strings).
    #[serde(default)]
    pub methods: OneOrMany,
    /// The methods when none are given.
    #[serde(default)]
    pub default_methods: Vec<String>,
    /// Access paths of the path or paths: the first that is a string counts.
    #[serde(default)]
    pub path: OneOrMany,
    /// Access paths of handlers and the middleware before them, in order; the last function is the handler.
    #[serde(default)]
    pub handlers: OneOrMany,
    /// Access paths of further guards (hooks in an options object, dependencies).
    #[serde(default)]
    pub guards: OneOrMany,
    /// Access path of a schema: its presence proves validation.
    #[serde(default)]
    pub schema: Option<String>,
    /// Access paths of what the route says of authentication: the name of a strategy, an object with one (`scope` asks
    /// for more), or `false`, which lifts what the application asks for.
    #[serde(default)]
    pub auth: OneOrMany,
    /// What handlers are given, in order; `_` for nothing known.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// How a decorated function's parameters carry inputs.
    #[serde(default)]
    pub arguments: Option<ArgumentsSpec>,
}

/// What guards all routes of a framework: registered in a container, exported by a file, or named in settings.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AmbientSpec {
    /// Calls that register guards.
    #[serde(default)]
    pub call: OneOrMany,
    /// With `call`: access path of the registrations.
    #[serde(default)]
    pub each: Option<String>,
    /// With `call`: access path of what a registration is for, and the API value that it must be.
    #[serde(default)]
    pub when: Option<(String, String)>,
    /// With `call`: access paths of the guards.
    #[serde(default)]
    pub functions: OneOrMany,
    /// Or: files that export the guard, a regular expression of their paths.
    #[serde(default)]
    pub file: Option<String>,
    /// With `file`: names of the export.
    #[serde(default)]
    pub exports: Vec<String>,
    /// With `file`: the export, and the key in it, that limits it to some paths.
    #[serde(default)]
    pub limits: Option<(String, String)>,
    /// With `file`: a package that the project depends on.
    #[serde(default)]
    pub depends: Option<String>,
    /// Or: a variable at the top level of a module that lists guards by name.
    #[serde(default)]
    pub variable: Option<String>,
    /// With `variable`: a regular expression of the name listed.
    #[serde(default)]
    pub holds: Option<String>,
    /// With `variable`: what it proves.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<crate::models::json_schema::Proves>"))]
    pub proves: Option<Proves>,
}

/// How the parameters of a decorated function carry inputs (FastAPI).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArgumentsSpec {
    /// The kind of a parameter that nothing else is said of and that the path does not hold.
    #[cfg_attr(test, schemars(with = "crate::models::json_schema::InputKind"))]
    pub plain: InputKind,
    /// The kind of a parameter whose type is a class of the project.
    #[cfg_attr(test, schemars(with = "crate::models::json_schema::InputKind"))]
    pub class: InputKind,
    /// Defaults (or metadata) that say the kind.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, crate::models::json_schema::InputKind>"))]
    pub marked: BTreeMap<String, InputKind>,
    /// Types of a library that say the kind: `fastapi.UploadFile: file`. A parameter of any other type of a library
    /// is no input.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, crate::models::json_schema::InputKind>"))]
    pub typed: BTreeMap<String, InputKind>,
    /// Defaults (or metadata) that are no input; their first argument is a guard.
    #[serde(default)]
    pub guards: OneOrMany,
}

/// A decorated class with decorated methods: `@Controller("cats") class … { @Get(":id") … }`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClassEntrySpec {
    /// The class's decorator.
    pub class_decorator: OneOrMany,
    /// Access paths of the prefix in the class's decorator.
    #[serde(default)]
    pub prefix: OneOrMany,
    /// Access path of the version in the class's decorator; `v` and the version stand before the prefix.
    #[serde(default)]
    pub version: Option<String>,
    /// Versions that stand for none.
    #[serde(default)]
    pub neutral_versions: Vec<String>,
    /// A method decorator that replaces the class's version by its first argument.
    #[serde(default)]
    pub version_decorator: OneOrMany,
    /// A call that turns versions in paths off when one of its arguments is one of `version-types`.
    #[serde(default)]
    pub version_call: OneOrMany,
    /// Access path of the kind of versioning in that call.
    #[serde(default)]
    pub version_kind: Option<String>,
    /// Values of that kind which put the version elsewhere than in the path.
    #[serde(default)]
    pub version_elsewhere: OneOrMany,
    /// Method decorators and the HTTP method each stands for.
    pub methods: BTreeMap<String, String>,
    /// Access paths of the path in a method decorator.
    pub path: OneOrMany,
    /// Decorators (of class or method) whose arguments are guards.
    #[serde(default)]
    pub guards: OneOrMany,
    /// Parameter decorators that read inputs, with the kind; the name is their first argument.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, crate::models::json_schema::InputKind>"))]
    pub inputs: BTreeMap<String, InputKind>,
    /// Arguments of those decorators that let only numbers, identifiers and the like through: `@Param("id", ParseIntPipe)`.
    #[serde(default)]
    pub converters: OneOrMany,
    /// The application that serves such classes.
    #[serde(default)]
    pub application: Option<String>,
}

/// A file whose exports are handlers.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileEntrySpec {
    /// A regular expression on the file's path; its group `path` is the route's path.
    pub file: String,
    /// A package that the nearest manifest above the file must ask for, where manifests are known.
    #[serde(default)]
    pub depends: Option<String>,
    /// A directive that the file must start with (`use server`).
    #[serde(default)]
    pub directive: Option<String>,
    /// Exported names that are handlers, with the method of each (`default: ANY`); `*` for all functions.
    #[serde(default)]
    pub exports: BTreeMap<String, String>,
    /// Calls whose argument is the handler: `Deno.serve`.
    #[serde(default)]
    pub calls: OneOrMany,
    /// The method of such a handler.
    #[serde(default)]
    pub method: Option<String>,
    /// Replacements on each segment of the path: regular expression and replacement; an empty result drops it.
    #[serde(default)]
    pub segments: Vec<(String, String)>,
    /// What stands before the path.
    #[serde(default)]
    pub prefix: String,
    /// Whether the exported function's name is the last segment.
    #[serde(default)]
    pub named: bool,
    /// What handlers are given, in order; `_` for nothing known.
    #[serde(default)]
    pub parameters: Vec<String>,
}

/// What callbacks passed to a call are given.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Only for these events: the call's first argument names one of them, or cannot be told. `on("error", …)` is
    /// not given what `on("request", …)` is.
    #[serde(default)]
    pub events: OneOrMany,
    /// What its parameters hold, in order; `_` for nothing known.
    pub parameters: Vec<String>,
}
