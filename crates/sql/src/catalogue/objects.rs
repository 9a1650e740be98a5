//! Everything of a catalogue besides relations and functions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::expression::Expr;
use super::name::{Name, Signature};
use super::origin::Origin;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Name.
    pub name: String,
    /// SUPERUSER.
    pub superuser: bool,
    /// BYPASSRLS.
    pub bypass_rls: bool,
    /// INHERIT: has the privileges of the roles it is a member of without SET ROLE.
    pub inherit: bool,
    /// LOGIN.
    pub login: bool,
    /// CREATEROLE.
    pub create_role: bool,
    /// CREATEDB.
    pub create_db: bool,
    /// REPLICATION.
    pub replication: bool,
    /// Roles it is a direct member of, and whether it may grant them on.
    pub member_of: BTreeMap<String, bool>,
    /// Settings of ALTER ROLE … SET.
    pub config: BTreeMap<String, String>,
    /// The statement that created or last changed it.
    pub origin: Origin,
}

/// A schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: String,
    /// Access control list; `None` is the built-in default (owner only).
    pub acl: Option<Acl>,
    /// Comment.
    pub comment: Option<String>,
    /// The statement that created it.
    pub origin: Origin,
}

/// A type that is no relation's row type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Type {
    /// Qualified name.
    pub name: Name,
    /// What it is.
    pub kind: TypeKind,
    /// Owner.
    pub owner: String,
    /// Access control list; `None` is the built-in default: the owner and PUBLIC may use it.
    pub acl: Option<Acl>,
    /// Comment.
    pub comment: Option<String>,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// The statement that created or last changed it.
    pub origin: Origin,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TypeKind {
    /// Enumeration.
    Enum {
        /// Labels in order.
        labels: Vec<String>,
    },
    /// Domain.
    Domain {
        /// Base type as `format_type` prints it.
        base: String,
        /// NOT NULL.
        not_null: bool,
        /// Default.
        default: Option<Expr>,
        /// Checks by name.
        checks: BTreeMap<String, Expr>,
    },
    /// Composite.
    Composite {
        /// Names and types of its fields.
        fields: Vec<(String, String)>,
    },
    /// Range.
    Range {
        /// Subtype.
        subtype: String,
    },
    /// A base or shell type.
    Base,
}

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Name.
    pub name: String,
    /// Schema of its objects.
    pub schema: String,
    /// Version, when given.
    pub version: Option<String>,
    /// The statement that created it.
    pub origin: Origin,
}

/// A publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: String,
    /// FOR ALL TABLES.
    pub all_tables: bool,
    /// Tables, each with the statement that added it.
    pub tables: BTreeMap<Name, Origin>,
    /// Schemas (FOR TABLES IN SCHEMA).
    pub schemas: BTreeMap<String, Origin>,
    /// Operations that are published, lower case; all four where nothing was said.
    pub publish: BTreeSet<String>,
    /// The statement that created it.
    pub origin: Origin,
}

/// A row of `pg_default_acl`: what `role` gives on objects that it creates.
///
/// Without a schema, the list replaces the built-in default; with a schema, it adds to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivilege {
    /// The creating role.
    pub role: String,
    /// Only in this schema.
    pub schema: Option<String>,
    /// Kind of object.
    pub objects: ObjectKind,
    /// The privileges.
    pub acl: Acl,
    /// The statement that last changed it.
    pub origin: Origin,
}

/// Kinds of objects that default privileges are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// Tables and views.
    Tables,
    /// Sequences.
    Sequences,
    /// Functions and procedures.
    Functions,
    /// Types.
    Types,
    /// Schemas.
    Schemas,
}

/// A row of `storage.buckets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Whether everybody may read its files by URL.
    pub public: bool,
    /// Largest file in bytes.
    pub file_size_limit: Option<i64>,
    /// Types of files that it takes.
    pub allowed_mime_types: Option<Vec<String>>,
    /// The statement that made or last changed it.
    pub origin: Origin,
}

/// A job of `pg_cron`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronJob {
    /// Name, where it has one.
    pub name: Option<String>,
    /// Schedule.
    pub schedule: String,
    /// SQL that it runs.
    pub command: String,
    /// The statement that scheduled it.
    pub origin: Origin,
}

/// An event trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// Name.
    pub name: String,
    /// Event: `ddl_command_end`, …
    pub event: String,
    /// Values of `WHEN TAG IN (…)`.
    pub tags: Vec<String>,
    /// The function that it calls.
    pub function: Signature,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Owner.
    pub owner: String,
    /// The statement that created it.
    pub origin: Origin,
}
