//! Tests: classes.

use insta::assert_snapshot;

use super::{js, ts};

#[test]
fn members() {
    assert_snapshot!(
        js("class A extends B { x = f(); static y; #z = 1; ['w'] = 2; constructor(a) { super(a); this.a = a; }
             m() { return super.m(this.#z); } static s() {} get g() {} set g(v) {} async *[Symbol.iterator]() {} }
            use(A)"),
        @"
    class 0 A body 1 bases(0:v0)
      method constructor body 2
      method m body 3
      method s body 4
      method get g body 5
      method set g body 6
      method [Symbol.iterator] body 7
      field x = 1:v2
      field static y
      field #z = 1:v4
      field w = 1:v6
    body 0 module
      b0:
        v0 = global B
        v1 = class 0 A
        v2 = A := v1
        v3 = global use
        v4 = call v3(v2)
    body 1 class A of class 0 in 0
      b0:
        v0 = global f
        v1 = call v0()
        v2 = x := v1
        v3 = const 1
        v4 = #z := v3
        v5 = const 2
        v6 = w := v5
        v7 = global Symbol
        v8 = v7.iterator
    body 2 method constructor(a) of class 0 in 1
      b0:
        v0 = param 0 a
        v1 = super
        v2 = call v1(v0)
        v3 = this
        v4 = v3.a := v0
    body 3 method m of class 0 in 1
      b0:
        v0 = super
        v1 = v0.m
        v2 = this
        v3 = v2.#z
        v4 = call v1(v3)
        v5 = return v4
    body 4 static method s of class 0 in 1
      b0:
    body 5 method get g of class 0 in 1
      b0:
    body 6 method set g(v) of class 0 in 1
      b0:
        v0 = param 0 v
    body 7 async generator method [Symbol.iterator] of class 0 in 1
      b0:
    "
    );
}

#[test]
fn expressions() {
    assert_snapshot!(js("const A = class {}; const B = class C extends mixin(A) { m() { return C; } }; f(class {})"), @"
    class 0 A body 1
    class 1 C body 2 bases(0:v3)
      method m body 3
    class 2  body 4
    body 0 module
      b0:
        v0 = class 0 A
        v1 = A := v0
        v2 = global mixin
        v3 = call v2(v1)
        v4 = class 1 C
        v5 = C := v4
        v6 = B := v4
        v7 = global f
        v8 = class 2
        v9 = call v7(v8)
    body 1 class A of class 0 in 0
      b0:
    body 2 class C of class 1 in 0
      b0:
    body 3 method m of class 1 in 2
      b0:
        v0 = outer 0.C
        v1 = return v0
    body 4 class  of class 2 in 0
      b0:
    ");
}

#[test]
fn decorators_and_injection() {
    assert_snapshot!(
        ts("import { Controller, Get, Param } from '@nestjs/common'; import { Users } from './users';
            @Controller('u') class C {
              @Inject(X) private x: Users;
              constructor(private readonly users: Users, @Opt() y?: string) {}
              @Get(':id') one(@Param('id') id: number) { return this.users.find(id); }
            }"),
        @r#"
    import 0 "@nestjs/common" named Controller
    import 1 "@nestjs/common" named Get
    import 2 "@nestjs/common" named Param
    import 3 "./users" named Users
    class 0 C body 1 decorators(0:v9)
      method constructor body 2
      method one body 3
      field x: 1:v3 decorators(1:v2)
      field users: 2:v0
    body 0 module
      b0:
        v0 = import 0
        v1 = Controller := v0
        v2 = import 1
        v3 = Get := v2
        v4 = import 2
        v5 = Param := v4
        v6 = import 3
        v7 = Users := v6
        v8 = const "u"
        v9 = call v1(v8)
        v10 = class 0 C
        v11 = C := v10
    body 1 class C of class 0 in 0
      b0:
        v0 = global Inject
        v1 = global X
        v2 = call v0(v1)
        v3 = outer 0.Users
        v4 = global Opt
        v5 = call v4()
        v6 = outer 0.Get
        v7 = const ":id"
        v8 = call v6(v7)
        v9 = outer 0.Param
        v10 = const "id"
        v11 = call v9(v10)
    body 2 method constructor(users: 2:v0, @1:v5 y: 2:v4) of class 0 in 1
      b0:
        v0 = outer 0.Users
        v1 = param 0 users
        v2 = this
        v3 = v2.users := v1
        v4 = global string
        v5 = param 1 y
    body 3 method one(@1:v11 id: 3:v0) of class 0 in 1 decorators(1:v8)
      b0:
        v0 = global number
        v1 = param 0 id
        v2 = this
        v3 = v2.users
        v4 = v3.find
        v5 = call v4(v1)
        v6 = return v5
    "#
    );
}

#[test]
fn declared_and_abstract_members_have_no_code() {
    assert_snapshot!(
        ts("abstract class A<T> implements I { abstract m(): void; declare d: Db; abstract p: string; q!: Q; [k: string]: any;
              over(a: string): void; over(a: any) { return a } } declare class D { x: string }"),
        @"
    class 0 A body 1
      method over body 2
      field d: 1:v0
      field p: 1:v1
      field q: 1:v2
    body 0 module
      b0:
        v0 = class 0 A
        v1 = A := v0
    body 1 class A of class 0 in 0
      b0:
        v0 = global Db
        v1 = global string
        v2 = global Q
    body 2 method over(a) of class 0 in 1
      b0:
        v0 = param 0 a
        v1 = return v0
    "
    );
}
