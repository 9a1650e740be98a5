//! Tests: expressions.

use insta::assert_snapshot;

use super::{body_of, js, module, text};
use crate::Dialect;

#[test]
fn literals() {
    assert_snapshot!(js("f(1, 1.5, -2, 0x10, 10n, true, null, undefined, NaN, 's', /a+/gi, [1, , ...x])"), @r#"
    body 0 module
      b0:
        v0 = global f
        v1 = const 1
        v2 = const 1.5
        v3 = const 2
        v4 = const -2
        v5 = const 16
        v6 = const 10
        v7 = const true
        v8 = const null
        v9 = const undefined
        v10 = const NaN
        v11 = const "s"
        v12 = const /a+/gi
        v13 = const 1
        v14 = const undefined
        v15 = global x
        v16 = list(v13, v14, *v15)
        v17 = call v0(v1, v2, v4, v5, v6, v7, v8, v9, v10, v11, v12, v16)
    "#);
}

#[test]
fn strings_are_joined_flat() {
    assert_snapshot!(js("q = 'SELECT ' + a + ' FROM ' + `t${b}` + ('x' + 'y') + c"), @r#"
    body 0 module
      b0:
        v0 = const "SELECT "
        v1 = global a
        v2 = const " FROM "
        v3 = global b
        v4 = concat("t", v3)
        v5 = const "x"
        v6 = const "y"
        v7 = const "xy"
        v8 = global c
        v9 = concat("SELECT ", v1, " FROM t", v3, "xy", v8)
        v10 = global globalThis
        v11 = v10.q := v9
    "#);
    // Without a string, `+` stays an addition; it becomes a join from the first string on.
    assert_snapshot!(js("q = a + b + ' c' + 1 * 2 + d"), @r#"
    body 0 module
      b0:
        v0 = global a
        v1 = global b
        v2 = Add(v0, v1)
        v3 = const " c"
        v4 = const 1
        v5 = const 2
        v6 = Mul(v4, v5)
        v7 = global d
        v8 = concat(v2, " c", v6, v7)
        v9 = global globalThis
        v10 = v9.q := v8
    "#);
    assert_snapshot!(js("q = 'a' + 'b' + `c`"), @r#"
    body 0 module
      b0:
        v0 = const "a"
        v1 = const "b"
        v2 = const "c"
        v3 = const "abc"
        v4 = global globalThis
        v5 = v4.q := v3
    "#);
    assert_snapshot!(js("let s = 'a'; s += x; s = y + s; s = n.toString() + z; s = typeof s + String(z) + z"), @r#"
    body 0 module
      b0:
        v0 = const "a"
        v1 = s := v0
        v2 = global x
        v3 = concat(v1, v2)
        v4 = s := v3
        v5 = global y
        v6 = concat(v5, v4)
        v7 = s := v6
        v8 = global n
        v9 = v8.toString
        v10 = call v9()
        v11 = global z
        v12 = concat(v10, v11)
        v13 = s := v12
        v14 = TypeOf(v13)
        v15 = global String
        v16 = global z
        v17 = call v15(v16)
        v18 = global z
        v19 = concat(v14, v17, v18)
        v20 = s := v19
    "#);
}

#[test]
fn templates() {
    assert_snapshot!(js("`a${b}c${d}`; `plain`; ``; sql`SELECT ${a} FROM ${b}`; String.raw`\\u`"), @r#"
    body 0 module
      b0:
        v0 = global b
        v1 = global d
        v2 = concat("a", v0, "c", v1)
        v3 = const "plain"
        v4 = const ""
        v5 = global sql
        v6 = const "SELECT "
        v7 = const " FROM "
        v8 = const ""
        v9 = list(v6, v7, v8)
        v10 = global a
        v11 = global b
        v12 = call v5(v9, v10, v11)
        v13 = global String
        v14 = v13.raw
        v15 = const "\\u"
        v16 = list(v15)
        v17 = call v14(v16)
    "#);
}

#[test]
fn members_and_calls() {
    assert_snapshot!(js("a.b['c'][0][d].e(f, ...g)(h); new K(1).m(); new K; a.b`x`"), @r#"
    body 0 module
      b0:
        v0 = global a
        v1 = v0.b
        v2 = v1["c"]
        v3 = v2[0]
        v4 = global d
        v5 = v3[v4]
        v6 = v5.e
        v7 = global f
        v8 = global g
        v9 = call v6(v7, *v8)
        v10 = global h
        v11 = call v9(v10)
        v12 = global K
        v13 = const 1
        v14 = new v12(v13)
        v15 = v14.m
        v16 = call v15()
        v17 = global K
        v18 = new v17()
        v19 = global a
        v20 = v19.b
        v21 = const "x"
        v22 = list(v21)
        v23 = call v20(v22)
    "#);
    assert_snapshot!(js("a?.b?.[c]?.(d).e; (a?.b).c; delete a?.b"), @"
    body 0 module
      b0:
        v0 = global a
        v1 = v0.b
        v2 = global c
        v3 = v1[v2]
        v4 = global d
        v5 = call v3(v4)
        v6 = v5.e
        v7 = global a
        v8 = v7.b
        v9 = v8.c
        v10 = global a
        v11 = v10.b
        v12 = Delete(v11)
    ");
    assert_snapshot!(js("class A { #p; f(o) { return #p in o && o.#p.q; } }").lines().last().unwrap(), @"    jump b1");
}

#[test]
fn objects() {
    assert_snapshot!(
        js("x = { a, 'b-c': 1, 2: 3, [k]: 4, ['l']: 5, ...rest, m() {}, get g() { return 7 }, set g(v) {}, f: () => 1 }"),
        @r#"
    body 0 module
      b0:
        v0 = global a
        v1 = const 1
        v2 = const 3
        v3 = global k
        v4 = const 4
        v5 = const 5
        v6 = global rest
        v7 = closure 1 m
        v8 = closure 2 g
        v9 = call v8()
        v10 = closure 3 g
        v11 = closure 4 f
        v12 = dict(["a"]: v0, ["b-c"]: v1, [2]: v2, [v3]: v4, ["l"]: v5, **v6, ["m"]: v7, ["g"]: v9, ["f"]: v11)
        v13 = global globalThis
        v14 = v13.x := v12
    body 1 function m in 0
      b0:
    body 2 function g in 0
      b0:
        v0 = const 7
        v1 = return v0
    body 3 function g(v) in 0
      b0:
        v0 = param 0 v
    body 4 lambda f in 0
      b0:
        v0 = const 1
        v1 = return v0
    "#
    );
}

#[test]
fn logic_branches() {
    assert_snapshot!(js("x = (a && b || c) ?? d"), @"
    body 0 module
      b0:
        v0 = global a
        if v0 b4 else b3
      b1: from b2, b6
        v8 = phi(v4, v7)
        v9 = global globalThis
        v10 = v9.x := v8
      b2: from b3, b5
        v4 = phi(v2, v3)
        v5 = const null
        v6 = Eq(v4, v5)
        if v6 b6 else b1
      b3: from b0, b4
        v2 = phi(v0, v1)
        if v2 b2 else b5
      b4: from b0
        v1 = global b
        jump b3
      b5: from b3
        v3 = global c
        jump b2
      b6: from b2
        v7 = global d
        jump b1
    ");
    assert_snapshot!(js("x = a ?? b"), @"
    body 0 module
      b0:
        v0 = global a
        v1 = const null
        v2 = Eq(v0, v1)
        if v2 b2 else b1
      b1: from b0, b2
        v4 = phi(v0, v3)
        v5 = global globalThis
        v6 = v5.x := v4
      b2: from b0
        v3 = global b
        jump b1
    ");
    assert_snapshot!(js("x = a ? b : c ? d : e"), @"
    body 0 module
      b0:
        v0 = global a
        if v0 b2 else b3
      b1: from b2, b4, b5
        v5 = phi(v1, v3, v4)
        v6 = global globalThis
        v7 = v6.x := v5
      b2: from b0
        v1 = global b
        jump b1
      b3: from b0
        v2 = global c
        if v2 b4 else b5
      b4: from b3
        v3 = global d
        jump b1
      b5: from b3
        v4 = global e
        jump b1
    ");
    assert_snapshot!(js("let x = a; x ||= f(); o.p ??= g(); x"), @"
    body 0 module
      b0:
        v0 = global a
        v1 = x := v0
        if v1 b2 else b1
      b1: from b0
        v2 = global f
        v3 = call v2()
        v4 = x := v3
        jump b2
      b2: from b0, b1
        v5 = phi(v1, v3)
        v14 = phi(v1, v4)
        v6 = global o
        v7 = v6.p
        v8 = const null
        v9 = Eq(v7, v8)
        if v9 b3 else b4
      b3: from b2
        v10 = global g
        v11 = call v10()
        v12 = v6.p := v11
        jump b4
      b4: from b2, b3
        v13 = phi(v7, v11)
    ");
}

#[test]
fn assignments() {
    assert_snapshot!(js("let x = 1; x += 2; x **= 3; y = x++; z = --x; o.p -= 1; o[k] = x; a = b = c; x"), @"
    body 0 module
      b0:
        v0 = const 1
        v1 = x := v0
        v2 = const 2
        v3 = Add(v1, v2)
        v4 = x := v3
        v5 = const 3
        v6 = Pow(v4, v5)
        v7 = x := v6
        v8 = const 1
        v9 = Add(v7, v8)
        v10 = x := v9
        v11 = global globalThis
        v12 = v11.y := v7
        v13 = const 1
        v14 = Sub(v10, v13)
        v15 = x := v14
        v16 = global globalThis
        v17 = v16.z := v14
        v18 = global o
        v19 = v18.p
        v20 = const 1
        v21 = Sub(v19, v20)
        v22 = v18.p := v21
        v23 = global o
        v24 = global k
        v25 = v23[v24] := v15
        v26 = global c
        v27 = global globalThis
        v28 = v27.b := v26
        v29 = global globalThis
        v30 = v29.a := v26
    ");
}

#[test]
fn the_rest() {
    assert_snapshot!(js("x = (a, b, c); void 0; typeof a; ~a; !a; a in b; a instanceof B; a >>> 1; function F() { new.target }"), @"
    body 0 module
      b0:
        v0 = closure 1 F
        v1 = F := v0
        v2 = global a
        v3 = global b
        v4 = global c
        v5 = global globalThis
        v6 = v5.x := v4
        v7 = const 0
        v8 = Void(v7)
        v9 = global a
        v10 = TypeOf(v9)
        v11 = global a
        v12 = BitNot(v11)
        v13 = global a
        v14 = Not(v13)
        v15 = global a
        v16 = global b
        v17 = In(v15, v16)
        v18 = global a
        v19 = global B
        v20 = InstanceOf(v18, v19)
        v21 = global a
        v22 = const 1
        v23 = Shr(v21, v22)
    body 1 function F in 0
      b0:
        v0 = global new.target
    ");
    assert_snapshot!(body_of(&js("async function* f() { const a = await b; yield; const c = yield a; yield* d(); }"), "f"), @"
    body 1 async generator function f in 0
      b0:
        v0 = global b
        v1 = await v0
        v2 = a := v1
        v3 = const undefined
        v4 = yield v3
        v5 = yield v2
        v6 = c := v5
        v7 = global d
        v8 = call v7()
        v9 = element v8
        v10 = yield v9
    ");
}

#[test]
fn jsx_mixes_what_goes_in() {
    let module = module(
        Dialect::Tsx,
        "const e = <Page title=\"t\" id={id} {...props}>text {name} <><b dangerouslySetInnerHTML={{ __html: h }} /></>{...xs}</Page>;",
    );
    assert_snapshot!(text(&module), @r#"
    body 0 module
      b0:
        v0 = global id
        v1 = global props
        v2 = global name
        v3 = global h
        v4 = dict(["__html"]: v3)
        v5 = global xs
        v6 = mix(v0, v1, v2, v4, v5)
        v7 = e := v6
    "#);
}
