//! The data model of a Postgres catalogue: what a database holds, and the statement that made each thing so.
//!
//! The same types hold what the replay of migrations arrives at and what a live reader finds in `pg_catalog`; two catalogues
//! are equal when the databases are, wherever their statements stand (see [`Origin`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub mod acl;
pub mod expression;
pub mod function;
pub mod name;
pub mod objects;
pub mod origin;
pub mod privileges;
pub mod relation;

pub use acl::{Acl, Grant, Grantee, Privilege};
pub use expression::{Expr, FromItem, Literal, Node, Select, ViewQuery};
pub use function::{Argument, ArgumentMode, Function, FunctionKind, Volatility};
pub use name::{Name, Signature, quote_ident};
pub use objects::{
    Bucket, CronJob, DefaultPrivilege, EventTrigger, Extension, ObjectKind, Publication, Role, Schema, Type, TypeKind,
};
pub use origin::{Origin, Source};
pub use privileges::Held;
pub use relation::{
    Column, Command, Constraint, ConstraintKind, Generated, Index, Partition, Policy, Relation, RelationKind, Rls,
    Trigger,
};

/// A database's catalogue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// Schemas by name.
    pub schemas: BTreeMap<String, Schema>,
    /// Tables, views, materialised views, foreign tables and sequences by qualified name.
    pub relations: BTreeMap<Name, Relation>,
    /// Functions, procedures and aggregates by identity signature.
    pub functions: BTreeMap<Signature, Function>,
    /// Types other than the row types of relations.
    pub types: BTreeMap<Name, Type>,
    /// Extensions by name.
    pub extensions: BTreeMap<String, Extension>,
    /// Publications by name.
    pub publications: BTreeMap<String, Publication>,
    /// What `ALTER DEFAULT PRIVILEGES` left (the rows of `pg_default_acl`), ordered by role, schema and kind.
    pub default_privileges: Vec<DefaultPrivilege>,
    /// Rows of `storage.buckets` by id.
    pub buckets: BTreeMap<String, Bucket>,
    /// Jobs of `pg_cron` by name (or `#n` for the n-th job without a name).
    pub cron_jobs: BTreeMap<String, CronJob>,
    /// Event triggers by name.
    pub event_triggers: BTreeMap<String, EventTrigger>,
    /// Schemas that the HTTP API serves (`config.toml`, `[api].schemas`). Not part of Postgres's own catalogue.
    pub exposed_schemas: Vec<String>,
}

impl Catalogue {
    /// The relation of that schema and name.
    pub fn relation(&self, schema: &str, name: &str) -> Option<&Relation> {
        self.relations.get(&Name::new(schema, name))
    }

    /// All functions of that schema and name, overloads in order of their signatures.
    pub fn overloads<'a>(&'a self, schema: &'a str, name: &'a str) -> impl Iterator<Item = &'a Function> {
        let from = Signature { schema: schema.to_owned(), name: name.to_owned(), args: Vec::new() };
        self.functions
            .range(from..)
            .take_while(move |(signature, _)| signature.schema == schema && signature.name == name)
            .map(|(_, function)| function)
    }

    /// Whether the HTTP API serves the schema.
    pub fn is_exposed(&self, schema: &str) -> bool {
        self.exposed_schemas.iter().any(|exposed| exposed == schema)
    }

    /// The extension that owns objects of that schema, when a schema was made for one.
    pub fn extension(&self, name: &str) -> Option<&Extension> {
        self.extensions.get(name)
    }
}
