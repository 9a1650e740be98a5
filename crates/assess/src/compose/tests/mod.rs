//! The composition on small made-up projects.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod fixture;
mod monitoring;
mod parts;
mod properties;
mod prose;
