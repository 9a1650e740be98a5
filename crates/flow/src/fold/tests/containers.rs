//! What a body's own containers hold, and when that is not known any more.

use super::{js, py};

fn body(lines: &[&str]) -> String {
    format!("def f(p, q):\n    {}\n", lines.join("\n    "))
}

#[test]
fn lists() {
    let list = ["lst = []", "lst.append('safe')", "lst.append(p)", "lst.append('moresafe')"];
    for (end, expected) in [
        ("sink(lst[0])", "\"safe\""),
        ("sink(lst[1])", "p"),
        ("sink(lst[-1])", "\"moresafe\""),
        ("sink(lst[5])", "nothing"),
        ("lst.pop(0)\n    sink(lst[0])", "p"),
        ("sink(lst.pop(1))", "p"),
        ("sink(lst.pop())", "\"moresafe\""),
        ("del lst[0]\n    sink(lst[0])", "p"),
        ("lst[0] = p\n    sink(lst[0])", "p"),
        ("lst.insert(0, q)\n    sink(lst[0])", "q"),
        ("lst.remove('safe')\n    sink(lst[0])", "p"),
        ("lst += [q]\n    sink(lst[3])", "q"),
        ("lst = lst + [q]\n    sink(lst[3])", "q"),
        ("lst.extend([q, 'x'])\n    sink(lst[3])", "q"),
        ("lst.reverse()\n    sink(lst[2])", "\"safe\""),
        ("lst.clear()\n    lst.append(q)\n    sink(lst[0])", "q"),
        ("a, b, c = lst\n    sink(b)", "p"),
        ("other = lst[1:]\n    sink(other[0])", "p"),
        ("other = lst.copy()\n    lst[1] = 'x'\n    sink(other[1])", "p"),
        ("other = list(lst)\n    lst[1] = 'x'\n    sink(other[1])", "p"),
        ("other = lst\n    other[1] = 'x'\n    sink(lst[1])", "\"x\""),
        ("n = len(lst)\n    sink(lst[n - 2])", "p"),
        ("i = lst.index('safe')\n    sink(lst[i + 1])", "p"),
        ("for x in lst:\n        sink(x)", "\"moresafe\"|\"safe\"|p"),
        ("print(lst)\n    sink(lst[0])", "\"safe\""),
    ] {
        let mut lines = list.to_vec();
        lines.push(end);
        assert_eq!(py(&body(&lines)), [expected], "{end}");
    }
}

#[test]
fn lists_that_are_not_known() {
    for code in [
        "lst = ['a', p]\n    sink(lst[q])",
        "lst = ['a', p]\n    g(lst)\n    sink(lst[0])",
        "lst = ['a', p]\n    q.keep = lst\n    h()\n    sink(lst[0])",
        "lst = ['a', p]\n    q[0] = lst\n    h()\n    sink(lst[0])",
        "lst = ['a', p]\n    lst[q] = 'b'\n    sink(lst[0])",
        "lst = ['a', p]\n    lst.sort()\n    sink(lst[0])",
        "lst = ['a', p]\n    lst.remove(q)\n    sink(lst[0])",
        "lst = ['a', p]\n    if q:\n        lst.insert(0, p)\n    sink(lst[0])",
        "lst = ['a', p]\n    for x in q:\n        lst.insert(0, x)\n    sink(lst[0])",
        "lst = ['a', p]\n    for x in q:\n        sink(lst[0])\n        lst.insert(0, x)",
        "lst = ['a', p]\n    other = lst\n    g(other)\n    sink(lst[0])",
        "lst = ['a', p]\n    add = lst.insert\n    add(0, q)\n    sink(lst[0])",
        "lst = ['a', p]\n    outer = [lst]\n    g(outer)\n    sink(lst[0])",
        "lst = ['a', p]\n    outer = {}\n    outer['k'] = lst\n    outer['k'].insert(0, q)\n    sink(lst[q])",
        "lst = ['a', p]\n    other = ['b'] if q else lst\n    other[0] = p\n    sink(lst[0])",
        "lst = ['a', p]\n    def inner():\n        lst.insert(0, p)\n    inner()\n    sink(lst[0])",
        "lst = ['a', p]\n    q.each(lambda x: lst.insert(0, x))\n    sink(lst[0])",
        "lst = ['a', p]\n    lst *= 2\n    sink(lst[0])",
        "lst = ['a', p]\n    a = lst\n    a += q\n    sink(lst[0])",
        "lst = ['a', p]\n    lst[0:1] = q\n    sink(lst[0])",
        "lst = ['a', *q]\n    sink(lst[0])",
        "lst = q\n    sink(lst[0])",
        "lst = ['a', p]\n    yield lst\n    sink(lst[0])",
        "lst = ['a', p]\n    x = [lst for _ in q]\n    g(x)\n    sink(lst[0])",
        "lst = ['a', p]\n    with lst as x:\n        x.insert(0, p)\n    sink(lst[0])",
        "lst = ['a', p, 'b']\n    sink(lst[::2][1])",
    ] {
        assert_eq!(py(&body(&[code])), ["?"], "{code}");
    }
}

