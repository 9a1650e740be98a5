//! Fastify, Koa, Hono, NestJS, Next.js, edge functions.

use super::{check, find, print};
use crate::program::ImportMap;

#[test]
fn fastify_shorthand_config_and_hooks() {
    let text = "
import Fastify from 'fastify';
import helmet from '@fastify/helmet';
const app = Fastify();
await app.register(helmet);
app.addHook('preHandler', async (request, reply) => { await request.jwtVerify(); });
app.addHook('onSend', trace);
app.get('/a', async (request) => request.query.q);
app.post('/b', { schema: { body: {} }, preHandler: [limit] }, async (request) => request.body.name);
app.route({ method: ['GET', 'HEAD'], url: '/c', handler: c, onRequest: limit });
async function c(request, reply) { return request.headers['x-a'] + request.cookies.b; }
function limit(request, reply, done) { done(); }
function trace() {}
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /a <anonymous> app.js:8 [helmet: headers, <anonymous>: authenticated] (query q)
    POST /b <anonymous> app.js:9 [helmet: headers, <anonymous>: authenticated, limit, schema: validated] (body name)
    GET /c c app.js:10 [helmet: headers, <anonymous>: authenticated, limit] (header x-a, cookie b)
    HEAD /c c app.js:10 [helmet: headers, <anonymous>: authenticated, limit] (header x-a, cookie b)
    ");
}

