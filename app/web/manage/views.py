"""The pages of stewards: programmes with their waves, what a wave fixed, and its next step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import auth, lifecycle
from app.installation import Installation
from surveys.ballots import manifest
from surveys.enums import WAVE_TRANSITIONS, Role, WaveStatus
from surveys.i18n import mark
from surveys.store import waves

STATUS_WORDS = {
    WaveStatus.PLANNED: mark("planned"),
    WaveStatus.OPEN: mark("open"),
    WaveStatus.CLOSED: mark("closed, being counted"),
    WaveStatus.COUNTED: mark("counted, waiting for its release"),
    WaveStatus.RELEASED: mark("released"),
    WaveStatus.WITHDRAWN: mark("withdrawn"),
}
"""How a status reads on a page."""


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the pages about waves to the steward's blueprint."""

    @pages.get("/")
    @auth.required(Role.STEWARD)
    def overview() -> str:
        with inst.database.reading() as session:
            programmes = waves.list_programmes(session)
            held = {each.slug: waves.list_waves(session, programme=each.slug)[::-1] for each in programmes}
            return render_template("manage/overview.html", programmes=programmes, waves=held, status_words=STATUS_WORDS)

    @pages.get("/waves/<wave>")
    @auth.required(Role.STEWARD)
    def wave(wave: str) -> str:
        with inst.database.reading() as session:
            row = waves.get_wave(session, wave)
            programme = waves.get_programme(session, row.programme_slug)
            units = {unit.unit: unit.name for unit in waves.list_units(session, wave)}
            return render_template(
                "manage/wave.html",
                wave=row,
                programme=programme,
                crowds=waves.list_crowds(session, wave),
                units=units,
                status_words=STATUS_WORDS,
                words=manifest.words(row.fingerprint) if row.fingerprint else "",
                moves=WAVE_TRANSITIONS[WaveStatus(row.status)],
            )

    @pages.post("/programmes/<programme>/plan")
    @auth.required(Role.STEWARD)
    def plan(programme: str) -> BaseResponse:
        planned = lifecycle.plan_next(inst, programme=programme, now=clock(), actor=auth.account().email)
        return redirect(url_for("manage.wave", wave=planned.slug), 303)

    @pages.post("/waves/<wave>/open")
    @auth.required(Role.STEWARD)
    def open_wave(wave: str) -> BaseResponse:
        lifecycle.open_wave(inst, wave=wave, now=clock(), actor=auth.account().email)
        return redirect(url_for("manage.wave", wave=wave), 303)

    @pages.post("/waves/<wave>/close")
    @auth.required(Role.STEWARD)
    def close_wave(wave: str) -> BaseResponse:
        lifecycle.close_wave(inst, wave=wave, now=clock(), actor=auth.account().email)
        return redirect(url_for("manage.wave", wave=wave), 303)
