//! The YAML form of what models say of untrusted data: where it enters, where it does harm, how it travels, and what
//! makes it harmless.

use serde::Deserialize;

use super::schema::OneOrMany;
use crate::pattern::Anchoring;
use crate::taint::SourceKind;

/// A place where data enters that the program does not control.
///
/// The parts of a request that `inputs` names are sources already; this adds others.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SourceSpec {
    /// API values that are untrusted wherever they are read: `sys.argv`, a message that a callback is given.
    #[serde(default)]
    pub value: OneOrMany,
    /// Or calls.
    #[serde(default)]
    pub call: OneOrMany,
    /// What of the call is untrusted: `return` (default), `arg[1]` (filled by the call), or a parameter of a callback:
    /// `arg[1].parameter[0]`.
    #[serde(default)]
    pub at: OneOrMany,
    /// For `call`: only for these events: the call's first argument names one of them, or cannot be told. What
    /// `on("error", …)` is given comes from the runtime, not from the other side.
    #[serde(default)]
    pub events: OneOrMany,
    /// What kind of source it is.
    pub kind: SourceKind,
    /// For `value`: only in code that serves no route, or one whose path has parts that vary. On a route that is all
    /// fixed the path is what the code says.
    #[serde(default)]
    pub where_path_varies: bool,
    /// For `value`: it is there in browsers alone. Code that reads it serves nothing by that.
    #[serde(default)]
    pub in_browser: bool,
}

/// A place where untrusted data does harm.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SinkSpec {
    /// Calls.
    #[serde(default)]
    pub call: OneOrMany,
    /// Or calls of methods so named, on objects of which nothing is known: a rule that asks for the kind must find
    /// some other sign (`way`).
    #[serde(default)]
    pub unknown: OneOrMany,
    /// Access paths, in the call, of the values that do harm. `arg[0]` when absent.
    #[serde(default)]
    pub at: OneOrMany,
    /// Or API values to which something is written.
    #[serde(default)]
    pub write: OneOrMany,
    /// For `write`: the member or key written must match this expression.
    #[serde(default)]
    pub key: Option<String>,
    /// For `write`: whether the key does harm, too, not only the value.
    #[serde(default)]
    pub keys: bool,
    /// Or: what handlers of this framework return.
    #[serde(default)]
    pub handler_return: Option<String>,
    /// The kinds of harm.
    pub kind: OneOrMany,
    /// Whether a list or mapping that holds untrusted data anywhere does the same harm.
    #[serde(default)]
    pub deep: bool,
    /// Not the value does harm but, in a mapping or among named arguments (`arg[**]`), the entries that the kinds name
    /// (`fields`, `fields-like`).
    #[serde(default)]
    pub fields: bool,
    /// With `fields`: access path of an SQL statement. The values at `at` are bound to its placeholders, and the columns
    /// that those are compared with or written to are the entries' names.
    #[serde(default)]
    pub statement: Option<String>,
    /// With `statement`: only placeholders that select rows, or that give values to columns.
    #[serde(default)]
    pub clause: Option<Clause>,
    /// Only where the project has turned the escaping of its templates off (`escapes-off`).
    #[serde(default)]
    pub where_unescaped: bool,
    /// All of these must hold for the call.
    #[serde(default)]
    pub when: Vec<WhenSpec>,
    /// None of these may hold for the call.
    #[serde(default)]
    pub unless: Vec<WhenSpec>,
}

/// What a placeholder of a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Clause {
    /// It selects rows.
    Where,
    /// It gives a column its value.
    Set,
}

/// A call that makes a page of a template of the project.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RenderSpec {
    /// The call.
    pub call: OneOrMany,
    /// Access paths of the template's name.
    pub template: OneOrMany,
    /// Access paths of mappings that hold its variables. Arguments given by name are variables, too.
    #[serde(default)]
    pub context: OneOrMany,
}

/// A call by which a project turns the escaping of all its templates off.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EscapesOffSpec {
    /// The call.
    pub call: OneOrMany,
    /// All of these must hold for it.
    #[serde(default)]
    pub when: Vec<WhenSpec>,
}

