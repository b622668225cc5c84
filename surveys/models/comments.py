"""Comments of a counted wave, split from scores and crowds; knows no person, no ballot and no crowd."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base


class Comment(Base):
    """One comment at the unit it is shown at, until its release; its place is that of its text among the others."""

    __tablename__ = "comment"
    __table_args__ = (
        CheckConstraint("decision IN ('', 'kept', 'removed')", name="decision"),
        {"sqlite_with_rowid": False},
    )

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Lowest unit with enough answers and comments")
    place: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Place in the alphabetical order of the texts, from 1"
    )
    text: Mapped[str] = mapped_column(comment="What was written, at most 400 characters")
    decision: Mapped[str] = mapped_column(default="", comment="kept or removed by the redactor; empty before")
