//! Functions and classes.

use super::{ir, module};
use crate::ir::BodyId;

#[test]
fn parameters_of_every_kind() {
    insta::assert_snapshot!(ir("
        d = 1
        def f(a, /, b, c=d, *rest, k, m=d, **kw):
            return a, rest, m, kw
    "), @r#"
    body 0 module 
      b0:
        v0 = const 1
        v1 = d := v0
        v2 = closure 1 f
        v3 = f := v2
    body 1 function f(a, b, c = 0:v1, *rest, /k, /m = 0:v1, **kw) in 0
      b0:
        v0 = param 0 a
        v1 = param 1 b
        v2 = param 2 c
        v3 = param 3 rest
        v4 = param 4 k
        v5 = param 5 m
        v6 = param 6 kw
        v7 = tuple(v0, v3, v5, v6)
        v8 = return v7
    "#);
}

#[test]
fn annotations_name_types() {
    insta::assert_snapshot!(ir("
        import typing as t
        from m import A
        def f(a: A, b: 'A', c: t.Optional[A], d: 'A | None', e: t.Annotated[A, Depends(g)], h: list[A], i: dict[str, A], j: 'Later', k: 'not a type'): pass
        class Later: pass
    "), @r#"
    import 0 "typing" module
    import 1 "m" named A
    class 0 Later body 2
    body 0 module 
      b0:
        v13 = const undefined
        v0 = import 0
        v1 = t := v0
        v2 = import 1
        v3 = A := v2
        v4 = global Depends
        v5 = global g
        v6 = call v4(v5)
        v7 = global list
        v8 = v7[v3]
        v9 = global dict
        v10 = global str
        v11 = tuple(v10, v3)
        v12 = v9[v11]
        v14 = outer 0.Later
        v15 = const "not a type"
        v16 = closure 1 f
        v17 = f := v16
        v18 = class 0 Later
        v19 = Later := v18
    body 1 function f(a: 0:v3, b: 0:v3, c: 0:v3, d: 0:v3, @0:v6 e: 0:v3, h: 0:v8, i: 0:v12, j: 0:v14, k: 0:v15) in 0
      b0:
        v0 = param 0 a
        v1 = param 1 b
        v2 = param 2 c
        v3 = param 3 d
        v4 = param 4 e
        v5 = param 5 h
        v6 = param 6 i
        v7 = param 7 j
        v8 = param 8 k
    body 2 class Later of class 0 in 0
      b0:
    "#);
}

#[test]
fn decorators_are_values_of_the_enclosing_body_outermost_first() {
    insta::assert_snapshot!(ir("
        @app.route('/x', methods=['POST'])
        @login_required
        def view(): pass
        @dataclass
        class C: pass
    "), @r#"
    class 0 C body 2 decorators(0:v9)
    body 0 module 
      b0:
        v0 = global app
        v1 = v0.route
        v2 = const "/x"
        v3 = const "POST"
        v4 = list(v3)
        v5 = call v1(v2, methods=v4)
        v6 = global login_required
        v7 = closure 1 view
        v8 = view := v7
        v9 = global dataclass
        v10 = class 0 C
        v11 = C := v10
    body 1 function view in 0 decorators(0:v5, 0:v6)
      b0:
    body 2 class C of class 0 in 0
      b0:
    "#);
}

#[test]
fn classes_with_fields_and_methods() {
    insta::assert_snapshot!(ir("
        class User(db.Model, metaclass=M):
            '''A user.'''
            id: int = Column(primary_key=True)
            email: 'str'
            name = age = 1
            if DEBUG:
                name = 2
            def __init__(self, id):
                super().__init__()
                self.id = id
            @classmethod
            def load(cls, id): return cls(id)
            get = load
            class Meta:
                table = 'users'
    "), @r#"
    class 0 User body 1 bases(0:v1)
      method __init__ body 2
      method load body 3
      field static id: 1:v0 = 1:v4
      field static email: 1:v5
      field static name = 1:v20
      field static age = 1:v8
      field static get = 1:v17
      field static Meta = 1:v19
    class 1 Meta body 4
      field static table = 4:v1
    body 0 module 
      b0:
        v0 = global db
        v1 = v0.Model
        v2 = global M
        v3 = class 0 User
        v4 = User := v3
    body 1 class User of class 0 in 0
      b0:
        v0 = global int
        v1 = global Column
        v2 = const true
        v3 = call v1(primary_key=v2)
        v4 = id := v3
        v5 = global str
        v6 = const 1
        v7 = name := v6
        v8 = age := v6
        v9 = global DEBUG
        if v9 b2 else b3
      b1: from b2, b3
        v20 = phi(v11, v7)
        v12 = closure 2 __init__
        v13 = __init__ := v12
        v14 = global classmethod
        v15 = closure 3 load
        v16 = load := v15
        v17 = get := v16
        v18 = class 1 Meta
        v19 = Meta := v18
      b2: from b0
        v10 = const 2
        v11 = name := v10
        jump b1
      b3: from b0
        jump b1
    body 2 method __init__(self, id) of class 0 in 1
      b0:
        v0 = param 0 self
        v1 = param 1 id
        v2 = global super
        v3 = super
        v4 = v3.__init__
        v5 = call v4()
        v6 = v0.id := v1
    body 3 static method load(cls, id) of class 0 in 1 decorators(1:v14)
      b0:
        v0 = param 0 cls
        v1 = param 1 id
        v2 = call v0(v1)
        v3 = return v2
    body 4 class Meta of class 1 in 1
      b0:
        v0 = const "users"
        v1 = table := v0
    "#);
}

#[test]
fn kinds_of_functions() {
    let module = module(
        "async def a():\n    await b\ndef g():\n    yield 1\n    x = yield from h\ndef not_gen():\n    def inner():\n        yield\nasync def ag():\n    yield 1\nl = lambda: (yield)\n",
    );
    let facts: Vec<_> =
        module.bodies.iter().skip(1).map(|body| (module.name(body.name), body.is_async, body.is_generator)).collect();
    assert_eq!(
        facts,
        [
            ("a", true, false),
            ("g", false, true),
            ("not_gen", false, false),
            ("inner", false, true),
            ("ag", true, true),
            ("l", false, true)
        ]
    );
}

#[test]
fn functions_know_their_places() {
    let source = "class C:\n    @property\n    def size(self):\n        def inner(): pass\n        return inner\n";
    let module = module(source);
    let method = module.body(BodyId(2));
    assert_eq!(module.name(method.name), "size");
    assert_eq!(module.position(method.name_span.start), (3, 9));
    assert!(method.class.is_some());
    let inner = module.body(BodyId(3));
    assert_eq!((module.name(inner.name), inner.class, inner.parent), ("inner", None, Some(BodyId(2))));
    assert_eq!(&source[inner.span.start as usize..inner.span.end as usize], "def inner(): pass");
}
