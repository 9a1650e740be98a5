//! What the tests of this crate share.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

use std::fs;
use std::path::{Path, PathBuf};

use lunette_core::Finding;
use lunette_flow::models::Models;
use lunette_rules::{Rulebook, RunContext, RunResult, testing};

fn sources(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

pub fn models() -> Models {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"), "yml");
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Models::load(files).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The shipped rules, read from the folder: `LUNETTE_RULE=<part of an id>` keeps only some of them.
pub fn builtin() -> (Rulebook, Models) {
    let mut models = models();
    let only = std::env::var("LUNETTE_RULE").unwrap_or_default();
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"), "md");
    let files = files.iter().filter(|(name, _)| name.contains('/') && name.contains(&only));
    let book = Rulebook::load(files.map(|(name, text)| (name.as_str(), text.as_str())), &mut models);
    let book = book
        .unwrap_or_else(|errors| panic!("\n{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    (book, models)
}

/// A framework made up for tests: an application and its routes.
const WEB: &str = r"
package: web
language: python
values:
  app: [web.App()]
routers:
  - { value: 'web:app' }
entries:
  - { decorator: 'web:app.route', path: 'arg[0]', methods: 'arg[methods]', default-methods: [GET] }
";

/// A framework made up for tests.
pub fn web_models() -> Models {
    let text = format!(
        r"{WEB}guards:
  - {{ of: [web.login], proves: authenticated }}
settings:
  - {{ of: 'web:app.config', name: web, update: [update], from-object: [from_object] }}
"
    );
    Models::load([("web.yml", text.as_str())]).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// A framework made up for tests, with sources and a place where data does harm.
pub fn flow_models() -> Models {
    let kinds = "kinds: [{ name: sql, does: is run as SQL }, { name: path, does: names a file }]";
    let text = format!(
        r"{WEB}sources:
  - {{ value: web.query, kind: query }}
  - {{ call: web.rows, kind: database }}
sinks:
  - {{ call: web.run, at: 'arg[0]', kind: sql }}
"
    );
    let script = "package: web\nlanguage: javascript\nsinks: [{ call: web.run, kind: sql }]\n";
    let files = [("kinds.yml", kinds), ("javascript/web.yml", script), ("python/web.yml", text.as_str())];
    Models::load(files).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// A rule file named `py-x` with these matchers.
pub fn rule(languages: &str, find: &str) -> String {
    let find = find.replace('\n', "\n  ");
    format!(
        "---\nid: py-x\ntitle: A rule\n{languages}\ncwe: [1]\ntopic: cryptography\nnature: hardening\nconfidence: firm\nsince: 0.1.0\n\
        risk: {{}}\nmessage: m\nfind:\n  {find}\nadvice: {{ action: a, control: c, layer: l, effort: e, performance: p, developers: d, verify: v }}\n\
        events: []\n---\n\nWhat is wrong.\n\n## How to fix\n\nSo.\n"
    )
}

/// One rule, ready to run.
pub struct Engine {
    book: Rulebook,
    models: Models,
}

impl Engine {
    pub fn new(languages: &str, find: &str) -> Self {
        let mut models = web_models();
        let text = rule(languages, find);
        let book = Rulebook::load([("test/py-x.md", text.as_str())], &mut models);
        Engine { book: book.unwrap_or_else(|errors| panic!("{errors:#?}")), models }
    }

    pub fn run(&self, files: &[(&str, &str)]) -> RunResult {
        let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let (result, syntax) = testing::run(&self.book, &self.models, &files, &RunContext::default());
        assert!(syntax.is_empty(), "{syntax:?}");
        result
    }

    pub fn findings(&self, files: &[(&str, &str)]) -> Vec<Finding> {
        self.run(files).findings
    }
}

pub fn place(finding: &Finding) -> String {
    finding.place.to_string()
}
