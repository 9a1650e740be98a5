//! Requirements of Python packages (PEP 508) and the versions that they settle or name.

use crate::lockfile::source::{is_commit, without_credentials};
use crate::packages::Source;

/// A requirement in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// Its name, normalised.
    pub(crate) name: String,
    /// Version specifiers as written, without blanks around them.
    pub(crate) range: Option<String>,
    /// The environment marker as written.
    pub(crate) marker: Option<String>,
    /// Where it comes from.
    pub(crate) source: Source,
    /// The version in an archive's file name.
    pub(crate) version: Option<String>,
}

/// A package's name as the index compares it (PEP 503).
pub fn normalise(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' => {
                if !out.ends_with('-') {
                    out.push('-');
                }
            }
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.len() <= 100
        && text.chars().all(inner)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// Reads a requirement.
///
/// # Errors
/// What is wrong with it, in a few words.
pub(crate) fn requirement(text: &str) -> Result<Requirement, &'static str> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if !is_name(name) {
        return Err("not the name of a package");
    }
    let mut rest = rest.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']').ok_or("an extra without its end")?.1.trim_start();
    }
    let name = normalise(name);
    if let Some(url) = rest.strip_prefix('@') {
        // A marker needs a blank before its semicolon here, since addresses may have semicolons.
        let (url, marker) = match url.split_once(" ;") {
            Some((url, marker)) => (url.trim(), Some(marker.trim().to_owned())),
            None => (url.trim(), None),
        };
        let version = archive(url).map(|(_, version)| version);
        return Ok(Requirement { name, range: None, marker, source: python_source(url), version });
    }
    let (range, marker) = match rest.split_once(';') {
        Some((range, marker)) => (range.trim(), Some(marker.trim().to_owned())),
        None => (rest.trim(), None),
    };
    let range = range.strip_prefix('(').and_then(|range| range.strip_suffix(')')).unwrap_or(range).trim();
    if !range.is_empty() && !specifiers(range).all(|(operator, version)| !operator.is_empty() && is_version(version)) {
        return Err("not a version specifier");
    }
    let range = (!range.is_empty()).then(|| range.to_owned());
    Ok(Requirement { name, range, marker, source: Source::Registry, version: None })
}

/// Operator and version of each specifier. The operator is empty when there is none.
fn specifiers(range: &str) -> impl Iterator<Item = (&str, &str)> {
    range.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
        let operator =
            ["===", "==", "~=", "!=", "<=", ">=", "<", ">", "^", "~"].into_iter().find(|op| part.starts_with(op));
        let operator = operator.unwrap_or_default();
        (operator, part[operator.len()..].trim())
    })
}

/// Lenient on purpose: versions older than PEP 440 are still pinned in old projects.
fn is_version(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".*+!_-".contains(&byte))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '*')
}

/// The version of an exact pin: one `==` or `===` without wildcard.
pub(crate) fn exact(range: &str) -> Option<String> {
    let mut parts = specifiers(range);
    match (parts.next()?, parts.next()) {
        (("==" | "===", version), None) if !version.contains('*') && is_version(version) => Some(version.to_owned()),
        _ => None,
    }
}

/// The version that specifiers name without settling it: what `>=`, `~=`, `^`, `~` start from, or `<=` ends at.
pub(crate) fn bound(range: &str) -> Option<String> {
    if specifiers(range).any(|(_, version)| version.contains('*')) {
        return None;
    }
    let named = |wanted: &[&str]| {
        specifiers(range).find(|(operator, _)| wanted.contains(operator)).map(|(_, version)| version.to_owned())
    };
    named(&[">=", "~=", "^", "~", "==", "==="]).or_else(|| named(&["<="]))
}

/// What the address of a requirement means.
pub(crate) fn python_source(address: &str) -> Source {
    let (address, _) = address.split_once('#').unwrap_or((address, ""));
    if let Some(url) = address.strip_prefix("git+").or_else(|| address.starts_with("git:").then_some(address)) {
        // `@rev` after the path, not the user's name before the host.
        let path = url.find("://").map_or(0, |at| at + 3);
        let path = url[path..].find('/').map_or(url.len(), |at| path + at);
        let (url, revision) = match url[path..].rfind('@') {
            Some(at) => (&url[..path + at], Some(&url[path + at + 1..])),
            None => (url, None),
        };
        let commit = revision.filter(|revision| is_commit(revision)).map(str::to_owned);
        return Source::Git { url: without_credentials(url), commit };
    }
    if let Some(path) = address.strip_prefix("file:") {
        return Source::File(path.trim_start_matches("//").to_owned());
    }
    if address.contains("://") {
        return Source::Url(without_credentials(address));
    }
    Source::File(address.to_owned())
}