/// A test of an argument's constant value.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WhenSpec {
    /// Access path of the argument.
    pub at: String,
    /// It is one of these constants.
    #[serde(default, rename = "in")]
    pub is_in: Vec<Scalar>,
    /// It is a string (or regular expression) that matches.
    #[serde(default)]
    pub matches: Option<String>,
    /// Its truth value is this.
    #[serde(default)]
    pub truthy: Option<bool>,
    /// It is given (or not).
    #[serde(default)]
    pub present: Option<bool>,
    /// It is a function of the project, a list, a mapping or a text (`function`, `list`, `mapping`, `text`).
    #[serde(default)]
    pub shape: Option<Shape>,
    /// It is one of these API values: `yaml.SafeLoader`.
    #[serde(default)]
    pub api: OneOrMany,
    /// The test also holds when the argument is not given.
    #[serde(default)]
    pub or_absent: bool,
    /// The test also holds when the value cannot be told.
    #[serde(default)]
    pub or_unknown: bool,
}

/// A constant in a model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
#[expect(missing_docs, reason = "the variants are what their names say")]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    Text(String),
}

/// The form of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants are what their names say")]
pub enum Shape {
    Function,
    List,
    Mapping,
    Text,
}

/// How data travels through a call of a library. A call about which any flow is written passes on nothing else; one
/// about which nothing is written is assumed to pass its arguments and its receiver on to its result.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FlowSpec {
    /// Calls.
    #[serde(default)]
    pub call: OneOrMany,
    /// Or reads of a part that is made of the whole: `pathlib.Path().name`. Of the rest only `clears` counts then.
    #[serde(default)]
    pub read: OneOrMany,
    /// Access paths of what is passed on: `arg[0]`, `receiver`, `arg[*]`; nothing passes when it is empty.
    #[serde(default)]
    pub from: OneOrMany,
    /// Where to: `return` (default), `return.key`, `return[]`, `receiver`, `arg[1]`, `arg[1].parameter[0]`.
    #[serde(default)]
    pub to: Option<String>,
    /// Kinds of harm that the result can no longer do; `all`.
    #[serde(default)]
    pub clears: OneOrMany,
    /// Kinds of harm that the result can do again (decoding undoes an escape).
    #[serde(default)]
    pub restores: OneOrMany,
    /// The result is the very same value, with its fields (otherwise: something made of it).
    #[serde(default)]
    pub same: bool,
    /// The result is another object that holds the same fields.
    #[serde(default)]
    pub copy: bool,
    /// A list or mapping that holds untrusted data anywhere gives an untrusted result (serialising, formatting).
    #[serde(default)]
    pub deep: bool,
    /// Constraints on the call, as for sinks.
    #[serde(default)]
    pub when: Vec<WhenSpec>,
    /// Access path of a regular expression all of whose matches are replaced: that clears every kind all of whose
    /// probes hold a match.
    #[serde(default)]
    pub replaces: Option<String>,
}

/// A call that tests a value: in the branch where the test went well, the value is harmless.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TestSpec {
    /// Calls.
    pub call: OneOrMany,
    /// Access paths of what is tested; `arg[0]` when absent.
    #[serde(default)]
    pub at: OneOrMany,
    /// The result that says that the value is good; `throws`: the call returns only when it is.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "crate::models::json_schema::Good"))]
    pub good: Good,
    /// Kinds of harm that a good value cannot do; `all`.
    #[serde(default)]
    pub clears: OneOrMany,
    /// Access path of a regular expression that the value is matched against: it clears every kind whose probes it
    /// refuses.
    #[serde(default)]
    pub pattern: Option<String>,
    /// How much of the value has to match.
    #[serde(default)]
    pub anchoring: Anchoring,
    /// Says something only of a value that a call of `normalises` gave.
    #[serde(default)]
    pub normalised: bool,
}

/// How a call tells that a value is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Good {
    /// It gives true.
    #[default]
    True,
    /// It gives false: `isNaN(x)`.
    False,
    /// It returns at all.
    Throws,
}