#[test]
fn fastify_plugins_with_prefixes() {
    let app = "
const fastify = require('fastify')();
const fp = require('fastify-plugin');
fastify.register(require('./users'), { prefix: '/users' });
fastify.register(require('./users'), { prefix: '/people' });
fastify.register(fp(async (instance) => { instance.get('/same', h); }));
fastify.register(import('./late.mjs'), { prefix: '/late' });
fastify.register(async function (outer) {
    outer.register(async (inner) => { inner.get('/deep', h); }, { prefix: '/in' });
}, { prefix: '/out' });
";
    let users = "module.exports = async function (fastify, options) { fastify.get('/:id', h); };\n";
    let late = "export default async function (app) { app.get('/x', h); }\n";
    insta::assert_snapshot!(check(&[("app.js", app), ("late.mjs", late), ("users.js", users)]), @r"
    GET /same h app.js:6
    GET /out/in/deep h app.js:9
    GET /late/x h late.mjs:1
    GET /people/:id h users.js:1 (path id)
    GET /users/:id h users.js:1 (path id)
    ");
}

#[test]
fn fastify_decorations_and_shared_plugins() {
    let app = "
const fastify = require('fastify')();
fastify.register(require('./auth'));
fastify.get('/mine', { onRequest: [fastify.authenticate] }, h);
fastify.get('/other', h);
";
    let auth = "
const fp = require('fastify-plugin');
module.exports = fp(async function (fastify) {
    fastify.decorate('authenticate', async (request, reply) => {
        try { await request.jwtVerify(); } catch (error) { reply.code(401).send(error); }
    });
    fastify.addHook('onRequest', async function audit(request) { request.log.info('x'); });
});
";
    insta::assert_snapshot!(check(&[("app.js", app), ("auth.js", auth)]), @r"
    GET /mine h app.js:4 [audit, authenticate: authenticated]
    GET /other h app.js:5 [audit]
    ");
}

#[test]
fn fastify_plugins_by_folder() {
    let app = "
import Fastify from 'fastify';
import autoload from '@fastify/autoload';
import path from 'node:path';
const app = Fastify();
app.register(autoload, { dir: path.join(import.meta.dirname, 'routes'), options: { prefix: '/api' } });
";
    let nested = "export default async (fastify) => { fastify.get('/:id', h); };\n";
    let own = "export const autoPrefix = '/own';\nexport default async (fastify) => { fastify.get('/x', h); };\n";
    insta::assert_snapshot!(check(&[("src/app.ts", app), ("src/routes/own.ts", own), ("src/routes/users/index.ts", nested)]), @r"
    GET /api/own/x h src/routes/own.ts:2
    GET /api/users/:id h src/routes/users/index.ts:1 (path id)
    ");
}

#[test]
fn koa_routers() {
    let app = "
const Koa = require('koa');
const Router = require('@koa/router');
const jwt = require('koa-jwt');
const users = require('./users');
const app = new Koa();
const root = new Router(), api = new Router({ prefix: '/api' });
root.get('named', '/named', async (ctx) => { ctx.body = ctx.query.page; });
root.del('/gone', h);
api.use(jwt({ secret: 's' }));
api.post('/form', async (ctx) => { const { a } = ctx.request.body; ctx.get('X-Key'); ctx.cookies.get('sid'); });
api.use('/users', users);
app.use(root.routes()).use(api.routes()).use(api.allowedMethods());
";
    let users = "const Router = require('@koa/router');\nconst router = new Router();\nrouter.prefix('/v1');\nrouter.get('/:id', h);\nmodule.exports = router.routes();\n";
    insta::assert_snapshot!(check(&[("app.js", app), ("users.js", users)]), @r"
    GET /named <anonymous> app.js:8 (query page)
    DELETE /gone h app.js:9
    POST /api/form <anonymous> app.js:11 [jwt: authenticated] (body a, header X-Key, cookie sid)
    GET /api/users/v1/:id h users.js:4 [jwt: authenticated] (path id)
    ");
}

#[test]
fn hono_chains_and_base_paths() {
    let app = "
import { Hono } from 'hono';
import { jwt } from 'hono/jwt';
import { getCookie } from 'hono/cookie';
import books from './books';
const app = new Hono().basePath('/api');
app.use('/admin/*', jwt({ secret: 's' }));
app.get('/admin/x', (c) => c.json(c.req.query('q')));
app.on(['PUT', 'patch'], '/y/:id', async (c) => { const { name } = await c.req.json(); return c.text(c.req.param('id') + getCookie(c, 'sid')); });
app.route('/books', books);
export default app;
";
    let books = "import { Hono } from 'hono';\nexport default new Hono().get('/', (c) => c.text('a')).post('/', async (c) => c.json(await c.req.parseBody()));\n";
    insta::assert_snapshot!(check(&[("app.ts", app), ("books.ts", books)]), @r"
    GET /api/admin/x <anonymous> app.ts:8 [jwt: authenticated] (query q)
    PATCH /api/y/:id <anonymous> app.ts:9 (path id, body name, cookie sid)
    PUT /api/y/:id <anonymous> app.ts:9 (path id, body name, cookie sid)
    GET /api/books <anonymous> books.ts:2
    POST /api/books <anonymous> books.ts:2 (form *)
    ");
}

#[test]
fn nest_controllers() {
    let names = "export enum Name { Cats = 'cats' }\n";
    let cats = "
import { Controller, Get, Post, All, Param, Query, Body, Headers, Version, UploadedFile } from '@nestjs/common';
import { Name } from './names';
@Controller({ path: Name.Cats, version: ['1', '2'] })
export class Cats {
    @Get(':id') one(@Param('id') id: string, @Query('full') full: boolean) {}
    @Post(['a', 'b']) make(@Body() cat: any, @Headers('x-key') key: string, @UploadedFile() photo: any) {}
    @Version('3') @Get() third() {}
}
@Controller()
export class Root { @All('any') any() {} @Get('health') health() {} }
";
    let main = "
import { NestFactory } from '@nestjs/core';
async function start() {
    const app = await NestFactory.create(App);
    app.setGlobalPrefix('api', { exclude: ['health'] });
}
";
    insta::assert_snapshot!(check(&[("src/cats.ts", cats), ("src/main.ts", main), ("src/names.ts", names)]), @r"
    GET /api/v1/cats/:id one src/cats.ts:6 (path id, query full)
    GET /api/v2/cats/:id one src/cats.ts:6 (path id, query full)
    POST /api/v1/cats/a make src/cats.ts:7 (body *, header x-key, file *)
    POST /api/v1/cats/b make src/cats.ts:7 (body *, header x-key, file *)
    POST /api/v2/cats/a make src/cats.ts:7 (body *, header x-key, file *)
    POST /api/v2/cats/b make src/cats.ts:7 (body *, header x-key, file *)
    GET /api/v3/cats third src/cats.ts:8
    ANY /api/any any src/cats.ts:11
    GET /health health src/cats.ts:11
    ");
    let header = main
        .replace("app.setGlobalPrefix", "app.enableVersioning({ type: VersioningType.HEADER });\napp.setGlobalPrefix");
    let header = format!("import {{ VersioningType }} from '@nestjs/common';\n{header}");
    assert!(!check(&[("src/cats.ts", cats), ("src/main.ts", &header), ("src/names.ts", names)]).contains("/v1/"));
}

#[test]
fn next_routes_by_file() {
    let files = [
        (
            "app/(shop)/items/[id]/route.ts",
            "export async function GET(request: Request) { return Response.json(request.headers.get('x-a')); }\nexport const POST = async (request: Request) => { const { a } = await request.json(); };\n",
        ),
        ("app/copied/route.ts", "export * from '../(shop)/items/[id]/route';\n"),
        ("app/made/route.ts", "export const { POST } = serve(run);\n"),
        ("app/actions.ts", "'use server';\nexport async function remove(id: string) {}\n"),
        (
            "pages/api/[...slug].js",
            "export default function handler(req, res) { if (req.method !== 'POST') return res.status(405).end(); res.json(req.body.name + req.query.q); }\n",
        ),
        ("pages/api/users/index.js", "export default function users(req, res) { res.json({}); }\n"),
        ("lib/route.ts", "export function GET() {}\n"),
    ];
    insta::assert_snapshot!(check(&files), @r"
    GET /items/[id] GET app/(shop)/items/[id]/route.ts:1 (path id, header x-a)
    POST /items/[id] POST app/(shop)/items/[id]/route.ts:2 (path id, body a)
    POST /remove remove app/actions.ts:2
    GET /copied GET app/copied/route.ts:1 (header x-a)
    POST /copied POST app/copied/route.ts:1 (body a)
    POST /made POST app/made/route.ts:1
    POST /api/[slug] handler pages/api/[...slug].js:1 (path slug, query q, body name)
    ANY /api/users users pages/api/users/index.js:1
    ");
    let map = ImportMap { manifests: vec![("web/".to_owned(), vec!["react".to_owned()])], ..ImportMap::default() };
    assert_eq!(print(&find(&files, &map)), "", "no manifest above asks for Next.js");
}

#[test]
fn edge_functions() {
    let text = "
import { createClient } from 'npm:@supabase/supabase-js@2';
Deno.serve(async (req) => {
    const client = createClient('url', 'key');
    const { data: { user }, error } = await client.auth.getUser(req.headers.get('Authorization'));
    if (error || !user) return new Response('no', { status: 401 });
    const { id } = await req.json();
    return new Response(new URL(req.url).searchParams.get('q') + id);
});
";
    let old = "import { serve } from 'https://deno.land/std@0.168.0/http/server.ts';\nserve(handle);\nfunction handle(request) { return new Response('x'); }\n";
    insta::assert_snapshot!(check(&[("supabase/functions/mine/index.ts", text), ("supabase/functions/old/index.ts", old), ("supabase/functions/_shared/index.ts", old)]), @r"
    ANY /functions/v1/mine <anonymous> supabase/functions/mine/index.ts:3 [client.auth.getUser(req.headers.get('Authorization')): authenticated] (query q, body id, header Authorization)
    ANY /functions/v1/old handle supabase/functions/old/index.ts:2
    ");
}
