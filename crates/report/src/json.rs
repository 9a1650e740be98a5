//! The JSON form: the assessment as it is, field by field.

use lunette_core::Assessment;
use serde::Serialize;

/// The JSON Schema (2020-12) of [`json`]'s output, kept in `schemas/` of the repository.
pub const JSON_SCHEMA: &str = include_str!("../../../schemas/assessment-1.schema.json");

/// The schema's name, in the `$schema` field of every document: its path in the repository.
pub const JSON_SCHEMA_NAME: &str = "schemas/assessment-1.schema.json";

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(flatten)]
    assessment: &'a Assessment,
}

/// The assessment as indented JSON with a newline at its end. Fields stand in the order of the types, lists in that of
/// the assessment.
///
/// # Panics
/// Never: an assessment has no maps with keys that aren't strings and no numbers that JSON lacks.
pub fn json(assessment: &Assessment) -> String {
    pretty(&Document { schema: JSON_SCHEMA_NAME, assessment })
}

/// Indented JSON with a newline at its end.
pub(crate) fn pretty(document: &impl Serialize) -> String {
    #[expect(clippy::expect_used, reason = "only types of this project, which serialise without fail; tested")]
    let mut text = serde_json::to_string_pretty(document).expect("plain data");
    text.push('\n');
    text
}
