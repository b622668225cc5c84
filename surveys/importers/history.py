"""Turns a file of another tool's aggregated results and its map into checked results, all of them or none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message
from surveys.importers.history_map import HistoryMap, MeasureRule, SmallResults, ValueKind, one_form
from surveys.importers.history_xlsx import is_workbook, workbook_text
from surveys.importers.organisation_cells import text_fault
from surveys.importers.roadmap_text import day
from surveys.importers.tables import Row, quote, read_table

EARLIEST_YEAR = 1950
"""An earlier year is a slip of the pen."""

_NUMBER = {
    ".": re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII),
    ",": re.compile(r"[+-]?(?:\d+(?:,\d*)?|,\d+)", re.ASCII),
}
_COUNT = re.compile(r"(\d{1,9})(?:[.,]0+)?", re.ASCII)
_YEAR = re.compile(r"(\d{4})(?:\.0+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierCell:
    """One earlier result. ``value`` is in the unit of its measure, ``n`` is missing only where the map declares it."""

    measure: str
    unit: str
    team: str | None
    wave_on: dt.date
    value: float
    n: int | None


@dataclass(frozen=True, kw_only=True)
class HistoryFile:
    """What a file holds under its map: the results by measure, unit and day, and remarks on what was left out.

    ``small`` counts results that were left out because too few answered, ``empty`` cells without a value.
    """

    mapping: HistoryMap
    cells: tuple[EarlierCell, ...]
    small: int
    empty: int
    remarks: tuple[Problem, ...]


def read_history(data: bytes, *, source: str, mapping: HistoryMap, today: dt.date) -> HistoryFile:
    """Read the results of a CSV file (UTF-8) or of the first sheet of an XLSX workbook.

    A cell without a value is no result; an answered one needs a number of answers of at least the smallest group,
    unless the map declares its measure (no number) or says that small results are left out. Raises ``InvalidInput``
    with every bad row: nothing is read in part. ``today``: results of later days are refused.
    """
    is_sheet = is_workbook(data)
    text = workbook_text(data, source=source) if is_sheet else data
    table = read_table(text, name=source, required=mapping.columns, ignore_unknown=True)
    # A workbook stores its numbers with a point, whatever its reader sees.
    reader = _Reader(source, mapping, today, decimal="." if is_sheet else mapping.decimal)
    for row in table.rows:
        reader.row(row)
    problems = [*table.problems, *reader.problems]
    if not problems:
        problems = reader.whole()
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        raise InvalidInput("{source} was not imported.", problems, source=source)
    return HistoryFile(
        mapping=mapping,
        cells=tuple(sorted(reader.cells, key=lambda cell: (cell.measure, cell.unit, cell.wave_on))),
        small=reader.small,
        empty=reader.empty,
        remarks=(*reader.remarks, *reader.left_out()),
    )


class _Reader:
    """Reads row by row; a cell is a result, no result, or a problem of its row."""

    def __init__(self, source: str, mapping: HistoryMap, today: dt.date, *, decimal: str) -> None:
        self.source, self.mapping, self.today = source, mapping, today
        self.cells: list[EarlierCell] = []
        self.problems: list[Problem] = []
        self.remarks: list[Problem] = []
        self.small = self.empty = self.passed_over = 0
        self.lines: dict[tuple[str, str, dt.date], int] = {}
        self.teams: dict[tuple[str, str, dt.date], str] = {}
        self.days: dict[str, dt.date | Message] = {}
        self.seen: dict[str, bool] = {}
        self.by_label = {rule.label: (rule,) for rule in mapping.measures}
        self.number = _NUMBER[decimal]
        self.vouched = mapping.declared.measures if mapping.declared else frozenset()

    def fault(self, row: Row, reason: Message) -> None:
        self.problems.append(Problem(self.source, row.line, reason))

    def row(self, row: Row) -> None:
        unit = one_form(row.cells[self.mapping.unit])
        if unit in self.mapping.leave_out or not self.is_unit(row, unit):
            return
        on = self.day_of(row)
        if on is None:
            return
        for rule in self.rules(row):
            self.cell(row, unit, on, rule)

    def is_unit(self, row: Row, unit: str) -> bool:
        if unit not in self.seen:
            reason = text_fault(unit, Message("The unit"))
            if reason is not None:
                self.fault(row, reason)
            self.seen[unit] = reason is None
        elif not self.seen[unit]:
            self.fault(row, Message("The unit is empty or no usable name."))
        return self.seen[unit]

    def rules(self, row: Row) -> tuple[MeasureRule, ...]:
        """Return the measures of a row: all in a wide file, the one it names in a long one."""
        column = self.mapping.measure_column
        if column is None:
            return self.mapping.measures
        found = self.by_label.get(row.cells[column], ())
        self.passed_over += not found
        return found

    def day_of(self, row: Row) -> dt.date | None:
        column = self.mapping.date or self.mapping.year or ""
        text = row.cells[column]
        if text not in self.days:
            self.days[text] = self.read_day(text)
        found = self.days[text]
        if isinstance(found, Message):
            self.fault(row, found)
            return None
        return found

    def read_day(self, text: str) -> dt.date | Message:
        if self.mapping.year is not None:
            year = _YEAR.fullmatch(text)
            if year is None or int(year[1]) == 0:
                return Message("“{cell}” is not a year. Write it as 2026.", {"cell": quote(text)})
            found: dt.date | None = dt.date(int(year[1]), *self.mapping.day)
        else:
            found = day(text, day_first=self.mapping.day_first)
        if found is None:
            return Message("“{cell}” is not a date. Write it as 2026-03-31.", {"cell": quote(text)})
        if found > self.today or found.year < EARLIEST_YEAR:
            return Message("{day} is in the future or too long ago.", {"day": found.isoformat()})
        return found

    def cell(self, row: Row, unit: str, on: dt.date, rule: MeasureRule) -> None:
        text = row.cells[rule.value]
        if not text or text.casefold() in self.mapping.empty:
            self.empty += 1
            return
        value = self.value(row, rule, text)
        n, is_counted = self.answers(row, unit, on, rule)
        if value is None or not is_counted or not self.is_first(row, unit, on, rule):
            return
        team = self.mapping.units.get(unit)
        self.cells.append(EarlierCell(measure=rule.code, unit=unit, team=team, wave_on=on, value=value, n=n))

    def value(self, row: Row, rule: MeasureRule, text: str) -> float | None:
        bare = text.removesuffix("%").rstrip() if rule.kind is ValueKind.PERCENT else text
        if not self.number.fullmatch(bare):
            reason = Message("{measure}: “{cell}” is not a number.", {"measure": rule.code, "cell": quote(text)})
            self.fault(row, reason)
            return None
        value = float(bare.replace(",", ".")) * rule.factor
        # A share times 100 may be off by a rounding error of the machine: 0.29 * 100 is 28.999999999999996.
        value = round(value, 9)
        if rule.low <= value <= rule.high:
            return value
        params = {"measure": rule.code, "cell": quote(text), "low": rule.low, "high": rule.high}
        self.fault(row, Message("{measure}: {cell} is not between {low} and {high}.", params))
        return None

    def answers(self, row: Row, unit: str, on: dt.date, rule: MeasureRule) -> tuple[int | None, bool]:
        """Return the number of answers and whether the result may be kept."""
        text = row.cells[rule.n] if rule.n is not None else ""
        if not text or (text.casefold() in self.mapping.empty and not self.is_small(text)):
            if rule.code in self.vouched:
                return None, True
            reason = Message(
                "{measure} has no number of answers. Declare in the map who vouches for it, and why.",
                {"measure": rule.code},
            )
            self.fault(row, reason)
            return None, False
        found = _COUNT.fullmatch(text)
        if found is None:
            params = {"measure": rule.code, "cell": quote(text)}
            self.fault(row, Message("{measure}: “{cell}” is not a number of answers.", params))
            return None, False
        n = int(found[1])
        if n >= self.mapping.smallest_group:
            return n, True
        self.too_few(row, unit, on, rule)
        return None, False

    def is_small(self, text: str) -> bool:
        """Say whether a text is a number of too few answers; no map may call that no number and vouch for it."""
        found = _COUNT.fullmatch(text)
        return found is not None and 0 < int(found[1]) < self.mapping.smallest_group

    def too_few(self, row: Row, unit: str, on: dt.date, rule: MeasureRule) -> None:
        """Refuse a result of too few, or leave it out; the number itself is repeated nowhere."""
        params = {"measure": rule.code, "unit": quote(unit), "day": on.isoformat(), "k": self.mapping.smallest_group}
        if self.mapping.small is SmallResults.REFUSE:
            self.fault(row, Message("{measure}: fewer than {k} answers of {unit} on {day}.", params))
            return
        self.small += 1
        reason = Message("Left out: {measure} of {unit} on {day}, fewer than {k} answers.", params)
        self.remarks.append(Problem(self.source, row.line, reason))

    def is_first(self, row: Row, unit: str, on: dt.date, rule: MeasureRule) -> bool:
        place = (rule.code, unit, on)
        known = self.lines.setdefault(place, row.line)
        if known != row.line:
            params = {"measure": rule.code, "unit": quote(unit), "day": on.isoformat(), "line": known}
            self.fault(row, Message("{measure} of {unit} on {day} is already on line {line}.", params))
            return False
        team = self.mapping.units.get(unit)
        other = unit if team is None else self.teams.setdefault((rule.code, team, on), unit)
        if other != unit:
            params = {"measure": rule.code, "team": team, "day": on.isoformat(), "one": quote(other)}
            reason = Message("{measure} on {day}: the team {team} already has the result of {one}.", params)
            self.fault(row, reason)
            return False
        return True

    def whole(self) -> list[Problem]:
        """Return what is wrong with the file as a whole, once every row is well."""
        if not self.cells:
            return [Problem(self.source, None, Message("The file holds no results."))]
        largest: dict[str, float] = {}
        for cell in self.cells:
            largest[cell.measure] = max(largest.get(cell.measure, 0.0), cell.value)
        text = Message("{measure}: no value is above 1. Write kind = “share” where 0.5 means half of the people.")
        return [
            Problem(self.source, None, Message(text.text, {"measure": rule.code}))
            for rule in self.mapping.measures
            if rule.kind is ValueKind.PERCENT and rule.factor == 1 and 0 < largest.get(rule.code, 0.0) <= 1
        ]

    def left_out(self) -> list[Problem]:
        """Return remarks on what the map names and the file lacks, and the other way round."""
        remarks = []
        known: Collection[str] = self.seen
        for unit in sorted(set(self.mapping.units) - set(known)):
            reason = Message("The unit {unit} of the map is not in the file.", {"unit": quote(unit)})
            remarks.append(Problem(self.source, None, reason))
        filled = {cell.measure for cell in self.cells}
        for rule in self.mapping.measures:
            if rule.code not in filled:
                reason = Message("The file holds no result of the measure {measure}.", {"measure": rule.code})
                remarks.append(Problem(self.source, None, reason))
        if self.passed_over:
            reason = Message("Rows of measures that the map does not name: {count}.", {"count": self.passed_over})
            remarks.append(Problem(self.source, None, reason))
        return remarks
