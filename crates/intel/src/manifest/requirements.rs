//! Requirements files of pip, with what they include and constrain.

use std::collections::{BTreeMap, BTreeSet};

use super::Read;
use super::pyproject::is_public;
use super::requirement::{archive, is_dev, normalise, python_source, requirement};
use crate::document::Lines;
use crate::lockfile::source::without_credentials;
use crate::packages::{Ecosystem, Need, Source};

/// Files that includes may add to those found by their names.
const MAX_INCLUDED: usize = 200;

/// Whether a file is a requirements file by its name.
pub(crate) fn is_requirements(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_ascii_lowercase();
    let in_folder = parts.next().is_some_and(|folder| folder.eq_ignore_ascii_case("requirements"));
    let plain = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".in"));
    plain.is_some_and(|stem| in_folder || stem.contains("requirements") || stem.contains("constraints"))
}

/// Reads all requirements files: those named so, and those that they include. Constraints choose versions and ask for
/// nothing: they become overrides of the files that name them.
pub(crate) fn read(files: &BTreeMap<&str, &str>) -> Vec<Read> {
    let mut queue: Vec<&str> = files.keys().copied().filter(|path| is_requirements(path)).collect();
    queue.reverse();
    let named = queue.len();
    let mut seen: BTreeSet<&str> = queue.iter().copied().collect();
    let mut parsed = BTreeMap::new();
    let (mut production, mut developed) = (BTreeSet::new(), BTreeSet::new());
    let mut constraints = BTreeSet::new();
    while let Some(path) = queue.pop() {
        let (read, links) = file(path, files[path]);
        for (target, is_constraint) in &links {
            let Some((target, _)) = files.get_key_value(target.as_str()) else { continue };
            if *is_constraint {
                constraints.insert(*target);
            } else if is_dev(path) {
                developed.insert(*target);
            } else {
                production.insert(*target);
            }
            if seen.len() < named + MAX_INCLUDED && seen.insert(target) {
                queue.push(target);
            }
        }
        parsed.insert(path, (read, links));
    }
    constrain(&mut parsed);
    // A file that only constrains asks for nothing.
    let only_constrains = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        (constraints.contains(path) || name.contains("constraints")) && !production.contains(path)
    };
    let all = parsed.into_iter().filter(|(path, _)| !only_constrains(path));
    all.map(|(path, (mut read, _))| {
        let by_name = is_dev(path) || (developed.contains(path) && !is_requirements(path));
        if by_name && !production.contains(path) {
            read.manifest.declared.iter_mut().for_each(|declared| declared.need = Need::Development);
        }
        read
    })
    .collect()
}

type Links = Vec<(String, bool)>;

/// Gives each file the versions of its constraints files.
fn constrain(parsed: &mut BTreeMap<&str, (Read, Links)>) {
    let versions: BTreeMap<String, Vec<_>> = parsed
        .iter()
        .map(|(path, (read, _))| {
            let all = &read.manifest.declared;
            let pins = all.iter().filter_map(|one| Some((one.name.clone(), one.range.clone()?, one.place.clone())));
            ((*path).to_owned(), pins.collect())
        })
        .collect();
    for (read, links) in parsed.values_mut() {
        for (target, _) in links.iter().filter(|(_, is_constraint)| *is_constraint).take(4) {
            read.manifest.overrides.extend(versions.get(target).into_iter().flatten().cloned());
        }
    }
}

/// One file: what it asks for, and the files that it names (with whether as constraints).
fn file(path: &str, text: &str) -> (Read, Links) {
    let lines = Lines::new(path, text);
    let mut out = Read::new(path, Ecosystem::PyPi);
    let mut named = Vec::new();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for (at, line) in logical_lines(text) {
        let place = lines.place(at, line.len());
        if line.starts_with('-') {
            match option(&line) {
                Some(("-r", value)) => named.extend(join(folder, value).map(|path| (path, false))),
                Some(("-c", value)) => named.extend(join(folder, value).map(|path| (path, true))),
                Some(("-e", value)) => address(&mut out, value, place),
                Some(("-i", value)) if !is_public(value) => {
                    out.manifest.indexes.push((without_credentials(value), false, place));
                }
                Some(("--extra-index-url", value)) if !is_public(value) => {
                    out.manifest.indexes.push((without_credentials(value), true, place));
                }
                // What remains is about how pip works, not about what is installed.
                _ => {}
            }
            continue;
        }
        let (body, _) = split_options(&line);
        match requirement(body) {
            Ok(found) => out.python(found, Need::Production, None, place),
            Err(_) if is_address(body) => address(&mut out, body, place),
            Err(message) => out.fail(place.line, message),
        }
    }
    (out, named)
}

