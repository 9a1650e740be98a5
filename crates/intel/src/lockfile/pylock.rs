//! `pylock.toml` (PEP 751).

use super::Lock;
use super::poetry::{Names, named};
use super::source::{is_commit, python_hash, without_credentials};
use crate::document::{Lines, ParseError, toml};
use crate::manifest::requirement::{is_dev, normalise};
use crate::packages::{Ecosystem, Need, Source};

/// Reads the file.
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let tree = toml(text)?;
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::PyPi);
    lock.flags_written = true;
    let mut names = Names::default();
    let mut entries = Vec::new();
    for entry in tree.items_of("packages") {
        let Some(mut package) = named(&mut lock, &lines, entry) else { continue };
        if let Some(vcs) = entry.get("vcs") {
            let url = vcs.text_of("url").or_else(|| vcs.text_of("path")).unwrap_or_default();
            let commit = vcs.text_of("commit-id").filter(|commit| is_commit(commit)).map(str::to_owned);
            package.source = Source::Git { url: without_credentials(url), commit };
        } else if let Some(directory) = entry.get("directory") {
            let folder = directory.text_of("path").unwrap_or_default();
            if folder == "." {
                // The project itself.
                continue;
            }
            package.source = Source::File(folder.to_owned());
        } else if let Some(archive) = entry.get("archive") {
            package.source = match (archive.text_of("url"), archive.text_of("path")) {
                (Some(url), _) => Source::Url(without_credentials(url)),
                (None, path) => Source::File(path.unwrap_or_default().to_owned()),
            };
        }
        package.resolved = entry.text_of("index").map(without_credentials);
        package.marker = entry.owned("marker");
        let groups = package.marker.as_deref().map(groups).unwrap_or_default();
        package.dev = !groups.is_empty() && groups.iter().all(|group| is_dev(group));
        package.optional = !groups.is_empty() && !package.dev;
        package.groups = groups;
        let archives = ["sdist", "archive"].into_iter().filter_map(|key| entry.get(key));
        for archive in archives.chain(entry.items_of("wheels")) {
            for (algorithm, digest) in archive.entries_of("hashes") {
                if let Some(digest) = digest.text() {
                    python_hash(&mut package, &format!("{}:{digest}", algorithm.text));
                }
            }
        }
        names.push(&mut lock, package);
        entries.push(entry);
    }
    for (index, entry) in entries.iter().enumerate() {
        for need in entry.items_of("dependencies").iter().filter_map(|need| need.text_of("name")) {
            names.edges(&mut lock, index as u32, &normalise(need), Need::Production);
        }
    }
    Ok(lock)
}

/// The extras and groups without which a marker does not hold: `'test' in dependency_groups`. None when the package is
/// in the default group, or when the marker also holds without any.
fn groups(marker: &str) -> Vec<String> {
    let mut out = Vec::new();
    for alternative in marker.split(" or ") {
        let mut found = None;
        for word in [" in dependency_groups", " in extras"] {
            if let Some(at) = alternative.find(word) {
                let before = alternative[..at].trim_end_matches(['\'', '"']);
                found = before.rfind(['\'', '"']).map(|start| &before[start + 1..]);
            }
        }
        match found {
            Some(group) if group != "default" => out.push(group.to_owned()),
            _ => return Vec::new(),
        }
    }
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn groups_of_markers() {
        assert_eq!(
            groups("'test' in extras or python_version > '3' and \"dev\" in dependency_groups"),
            ["dev", "test"]
        );
        assert!(groups("\"default\" in dependency_groups or \"security\" in extras").is_empty());
        assert!(groups("python_version > '3'").is_empty());
    }
}
