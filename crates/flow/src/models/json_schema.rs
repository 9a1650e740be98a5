//! The JSON Schema of model files: `schemas/model-1.schema.json` is made of the types that read them.
#![allow(clippy::unwrap_used, clippy::print_stderr, dead_code, missing_docs)]

use schemars::JsonSchema;
use serde_json::Value;

use super::schema::{KindsFile, ModelFile};
use crate::embedded::MODELS;

/// What a guard proves, as models write it: [`lunette_core::project::Proves`].
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(crate) enum Proves {
    Authenticated,
    Authorized,
    Csrf,
    RateLimit,
    Validated,
    Headers,
    Cors,
    Unknown,
}

/// A part of a request, as models write it: [`lunette_core::project::InputKind`].
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(crate) enum InputKind {
    Path,
    Query,
    Body,
    Form,
    Header,
    Cookie,
    File,
}

/// The good result of a test: a truth value in YAML, or `throws`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Good {
    Truth(bool),
    Word(GoodWord),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(crate) enum GoodWord {
    True,
    False,
    Throws,
}

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/model-1.schema.json");

fn schema() -> Value {
    let mut schema = serde_json::to_value(schemars::schema_for!(ModelFile)).unwrap();
    schema["title"] = "Lunette model".into();
    schema
}

/// After a change of the types: `LUNETTE_WRITE=1 cargo test -p lunette-flow json_schema` writes the file anew.
#[test]
fn the_committed_schema_is_that_of_the_types() {
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("LUNETTE_WRITE").is_some() {
        std::fs::write(PATH, &made).unwrap();
    }
    assert!(std::fs::read_to_string(PATH).unwrap() == made, "run with LUNETTE_WRITE=1");
}

#[test]
fn every_shipped_model_is_valid() {
    let model = jsonschema::validator_for(&schema()).unwrap();
    let kinds = jsonschema::validator_for(&serde_json::to_value(schemars::schema_for!(KindsFile)).unwrap()).unwrap();
    for (name, text) in MODELS {
        let value: Value = serde_saphyr::from_str(text).unwrap();
        let validator = if name.ends_with("kinds.yml") { &kinds } else { &model };
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn misspelt_keys_are_refused() {
    let model = jsonschema::validator_for(&schema()).unwrap();
    let file = |section: &str| serde_json::json!({ "package": "x", "language": "python", section: [{ "call": "x.f", "kind": "sql" }] });
    assert!(model.is_valid(&file("sinks")));
    assert!(!model.is_valid(&file("sink")));
}
