//! Functions, procedures and aggregates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::expression::Expr;
use super::name::Signature;
use super::origin::Origin;

/// A function, procedure, aggregate or window function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Identity: schema, name and types of the input arguments.
    pub signature: Signature,
    /// What it is.
    pub kind: FunctionKind,
    /// All arguments in order.
    pub arguments: Vec<Argument>,
    /// Return type as `pg_get_function_result` prints it without SETOF; `record` for TABLE and several OUT arguments; empty
    /// for procedures.
    pub returns: String,
    /// Whether it returns a set.
    pub returns_set: bool,
    /// Language, lower case.
    pub language: String,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// Settings of SET clauses, names in lower case. Values as Postgres keeps them: `search_path` is a list of quoted
    /// identifiers where quoting is needed (`""` for an empty path).
    pub config: BTreeMap<String, String>,
    /// Volatility.
    pub volatility: Volatility,
    /// STRICT.
    pub strict: bool,
    /// LEAKPROOF.
    pub leakproof: bool,
    /// Body text, without its quotes; for `BEGIN ATOMIC` and `RETURN` bodies the statement as written.
    pub body: String,
    /// Where the body's first character stands: line and column, from 1 (0 when not known).
    pub body_at: (u32, u32),
    /// Owner.
    pub owner: String,
    /// Access control list; `None` is the built-in default: the owner and PUBLIC may execute.
    pub acl: Option<Acl>,
    /// Comment.
    pub comment: Option<String>,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// The statement that created or last replaced it.
    pub origin: Origin,
    /// The statement that last altered an attribute (ALTER FUNCTION), when later than `origin`.
    pub altered: Option<Origin>,
}

impl Function {
    /// The `search_path` that the function sets.
    pub fn search_path(&self) -> Option<&str> {
        self.config.get("search_path").map(String::as_str)
    }
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Argument {
    /// Name, where it has one.
    pub name: Option<String>,
    /// Direction.
    pub mode: ArgumentMode,
    /// Type as `format_type` prints it.
    pub type_name: String,
    /// Default.
    pub default: Option<Expr>,
}

/// An argument's direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArgumentMode {
    /// In.
    In,
    /// Out.
    Out,
    /// In and out.
    InOut,
    /// Variadic.
    Variadic,
    /// Column of RETURNS TABLE.
    Table,
}

impl ArgumentMode {
    /// Whether callers give it.
    pub fn is_input(self) -> bool {
        matches!(self, Self::In | Self::InOut | Self::Variadic)
    }
}

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FunctionKind {
    /// Function.
    Function,
    /// Procedure.
    Procedure,
    /// Aggregate.
    Aggregate,
    /// Window function.
    Window,
}

/// How a function's result may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volatility {
    /// Never for the same arguments.
    Immutable,
    /// Not within a statement.
    Stable,
    /// At any time.
    #[default]
    Volatile,
}
