"""Turns a table of releases with a column per kind of date into the same entries as a calendar has."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.calendar_kinds import DayKind, kind_of
from surveys.importers.roadmap_dates import DayOrders, names_no_day, stamp
from surveys.importers.roadmap_documents import TOO_LARGE, refused
from surveys.importers.roadmap_ics import CalendarEntry, CalendarFile
from surveys.importers.roadmap_meanings import clean_name
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_remarks import Remarks
from surveys.importers.roadmap_text import decode
from surveys.importers.tables import quote

_MOST_BYTES = 20 * 1024 * 1024
_DELIMITERS = ",;\t"
_NO_COLUMN = mark(
    "No column of the table is known as a kind of date. The first column names the release, the header of each other "
    "column says what its days are: {columns}. Say what they mean, such as m1=milestone."
)

Cells = list[tuple[int, list[str]]]


def read_schedule(
    data: bytes, *, reading: Reading, first: dt.date, last: dt.date, words: Mapping[str, DayKind | None] | None = None
) -> CalendarFile:
    """Read a table with a header, one release per row and one kind of date per column.

    The first column names the release. ``words`` and the common words say what the header of a column means
    (``surveys.importers.calendar_kinds``); columns that nothing explains are left out with a remark. Empty cells and
    words such as TBD are no date. Dates before ``first`` or after ``last`` are left out.

    Raises ``InvalidInput`` with the line of every cell that is no day, and where no column is known.
    """
    if len(data) > _MOST_BYTES:
        raise refused(reading.source, Message(TOO_LARGE, {"limit": _MOST_BYTES // 1024 // 1024}))
    text, notes = decode(data, source=reading.source)
    header, rows = _cells(text, reading.source)
    remarks = Remarks(reading.source)
    kinds: dict[int, DayKind] = {}
    for place, title in enumerate(header[1:], start=1):
        kind, said = kind_of([title], "", words)
        if kind is not None:
            kinds[place] = kind
        elif not said and title:
            remarks.add(Message("The column {column} is no known kind of date and was left out.", {"column": title}))
    if not kinds:
        raise refused(reading.source, Message(_NO_COLUMN, {"columns": ", ".join(map(quote, header[1:]))}))
    entries = _entries(header, rows, kinds, reading)
    inside = [entry for entry in entries if first <= entry.first <= last]
    if len(inside) < len(entries):
        params = {"first": first, "last": last, "count": len(entries) - len(inside)}
        remarks.add(Message("Entries before {first} or after {last} were left out: {count}.", params))
    return CalendarFile(
        entries=tuple(sorted(set(inside), key=lambda each: (each.first, each.kind, each.name))),
        first=first,
        last=last,
        problems=(*notes, *remarks.problems()),
    )


def _cells(text: str, source: str) -> tuple[list[str], Cells]:
    """Return the header and every other row with its line; the delimiter is the commonest of the header."""
    lines = text.splitlines()
    begin = next((place for place, line in enumerate(lines) if line.strip()), None)
    if begin is None:
        raise refused(source, Message("The file is empty."))
    delimiter = max(_DELIMITERS, key=lines[begin].count)
    reader = csv.reader(lines[begin:], delimiter=delimiter, strict=True)
    found: Cells = []
    line = begin + 1
    try:
        for cells in reader:
            found.append((line, [" ".join(cell.split()) for cell in cells]))
            line = begin + reader.line_num + 1
    except csv.Error as error:
        reason = Message("The quotation marks of the row do not match.")
        raise InvalidInput("{source} was not imported.", [Problem(source, line, reason)], source=source) from error
    return found[0][1], [(line, cells) for line, cells in found[1:] if any(cells)]


def _entries(header: Sequence[str], rows: Cells, kinds: Mapping[int, DayKind], reading: Reading) -> list[CalendarEntry]:
    orders = DayOrders(reading.source, day_first=reading.day_first)
    dated = [
        (line, cells[0], place, cells[place])
        for line, cells in rows
        for place in kinds
        if place < len(cells) and cells[place] and not names_no_day(cells[place])
    ]
    for line, _, place, cell in dated:
        orders.see(header[place], line, cell)
    faults = orders.settle()
    entries = []
    for line, name, place, cell in dated:
        found = stamp(cell)
        day = None if found is None else found.day(day_first=orders.first(header[place]))
        if not name:
            faults.append(Problem(reading.source, line, Message("The row names no release.")))
        elif day is None:
            params = {"column": header[place], "cell": quote(cell)}
            faults.append(Problem(reading.source, line, Message("{column}: “{cell}” is not a day.", params)))
        else:
            entries.append(
                CalendarEntry(kind=kinds[place], first=day, last=day, name=clean_name(f"{name} {header[place]}")[:80])
            )
    if faults:
        ordered = sorted(faults, key=lambda problem: problem.line or 0)
        raise InvalidInput("{source} was not imported.", ordered, source=reading.source)
    return entries
