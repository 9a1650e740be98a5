//! `OpenVEX` 0.2.0.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Status, action, packages, reason, statuses};
use crate::advisories::Known;
use crate::packages::Inventory;
use crate::sbom::{Document, reference, root_of, uuid_of};

#[derive(Serialize)]
struct Vex {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    author: &'static str,
    timestamp: String,
    version: u32,
    tooling: String,
    statements: Vec<Statement>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_field_names, reason = "the standard's names")]
struct Statement {
    vulnerability: Vulnerability,
    products: Vec<Product>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact_statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_statement: Option<String>,
    status_notes: String,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Vulnerability {
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Product {
    #[serde(rename = "@id")]
    id: String,
    subcomponents: Vec<Subcomponent>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Subcomponent {
    #[serde(rename = "@id")]
    id: String,
}

/// The `OpenVEX` document of a project; `None` when nothing is known against its packages, for which the standard has no
/// document, or when no time is given.
pub fn openvex(inventory: &Inventory, known: &Known, document: &Document<'_>) -> Option<String> {
    let timestamp = document.timestamp?.to_owned();
    let product = product(inventory, document);
    let mut statements: Vec<Statement> = known
        .held
        .iter()
        .zip(statuses(inventory, known))
        .map(|(held, status)| {
            let packages = packages(inventory, held);
            let mut aliases = held.found.aliases.clone();
            aliases.sort();
            aliases.dedup();
            let why = reason(status, held, &packages);
            let (word, justification, impact, act) = match status {
                Status::Affected => ("affected", None, None, Some(action(held, &packages))),
                Status::NotAffected => {
                    ("not_affected", Some("vulnerable_code_not_in_execute_path"), Some(why.clone()), None)
                }
                Status::UnderInvestigation => ("under_investigation", None, None, None),
            };
            let references: BTreeSet<String> = packages.iter().map(|package| reference(package)).collect();
            Statement {
                vulnerability: Vulnerability { name: held.found.id.clone(), aliases },
                products: vec![Product {
                    id: product.clone(),
                    subcomponents: references.into_iter().map(|id| Subcomponent { id }).collect(),
                }],
                status: word,
                justification,
                impact_statement: impact,
                action_statement: act,
                status_notes: why,
            }
        })
        .collect();
    statements.sort();
    statements.dedup();
    if statements.is_empty() {
        return None;
    }
    let content = serde_json::to_string(&statements).ok()?;
    let vex = Vex {
        context: "https://openvex.dev/ns/v0.2.0",
        id: format!("urn:uuid:{}", uuid_of(&format!("{product}\n{timestamp}\n{content}"))),
        author: "Lunette",
        timestamp,
        version: 1,
        tooling: format!("lunette/{}", document.tool_version),
        statements,
    };
    let mut out = serde_json::to_string_pretty(&vex).ok()?;
    out.push('\n');
    Some(out)
}

/// The project as a package URL.
fn product(inventory: &Inventory, document: &Document<'_>) -> String {
    let root = root_of(inventory);
    let name = root.and_then(|root| root.name.as_deref()).unwrap_or(document.project);
    let bare = name.rsplit('/').next().filter(|bare| !bare.is_empty()).unwrap_or("project");
    let Ok(mut url) = packageurl::PackageUrl::new("generic", bare) else { return "pkg:generic/project".to_owned() };
    if let Some(version) = root.and_then(|root| root.version.as_deref())
        && url.with_version(version).is_err()
    {
        return "pkg:generic/project".to_owned();
    }
    url.to_string()
}
