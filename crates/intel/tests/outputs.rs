//! Bills of materials and VEX documents against the official schemas, and what they say.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::PathBuf;

use lunette_core::place::Place;
use lunette_intel::advisories::{Known, Reach, Reachability, known};
use lunette_intel::matching::{Knowledge, Match};
use lunette_intel::packages::{Inventory, Package, inventory};
use lunette_intel::sbom::{self, Document};
use lunette_intel::vex;
use serde_json::Value;

const MANIFEST: &str = r#"{ "name": "@acme/shop", "version": "1.2.3", "private": true, "license": "MIT",
  "dependencies": { "lodash": "^4.17.0", "views": "1.0.0", "@grpc/grpc-js": "1.8.0", "left": "github:acme/left#0123456789abcdef0123456789abcdef01234567" },
  "devDependencies": { "minimist": "1.2.0" } }"#;
const LOCK: &str = r#"{ "name": "@acme/shop", "version": "1.2.3", "lockfileVersion": 3, "packages": {
  "": { "name": "@acme/shop", "version": "1.2.3", "dependencies": { "lodash": "^4.17.0", "views": "1.0.0", "@grpc/grpc-js": "1.8.0", "left": "github:acme/left" }, "devDependencies": { "minimist": "1.2.0" } },
  "node_modules/lodash": { "version": "4.17.20", "license": "MIT", "resolved": "https://registry.npmjs.org/lodash/-/lodash-4.17.20.tgz", "integrity": "sha512-PlhdFcillOINfeV7Ni6oF1TAEayyZBoZ8bcshTHqOYJYlrqzRK5hagpagky5o4HfCzzd1TRkXPMFq6cKk9rGmA==" },
  "node_modules/views": { "version": "1.0.0", "license": "(MIT OR Apache-2.0)", "dependencies": { "ejs": "^3.1.0", "views": "1.0.0" } },
  "node_modules/ejs": { "version": "3.1.5", "license": "SEE LICENSE IN \"x\"\u0007", "hasInstallScript": true, "deprecated": "old" },
  "node_modules/@grpc/grpc-js": { "version": "1.8.0", "license": "Apache-2.0" },
  "node_modules/left": { "version": "1.0.0", "resolved": "git+ssh://git@github.com/acme/left.git#0123456789abcdef0123456789abcdef01234567" },
  "node_modules/minimist": { "version": "1.2.0", "dev": true },
  "node_modules/views/node_modules/ejs": { "version": "3.1.5" } } }"#;
const REQUIREMENTS: &str = "PyYAML==5.3 --hash=sha256:aa --hash=sha256:bb\nflask>=2 ; python_version < \"3.12\"\ntool @ https://example.org/tool-1.0.tar.gz\n";
const FILES: [(&str, &str); 3] =
    [("package.json", MANIFEST), ("package-lock.json", LOCK), ("api/requirements.txt", REQUIREMENTS)];
const DOCUMENT: Document<'_> =
    Document { project: "shop", tool_version: "0.1.0", timestamp: Some("2026-11-24T12:00:00Z") };

fn project(reach: &dyn Fn(&Package, &Match) -> Reach) -> (Inventory, Known) {
    let inventory = inventory(&FILES);
    let known = known(&inventory, &Knowledge::new(None), reach).unwrap();
    (inventory, known)
}

/// An official schema; its references to files that are not at hand admit everything that they are said to be.
fn validator(name: &str) -> Option<jsonschema::Validator> {
    let shared = std::env::var_os("LUNETTE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let path = shared.join("schemas").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not here", path.display());
        return None;
    };
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    open_references(&mut schema);
    Some(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
}

fn open_references(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let outside = |target: &str| target.starts_with("spdx.") || target.starts_with("jsf-");
            if fields.get("$ref").and_then(Value::as_str).is_some_and(outside) {
                fields.remove("$ref");
            }
            fields.values_mut().for_each(open_references);
        }
        Value::Array(items) => items.iter_mut().for_each(open_references),
        _ => {}
    }
}

#[track_caller]
fn valid(schema: &str, text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    if let Some(validator) = validator(schema) {
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    document
}

fn component<'d>(document: &'d Value, reference: &str) -> &'d Value {
    let all = document["components"].as_array().unwrap();
    all.iter().find(|one| one["bom-ref"] == reference).unwrap_or_else(|| panic!("{reference} in {all:#?}"))
}

