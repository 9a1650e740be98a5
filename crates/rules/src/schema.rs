//! The YAML form of a rule's front matter. Unknown keys are errors: a misspelt key must not be silently without effect.
//!
//! `rules/README.md` is the reference for authors; it and this module say the same.

use lunette_core::finding::Confidence;
use lunette_core::observation::RiskFacts;
use lunette_core::project::{InputKind, Proves};
use lunette_core::rule::{Advice, Nature, RiskProfile};
use lunette_flow::models::OneOrMany;
use lunette_flow::pattern::Anchoring;
use serde::Deserialize;
use serde_saphyr::Spanned;

/// The front matter of a rule file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FrontMatter {
    pub(crate) id: Spanned<String>,
    pub(crate) title: Spanned<String>,
    pub(crate) languages: Vec<RuleLanguage>,
    pub(crate) cwe: Spanned<Vec<u16>>,
    pub(crate) topic: Spanned<String>,
    pub(crate) nature: Nature,
    pub(crate) confidence: Confidence,
    pub(crate) risk: RiskProfile,
    pub(crate) advice: Spanned<Advice>,
    pub(crate) events: Spanned<Vec<String>>,
    pub(crate) since: String,
    /// Whether test code is matched, too.
    #[serde(default)]
    pub(crate) tests: TestCode,
    /// Whether findings are told once for a file or for the project: those that one change removes.
    #[serde(default)]
    pub(crate) once: Option<Once>,
    /// Rules whose finding in the code that a key is about says the same: then the key is not told of, too.
    #[serde(default)]
    pub(crate) told_by: Vec<String>,
    /// Packages or API paths whose use makes the rule applicable; by default those that `find` speaks of.
    #[serde(default)]
    pub(crate) applies: Vec<String>,
    /// The message of matchers that have none of their own.
    #[serde(default)]
    pub(crate) message: Option<String>,
    pub(crate) find: Vec<Spanned<MatcherSpec>>,
    #[serde(default)]
    pub(crate) references: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuleLanguage {
    Python,
    Javascript,
    /// The database as the project's SQL leaves it.
    Sql,
    /// Configuration files.
    Config,
    /// What manifests and lockfiles say.
    Packages,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TestCode {
    #[default]
    Skip,
    Include,
}

/// One matcher. Exactly one of the keys down to `document` says what is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct MatcherSpec {
    pub(crate) call: Option<OneOrMany>,
    pub(crate) read: Option<OneOrMany>,
    pub(crate) write: Option<OneOrMany>,
    pub(crate) import: Option<OneOrMany>,
    pub(crate) setting: Option<OneOrMany>,
    pub(crate) absent: Option<Box<AbsentSpec>>,
    pub(crate) route: Option<RouteSpec>,
    pub(crate) function: Option<FunctionSpec>,
    pub(crate) catch: Option<CatchSpec>,
    pub(crate) assign: Option<String>,
    #[serde(rename = "return")]
    pub(crate) returned: Option<bool>,
    /// An equality test (`==`, `!=`); `value` and `other` are its operands, once each way round.
    pub(crate) compare: Option<bool>,
    /// Untrusted data that reaches a place where it does one of these kinds of harm (`models/kinds.yml`).
    pub(crate) flow: Option<OneOrMany>,
    /// An observation of another room: `sql/rls-disabled`.
    pub(crate) check: Option<String>,
    /// A key of configuration files: a regular expression of their paths.
    pub(crate) document: Option<String>,

    /// With `write` and `read`: a regular expression that the whole key must match. With `document`: the way to it.
    pub(crate) key: Option<String>,
    /// With `document`: what holds when the key is not there.
    pub(crate) default: Option<Scalar>,
    /// With `document`: tables that say the same things as the whole file, for one purpose (`remotes.*`).
    pub(crate) also_below: Option<String>,
    /// With `import`: names that are imported from it.
    pub(crate) named: Option<OneOrMany>,
    /// With `setting`: match when the setting is never set, at every call of `when`. With `document`: the key is not there.
    pub(crate) missing: Option<bool>,
    pub(crate) when: Option<OneOrMany>,
    /// With `flow`: kinds of sources, or groups of them; `remote` when absent.
    pub(crate) from: Option<OneOrMany>,
    /// With `assign`: which kinds of assignment.
    pub(crate) kinds: Option<Vec<AssignKind>>,

    #[serde(rename = "where")]
    pub(crate) all: Vec<ConditionSpec>,
    pub(crate) unless: Vec<ConditionSpec>,

    pub(crate) message: Option<String>,
    pub(crate) title: Option<String>,
    /// With `check`: what to do in this case, instead of `advice.action`.
    pub(crate) action: Option<String>,
    /// With `check`: how to see that it is done, instead of `advice.verify`.
    pub(crate) verify: Option<String>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) risk: Option<RiskFacts>,
    /// The value is a secret of this kind: it is the evidence, and is redacted everywhere.
    pub(crate) secret: Option<String>,
    /// Access path of the value to point at instead of the whole match.
    pub(crate) point_at: Option<String>,
}

