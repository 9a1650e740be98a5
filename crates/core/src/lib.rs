//! The words of Lunette: places, evidence, findings, rules, risk, projects and the assessment itself.
//!
//! **Invariants.** This crate does no I/O. A [`Finding`] cannot be built without [`Evidence`]. Everything here
//! serialises to the same bytes for the same values: no hash order, no clock.

pub mod access;
pub mod assessment;
pub mod coverage;
pub mod dependencies;
pub mod finding;
pub mod observation;
pub mod place;
pub mod project;
pub mod research;
pub mod risk;
pub mod rule;
pub mod text;

pub use assessment::Assessment;
pub use coverage::{Area, CoverageRow, Status, Topic};
pub use finding::{Confidence, Evidence, Finding, Step, Why};
pub use place::Place;
pub use project::Project;
pub use risk::{Risk, Severity};
pub use rule::Rule;

/// The specialist's name, as in the specification: that of the agent, the MCP server's title and the report.
pub const SPECIALIST: &str = "backend-security-specialist";