/// A part of a value which, compared with something fixed, makes the whole value harmless: the host of a URL.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ComponentSpec {
    /// The part, as an API value: `urllib.parse.urlparse().netloc`, `URL().hostname`.
    pub value: OneOrMany,
    /// Access path, in the call that made the value's owner, of the whole; `arg[0]` when absent.
    #[serde(default)]
    pub of: Option<String>,
    /// Kinds of harm that the whole cannot do once the part was compared.
    pub clears: OneOrMany,
    /// Says something only of a whole that a call of `normalises` gave.
    #[serde(default)]
    pub normalised: bool,
}

/// Methods that a library calls by their names, with parameters that come from outside: resolvers of GraphQL.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConventionSpec {
    /// Base classes.
    pub base: OneOrMany,
    /// Names of the methods: a regular expression for the whole name.
    pub method: String,
    /// The first parameter that comes from outside (`self` counts).
    pub parameters_from: usize,
    /// What kind of source they are.
    pub kind: SourceKind,
}

/// `models/kinds.yml`: the kinds of harm, up to 64.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KindsFile {
    /// All kinds.
    pub kinds: Vec<KindSpec>,
}

/// A kind of harm that untrusted data can do.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KindSpec {
    /// Its name: `sql`, `path`.
    pub name: String,
    /// What a trace calls the sink: "is run as SQL".
    pub does: String,
    /// Texts that an attack would hold: a regular expression that refuses all of them is a good test.
    #[serde(default)]
    pub probes: Vec<String>,
    /// Texts whose absence makes a value harmless: `if ".." in name: return`. One of them is enough.
    #[serde(default)]
    pub harmless_without: Vec<String>,
    /// A value known to start with a text that matches is harmless: `if url.startswith("https://shop.example/")`.
    #[serde(default)]
    pub harmless_prefix: Option<String>,
    /// A normalised value known to begin with something that does not come from outside is harmless: a path within a
    /// folder. (Of any other value the beginning says nothing: `/srv/../etc`.)
    #[serde(default)]
    pub harmless_inside: bool,
    /// A value pasted behind a text that matches is harmless: `"https://shop.example/" + path`.
    #[serde(default)]
    pub harmless_after: Option<String>,
    /// A kind with the same nature: what clears or restores that one does so to this one.
    #[serde(default)]
    pub like: Option<String>,
    /// Only objects do this harm: text made of a value is harmless.
    #[serde(default)]
    pub objects_only: bool,
    /// Any value does harm, however it is spelt: digits and letters alone are no excuse.
    #[serde(default)]
    pub any_value: bool,
    /// A number known to be below a fixed one is harmless.
    #[serde(default)]
    pub bounded: bool,
    /// Only a few values do harm, those of `harmless-without`: a value that was found to be none of them is harmless.
    #[serde(default)]
    pub exact: bool,
    /// A text that was found to be no longer than a fixed length is harmless.
    #[serde(default)]
    pub bounded_length: bool,
    /// In library mode: who passes the whole value names it himself, and may (`read(file)`). Harm is done only where the
    /// value becomes part of another one, behind something that was to confine it (`path.join(folder, name)`).
    #[serde(default)]
    pub named_by_callers: bool,
    /// For mappings from outside that replace entries set before: the names of entries that matter, as a regular
    /// expression.
    #[serde(default)]
    pub guarded_keys: Option<String>,
    /// For sinks with `fields`: the names of the entries that do harm, in snake case; camel case counts as the same.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Likewise, a regular expression, for names that the program writes where the harm is done.
    #[serde(default)]
    pub fields_like: Option<String>,
    /// A quoted literal without a quote inside is harmless: it is only a text.
    #[serde(default)]
    pub harmless_quoted: bool,
    /// Functions about which nothing is known, but which have a name that matches, are trusted to make a value
    /// harmless, at the price of confidence.
    #[serde(default)]
    pub cleared_by_name: Option<String>,
}
