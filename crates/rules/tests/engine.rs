//! The matchers and conditions one by one, with models and rules made for the purpose.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Engine, place};
use lunette_core::finding::{Confidence, Evidence};
use lunette_core::risk::Exposure;

const PYTHON: &str = "languages: [python]";
const JAVASCRIPT: &str = "languages: [javascript]";

/// The lines on which a rule with these matchers finds something in one file.
fn lines(language: &str, find: &str, code: &str) -> Vec<u32> {
    let path = if language == PYTHON { "app.py" } else { "app.js" };
    Engine::new(language, find).findings(&[(path, code)]).iter().map(|finding| finding.place.line).collect()
}

#[test]
fn calls_are_found_through_aliases_and_modules() {
    let engine = Engine::new(PYTHON, "- call: lib.danger");
    let found = engine.findings(&[
        ("a.py", "from lib import danger as d\nimport b\nd(1)\nb.also(2)\n"),
        ("b.py", "import lib\nalso = lib.danger\ndef danger(): pass\ndanger()\n"),
    ]);
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), ["a.py:3", "a.py:4"]);
}

#[test]
fn values_have_three_answers() {
    let code = "from lib import f\nf(on=True)\nf(on=False)\nf()\ndef g(x, **more):\n    f(on=x)\n    f(**more)\n    f(on='a' if x else False)\n";
    let find = |tests: &str| lines(PYTHON, &format!("- call: lib.f\n  where: [{{ at: 'arg[on]', {tests} }}]"), code);
    assert_eq!(find("is: false"), [3, 8]);
    assert_eq!(find("is: false, or-absent: true"), [3, 4, 8]);
    assert_eq!(find("is: false, or-unknown: true"), [3, 6, 7, 8]);
    assert_eq!(find("absent: true"), [4]);
    assert_eq!(find("present: true"), [2, 3, 6, 8]);
    assert_eq!(find("not-constant: true"), [6]);
    let unless = |tests: &str| lines(PYTHON, &format!("- call: lib.f\n  unless: [{{ at: 'arg[on]', {tests} }}]"), code);
    assert_eq!(unless("is: true"), [3, 4, 8], "what cannot be told gives no finding");
    assert_eq!(unless("is: true, or-unknown: true"), [3, 4, 6, 7, 8]);
    assert_eq!(unless("is: true, if-known: true"), [3, 4, 6, 7, 8]);
    let switch = "from lib import f\ndef g(x):\n    f(on=True if x else False)\n";
    let found = lines(PYTHON, "- { call: lib.f, where: [{ at: 'arg[on]', is: false }] }", switch);
    assert_eq!(found, [0; 0], "a switch that may be on or off is set by something else");
}

#[test]
fn a_match_on_some_of_the_possibilities_is_less_sure() {
    let engine = Engine::new(PYTHON, "- call: lib.f\n  where: [{ at: 'arg[0]', is: bad }]");
    let found = engine.findings(&[("a.py", "from lib import f\nf('bad')\nf('bad' if x else 'good')\nf('good')\n")]);
    let sure: Vec<_> = found.iter().map(|finding| (finding.place.line, finding.confidence)).collect();
    assert_eq!(sure, [(2, Confidence::Firm), (3, Confidence::Tentative)]);
}

#[test]
fn tests_of_constants() {
    let code = "import { f } from \"lib\";\nf(\"Md5\");\nf(10);\nf(\"\");\nf(null);\nf({});\nf(/a+/);\n";
    let find = |tests: &str| lines(JAVASCRIPT, &format!("- call: lib.f\n  where: [{{ at: 'arg[0]', {tests} }}]"), code);
    assert_eq!(find("in: [md5, sha1], ignore-case: true"), [2]);
    assert_eq!(find("not-in: [10]"), [2, 4, 5, 6, 7]);
    assert_eq!(find("matches: '^m', ignore-case: true"), [2]);
    assert_eq!(find("not-matches: '^M'"), [4, 7]);
    assert_eq!(find("less-than: 11"), [3]);
    assert_eq!(find("greater-than: 10"), [0; 0]);
    assert_eq!(find("constant: string, shorter-than: 3"), [4]);
    assert_eq!(find("falsy: true"), [4, 5]);
    assert_eq!(find("truthy: true"), [2, 3, 6, 7]);
    assert_eq!(find("is-null: true"), [5]);
    assert_eq!(find("constant: regex"), [7]);
}

