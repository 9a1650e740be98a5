//! `setup.cfg` and the literals of `setup.py`. Nothing is executed: what is computed is not seen.

use super::requirement::requirement;
use super::{Read, group_need};
use crate::document::{Lines, ParseError};
use crate::packages::{Ecosystem, Need};

/// `setup.cfg`: `install_requires`, extras and `python_requires` of setuptools.
#[allow(clippy::unnecessary_wraps, reason = "one signature for all parsers")]
pub(super) fn setup_cfg(path: &str, text: &str) -> Result<Read, ParseError> {
    let lines = Lines::new(path, text);
    let mut read = Read::new(path, Ecosystem::PyPi);
    let (mut section, mut key) = ("", "");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (section, key) = (name.trim(), "");
            continue;
        }
        let value = if line.starts_with([' ', '\t']) {
            body
        } else {
            let Some((name, value)) = body.split_once('=') else { continue };
            key = name.trim();
            value.trim()
        };
        if value.is_empty() {
            continue;
        }
        let offset = start + (value.as_ptr() as usize - line.as_ptr() as usize);
        let place = lines.place(offset as u32, value.len());
        let value = value.split(" #").next().unwrap_or(value);
        match (section, key) {
            ("metadata", "name") => read.manifest.name = Some(value.to_owned()),
            ("metadata", "version") => read.manifest.version = Some(value.to_owned()),
            ("metadata", "license") => read.manifest.license = Some(value.to_owned()),
            ("options", "install_requires") => read.require(value, Need::Production, None, place),
            ("options", "tests_require") => read.require(value, Need::Development, None, place),
            ("options", "setup_requires") => read.require(value, Need::Build, None, place),
            ("options", "python_requires") => {
                read.manifest.runtimes.push(("python".to_owned(), value.to_owned(), place));
            }
            ("options.extras_require", extra) => {
                read.require(value, group_need(extra, Need::Optional), Some(extra), place);
            }
            _ => {}
        }
    }
    Ok(read)
}

/// `setup.py`: string literals in the lists of `install_requires` and its siblings.
#[allow(clippy::unnecessary_wraps, reason = "one signature for all parsers")]
pub(super) fn setup_py(path: &str, text: &str) -> Result<Read, ParseError> {
    let lines = Lines::new(path, text);
    let mut read = Read::new(path, Ecosystem::PyPi);
    for (keyword, need) in [
        ("install_requires", Need::Production),
        ("setup_requires", Need::Build),
        ("tests_require", Need::Development),
        ("extras_require", Need::Optional),
    ] {
        let mut done = 0;
        for (at, _) in text.match_indices(keyword) {
            let Some(open) = value(text, at, keyword).filter(|open| *open >= done) else { continue };
            if !text[open..].starts_with(['[', '(', '{']) {
                continue;
            }
            let (end, found) = literals(text, open);
            // A word inside the list is no second list.
            done = end;
            for literal in found {
                let group = literal.key;
                let need = group.map_or(need, |group| group_need(group, need));
                // Formats and concatenations are parts of something that is not known.
                if let Ok(requirement) = requirement(literal.text) {
                    let place = lines.place(literal.at as u32, literal.text.len());
                    read.python(requirement, need, group, place);
                }
            }
        }
    }
    if let Some((at, version)) =
        text.find("python_requires").and_then(|at| quoted(text, value(text, at, "python_requires")?))
    {
        read.manifest.runtimes.push(("python".to_owned(), version.to_owned(), lines.place(at as u32, version.len())));
    }
    Ok(read)
}

/// Where the value of a keyword begins: after `=`, or after `:` of a dictionary's key.
fn value(text: &str, at: usize, keyword: &str) -> Option<usize> {
    let rest = text[at + keyword.len()..].trim_start_matches(['"', '\'']).trim_start();
    let rest = rest.strip_prefix(['=', ':'])?.trim_start();
    Some(text.len() - rest.len())
}

/// The string literal that begins at an offset.
fn quoted(text: &str, at: usize) -> Option<(usize, &str)> {
    let quote = text[at..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let end = text[at + 1..].find([quote, '\n'])?;
    Some((at + 1, &text[at + 1..at + 1 + end]))
}

struct Literal<'t> {
    at: usize,
    text: &'t str,
    /// The key of the dictionary that it stands under.
    key: Option<&'t str>,
}

/// String literals from an opening bracket to its closing one, and where that is. Literals that something is done to
/// (`%`, `.format`, `+`) are left out.
fn literals(text: &str, from: usize) -> (usize, Vec<Literal<'_>>) {
    const MAX: usize = 256 << 10;
    let bytes = text.as_bytes();
    let limit = text.len().min(from + MAX);
    let mut out = Vec::new();
    let (mut depth, mut at, mut key) = (0usize, from, None);
    while at < limit {
        match bytes[at] {
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (at, out);
                }
            }
            b'#' => at = text[at..].find('\n').map_or(limit, |length| at + length),
            quote @ (b'"' | b'\'') => {
                let start = at + 1;
                let Some(length) = text[start..].find([char::from(quote), '\n']) else { break };
                let literal = &text[start..start + length];
                at = start + length;
                let after = text[at..].trim_start_matches(['"', '\'']).trim_start();
                if after.starts_with(':') {
                    key = Some(literal);
                } else if !after.starts_with(['.', '%', '+']) && !text[..start - 1].ends_with(['f', 'b', '+']) {
                    out.push(Literal { at: start, text: literal, key });
                }
            }
            _ => {}
        }
        at += 1;
    }
    (limit, out)
}
