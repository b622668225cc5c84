"""SQL for the list of counted ballots: one row per wave, hashes without crowds, deleted after a week."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from surveys.models.waves import CountedList, Wave

KEPT = dt.timedelta(days=7)
"""How long after the count a browser can ask whether its ballot was counted."""


def add_list(session: Session, *, wave: str, hashes: bytes) -> None:
    """Store the list of a wave: 32 bytes each, sorted and filled up already."""
    session.execute(insert(CountedList).values(wave=wave, hashes=hashes))


def find_list(session: Session, wave: str) -> bytes | None:
    """Return the list of a wave, or None where it has none or had one."""
    return session.scalar(select(CountedList.hashes).where(CountedList.wave == wave))


def has_list(session: Session, wave: str) -> bool:
    """Tell whether a wave has a list."""
    return session.scalar(select(CountedList.wave).where(CountedList.wave == wave)) is not None


def list_old(session: Session, now: dt.datetime) -> list[str]:
    """Return the waves whose list has had its week, by name."""
    query = select(CountedList.wave).join(Wave, Wave.slug == CountedList.wave).where(Wave.counted_at <= now - KEPT)
    return list(session.scalars(query.order_by(CountedList.wave)))


def delete_list(session: Session, wave: str) -> None:
    """Delete the list of a wave; does nothing where there is none."""
    session.execute(delete(CountedList).where(CountedList.wave == wave))
