//! Tests end flows only where they hold.

use super::{flows, python};

#[test]
fn a_test_holds_where_all_ways_passed_it() {
    let one = "def f(c):\n    x = web.query\n    if '..' in x:\n        return\n    web.open(x)\n";
    assert!(python(one).is_empty());
    let some_ways = "def f(c):\n    x = web.query\n    if c:\n        if '..' in x: return\n    web.open(x)\n";
    assert_eq!(python(some_ways), ["6 file"]);
    let other_value = "def f(c):\n    x = web.query\n    y = x + 'a'\n    if '..' in x: return\n    web.open(y)\n";
    assert_eq!(python(other_value), ["6 file"]);
    let other_kind = "def f(c):\n    x = web.query\n    if '..' in x: return\n    web.run(x)\n";
    assert_eq!(python(other_kind), ["5 run"]);
}

#[test]
fn a_test_of_the_last_round_says_nothing_of_this_one() {
    let text = "def f(xs):\n    for i in xs:\n        x = web.query[i]\n        web.run(x)\n        if not web.good(x): return\n";
    assert_eq!(python(text), ["5 run"]);
}

#[test]
fn membership_counts_unless_the_collection_comes_from_outside() {
    assert!(python("OK = ['a', 'b']\ndef f():\n    x = web.query['a']\n    if x in OK: web.run(x)\n").is_empty());
    assert_eq!(python("def f():\n    x = web.query['a']\n    if x in web.query: web.run(x)\n"), ["4 run"]);
}

#[test]
fn calls_that_never_come_back_end_a_way() {
    assert!(python("def f():\n    x = web.query\n    if not web.good(x): web.stop()\n    web.run(x)\n").is_empty());
    assert_eq!(python("def f():\n    x = web.query\n    if not web.good(x): web.other()\n    web.run(x)\n"), ["5 run"]);
}

#[test]
fn predicates_and_checks_of_the_project_count() {
    let predicate = "def ok(v):\n    return v in ('a', 'b')\ndef f():\n    x = web.query\n    if ok(x): web.run(x)\n";
    assert!(python(predicate).is_empty());
    let check = "def check(v):\n    if v not in ('a', 'b'): raise ValueError\ndef f():\n    x = web.query\n    check(x)\n    web.run(x)\n";
    assert!(python(check).is_empty());
    let too_late = check.replace("    check(x)\n    web.run(x)\n", "    web.run(x)\n    check(x)\n");
    assert_eq!(python(&too_late), ["6 run"]);
    let lax = "def check(v):\n    if v == 'a': return True\n    return len(v) > 3\ndef f():\n    x = web.query\n    if check(x): web.run(x)\n";
    assert_eq!(python(lax), ["7 run"]);
}

#[test]
fn a_beginning_tells_of_normalised_paths_only() {
    let test = |made: &str| {
        format!("ROOT = web.root()\ndef f():\n    p = {made}\n    if not p.startswith(ROOT): return\n    web.open(p)\n")
    };
    assert!(python(&test("web.normal(ROOT + web.query)")).is_empty());
    assert_eq!(python(&test("ROOT + web.query")), ["6 file"]);
    let chosen = "def f():\n    p = web.normal(web.query['p'])\n    if not p.startswith(web.query['r']): return\n    web.open(p)\n";
    assert_eq!(python(chosen), ["5 file"]);
}

#[test]
fn a_quoted_literal_needs_all_three_tests_where_it_is_used() {
    let whole = "def f():\n    x = web.query\n    if not x.startswith(\"'\") or not x.endswith(\"'\") or \"'\" in x[1:-1]: return\n    web.run(x)\n";
    assert!(python(whole).is_empty());
    let two = whole.replace("not x.startswith(\"'\") or ", "");
    assert_eq!(python(&two), ["5 run"]);
    let elsewhere = "def f(c):\n    x = web.query\n    if c and x.startswith(\"'\") and x.endswith(\"'\"): return\n    if \"'\" in x[1:-1]: return\n    web.run(x)\n";
    assert_eq!(python(elsewhere), ["6 run"]);
}

