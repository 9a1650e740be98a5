//! The consultation: rules, profile, facts, findings, risk, coverage.

pub mod compliance;
