"""The pages of HR analysts: the heat table of a wave, its findings, and the export of released cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, abort, g, render_template, request

from app import auth
from app.extensions import Database
from app.web import bodies
from app.web import pages as words
from app.web.hr import archive
from app.web.hr.findings import add_findings
from app.web.hr.heat import heat_table
from app.web.hr.link import add_link
from reports.exports.power_query import power_query
from reports.services import hr_export
from reports.services.hr_export import ExportOrder
from reports.store import releases
from surveys.enums import Role
from surveys.errors import NotFound
from surveys.store import waves

_LONGEST_KEY = 64
_MOST_SUGGESTED = 500
"""More units than this are not suggested on the page; their keys can be typed."""


def make_blueprint(*, database: Database, clock: Callable[[], dt.datetime]) -> Blueprint:
    """Return the pages of HR analysts of one installation."""
    pages = Blueprint("hr", __name__, url_prefix="/hr")

    @pages.get("/")
    @auth.required(Role.HR)
    def table() -> str:
        with database.reading() as session:
            slugs = hr_export.released_slugs(session)
            wave = request.args.get("wave") or (slugs[-1] if slugs else None)
            if wave is None:
                return render_template("hr/empty.html")
            if wave not in slugs:
                raise NotFound("Wave {wave} has not been released.", wave=wave)
            row = waves.get_wave(session, wave)
            made = hr_export.heat_rows(session, wave, language=g.language)
            heat = heat_table(made, words.current(), releases.latest_variances(session, [wave]))
            return render_template(
                "hr/table.html",
                heat=heat,
                wave=row,
                waves=slugs[::-1],
                scales=hr_export.list_scales(session, [wave], language=g.language),
                units=hr_export.list_units(session, wave)[:_MOST_SUGGESTED],
                formats=hr_export.FORMATS,
            )

    @pages.post("/export")
    @auth.required(Role.HR)
    def export() -> Response:
        order = _order()
        with TemporaryDirectory() as folder:
            files = Path(folder, "files")
            files.mkdir()
            made = hr_export.write_export(database.reading, order, files)
            whole = Path(folder, "whole.zip")
            archive.pack(made.files, whole)
            with database.transaction() as session:
                hr_export.note_export(session, made, actor=auth.account().email, now=clock())
            # The open file outlives its name: it is gone from the disk when the last piece was read.
            stream = whole.open("rb")
            size = whole.stat().st_size
        response = Response(archive.blocks(stream), mimetype="application/zip")
        response.call_on_close(stream.close)
        response.content_length = size
        response.headers["Content-Disposition"] = 'attachment; filename="barograph-export.zip"'
        return response

    @pages.get("/barograph.pq")
    @auth.required(Role.HR)
    def query() -> Response:
        response = Response(power_query(request.host_url), mimetype="text/plain")
        response.headers["Content-Disposition"] = 'attachment; filename="barograph.pq"'
        return response

    add_findings(pages, database=database)
    add_link(pages, database=database)
    return pages


def _order() -> ExportOrder:
    wave = _chosen("wave")
    if wave is not None and not bodies.is_wave_name(wave):
        abort(404)
    unit, scale = _chosen("unit"), _chosen("scale")
    return ExportOrder(
        file_format=request.form.get("format", ""),
        language=g.language,
        waves=None if wave is None else (wave,),
        units=None if unit is None else (unit,),
        scales=None if scale is None else (scale,),
        locale=_chosen("locale"),
        address=request.host_url,
    )


def _chosen(field: str) -> str | None:
    """Return a field of the form, None where it is empty; what no key can be is not looked up."""
    value = request.form.get(field, "").strip()
    if len(value) > _LONGEST_KEY or not value.isprintable():
        abort(404)
    return value or None
