//! `pyproject.toml` (PEP 621, dependency groups, Poetry, PDM, uv, Hatch) and `Pipfile`.

use super::requirement::{Requirement, normalise};
use super::{Read, group_need};
use crate::document::{Lines, Node, ParseError, toml};
use crate::lockfile::source::{is_commit, without_credentials};
use crate::packages::{Ecosystem, Need, Source};

/// `pyproject.toml`.
pub(super) fn pyproject(path: &str, text: &str) -> Result<Read, ParseError> {
    let tree = toml(text)?;
    let lines = Lines::new(path, text);
    let mut read = Read::new(path, Ecosystem::PyPi);
    let project = tree.get("project");
    let poetry = tree.at(&["tool", "poetry"]);
    for table in [project, poetry].into_iter().flatten() {
        let manifest = &mut read.manifest;
        manifest.name = manifest.name.take().or_else(|| table.owned("name"));
        manifest.version = manifest.version.take().or_else(|| table.owned("version"));
        manifest.license = manifest
            .license
            .take()
            .or_else(|| table.owned("license"))
            .or_else(|| table.at(&["license", "text"])?.text().map(str::to_owned));
        // Classifiers of this kind are refused by the index.
        manifest.private |=
            table.items_of("classifiers").iter().filter_map(Node::text).any(|text| text.starts_with("Private ::"));
    }
    list(&mut read, &lines, tree.at(&["project", "dependencies"]), Need::Production, None);
    list(&mut read, &lines, tree.at(&["build-system", "requires"]), Need::Build, None);
    list(&mut read, &lines, tree.at(&["tool", "uv", "dev-dependencies"]), Need::Development, None);
    for (groups, otherwise) in [
        (&["project", "optional-dependencies"][..], Need::Optional),
        (&["dependency-groups"][..], Need::Development),
        (&["tool", "pdm", "dev-dependencies"][..], Need::Development),
    ] {
        for (group, items) in tree.at(groups).map(Node::entries).unwrap_or_default() {
            list(&mut read, &lines, Some(items), group_need(&group.text, otherwise), Some(&group.text));
        }
    }
    for (environment, table) in tree.at(&["tool", "hatch", "envs"]).map(Node::entries).unwrap_or_default() {
        list(&mut read, &lines, table.get("dependencies"), Need::Development, Some(&environment.text));
    }
    if let Some(version) = tree.at(&["project", "requires-python"])
        && let Some(text) = version.text()
    {
        read.manifest.runtimes.push(("python".to_owned(), text.to_owned(), lines.node(version)));
    }
    if let Some(poetry) = poetry {
        table(&mut read, &lines, poetry.get("dependencies"), Need::Production, None);
        table(&mut read, &lines, poetry.get("dev-dependencies"), Need::Development, None);
        for (group, content) in poetry.entries_of("group") {
            let need =
                group_need(&group.text, if content.flag("optional") { Need::Optional } else { Need::Production });
            table(&mut read, &lines, content.get("dependencies"), need, Some(&group.text));
        }
    }
    indexes(&mut read, &lines, &tree);
    for item in tree.at(&["tool", "uv", "override-dependencies"]).map(Node::items).unwrap_or_default() {
        if let Some(found) = item.text().and_then(|text| super::requirement(text).ok()) {
            read.manifest.overrides.push((found.name, found.range.unwrap_or_default(), lines.node(item)));
        }
    }
    Ok(read)
}

/// Requirements in a list. Tables in it include other groups, which are read themselves.
fn list(read: &mut Read, lines: &Lines<'_>, node: Option<&Node<'_>>, need: Need, group: Option<&str>) {
    for item in node.map(Node::items).unwrap_or_default() {
        if let Some(text) = item.text() {
            read.require(text, need, group, lines.node(item));
        }
    }
}

