"""The pages of HR analysts with earlier results of other tools: what they show, the results by unit, and the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, render_template, request

from app import auth
from app.extensions import Database
from app.web import pages as words
from app.web.parts import part_of
from reports.services import earlier, earlier_export
from surveys.enums import Role
from surveys.errors import NotFound

ON_A_PAGE = 50
"""How many units stand on one page."""

_LONGEST = 120


def make_blueprint(*, database: Database, clock: Callable[[], dt.datetime]) -> Blueprint:
    """Return the pages of imported results of one installation."""
    pages = Blueprint("earlier", __name__, url_prefix="/hr/earlier")

    @pages.get("/")
    @auth.required(Role.HR)
    def overview() -> str:
        tr = words.current()
        with database.reading() as session:
            sources = earlier.list_sources(session, tr)
            if not sources:
                return render_template("hr/earlier.html", sources=(), found=None)
            asked = _name(request.args.get("source", "")) or sources[0].name
            source = next((each for each in sources if each.name == asked), None)
            if source is None:
                raise NotFound("There is no import {name}.", name=asked)
            measure = _name(request.args.get("measure", "")) or source.measures[0].code
            found = earlier.findings(session, source.name, tr, measure=measure)
            table = earlier.unit_table(session, source.name, measure, tr)
        part = part_of(table.rows, request.args.get("part", ""), size=ON_A_PAGE)
        return render_template(
            "hr/earlier.html",
            sources=sources,
            found=found,
            table=table,
            part=part,
            marked=earlier.marked(source.tool, tr),
            description=table.measure.describe(tr),
        )

    @pages.post("/file")
    @auth.required(Role.HR)
    def download() -> Response:
        name = _name(request.form.get("source", ""))
        with database.reading() as session:
            made = earlier_export.write_earlier(session, name, words.current())
        with database.transaction() as session:
            earlier_export.note_earlier(session, made, actor=auth.account().email, now=clock())
        response = make_response(made.content)
        response.mimetype = "text/csv"
        response.headers["Content-Disposition"] = 'attachment; filename="imported-results.csv"'
        return response

    return pages


def _name(text: str) -> str:
    """Return a name that somebody asked for; what no name can be is not looked up."""
    if len(text) > _LONGEST or not text.isprintable():
        abort(404)
    return text
