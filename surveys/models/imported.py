"""Earlier results of other survey tools: read-only, marked as imported everywhere, never part of a release."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, JsonText, UtcDateTime


class ImportedSource(Base):
    """One import of earlier results; importing the same name again replaces it."""

    __tablename__ = "imported_source"

    name: Mapped[str] = mapped_column(primary_key=True, comment="Name given in the map")
    tool: Mapped[str] = mapped_column(comment="The survey or tool that measured, as named in the map")
    programme: Mapped[str | None] = mapped_column(
        comment="Programme that the results come before; empty where they stand by themselves"
    )
    smallest_group: Mapped[int] = mapped_column(comment="Cells with fewer answers were refused")
    declared: Mapped[dict[str, object]] = mapped_column(
        JsonText, comment="What the map declares: cells without a number of answers, who vouches for them, and why"
    )
    account: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Numbers of units, waves, cells and refusals")
    file_sha256: Mapped[str] = mapped_column(comment="Hash of the imported file")
    imported_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When it was imported (UTC)")


class ImportedMeasure(Base):
    """A measure of an import: its name, unit and direction."""

    __tablename__ = "imported_measure"
    __table_args__ = {"sqlite_with_rowid": False}

    source: Mapped[str] = mapped_column(
        ForeignKey("imported_source.name", ondelete="CASCADE"), primary_key=True, comment="Import"
    )
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Code of the measure in the map")
    name: Mapped[str] = mapped_column(comment="Its name as shown")
    kind: Mapped[str] = mapped_column(comment="mean or percent (percent of people who answered so)")
    low: Mapped[float] = mapped_column(comment="Lower end of its scale")
    high: Mapped[float] = mapped_column(comment="Upper end of its scale")
    is_lower_better: Mapped[bool] = mapped_column(comment="Whether a lower value is the better one")
    scale: Mapped[str | None] = mapped_column(comment="Scale of our questionnaires that it stands nearest to; or none")


class ImportedCell(Base):
    """One aggregated earlier result: unit, wave date and measure."""

    __tablename__ = "imported_cell"
    __table_args__ = {"sqlite_with_rowid": False}

    source: Mapped[str] = mapped_column(
        ForeignKey("imported_source.name", ondelete="CASCADE"), primary_key=True, comment="Import"
    )
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Code of the measure")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit as the file calls it")
    wave_on: Mapped[dt.date] = mapped_column(primary_key=True, comment="Day of the earlier wave")
    team: Mapped[str | None] = mapped_column(comment="Team key of ours that the map names for the unit; or none")
    value: Mapped[float] = mapped_column(comment="Mean or percent, in the unit of the measure")
    n: Mapped[int | None] = mapped_column(comment="Answers behind it; empty only where the map declares so")
