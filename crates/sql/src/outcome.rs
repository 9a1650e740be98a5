//! What goes into a replay and what comes out of it.

use lunette_core::place::Place;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;

/// A file of SQL, or a literal of SQL found in one.
#[derive(Clone, Copy, Debug)]
pub struct SqlFile<'a> {
    /// Path relative to the project's root.
    pub path: &'a str,
    /// Text, decoded; a byte-order mark is ignored.
    pub text: &'a str,
    /// Line and column of the text's first character within the file, from 1: (1, 1) for a file as a whole.
    pub at: (u32, u32),
    /// The place that all of it is put down to, where the text does not stand in the file as it is (put together of parts).
    pub whole: Option<&'a Place>,
    /// Whether it goes on in the session of the text before it, as the statements of one migration do.
    pub continues: bool,
}

impl<'a> SqlFile<'a> {
    /// A file as a whole.
    pub fn new(path: &'a str, text: &'a str) -> Self {
        SqlFile { path, text, at: (1, 1), whole: None, continues: false }
    }
}

/// How to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Begin with the catalogue of a fresh Supabase project instead of that of plain Postgres 15.
    pub supabase: bool,
    /// Schemas that the HTTP API serves (`config.toml`, `[api].schemas`).
    pub exposed_schemas: Vec<String>,
    /// Whether new tables, sequences and functions in `public` are granted to the API's roles by default (`[api]
    /// auto_expose_new_tables`; the default of hosted projects made before 2026-05-30).
    pub auto_expose_new_tables: bool,
    /// The role that runs the migrations. With a name that does not exist, it is made, as a superuser.
    pub role: String,
}

impl Options {
    /// A Supabase project with default settings.
    pub fn supabase() -> Self {
        Options {
            supabase: true,
            exposed_schemas: vec!["public".into(), "graphql_public".into()],
            auto_expose_new_tables: true,
            role: "postgres".into(),
        }
    }

    /// Plain Postgres: no schema is served by an HTTP API.
    pub fn postgres() -> Self {
        Options { supabase: false, exposed_schemas: Vec::new(), auto_expose_new_tables: false, role: "postgres".into() }
    }
}

/// What a replay arrived at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// The catalogue.
    pub catalogue: Catalogue,
    /// Statements that failed or were not understood, in order.
    pub failures: Vec<Failure>,
    /// Number of statements, those in blocks that were run included.
    pub statements: usize,
    /// Each file: path, number of its statements, and how many of them failed.
    pub files: Vec<FileOutcome>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOutcome {
    /// Path.
    pub path: String,
    /// Its statements.
    pub statements: usize,
    /// Those that failed.
    pub failed: usize,
}

/// A statement that failed, or that the replay could not carry out.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Where.
    pub place: Place,
    /// What is wrong, in a sentence; object names are the project's own.
    pub message: String,
    /// What kind of failure.
    pub kind: FailureKind,
}

/// Kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The text is no SQL.
    Syntax,
    /// It names something that is not there.
    Unresolved,
    /// It makes something that is there already.
    Duplicate,
    /// Postgres refuses it for another reason (dependents of a dropped object, a policy on a view).
    Refused,
    /// Postgres would run it; the replay cannot say what it leaves (dynamic SQL of unknown text).
    Unsupported,
}

impl FailureKind {
    /// Whether Postgres itself would have failed here.
    pub fn fails_in_postgres(self) -> bool {
        self != Self::Unsupported
    }
}
