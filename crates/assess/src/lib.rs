//! The consultation: rules, profile, facts, findings, risk, coverage.

pub mod compliance;
pub mod compose;
pub mod config;
pub mod dates;
pub mod paths;
pub mod rules_md;
pub mod tree;
pub mod baseline;
pub mod suppress;
pub mod stack;
pub mod profile;
