"""The page of HR analysts with the released comments by unit, and the same as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, render_template, request

from app import auth
from app.extensions import Database
from app.web import bodies
from app.web.parts import part_of
from reports.services import comment_export, remarks
from surveys.enums import Role
from surveys.errors import NotFound

ON_A_PAGE = 40
"""How many units stand on one page."""


def make_blueprint(*, database: Database, clock: Callable[[], dt.datetime]) -> Blueprint:
    """Return the comments pages of one installation."""
    pages = Blueprint("remarks", __name__, url_prefix="/hr/comments")

    @pages.get("/")
    @auth.required(Role.HR)
    def overview() -> str:
        with database.reading() as session:
            slugs = remarks.released_waves(session)
            wave = request.args.get("wave") or (slugs[-1] if slugs else None)
            if wave is None:
                return render_template("hr/comments.html", wave="", waves=[], found=None, part=None)
            if wave not in slugs:
                raise NotFound("Wave {wave} has not been released.", wave=wave)
            found = remarks.of_wave(session, wave=wave)
        part = part_of(found.units, request.args.get("part", ""), size=ON_A_PAGE)
        return render_template("hr/comments.html", wave=wave, waves=slugs[::-1], found=found, part=part)

    @pages.post("/file")
    @auth.required(Role.HR)
    def download() -> Response:
        wave = request.form.get("wave", "")
        if not bodies.is_wave_name(wave):
            abort(404)
        with database.transaction() as session:
            content = comment_export.export_comments(session, wave=wave, now=clock(), actor=auth.account().email)
        response = make_response(content)
        response.mimetype = "text/csv"
        response.headers["Content-Disposition"] = f'attachment; filename="comments-{wave}.csv"'
        return response

    return pages
