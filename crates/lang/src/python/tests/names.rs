//! Names, scopes and imports.

use super::{count, ir, ir_of, module};
use crate::ir::{BodyId, ImportItem, Op};

#[test]
fn imports() {
    insta::assert_snapshot!(ir("
        import a.b.c, d as e
        import f.g as h
        from . import i
        from ..j.k import l as m, n
        from o import *
        def late():
            import p
            return p
    "), @r#"
    import 0 "a" module
    import 1 "a.b.c" effect
    import 2 "d" module
    import 3 "f.g" module
    import 4 "." named i
    import 5 "..j.k" named l
    import 6 "..j.k" named n
    import 7 "o" star
    import 8 "p" module
    body 0 module 
      b0:
        v0 = import 0
        v1 = a := v0
        v2 = import 2
        v3 = e := v2
        v4 = import 3
        v5 = h := v4
        v6 = import 4
        v7 = i := v6
        v8 = import 5
        v9 = m := v8
        v10 = import 6
        v11 = n := v10
        v12 = closure 1 late
        v13 = late := v12
    body 1 function late in 0
      b0:
        v0 = import 8
        v1 = p := v0
        v2 = return v1
    "#);
}

#[test]
fn dynamic_imports() {
    insta::assert_snapshot!(ir("
        import importlib
        from importlib import import_module
        a = __import__('b.c')
        d = importlib.import_module('e.f')
        g = import_module('..h', __package__)
        i = import_module(name)
    "), @r#"
    import 0 "importlib" module
    import 1 "importlib" named import_module
    import 2 "b" module dynamic
    import 3 "b.c" effect dynamic
    import 4 "e.f" module dynamic
    import 5 "..h" module dynamic
    body 0 module 
      b0:
        v0 = import 0
        v1 = importlib := v0
        v2 = import 1
        v3 = import_module := v2
        v4 = import 2
        v5 = a := v4
        v6 = import 4
        v7 = d := v6
        v8 = import 5
        v9 = g := v8
        v10 = global name
        v11 = call v3(v10)
        v12 = i := v11
    "#);
}

#[test]
fn module_level_reads_follow_the_flow() {
    insta::assert_snapshot!(ir("
        x = 1
        f(x)
        if c:
            x = 2
        f(x)
    "), @r#"
    body 0 module 
      b0:
        v0 = const 1
        v1 = x := v0
        v2 = global f
        v3 = call v2(v1)
        v4 = global c
        if v4 b2 else b3
      b1: from b2, b3
        v8 = phi(v6, v1)
        v7 = global f
        v9 = call v7(v8)
      b2: from b0
        v5 = const 2
        v6 = x := v5
        jump b1
      b3: from b0
        jump b1
    "#);
}

#[test]
fn functions_read_outer_variables_by_reference() {
    insta::assert_snapshot!(ir("
        x = 1
        def f():
            y = x
            def g():
                return x, y, unknown
            return g
    "), @r#"
    body 0 module 
      b0:
        v0 = const 1
        v1 = x := v0
        v2 = closure 1 f
        v3 = f := v2
    body 1 function f in 0
      b0:
        v0 = outer 0.x
        v1 = y := v0
        v2 = closure 2 g
        v3 = g := v2
        v4 = return v3
    body 2 function g in 1
      b0:
        v0 = outer 0.x
        v1 = outer 1.y
        v2 = global unknown
        v3 = tuple(v0, v1, v2)
        v4 = return v3
    "#);
}

#[test]
fn global_and_nonlocal_writes() {
    insta::assert_snapshot!(ir("
        count = 0
        def f():
            global count, made
            count += 1
            made = 2
            n = 0
            def g():
                nonlocal n
                n = n + 1
            g()
            return n
        print(count)
    "), @r#"
    body 0 module 
      var count written by 0:v1, 1:v2
      var made written by 1:v4
      b0:
        v0 = const 0
        v1 = count := v0
        v2 = closure 1 f
        v3 = f := v2
        v4 = global print
        v5 = outer 0.count
        v6 = call v4(v5)
    body 1 function f in 0
      var n written by 1:v7, 2:v2
      b0:
        v0 = outer 0.count
        v1 = const 1
        v2 = Add(v0, v1)
        v3 = outer 0.count := v2
        v4 = const 2
        v5 = outer 0.made := v4
        v6 = const 0
        v7 = n := v6
        v8 = closure 2 g
        v9 = g := v8
        v10 = call v9()
        v11 = outer 1.n
        v12 = return v11
    body 2 function g in 1
      b0:
        v0 = outer 1.n
        v1 = const 1
        v2 = Add(v0, v1)
        v3 = outer 1.n := v2
    "#);
}

#[test]
fn nonlocal_through_a_function_that_does_not_bind_the_name() {
    let module = module(
        "def f():\n    n = 0\n    def g():\n        def h():\n            nonlocal n\n            n = 1\n    return n\n",
    );
    let outer_reads = count(&module, BodyId(1), |op| matches!(op, Op::Outer(BodyId(1), _)));
    assert_eq!(outer_reads, 1, "f must read n flow-insensitively");
}

#[test]
fn a_name_bound_anywhere_is_local_everywhere() {
    insta::assert_snapshot!(ir_of(1, "
        x = 1
        def f():
            print(x)
            x = 2
    "), @r#"
    body 1 function f in 0
      b0:
        v1 = const undefined
        v0 = global print
        v2 = call v0(v1)
        v3 = const 2
        v4 = x := v3
    "#);
}

#[test]
fn class_scopes_are_invisible_to_their_functions() {
    insta::assert_snapshot!(ir("
        x = 1
        class C:
            x = x
            y = x
            def m(self):
                return x, y
    "), @r#"
    class 0 C body 1
      method m body 2
      field static x = 1:v1
      field static y = 1:v2
    body 0 module 
      b0:
        v0 = const 1
        v1 = x := v0
        v2 = class 0 C
        v3 = C := v2
    body 1 class C of class 0 in 0
      b0:
        v0 = outer 0.x
        v1 = x := v0
        v2 = y := v1
        v3 = closure 2 m
        v4 = m := v3
    body 2 method m(self) of class 0 in 1
      b0:
        v0 = param 0 self
        v1 = outer 0.x
        v2 = global y
        v3 = tuple(v1, v2)
        v4 = return v3
    "#);
}

#[test]
fn builtins_that_a_module_redefines_conditionally() {
    insta::assert_snapshot!(ir("
        try:
            input = raw_input
        except NameError:
            pass
        input()
    "), @r#"
    body 0 module 
      try 2:5..2:22 except(v3) v2 at 3:1..4:9
      b0:
        v7 = global input
        jump b3
      b1: from b3, b4
        v9 = phi(v1, v8)
        v10 = call v9()
      b2: from b0, b3
        v8 = phi(v7, v1)
        v2 = caught
        v3 = global NameError
        v4 = InstanceOf(v2, v3)
        if v4 b4 else b5
      b3: from b0
        v0 = global raw_input
        v1 = input := v0
        jump b1
      b4: from b2
        jump b1
      b5: from b2
        v5 = caught
        v6 = throw v5
    "#);
}

#[test]
fn lambdas_see_the_variables_of_comprehensions() {
    insta::assert_snapshot!(ir("[lambda: x for x in xs]"), @r#"
    body 0 module 
      b0:
        v0 = global xs
        v1 = element v0
        v2 = x := v1
        v3 = closure 1 
        v4 = mix(v3)
    body 1 lambda  in 0
      b0:
        v0 = outer 0.x
        v1 = return v0
    "#);
}

#[test]
fn lambdas_are_named_by_what_they_are_bound_to() {
    let module = module(
        "a = lambda: 0\nd = {'b': lambda: 1}\nf(key=lambda: 2)\nx.c = lambda: 3\ndef g(e=lambda: 4): pass\n[lambda: 5]\n",
    );
    let names: Vec<_> = module.bodies.iter().map(|body| module.name(body.name)).collect();
    assert_eq!(names, ["", "a", "b", "key", "c", "e", "g", ""]);
}

#[test]
fn star_imports_leave_names_global() {
    let module = module("from m import *\nf(x)\n");
    assert!(matches!(module.imports[0].item, ImportItem::Star));
    assert_eq!(count(&module, BodyId::MODULE, |op| matches!(op, Op::Global(_))), 2);
}
