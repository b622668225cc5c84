"""Turns cells of a table into keys, times, numbers and classes, and collects every bad row on the way."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import BinaryIO, TypeVar

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.history_xlsx import is_workbook, workbook_text
from surveys.importers.roadmap_dates import DayOrders, Stamp, last_day, names_no_day, stamp
from surveys.importers.roadmap_map import RICE_PARTS, moscow_of
from surveys.importers.roadmap_model import (
    EventField,
    Moscow,
    PlanFact,
    Rice,
    SourceKind,
    StatusClass,
    hash_person,
    names_nobody,
)
from surveys.importers.roadmap_raw import RawFile, RawItem, Reading
from surveys.importers.roadmap_remarks import Remarks
from surveys.importers.roadmap_table import Layout, Row, Table, headers, open_table

_Value = TypeVar("_Value")
_TWO_WAYS = re.compile(r"[1-9]\d{0,2},\d{3}")
_SHORT = 25
_HIDDEN = mark("what stands there")
VALUES = ("moscow", *RICE_PARTS)
"""Columns of methods of prioritising, which every format may carry."""


class Sheet:
    """One open table. Reading it twice decides the order of day and month first and then gives the rows.

    A workbook is read like a CSV file of its first sheet. With ``strict``, for files that people write themselves, an
    unreadable number or class is a bad row; in a tool's export it is left out with a remark. An unreadable day or time
    is a bad row everywhere, since an item would land in another week. ``dates`` are the columns of days, ``dated``
    those that are such in one row only; ``proven`` are the orders of day and month that a file beside it shows.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        reading: Reading,
        layout: Layout,
        dates: Sequence[str],
        strict: bool = False,
        dated: Callable[[Row], Sequence[str]] | None = None,
        proven: Collection[bool] = (),
    ) -> None:
        self.reading, self.strict = reading, strict
        hints = dict(reading.rice_fields)
        hints |= {column: name for column, name in _fields(reading) if name}
        self.table: Table = open_table(
            _delimited(stream, reading.source),
            source=reading.source,
            layout=layout,
            columns={ours: name for ours, name in reading.columns.items() if ours in layout.known},
            hints={ours: name for ours, name in hints.items() if ours not in reading.columns},
            limit=reading.limit,
        )
        self.remarks = Remarks(reading.source)
        self.orders = DayOrders(reading.source, day_first=reading.day_first, proven=proven)
        self.count = 0
        for row in self.table.rows():
            self.count += 1
            for column in (*dates, *(dated(row) if dated else ())):
                for cell in row.cells.get(column, ()):
                    self.orders.see(column, row.line, cell)
        self.faults: list[Problem] = [*self.table.problems, *self.orders.settle()]
        if self.table.spilled:
            reason = Message("The row is wider than the header; what lies beyond it was left out.")
            for line in self.table.spilled:
                self.remarks.add(reason, line)

    def rows(self) -> Iterator[Row]:
        """Yield the rows of right form."""
        return self.table.rows()

    def fault(self, row: Row, reason: Message) -> None:
        """Note that ``row`` is bad."""
        self.faults.append(Problem(self.reading.source, row.line, reason))

    def read(self, row: Row, column: str, convert: Callable[[str], _Value | None], reason: Message) -> _Value | None:
        """Return what ``convert`` makes of a cell; ``None`` for an empty one. ``reason`` has {column} and {value}."""
        cell = row.get(column)
        value = convert(cell) if cell else None
        if cell and value is None:
            told = Message(reason.text, {"column": self.table.title(column), "value": shown(cell, is_ours=self.strict)})
            if self.strict:
                self.fault(row, told)
            else:
                self.remarks.add(told, row.line)
        return value

    def key(self, row: Row) -> str:
        """Return the key of an item; a row without one is bad."""
        key = row.get("key")
        if not key:
            self._empty(row, "key")
        return key

    def stamp(self, row: Row, column: str) -> Stamp | None:
        """Return what a cell of days says; an unreadable one is a bad row."""
        cell = row.get(column)
        found = stamp(cell) if cell else None
        if cell and (found is None or found.day(day_first=self.orders.first(column)) is None):
            params = {"column": self.table.title(column), "value": shown(cell, is_ours=self.strict)}
            reason = Message(
                "{column}: {value} is not a day like 2026-05-31 or a time like 2026-05-31T09:30+02:00.", params
            )
            self.fault(row, reason)
            return None
        return found

    def times(self, row: Row, columns: Sequence[str], *, zone: dt.tzinfo | None = None) -> Times:
        """Return the times of one row, in UTC.

        A bare day is its first instant. A bare time is at the offset that another cell of the row names, else in
        ``zone``, else in the zone of the reading. Where that zone has the named offset at the named instant, the row
        is in the zone: a time of its winter is not at the offset of its summer.
        """
        stamps = {column: found for column in columns if (found := self.stamp(row, column)) is not None}
        offset = next((found.offset for found in stamps.values() if found.offset is not None), None)
        at = zone or self.reading.zone
        if offset is not None and not any(_is_told_in(found, at) for found in stamps.values()):
            at = dt.timezone(dt.timedelta(minutes=offset))
        moments = {column: found.moment(at, day_first=self.orders.first(column)) for column, found in stamps.items()}
        return Times({column: moment for column, moment in moments.items() if moment is not None}, offset)

    def created(self, row: Row, times: Times) -> dt.datetime | None:
        """Return when the item was created; a row that does not say is bad."""
        if not row.get("created"):
            self._empty(row, "created")
        return times.get("created")

    def day(self, row: Row, column: str) -> dt.date | None:
        """Return the day of a plan or a due day as written; of a quarter, half or month its last day, with a remark."""
        cell = row.get(column)
        if not cell:
            return None
        params: dict[str, object] = {"column": self.table.title(column), "value": shown(cell, is_ours=self.strict)}
        known = stamp(cell)
        day = known.day(day_first=self.orders.first(column)) if known else None
        if day is not None:
            return day
        coarse = last_day(cell)
        if coarse is not None:
            self.remarks.add(
                Message("{column}: {value} is coarse; its last day counts, {day}.", {**params, "day": coarse}), row.line
            )
        elif names_no_day(cell):
            params["value"] = cell  # one of a few known words
            self.remarks.add(Message("{column}: {value} names no day and was left out.", params), row.line)
        else:
            self.fault(row, Message("{column}: {value} is not a day like 2026-05-31.", params))
        return coarse

    def number(self, row: Row, column: str) -> float | None:
        """Return a number of zero or more."""
        return self.read(row, column, number, Message("{column}: {value} is not a number of zero or more."))

    def moscow(self, row: Row) -> Moscow | None:
        """Return the MoSCoW class of a row."""
        reason = Message("{column}: {value} is not must, should, could or wont.")
        return self.read(row, "moscow", lambda word: moscow_of(word, self.reading.moscow_words), reason)

    def rice(self, row: Row) -> Rice | None:
        """Return reach, impact, confidence and effort where the row has any of them."""
        reach, impact, effort = (self.number(row, column) for column in ("reach", "impact", "effort"))
        reason = Message("{column}: {value} is not a share like 0.8 or 80 %.")
        confidence = self.read(row, "confidence", _share, reason)
        if reach is None and impact is None and confidence is None and effort is None:
            return None
        return Rice(reach=reach, impact=impact, confidence=confidence, effort=effort)

    def person(self, name: str) -> str | None:
        """Return the hash of a person; ``None`` where nobody is named, or a word that means nobody, or a program."""
        return None if names_nobody(name) else hash_person(self.reading.secret, name)

    def newest(self, items: Sequence[RawItem]) -> list[RawItem]:
        """Return each key once, as last updated; pages of one export can overlap."""
        known: dict[str, RawItem] = {}
        for item in items:
            other = known.setdefault(item.key, item)
            if other is not item:
                self.remarks.add(Message("{key} comes twice; the row that was updated last counts.", {"key": item.key}))
                known[item.key] = max(other, item, key=lambda one: (one.updated_at or one.created_at, one.line or 0))
        return [known[key] for key in sorted(known)]

    def file(
        self,
        kind: SourceKind,
        items: Sequence[RawItem],
        *,
        plans: Sequence[PlanFact] = (),
        history: frozenset[EventField] = frozenset(),
        categories: dict[str, StatusClass] | None = None,
    ) -> RawFile:
        """Return the raw file; raises ``InvalidInput`` with every bad row, by line."""
        refuse(self.reading.source, self.faults)
        ordered = tuple(items)
        moments = [at for item in ordered for at in (item.created_at, item.updated_at, item.started_at, item.done_at)]
        return RawFile(
            kind=kind,
            items=lambda: iter(ordered),
            plans=tuple(sorted(plans, key=lambda plan: plan.name)),
            history=history,
            categories=categories or {},
            last_seen=max((at for at in moments if at is not None), default=None),
            problems=(*self.table.remarks, *self.remarks.problems()),
        )

    def _empty(self, row: Row, column: str) -> None:
        self.fault(row, Message("The cell {column} is empty.", {"column": self.table.title(column)}))


