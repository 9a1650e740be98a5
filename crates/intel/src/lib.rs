//! What a project depends on, what is known against it, and how urgent that is.

pub mod packages;