#[test]
fn paths_lead_into_literal_mappings_and_lists() {
    let code = "const lib = require(\"lib\");\nconst base = { cookie: { secure: false } };\nlib.f(base);\nlib.f({ ...base, cookie: { secure: true } });\n\
        lib.f({ list: [\"a\", \"none\"] });\nbase.other = 1;\n";
    assert_eq!(lines(JAVASCRIPT, "- call: lib.f\n  where: [{ at: 'arg[0].cookie.secure', is: false }]", code), [3]);
    assert_eq!(lines(JAVASCRIPT, "- call: lib.f\n  where: [{ at: 'arg[0].list[]', is: none }]", code), [5]);
}

#[test]
fn reads_writes_and_imports() {
    let code = "import lib\nimport lib.part\nfrom other import x\nlib.Config().level = 3\nc = lib.Config()\nc['debug'] = True\nprint(lib.VERSION)\n";
    assert_eq!(lines(PYTHON, "- { write: 'lib.Config()', key: debug }", code), [6]);
    assert_eq!(lines(PYTHON, "- { write: 'lib.Config()', key: deb|level, where: [{ is: 3 }] }", code), [4]);
    assert_eq!(lines(PYTHON, "- read: lib.VERSION", code), [7]);
    assert_eq!(lines(PYTHON, "- import: lib.part", code), [2]);
    assert_eq!(lines(PYTHON, "- { import: other, named: [x] }", code), [3]);
    assert_eq!(lines(PYTHON, "- { import: other, named: [y] }", code), [0; 0]);
}

#[test]
fn settings_are_found_however_they_are_written() {
    let engine = Engine::new(PYTHON, "- { setting: web.DEBUG, where: [{ truthy: true }] }");
    let found = engine.findings(&[
        ("a.py", "import web\nfrom conf import Dev\napp = web.App()\napp.config['DEBUG'] = True\napp.config.update(DEBUG=True)\n\
            app.config.update({'DEBUG': 1})\napp.config.from_object(Dev)\napp.config.from_object('names.Prod')\napp.config['DEBUG'] = False\n"),
        ("conf.py", "class Base:\n    DEBUG = True\nclass Dev(Base):\n    TESTING = True\n"),
        ("names.py", "class Prod:\n    DEBUG = 'yes'\nclass Unused:\n    DEBUG = True\n"),
    ]);
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), ["a.py:4", "a.py:5", "a.py:6", "conf.py:2", "names.py:2"]);
}

#[test]
fn a_setting_may_be_missing() {
    let engine = Engine::new(PYTHON, "- { setting: web.DEBUG, missing: true, when: web.App }");
    let app = "import web\napp = web.App()\n";
    let found = engine.findings(&[("a.py", app)]);
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), ["a.py:2"]);
    assert_eq!(found[0].confidence, Confidence::Firm);
    assert!(matches!(&found[0].evidence, Evidence::Absence { looked_for, .. } if looked_for == "web.DEBUG"));
    assert!(engine.findings(&[("a.py", app), ("b.py", "from a import app\napp.config['DEBUG'] = 0\n")]).is_empty());
    let open = engine.findings(&[("a.py", &format!("{app}app.config.from_object(load())\n"))]);
    assert_eq!(open[0].confidence, Confidence::Tentative, "the settings also come from somewhere unknown");
}

#[test]
fn an_absence_is_told_once_for_each_object() {
    let find = "- absent: { when: { call: web.App }, none: [{ call: 'web:app.use', where: [{ at: 'arg[0]', api: 'guard()' }] }], scope: SCOPE, looked-for: the guard }";
    let code = "import web, guard\na = web.App()\nb = web.App()\na.use(guard())\n";
    assert_eq!(lines(PYTHON, &find.replace("SCOPE", "object"), code), [3]);
    assert_eq!(lines(PYTHON, &find.replace("SCOPE", "project"), code), [0; 0]);
    let other = [("a.py", "import web\na = web.App()\n"), ("b.py", "import web, guard\nweb.App().use(guard())\n")];
    assert_eq!(Engine::new(PYTHON, &find.replace("SCOPE", "file")).findings(&other).len(), 1);
    assert!(Engine::new(PYTHON, &find.replace("SCOPE", "project")).findings(&other).is_empty());
}

