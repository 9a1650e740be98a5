//! Manifests of Python: requirements, pyproject, Pipfile, setup.cfg, setup.py, conda environments.

use std::collections::BTreeSet;

use lunette_core::place::Place;
use lunette_read::SourceFile;

use super::packages::{Declared, Ecosystem, Packages, folder};
use crate::tree::{self, Node, ParseError, Value};

/// Files that one requirements file may draw in.
const MAX_INCLUDED: usize = 50;

/// A package's name as the index compares it (PEP 503).
pub(super) fn normalise(name: &str) -> String {
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

/// A requirement (PEP 508) into name and range; markers and extras are dropped. `None` when it is no requirement.
pub(super) fn requirement(text: &str) -> Option<(String, Option<String>)> {
    let text = text.split(" #").next().unwrap_or(text);
    let text = text.split(';').next().unwrap_or(text).trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || name.len() > 100 {
        return None;
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    let rest = rest.trim_start_matches('(').trim_end_matches(')').trim();
    if !rest.is_empty() && !rest.starts_with(['=', '<', '>', '~', '!', '@', '^']) {
        return None;
    }
    let range: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    Some((normalise(name), Some(range).filter(|range| !range.is_empty())))
}

fn declare(out: &mut Packages, name: String, range: Option<String>, dev: bool, place: Place) {
    let range = range.filter(|range| range != "*");
    let resolved = range.as_deref().and_then(exact);
    out.declared.push(Declared { ecosystem: Ecosystem::PyPi, name, range, resolved, dev, place });
}

/// The version of an exact pin.
fn exact(range: &str) -> Option<String> {
    let version = range.strip_prefix("===").or_else(|| range.strip_prefix("=="))?;
    (!version.is_empty() && !version.contains(['*', ',', '<', '>', '!'])).then(|| version.to_owned())
}

fn declare_text(out: &mut Packages, text: &str, dev: bool, place: Place) {
    if let Some((name, range)) = requirement(text) {
        declare(out, name, range, dev, place);
    }
}

/// Whether a file or group is for development by its name.
fn is_dev(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["dev", "test", "lint", "docs", "doc-", "ci", "typing", "format"].iter().any(|word| {
        name.split(['-', '_', '.', '/']).any(|part| {
            part == *word || (word.len() > 3 && part.starts_with(word)) || part == "develop" || part == "development"
        })
    })
}

/// `requirements*.txt` and what it includes with `-r`.
pub(super) fn requirements(out: &mut Packages, file: &SourceFile, all: &[SourceFile]) {
    let mut seen = BTreeSet::new();
    let mut queue = vec![(file, is_dev(&file.path))];
    while let Some((file, dev)) = queue.pop() {
        if seen.len() >= MAX_INCLUDED || !seen.insert(file.path.as_str()) {
            continue;
        }
        for (line, text) in logical_lines(&file.text) {
            let option = |names: [&str; 2]| {
                names
                    .iter()
                    .find_map(|name| text.strip_prefix(name))
                    .map(|rest| rest.trim_start_matches(['=', ' ']).trim())
            };
            if let Some(included) = option(["--requirement", "-r"]) {
                let path = join(folder(&file.path), included);
                // A file that is a requirements file by its name is read by itself.
                let other = all.iter().find(|other| {
                    Some(&other.path) == path.as_ref() && !super::languages::is_requirements(&other.path)
                });
                queue.extend(other.map(|other| (other, dev)));
            } else if let Some(egg) = text.split_once("#egg=").map(|(_, egg)| egg) {
                declare_text(out, egg.split('&').next().unwrap_or(egg), dev, Place::line(&file.path, line));
            } else if !text.starts_with('-') {
                let text = text.split(" --").next().unwrap_or(&text);
                declare_text(out, text, dev, Place::line(&file.path, line));
            }
        }
    }
}

/// Lines with continuations joined, comments and blank lines gone, each with its first line's number.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut out: Vec<(u32, String)> = Vec::new();
    let mut continues = false;
    for (index, line) in text.lines().enumerate() {
        let body = if line.trim_start().starts_with('#') { "" } else { line.split(" #").next().unwrap_or(line).trim() };
        let (body, next) = match body.strip_suffix('\\') {
            Some(body) => (body.trim_end(), true),
            None => (body, false),
        };
        match out.last_mut().filter(|_| continues) {
            Some((_, last)) => {
                last.push(' ');
                last.push_str(body);
            }
            None => out.push((index as u32 + 1, body.to_owned())),
        }
        continues = next;
    }
    out.retain(|(_, line)| !line.is_empty());
    out
}

/// A path relative to a folder; `None` when it leads out of the root.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `pyproject.toml`: PEP 621, dependency groups, Poetry, PDM and uv.
pub(super) fn pyproject(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let manifest = tree::toml(text)?;
    let lists = |out: &mut Packages, node: Option<&Node>, dev: bool| {
        for item in node.map(Node::items).unwrap_or_default() {
            declare_text(out, item.text().unwrap_or_default(), dev, Place::line(path, item.line));
        }
    };
    lists(out, manifest.at(&["project", "dependencies"]), false);
    lists(out, manifest.at(&["tool", "uv", "dev-dependencies"]), true);
    for (groups, all_dev) in [
        (&["project", "optional-dependencies"][..], false),
        (&["dependency-groups"][..], true),
        (&["tool", "pdm", "dev-dependencies"][..], true),
    ] {
        for (group, items) in manifest.at(groups).map(Node::entries).unwrap_or_default() {
            lists(out, Some(items), all_dev || is_dev(&group.text));
        }
    }
    if let Some(version) = manifest.at(&["project", "requires-python"]) {
        out.runtime("Python", version.text(), Place::line(path, version.line));
    }
    let Some(poetry) = manifest.at(&["tool", "poetry"]) else { return Ok(()) };
    poetry_table(out, path, poetry.get("dependencies"), false);
    poetry_table(out, path, poetry.get("dev-dependencies"), true);
    for (group, table) in poetry.get("group").map(Node::entries).unwrap_or_default() {
        poetry_table(out, path, table.get("dependencies"), is_dev(&group.text));
    }
    Ok(())
}

/// A table `name = "range"` or `name = { version = "range" }`, of Poetry and Pipenv.
fn poetry_table(out: &mut Packages, path: &str, table: Option<&Node>, dev: bool) {
    for (key, value) in table.map(Node::entries).unwrap_or_default() {
        let place = Place::line(path, key.line);
        let range = value.text().or_else(|| value.text_of("version"));
        if key.text == "python" {
            out.runtime("Python", range, place);
            continue;
        }
        let range = range.map(|range| {
            if range.starts_with(|c: char| c.is_ascii_digit()) { format!("=={range}") } else { range.replace(' ', "") }
        });
        declare(out, normalise(&key.text), range, dev, place);
    }
}

/// `Pipfile`.
pub(super) fn pipfile(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    let manifest = tree::toml(text)?;
    poetry_table(out, path, manifest.get("packages"), false);
    poetry_table(out, path, manifest.get("dev-packages"), true);
    if let Some(requires) = manifest.get("requires") {
        let version = requires.get("python_full_version").or_else(|| requires.get("python_version"));
        if let Some(version) = version {
            out.runtime("Python", version.text(), Place::line(path, version.line));
        }
    }
    Ok(())
}

/// `setup.cfg`: `install_requires`, extras and `python_requires` of setuptools.
pub(super) fn setup_cfg(out: &mut Packages, path: &str, text: &str) {
    let mut section = String::new();
    let mut key = String::new();
    for (index, line) in text.lines().enumerate() {
        let place = Place::line(path, index as u32 + 1);
        let body = line.trim();
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
            key.clear();
            continue;
        }
        let value = if line.starts_with([' ', '\t']) {
            body
        } else {
            let Some((name, value)) = body.split_once('=') else { continue };
            name.trim().clone_into(&mut key);
            value.trim()
        };
        match section.as_str() {
            "options" if key == "install_requires" => declare_text(out, value, false, place),
            "options" if key == "tests_require" => declare_text(out, value, true, place),
            "options" if key == "python_requires" => out.runtime("Python", Some(value), place),
            "options.extras_require" => declare_text(out, value, is_dev(&key), place),
            _ => {}
        }
    }
}