/// Name and version from the file name of a wheel or a source archive.
pub(crate) fn archive(address: &str) -> Option<(String, String)> {
    let path = address.split(['#', '?']).next().unwrap_or(address);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let (name, version) = if let Some(stem) = file.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        let found = (parts.next()?, parts.next()?);
        // Python, ABI and platform tags follow.
        parts.next()?;
        found
    } else {
        let stem = [".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().find_map(|ending| file.strip_suffix(ending))?;
        stem.rsplit_once('-')?
    };
    (is_name(name) && is_version(version) && version.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| (normalise(name), version.to_owned()))
}

/// Whether a file, group or extra is for development by its name.
pub(crate) fn is_dev(name: &str) -> bool {
    const WORDS: [&str; 10] =
        ["dev", "develop", "development", "test", "lint", "doc", "ci", "typing", "format", "build"];
    let name = name.to_ascii_lowercase();
    name.split(['-', '_', '.', '/']).any(|part| {
        WORDS.contains(&part) || ["test", "lint", "docs", "typing", "format"].iter().any(|word| part.starts_with(word))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn requirements_in_their_parts() {
        for (text, name, range, marker) in [
            ("Flask", "flask", None, None),
            (
                "flask_login [x, y] >= 1 , < 2 ; python_version<'3'",
                "flask-login",
                Some(">= 1 , < 2"),
                Some("python_version<'3'"),
            ),
            ("a (>=1.0)", "a", Some(">=1.0"), None),
            ("a==1.2-alpha", "a", Some("==1.2-alpha"), None),
        ] {
            let found = requirement(text).unwrap();
            assert_eq!((found.name.as_str(), found.range.as_deref(), found.marker.as_deref()), (name, range, marker));
        }
        for text in ["", "==1", "a==", "a 1.0", "a==${X}", "a[x==1", "-a==1", "a==1 b", "a-==1"] {
            assert!(requirement(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_say_where_from() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let found = requirement(&format!("a @ git+https://u:p@h.org/x/y.git@{commit} ; os_name=='x'")).unwrap();
        let expected = Source::Git { url: "https://h.org/x/y.git".to_owned(), commit: Some(commit.to_owned()) };
        assert_eq!((found.source, found.marker.as_deref()), (expected, Some("os_name=='x'")));
        assert_eq!(archive("./d/numpy-1.9.2-cp34-none-win32.whl"), Some(("numpy".to_owned(), "1.9.2".to_owned())));
        assert_eq!(archive("https://h/a_b-1.0.tar.gz#x"), Some(("a-b".to_owned(), "1.0".to_owned())));
        assert_eq!(archive("https://h/main.zip"), None);
    }

    #[test]
    fn pins_and_bounds() {
        assert_eq!(exact("== 1.0").as_deref(), Some("1.0"));
        assert_eq!(exact("===1.0-x").as_deref(), Some("1.0-x"));
        for loose in ["==1.*", ">=1", "==1,!=2", "1.0"] {
            assert_eq!(exact(loose), None, "{loose}");
        }
        for (range, expected) in [
            (">=1,<2", Some("1")),
            ("<2,>=1", Some("1")),
            ("<=2", Some("2")),
            (">1", None),
            ("!=1", None),
            (">=2.8, ==2.8.*", None),
            ("^1.2", Some("1.2")),
        ] {
            assert_eq!(bound(range).as_deref(), expected, "{range}");
        }
    }

    #[test]
    fn groups_for_development() {
        for (name, dev) in [
            ("dev", true),
            ("requirements-dev.txt", true),
            ("tests", true),
            ("docs", true),
            ("main", false),
            ("latest", false),
            ("server", false),
            ("contest", false),
        ] {
            assert_eq!(is_dev(name), dev, "{name}");
        }
    }
}
