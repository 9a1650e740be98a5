//! Configuration files (TOML, YAML, JSON, env) as documents whose values keep their places.
//!
//! **Invariant.** What is read here is hostile: size, nesting, aliases and time are bounded, and a file that cannot be
//! read gives a line and a message. This crate knows syntaxes, not what any tool means by a key.

mod document;
mod dotenv;
pub mod tree;
mod yaml;

pub use document::{Document, Entry, Format, KeyPath, select};
pub use dotenv::dotenv;
pub use tree::{Key, Node, ParseError, Span, Value};
