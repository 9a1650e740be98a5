//! What a project depends on, what is known against it, and how urgent that is.

mod document;
mod lockfile;
mod manifest;
pub mod packages;
pub mod version;
