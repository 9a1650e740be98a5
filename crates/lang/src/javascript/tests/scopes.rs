//! Tests: scopes.

use insta::assert_snapshot;

use super::{body_of, js};

#[test]
fn reads_and_writes_across_functions() {
    assert_snapshot!(js("let n = 0; const k = 1; function f() { n = n + k; return () => n; } use(n, k)"), @"
    body 0 module
      var n written by 1:v2, 0:v3
      b0:
        v0 = closure 1 f
        v1 = f := v0
        v2 = const 0
        v3 = n := v2
        v4 = const 1
        v5 = k := v4
        v6 = global use
        v7 = outer 0.n
        v8 = call v6(v7, v5)
    body 1 function f in 0
      b0:
        v0 = outer 0.n
        v1 = outer 0.k
        v2 = Add(v0, v1)
        v3 = outer 0.n := v2
        v4 = closure 2
        v5 = return v4
    body 2 lambda  in 1
      b0:
        v0 = outer 0.n
        v1 = return v0
    ");
}

#[test]
fn a_variable_written_elsewhere_is_unknown_at_home() {
    let dump = js("function f() { let a = 1; let b = 2; g(() => { a = 3; }); return a + b; }");
    assert_snapshot!(body_of(&dump, "f"), @"
    body 1 function f in 0
      var a written by 1:v1, 2:v0
      b0:
        v0 = const 1
        v1 = a := v0
        v2 = const 2
        v3 = b := v2
        v4 = global g
        v5 = closure 2
        v6 = call v4(v5)
        v7 = outer 1.a
        v8 = Add(v7, v3)
        v9 = return v8
    ");
}

#[test]
fn functions_are_hoisted() {
    assert_snapshot!(js("f(); function f() { return g; } { h(); function h() {} } function g() {}"), @"
    body 0 module
      b0:
        v0 = closure 1 f
        v1 = f := v0
        v2 = closure 2 g
        v3 = g := v2
        v4 = call v1()
        v5 = closure 3 h
        v6 = h := v5
        v7 = call v6()
    body 1 function f in 0
      b0:
        v0 = outer 0.g
        v1 = return v0
    body 2 function g in 0
      b0:
    body 3 function h in 0
      b0:
    ");
}

#[test]
fn shadowing() {
    assert_snapshot!(js("let a = 1; { let a = 2; use(a); } use(a); function f(a) { { const a = 3; use(a); } return a }"), @"
    body 0 module
      b0:
        v0 = closure 1 f
        v1 = f := v0
        v2 = const 1
        v3 = a := v2
        v4 = const 2
        v5 = a := v4
        v6 = global use
        v7 = call v6(v5)
        v8 = global use
        v9 = call v8(v3)
    body 1 function f(a) in 0
      b0:
        v0 = param 0 a
        v1 = const 3
        v2 = a := v1
        v3 = global use
        v4 = call v3(v2)
        v5 = return v0
    ");
}

#[test]
fn loops_and_closures() {
    assert_snapshot!(js("for (let i = 0; i < 3; i++) { let seen; if (i) seen = i; run(() => seen); }"), @"
    body 0 module
      b0:
        v0 = const 0
        v1 = i := v0
        jump b1
      b1: from b0, b4
        v2 = phi(v1, v13)
        v3 = const 3
        v4 = Lt(v2, v3)
        if v4 b2 else b3
      b2: from b1
        v5 = const undefined
        v6 = seen := v5
        if v2 b6 else b5
      b3: from b1
      b4: from b5
        v11 = const 1
        v12 = Add(v2, v11)
        v13 = i := v12
        jump b1
      b5: from b2, b6
        v8 = global run
        v9 = closure 1
        v10 = call v8(v9)
        jump b4
      b6: from b2
        v7 = seen := v2
        jump b5
    body 1 lambda  in 0
      b0:
        v0 = outer 0.seen
        v1 = return v0
    ");
}

#[test]
fn own_name_of_a_function_expression() {
    let dump = js("const fact = function self(n) { return n ? self(n - 1) : run(() => self) }");
    assert_snapshot!(body_of(&dump, "self"), @"
    body 1 function self(n) in 0
      b0:
        v0 = closure 1 self
        v1 = self := v0
        v2 = param 0 n
        if v2 b2 else b3
      b1: from b2, b3
        v9 = phi(v5, v8)
        v10 = return v9
      b2: from b0
        v3 = const 1
        v4 = Sub(v2, v3)
        v5 = call v1(v4)
        jump b1
      b3: from b0
        v6 = global run
        v7 = closure 2
        v8 = call v6(v7)
        jump b1
    ");
}

#[test]
fn writes_from_class_code() {
    assert_snapshot!(js("let n = 0; class A { static x = n++; static { n = 5; let own = n; use(own); } } use(n)"), @"
    class 0 A body 1
      field static x = 1:v4
    body 0 module
      var n written by 0:v1, 1:v2, 1:v5
      b0:
        v0 = const 0
        v1 = n := v0
        v2 = class 0 A
        v3 = A := v2
        v4 = global use
        v5 = outer 0.n
        v6 = call v4(v5)
    body 1 class A of class 0 in 0
      b0:
        v0 = outer 0.n
        v1 = const 1
        v2 = Add(v0, v1)
        v3 = outer 0.n := v2
        v4 = x := v0
        v5 = const 5
        v6 = outer 0.n := v5
        v7 = outer 0.n
        v8 = own := v7
        v9 = global use
        v10 = call v9(v8)
    ");
}

#[test]
fn globals() {
    assert_snapshot!(js("leak = 1; use(leak, arguments, this); with (o) { p(q) }"), @"
    body 0 module
      b0:
        v0 = const 1
        v1 = global globalThis
        v2 = v1.leak := v0
        v3 = global use
        v4 = global leak
        v5 = global arguments
        v6 = this
        v7 = call v3(v4, v5, v6)
        v8 = global o
        v9 = global p
        v10 = global q
        v11 = call v9(v10)
    ");
}
