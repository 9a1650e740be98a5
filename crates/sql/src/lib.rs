//! The database as the migrations leave it: SQL replayed into a Postgres catalogue, and what it says of access.
#![cfg_attr(test, allow(clippy::expect_used, clippy::unwrap_used, reason = "tests"))]
#![allow(clippy::needless_for_each, reason = "visitors of optional and repeated parts read best on one line")]
#![allow(clippy::wrong_self_convention, reason = "`from_` names SQL's FROM clause")]

pub mod catalogue;
pub mod checks;
pub mod drift;
pub mod layout;
pub mod matrix;
pub mod outcome;
mod parse;
mod print;
pub mod replay;
mod reread;
mod resolve;

pub use catalogue::Catalogue;
pub use outcome::{Failure, FailureKind, FileOutcome, Options, Replay, SqlFile};
pub use replay::{Session, replay};
pub use reread::reread;