#[test]
fn assignments_by_kind() {
    let code = "import os\nAPI_KEY = 'one'\nclass C:\n    api_key = 'two'\nc = C()\nc.api_key = 'three'\nd = {'api_key': 'four'}\n\
        d['api_key'] = 'five'\nf(api_key='six')\ndef g(api_key='seven'): pass\nAPI_KEY = os.environ['K']\nother = API_KEY\n";
    let find = |more: &str| {
        lines(PYTHON, &format!("- {{ assign: '(?i)^api_key$', where: [{{ literal: true }}]{more} }}"), code)
    };
    assert_eq!(find(""), [2, 4, 6, 7, 8, 9]);
    assert_eq!(find(", kinds: [variable, default]"), [2, 10]);
    assert_eq!(find(", kinds: [argument]"), [9]);
}

#[test]
fn functions_returns_comparisons_and_handlers() {
    let code = "import lib\nasync def fetch(a, b):\n    try:\n        lib.f()\n    except Exception:\n        pass\n    return lib.f()\n\
        def check(token):\n    try:\n        return token == secret\n    except ValueError as e:\n        return str(e)\n";
    assert_eq!(lines(PYTHON, "- function: { async: true, parameters: 2, calls: lib.f }", code), [2]);
    assert_eq!(lines(PYTHON, "- function: { lacks-calls: lib.f, name: '^c' }", code), [8]);
    assert_eq!(lines(PYTHON, "- catch: { empty: true, broad: true, body-calls: lib.f }", code), [5]);
    assert_eq!(lines(PYTHON, "- catch: { empty: false }", code), [11]);
    assert_eq!(lines(PYTHON, "- { return: true, where: [{ api: 'lib.f()' }] }", code), [7]);
    assert_eq!(lines(PYTHON, "- { return: true, where: [{ comes-from: { caught: true } }] }", code), [12]);
    assert_eq!(
        lines(PYTHON, "- { compare: true, where: [{ named: token }, { at: other, named: secret }] }", code),
        [10]
    );
}

#[test]
fn where_a_place_lies() {
    let code = "import lib\nlib.f()\nclass Test:\n    def run(self):\n        lib.f()\nasync def g():\n    try:\n        lib.f()\n    except E:\n        lib.f()\n";
    let find = |condition: &str| lines(PYTHON, &format!("- {{ call: lib.f, where: [{condition}] }}"), code);
    assert_eq!(find("{ inside: module }"), [2]);
    assert_eq!(find("{ inside: class, name: '^Test' }"), [5]);
    assert_eq!(find("{ inside: function, name: g }"), [8, 10]);
    assert_eq!(find("{ inside: async }"), [8, 10]);
    assert_eq!(find("{ inside: try }"), [8]);
    assert_eq!(find("{ inside: catch }"), [10]);
    assert_eq!(find("{ in-file: 'app' }"), [2, 5, 8, 10]);
    assert_eq!(find("{ any: [{ inside: try }, { not: { inside: function } }] }"), [2, 8]);
    assert_eq!(find("{ all: [{ inside: async }, { inside: catch }] }"), [10]);
}

#[test]
fn what_becomes_of_a_result() {
    let code = "const { f } = require(\"lib\");\nasync function g() {\n  f();\n  await f();\n  f().then(x);\n  f().then(x).catch(y);\n  f().then(x, y);\n  return f();\n}\n";
    let find = |result: &str| lines(JAVASCRIPT, &format!("- {{ call: lib.f, where: [{{ result: {result} }}] }}"), code);
    assert_eq!(find("unused"), [3]);
    assert_eq!(find("awaited"), [4]);
    assert_eq!(find("dropped"), [3, 5]);
}

#[test]
fn a_project_may_have_something() {
    let find = "- { call: lib.f, unless: [{ project: { imports: [safe], has: [{ call: lib.g, where: [{ at: 'arg[0]', is: 1 }] }] } }] }";
    assert_eq!(lines(PYTHON, find, "import lib\nlib.f()\n"), [2]);
    assert_eq!(lines(PYTHON, find, "import lib, safe.part\nlib.f()\n"), [0; 0]);
    assert_eq!(lines(PYTHON, find, "import lib\nlib.f()\nlib.g(1)\n"), [0; 0]);
    assert_eq!(lines(PYTHON, find, "import lib\nlib.f()\nlib.g(2)\n"), [2]);
}

