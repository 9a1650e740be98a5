//! What a project depends on, what is known against it, and how urgent that is.

pub mod advisories;
pub mod advisory;
mod document;
pub mod hygiene;
pub mod index;
mod lockfile;
mod manifest;
pub mod matching;
pub mod packages;
pub mod sbom;
pub mod snapshot;
pub mod upgrade;
pub mod urgency;
pub mod version;
pub mod vex;
