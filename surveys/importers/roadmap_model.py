"""Turns what any delivery tool knows about its plan into one neutral, frozen model without titles and names."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from surveys.errors import Problem


class SourceKind(StrEnum):
    """The formats a roadmap can come from."""

    CSV = "csv"
    XLSX = "xlsx"
    JIRA_CSV = "jira-csv"
    JIRA_JSON = "jira-json"
    GITHUB_JSON = "github-json"
    GITLAB_CSV = "gitlab-csv"
    LINEAR_CSV = "linear-csv"
    AZURE_CSV = "azure-csv"
    TRELLO_JSON = "trello-json"
    JIRA_CLOUD = "jira-cloud"
    GITHUB = "github"


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
    RELEASE = "release"


class Moscow(StrEnum):
    """The four classes of the MoSCoW method."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"
    WONT = "wont"


_EMPTY_SIGNS = " -–—_.?/()[]<>"
# What tools and people write where nobody is meant, folded; English, Spanish, French, German, Italian, Portuguese.
_NOBODY = frozenset(
    {
        *("unassigned", "not assigned", "none", "nobody", "no one", "noone", "n/a", "na", "null", "nil", "tbd", "tba"),
        *("to be determined", "unknown", "anyone", "any", "team", "empty"),
        *("no assignee", "automatic", "0", "1", "open", "vacant"),
        *("sin asignar", "no asignado", "no asignada", "ninguno", "ninguna", "nadie", "por asignar", "pendiente"),
        *("non assigne", "non attribue", "aucun", "personne", "nicht zugewiesen", "niemand", "keiner"),
        *("non assegnato", "nessuno", "nao atribuido", "ninguem", "sem responsavel"),
    }
)

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
    ``offset`` is the minutes east of UTC in which the source wrote the creation, ``None`` where it named none.
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
    parent: str | None = None
    offset: int | None = None


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
    offset: int | None = None


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
    """Return 16 hex digits of HMAC-SHA256 under the installation's secret; case, accents and spaces do not matter."""
    return hmac.new(secret, _folded(person).encode(errors="replace"), hashlib.sha256).hexdigest()[:16]


def names_nobody(person: str) -> bool:
    """Say whether a cell or field for a person names none: empty, a word such as Unassigned, or a program."""
    folded = _folded(person)
    if folded.endswith("[bot]") or folded.startswith("app/"):
        return True
    bare = folded.strip(_EMPTY_SIGNS)
    return not bare or bare in _NOBODY


def _folded(person: str) -> str:
    """Return a name without case, accents and doubled spaces, in which two spellings of one person differ."""
    plain = unicodedata.normalize("NFKD", person.strip()).casefold()
    kept = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    return " ".join(kept.split())


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
