#![allow(clippy::unwrap_used, clippy::expect_used, clippy::format_collect)]

mod control;
mod definitions;
mod hostile;
mod names;
mod values;

use crate::ir::{BodyId, Module, Op};
use crate::{Dialect, dump, lower, verify};

/// Lowers source that must parse, and checks the module's consistency.
fn module(source: &str) -> Module {
    let lowered = lower(Dialect::Python, source);
    assert_eq!(lowered.errors, []);
    let module = lowered.module.unwrap();
    if let Err(why) = verify(&module) {
        panic!("{why}\n{}", dump(&module));
    }
    module
}

/// The dump of a module without places, indented by what its first line is indented.
fn ir(source: &str) -> String {
    let text = dump(&module(&unindent(source)));
    text.lines().map(|line| line.split("  ; ").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The dump of one body.
fn ir_of(body: u32, source: &str) -> String {
    let text = ir(source);
    let start = text.find(&format!("body {body} ")).unwrap();
    let end = text[start..].find(&format!("\nbody {} ", body + 1)).map_or(text.len(), |length| start + length);
    text[start..end].to_owned()
}

fn unindent(source: &str) -> String {
    let source = source.strip_prefix('\n').unwrap_or(source);
    let width = source.len() - source.trim_start_matches(' ').len();
    source.lines().map(|line| line.get(width..).unwrap_or("")).collect::<Vec<_>>().join("\n") + "\n"
}

/// The operations of the last statement, an expression, as the dump shows them.
fn expression(source: &str) -> String {
    let text = ir(source);
    let body = &text[text.find("body 0 ").unwrap()..];
    let lines = body.lines().skip(1).take_while(|line| !line.starts_with("body "));
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

/// How many operations of a body satisfy a predicate.
fn count(module: &Module, body: BodyId, predicate: impl Fn(&Op) -> bool) -> usize {
    module.body(body).ops.iter().filter(|op| predicate(op)).count()
}
