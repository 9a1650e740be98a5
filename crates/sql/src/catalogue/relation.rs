//! Tables, views, sequences: columns, constraints, indexes, row-level security, triggers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::expression::{Expr, ViewQuery};
use super::name::{Name, Signature};
use super::origin::Origin;

/// A table, view, materialised view, foreign table or sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// Qualified name.
    pub name: Name,
    /// What it is.
    pub kind: RelationKind,
    /// Owner.
    pub owner: String,
    /// Columns in order of their numbers (`attnum` is the place in this list, from 1); dropped ones stay, marked.
    pub columns: Vec<Column>,
    /// Constraints in order of creation.
    pub constraints: Vec<Constraint>,
    /// Indexes by name, those of constraints included.
    pub indexes: BTreeMap<String, Index>,
    /// Storage options (`WITH (…)`): `security_invoker`, `security_barrier`, … Values as Postgres stores them.
    pub options: BTreeMap<String, String>,
    /// Where the options were last set.
    pub options_origin: Origin,
    /// Query of a view or materialised view.
    pub query: Option<ViewQuery>,
    /// Row-level security.
    pub rls: Rls,
    /// Policies by name.
    pub policies: BTreeMap<String, Policy>,
    /// Triggers by name.
    pub triggers: BTreeMap<String, Trigger>,
    /// Tables that it inherits from; the partitioned table of a partition.
    pub parents: Vec<Name>,
    /// How it is partitioned, or which partition of its parent it is.
    pub partition: Option<Partition>,
    /// Foreign server of a foreign table.
    pub server: Option<String>,
    /// Whether it is temporary.
    pub temporary: bool,
    /// Whether it is filled (false: materialised view `WITH NO DATA`).
    pub populated: bool,
    /// Column of a table that owns it (sequences of serial and identity columns).
    pub owned_by: Option<(Name, String)>,
    /// Access control list; `None` is the built-in default (owner only).
    pub acl: Option<Acl>,
    /// Comment.
    pub comment: Option<String>,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// The statement that created it.
    pub origin: Origin,
}

impl Relation {
    /// Columns that are not dropped, with their numbers.
    pub fn live_columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| !column.dropped).map(|(at, column)| (at + 1, column))
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| !column.dropped && column.name == name)
    }

    /// Number of a column (`attnum`), from 1.
    pub fn column_number(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| !column.dropped && column.name == name).map(|at| at + 1)
    }

    /// The primary key's columns.
    pub fn primary_key(&self) -> Option<&[String]> {
        self.constraints.iter().find_map(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } => Some(columns.as_slice()),
            _ => None,
        })
    }

    /// Whether a view option is set to a true value (`security_invoker`, `security_barrier`).
    pub fn option_is_on(&self, name: &str) -> bool {
        self.options
            .get(name)
            .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "on" | "1" | "yes" | "t" | "y"))
    }
}

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// Ordinary table (`relkind` r).
    Table,
    /// Partitioned table (p).
    PartitionedTable,
    /// View (v).
    View,
    /// Materialised view (m).
    MaterializedView,
    /// Foreign table (f).
    ForeignTable,
    /// Sequence (S).
    Sequence,
}

impl RelationKind {
    /// Whether it holds rows and can have policies: an ordinary or partitioned table.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::PartitionedTable)
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type as `format_type` prints it: `character varying(255)`, `timestamp with time zone`, `text[]`, `public.mood`.
    /// Types of the schemas `pg_catalog` and `public` stand without schema.
    pub type_name: String,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// Default, or the expression of a generated column.
    pub default: Option<Expr>,
    /// How it is generated.
    pub generated: Generated,
    /// Privileges on this column alone.
    pub acl: Acl,
    /// Whether it was dropped (it keeps its number).
    pub dropped: bool,
    /// Whether it came from a parent.
    pub inherited: bool,
    /// Comment.
    pub comment: Option<String>,
    /// The statement that added or last changed it.
    pub origin: Origin,
}

/// How a column's values come about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generated {
    /// Given by the writer, or the default.
    #[default]
    No,
    /// `GENERATED ALWAYS AS (…) STORED`.
    Stored,
    /// `GENERATED ALWAYS AS IDENTITY`.
    IdentityAlways,
    /// `GENERATED BY DEFAULT AS IDENTITY`.
    IdentityByDefault,
}

