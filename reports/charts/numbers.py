"""Turns the traces of a report into the tables behind its charts: every drawn value, and nothing that is not drawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.words import cell_words
from reports.document import LeaderReport, NotAsked, PressureTrace, Trace, Value, WeekPoint, Withheld
from surveys.i18n import translator

MEASURES_A_TABLE = 5


@dataclass(frozen=True, kw_only=True)
class NumbersCell:
    """One cell as text; ``state`` is value, hidden or nodata and decides the look. It spans ``columns`` columns."""

    text: str
    state: str
    columns: int = 1


@dataclass(frozen=True, kw_only=True)
class NumbersRow:
    """One wave, named by the day it opened."""

    header: str
    cells: tuple[NumbersCell, ...]


@dataclass(frozen=True, kw_only=True)
class NumbersTable:
    """The waves, newest first, by up to five measures; the first table has the pressure as its last column."""

    columns: tuple[str, ...]
    rows: tuple[NumbersRow, ...]


def numbers_tables(report: LeaderReport) -> tuple[NumbersTable, ...]:
    """The tables behind the charts of a report; none where it has no traces."""
    groups = [
        report.traces[start : start + MEASURES_A_TABLE] for start in range(0, len(report.traces), MEASURES_A_TABLE)
    ]
    return tuple(
        _table(report.language, group, report.pressure if place == 0 else None) for place, group in enumerate(groups)
    )


def level_tables(report: LeaderReport) -> tuple[NumbersTable, ...]:
    """The smoothed levels behind the waves, newest first, for the web page; print says their ends beside each trace."""
    tr = translator(report.language)
    traces = [trace for trace in report.traces if trace.level]
    tables = []
    for start in range(0, len(traces), MEASURES_A_TABLE):
        group = traces[start : start + MEASURES_A_TABLE]
        days = sorted({point.date for trace in group for point in trace.level}, reverse=True)
        rows = tuple(
            NumbersRow(header=tr.date(day), cells=tuple(_level_cell(report.language, trace, day) for trace in group))
            for day in days
        )
        tables.append(NumbersTable(columns=(tr.t("Wave opened"), *(trace.name for trace in group)), rows=rows))
    return tuple(tables)


def _level_cell(language: str, trace: Trace, day: dt.date) -> NumbersCell:
    value = next((point.value for point in trace.level if point.date == day), None)
    if value is None:
        return NumbersCell(text=translator(language).t("No figure in this wave"), state="nodata")
    return NumbersCell(text=cell_words(language, value.mean, value.low, value.high), state="value")


def _table(language: str, traces: Sequence[Trace], pressure: PressureTrace | None) -> NumbersTable:
    tr = translator(language)
    days = sorted({point.date for trace in traces for point in trace.points}, reverse=True)
    columns = [trace.name for trace in traces]
    if pressure is not None:
        columns.append(tr.t("Pressure, week before"))
    rows = tuple(NumbersRow(header=tr.date(day), cells=_cells(language, traces, pressure, day)) for day in days)
    return NumbersTable(columns=(tr.t("Wave opened"), *columns), rows=rows)


def _cells(
    language: str, traces: Sequence[Trace], pressure: PressureTrace | None, day: dt.date
) -> tuple[NumbersCell, ...]:
    cells = [_cell(language, trace, day) for trace in traces]
    if all(cell.state != "value" and cell.text == cells[0].text for cell in cells):
        cells = [NumbersCell(text=cells[0].text, state=cells[0].state, columns=len(cells))]
    if pressure is not None:
        cells.append(_pressure_cell(language, pressure.weeks, day))
    return tuple(cells)


def _cell(language: str, trace: Trace, day: dt.date) -> NumbersCell:
    cell = next((point.cell for point in trace.points if point.date == day), None)
    if isinstance(cell, Value):
        return NumbersCell(text=cell_words(language, cell.mean, cell.low, cell.high), state="value")
    if isinstance(cell, Withheld):
        return NumbersCell(text=cell.text, state="hidden")
    text = cell.text if isinstance(cell, NotAsked) else translator(language).t("Not asked in this wave")
    return NumbersCell(text=text, state="nodata")


def _pressure_cell(language: str, weeks: Sequence[WeekPoint], day: dt.date) -> NumbersCell:
    """The index of the last week that began before the wave opened."""
    tr = translator(language)
    before = [point for point in weeks if point.week < day and (day - point.week).days <= 13]
    if not before:
        return NumbersCell(text=tr.t("Before the record"), state="nodata")
    index = before[-1].index
    if isinstance(index, Withheld):
        return NumbersCell(text=index.text, state="hidden")
    if isinstance(index, NotAsked):
        return NumbersCell(text=index.text, state="nodata")
    return NumbersCell(text=tr.number(index, 0), state="value")
