"""Turns a posted code and blinded nonce into a ballot paper; no cookie, no log, failures counted in memory only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request
from flask_wtf import CSRFProtect

from app import errors
from app.extensions import Database
from app.security import FailureLimit
from app.web import bodies
from surveys.ballots.wire import NotOnWire, decode64, encode64
from surveys.services import papers
from surveys.services.papers import Kind, PaperRefused
from surveys.store.keys import KeyStore

FAILURES = 120
"""Codes that open nothing, from one address within ten minutes, before further such codes are told to wait."""

_WINDOW = dt.timedelta(minutes=10)
_ELEMENT_BYTES = 32
_NAMES = frozenset({"wave", "code", "blinded"})
_STATUS: Mapping[Kind, int] = {"unknown-code": 404, "not-open": 409, "paper-taken": 409, "malformed": 422}
_GUESSES: frozenset[Kind] = frozenset({"unknown-code", "malformed"})
"""What counts as a failure; a late or a repeated request of an invited person does not."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    wave: str
    code: str
    blinded: bytes


def make_blueprint(
    *, database: Database, keys: KeyStore, clock: Callable[[], dt.datetime], guard: CSRFProtect
) -> Blueprint:
    """Return the desk that issues papers in one installation."""
    blueprint = Blueprint("papers", __name__)
    guard.exempt(blueprint)
    failures = FailureLimit(most=FAILURES, window=_WINDOW, clock=clock)

    def issue(asked: _Asked | None) -> Response:
        if asked is None:
            raise papers.Malformed
        with database.reading() as session:  # what opens nothing takes no lock and makes no writer wait
            papers.check_request(session, wave=asked.wave, code=asked.code, blinded=asked.blinded, now=clock())
        with database.transaction() as session:
            grant = papers.grant_paper(
                session, keys, wave=asked.wave, code=asked.code, blinded=asked.blinded, now=clock()
            )
        evaluation = papers.evaluate(keys, grant)  # after the transaction: other writers need not wait for it
        return jsonify(element=encode64(evaluation.element), proof=encode64(evaluation.proof))

    @blueprint.post("/papers")
    def take() -> Response:
        try:
            return issue(_parse(request.get_data(cache=False)))
        except PaperRefused as refused:
            kind = refused.kind
        address = request.remote_addr or ""
        if kind in _GUESSES:
            failures.note(address)
            if failures.is_over(address):
                return errors.short(429)
        return errors.short(_STATUS[kind], kind)

    return blueprint


def _parse(body: bytes) -> _Asked | None:
    found = bodies.texts(body, _NAMES)
    if found is None or not bodies.is_wave_name(found["wave"]):
        return None
    try:
        return _Asked(wave=found["wave"], code=found["code"], blinded=decode64(found["blinded"], _ELEMENT_BYTES))
    except NotOnWire:
        return None
