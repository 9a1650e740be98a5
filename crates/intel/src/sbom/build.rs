//! From the inventory to the document.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use packageurl::PackageUrl;

use super::Document;
use super::model::{
    Bom, Component, Composition, Dependency, ExternalReference, Hash, License, LicenseChoice, Metadata, Property, Tools,
};
use crate::packages::{Ecosystem, Inventory, Manifest, Package, Source};

/// Licences that are written as SPDX ids. Others are names: the standard admits no id that its list does not have.
const LICENCES: [&str; 24] = [
    "0BSD",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "EPL-2.0",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "ISC",
    "LGPL-3.0-or-later",
    "MIT",
    "MPL-2.0",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "Zlib",
];

/// The bill of materials of a project.
pub fn cyclonedx(inventory: &Inventory, document: &Document<'_>) -> String {
    let metadata = metadata(inventory, document);
    let root = metadata.component.reference.clone();
    let mut bom = Bom::new(metadata);
    let mut merged: BTreeMap<String, Component> = BTreeMap::new();
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let references: Vec<String> = inventory.packages.iter().map(reference).collect();
    for (at, package) in inventory.packages.iter().enumerate() {
        let reference = &references[at];
        if package.direct {
            needs.entry(root.clone()).or_default().insert(reference.clone());
        }
        let edges = inventory.edges.get(at).map(Vec::as_slice).unwrap_or_default();
        let needed = edges.iter().filter_map(|other| references.get(*other)).filter(|other| *other != reference);
        needs.entry(reference.clone()).or_default().extend(needed.cloned());
        match merged.get_mut(reference) {
            Some(component) => merge(component, package),
            None => {
                merged.insert(reference.clone(), component(package, reference));
            }
        }
    }
    bom.components = merged.into_values().collect();
    needs.entry(root.clone()).or_default();
    bom.dependencies = needs
        .into_iter()
        .map(|(reference, needed)| Dependency { reference, depends_on: needed.into_iter().collect() })
        .collect();
    let whole = inventory.failures.is_empty() && inventory.packages.iter().all(|package| package.version.is_some());
    bom.compositions =
        vec![Composition { aggregate: if whole { "complete" } else { "incomplete" }, assemblies: vec![root] }];
    bom.sealed()
}

/// What a document says of itself, and the project that it is about.
pub(crate) fn project(inventory: &Inventory, document: &Document<'_>) -> Metadata {
    metadata(inventory, document)
}

fn metadata(inventory: &Inventory, document: &Document<'_>) -> Metadata {
    let root = root_of(inventory);
    let name = root.and_then(|root| root.name.clone()).unwrap_or_else(|| document.project.to_owned());
    let version = root.and_then(|root| root.version.clone());
    let (group, bare) = split_scope(&name);
    let subject = Component {
        kind: "application",
        reference: format!(
            "project:{name}{}",
            version.as_ref().map(|version| format!("@{version}")).unwrap_or_default()
        ),
        group,
        name: if bare.is_empty() { "project".to_owned() } else { bare },
        version,
        licenses: root.and_then(|root| root.license.as_deref()).map(licences).unwrap_or_default(),
        ..Component::default()
    };
    let tool = Component {
        kind: "application",
        name: "lunette".to_owned(),
        version: Some(document.tool_version.to_owned()),
        ..Component::default()
    };
    Metadata {
        timestamp: document.timestamp.map(str::to_owned),
        tools: Tools { components: vec![tool] },
        component: subject,
    }
}

/// The manifest of the project itself: the one nearest to its root.
pub(crate) fn root_of(inventory: &Inventory) -> Option<&Manifest> {
    inventory
        .manifests
        .iter()
        .filter(|manifest| manifest.name.is_some())
        .min_by_key(|manifest| (manifest.path.matches('/').count(), &manifest.path))
}

/// What a package is referred to by: its package URL, with where it is from when that is no public registry.
pub(crate) fn reference(package: &Package) -> String {
    let plain = package.purl();
    let (key, value) = match &package.source {
        Source::Git { url, commit } => {
            let commit = commit.as_deref().map(|commit| format!("@{commit}")).unwrap_or_default();
            let scheme = if url.starts_with("git+") { "" } else { "git+" };
            ("vcs_url", format!("{scheme}{url}{commit}"))
        }
        Source::Url(url) => ("download_url", url.clone()),
        Source::File(path) => ("file", path.clone()),
        Source::Registry | Source::Workspace => return named(plain, package),
    };
    let Ok(mut url) = PackageUrl::from_str(&plain) else { return named(plain, package) };
    if url.add_qualifier(key, value).is_err() {
        return named(plain, package);
    }
    url.to_string()
}

