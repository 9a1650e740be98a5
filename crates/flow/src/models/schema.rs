//! The YAML form of a model. Unknown keys are errors: a misspelt key must not be silently without effect.
//!
//! API paths may hold alternatives in braces: `express:router.{get,post}`. Access paths are those of
//! [`crate::access`]; where several are listed, the first that leads to something counts.

use std::collections::BTreeMap;

use lunette_core::project::{InputKind, Proves};
use lunette_lang::ir::Language;
use serde::Deserialize;

pub use super::schema_entries::{AmbientSpec, ArgumentsSpec, CallbackSpec, ClassEntrySpec, EntrySpec, FileEntrySpec};
pub use super::schema_taint::{
    Clause, ComponentSpec, ConventionSpec, EscapesOffSpec, FlowSpec, Good, KindSpec, KindsFile, RenderSpec, Scalar,
    Shape, SinkSpec, SourceSpec, TestSpec, WhenSpec,
};

/// A model file.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// What parameters hold by their name, where no caller is known.
    #[serde(default)]
    pub assumptions: Vec<AssumptionSpec>,
    /// Calls and decorators that register routes.
    #[serde(default)]
    pub entries: Vec<EntrySpec>,
    /// Decorated classes whose decorated methods are handlers.
    #[serde(default)]
    pub classes: Vec<ClassEntrySpec>,
    /// Files whose exports are handlers.
    #[serde(default)]
    pub files: Vec<FileEntrySpec>,
    /// Classes whose methods, named by HTTP method, are handlers.
    #[serde(default)]
    pub view_classes: Vec<ViewClassSpec>,
    /// Values that hold routes.
    #[serde(default)]
    pub routers: Vec<RouterSpec>,
    /// Calls that store a value as a member of their receiver.
    #[serde(default)]
    pub members: Vec<MemberSpec>,
    /// Calls that mount one router in another.
    #[serde(default)]
    pub mounts: Vec<MountSpec>,
    /// What applies middleware or hooks to all (later) routes of a router.
    #[serde(default)]
    pub uses: Vec<UseSpec>,
    /// What guards all routes of a framework, wherever they are registered.
    #[serde(default)]
    pub ambient: Vec<AmbientSpec>,
    /// Values that, used as middleware, decorator or hook, prove something about a request.
    #[serde(default)]
    pub guards: Vec<GuardSpec>,
    /// Values that, called or read inside a function, tell who the caller is: the function proves it when it can
    /// also refuse the request.
    #[serde(default)]
    pub checks: Vec<CheckSpec>,
    /// Calls by which a function refuses a request.
    #[serde(default)]
    pub denials: Vec<DenialSpec>,
    /// Decorators and calls that lift a guard.
    #[serde(default)]
    pub exemptions: Vec<ExemptionSpec>,
    /// How handlers read inputs.
    #[serde(default)]
    pub inputs: Vec<InputSpec>,
    /// Values that hold settings by key.
    #[serde(default)]
    pub settings: Vec<SettingSpec>,
    /// Where untrusted data enters, beside `inputs`.
    #[serde(default)]
    pub sources: Vec<SourceSpec>,
    /// Where untrusted data does harm.
    #[serde(default)]
    pub sinks: Vec<SinkSpec>,
    /// Calls that make a page of a template of the project.
    #[serde(default)]
    pub renders: Vec<RenderSpec>,
    /// Calls by which a project turns the escaping of its templates off.
    #[serde(default)]
    pub escapes_off: Vec<EscapesOffSpec>,
    /// How data travels through calls, and what makes it harmless.
    #[serde(default)]
    pub flows: Vec<FlowSpec>,
    /// Calls that test a value.
    #[serde(default)]
    pub tests: Vec<TestSpec>,
    /// Calls whose result is a path without `.` and `..`: what it begins with tells where it leads.
    #[serde(default)]
    pub normalises: OneOrMany,
    /// Calls that never come back: they raise, or end the program.
    #[serde(default)]
    pub exits: OneOrMany,
    /// Methods that the library calls by their names.
    #[serde(default)]
    pub conventions: Vec<ConventionSpec>,
    /// Parts of values that stand for the whole when they are compared.
    #[serde(default)]
    pub components: Vec<ComponentSpec>,
    /// Containers whose contents can be followed.
    #[serde(default)]
    pub stores: Vec<super::stores::StoreSpec>,
}

/// The language of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
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

