//! Access control lists: who may do what with an object.

use serde::{Deserialize, Serialize};

use super::origin::Origin;

/// An access control list. Where an object's list is absent (`None`), Postgres's built-in default holds: the owner may do
/// everything; besides, PUBLIC may execute functions and use types (and nothing else).
pub type Acl = Vec<Grant>;

/// One privilege of one grantee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub privilege: Privilege,
    /// Whether the grantee may grant it on.
    pub grantable: bool,
    /// By whom.
    pub grantor: String,
    /// The statement that granted it: a GRANT, the statement that created the object (owner and default privileges).
    pub origin: Origin,
}

/// To whom a privilege is given. Ordered with PUBLIC first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grantee {
    /// Everybody.
    Public,
    /// A role.
    Role(String),
}

impl Grantee {
    /// The role's name, or `PUBLIC`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Public => "PUBLIC",
            Self::Role(name) => name,
        }
    }
}

/// A privilege.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Privilege {
    /// Read rows or columns.
    Select,
    /// Add rows.
    Insert,
    /// Change rows.
    Update,
    /// Remove rows.
    Delete,
    /// Empty a table.
    Truncate,
    /// Point a foreign key at it.
    References,
    /// Make triggers on it.
    Trigger,
    /// Maintain it (Postgres 17; never part of ALL here).
    Maintain,
    /// Use a schema, sequence, type or language.
    Usage,
    /// Call a function.
    Execute,
    /// Create objects in a schema.
    Create,
    /// Connect to a database.
    Connect,
    /// Create temporary tables.
    Temporary,
}

impl Privilege {
    /// All privileges of a table, view or foreign table, in Postgres's order.
    pub const TABLE: [Privilege; 7] =
        [Self::Insert, Self::Select, Self::Update, Self::Delete, Self::Truncate, Self::References, Self::Trigger];
    /// Those that columns have, too.
    pub const COLUMN: [Privilege; 4] = [Self::Insert, Self::Select, Self::Update, Self::References];
    /// All privileges of a sequence.
    pub const SEQUENCE: [Privilege; 3] = [Self::Select, Self::Update, Self::Usage];
    /// All privileges of a schema.
    pub const SCHEMA: [Privilege; 2] = [Self::Usage, Self::Create];

    /// The privilege's keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::References => "REFERENCES",
            Self::Trigger => "TRIGGER",
            Self::Maintain => "MAINTAIN",
            Self::Usage => "USAGE",
            Self::Execute => "EXECUTE",
            Self::Create => "CREATE",
            Self::Connect => "CONNECT",
            Self::Temporary => "TEMPORARY",
        }
    }

    /// The privilege of a keyword, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "select" => Self::Select,
            "insert" => Self::Insert,
            "update" => Self::Update,
            "delete" => Self::Delete,
            "truncate" => Self::Truncate,
            "references" => Self::References,
            "trigger" => Self::Trigger,
            "maintain" => Self::Maintain,
            "usage" => Self::Usage,
            "execute" => Self::Execute,
            "create" => Self::Create,
            "connect" => Self::Connect,
            "temporary" | "temp" => Self::Temporary,
            _ => return None,
        })
    }
}
