//! How the project itself looks for known weaknesses: audits in its pipelines, and whether anybody hears of what they find.

use lunette_core::place::Place;

use super::pipelines::{Command, commands, is_pipeline, is_service};
use super::{Seen, file_name, is_aside, shown};
use crate::packages::Ecosystem;

/// What ends a command.
const ENDS: [&str; 5] = ["&&", "||", ";", "|", "&"];

/// An audit that a pipeline runs.
struct Audit {
    command: Command,
    /// What it is called with, from the tool's name on.
    words: Vec<String>,
    /// What comes after it on its line, from the operator on.
    rest: Vec<String>,
}

/// `intel/audit-failure-ignored`, `intel/audit-level`, `intel/audit-off`, `intel/no-audit`, `intel/ci-install`.
pub(super) fn observe(seen: &mut Seen<'_>, files: &[(&str, &str)]) {
    let pipelines: Vec<&(&str, &str)> = files.iter().filter(|(path, _)| is_pipeline(path) && !is_aside(path)).collect();
    let (mut audits, mut any, mut installs) = (Vec::new(), None, Vec::new());
    for (path, text) in pipelines {
        for command in commands(path, text) {
            any.get_or_insert_with(|| Place::line(*path, 1));
            if let Some(install) = unlocked(&command, files) {
                installs.push((command.place.clone(), install));
            }
            audits.extend(audit(command));
        }
    }
    let watched = files.iter().any(|(path, _)| is_service(path));
    let strict = audits.iter().any(|audit| lenient(audit).is_none() && level(audit).is_none());
    if !strict {
        weak(seen, &audits);
    }
    if !watched && audits.is_empty() {
        off(seen, files);
        let packages = seen.inventory.packages.iter().any(|package| package.ecosystem != Ecosystem::Jsr);
        if let Some(place) = any.filter(|_| packages) {
            let missing = (
                "an audit of the packages, or a service that watches them",
                "the pipelines and the files of Dependabot and Renovate",
            );
            seen.absence("intel/no-audit", &place, "audit", missing, &[]);
        }
    }
    for (place, (install, instead)) in installs {
        let details = [("command", shown(&install)), ("instead", instead.to_owned())];
        seen.setting("intel/ci-install", &place, &install, ("command", &install), &details);
    }
}

/// Audits whose findings nobody hears of. Where another one is strict, this is for a report, and nothing is said.
fn weak(seen: &mut Seen<'_>, audits: &[Audit]) {
    for audit in audits {
        let words = audit.words.join(" ");
        if let Some(by) = lenient(audit) {
            let details = [("command", shown(&words)), ("by", shown(&by))];
            seen.setting("intel/audit-failure-ignored", &audit.command.place, &words, (&by, "true"), &details);
        } else if let Some(level) = level(audit) {
            let details = [("command", shown(&words)), ("level", shown(&level))];
            seen.setting("intel/audit-level", &audit.command.place, &words, ("audit-level", &level), &details);
        }
    }
}

/// The audit that a command is.
fn audit(command: Command) -> Option<Audit> {
    if command.action {
        let words = vec![command.text.clone()];
        return Some(Audit { command, words, rest: Vec::new() });
    }
    let words: Vec<String> = words(&command.text);
    let start = (0..words.len()).find(|at| is_audit(&words[*at..]))?;
    let length = words[start..].iter().position(|word| ENDS.contains(&word.as_str())).unwrap_or(words.len() - start);
    let rest = words[start + length..].to_vec();
    Some(Audit { words: words[start..start + length].to_vec(), rest, command })
}

