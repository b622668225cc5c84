"""Turns raw items in a tool's own words into the neutral model, as the steward's map says what the words mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_meanings import Teams, Words, clean_name, clean_parent
from surveys.importers.roadmap_meanings import Why as Why  # noqa: PLC0414 - pages know it from here
from surveys.importers.roadmap_model import (
    EventField,
    PlanFact,
    RoadmapFile,
    SourceKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
    sort_events,
)
from surveys.importers.roadmap_raw import RawChange, RawFile, RawItem
from surveys.importers.roadmap_remarks import LISTED, Faults, Remarks

TEMPLATES = frozenset({SourceKind.CSV, SourceKind.XLSX})
"""Formats of our own: an unknown word there is a mistake of the row, elsewhere it is the tool's and gets a remark."""

NO_ITEMS = mark("The file holds no work items.")
_NO_HISTORY = mark("The file has no history. The index reads low and can only be compared with itself.")

Mapped = tuple[WorkItemFact, tuple[WorkEventFact, ...]]


@dataclass(frozen=True, kw_only=True)
class MappedCounts:
    """How many items the file has, how many of them belong to no team, and how many changes those with a team have."""

    items: int
    unmapped: int
    events: int


class RoadmapStream:
    """A raw file with its map, read item by item.

    ``items`` yields every item with its changes, ordered by time; a second call reads the file again. ``counts``,
    ``covered_from``, ``covered_to``, ``plans`` and ``problems`` are known once the items were read to the end; asking
    for one of them earlier reads them. Every reading raises ``InvalidInput`` at its end with each item that the map
    cannot take.
    """

    def __init__(
        self,
        raw: RawFile,
        mapping: RoadmapMap,
        *,
        source: str,
        teams: Collection[str],
        zones: Mapping[str, dt.tzinfo] | None,
        today: dt.date | None,
    ) -> None:
        self.raw, self.mapping, self.source, self.today = raw, mapping, source, today
        self.teams, self.zones = tuple(teams), dict(zones or {})
        self._done: _Pass | None = None

    @property
    def kind(self) -> SourceKind:
        """The format."""
        return self.raw.kind

    @property
    def history(self) -> frozenset[EventField]:
        """The fields whose past is known."""
        return self.raw.history

    def items(self) -> Iterator[Mapped]:
        """Yield each item and its changes in the order of the raw file."""
        reading = _Pass(self)
        for item in self.raw.items():
            mapped = reading.map(item)
            if mapped is not None:
                yield mapped
        reading.finish()
        self._done = reading

    @property
    def counts(self) -> MappedCounts:
        """How many items and changes there are."""
        done = self._finished()
        return MappedCounts(items=done.total, unmapped=done.unmapped, events=done.events)

    @property
    def covered_from(self) -> dt.date:
        """The first day the source speaks about: as the map says, else the source, else the first creation."""
        first = self._finished().first
        told = self.mapping.covered_from or self.raw.covered_from or (first.date() if first else self.covered_to)
        return self._until_today(told)

    @property
    def covered_to(self) -> dt.date:
        """The last day the source speaks about: as the map says, else the source, else the last instant met.

        Never later than ``today``, where it was given: nobody knows what will be done.
        """
        return self._until_today(self.mapping.covered_to or self.raw.covered_to or self._last().date())

    @property
    def plans(self) -> tuple[PlanFact, ...]:
        """The plans by name; a day that the source does not date was seen on the last covered day."""
        seen = self.covered_to
        return tuple(
            replace(plan, dates_seen=((seen, plan.due),)) if plan.due and not plan.dates_seen else plan
            for plan in _cleaned(self.raw.plans)
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was tolerated by the reader and by the map."""
        return (*self.raw.problems, *self._finished().remarks.problems())

    def file(self) -> RoadmapFile:
        """Return all at once, ordered by key and time, for files that fit into memory."""
        read = sorted(self.items(), key=lambda pair: pair[0].key)
        return RoadmapFile(
            kind=self.kind,
            covered_from=self.covered_from,
            covered_to=self.covered_to,
            items=tuple(item for item, _ in read),
            events=sort_events([event for _, events in read for event in events]),
            plans=self.plans,
            history=self.history,
            problems=self.problems,
            unmapped=self.counts.unmapped,
        )

    def _until_today(self, day: dt.date) -> dt.date:
        return day if self.today is None else min(day, self.today)

    def _last(self) -> dt.datetime:
        found = self._finished().last
        told = None if self.zones else self.raw.last_seen  # bare times were moved into the zones of their teams
        known = [at for at in (found, told, self.raw.last_seen if found is None else None) if at is not None]
        return max(known)

    def _finished(self) -> _Pass:
        if self._done is None:
            for _ in self.items():
                pass
        if self._done is None:  # pragma: no cover - items() ends with it set or raises
            raise AssertionError
        return self._done


def map_raw(
    raw: RawFile,
    mapping: RoadmapMap,
    *,
    teams: Collection[str],
    zones: Mapping[str, dt.tzinfo] | None = None,
    source: str = "",
    today: dt.date | None = None,
) -> RoadmapStream:
    """Join a raw file with a map; ``teams`` are the known team keys, ``source`` is the name that messages use.

    ``zones`` (team to zone) is given where the reading took bare times as UTC: a time or day without an offset is
    then that time where the item's team is. In our own templates, without ``columns`` in the map, an unknown team,
    status or priority is a bad row; in tools it counts as no team, as to do, and as no priority, with a remark. So it
    is with a time after tomorrow, where ``today`` (UTC) is given.
    """
    return RoadmapStream(raw, mapping, source=source or raw.kind.value, teams=teams, zones=zones, today=today)


class _Pass:
    """One reading of all items, with what is learned on the way."""

    def __init__(self, stream: RoadmapStream) -> None:
        self.raw, self.mapping, self.zones = stream.raw, stream.mapping, stream.zones
        self.words = Words(stream.mapping, stream.raw.categories)
        self.teams = Teams(stream.mapping, stream.teams)
        self.limit = None if stream.today is None else stream.today + dt.timedelta(days=1)
        self.is_strict = stream.raw.kind in TEMPLATES and not stream.mapping.columns
        self.remarks, self.faults = Remarks(stream.source), Faults(stream.source)
        self.total = self.unmapped = self.events = 0
        self.first: dt.datetime | None = None
        self.last: dt.datetime | None = None
        self._told: set[tuple[EventField, str]] = set()

    def map(self, raw: RawItem) -> Mapped | None:
        """Return the item and its changes; ``None`` for one that the map cannot take."""
        self.total += 1
        team = self.teams.of(raw.places)
        if team is None:
            self.unmapped += 1
            if self.is_strict and not self.mapping.rules:
                self.faults.add(Message("The team {team} is not known.", {"team": raw.places.team}), raw.line)
        raw = self._in_zone(raw, self.zones.get(team or ""))
        self._check_future(raw)
        status = self._item_class(raw)
        events = self._events(raw)
        done_at = self._done_at(raw, status, events)
        self._see(raw, done_at, events)
        self.events += len(events) if team is not None else 0
        return (
            WorkItemFact(
                key=raw.key,
                team=team,
                kind=self._kind(raw),
                created_at=raw.created_at,
                done_at=done_at,
                status_class=status if done_at is None else StatusClass.DONE,
                priority_rank=self._item_rank(raw),
                size=raw.size,
                plans=tuple(sorted({clean_name(name) for name in raw.plans} - {""})),
                due=raw.due,
                areas=tuple(sorted(set(raw.places.components)))
                or ((raw.places.project,) if raw.places.project else ()),
                assignee_hash=raw.assignee_hash,
                moscow=raw.moscow,
                rice=raw.rice,
                parent=clean_parent(raw.parent),
                offset=raw.offset,
            ),
            events,
        )

    def finish(self) -> None:
        """Raise ``InvalidInput`` with all that the map cannot take; add the remarks on the file as a whole."""
        if not self.total and self.raw.last_seen is None and self.raw.covered_to is None:
            self.faults.add(Message(NO_ITEMS))
        faults = self.faults.problems()
        if faults:
            raise InvalidInput("{source} was not imported.", faults, source=self.faults.source)
        if not self.raw.history:
            self.remarks.add(Message(_NO_HISTORY))
        undated = [plan.name for plan in _cleaned(self.raw.plans) if plan.due is None]
        listed, more = ", ".join(undated[:LISTED]), len(undated) - LISTED
        if more > 0:
            values = {"plans": listed, "count": more}
            self.remarks.add(Message("Plans without a date: {plans}, and {count} more.", values))
        elif undated:
            self.remarks.add(Message("Plans without a date: {plans}.", {"plans": listed}))

    def _in_zone(self, raw: RawItem, zone: dt.tzinfo | None) -> RawItem:
        """Move the bare times of an item from UTC to the same clock time in ``zone``."""
        if zone is None or zone is dt.UTC:
            return raw
        changes = tuple(
            replace(change, at=_moved(change.at, zone)) if change.offset is None else change for change in raw.changes
        )
        if raw.offset is not None:
            return replace(raw, changes=changes)
        return replace(
            raw,
            created_at=_moved(raw.created_at, zone),
            updated_at=None if raw.updated_at is None else _moved(raw.updated_at, zone),
            started_at=None if raw.started_at is None else _moved(raw.started_at, zone),
            done_at=None if raw.done_at is None else _moved(raw.done_at, zone),
            changes=changes,
        )

    def _check_future(self, raw: RawItem) -> None:
        """Tell of a time that has not come: often a mistyped year, which would stretch the covered time by decades."""
        if self.limit is None:
            return
        times = [raw.created_at, raw.updated_at, raw.started_at, raw.done_at, *(change.at for change in raw.changes)]
        latest = max(at for at in times if at is not None)
        if latest.date() > self.limit:
            reason = Message("{key} has a time in the future: {day}.", {"key": raw.key, "day": latest.date()})
            if self.is_strict:
                self.faults.add(reason, raw.line)
            else:
                self.remarks.add(reason, raw.line)

    def _item_class(self, raw: RawItem) -> StatusClass:
        if not raw.status and raw.category is None:
            if raw.done_at is not None:
                return StatusClass.DONE
            return StatusClass.TODO if raw.started_at is None else StatusClass.DOING
        known = self._class(raw.status, raw.category, raw)
        if self.is_strict and known is StatusClass.DONE and raw.done_at is None:
            self.faults.add(Message("The status is done and the cell done is empty."), raw.line)
        if self.is_strict and known is not StatusClass.DONE and raw.done_at is not None:
            self.faults.add(Message("The item has a day in done and a status that is not done."), raw.line)
        return known

    def _class(self, word: str, category: StatusClass | None, raw: RawItem) -> StatusClass:
        known, why = self.words.status(word, category)
        if why is Why.UNKNOWN and self.is_strict:
            reason = Message("The status {status} is not known; name it in the status table of the map.")
            self.faults.add(Message(reason.text, {"status": word[:80]}), raw.line)
        elif why is Why.UNKNOWN and self._is_new(EventField.STATUS, word):
            self.remarks.add(Message("The status {status} is not in the map; it counts as to do.", {"status": word}))
        return known

    def _item_rank(self, raw: RawItem) -> int | None:
        if raw.priority:
            return self._rank(raw.priority, raw) or raw.priority_rank
        if raw.priority_rank is not None:
            return raw.priority_rank
        return next((self.words.rank(label) for label in raw.places.labels if self._is_priority(label)), None)

    def _is_priority(self, label: str) -> bool:
        """Tell whether the map names a label as a priority; common names alone do not make a label one."""
        return label.strip().casefold() in self.mapping.priorities

    def _rank(self, word: str, raw: RawItem) -> int | None:
        rank = self.words.rank(word)
        if rank is None and self.is_strict:
            reason = Message("The priority {name} is not known; name it in the priorities of the map.")
            self.faults.add(Message(reason.text, {"name": word[:80]}), raw.line)
        elif rank is None and self._is_new(EventField.PRIORITY, word):
            self.remarks.add(Message("The priority {name} is not in the map and was left out.", {"name": word}))
        return rank

    def _is_new(self, field: EventField, word: str) -> bool:
        """Say once of each word that it is met for the first time."""
        if (field, word) in self._told:
            return False
        self._told.add((field, word))
        return True

    def _kind(self, raw: RawItem) -> str:
        """Return the kind in lower case; a fault by the map's word for its kind or one of its labels is a bug."""
        words = {raw.kind.casefold(), *(label.strip().casefold() for label in raw.places.labels)}
        return raw.kind.casefold()[:60] if words.isdisjoint(self.mapping.fault_kinds) else "bug"

    def _events(self, raw: RawItem) -> tuple[WorkEventFact, ...]:
        """Return the changes that mean something, ordered; a start without changes of status is one."""
        key, created = raw.key, raw.created_at
        found: list[WorkEventFact] = []
        for change in raw.changes:
            old, new = self._value(change, change.old, raw), self._value(change, change.new, raw)
            if old != new:
                at = change.at if change.at > created else created
                found.append(WorkEventFact(item=key, at=at, field=change.field, old=old, new=new, offset=change.offset))
        started = raw.started_at
        if (
            started is not None
            and started >= created
            and (raw.done_at is None or started <= raw.done_at)
            and not any(event.field is EventField.STATUS for event in found)
        ):
            found.append(
                WorkEventFact(
                    item=key,
                    at=started,
                    field=EventField.STATUS,
                    old=StatusClass.TODO.value,
                    new=StatusClass.DOING.value,
                    offset=raw.offset,
                )
            )
        found.sort(key=lambda event: (event.at, event.field, event.old or "", event.new or ""))
        return tuple(found)

    def _value(self, change: RawChange, value: str | None, raw: RawItem) -> str | None:
        if value is None:
            return None
        if change.field is EventField.STATUS:
            return self._class(value, None, raw).value
        if change.field is EventField.PRIORITY:
            rank = self._rank(value, raw)
            return None if rank is None else str(rank)
        return clean_name(value) or None if change.field is EventField.PLAN else value

    def _done_at(self, raw: RawItem, status: StatusClass, events: tuple[WorkEventFact, ...]) -> dt.datetime | None:
        at, key = raw.done_at, raw.key
        if at is None and status is not StatusClass.DONE:
            return None
        if at is not None and status is not StatusClass.DONE:
            self.remarks.add(
                Message("{key} is resolved but its status is not a done one; it counts as done.", {"key": key}),
                raw.line,
            )
        if at is None:
            ends = [e.at for e in events if e.field is EventField.STATUS and e.new == StatusClass.DONE]
            at = max(ends, default=None)
        if at is None and raw.updated_at is not None:
            at = raw.updated_at
            reason = Message("{key} is done without a time; its last update stands in.", {"key": key})
            self.remarks.add(reason, raw.line)
        elif at is None:
            at = raw.created_at
            reason = Message("{key} is done without a time or an update; its creation stands in.", {"key": key})
            self.remarks.add(reason, raw.line)
        if at < raw.created_at:
            self.remarks.add(
                Message("{key} was done before it was created; it counts as done at once.", {"key": key}), raw.line
            )
        return max(at, raw.created_at)

    def _see(self, raw: RawItem, done_at: dt.datetime | None, events: tuple[WorkEventFact, ...]) -> None:
        created = raw.created_at
        if self.first is None or created < self.first:
            self.first = created
        for at in (created, raw.updated_at, done_at, events[-1].at if events else None):
            if at is not None and (self.last is None or at > self.last):
                self.last = at


def _cleaned(plans: Sequence[PlanFact]) -> list[PlanFact]:
    """Return plans by name, without addresses of people; of two that are one then the later day counts."""
    ordered = sorted(plans, key=lambda plan: (plan.due or dt.date.min, plan.start or dt.date.min))
    named = {clean_name(plan.name): plan for plan in ordered}
    return [replace(named[name], name=name) for name in sorted(named) if name]


def _moved(at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    return at.replace(tzinfo=zone).astimezone(dt.UTC)
