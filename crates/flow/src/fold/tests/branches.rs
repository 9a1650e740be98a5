//! Branches that cannot be taken, and look-alikes that can.

use super::{js, py, sinks_of};
use crate::fold::Containers;

#[test]
fn arithmetic_decides() {
    let code = "def f(p):\n    num = 86\n    if 7 * 42 - num > 200:\n        bar = 'a'\n    else:\n        bar = p\n    sink(bar)\n";
    assert_eq!(py(code), ["\"a\""]);
    assert_eq!(py(&code.replace("> 200", "> 300")), ["p"]);
    assert_eq!(py("def f(p):\n    n = 106\n    bar = 'a' if 7 * 18 + n > 200 else p\n    sink(bar)\n"), ["\"a\""]);
    assert_eq!(py("def f(p, n):\n    bar = 'a' if 7 * 18 + n > 200 else p\n    sink(bar)\n"), ["\"a\"|p"]);
    assert_eq!(
        js("function f(p) { let n = 5; let bar; if (n * 2 > 9) bar = 'a'; else bar = p; sink(bar) }"),
        ["\"a\""]
    );
    assert_eq!(js("function f(p) { const bar = 7 / 2 > 3 ? p : 'a'; sink(bar) }"), ["p"]);
    assert_eq!(py("def f(p):\n    sink('a' if 7 // 2 > 3 else p)\n"), ["p"]);
}

#[test]
fn what_follows_a_return_that_is_certain_is_dead() {
    assert_eq!(py("def f(p):\n    if 1 > 2:\n        sink(p)\n    sink('x')\n"), ["\"x\""]);
    assert_eq!(js("function f(p) { if (!false) return; sink(p) }"), Vec::<String>::new());
    assert_eq!(js("function f(p) { while (true) { if (p.more) break; } sink(p) }"), ["p"]);
    assert_eq!(py("def f(p):\n    while True:\n        g()\n    sink(p)\n"), Vec::<String>::new());
}

#[test]
fn a_character_chooses() {
    let python = "def f(p):\n    possible = 'ABC'\n    guess = possible[1]\n    match guess:\n        case 'A':\n            bar = p\n        case 'B':\n            bar = 'bob'\n        case 'C' | 'D':\n            bar = p\n        case _:\n            bar = 'x'\n    sink(bar)\n";
    assert_eq!(py(python), ["\"bob\""]);
    assert_eq!(py(&python.replace("[1]", "[2]")), ["p"]);
    assert_eq!(py(&python.replace("possible[1]", "possible[g()]")), ["\"bob\"|\"x\"|p"]);
    let code = "function f(p) { let bar; switch ('ABC'.charAt(2)) { case 'A': bar = p; break; case 'C': case 'D': bar = 'c'; break; default: bar = p } sink(bar) }";
    assert_eq!(js(code), ["\"c\""]);
    assert_eq!(js(&code.replace("charAt(2)", "charAt(0)")), ["p"]);
    // Falls through.
    assert_eq!(
        js("function f(p) { let bar = 'x'; switch (1) { case 1: bar = 'a'; case 2: bar = p; } sink(bar) }"),
        ["p"]
    );
}

