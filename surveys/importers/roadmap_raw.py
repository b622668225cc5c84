"""Turns what one tool exported into raw items in the tool's own words, before a map says what the words mean.

Titles, descriptions and comments never get this far, and people are hashed on the way in. Every reader of a file or of
a connection yields these; ``surveys.importers.roadmap_mapping`` alone turns them into the neutral model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from surveys.errors import Problem
from surveys.importers.roadmap_model import EventField, Moscow, PlanFact, Rice, SourceKind, StatusClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where an item lives in its tool; any of these may decide its team. Words as written, outer spaces removed.

    ``team`` is a team word of the tool (Linear's Team column, our template's ``team``). ``area_path`` runs from the
    root with a backslash or slash between its parts.
    """

    project: str = ""
    boards: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    area_path: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class RawChange:
    """One change at a UTC time; ``offset`` is the minutes east of UTC that the source wrote, ``None`` for none.

    Values are the tool's words for status and priority, plan names as in ``RawItem.plans``, ISO days, numbers as
    text, hashes for people. ``None`` is "nothing": joining a plan has ``old`` None, leaving one has ``new`` None.
    """

    at: dt.datetime
    field: EventField
    old: str | None
    new: str | None
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawItem:
    """One work item in the words of its tool; times are UTC.

    ``done_at`` is the end that the tool itself names, ``None`` where it names none (then the map's class of
    ``status`` and the changes decide). ``category`` is the class the tool gives its status, where it gives one.
    ``priority_rank`` is set only where the tool has numbers instead of words. ``line`` is the line or place in the
    file, for messages. ``assignee_hash`` comes from ``hash_person``.
    """

    key: str
    created_at: dt.datetime
    kind: str = ""
    updated_at: dt.datetime | None = None
    started_at: dt.datetime | None = None
    done_at: dt.datetime | None = None
    status: str = ""
    category: StatusClass | None = None
    priority: str = ""
    priority_rank: int | None = None
    size: float | None = None
    plans: tuple[str, ...] = ()
    due: dt.date | None = None
    places: Places = field(default_factory=Places)
    parent: str | None = None
    assignee_hash: str | None = None
    moscow: Moscow | None = None
    rice: Rice | None = None
    changes: tuple[RawChange, ...] = ()
    offset: int | None = None
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """All that one export or one sync found, before mapping.

    ``items`` yields every item once per call, in the order of keys where that is cheap; calling it again starts anew.
    ``categories`` are classes the tool itself gives to status words (case-folded). ``history`` names the fields
    whose past the source knows. ``covered_from`` and ``covered_to`` are days the source itself declares; ``None``
    leaves them to the items. ``last_seen`` is the latest instant met. ``problems`` are oddities that were tolerated;
    what cannot be tolerated was raised as ``InvalidInput``, with every bad row.
    """

    kind: SourceKind
    items: Callable[[], Iterator[RawItem]]
    plans: tuple[PlanFact, ...] = ()
    history: frozenset[EventField] = frozenset()
    categories: Mapping[str, StatusClass] = field(default_factory=dict)
    covered_from: dt.date | None = None
    covered_to: dt.date | None = None
    last_seen: dt.datetime | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What every reader needs: the name messages use, the secret that keys hashes of people, the zone of bare times.

    ``day_first`` tells how localised days run (True 31/05/2026, False 05/31/2026, ``None`` not said: then the file's
    own days decide where only one reading fits, and a file that fits both is refused with a sentence). ``size_field``
    names the field or column of story points where the map does, ``""`` otherwise. ``limit`` is the largest file in
    bytes, unpacked. The fields after it come from the map too (``RoadmapMap.reading``): ``moscow_field`` and
    ``rice_fields`` (part to name) name fields or columns, ``moscow_words`` are case-folded, ``columns`` leads from a
    column of the own template to the file's word for it.
    """

    source: str
    secret: bytes
    zone: dt.tzinfo = dt.UTC
    day_first: bool | None = None
    size_field: str = ""
    limit: int = 200 * 1024 * 1024
    moscow_field: str = ""
    moscow_words: Mapping[str, Moscow] = field(default_factory=dict)
    rice_fields: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
