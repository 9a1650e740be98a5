//! Untrusted data: which flows are found, which tests end them, what hostile code costs, and whether explanations hold.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod guards;
mod hostile;
mod library;
mod templates;
mod ways;

use lunette_flow::Facts;
use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_flow::taint::{Options, Taint};
use lunette_lang::Dialect;

/// Libraries made up for tests.
const KINDS: &str = r#"
kinds:
  - { name: run, does: is run, harmless-quoted: true, probes: ["';x", "a b"] }
  - { name: file, does: names a file, harmless-without: [".."], harmless-inside: true, probes: ["../a", "/a"] }
  - { name: page, does: is sent, harmless-prefix: '^https://own/', harmless-after: '^https://own/' }
"#;
const WEB: &str = r"
values: { app: [web.App()] }
routers: [{ value: 'web:app' }]
entries: [{ decorator: 'web:app.route', path: 'arg[0]', default-methods: [GET] }]
sources:
  - { value: [web.query], kind: query }
  - { value: [web.path], kind: request, where-path-varies: true }
  - { value: ['web.Address().host'], kind: request }
  - { value: [web.page], kind: request, in-browser: true }
  - { call: web.sockets, at: 'arg[0].parameter[0]', kind: socket }
sinks:
  - { call: web.run, kind: run }
  - { call: web.open, kind: file }
  - { call: web.send, kind: page }
flows: [{ call: [web.normal], from: 'arg[0]' }]
tests:
  - { call: web.good, clears: all }
  - { call: web.check().error, good: false, clears: all, at: 'arg[0]' }
normalises: [web.normal]
exits: [web.stop]
renders: [{ call: web.render, template: 'arg[0]', context: 'arg[1]' }]
escapes-off: [{ call: web.setup, when: [{ at: 'arg[0].escape', truthy: false }] }]
";
const OUTPUT: &str = r"
sinks:
  - { call: template-output.raw, kind: page }
  - { call: template-output.written, kind: page, where-unescaped: true }
flows:
  - { call: 'template-output.filters.e', from: 'arg[0]', clears: page }
";

fn units(files: &[(&str, &str)]) -> Vec<Unit> {
    let pages = lunette_lang::template::lower_all(files.iter().copied());
    let text_of = |path: &str| files.iter().find(|(of, _)| *of == path).unwrap().1.to_owned();
    let pages = pages.into_iter().map(|(path, module)| Unit { path: path.to_owned(), text: text_of(path), module });
    let unit = |&(path, text): &(&str, &str)| Unit {
        path: path.to_owned(),
        text: text.to_owned(),
        module: lunette_lang::lower(Dialect::of_path(path).unwrap(), text).module.unwrap(),
    };
    files.iter().filter(|(path, _)| Dialect::of_path(path).is_some()).map(unit).chain(pages).collect()
}

fn models() -> Models {
    let python = format!("package: web\nlanguage: python\n{WEB}");
    let script = format!("package: web\nlanguage: javascript\n{WEB}");
    let (pages, views) = (
        format!("package: template-output\nlanguage: python\n{OUTPUT}"),
        format!("package: template-output\nlanguage: javascript\n{OUTPUT}"),
    );
    let files = [
        ("kinds.yml", KINDS),
        ("python/web.yml", &python),
        ("javascript/web.yml", &script),
        ("python/out.yml", &pages),
        ("javascript/out.yml", &views),
    ];
    Models::load(files).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The flows of a program: `a.py:5 run`.
fn flows(files: &[(&str, &str)]) -> Vec<String> {
    found(files).0
}

/// The flows of a program, and in how many functions more met than was followed.
fn found(files: &[(&str, &str)]) -> (Vec<String>, usize) {
    let models = models();
    let program = Program::new(units(files), &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let routes = lunette_flow::routes(&facts, &models);
    let taint = Taint::new(&facts, &models, &routes, Options { library: Some(false), ..Options::default() });
    ways::check(&facts, &taint);
    let told = taint.flows().iter().map(|flow| {
        let place = facts.place(flow.sink);
        let kind = models.harms().find(|name| models.harm(name) == Some(flow.kind)).unwrap();
        format!("{}:{} {kind}", place.path, place.line)
    });
    (told.collect(), taint.cut())
}

/// The flows of one Python file that begins with `import web`, by line and kind.
fn python(text: &str) -> Vec<String> {
    flows(&[("a.py", &format!("import web\n{text}"))]).iter().map(|flow| flow.replace("a.py:", "")).collect()
}
