//! `CycloneDX` VEX: a document of its own that holds the packages concerned and what is known against them.

use std::collections::BTreeMap;

use super::{Status, action, packages, reason, statuses};
use crate::advisories::{Held, Known};
use crate::packages::{Inventory, Package};
use crate::sbom::model::{Affects, Alias, Analysis, Bom, Component, Property, Rating, Source, Vulnerability};
use crate::sbom::{Document, project, reference};
use crate::urgency::likelihood_words;

/// The VEX document of a project. The references of packages are those of the bill of materials.
pub fn cyclonedx(inventory: &Inventory, known: &Known, document: &Document<'_>) -> String {
    let mut bom = Bom::new(project(inventory, document));
    let mut components: BTreeMap<String, Component> = BTreeMap::new();
    // The same weakness in the same package of several files is one entry, when the same is said of it.
    let mut merged: BTreeMap<(String, String), Vulnerability> = BTreeMap::new();
    for (held, status) in known.held.iter().zip(statuses(inventory, known)) {
        let packages = packages(inventory, held);
        let references: Vec<String> = packages.iter().map(|package| reference(package)).collect();
        for (package, reference) in packages.iter().zip(&references) {
            components.entry(reference.clone()).or_insert_with(|| component(package, reference));
        }
        let entry = merged.entry((held.found.id.clone(), reason(status, held, &packages)));
        let entry = entry.or_insert_with(|| vulnerability(held, status, &packages));
        entry.affects.extend(references.into_iter().map(|reference| Affects { reference }));
        entry.affects.sort_by(|a, b| a.reference.cmp(&b.reference));
        entry.affects.dedup_by(|a, b| a.reference == b.reference);
    }
    bom.components = components.into_values().collect();
    let mut list: Vec<Vulnerability> = merged.into_values().collect();
    for (number, one) in (1..).zip(&mut list) {
        one.reference = format!("vulnerability-{number}:{}", one.id);
    }
    bom.vulnerabilities = Some(list);
    bom.sealed()
}

fn component(package: &Package, reference: &str) -> Component {
    let (group, name) = match package.name.split_once('/').filter(|_| package.name.starts_with('@')) {
        Some((scope, name)) => (Some(scope.to_owned()), name.to_owned()),
        None => (None, package.name.clone()),
    };
    Component {
        kind: "library",
        reference: reference.to_owned(),
        group,
        name,
        version: package.version.clone(),
        purl: reference.starts_with("pkg:").then(|| reference.to_owned()),
        ..Component::default()
    }
}

fn vulnerability(held: &Held, status: Status, packages: &[&Package]) -> Vulnerability {
    let found = &held.found;
    let (state, justification, response) = match status {
        Status::Affected => ("exploitable", None, vec!["update"]),
        Status::NotAffected => ("not_affected", Some("code_not_reachable"), Vec::new()),
        Status::UnderInvestigation => ("in_triage", None, Vec::new()),
    };
    let ratings = found
        .severity
        .iter()
        .filter_map(|vector| Some(Rating { method: method(&vector.0)?, vector: vector.0.clone() }));
    let others = found.aliases.iter().filter_map(|alias| Some(Alias { id: alias.clone(), source: source(alias)? }));
    let time = |day: Option<crate::advisory::Day>| day.map(|day| format!("{day}T00:00:00Z"));
    let mut properties = vec![
        Property { name: "lunette:likelihood", value: likelihood_words(found, held.epss_as_of) },
        Property { name: "lunette:reachability", value: held.reach.level.as_str().to_owned() },
    ];
    if let Some(precondition) = &found.precondition {
        properties.push(Property { name: "lunette:precondition", value: precondition.clone() });
    }
    Vulnerability {
        reference: String::new(),
        id: found.id.clone(),
        source: source(&found.id),
        references: others.collect(),
        ratings: ratings.collect(),
        cwes: found.cwe.iter().copied().filter(|cwe| *cwe > 0).collect(),
        description: found.summary.clone(),
        recommendation: action(held, packages),
        published: time(found.published),
        updated: time(found.modified),
        analysis: Analysis { state, justification, response, detail: reason(status, held, packages) },
        affects: Vec::new(),
        properties,
    }
}

fn method(vector: &str) -> Option<&'static str> {
    [("CVSS:3.1/", "CVSSv31"), ("CVSS:3.0/", "CVSSv3"), ("CVSS:4.0/", "CVSSv4"), ("AV:", "CVSSv2")]
        .into_iter()
        .find_map(|(prefix, method)| vector.starts_with(prefix).then_some(method))
}

/// The database that an id is of.
fn source(id: &str) -> Option<Source> {
    let (name, url) = match id.split('-').next()? {
        "CVE" => ("NVD", format!("https://nvd.nist.gov/vuln/detail/{id}")),
        "GHSA" => ("GitHub", format!("https://github.com/advisories/{id}")),
        _ => ("OSV", format!("https://osv.dev/vulnerability/{id}")),
    };
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    plain.then_some(Source { name, url })
}
