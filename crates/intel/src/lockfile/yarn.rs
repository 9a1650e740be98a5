//! `yarn.lock`: version 1's own format, and the part of YAML that later versions write. Both are read line by line.

use super::Lock;
use super::source::{integrity, is_commit, npm_source, split_version, without_credentials};
use crate::document::{Lines, ParseError};
use crate::packages::{Ecosystem, Need, Package, Source};

/// A block under construction.
#[derive(Default)]
struct Block<'t> {
    /// Offset of its first key, and the keys: `name@range`.
    at: u32,
    keys: Vec<&'t str>,
    version: Option<&'t str>,
    resolved: Option<&'t str>,
    resolution: Option<&'t str>,
    integrity: Option<&'t str>,
    /// What it needs: name, range, section.
    needs: Vec<(&'t str, &'t str, Need)>,
}

/// Reads the file. Never fails as a whole: lines that are neither are failures of their own.
#[allow(clippy::unnecessary_wraps, reason = "one signature for all parsers")]
pub(super) fn parse(path: &str, text: &str) -> Result<Lock, ParseError> {
    let lines = Lines::new(path, text);
    let mut lock = Lock::new(path, Ecosystem::Npm);
    let mut needs = Vec::new();
    let mut block: Option<Block<'_>> = None;
    let mut section = None;
    let mut at = 0u32;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len() as u32;
        let body = line.trim_end().trim_start_matches('\u{feff}');
        if body.trim_start().is_empty() || body.trim_start().starts_with('#') {
            continue;
        }
        if !body.starts_with([' ', '\t', ':']) {
            finish(&mut lock, &lines, block.take(), &mut needs);
            section = None;
            match header(body, start) {
                Some(found) => block = Some(found),
                None => lock.fail(lines.line(start), "neither a package nor a comment"),
            }
            continue;
        }
        let Some(block) = &mut block else { continue };
        let indent = body.len() - body.trim_start().len();
        let (name, value) = field(body.trim_start());
        if indent >= 4 {
            if let Some(need) = section {
                block.needs.push((name, value, need));
            }
            continue;
        }
        section = match name {
            "dependencies" => Some(Need::Production),
            "optionalDependencies" => Some(Need::Optional),
            // Who uses the package brings these; the lockfile does not say which they are.
            _ => None,
        };
        match name {
            "version" => block.version = Some(value),
            "resolved" => block.resolved = Some(value),
            "resolution" => block.resolution = Some(value),
            "integrity" => block.integrity = Some(value),
            _ => {}
        }
    }
    finish(&mut lock, &lines, block.take(), &mut needs);
    link(&mut lock, &needs);
    Ok(lock)
}

/// The keys of a block: `"a@^1", b@^2:` or `"a@npm:^1, a@npm:^2":` or `? "a@npm:…"`.
fn header(line: &str, start: u32) -> Option<Block<'_>> {
    let keys = match line.strip_prefix("? ") {
        Some(keys) => keys.trim_end_matches(':'),
        None => line.strip_suffix(':')?,
    };
    let offset = keys.as_ptr() as usize - line.as_ptr() as usize + usize::from(keys.starts_with('"'));
    let keys = keys.split(", ").map(|key| key.trim().trim_matches('"')).filter(|key| !key.is_empty()).collect();
    Some(Block { at: start + offset as u32, keys, ..Block::default() })
}

/// `name value` of version 1 and `name: value` of later ones, without quotes.
fn field(line: &str) -> (&str, &str) {
    let quoted = line.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let (name, rest) = quoted.unwrap_or_else(|| line.split_at(line.find([' ', ':']).unwrap_or(line.len())));
    (name, rest.trim_start_matches(':').trim().trim_matches('"'))
}

type Needs<'t> = Vec<(u32, Vec<(&'t str, &'t str, Need)>)>;

fn finish<'t>(lock: &mut Lock, lines: &Lines<'_>, block: Option<Block<'t>>, needs: &mut Needs<'t>) {
    let Some(block) = block else { return };
    let Some(first) = block.keys.first() else { return };
    if *first == "__metadata" {
        return;
    }
    let (installed, range) = split_version(first);
    let Some(version) = block.version else {
        lock.fail(lines.line(block.at), "a package without a version");
        return;
    };
    if installed.is_empty() || installed.len() > 256 {
        return;
    }
    let mut package = Package::new(Ecosystem::Npm, installed, lines.place(block.at, first.len()));
    package.locked = true;
    package.version = Some(version.to_owned());
    if let Some(resolution) = block.resolution {
        let (name, reference) = split_version(resolution);
        name.clone_into(&mut package.name);
        package.source = reference.map_or(Source::Registry, later_source);
        if package.source == Source::Workspace && reference == Some("workspace:.") {
            // The project itself. Its list mixes development and production; the manifest says which is which.
            return;
        }
    } else {
        if let Some(real) = range.and_then(|range| range.strip_prefix("npm:")) {
            split_version(real).0.clone_into(&mut package.name);
        }
        package.source = block
            .keys
            .iter()
            .filter_map(|key| split_version(key).1.and_then(npm_source))
            .find(|source| matches!(source, Source::File(_)))
            .or_else(|| block.resolved.and_then(npm_source))
            .unwrap_or(Source::Registry);
    }
    if package.name != installed {
        package.alias = Some(installed.to_owned());
    }
    package.resolved = block.resolved.map(without_credentials);
    if let Some(text) = block.integrity {
        integrity(&mut package, text);
    } else if let Some((_, sha1)) = block.resolved.and_then(|url| url.rsplit_once('#'))
        && package.source == Source::Registry
        && sha1.len() == 40
        && is_commit(sha1)
    {
        package.hashes.push(("sha1".to_owned(), sha1.to_ascii_lowercase()));
    }
    let index = lock.push(package);
    for key in block.keys {
        lock.by_range.insert(key.to_owned(), index);
    }
    needs.push((index, block.needs));
}

/// The reference of a `resolution`: `npm:1.0.0`, `workspace:x`, `patch:…`, an address with `#commit=`.
fn later_source(reference: &str) -> Source {
    if reference.starts_with("npm:") || reference.starts_with("patch:") || reference.starts_with("virtual:") {
        return Source::Registry;
    }
    npm_source(reference).unwrap_or(Source::Registry)
}

fn link(lock: &mut Lock, needs: &Needs<'_>) {
    for (index, needs) in needs {
        for (name, range, need) in needs {
            let direct = format!("{name}@{range}");
            let found =
                lock.by_range.get(&direct).or_else(|| lock.by_range.get(&format!("{name}@npm:{range}"))).copied();
            if let Some(found) = found.filter(|found| found != index) {
                lock.edges[*index as usize].push((found, *need));
            }
        }
    }
}
