//! JSON against our schema, SARIF against the standard's.

use serde_json::{Value, json};

use super::shared;
use crate::sample;

#[track_caller]
fn valid(validator: &jsonschema::Validator, document: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn assessment_validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(crate::JSON_SCHEMA).unwrap();
    jsonschema::draft202012::meta::validate(&schema).expect("a valid schema");
    jsonschema::draft202012::new(&schema).unwrap()
}

#[test]
fn the_json_follows_its_schema() {
    let validator = assessment_validator();
    for assessment in [sample::assessment(), sample::empty()] {
        valid(&validator, &serde_json::from_str(&crate::json(&assessment)).unwrap());
    }
}

#[test]
fn the_schema_refuses_what_it_does_not_describe() {
    let validator = assessment_validator();
    let good: Value = serde_json::from_str(&crate::json(&sample::assessment())).unwrap();
    for (pointer, bad) in [
        ("/schema_version", json!("2")),
        ("/date", json!("yesterday")),
        ("/findings/0/risk/severity", json!("Catastrophic")),
        ("/findings/0/id", json!("7K3F")),
        ("/findings/0/place/line", json!(-1)),
        ("/findings/0/evidence/kind", json!("rumour")),
        ("/coverage/0", json!({})),
        ("/project/skipped/0/reason", json!("lost")),
    ] {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = bad;
        assert!(!validator.is_valid(&document), "{pointer}");
    }
    // Every object is closed: a field of no meaning is refused wherever it stands.
    let mut objects = Vec::new();
    pointers(&good, String::new(), &mut objects);
    assert!(objects.len() > 100);
    for pointer in objects {
        let mut document = good.clone();
        let object = document.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
        object.insert("unheard_of".to_owned(), Value::Null);
        assert!(!validator.is_valid(&document), "{pointer}");
    }
}

/// The pointers of all objects, of each array the first two.
fn pointers(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                pointers(field, format!("{at}/{name}"), out);
            }
            out.push(at);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().take(2).enumerate() {
                pointers(item, format!("{at}/{index}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn the_sarif_follows_the_standard() {
    let Some(schema) = shared("schemas/sarif-oasis.json") else { return };
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::draft4::new(&schema).unwrap();
    for assessment in [sample::assessment(), sample::empty()] {
        let log: Value = serde_json::from_str(&crate::sarif(&assessment)).unwrap();
        valid(&validator, &log);
        let mut bad = log.clone();
        bad["runs"][0]["columnKind"] = json!("bytes");
        assert!(!validator.is_valid(&bad), "the schema is in force");
    }
}
