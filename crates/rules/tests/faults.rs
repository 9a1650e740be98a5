//! Faulty rule files are refused, with file, line and a reason that helps.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{rule, web_models};
use lunette_rules::{RuleError, Rulebook};

fn faults(text: &str) -> Vec<RuleError> {
    Rulebook::load([("custom/py-x.md", text)], &mut web_models()).expect_err("the rule is refused")
}

/// Loads a rule with one piece of text replaced; the line and message of the first fault.
fn fault(from: &str, to: &str) -> (u32, String) {
    let text = rule("languages: [python]", "- call: lib.f");
    assert!(text.contains(from), "{from}");
    let first = faults(&text.replacen(from, to, 1)).remove(0);
    assert_eq!(first.file, "custom/py-x.md");
    (first.line, first.message)
}

fn find(matcher: &str) -> String {
    faults(&rule("languages: [python]", matcher)).remove(0).message
}

#[test]
fn metadata_is_checked() {
    for (from, to, expected) in [
        ("id: py-x", "id: Py_X", "kebab-case"),
        ("id: py-x", "id: py-y", "the file is named"),
        ("title: A rule", "title: ''", "title"),
        ("cwe: [1]", "cwe: []", "cwe"),
        ("topic: cryptography", "topic: nonsense", "nonsense"),
        ("effort: e", "effort: ''", "advice.effort"),
        ("events: []", "events: [made_up]", "made_up"),
        ("nature: hardening", "nature: bad", "bad"),
        ("confidence: firm\n", "", "confidence"),
        ("message: m\n", "", "message"),
        ("message: m", "message: 'a {nope}'", "nope"),
        ("## How to fix", "## Something", "How to fix"),
        ("What is wrong.", "", "explanation"),
    ] {
        let text = rule("languages: [python]", "- call: lib.f");
        assert!(text.contains(from), "{from}");
        let faults = faults(&text.replacen(from, to, 1));
        assert!(faults.iter().any(|fault| fault.message.contains(expected) && fault.line > 0), "{to}: {faults:?}");
    }
}

#[test]
fn unknown_keys_are_told_with_their_line() {
    let (line, message) = fault("topic: cryptography", "topic: cryptography\nsevrity: high");
    assert!(message.contains("sevrity") && line > 3, "{line}: {message}");
    let (line, message) = fault("- call: lib.f", "- call: lib.f\n    were: []");
    assert!(message.contains("were") && line > 10, "{line}: {message}");
}

#[test]
fn flows_name_kinds_that_there_are() {
    for (matcher, expected) in [
        ("- flow: nonsense", "there is no kind of harm `nonsense`"),
        ("- { call: lib.f, from: remote }", "`from` goes with `flow`"),
        ("- { flow: sql, call: lib.f }", "exactly one of"),
        ("- { flow: sql, from: [queri] }", "there is no kind of source `queri`"),
        ("- { flow: sql, from: [] }", "`from` names no source"),
        (
            "- { call: lib.f, where: [{ at: 'arg[0]', comes-from: { api: lib.g, uncalled: true } }] }",
            "`uncalled` goes with `parameter`",
        ),
    ] {
        let text = rule("languages: [python]", matcher);
        let mut models = common::flow_models();
        let faults = Rulebook::load([("custom/py-x.md", text.as_str())], &mut models).expect_err("the rule is refused");
        assert!(faults[0].message.contains(expected) && faults[0].line > 10, "{matcher}: {faults:?}");
    }
}

#[test]
fn matchers_are_checked() {
    for (matcher, expected) in [
        ("- { call: lib.f, read: lib.g }", "exactly one"),
        ("- where: []", "exactly one"),
        ("- call: 'a..b'", "name is missing"),
        ("- call: 'web:nothing.f'", "web:nothing"),
        ("- { call: lib.f, key: x }", "goes with `read`, `write` or `document`"),
        ("- { call: lib.f, missing: true }", "`missing` goes with"),
        ("- { call: lib.f, default: 1 }", "`default` goes with `document`"),
        ("- { call: lib.f, where: [{ key: a, is: 1 }] }", "conditions of a `document`"),
        ("- { document: x }", "needs a `key`"),
        ("- { document: x, key: a..b }", "no path of keys"),
        ("- { document: '(', key: a }", "("),
        ("- { document: x, key: a, missing: true, default: 1 }", "exclude each other"),
        ("- { document: x, key: a, where: [{ key: b }] }", "nothing is asked of `b`"),
        ("- { document: x, key: a, where: [{ at: value, is: 1 }] }", "`at` is about code"),
        ("- { document: x, key: a, where: [{ code: { folder: f, has: [] } }] }", "needs matchers under `has`"),
        (
            "- { absent: { when: { document: x, key: a }, none: [{ call: lib.f }], looked-for: x } }",
            "not parts of others",
        ),
        ("- { setting: nothing.X }", "nothing"),
        ("- { setting: web.X, missing: true }", "go together"),
        ("- { call: lib.f, where: [{ is: 1 }] }", "`at` is missing"),
        ("- { call: lib.f, where: [{ at: 'arg[0]' }] }", "nothing is asked"),
        ("- { call: lib.f, where: [{}] }", "empty"),
        ("- { call: lib.f, where: [{ at: 'arg[0', is: 1 }] }", "missing"),
        ("- { call: lib.f, where: [{ at: 'arg[0]', matches: '(' }] }", "("),
        ("- { call: lib.f, where: [{ at: 'arg[0]', is: 1, in-file: x }] }", "one condition asks one thing"),
        ("- { call: lib.f, where: [{ at: 'arg[0]', absent: false }] }", "left out"),
        ("- { assign: '[' }", "["),
        ("- absent: { when: { call: lib.f }, none: [], looked-for: x }", "none"),
        ("- { call: lib.f, where: [{ project: {} }] }", "asks nothing"),
    ] {
        let message = find(matcher);
        assert!(message.contains(expected), "{matcher}: {message}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let text = rule("languages: [python]", "- call: 'a..b'\n- call: 'c..d'").replace("cwe: [1]", "cwe: []");
    let lines: Vec<u32> = faults(&text).iter().map(|fault| fault.line).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.is_sorted() && lines[2] == lines[1] + 1, "{lines:?}");
}

#[test]
fn an_id_is_given_once() {
    let text = rule("languages: [python]", "- call: lib.f");
    let twice = [("a/py-x.md", text.as_str()), ("b/py-x.md", text.as_str())];
    let errors = Rulebook::load(twice, &mut web_models()).unwrap_err();
    assert!(errors[0].file == "b/py-x.md" && errors[0].message.contains("a/py-x.md"), "{errors:?}");
}

#[test]
fn hostile_files_are_refused_quickly() {
    let bomb = "---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
        d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n---\n";
    let deep = format!("---\nid: {}{}\n---\n", "[".repeat(20_000), "]".repeat(20_000));
    let nested = format!("{}call: lib.f{}", "not: {".repeat(5_000), "}".repeat(5_000));
    let nested = rule("languages: [python]", &format!("- {{ call: lib.f, where: [{{ {nested} }}] }}"));
    let huge = rule("languages: [python]", "- assign: '(a{1000}){1000}'");
    for text in ["", "---", "\u{feff}---\n---\n", "---\n\u{0}\n---\n", bomb, &deep, &nested, &huge] {
        assert!(!faults(text).is_empty());
    }
}
