//! Conditions on small rules and small programs: what each of them sees and what it does not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use lunette_rules::{Rulebook, RunContext, testing};

/// Lines and confidences of what one matcher, given as YAML, finds in a Python file.
fn check(matcher: &str, code: &str) -> Vec<String> {
    let indented = format!("    {}\n", matcher.replace('\n', "\n    "));
    let rule = format!(
        "---\nid: x\ntitle: X\nlanguages: [python]\ncwe: [1]\ntopic: cryptography\nnature: hardening\nconfidence: confirmed\n\
         since: 0.1.0\nrisk: {{}}\nfind:\n  -\n{indented}    message: found\nadvice: {{ action: a, control: c, layer: l, \
         effort: e, performance: p, developers: d, verify: v }}\nevents: []\n---\nText.\n\n## How to fix\nSo.\n"
    );
    let mut models = common::models();
    let book =
        Rulebook::load([("python/x.md", rule.as_str())], &mut models).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let files = [("app.py".to_owned(), code.to_owned())];
    let (findings, complaints) = testing::findings(&book, &models, &files, &RunContext::default());
    assert!(complaints.is_empty(), "{complaints:?}");
    findings.iter().map(|found| format!("{} {}", found.place.line, found.confidence.as_str())).collect()
}

#[test]
fn a_text_is_formatted_when_values_are_pasted_into_it() {
    let matcher = "call: lib.run\nwhere:\n  - { at: 'arg[0]', formatted: true }";
    let code = "import lib\nNAME = 'n'\ndef f(x, y=None, n=3):\n    lib.run(f'a {x}')\n    lib.run('a %s' % y)\n    \
        lib.run('a {}'.format(x.name))\n    text = 'a' + x\n    lib.run(text)\n    lib.run('constant')\n    lib.run(f'a {NAME}')\n    \
        lib.run(f'a {int(x)} {len(x)}')\n    lib.run(x)\n    lib.run(f'{\",\".join(\"?\" * len(x))}')\n";
    assert_eq!(check(matcher, code), ["4 confirmed", "5 confirmed", "6 confirmed", "8 confirmed"]);
}

#[test]
fn a_value_mentions_what_it_contains_and_calls_hide_what_they_are_given() {
    let matcher = "call: lib.log\nwhere:\n  - { at: 'arg[*]', mentions: '^(.*_)?password$' }";
    let code = "import lib\ndef f(form, password):\n    lib.log(password)\n    lib.log(f'x {password}')\n    \
        lib.log('x', form['password'])\n    lib.log(form.get('password').encode())\n    lib.log([1, password])\n    \
        lib.log('password')\n    lib.log(len(password))\n    lib.log(lib.mask(password))\n    lib.log(password == 'x')\n    \
        lib.log(password.strength)\n";
    let lines: Vec<String> = (3..8).map(|line| format!("{line} confirmed")).collect();
    assert_eq!(check(matcher, code), lines);
}

#[test]
fn comparisons_are_seen_from_both_sides_and_not_in_queries() {
    let matcher = "compare: true\nwhere:\n  - { mentions: '^token$' }\n  - { at: other, not-constant: true }";
    let code = "import lib\ndef f(token, given):\n    if token == given:\n        return 1\n    if given() != token and given:\n        \
        return 2\n    if token == 'constant' or token is None:\n        return 3\n    return lib.query(lib.token == token)\n";
    assert_eq!(check(matcher, code), ["3 confirmed", "5 confirmed"]);
}

#[test]
fn broad_handlers_are_told_from_others() {
    let matcher = "return: true\nwhere:\n  - { comes-from: { caught: true, broad: true } }";
    let code = "def f(g):\n    try:\n        g()\n    except ValueError as e:\n        return str(e)\n    except Exception as e:\n        \
        return str(e)\n    return 1\n";
    assert_eq!(check(matcher, code), ["7 confirmed"]);
    let matcher = "catch: { empty: true, broad: true }";
    let code = "def f(g):\n    try:\n        g()\n    except (KeyError, Exception):\n        pass\n    try:\n        g()\n    \
        except KeyError:\n        pass\n    try:\n        g()\n    except Exception:\n        raise\n    try:\n        g()\n    \
        except:\n        pass\n";
    assert_eq!(check(matcher, code), ["4 confirmed", "16 confirmed"]);
}

