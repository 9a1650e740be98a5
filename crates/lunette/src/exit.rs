//! How runs end.

use std::process::ExitCode;

/// The exit code of a run that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Status {
    /// Nothing at or above the level asked about.
    pub(crate) const FINE: Status = Status(0);
    /// Findings at or above `--fail-on`.
    pub(crate) const FINDINGS: Status = Status(1);
    /// Something that should have been looked at was not.
    pub(crate) const INCOMPLETE: Status = Status(Failure::INCOMPLETE);
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status.0)
    }
}

/// A run that could not do its work, with one clear sentence.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: u8,
    /// What went wrong.
    pub(crate) message: String,
}

impl Failure {
    /// Wrong usage or configuration.
    pub(crate) const USAGE: u8 = 2;
    /// Incomplete assessment, or a fault of the tool.
    pub(crate) const INCOMPLETE: u8 = 3;

    /// Wrong usage or configuration.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure { code: Self::USAGE, message: message.into() }
    }

    /// A fault of the tool or the platform.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Failure { code: Self::INCOMPLETE, message: message.into() }
    }
}
