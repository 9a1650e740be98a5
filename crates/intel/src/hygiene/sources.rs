//! Where code comes from: sources that can change, addresses that anybody on the way can answer, and packages given up.

use lunette_core::place::Place;

use super::{Seen, file_name, is_aside, shown};
use crate::packages::{Need, Source};

/// `intel/unpinned-source`: code from a git repository without a commit, or from an address without a hash.
pub(super) fn unpinned(seen: &mut Seen<'_>) {
    for manifest in seen.manifests() {
        for declared in &manifest.declared {
            let package = declared.package.and_then(|at| seen.inventory.packages.get(at));
            let settled = package.filter(|package| package.locked);
            let (what, address) = match &declared.source {
                Source::Git { url, commit } => {
                    let locked = settled.is_some_and(|one| matches!(&one.source, Source::Git { commit: Some(_), .. }));
                    if commit.as_deref().is_some_and(is_commit) || locked {
                        continue;
                    }
                    ("git repository", url)
                }
                Source::Url(url) => {
                    let line = seen.texts.line(&declared.place);
                    let hashed = ["#sha", "&sha", "--hash="].iter().any(|mark| line.contains(mark));
                    if hashed || settled.is_some_and(|one| !one.hashes.is_empty()) {
                        continue;
                    }
                    ("archive", url)
                }
                Source::Registry | Source::File(_) | Source::Workspace => continue,
            };
            let details = [("package", shown(&declared.name)), ("kind", what.to_owned()), ("address", shown(address))];
            let (place, name) = (declared.place.clone(), declared.name.clone());
            seen.setting("intel/unpinned-source", &place, &name, (&name, address), &details);
        }
    }
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `intel/plain-http`: registries and archives without encryption.
pub(super) fn plain_http(seen: &mut Seen<'_>, files: &[(&str, &str)]) {
    for (path, text) in files {
        let name = file_name(path);
        if is_aside(path) || !matches!(name, ".npmrc" | ".yarnrc.yml" | "pip.conf" | "pip.ini") {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.starts_with(['#', ';']) {
                continue;
            }
            let Some((key, value)) = line.split_once(['=', ':']) else { continue };
            let names_registry =
                key.contains("registry") || key.contains("index-url") || key.contains("RegistryServer");
            let value = value.trim().trim_start_matches("registry=").trim().trim_matches(['"', '\'']);
            if names_registry && is_plain(value) {
                tell(seen, &Place::line(*path, number), "registry", value);
            }
        }
    }
    for manifest in seen.manifests() {
        for (address, _, place) in manifest.indexes.iter().filter(|(address, _, _)| is_plain(address)) {
            tell(seen, place, "package index", address);
        }
    }
    // One for each lockfile: its packages come from the same place.
    let mut last = "";
    for package in &seen.inventory.packages {
        let path = package.place.path.as_str();
        if path != last
            && package.locked
            && !is_aside(path)
            && let Some(address) = package.resolved.as_deref().filter(|address| is_plain(address))
        {
            last = path;
            tell(seen, &package.place, "archive", address);
        }
    }
}

fn tell(seen: &mut Seen<'_>, place: &Place, what: &str, address: &str) {
    let host = host(address);
    let details = [("kind", what.to_owned()), ("host", shown(host))];
    seen.setting("intel/plain-http", place, &format!("{what} {host}"), (what, host), &details);
}

/// An address without encryption that leaves the machine.
fn is_plain(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else { return false };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    !rest.starts_with("[::1]")
        && host != "localhost"
        && !host.starts_with("127.")
        && !host.ends_with(".localhost")
        && !host.is_empty()
}

/// The host of an address, without credentials and port.
pub(super) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() }
}

/// `intel/deprecated-package`: what the registry says is given up, of what the project itself asks for.
pub(super) fn deprecated(seen: &mut Seen<'_>) {
    for manifest in seen.manifests() {
        for declared in manifest.declared.iter().filter(|one| matches!(one.need, Need::Production | Need::Optional)) {
            let Some(package) = declared.package.and_then(|at| seen.inventory.packages.get(at)) else { continue };
            let Some(message) = &package.deprecated else { continue };
            let version = package.version.clone().unwrap_or_default();
            let details = [("package", shown(&package.name)), ("version", shown(&version)), ("reason", shown(message))];
            let (place, name) = (declared.place.clone(), package.name.clone());
            seen.setting("intel/deprecated-package", &place, &name, (&name, message), &details);
        }
    }
}
