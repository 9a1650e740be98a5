//! Input that is broken, deep or large.

use crate::ir::Module;
use crate::{Dialect, Lowered, STACK_SIZE, lower, nesting, verify};

/// Lowers on a stack of the documented size.
fn lower_deep(source: String) -> Lowered {
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    thread.spawn(move || lower(Dialect::Python, &source)).unwrap().join().unwrap()
}

fn module_of(source: String) -> Module {
    let lowered = lower_deep(source);
    assert_eq!(lowered.errors, []);
    let module = lowered.module.unwrap();
    assert_eq!(verify(&module), Ok(()));
    module
}

fn refused(source: String) {
    let lowered = lower_deep(source);
    assert!(lowered.module.is_none());
    assert_eq!(lowered.errors.len(), 1);
    assert!(lowered.errors[0].message.starts_with("nested deeper than"), "{:?}", lowered.errors);
}

/// Each a way to nest, as what to repeat before and behind the innermost.
const BOMBS: &[(&str, &str, &str)] = &[
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("{1:", "1", "}"),
    ("f(", "1", ")"),
    ("x[", "1", "]"),
    ("not ", "x", ""),
    ("-", "x", ""),
    ("await ", "x", ""),
    ("lambda: ", "x", ""),
    ("lambda a, b=1: ", "x", ""),
    ("", "a", "+a"),
    ("", "a", ".b"),
    ("", "a", "()"),
    ("", "a", ".b(1)"),
    ("", "a", "[0]"),
    ("a**", "b", ""),
    ("a if b else ", "c", ""),
    ("[x for x in ", "y", "]"),
    ("(y := ", "1", ")"),
    ("*", "x", ""),
    ("f'{", "x", "}'"),
    ("f'{x:{", "x", "}}'"),
    ("yield ", "x", ""),
];

