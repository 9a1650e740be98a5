//! What a project depends on, what is known against it, and how urgent that is.

mod document;
mod lockfile;
mod manifest;
pub mod advisory;
pub mod packages;
pub mod version;
pub mod index;
pub mod matching;
pub mod snapshot;
pub mod urgency;
pub mod hygiene;
pub mod advisories;
pub mod upgrade;
pub mod sbom;
pub mod vex;
