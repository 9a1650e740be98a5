//! Express.

use lunette_core::risk::Exposure;

use super::{check, find, print};
use crate::program::ImportMap;

#[test]
fn handlers_and_inputs() {
    let text = "
const express = require('express');
const app = express();
app.get('/items/:id', list);
app.post('/items', (req, res) => {
    const { name, price: cost } = req.body;
    const page = req.query['page'], agent = req.get('User-Agent'), theme = req.cookies.theme;
    save(req.files.photo.name, req.headers.authorization);
});
app.put('/all', (req, res) => store(req.body));
function list(req, res) { return helper(req); }
function helper(request) { return request.params.id + request.query.sort; }
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /items/:id list app.js:4 (path id, query sort)
    POST /items <anonymous> app.js:5 (query page, body name, body price, header User-Agent, header authorization, cookie theme, file *)
    PUT /all <anonymous> app.js:10 (body *)
    ");
}

#[test]
fn routers_are_mounted_across_files() {
    let app = "import express from 'express';\nimport users, { admin } from './users.js';\nconst app = express();\napp.use('/api', users);\napp.use('/v2', users);\napp.use('/admin', admin);\n";
    let users = "import { Router } from 'express';\nconst users = Router();\nusers.get('/', all);\nusers.route('/:id').get(one).delete(remove);\nexport const admin = Router();\nadmin.all('*', panel);\nexport default users;\n";
    insta::assert_snapshot!(check(&[("app.js", app), ("users.js", users)]), @r"
    GET /api all users.js:3
    GET /v2 all users.js:3
    DELETE /api/:id remove users.js:4 (path id)
    GET /api/:id one users.js:4 (path id)
    DELETE /v2/:id remove users.js:4 (path id)
    GET /v2/:id one users.js:4 (path id)
    ANY /admin/* panel users.js:6
    ");
}

#[test]
fn paths_of_every_form() {
    let text = "
const app = require('express')();
const base = '/v1';
const names = { list: '/list' };
app.get(`${base}/a`, h);
app.get(base + '/b', h);
app.get(['/c', '/d'], h);
app.get(/^\\/e(\\d+)$/, h);
app.get(names.list, h);
app.get(`${process.env.ROOT}/f`, h);
['/g', '/h'].forEach((path) => app.post(path, h));
for (const entry of [{ path: '/i', run: first }, { run: second, path: '/j' }]) app.put(entry.path, entry.run);
app.get('view engine');
app['delete']('/k', h);
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /v1/a h app.js:5
    GET /v1/b h app.js:6
    GET /c h app.js:7
    GET /d h app.js:7
    GET /^\/e(\d+)$/ h app.js:8
    GET /list h app.js:9
    GET ${ROOT}/f h app.js:10 unresolved
    POST /g h app.js:11
    POST /h h app.js:11
    PUT /i run app.js:12
    PUT /j run app.js:12
    DELETE /k h app.js:14
    ");
}

#[test]
fn chained_routes_stand_on_their_own_lines() {
    let text = "
const app = require('express')();
app.route('/x')
    .get(read)
    .post(check, write);
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /x read app.js:4
    POST /x write app.js:5 [check]
    ");
}

#[test]
fn registering_functions_are_seen_through_their_callers() {
    let text = "
const app = require('express')();
function resource(name, handler) {
    app.get('/' + name, handler);
}
resource('cats', cats);
resource('dogs', dogs);
function cats(req, res) {}
function dogs(req, res) {}
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /cats cats app.js:6
    GET /dogs dogs app.js:7
    ");
}

#[test]
fn applications_in_classes_and_factories() {
    let server = "
import express from 'express';
import { Users } from './users';
export class Server {
    app;
    constructor() { this.app = express(); this.routes(); }
    routes() { this.app.use('/users', new Users().router); this.app.get('/health', this.health); }
    health = (req, res) => res.send('ok');
}
";
    let users = "
import { Router } from 'express';
export class Users {
    public router = Router();
    constructor() { this.router.get('/:id', this.show.bind(this)); }
    show(req, res) { return req.params.id; }
}
";
    let factory = "
const { Router } = require('express');
module.exports = function make(store) { const router = Router(); router.get('/x', x); return router; };
function x(req, res) {}
";
    let mounts = "const app = require('express')();\napp.use('/made', require('./factory')({}));\n";
    let files = [("factory.js", factory), ("server.ts", server), ("users.ts", users), ("z.js", mounts)];
    insta::assert_snapshot!(check(&files), @r"
    GET /made/x x factory.js:3
    GET /health health server.ts:7
    GET /users/:id show users.ts:5 (path id)
    ");
}

#[test]
fn a_parameter_is_an_application_by_name_when_nobody_is_seen_to_call() {
    let app = "const app = require('express')();\nrequire('fs').readdirSync('routes').forEach((f) => require('./routes/' + f)(app));\n";
    let route = "module.exports = (app) => { app.get('/loaded', (req, res) => res.send(req.query.q)); };\n";
    let other = "module.exports = (client) => { client.get('/not-a-route', (body) => body); };\n";
    insta::assert_snapshot!(check(&[("app.js", app), ("routes/a.js", route), ("routes/b.js", other)]), @"GET /loaded <anonymous> routes/a.js:1 (query q)");
}

#[test]
fn constructor_functions_hold_handlers() {
    let app = "const app = require('express')();\nconst Session = require('./session');\nconst session = new Session({});\napp.get('/in', session.required, session.show);\n";
    let session = "
module.exports = function Session(db) {
    this.required = (req, res, next) => req.session.userId ? next() : res.redirect('/login');
    this.show = function (req, res) { return req.query.tab; };
};
";
    insta::assert_snapshot!(check(&[("app.js", app), ("session.js", session)]), @"GET /in show app.js:4 [required: authenticated] (query tab)");
}

#[test]
fn order_decides_what_is_in_force() {
    let text = "
const express = require('express'), helmet = require('helmet');
const app = express(), api = express.Router();
app.get('/early', h);
app.use(helmet());
app.use('/admin', requireAdmin);
app.get('/admin/users', h);
app.get('/other', h);
app.use('/api', requireLogin, api);
api.get('/first', h);
api.use(audit);
api.get('/second', h);
app.use((err, req, res, next) => res.status(500).end());
function requireLogin(req, res, next) { if (!req.session.user) return res.status(401).end(); next(); }
function requireAdmin(req, res, next) { if (!req.user.isAdmin) return res.sendStatus(403); next(); }
function audit(req, res, next) { next(); }
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /early h app.js:4
    GET /admin/users h app.js:7 [helmet: headers, requireAdmin: authorized]
    GET /other h app.js:8 [helmet: headers]
    GET /api/first h app.js:10 [helmet: headers, requireLogin: authenticated]
    GET /api/second h app.js:12 [helmet: headers, requireLogin: authenticated, audit]
    ");
}

#[test]
fn what_is_set_up_in_another_file_comes_in_the_order_of_calls() {
    let app = "const app = require('express')();\nrequire('./public')(app);\nrequire('./security')(app);\nrequire('./private')(app);\n";
    let public = "module.exports = (app) => app.get('/public', h);\n";
    let security = "const cors = require('cors');\nmodule.exports = (app) => app.use(cors());\n";
    let private = "module.exports = (app) => app.get('/private', h);\n";
    insta::assert_snapshot!(check(&[("app.js", app), ("public.js", public), ("security.js", security), ("private.js", private)]), @r"
    GET /private h private.js:1 [cors: cors]
    GET /public h public.js:1
    ");
}

#[test]
fn exposure_follows_the_guards() {
    let text = "
const app = require('express')();
const passport = require('passport');
app.get('/open', h);
app.get('/mine', passport.authenticate('jwt'), h);
app.get('/all', isAdmin, h);
function isAdmin(req, res, next) { if (req.user.role !== 'admin') return res.status(403).end(); next(); }
";
    let exposures = |text: &str| -> Vec<Exposure> {
        find(&[("app.js", text)], &ImportMap::default()).routes.iter().map(|route| route.exposure).collect()
    };
    assert_eq!(exposures(text), [Exposure::Unauthenticated, Exposure::Authenticated, Exposure::Privileged]);
    let open = format!("{text}app.post('/signup', h);\n");
    assert_eq!(exposures(&open)[1], Exposure::SelfSignup);
}

#[test]
fn every_body_knows_the_routes_that_reach_it() {
    let text = "const app = require('express')();\napp.get('/a', (req, res) => load(() => inner()));\napp.get('/b', (req, res) => load());\nfunction load(done) {}\nfunction inner() {}\nfunction never() {}\n";
    let found = find(&[("app.js", text)], &ImportMap::default());
    let program_bodies: Vec<usize> = found.of_body.values().map(Vec::len).collect();
    assert_eq!(program_bodies.iter().sum::<usize>(), 6, "a: handler, callback, load, inner; b: handler, load");
    let handler = found.handlers[0].unwrap();
    assert_eq!(found.of(handler.0, handler.1).count(), 1);
}

#[test]
fn a_wrapper_leads_to_the_handler_that_it_was_given() {
    let wrap = "module.exports = (fn) => (req, res, next) => { Promise.resolve(fn(req, res, next)).catch(next); };\n";
    let users = "const wrap = require('./wrap');\nconst list = wrap(async (req, res) => { res.json(req.query.page); });\nconst drop = wrap(async (req, res) => { res.json(req.body.reason); });\nmodule.exports = { list, drop };\n";
    let app = "const app = require('express')();\nconst users = require('./users');\nconst wrap = require('./wrap');\nconst signedIn = (fn) => (req, res) => { if (!req.user) return res.sendStatus(401); return fn(req, res); };\napp.get('/a', users.list);\napp.delete('/b', users.drop);\napp.get('/c', wrap((req, res) => res.json(req.query.c)));\napp.get('/d', signedIn((req, res) => res.json(req.query.d)));\n";
    let found = find(&[("app.js", app), ("users.js", users), ("wrap.js", wrap)], &ImportMap::default());
    insta::assert_snapshot!(print(&found), @r"
    GET /a list app.js:5 (query page)
    DELETE /b drop app.js:6 (body reason)
    GET /c <anonymous> app.js:7 (query c)
    GET /d <anonymous> app.js:8 [signedIn: authenticated] (query d)
    ");
    for handler in found.handlers.iter().flatten() {
        assert_eq!(found.of(handler.0, handler.1).count(), 1, "each handler serves its own route alone");
    }
}

#[test]
fn what_is_not_resolved_is_said() {
    let found = find(
        &[("app.js", "const app = require('express')();\napp.get(where(), h);\napp.get('/x', unknown);\n")],
        &ImportMap::default(),
    );
    insta::assert_snapshot!(print(&found), @r"
    GET ${where} h app.js:2 unresolved
    GET /x unknown app.js:3
    ");
    let whats: Vec<_> = found.unresolved.iter().map(|gap| (gap.place.line, gap.what)).collect();
    assert_eq!(whats, [(2, "its path or method"), (3, "its handler")]);
}

#[test]
fn calls_on_other_things_are_no_routes() {
    let text = "
const express = require('express'), axios = require('axios');
const app = express();
axios.get('/outbound', { timeout: 1 });
const cache = new Map();
cache.get('/key', () => 1);
Promise.all(['/a', '/b'].map((x) => x));
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @"");
}
