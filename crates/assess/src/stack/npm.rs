//! Manifests of Node.js and Deno.

use lunette_core::place::Place;

use super::packages::{Declared, Ecosystem, Packages};
use crate::tree::{self, Node, ParseError};

const SECTIONS: [(&str, bool); 4] =
    [("dependencies", false), ("optionalDependencies", false), ("peerDependencies", false), ("devDependencies", true)];

/// `package.json`: dependencies by section, and the engines it asks for.
pub(super) fn package_json(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let manifest = tree::json(text)?;
    for (section, dev) in SECTIONS {
        for (key, range) in manifest.get(section).map(Node::entries).unwrap_or_default() {
            let (name, range) = alias(&key.text, range.text());
            declare(out, Ecosystem::Npm, name, range, dev, Place::line(path, key.line));
        }
    }
    for (engine, name) in [("node", "Node.js"), ("bun", "Bun"), ("deno", "Deno")] {
        if let Some((key, version)) =
            manifest.get("engines").and_then(|engines| engines.entries().iter().find(|(key, _)| key.text == engine))
        {
            out.runtime(name, version.text(), Place::line(path, key.line));
        }
    }
    Ok(())
}

/// `"alias": "npm:real@^1"` is the package `real`.
fn alias<'a>(name: &'a str, range: Option<&'a str>) -> (&'a str, Option<&'a str>) {
    match range.and_then(|range| range.strip_prefix("npm:")) {
        Some(real) => split_version(real),
        None => (name, range),
    }
}

/// `@scope/name@range` into name and range.
pub(super) fn split_version(text: &str) -> (&str, Option<&str>) {
    match text.get(1..).and_then(|rest| rest.find('@')) {
        Some(at) => (&text[..=at], Some(&text[at + 2..])),
        None => (text, None),
    }
}

fn declare(out: &mut Packages, ecosystem: Ecosystem, name: &str, range: Option<&str>, dev: bool, place: Place) {
    if name.is_empty() || name.len() > 214 {
        return;
    }
    let range = range.map(str::trim).filter(|range| !range.is_empty());
    out.declared.push(Declared {
        ecosystem,
        name: name.to_owned(),
        range: range.map(str::to_owned),
        resolved: range.filter(|range| is_exact(range)).map(|range| range.trim_start_matches(['=', 'v']).to_owned()),
        dev,
        place,
    });
}

fn is_exact(range: &str) -> bool {
    let version = range.trim_start_matches(['=', 'v']);
    let core = version.split(['-', '+']).next().unwrap_or_default();
    core.split('.').count() == 3
        && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// `deno.json` and import maps: what comes from npm, and that the runtime is Deno.
pub(super) fn deno_json(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let manifest = tree::json(text)?;
    out.runtime("Deno", None, Place::file(path));
    for (key, target) in manifest.get("imports").map(Node::entries).unwrap_or_default() {
        let Some(target) = target.text() else { continue };
        if let Some(specifier) = target.strip_prefix("npm:") {
            let (name, range) = split_version(specifier.trim_start_matches('/'));
            declare(
                out,
                Ecosystem::Npm,
                name,
                range.and_then(|range| range.split('/').next()),
                false,
                Place::line(path, key.line),
            );
        } else if let Some(specifier) =
            ["https://esm.sh/", "https://cdn.skypack.dev/"].iter().find_map(|host| target.strip_prefix(host))
        {
            let (name, range) = split_version(specifier);
            declare(
                out,
                Ecosystem::Npm,
                name,
                range.and_then(|range| range.split(['/', '?']).next()),
                false,
                Place::line(path, key.line),
            );
        } else if let Some(specifier) = target.strip_prefix("jsr:") {
            let (name, range) = split_version(specifier.trim_start_matches('/'));
            declare(out, Ecosystem::Jsr, name, range, false, Place::line(path, key.line));
        }
    }
    Ok(())
}
