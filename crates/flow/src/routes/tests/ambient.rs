//! Guards that a framework applies to all its routes.

use lunette_core::project::Proves;

use super::find;
use crate::program::ImportMap;

/// One line a route: method, path, and whether who calls must be known.
fn known(files: &[(&str, &str)]) -> Vec<String> {
    let found = find(files, &ImportMap::default());
    let asked = |proves| matches!(proves, Proves::Authenticated | Proves::Authorized);
    let mut lines: Vec<String> = found
        .routes
        .iter()
        .map(|route| {
            let who = if route.guards.iter().any(|guard| asked(guard.proves)) { "known" } else { "anybody" };
            format!("{} {} {who}", route.method, route.path)
        })
        .collect();
    lines.sort();
    lines
}

const NEST_GUARD: &str = "
import { Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
@Injectable()
export class TokenGuard {
  constructor(private jwt: JwtService, private reflector: Reflector) {}
  async canActivate(context) {
    const request = context.switchToHttp().getRequest();
    const token = request.headers.authorization?.split(' ')[1];
    if (!token) throw new UnauthorizedException();
    try { request.user = await this.jwt.verifyAsync(token); } catch { throw new UnauthorizedException(); }
    return true;
  }
}
";
const NEST_CONTROLLER: &str = "
import { Controller, Post, Body } from '@nestjs/common';
@Controller('orders')
export class Orders {
  @Post()
  add(@Body() body: any) { return body; }
}
";

#[test]
fn nest_guards_that_are_provided() {
    let module = |token: &str| {
        format!(
            "import {{ Module }} from '@nestjs/common';\nimport {{ {token} }} from '@nestjs/core';\nimport {{ TokenGuard }} from './guard';\nimport {{ Orders }} from './orders';\n@Module({{ controllers: [Orders], providers: [{{ provide: {token}, useClass: TokenGuard }}] }})\nexport class App {{}}\n"
        )
    };
    let routes = |token: &str| {
        known(&[("guard.ts", NEST_GUARD), ("orders.ts", NEST_CONTROLLER), ("app.module.ts", &module(token))])
    };
    assert_eq!(routes("APP_GUARD"), ["POST /orders known"]);
    assert_eq!(routes("APP_FILTER"), ["POST /orders anybody"]);
}

#[test]
fn next_runs_its_middleware_before_the_paths_it_names() {
    let middleware = "
import { NextResponse } from 'next/server';
import { jwtVerify } from 'jose';
export async function middleware(request) {
  const token = request.cookies.get('token')?.value;
  if (!token) return NextResponse.redirect(new URL('/login', request.url));
  try { await jwtVerify(token, KEY); } catch { return NextResponse.redirect(new URL('/login', request.url)); }
  return NextResponse.next();
}
export const config = { matcher: ['/api/admin/:path*', '/api/orders'] };
";
    let route = "export async function POST(request: Request) { return Response.json(await request.json()); }\n";
    let files = [
        ("middleware.ts", middleware),
        ("app/api/admin/users/route.ts", route),
        ("app/api/orders/route.ts", route),
        ("app/api/items/route.ts", route),
    ];
    assert_eq!(known(&files), ["POST /api/admin/users known", "POST /api/items anybody", "POST /api/orders known"]);
}

#[test]
fn hapi_asks_by_default_unless_a_route_says_otherwise() {
    let server = |by_default: &str| {
        format!(
            "const Hapi = require('@hapi/hapi');\nconst server = Hapi.server({{ port: 3000 }});\nserver.auth.strategy('jwt', 'jwt', {{}});\n{by_default}\nserver.route([\n  {{ method: 'GET', path: '/', options: {{ auth: false }}, handler: () => 'hi' }},\n  {{ method: 'POST', path: '/orders', handler: (request) => request.payload }},\n  {{ method: 'GET', path: '/maybe', options: {{ auth: {{ mode: 'try' }} }}, handler: () => 'hi' }},\n  {{ method: 'GET', path: '/own', options: {{ auth: 'jwt' }}, handler: () => 'hi' }},\n]);\n"
        )
    };
    assert_eq!(
        known(&[("server.js", &server("server.auth.default('jwt');"))]),
        ["GET / anybody", "GET /maybe anybody", "GET /own known", "POST /orders known"]
    );
    assert_eq!(
        known(&[("server.js", &server(""))]),
        ["GET / anybody", "GET /maybe anybody", "GET /own known", "POST /orders anybody"]
    );
}

#[test]
fn django_asks_by_a_middleware_named_in_its_settings() {
    let files = |middleware: &str| {
        let settings =
            format!("MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware', '{middleware}']\n");
        let views = "from django.http import JsonResponse\nfrom django.contrib.auth.decorators import login_not_required\ndef add(request):\n    return JsonResponse({})\n@login_not_required\ndef enter(request):\n    return JsonResponse({})\n";
        let urls = "from django.urls import path\nfrom .views import add, enter\nurlpatterns = [path('add', add), path('enter', enter)]\n";
        known(&[("shop/settings.py", &settings), ("shop/views.py", views), ("shop/urls.py", urls)])
    };
    let asked = files("django.contrib.auth.middleware.LoginRequiredMiddleware");
    assert_eq!(asked, ["ANY /add known", "ANY /enter anybody"]);
    let open = files("django.contrib.auth.middleware.AuthenticationMiddleware");
    assert_eq!(open, ["ANY /add anybody", "ANY /enter anybody"]);
}

#[test]
fn koa_guards_behind_a_prefix_of_the_router() {
    let app = "
const Koa = require('koa');
const Router = require('@koa/router');
const app = new Koa();
const router = new Router({ prefix: '/api' });
const requireLogin = async (ctx, next) => { if (!ctx.session.user) ctx.throw(401); await next(); };
router.use('/admin', requireLogin);
router.post('/admin/x', async (ctx) => { ctx.body = 1; });
router.post('/x', async (ctx) => { ctx.body = 1; });
app.use(router.routes());
";
    assert_eq!(known(&[("app.js", app)]), ["POST /api/admin/x known", "POST /api/x anybody"]);
}
