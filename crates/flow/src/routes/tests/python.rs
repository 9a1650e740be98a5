//! Flask and FastAPI.

use super::check;

#[test]
fn flask_routes_and_inputs() {
    let text = "
from flask import Flask, request
app = Flask(__name__)
PREFIX = '/v1'

@app.route(PREFIX + '/items/<int:item_id>', methods=['GET', 'POST'])
def items(item_id):
    page = request.args.get('page')
    name = request.form['name']
    return store(request)

@app.post('/json')
def json_route():
    data = request.get_json()
    return data['a'] + request.json.get('b') + request.headers['X-Key'] + request.cookies.get('sid')

@app.route('/plain')
def plain():
    return request.files['photo'].filename

def store(r):
    return request.values.get('v')
";
    insta::assert_snapshot!(check(&[("app.py", text)]), @r"
    GET /v1/items/<int:item_id> items app.py:6 (path item_id, query page)
    POST /v1/items/<int:item_id> items app.py:6 (path item_id, query page, form name, form v)
    POST /json json_route app.py:12 (body a, body b, header X-Key, cookie sid)
    GET /plain plain app.py:17
    ");
}

#[test]
fn flask_blueprints_across_files_and_nested() {
    let app = "
from flask import Flask
from shop.views import shop
from shop import admin
def create_app():
    app = Flask(__name__)
    app.register_blueprint(shop)
    app.register_blueprint(admin.bp, url_prefix='/root')
    return app
";
    let views = "from flask import Blueprint\nshop = Blueprint('shop', __name__, url_prefix='/shop')\ninner = Blueprint('inner', __name__)\n@shop.route('/')\ndef index(): pass\n@inner.get('/x')\ndef x(): pass\nshop.register_blueprint(inner, url_prefix='/inner')\n";
    let admin = "from flask import Blueprint\nbp = Blueprint('admin', __name__, url_prefix='/admin')\n@bp.route('/')\ndef index(): pass\n";
    insta::assert_snapshot!(check(&[("app.py", app), ("shop/__init__.py", ""), ("shop/admin.py", admin), ("shop/views.py", views)]), @r"
    GET /root/ index shop/admin.py:3
    GET /shop/ index shop/views.py:4
    GET /shop/inner/x x shop/views.py:6
    ");
}

#[test]
fn flask_views() {
    let text = "
from flask import Flask
from flask.views import MethodView, View
from flask_login import login_required
app = Flask(__name__)
class Base(MethodView):
    decorators = [login_required]
    def get(self, id=None): pass
class Items(Base):
    def post(self): pass
class Report(View):
    methods = ['GET', 'PUT']
    def dispatch_request(self): pass
def function(): pass
view = Items.as_view('items')
app.add_url_rule('/items', view_func=view)
app.add_url_rule('/items/<int:id>', 'one', view, methods=['GET'])
app.add_url_rule('/report', view_func=Report.as_view('report'))
app.add_url_rule('/function', view_func=function)
";
    insta::assert_snapshot!(check(&[("app.py", text)]), @r"
    GET /items Items.get app.py:16 [login_required: authenticated]
    POST /items Items.post app.py:16 [login_required: authenticated]
    GET /items/<int:id> Items.get app.py:17 [login_required: authenticated] (path id)
    GET /report Report.dispatch_request app.py:18
    PUT /report Report.dispatch_request app.py:18
    GET /function function app.py:19
    ");
}

#[test]
fn flask_resources() {
    let text = "
from flask import Flask, Blueprint
from flask_restful import Api, Resource
from flask_restx import Api as ApiX, Namespace, Resource as ResourceX
app = Flask(__name__)
class Wrapped(Api):
    def add_more(self, resource, *urls, **kwargs):
        return self.add_resource(resource, *urls, **kwargs)
class Ping(Resource):
    def get(self): pass
api = Wrapped(app, prefix='/api')
api.add_resource(Ping, '/ping')
api.add_more(Ping, '/p', '/pp', endpoint='p')
bp = Blueprint('x', __name__, url_prefix='/x')
apix = ApiX(bp)
users = Namespace('users')
@users.route('/<int:id>')
class User(ResourceX):
    def get(self, id): pass
    def delete(self, id): pass
apix.add_namespace(users)
apix.add_namespace(users, '/people')
app.register_blueprint(bp)
";
    insta::assert_snapshot!(check(&[("app.py", text)]), @r"
    GET /ping Ping.get app.py:12
    GET /p Ping.get app.py:13
    GET /pp Ping.get app.py:13
    DELETE /x/people/<int:id> User.delete app.py:17 (path id)
    GET /x/people/<int:id> User.get app.py:17 (path id)
    DELETE /x/users/<int:id> User.delete app.py:17 (path id)
    GET /x/users/<int:id> User.get app.py:17 (path id)
    ");
}

#[test]
fn fastapi_routes() {
    let text = "
from typing import Annotated
from fastapi import FastAPI, APIRouter, Depends, Header, HTTPException
from pydantic import BaseModel
class Item(BaseModel):
    name: str
def current_user(token: str = Header()):
    if not token:
        raise HTTPException(status_code=401)
router = APIRouter(prefix='/items', dependencies=[Depends(current_user)])
@router.post('/{item_id}')
def create(item_id: int, item: Item, q: str = None, key: Annotated[str, Header()] = ''): pass
@router.get('/')
def all(): pass
app = FastAPI()
app.include_router(router, prefix='/v1')
@app.get('/me')
def me(user = Depends(current_user)): pass
";
    insta::assert_snapshot!(check(&[("app.py", text)]), @r"
    POST /v1/items/{item_id} create app.py:11 [current_user: authenticated] (path item_id, query q, body item, header key)
    GET /v1/items/ all app.py:13 [current_user: authenticated]
    GET /me me app.py:17 [current_user: authenticated]
    ");
}

#[test]
fn django_patterns() {
    let root = "from django.urls import path, include\ndef home(request):\n    return request.GET['q']\nurlpatterns = [path('shop/', include('shop.urls')), path('', home)]\n";
    let shop = "from django.urls import path, re_path\nfrom . import views\nurlpatterns = [path('<int:id>/', views.item), path('all', views.Items.as_view()), re_path(r'^old/$', views.item)]\n";
    let views = "
from django.views import View
from django.contrib.auth.decorators import login_required
@login_required
def item(request, id):
    return request.POST.get('name')
class Items(View):
    def get(self, request): pass
    def post(self, request): return request.FILES['f']
";
    let files = [("shop/__init__.py", ""), ("shop/urls.py", shop), ("shop/views.py", views), ("site/urls.py", root)];
    insta::assert_snapshot!(check(&files), @r"
    ANY /shop/<int:id>/ item shop/urls.py:3 [login_required: authenticated] (path id, form name)
    ANY /shop/^old/$ item shop/urls.py:3 [login_required: authenticated] (form name)
    GET /shop/all Items.get shop/urls.py:3
    POST /shop/all Items.post shop/urls.py:3 (file f)
    ANY / home site/urls.py:4 (query q)
    ");
}

#[test]
fn aiohttp_routes() {
    let text = "
from aiohttp import web
routes = web.RouteTableDef()
@routes.get('/a/{name}')
async def a(request):
    return request.query['q']
async def b(request):
    data = await request.json()
    return data['x']
app = web.Application()
app.add_routes(routes)
app.router.add_post('/b', b)
";
    insta::assert_snapshot!(check(&[("app.py", text)]), @r"
    GET /a/{name} a app.py:4 (path name, query q)
    POST /b b app.py:12 (body x)
    ");
}
