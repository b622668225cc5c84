"""The ballot box of the web: turns a posted sealed ballot into a stored one, or into the one refusal there is.

Neither address nor time nor body is kept or logged. Why a ballot was refused is not said: replayed elsewhere, late,
foreign, malformed and of no wave at all give the same bytes after the same work.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections.abc import Callable

from flask import Blueprint, Response, request
from flask_wtf import CSRFProtect

from app import errors
from app.extensions import Database
from app.security import FailureLimit
from app.web import bodies
from surveys.ballots import tokens
from surveys.ballots.wire import NotOnWire, decode64
from surveys.services import answering
from surveys.services.answering import Box, ParsedBallot
from surveys.store.keys import KeyStore

FAILURES = 600
"""Refused ballots from one address within ten minutes before further refused ones are told to wait."""

_WINDOW = dt.timedelta(minutes=10)
_READ_SECONDS = 0.25
_NAMES = frozenset({"wave", "crowd", "nonce", "token", "sealed"})
_ACCEPTED = b'{"accepted":true}'
_REFUSED = b'{"accepted":false}'


def make_blueprint(
    *, database: Database, keys: KeyStore, clock: Callable[[], dt.datetime], guard: CSRFProtect
) -> Blueprint:
    """Return the ballot box of one installation."""
    blueprint = Blueprint("ballots", __name__)
    guard.exempt(blueprint)
    desk = _BallotDesk(database, keys, clock)
    refused = FailureLimit(most=FAILURES, window=_WINDOW, clock=clock)

    @blueprint.post("/ballots")
    def put() -> Response:
        if desk.put(request.get_data(cache=False)):
            return Response(_ACCEPTED, mimetype="application/json")
        address = request.remote_addr or ""
        refused.note(address)
        if refused.is_over(address):
            return errors.short(429)
        return Response(_REFUSED, status=409, mimetype="application/json")

    return blueprint


class _BallotDesk:
    """Takes posted ballots; keeps the facts of open waves, which cannot change, and never their status.

    The open waves are read again when a ballot names none of them, at most four times a second, so that such a ballot
    is refused after the same work as any other.
    """

    def __init__(self, database: Database, keys: KeyStore, clock: Callable[[], dt.datetime]) -> None:
        self._database, self._keys, self._clock = database, keys, clock
        self._boxes: dict[str, Box] = {}
        self._read_at = -math.inf
        self._refreshing = threading.Lock()

    def put(self, body: bytes) -> bool:
        """Store a ballot if it is valid; every body costs one look for its box and one evaluation."""
        ballot = parse(body)
        box = self._box("" if ballot is None else ballot.wave)
        if not answering.is_valid(self._keys, box, ballot) or box is None or ballot is None:
            return False
        with self._database.transaction() as session:
            return answering.store_sealed(session, box, ballot)

    def _box(self, wave: str) -> Box | None:
        """Return the box of a wave unless its time is over; only boxes of open waves are kept."""
        if wave not in self._boxes:
            with self._refreshing:  # whoever comes meanwhile waits for the boxes instead of being refused
                if time.monotonic() - self._read_at >= _READ_SECONDS:
                    with self._database.reading() as session:
                        self._boxes = answering.open_boxes(session)
                    self._read_at = time.monotonic()
        box = self._boxes.get(wave)
        return box if box is not None and self._clock() < box.closes_at else None


def parse(body: bytes) -> ParsedBallot | None:
    """Return the ballot in a body; None where it is none."""
    found = bodies.texts(body, _NAMES)
    if found is None or not bodies.is_wave_name(found["wave"]):
        return None
    try:
        return ParsedBallot(
            wave=found["wave"],
            crowd=found["crowd"],
            nonce=decode64(found["nonce"], tokens.NONCE_BYTES),
            token=decode64(found["token"], tokens.TOKEN_BYTES),
            sealed=decode64(found["sealed"]),
        )
    except NotOnWire:
        return None
