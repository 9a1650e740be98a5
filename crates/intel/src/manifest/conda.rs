//! Conda environments: `name=version` and a nested list for pip.

use super::Read;
use super::requirement::{Requirement, normalise};
use crate::document::{Lines, ParseError, yaml};
use crate::packages::{Ecosystem, Need, Source};

/// `environment.yml`. Conda's packages are taken for those of the same name on the Python index; most are.
pub(super) fn environment(path: &str, text: &str) -> Result<Read, ParseError> {
    let lines = Lines::new(path, text);
    let mut read = Read::new(path, Ecosystem::PyPi);
    for document in yaml(text)? {
        read.manifest.name = document.owned("name");
        for item in document.items_of("dependencies") {
            if item.is_map() {
                for pip in item.items_of("pip") {
                    let text = pip.text().unwrap_or_default();
                    if !text.starts_with('-') {
                        read.require(text, Need::Production, None, lines.node(pip));
                    }
                }
                continue;
            }
            let place = lines.node(item);
            // `channel::name=1.0=build`, `name ==1.0`, `name>=1`, `name=1.*`.
            let text = item.text().unwrap_or_default().rsplit("::").next().unwrap_or_default().trim();
            let text = text.split(" #").next().unwrap_or(text);
            let end = text.find(|c: char| "=<>!~ ".contains(c)).unwrap_or(text.len());
            let (name, rest) = (text[..end].trim(), text[end..].trim());
            let rest = match rest.strip_prefix('=') {
                Some(exact) if !exact.starts_with('=') => {
                    let version = exact.split('=').next().unwrap_or(exact).trim();
                    format!("=={version}")
                }
                _ => rest.to_owned(),
            };
            if name == "python" {
                let version = rest.trim_start_matches('=');
                if !version.is_empty() {
                    read.manifest.runtimes.push(("python".to_owned(), version.to_owned(), place));
                }
                continue;
            }
            let range = (!rest.is_empty()).then_some(rest);
            let known = name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.len() <= 100
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if known {
                let found =
                    Requirement { name: normalise(name), range, marker: None, source: Source::Registry, version: None };
                read.python(found, Need::Production, None, place);
            } else if !name.is_empty() {
                read.fail(place.line, "not the name of a package");
            }
        }
    }
    Ok(read)
}
