//! Assessment to Markdown, JSON and SARIF; it renders, it never decides.
//!
//! **Invariants.** Every format shows the same set of findings. The same assessment gives the same bytes. Text of the
//! assessed project never acts as markup: not in Markdown, not in the messages of SARIF.

mod escape;
mod json;
mod markdown;
#[cfg(any(test, feature = "testing"))]
pub mod sample;
mod sarif;
#[cfg(test)]
mod tests;
mod view;

pub use json::{JSON_SCHEMA, JSON_SCHEMA_NAME, json};
pub use markdown::{BUILT_IN, MAIN_TEMPLATE, TemplateError, Templates, markdown};
pub use sarif::sarif;
