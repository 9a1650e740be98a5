//! Tracking of API values through a program: each way in which a value gets from where it is made to where it is used.
#![allow(clippy::unwrap_used)]

use lunette_flow::api::ApiTrie;
use lunette_flow::facts::Facts;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::{Dialect, ir::Language};

/// Where `lib.go`, or `go` of what `lib.make()` gives, is called, as `file:line`.
fn check(files: &[(&str, &str)]) -> Vec<String> {
    check_with(files, &ImportMap::default())
}

fn check_with(files: &[(&str, &str)], map: &ImportMap) -> Vec<String> {
    let units = files
        .iter()
        .map(|&(path, text)| {
            let module = lunette_lang::lower(Dialect::of_path(path).unwrap(), text).module.unwrap();
            Unit { path: path.to_owned(), text: text.to_owned(), module }
        })
        .collect();
    let mut trie = ApiTrie::default();
    let mut nodes = Vec::new();
    for language in [Language::JavaScript, Language::Python] {
        for path in ["lib.go", "lib.make().go", "lib.Base().go", "lib.sub.go", "lib.make().inner.go"] {
            nodes.push(trie.insert(language, path).unwrap());
        }
    }
    let program = Program::new(units, map);
    let facts = Facts::new(&program, &trie);
    let mut found: Vec<String> =
        nodes.iter().flat_map(|node| facts.calls_of(*node)).map(|call| facts.place(call.site).to_string()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn imports_of_every_form() {
    let esm =
        "import lib, { go, go as run } from 'lib';\nimport * as all from 'lib';\ngo();\nrun();\nall.go();\nlib.go();\n";
    assert_eq!(check(&[("a.js", esm)]), ["a.js:3", "a.js:4", "a.js:5", "a.js:6"]);
    let cjs = "const { go, make: build } = require('lib');\nconst lib = require('lib');\ngo();\nbuild().go();\nlib.go();\nrequire('lib').go();\n";
    assert_eq!(check(&[("a.js", cjs)]), ["a.js:3", "a.js:4", "a.js:5", "a.js:6"]);
    let dynamic = "async function f() {\n  const lib = await import('lib');\n  lib.go();\n}\n";
    assert_eq!(check(&[("a.mjs", dynamic)]), ["a.mjs:3"]);
    let python = "import lib\nimport lib.sub\nimport lib as l\nfrom lib import go, make as build\nfrom lib import sub as s\nlib.go()\nlib.sub.go()\nl.go()\ngo()\nbuild().go()\ns.go()\n";
    assert_eq!(check(&[("a.py", python)]), ["a.py:10", "a.py:11", "a.py:6", "a.py:7", "a.py:8", "a.py:9"]);
    let star = "from lib import *\ngo()\n";
    assert_eq!(check(&[("a.py", star)]), ["a.py:2"]);
}

#[test]
fn versions_and_hosts_are_no_part_of_a_package() {
    for name in ["npm:lib@4.1.0", "https://esm.sh/lib@4.1.0?target=deno", "jsr:lib@1", "https://cdn.skypack.dev/lib"] {
        assert_eq!(check(&[("a.ts", &format!("import {{ go }} from '{name}';\ngo();\n"))]), ["a.ts:2"], "{name}");
    }
    assert!(check(&[("a.ts", "import { go } from 'library';\ngo();\n")]).is_empty());
}

#[test]
fn re_exports() {
    let files = [
        ("a.js", "export { go } from 'lib';\nexport * from './b.js';\nexport { make as build } from 'lib';\n"),
        ("b.js", "import { make } from 'lib';\nexport const made = make();\nexport default made;\n"),
        (
            "c.js",
            "import { go, made, build } from './a.js';\nimport other from './b.js';\ngo();\nmade.go();\nbuild().go();\nother.go();\n",
        ),
    ];
    assert_eq!(check(&files), ["c.js:3", "c.js:4", "c.js:5", "c.js:6"]);
    let common = [
        ("a.js", "const lib = require('lib');\nmodule.exports = { made: lib.make(), run: lib.go };\n"),
        ("b.js", "exports.inner = require('./a').made;\nmodule.exports.run = require('./a').run;\n"),
        ("c.js", "const { inner, run } = require('./b');\ninner.go();\nrun();\n"),
    ];
    assert_eq!(check(&common), ["c.js:2", "c.js:3"]);
    let python = [
        ("app/__init__.py", "from .base import made\nfrom .base import *\n"),
        ("app/base.py", "import lib\nmade = lib.make()\nrun = lib.go\n"),
        ("main.py", "from app import made, run\nimport app.base\nmade.go()\nrun()\napp.base.run()\n"),
    ];
    assert_eq!(check(&python), ["main.py:3", "main.py:4", "main.py:5"]);
}

#[test]
fn all_of_a_package_is_passed_on() {
    let user = "import { go, make } from './a.js';\nimport * as all from './a.js';\ngo();\nmake().go();\nall.go();\n";
    let direct = [("a.js", "export * from 'lib';\n"), ("c.js", user)];
    assert_eq!(check(&direct), ["c.js:3", "c.js:4", "c.js:5"]);
    let barrel = [
        ("a.js", "export * from './b.js';\n"),
        ("b.js", "export * from './a.js';\nexport * from 'lib';\n"),
        ("c.js", user),
    ];
    assert_eq!(check(&barrel), ["c.js:3", "c.js:4", "c.js:5"]);
    let own = [
        ("a.js", "export * from 'lib';\nexport function go() {}\nexport const make = () => ({ go() {} });\n"),
        ("c.js", user),
    ];
    assert!(check(&own).is_empty(), "what the module exports itself goes before");
    let other = [("a.js", "export * from 'library';\nimport 'lib';\n"), ("c.js", user)];
    assert!(check(&other).is_empty());
    let namespace =
        [("a.js", "export * as lib from 'lib';\n"), ("c.js", "import { lib, go } from './a.js';\nlib.go();\ngo();\n")];
    assert_eq!(check(&namespace), ["c.js:2"]);
}

#[test]
fn fields_of_classes() {
    let python = "import lib\nclass A:\n    shared = lib.make()\n    def __init__(self, given):\n        self.own = lib.make()\n        self.given = given\n    def run(self):\n        self.own.go()\n        self.shared.go()\n        self.given.go()\nA(lib.make()).own.go()\n";
    assert_eq!(check(&[("a.py", python)]), ["a.py:10", "a.py:11", "a.py:8", "a.py:9"]);
    let inherited = "import lib\nclass A:\n    def __init__(self):\n        self.own = lib.make()\nclass B(A):\n    def run(self):\n        self.own.go()\nclass C(lib.Base):\n    def run(self):\n        self.go()\n";
    assert_eq!(check(&[("a.py", inherited)]), ["a.py:10", "a.py:7"]);
    let js = "import { make } from 'lib';\nclass A {\n  field = make();\n  static one = make();\n  constructor(given) { this.given = given; this.own = make(); }\n  run() {\n    this.field.go();\n    [1].forEach(() => this.own.go());\n    this.given.go();\n  }\n}\nnew A(make()).run();\nA.one.go();\n";
    assert_eq!(check(&[("a.js", js)]), ["a.js:13", "a.js:7", "a.js:8", "a.js:9"]);
}

#[test]
fn this_of_constructor_functions_and_object_literals() {
    let text = "const lib = require('lib');\nfunction A() {\n  this.own = lib.make();\n  const self = this;\n  this.run = function () { self.own.go(); };\n}\nnew A().own.go();\nconst o = {\n  made: lib.make(),\n  run() { this.made.go(); },\n  other: function () { this.made.go(); },\n};\n";
    assert_eq!(check(&[("a.js", text)]), ["a.js:10", "a.js:11", "a.js:5", "a.js:7"]);
}

#[test]
fn factories_closures_and_callbacks() {
    let text = "import { make } from 'lib';\nconst build = () => make();\nfunction outer() {\n  const made = build();\n  return function inner() { made.go(); return made; };\n}\nouter()().go();\nfunction call(f) { f(make()); }\ncall((x) => x.go());\n[make()].forEach((x) => x.go());\nPromise.resolve(1).then(() => make()).then((x) => x.go());\nasync function later() { return make(); }\nlater().then((x) => x.go());\n(await later()).go();\n";
    let found = check(&[("a.mjs", text)]);
    for line in [5, 7, 9, 10, 13, 14] {
        assert!(found.contains(&format!("a.mjs:{line}")), "line {line}: {found:?}");
    }
    let python = "import lib\ndef build(deep=True):\n    if deep:\n        return lib.make()\n    return None\ndef use(x, *, named=None):\n    x.go()\n    named.go()\nuse(build(), named=build())\nwith build() as opened:\n    opened.go()\nfor one in [build()]:\n    one.go()\n";
    assert_eq!(check(&[("a.py", python)]), ["a.py:11", "a.py:13", "a.py:7", "a.py:8"]);
}

#[test]
fn objects_of_configuration() {
    let files = [
        (
            "a.js",
            "const lib = require('lib');\nconst base = { deep: { made: lib.make() } };\nmodule.exports = { ...base, run: lib.go };\n",
        ),
        (
            "b.js",
            "const config = require('./a');\nconfig.deep.made.go();\nconfig['run']();\nconst { deep: { made } } = config;\nmade.go();\n",
        ),
    ];
    assert_eq!(check(&files), ["b.js:2", "b.js:3", "b.js:5"]);
    let later = "import lib\nconfig = {}\nconfig['made'] = lib.make()\nconfig['made'].go()\nconfig['other'].go()\n";
    assert_eq!(check(&[("a.py", later)]), ["a.py:4"]);
}

#[test]
fn aliases_and_workspaces() {
    let map = ImportMap {
        aliases: vec![("web/".to_owned(), "#/*".to_owned(), "web/src/*".to_owned())],
        packages: vec![("@me/db".to_owned(), "packages/db".to_owned())],
        ..ImportMap::default()
    };
    let files = [
        ("packages/db/src/index.ts", "export { make } from 'lib';\n"),
        ("web/src/db.ts", "import { make } from '@me/db';\nexport const made = make();\n"),
        (
            "web/src/use.ts",
            "import { made } from '#/db';\nimport { made as same } from '@/db';\nmade.go();\nsame.go();\n",
        ),
        ("other/use.ts", "import { made } from '#/db';\nmade.go();\n"),
    ];
    assert_eq!(check_with(&files, &map), ["web/src/use.ts:3", "web/src/use.ts:4"]);
}

#[test]
fn what_only_looks_alike_is_not_taken_for_it() {
    let text = "import lib\nclass Other:\n    def go(self): pass\n    def make(self): return self\nOther().go()\nOther().make().go()\nlib = Other()\nlib.go()\ndef f(lib):\n    lib.go()\n";
    assert!(check(&[("a.py", text)]).is_empty());
    let shadowed = "const lib = { go() {} };\nlib.go();\nfunction f(go) { go(); }\n";
    assert!(check(&[("a.js", shadowed)]).is_empty());
}

#[test]
fn callbacks_that_take_an_error_first() {
    let model = "package: lib\nlanguage: javascript\nvalues:\n  app: [lib.make()]\n  answer: [lib.Answer()]\nuses:\n  \
        - { call: 'lib:app.use', functions: 'arg[*]', error-parameters: 3, parameters: [_, 'lib:answer'] }\n";
    let mut models = lunette_flow::models::Models::load([("lib.yml", model)]).unwrap();
    let node = models.pattern(Language::JavaScript, "lib:answer.go").unwrap()[0];
    let code = "const app = require('lib').make();\napp.use((request, answer) => answer.go());\n\
        app.use((error, request, answer) => answer.go());\napp.use((error, request, answer) => request.go());\n";
    let module = lunette_lang::lower(Dialect::of_path("a.js").unwrap(), code).module.unwrap();
    let program =
        Program::new(vec![Unit { path: "a.js".to_owned(), text: code.to_owned(), module }], &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let found: Vec<u32> = facts.calls_of(node).map(|call| facts.place(call.site).line).collect();
    assert_eq!(found, [2, 3]);
}
