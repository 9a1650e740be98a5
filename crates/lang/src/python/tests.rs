#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::ir::Module;
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

fn ir(source: &str) -> String {
    dump(&module(source))
}

#[test]
fn smoke() {
    insta::assert_snapshot!(ir("import os\ndef f(a, *b):\n    return f'x{a}' + os.name\n"), @"");
}