/// The option that a line is, by its short name, with its value.
fn option(line: &str) -> Option<(&'static str, &str)> {
    const NAMES: [(&str, &str); 9] = [
        ("--requirement", "-r"),
        ("-r", "-r"),
        ("--constraint", "-c"),
        ("-c", "-c"),
        ("--editable", "-e"),
        ("-e", "-e"),
        ("--index-url", "-i"),
        ("-i", "-i"),
        ("--extra-index-url", "--extra-index-url"),
    ];
    NAMES.iter().find_map(|(name, meaning)| {
        let rest = line.strip_prefix(name)?;
        // `-r x`, `-rx`, `--requirement=x`; not `--requirements`.
        let separated = rest.starts_with([' ', '=', '\t']) || (name.len() == 2 && !rest.is_empty());
        separated.then(|| (*meaning, rest.trim_start_matches(['=', ' ', '\t']).trim().trim_matches(['"', '\''])))
    })
}

fn is_address(text: &str) -> bool {
    text.contains("://") || text.starts_with(['.', '/', '~']) || text.starts_with("git+") || archive(text).is_some()
}

/// A package that is asked for by its address alone.
fn address(read: &mut Read, text: &str, place: lunette_core::place::Place) {
    let (target, marker) = match text.split_once(" ;") {
        Some((target, marker)) => (target.trim(), Some(marker.trim().to_owned())),
        None => (text.trim(), None),
    };
    let egg = target.split_once("#egg=").or_else(|| target.split_once("&egg=")).map(|(_, egg)| egg);
    let egg = egg.and_then(|egg| egg.split(['&', '[', ' ']).next()).filter(|egg| !egg.is_empty());
    let from_archive = archive(target);
    let version = from_archive.as_ref().map(|(_, version)| version.clone());
    let name = egg.map(normalise).or_else(|| from_archive.map(|(name, _)| name)).or_else(|| repository(target));
    // A folder without a name is most often the project itself.
    let Some(name) = name.filter(|name| name.len() <= 100) else { return };
    let source = python_source(target.split('[').next().unwrap_or(target));
    if matches!(&source, Source::File(path) if path == ".") {
        return;
    }
    let found = super::Requirement { name, range: None, marker, source, version };
    read.python(found, Need::Production, None, place);
}

/// The name of a git repository, for want of a better one.
fn repository(target: &str) -> Option<String> {
    let url = target.strip_prefix("git+")?;
    let path = url.split(['#', '?']).next()?;
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let last = path.rsplit('/').next()?.split('@').next()?.trim_end_matches(".git");
    (!last.is_empty()).then(|| normalise(last))
}

/// The requirement before its own options: ` --hash=…`, ` -C …`.
fn split_options(line: &str) -> (&str, &str) {
    let at = line.match_indices(" -").find(|(at, _)| {
        let rest = &line[at + 2..];
        rest.starts_with(|c: char| c.is_ascii_alphabetic())
            || (rest.starts_with('-') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()))
    });
    at.map_or((line, ""), |(at, _)| line.split_at(at))
}

/// Lines with continuations joined, comments and blank lines gone, each with its offset.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut out: Vec<(u32, String)> = Vec::new();
    let (mut at, mut continues) = (0usize, false);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim_start_matches('\u{feff}');
        let is_comment = trimmed.trim_start().starts_with('#');
        let body = if is_comment { "" } else { trimmed.split(" #").next().unwrap_or(trimmed) };
        let body = body.split("\t#").next().unwrap_or(body).trim();
        let (body, next) = match body.strip_suffix('\\') {
            Some(body) => (body.trim_end(), true),
            None => (body, false),
        };
        if let Some((_, last)) = out.last_mut().filter(|_| continues) {
            last.push(' ');
            last.push_str(body);
        } else {
            let indent = line.len() - trimmed.trim_start().len();
            out.push(((start + indent) as u32, body.to_owned()));
        }
        continues = next;
    }
    for (_, line) in &mut out {
        let end = line.trim_end().len();
        line.truncate(end);
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
