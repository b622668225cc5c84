"""The pages of stewards: programmes with their waves, what a wave fixed, and its next step."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app import auth, lifecycle
from app.installation import Installation
from surveys.ballots import manifest, trustee
from surveys.enums import WAVE_TRANSITIONS, BallotMode, Role, WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message, mark
from surveys.services import handover
from surveys.services.programmes import LOST_KEY, MODE_SENTENCES
from surveys.services.size import with_your_size
from surveys.store import waves
from surveys.store.keys import KeyStore

STATUS_WORDS = {
    WaveStatus.PLANNED: mark("planned"),
    WaveStatus.OPEN: mark("open"),
    WaveStatus.CLOSED: mark("closed, being counted"),
    WaveStatus.COUNTED: mark("counted, waiting for its release"),
    WaveStatus.RELEASED: mark("released"),
    WaveStatus.WITHDRAWN: mark("withdrawn"),
}
"""How a status reads on a page."""


@dataclass(frozen=True, kw_only=True)
class Locks:
    """What protects the ballots of a wave, for its page; ``keys_apart`` is None before the opening.

    ``trustee_words`` is empty where there is no second lock, ``waiting`` where nothing waits for its trustee.
    """

    mode_sentence: str
    is_promise: bool
    trustee_words: str
    lost_key: str
    keys_apart: bool | None
    has_key: bool
    waiting: Message | None


def locks_of(session: Session, keys: KeyStore, wave: str) -> Locks:
    """Return what protects the ballots of a wave."""
    row = waves.get_wave(session, wave)
    promised = json.loads(row.manifest) if row.manifest else {}
    return Locks(
        mode_sentence=MODE_SENTENCES[BallotMode(row.mode)],
        is_promise=row.mode == BallotMode.PROMISE,
        trustee_words=trustee.key_words(bytes.fromhex(row.second_lock)) if row.second_lock else "",
        lost_key=LOST_KEY,
        keys_apart=promised.get("keys_apart"),
        has_key=keys.has_wave_key(wave),
        waiting=handover.waiting(wave) if handover.is_waiting(session, row) else None,
    )


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the pages about waves to the steward's blueprint."""

    @pages.get("/")
    @auth.required(Role.STEWARD)
    def overview() -> str:
        with inst.database.reading() as session:
            programmes = waves.list_programmes(session)
            held = {each.slug: waves.list_waves(session, programme=each.slug)[::-1] for each in programmes}
            return render_template(
                "manage/overview.html",
                programmes=programmes,
                waves=held,
                status_words=STATUS_WORDS,
                size=with_your_size(session, today=clock().date(), k=max((each.k for each in programmes), default=5)),
            )

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
                locks=locks_of(session, inst.keys, wave),
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
        with inst.database.reading() as session:
            has_second_lock = waves.get_wave(session, wave).second_lock is not None
        if has_second_lock and not request.form.get("key-is-safe"):
            raise Refused("Tick that copies of the trustee's key are kept. Wave {wave} was not opened.", wave=wave)
        lifecycle.open_wave(inst, wave=wave, now=clock(), actor=auth.account().email)
        return redirect(url_for("manage.wave", wave=wave), 303)

    @pages.post("/waves/<wave>/close")
    @auth.required(Role.STEWARD)
    def close_wave(wave: str) -> BaseResponse:
        lifecycle.close_wave(inst, wave=wave, now=clock(), actor=auth.account().email)
        return redirect(url_for("manage.wave", wave=wave), 303)
