"""Pages that need neither account nor code: what this installation promises, manifests, and signs of life."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template

from app.extensions import Database
from app.schema import check_current
from surveys.errors import NotFound, Refused
from surveys.store import waves


def make_blueprint(database: Database) -> Blueprint:
    """Return the public pages of one installation."""
    pages = Blueprint("public", __name__)

    @pages.get("/")
    def home() -> str:
        with database.reading() as session:
            programmes = waves.list_programmes(session)
            names = sorted({programme.organisation for programme in programmes})
            least = min((programme.k for programme in programmes), default=5)
        return render_template("home.html", organisation=" / ".join(names), k=least)

    @pages.get("/waves/<wave>/manifest.json")
    def manifest(wave: str) -> Response:
        with database.reading() as session:
            text = waves.get_wave(session, wave).manifest
        if text is None:
            raise NotFound("Wave {wave} has no manifest before it opens.", wave=wave)
        return Response(text, mimetype="application/json")

    @pages.get("/healthz")
    def alive() -> Response:
        return jsonify(status="ok")

    @pages.get("/readyz")
    def ready() -> Response:
        try:
            check_current(database)
        except Refused:
            return make_response(jsonify(status="the database is not up to date"), 503)
        return jsonify(status="ok")

    return pages
