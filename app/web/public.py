"""What needs neither account nor code: the installation's promise, what its waves publish, and signs of life."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, make_response, render_template

from app.extensions import Database
from app.schema import check_current
from app.web import bodies
from surveys.errors import Refused
from surveys.services import published
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
            return Response(published.manifest_text(session, _named(wave)), mimetype="application/json")

    @pages.get("/waves/<wave>/questionnaire.json")
    def questionnaire(wave: str) -> Response:
        with database.reading() as session:
            return Response(published.questionnaire(session, _named(wave)), mimetype="application/json")

    @pages.get("/waves/<wave>/account.json")
    def account(wave: str) -> Response:
        with database.reading() as session:
            return jsonify(published.account(session, _named(wave)))

    @pages.get("/waves/<wave>/counted.txt")
    def counted(wave: str) -> Response:
        with database.reading() as session:
            return Response(published.counted_list(session, _named(wave)), mimetype="text/plain")

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


def _named(wave: str) -> str:
    """Return the name of a wave in an address; ends with 404 where no wave can be called that."""
    if not bodies.is_wave_name(wave):
        abort(404)
    return wave
