//! Tests: patterns.

use insta::assert_snapshot;

use super::{body_of, js};

#[test]
fn objects() {
    assert_snapshot!(js("const { a, b: { c }, 'd-e': f, 3: g, [h]: i, ...j } = x; use(a, c, f, g, i, j)"), @r#"
    body 0 module
      b0:
        v0 = global x
        v1 = v0.a
        v2 = a := v1
        v3 = v0.b
        v4 = v3.c
        v5 = c := v4
        v6 = v0["d-e"]
        v7 = f := v6
        v8 = v0[3]
        v9 = g := v8
        v10 = global h
        v11 = v0[v10]
        v12 = i := v11
        v13 = dict(**v0)
        v14 = j := v13
        v15 = global use
        v16 = call v15(v2, v5, v7, v9, v12, v14)
    "#);
}

#[test]
fn arrays() {
    assert_snapshot!(js("const [a, , [b], ...c] = x; use(a, b, c)"), @"
    body 0 module
      b0:
        v0 = global x
        v1 = v0[0]
        v2 = a := v1
        v3 = v0[2]
        v4 = v3[0]
        v5 = b := v4
        v6 = const 3
        v7 = v0[v6:]
        v8 = c := v7
        v9 = global use
        v10 = call v9(v2, v5, v8)
    ");
}

#[test]
fn defaults_are_taken_on_one_way() {
    assert_snapshot!(js("const { a = f() } = x; use(a)"), @"
    body 0 module
      b0:
        v0 = global x
        v1 = v0.a
        v2 = const undefined
        v3 = StrictEq(v1, v2)
        if v3 b1 else b2
      b1: from b0
        v4 = global f
        v5 = call v4()
        jump b2
      b2: from b0, b1
        v6 = phi(v1, v5)
        v7 = a := v6
        v8 = global use
        v9 = call v8(v7)
    ");
}

#[test]
fn assignments() {
    assert_snapshot!(js("let a, b; ({ a, k: o.p = 1, ...b } = x); [a, o[i]] = y; [a, b] = [b, a]; use(a, b)"), @"
    body 0 module
      b0:
        v0 = global x
        v1 = v0.a
        v2 = a := v1
        v3 = v0.k
        v4 = const undefined
        v5 = StrictEq(v3, v4)
        if v5 b1 else b2
      b1: from b0
        v6 = const 1
        jump b2
      b2: from b0, b1
        v7 = phi(v3, v6)
        v8 = global o
        v9 = v8.p := v7
        v10 = dict(**v0)
        v11 = b := v10
        v12 = global y
        v13 = v12[0]
        v14 = a := v13
        v15 = v12[1]
        v16 = global o
        v17 = global i
        v18 = v16[v17] := v15
        v19 = list(v11, v14)
        v20 = v19[0]
        v21 = a := v20
        v22 = v19[1]
        v23 = b := v22
        v24 = global use
        v25 = call v24(v21, v23)
    ");
}

#[test]
fn parameters() {
    assert_snapshot!(body_of(&js("function f({ a, b = 1 }, [c], d = 2, ...[e]) { return a + b + c + d + e }"), "f"), @"
    body 1 function f(, , d = 1:v12, *) in 0
      b0:
        v0 = param 0
        v1 = v0.a
        v2 = a := v1
        v3 = v0.b
        v4 = const undefined
        v5 = StrictEq(v3, v4)
        if v5 b1 else b2
      b1: from b0
        v6 = const 1
        jump b2
      b2: from b0, b1
        v7 = phi(v3, v6)
        v8 = b := v7
        v9 = param 1
        v10 = v9[0]
        v11 = c := v10
        v12 = const 2
        v13 = param 2 d
        v14 = param 3
        v15 = v14[0]
        v16 = e := v15
        v17 = Add(v2, v8)
        v18 = Add(v17, v11)
        v19 = Add(v18, v13)
        v20 = Add(v19, v16)
        v21 = return v20
    ");
}

#[test]
fn functions_are_named_by_what_they_are_bound_to() {
    let dump = js(
        "const a = () => 1; let b; b = function () {}; o.c = async () => 1; ({ d: () => 1, e() {}, ['f']: () => 1 });
         const { g = () => 1 } = x; function h(i = () => 1) {} const j = class { k = () => 1; static l = function () {} };
         const m = function n() {}; run(() => 1); const p = (() => 1)",
    );
    let names: Vec<_> = dump.lines().filter(|line| line.starts_with("body ")).collect();
    assert_snapshot!(names.join("\n"), @"
    body 0 module
    body 1 function h(i = 1:v0) in 0
    body 2 lambda i in 1
    body 3 lambda a in 0
    body 4 function b in 0
    body 5 async lambda c in 0
    body 6 lambda d in 0
    body 7 function e in 0
    body 8 lambda f in 0
    body 9 lambda g in 0
    body 10 class j of class 0 in 0
    body 11 lambda k in 10
    body 12 function l in 10
    body 13 function n in 0
    body 14 lambda  in 0
    body 15 lambda p in 0
    ");
}