#[test]
fn what_stands_before_decides_where_a_request_goes() {
    assert!(python("def f():\n    web.send('https://own/' + web.query)\n").is_empty());
    assert_eq!(python("def f():\n    web.send('https://' + web.query)\n"), ["3 page"]);
    assert_eq!(python("def f():\n    x = web.query\n    if x.startswith('/'): web.send(x)\n"), ["4 page"]);
}

#[test]
fn a_pattern_counts_for_what_it_keeps_out() {
    let script = |test: &str| {
        let text = format!(
            "const web = require('web');\nfunction f() {{ const x = web.query.a; if (!{test}) return; web.open(x); }}\n"
        );
        flows(&[("a.js", text.as_str())])
    };
    assert!(script("/^[a-z]+$/.test(x)").is_empty());
    assert!(script("/^(?!.*[.][.])[a-z.]+$/.test(x)").is_empty(), "look-around, too");
    assert_eq!(script("/[a-z]+/.test(x)"), ["a.js:2 file"], "some part of it may match");
    assert_eq!(script("/^[a-z./]+$/.test(x)"), ["a.js:2 file"]);
}

#[test]
fn types_count_when_they_are_tested() {
    assert!(python("def f():\n    x = web.query\n    if isinstance(x, int): web.run(x)\n").is_empty());
    let annotated = "def g(x: int):\n    web.run(x)\ndef f():\n    g(web.query)\n";
    assert_eq!(python(annotated), ["3 run"]);
    let script =
        "const web = require('web');\nfunction f() { const x = web.query.a; if (typeof x === 'number') web.run(x); }\n";
    assert!(flows(&[("a.js", script)]).is_empty());
}

#[test]
fn a_fixed_path_is_no_input() {
    let route = |path: &str| {
        format!(
            "app = web.App()\n@app.route('{path}')\ndef f():\n    web.run(web.path)\ndef other():\n    web.open(web.path)\n"
        )
    };
    assert_eq!(python(&route("/a")), ["7 file"]);
    assert_eq!(python(&route("/a/<x>")), ["5 run", "7 file"]);
}

#[test]
fn a_part_of_what_a_check_gave_tells_of_what_was_checked() {
    let script = |test: &str| {
        let text =
            format!("const web = require('web');\nfunction f() {{ const x = web.query.a; {test} web.run(x); }}\n");
        flows(&[("a.js", &text)])
    };
    assert!(script("const made = web.check(x); if (made.error) return;").is_empty());
    assert!(script("const { error } = web.check(x); if (error) return;").is_empty());
    assert_eq!(script("const made = web.check(x); if (!made.error) return;"), ["a.js:2 run"]);
    assert_eq!(script("const made = web.check(x); if (made.value) return;"), ["a.js:2 run"]);
    assert_eq!(script("if (web.check('other').error) return;"), ["a.js:2 run"]);
}

#[test]
fn an_object_made_of_ones_own_settings_is_not_the_clients() {
    let script = |made: &str| {
        let text = format!("const web = require('web');\nfunction f() {{ web.run(new web.Address({made}).host); }}\n");
        flows(&[("a.js", &text)])
    };
    assert!(script("'https://own/'").is_empty());
    assert_eq!(script("unknown()"), ["a.js:2 run"]);
    assert_eq!(script("web.query.a"), ["a.js:2 run", "a.js:2 run"], "for what it is made of, and for what it is");
}

#[test]
fn what_is_added_to_a_list_in_a_field_is_read_from_it() {
    let script = |added: &str| {
        let class = "class Parts { constructor() { this.list = []; } add(x) { this.list.push(x); } all() { web.run(this.list.join(' ')); } }";
        let text = format!(
            "const web = require('web');\n{class}\nfunction f() {{ const p = new Parts(); p.add({added}); p.all(); }}\n"
        );
        flows(&[("a.js", &text)])
    };
    assert_eq!(script("web.query.a"), ["a.js:2 run"]);
    assert!(script("'a'").is_empty());
}
