//! Parses all files below a directory and nothing more: what every analysis pays at least. For `cargo xtask bench`.
//!
//! `cargo run --release -p lunette-lang --example parse -- DIR`
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a tool for developers")]

use std::path::Path;
use std::time::{Duration, Instant};

use lunette_lang::{Dialect, STACK_SIZE};
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

#[derive(Default)]
struct Totals {
    files: usize,
    lines: usize,
    bytes: usize,
    time: Duration,
}

fn main() {
    let Some(path) = std::env::args_os().nth(1) else {
        println!("usage: parse DIR");
        return;
    };
    let run = move || {
        let mut totals = Totals::default();
        add_directory(Path::new(&path), &mut totals);
        let Totals { files, lines, bytes, time } = totals;
        let seconds = time.as_secs_f64();
        println!(
            "{files} files, {lines} lines, {bytes} bytes, {seconds:.3} s, {:.0} KLoC/s",
            lines as f64 / seconds / 1e3
        );
    };
    if let Ok(thread) = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run) {
        // A panic has been printed by then.
        let _ = thread.join();
    }
}

fn add_directory(path: &Path, totals: &mut Totals) {
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "node_modules") {
                add_directory(&path, totals);
            }
        } else if let (Some(dialect), Ok(bytes)) = (path.to_str().and_then(Dialect::of_path), std::fs::read(&path)) {
            let source = String::from_utf8_lossy(&bytes);
            let start = Instant::now();
            parse(dialect, &source);
            totals.time += start.elapsed();
            totals.files += 1;
            totals.lines += source.lines().count();
            totals.bytes += source.len();
        }
    }
}

fn parse(dialect: Dialect, source: &str) {
    let kind = match dialect {
        Dialect::Python => {
            std::hint::black_box(ruff_python_parser::parse_module(source).is_ok());
            return;
        }
        Dialect::JavaScript => SourceType::unambiguous().with_jsx(true),
        Dialect::TypeScript => SourceType::ts(),
        Dialect::Tsx => SourceType::tsx(),
    };
    let allocator = Allocator::default();
    std::hint::black_box(Parser::new(&allocator, source, kind).parse().panicked);
}
