//! Facts about values: modules linked, API values tracked, constants evaluated, calls and routes found.
//!
//! **Invariant.** This crate knows no library and no rule. What a library's values are called, which calls register
//! routes, what proves that a caller is signed in: all of it comes from `models/*.yml`.

pub mod access;
pub mod api;
mod call_sites;
mod constant;
mod embedded;
pub mod facts;
pub mod fold;
pub mod know;
pub mod lazy;
mod lineage;
pub mod link;
mod methods;
pub mod models;
pub mod pattern;
pub mod program;
pub mod routes;
pub mod taint;
mod test_code;

pub use constant::{Possible, Value};
pub use embedded::MODELS;
pub use facts::Facts;
pub use routes::{Routes, routes};
pub use test_code::is_test_path;
