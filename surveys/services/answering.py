"""Turns answers into a stored, sealed ballot; answer side, knows a crowd and no person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.ballots import sealing
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import NotFound, Refused
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import encode_answers
from surveys.services.questionnaires import instrument_of
from surveys.store import ballots as store
from surveys.store import waves


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """What a page needs to ask: the questions and the promises of the wave."""

    wave: str
    organisation: str
    mode: BallotMode
    k: int
    fingerprint: str
    closes_at: dt.datetime
    timezone: str
    languages: tuple[str, ...]
    instrument: Instrument
    crowd: str
    crowd_invited: int
    crowd_units: tuple[str, ...]
    is_whole_company: bool


def get_questionnaire(session: Session, *, wave: str, crowd: str, now: dt.datetime) -> Questionnaire:
    """Return what is asked in an open wave of the members of a crowd.

    Raises:
        Refused: the wave does not take answers now; the sentence says since or until when.
    """
    row = waves.get_wave(session, wave)
    _check_takes_answers(row.status, row.opens_at, row.closes_at, now)
    programme = waves.get_programme(session, row.programme_slug)
    found = next((each for each in waves.list_crowds(session, wave) if each.label == crowd), None)
    if found is None or row.fingerprint is None:
        raise NotFound("This survey is not open.")
    units = tuple(unit.name for unit in waves.list_units(session, wave) if unit.crowd == crowd)
    return Questionnaire(
        wave=wave,
        organisation=programme.organisation,
        mode=BallotMode(row.mode),
        k=row.k,
        fingerprint=row.fingerprint,
        closes_at=row.closes_at,
        timezone=programme.timezone,
        languages=tuple(programme.languages),
        instrument=instrument_of(session, row.instrument_sha256),
        crowd=crowd,
        crowd_invited=found.invited,
        crowd_units=units,
        is_whole_company=found.is_whole_company,
    )


def submit_promise_ballot(
    session: Session,
    questionnaire: Questionnaire,
    *,
    secret: bytes,
    answers: Mapping[str, int | None],
    now: dt.datetime,
) -> None:
    """Seal answers on arrival and store them, in the caller's transaction of their own.

    The nonce is derived from the link's secret, so that sending again replaces until the close.

    Raises:
        Refused: the wave is not in promise mode, not open any more, or an answer is not one of the options.
    """
    if questionnaire.mode is not BallotMode.PROMISE:
        raise Refused("This survey takes sealed ballots only. Please open the link in a browser.")
    encode_answers(questionnaire.instrument, answers)
    complete = {code: answers.get(code) for code in questionnaire.instrument.item_codes}
    manifest = json.loads(waves.get_wave(session, questionnaire.wave).manifest or "{}")
    ciphertext = sealing.seal(
        sealing.pad(complete),
        public_key=bytes.fromhex(manifest["wave_key"]),
        fingerprint=questionnaire.fingerprint,
        crowd=questionnaire.crowd,
    )
    nonce = sealing.promise_nonce(secret, questionnaire.fingerprint)
    if now >= questionnaire.closes_at or not store.put_ballot(
        session,
        wave=questionnaire.wave,
        nonce_hash=sealing.nonce_hash(nonce),
        crowd=questionnaire.crowd,
        ciphertext=ciphertext,
    ):
        raise Refused("This survey has closed. Your answers were not stored.")


def _check_takes_answers(status: str, opens_at: dt.datetime, closes_at: dt.datetime, now: dt.datetime) -> None:
    if status == WaveStatus.PLANNED:
        raise Refused("This survey opens on {day}.", day=opens_at.date())
    if status != WaveStatus.OPEN or now >= closes_at:
        raise Refused("This survey has closed. The answers are being made into totals.")