#[test]
fn a_flow_goes_through_conversions_joins_and_functions() {
    let find = "- { call: lib.rand, where: [{ flows-into: '(?i)token|cookie' }] }";
    for code in [
        "import lib\nx = lib.rand()\ntoken = x\n",
        "import lib\nx = lib.rand()\ns['a_cookie'] = str(x)[2:]\n",
        "import lib\nx = lib.rand()\nname = 'c'\ncookie_name = name\nstore[cookie_name] = x\n",
        "import lib\nx = lib.rand()\nset_cookie(x)\n",
        "import lib\nx = lib.rand()\nstore.set('token', x)\n",
        "import lib\nx = lib.rand()\nf(token=f'{x}')\n",
        "import lib\nx = lib.rand()\nd = {'token': [x]}\n",
        "import lib\nx = lib.rand()\nxs = []\nxs.append(x)\ntoken = ''.join(xs)\n",
        "import lib\nx = lib.rand()\ndef f(token): pass\nf(x)\n",
        "import lib\n(lambda: 0)(lib.rand())\ndef make_token():\n    return lib.rand()\n",
        "import lib\ndef make():\n    return lib.rand()\ntoken = make()\n",
        "import lib\ndef put(value):\n    s['token'] = value\nput(lib.rand())\n",
        "import lib\nx = lib.rand()\ndef f():\n    s['token'] = x\n",
    ] {
        assert_eq!(lines(PYTHON, find, code).len(), 1, "{code}");
    }
    for code in [
        "import lib\nx = lib.rand()\nprint(x)\n",
        "import lib\nif lib.rand() < 3:\n    token = 1\n",
        "import lib\ntoken = lib.rand() > 3\n",
        "import lib\ntoken = 3\nx = lib.rand()\n",
    ] {
        assert_eq!(lines(PYTHON, find, code), [0; 0], "{code}");
    }
}

#[test]
fn a_flow_is_told_step_by_step() {
    let engine = Engine::new(PYTHON, "- { call: lib.rand, message: 'goes to {sink}', where: [{ flows-into: token }] }");
    let found = engine.findings(&[(
        "a.py",
        "import lib\ndef make():\n    value = lib.rand()\n    return str(value)\ns['token'] = make()\n",
    )]);
    let Evidence::Trace { steps } = &found[0].evidence else { panic!("{:?}", found[0].evidence) };
    let told: Vec<_> = steps.iter().map(|step| (step.place.line, step.note.as_str())).collect();
    let expected = [
        (3, "the value is made here"),
        (3, "assigned to `value`"),
        (4, "passed through a call"),
        (5, "returned by `make`"),
        (5, "becomes `token`"),
    ];
    assert_eq!(told, expected);
    assert_eq!(found[0].message, "goes to token");
}

#[test]
fn routes_and_the_exposure_of_places() {
    let code = "import web, lib\napp = web.App()\nlib.f('top')\ndef helper():\n    lib.f('helped')\n\n@app.route('/open')\ndef opened():\n    helper()\n\n\
        @app.route('/closed', methods=['POST'])\n@web.login\ndef closed():\n    lib.f('closed')\n\ndef script():\n    lib.f('script')\n";
    let found = Engine::new(PYTHON, "- call: lib.f").findings(&[("a.py", code)]);
    let exposures: Vec<_> =
        found.iter().map(|f| (f.place.line, f.risk.likelihood_factors.exposure, f.route.as_deref())).collect();
    let expected = [
        (3, Exposure::Unauthenticated, None),
        (5, Exposure::Unauthenticated, Some("GET /open")),
        (14, Exposure::Authenticated, Some("POST /closed")),
        (17, Exposure::InternalOnly, None),
    ];
    assert_eq!(exposures, expected);
    assert!(found[1].risk.because.iter().any(|line| line.contains("a.py:7")), "{:?}", found[1].risk.because);
    let at = |find: &str| lines(PYTHON, find, code);
    assert_eq!(at("- route: { lacks: [authenticated] }"), [7]);
    assert_eq!(at("- route: { has: [authenticated], methods: [post] }"), [11]);
    assert_eq!(at("- route: { path: '^/o', handler: { calls: lib.f } }"), [0; 0]);
    assert_eq!(at("- { call: lib.f, where: [{ inside: handler }] }"), [5, 14]);
    assert_eq!(at("- { call: lib.f, where: [{ route: { methods: [POST] } }] }"), [14]);
}

