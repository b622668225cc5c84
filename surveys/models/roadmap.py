"""What the plan did: sources, work items, their history, plans and the calendar; knows no survey."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, JsonText, UtcDateTime


class RoadmapSource(Base):
    """One import of delivery data; importing the same name again replaces it."""

    __tablename__ = "roadmap_source"

    name: Mapped[str] = mapped_column(primary_key=True, comment="Name given by the steward, or the file's name")
    kind: Mapped[str] = mapped_column(comment="csv, jira-json, ...")
    covered_from: Mapped[dt.date] = mapped_column(comment="First day the export speaks of")
    covered_to: Mapped[dt.date] = mapped_column(comment="Last day the export speaks of")
    history: Mapped[list[str]] = mapped_column(
        JsonText, comment="Fields whose past is known; none: current state only, the index reads low"
    )
    people: Mapped[str] = mapped_column(
        comment="none: names no assignees; hashed: hashes wait to be counted; counted: they were counted and deleted"
    )
    file_sha256: Mapped[str] = mapped_column(comment="Hash of the imported file")
    imported_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When it was imported (UTC)")
    account: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Counts and the unmapped share")
    timezone: Mapped[str] = mapped_column(
        default="UTC", server_default="UTC", comment="Zone of those of its times that name none"
    )
    touched: Mapped[dict[str, str]] = mapped_column(
        JsonText,
        default=dict,
        server_default="{}",
        comment="Teams whose weeks must be computed again, each with the first day that changed",
    )


class WorkItem(Base):
    """A planned piece of work of a team; titles and descriptions are never stored."""

    __tablename__ = "work_item"
    __table_args__ = (Index("ix_work_item_team", "team"),)

    source: Mapped[str] = mapped_column(
        ForeignKey("roadmap_source.name", ondelete="CASCADE"), primary_key=True, comment="Source"
    )
    key: Mapped[str] = mapped_column(primary_key=True, comment="Key in the source, such as PAY-12")
    team: Mapped[str] = mapped_column(comment="Team key; an item without a team is not stored")
    document: Mapped[dict[str, object]] = mapped_column(
        JsonText, comment="Kind, instants, status class, priority rank, size, plans, due day, areas, MoSCoW, RICE"
    )
    assignee_hash: Mapped[str | None] = mapped_column(
        comment="Keyed hash of the assignee until the people behind each team's weeks are counted, then empty"
    )
    digest: Mapped[str] = mapped_column(
        default="",
        server_default=text("''"),
        comment="Hash over the item and its changes, to see what an import touches",
    )


class WorkEvent(Base):
    """One change of a work item; changes of assignee are never stored."""

    __tablename__ = "work_event"
    __table_args__ = (
        ForeignKeyConstraint(["source", "item"], ["work_item.source", "work_item.key"], ondelete="CASCADE"),
    )

    source: Mapped[str] = mapped_column(primary_key=True, comment="Source")
    item: Mapped[str] = mapped_column(primary_key=True, comment="Key of the item")
    position: Mapped[int] = mapped_column(primary_key=True, comment="Position in the item's history, from 1")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When (UTC)")
    field: Mapped[str] = mapped_column(comment="status, priority, plan, due, size or area")
    old: Mapped[str | None] = mapped_column(comment="Value before")
    new: Mapped[str | None] = mapped_column(comment="Value after")
    offset_minutes: Mapped[int | None] = mapped_column(
        comment="Minutes east of UTC that the source wrote; empty for none"
    )


class RoadmapPlan(Base):
    """A sprint, version, milestone or release with its dates as last seen."""

    __tablename__ = "roadmap_plan"

    source: Mapped[str] = mapped_column(
        ForeignKey("roadmap_source.name", ondelete="CASCADE"), primary_key=True, comment="Source"
    )
    name: Mapped[str] = mapped_column(primary_key=True, comment="Name, with its project where names repeat")
    kind: Mapped[str] = mapped_column(comment="sprint, version, milestone or release")
    starts_on: Mapped[dt.date | None] = mapped_column(comment="First day; empty where unknown")
    due_on: Mapped[dt.date | None] = mapped_column(comment="Target day as last seen; empty where undated")
    done_on: Mapped[dt.date | None] = mapped_column(comment="Day it was finished; empty while open")
    teams: Mapped[list[str]] = mapped_column(JsonText, comment="Teams with an item that is or was in it")


class PlanDateSeen(Base):
    """A target day of a plan and when it was first seen; outlives the plan, so that moves of dates are not lost."""

    __tablename__ = "plan_date_seen"

    source: Mapped[str] = mapped_column(
        ForeignKey("roadmap_source.name", ondelete="CASCADE"), primary_key=True, comment="Source"
    )
    plan: Mapped[str] = mapped_column(primary_key=True, comment="Plan")
    seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True, comment="When first seen (UTC)")
    due_on: Mapped[dt.date | None] = mapped_column(comment="Target day seen then; empty for none")


class CalendarDay(Base):
    """A day that matters for a team: holiday, freeze, reorganisation, incident and the like."""

    __tablename__ = "calendar_day"

    source: Mapped[str] = mapped_column(
        primary_key=True, comment="holidays for public holidays, hand for days typed in, else the name of an import"
    )
    team: Mapped[str] = mapped_column(primary_key=True, comment="Team key; empty for all teams")
    day: Mapped[dt.date] = mapped_column(primary_key=True, comment="The day")
    kind: Mapped[str] = mapped_column(
        primary_key=True,
        comment="holiday, shutdown, freeze, release, reorganisation, layoff, leader_change or incident",
    )


class RoadmapMap(Base):
    """What the words of one source mean and which items belong to which team, as its steward decided."""

    __tablename__ = "roadmap_map"

    name: Mapped[str] = mapped_column(primary_key=True, comment="Name of the source, imported already or not")
    document: Mapped[str] = mapped_column(comment="The map as TOML")
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When it was saved (UTC)")


class RoadmapDraft(Base):
    """An upload between its check and its import: raw items without titles, deleted after an hour or when applied."""

    __tablename__ = "roadmap_draft"

    token: Mapped[str] = mapped_column(primary_key=True, comment="Random name that the steward's page carries")
    name: Mapped[str] = mapped_column(comment="Name of the source")
    kind: Mapped[str] = mapped_column(comment="Format")
    file_sha256: Mapped[str] = mapped_column(comment="Hash of the uploaded file")
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When it was uploaded (UTC)")
    body: Mapped[bytes] = mapped_column(LargeBinary, comment="Packed raw items; people as hashes")


class RoadmapConnection(Base):
    """A tool that is asked over its interface; its credentials are never in the database."""

    __tablename__ = "roadmap_connection"

    name: Mapped[str] = mapped_column(primary_key=True, comment="Name given by the steward; also the source's name")
    kind: Mapped[str] = mapped_column(comment="jira-cloud or github")
    base_url: Mapped[str] = mapped_column(comment="Address of the interface; its host must be on the allow-list")
    settings: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Projects, boards or repositories to read")
    timezone: Mapped[str] = mapped_column(comment="Zone in which the tool reads the days of a query")
    is_active: Mapped[bool] = mapped_column(comment="False: it is not asked by the nightly job")
    read_until: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime, comment="Every change before this is stored; empty before the first sync"
    )
    resume: Mapped[dict[str, object] | None] = mapped_column(
        JsonText, comment="Where a sync that was cut off goes on; empty where none was"
    )
    tried_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="Last attempt (UTC)")
    succeeded_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="Last sync that ended well (UTC)")
    failure: Mapped[dict[str, object] | None] = mapped_column(
        JsonText, comment="Why the last attempt failed: sentence and its values; empty where it did not"
    )


class RoadmapStaged(Base):
    """One raw item that a running sync has read; a sync that is cut off goes on from these, a finished one has none."""

    __tablename__ = "roadmap_staged"

    connection: Mapped[str] = mapped_column(
        ForeignKey("roadmap_connection.name", ondelete="CASCADE"), primary_key=True, comment="Connection"
    )
    key: Mapped[str] = mapped_column(primary_key=True, comment="Key of the item")
    body: Mapped[dict[str, object]] = mapped_column(JsonText, comment="The raw item; people as hashes, no title")
