//! Lowers a file and prints what came of it, or all files below a directory and prints how much that was.
//!
//! `cargo run --release -p lunette-lang --example lower -- PATH`
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a tool for developers")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lunette_lang::{Dialect, STACK_SIZE, dump, lower, verify};

#[derive(Default)]
struct Totals {
    files: usize,
    lines: usize,
    bytes: usize,
    bodies: usize,
    blocks: usize,
    ops: usize,
    errors: usize,
    time: Duration,
    slowest: (Duration, PathBuf),
}

fn main() {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        println!("usage: lower PATH");
        return;
    };
    let run = move || {
        if path.is_file() {
            print_file(&path);
        } else {
            let mut totals = Totals::default();
            add_directory(&path, &mut totals);
            print_totals(&totals);
        }
    };
    if let Ok(thread) = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run) {
        // A panic has been printed by then.
        let _ = thread.join();
    }
}

fn read(path: &Path) -> Option<(Dialect, String)> {
    let dialect = Dialect::of_path(path.to_str()?)?;
    Some((dialect, String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned()))
}

fn print_file(path: &Path) {
    let Some((dialect, source)) = read(path) else {
        println!("cannot be read, or is no source");
        return;
    };
    let lowered = lower(dialect, &source);
    for error in &lowered.errors {
        println!("line {}: {}", error.line, error.message);
    }
    if let Some(module) = &lowered.module {
        print!("{}", dump(module));
    }
}

fn add_directory(path: &Path, totals: &mut Totals) {
    let Ok(entries) = std::fs::read_dir(path) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            add_directory(&path, totals);
        } else if let Some((dialect, source)) = read(&path) {
            add_file(&path, dialect, &source, totals);
        }
    }
}

fn add_file(path: &Path, dialect: Dialect, source: &str, totals: &mut Totals) {
    let start = Instant::now();
    let lowered = lower(dialect, source);
    let time = start.elapsed();
    totals.time += time;
    if time > totals.slowest.0 {
        totals.slowest = (time, path.to_owned());
    }
    totals.files += 1;
    totals.lines += source.lines().count();
    totals.bytes += source.len();
    if let Some(error) = lowered.errors.first() {
        totals.errors += 1;
        println!("{}:{}: {}", path.display(), error.line, error.message);
    }
    let Some(module) = &lowered.module else { return };
    if let Err(why) = verify(module) {
        println!("{}: NOT CONSISTENT: {why}", path.display());
    }
    totals.bodies += module.bodies.len();
    for body in &module.bodies {
        totals.ops += body.ops.len();
        totals.blocks += body.blocks.len();
    }
}

fn print_totals(totals: &Totals) {
    let Totals { files, lines, bytes, bodies, blocks, ops, errors, time, slowest } = totals;
    println!("{files} files, {lines} lines, {bytes} bytes; {errors} with syntax errors");
    println!("{bodies} bodies, {blocks} blocks, {ops} operations");
    let (seconds, slowest_ms) = (time.as_secs_f64(), slowest.0.as_secs_f64() * 1e3);
    let per_line = seconds * 1e6 / (*lines).max(1) as f64;
    println!("{seconds:.3} s, {per_line:.2} us a line; slowest {slowest_ms:.1} ms: {}", slowest.1.display());
}