#[test]
fn secrets_are_redacted_everywhere() {
    let engine = Engine::new(
        PYTHON,
        "- { assign: KEY, secret: a key, message: '{name} is {value}', where: [{ constant: string }] }",
    );
    for (code, secret) in [
        ("KEY = 'correct horse'\n", "correct horse"),
        ("KEY = 'abc'\n", "abc"),
        ("KEY = 'a\\'bcdefgh'\n", "bcdefgh"),
        ("KEY = 'first' + 'second'\n", "second"),
    ] {
        let found = engine.findings(&[("a.py", code)]);
        assert_eq!(found.len(), 1, "{code}");
        let text = format!("{:?}", found[0]);
        assert!(matches!(found[0].evidence, Evidence::Secret { .. }) && !text.contains(secret), "{text}");
    }
}

#[test]
fn identity_does_not_depend_on_lines_or_spacing() {
    let engine = Engine::new(PYTHON, "- call: lib.f");
    let print = |code: &str| engine.findings(&[("a.py", code)])[0].fingerprint.clone();
    let one = print("import lib\ndef g():\n    lib.f(1, 2)\n");
    assert_eq!(one, print("import lib\n\n\ndef g():\n    x = 1\n    lib.f(1,\n        2)\n"));
    assert_ne!(one, print("import lib\ndef h():\n    lib.f(1, 2)\n"));
    assert_ne!(one, print("import lib\ndef g():\n    lib.f(1, 3)\n"));
}

#[test]
fn one_place_is_one_finding_and_the_surest() {
    let engine = Engine::new(
        PYTHON,
        "- { call: lib.f, confidence: tentative, message: a }\n- { call: lib.f, confidence: confirmed, message: b }",
    );
    let found = engine.findings(&[("a.py", "import lib\nlib.f()\n")]);
    assert_eq!(
        found.iter().map(|f| (f.message.as_str(), f.confidence)).collect::<Vec<_>>(),
        [("b", Confidence::Confirmed)]
    );
}

#[test]
fn test_code_counts_only_when_asked_for() {
    let files = [("tests/a.py", "import lib\nlib.f()\n")];
    assert!(Engine::new(PYTHON, "- call: lib.f").findings(&files).is_empty());
    assert_eq!(Engine::new("languages: [python]\ntests: include", "- call: lib.f").findings(&files).len(), 1);
}

#[test]
fn what_was_looked_at_is_counted() {
    let engine = Engine::new(PYTHON, "- { call: lib.f, where: [{ at: 'arg[0]', is: 1 }] }");
    let checked = |code: &str| engine.run(&[("a.py", code)]).checked[0].clone();
    let looked = checked("import lib\nlib.f(1)\nlib.f(2)\n");
    assert!(looked.applicable && looked.sites == 2, "{looked:?}");
    let looked = checked("import other\nother.f(1)\n");
    assert!(!looked.applicable && looked.sites == 0, "{looked:?}");
}

#[test]
fn two_runs_give_the_same() {
    let engine = Engine::new(JAVASCRIPT, "- { call: lib.f, where: [{ flows-into: token }] }\n- read: lib.g");
    let code = "const lib = require(\"lib\");\nlet token = lib.f();\nlib.g.h = [lib.f(), lib.g];\nexports.token = () => lib.f();\n";
    let files = [("b.js", code), ("a.js", code)];
    assert_eq!(engine.findings(&files), engine.findings(&files));
}

#[test]
fn what_a_function_is_given_to_counts_for_it() {
    let find = "- absent:\n    when: { call: lib.f }\n    none: [{ call: lib.around }]\n    scope: function\n    looked-for: around";
    let code = "const lib = require(\"lib\");\nfunction a() { lib.around(() => {\nlib.f(); }); }\nfunction b() {\nlib.f(); }\n\
        function c() {\nlib.f(); lib.around(); }\n";
    assert_eq!(lines(JAVASCRIPT, find, code), [5]);
}

#[test]
fn what_is_done_to_several_objects_counts_for_each() {
    let find = "- absent:\n    when: { call: lib.make }\n    none: [{ call: 'lib.make().guard' }]\n    scope: object\n    looked-for: guard";
    let code = "const lib = require(\"lib\");\nconst a = lib.make();\nconst b = lib.make();\nconst c = lib.make();\n\
        function set(x) { x.guard(); }\nset(a);\nset(b);\n";
    assert_eq!(lines(JAVASCRIPT, find, code), [4]);
}
