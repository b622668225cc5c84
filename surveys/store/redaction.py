"""SQL for comments that wait for their redactor; knows no person, no ballot and no crowd."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveys.models.comments import Comment


def list_comments(session: Session, wave: str) -> Sequence[Comment]:
    """Return the waiting comments of a wave by unit and place."""
    query = select(Comment).where(Comment.wave == wave).order_by(Comment.unit, Comment.place)
    return session.scalars(query).all()


def count_comments(session: Session, wave: str) -> dict[str, int]:
    """Return how many comments of a wave wait, by decision; empty where none does."""
    query = select(Comment.decision, func.count()).where(Comment.wave == wave).group_by(Comment.decision)
    return {row[0]: row[1] for row in session.execute(query)}


def decide(session: Session, wave: str, unit: str, place: int, decision: str) -> bool:
    """Set the decision on one comment; returns whether there is such a comment."""
    result = session.execute(
        update(Comment)
        .where(Comment.wave == wave, Comment.unit == unit, Comment.place == place)
        .values(decision=decision)
    )
    session.expire_all()
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]
