//! Code made to be expensive. None of it is timed: what would cost exponential or quadratic time does not end in any
//! time that a person waits for at these sizes.

use std::fmt::Write as _;

use super::{flows, found, python};

#[test]
fn conditions_that_lead_round_in_circles_end() {
    let text = "def f(xs):\n    for x in xs:\n        if not m: continue\n        m = g(x)\n        want = 1 if m else 2\n    web.run(web.query)\n";
    assert_eq!(python(text), ["7 run"]);
    let mut nested = String::from("def f(a):\n    x = web.query\n    c0 = a\n");
    for at in 1..400 {
        let _ = write!(nested, "    c{at} = c{0} and c{0} or x == c{0}\n    if c{at}: x = x + 'a'\n", at - 1);
    }
    assert_eq!(python(&(nested + "    web.run(x)\n")), ["803 run"]);
}

#[test]
fn classes_with_many_ways_to_a_base_end() {
    let mut text = String::from("class C0: pass\nclass D0: pass\n");
    for at in 1..40 {
        let _ = write!(text, "class C{at}(C{0}, D{0}): pass\nclass D{at}(D{0}, C{0}): pass\n", at - 1);
    }
    text.push_str("def f():\n    C39(web.query).missing\n    web.run(C39.missing(web.query))\n");
    assert_eq!(python(&text).len(), 1);
}

#[test]
fn long_bodies_cost_what_their_length_costs() {
    let mut tests = String::from("def f():\n    x = web.query\n");
    let mut checks = String::from("def check(v):\n    if v not in ('a', 'b'): raise ValueError\ndef f():\n");
    for at in 0..20_000 {
        tests.push_str("    if '..' in x: return\n");
        let _ = write!(checks, "    z{at} = web.query['k{at}']\n    check(z{at})\n    web.run(z{at})\n");
    }
    assert!(python(&(tests + "    web.open(x)\n")).is_empty());
    assert!(python(&checks).is_empty());
}

#[test]
fn long_ways_keep_their_two_ends() {
    let mut text = String::from("def f():\n    g0(web.query)\n");
    for at in 0..300 {
        let _ = write!(text, "def g{at}(v):\n    w = v + 'a'\n    x = w\n    g{}(x)\n", at + 1);
    }
    assert_eq!(python(&(text + "def g300(v):\n    web.run(v)\n")), ["1205 run"]);
    let mut long = String::from("def f():\n    x = web.query\n");
    for _ in 0..500 {
        long.push_str("    x = x + 'a'\n");
    }
    assert_eq!(python(&(long + "    web.run(x)\n")), ["504 run"]);
}

#[test]
fn functions_that_hold_each_other_end() {
    let text = "const web = require('web');\nconst o = {};\no.a = () => o.b(o.a); o.b = (f) => { f(); o.a = o.b; web.run(web.query.x); return o; };\nmodule.exports = o;\n";
    assert_eq!(flows(&[("a.js", text)]), ["a.js:3 run"]);
    let mut circle = String::from("def f():\n    return g0(web.query)\n");
    for at in 0..800 {
        let _ = write!(
            circle,
            "def g{at}(v):\n    if v: return g{}(v)\n    web.run(v)\n    return g{}(v) + v\n",
            (at * 7 + 1) % 800,
            (at + 1) % 800
        );
    }
    assert_eq!(python(&circle).len(), 800);
}

/// What points at each other in circles has any number of deep paths: few of them are followed, and it is said. Paths that
/// are not as deep are all followed.
#[test]
fn few_of_many_deep_paths_are_followed() {
    let program = |put: &str, read: &str| {
        let mut text = String::from("const web = require('web');\nconst state = {};\n");
        for at in 0..200 {
            let value = put.replace('@', &format!("k{at}: web.query"));
            let _ = writeln!(text, "exports.p{at} = () => {{ state.a = {value}; }};");
            let _ = writeln!(text, "exports.g{at} = () => web.run(state.{read}.k{at});");
        }
        found(&[("a.js", &text)])
    };
    let (flows, cut) = program("{ @ }", "a");
    assert_eq!((flows.len(), cut), (200, 0));
    let (flows, cut) = program("{ b: { @ } }", "a.b");
    assert!((32..200).contains(&flows.len()) && cut > 0, "{} {cut}", flows.len());
}