#[test]
fn the_bill_of_materials_follows_the_standard() {
    let (inventory, _) = project(&|_, _| Reach::default());
    let document = valid("bom-1.6.json", &sbom::cyclonedx(&inventory, &DOCUMENT));
    assert_eq!(document["metadata"]["component"]["bom-ref"], "project:@acme/shop@1.2.3");
    assert_eq!(
        (&document["metadata"]["component"]["group"], &document["metadata"]["component"]["name"]),
        (&"@acme".into(), &"shop".into())
    );
    let lodash = component(&document, "pkg:npm/lodash@4.17.20");
    assert_eq!(
        (&lodash["scope"], &lodash["hashes"][0]["alg"], &lodash["licenses"][0]["license"]["id"]),
        (&"required".into(), &"SHA-512".into(), &"MIT".into())
    );
    assert_eq!(lodash["hashes"][0]["content"].as_str().unwrap().len(), 128);
    assert_eq!(component(&document, "pkg:npm/views@1.0.0")["licenses"][0]["expression"], "(MIT OR Apache-2.0)");
    assert_eq!(component(&document, "pkg:npm/minimist@1.2.0")["scope"], "excluded");
    assert_eq!(component(&document, "pkg:npm/%40grpc/grpc-js@1.8.0")["group"], "@grpc");
    assert!(component(&document, "pkg:npm/ejs@3.1.5")["licenses"][0]["license"]["name"].is_string());
    let root = document["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["ref"] == "project:@acme/shop@1.2.3")
        .unwrap();
    assert!(root["dependsOn"].as_array().unwrap().contains(&"pkg:npm/lodash@4.17.20".into()));
    let views =
        document["dependencies"].as_array().unwrap().iter().find(|one| one["ref"] == "pkg:npm/views@1.0.0").unwrap();
    assert_eq!(views["dependsOn"], serde_json::json!(["pkg:npm/ejs@3.1.5"]), "not on itself");
    assert_eq!(document["compositions"][0]["aggregate"], "incomplete", "flask has no version");
}

#[test]
fn references_are_unique_and_all_lead_somewhere() {
    let (inventory, known) = project(&|_, _| Reach::default());
    for text in [sbom::cyclonedx(&inventory, &DOCUMENT), vex::cyclonedx(&inventory, &known, &DOCUMENT)] {
        let document: Value = serde_json::from_str(&text).unwrap();
        let listed = |key: &str| document[key].as_array().cloned().unwrap_or_default();
        let mut references: Vec<String> =
            listed("components").iter().map(|one| one["bom-ref"].as_str().unwrap().to_owned()).collect();
        references.push(document["metadata"]["component"]["bom-ref"].as_str().unwrap().to_owned());
        let count = references.len();
        references.sort();
        references.dedup();
        assert_eq!(references.len(), count);
        let leads = |value: &Value| assert!(references.iter().any(|known| *known == *value), "{value}");
        for dependency in listed("dependencies") {
            leads(&dependency["ref"]);
            dependency["dependsOn"].as_array().into_iter().flatten().for_each(leads);
        }
        for vulnerability in listed("vulnerabilities") {
            vulnerability["affects"].as_array().unwrap().iter().for_each(|one| leads(&one["ref"]));
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_another_another_serial_number() {
    let make = |document: &Document<'_>| {
        let (inventory, known) = project(&|_, _| Reach::default());
        [
            sbom::cyclonedx(&inventory, document),
            vex::cyclonedx(&inventory, &known, document),
            vex::openvex(&inventory, &known, document).unwrap(),
        ]
    };
    assert_eq!(make(&DOCUMENT), make(&DOCUMENT));
    let serial = |text: &str| serde_json::from_str::<Value>(text).unwrap()["serialNumber"].as_str().unwrap().to_owned();
    let other = make(&Document { tool_version: "0.2.0", ..DOCUMENT });
    assert_ne!(serial(&make(&DOCUMENT)[0]), serial(&other[0]));
    let untimed = sbom::cyclonedx(&project(&|_, _| Reach::default()).0, &Document { timestamp: None, ..DOCUMENT });
    assert!(valid("bom-1.6.json", &untimed)["metadata"].get("timestamp").is_none());
}

fn states(document: &Value) -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for one in document["vulnerabilities"].as_array().unwrap() {
        for affected in one["affects"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            out.push((
                text(&affected["ref"]),
                text(&one["analysis"]["state"]),
                text(&one["analysis"]["justification"]),
            ));
        }
    }
    out.sort();
    out.dedup();
    out
}

fn state_of(document: &Value, reference: &str) -> (String, String) {
    let all = states(document);
    let found: Vec<_> = all.iter().filter(|(other, _, _)| other == reference).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].1.clone(), found[0].2.clone())
}

