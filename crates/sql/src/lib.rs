//! The database as the migrations leave it: SQL replayed into a Postgres catalogue, and what it says of access.

pub mod catalogue;
pub mod matrix;
pub mod outcome;
mod parse;
pub mod replay;

pub use catalogue::Catalogue;
pub use outcome::{Failure, FailureKind, FileOutcome, Options, Replay, SqlFile};
pub use replay::replay;
