//! Where a package's code comes from, read from the addresses that lockfiles and manifests write.

use base64::Engine;

use crate::packages::{Package, Source};

/// `@scope/name@range` into name and range.
pub(crate) fn split_version(text: &str) -> (&str, Option<&str>) {
    match text.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// An address without the credentials in it. Git's own user name says nothing and stays.
pub(crate) fn without_credentials(url: &str) -> String {
    if let Some((scheme, rest)) = url.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if let Some(at) = rest[..end].rfind('@')
            && &rest[..at] != "git"
        {
            return format!("{scheme}://{}", &rest[at + 1..]);
        }
    }
    url.to_owned()
}

/// Whether it is a commit's name, full or shortened as far as tools do.
pub(crate) fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What an address or specifier of the npm world means, when it is neither a version nor a range of the registry.
pub(crate) fn npm_source(spec: &str) -> Option<Source> {
    for local in ["file:", "link:", "portal:"] {
        if let Some(path) = spec.strip_prefix(local) {
            return Some(Source::File(path.split(['#', ':']).next().unwrap_or(path).to_owned()));
        }
    }
    if spec.starts_with("workspace:") {
        return Some(Source::Workspace);
    }
    if let Some(source) = git_archive(spec) {
        return Some(source);
    }
    let (address, fragment) = match spec.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (spec, None),
    };
    let commit = fragment.map(commit_of).filter(|fragment| is_commit(fragment)).map(str::to_owned);
    let git = |url: &str| Some(Source::Git { url: without_credentials(url), commit: commit.clone() });
    for (prefix, host) in [
        ("github:", "github.com"),
        ("gitlab:", "gitlab.com"),
        ("bitbucket:", "bitbucket.org"),
        ("gist:", "gist.github.com"),
    ] {
        if let Some(path) = address.strip_prefix(prefix) {
            return git(&format!("https://{host}/{path}"));
        }
    }
    let schemes = ["git+", "git:", "git@", "ssh:"];
    let web = address.starts_with("https://") || address.starts_with("http://");
    if schemes.iter().any(|scheme| address.starts_with(scheme)) {
        return git(address);
    }
    if web {
        let path = address.split('?').next().unwrap_or(address);
        let is_archive = is_archive(path);
        if path.strip_suffix(".git").is_some() || (commit.is_some() && !is_archive) {
            return git(address);
        }
        // Registries keep archives at `/name/-/name-1.0.0.tgz`.
        return Some(if is_archive && path.contains("/-/") {
            Source::Registry
        } else {
            Source::Url(without_credentials(spec))
        });
    }
    // `owner/repository`, a shorthand for GitHub.
    let mut parts = address.split('/');
    let shorthand = matches!((parts.next(), parts.next(), parts.next()), (Some(owner), Some(name), None) if is_word(owner) && is_word(name));
    if shorthand {
        return git(&format!("https://github.com/{address}"));
    }
    // Paths: `./x`, `../x`, `/x`, `~/x`, and archives beside the project.
    let path = ["./", "../", "/", "~/"].iter().any(|start| address.starts_with(start)) || matches!(address, "." | "..");
    (path || is_archive(address)).then(|| Source::File(address.to_owned()))
}

fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz", ".zip"].iter().any(|ending| path.ends_with(ending))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The commit in a fragment: `abc…`, `commit=abc…` (yarn), `commit:abc…`, with further parameters behind `&`.
fn commit_of(fragment: &str) -> &str {
    let fragment = fragment.split('&').next().unwrap_or(fragment);
    fragment.strip_prefix("commit=").or_else(|| fragment.strip_prefix("commit:")).unwrap_or(fragment)
}

