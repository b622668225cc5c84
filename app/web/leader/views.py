"""A leader's own teams: a list, the report of each as a page, its PDF, and the waves before."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from flask import Blueprint, Response, g, make_response, render_template, request

from app import auth
from app.extensions import Database
from app.web.leader.plan import add_plan
from app.web.ports import Reports, StoredReport
from reports.charts.numbers import level_tables, numbers_tables
from reports.charts.roadmap_view import roadmap_view
from reports.charts.theme import Theme
from reports.charts.view import pressure_view, scales_view, sheet_view
from reports.charts.words_roadmap import roadmap_words
from reports.services import remarks
from surveys.enums import Role, WaveStatus
from surveys.i18n import translator
from surveys.store import organisation, waves


@dataclass(frozen=True, kw_only=True)
class OwnTeam:
    """A team of the reader by key and name."""

    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class EarlierWave:
    """A released wave that has a page for the team."""

    slug: str
    closed_at: dt.datetime


def make_blueprint(*, database: Database, reports: Reports) -> Blueprint:
    """Return the leader's pages of one installation."""
    pages = Blueprint("leader", __name__, url_prefix="/leader")

    @pages.get("/")
    @auth.required(Role.LEADER)
    def overview() -> str:
        with database.reading() as session:
            names = {team.key: team.name for team in organisation.list_teams(session)}
        mine = [OwnTeam(key=key, name=names.get(key, key)) for key in sorted(auth.account().teams)]
        return render_template("leader/overview.html", teams=mine)

    @pages.get("/<unit>")
    @auth.required(Role.LEADER)
    def report(unit: str) -> str:
        auth.check_leads(unit)
        found = _get(unit)
        document = found.document
        g.language = document.language
        with database.reading() as session:
            beside = remarks.of_unit(session, wave=found.wave, unit=unit, language=document.language)
        return render_template(
            "leader/report.html",
            report=document,
            unit=unit,
            wave=found.wave,
            digest=found.sha256,
            sheet=sheet_view(document, Theme.WEB),
            pressure=pressure_view(document, Theme.WEB),
            roadmap=roadmap_view(document, Theme.WEB),
            roadmap_words=roadmap_words(translator(document.language)),
            scales=scales_view(document, Theme.WEB),
            tables=numbers_tables(document),
            levels=level_tables(document),
            earlier=_released(database, unit),
            remarks=beside,
        )

    @pages.get("/<unit>/report.pdf")
    @auth.required(Role.LEADER)
    def pdf(unit: str) -> Response:
        auth.check_leads(unit)
        found = _get(unit)
        response = make_response(reports.render(found.document))
        response.mimetype = "application/pdf"
        name = re.sub(r"[^A-Za-z0-9-]+", "-", f"{unit}-{found.wave}").strip("-") or "report"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
        return response

    def _get(unit: str) -> StoredReport:
        return reports.get(unit=unit, wave=request.args.get("wave") or None, language=g.language)

    add_plan(pages, database=database)
    return pages


def _released(database: Database, unit: str) -> list[EarlierWave]:
    """Return the released waves that knew the team, newest first."""
    with database.reading() as session:
        rows = waves.list_waves(session, status=WaveStatus.RELEASED)
        held = [row for row in rows if any(each.unit == unit for each in waves.list_units(session, row.slug))]
        ordered = sorted(held, key=lambda row: row.closes_at, reverse=True)
        return [EarlierWave(slug=row.slug, closed_at=row.closed_at or row.closes_at) for row in ordered]
