//! Rule files and what they ask of the rooms below.
//!
//! A rule is data: one Markdown file that is documentation, metadata, matchers and tests at once (`rules/README.md`
//! is the reference of the format). The matchers are generic.
//!
//! **Invariant.** This crate knows no library and no weakness: both stand in `models/` and `rules/`. A rule sees
//! facts, never a syntax tree. Loading refuses what cannot mean anything, with file and line.

mod book;
mod compile;
mod direct;
mod document;
mod error;
mod finding;
mod judge;
mod matcher;
mod page;
mod run;
mod schema;
mod settings;
mod spot;
mod surface;
mod template;
pub mod testing;
mod trace;
mod uses;
mod value;
mod version;

pub use book::{BUILTIN, Rulebook, RunContext};
pub use document::Example;
pub use error::RuleError;
pub use run::{Checked, RunResult};
pub use version::major;

use lunette_core::project::Route;
use lunette_flow::program::UnitId;
use lunette_lang::ir::BodyId;

/// The routes of a project and which of them each function serves.
#[derive(Clone, Copy)]
pub struct Routes<'a> {
    /// The routes.
    pub routes: &'a [Route],
    /// Indices of the routes whose handler or guard a function is.
    pub of_body: &'a dyn Fn(UnitId, BodyId) -> Vec<usize>,
}
