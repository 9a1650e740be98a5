//! Who reaches what in the database: the access matrix of the replayed catalogue.

use serde::Serialize;

use crate::place::Place;

/// Which role may do what with each exposed object of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccessMatrix {
    /// The objects, by kind and name.
    pub objects: Vec<ObjectAccess>,
    /// What had to be assumed, in sentences.
    pub assumptions: Vec<String>,
}

/// One object and who reaches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectAccess {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name with the schema: `public.invoices`, `public.accept(text)`; a bucket's id.
    pub name: String,
    /// The statement that made it; nothing for what Supabase itself makes.
    pub place: Option<Place>,
    /// One row per role and command.
    pub rows: Vec<AccessRow>,
}

/// What one role may do with one object by one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessRow {
    /// The role: `anon`.
    pub role: String,
    /// The command.
    pub command: Command,
    /// How far it reaches.
    pub reach: Reach,
    /// Why, in short sentences: the grant, and each policy that takes part.
    pub because: Vec<String>,
    /// The statements that make it so.
    pub steps: Vec<Place>,
}

/// Kinds of objects in the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// A table, partitioned ones too.
    Table,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A foreign table.
    ForeignTable,
    /// A function or procedure.
    Function,
    /// A bucket of Supabase Storage.
    Bucket,
}

impl ObjectKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::MaterializedView => "materialised view",
            Self::ForeignTable => "foreign table",
            Self::Function => "function",
            Self::Bucket => "bucket",
        }
    }
}

/// What is done with an object. For buckets: list and download, upload, replace, delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Command {
    /// Read rows.
    Select,
    /// Add rows.
    Insert,
    /// Change rows.
    Update,
    /// Remove rows.
    Delete,
    /// Call a function.
    Execute,
}

impl Command {
    /// The commands on rows.
    pub const ROWS: [Command; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// As SQL spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Execute => "EXECUTE",
        }
    }
}

/// How far a command reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// No row at all.
    Denied,
    /// Rows tied to the caller by a claim of the token.
    OwnRows,
    /// Rows of a group that the caller belongs to.
    TenantRows,
    /// Some rows: what decides cannot be told from the SQL, or does not ask who calls.
    Unknown,
    /// Every row.
    AllRows,
    /// A function may be called.
    Callable,
}

impl Reach {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::OwnRows => "own rows",
            Self::TenantRows => "tenant rows",
            Self::Unknown => "unknown",
            Self::AllRows => "all rows",
            Self::Callable => "may call",
        }
    }
}