/// Something that should be there and is not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AbsentSpec {
    /// What makes it needed.
    pub(crate) when: MatcherSpec,
    /// What would satisfy it; none of these may be there.
    pub(crate) none: Vec<MatcherSpec>,
    #[serde(default)]
    pub(crate) scope: Scope,
    /// What was looked for, in words, for the evidence.
    pub(crate) looked_for: String,
}

/// Where the counterpart of an absence is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    #[default]
    Project,
    File,
    Function,
    /// In the same file, or where a route comes that also comes to what needs it.
    Route,
    /// On the very object that `when` made or was called on.
    Object,
}

/// What a route must be like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RouteSpec {
    pub(crate) methods: Vec<String>,
    pub(crate) path: Option<String>,
    /// The path does not match.
    pub(crate) no_path: Option<String>,
    pub(crate) framework: Option<OneOrMany>,
    /// No guard in force proves any of these.
    pub(crate) lacks: Vec<Proves>,
    /// No guard in force has a name that matches this regular expression: what the project's own guards prove is told
    /// by their names alone.
    pub(crate) no_guard_named: Option<String>,
    /// A guard in force has such a name.
    pub(crate) guard_named: Option<String>,
    /// Guards in force prove all of these.
    pub(crate) has: Vec<Proves>,
    /// Most routes beside it (of its file, or where it has few of the project) prove one of these.
    pub(crate) siblings_have: Vec<Proves>,
    /// The handler reads an input of one of these kinds.
    pub(crate) inputs: Vec<InputKind>,
    /// A regular expression that the name of one input read by the handler matches.
    pub(crate) input_name: Option<String>,
    /// A regular expression that the name of no input read by the handler matches.
    pub(crate) no_input_named: Option<String>,
    /// The program names its path only where a condition of such a name holds.
    pub(crate) for_role: Option<String>,
    pub(crate) handler: Option<FunctionSpec>,
}

/// What a function must be like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct FunctionSpec {
    /// Whether it runs for a route, as handler or guard.
    pub(crate) handler: Option<bool>,
    pub(crate) name: Option<String>,
    /// Number of parameters.
    pub(crate) parameters: Option<usize>,
    pub(crate) parameter_name: Option<String>,
    #[serde(rename = "async")]
    pub(crate) is_async: Option<bool>,
    /// It contains a call of one of these.
    pub(crate) calls: Option<OneOrMany>,
    /// It contains no call of any of these.
    pub(crate) lacks_calls: Option<OneOrMany>,
    /// It contains a `try` with a handler.
    pub(crate) catches: Option<bool>,
    pub(crate) throws: Option<bool>,
    /// It waits for a promise whose failure nobody takes.
    pub(crate) awaits: Option<bool>,
    /// It is passed to a call of one of these.
    pub(crate) passed_to: Option<OneOrMany>,
    /// It leaves a check out when a secret is not given.
    pub(crate) skips_check: Option<SkipsCheckSpec>,
}