#[test]
fn a_switch_that_may_be_on_or_off_tells_nothing() {
    let matcher = "call: lib.run\nwhere:\n  - { at: 'arg[debug]', truthy: true }";
    let code = "import lib, os\ndef flag(text):\n    return text == '1'\ndef pick(x):\n    if x:\n        return True\n    return False\n\
        def f(debug=True):\n    lib.run(debug=True)\n    lib.run(debug=flag(os.environ['D']))\n    lib.run(debug=pick(os.environ['D']))\n    \
        lib.run(debug=debug)\n    lib.run(debug=pick)\n";
    assert_eq!(check(matcher, code), ["9 confirmed", "12 firm", "13 confirmed"]);
}

#[test]
fn what_cannot_be_told_excuses_unless_it_must_be_known() {
    let code = "import lib\ndef f(x):\n    lib.run('a', x)\n    lib.run('a', 'ok')\n    lib.run('a')\n";
    let excused = "call: lib.run\nunless:\n  - { at: 'arg[1]', is: ok }";
    assert_eq!(check(excused, code), ["5 confirmed"]);
    let known = "call: lib.run\nunless:\n  - { at: 'arg[1]', is: ok, if-known: true }";
    assert_eq!(check(known, code), ["3 confirmed", "5 confirmed"]);
}

#[test]
fn a_secret_is_shown_where_it_is_written_and_never_in_the_text() {
    let matcher = "call: lib.sign\nwhere:\n  - { at: 'arg[0]', constant: string }\nsecret: key\npoint-at: 'arg[0]'";
    let code = "import lib\nKEY = 'hunter2-hunter2'\ndef f():\n    lib.sign(KEY)\n    lib.sign(KEY)\n    lib.sign('other-secret-1')\n";
    assert_eq!(check(matcher, code), ["2 confirmed", "6 confirmed"]);
}

/// Lines of what one matcher finds in a JavaScript file of an Express application.
fn check_javascript(matcher: &str, code: &str) -> Vec<u32> {
    let text = common::rule("languages: [javascript]", &format!("- {}", matcher.replace('\n', "\n  ")));
    let mut models = common::models();
    let book =
        Rulebook::load([("test/py-x.md", text.as_str())], &mut models).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let code = format!("const lib = require('lib'); const app = require('express')();\n{code}");
    let files = [("app.js".to_owned(), code)];
    let (findings, complaints) = testing::findings(&book, &models, &files, &RunContext::default());
    assert!(complaints.is_empty(), "{complaints:?}");
    findings.iter().map(|found| found.place.line).collect()
}

#[test]
fn what_comes_directly_is_changed_by_no_call() {
    let matcher = "call: lib.run\nwhere:\n  - { at: 'arg[0]', comes-from: { api: 'express:query', direct: true } }";
    let code = "app.get('/', (req, res) => {\nlib.run(req.query.a);\nconst { b } = req.query; lib.run('x' + b);\n\
        lib.run(`${req.query.c || 'd'}`);\nlib.run(Number(req.query.a));\nlib.run(escape(b));\nlib.run(b.length);\n\
        lib.run(b.trim());\nlib.run(() => b);\nlib.later(() => lib.run(b));\nlib.run(b === 'x');\n});\n";
    assert_eq!(check_javascript(matcher, code), [3, 4, 5, 9, 11]);
}

#[test]
fn what_decides_a_branch_is_checked() {
    let matcher = "call: lib.run\nwhere:\n  - { at: 'arg[0]', comes-from: { api: 'express:query', direct: true, unchecked: true } }";
    let find = |before: &str| {
        let code = format!(
            "app.get('/', (req, res) => {{ const {{ a = '' }} = req.query; {before}\nlib.run(a);\nlib.run(req.query.a); }});\n"
        );
        check_javascript(matcher, &code)
    };
    assert_eq!(find(""), [3, 4]);
    assert_eq!(find("if (!a) return;"), [3, 4], "to be there is no test");
    assert_eq!(find("if (a === undefined || a.length > 9) return;"), [3, 4]);
    assert_eq!(find("if (!a.startsWith('/')) return;"), [4]);
    assert_eq!(find("if (ALLOWED.includes(req.query.a)) return;"), [3], "another read of the same");
    assert_eq!(find("const ok = /^x/.test(a); if (!ok) return;"), [4]);
    assert_eq!(find("if (typeof a !== 'string') return;"), [4]);
    assert_eq!(find("log(a);"), [3, 4], "a call that decides nothing");
    let parameter =
        "call: lib.run\nwhere:\n  - { at: 'arg[0]', comes-from: { parameter: '.', direct: true, unchecked: true } }";
    let code =
        "function f(a) { if (!lib.ok(a)) throw 1;\nlib.run('x' + a); }\nfunction g(a) { lib.ok(a);\nlib.run(a); }\n";
    assert_eq!(check_javascript(parameter, code), [5], "a parameter");
    let own = "app.get('/', (req, res) => { if (lib.run(req.query.a)) res.end(); });\n";
    assert_eq!(check_javascript(matcher, own), [2], "the call itself is no test");
}

