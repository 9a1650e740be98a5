//! Tests: functions.

use insta::assert_snapshot;

use super::{body_of, js, module, ts};
use crate::Dialect;

#[test]
fn kinds() {
    let dump = js("async function a() {} function* b() {} const c = async (x) => x; (async function* () {})()");
    let heads: Vec<_> = dump.lines().filter(|line| line.starts_with("body ")).collect();
    assert_snapshot!(heads.join("\n"), @"
    body 0 module
    body 1 async function a in 0
    body 2 generator function b in 0
    body 3 async lambda c(x) in 0
    body 4 async generator function  in 0
    ");
}

#[test]
fn arrows_return_their_expression() {
    assert_snapshot!(body_of(&js("const f = (a, b) => ({ a, b })"), "f"), @r#"
    body 1 lambda f(a, b) in 0
      b0:
        v0 = param 0 a
        v1 = param 1 b
        v2 = dict(["a"]: v0, ["b"]: v1)
        v3 = return v2
    "#);
}

#[test]
fn directives() {
    let module =
        module(Dialect::JavaScript, "'use server'; 'use strict'; async function f() { 'use server'; return 1 }");
    let names: Vec<_> = module.directives.iter().map(|&name| module.name(name)).collect();
    assert_eq!(names, ["use server", "use strict"]);
    assert_snapshot!(body_of(&super::text(&module), "f"), @r#"
    body 1 async function f in 0
      b0:
        v0 = const "use server"
        v1 = const 1
        v2 = return v1
    "#);
}

#[test]
fn names_point_at_the_name() {
    let source = "function first() {} const x = async () => 1; const o = { m() {} }; class C { n() {} }";
    let module = module(Dialect::JavaScript, source);
    let pointed: Vec<_> = module.bodies[1..]
        .iter()
        .map(|body| &source[body.name_span.start as usize..body.name_span.end as usize])
        .collect();
    assert_eq!(pointed, ["first", "async", "m", "C", "n"]);
}

#[test]
fn types_of_parameters() {
    assert_snapshot!(
        ts("import { Request, type Db } from 'm'; import * as ns from 'n';
            type Req = Request & { user: string }; interface Auth extends ns.Base {} class Own {}
            function f<T>(a: Request, b: Db | null, c: Promise<Own>, d: ns.A.B, e: Unknown, g: T, h: string | number,
                i: Req, j: Auth, k: import('p').Q, l: string, m: InstanceType<typeof Own>, n?: Partial<Own>[]) {}"),
        @r#"
    import 0 "m" named Request
    import 1 "m" named Db type
    import 2 "n" module
    import 3 "p" module type
    class 0 Own body 2
    body 0 module
      b0:
        v0 = import 0
        v1 = Request := v0
        v2 = import 1
        v3 = Db := v2
        v4 = import 2
        v5 = ns := v4
        v6 = closure 1 f
        v7 = f := v6
        v8 = class 0 Own
        v9 = Own := v8
    body 1 function f(a: 1:v0, b: 1:v2, c: 1:v4, d: 1:v8, e: 1:v10, g, h, i: 1:v14, j: 1:v17, k: 1:v20, l: 1:v22, m: 1:v24, n) in 0
      b0:
        v0 = outer 0.Request
        v1 = param 0 a
        v2 = outer 0.Db
        v3 = param 1 b
        v4 = outer 0.Own
        v5 = param 2 c
        v6 = outer 0.ns
        v7 = v6.A
        v8 = v7.B
        v9 = param 3 d
        v10 = global Unknown
        v11 = param 4 e
        v12 = param 5 g
        v13 = param 6 h
        v14 = outer 0.Request
        v15 = param 7 i
        v16 = outer 0.ns
        v17 = v16.Base
        v18 = param 8 j
        v19 = import 3
        v20 = v19.Q
        v21 = param 9 k
        v22 = global string
        v23 = param 10 l
        v24 = outer 0.Own
        v25 = param 11 m
        v26 = param 12 n
    body 2 class Own of class 0 in 0
      b0:
    "#
    );
}

#[test]
fn overloads_and_this_parameters_are_types_only() {
    assert_snapshot!(ts("function f(a: string): void; function f(a: any) { return a } function g(this: Own, x) { return x }"), @"
    body 0 module
      b0:
        v0 = closure 1 f
        v1 = f := v0
        v2 = closure 2 g
        v3 = g := v2
    body 1 function f(a) in 0
      b0:
        v0 = param 0 a
        v1 = return v0
    body 2 function g(x) in 0
      b0:
        v0 = param 0 x
        v1 = return v0
    ");
}
