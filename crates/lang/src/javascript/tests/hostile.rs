//! Tests: hostile.

use std::fmt::Write as _;

use super::lower;
use crate::{Dialect, MAX_ERRORS};

/// Lowers, and checks the IR's promises if there is any.
fn survives(dialect: Dialect, source: &str) -> bool {
    let lowered = lower(dialect, source);
    assert!(lowered.errors.len() <= MAX_ERRORS);
    if let Some(module) = &lowered.module {
        crate::verify(module).unwrap();
    } else {
        assert!(!lowered.errors.is_empty(), "nothing understood, nothing said");
    }
    lowered.module.is_some()
}

fn nested(open: &str, inner: &str, close: &str, times: usize) -> String {
    format!("{}{inner}{}", open.repeat(times), close.repeat(times))
}

#[test]
fn what_no_person_writes_is_refused() {
    for source in [
        nested("[", "1", "]", 100_000),
        nested("(", "1", ")", 100_000),
        nested("{", "", "}", 100_000),
        nested("!", "a", "", 100_000),
        nested("a => ", "1", "", 100_000),
        nested("`${", "1", "}`", 50_000),
        nested("a ? b : ", "c", "", 50_000),
        nested("new ", "a", "", 50_000),
        nested("if (a) ", ";", "", 50_000),
        nested("class A extends ", "a", "{}", 50_000),
        // What a scan takes for a string the parser takes for brackets.
        format!("if (x) /\"/; {}", "[".repeat(100_000)),
    ] {
        assert!(!survives(Dialect::JavaScript, &source), "{source:.40}");
        survives(Dialect::Tsx, &source);
    }
    // Type arguments that may have been opened are tried again and again.
    assert!(!survives(Dialect::TypeScript, &format!("x = {}b", "a < b, ".repeat(20_000))));
    assert!(!survives(Dialect::TypeScript, &nested("x: A<", "B", ">", 20_000)));
    survives(Dialect::JavaScript, &format!("]; x = {}b", "a < b, ".repeat(20_000)));
}

#[test]
fn long_chains_do_not_overflow() {
    for source in [
        vec!["a"; 50_000].join(" + "),
        vec!["a"; 50_000].join(" && "),
        format!("a{}", ".b().c".repeat(100_000)),
        format!("a{}", "?.b".repeat(50_000)),
        format!("a{}", "``".repeat(50_000)),
        format!("{} f()", "if (a) { b() } else ".repeat(20_000)),
        format!("{};", "label: ".repeat(20_000)),
    ] {
        survives(Dialect::JavaScript, &source);
    }
    for source in [
        format!("a{}", "!".repeat(50_000)),
        format!("a{}", " as T".repeat(50_000)),
        format!("let x: A{}", ".B".repeat(50_000)),
        format!("let x: A{}", "[]".repeat(50_000)),
        format!("namespace A{} {{}}", ".B".repeat(20_000)),
        format!("type X = {}D", "A extends B ? C : ".repeat(20_000)),
    ] {
        survives(Dialect::TypeScript, &source);
    }
    survives(Dialect::Tsx, &format!("x = <a{} />", ".b".repeat(50_000)));
}

#[test]
fn deep_but_allowed_nesting_fits_the_stack() {
    for (source, dialect) in [
        (nested("[", "1", "]", 9_000), Dialect::JavaScript),
        (nested("f(", "1", ")", 4_000), Dialect::JavaScript),
        (format!("x = {}", nested("{ a: ", "1", "}", 2_000)), Dialect::JavaScript),
        (nested("a => ", "1", "", 2_000), Dialect::JavaScript),
        (nested("function f() {", "", "}", 1_500), Dialect::JavaScript),
        (format!("x = {}", nested("class { x = ", "1", "}", 1_500)), Dialect::JavaScript),
        (format!("x = {}", nested("class { x() { return ", "1", "} }", 1_000)), Dialect::JavaScript),
        (nested("try { ", "", "} catch {}", 2_000), Dialect::JavaScript),
        (format!("x = {}", nested("(a && ", "1", ")", 2_000)), Dialect::JavaScript),
        (format!("if ({}) f()", nested("(a && (b || ", "1", "))", 1_000)), Dialect::JavaScript),
        (format!("let {} = b", nested("[", "a", "]", 4_500)), Dialect::JavaScript),
        (format!("let {} = b", nested("{ a: ", "a", "}", 3_000)), Dialect::JavaScript),
        (format!("({} = b)", nested("[", "a", "]", 4_500)), Dialect::JavaScript),
        (nested("<a>", "", "</a>", 3_000), Dialect::Tsx),
        (nested("<a>{", "1", "}</a>", 2_000), Dialect::Tsx),
        (nested("(", "1", ")", 9_000), Dialect::TypeScript),
        (format!("let x: {}", nested("{ a: ", "T", "}", 2_000)), Dialect::TypeScript),
    ] {
        assert!(survives(dialect, &source), "{source:.40}");
    }
}

#[test]
fn a_megabyte_on_one_line() {
    let mut source = String::new();
    for index in 0..20_000 {
        let _ = write!(source, "function f{index}(a,b){{return a.x(b)+\"s\"+(a?b:{index})}};");
    }
    assert!(source.len() > 1_000_000);
    assert!(survives(Dialect::JavaScript, &source));
}

#[test]
fn many_variables_and_joins_take_bounded_time() {
    let mut source = String::from("function f() {");
    for index in 0..1_500 {
        let _ = write!(source, "let v{index} = 0; if (c{index}) {{ v{index} = g() }}");
    }
    for index in 0..1_500 {
        let _ = write!(source, "u(v{index});");
    }
    source.push('}');
    assert!(survives(Dialect::JavaScript, &source));
}

#[test]
fn broken_sources() {
    let lowered = lower(Dialect::JavaScript, "const a = 1;\nfunction (");
    assert!(lowered.module.is_none());
    assert_eq!(lowered.errors[0].line, 2);
    for source in [
        "",
        " ",
        "\u{feff}x = 1",
        "#!/usr/bin/env node\nx = 1",
        "<!-- old\nx = 1\n--> end",
        "\0",
        "`${",
        "/*",
        "'\u{2028}'",
    ] {
        survives(Dialect::JavaScript, source);
        survives(Dialect::TypeScript, source);
    }
    // Recovered from: what was understood is kept, and the error told.
    let lowered = lower(Dialect::JavaScript, "let a = 1; let b = ;");
    assert!(!lowered.errors.is_empty());
}

#[test]
fn every_truncation_of_a_program_is_survived() {
    let source = "import a, { b as c } from 'm'; export class D extends E { #x = 1; @f() g({ h = 2 }: I<J>, ...k) { \
                  for (const [l] of await m) { try { n?.[o]`p${q}` ??= r } catch ({ s }) { t: while (u) break t } } } }";
    for end in 0..=source.len() {
        survives(Dialect::TypeScript, &source[..end]);
        survives(Dialect::JavaScript, &source[..end]);
    }
}

#[test]
fn scripts_and_modules_are_told_apart() {
    for source in [
        "return 1",
        "var await = 1; await",
        "with (a) { b }",
        "await f(); import 'x'",
        "if (a) function f() {}",
        "var x = 010; delete x",
        "export default <div/>",
    ] {
        let lowered = lower(Dialect::JavaScript, source);
        assert_eq!(lowered.errors, [], "{source}");
        assert!(lowered.module.is_some(), "{source}");
    }
}