#[test]
fn aliases_see_the_same() {
    assert_eq!(py(&body(&["a = ['x']", "b = a", "c = b", "c += [p]", "sink(a[1])", "sink(b[-1])"])), ["p", "p"]);
    assert_eq!(py(&body(&["a = ['x']", "b = [a]", "b[0].append(p)", "sink(a[1])"])), ["p"]);
    assert_eq!(py(&body(&["a = {'k': []}", "a['k'].append(p)", "sink(a['k'][0])"])), ["p"]);
    // One of two may have been written to.
    assert_eq!(
        py(&body(&["a = ['x']", "b = ['y']", "c = [a, b]", "c[q].append(p)", "sink(a[0])", "sink(b[0])"])),
        ["?", "?"]
    );
    assert_eq!(py(&body(&["a = ['x']", "for c in [a, ['y']]:", "    c[0] = p", "sink(a[0])"])), ["?"]);
}

#[test]
fn joins_keep_what_is_the_same() {
    assert_eq!(py(&body(&["lst = ['a', p]", "if q:", "    g()", "else:", "    h()", "sink(lst[0])"])), ["\"a\""]);
    assert_eq!(py(&body(&["lst = ['a']", "if 1 > 2:", "    lst.insert(0, p)", "sink(lst[0])"])), ["\"a\""]);
    assert_eq!(py(&body(&["lst = ['a', p]", "while q:", "    sink(lst[1])", "    g()"])), ["p"]);
    assert_eq!(py(&body(&["while q:", "    lst = ['a']", "    lst.append(p)", "    sink(lst[1])"])), ["p"]);
    // A list of an earlier round.
    assert_eq!(
        py(&body(&["old = ['b', 'c']", "while q:", "    sink(old[1])", "    lst = ['a', p]", "    old = lst"])),
        ["?"]
    );
    assert_eq!(
        py(&body(&[
            "outer = []",
            "while q:",
            "    lst = ['a']",
            "    outer.append(lst)",
            "    outer[0][0] = p",
            "    sink(lst[0])"
        ])),
        ["?"]
    );
}

#[test]
fn what_raises_leaves_half_done() {
    let code = ["lst = ['a']", "try:", "    lst.insert(0, p)", "    g()", "except Exception:", "    sink(lst[0])"];
    assert_eq!(py(&body(&code)), ["?"]);
    let code = ["lst = ['a', p]", "try:", "    g()", "except Exception:", "    sink(lst[1])", "sink(lst[0])"];
    assert_eq!(py(&body(&code)), ["p", "\"a\""]);
}

#[test]
fn dictionaries() {
    let dict = ["d = {}", "d['keyA'] = 'a'", "d['keyB'] = p", "d['keyC'] = 'c'"];
    for (end, expected) in [
        ("sink(d['keyA'])", "\"a\""),
        ("sink(d['keyB'])", "p"),
        ("bar = d['keyB']\n    bar = d['keyA']\n    sink(bar)", "\"a\""),
        ("sink(d.get('keyB'))", "p"),
        ("sink(d.get('keyX', q))", "q"),
        ("sink(d.get('keyX'))", "Null"),
        ("sink(d.pop('keyB'))", "p"),
        ("d.pop('keyB')\n    sink(d.get('keyB', 'x'))", "\"x\""),
        ("d.setdefault('keyD', q)\n    sink(d['keyD'])", "q"),
        ("sink(d.setdefault('keyB', q))", "p"),
        ("d.update({'keyA': q})\n    sink(d['keyA'])", "q"),
        ("d.update(keyA=q)\n    sink(d['keyA'])", "q"),
        ("del d['keyB']\n    sink(d.get('keyB', 'x'))", "\"x\""),
        ("e = {**d, 'keyB': 'x'}\n    sink(e['keyB'])", "\"x\""),
        ("e = dict(d)\n    sink(e['keyB'])", "p"),
        ("e = dict(a=p, b=q)\n    sink(e['b'])", "q"),
        ("k = 'key' + 'B'\n    sink(d[k])", "p"),
        ("sink('x' if 'keyB' in d else p)", "\"x\""),
        ("for v in d.values():\n        sink(v)", "\"a\"|\"c\"|p"),
        ("for k in d:\n        sink(k)", "nothing"),
        ("d[1] = q\n    sink(d[True])", "q"),
        ("d[1] = q\n    sink(d.get('1', 'x'))", "\"x\""),
    ] {
        let mut lines = dict.to_vec();
        lines.push(end);
        assert_eq!(py(&body(&lines)), [expected], "{end}");
    }
    for end in [
        "d[q] = p\n    sink(d['keyA'])",
        "d.update(q)\n    sink(d['keyA'])",
        "d.update(**q)\n    sink(d['keyA'])",
        "d |= q\n    sink(d['keyA'])",
        "d.popitem()\n    sink(d['keyA'])",
        "sink(d[q])",
        "if q:\n        d['keyA'] = p\n    sink(d['keyA'])",
        "g(d)\n    sink(d['keyA'])",
        "g(**d, x=d)\n    sink(d['keyA'])",
    ] {
        let mut lines = dict.to_vec();
        lines.push(end);
        assert_eq!(py(&body(&lines)), ["?"], "{end}");
    }
}

