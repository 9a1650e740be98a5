//! Tests of the lowering, on dumps without positions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod classes;
mod commonjs;
mod control;
mod expressions;
mod functions;
mod hostile;
mod modules;
mod patterns;
mod scopes;
mod typescript;

use crate::ir::Module;
use crate::{Dialect, Lowered, STACK_SIZE};

/// Lowers on a thread with the stack that callers have to provide.
fn lower(dialect: Dialect, source: &str) -> Lowered {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
        thread.spawn_scoped(scope, || crate::lower(dialect, source)).unwrap().join().unwrap()
    })
}

/// Lowers a source that must be understood, and checks the IR's promises.
fn module(dialect: Dialect, source: &str) -> Module {
    let lowered = lower(dialect, source);
    assert_eq!(lowered.errors, [], "{source}");
    let module = lowered.module.unwrap();
    crate::verify(&module).unwrap();
    module
}

/// The dump of a module without positions.
fn text(module: &Module) -> String {
    let dump = crate::dump(module);
    let lines = dump.lines().map(|line| line.split("  ; ").next().unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

/// The dump of JavaScript.
fn js(source: &str) -> String {
    text(&module(Dialect::JavaScript, source))
}

/// The dump of TypeScript.
fn ts(source: &str) -> String {
    text(&module(Dialect::TypeScript, source))
}

/// The dump of the body of this name.
fn body_of(dump: &str, name: &str) -> String {
    let start = |line: &&str| line.starts_with("body ") && line.split([' ', '(']).any(|word| word == name);
    let mut lines = dump.lines().skip_while(|line| !start(line));
    let head = lines.next().unwrap_or_else(|| panic!("no body {name} in\n{dump}"));
    let rest = lines.take_while(|line| line.starts_with(' '));
    std::iter::once(head).chain(rest).collect::<Vec<_>>().join("\n")
}
