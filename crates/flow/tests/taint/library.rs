//! Library mode: whose parameters are what callers of a package pass.

use lunette_flow::Facts;
use lunette_flow::program::{ImportMap, Program};
use lunette_flow::taint::{Options, Taint};

use super::{models, units, ways};

/// The lines of the one file at which harm is done, in library mode.
fn lines(text: &str) -> Vec<u32> {
    let models = models();
    let text = format!("const web = require('web');\n{text}");
    let program = Program::new(units(&[("index.js", &text)]), &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let routes = lunette_flow::routes(&facts, &models);
    let taint = Taint::new(&facts, &models, &routes, Options { library: Some(true), ..Options::default() });
    ways::check(&facts, &taint);
    taint.flows().iter().map(|flow| facts.place(flow.sink).line).collect()
}

#[test]
fn functions_that_exported_functions_give_back_are_called_from_outside() {
    assert_eq!(lines("module.exports = (dir) => {\n  function add(name) { web.run(name); }\n  return add;\n};"), [3]);
    assert_eq!(
        lines(
            "module.exports = (dir) => {\n  const add = () => {};\n  add.sync = (name) => { web.run(name); };\n  return add;\n};"
        ),
        [4]
    );
    assert_eq!(lines("module.exports = (dir) => ({ add: (name) => web.run(name) });"), [2]);
}

#[test]
fn methods_of_constructor_functions_are_called_from_outside() {
    assert_eq!(
        lines("module.exports = Git;\nfunction Git() {}\nGit.prototype.pull = function (repo) { web.run(repo); };"),
        [4]
    );
    assert_eq!(
        lines(
            "module.exports = Git;\nfunction Git() {}\nGit.prototype = { pull: function (repo) { web.run(repo); } };"
        ),
        [4]
    );
    assert_eq!(lines("module.exports = function Log() {\n  this.theme = (name) => { web.run(name); };\n};"), [3]);
}

#[test]
fn what_nobody_outside_gets_at_is_not() {
    assert_eq!(
        lines(
            "module.exports = () => {};\nfunction own(name) { web.run(name); }\nown.prototype.x = function (name) { web.run(name); };"
        ),
        Vec::<u32>::new()
    );
}

/// Whether the data of the one exported function reaches the one harmful use.
fn reaches(text: &str) -> bool {
    !lines(text).is_empty()
}

#[test]
fn what_a_promise_is_resolved_with_is_what_it_holds() {
    let ping = "const ping = (host) => new Promise((done) => { const close = () => done(host); web.connect(host, close); });\n";
    assert!(reaches(&format!("{ping}module.exports = (host) => ping(host).then((name) => web.run(name));")));
    assert!(reaches(&format!(
        "{ping}module.exports = async (host) => {{ const name = await ping(host); web.run(name); }};"
    )));
    let other = "const ping = (host) => new Promise((done) => { web.connect(host, () => done('up')); });\n";
    assert!(!reaches(&format!("{other}module.exports = (host) => ping(host).then((name) => web.run(name));")));
    let failed = "const ping = (host) => new Promise((done, fail) => { fail(host); });\n";
    assert!(!reaches(&format!("{failed}module.exports = (host) => ping(host).then((name) => web.run(name));")));
}

#[test]
fn a_fold_passes_on_what_it_gave_before() {
    assert!(reaches("module.exports = (parts) => parts.reduce((all, part) => { web.run(all); return part; }, '');"));
    assert!(!reaches("module.exports = (parts) => parts.reduce((all, part) => { web.run(all); return all + 1; }, 0);"));
}

#[test]
fn arguments_are_what_was_passed() {
    assert!(reaches("module.exports = function () { web.run(arguments[0]); };"));
    assert!(reaches(
        "module.exports = function (a) { for (var i = 1; i < arguments.length; i++) web.run(arguments[i]); };"
    ));
    assert!(reaches("module.exports = function (a) { own(1, a); };\nfunction own(first) { web.run(arguments[1]); }"));
    assert!(!reaches("module.exports = function (a) { own(1, a); };\nfunction own(first) { web.run(arguments[0]); }"));
    assert!(!reaches("module.exports = function (a) { web.run(arguments.length); };"));
    assert!(reaches(
        "module.exports = function () { var all = Array.prototype.slice.call(arguments, 1); web.run(all.join(' ')); };"
    ));
    assert!(reaches(
        "module.exports = function () { return own.apply(this, arguments); };\nfunction own(a, b) { web.run(b); }"
    ));
    assert!(!reaches(
        "module.exports = function (a) { return own.apply(this, ['x', a]); };\nfunction own(a, b) { web.run(a); }"
    ));
    assert!(reaches(
        "module.exports = function (names) { var all = []; [].push.apply(all, names); web.run(all[0]); };"
    ));
}

#[test]
fn inner_functions_fill_lists_of_outer_ones() {
    assert!(reaches(
        "module.exports = (names) => { const all = []; names.forEach((name) => all.push(name)); web.run(all.join(' ')); };"
    ));
    assert!(reaches(
        "module.exports = (names) => { const all = []; own(names, all); web.run(all[0].name); };\nfunction own(names, all) { names.map((name) => { all.push({ name: name }); }); }"
    ));
    assert!(reaches(
        "module.exports = (names) => { const all = {}; names.forEach((name) => { all.last = name; }); web.run(all.last); };"
    ));
    assert!(!reaches(
        "module.exports = (names) => { const all = {}; names.forEach((name) => { all.last = name; }); web.run(all.first); };"
    ));
    assert!(!reaches(
        "module.exports = (names) => { const all = [], other = []; names.forEach((name) => all.push(name)); web.run(other.join(' ')); };"
    ));
}

#[test]
fn a_list_that_was_empty_is_filled_by_a_function() {
    assert!(reaches(
        "module.exports = (name) => { const all = []; own(name, all); web.run(all[0]); };\nfunction own(name, all) { all.push(name); }"
    ));
}

#[test]
fn a_library_may_call_the_functions_that_it_is_given() {
    assert!(reaches(
        "const each = require('some-each');\nmodule.exports = (names, done) => each(names, (name, next) => web.run(name), done);"
    ));
    assert!(!reaches(
        "const each = require('some-each');\nmodule.exports = (names, done) => each(['a'], (name, next) => web.run(name));"
    ));
}

#[test]
fn what_is_replaced_in_part_is_still_there() {
    assert!(reaches("module.exports = (text) => web.run(text.replace(/ +/g, () => ' '));"));
    assert!(reaches("module.exports = (text) => { text.replace(/<(.+?)>/g, (all, group) => web.run(group)); };"));
}

#[test]
fn wrappers_for_all_module_systems_export_what_they_put_on_exports() {
    let wrapper = "(function (root, make) {\n  if (typeof exports === 'object') make(exports);\n  else make(root.own = {});\n})(this, function (exports) {\n  exports.go = function (name) { web.run(name); };\n});";
    assert_eq!(lines(wrapper), [6]);
}

#[test]
fn an_example_of_a_server_makes_no_server_of_a_library() {
    let models = models();
    let library = "const web = require('web');\nexports.go = (name) => web.run(name);\n";
    let server = "const web = require('web');\nconst { go } = require('../index');\nconst app = new web.App();\ngo(web.query.name);\n";
    for (path, is_library) in [("examples/server.js", true), ("src/server.js", false)] {
        let program = Program::new(units(&[("index.js", library), (path, server)]), &ImportMap::default());
        let facts = Facts::new(&program, &models.trie);
        let routes = lunette_flow::routes(&facts, &models);
        assert_eq!(Taint::new(&facts, &models, &routes, Options::default()).is_library(), is_library, "{path}");
    }
}

#[test]
fn what_is_asserted_holds_afterwards() {
    let text = |check: &str| {
        format!("const assert = require('assert');\nmodule.exports = (name) => {{ {check}; web.open(name); }};")
    };
    assert!(!reaches(&text("assert(!name.includes('..'))")));
    assert!(!reaches(&text("assert.ok(!name.includes('..'), 'outside')")));
    assert!(reaches(&text("console.assert(!name.includes('..'))")));
    assert!(reaches(&text("assert(name.includes('..'))")));
}

#[test]
fn methods_that_are_private_by_name_are_called_by_their_own_object() {
    assert!(!reaches("exports.Store = class { _open(name) { web.run(name); } };"));
    assert!(!reaches(
        "exports.Store = function () {}; exports.Store.prototype._open = function (name) { web.run(name); };"
    ));
    assert!(!reaches("const open = Symbol('open');\nexports.Store = class { [open](name) { web.run(name); } };"));
    assert!(reaches("exports.Store = class { [Symbol.match](name) { web.run(name); } };"));
    assert!(reaches("exports.Store = class { open(name) { this._open(name); } _open(name) { web.run(name); } };"));
    assert!(reaches("exports._ = (name) => web.run(name);"));
}

#[test]
fn what_is_written_to_a_stream_is_no_part_of_it() {
    assert!(!reaches(
        "exports.Log = class { constructor(to) { this.to = make(to.length); } say(text) { this.to.write(text); web.run(this.to.path); } };"
    ));
    assert!(reaches(
        "exports.Log = class { constructor(to) { this.all = []; } say(text) { this.all.push(text); web.run(this.all[0]); } };"
    ));
}

#[test]
fn what_browsers_have_makes_no_server_of_a_library() {
    let text = "const web = require('web');\nconst here = web.page;\nexports.go = (name) => web.run(name + here);\n";
    let models = super::models();
    let program = Program::new(units(&[("index.js", text)]), &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let routes = lunette_flow::routes(&facts, &models);
    assert!(Taint::new(&facts, &models, &routes, Options::default()).is_library());
}

#[test]
fn a_package_that_can_serve_is_no_server_until_it_does() {
    let server = "const web = require('web');\nclass Server { constructor() { web.sockets((text) => text.length); } }\nconst serve = () => new Server();\nexports.serve = serve;\nexports.go = (name) => web.run(name);\n";
    for (more, is_library) in
        [("", true), ("serve();\n", false), ("start();\nfunction start() { new Server(); }\n", false)]
    {
        let models = super::models();
        let program = Program::new(units(&[("index.js", &format!("{server}{more}"))]), &ImportMap::default());
        let facts = Facts::new(&program, &models.trie);
        let routes = lunette_flow::routes(&facts, &models);
        assert_eq!(Taint::new(&facts, &models, &routes, Options::default()).is_library(), is_library, "{more}");
    }
}
