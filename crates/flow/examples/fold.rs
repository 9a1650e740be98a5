//! Development only: folds all bodies of a folder, prints what was found and how long it took.
//!
//! `cargo run --release -p lunette-flow --example fold -- FOLDER [dead|given]`
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    missing_docs
)]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lunette_flow::Facts;
use lunette_flow::fold::{Folded, fold};
use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Site};
use lunette_lang::ir::{BlockId, BodyId, ValueId};

fn main() {
    let Some(root) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: fold FOLDER [dead|given]");
        return;
    };
    let shown = std::env::args().nth(2).unwrap_or_default();
    common::on_large_stack(move || run(&root, &shown));
}

fn run(root: &Path, shown: &str) {
    let (units, lines) = common::units(root);
    let program = Program::new(units, &ImportMap::default());
    let Ok(models) = Models::builtin() else { return eprintln!("the models have faults") };
    let facts = Facts::new(&program, &models.trie);
    let (mut bodies, mut trivial, mut dead, mut given, mut slowest) = (0, 0, 0, 0, Vec::new());
    let mut total = Duration::ZERO;
    for unit in program.ids() {
        for at in 0..program.unit(unit).module.bodies.len() {
            let id = BodyId(at as u32);
            // The shortest of three: other programs run, too.
            let mut time = Duration::MAX;
            let mut folded = Folded::default();
            for _ in 0..3 {
                let start = Instant::now();
                folded = fold(&program, &facts.known, &models.containers, unit, id);
                time = time.min(start.elapsed());
            }
            total += time;
            bodies += 1;
            trivial += usize::from(folded.is_trivial());
            let body = program.body(unit, id);
            slowest.push((time, body.ops.len(), program.place(unit, body.name_span)));
            let line = |value: ValueId| {
                let place = program.place(unit, program.span(Site { unit, body: id, value }));
                format!("{}:{} {}", place.path, place.line, program.source_line(unit, place.line).trim())
            };
            for (at, block) in body.blocks.iter().enumerate() {
                let id = BlockId(at as u32);
                if !block.preds.is_empty() && !folded.reachable(id) {
                    dead += 1;
                    if shown == "dead"
                        && let Some(&first) = block.ops.iter().find(|value| body.spans[value.index()].end > 0)
                    {
                        println!("dead  {}", line(first));
                    }
                }
            }
            for value in (0..body.ops.len() as u32).map(ValueId) {
                if let Some(values) = folded.forwarded(value) {
                    given += 1;
                    if shown == "given" {
                        let values: Vec<&str> =
                            values.iter().map(|value| program.source(unit, body.spans[value.index()])).collect();
                        println!("given {}   <- {values:?} {:?}", line(value), folded.constant(value));
                    }
                }
            }
        }
    }
    slowest.sort_by_key(|(time, ..)| std::cmp::Reverse(*time));
    for (time, ops, place) in slowest.iter().take(5) {
        eprintln!("  {time:?} for {ops} operations at {}:{}", place.path, place.line);
    }
    let each = total.as_secs_f64() * 1e6 / lines.max(1) as f64;
    eprintln!(
        "{lines} lines, {bodies} bodies ({trivial} with nothing): {total:?}, {each:.3} µs a line; {dead} blocks dead, {given} loads known"
    );
}