/// A table `name = "range"` or `name = { version = "range", … }`, of Poetry and Pipenv.
fn table(read: &mut Read, lines: &Lines<'_>, node: Option<&Node<'_>>, need: Need, group: Option<&str>) {
    for (key, value) in node.map(Node::entries).unwrap_or_default() {
        let place = lines.key(key);
        // Several constraints for several platforms stand in a list.
        let alternatives = if value.items().is_empty() { std::slice::from_ref(value) } else { value.items() };
        for value in alternatives {
            let range = value.text().or_else(|| value.text_of("version")).map(str::trim);
            if key.text == "python" {
                if let Some(range) = range {
                    read.manifest.runtimes.push(("python".to_owned(), range.to_owned(), place.clone()));
                }
                continue;
            }
            let name = normalise(&key.text);
            if name.is_empty() || name.len() > 100 {
                continue;
            }
            // A bare version is a pin to both tools.
            let range = range.filter(|range| !matches!(*range, "*" | "")).map(|range| {
                if range.starts_with(|c: char| c.is_ascii_digit()) { format!("=={range}") } else { range.to_owned() }
            });
            let marker = value.text_of("markers").or_else(|| value.text_of("marker")).map(str::to_owned);
            let need = if value.flag("optional") { Need::Optional } else { need };
            let found = Requirement { name, range, marker, source: source(value), version: None };
            read.python(found, need, group, place.clone());
        }
    }
}

fn source(value: &Node<'_>) -> Source {
    if let Some(url) = value.text_of("git") {
        let commit = value.text_of("rev").or_else(|| value.text_of("ref")).filter(|commit| is_commit(commit));
        return Source::Git { url: without_credentials(url), commit: commit.map(str::to_owned) };
    }
    if let Some(url) = value.text_of("url") {
        return Source::Url(without_credentials(url));
    }
    match value.text_of("path").or_else(|| value.text_of("file")) {
        Some(path) if path.contains("://") => Source::Url(without_credentials(path)),
        Some(path) => Source::File(path.to_owned()),
        None => Source::Registry,
    }
}

/// Other indexes: Poetry's and PDM's `source`, uv's `index`, Pipenv's `source`.
fn indexes(read: &mut Read, lines: &Lines<'_>, tree: &Node<'_>) {
    let poetry = tree.at(&["tool", "poetry", "source"]).map(Node::items).unwrap_or_default();
    let pdm = tree.at(&["tool", "pdm", "source"]).map(Node::items).unwrap_or_default();
    let uv = tree.at(&["tool", "uv", "index"]).map(Node::items).unwrap_or_default();
    for item in poetry.iter().chain(pdm).chain(uv).chain(tree.items_of("source")) {
        let Some(node) = item.get("url") else { continue };
        let url = node.text().unwrap_or_default();
        if is_public(url) {
            continue;
        }
        // An explicit index serves the packages that name it, and no other.
        let instead = item.flag("explicit")
            || item.flag("default")
            || matches!(item.text_of("priority"), Some("explicit" | "default" | "primary"));
        read.manifest.indexes.push((without_credentials(url), !instead, lines.node(node)));
    }
    let uv = tree.at(&["tool", "uv"]);
    for (key, extra) in [("index-url", false), ("extra-index-url", true)] {
        let Some(node) = uv.and_then(|uv| uv.get(key)) else { continue };
        for node in if node.items().is_empty() { std::slice::from_ref(node) } else { node.items() } {
            if let Some(url) = node.text().filter(|url| !is_public(url)) {
                read.manifest.indexes.push((without_credentials(url), extra, lines.node(node)));
            }
        }
    }
}

/// Whether an address is the public index's own.
pub(super) fn is_public(url: &str) -> bool {
    url.trim_end_matches('/') == "https://pypi.org/simple"
        || url.trim_end_matches('/') == "https://pypi.python.org/simple"
}

/// `Pipfile`.
pub(super) fn pipfile(path: &str, text: &str) -> Result<Read, ParseError> {
    let tree = toml(text)?;
    let lines = Lines::new(path, text);
    let mut read = Read::new(path, Ecosystem::PyPi);
    for (key, value) in tree.entries() {
        match &*key.text {
            "packages" => table(&mut read, &lines, Some(value), Need::Production, None),
            "dev-packages" => table(&mut read, &lines, Some(value), Need::Development, None),
            "requires" => {
                let version = value.get("python_full_version").or_else(|| value.get("python_version"));
                if let Some((node, text)) = version.and_then(|node| Some((node, node.text()?))) {
                    read.manifest.runtimes.push(("python".to_owned(), text.to_owned(), lines.node(node)));
                }
            }
            "scripts" | "pipenv" | "source" => {}
            // Categories of one's own.
            group if value.is_map() => {
                table(&mut read, &lines, Some(value), group_need(group, Need::Optional), Some(group));
            }
            _ => {}
        }
    }
    indexes(&mut read, &lines, &tree);
    Ok(read)
}
