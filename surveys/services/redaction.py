"""Lets a redactor keep or remove the comments of a counted wave; nobody changes one, and nobody sees a crowd."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from surveys.ballots import manifest
from surveys.enums import WaveStatus
from surveys.errors import NotFound, Refused
from surveys.models.waves import Wave
from surveys.store import comments, waves
from surveys.store import redaction as store

REWRITTEN_TABLES = ("comment",)
"""Tables whose files are rewritten after comments were released or destroyed."""

_GONE = "The comments of wave {wave} are released already, or there are none. Nothing was changed."


class Decision(StrEnum):
    """What became of a comment; an open one is destroyed at the deadline."""

    OPEN = ""
    KEPT = "kept"
    REMOVED = "removed"


@dataclass(frozen=True, kw_only=True)
class WaitingText:
    """One comment as the redactor reads it; ``place`` is that of its text among those of the unit, from 1."""

    unit: str
    unit_name: str
    place: int
    text: str
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class WaitingWave:
    """A wave whose comments wait; ``due_at`` is when what is kept by then is released and the rest destroyed."""

    wave: str
    programme: str
    timezone: str
    due_at: dt.datetime
    is_released: bool
    decided: int
    undecided: int


def deadline(row: Wave) -> dt.datetime | None:
    """Return when the comments of a wave are released at the latest: never before its figures; None without comments.

    A wave that is released late gives its comments no more time than it took itself.
    """
    return None if row.comments_due_at is None else max(row.comments_due_at, row.releases_at)


def is_due(session: Session, row: Wave, now: dt.datetime) -> bool:
    """Tell whether the comments of a wave are to be released or destroyed now, or whether that was begun."""
    due_at = deadline(row)
    if due_at is None or row.comments_released_at is not None:
        return False
    if row.status == WaveStatus.WITHDRAWN:
        return True
    return row.status == WaveStatus.RELEASED and (now >= due_at or not store.count_comments(session, row.slug))


def is_waiting(session: Session, row: Wave) -> bool:
    """Tell whether a redactor has comments of a wave to read."""
    if row.comments_due_at is None or row.comments_released_at is not None:
        return False
    return row.status in {WaveStatus.COUNTED, WaveStatus.RELEASED} and bool(store.count_comments(session, row.slug))


def list_waiting(session: Session) -> list[WaitingWave]:
    """Return the waves whose comments wait, those due first first."""
    found = [_waiting(session, row) for row in waves.list_waves(session) if is_waiting(session, row)]
    return sorted(found, key=lambda each: (each.due_at, each.wave))


def get_waiting(session: Session, wave: str) -> WaitingWave:
    """Return a wave whose comments wait.

    Raises:
        NotFound: there is none of this name, or nothing of it waits.
    """
    row = waves.get_wave(session, wave)
    if not is_waiting(session, row):
        raise NotFound(_GONE, wave=wave)
    return _waiting(session, row)


def list_texts(session: Session, wave: str) -> list[WaitingText]:
    """Return the waiting comments of a wave by name of the unit and text."""
    names = unit_names(session, wave)
    texts = [
        WaitingText(
            unit=row.unit,
            unit_name=names.get(row.unit, row.unit),
            place=row.place,
            text=row.text,
            decision=Decision(row.decision),
        )
        for row in store.list_comments(session, wave)
    ]
    return sorted(texts, key=lambda each: (each.unit_name.casefold(), each.unit, each.place))


def unit_names(session: Session, wave: str) -> Mapping[str, str]:
    """Return the names of the units of a wave by key, as its manifest tells them apart."""
    return manifest.distinct_names({unit.unit: unit.name for unit in waves.list_units(session, wave)})


def decide(session: Session, *, wave: str, unit: str, place: int, decision: Decision) -> None:
    """Keep or remove one comment; it may be decided again until the release.

    Raises:
        Refused: the comments of the wave are released or gone, or it has no such comment.
    """
    row = waves.lock_wave(session, wave)  # so that a release running beside does not read an older decision
    if not is_waiting(session, row) or not store.decide(session, wave, unit, place, decision.value):
        raise Refused(_GONE, wave=wave)


def discard(session: Session, *, wave: str) -> None:
    """Delete the waiting comments of a wave, after those kept were taken over or because it is withdrawn."""
    comments.delete_comments(session, wave)


def close(session: Session, *, wave: str) -> bool:
    """Note that nothing of a withdrawn wave's comments is left on the disk; returns whether that was to be noted."""
    row = waves.lock_wave(session, wave)
    was_open = row.comments_due_at is not None and row.comments_released_at is None
    if was_open:
        row.comments_due_at = None
        session.flush()
    return was_open


def _waiting(session: Session, row: Wave) -> WaitingWave:
    programme = waves.get_programme(session, row.programme_slug)
    counts = store.count_comments(session, row.slug)
    return WaitingWave(
        wave=row.slug,
        programme=programme.name,
        timezone=programme.timezone,
        due_at=deadline(row) or row.releases_at,
        is_released=row.status == WaveStatus.RELEASED,
        decided=sum(count for decision, count in counts.items() if decision),
        undecided=counts.get(Decision.OPEN, 0),
    )
