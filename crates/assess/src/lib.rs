//! The consultation: rules, profile, facts, findings, risk, coverage.