#[test]
fn arrays_and_objects() {
    for (code, expected) in [
        ("const a = []; a.push('x'); a.push(p); a.shift(); sink(a[0])", "p"),
        ("const a = ['x', p]; a.unshift(q); sink(a[0])", "q"),
        ("const a = ['x', p]; sink(a.at(-1))", "p"),
        ("const a = ['x', p]; sink(a[a.length - 1])", "p"),
        ("const a = ['x', p]; a[2] = q; sink(a[2])", "q"),
        ("const [a, b] = ['x', p]; sink(b)", "p"),
        ("const [a, ...r] = ['x', p]; sink(r[0])", "p"),
        ("const a = ['x', p].concat([q]); sink(a[2])", "q"),
        ("const a = [...['x'], p]; sink(a[1])", "p"),
        ("const a = ['x', p]; sink(a[9])", "Undefined"),
        ("const o = {}; o.a = 'x'; o['b'] = p; sink(o.b)", "p"),
        ("const o = {a: 'x', b: p}; sink(o['a'])", "\"x\""),
        ("const o = {a: 'x', b: p}; const {b} = o; sink(b)", "p"),
        ("const o = {a: 'x', b: p}; const {a, ...r} = o; sink(r.b)", "p"),
        ("const o = {...{a: p}, b: q}; sink(o.a)", "p"),
        ("const o = {a: p}; delete o.a; sink(o.a)", "Undefined"),
        ("const o = {1: p}; sink(o['1'])", "p"),
        ("const o = {in: {k: p}}; sink(o.in.k)", "p"),
        ("const m = new Map(); m.set('a', 'x').set('b', p); sink(m.get('b'))", "p"),
        ("const m = new Map([['a', 'x'], ['b', p]]); sink(m.get('a'))", "\"x\""),
        ("const m = new Map(); m.set(1, p); sink(m.get('1'))", "Undefined"),
        ("const m = new Map(); m.set('a', p); sink(m.has('a') ? 'x' : p)", "\"x\""),
        ("const m = new Map(); sink(m.get('a') ?? q)", "q"),
        ("const o = {a: p}; for (const x of Object.values(o)) sink(x)", "p"),
        ("const a = ['x', p]; console.log(a); sink(a[0])", "\"x\""),
        ("const a = Object.freeze(['x', p]); sink(a[0])", "\"x\""),
    ] {
        assert_eq!(js(&format!("function f(p, q) {{ {code} }}")), [expected], "{code}");
    }
    for code in [
        "const a = ['x', p]; g(a); sink(a[0])",
        "const a = ['x', p]; a.sort(); sink(a[0])",
        "const a = ['x', p]; sink(a[q])",
        "const a = ['x', p]; q.push(a); h(); sink(a[0])",
        "const a = ['x', p]; a.length = q; sink(a[0])",
        "const a = ['x', p]; q.on('x', () => a.push(p)); sink(a[0])",
        "const a = ['x', p]; q.forEach(x => { a[0] = x }); sink(a[0])",
        "const o = {a: 'x'}; Object.assign(o, q); sink(o.a)",
        "const o = {a: 'x', set() { this.a = p }}; o.set(); sink(o.a)",
        "const o = {a: 'x', set() { this.a = p }}; o['set'](); sink(o.a)",
        "const o = {a: 'x', set() { this.a = p }}; o[q](); sink(o.a)",
        "const o = {a: 'x'}; o[q] = p; sink(o.a)",
        "const o = {a: 'x'}; sink(o.toString)",
        "const o = {...q, a: 'x'}; sink(o.b)",
        "const o = {a: 'x'}; const g = { o }; h(g); sink(o.a)",
        "const m = new Map(q); sink(m.get('a'))",
        "const m = new Map(); m.set(q, p); sink(m.get('a'))",
        "const a = new Array(3); sink(a[0])",
        "const a = ['x', p]; this.a = a; h(); sink(a[0])",
    ] {
        assert_eq!(js(&format!("function f(p, q) {{ {code} }}")), ["?"], "{code}");
    }
}