/// `setup.py`: string literals in the lists of `install_requires` and its siblings. What is computed is not seen.
pub(super) fn setup_py(out: &mut Packages, path: &str, text: &str) {
    for (keyword, dev) in
        [("install_requires", false), ("setup_requires", true), ("tests_require", true), ("extras_require", false)]
    {
        for (at, _) in text.match_indices(keyword) {
            let rest = text[at + keyword.len()..].trim_start();
            let Some(rest) = rest.strip_prefix(['=', ':']).map(str::trim_start) else { continue };
            if rest.starts_with(['[', '(', '{']) {
                let offset = text.len() - rest.len();
                for (start, literal) in literals(text, offset) {
                    let line = text[..start].matches('\n').count() as u32 + 1;
                    declare_text(out, literal, dev, Place::line(path, line));
                }
            }
        }
    }
    if let Some(at) = text.find("python_requires") {
        let rest = text[at + "python_requires".len()..].trim_start().trim_start_matches('=').trim_start();
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\''))
            && let Some((version, _)) = rest[1..].split_once(quote)
        {
            let line = text[..at].matches('\n').count() as u32 + 1;
            out.runtime("Python", Some(version), Place::line(path, line));
        }
    }
}

/// String literals from an opening bracket to its closing one, without those that are keys of a dictionary.
fn literals(text: &str, from: usize) -> Vec<(usize, &str)> {
    const MAX: usize = 64 << 10;
    let mut out = Vec::new();
    let mut depth = 0usize;
    let mut chars = text[from..].char_indices().take(MAX).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            '#' => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '"' | '\'' => {
                let start = from + at + 1;
                let Some(end) = text[start..].find([c, '\n']).map(|length| start + length) else { break };
                while chars.next_if(|(next, _)| from + next <= end).is_some() {}
                if !text[end..].trim_start_matches(['"', '\'']).trim_start().starts_with(':') {
                    out.push((start, &text[start..end]));
                }
            }
            _ => {}
        }
    }
    out
}

/// A conda environment: `name=version` and a nested list for pip.
pub(super) fn environment(out: &mut Packages, path: &str, text: &str) -> Result<(), ParseError> {
    for document in tree::yaml(text)? {
        for item in document.get("dependencies").map(Node::items).unwrap_or_default() {
            let place = Place::line(path, item.line);
            if let Value::Map(_) = item.value {
                for pip in item.get("pip").map(Node::items).unwrap_or_default() {
                    declare_text(out, pip.text().unwrap_or_default(), false, Place::line(path, pip.line));
                }
                continue;
            }
            let mut parts = item
                .text()
                .unwrap_or_default()
                .rsplit("::")
                .next()
                .unwrap_or_default()
                .split('=')
                .filter(|part| !part.is_empty());
            let (name, version) = (parts.next().unwrap_or_default().trim(), parts.next());
            if name == "python" {
                out.runtime("Python", version, place);
            } else if let Some(version) =
                version.filter(|_| requirement(name).is_some_and(|(_, range)| range.is_none()))
            {
                declare(out, normalise(name), Some(format!("=={version}")), false, place);
            } else {
                declare_text(out, item.text().unwrap_or_default(), false, place);
            }
        }
    }
    Ok(())
}
