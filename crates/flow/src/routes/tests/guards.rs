//! What guards prove.

use super::check;

#[test]
fn a_name_alone_proves_nothing() {
    let text = "
const app = require('express')();
app.get('/a', requireAuth, h);
app.get('/b', isAuthenticated, h);
app.get('/c', log, h);
app.get('/d', deny, h);
app.get('/e', elsewhere, h);
function requireAuth(req, res, next) { next(); }
function isAuthenticated(req, res, next) { if (!ok(req)) return res.status(401).end(); next(); }
function log(req, res, next) { console.log(req.url); next(); }
function deny(req, res, next) { if (!req.session.userId) return res.redirect('/login'); next(); }
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /a h app.js:3 [requireAuth]
    GET /b h app.js:4 [isAuthenticated: authenticated]
    GET /c h app.js:5 [log]
    GET /d h app.js:6 [deny: authenticated]
    GET /e h app.js:7 [elsewhere]
    ");
}

#[test]
fn tokens_that_are_verified() {
    let app = "
import express from 'express';
import { guard, requireRole } from './guards';
const app = express();
app.get('/a', guard, h);
app.get('/b', guard, requireRole('admin'), h);
";
    let guards = "
import jwt from 'jsonwebtoken';
export const guard = (req, res, next) => {
    try { req.user = jwt.verify(req.headers.authorization, process.env.KEY); next(); }
    catch (error) { res.status(401).json({ error: 'no' }); }
};
export const requireRole = (role) => (req, res, next) => {
    if (!req.user.roles.includes(role)) return res.status(403).end();
    next();
};
";
    insta::assert_snapshot!(check(&[("app.ts", app), ("guards.ts", guards)]), @r"
    GET /a h app.ts:5 [guard: authenticated]
    GET /b h app.ts:6 [guard: authenticated, requireRole: authorized]
    ");
}

#[test]
fn middleware_of_libraries() {
    let text = "
const express = require('express');
const csrf = require('csurf'), limit = require('express-rate-limit'), { body, validationResult } = require('express-validator');
const { expressjwt } = require('express-jwt'), bodyParser = require('body-parser');
const app = express();
app.use(bodyParser.json(), csrf({ cookie: true }));
const chain = [body('email').isEmail(), check];
app.post('/a', limit({ max: 5 }), chain, h);
app.post('/b', ...chain, h);
app.get('/c', expressjwt({ secret: 's', algorithms: ['HS256'] }), h);
function check(req, res, next) { if (!validationResult(req).isEmpty()) return res.status(422).end(); next(); }
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    POST /a h app.js:8 [csrf: csrf, limit: rate limit, body: validated, check: validated]
    POST /b h app.js:9 [csrf: csrf, body: validated, check: validated]
    GET /c h app.js:10 [csrf: csrf, expressjwt: authenticated]
    ");
}

#[test]
fn checks_in_handlers_count_only_when_they_refuse() {
    let text = "
const app = require('express')();
app.get('/refuses', (req, res) => { if (!req.session.user) return res.redirect('/login'); res.send('x'); });
app.get('/reads', (req, res) => { const name = req.session.user; if (name) { return res.redirect('/home'); } res.send('x'); });
app.get('/otherwise', (req, res) => { if (req.session.user) { res.send('x'); } else { res.status(401).end(); } });
app.post('/login', (req, res) => { req.session.user = find(req.body.name); res.redirect('/'); });
";
    insta::assert_snapshot!(check(&[("app.js", text)]), @r"
    GET /refuses <anonymous> app.js:3 [req.session.user: authenticated]
    GET /reads <anonymous> app.js:4
    GET /otherwise <anonymous> app.js:5 [req.session.user: authenticated]
    POST /login <anonymous> app.js:6 (body name)
    ");
}

#[test]
fn flask_decorators_below_the_route_and_hooks() {
    let text = "
from functools import wraps
from flask import Flask, session, redirect, abort, request
from flask_login import login_required
from flask_wtf import CSRFProtect
app = Flask(__name__)
csrf = CSRFProtect(app)

def signed_in(f):
    @wraps(f)
    def inner(*args, **kwargs):
        if 'user' not in session:
            return redirect('/login')
        return f(*args, **kwargs)
    return inner

@app.before_request
def check_key():
    if request.headers.get('X-Key') != 'k':
        abort(403)

@app.route('/a')
@login_required
def a(): pass

@login_required
@app.route('/outside')
def outside(): pass

@app.post('/hook')
@csrf.exempt
@signed_in
def hook(): pass
";
    insta::assert_snapshot!(check(&[("app.py", text)]), @r"
    GET /a a app.py:22 [CSRFProtect: csrf, check_key, login_required: authenticated]
    GET /outside outside app.py:27 [CSRFProtect: csrf, check_key]
    POST /hook hook app.py:30 [check_key, signed_in: authenticated]
    ");
}

#[test]
fn flask_hooks_of_blueprints_and_exemptions_by_call() {
    let text = "
from flask import Flask, Blueprint, g, abort
from flask_wtf.csrf import CSRFProtect
from flask_talisman import Talisman
from flask_limiter import Limiter
csrf = CSRFProtect()
limiter = Limiter(key_func=str)
api = Blueprint('api', __name__, url_prefix='/api')

@api.before_request
def require_user():
    if g.user is None:
        abort(401)

@api.get('/x')
@limiter.limit('5/minute')
def x(): pass

def create_app():
    app = Flask(__name__)
    csrf.init_app(app)
    Talisman(app)
    app.register_blueprint(api)
    csrf.exempt(api)
    @app.get('/y')
    def y(): pass
    return app
";
    insta::assert_snapshot!(check(&[("app.py", text)]), @r"
    GET /api/x x app.py:15 [Talisman: headers, require_user: authenticated, limit: rate limit]
    GET /y y app.py:25 [csrf: csrf, Talisman: headers]
    ");
}

#[test]
fn nest_guards_on_class_method_and_application() {
    let controller = "
import { Controller, Get, Post, UseGuards, SetMetadata, applyDecorators } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { RolesGuard } from './roles.guard';
const Public = () => SetMetadata('isPublic', true);
const Admin = () => applyDecorators(UseGuards(RolesGuard));
@Controller('cats')
@UseGuards(AuthGuard('jwt'))
export class Cats {
    @Get() all() {}
    @Public() @Get('open') open() {}
    @Admin() @Post() create() {}
}
";
    let guard = "
import { CanActivate, ForbiddenException } from '@nestjs/common';
export class RolesGuard implements CanActivate {
    canActivate(context) { if (!context.user.roles) throw new ForbiddenException(); return true; }
}
";
    let main = "import { NestFactory } from '@nestjs/core';\nimport helmet from 'helmet';\nasync function start() { const app = await NestFactory.create(App); app.use(helmet()); }\n";
    insta::assert_snapshot!(check(&[("cats.ts", controller), ("main.ts", main), ("roles.guard.ts", guard)]), @r"
    GET /cats all cats.ts:10 [helmet: headers, AuthGuard: authenticated]
    GET /cats/open open cats.ts:11 [helmet: headers]
    POST /cats create cats.ts:12 [helmet: headers, AuthGuard: authenticated, RolesGuard: authorized]
    ");
}
