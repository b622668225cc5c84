"""SQL for the voucher cards of card mode; identity side, though a card belongs to a crowd and to no person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from surveys.enums import WaveStatus
from surveys.models.invitations import Card
from surveys.models.waves import Wave

REWRITTEN_TABLES = ("card",)
"""Tables whose deleted rows must leave no bytes in the files."""

_HELD = (WaveStatus.OPEN, WaveStatus.CLOSED)


def add_cards(session: Session, *, wave: str, cards: Sequence[tuple[str, str]]) -> None:
    """Store the cards of a wave as pairs of code hash and crowd, in the order of the hashes."""
    if cards:
        rows = [{"wave": wave, "code_hash": code_hash, "crowd": crowd} for code_hash, crowd in sorted(cards)]
        session.execute(insert(Card), rows)


def find_by_code_hash(session: Session, code_hash: str) -> Card | None:
    """Return the card with this code among the waves that still have theirs, or None."""
    query = select(Card).join(Wave, Wave.slug == Card.wave).where(Wave.status.in_(_HELD), Card.code_hash == code_hash)
    return session.scalars(query).one_or_none()


def list_hashes(session: Session, wave: str) -> dict[str, frozenset[str]]:
    """Return the code hashes of a wave's cards by crowd."""
    found: dict[str, set[str]] = {}
    for crowd, code_hash in session.execute(select(Card.crowd, Card.code_hash).where(Card.wave == wave)):
        found.setdefault(crowd, set()).add(code_hash)
    return {crowd: frozenset(hashes) for crowd, hashes in found.items()}


def delete_cards(session: Session, wave: str) -> None:
    """Drop the cards of a wave."""
    session.execute(delete(Card).where(Card.wave == wave))
