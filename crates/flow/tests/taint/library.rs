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
    let taint = Taint::new(&facts, &models, &routes, Options { library: Some(true) });
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