#[test]
fn bombs_are_refused() {
    for (before, inner, behind) in BOMBS {
        refused(format!("x = {}{inner}{}\n", before.repeat(100_000), behind.repeat(100_000)));
    }
    refused((0..20_000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect());
    refused(format!("match x:\n case {}1{}: pass\n", "[".repeat(100_000), "]".repeat(100_000)));
    refused(format!("{}pass\n", "async ".repeat(100_000)));
}

#[test]
fn what_is_not_refused_fits_the_stack_twice() {
    for (before, inner, behind) in BOMBS {
        let links = nesting::MAX_DEPTH as usize / (2 * (before.len() + behind.len()).max(2));
        let source = format!("x = {}{inner}{}\n", before.repeat(links), behind.repeat(links));
        assert_eq!(nesting::too_deep(&source, Dialect::Python), None, "{before}");
        let stack = nesting::stack_needed(&source) / 2;
        let thread = std::thread::Builder::new().stack_size(stack);
        let lowered = thread.spawn(move || super::super::lower(&source)).unwrap().join().unwrap();
        assert!(lowered.module.is_some() || !lowered.errors.is_empty());
    }
}

#[test]
fn unclosed_brackets_and_quotes() {
    for bomb in
        ["(", "[", "{", "f'{", "f'''{", "'", "\"\"\"", "\\", "f'{x:", "\u{feff}", "\0", "@", "if x:\n ", "x = $ ?\n"]
    {
        for count in [1, 2, 1000] {
            let lowered = lower_deep(bomb.repeat(count));
            if let Some(module) = &lowered.module {
                assert_eq!(verify(module), Ok(()), "{bomb}");
            }
        }
    }
}

#[test]
fn long_is_not_deep() {
    let elifs: String = (0..20_000).map(|n| format!("elif x == {n}:\n    y = {n}\n")).collect();
    let module = module_of(format!("if x:\n    y = -1\n{elifs}f(y)\n"));
    assert!(module.bodies[0].blocks.len() > 40_000);

    let ifs: String = (0..20_000).map(|n| format!("if x: y = {n}\n")).collect();
    module_of(format!("y = z = 1\n{ifs}f(y, z)\n"));

    module_of(format!("x = [{}]\n", "f(a, b + c), ".repeat(80_000)));
    module_of(format!("x = ({})\n", "'text' ".repeat(150_000)));
    module_of(format!("x = {}a\n", "a and ".repeat(4_000)));
    module_of(format!("x = {}'a'\n", "'a' + b + ".repeat(4_000)));
    module_of("a = b = c; ".repeat(90_000));
    module_of(format!("{}\n", "x, ".repeat(300_000)));
}

#[test]
fn work_is_bounded_where_joins_and_variables_multiply() {
    let writes: String = (0..3_000).map(|n| format!("v{n} = 1\n")).collect();
    let ifs: String = (0..3_000).map(|n| format!("if c: v{n} = 2\n")).collect();
    let reads: String = (0..3_000).map(|n| format!("f(v{n})\n")).collect();
    let module = module_of(format!("{writes}{ifs}{reads}"));
    assert!(module.bodies[0].ops.len() < 4_000_000);

    let module = module_of(format!("try:\n{}except E:\n    f(a, b, c)\n", " if a: b = c\n".repeat(20_000)));
    assert!(module.bodies[0].ops.len() < 4_000_000);
}

#[test]
fn work_grows_with_the_size_only() {
    // Each would take minutes if one part were looked up in all others.
    let methods: String = (0..30_000).map(|n| format!(" def m{n}(): 0\n")).collect();
    module_of(format!("class C:\n{methods}"));
    module_of(format!("'{}'.format({})\n", "{}".repeat(100_000), "a,".repeat(100_000)));
    let named: String = (0..40_000).map(|n| format!("a{n}=b,")).collect();
    let fields: String = (0..40_000).map(|n| format!("{{a{n}}}")).collect();
    module_of(format!("'{fields}'.format({named})\n"));
    let entries: String = (0..40_000).map(|n| format!("'a{n}':b,")).collect();
    let fields: String = (0..40_000).map(|n| format!("%(a{n})s")).collect();
    module_of(format!("'{fields}' % {{{entries}}}\n"));
    module_of(format!("{}[{}]\n", "lambda:".repeat(2_000), "a,".repeat(200_000)));
    let strings: String = (0..40_000).map(|n| format!("def f(a: 'T{n}'): 0\n")).collect();
    module_of(strings);
    let written: String = (0..20_000).map(|n| format!(" v{n}+=b\n")).collect();
    module_of(format!("while a:\n{written} c=v1+v2\n"));
    let globals: String = (0..20_000).map(|n| format!("def f{n}():\n global g{n}\n g{n}=1\n")).collect();
    module_of(globals);
    module_of(format!("{}\n", "a[0],".repeat(150_000)));
    module_of(format!("{}= x\n", "a,".repeat(150_000)));
}

#[test]
fn what_parses_is_kept_around_what_does_not() {
    let source =
        "import os\ndef good():\n    return os.name\ndef bad(:\n    pass\nprint 'old'\nx = )\ndef also_good(): pass\n";
    let lowered = lower(Dialect::Python, source);
    assert!(!lowered.errors.is_empty() && lowered.errors.len() <= crate::MAX_ERRORS);
    assert!(lowered.errors.is_sorted_by_key(|error| error.line));
    let module = lowered.module.unwrap();
    assert_eq!(verify(&module), Ok(()));
    let names: Vec<_> = module.bodies.iter().map(|body| module.name(body.name)).collect();
    assert!(names.contains(&"good") && names.contains(&"also_good"), "{names:?}");
}

#[test]
fn not_python_at_all() {
    for source in [
        "\u{0}\u{1}\u{2}",
        "<html><body>",
        "{\"a\": [1, 2, {\"b\": null}]}",
        "\u{fffd}PNG\r\n\u{1a}",
        "",
        "\n\n",
        "🦀🦀",
    ] {
        let lowered = lower(Dialect::Python, source);
        assert!(lowered.module.is_none_or(|module| verify(&module).is_ok() && module.bodies.len() == 1));
    }
}

mod properties {
    use proptest::prelude::*;

    use super::super::super::super::{Dialect, lower, verify};

    /// Words from which most that Python knows can be put together, and much that it does not.
    const WORDS: &[&str] = &[
        "a",
        "b",
        "f",
        " ",
        " ",
        "\n",
        "\n ",
        "\n  ",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ".",
        "=",
        "+=",
        "+",
        "-",
        "*",
        "**",
        "%",
        "'",
        "\"",
        "'''",
        "f'",
        "f\"{",
        "\\",
        "#",
        "@",
        "1",
        "0x",
        "'x'",
        "'%s'",
        "'{}'",
        "not ",
        "and ",
        "or ",
        "if ",
        "else",
        "elif ",
        "for ",
        " in ",
        "while ",
        "def ",
        "class ",
        "return ",
        "lambda ",
        "yield ",
        "await ",
        "async ",
        "with ",
        " as ",
        "try",
        "except ",
        "finally",
        "raise ",
        "import ",
        "from ",
        "global ",
        "nonlocal ",
        "del ",
        "match ",
        "case ",
        "_",
        ":=",
        "...",
        "None",
        "pass",
        "break",
        "continue",
        "->",
        "!",
        "type ",
        ";",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn any_text_is_lowered_consistently(words in prop::collection::vec(prop::sample::select(WORDS), 0..120)) {
            let source = words.concat();
            let lowered = lower(Dialect::Python, &source);
            prop_assert!(lowered.errors.iter().all(|error| error.message != super::super::super::super::GAVE_UP));
            if let Some(module) = &lowered.module {
                prop_assert_eq!(verify(module), Ok(()));
            }
        }
    }
}