/// A package whose name makes no package URL still needs a reference of its own.
fn named(purl: String, package: &Package) -> String {
    if purl.is_empty() { format!("package:{}", package.label()) } else { purl }
}

fn component(package: &Package, reference: &str) -> Component {
    let (group, name) = split_scope(&package.name);
    let mut out = Component {
        kind: "library",
        reference: reference.to_owned(),
        group,
        name: if name.is_empty() { "unnamed".to_owned() } else { name },
        version: package.version.clone(),
        scope: Some(scope(package)),
        licenses: package.license.as_deref().map(licences).unwrap_or_default(),
        purl: reference.starts_with("pkg:").then(|| reference.to_owned()),
        ..Component::default()
    };
    // Several hashes of one kind are those of several archives, of which one is installed.
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kind, digest) in &package.hashes {
        kinds.entry(kind).or_default().push(digest);
    }
    for (kind, mut digests) in kinds {
        digests.sort_unstable();
        digests.dedup();
        match (digests.as_slice(), algorithm(kind)) {
            ([digest], Some((alg, length)))
                if digest.len() == length && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
            {
                out.hashes.push(Hash { alg, content: digest.to_ascii_lowercase() });
            }
            _ => out.properties.extend(
                digests
                    .iter()
                    .map(|digest| Property { name: "lunette:archive-hash", value: format!("{kind}:{digest}") }),
            ),
        }
    }
    if let Some(address) =
        package.resolved.as_deref().filter(|address| address.starts_with("http") && is_reference(address))
    {
        out.external_references.push(ExternalReference { kind: "distribution", url: address.to_owned() });
    }
    if let Source::Git { url, .. } = &package.source
        && is_reference(url)
    {
        out.external_references.push(ExternalReference { kind: "vcs", url: url.clone() });
    }
    merge(&mut out, package);
    out
}

/// Adds what one more entry of the same package says.
fn merge(component: &mut Component, package: &Package) {
    // Whoever needs it in production decides.
    let rank = |scope: &str| ["required", "optional", "excluded"].iter().position(|known| *known == scope);
    let other = scope(package);
    if component.scope.is_none_or(|known| rank(other) < rank(known)) {
        component.scope = Some(other);
    }
    let mut put = |name, value: &str| component.properties.push(Property { name, value: value.to_owned() });
    put("lunette:place", &package.place.to_string());
    if package.dev {
        put(
            if package.ecosystem == Ecosystem::Npm { "cdx:npm:package:development" } else { "lunette:development" },
            "true",
        );
    }
    if package.bundled {
        put("cdx:npm:package:bundled", "true");
    }
    if package.direct {
        put("lunette:direct", "true");
    }
    if package.install_script {
        put("lunette:install-script", "true");
    }
    for (name, value) in [
        ("lunette:deprecated", &package.deprecated),
        ("lunette:alias", &package.alias),
        ("lunette:marker", &package.marker),
        ("lunette:requested", &package.requested),
    ] {
        if let Some(value) = value {
            put(name, value);
        }
    }
    component.properties.sort();
    component.properties.dedup();
}

fn scope(package: &Package) -> &'static str {
    match (package.dev, package.optional || package.peer) {
        (true, _) => "excluded",
        (false, true) => "optional",
        (false, false) => "required",
    }
}

/// `@scope/name` as group and name.
fn split_scope(name: &str) -> (Option<String>, String) {
    match name.split_once('/').filter(|_| name.starts_with('@')) {
        Some((scope, bare)) => (Some(scope.to_owned()), bare.to_owned()),
        None => (None, name.to_owned()),
    }
}

/// The standard's name of an algorithm, with the length of its digests in hexadecimal.
fn algorithm(kind: &str) -> Option<(&'static str, usize)> {
    Some(match kind {
        "md5" => ("MD5", 32),
        "sha1" => ("SHA-1", 40),
        "sha256" => ("SHA-256", 64),
        "sha384" => ("SHA-384", 96),
        "sha512" => ("SHA-512", 128),
        _ => return None,
    })
}

/// Whether an address is one that the standard's IRI references take.
fn is_reference(address: &str) -> bool {
    address.len() <= 2_048
        && address.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`')
        })
}

fn licences(text: &str) -> Vec<LicenseChoice> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    if LICENCES.contains(&text) {
        return vec![LicenseChoice::License(License::Id(text.to_owned()))];
    }
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).filter(|word| !word.is_empty());
    let (operators, ids): (Vec<&str>, Vec<&str>) = words.partition(|word| matches!(*word, "OR" | "AND"));
    if !operators.is_empty() && ids.len() == operators.len() + 1 && ids.iter().all(|id| LICENCES.contains(id)) {
        return vec![LicenseChoice::Expression(text.to_owned())];
    }
    vec![LicenseChoice::License(License::Name(crate::advisory::one_line(text, 200)))]
}