/// Archives that the hosts make of one commit.
fn git_archive(url: &str) -> Option<Source> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let path = path.split('#').next().unwrap_or(path);
    let parts: Vec<&str> = path.splitn(8, '/').collect();
    let (site, owner, name, commit) = match (host, parts.as_slice()) {
        ("codeload.github.com", [owner, name, "tar.gz" | "zip", commit]) => ("github.com", *owner, *name, *commit),
        ("api.github.com", ["repos", owner, name, "tarball", commit]) => ("github.com", *owner, *name, *commit),
        ("github.com", [owner, name, "archive", file]) => {
            ("github.com", *owner, *name, file.trim_end_matches(".tar.gz").trim_end_matches(".zip"))
        }
        ("gitlab.com", [owner, name, "repository", file]) => {
            ("gitlab.com", *owner, *name, file.split_once("?ref=").map_or("", |(_, commit)| commit))
        }
        ("gitlab.com", [owner, name, "-", "archive", commit, ..]) => ("gitlab.com", *owner, *name, *commit),
        ("bitbucket.org", [owner, name, "get", file]) => {
            ("bitbucket.org", *owner, *name, file.trim_end_matches(".tar.gz"))
        }
        _ => return None,
    };
    is_commit(commit)
        .then(|| Source::Git { url: format!("https://{site}/{owner}/{name}"), commit: Some(commit.to_owned()) })
}

/// Adds the hashes of an `integrity` value (Subresource Integrity): `sha512-<base64> sha1-<base64>`.
pub(crate) fn integrity(package: &mut Package, text: &str) {
    for part in text.split_ascii_whitespace().take(8) {
        if let Some((algorithm, digest)) = part.split_once('-')
            && let digest = digest.split('?').next().unwrap_or(digest)
            && let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(digest)
            && algorithm.len() <= 12
        {
            package.hashes.push((algorithm.to_ascii_lowercase(), hex(&bytes)));
        }
    }
}

/// Adds a hash as Python's tools write it: `sha256:<hex>`.
pub(crate) fn python_hash(package: &mut Package, text: &str) {
    if let Some((algorithm, digest)) = text.split_once(':')
        && !digest.is_empty()
        && digest.len() <= 256
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        package.hashes.push((algorithm.to_ascii_lowercase(), digest.to_ascii_lowercase()));
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let git = |url: &str| Some(Source::Git { url: url.to_owned(), commit: Some(commit.to_owned()) });
        for (spec, expected) in [
            ("^1.0.0".to_owned(), None),
            ("*".to_owned(), None),
            ("latest".to_owned(), None),
            ("1.0.0 - 2.0.0".to_owned(), None),
            ("file:../x".to_owned(), Some(Source::File("../x".to_owned()))),
            ("./x.tgz".to_owned(), Some(Source::File("./x.tgz".to_owned()))),
            ("workspace:^".to_owned(), Some(Source::Workspace)),
            (format!("a/b#{commit}"), git("https://github.com/a/b")),
            (format!("gitlab:a/b#{commit}"), git("https://gitlab.com/a/b")),
            (format!("git+ssh://git@x.org/a/b.git#{commit}"), git("git+ssh://git@x.org/a/b.git")),
            (format!("https://token@x.org/a/b.git#commit={commit}"), git("https://x.org/a/b.git")),
            (format!("https://codeload.github.com/a/b/tar.gz/{commit}"), git("https://github.com/a/b")),
            (format!("https://registry.npmjs.org/a/-/a-1.0.0.tgz#{commit}"), Some(Source::Registry)),
            ("https://x.org/a.tgz".to_owned(), Some(Source::Url("https://x.org/a.tgz".to_owned()))),
        ] {
            assert_eq!(npm_source(&spec), expected, "{spec}");
        }
        let branch = Some(Source::Git { url: "https://github.com/a/b".to_owned(), commit: None });
        assert_eq!(npm_source("a/b#main"), branch);
    }

    #[test]
    fn credentials_are_dropped() {
        assert_eq!(without_credentials("https://user:secret@host/p?x=a@b"), "https://host/p?x=a@b");
        assert_eq!(without_credentials("git+ssh://git@host/p"), "git+ssh://git@host/p");
        assert_eq!(without_credentials("https://host/@scope/p"), "https://host/@scope/p");
    }
}