/// Words of a shell's line, with operators apart.
fn words(line: &str) -> Vec<String> {
    let mut spaced = line.replace("||", " \u{1} ").replace("&&", " \u{2} ").replace(['\'', '"', '(', ')', '`'], " ");
    spaced = spaced.replace(';', " ; ").replace('|', " | ").replace('\u{1}', "||").replace('\u{2}', "&&");
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn is_audit(words: &[String]) -> bool {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let tool = word(0).rsplit('/').next().unwrap_or_default();
    match tool {
        "npm" | "pnpm" | "bun" => word(1) == "audit" && !matches!(word(2), "fix" | "signatures"),
        "yarn" => word(1) == "audit" || (word(1) == "npm" && word(2) == "audit"),
        "pip-audit" | "pip_audit" | "audit-ci" | "osv-scanner" | "better-npm-audit" | "grype" => true,
        "safety" => matches!(word(1), "check" | "scan"),
        "trivy" => matches!(word(1), "fs" | "filesystem" | "repo" | "repository"),
        "snyk" => word(1) == "test",
        _ => false,
    }
}

/// What lets the pipeline go on although the audit found something.
fn lenient(audit: &Audit) -> Option<String> {
    if let Some(key) = audit.command.lenient {
        return Some(key.to_owned());
    }
    let after = audit.rest.first().map(String::as_str);
    let then = audit.rest.get(1).map(String::as_str).unwrap_or_default();
    match after {
        Some("||") if matches!(then, "true" | ":" | "echo" | "printf") => Some(format!("|| {then}")),
        Some("||") if then == "exit" && audit.rest.get(2).is_some_and(|code| code == "0") => {
            Some("|| exit 0".to_owned())
        }
        Some(";")
            if matches!(then, "true" | ":")
                || (then == "exit" && audit.rest.get(2).is_some_and(|code| code == "0")) =>
        {
            Some(format!("; {then}"))
        }
        _ => None,
    }
}

/// The level below which an audit says nothing, when that lets much pass.
fn level(audit: &Audit) -> Option<String> {
    let options = ["--audit-level", "--severity", "--level", "-l"];
    let mut words = audit.words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let value = match word.split_once('=') {
            Some((option, value)) if options.contains(&option) => value,
            None if options.contains(&word) => words.next().unwrap_or_default(),
            _ => continue,
        };
        return matches!(value.to_ascii_lowercase().as_str(), "critical" | "none").then(|| value.to_ascii_lowercase());
    }
    None
}

/// `audit=false` where nothing else looks.
fn off(seen: &mut Seen<'_>, files: &[(&str, &str)]) {
    for (path, text) in files.iter().filter(|(path, _)| file_name(path) == ".npmrc" && !is_aside(path)) {
        for (number, line) in (1..).zip(text.lines()) {
            let set = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
            if set == Some(("audit", "false")) {
                seen.setting("intel/audit-off", &Place::line(*path, number), "audit", ("audit", "false"), &[]);
            }
        }
    }
}

/// An installation that may take other versions than the lockfile's, and what to run instead.
fn unlocked(command: &Command, files: &[(&str, &str)]) -> Option<(String, &'static str)> {
    let lock = |name: &str| files.iter().find(|(path, _)| file_name(path) == name && !is_aside(path));
    let words = words(&command.text);
    let start = words.iter().position(|word| matches!(word.as_str(), "npm" | "yarn"))?;
    let own: Vec<&str> = words[start..].iter().map(String::as_str).take_while(|word| !ENDS.contains(word)).collect();
    let only_flags = |from: usize, bad: &[&str]| {
        own.get(from..).unwrap_or_default().iter().all(|word| word.starts_with('-') && !bad.contains(word))
    };
    let text = own.join(" ");
    match own.as_slice() {
        ["npm", "install" | "i", ..] if only_flags(2, &["-g", "--global", "--package-lock-only"]) => {
            lock("package-lock.json").map(|_| (text, "npm ci"))
        }
        ["yarn"] | ["yarn", "install", ..] if only_flags(2, &["--frozen-lockfile", "--immutable", "--frozen"]) => {
            lock("yarn.lock")
                .filter(|(_, text)| text.contains("# yarn lockfile v1"))
                .map(|_| (text, "yarn install --frozen-lockfile"))
        }
        _ => None,
    }
}