class Times:
    """The times of one row by column, in UTC, and the offset that the row wrote, if any."""

    def __init__(self, found: dict[str, dt.datetime], offset: int | None) -> None:
        self._found, self.offset = found, offset

    def get(self, column: str) -> dt.datetime | None:
        """Return the time of a column; ``None`` where the cell is empty or unreadable."""
        return self._found.get(column)


def _is_told_in(found: Stamp, zone: dt.tzinfo) -> bool:
    """Say whether a time with an offset is one that ``zone`` writes."""
    at = None if found.offset is None or found.swaps else found.moment(zone)
    told = None if at is None else at.astimezone(zone).utcoffset()
    return told is not None and found.offset is not None and told == dt.timedelta(minutes=found.offset)


def columns_of(stream: BinaryIO, *, reading: Reading) -> tuple[str, ...]:
    """Return the names of the columns of a CSV file or workbook as they stand there, for a person to point at."""
    return headers(_delimited(stream, reading.source), source=reading.source, limit=reading.limit)


def refuse(source: str, faults: Sequence[Problem]) -> None:
    """Raise ``InvalidInput`` with all faults in the order of lines; do nothing where there are none."""
    if faults:
        ordered = sorted(faults, key=lambda problem: (problem.source != source, problem.line or math.inf))
        raise InvalidInput("{source} was not imported.", ordered, source=source)