/// A check that is only made when a parameter is given that may be left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SkipsCheckSpec {
    /// The parameter's name: a regular expression.
    pub(crate) parameter: String,
    /// The name of what is called to check it.
    pub(crate) call: String,
}

/// Where findings of a rule are told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Once {
    /// One for each file.
    File,
    /// One for the project.
    Project,
}

/// What a handler of a `try` must be like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct CatchSpec {
    /// It does nothing: no call, no assignment, no result, no new exception.
    pub(crate) empty: Option<bool>,
    /// It names no exception type, or one that catches all.
    pub(crate) broad: Option<bool>,
    /// A function called in the `try` has a name that matches.
    pub(crate) body_calls: Option<OneOrMany>,
}

/// Kinds of assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AssignKind {
    /// A variable.
    Variable,
    /// A class attribute.
    ClassAttribute,
    /// An attribute of an object.
    Attribute,
    /// A key, stored or in a literal mapping.
    Key,
    /// A named argument.
    Argument,
    /// A parameter's default.
    Default,
}

/// A condition. The tests beside `at` are of one value; all given must hold for the same value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ConditionSpec {
    pub(crate) at: Option<String>,
    /// With `document`: another key of the file, and what holds when it is not there.
    pub(crate) key: Option<String>,
    pub(crate) default: Option<Scalar>,
    /// With `document`: code that belongs to the key.
    pub(crate) code: Option<CodeSpec>,
    pub(crate) is: Option<Scalar>,
    #[serde(rename = "in")]
    pub(crate) one_of: Option<Vec<Scalar>>,
    pub(crate) not_in: Option<Vec<Scalar>>,
    pub(crate) is_null: Option<bool>,
    pub(crate) matches: Option<String>,
    pub(crate) not_matches: Option<String>,
    pub(crate) truthy: Option<bool>,
    pub(crate) falsy: Option<bool>,
    pub(crate) less_than: Option<f64>,
    pub(crate) greater_than: Option<f64>,
    pub(crate) shorter_than: Option<usize>,
    pub(crate) longer_than: Option<usize>,
    pub(crate) constant: Option<ConstantKind>,
    /// It is a regular expression whose failing matches take so long.
    pub(crate) backtracking: Option<Backtracking>,
    /// With `backtracking`: how it is applied.
    pub(crate) anchoring: Option<Anchoring>,
    pub(crate) not_constant: Option<bool>,
    pub(crate) literal: Option<bool>,
    pub(crate) absent: Option<bool>,
    pub(crate) present: Option<bool>,
    pub(crate) api: Option<OneOrMany>,
    pub(crate) named: Option<String>,
    pub(crate) comes_from: Option<ComesFromSpec>,
    /// It is, or its text contains, a value whose name matches.
    pub(crate) mentions: Option<String>,
    /// It is, or its text contains, a constant text that matches.
    pub(crate) contains: Option<String>,
    /// It is a text that values were pasted into which are neither constants nor numbers.
    pub(crate) formatted: Option<bool>,
    pub(crate) ignore_case: bool,
    pub(crate) or_absent: bool,
    pub(crate) or_unknown: bool,
    /// In `unless`: what cannot be told does not hold. Without it nothing is found where nothing can be told.
    pub(crate) if_known: bool,
    /// What holds only for some of what the value may be does not hold.
    pub(crate) surely: bool,

    pub(crate) flows_into: Option<String>,
    /// For flows: a text that the data becomes a part of on its way matches.
    pub(crate) way: Option<String>,
    /// For flows: whether it had to be assumed that a call about which nothing is known passes the data on.
    pub(crate) assumed: Option<bool>,
    /// For flows: on its way the data was taken by a name that matches (`body.role`), not with all that was sent.
    pub(crate) taken_by_name: Option<String>,
    /// The code that the match comes through ties what it touches to the caller.
    pub(crate) tied: Option<bool>,
    /// What kind of record the call is about.
    pub(crate) record: Option<RecordSpec>,
    pub(crate) inside: Option<Inside>,
    pub(crate) name: Option<String>,
    pub(crate) receiver_name: Option<String>,
    pub(crate) in_file: Option<String>,
    pub(crate) result: Option<ResultUse>,
    pub(crate) route: Option<Box<RouteSpec>>,
    pub(crate) project: Option<ProjectSpec>,
    pub(crate) version: Option<VersionSpec>,
    pub(crate) prepared: Option<PreparedSpec>,
    pub(crate) any: Option<Vec<ConditionSpec>>,
    pub(crate) all: Option<Vec<ConditionSpec>>,
    pub(crate) not: Option<Box<ConditionSpec>>,
}

