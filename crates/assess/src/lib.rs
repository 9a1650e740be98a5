//! The consultation: the project's rules, its profile, facts, findings, risk, coverage.
//!
//! [`assess`] turns an opened root into an [`lunette_core::Assessment`]; [`survey`] stops before anything is judged.

pub mod baseline;
mod checked;
mod code;
pub mod compliance;
pub mod compose;
pub mod config;
pub mod dates;
mod dependencies;
mod intel;
mod knowledge;
mod options;
pub mod paths;
mod pipeline;
pub mod profile;
mod reading;
pub mod research;
pub mod rules_md;
pub mod stack;
pub mod suppress;
mod views;

pub use lunette_config::tree;

pub use intel::{Intel, own_advisories};
pub use knowledge::Knowledge;
pub use options::{AssessError, Extras, Options, Progress, Running, Silent};
pub use pipeline::{Assessed, assess, survey};
pub use views::{PackageDocument, access, differences, package_document};