#[test]
fn texts_are_evaluated() {
    for test in [
        "'Abc'.lower() == 'abc'",
        "'a,b'.split(',')[1] == 'b'",
        "'abc'[1:] == 'bc'",
        "'abc'[-1] == 'c'",
        "' x '.strip() == 'x'",
        "'abc'.startswith(('x', 'a'))",
        "'b' in 'abc'",
        "'z' not in 'abc'",
        "'x' in ('x', 'y')",
        "len('abc') == 3",
        "f'{1}{\"a\"}' == '1a'",
        "'%s-%d' % ('a', 2) == 'a-2'",
        "'-'.join(['a', 'b']) == 'a-b'",
        "str(5) + 'x' == '5x'",
        "not ''",
        "'' or 'x'",
        "None is None",
        "1 == 1.0 and True == 1",
        "'abc'.find('c') == 2",
        "'a' < 'b' < 'c'",
        "int('12') % 5 == 2",
        "[1, 2] and not []",
        "'k' in {'k': 1}",
        "not {}",
    ] {
        assert_eq!(
            py(&format!("def f(p):\n    if {test}:\n        sink('yes')\n    else:\n        sink(p)\n")),
            ["\"yes\""],
            "{test}"
        );
    }
    for test in [
        "'Abc'.toLowerCase() === 'abc'",
        "'abc'.length === 3",
        "'abc'.slice(-2) === 'bc'",
        "'abc'.substring(2, 0) === 'ab'",
        "'a,b'.split(',')[1] === 'b'",
        "`${1}a` === '1a'",
        "'a' + 1 === 'a1'",
        "typeof 'a' === 'string'",
        "null == undefined",
        "null !== undefined",
        "['a', 'b'].includes('b')",
        "[1, 2].length === 2",
        "['a', 'b'].join('-') === 'a-b'",
        "[]",
        "Math.floor(7 / 2) === 3",
        "'k' in {k: 1}",
        "({k: 1}).hasOwnProperty('k')",
        "'abc'.includes('b') && !'abc'.startsWith('b')",
        "(1 ?? 2) === 1",
    ] {
        assert_eq!(js(&format!("function f(p) {{ if ({test}) sink('yes'); else sink(p) }}")), ["\"yes\""], "{test}");
    }
}

#[test]
fn what_cannot_be_told_is_not_told() {
    for test in [
        "p",
        "'a' == p",
        "len(p) == 3",
        "f'{1:03}' == '1'",
        "'%5s' % ('a',) == 'a'",
        "'%r' % ('a',) == 'a'",
        "'a' is 'a'",
        "g() == 1",
        "isinstance(1, int)",
        "sorted([2, 1])[0] == 1",
        "1 / 0",
    ] {
        let both = py(&format!("def f(p):\n    if {test}:\n        sink('yes')\n    else:\n        sink(p)\n"));
        assert_eq!(both, ["\"yes\"", "p"], "{test}");
    }
    for test in [
        "'1' == 1",
        "p === 'a'",
        "[] == ''",
        "'aXa'.replace('X', '$&') === 'a'",
        "document",
        "'\u{1f600}'.length === 1",
        "-1 >> 1 === 1",
    ] {
        let both = js(&format!("function f(p) {{ if ({test}) sink('yes'); else sink(p) }}"));
        assert_eq!(both, ["\"yes\"", "p"], "{test}");
    }
}

#[test]
fn loops_end_what_is_constant() {
    assert_eq!(
        py(
            "def f(p):\n    x = 'a'\n    i = 0\n    while i < 10:\n        if i == 5:\n            x = p\n        i += 1\n    sink(x)\n"
        ),
        ["\"a\"|p"]
    );
    assert_eq!(js("function f(p) { let done = false; for (const x of p) { if (done) sink(x); done = true; } }"), ["?"]);
    assert_eq!(
        js("function f(p) { let on = true; for (const x of p) { if (!on) sink(x); on = true; } }"),
        Vec::<String>::new()
    );
}

#[test]
fn handlers_run_when_the_try_does() {
    assert_eq!(py("def f(p):\n    x = 'a'\n    try:\n        g()\n        x = p\n        h()\n    except Exception:\n        sink(x)\n").len(), 1);
    assert_eq!(
        py("def f(p):\n    if False:\n        try:\n            g()\n        except Exception:\n            sink(p)\n"),
        Vec::<String>::new()
    );
}

