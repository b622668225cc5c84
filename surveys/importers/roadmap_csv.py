"""Turns the product's own template, as CSV or XLSX and with an optional file of history, into raw items."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message
from surveys.importers.history_xlsx import is_workbook
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_mapping import map_raw
from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, RoadmapFile, SourceKind
from surveys.importers.roadmap_raw import Places, RawChange, RawFile, RawItem, Reading
from surveys.importers.roadmap_sheet import Sheet, Times, number, refuse, words
from surveys.importers.roadmap_table import Layout, Row, plain

REQUIRED = ("key", "team", "created", "done")
OPTIONAL = (
    *("kind", "started", "due", "plan", "plan_kind", "plan_start", "plan_due", "priority", "size", "status"),
    *("reach", "impact", "confidence", "effort", "moscow", "assignee"),
    *("updated", "parent", "project", "board", "component", "label", "area_path"),
)
HISTORY = ("key", "at", "field", "from", "to")
_PLACES = ("team", "project", "board", "component", "label", "area_path")
_ALIASES = {
    "type": "kind",
    "points": "size",
    "story points": "size",
    "finished": "done",
    "person": "assignee",
    "labels": "label",
    "components": "component",
    "boards": "board",
    "area path": "area_path",
}
_TEMPLATE = Layout(
    required=("key", "created", "done"),
    either=(_PLACES,),
    optional=OPTIONAL,
    aliases=_ALIASES,
)
# A roadmap whose columns the map names may know no ends, only a status that is done.
_OF_A_MAP = replace(
    _TEMPLATE, required=("key", "created"), either=(("done", "status"),), optional=(*OPTIONAL, *_PLACES)
)
_LOG = Layout(required=HISTORY, optional=("team",))
_TIMES = ("created", "updated", "started", "done")
_FIELDS: dict[str, EventField] = {field.value: field for field in EventField}
_PLAN_SEPARATOR = "|"
_ROUNDING = dt.timedelta(days=1)
_BACKWARDS = 0.5


def read_template(
    stream: BinaryIO,
    *,
    reading: Reading,
    history: tuple[str, BinaryIO] | None = None,
    kind: SourceKind = SourceKind.CSV,
) -> RawFile:
    """Read work items, one a row; ``history`` is (name, stream) of a second file ``key,at,field,from,to``.

    Several plans in one cell are parted by ``|``. With ``reading.columns`` the file is anybody's roadmap whose columns
    the map names: then numbers and classes that cannot be read get a remark, and so do dates that run backwards.
    In the template itself these are bad rows, but for an end on the day before the creation, which clocks and zones
    explain and which counts as the creation. Raises ``InvalidInput`` with every bad row of both files.
    """
    raw, faults = _read(stream, reading=reading, zones={}, history=history, kind=kind)
    refuse(reading.source, faults)
    return raw


def read_workbook(stream: BinaryIO, *, reading: Reading, history: tuple[str, BinaryIO] | None = None) -> RawFile:
    """Read the first sheet of an XLSX workbook as ``read_template`` reads a CSV; lines are the rows of the sheet.

    A history file may be a workbook or a CSV. Formulas count with the value that the sheet shows. Raises
    ``InvalidInput`` with every bad row, and where the file is no workbook.
    """
    stream.seek(0)
    if not is_workbook(stream.read(4)):
        reason = Message("This is not an XLSX workbook. Save the sheet as XLSX, or import it as CSV.")
        refuse(reading.source, [Problem(reading.source, None, reason)])
    return read_template(stream, reading=reading, history=history, kind=SourceKind.XLSX)


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
    """Read the template and map it at once.

    ``teams`` are the known team names (``None`` accepts any). Days and times without offset are in the zone of the
    row's team, UTC where ``zones`` names none. Without a history file only the status is known, as far as ``started``
    gives it. Raises ``InvalidInput`` with every bad row of both files; nothing is read in part.
    """
    mapping = mapping or RoadmapMap()
    reading = mapping.reading(Reading(source=source, secret=secret))
    log = None if history is None else (history[0], plain(history[1], source=history[0]))
    raw, faults = _read(plain(data, source=source), reading=reading, zones=zones or {}, history=log)
    known = {item.places.team for item in raw.items()} if teams is None else teams
    if next(raw.items(), None) is None:
        refuse(source, faults)
    try:
        file = map_raw(raw, mapping, teams=known, source=source).file()
    except InvalidInput as error:
        faults += error.problems
        refuse(source, faults)
        raise
    refuse(source, faults)
    return file


def _read(
    stream: BinaryIO,
    *,
    reading: Reading,
    zones: Mapping[str, dt.tzinfo],
    history: tuple[str, BinaryIO] | None,
    kind: SourceKind = SourceKind.CSV,
) -> tuple[RawFile, list[Problem]]:
    """Return what could be read, and every bad row."""
    layout = _OF_A_MAP if reading.columns else _TEMPLATE
    dates = (*_TIMES, "due", "plan_start", "plan_due")
    sheet = Sheet(stream, reading=reading, layout=layout, dates=dates, strict=not reading.columns)
    reader = _Reader(sheet, zones, once=history is not None or sheet.strict)
    items = [item for item in (reader.item(row) for row in sheet.rows()) if item is not None]
    reader.check_direction(len(items))
    items = reader.told_apart(items)
    faults, remarks = sheet.faults, []
    fields = frozenset({EventField.STATUS}) if "started" in sheet.table.columns else frozenset[EventField]()
    if history is not None:
        past = _History(history, reading, reader.zone_of_key, proven=sheet.orders.proven)
        items = [replace(item, changes=tuple(past.of(item.key))) for item in items]
        fields |= past.fields
        faults, remarks = faults + past.sheet.faults, [*past.sheet.table.remarks, *past.sheet.remarks.problems()]
    sheet.faults = []
    raw = sheet.file(kind, sorted(items, key=lambda item: item.key), plans=reader.plan_facts(), history=fields)
    last = max((change.at for item in items for change in item.changes), default=None)
    seen = [at for at in (raw.last_seen, last) if at is not None]
    raw = replace(raw, last_seen=max(seen, default=None), problems=(*raw.problems, *remarks))
    return raw, faults


class _Reader:
    """Reads the rows of items and gathers plans beside them; with ``once`` a key that comes again is a bad row."""

    def __init__(self, sheet: Sheet, zones: Mapping[str, dt.tzinfo], *, once: bool) -> None:
        self.sheet, self.zones, self.once = sheet, zones, once
        self.lines: dict[str, int] = {}
        self.zone_of_key: dict[str, dt.tzinfo] = {}
        self.plans: dict[str, tuple[PlanFact, int]] = {}
        self.backwards = 0

    def item(self, row: Row) -> RawItem | None:
        key, team = row.get("key"), row.get("team")
        if not self._identified(row, key):
            return None
        zone = self.zones.get(team, self.sheet.reading.zone)
        self.zone_of_key[key] = zone
        times = self.sheet.times(row, _TIMES, zone=zone)
        created = self.sheet.created(row, times)
        if created is None:
            return None
        self._check_order(row, created, times)
        return RawItem(
            key=key,
            created_at=created,
            kind=row.get("kind"),
            updated_at=times.get("updated"),
            started_at=times.get("started"),
            done_at=times.get("done"),
            status=row.get("status"),
            priority=row.get("priority"),
            size=self.sheet.number(row, "size"),
            plans=self._plans(row),
            due=self.sheet.day(row, "due"),
            places=Places(
                project=row.get("project"),
                boards=words(row.all("board")),
                components=words(row.all("component")),
                labels=words(row.all("label")),
                area_path=row.get("area_path"),
                team=team,
            ),
            parent=row.get("parent") or None,
            assignee_hash=self.sheet.person(row.get("assignee")),
            moscow=self.sheet.moscow(row),
            rice=self.sheet.rice(row),
            offset=times.offset,
            line=row.line,
        )

    def plan_facts(self) -> list[PlanFact]:
        """Return the plans that any row named."""
        return [plan for plan, _ in self.plans.values()]

    def told_apart(self, items: Sequence[RawItem]) -> list[RawItem]:
        """Return each item once. One number in several projects is several items; in one project the last one counts.

        Exports of several sites repeat numbers, and pages of one export overlap.
        """
        places: dict[str, set[str]] = {}
        for item in items:
            places.setdefault(item.key, set()).add(item.places.project)
        return self.sheet.newest([self._named(item, shared=len(places[item.key]) > 1) for item in items])

    def _named(self, item: RawItem, *, shared: bool) -> RawItem:
        if not shared:
            return item
        params = {"key": item.key, "project": item.places.project}
        reason = Message("The key {key} stands in several projects; this one counts as {project}/{key}.", params)
        self.sheet.remarks.add(reason, item.line)
        return replace(item, key=f"{item.places.project}/{item.key}")

    def check_direction(self, count: int) -> None:
        """Refuse a file in which most items end long before they begin: then two columns were taken for each other."""
        if self.sheet.strict or self.backwards <= count * _BACKWARDS:
            return
        params = {
            "count": self.backwards,
            "created": self.sheet.table.title("created"),
            "done": self.sheet.table.title("done"),
        }
        reason = Message(
            "{count} items end before they are created. Look whether {created} and {done} are the right columns.",
            params,
        )
        self.sheet.faults.append(Problem(self.sheet.reading.source, None, reason))

    def _identified(self, row: Row, key: str) -> bool:
        if not key:
            self.sheet.key(row)
        elif key in self.lines and self.once:
            params = {"key": key, "line": self.lines[key]}
            self.sheet.fault(row, Message("The key {key} is already on line {line}.", params))
        else:
            self.lines[key] = row.line
        if self.sheet.strict and not any(row.get(place) for place in _PLACES):
            self.sheet.fault(row, Message("The cell team is empty."))
        return bool(key) and (self.lines[key] == row.line or not self.once)

    def _check_order(self, row: Row, created: dt.datetime, times: Times) -> None:
        started, done = times.get("started"), times.get("done")
        if done is not None and created - done > _ROUNDING:
            self.backwards += 1
            if self.sheet.strict:
                self.sheet.fault(row, Message("The item was done before it was created."))
        if not self.sheet.strict:
            return
        if started is not None and created - started > _ROUNDING:
            self.sheet.fault(row, Message("The item was started before it was created."))
        if started is not None and done is not None and started - done > _ROUNDING:
            self.sheet.fault(row, Message("The item was done before it was started."))

    def _plans(self, row: Row) -> tuple[str, ...]:
        names = tuple(sorted(words([row.get("plan")], _PLAN_SEPARATOR)))
        start, due = self.sheet.day(row, "plan_start"), self.sheet.day(row, "plan_due")
        kind = self.sheet.read(
            row, "plan_kind", _plan_kind, Message("{column}: {value} is not sprint, version, milestone or release.")
        )
        if not names and (start or due):
            self._odd(row, Message("The row has a day of a plan and no plan."))
        if len(names) > 1 and (start or due):
            self._odd(row, Message("The row has several plans and one day; give the day on a row with one plan."))
            start = due = None
        for name in names:
            self._note(row, PlanFact(name=name, kind=kind or PlanKind.VERSION, start=start, due=due), kind)
        return names

    def _odd(self, row: Row, reason: Message) -> None:
        if self.sheet.strict:
            self.sheet.fault(row, reason)
        else:
            self.sheet.remarks.add(reason, row.line)

    def _note(self, row: Row, plan: PlanFact, kind: PlanKind | None) -> None:
        """Join what this row says about a plan to what other rows said; two different days are a problem."""
        known, line = self.plans.get(plan.name, (plan, row.line))
        for old, new in ((known.start, plan.start), (known.due, plan.due)):
            if old is not None and new is not None and old != new:
                params = {"plan": plan.name, "line": line}
                self._odd(row, Message("The plan {plan} has another day on line {line}.", params))
        merged = PlanFact(
            name=plan.name,
            kind=kind or known.kind,
            start=_first(known.start, plan.start),
            due=_last(known.due, plan.due),
        )
        self.plans[plan.name] = (merged, line if known.due or known.start else row.line)


class _History:
    """Reads a history file into the changes of known items."""

    def __init__(
        self,
        file: tuple[str, BinaryIO],
        reading: Reading,
        zone_of_key: Mapping[str, dt.tzinfo],
        *,
        proven: Collection[bool],
    ) -> None:
        name, stream = file
        own = replace(reading, source=name, columns={}, size_field="", moscow_field="", rice_fields={})
        self.sheet = Sheet(
            stream, reading=own, layout=_LOG, dates=("at",), strict=True, dated=_due_columns, proven=proven
        )
        self.zone_of_key = zone_of_key
        self.fields: frozenset[EventField] = frozenset()
        self._changes: dict[str, list[RawChange]] = {}
        for row in self.sheet.rows():
            self._add(row)

    def of(self, key: str) -> Sequence[RawChange]:
        """Return the changes of one item, by time."""
        return sorted(self._changes.get(key, ()), key=lambda change: (change.at, change.field, change.new or ""))

    def _add(self, row: Row) -> None:
        key = row.get("key")
        if key not in self.zone_of_key:
            self.sheet.fault(row, Message("The key {key} is not in the file of items.", {"key": key}))
            return
        reason = Message("{column}: {value} is not a field that is followed.")
        field = self.sheet.read(row, "field", lambda text: _FIELDS.get(text.casefold()), reason)
        times = self.sheet.times(row, ("at",), zone=self.zone_of_key[key])
        for column in ("field", "at"):
            if not row.get(column):
                self.sheet.fault(row, Message("The cell {column} is empty.", {"column": column}))
        at = times.get("at")
        if field is None or at is None:
            return
        old, new = (self._value(row, column, field) for column in ("from", "to"))
        if old == new:
            self.sheet.fault(row, Message("The row changes nothing."))
        self.fields |= {field}
        self._changes.setdefault(key, []).append(RawChange(at, field, old, new, times.offset))

    def _value(self, row: Row, column: str, field: EventField) -> str | None:
        """Return a value as raw changes hold it: ISO days, numbers as text, hashes of people, words as written."""
        if field is EventField.DUE:
            day = self.sheet.day(row, column)
            return None if day is None else day.isoformat()
        if field is EventField.SIZE:
            size = self.sheet.read(row, column, number, Message("{column}: {value} is not a value of this field."))
            return None if size is None else repr(size)
        if field is EventField.ASSIGNEE:
            return self.sheet.person(row.get(column))
        return row.get(column) or None


def _due_columns(row: Row) -> Sequence[str]:
    """Return the columns of a history row that hold days: both values, where the field is the due day."""
    return ("from", "to") if row.get("field").casefold() == EventField.DUE else ()


def _plan_kind(text: str) -> PlanKind | None:
    return next((kind for kind in PlanKind if kind == text.casefold()), None)


def _first(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return min((day for day in (one, other) if day is not None), default=None)


def _last(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return max((day for day in (one, other) if day is not None), default=None)