impl<'a> IntoIterator for &'a OneOrMany {
    type Item = &'a String;
    type IntoIter = std::slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a value is by type.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TypeSpec {
    /// The value: usually a call's result, `express.Router()`.
    pub value: OneOrMany,
    /// What it is: another value; `receiver` (a fluent call); `argument` (one of its arguments, see `argument`).
    pub is: String,
    /// The argument's position for `argument`.
    #[serde(default)]
    pub argument: usize,
}

/// A parameter that holds an API value by its name alone: what calls files loaded dynamically cannot be followed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AssumptionSpec {
    /// Names of parameters.
    pub parameters: Vec<String>,
    /// What they hold.
    pub value: String,
    /// The package that the project must import somewhere for this to be assumed.
    pub imports: String,
}

/// A value that holds routes, and where it takes a prefix.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RouterSpec {
    /// The routers.
    pub value: OneOrMany,
    /// Access path of the prefix in the call that makes one, or a text with access paths in braces.
    #[serde(default)]
    pub prefix: OneOrMany,
    /// A method that sets the prefix by its first argument.
    #[serde(default)]
    pub prefix_call: OneOrMany,
    /// Access path, in that call, of paths that are left out.
    #[serde(default)]
    pub prefix_exclude: Option<String>,
    /// A class attribute or module variable that holds the prefix.
    #[serde(default)]
    pub prefix_export: Option<String>,
    /// Access path of guards in the call that makes one.
    #[serde(default)]
    pub guards: OneOrMany,
}

/// A call that mounts a router in another.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MountSpec {
    /// The call.
    pub call: OneOrMany,
    /// Access path of the outer router; the receiver when absent.
    #[serde(default)]
    pub parent: Option<String>,
    /// Access path of the inner router, or of a function that is given it.
    #[serde(default)]
    pub child: String,
    /// Calls that stand for a module of the project, told by its dotted name or itself; the child is that module, the
    /// parent the module that the call is written in.
    #[serde(default)]
    pub includes: OneOrMany,
    /// For a function: which of its parameters is the router.
    #[serde(default)]
    pub child_parameter: Option<usize>,
    /// What that parameter is.
    #[serde(default)]
    pub child_value: Option<String>,
    /// Access path of a folder below which every file's default export is such a function.
    #[serde(default)]
    pub folder: Option<String>,
    /// Access path of a constant that, when false, keeps folder names out of the prefix.
    #[serde(default)]
    pub folder_names: Option<String>,
    /// An export of such a file that gives its prefix.
    #[serde(default)]
    pub folder_prefix: Option<String>,
    /// The plugin that makes the call such a mount of a folder.
    #[serde(default)]
    pub folder_plugin: OneOrMany,
    /// Access paths of the prefix.
    #[serde(default)]
    pub prefix: OneOrMany,
    /// Whether a prefix given here replaces the child's own.
    #[serde(default)]
    pub replaces_prefix: bool,
    /// Access paths of guards for the child.
    #[serde(default)]
    pub guards: OneOrMany,
    /// Calls whose argument is a function that shares the outer router: what it applies holds there, too.
    #[serde(default)]
    pub shared_through: OneOrMany,
}

/// A call that stores a value as a member of its receiver: `fastify.decorate("authenticate", …)`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemberSpec {
    /// The call.
    pub call: OneOrMany,
    /// Access path of the member's name.
    pub name: String,
    /// Access path of the value.
    pub value: String,
}

/// A call or decorator that applies functions to all (later) routes of a router.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UseSpec {
    /// The call.
    #[serde(default)]
    pub call: OneOrMany,
    /// Or the decorator of the function applied.
    #[serde(default)]
    pub decorator: OneOrMany,
    /// Access path of the router; the receiver when absent.
    #[serde(default)]
    pub router: Option<String>,
    /// Access paths of the functions; when absent, the called value itself is the guard.
    #[serde(default)]
    pub functions: OneOrMany,
    /// Access path of a path prefix that limits it.
    #[serde(default)]
    pub path: Option<String>,
    /// Access path of a name, and the names for which this applies (`preHandler`).
    #[serde(default)]
    pub when: Option<(String, Vec<String>)>,
    /// Access path that must lead to something for this to apply.
    #[serde(default)]
    pub needs: Option<String>,
    /// Whether only values that models name guards count, and functions of the project are something else (plugins).
    #[serde(default)]
    pub values_only: bool,
    /// Whether it also applies to routes registered before it.
    #[serde(default)]
    pub everywhere: bool,
    /// Whether it applies to the whole application, wherever its router is mounted.
    #[serde(default)]
    pub whole_application: bool,
    /// What the call itself proves: `server.auth.default("jwt")`.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<crate::models::json_schema::Proves>"))]
    pub proves: Option<Proves>,
    /// Only functions count that prove something: the last one may answer the request instead.
    #[serde(default)]
    pub proving: bool,
    /// Functions with this many parameters are handlers of errors, no guards.
    #[serde(default)]
    pub error_parameters: Option<usize>,
    /// What the functions are given, in order; `_` for nothing known.
    #[serde(default)]
    pub parameters: Vec<String>,
}

