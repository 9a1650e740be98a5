//! Statements that branch.

use super::ir;

#[test]
fn if_elif_else() {
    insta::assert_snapshot!(ir("
        if a and not b:
            x = 1
        elif c:
            x = 2
        else:
            x = 3
        f(x)
    "), @r#"
    body 0 module 
      b0:
        v0 = global a
        if v0 b4 else b3
      b1: from b2, b5, b6
        v10 = phi(v3, v6, v8)
        v9 = global f
        v11 = call v9(v10)
      b2: from b4
        v2 = const 1
        v3 = x := v2
        jump b1
      b3: from b0, b4
        v4 = global c
        if v4 b5 else b6
      b4: from b0
        v1 = global b
        if v1 b3 else b2
      b5: from b3
        v5 = const 2
        v6 = x := v5
        jump b1
      b6: from b3
        v7 = const 3
        v8 = x := v7
        jump b1
    "#);
}

#[test]
fn while_with_else_and_break() {
    insta::assert_snapshot!(ir("
        n = 0
        while n < 3:
            if a:
                break
            if b:
                continue
            n = n + 1
        else:
            n = 9
        f(n)
    "), @r#"
    body 0 module 
      b0:
        v0 = const 0
        v1 = n := v0
        jump b1
      b1: from b0, b9, b8
        v2 = phi(v1, v2, v9)
        v3 = const 3
        v4 = Lt(v2, v3)
        if v4 b2 else b3
      b2: from b1
        v5 = global a
        if v5 b6 else b7
      b3: from b1
        v10 = const 9
        v11 = n := v10
        jump b4
      b4: from b6, b3
        v13 = phi(v2, v11)
        v12 = global f
        v14 = call v12(v13)
      b5: from b7
        v6 = global b
        if v6 b9 else b10
      b6: from b2
        jump b4
      b7: from b2
        jump b5
      b8: from b10
        v7 = const 1
        v8 = Add(v2, v7)
        v9 = n := v8
        jump b1
      b9: from b5
        jump b1
      b10: from b5
        jump b8
    "#);
}

#[test]
fn for_over_elements() {
    insta::assert_snapshot!(ir("
        s = ''
        for k, v in d:
            s += k
        f(s)
    "), @r#"
    body 0 module 
      b0:
        v0 = const ""
        v1 = s := v0
        v2 = global d
        jump b1
      b1: from b0, b2
        v9 = phi(v1, v11)
        v3 = mix(v2)
        if v3 b2 else b3
      b2: from b1
        v4 = element v2
        v5 = v4[0]
        v6 = k := v5
        v7 = v4[1]
        v8 = v := v7
        v10 = concat(v9, v6)
        v11 = s := v10
        jump b1
      b3: from b1
        jump b4
      b4: from b3
        v12 = global f
        v13 = call v12(v9)
    "#);
}

#[test]
fn handlers_see_every_state_of_the_try_body() {
    insta::assert_snapshot!(ir("
        x = 0
        try:
            x = 1
            if a:
                x = 2
            f()
        except (A, B) as e:
            g(e, x)
        except C:
            raise
        else:
            x = 3
        h(x)
    "), @r#"
    body 0 module 
      try 3:5..6:8 except(v12, v13) v11 at 7:1..8:12 except(v21) v20 at 9:1..10:10
      b0:
        v0 = const 0
        v1 = x := v0
        jump b3
      b1: from b4, b7
        v27 = phi(v10, v18)
        v26 = global h
        v28 = call v26(v27)
      b2: from b0, b3, b5, b6, b4
        v18 = phi(v1, v3, v6, v3, v10)
        v11 = caught
        v12 = global A
        v13 = global B
        v14 = tuple(v12, v13)
        v15 = InstanceOf(v11, v14)
        if v15 b7 else b8
      b3: from b0
        v2 = const 1
        v3 = x := v2
        v4 = global a
        if v4 b5 else b6
      b4: from b5, b6
        v7 = global f
        v8 = call v7()
        v9 = const 3
        v10 = x := v9
        jump b1
      b5: from b3
        v5 = const 2
        v6 = x := v5
        jump b4
      b6: from b3
        jump b4
      b7: from b2
        v16 = e := v11
        v17 = global g
        v19 = call v17(v16, v18)
        jump b1
      b8: from b2
        v20 = caught
        v21 = global C
        v22 = InstanceOf(v20, v21)
        if v22 b9 else b10
      b9: from b8
        v23 = throw v20
      b10: from b8
        v24 = caught
        v25 = throw v24
    "#);
}

#[test]
fn finally_runs_on_every_way_out() {
    insta::assert_snapshot!(ir("
        def f():
            try:
                x = 1
                return x
            finally:
                close(x)
        def g():
            try:
                a()
            except:
                b()
            finally:
                c()
            d()
    "), @r#"
    body 0 module 
      b0:
        v0 = closure 1 f
        v1 = f := v0
        v2 = closure 2 g
        v3 = g := v2
    body 1 function f in 0
      try 3:9..4:17 finally
      b0:
        v4 = const undefined
        jump b3
      b1: from b0, b3
        v5 = phi(v4, v1)
        v3 = global close
        v6 = call v3(v5)
        v7 = caught
        v8 = throw v7
      b2:
      b3: from b0
        v0 = const 1
        v1 = x := v0
        v2 = return v1
    body 2 function g in 0
      try 9:9..9:12 except() v2 at 10:5..11:12 finally
      b0:
        jump b4
      b1: from b4, b3, b5
        v5 = global c
        v6 = call v5()
        jump b2
      b2: from b1
        v7 = global d
        v8 = call v7()
      b3: from b0, b4
        v2 = caught
        jump b5
      b4: from b0
        v0 = global a
        v1 = call v0()
        jump b1
      b5: from b3
        v3 = global b
        v4 = call v3()
        jump b1
      b6:
    "#);
}

#[test]
fn with_enters() {
    insta::assert_snapshot!(ir("
        async def f():
            async with a() as b, c as (d, e):
                await b.read()
            async for x in d:
                yield x
    "), @r#"
    body 0 module 
      b0:
        v0 = closure 1 f
        v1 = f := v0
    body 1 async generator function f in 0
      b0:
        v0 = global a
        v1 = call v0()
        v2 = enter v1
        v3 = b := v2
        v4 = global c
        v5 = enter v4
        v6 = v5[0]
        v7 = d := v6
        v8 = v5[1]
        v9 = e := v8
        v10 = v3.read
        v11 = call v10()
        v12 = await v11
        jump b1
      b1: from b0, b2
        v13 = mix(v7)
        if v13 b2 else b3
      b2: from b1
        v14 = element v7
        v15 = x := v14
        v16 = yield v15
        jump b1
      b3: from b1
        jump b4
      b4: from b3
    "#);
}

#[test]
fn matching() {
    insta::assert_snapshot!(ir("
        match x:
            case 1 | 'a':
                y = 1
            case [p, *q, None] if p > 0:
                y = 2
            case {'k': v, **rest}:
                y = 3
            case Point(0, z=z) | str(z):
                y = 4
            case other:
                y = 5
        f(y)
    "), @r#"
    body 0 module 
      b0:
        v0 = global x
        v1 = const 1
        v2 = Eq(v0, v1)
        if v2 b5 else b4
      b1: from b3, b10, b12, b14, b13
        v43 = phi(v6, v18, v26, v38, v41)
        v42 = global f
        v44 = call v42(v43)
      b2: from b4
        v7 = mix(v0)
        if v7 b8 else b7
      b3: from b5, b6
        v5 = const 1
        v6 = y := v5
        jump b1
      b4: from b0
        v3 = const "a"
        v4 = Eq(v0, v3)
        if v4 b6 else b2
      b5: from b0
        jump b3
      b6: from b4
        jump b3
      b7: from b2, b8, b9
        v19 = const "k"
        v20 = In(v19, v0)
        if v20 b12 else b11
      b8: from b2
        v8 = v0[0]
        v9 = p := v8
        v10 = element v0
        v11 = q := v10
        v12 = v0[-1]
        v13 = const null
        v14 = Is(v12, v13)
        if v14 b9 else b7
      b9: from b8
        v15 = const 0
        v16 = Gt(v9, v15)
        if v16 b10 else b7
      b10: from b9
        v17 = const 2
        v18 = y := v17
        jump b1
      b11: from b7
        v27 = global Point
        v28 = InstanceOf(v0, v27)
        if v28 b16 else b15
      b12: from b7
        v21 = v0["k"]
        v22 = v := v21
        v23 = mix(v0)
        v24 = rest := v23
        v25 = const 3
        v26 = y := v25
        jump b1
      b13: from b15
        v39 = other := v0
        v40 = const 5
        v41 = y := v40
        jump b1
      b14: from b17, b18
        v37 = const 4
        v38 = y := v37
        jump b1
      b15: from b11, b16
        v34 = global str
        v35 = InstanceOf(v0, v34)
        if v35 b18 else b13
      b16: from b11
        v29 = v0[0]
        v30 = const 0
        v31 = Eq(v29, v30)
        if v31 b17 else b15
      b17: from b16
        v32 = v0.z
        v33 = z := v32
        jump b14
      b18: from b15
        v36 = z := v0
        jump b14
      b19:
    "#);
}

#[test]
fn assert_guards_what_follows() {
    insta::assert_snapshot!(ir("
        assert a and b, 'no'
        f()
    "), @r#"
    body 0 module 
      b0:
        v0 = global a
        if v0 b3 else b2
      b1: from b3
        v6 = global f
        v7 = call v6()
      b2: from b0, b3
        v2 = global AssertionError
        v3 = const "no"
        v4 = call v2(v3)
        v5 = throw v4
      b3: from b0
        v1 = global b
        if v1 b1 else b2
    "#);
}

#[test]
fn raise_ends_a_block() {
    insta::assert_snapshot!(ir("
        def f(x):
            if x:
                raise E('m') from x
            return x
            dead()
    "), @r#"
    body 0 module 
      b0:
        v0 = closure 1 f
        v1 = f := v0
    body 1 function f(x) in 0
      b0:
        v0 = param 0 x
        if v0 b2 else b3
      b1: from b3
        v5 = return v0
      b2: from b0
        v1 = global E
        v2 = const "m"
        v3 = call v1(v2)
        v4 = throw v3
      b3: from b0
        jump b1
      b4:
        v6 = global dead
        v7 = call v6()
    "#);
}
