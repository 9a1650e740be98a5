//! The `flow` matcher: which flows it takes, and how a finding tells them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{flow_models, place, rule};
use lunette_core::Finding;
use lunette_core::finding::{Confidence, Evidence, Mode, Why};
use lunette_core::risk::Exposure;
use lunette_flow::taint::Options;
use lunette_rules::{Rulebook, RunContext, testing};

fn run(find: &str, files: &[(&str, &str)], library: Option<bool>) -> Vec<Finding> {
    let mut models = flow_models();
    let text = rule("languages: [python, javascript]", find);
    let book = Rulebook::load([("test/py-x.md", text.as_str())], &mut models).unwrap();
    let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let context = RunContext { taint: Options { library, ..Options::default() }, ..RunContext::default() };
    let (result, syntax) = testing::run(&book, &models, &files, &context);
    assert!(syntax.is_empty(), "{syntax:?}");
    result.findings
}

const DATA: (&str, &str) = ("data.py", "import web\n\ndef find(name):\n    return web.run('select ' + name)\n");
const APP: (&str, &str) = (
    "app.py",
    "import web\nfrom data import find\n\napp = web.App()\n\n@app.route('/a')\ndef a():\n    return find(web.query['q'])\n",
);

#[test]
fn the_whole_way_is_told_across_files() {
    let found = run("- { flow: sql, message: '`{sink}` and {callee} take {source}, {arg[0]}' }", &[DATA, APP], None);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(place(one), "data.py:4");
    assert_eq!(one.message, "`web.run` and web.run take the query string (`web.query['q']`), 'select ' + name");
    assert_eq!((one.mode, one.confidence), (Mode::Application, Confidence::Firm));
    assert_eq!(one.route.as_deref(), Some("GET /a"));
    let Evidence::Trace { steps } = &one.evidence else { panic!("{:?}", one.evidence) };
    assert_eq!(steps.first().map(|step| (step.why, step.place.path.as_str())), Some((Why::Source, "app.py")));
    assert_eq!(steps.last().map(|step| (step.why, step.place.path.as_str())), Some((Why::Sink, "data.py")));
}

#[test]
fn only_the_sources_asked_for_count_and_stored_data_is_less_sure() {
    let stored = [("a.py", "import web\n\ndef f():\n    web.run(web.rows())\n")];
    assert!(run("- flow: sql", &stored, None).is_empty());
    assert!(run("- flow: path", &[DATA, APP], None).is_empty());
    let found = run("- { flow: sql, from: [database] }", &stored, None);
    assert_eq!(found.iter().map(|one| one.confidence).collect::<Vec<_>>(), [Confidence::Tentative]);
    assert!(run("- { flow: sql, from: [local] }", &[DATA, APP], None).is_empty());
    assert_eq!(run("- { flow: sql, from: [any] }", &[DATA, APP], None).len(), 1);
}

#[test]
fn parameters_of_a_package_are_told_as_such() {
    let data = (
        "index.js",
        "const web = require('web');\nexports.find = function find(name) { web.run('select ' + name); };\n",
    );
    let found = run("- { flow: sql, from: [library] }", &[data], None);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(one.mode, Mode::Library);
    assert!(one.message.starts_with("In library mode: "), "{}", one.message);
    let because = one.risk.because.join(" ");
    assert!(
        because.contains("exported function `find`") && !because.contains(Exposure::InternalOnly.words()),
        "{because}"
    );
    assert!(run("- { flow: sql, from: [library] }", &[data], Some(false)).is_empty());
    assert!(run("- flow: sql", &[data], Some(true)).is_empty(), "only where it is asked for");
}

#[test]
fn the_surest_and_most_exposed_flow_is_told_at_a_place() {
    let app = (
        "app.py",
        "import web\n\napp = web.App()\n\n@app.route('/a')\ndef a(x):\n    text = web.rows() if x else web.query\n    web.run(text)\n",
    );
    let found = run("- { flow: sql, from: [any], message: '{source}' }", &[app], None);
    assert_eq!(found.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(), ["the query string (`web.query`)"]);
}

#[test]
fn conditions_are_asked_of_the_call_and_the_value() {
    for (condition, count) in [
        ("where: [{ at: 'arg[1]', absent: true }]", 1),
        ("where: [{ at: 'arg[1]', present: true }]", 0),
        ("where: [{ formatted: true }]", 1),
        ("unless: [{ route: { methods: [GET] } }]", 0),
        ("where: [{ prepared: { at: 'arg[0]', by: [{ call: web.rows }] } }]", 0),
    ] {
        assert_eq!(run(&format!("- {{ flow: sql, {condition} }}"), &[DATA, APP], None).len(), count, "{condition}");
    }
}

#[test]
fn patterns_are_for_functions_that_nothing_runs() {
    let find = "- call: web.run\n  where: [{ at: 'arg[0]', comes-from: { parameter: '.', uncalled: true } }]";
    assert_eq!(run(find, &[DATA], None).len(), 1);
    assert!(run(find, &[DATA, APP], None).is_empty());
}

#[test]
fn an_object_is_known_by_the_calls_on_it() {
    let find = "- call: web.run\n  where: [{ prepared: { at: 'arg[1]', by: [{ call: 'web.parser().set', where: [{ at: 'arg[0]', is: true }] }, { call: web.loose }] } }]";
    let text = "import web\np = web.parser()\np.set(True)\nq = web.parser()\nq.set(False)\nweb.run(1, p)\nweb.run(1, q)\nweb.run(1, web.loose())\n";
    let found = run(find, &[("a.py", text)], None);
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), ["a.py:6", "a.py:8"]);
}

#[test]
fn schemas_in_hostile_code_cost_what_their_length_costs() {
    let mut code = "const express = require('express');\nconst mongoose = require('mongoose');\n".to_owned();
    // Names for names for a mapping, and mappings that hold each other a hundred times on each of eight levels.
    code.push_str("const a0 = { owner: String };\n");
    code.extend((1..20_000).map(|at| format!("const a{at} = a{};\n", at - 1)));
    code.push_str("const b0 = { owner: String };\n");
    for at in 1..8 {
        let entries: Vec<String> = (0..100).map(|key| format!("k{key}: b{}", at - 1)).collect();
        code.extend([format!("const b{at} = {{ {} }};\n", entries.join(", "))]);
    }
    code.push_str("mongoose.model('A', new mongoose.Schema(a19999));\nmongoose.model('B', new mongoose.Schema(b7));\n");
    code.extend((0..5_000).map(|at| format!("const c{at} = new mongoose.Schema({{ owner: String }});\n")));
    code.push_str("const session = require('express-session');\nconst C = mongoose.model('Invoice', c0);\n");
    code.push_str("const app = express();\napp.use(session({ secret: process.env.SECRET }));\n");
    code.push_str("const signedIn = (req, res, next) => (req.session.userId ? next() : res.sendStatus(401));\n");
    code.push_str("app.get('/c/:id', signedIn, async (req, res) => res.json(await C.findById(req.params.id)));\n");
    let (book, models) = common::builtin();
    let files = [("app.js".to_owned(), code)];
    let (result, syntax) = testing::run(&book, &models, &files, &RunContext::default());
    assert!(syntax.is_empty(), "{syntax:?}");
    assert!(result.findings.iter().any(|found| found.rule == "js-object-not-tied"));
}
