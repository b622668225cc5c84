"""The pages of HR analysts: the heat table of a wave and the export of every released cell."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, abort, g, make_response, render_template, request

from app import auth
from app.extensions import Database
from app.web import bodies
from app.web import pages as words
from app.web.hr.heat import heat_table
from reports.services import hr_export
from reports.store import releases
from surveys.enums import Role
from surveys.errors import NotFound
from surveys.store import waves


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
            made = hr_export.build_table(session, waves=[wave], language=g.language)
            variances = releases.latest_variances(session, [wave])
            heat = heat_table(made, words.current(), variances)
            return render_template("hr/table.html", heat=heat, wave=row, waves=slugs[::-1])

    @pages.post("/export")
    @auth.required(Role.HR)
    def export() -> Response:
        wave = request.form.get("wave") or None
        if wave is not None and not bodies.is_wave_name(wave):
            abort(404)
        with database.transaction() as session:
            files = hr_export.export_files(
                session,
                waves=[wave] if wave else None,
                language=g.language,
                file_format=request.form.get("format", ""),
                actor=auth.account().email,
                now=clock(),
            )
        response = make_response(zipped(files))
        response.mimetype = "application/zip"
        response.headers["Content-Disposition"] = 'attachment; filename="barograph-export.zip"'
        return response

    return pages


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Pack files into one archive; equal files give equal bytes, because no time is written."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return target.getvalue()
