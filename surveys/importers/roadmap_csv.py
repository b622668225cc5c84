"""Turns the product's own CSV template, with an optional second file of history, into the neutral roadmap model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_model import (
    EventField,
    Moscow,
    PlanFact,
    PlanKind,
    Rice,
    RoadmapFile,
    SourceKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
    hash_person,
    sort_events,
)
from surveys.importers.roadmap_table import Row, Table, read_table
from surveys.importers.roadmap_text import day, moment

REQUIRED = ("key", "team", "created", "done")
OPTIONAL = (
    *("kind", "started", "due", "plan", "plan_kind", "plan_start", "plan_due", "priority", "size", "status"),
    *("reach", "impact", "confidence", "effort", "moscow", "assignee"),
)
HISTORY = ("key", "at", "field", "from", "to")
_ALIASES = {"type": "kind", "points": "size", "story points": "size", "finished": "done", "person": "assignee"}
_MOSCOW = {
    **dict.fromkeys(("m", "must", "must have", "must-have"), Moscow.MUST),
    **dict.fromkeys(("s", "should", "should have", "should-have"), Moscow.SHOULD),
    **dict.fromkeys(("c", "could", "could have", "could-have"), Moscow.COULD),
    **dict.fromkeys(("w", "wont", "won't", "won't have", "would", "won't-have"), Moscow.WONT),
}
_FIELDS: dict[str, EventField] = {field.value: field for field in EventField}
_PLAN_SEPARATOR = "|"
_Value = TypeVar("_Value")


def read_csv(
    data: bytes,
    *,
    source: str,
    secret: bytes,
    teams: Collection[str] | None = None,
    mapping: RoadmapMap | None = None,
    zones: Mapping[str, dt.tzinfo] | None = None,
    history: tuple[str, bytes] | None = None,
) -> RoadmapFile:
    """Read work items, one a row; ``history`` is (name, bytes) of a second file ``key,at,field,from,to``.

    ``teams`` are the known team names (``None`` accepts any). Days and times without offset are in the zone of the
    row's team, UTC where ``zones`` names none. Several plans in one cell are parted by ``|``. Without a history file
    only the status is known, as far as ``started`` gives it. Raises ``InvalidInput`` with every bad row of both files;
    nothing is read in part.
    """
    mapping = mapping or RoadmapMap()
    table = read_table(data, source=source, required=REQUIRED, optional=OPTIONAL, aliases=_ALIASES)
    reader = _Reader(table, mapping, secret, teams, zones or {})
    items = [item for item in (reader.item(row) for row in table.rows) if item is not None]
    problems = list(table.problems)
    remarks = list(table.remarks)
    fields = frozenset({EventField.STATUS}) if "started" in table.columns else frozenset()
    events = reader.events
    if history is not None:
        log = read_table(history[1], source=history[0], required=HISTORY, optional=("team",), aliases={})
        past = _History(log, mapping, secret, reader.zone_of_key)
        told = [event for event in (past.event(row) for row in log.rows) if event is not None]
        if any(event.field is EventField.STATUS for event in told):
            known = {event.item for event in told if event.field is EventField.STATUS}
            events = [event for event in events if event.item not in known]
        events = events + told
        fields |= {event.field for event in told}
        problems += log.problems
        remarks += log.remarks
    if not problems and not items:
        problems.append(Problem(source, None, Message("The file holds no work items.")))
    if problems:
        raise InvalidInput("{source} was not imported.", problems, source=source)
    if not fields:
        remarks.append(Problem(source, None, Message(_NO_HISTORY)))
    ordered = tuple(sorted(items, key=lambda item: item.key))
    first, last = _span(ordered, events)
    covered_to = mapping.covered_to or last
    return RoadmapFile(
        kind=SourceKind.CSV,
        covered_from=mapping.covered_from or first,
        covered_to=covered_to,
        items=ordered,
        events=sort_events(events),
        plans=reader.plan_facts(covered_to),
        history=fields,
        problems=tuple(remarks),
        unmapped=0,
    )


_NO_HISTORY = mark("The file has no history. The index reads low and can only be compared with itself.")


def _span(items: Collection[WorkItemFact], events: Collection[WorkEventFact]) -> tuple[dt.date, dt.date]:
    ends = [item.done_at or item.created_at for item in items] + [event.at for event in events]
    return min(item.created_at for item in items).date(), max(ends).date()


class _Cells:
    """Reads cells of one table; each unreadable cell is a problem of its row and reads as empty."""

    def __init__(self, table: Table, mapping: RoadmapMap) -> None:
        self.table, self.mapping = table, mapping

    def fault(self, row: Row, reason: Message) -> None:
        self.table.problems.append(Problem(self.table.source, row.line, reason))

    def read(self, row: Row, column: str, convert: Callable[[str], _Value | None], reason: Message) -> _Value | None:
        cell = row.get(column)
        value = convert(cell) if cell else None
        if cell and value is None:
            self.fault(row, Message(reason.text, {"column": column, "value": cell[:80]}))
        return value

    def moment(self, row: Row, column: str, zone: dt.tzinfo) -> dt.datetime | None:
        reason = Message("{column}: {value} is not a day like 2026-05-31 or a time like 2026-05-31T09:30+02:00.")
        return self.read(row, column, lambda t: moment(t, zone=zone, day_first=self.mapping.day_first), reason)

    def day(self, row: Row, column: str) -> dt.date | None:
        reason = Message("{column}: {value} is not a day like 2026-05-31.")
        return self.read(row, column, lambda t: day(t, day_first=self.mapping.day_first), reason)

    def number(self, row: Row, column: str) -> float | None:
        return self.read(row, column, _number, Message("{column}: {value} is not a number of zero or more."))


class _Reader(_Cells):
    """Reads the rows of items and gathers plans and status events beside them."""

    def __init__(
        self,
        table: Table,
        mapping: RoadmapMap,
        secret: bytes,
        teams: Collection[str] | None,
        zones: Mapping[str, dt.tzinfo],
    ) -> None:
        super().__init__(table, mapping)
        self.secret, self.teams, self.zones = secret, teams, zones
        self.events: list[WorkEventFact] = []
        self.lines: dict[str, int] = {}
        self.zone_of_key: dict[str, dt.tzinfo] = {}
        self.plans: dict[str, tuple[PlanFact, int]] = {}

    def item(self, row: Row) -> WorkItemFact | None:
        key, team = row.get("key"), row.get("team")
        if not self._identified(row, key, team):
            return None
        zone = self.zones.get(team, dt.UTC)
        self.zone_of_key[key] = zone
        created, started, done = (self.moment(row, column, zone) for column in ("created", "started", "done"))
        if created is None:
            if not row.get("created"):
                self.fault(row, Message("The cell created is empty."))
            return None
        self._check_order(row, created, started, done)
        if started is not None and started >= created and (done is None or started <= done):
            self.events.append(
                WorkEventFact(
                    item=key, at=started, field=EventField.STATUS, old=StatusClass.TODO, new=StatusClass.DOING
                )
            )
        return WorkItemFact(
            key=key,
            team=team,
            kind=self._kind(row.get("kind")),
            created_at=created,
            done_at=done,
            status_class=self._status(row, started, done),
            priority_rank=self._rank(row),
            size=self.number(row, "size"),
            plans=self._plans(row),
            due=self.day(row, "due"),
            assignee_hash=hash_person(self.secret, row.get("assignee")) if row.get("assignee") else None,
            moscow=self.read(
                row,
                "moscow",
                lambda text: _MOSCOW.get(text.casefold()),
                Message("{column}: {value} is not must, should, could or wont."),
            ),
            rice=self._rice(row),
        )

    def plan_facts(self, seen: dt.date) -> tuple[PlanFact, ...]:
        """Return the plans by name, each date as seen on the day the file was made."""
        return tuple(
            PlanFact(
                name=plan.name,
                kind=plan.kind,
                start=plan.start,
                due=plan.due,
                dates_seen=((seen, plan.due),) if plan.due else (),
            )
            for plan, _ in (self.plans[name] for name in sorted(self.plans))
        )

    def _identified(self, row: Row, key: str, team: str) -> bool:
        if not key:
            self.fault(row, Message("The cell key is empty."))
        elif key in self.lines:
            self.fault(row, Message("The key {key} is already on line {line}.", {"key": key, "line": self.lines[key]}))
        else:
            self.lines[key] = row.line
        if not team:
            self.fault(row, Message("The cell team is empty."))
        elif self.teams is not None and team not in self.teams:
            self.fault(row, Message("The team {team} is not known.", {"team": team}))
        return bool(key) and self.lines[key] == row.line

    def _check_order(
        self, row: Row, created: dt.datetime, started: dt.datetime | None, done: dt.datetime | None
    ) -> None:
        if done is not None and done < created:
            self.fault(row, Message("The item was done before it was created."))
        if started is not None and started < created:
            self.fault(row, Message("The item was started before it was created."))
        if started is not None and done is not None and done < started:
            self.fault(row, Message("The item was done before it was started."))

    def _kind(self, text: str) -> str:
        folded = text.casefold()
        return "bug" if folded in self.mapping.fault_kinds else folded[:60]

    def _status(self, row: Row, started: dt.datetime | None, done: dt.datetime | None) -> StatusClass:
        told = self.read(
            row,
            "status",
            self.mapping.class_of,
            Message("{column}: {value} is not known; name it in the status table of the map."),
        )
        if told is StatusClass.DONE and done is None and not row.get("done"):
            self.fault(row, Message("The status is done and the cell done is empty."))
        elif told not in {None, StatusClass.DONE} and done is not None:
            self.fault(row, Message("The item has a day in done and a status that is not done."))
        if done is not None:
            return StatusClass.DONE
        return told or (StatusClass.DOING if started is not None else StatusClass.TODO)

    def _rank(self, row: Row) -> int | None:
        reason = Message("{column}: {value} is not known; name it in the priorities of the map.")
        return self.read(row, "priority", self.mapping.rank_of, reason)

    def _rice(self, row: Row) -> Rice | None:
        reach, impact, effort = (self.number(row, column) for column in ("reach", "impact", "effort"))
        confidence = self.read(row, "confidence", _share, Message("{column}: {value} is not a share like 0.8 or 80 %."))
        if reach is None and impact is None and confidence is None and effort is None:
            return None
        return Rice(reach=reach, impact=impact, confidence=confidence, effort=effort)

    def _plans(self, row: Row) -> tuple[str, ...]:
        names = sorted({name.strip() for name in row.get("plan").split(_PLAN_SEPARATOR)} - {""})
        start, due = self.day(row, "plan_start"), self.day(row, "plan_due")
        kind = self.read(
            row, "plan_kind", _plan_kind, Message("{column}: {value} is not sprint, version or milestone.")
        )
        if not names and (start or due):
            self.fault(row, Message("The row has a day of a plan and no plan."))
        if len(names) > 1 and (start or due):
            self.fault(row, Message("The row has several plans and one day; give the day on a row with one plan."))
            return tuple(names)
        for name in names:
            self._note(row, PlanFact(name=name, kind=kind or PlanKind.VERSION, start=start, due=due), kind)
        return tuple(names)

    def _note(self, row: Row, plan: PlanFact, kind: PlanKind | None) -> None:
        """Join what this row says about a plan to what other rows said; two different days are a problem."""
        known, line = self.plans.get(plan.name, (plan, row.line))
        for old, new in ((known.start, plan.start), (known.due, plan.due)):
            if old is not None and new is not None and old != new:
                self.fault(
                    row, Message("The plan {plan} has another day on line {line}.", {"plan": plan.name, "line": line})
                )
        merged = PlanFact(
            name=plan.name,
            kind=kind or known.kind,
            start=known.start or plan.start,
            due=known.due or plan.due,
        )
        self.plans[plan.name] = (merged, line if known.due or known.start else row.line)


class _History(_Cells):
    """Reads the rows of a history file into events of known items."""

    def __init__(self, table: Table, mapping: RoadmapMap, secret: bytes, zone_of_key: Mapping[str, dt.tzinfo]) -> None:
        super().__init__(table, mapping)
        self.zone_of_key = zone_of_key
        self.converters: dict[EventField, Callable[[str], str | None]] = {
            EventField.STATUS: mapping.class_of,
            EventField.PRIORITY: lambda text: _text_of(mapping.rank_of(text)),
            EventField.DUE: lambda text: _text_of(day(text, day_first=mapping.day_first)),
            EventField.SIZE: lambda text: _text_of(_number(text)),
            EventField.ASSIGNEE: lambda text: hash_person(secret, text),
            EventField.PLAN: lambda text: text,
            EventField.AREA: lambda text: text,
        }

    def event(self, row: Row) -> WorkEventFact | None:
        key = row.get("key")
        if key not in self.zone_of_key:
            self.fault(row, Message("The key {key} is not in the file of items.", {"key": key}))
            return None
        field = self.read(row, "field", _field, Message("{column}: {value} is not a field that is followed."))
        at = self.moment(row, "at", self.zone_of_key[key])
        for column in ("field", "at"):
            if not row.get(column):
                self.fault(row, Message("The cell {column} is empty.", {"column": column}))
        if field is None or at is None:
            return None
        reason = Message("{column}: {value} is not a value of this field.")
        old, new = (self.read(row, column, self.converters[field], reason) for column in ("from", "to"))
        if old == new:
            self.fault(row, Message("The row changes nothing."))
        return WorkEventFact(item=key, at=at, field=field, old=old, new=new)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None


def _share(text: str) -> float | None:
    value = _number(text.removesuffix("%").strip())
    if value is None:
        return None
    value = value / 100 if "%" in text or value > 1 else value
    return value if value <= 1 else None


def _plan_kind(text: str) -> PlanKind | None:
    return next((kind for kind in PlanKind if kind == text.casefold()), None)


def _field(text: str) -> EventField | None:
    return _FIELDS.get(text.casefold())


def _text_of(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, dt.date) else repr(value)