#[test]
fn what_stands_at_the_beginning_in_objects_and_behind_calls() {
    let matcher = |more: &str| {
        format!(
            "call: lib.run\nwhere:\n  - {{ at: 'arg[0]', comes-from: {{ api: 'express:query', direct: true{more} }} }}"
        )
    };
    let code = "app.get('/', (req, res) => {\nconst u = req.query.u;\nlib.run('/a/' + u);\nlib.run(`https://${u}/x`);\nlib.run(u + '/x');\n\
        lib.run('https://host/' + u);\nlib.run({ u });\nlib.run(lib.join('x', u));\nlib.run(u);\n});\n";
    assert_eq!(check_javascript(&matcher(""), code), [4, 5, 6, 7, 10]);
    assert_eq!(check_javascript(&matcher(", leading: true"), code), [5, 6, 10]);
    assert_eq!(check_javascript(&matcher(", entries: true"), code), [4, 5, 6, 7, 8, 10]);
    assert_eq!(check_javascript(&matcher(", through: lib.join"), code), [4, 5, 6, 7, 9, 10]);
}

#[test]
fn members_are_read_by_name() {
    let matcher = "read: globalThis.process.env\nkey: 'PUBLIC_.*SECRET.*'";
    let code = "lib.f(process.env.PUBLIC_SECRET);\nlib.f(process.env.PUBLIC_URL);\nconst { PUBLIC_MY_SECRET: s } = process.env;\n\
        lib.f(env.PUBLIC_SECRET);\nlib.f(process.env['PUBLIC_SECRET']);\n";
    assert_eq!(check_javascript(matcher, code), [2, 4, 6]);
}

#[test]
fn versions_that_are_not_known_make_less_sure() {
    let text = common::rule(
        "languages: [javascript]",
        "- call: lib.f\n  where: [{ version: { package: express, below: 5 } }]",
    );
    let mut models = common::models();
    let book =
        Rulebook::load([("test/py-x.md", text.as_str())], &mut models).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let files = [("app.js".to_owned(), "require('lib').f();\n".to_owned())];
    let run = |versions: &[(&str, u32)]| {
        let versions = versions.iter().map(|(name, major)| ((*name).to_owned(), *major)).collect();
        let (found, _) = testing::findings(&book, &models, &files, &RunContext { versions, ..RunContext::default() });
        found.iter().map(|found| found.confidence.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(run(&[("express", 4)]), ["firm"]);
    assert_eq!(run(&[("express", 5)]), [""; 0]);
    assert_eq!(run(&[]), ["tentative"]);
}

#[test]
fn functions_that_wait_without_taking_failures() {
    let matcher = "function: { awaits: true, catches: false }";
    let code = "async function a() { await lib.f(); }\nasync function b() { await lib.f().catch(() => 1); }\nasync function c() { return 1; }\n\
        async function d() { try { await lib.f(); } catch { } }\nasync function e(p) { await p; }\n";
    assert_eq!(check_javascript(matcher, code), [2, 6]);
}

#[test]
fn guards_of_a_route_are_known_by_name() {
    let matcher = |more: &str| format!("call: lib.run\nwhere:\n  - {{ route: {{ {more} }} }}");
    let code = "const check = (req, res, next) => next();\napp.post('/a', check, (req, res) => {\nlib.run(1); });\n\
        app.post('/b', (req, res) => {\nlib.run(1); });\n";
    assert_eq!(check_javascript(&matcher("guard-named: ^check$"), code), [4]);
    assert_eq!(check_javascript(&matcher("no-guard-named: ^check$"), code), [6]);
}

#[test]
fn surely_is_for_all_that_a_value_may_be() {
    let matcher = |more: &str| format!("call: lib.run\nwhere:\n  - {{ at: 'arg[0]', less-than: 10{more} }}");
    let code = "const n = test ? 1 : 12;\nlib.run(n);\nlib.run(5);\nlib.run(test ? 1 : 2);\n";
    assert_eq!(check_javascript(&matcher(""), code), [3, 4, 5]);
    assert_eq!(check_javascript(&matcher(", surely: true"), code), [4, 5]);
}
