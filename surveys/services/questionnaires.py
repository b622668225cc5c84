"""Hands out stored questionnaires as instruments, each parsed once per process: its hash names its content."""

from __future__ import annotations

from sqlalchemy.orm import Session

from surveys.instruments.schema import Instrument, from_document
from surveys.store import waves as store

_parsed: dict[str, Instrument] = {}


def instrument_of(session: Session, sha256: str) -> Instrument:
    """Return the questionnaire with this hash.

    Raises:
        NotFound: there is none.
    """
    if sha256 not in _parsed:
        _parsed[sha256] = from_document(store.get_instrument_document(session, sha256))
    return _parsed[sha256]
