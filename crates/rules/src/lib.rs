//! Rule files and what they ask of the rooms below.
//!
//! A rule is data: one Markdown file that is documentation, metadata, matchers and tests at once (`rules/README.md`
//! is the reference of the format). The matchers are generic.
//!
//! **Invariant.** This crate knows no library and no weakness: both stand in `models/` and `rules/`. A rule sees
//! facts, never a syntax tree. Loading refuses what cannot mean anything, with file and line.

mod book;
mod catch;
mod cheap;
mod checked;
mod checks;
mod compile;
pub mod database;
mod direct;
mod document;
mod document_match;
mod error;
mod finding;
mod group;
mod judge;
mod matcher;
pub mod migrations;
mod page;
mod places;
mod reaching;
mod record;
mod result;
mod roles;
mod run;
mod schema;
mod setting_value;
mod settings;
mod spot;
mod surface;
mod taint;
mod template;
pub mod testing;
mod tie;
mod trace;
mod uses;
mod value;
mod version;

pub use book::{BUILTIN, Rulebook, RunContext};
pub use checked::Checked;
pub use document::Example;
pub use error::RuleError;
pub use reaching::{Reached, Reaching};
pub use result::RunResult;
pub use version::major;
