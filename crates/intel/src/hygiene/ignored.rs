//! Advisories that the project tells its own audits to pass over: until when, why, and whether the code gets there.

use lunette_core::place::Place;

use super::pipelines::{commands, is_pipeline};
use super::{Seen, file_name, is_aside, shown};
use crate::advisories::{Known, Reachability};
use crate::advisory::Day;
use crate::document::{Lines, Node, json_with_comments, toml, yaml};

/// An advisory that is passed over.
struct Ignored {
    id: String,
    place: Place,
    reason: bool,
    until: Option<Day>,
}

/// Whether a file lists advisories to pass over.
pub(super) fn is_list(path: &str) -> bool {
    matches!(
        file_name(path),
        ".nsprc"
            | "audit-ci.json"
            | "audit-ci.jsonc"
            | "osv-scanner.toml"
            | ".trivyignore"
            | ".trivyignore.yaml"
            | ".safety-policy.yml"
    )
}

/// `intel/ignored-expired`, `intel/ignored-unexplained`, `intel/ignored-reachable`.
pub(super) fn observe(seen: &mut Seen<'_>, files: &[(&str, &str)], known: &Known, today: Day) {
    let mut all = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !is_aside(path)) {
        if is_list(path) {
            all.extend(list(path, text));
        } else if is_pipeline(path) {
            all.extend(of_commands(path, text));
        }
    }
    for one in all {
        let details = |more: Vec<(&'static str, String)>| [vec![("id", shown(&one.id))], more].concat();
        if let Some(until) = one.until.filter(|until| until.number() < today.number()) {
            let details = details(vec![("until", until.to_string())]);
            seen.setting("intel/ignored-expired", &one.place, &one.id, (&one.id, &until.to_string()), &details);
        } else if let Some((package, place)) = called(seen, known, &one.id) {
            let details = details(vec![("package", shown(&package)), ("place", place)]);
            seen.setting("intel/ignored-reachable", &one.place, &one.id, (&one.id, "ignored"), &details);
        } else if !one.reason {
            seen.setting("intel/ignored-unexplained", &one.place, &one.id, (&one.id, "ignored"), &details(Vec::new()));
        }
    }
}

/// The package of an advisory whose function the code calls, and where.
fn called(seen: &Seen<'_>, known: &Known, id: &str) -> Option<(String, String)> {
    let is = |name: &String| name.eq_ignore_ascii_case(id);
    known.held.iter().filter(|held| held.reach.level >= Reachability::Called).find_map(|held| {
        let meant = is(&held.found.id) || held.found.aliases.iter().any(is) || held.found.records.iter().any(is);
        let package = seen.inventory.packages.get(*held.packages.first()?)?;
        let place = held.reach.place.as_ref()?;
        meant.then(|| (package.name.clone(), place.to_string()))
    })
}

fn list(path: &str, text: &str) -> Vec<Ignored> {
    let lines = Lines::new(path, text);
    let document = match file_name(path) {
        ".trivyignore" => return plain(path, text),
        "osv-scanner.toml" => toml(text).ok(),
        ".safety-policy.yml" | ".trivyignore.yaml" => yaml(text).ok().and_then(|all| all.into_iter().next()),
        _ => json_with_comments(text).ok(),
    };
    let Some(document) = document else { return Vec::new() };
    match file_name(path) {
        "osv-scanner.toml" => tables(&lines, document.items_of("IgnoredVulns"), "ignoreUntil", "reason"),
        ".trivyignore.yaml" => tables(&lines, document.items_of("vulnerabilities"), "expired_at", "statement"),
        ".safety-policy.yml" => document
            .get("security")
            .and_then(|security| security.get("ignore-vulnerabilities"))
            .map(|map| named(&lines, map, text))
            .unwrap_or_default(),
        ".nsprc" => named(&lines, &document, text),
        _ => ["allowlist", "advisories"]
            .iter()
            .filter_map(|key| document.get(key))
            .flat_map(|node| allowed(&lines, node, text))
            .collect(),
    }
}

