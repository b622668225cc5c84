"""What remains of answers: totals over whole crowds and declared moments. Knows no person and no ballot."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, JsonText


class CrowdCount(Base):
    """How many ballots a crowd cast."""

    __tablename__ = "crowd_count"
    __table_args__ = (CheckConstraint("ballots >= 5", name="floor"), {"sqlite_with_rowid": False})

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    crowd: Mapped[str] = mapped_column(primary_key=True, comment="Final crowd")
    ballots: Mapped[int] = mapped_column(comment="Number of ballots; at least k")


class CrowdTotal(Base):
    """Sum over one whole crowd for one item or scale; never about fewer than k answers."""

    __tablename__ = "crowd_total"
    __table_args__ = (CheckConstraint("n >= 5", name="floor"), {"sqlite_with_rowid": False})

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    crowd: Mapped[str] = mapped_column(primary_key=True, comment="Final crowd")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Code of an item or scale")
    n: Mapped[int] = mapped_column(comment="Answers behind the sum")
    total: Mapped[float] = mapped_column(comment="Sum of keyed scores, scale points")
    favourable: Mapped[int] = mapped_column(comment="How many scored in the favourable range")


class Moment(Base):
    """A declared moment of the whole installation or of a large unit."""

    __tablename__ = "moment"
    __table_args__ = (CheckConstraint("n >= 50", name="floor"), {"sqlite_with_rowid": False})

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    scope: Mapped[str] = mapped_column(primary_key=True, comment="Unit key; empty for the installation")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Item or scale")
    other: Mapped[str] = mapped_column(primary_key=True, comment="Second item of a covariance; empty for a variance")
    n: Mapped[int] = mapped_column(comment="Answers behind it")
    value: Mapped[float] = mapped_column(comment="Pooled within-crowd variance or covariance, 2 decimals")


class WaveCount(Base):
    """How many ballots a wave had, counted apart from the crowds so that the auditors can compare."""

    __tablename__ = "wave_count"
    __table_args__ = (CheckConstraint("ballots >= 5", name="floor"), {"sqlite_with_rowid": False})

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    ballots: Mapped[int] = mapped_column(comment="Ballots deleted at the count less those that could not be read")


class TopicTotal(Base):
    """How many ballots of a whole crowd ticked a topic."""

    __tablename__ = "topic_total"
    __table_args__ = (CheckConstraint("n >= 5", name="floor"), {"sqlite_with_rowid": False})

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    crowd: Mapped[str] = mapped_column(primary_key=True, comment="Final crowd")
    topic: Mapped[str] = mapped_column(primary_key=True, comment="Code of the topic")
    n: Mapped[int] = mapped_column(comment="Ballots of the crowd")
    ticked: Mapped[int] = mapped_column(comment="How many of them ticked it")


class SegmentCount(Base):
    """An admitted cell of a segment table of one unit: options of the segment that are counted together."""

    __tablename__ = "segment_count"
    __table_args__ = (CheckConstraint("ballots >= 5", name="floor"), {"sqlite_with_rowid": False})

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit whose crowds the table divides")
    segment: Mapped[str] = mapped_column(primary_key=True, comment="Code of the segment question")
    cell: Mapped[str] = mapped_column(primary_key=True, comment="Option numbers with dashes between; 0 is no answer")
    options: Mapped[list[int]] = mapped_column(JsonText, comment="The option numbers; 0 is no answer")
    ballots: Mapped[int] = mapped_column(comment="Ballots of the cell; at least k")


class SegmentTotal(Base):
    """Sum over one admitted segment cell for one item or scale."""

    __tablename__ = "segment_total"
    __table_args__ = (CheckConstraint("n >= 5", name="floor"), {"sqlite_with_rowid": False})

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit whose crowds the table divides")
    segment: Mapped[str] = mapped_column(primary_key=True, comment="Code of the segment question")
    cell: Mapped[str] = mapped_column(primary_key=True, comment="Option numbers with dashes between; 0 is no answer")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Code of an item or scale")
    n: Mapped[int] = mapped_column(comment="Answers behind the sum")
    total: Mapped[float] = mapped_column(comment="Sum of keyed scores, scale points")
    favourable: Mapped[int] = mapped_column(comment="How many scored in the favourable range")
