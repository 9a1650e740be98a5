//! What a caller decides about an assessment.

use lunette_core::assessment::{AssessmentKind, Confinement};
use lunette_core::finding::Confidence;

use lunette_sql::Catalogue;

use crate::intel::Intel;

/// Rules and models besides the built-in ones, as file name and text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Rule files (Markdown).
    pub rules: Vec<(String, String)>,
    /// Model files (YAML).
    pub models: Vec<(String, String)>,
}

/// Options of an assessment.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What was asked, in the caller's words; may be empty.
    pub request: String,
    /// The kind of assessment, when the request should not decide it.
    pub kind: Option<AssessmentKind>,
    /// The date (ISO). Nothing here reads a clock.
    pub date: String,
    /// Findings that are less sure are left out.
    pub min_confidence: Option<Confidence>,
    /// Rules and models besides the built-in ones.
    pub extras: Extras,
    /// An earlier report (Lunette's JSON or SARIF), as text: its findings are marked as known.
    pub baseline: Option<String>,
    /// Paths of outputs below the root, relative to it: left out of the walk.
    pub exclude: Vec<String>,
    /// What the platform enforces on this process; shown in the report.
    pub confinement: Confinement,
    /// Threads to use; as many as there are cores when absent.
    pub threads: Option<usize>,
    /// Research on the web was allowed.
    pub online: bool,
    /// What is known of threats.
    pub intel: Intel,
    /// A running database, to be judged instead of what the project's SQL leaves.
    pub database: Option<Running>,
}

/// A running database as it was read.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its catalogue.
    pub catalogue: Catalogue,
    /// What to call it.
    pub name: String,
    /// What could not be read, in sentences.
    pub notes: Vec<String>,
}

/// Where an assessment tells how far it is.
pub trait Progress: Sync {
    /// A phase begins, with the number of steps it has (0: not known).
    fn phase(&self, name: &str, total: usize);
    /// A step of the phase is done. Called from any thread.
    fn step(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _name: &str, _total: usize) {}
    fn step(&self) {}
}

/// An assessment that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssessError {
    /// The configuration, a rule, a model or a baseline is faulty. Exit code 2.
    #[error("{0}")]
    Config(String),
    /// A fault of the tool or the platform. Exit code 3.
    #[error("{0}")]
    Internal(String),
}
