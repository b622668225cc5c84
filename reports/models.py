"""Tables of the findings side: releases, frozen reports, the ledger and weekly pressure."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, JsonText, UtcDateTime


class Release(Base):
    """The frozen, protected result set of one wave; one per wave, never edited."""

    __tablename__ = "release"

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    released_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When (UTC)")
    policy_version: Mapped[str] = mapped_column(comment="Version of the disclosure rules applied")
    audit: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Account of the auditors")
    sha256: Mapped[str] = mapped_column(comment="Hash over all cells of the release")


class ReleasedCrowd(Base):
    """A final crowd of a release with its public facts in bands."""

    __tablename__ = "released_crowd"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    crowd: Mapped[str] = mapped_column(primary_key=True, comment="Final crowd")
    home: Mapped[str] = mapped_column(comment="Lowest unit whose subtree holds the crowd")
    units: Mapped[list[str]] = mapped_column(JsonText, comment="Units whose own groups it holds")
    invited: Mapped[int] = mapped_column(comment="People invited; public")
    response: Mapped[str] = mapped_column(comment="Response band")
    n_low: Mapped[int] = mapped_column(comment="Lower end of the band of answers")
    n_high: Mapped[int] = mapped_column(comment="Upper end of the band of answers")
    is_whole_company: Mapped[bool] = mapped_column(comment="One crowd for all, leaders included")
    hidden_from: Mapped[list[str]] = mapped_column(
        JsonText, comment="Units whose leader answered in it and does therefore not get its figures"
    )


class ReleasedCell(Base):
    """One protected cell: crowd by item or scale, or the reason why it is withheld."""

    __tablename__ = "released_cell"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    crowd: Mapped[str] = mapped_column(primary_key=True, comment="Final crowd")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Item or scale")
    cell: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Protected value or reason, as released")


class ReleasedMoment(Base):
    """A declared moment as released with the wave."""

    __tablename__ = "released_moment"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    scope: Mapped[str] = mapped_column(primary_key=True, comment="Unit key; empty for the installation")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Item or scale")
    n_low: Mapped[int] = mapped_column(comment="Lower end of the band of answers")
    variance: Mapped[float] = mapped_column(comment="Pooled within-crowd variance, points squared, 2 decimals")


class ReleasedCovariance(Base):
    """A declared covariance of two items of one scale as released with the wave."""

    __tablename__ = "released_covariance"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="First item")
    other: Mapped[str] = mapped_column(primary_key=True, comment="Second item")
    n_low: Mapped[int] = mapped_column(comment="Lower end of the band of answers")
    covariance: Mapped[float] = mapped_column(
        comment="Pooled within-crowd covariance of the installation, points squared, 2 decimals"
    )


class ReleasedTopic(Base):
    """Which part of a whole crowd ticked a topic, as a band."""

    __tablename__ = "released_topic"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    crowd: Mapped[str] = mapped_column(primary_key=True, comment="Final crowd")
    topic: Mapped[str] = mapped_column(primary_key=True, comment="Code of the topic")
    low: Mapped[float] = mapped_column(comment="Lower end of the band, a share from 0 to 1")
    high: Mapped[float] = mapped_column(comment="Upper end of the band, a share from 0 to 1")


class ReleasedSegment(Base):
    """A cell of an admitted segment table, with its number of answers as a band."""

    __tablename__ = "released_segment"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit whose crowds the table divides")
    segment: Mapped[str] = mapped_column(primary_key=True, comment="Code of the segment question")
    cell: Mapped[str] = mapped_column(primary_key=True, comment="Option numbers with dashes between; 0 is no answer")
    options: Mapped[list[int]] = mapped_column(JsonText, comment="The option numbers; 0 is no answer")
    n_low: Mapped[int] = mapped_column(comment="Lower end of the band of answers")
    n_high: Mapped[int] = mapped_column(comment="Upper end of the band of answers")


class ReleasedSegmentCell(Base):
    """One protected figure of a segment cell: item or scale."""

    __tablename__ = "released_segment_cell"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit whose crowds the table divides")
    segment: Mapped[str] = mapped_column(primary_key=True, comment="Code of the segment question")
    cell: Mapped[str] = mapped_column(primary_key=True, comment="Option numbers with dashes between; 0 is no answer")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Item or scale")
    figure: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Protected value or reason, as released")


class ReleasedComment(Base):
    """A comment that the redactor kept, as released; unlinked from every figure."""

    __tablename__ = "released_comment"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit it is shown at")
    place: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Place in the alphabetical order of the texts, from 1"
    )
    text: Mapped[str] = mapped_column(comment="What was written")


class ReportDocument(Base):
    """A leader report as data, frozen; the PDF is a function of it."""

    __tablename__ = "report_document"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit key")
    language: Mapped[str] = mapped_column(primary_key=True, comment="Language of its sentences")
    as_of: Mapped[dt.date] = mapped_column(primary_key=True, comment="Day up to which roadmap data was read")
    sha256: Mapped[str] = mapped_column(comment="Hash of the document, printed in the footer")
    document: Mapped[bytes] = mapped_column(LargeBinary, comment="Canonical JSON")


class LedgerEntry(Base):
    """Who got which released figures and when; each row holds the hash of the row before."""

    __tablename__ = "ledger_entry"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Position in the chain, from 1")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When (UTC)")
    actor: Mapped[str] = mapped_column(comment="Account e-mail, or the name of a job or command")
    kind: Mapped[str] = mapped_column(comment="release, report or export")
    subject: Mapped[str] = mapped_column(comment="Wave and unit or format")
    detail: Mapped[dict[str, object] | None] = mapped_column(
        JsonText, comment="Which cells: waves, units, measures, and the policy version; empty in rows of old"
    )
    cells: Mapped[int] = mapped_column(comment="Number of cells handed over")
    sha256: Mapped[str] = mapped_column(comment="Checksum of what was handed over")
    previous_hash: Mapped[str] = mapped_column(comment="Hash of the row before; zeros for the first")
    hash: Mapped[str] = mapped_column(unique=True, comment="SHA-256 over this row and previous_hash")


class PressureWeek(Base):
    """Roadmap pressure of one team in one week."""

    __tablename__ = "pressure_week"
    __table_args__ = {"sqlite_with_rowid": False}

    team: Mapped[str] = mapped_column(primary_key=True, comment="Team key")
    week: Mapped[dt.date] = mapped_column(primary_key=True, comment="Monday of the week, team's time zone")
    document: Mapped[dict[str, object]] = mapped_column(
        JsonText, comment="Index or reason, coverage, indicators with their facts, anchor version, people enough or not"
    )


class PressureTeam(Base):
    """What the stored weeks of pressure of one team were computed from; touched ones alone are computed anew."""

    __tablename__ = "pressure_team"

    team: Mapped[str] = mapped_column(primary_key=True, comment="Team key")
    computed_until: Mapped[dt.date] = mapped_column(comment="Day up to which its weeks stand")
    computed_with: Mapped[str] = mapped_column(
        comment="Hash of all beside items and plans that its weeks depend on: zone, days off, anchors, program"
    )
    traits: Mapped[dict[str, object]] = mapped_column(
        JsonText, comment="What holds for the team as a whole, such as whether its items carry dates"
    )


class AnchorSet(Base):
    """Anchors and weights of the pressure index that an administrator chose; never changed, only followed by others."""

    __tablename__ = "anchor_set"

    version: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Version as printed; own ones count from 101"
    )
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When it was set (UTC)")
    made_by: Mapped[str] = mapped_column(comment="Account or command that set it")
    note: Mapped[str] = mapped_column(comment="Why, in the words of who set it")
    document: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Anchors, weights and limits")


class LinkResult(Base):
    """What the link of pressure and sentiment says at a release; made from released means, may be made anew."""

    __tablename__ = "link_result"

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When (UTC)")
    method_version: Mapped[str] = mapped_column(comment="Version of the methods, see docs/methods.md")
    inputs_sha256: Mapped[str] = mapped_column(comment="Hash of the means and indexes it was made from")
    document: Mapped[dict[str, object]] = mapped_column(
        JsonText, comment="Settings, gates, estimates with ranges, or why there are none"
    )


class Analysis(Base):
    """What the statistics say about all units of a released wave; made from released values, may be made anew."""

    __tablename__ = "analysis"

    wave: Mapped[str] = mapped_column(ForeignKey("release.wave"), primary_key=True, comment="Wave")
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When (UTC)")
    method_version: Mapped[str] = mapped_column(comment="Version of the methods, see docs/methods.md")
    document: Mapped[dict[str, object]] = mapped_column(
        JsonText, comment="Settings and findings about the whole: covariance, alert threshold, reliability, drivers"
    )


class Finding(Base):
    """What the statistics say about one unit and scale in a released wave."""

    __tablename__ = "finding"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("analysis.wave", ondelete="CASCADE"), primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Unit key")
    measure: Mapped[str] = mapped_column(primary_key=True, comment="Scale")
    verdict: Mapped[str] = mapped_column(comment="Of the closed list, judged over all units and scales")
    alert: Mapped[str] = mapped_column(comment="lower, higher, quiet or too_early")
    document: Mapped[dict[str, object]] = mapped_column(
        JsonText, comment="Figures with their ranges: change, p, detectable change, alert, level against the whole"
    )
