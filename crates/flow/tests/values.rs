//! Where values come from and what they may be: circles that must end, constants, callers that do not count.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use lunette_flow::access::AccessPath;
use lunette_flow::api::ApiTrie;
use lunette_flow::facts::{Facts, Found};
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::{Dialect, ir::Language};

/// The constants that the argument named `key` of the calls of `name` may be; none when it is known to be absent.
fn check(files: &[(&str, &str)], language: Language, name: &str, path: &str) -> Vec<String> {
    let units = files
        .iter()
        .map(|&(path, text)| {
            let module = lunette_lang::lower(Dialect::of_path(path).unwrap(), text).module.unwrap();
            Unit { path: path.to_owned(), text: text.to_owned(), module }
        })
        .collect();
    let mut trie = ApiTrie::default();
    let node = trie.insert(language, name).unwrap();
    let program = Program::new(units, &ImportMap::default());
    let facts = Facts::new(&program, &trie);
    let path: AccessPath = path.parse().unwrap();
    facts
        .calls_of(node)
        .map(|call| match facts.follow(call.site, &path) {
            Found::Sites(sites) => {
                sites.iter().map(|&site| format!("{:?}", facts.possible(site).values)).collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn mappings_spread_into_each_other() {
    let text = "import lib\na = {}\nb = {}\ndef f():\n    global a, b\n    a = {**b, 'x': 1}\n    b = {**a, 'y': 2}\n    lib.go(a)\n";
    assert_eq!(check(&[("a.py", text)], Language::Python, "lib.go", "arg[0].x").len(), 1);
    let both = "import lib\na = {'z': 3}\nfor i in lib.all():\n    b = {**a, **a}\n    a = {**b, **b}\nlib.go(a)\n";
    assert_eq!(check(&[("a.py", both)], Language::Python, "lib.go", "arg[0].z").len(), 1);
}

#[test]
fn many_mappings_spread_into_many() {
    let mut text = "import lib\n".to_owned();
    for round in 0..40 {
        for name in 0..12 {
            let spread = (0..12).map(|other| format!("**v{other}")).collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "if lib.c{round}:\n    v{name} = {{{spread}}}");
        }
    }
    text.push_str("lib.go(v0)\n");
    assert_eq!(check(&[("a.py", &text)], Language::Python, "lib.go", "arg[0].k").len(), 1);
}

#[test]
fn modules_that_export_each_other() {
    let files = [
        ("a.js", "module.exports = require('./b');\nconst lib = require('lib');\nlib.go(require('./b').nothing);\n"),
        ("b.js", "module.exports = require('./a');\n"),
    ];
    assert_eq!(check(&files, Language::JavaScript, "lib.go", "arg[0]").len(), 1);
}

#[test]
fn what_tests_pass_says_nothing_of_the_program() {
    let program = ("app.py", "import lib\ndef start(debug):\n    lib.go(debug)\n");
    let test = ("tests/test_app.py", "import app\napp.start(True)\n");
    let main = ("main.py", "import app\napp.start(False)\n");
    assert_eq!(check(&[program, test], Language::Python, "lib.go", "arg[0]"), ["[]"]);
    assert_eq!(check(&[program, test, main], Language::Python, "lib.go", "arg[0]"), ["[Bool(false)]"]);
}

#[test]
fn repeated_and_joined_constants_are_folded() {
    let text = "import lib\nlib.go(b'ab' * 2 + b'c')\nlib.go('-' * 3)\nlib.go('ab' * 9999999)\n";
    assert_eq!(
        check(&[("a.py", text)], Language::Python, "lib.go", "arg[0]"),
        ["[Bytes(\"ababc\")]", "[Str(\"---\")]", "[]"]
    );
}

#[test]
fn calls_are_evaluated_with_their_own_arguments() {
    let text = "import lib\ndef rule(path, prefix='/v1'):\n    if lib.many:\n        return '/<org>' + path\n    return prefix + path\n\
        lib.go(rule('/a'))\nlib.go(rule('/b', prefix=''))\nlib.go(rule(lib.path))\n";
    assert_eq!(
        check(&[("a.py", text)], Language::Python, "lib.go", "arg[0]"),
        ["[Str(\"/v1/a\"), Str(\"/<org>/a\")]", "[Str(\"/b\"), Str(\"/<org>/b\")]", "[]"]
    );
    let endless = "import lib\ndef f(x):\n    return f(x) + f(x)\nlib.go(f(1))\n";
    assert_eq!(check(&[("a.py", endless)], Language::Python, "lib.go", "arg[0]"), ["[]"]);
}

#[test]
fn arguments_of_the_call_before_in_a_chain() {
    let code = "const lib = require('lib');\nlib.go(1);\nlib.status(404).go(1);\nlib.status.go(1);\n";
    let mut found = Vec::new();
    for name in ["lib.go", "lib.status().go", "lib.status.go"] {
        found.extend(check(&[("a.js", code)], Language::JavaScript, name, "chained.arg[0]"));
    }
    assert_eq!(found, ["Absent", "[Int(404)]", "Absent"]);
}