#[test]
fn what_was_not_shown_is_under_investigation() {
    let (inventory, known) = project(&|_, _| Reach::default());
    let document = valid("bom-1.6.json", &vex::cyclonedx(&inventory, &known, &DOCUMENT));
    assert!(states(&document).iter().all(|(_, state, _)| state == "in_triage"), "{document:#}");
    let open = valid("openvex.json", &vex::openvex(&inventory, &known, &DOCUMENT).unwrap());
    assert!(open["statements"].as_array().unwrap().iter().all(|one| one["status"] == "under_investigation"));
}

#[test]
fn not_affected_only_where_it_was_shown() {
    let conclusive = Reach { conclusive: true, ..Reach::level(Reachability::Imported) };
    let (inventory, known) = project(&|_, _| conclusive.clone());
    let document = valid("bom-1.6.json", &vex::cyclonedx(&inventory, &known, &DOCUMENT));
    let shown = ("not_affected".to_owned(), "code_not_reachable".to_owned());
    assert_eq!(state_of(&document, "pkg:npm/lodash@4.17.20"), shown);
    assert_eq!(state_of(&document, "pkg:npm/ejs@3.1.5").0, "in_triage", "another package may call it");
    let open = valid("openvex.json", &vex::openvex(&inventory, &known, &DOCUMENT).unwrap());
    let lodash = open["statements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["vulnerability"]["name"] == "GHSA-35jh-r3h4-6jhm")
        .unwrap();
    assert_eq!(
        (&lodash["status"], &lodash["justification"]),
        (&"not_affected".into(), &"vulnerable_code_not_in_execute_path".into())
    );
}

#[test]
fn affected_with_the_route_and_what_to_do() {
    let reached = Reach {
        place: Some(Place::line("app.js", 7)),
        route: Some("POST /views".into()),
        ..Reach::level(Reachability::Reached)
    };
    let (inventory, known) = project(&|_, _| reached.clone());
    let document = valid("bom-1.6.json", &vex::cyclonedx(&inventory, &known, &DOCUMENT));
    assert_eq!(state_of(&document, "pkg:npm/lodash@4.17.20").0, "exploitable");
    let open = valid("openvex.json", &vex::openvex(&inventory, &known, &DOCUMENT).unwrap());
    let lodash = open["statements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["vulnerability"]["name"] == "GHSA-35jh-r3h4-6jhm")
        .unwrap();
    assert_eq!(
        (&lodash["status"], &lodash["action_statement"]),
        (&"affected".into(), &"Raise lodash to 4.17.21 or later.".into())
    );
    assert_eq!(lodash["status_notes"], "POST /views gets to a call of the functions concerned at app.js:7.");
    assert_eq!(lodash["products"][0]["@id"], "pkg:generic/shop@1.2.3");
}

#[test]
fn a_project_without_packages() {
    let inventory = inventory(&[]);
    let known = known(&inventory, &Knowledge::new(None), &|_, _| Reach::default()).unwrap();
    let document = valid("bom-1.6.json", &sbom::cyclonedx(&inventory, &DOCUMENT));
    assert_eq!(
        (&document["metadata"]["component"]["name"], document["components"].as_array().unwrap().len()),
        (&"shop".into(), 0)
    );
    valid("bom-1.6.json", &vex::cyclonedx(&inventory, &known, &DOCUMENT));
    assert_eq!(vex::openvex(&inventory, &known, &DOCUMENT), None);
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let (inventory, _) = project(&|_, _| Reach::default());
    let Some(validator) = validator("bom-1.6.json") else { return };
    let good: Value = serde_json::from_str(&sbom::cyclonedx(&inventory, &DOCUMENT)).unwrap();
    for (pointer, bad) in
        [("/components/0/scope", "sometimes"), ("/serialNumber", "7"), ("/components/0/type", "thing")]
    {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = bad.into();
        assert!(!validator.is_valid(&document), "{pointer}");
    }
}
