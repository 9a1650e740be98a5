//! Tests: typescript.

use insta::assert_snapshot;

use super::{js, ts};

#[test]
fn types_are_erased() {
    assert_snapshot!(
        ts("type A = string; interface B {} declare function f(): void; declare const g: any; declare module 'x' { }
            declare global { interface Window {} } declare namespace N { const z: number }
            let x = (y as any)!.z satisfies A; (x as any) = <A>y; h<A>(x!); const k = h<B>;"),
        @"
    body 0 module
      b0:
        v0 = global y
        v1 = v0.z
        v2 = x := v1
        v3 = global y
        v4 = x := v3
        v5 = global h
        v6 = call v5(v4)
        v7 = global h
        v8 = k := v7
    "
    );
}

#[test]
fn enums() {
    assert_snapshot!(ts("enum E { A, B = 5, C, 'd-e' = 'x', F = B << 1, G = f() } const enum H { A = 'a' } use(E.A, H.A)"), @r#"
    body 0 module
      b0:
        v0 = const 0
        v1 = const 5
        v2 = B := v1
        v3 = const 6
        v4 = const "x"
        v5 = const 1
        v6 = Shl(v2, v5)
        v7 = global f
        v8 = call v7()
        v9 = dict(["A"]: v0, ["B"]: v1, ["C"]: v3, ["d-e"]: v4, ["F"]: v6, ["G"]: v8)
        v10 = E := v9
        v11 = const "a"
        v12 = dict(["A"]: v11)
        v13 = H := v12
        v14 = global use
        v15 = v10.A
        v16 = v13.A
        v17 = call v14(v15, v16)
    "#);
}

#[test]
fn namespaces() {
    assert_snapshot!(
        ts("namespace A { const hidden = 1; export const b = hidden; export function f() { return b } export namespace C { export class D {} } }
            namespace A { export const later = 2 } namespace X.Y { export let z = 1 } namespace Types { export type T = 1 } use(A.b)"),
        @"
    class 0 D body 2
    body 0 module
      b0:
        v0 = dict()
        v1 = A := v0
        v2 = closure 1 f
        v3 = f := v2
        v4 = const 1
        v5 = hidden := v4
        v6 = b := v5
        v7 = v0.b := v6
        v8 = v0.f := v3
        v9 = dict()
        v10 = C := v9
        v11 = class 0 D
        v12 = D := v11
        v13 = v9.D := v12
        v14 = v0.C := v10
        v15 = const 2
        v16 = later := v15
        v17 = v1.later := v16
        v18 = dict()
        v19 = X := v18
        v20 = dict()
        v21 = Y := v20
        v22 = const 1
        v23 = z := v22
        v24 = v20.z := v23
        v25 = v18.Y := v20
        v26 = global use
        v27 = v1.b
        v28 = call v26(v27)
    body 1 function f in 0
      b0:
        v0 = outer 0.b
        v1 = return v0
    body 2 class D of class 0 in 0
      b0:
    "
    );
    assert_snapshot!(ts("function f() {} namespace f { export const config = 1 }"), @"
    body 0 module
      b0:
        v0 = closure 1 f
        v1 = f := v0
        v2 = const 1
        v3 = config := v2
        v4 = v1.config := v3
    body 1 function f in 0
      b0:
    ");
}

#[test]
fn typed_javascript_is_understood() {
    assert_snapshot!(js("/* typed */ function f(a: string): number { return a }"), @"
    body 0 module
      b0:
        v0 = closure 1 f
        v1 = f := v0
    body 1 function f(a: 1:v0) in 0
      b0:
        v0 = global string
        v1 = param 0 a
        v2 = return v1
    ");
}
