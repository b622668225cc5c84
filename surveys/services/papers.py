"""Turns a code and a blinded nonce into a ballot paper, once per member and wave; identity side, knows no ballot.

What is remembered is a mark that hangs on person and wave key, and the hash of the blinded nonce it was issued for, so
that a browser that lost the answer of the server gets the same paper again. A blinded nonce tells nothing of the nonce,
and once the wave key is gone the mark tells nothing of the person.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from surveys.ballots import codes, poprf, ristretto, tokens
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import Refused
from surveys.i18n import mark
from surveys.store import invitations as store
from surveys.store.invitations import PaperPlace, WaveNow
from surveys.store.keys import KeyStore

Kind = Literal["unknown-code", "not-open", "paper-taken", "malformed"]


class PaperRefused(Refused):
    """No paper was issued; ``kind`` is one of four words that a program can act on."""

    kind: Kind


class UnknownCode(PaperRefused):
    """Unknown, replaced by a newer link, of another wave, or no code at all: these read the same."""

    kind: Kind = "unknown-code"

    def __init__(self) -> None:
        super().__init__(
            mark("This link is not valid. It may have been replaced by a newer one, or the survey is over.")
        )


class NotOpen(PaperRefused):
    """The wave takes no sealed ballots now."""

    kind: Kind = "not-open"

    def __init__(self) -> None:
        super().__init__(mark("This survey takes no answers now."))


class PaperTaken(PaperRefused):
    """The member's paper was issued for another nonce."""

    kind: Kind = "paper-taken"

    def __init__(self) -> None:
        super().__init__(mark("The ballot paper of this link was already taken, perhaps in another browser."))


class Malformed(PaperRefused):
    """The blinded nonce is not an element of the group."""

    kind: Kind = "malformed"

    def __init__(self) -> None:
        super().__init__(mark("This request for a ballot paper cannot be read."))


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A paper that may be issued: what is evaluated under which metadata; names no person."""

    fingerprint: str
    crowd: str
    blinded: bytes


def issue_paper(
    session: Session, keys: KeyStore, *, wave: str, code: str, blinded: bytes, now: dt.datetime
) -> poprf.Evaluation:
    """Note the paper of a code and evaluate its blinded nonce, in the caller's write transaction.

    Raises:
        PaperRefused: its ``kind`` says why; nothing was noted then.
    """
    return evaluate(keys, grant_paper(session, keys, wave=wave, code=code, blinded=blinded, now=now))


def check_request(session: Session, *, wave: str, code: str, blinded: bytes, now: dt.datetime) -> None:
    """Look in a reading transaction whether a paper could be issued, so that nobody writes or waits for a wrong code.

    Raises:
        PaperRefused: its ``kind`` says why.
    """
    _admit(session, store.find_wave_now(session, wave), wave=wave, code=code, blinded=blinded, now=now)


def grant_paper(session: Session, keys: KeyStore, *, wave: str, code: str, blinded: bytes, now: dt.datetime) -> Grant:
    """Note that the paper of a code is issued for this blinded nonce (32 bytes); the same nonce may ask again.

    The wave row is read under a share lock, so that nothing is granted once a close has begun.

    Raises:
        PaperRefused: its ``kind`` says why; nothing was noted then, provided that the caller rolls back.
    """
    admitted = _admit(session, store.share_wave(session, wave), wave=wave, code=code, blinded=blinded, now=now)
    wanted = hashlib.sha256(blinded).digest()
    noted = store.note_paper(session, wave=wave, mark=_mark(keys, admitted.place), paper_hash=wanted)
    if store.find_paper_place(session, admitted.code_hash) != admitted.place:
        raise UnknownCode  # the link was renewed while this one was asked for
    if noted != wanted:
        raise PaperTaken
    return Grant(fingerprint=admitted.fingerprint, crowd=admitted.place.crowd, blinded=blinded)


def evaluate(keys: KeyStore, grant: Grant) -> poprf.Evaluation:
    """Return the evaluated element and its proof; needs no database, so it is done after the transaction."""
    info = tokens.paper_info(grant.fingerprint, grant.crowd)
    return poprf.blind_evaluate(keys.ballot_key().private, grant.blinded, info)


def count_papers(session: Session, wave: str) -> int:
    """Return how many papers of a wave were issued; compared with its ballots at the count, never shown."""
    return store.count_papers(session, wave)


@dataclass(frozen=True, kw_only=True)
class _Admitted:
    """A request whose code is valid now."""

    fingerprint: str
    code_hash: str
    place: PaperPlace


def _admit(
    session: Session, row: WaveNow | None, *, wave: str, code: str, blinded: bytes, now: dt.datetime
) -> _Admitted:
    if row is None:
        raise UnknownCode
    is_open = row.status == WaveStatus.OPEN and now < row.closes_at
    if not is_open or row.mode != BallotMode.SEALED or row.fingerprint is None:
        raise NotOpen
    _check_element(blinded)  # before anything is noted: a broken request must not cost anybody the paper
    code_hash = _code_hash(code)
    place = store.find_paper_place(session, code_hash)
    if place is None or place.wave != wave:
        raise UnknownCode
    return _Admitted(fingerprint=row.fingerprint, code_hash=code_hash, place=place)


def _mark(keys: KeyStore, place: PaperPlace) -> bytes:
    try:
        wave_key = keys.wave_key(place.wave)
    except Refused:  # gone or damaged: no ballot of this wave will ever be counted
        raise NotOpen from None
    return codes.paper_mark(wave_key, wave=place.wave, person_id=place.person_id)


def _code_hash(typed: str) -> str:
    try:
        return codes.code_hash(codes.decode(typed))
    except Refused:
        raise UnknownCode from None


def _check_element(blinded: bytes) -> None:
    try:
        ristretto.element(blinded)
    except ristretto.ProtocolError:
        raise Malformed from None
