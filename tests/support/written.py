"""Puts comments and topics into a wave as a count and a release leave them, without any ballot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import insert

from app.extensions import Database
from reports.models import Release, ReleasedCrowd, ReleasedTopic
from surveys.enums import WaveStatus
from surveys.models.comments import Comment
from surveys.store import waves

DAYS = dt.timedelta(days=5)


def count_wave(database: Database, wave: str, now: dt.datetime) -> None:
    """Bring an open wave to where it is after its count, with nothing counted."""
    with database.transaction() as session:
        waves.move_wave(session, wave, WaveStatus.OPEN, WaveStatus.CLOSED, closed_at=now)
        waves.move_wave(session, wave, WaveStatus.CLOSED, WaveStatus.COUNTED, counted_at=now)
        waves.set_wave_values(session, wave, rewritten_at=now, key_destroyed_at=now)


def release_wave(database: Database, wave: str, now: dt.datetime, *, low: int = 100, high: int = 109) -> None:
    """Bring a counted wave to where it is after its release, with a crowd of this band for every unit and no figure."""
    with database.transaction() as session:
        row = Release(wave=wave, released_at=now, policy_version="2", audit={"passed": True}, sha256="0" * 64)
        session.add(row)
        session.flush()
        for unit in waves.list_units(session, wave):
            session.add(
                ReleasedCrowd(
                    wave=wave, crowd=unit.unit, home=unit.unit, units=[unit.unit], invited=high, response="half",
                    n_low=low, n_high=high, is_whole_company=False, hidden_from=[],
                )
            )  # fmt: skip
        session.flush()
        waves.move_wave(session, wave, WaveStatus.COUNTED, WaveStatus.RELEASED, released_at=now)


def write(database: Database, wave: str, comments: Mapping[str, Sequence[str]], now: dt.datetime) -> None:
    """Store comments by unit as a count at ``now`` does."""
    rows = [
        {"wave": wave, "unit": unit, "place": place, "text": text, "decision": ""}
        for unit, texts in comments.items()
        for place, text in enumerate(sorted(texts), 1)
    ]
    with database.transaction() as session:
        session.execute(insert(Comment), rows)
        waves.set_wave_values(session, wave, comments_due_at=now + DAYS)


def tick(database: Database, wave: str, bands: Mapping[str, Mapping[str, tuple[float, float]]]) -> None:
    """Store the released band of topics by crowd and topic."""
    with database.transaction() as session:
        for crowd, topics in bands.items():
            for topic, (low, high) in topics.items():
                session.add(ReleasedTopic(wave=wave, crowd=crowd, topic=topic, low=low, high=high))