/// A list of tables with an id each.
fn tables(lines: &Lines<'_>, items: &[Node<'_>], until: &str, reason: &str) -> Vec<Ignored> {
    let one = |item: &Node<'_>| {
        let id = item.get("id")?;
        Some(Ignored {
            id: id.text()?.to_owned(),
            place: lines.node(id),
            reason: item.text_of(reason).is_some_and(|text| !text.trim().is_empty()),
            until: item.text_of(until).and_then(day),
        })
    };
    items.iter().filter_map(one).collect()
}

/// Ids as keys of a table; what is not active counts as not there.
fn named(lines: &Lines<'_>, map: &Node<'_>, text: &str) -> Vec<Ignored> {
    let one = |(key, value): &(crate::document::Key<'_>, Node<'_>)| {
        let off = value.get("active").and_then(Node::text) == Some("false") || value.text() == Some("false");
        if off || !is_id(&key.text) {
            return None;
        }
        let said = ["notes", "reason", "note"]
            .iter()
            .any(|name| value.text_of(name).is_some_and(|text| !text.trim().is_empty()));
        let place = lines.key(key);
        Some(Ignored {
            id: key.text.to_string(),
            reason: said || is_commented(text, place.line) || value.text().is_some_and(|text| text != "true"),
            until: ["expiry", "expires"].iter().find_map(|name| day(value.text_of(name)?)),
            place,
        })
    };
    map.entries().iter().filter_map(one).collect()
}

/// An allow-list of `audit-ci`: ids, ids with a path, or tables by id.
fn allowed(lines: &Lines<'_>, node: &Node<'_>, text: &str) -> Vec<Ignored> {
    let one = |item: &Node<'_>| -> Vec<Ignored> {
        let Some(name) = item.text() else { return named(lines, item, text) };
        let id = name.split('|').next().unwrap_or(name);
        let place = lines.node(item);
        let reason = is_commented(text, place.line);
        if is_id(id) { vec![Ignored { id: id.to_owned(), reason, until: None, place }] } else { Vec::new() }
    };
    node.items().iter().flat_map(one).collect()
}

/// `.trivyignore`: an id on each line, with `exp:` and comments.
fn plain(path: &str, text: &str) -> Vec<Ignored> {
    let mut out = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(id) = words.next().filter(|id| is_id(id)) else { continue };
        let until = words.find_map(|word| day(word.strip_prefix("exp:")?));
        out.push(Ignored {
            id: id.to_owned(),
            place: Place::line(path, number),
            reason: is_commented(text, number),
            until,
        });
    }
    out
}

/// `--ignore-vuln` of pip-audit and `--ignore` of safety in a pipeline.
fn of_commands(path: &str, text: &str) -> Vec<Ignored> {
    let mut out = Vec::new();
    for command in commands(path, text) {
        if !["pip-audit", "pip_audit", "safety"].iter().any(|tool| command.text.contains(tool)) {
            continue;
        }
        let words: Vec<&str> = command.text.split([' ', '=']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            if matches!(pair[0], "--ignore-vuln" | "--ignore" | "-i") && is_id(pair[1]) {
                let reason = is_commented(text, command.place.line);
                out.push(Ignored { id: pair[1].to_owned(), place: command.place.clone(), reason, until: None });
            }
        }
    }
    out
}

fn is_id(text: &str) -> bool {
    let number = text.len() >= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    number || ["GHSA-", "CVE-", "PYSEC-", "MAL-", "OSV-", "SNYK-"].iter().any(|prefix| text.starts_with(prefix))
}

/// Whether a line, or the one above it, has a comment.
fn is_commented(text: &str, line: u32) -> bool {
    let nth = |at: u32| text.lines().nth((at as usize).saturating_sub(1)).unwrap_or_default().trim();
    let above = if line > 1 { nth(line - 1) } else { "" };
    let inside = |marks: &str| nth(line).split_once(marks).is_some_and(|(_, said)| !said.trim().is_empty());
    above.starts_with('#')
        || above.starts_with("//")
        || above.ends_with("*/")
        || inside(" #")
        || inside("// ")
        || inside("/*")
}

/// The day that a text begins with.
fn day(text: &str) -> Option<Day> {
    Day::parse(text.get(..10)?)
}
