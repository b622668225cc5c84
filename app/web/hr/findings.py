"""The page of HR analysts with what the statistics find over all units: summary, units by scale, and the whole."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from app import auth
from app.extensions import Database
from app.web import pages as words
from app.web.parts import Part, part_of
from reports.services import analysis_view, hr_export
from reports.services.analysis_cells import FindingLine
from reports.services.analysis_view import SHOWN, StoredAnalysis
from surveys.enums import Role
from surveys.errors import NotFound
from surveys.i18n import Translator

ON_A_PAGE = 100
"""How many units stand on one page."""

_LONGEST_KEY = 64


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a reader asks for: one scale or all, and which units."""

    scale: str | None
    shown: str


def add_findings(pages: Blueprint, *, database: Database) -> None:
    """Add the page of findings to the pages of HR analysts."""

    @pages.get("/findings")
    @auth.required(Role.HR)
    def findings() -> str:
        with database.reading() as session:
            slugs = hr_export.released_slugs(session)
            wave = request.args.get("wave") or (slugs[-1] if slugs else None)
            if wave is None:
                return render_template("hr/findings.html", wave=None, found=None)
            if wave not in slugs:
                raise NotFound("Wave {wave} has not been released.", wave=wave[:_LONGEST_KEY])
            found = analysis_view.load_analysis(session, wave)
            if found is None:
                return render_template("hr/findings.html", wave=wave, waves=slugs[::-1], found=None)
            return _page(session, found, slugs)


def _page(session: Session, found: StoredAnalysis, slugs: list[str]) -> str:
    tr, asked = words.current(), _asked(found)
    units = analysis_view.list_units(session, found, scale=asked.scale, shown=asked.shown)
    part = part_of(units, request.args.get("part", ""), size=ON_A_PAGE)
    scales = tuple(scale for code, scale in found.scales.items() if asked.scale in {None, code})
    lines = analysis_view.list_lines(session, found, part.rows, scales=scales, tr=tr)
    return render_template(
        "hr/findings.html",
        wave=found.wave,
        waves=slugs[::-1],
        found=found,
        overview=found.overview(tr),
        asked=asked,
        choices=_choices(tr),
        all_scales=[(code, scale.name.to(tr.language)) for code, scale in found.scales.items()],
        scales=[scale.name.to(tr.language) for scale in scales],
        part=Part[FindingLine](rows=lines, number=part.number, parts=part.parts),
        units=len(units),
    )


def _asked(found: StoredAnalysis) -> Asked:
    scale, shown = request.args.get("scale") or None, request.args.get("show") or "standing-out"
    if shown not in SHOWN or (scale is not None and scale not in found.scales):
        abort(404)
    return Asked(scale=scale, shown=shown)


def _choices(tr: Translator) -> list[tuple[str, str]]:
    """Return what may be shown with its words, in the order of the list."""
    return [
        ("standing-out", tr.t("units with a change or an alert")),
        ("falling", tr.t("units that fell")),
        ("rising", tr.t("units that rose")),
        ("alert", tr.t("units with an alert in this wave")),
        ("below", tr.t("units clearly below the organisation")),
        ("above", tr.t("units clearly above the organisation")),
        ("all", tr.t("all units")),
    ]