/// What proves something about a request.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GuardSpec {
    /// The values: decorators, middleware, or calls that make middleware (`passport.authenticate()`).
    pub of: OneOrMany,
    /// What it proves.
    #[cfg_attr(test, schemars(with = "crate::models::json_schema::Proves"))]
    pub proves: Proves,
}

/// What tells, inside a function, who the caller is.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckSpec {
    /// The values called or read.
    pub of: OneOrMany,
    /// A regular expression: only keys of the value count whose name it matches.
    #[serde(default)]
    pub keys: Option<String>,
    /// What is known after it.
    #[cfg_attr(test, schemars(with = "crate::models::json_schema::Proves"))]
    pub proves: Proves,
    /// Whether it refuses the request by itself.
    #[serde(default)]
    pub enforces: bool,
}

/// What refuses a request.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DenialSpec {
    /// The calls.
    pub call: OneOrMany,
    /// Access path that must lead to something for the call to be a refusal.
    #[serde(default)]
    pub needs: Option<String>,
}

/// What lifts a guard.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExemptionSpec {
    /// Decorators of the handler, or calls given it or its router.
    pub of: OneOrMany,
    /// For decorators that set metadata: a regular expression on its first argument.
    #[serde(default)]
    pub key: Option<String>,
    /// What is lifted.
    #[cfg_attr(test, schemars(with = "Vec<crate::models::json_schema::Proves>"))]
    pub lifts: Vec<Proves>,
}

/// How a handler reads an input.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InputSpec {
    /// Collections of inputs, read by key (`express:request.query`) or as a whole.
    #[serde(default)]
    pub of: OneOrMany,
    /// Whether members of the collection are inputs (`query.name`), not only items (`query["name"]`).
    #[serde(default)]
    pub members: bool,
    /// Methods of the collection whose first argument names an input.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Calls that read one input.
    #[serde(default)]
    pub call: OneOrMany,
    /// Access path of the input's name in such a call; `*` is the name when it is absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Reads that stand for an input of their own: its name is `*`.
    #[serde(default)]
    pub whole: OneOrMany,
    /// The kind of input.
    #[cfg_attr(test, schemars(with = "crate::models::json_schema::InputKind"))]
    pub kind: InputKind,
    /// An input only in a program that has others or routes: the query of any URL, that of a database included.
    #[serde(default)]
    pub beside_others: bool,
}

/// Classes whose methods, named by HTTP method, are handlers.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ViewClassSpec {
    /// Base classes.
    pub base: OneOrMany,
    /// Names of methods that are handlers.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The method that handles all HTTP methods of a class without such methods.
    #[serde(default)]
    pub dispatch: Option<String>,
    /// A class attribute that lists the HTTP methods.
    #[serde(default)]
    pub methods_attribute: Option<String>,
    /// A class attribute that lists decorators or guards (`decorators`, `method_decorators`).
    #[serde(default)]
    pub guards_attribute: OneOrMany,
    /// The value that turns the class into a handler: `flask.views.View.as_view()`.
    #[serde(default)]
    pub via: OneOrMany,
    /// A decorator of methods that registers them as routes below the class's own prefix.
    #[serde(default)]
    pub decorator: OneOrMany,
    /// Access path of the path in that decorator.
    #[serde(default)]
    pub path: Option<String>,
    /// Access path of the methods in that decorator.
    #[serde(default)]
    pub decorator_methods: Option<String>,
    /// Class attributes that hold the prefix, with what stands before and after it: `resource_name: /api/v1/{}`.
    #[serde(default)]
    pub prefix_attributes: Vec<(String, String)>,
}

/// A value that holds settings by key.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
