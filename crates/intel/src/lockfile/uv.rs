//! `uv.lock`.

use super::poetry::{Names, named};
use super::source::{is_commit, python_hash, without_credentials};
use super::{Ask, Lock, Root};
use crate::document::{Lines, Node, ParseError, toml};
use crate::manifest::requirement::normalise;
use crate::packages::{Ecosystem, Need, Source};

/// Reads the file.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let tree = toml(text)?;
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::PyPi);
    let mut names = Names::default();
    // What the project and its members are, and what each package's entry is.
    let mut roots = Vec::new();
    let mut entries = Vec::new();
    for entry in tree.items_of("package") {
        let Some(mut package) = named(&mut lock, &lines, entry) else { continue };
        let source = entry.get("source");
        let member = source.and_then(|source| source.text_of("virtual").or_else(|| source.text_of("editable")));
        if let Some(folder) = member {
            roots.push((if folder == "." { "" } else { folder }, entry));
            if folder == "." {
                continue;
            }
            package.source = Source::Workspace;
        } else if let Some(source) = source {
            package.source = uv_source(source);
            package.resolved = source.text_of("registry").map(without_credentials);
        }
        let archives = entry.get("sdist").into_iter().chain(entry.items_of("wheels"));
        for hash in archives.filter_map(|archive| archive.text_of("hash")) {
            python_hash(&mut package, hash);
        }
        names.push(&mut lock, package);
        entries.push(entry);
    }
    for (index, entry) in entries.iter().enumerate() {
        // Extras are listed only where something asks for them.
        let extras = entry.entries_of("optional-dependencies").iter().flat_map(|(_, list)| list.items());
        for need in entry.items_of("dependencies").iter().chain(extras) {
            for to in find(&lock, &names, need) {
                if to != index as u32 {
                    lock.edges[index].push((to, Need::Production));
                }
            }
        }
    }
    for (folder, entry) in roots {
        let mut root = Root { folder: folder.to_owned(), asks: Vec::new() };
        ask(&mut lock, &names, &mut root, entry.items_of("dependencies"), Need::Production, None);
        for (section, need) in [("optional-dependencies", Need::Optional), ("dev-dependencies", Need::Development)] {
            for (group, list) in entry.entries_of(section) {
                ask(&mut lock, &names, &mut root, list.items(), need, Some(&group.text));
            }
        }
        lock.roots.push(root);
    }
    for root in &lock.roots {
        for ask in root.asks.iter().filter(|ask| ask.need == Need::Production) {
            lock.packages[ask.package as usize].groups.clear();
        }
    }
    Ok(lock)
}

fn uv_source(source: &Node<'_>) -> Source {
    if let Some(git) = source.text_of("git") {
        let (url, commit) = git.split_once('#').unwrap_or((git, ""));
        let url = url.split('?').next().unwrap_or(url);
        let commit = is_commit(commit).then(|| commit.to_owned());
        return Source::Git { url: without_credentials(url), commit };
    }
    if let Some(url) = source.text_of("url") {
        return Source::Url(without_credentials(url));
    }
    match source.text_of("path").or_else(|| source.text_of("directory")) {
        Some(path) => Source::File(path.to_owned()),
        None => Source::Registry,
    }
}

/// The packages that `{ name = …, version = … }` means; the version is there when the name alone would not do.
fn find(lock: &Lock, names: &Names, need: &Node<'_>) -> Vec<u32> {
    let Some(name) = need.text_of("name") else { return Vec::new() };
    let version = need.text_of("version");
    let fits = |index: &u32| version.is_none() || lock.packages[*index as usize].version.as_deref() == version;
    names.find(&normalise(name)).iter().copied().filter(fits).collect()
}

fn ask(lock: &mut Lock, names: &Names, root: &mut Root, list: &[Node<'_>], need: Need, group: Option<&str>) {
    for item in list {
        for package in find(lock, names, item) {
            let found = &mut lock.packages[package as usize];
            if let Some(group) = group
                && !found.groups.iter().any(|known| known == group)
            {
                found.groups.push(group.to_owned());
            }
            root.asks.push(Ask { name: found.name.clone(), package, need, range: None });
        }
    }
}
