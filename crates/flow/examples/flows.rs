//! Development only: what the models in a folder find in a folder of code, without rules, and how long that takes.
//!
//! `flows MODELS FOLDER [--steps] [--library|--application]` prints every flow. Lines that end in a comment
//! `sink: kind kind` must have flows of just these kinds; when there is any such comment, only differences are printed.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use lunette_flow::Facts;
use lunette_flow::program::{ImportMap, Program};
use lunette_flow::taint::{Options, Taint};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, folders): (Vec<String>, Vec<String>) =
        arguments.into_iter().partition(|argument| argument.starts_with("--"));
    let [models, folder] = folders.as_slice() else {
        return eprintln!("usage: flows MODELS FOLDER [--steps] [--library|--application]");
    };
    let (models, folder) = (models.clone(), folder.clone());
    common::on_large_stack(move || run(Path::new(&models), Path::new(&folder), &flags));
}

fn run(models: &Path, folder: &Path, flags: &[String]) {
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let steps = has("--steps");
    let library = if has("--library") { Some(true) } else { has("--application").then_some(false) };
    let models = match common::models(models) {
        Ok(models) => models,
        Err(errors) => return errors.iter().for_each(|error| eprintln!("{error}")),
    };
    let start = Instant::now();
    let (units, lines) = common::units(folder);
    let lowered = start.elapsed();
    let mut wanted: BTreeMap<(String, u32), BTreeSet<String>> = BTreeMap::new();
    for unit in &units {
        for (line, at) in unit.text.lines().zip(1..) {
            if let Some((_, kinds)) = line.rsplit_once("sink: ") {
                wanted.insert((unit.path.clone(), at), kinds.split_whitespace().map(str::to_owned).collect());
            }
        }
    }
    let program = Program::new(units, &ImportMap::default());
    let start = Instant::now();
    let facts = Facts::new(&program, &models.trie);
    let known = start.elapsed();
    let routes = lunette_flow::routes(&facts, &models);
    let start = Instant::now();
    let taint = Taint::new(&facts, &models, &routes, Options { library, ..Options::default() });
    eprintln!(
        "{lines} lines: lower {lowered:?}, know {known:?}, taint {:?}; {} flows, library mode {}",
        start.elapsed(),
        taint.flows().len(),
        taint.is_library()
    );
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
            println!(
                "{}:{} {kind} <- {} {}:{}{assumed}",
                sink.path, sink.line, flow.source.kind, source.path, source.line
            );
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
        let (wanted, found) =
            (wanted.get(place).cloned().unwrap_or_default(), found.get(place).cloned().unwrap_or_default());
        let missing: Vec<_> = wanted.difference(&found).cloned().collect();
        let extra: Vec<_> = found.difference(&wanted).cloned().collect();
        if !missing.is_empty() || !extra.is_empty() {
            println!("{}:{} missing [{}], extra [{}]", place.0, place.1, missing.join(" "), extra.join(" "));
        }
    }
    println!("{} places wanted", wanted.len());
}
