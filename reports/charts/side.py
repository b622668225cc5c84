"""Turns one row of page A into a drawing: up to two scales above, weekly pressure below, on one time axis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts.axes import Period, TimeAxis, ValueAxis, month_ticks
from reports.charts.series import hidden_weeks, pieces_of, week_runs
from reports.charts.sheet import Plot, draw_hidden, draw_nib, draw_trace
from reports.charts.svg import Canvas, horizontals, polygon, polyline, verticals
from reports.charts.theme import Theme, text_width, type_size
from reports.charts.words import chart_words, range_words, scale_title, year_word
from reports.document import Value
from reports.document_roadmap import SideLine, SideRow
from surveys.i18n import translator

_GAP = 0.9
"""Room above a panel for its name, in heights of its letters more than one."""


@dataclass(frozen=True, kw_only=True)
class SideSize:
    """Frame of a row: plots lie between ``left`` and ``right``; each panel of scales or pressure has its height."""

    width: float
    left: float
    right: float
    line: float
    load: float
    inset: float


WIDE = SideSize(width=1070, left=44, right=950, line=84, load=96, inset=14)
NARROW = SideSize(width=326, left=26, right=252, line=78, load=84, inset=8)
PRINT = SideSize(width=673, left=32, right=592, line=58, load=64, inset=10)


def side_row(row: SideRow, *, period: Period, size: SideSize, theme: Theme, language: str) -> Markup:
    """One row with its alternative text; shaded days and releases lie behind all panels."""
    head = type_size(theme, "c-t-lab") * (1 + _GAP)
    panels = len(row.lines) + 1
    foot = type_size(theme, "c-t-ax") * 2.8
    height = panels * head + len(row.lines) * size.line + size.load + foot
    canvas = Canvas(size.width, height, theme)
    time = TimeAxis(period=period, left=size.left, right=size.right, inset=size.inset)
    top = head
    for line in row.lines:
        values = ValueAxis(lowest=line.lowest, highest=line.highest, top=top, bottom=top + size.line)
        title = scale_title(language, line.name, line.lowest, line.highest)
        _frame(canvas, row, time, values, title)
        _scale(Plot(canvas=canvas, time=time, values=values), line, language)
        top += size.line + head
    values = ValueAxis(lowest=0, highest=100, top=top, bottom=top + size.load)
    _frame(canvas, row, time, values, chart_words(language).pressure_title)
    _load(Plot(canvas=canvas, time=time, values=values), row, language)
    _months(canvas, time, values.bottom, language)
    return canvas.svg(row.alt)


def _frame(canvas: Canvas, row: SideRow, time: TimeAxis, values: ValueAxis, title: str) -> None:
    """Paper, shaded days, releases and the name of a panel; what is drawn later lies over them."""
    canvas.rect("c-sheet", time.left, values.top, time.right - time.left, values.bottom - values.top)
    day = dt.timedelta(days=1)
    for shade in row.shades:
        first, last = max(shade.first, time.period.start), min(shade.last + day, time.period.end)
        if first < last:
            left = time.x(first)
            canvas.rect("c-d3", left, values.top, max(time.x(last) - left, 1.5), values.bottom - values.top)
    events = [time.x(event.date) for event in row.events if time.holds(event.date)]
    canvas.path("c-event", verticals(values.top, values.bottom, events))
    canvas.text("c-t-lab", time.left, values.top - 6, title)


def _scale(plot: Plot, line: SideLine, language: str) -> None:
    canvas, time, values = plot.canvas, plot.time, plot.values
    pieces = pieces_of(line.points)
    rules = range(int(line.lowest), int(line.highest) + 1)
    canvas.path("c-r1", verticals(values.top, values.bottom, time.waves()))
    canvas.path("c-r2", horizontals(time.left, time.right, [values.y(rule) for rule in rules]))
    draw_trace(plot, pieces, dots=len(pieces.runs) > 0 and time.step() > 8)
    draw_hidden(plot, pieces, values.top, values.bottom)
    _edge(plot, (line.lowest, (line.lowest + line.highest) / 2, line.highest))
    latest = line.points[-1].cell if line.points else None
    if isinstance(latest, Value):
        draw_nib(canvas, "c-nib", time.right + 3, values.y(latest.mean), 4)
        _beside(plot, "c-t-val", latest.mean, translator(language).number(latest.mean, 1),
                range_words(language, latest.low, latest.high))  # fmt: skip


def _load(plot: Plot, row: SideRow, language: str) -> None:
    canvas, time, values = plot.canvas, plot.time, plot.values
    start, end = time.period.start, time.period.end
    runs = [[(time.x(day), values.y(index)) for day, index in run] for run in week_runs(row.weeks, start, end)]
    for run in runs:
        canvas.path("c-pfill", polygon([*run, (run[-1][0], values.bottom), (run[0][0], values.bottom)]))
    canvas.path("c-r2", horizontals(time.left, time.right, [values.y(rule) for rule in (0, 20, 40, 60, 80, 100)]))
    half = (time.x(end) - time.x(start)) / (end - start).days * 3.5
    for day in hidden_weeks(row.weeks, start, end):
        canvas.hatch(time.x(day) - half, values.top, 2 * half, values.bottom - values.top)
    for run in runs:
        canvas.path("c-pline", polyline(run))
    _edge(plot, (0, 50, 100))
    if runs:
        x, y = runs[-1][-1]
        canvas.circle("c-pnib", x, y, 3)
        draw_nib(canvas, "c-pnib", time.right + 3, y, 4)
        last = next(point.index for point in reversed(row.weeks) if isinstance(point.index, float | int))
        _beside(plot, "c-t-pval", float(last), translator(language).number(last, 0), chart_words(language).last_week)


def _edge(plot: Plot, labels: Sequence[float]) -> None:
    canvas, time, values = plot.canvas, plot.time, plot.values
    canvas.rect("c-frame", time.left, values.top, time.right - time.left, values.bottom - values.top)
    half = type_size(canvas.theme, "c-t-ax") * 0.36
    for value in labels:
        y = min(max(values.y(value) + half, values.top + 2 * half), values.bottom)
        canvas.text("c-t-ax", time.left - 5, y, f"{value:g}", "end")


def _beside(plot: Plot, style: str, value: float, text: str, below: str) -> None:
    """The value of now right of the nib, with a line below; both are kept beside their own panel."""
    canvas, values = plot.canvas, plot.values
    size = type_size(canvas.theme, "c-t-note2")
    base = min(max(values.y(value) + 3, values.top + size), values.bottom - size)
    x = plot.time.right + 15
    canvas.text(style, x, base, text)
    canvas.text("c-t-note2", x, base + 1.2 * size, below)


def _months(canvas: Canvas, time: TimeAxis, bottom: float, language: str) -> None:
    line = type_size(canvas.theme, "c-t-ax") * 1.25
    year = 0
    for tick in month_ticks(time, language, text_width(canvas.theme, "c-t-ax", "mmmmm")):
        canvas.text("c-t-axb" if tick.is_last else "c-t-ax", tick.x, bottom + line, tick.text, "middle")
        if tick.day.year != year:
            canvas.text("c-t-ax", tick.x, bottom + 2 * line, year_word(tick.day), "middle")
            year = tick.day.year
