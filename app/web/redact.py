"""The redactor's pages: the comments that wait, kept or removed one by one, and their release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import auth
from app.installation import Installation
from app.jobs import comments
from app.web import bodies
from app.web.parts import part_of
from surveys.enums import Role
from surveys.errors import NotPermitted
from surveys.services import redaction, staff
from surveys.services.redaction import Decision, WaitingText

ON_A_PAGE = 50
"""How many comments stand on one page."""


def make_blueprint(inst: Installation, clock: Callable[[], dt.datetime]) -> Blueprint:
    """Return the redactor's pages of one installation."""
    pages = Blueprint("redact", __name__, url_prefix="/redact")

    @pages.get("/")
    @auth.required(Role.REDACTOR)
    def overview() -> str:
        _check_outside()
        with inst.database.reading() as session:
            return render_template("staff/redact.html", waves=redaction.list_waiting(session))

    @pages.get("/<wave>")
    @auth.required(Role.REDACTOR)
    def wave(wave: str) -> str:
        _check_outside()
        _check_name(wave)
        with inst.database.reading() as session:
            waiting = redaction.get_waiting(session, wave)
            texts = redaction.list_texts(session, wave)
        part = part_of(texts, request.args.get("part", ""), size=ON_A_PAGE)
        return render_template("staff/redact-wave.html", wave=waiting, part=part, anchor=_anchor, decisions=Decision)

    @pages.post("/<wave>/decide")
    @auth.required(Role.REDACTOR)
    def decide(wave: str) -> BaseResponse:
        _check_outside()
        _check_name(wave)
        unit, place, decision = _chosen()
        with inst.database.transaction() as session:
            redaction.decide(session, wave=wave, unit=unit, place=place, decision=decision)
            texts = redaction.list_texts(session, wave)
        at = next((number for number, text in enumerate(texts) if (text.unit, text.place) == (unit, place)), 0)
        address = url_for("redact.wave", wave=wave, part=1 + at // ON_A_PAGE, _anchor=_anchor(texts[at]))
        return redirect(address, 303)

    @pages.post("/<wave>/release")
    @auth.required(Role.REDACTOR)
    def release(wave: str) -> BaseResponse:
        _check_outside()
        _check_name(wave)
        comments.release_comments(inst, wave=wave, now=clock(), actor=auth.account().email)
        return redirect(url_for("redact.overview"), 303)

    return pages


def _check_outside() -> None:
    """Refuse a redactor who came to lead a team or became steward after the role was given.

    Raises:
        NotPermitted: the account stands inside the line.
    """
    if not staff.is_outside_the_line(auth.account().roles):
        raise NotPermitted(
            "You lead a team or are steward, so you cannot read comments before they are released. Ask for another "
            "redactor."
        )


def _check_name(wave: str) -> None:
    if not bodies.is_wave_name(wave):
        abort(404)


def _chosen() -> tuple[str, int, Decision]:
    """Return unit, place and decision of a form; whatever else was sent is refused as unreadable."""
    unit, place = request.form.get("unit", ""), request.form.get("place", "")
    decision = request.form.get("decision", "")
    is_place = place.isascii() and place.isdigit() and len(place) < 9
    if not unit or "\0" in unit or not is_place or decision not in {Decision.KEPT, Decision.REMOVED}:
        abort(400)
    return unit, int(place), Decision(decision)


def _anchor(text: WaitingText) -> str:
    return f"c-{text.unit}-{text.place}"