/// What kind of record a call of a database is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RecordSpec {
    /// Whether such records have an owner, as the project's schemas and queries tell.
    pub(crate) owned: Option<Owned>,
    /// Its name in the singular, words joined with `_`, matches.
    pub(crate) named: Option<String>,
}

/// Whether records of a kind belong to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Owned {
    Yes,
    No,
    Unknown,
}

/// A scalar of YAML.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
}

/// Kinds of constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConstantKind {
    Any,
    String,
    Number,
    Bool,
    Regex,
}

/// How the time of failing matches grows with the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Backtracking {
    /// It multiplies with each few characters.
    Exponential,
    /// With the square of the length, or a higher power.
    Polynomial,
    /// Either.
    Any,
}

/// What a value is put together from, followed backwards within its function.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ComesFromSpec {
    /// The exception of a handler.
    pub(crate) caught: bool,
    /// With `caught`: only of one that catches whatever is thrown.
    pub(crate) broad: bool,
    /// A value of an API.
    pub(crate) api: Option<OneOrMany>,
    /// A parameter whose name matches.
    pub(crate) parameter: Option<String>,
    /// On the way, a member whose name matches is read.
    pub(crate) member: Option<String>,
    /// On the way no call makes something else of it, nor arithmetic a number.
    pub(crate) direct: bool,
    /// With `direct`: nothing in the function tests it.
    pub(crate) unchecked: bool,
    /// With `direct`: at the beginning of the text, or right after `scheme://`.
    pub(crate) leading: bool,
    /// With `direct`: also as an entry of an object or a list.
    pub(crate) entries: bool,
    /// With `direct`: calls that pass on what they are given.
    pub(crate) through: Option<OneOrMany>,
    /// With `parameter`: only of functions that nothing in the project calls and no route runs.
    pub(crate) uncalled: bool,
}

/// Where a place lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Inside {
    Handler,
    Function,
    Async,
    Module,
    Class,
    Try,
    Catch,
}

/// What becomes of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ResultUse {
    /// Nothing uses it.
    Unused,
    Used,
    Awaited,
    /// Neither awaited, returned, passed on nor given a `catch` or a second argument of `then`.
    Dropped,
}

/// What must be somewhere in the project.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ProjectSpec {
    pub(crate) calls: Option<OneOrMany>,
    pub(crate) reads: Option<OneOrMany>,
    pub(crate) imports: Option<OneOrMany>,
    pub(crate) has: Option<Vec<MatcherSpec>>,
    pub(crate) routes: Option<RouteSpec>,
}

/// Code that a key of a configuration file is about.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CodeSpec {
    /// Its folder, from that of the file; `*` is what `*` stands for in the key.
    pub(crate) folder: String,
    /// A key that names its file, where it is another.
    #[serde(default)]
    pub(crate) entry: Option<String>,
    /// One of these is in it, or in what it imports.
    pub(crate) has: Vec<MatcherSpec>,
}

/// A value that a call found by one of the matchers made, or was made on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PreparedSpec {
    pub(crate) at: String,
    pub(crate) by: Vec<MatcherSpec>,
    /// Also by a call further up the chain of calls that made it: `client.from().select()` by that of `client`.
    #[serde(default)]
    pub(crate) chain: bool,
}

/// A package whose major version is below another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct VersionSpec {
    pub(crate) package: String,
    pub(crate) below: u32,
}