def number(text: str) -> float | None:
    """Return a number of zero or more, with a point or a comma before its decimals; ``None`` for any other text.

    ``None`` as well for 1,250, which one country reads as twelve hundred and fifty and the next as one and a quarter.
    """
    if not text.isascii() or _TWO_WAYS.fullmatch(text.strip()) or "_" in text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None


def shown(cell: str, *, is_ours: bool = False) -> object:
    """Return a cell as a sentence may repeat it: what looks like a value, never what may be a title or a name.

    A single word is repeated only from a file of our own template (``is_ours``), whose author reads the sentence.
    """
    is_value = any(sign.isdigit() for sign in cell) or (is_ours and " " not in cell)
    return cell if is_value and len(cell) <= _SHORT else Message(_HIDDEN)


def words(cells: Sequence[str], separators: str = ",;|") -> tuple[str, ...]:
    """Return the words of cells that hold several each, once each, in their order."""
    for sign in separators[1:]:
        cells = [cell.replace(sign, separators[0]) for cell in cells]
    found = [word.strip() for cell in cells for word in cell.split(separators[0])]
    return tuple(dict.fromkeys(word for word in found if word))


def _delimited(stream: BinaryIO, source: str) -> BinaryIO:
    """Return the text of the first sheet where ``stream`` is a workbook, else ``stream``."""
    stream.seek(0)
    if not is_workbook(stream.read(4)):
        return stream
    stream.seek(0)
    return io.BytesIO(workbook_text(stream.read(), source=source, as_shown=True))


def _fields(reading: Reading) -> tuple[tuple[str, str], ...]:
    return ("size", reading.size_field), ("moscow", reading.moscow_field)


def _share(text: str) -> float | None:
    value = number(text.removesuffix("%").strip())
    if value is None:
        return None
    value = value / 100 if "%" in text or value > 1 else value
    return value if value <= 1 else None
