//! Tests: commonjs.

use insta::assert_snapshot;

use super::js;

#[test]
fn whole_module() {
    assert_snapshot!(js("const a = 1; module.exports = { a, f() {} }"), @r#"
    export module.exports = 0:v4
    body 0 module
      b0:
        v0 = const 1
        v1 = a := v0
        v2 = global module
        v3 = closure 1 f
        v4 = dict(["a"]: v1, ["f"]: v3)
        v5 = v2.exports := v4
    body 1 function f in 0
      b0:
    "#);
    assert_snapshot!(js("module.exports = exports = function handler() {}; module.exports.extra = 1"), @"
    export module.exports = 0:v1
    export extra = 0:v7
    body 0 module
      b0:
        v0 = global module
        v1 = closure 1 handler
        v2 = global globalThis
        v3 = v2.exports := v1
        v4 = v0.exports := v1
        v5 = global module
        v6 = v5.exports
        v7 = const 1
        v8 = v6.extra := v7
    body 1 function handler in 0
      b0:
    ");
    assert_snapshot!(js("exports = module.exports = create; function create() {}"), @"
    export module.exports = 0:v1
    body 0 module
      b0:
        v0 = closure 1 create
        v1 = create := v0
        v2 = global module
        v3 = v2.exports := v1
        v4 = global globalThis
        v5 = v4.exports := v1
    body 1 function create in 0
      b0:
    ");
}

#[test]
fn names() {
    assert_snapshot!(js("exports.a = () => 1; exports['b'] = 2; module.exports.c = 3; module['exports'].d = 4"), @r#"
    export a = 0:v1
    export b = 0:v4
    export c = 0:v8
    export d = 0:v12
    body 0 module
      b0:
        v0 = global exports
        v1 = closure 1 a
        v2 = v0.a := v1
        v3 = global exports
        v4 = const 2
        v5 = v3["b"] := v4
        v6 = global module
        v7 = v6.exports
        v8 = const 3
        v9 = v7.c := v8
        v10 = global module
        v11 = v10["exports"]
        v12 = const 4
        v13 = v11.d := v12
    body 1 lambda a in 0
      b0:
        v0 = const 1
        v1 = return v0
    "#);
    assert_snapshot!(js("function f(exports) { exports.a = 1 } const module = {}; module.exports = 2"), @"
    body 0 module
      b0:
        v0 = closure 1 f
        v1 = f := v0
        v2 = dict()
        v3 = module := v2
        v4 = const 2
        v5 = v3.exports := v4
    body 1 function f(exports) in 0
      b0:
        v0 = param 0 exports
        v1 = const 1
        v2 = v0.a := v1
    ");
}

#[test]
fn compiled_modules() {
    assert_snapshot!(
        js("'use strict'; Object.defineProperty(exports, '__esModule', { value: true }); exports.a = exports.b = void 0;
            const m_1 = __importDefault(require('m')); exports.a = m_1.default; exports.default = b; function b() {}
            Object.defineProperty(exports, 'c', { enumerable: true, get: function () { return m_1.c } });
            __exportStar(require('./n'), exports); Object.assign(exports, { d: 1, e })"),
        @r#"
    import 0 "m" module require
    import 1 "./n" module require
    export a = 0:v20
    export default = 0:v1
    export c = 0:v31
    export * = import 1
    export d = 0:v40
    export e = 0:v41
    directive "use strict"
    body 0 module
      b0:
        v0 = closure 1 b
        v1 = b := v0
        v2 = global Object
        v3 = v2.defineProperty
        v4 = global exports
        v5 = const "__esModule"
        v6 = const true
        v7 = dict(["value"]: v6)
        v8 = call v3(v4, v5, v7)
        v9 = global exports
        v10 = global exports
        v11 = const 0
        v12 = Void(v11)
        v13 = v10.b := v12
        v14 = v9.a := v12
        v15 = global __importDefault
        v16 = import 0
        v17 = call v15(v16)
        v18 = m_1 := v17
        v19 = global exports
        v20 = v18.default
        v21 = v19.a := v20
        v22 = global exports
        v23 = v22.default := v1
        v24 = global Object
        v25 = v24.defineProperty
        v26 = global exports
        v27 = const "c"
        v28 = const true
        v29 = closure 2 get
        v30 = dict(["enumerable"]: v28, ["get"]: v29)
        v31 = call v29()
        v32 = call v25(v26, v27, v30)
        v33 = global __exportStar
        v34 = import 1
        v35 = global exports
        v36 = call v33(v34, v35)
        v37 = global Object
        v38 = v37.assign
        v39 = global exports
        v40 = const 1
        v41 = global e
        v42 = dict(["d"]: v40, ["e"]: v41)
        v43 = call v38(v39, v42)
    body 1 function b in 0
      b0:
    body 2 function get in 0
      b0:
        v0 = outer 0.m_1
        v1 = v0.c
        v2 = return v1
    "#
    );
}
