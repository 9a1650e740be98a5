//! Stores of libraries, told by models.

use super::sinks_of;
use crate::api::ApiTrie;
use crate::fold::{Argument, Containers, Does, Method, Store};
use lunette_lang::ir::Language;

fn parser(trie: &mut ApiTrie) -> Containers {
    let node = trie.insert(Language::Python, "configparser.ConfigParser()").unwrap();
    let method = |does, key: &[usize], value| Method {
        does,
        key: key.to_vec(),
        ignores_case: vec![1],
        value,
        default: Some(Argument::Name("fallback".to_owned())),
    };
    let methods = [
        ("add_section", method(Does::Nothing, &[], None)),
        ("set", method(Does::Set, &[0, 1], Some(2))),
        ("get", method(Does::Get, &[0, 1], None)),
        ("has_option", method(Does::Has, &[0, 1], None)),
        ("remove_option", method(Does::Remove, &[0, 1], None)),
    ];
    let methods = methods.into_iter().map(|(name, method)| (name.to_owned(), method)).collect();
    let mut containers = Containers::default();
    containers.insert(
        &[node],
        Store { seeds: Some(vec![Argument::Position(0), Argument::Name("defaults".to_owned())]), methods },
    );
    containers
}

fn check(lines: &str) -> Vec<String> {
    let text = format!(
        "def f(p, q):\n    import configparser\n    c = configparser.ConfigParser()\n    c.add_section('s')\n    c.set('s', 'keyA', 'a')\n    c.set('s', 'keyB', p)\n    {lines}\n"
    );
    sinks_of(&[("a.py", &text)], parser)
}

#[test]
fn sections_and_keys() {
    assert_eq!(check("sink(c.get('s', 'keyA'))"), ["\"a\""]);
    assert_eq!(check("sink(c.get('s', 'keyB'))"), ["p"]);
    assert_eq!(check("sink(c.get('s', 'KEYB'))"), ["p"]);
    assert_eq!(check("sink(c.get('s', 'keyX', fallback=q))"), ["q"]);
    assert_eq!(check("c.set('s', 'keyB', 'b')\n    sink(c.get('s', 'keyB'))"), ["\"b\""]);
    assert_eq!(check("sink('x' if c.has_option('s', 'keyB') else p)"), ["\"x\""]);
}

#[test]
fn what_a_model_does_not_speak_of_may_do_anything() {
    assert_eq!(check("c.read(q)\n    sink(c.get('s', 'keyA'))"), ["?"]);
    assert_eq!(check("g(c)\n    sink(c.get('s', 'keyA'))"), ["?"]);
    assert_eq!(check("c.set(q, 'keyA', p)\n    sink(c.get('s', 'keyA'))"), ["?"]);
    assert_eq!(check("sink(c.get('t', 'keyA'))"), ["?"]);
    assert_eq!(check("sink(c['s']['keyA'])"), ["?"]);
    assert_eq!(check("c['s']['keyA'] = p\n    sink(c.get('s', 'keyA'))"), ["?"]);
    assert_eq!(check("c = configparser.ConfigParser(q)\n    c.set('s', 'k', 'a')\n    sink(c.get('s', 'k'))"), ["?"]);
    assert_eq!(
        check("c = configparser.ConfigParser(interpolation=None)\n    c.set('s', 'k', q)\n    sink(c.get('s', 'k'))"),
        ["q"]
    );
}

#[test]
fn models_tell_of_stores() {
    let models = crate::models::Models::builtin().unwrap();
    let (containers, given) = (models.containers.clone(), models.trie.clone());
    let fill = |trie: &mut ApiTrie| {
        *trie = given.clone();
        containers.clone()
    };
    let python = "from configparser import ConfigParser\ndef f(p):\n    c = ConfigParser()\n    c.add_section('s')\n    c.set('s', 'a', 'x')\n    c.set('s', 'b', p)\n    sink(c.get('s', 'a'))\n";
    assert_eq!(sinks_of(&[("a.py", python)], fill), ["\"x\""]);
    let script = "function f(p) { const q = new URLSearchParams(); q.set('a', 'x'); q.set('b', p); sink(q.get('b')); q.append('a', p); sink(q.get('a')) }";
    assert_eq!(sinks_of(&[("a.js", script)], fill), ["p", "?"]);
}
