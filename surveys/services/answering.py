"""Turns a sealed ballot, or answers that it seals, into a stored one; answer side, knows a crowd and no person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.ballots import sealing, tokens
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import NotFound, Refused
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import encode_answers, encode_segments, encode_topics
from surveys.models.waves import Wave
from surveys.services.questionnaires import instrument_of
from surveys.store import ballots as store
from surveys.store import waves
from surveys.store.keys import KeyStore

_NO_NONCE = bytes(tokens.NONCE_BYTES)
_NO_TOKEN = bytes(tokens.TOKEN_BYTES)
_NO_FINGERPRINT = "0" * 64


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


@dataclass(frozen=True, kw_only=True)
class ParsedBallot:
    """A ballot as it came: names a wave and a crowd; ``nonce`` has 32 bytes, ``token`` 64, ``sealed`` any number."""

    wave: str
    crowd: str
    nonce: bytes
    token: bytes
    sealed: bytes


@dataclass(frozen=True, kw_only=True)
class Box:
    """The ballot box of an open sealed wave: facts that cannot change while it is open, so they may be kept."""

    wave: str
    fingerprint: str
    crowds: frozenset[str]
    has_comments: bool
    sealed_length: int
    closes_at: dt.datetime


def open_boxes(session: Session) -> dict[str, Box]:
    """Return the ballot boxes of all open waves in sealed mode by wave."""
    found = (_box(session, row) for row in waves.list_waves(session, status=WaveStatus.OPEN))
    return {box.wave: box for box in found if box is not None}


def box_of(session: Session, wave: str) -> Box | None:
    """Return the ballot box of an open wave in sealed mode, or None; an unknown wave is no error here."""
    try:
        row = waves.get_wave(session, wave)
    except NotFound:
        return None
    return _box(session, row) if row.status == WaveStatus.OPEN else None


def _box(session: Session, row: Wave) -> Box | None:
    if row.mode != BallotMode.SEALED or row.fingerprint is None:
        return None
    has_comments = json.loads(row.manifest or "{}").get("comments") is True
    return Box(
        wave=row.slug,
        fingerprint=row.fingerprint,
        crowds=frozenset(crowd.label for crowd in waves.list_crowds(session, row.slug)),
        has_comments=has_comments,
        sealed_length=sealing.sealed_length(row.second_lock is not None, has_comments),
        closes_at=row.closes_at,
    )


def is_valid(keys: KeyStore, box: Box | None, ballot: ParsedBallot | None) -> bool:
    """Tell whether a ballot carries a paper of this wave and crowd, after exactly one evaluation.

    What does not fit the box is checked against a decoy, so that no refusal is quicker than another one.
    """
    asked = ballot if box is not None and ballot is not None and _fits(box, ballot) else None
    is_token = tokens.token_matches(
        keys.ballot_key().private,
        nonce=_NO_NONCE if asked is None else asked.nonce,
        token=_NO_TOKEN if asked is None else asked.token,
        fingerprint=_NO_FINGERPRINT if box is None else box.fingerprint,
        crowd="" if asked is None else asked.crowd,
    )
    return is_token and asked is not None


def store_sealed(session: Session, box: Box, ballot: ParsedBallot) -> bool:
    """Store a valid ballot in the caller's transaction of its own; the same nonce replaces.

    The status of the wave is read in the same transaction. Returns False where it is no longer open.
    """
    return store.put_ballot(
        session,
        wave=box.wave,
        nonce_hash=sealing.nonce_hash(ballot.nonce),
        crowd=ballot.crowd,
        ciphertext=ballot.sealed,
    )


def _fits(box: Box, ballot: ParsedBallot) -> bool:
    return ballot.wave == box.wave and ballot.crowd in box.crowds and len(ballot.sealed) == box.sealed_length


def submit_promise_ballot(
    session: Session,
    questionnaire: Questionnaire,
    *,
    secret: bytes,
    answers: Mapping[str, int | None],
    now: dt.datetime,
    topics: Collection[str] = (),
    comment: str = "",
) -> None:
    """Seal answers of promise or card mode on arrival and store them, in the caller's transaction of their own.

    ``answers`` are those to items and segments. The nonce is derived from the secret of the link or card, so that
    sending again replaces until the close.

    Raises:
        Refused: the wave is in sealed mode, not open any more, an answer is not one of the options, a topic is unknown,
            or the comment is too long or not asked for.
    """
    if questionnaire.mode is BallotMode.SEALED:
        raise Refused("This survey takes sealed ballots only. Please open the link in a browser.")
    instrument = questionnaire.instrument
    encode_answers(instrument, answers)
    encode_segments(instrument, answers)
    encode_topics(instrument, topics)
    if comment and not instrument.has_comments:
        raise Refused("This wave takes no comments. Nothing was sent.")
    complete = {code: answers.get(code) for code in instrument.answer_codes}
    manifest = json.loads(waves.get_wave(session, questionnaire.wave).manifest or "{}")
    ciphertext = sealing.seal_ballot(
        answers=sealing.pad(complete, topics),
        comment=sealing.pad_comment(comment) if instrument.has_comments else None,
        public_key=bytes.fromhex(manifest["wave_key"]),
        fingerprint=questionnaire.fingerprint,
        crowd=questionnaire.crowd,
        second_lock=bytes.fromhex(manifest["second_lock"]) if manifest["second_lock"] else None,
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