#[test]
fn variables_of_modules() {
    assert_eq!(py("DEBUG = False\ndef f(p):\n    if DEBUG:\n        sink(p)\n"), Vec::<String>::new());
    assert_eq!(
        py("DEBUG = False\ndef g():\n    global DEBUG\n    DEBUG = True\ndef f(p):\n    if DEBUG:\n        sink(p)\n"),
        ["p"]
    );
    assert_eq!(js("const DEBUG = false;\nfunction f(p) { if (DEBUG) sink(p) }"), Vec::<String>::new());
    // Undefined before it is written.
    assert_eq!(js("let ready;\nfunction f(p) { if (ready) return; ready = true; sink(p) }"), ["p"]);
    assert_eq!(js("let ready;\nif (globalThis.x) ready = true;\nfunction f(p) { if (!ready) sink(p) }"), ["p"]);
    // Lists may be written to.
    assert_eq!(py("ITEMS = []\ndef f(p):\n    if ITEMS:\n        sink(p)\n"), ["p"]);
    let settings = ("settings.py", "SAFE = True\nOTHER = SAFE\n");
    let files = [("a.py", "from settings import SAFE\ndef f(p):\n    sink('x' if SAFE else p)\n"), settings];
    assert_eq!(sinks_of(&files, |_| Containers::default()), ["\"x\""]);
    let files = [
        ("a.js", "import { SAFE } from './s';\nfunction f(p) { sink(SAFE ? 'x' : p) }"),
        ("s.js", "export const SAFE = true;\n"),
    ];
    assert_eq!(sinks_of(&files, |_| Containers::default()), ["\"x\""]);
}

#[test]
fn functions_of_the_project() {
    assert_eq!(py("def kind():\n    return 'b'\ndef f(p):\n    sink('x' if kind() == 'b' else p)\n"), ["\"x\""]);
    assert_eq!(
        py("def kind(x):\n    return x + 'b'\ndef f(p):\n    sink('x' if kind('a') == 'ab' else p)\n"),
        ["\"x\""]
    );
    assert_eq!(
        py("def kind(x):\n    return x + 'b'\ndef f(p):\n    sink('x' if kind(p) == 'ab' else p)\n"),
        ["\"x\"|p"]
    );
    assert_eq!(
        py("def kind(x):\n    if x:\n        return 'a'\ndef f(p):\n    sink('x' if kind(p) else p)\n"),
        ["\"x\"|p"]
    );
    assert_eq!(js("async function no() { return false }\nfunction f(p) { if (no()) sink(p) }"), ["p"]);
}

#[test]
fn what_is_called_may_be_something_else() {
    assert_eq!(js("function f(p) { const check = p.check || (() => false); if (check()) sink(p) }"), ["p"]);
    assert_eq!(js("const check = globalThis.x || (() => false);\nfunction f(p) { if (check()) sink(p) }"), ["p"]);
    assert_eq!(
        js(
            "let ready;\nif (globalThis.x) ready = true;\nfunction is() { return ready }\nfunction f(p) { if (!is()) sink(p) }"
        ),
        ["p"]
    );
}

#[test]
fn other_modules_may_write() {
    let files = [
        ("a.py", "DEBUG = False\ndef f(p):\n    if DEBUG:\n        sink(p)\n"),
        ("b.py", "import a\na.DEBUG = True\n"),
    ];
    assert_eq!(sinks_of(&files, |_| Containers::default()), ["p"]);
}

#[test]
fn functions_of_other_modules() {
    let lib = ("lib.py", "def kind():\n    return 'b'\n");
    let files = [("a.py", "import lib\ndef f(p):\n    sink('x' if lib.kind() == 'b' else p)\n"), lib];
    assert_eq!(sinks_of(&files, |_| Containers::default()), ["\"x\""]);
    let files = [("a.py", "from lib import kind\ndef f(p):\n    sink('x' if kind() == 'b' else p)\n"), lib];
    assert_eq!(sinks_of(&files, |_| Containers::default()), ["\"x\""]);
    // One of two.
    let lib = ("lib.js", "export const kind = globalThis.kind || (() => 'b');\n");
    let files = [("a.js", "import { kind } from './lib';\nfunction f(p) { sink(kind() === 'b' ? 'x' : p) }"), lib];
    assert_eq!(sinks_of(&files, |_| Containers::default()), ["\"x\"|p"]);
    let code = "const none = () => ({ has() { return true } });\nconst set = globalThis.on ? new Set() : none();\nfunction f(p) { if (set.has(p) === false) sink(p) }";
    assert_eq!(js(code), ["p"]);
}
