//! Development only: what the models in a folder find in a folder of code, without rules.
//!
//! `flows MODELS FOLDER [--steps]` prints every flow. Lines that end in a comment `sink: kind kind` must have flows of
//! just these kinds; when there is any such comment, only differences are printed.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lunette_flow::Facts;
use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_flow::taint::{Options, Taint};
use lunette_lang::Dialect;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let run = move || match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [models, folder] => run(Path::new(models), Path::new(folder), false),
        [models, folder, "--steps"] => run(Path::new(models), Path::new(folder), true),
        _ => eprintln!("usage: flows MODELS FOLDER [--steps]"),
    };
    if let Ok(thread) = std::thread::Builder::new().stack_size(lunette_lang::STACK_SIZE).spawn(run) {
        // A panic has been printed by then.
        let _ = thread.join();
    }
}

fn run(models: &Path, folder: &Path, steps: bool) {
    let texts = files(models, &["yml"]);
    let models = match Models::load(texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))) {
        Ok(models) => models,
        Err(errors) => return errors.iter().for_each(|error| eprintln!("{error}")),
    };
    let mut wanted: BTreeMap<(String, u32), BTreeSet<String>> = BTreeMap::new();
    let mut units = Vec::new();
    for (path, text) in files(folder, &["py", "js", "ts", "mjs", "cjs", "jsx", "tsx"]) {
        let Some(dialect) = Dialect::of_path(&path) else { continue };
        for (at, line) in text.lines().enumerate() {
            if let Some((_, kinds)) = line.rsplit_once("sink: ") {
                let kinds = kinds.split_whitespace().map(str::to_owned).collect();
                wanted.insert((path.clone(), at as u32 + 1), kinds);
            }
        }
        if let Some(module) = lunette_lang::lower(dialect, &text).module {
            units.push(Unit { path, text, module });
        }
    }
    let program = Program::new(units, &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let routes = lunette_flow::routes(&facts, &models);
    let taint = Taint::new(&facts, &models, &routes, Options::default());
    let names: Vec<&str> = models.harms().collect();
    let mut found: BTreeMap<(String, u32), BTreeSet<String>> = BTreeMap::new();
    for flow in taint.flows() {
        let sink = facts.place(flow.sink);
        let kinds = names.iter().filter(|name| models.harm(name) == Some(flow.kind));
        let kind = kinds.copied().next().unwrap_or("?");
        found.entry((sink.path.clone(), sink.line)).or_default().insert(kind.to_owned());
        if wanted.is_empty() || steps {
            let source = facts.place(flow.source.site);
            let assumed = if flow.assumed { " (assumed)" } else { "" };
            println!("{}:{} {kind} <- {} {}:{}{assumed}", sink.path, sink.line, flow.source.kind, source.path, source.line);
        }
        if steps {
            for step in taint.explain(flow) {
                let place = facts.place(step.site);
                println!("    {}:{} {:?} {}", place.path, place.line, step.why, step.note);
            }
        }
    }
    if wanted.is_empty() {
        return;
    }
    for place in wanted.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
        let (wanted, found) = (wanted.get(place).cloned().unwrap_or_default(), found.get(place).cloned().unwrap_or_default());
        let missing: Vec<_> = wanted.difference(&found).cloned().collect();
        let extra: Vec<_> = found.difference(&wanted).cloned().collect();
        if !missing.is_empty() || !extra.is_empty() {
            println!("{}:{} missing [{}], extra [{}]", place.0, place.1, missing.join(" "), extra.join(" "));
        }
    }
    println!("{} places wanted", wanted.len());
}

fn files(root: &Path, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(root, root, endings, &mut found);
    found.sort();
    found
}

fn walk(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, endings, found);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            if let Ok(bytes) = std::fs::read(&path) {
                found.push((relative, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
}
