"""The report pages."""

import hashlib
import random

import requests
import yaml
from flask import Blueprint, jsonify, make_response, request
from flask_login import login_required

bp = Blueprint("reports", __name__)


@bp.get("/")
@login_required
def index():
    """The reports that there are."""
    return jsonify(["daily", "monthly"])


@bp.route("/layout", methods=["POST"])
@login_required
def layout():
    """Takes a layout and keeps it."""
    spec = yaml.load(request.get_data(), Loader=yaml.Loader)
    return jsonify(spec)


@bp.get("/share")
@login_required
def share():
    """A link that shows a report without signing in."""
    share_token = str(random.randint(0, 10**9))
    response = make_response({"link": f"/reports/shared/{share_token}"})
    response.set_cookie("last_share", share_token)
    return response


@bp.get("/daily")
@login_required
def daily():
    """The day's figures, with a tag for the cache."""
    figures = requests.get("https://figures.internal/daily", verify=False, timeout=5).json()
    tag = hashlib.md5(repr(figures).encode(), usedforsecurity=False).hexdigest()
    response = jsonify(figures)
    response.headers["ETag"] = tag
    return response
