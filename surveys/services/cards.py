"""Turns the crowds of a wave in card mode into codes on cards: derived from the wave key, kept as hashes only.

A card belongs to a crowd and to no person. Its code hangs on the private key of the wave, so that the cards can be
printed again while the wave is open, and nobody can make them any more once that key is destroyed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.ballots import codes
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import Refused
from surveys.store import cards as store
from surveys.store import waves
from surveys.store.keys import KeyStore


@dataclass(frozen=True, kw_only=True)
class Box:
    """The cards of one crowd; ``codes`` stand in an order that says nothing and is another one at each call."""

    units: tuple[str, ...]
    is_whole_company: bool
    codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Deck:
    """All cards of a wave and what is printed on each of them."""

    wave: str
    organisation: str
    languages: tuple[str, ...]
    closes_at: dt.datetime
    timezone: str
    fingerprint: str
    boxes: tuple[Box, ...]

    @property
    def size(self) -> int:
        """How many cards there are."""
        return sum(len(box.codes) for box in self.boxes)


def make_cards(session: Session, keys: KeyStore, *, wave: str, crowds: Mapping[str, int]) -> None:
    """Store one card for each person invited to each crowd; called by the opening, after the wave key was written."""
    wave_key = keys.wave_key(wave)
    cards = [
        (codes.code_hash(card_secret(wave_key, wave=wave, crowd=crowd, index=index)), crowd)
        for crowd, invited in crowds.items()
        for index in range(invited)
    ]
    store.add_cards(session, wave=wave, cards=cards)


def get_deck(session: Session, keys: KeyStore, *, wave: str) -> Deck:
    """Return the cards of an open wave for printing, the cards of each crowd shuffled.

    Raises:
        Refused: the wave has no cards, is not open, or its key is not the one its cards were made with.
    """
    row = waves.get_wave(session, wave)
    if row.mode != BallotMode.CARD:
        raise Refused("Wave {wave} is not in card mode, so it has no cards.", wave=wave)
    if row.status != WaveStatus.OPEN or row.fingerprint is None:
        raise Refused("Wave {wave} is not open. Its cards exist only while it is open.", wave=wave)
    programme = waves.get_programme(session, row.programme_slug)
    wave_key = keys.wave_key(wave)
    held = store.list_hashes(session, wave)
    units = waves.list_units(session, wave)
    boxes = [
        Box(
            units=tuple(unit.name for unit in units if unit.crowd == crowd.label),
            is_whole_company=crowd.is_whole_company,
            codes=_shuffled(wave_key, wave=wave, crowd=crowd.label, held=held.get(crowd.label, frozenset())),
        )
        for crowd in sorted(waves.list_crowds(session, wave), key=lambda each: each.label)
    ]
    return Deck(
        wave=wave,
        organisation=programme.organisation,
        languages=tuple(programme.languages),
        closes_at=row.closes_at,
        timezone=programme.timezone,
        fingerprint=row.fingerprint,
        boxes=tuple(box for box in boxes if box.codes),
    )


def card_secret(wave_key: bytes, *, wave: str, crowd: str, index: int) -> bytes:
    """Return the 16-byte secret of one card; ``index`` counts the cards of a crowd and stands on none of them."""
    return _derived(wave_key, "barograph/card/1", wave, crowd, str(index))


def nonce_secret(wave_key: bytes, *, wave: str, code_hash: str) -> bytes:
    """Return the 16-byte secret from which the nonce of a card's ballot is derived; it dies with the wave key."""
    return _derived(wave_key, "barograph/card-voter/1", wave, code_hash)


def _shuffled(wave_key: bytes, *, wave: str, crowd: str, held: frozenset[str]) -> tuple[str, ...]:
    found = [card_secret(wave_key, wave=wave, crowd=crowd, index=index) for index in range(len(held))]
    if {codes.code_hash(secret) for secret in found} != held:
        raise Refused("The key of wave {wave} is not the one its cards were made with.", wave=wave)
    secrets.SystemRandom().shuffle(found)  # the order of the sheets must not be that of any list
    return tuple(codes.encode(secret) for secret in found)


def _derived(wave_key: bytes, *parts: str) -> bytes:
    return hmac.new(wave_key, "\x1f".join(parts).encode(), hashlib.sha256).digest()[: codes.SECRET_BYTES]
