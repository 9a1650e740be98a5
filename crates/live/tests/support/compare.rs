//! Two catalogues compared fact by fact, strictly: everything but places, bodies' places and what is kept as written.

use std::collections::BTreeMap;

use lunette_sql::Catalogue;
use serde_json::{Map, Value};

/// Keys that say where something comes from, or hold text as written or trees.
const LEFT_OUT: [&str; 16] = [
    "origin",
    "options_origin",
    "enabled_origin",
    "forced_origin",
    "altered",
    "body_at",
    "tree",
    "exposed_schemas",
    "key",
    "bound",
    "when",
    "version",
    "select",
    "text_of_view",
    "extension",
    "body",
];

/// Differences, one a line: `path: replay says …, Postgres says …`. At most `most`.
pub(crate) fn differences(replayed: &Catalogue, real: &Catalogue, most: usize) -> Vec<String> {
    let (ours, theirs) = (flat(replayed), flat(real));
    let mut found = Vec::new();
    for (path, value) in &ours {
        match theirs.get(path) {
            Some(other) if other == value => {}
            Some(other) => found.push(format!("{path}: replay says {value}, Postgres says {other}")),
            None => found.push(format!("{path}: replay says {value}, Postgres has none")),
        }
    }
    for (path, value) in &theirs {
        if !ours.contains_key(path) {
            found.push(format!("{path}: replay has none, Postgres says {value}"));
        }
    }
    found.truncate(most);
    found
}

fn flat(catalogue: &Catalogue) -> BTreeMap<String, String> {
    let mut value = serde_json::to_value(catalogue).expect("JSON");
    if let Some(roles) = value["roles"].as_object_mut() {
        roles.retain(|name, _| !name.starts_with("pg_"));
    }
    for list in ["schemas", "extensions"] {
        if let Some(entries) = value[list].as_object_mut() {
            entries.retain(|name, _| !name.starts_with("pg_") && name != "information_schema" && name != "plpgsql");
        }
    }
    if let Some(relations) = value["relations"].as_object_mut() {
        relations.retain(|name, relation| !name.starts_with("pg_") && relation["temporary"] != Value::Bool(true));
        relations.values_mut().filter_map(Value::as_object_mut).for_each(relation);
    }
    for publication in value["publications"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        for list in ["tables", "schemas"] {
            let names = publication[list].as_object().map(|all| all.keys().cloned().map(Value::String).collect());
            publication[list] = Value::Array(names.unwrap_or_default());
        }
    }
    let mut out = BTreeMap::new();
    flatten(&value, String::new(), &mut out);
    out
}

/// Lists become maps by name where order says nothing.
fn relation(relation: &mut Map<String, Value>) {
    let by_name = |list: &Value| {
        let entries = list.as_array().into_iter().flatten().filter(|entry| entry["dropped"] != Value::Bool(true));
        Value::Object(
            entries.map(|entry| (entry["name"].as_str().unwrap_or_default().to_owned(), entry.clone())).collect(),
        )
    };
    let columns = by_name(&relation["columns"]);
    let order: Vec<String> = relation["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|column| column["dropped"] != Value::Bool(true))
        .map(|column| column["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    relation.insert("order of columns".into(), Value::String(order.join(" ")));
    relation.insert("columns".into(), columns);
    let constraints = by_name(&relation["constraints"]);
    relation.insert("constraints".into(), constraints);
    if let Some(query) = relation.get_mut("query").and_then(Value::as_object_mut) {
        query.retain(|key, _| key == "relations");
        if let Some(list) = query.get_mut("relations").and_then(Value::as_array_mut) {
            list.sort_by_key(|name| name.as_str().map(str::to_owned));
        }
    }
    // Constraints' definitions of exclusion are kept as written.
    if relation["kind"] == "sequence" {
        relation.remove("columns");
        relation.remove("order of columns");
    }
}

fn flatten(value: &Value, path: String, out: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            if fields.is_empty() {
                out.insert(path, "{}".into());
                return;
            }
            for (key, inner) in fields.iter().filter(|(key, _)| !LEFT_OUT.contains(&key.as_str())) {
                flatten(inner, format!("{path}/{key}"), out);
            }
        }
        Value::Array(list) if path.ends_with("/acl") => {
            let mut grants: Vec<String> = list.iter().map(grant).collect();
            grants.sort();
            out.insert(path, grants.join(", "));
        }
        // Roles of a policy may be named twice: that says nothing.
        Value::Array(list) if path.ends_with("/roles") => {
            let mut names: Vec<String> = list.iter().map(ToString::to_string).collect();
            names.dedup();
            out.insert(path, names.join(", "));
        }
        Value::Array(list) if path.ends_with("default_privileges") => {
            for entry in list {
                let key = format!("{path}/{} {} {}", entry["role"], entry["schema"], entry["objects"]);
                flatten(entry, key, out);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (at, entry) in list.iter().enumerate() {
                flatten(entry, format!("{path}/{at}"), out);
            }
        }
        other => {
            out.insert(path, other.to_string());
        }
    }
}

fn grant(grant: &Value) -> String {
    let grantee = match &grant["grantee"] {
        Value::String(public) => public.clone(),
        role => role["Role"].as_str().unwrap_or_default().to_owned(),
    };
    let star = if grant["grantable"] == Value::Bool(true) { "*" } else { "" };
    format!(
        "{grantee}={}{star}/{}",
        grant["privilege"].as_str().unwrap_or_default(),
        grant["grantor"].as_str().unwrap_or_default()
    )
}
