"""Turns what any delivery tool knows about its plan into one neutral, frozen model without titles and names."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from surveys.errors import Problem


class SourceKind(StrEnum):
    """The formats a roadmap can come from."""

    CSV = "csv"
    JIRA_JSON = "jira-json"


class StatusClass(StrEnum):
    """The three classes that every status of every tool is reduced to."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"


class EventField(StrEnum):
    """What a change of a work item can be about."""

    STATUS = "status"
    PRIORITY = "priority"
    PLAN = "plan"
    DUE = "due"
    SIZE = "size"
    ASSIGNEE = "assignee"
    AREA = "area"


class PlanKind(StrEnum):
    """What a plan is called where it comes from."""

    SPRINT = "sprint"
    VERSION = "version"
    MILESTONE = "milestone"


class Moscow(StrEnum):
    """The four classes of the MoSCoW method."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"
    WONT = "wont"


FAULT_KINDS = frozenset({"bug", "incident", "hotfix", "defect", "fault"})
"""Kinds of work, in lower case, that count as unplanned when they carry the top priority."""


@dataclass(frozen=True, kw_only=True)
class Rice:
    """Reach, impact, confidence (0 to 1) and effort as the source gives them; ``None`` where it is silent."""

    reach: float | None = None
    impact: float | None = None
    confidence: float | None = None
    effort: float | None = None


@dataclass(frozen=True, kw_only=True)
class WorkItemFact:
    """One work item as it stood at the end of the covered time; times are UTC.

    ``team`` is ``None`` where no rule maps the item. ``priority_rank`` counts from 1 (highest). ``done_at`` is set
    exactly where ``status_class`` is done; an item that was reopened in between is done at the last time only.
    """

    key: str
    team: str | None
    kind: str
    created_at: dt.datetime
    done_at: dt.datetime | None
    status_class: StatusClass
    priority_rank: int | None = None
    size: float | None = None
    plans: tuple[str, ...] = ()
    due: dt.date | None = None
    areas: tuple[str, ...] = ()
    assignee_hash: str | None = None
    moscow: Moscow | None = None
    rice: Rice | None = None


@dataclass(frozen=True, kw_only=True)
class WorkEventFact:
    """One change of one field of an item at a UTC time.

    Values are text: a status class, a rank, an ISO date, a number, a hash, or the name of a plan or area. Plans and
    areas are sets, so joining one has ``old`` None and leaving one has ``new`` None.
    """

    item: str
    at: dt.datetime
    field: EventField
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True)
class PlanFact:
    """A sprint, version or milestone with its last known dates and each date as it was seen: (seen on, due)."""

    name: str
    kind: PlanKind
    start: dt.date | None = None
    due: dt.date | None = None
    done_at: dt.date | None = None
    dates_seen: tuple[tuple[dt.date, dt.date], ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoadmapFile:
    """All that one import found. Equal files give equal values, whatever the order of their rows.

    ``covered_from`` and ``covered_to`` are the first and last day (UTC) the source speaks about. ``history``
    names the fields whose past is known; an empty set means "no history". ``problems`` are oddities that were
    tolerated; what is not tolerable raises ``InvalidInput`` instead. ``unmapped`` counts the items without a team.
    """

    kind: SourceKind
    covered_from: dt.date
    covered_to: dt.date
    items: tuple[WorkItemFact, ...]
    events: tuple[WorkEventFact, ...]
    plans: tuple[PlanFact, ...]
    history: frozenset[EventField]
    problems: tuple[Problem, ...] = ()
    unmapped: int = 0

    @property
    def unmapped_share(self) -> float:
        """Share of items without a team, 0 to 1; 0 for a file without items."""
        return self.unmapped / len(self.items) if self.items else 0.0


def hash_person(secret: bytes, person: str) -> str:
    """Return 16 hex digits of HMAC-SHA256 under the installation's secret; case and outer spaces do not matter."""
    return hmac.new(secret, person.strip().casefold().encode(), hashlib.sha256).hexdigest()[:16]


def sort_events(events: list[WorkEventFact]) -> tuple[WorkEventFact, ...]:
    """Order events by time, item and values, so that the order of a file's rows leaves no trace."""
    return tuple(sorted(events, key=lambda e: (e.at, e.item, e.field, e.old or "", e.new or "")))


def by_team(file: RoadmapFile) -> dict[str, tuple[tuple[WorkItemFact, ...], tuple[WorkEventFact, ...]]]:
    """Return the items of each team with their events, in one pass; items without a team are left out."""
    team_of = {item.key: item.team for item in file.items if item.team is not None}
    items: dict[str, list[WorkItemFact]] = {}
    events: dict[str, list[WorkEventFact]] = {}
    for item in file.items:
        if item.team is not None:
            items.setdefault(item.team, []).append(item)
    for event in file.events:
        if event.item in team_of:
            events.setdefault(team_of[event.item], []).append(event)
    return {team: (tuple(facts), tuple(events.get(team, ()))) for team, facts in sorted(items.items())}
