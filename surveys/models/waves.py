"""Programmes, waves and what opening a wave froze; knows neither persons nor answers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, JsonText, UtcDateTime


class InstallationMark(Base):
    """Says which installation key the rows of this database belong to; one row."""

    __tablename__ = "installation_mark"
    __table_args__ = {"sqlite_with_rowid": False}

    public_key: Mapped[str] = mapped_column(primary_key=True, comment="Public half of the installation key, hex")


class Programme(Base):
    """The standing survey: what is asked, of whom, how often and under which thresholds."""

    __tablename__ = "programme"
    __table_args__ = (CheckConstraint("k >= 5", name="k_floor"),)

    slug: Mapped[str] = mapped_column(primary_key=True, comment="Short name used in wave names")
    name: Mapped[str] = mapped_column(comment="Name shown to people")
    organisation: Mapped[str] = mapped_column(comment="Name of the organisation, shown on pages and reports")
    audience: Mapped[str] = mapped_column(comment="Key of the team whose whole subtree is invited")
    instruments: Mapped[list[dict[str, object]]] = mapped_column(
        JsonText, comment="Instrument codes with every and offset: which wave carries which"
    )
    rrule: Mapped[str] = mapped_column(comment="Rhythm of openings, RFC 5545 RRULE, local time")
    starts_on: Mapped[dt.date] = mapped_column(comment="First local day the rhythm counts from")
    opens_time: Mapped[str] = mapped_column(comment="Local time of opening, HH:MM")
    timezone: Mapped[str] = mapped_column(comment="IANA time zone of the rhythm")
    open_days: Mapped[int] = mapped_column(comment="Days a wave stays open")
    release_delay_hours: Mapped[int] = mapped_column(comment="Hours between close and release")
    k: Mapped[int] = mapped_column(comment="Least number of answers behind any figure; floor 5")
    languages: Mapped[list[str]] = mapped_column(JsonText, comment="Languages offered, first one is the default")
    mode: Mapped[str] = mapped_column(comment="sealed, card or promise")
    second_lock: Mapped[str | None] = mapped_column(
        comment="Public key of a trustee for the waves planned from now on, hex; empty: none"
    )
    retention_days: Mapped[int] = mapped_column(comment="Days that crowd totals are kept after the release")
    segments: Mapped[list[dict[str, object]]] = mapped_column(
        JsonText,
        default=list,
        server_default="[]",
        comment="Segment questions with their options, asked inside the ballot",
    )
    has_comments: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="Whether people may write a comment"
    )
    is_strict: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        comment="Whether means are clipped so that two people could have said otherwise, not one",
    )
    is_active: Mapped[bool] = mapped_column(default=True, comment="False: the schedule opens no further wave")


class InstrumentVersion(Base):
    """A questionnaire as fielded, stored whole so that an old wave can always be read."""

    __tablename__ = "instrument_version"

    sha256: Mapped[str] = mapped_column(primary_key=True, comment="Hash of the canonical document")
    code: Mapped[str] = mapped_column(comment="Code with version, such as pulse-1")
    document: Mapped[dict[str, object]] = mapped_column(JsonText, comment="The whole questionnaire")


class Wave(Base):
    """One fielding of a programme."""

    __tablename__ = "wave"
    __table_args__ = (
        UniqueConstraint("programme_slug", "number"),
        CheckConstraint("k >= 5", name="k_floor"),
        CheckConstraint(
            "status IN ('planned','open','closed','counted','released','withdrawn')",
            name="status",
        ),
    )

    slug: Mapped[str] = mapped_column(primary_key=True, comment="Programme and number, such as pulse-13")
    programme_slug: Mapped[str] = mapped_column(ForeignKey("programme.slug"), comment="Programme")
    number: Mapped[int] = mapped_column(comment="Position in the programme, from 1")
    status: Mapped[str] = mapped_column(index=True, comment="State; the table of moves is in surveys.enums")
    mode: Mapped[str] = mapped_column(comment="sealed, card or promise; cannot change after opening")
    k: Mapped[int] = mapped_column(comment="Threshold frozen at opening")
    is_strict: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="Whether means are clipped by 6/n instead of 3/n"
    )
    second_lock: Mapped[str | None] = mapped_column(
        comment="Public key of a trustee without whom the ballots do not open, hex; empty: none"
    )
    instrument_sha256: Mapped[str] = mapped_column(ForeignKey("instrument_version.sha256"), comment="Questionnaire")
    opens_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="Planned opening (UTC)")
    closes_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="Planned close (UTC)")
    releases_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="Planned release (UTC)")
    opened_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="When it was opened (UTC)")
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="When it was closed (UTC)")
    counted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="When totals were made (UTC)")
    released_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="When it was released (UTC)")
    withdrawn_reason: Mapped[str | None] = mapped_column(comment="Why it was withdrawn; empty otherwise")
    manifest: Mapped[str | None] = mapped_column(comment="Canonical JSON published at opening")
    fingerprint: Mapped[str | None] = mapped_column(unique=True, comment="SHA-256 of the manifest, hex")
    key_destroyed_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime, comment="When the wave key was destroyed (UTC)"
    )
    rewritten_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime, comment="When the database files were rewritten after the count (UTC)"
    )
    is_within_papers: Mapped[bool | None] = mapped_column(
        comment="Whether there were no more ballots than papers; empty before the count and outside sealed mode"
    )
    response_share: Mapped[int | None] = mapped_column(
        comment="Company-wide response in per cent, rounded to 5; empty under 50 invited and before the count"
    )
    comments_due_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime, comment="Until when the redactor may decide on comments (UTC); empty where there are none"
    )
    comments_released_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime, comment="When the comments were released, once and for all (UTC)"
    )
    is_none: Mapped[bool] = mapped_column(
        default=False, comment="True: fewer than k answered in all, released as none and the ballots destroyed"
    )


class CountedList(Base):
    """What lets a browser tell its owner that a ballot was counted: hashes of nonces, sorted, filled up with noise."""

    __tablename__ = "counted_list"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    hashes: Mapped[bytes] = mapped_column(
        LargeBinary,
        comment="32 bytes each, sorted, filled up at random from the invited number; deleted after seven days",
    )


class AnswerFile(Base):
    """A file of the answer page as it was when a wave opened, so that an upgrade changes nothing under an open wave."""

    __tablename__ = "answer_file"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave that promises it")
    sha256: Mapped[str] = mapped_column(primary_key=True, comment="SHA-256 of the content, hex")
    media_type: Mapped[str] = mapped_column(comment="Media type; text/html marks the page itself")
    content: Mapped[bytes] = mapped_column(LargeBinary, comment="The bytes as served")


class WaveUnit(Base):
    """A team as it was when the wave opened."""

    __tablename__ = "wave_unit"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    unit: Mapped[str] = mapped_column(primary_key=True, comment="Key of the team")
    parent: Mapped[str | None] = mapped_column(comment="Key of the team above at that time")
    name: Mapped[str] = mapped_column(comment="Name at that time")
    leader_name: Mapped[str] = mapped_column(comment="Name of the leader at that time; empty where nobody led")
    timezone: Mapped[str] = mapped_column(comment="Time zone at that time")
    crowd: Mapped[str] = mapped_column(comment="Planned crowd of the team's own group; empty where it has no people")
    invited: Mapped[int] = mapped_column(comment="People invited in the team's own group")
    joined: Mapped[int] = mapped_column(comment="People in the group who were not in it one wave earlier")
    left_count: Mapped[int] = mapped_column(comment="People of the group one wave earlier who are no longer in it")


class WaveCrowd(Base):
    """A planned crowd of a wave and where the count merged it."""

    __tablename__ = "wave_crowd"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    label: Mapped[str] = mapped_column(primary_key=True, comment="Label, derived from its teams")
    home: Mapped[str] = mapped_column(comment="Lowest team whose subtree holds the crowd")
    invited: Mapped[int] = mapped_column(comment="People invited; public")
    units: Mapped[list[str]] = mapped_column(JsonText, comment="Teams whose own groups it holds")
    leads: Mapped[list[str]] = mapped_column(JsonText, comment="Teams whose leader answers in it")
    receiving: Mapped[list[str]] = mapped_column(
        JsonText, comment="Teams whose leader answers in it and receives its figures, which the page says"
    )
    is_whole_company: Mapped[bool] = mapped_column(comment="One crowd for all, leaders included")
    final_label: Mapped[str | None] = mapped_column(comment="Crowd it was counted in; empty before the count")
    answers_low: Mapped[int | None] = mapped_column(
        comment="Lower end of the band of answers of the final crowd; empty before the count"
    )
