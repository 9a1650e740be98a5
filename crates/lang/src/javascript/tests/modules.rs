//! Tests: modules.

use insta::assert_snapshot;

use super::{js, ts};

#[test]
fn imports() {
    assert_snapshot!(
        js("use(a, b); import a, { b, default as c, 'd-e' as d } from 'm'; import * as ns from 'n'; import 'side'; import {} from 'o';
            export const f = () => b;"),
        @r#"
    import 0 "m" default
    import 1 "m" named b
    import 2 "m" default
    import 3 "m" named d-e
    import 4 "n" module
    import 5 "side" effect
    import 6 "o" effect
    export f = var f
    body 0 module
      b0:
        v0 = import 0
        v1 = a := v0
        v2 = import 1
        v3 = b := v2
        v4 = import 2
        v5 = c := v4
        v6 = import 3
        v7 = d := v6
        v8 = import 4
        v9 = ns := v8
        v10 = global use
        v11 = call v10(v1, v3)
        v12 = closure 1 f
        v13 = f := v12
    body 1 lambda f in 0
      b0:
        v0 = outer 0.b
        v1 = return v0
    "#
    );
}

#[test]
fn imports_in_expressions() {
    assert_snapshot!(
        js("const a = require('a'); const { b } = require(`b`); require('c')(1).d; import('e').then(f); require(g); import(h);
            async function load() { const m = await import('i'); return m.default }"),
        @r#"
    import 0 "a" module require
    import 1 "b" module require
    import 2 "c" module require
    import 3 "e" module dynamic
    import 4 "i" module dynamic
    body 0 module
      b0:
        v0 = closure 1 load
        v1 = load := v0
        v2 = import 0
        v3 = a := v2
        v4 = import 1
        v5 = v4.b
        v6 = b := v5
        v7 = import 2
        v8 = const 1
        v9 = call v7(v8)
        v10 = v9.d
        v11 = import 3
        v12 = v11.then
        v13 = global f
        v14 = call v12(v13)
        v15 = global require
        v16 = global g
        v17 = call v15(v16)
        v18 = global h
        v19 = global import
        v20 = call v19(v18)
    body 1 async function load in 0
      b0:
        v0 = import 4
        v1 = await v0
        v2 = m := v1
        v3 = v2.default
        v4 = return v3
    "#
    );
    // A `require` of one's own is a function like any other.
    assert_snapshot!(js("function require(x) {} require('a')"), @r#"
    body 0 module
      b0:
        v0 = closure 1 require
        v1 = require := v0
        v2 = const "a"
        v3 = call v1(v2)
    body 1 function require(x) in 0
      b0:
        v0 = param 0 x
    "#);
}

#[test]
fn imports_are_in_source_order() {
    let dump = js(
        "const a = require('1'); import b from '2'; export { c } from '3'; f(); function f() { require('4') } require('5')",
    );
    let imports: Vec<_> = dump.lines().filter(|line| line.contains("import ")).map(str::trim).collect();
    assert_snapshot!(imports.join("\n"), @r#"
    import 0 "1" module require
    import 1 "2" default
    import 2 "3" named c
    import 3 "4" module require
    import 4 "5" module require
    export c = import 2
    v0 = import 1
    v4 = import 0
    v7 = import 4
    v0 = import 3
    "#);
}

#[test]
fn exports() {
    assert_snapshot!(
        js("import { i } from 'm'; export const a = 1, { b, c: [d], ...e } = x; export let f; export function g() {} export class H {}
            const j = 1; export { j as k, i, j as default, nowhere, j as 'l-m' };
            export { n, default as o, p as default } from 'q'; export * from 'r'; export * as s from 't'; export {} from 'u';"),
        @r#"
    import 0 "m" named i
    import 1 "q" named n
    import 2 "q" default
    import 3 "q" named p
    import 4 "r" star
    import 5 "t" module
    import 6 "u" effect
    export a = var a
    export b = var b
    export d = var d
    export e = var e
    export f = var f
    export g = var g
    export H = var H
    export k = var j
    export i = import 0
    export default = var j
    export nowhere = 0:v18
    export l-m = var j
    export n = import 1
    export o = import 2
    export default = import 3
    export * = import 4
    export s = import 5
    class 0 H body 2
    body 0 module
      b0:
        v0 = import 0
        v1 = i := v0
        v2 = closure 1 g
        v3 = g := v2
        v4 = const 1
        v5 = a := v4
        v6 = global x
        v7 = v6.b
        v8 = b := v7
        v9 = v6.c
        v10 = v9[0]
        v11 = d := v10
        v12 = dict(**v6)
        v13 = e := v12
        v14 = class 0 H
        v15 = H := v14
        v16 = const 1
        v17 = j := v16
        v18 = global nowhere
    body 1 function g in 0
      b0:
    body 2 class H of class 0 in 0
      b0:
    "#
    );
}

#[test]
fn default_exports() {
    assert_snapshot!(js("export default function () { return 1 }"), @"
    export default = 0:v0
    body 0 module
      b0:
        v0 = closure 1 default
    body 1 function default in 0
      b0:
        v0 = const 1
        v1 = return v0
    ");
    assert_snapshot!(js("export default function named() {}"), @"
    export default = var named
    body 0 module
      b0:
        v0 = closure 1 named
        v1 = named := v0
    body 1 function named in 0
      b0:
    ");
    assert_snapshot!(js("export default class { m() {} }"), @"
    export default = 0:v0
    class 0 default body 1
      method m body 2
    body 0 module
      b0:
        v0 = class 0 default
    body 1 class default of class 0 in 0
      b0:
    body 2 method m of class 0 in 1
      b0:
    ");
    assert_snapshot!(js("export default async (req) => req"), @"
    export default = 0:v0
    body 0 module
      b0:
        v0 = closure 1 default
    body 1 async lambda default(req) in 0
      b0:
        v0 = param 0 req
        v1 = return v0
    ");
    assert_snapshot!(js("const a = 1; export default a"), @"
    export default = 0:v1
    body 0 module
      b0:
        v0 = const 1
        v1 = a := v0
    ");
}

#[test]
fn typescript_forms() {
    assert_snapshot!(
        ts("import type A from 'a'; import { type B, C } from 'b'; import type * as D from 'd'; import e = require('e');
            import f = e.g.h; export type { A }; export interface I {} export type T = C; export { type B };
            export declare const x: number; export import k = require('k'); export type { L } from 'l'; export enum E { A }
            export namespace N { export const y = 1 } use(e, f);"),
        @r#"
    import 0 "a" default type
    import 1 "b" named B type
    import 2 "b" named C
    import 3 "d" module type
    import 4 "e" module require
    import 5 "k" module require
    import 6 "l" named L type
    export k = import 5
    export L = import 6
    export E = var E
    export N = var N
    body 0 module
      b0:
        v0 = import 0
        v1 = A := v0
        v2 = import 1
        v3 = B := v2
        v4 = import 2
        v5 = C := v4
        v6 = import 3
        v7 = D := v6
        v8 = import 4
        v9 = e := v8
        v10 = v9.g
        v11 = v10.h
        v12 = f := v11
        v13 = import 5
        v14 = k := v13
        v15 = const 0
        v16 = dict(["A"]: v15)
        v17 = E := v16
        v18 = dict()
        v19 = N := v18
        v20 = const 1
        v21 = y := v20
        v22 = v18.y := v21
        v23 = global use
        v24 = call v23(v9, v12)
    "#
    );
    assert_snapshot!(ts("class A {} export = A;"), @"
    export module.exports = 0:v1
    class 0 A body 1
    body 0 module
      b0:
        v0 = class 0 A
        v1 = A := v0
    body 1 class A of class 0 in 0
      b0:
    ");
}