#[test]
fn large_ones_are_given_up() {
    let items = vec!["'x'"; 100].join(", ");
    assert_eq!(py(&body(&[&format!("lst = [{items}]"), "sink(lst[0])"])), ["?"]);
    let many = (0..100).map(|at| format!("l{at} = ['a']\n    sink(l{at}[0])")).collect::<Vec<_>>().join("\n    ");
    assert!(py(&body(&[&many])).iter().all(|found| found == "?"));
}

#[test]
fn sets_have_no_order() {
    assert_eq!(py(&body(&["s = {'a', p}", "lst = list(s)", "sink(lst[0])"])), ["?"]);
    assert_eq!(py(&body(&["s = {'a', p}", "lst = [*s]", "sink(lst[0])"])), ["?"]);
    assert_eq!(py(&body(&["s = {'a', p}", "for x in s:", "    sink(x)"])), ["\"a\"|p"]);
    assert_eq!(py(&body(&["s = set()", "s.add('a')", "if 'a' in s:", "    sink(p)", "else:", "    sink(q)"])), ["p"]);
    assert_eq!(js("function f(p) { const s = new Set(['a']); if (s.has('b')) sink(p); else sink('x') }"), ["\"x\""]);
}

#[test]
fn tuples_are_made_anew() {
    assert_eq!(py(&body(&["t = ('a',)", "t += (p,)", "sink(t[1])"])), ["?"]);
    assert_eq!(py(&body(&["t = ('a', p)", "g(t)", "sink(t[1])"])), ["p"]);
    assert_eq!(py(&body(&["t = ([], p)", "g(t)", "sink(t[0][0])"])), ["?"]);
    assert_eq!(js("function f(p) { const o = {__proto__: p}; sink(o.x) }"), ["?"]);
}

#[test]
fn functions_that_hold_themselves() {
    assert_eq!(
        js("function f(p) { const g = function h(n) { const a = ['x', p]; sink(a[1]); return h; }; g() }"),
        ["?"]
    );
    assert_eq!(js("const g = function h(p) { const a = ['x', p]; sink(a[1]); setTimeout(h, 9); return h };"), ["p"]);
}

#[test]
fn what_puts_something_in_gives_no_answer() {
    assert_eq!(py(&body(&["lst = []", "lst.append(p)", "sink(lst.append(q))", "sink(lst[0])"])), ["?", "p"]);
    assert_eq!(py(&body(&["d = {}", "sink(d.setdefault('k', p))", "sink(d.setdefault('k', q))"])), ["?", "p"]);
}

/// A line written many times, with its number.
fn repeated(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn hostile_code_ends() {
    let indent = |depth: usize| "    ".repeat(depth + 1);
    let deep = indent(60);
    let loops = repeated(60, |at| format!("{}while p[n]:\n", indent(at)));
    let code = format!(
        "def f(p):\n    lst = ['a']\n    n = 0\n{loops}{deep}lst.append(p)\n{deep}n = n + 1\n    sink(lst[0])\n"
    );
    assert_eq!(py(&code), ["?"]);
    let tries = repeated(60, |at| format!("{}try:\n", indent(at)));
    let handlers = repeated(60, |at| format!("{0}except Exception:\n{0}    sink(lst[0])\n", indent(59 - at)));
    assert_eq!(py(&format!("def f(p):\n    lst = ['a']\n{tries}{deep}lst.append(p)\n{handlers}")).len(), 60);
    let long = repeated(20_000, |at| format!("    lst = lst + ['{at}']\n    lst.pop(0)\n"));
    assert_eq!(py(&format!("def f(p):\n    lst = ['a']\n{long}    sink(lst[0])\n")).len(), 1);
    let chain = vec!["['a']"; 3_000].join(" + ");
    assert_eq!(py(&format!("def f(p):\n    lst = {chain}\n    sink(lst[0])\n")), ["?"]);
    let branches = repeated(5_000, |at| format!("    if n == {at}:\n        lst.append(p)\n    n = n + 1\n"));
    assert_eq!(py(&format!("def f(p):\n    lst = ['a']\n    n = 1\n{branches}    sink(lst[0])\n")).len(), 1);
}
