"""SQL for the comments that a count keeps: one way in, one way out where a wave is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from surveys.models.comments import Comment


def add_comments(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Store the comments of a wave (wave, unit, place, text), all undecided, in the order given."""
    if rows:
        session.execute(insert(Comment), [{**row, "decision": ""} for row in rows])


def delete_comments(session: Session, wave: str) -> None:
    """Delete the comments of a wave."""
    session.execute(delete(Comment).where(Comment.wave == wave))
