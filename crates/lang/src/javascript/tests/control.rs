//! Tests: control.

use insta::assert_snapshot;

use super::{body_of, js};

#[test]
fn conditions_branch_by_their_operands() {
    assert_snapshot!(js("if (!a && (b || !c)) f(); else if (d) g(); else h(); i()"), @"
    body 0 module
      b0:
        v0 = global a
        if v0 b3 else b4
      b1: from b2, b6, b7
        v10 = global i
        v11 = call v10()
      b2: from b4, b5
        v3 = global f
        v4 = call v3()
        jump b1
      b3: from b0, b5
        v5 = global d
        if v5 b6 else b7
      b4: from b0
        v1 = global b
        if v1 b2 else b5
      b5: from b4
        v2 = global c
        if v2 b3 else b2
      b6: from b3
        v6 = global g
        v7 = call v6()
        jump b1
      b7: from b3
        v8 = global h
        v9 = call v8()
        jump b1
    ");
}

#[test]
fn values_meet_after_branches() {
    assert_snapshot!(js("let x; if (a) x = 1; else x = 2; use(x)"), @"
    body 0 module
      b0:
        v0 = global a
        if v0 b2 else b3
      b1: from b2, b3
        v6 = phi(v2, v4)
        v5 = global use
        v7 = call v5(v6)
      b2: from b0
        v1 = const 1
        v2 = x := v1
        jump b1
      b3: from b0
        v3 = const 2
        v4 = x := v3
        jump b1
    ");
}

#[test]
fn loops() {
    assert_snapshot!(js("let i = 0; while (i < n) { if (a) break; if (b) continue; i++; } use(i)"), @"
    body 0 module
      b0:
        v0 = const 0
        v1 = i := v0
        jump b1
      b1: from b0, b7, b6
        v2 = phi(v1, v2, v9)
        v3 = global n
        v4 = Lt(v2, v3)
        if v4 b2 else b3
      b2: from b1
        v5 = global a
        if v5 b5 else b4
      b3: from b1, b5
        v10 = global use
        v11 = call v10(v2)
      b4: from b2
        v6 = global b
        if v6 b7 else b6
      b5: from b2
        jump b3
      b6: from b4
        v7 = const 1
        v8 = Add(v2, v7)
        v9 = i := v8
        jump b1
      b7: from b4
        jump b1
    ");
    assert_snapshot!(js("let i = 0; do { i = f(i); } while (i); for (;;) { g(); }"), @"
    body 0 module
      b0:
        v0 = const 0
        v1 = i := v0
        jump b2
      b1: from b2
        if v5 b2 else b3
      b2: from b0, b1
        v3 = phi(v1, v5)
        v2 = global f
        v4 = call v2(v3)
        v5 = i := v4
        jump b1
      b3: from b1
        jump b4
      b4: from b3, b7
        jump b5
      b5: from b4
        v6 = global g
        v7 = call v6()
        jump b7
      b6:
      b7: from b5
        jump b4
    ");
}

#[test]
fn for_loops() {
    assert_snapshot!(js("for (let i = 0; i < 9; i++) f(i)"), @"
    body 0 module
      b0:
        v0 = const 0
        v1 = i := v0
        jump b1
      b1: from b0, b4
        v2 = phi(v1, v9)
        v3 = const 9
        v4 = Lt(v2, v3)
        if v4 b2 else b3
      b2: from b1
        v5 = global f
        v6 = call v5(v2)
        jump b4
      b3: from b1
      b4: from b2
        v7 = const 1
        v8 = Add(v2, v7)
        v9 = i := v8
        jump b1
    ");
    assert_snapshot!(js("for (const [k, v] of xs) f(k, v); for (o.p in q) g(o); for (x of y) ;"), @"
    body 0 module
      b0:
        v0 = global xs
        jump b1
      b1: from b0, b2
        v1 = mix(v0)
        if v1 b2 else b3
      b2: from b1
        v2 = element v0
        v3 = v2[0]
        v4 = k := v3
        v5 = v2[1]
        v6 = v := v5
        v7 = global f
        v8 = call v7(v4, v6)
        jump b1
      b3: from b1
        v9 = global q
        jump b4
      b4: from b3, b5
        v10 = mix(v9)
        if v10 b5 else b6
      b5: from b4
        v11 = mix(v9)
        v12 = global o
        v13 = v12.p := v11
        v14 = global g
        v15 = global o
        v16 = call v14(v15)
        jump b4
      b6: from b4
        v17 = global y
        jump b7
      b7: from b6, b8
        v18 = mix(v17)
        if v18 b8 else b9
      b8: from b7
        v19 = element v17
        v20 = global globalThis
        v21 = v20.x := v19
        jump b7
      b9: from b7
    ");
    assert_snapshot!(body_of(&js("async function f() { for await (const x of xs) g(x) }"), "f"), @"
    body 1 async function f in 0
      b0:
        v0 = global xs
        jump b1
      b1: from b0, b2
        v1 = mix(v0)
        if v1 b2 else b3
      b2: from b1
        v2 = element v0
        v3 = await v2
        v4 = x := v3
        v5 = global g
        v6 = call v5(v4)
        jump b1
      b3: from b1
    ");
}

#[test]
fn labels() {
    assert_snapshot!(
        js("outer: for (const a of b) { for (const c of a) { if (c) continue outer; if (d) break outer; } } block: { if (e) break block; f(); } g()"),
        @"
    body 0 module
      b0:
        v0 = global b
        jump b1
      b1: from b0, b8, b6
        v1 = mix(v0)
        if v1 b2 else b3
      b2: from b1
        v2 = element v0
        v3 = a := v2
        jump b4
      b3: from b1, b10
        v8 = global e
        if v8 b13 else b12
      b4: from b2, b9
        v4 = mix(v3)
        if v4 b5 else b6
      b5: from b4
        v5 = element v3
        v6 = c := v5
        if v6 b8 else b7
      b6: from b4
        jump b1
      b7: from b5
        v7 = global d
        if v7 b10 else b9
      b8: from b5
        jump b1
      b9: from b7
        jump b4
      b10: from b7
        jump b3
      b11: from b13, b12
        v11 = global g
        v12 = call v11()
      b12: from b3
        v9 = global f
        v10 = call v9()
        jump b11
      b13: from b3
        jump b11
    "
    );
}

#[test]
fn switches() {
    assert_snapshot!(js("switch (a) { case 1: f(); case 'b': g(); break; default: h(); case c: i(); } j()"), @r#"
    body 0 module
      b0:
        v0 = global a
        v1 = const 1
        v2 = StrictEq(v0, v1)
        if v2 b2 else b6
      b1: from b3, b5
        v15 = global j
        v16 = call v15()
      b2: from b0
        v7 = global f
        v8 = call v7()
        jump b3
      b3: from b6, b2
        v9 = global g
        v10 = call v9()
        jump b1
      b4: from b8
        v11 = global h
        v12 = call v11()
        jump b5
      b5: from b7, b4
        v13 = global i
        v14 = call v13()
        jump b1
      b6: from b0
        v3 = const "b"
        v4 = StrictEq(v0, v3)
        if v4 b3 else b7
      b7: from b6
        v5 = global c
        v6 = StrictEq(v0, v5)
        if v6 b5 else b8
      b8: from b7
        jump b4
    "#);
    assert_snapshot!(js("switch (true) { case a && b: f(); break; case c > 1: g(); }"), @"
    body 0 module
      b0:
        v0 = global a
        if v0 b5 else b4
      b1: from b6, b2, b3
      b2: from b5
        v5 = global f
        v6 = call v5()
        jump b1
      b3: from b4
        v7 = global g
        v8 = call v7()
        jump b1
      b4: from b0, b5
        v2 = global c
        v3 = const 1
        v4 = Gt(v2, v3)
        if v4 b3 else b6
      b5: from b0
        v1 = global b
        if v1 b2 else b4
      b6: from b4
        jump b1
    ");
}

#[test]
fn exceptions() {
    assert_snapshot!(js("let x = 1; try { x = 2; f(x); } catch { x = 3; } use(x)"), @"
    body 0 module
      try 1:16..1:32 except() v6 at 1:39..1:49
      b0:
        v0 = const 1
        v1 = x := v0
        jump b3
      b1: from b0, b3
        v6 = caught
        v7 = const 3
        v8 = x := v7
        jump b2
      b2: from b3, b1
        v10 = phi(v3, v8)
        v9 = global use
        v11 = call v9(v10)
      b3: from b0
        v2 = const 2
        v3 = x := v2
        v4 = global f
        v5 = call v4(v3)
        jump b2
    ");
    assert_snapshot!(js("try { f(); } catch ({ message }) { g(message); } finally { h(); } i()"), @"
    body 0 module
      try 1:5..1:13 except() v2 at 1:34..1:49 finally
      b0:
        jump b4
      b1: from b0, b4
        v2 = caught
        v3 = v2.message
        v4 = message := v3
        v5 = global g
        v6 = call v5(v4)
        jump b2
      b2: from b4, b1, b1
        v7 = global h
        v8 = call v7()
        jump b3
      b3: from b2
        v9 = global i
        v10 = call v9()
      b4: from b0
        v0 = global f
        v1 = call v0()
        jump b2
    ");
    assert_snapshot!(body_of(&js("function f() { try { return a(); } finally { b(); } c(); }"), "f"), @"
    body 1 function f in 0
      try 1:20..1:35 finally
      b0:
        jump b3
      b1: from b0, b3
        v3 = global b
        v4 = call v3()
      b2:
        v5 = global c
        v6 = call v5()
      b3: from b0
        v0 = global a
        v1 = call v0()
        v2 = return v1
    ");
    assert_snapshot!(js("try { try { a(); } finally { b(); } } catch (e) { throw new Error(e) }"), @"
    body 0 module
      try 1:5..1:38 except() v4 at 1:49..1:71
      try 1:11..1:19 finally
      b0:
        jump b3
      b1: from b0, b3, b4, b5
        v4 = caught
        v5 = e := v4
        v6 = global Error
        v7 = new v6(v5)
        v8 = throw v7
      b2: from b5
      b3: from b0
        jump b6
      b4: from b3, b6, b6
        v2 = global b
        v3 = call v2()
        jump b5
      b5: from b4
        jump b2
      b6: from b3
        v0 = global a
        v1 = call v0()
        jump b4
    ");
}

#[test]
fn code_after_a_return_is_still_lowered() {
    assert_snapshot!(body_of(&js("function f(a) { return 1; function g() {} if (a) { a = b ? c : d; } }"), "f"), @"
    body 1 function f(a) in 0
      b0:
        v0 = param 0 a
        v1 = closure 2 g
        v2 = g := v1
        v3 = const 1
        v4 = return v3
      b1:
      b2:
        v6 = global b
      b3:
        v5 = const undefined
      b4:
        v9 = const undefined
        v10 = a := v9
      b5:
        v7 = global c
      b6:
        v8 = global d
    ");
}