/// A constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Name.
    pub name: String,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Whether existing rows were checked (`NOT VALID` otherwise).
    pub validated: bool,
    /// Whether it came from a parent.
    pub inherited: bool,
    /// The statement that added it.
    pub origin: Origin,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// Primary key.
    PrimaryKey {
        /// Its columns in order.
        columns: Vec<String>,
    },
    /// Unique.
    Unique {
        /// Its columns in order.
        columns: Vec<String>,
    },
    /// Foreign key.
    ForeignKey {
        /// Referring columns.
        columns: Vec<String>,
        /// Table referred to.
        references: Name,
        /// Columns referred to.
        referenced: Vec<String>,
        /// `NO ACTION`, `RESTRICT`, `CASCADE`, `SET NULL`, `SET DEFAULT`.
        on_delete: String,
        /// Likewise.
        on_update: String,
    },
    /// Check.
    Check {
        /// Condition.
        expression: Expr,
    },
    /// Exclusion.
    Exclude {
        /// As written.
        definition: String,
    },
}

/// An index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Name.
    pub name: String,
    /// Key columns or expressions, as `pg_get_indexdef` prints each: a column's name (quoted where needed) or an
    /// expression, without operator class and direction.
    pub keys: Vec<String>,
    /// Names of the key columns; `None` for an expression.
    pub columns: Vec<Option<String>>,
    /// Columns of INCLUDE.
    pub include: Vec<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it is the primary key's.
    pub primary: bool,
    /// Access method (`btree`).
    pub method: String,
    /// Predicate of a partial index.
    pub predicate: Option<Expr>,
    /// The whole as `pg_get_indexdef` prints it.
    pub definition: String,
    /// The constraint that it serves.
    pub constraint: Option<String>,
    /// The statement that created it.
    pub origin: Origin,
}

/// Row-level security of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rls {
    /// Whether it is enabled.
    pub enabled: bool,
    /// Whether it binds the owner, too.
    pub forced: bool,
    /// The statement that last enabled or disabled it; unknown when none did.
    pub enabled_origin: Origin,
    /// The statement that last forced or unforced it.
    pub forced_origin: Origin,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Name.
    pub name: String,
    /// Commands that it is for.
    pub command: Command,
    /// Permissive (any of them admits) or restrictive (each of them must).
    pub permissive: bool,
    /// Roles, as written; `public` is everybody. Never empty.
    pub roles: Vec<String>,
    /// Which existing rows.
    pub using: Option<Expr>,
    /// Which new rows. Where absent, `using` serves (see [`Policy::check`]).
    pub with_check: Option<Expr>,
    /// Comment.
    pub comment: Option<String>,
    /// The statement that created or last altered it.
    pub origin: Origin,
}

impl Policy {
    /// Whether it binds everybody.
    pub fn is_public(&self) -> bool {
        self.roles.iter().any(|role| role == "public")
    }

    /// What new rows are held to: WITH CHECK, or else USING where the command has both.
    pub fn check(&self) -> Option<&Expr> {
        self.with_check.as_ref().or(match self.command {
            Command::All | Command::Update => self.using.as_ref(),
            _ => None,
        })
    }
}

/// Commands of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Command {
    /// All of them.
    All,
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl Command {
    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a policy for `self` is asked on a statement of `command`.
    pub fn covers(self, command: Command) -> bool {
        self == Self::All || self == command
    }
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Name.
    pub name: String,
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub timing: String,
    /// Events in Postgres's order: `INSERT`, `DELETE`, `UPDATE`, `TRUNCATE`.
    pub events: Vec<String>,
    /// Columns of `UPDATE OF`.
    pub columns: Vec<String>,
    /// Whether it runs for each row.
    pub each_row: bool,
    /// Condition, as written.
    pub when: Option<Expr>,
    /// The function that it calls.
    pub function: Signature,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The statement that created it.
    pub origin: Origin,
}

/// Partitioning of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Partition {
    /// A partitioned table.
    By {
        /// As written after PARTITION BY.
        key: String,
    },
    /// A partition.
    Of {
        /// Partitioned table.
        parent: Name,
        /// As written: `FOR VALUES …` or `DEFAULT`.
        bound: String,
    },
    /// A partition that is partitioned itself.
    Both {
        /// Partitioned table.
        parent: Name,
        /// Its bound.
        bound: String,
        /// Its own key.
        key: String,
    },
}
