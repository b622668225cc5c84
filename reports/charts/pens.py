"""Turns one trace and the roadmap pressure into two pens on one time axis: what people said above, load below."""

from __future__ import annotations

import datetime as dt
import textwrap
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts.axes import Period, TimeAxis, ValueAxis, month_ticks
from reports.charts.series import Pieces, pieces_of, week_runs
from reports.charts.sheet import Plot, draw_hidden, draw_nib, draw_pressure, draw_trace
from reports.charts.svg import Canvas, Point, horizontals, number, verticals
from reports.charts.theme import Theme, text_width, type_size
from reports.charts.words import chart_words, scale_title, year_word
from reports.document import Event, NotAsked, PressureTrace, Trace, Value, Withheld

_LEAST_GAP = 46.0
_LOADS_AT = (10, 30, 50, 70, 90)
_RULES = (0, 20, 40, 60, 80, 100)


@dataclass(frozen=True, kw_only=True)
class PensSize:
    """Frame of the drawing: the plots lie between ``left`` and ``right``; each panel from its top to its bottom.

    ``words`` says whether there is room for the names of the scale ends and bands left of the plot.
    """

    width: float
    height: float
    left: float
    right: float
    upper: tuple[float, float]
    lower: tuple[float, float]
    inset: float
    words: bool


WIDE = PensSize(width=1070, height=440, left=118, right=936, upper=(26, 228), lower=(260, 404), inset=28, words=True)
NARROW = PensSize(width=326, height=400, left=30, right=252, upper=(26, 206), lower=(238, 362), inset=10, words=False)
PRINT = PensSize(width=673, height=346, left=74, right=589, upper=(20, 179), lower=(205, 320), inset=18, words=True)


def two_pens(
    trace: Trace, pressure: PressureTrace, *, period: Period, size: PensSize, theme: Theme, language: str
) -> Markup:
    """The two panels with one event line through both; the value of now stands beside the nib of each."""
    canvas = Canvas(size.width, size.height, theme)
    time = TimeAxis(period=period, left=size.left, right=size.right, inset=size.inset)
    upper = Plot(canvas=canvas, time=time, values=_axis(trace.lowest, trace.highest, size.upper))
    lower = Plot(canvas=canvas, time=time, values=_axis(0, 100, size.lower))
    canvas.text("c-t-lab", size.left, size.upper[0] - 8, scale_title(language, trace.name, trace.lowest, trace.highest))
    _upper_panel(upper, trace, size)
    _value_beside(upper, trace, language)
    canvas.text("c-t-lab", size.left, size.lower[0] - 8, chart_words(language).pressure_title)
    _lower_panel(lower, pressure, size, language)
    _pressure_beside(lower, pressure, language)
    _team_names(lower, pressure)
    _event_notes(upper, trace, pressure.events, size)
    _months(canvas, time, size, language)
    return canvas.svg(f"{trace.alt} {pressure.alt}")


def _axis(lowest: float, highest: float, panel: tuple[float, float]) -> ValueAxis:
    return ValueAxis(lowest=lowest, highest=highest, top=panel[0], bottom=panel[1])


def _upper_panel(plot: Plot, trace: Trace, size: PensSize) -> None:
    canvas, time, values = plot.canvas, plot.time, plot.values
    whole = range(int(trace.lowest), int(trace.highest) + 1)
    pieces = pieces_of(trace.points)
    canvas.rect("c-sheet", size.left, values.top, size.right - size.left, values.bottom - values.top)
    canvas.path("c-r1", verticals(values.top, values.bottom, time.waves()))
    canvas.path("c-r2", horizontals(size.left, size.right, [values.y(rule) for rule in whole]))
    draw_hidden(plot, pieces, values.top, values.bottom)
    draw_trace(plot, pieces, dots=True, level=trace.level)
    canvas.rect("c-frame", size.left, values.top, size.right - size.left, values.bottom - values.top)
    for value in whole:
        canvas.text("c-t-ax", size.left - 7, _inside(plot, value), str(value), "end")
    if size.words:
        _end_words(plot, trace)
    _gap_words(plot, trace, pieces)


def _end_words(plot: Plot, trace: Trace) -> None:
    """The names of both ends left of the numbers, broken into lines where they are long."""
    canvas, right = plot.canvas, plot.time.left - 18
    letters = max(6, int(right / text_width(canvas.theme, "c-t-note2", "m")))
    step = type_size(canvas.theme, "c-t-note2") * 1.2
    upper, lower = (textwrap.wrap(word, letters)[:3] for word in (trace.high_word, trace.low_word))
    _lines(canvas, "c-t-note2", (right, _inside(plot, trace.highest)), upper, "end")
    first = _inside(plot, trace.lowest) - step * (len(lower) - 1)
    _lines(canvas, "c-t-note2", (right, first), lower, "end")


def _inside(plot: Plot, value: float) -> float:
    """Baseline of an axis label; the labels of the two ends are kept inside the frame."""
    values = plot.values
    half = type_size(plot.canvas.theme, "c-t-ax") * 0.36
    if value == values.lowest:
        return values.bottom
    return values.top + 2 * half if value == values.highest else values.y(value) + half


def _gap_words(plot: Plot, trace: Trace, pieces: Pieces) -> None:
    """Name the first hidden column and the first wide bridge, low in the panel."""
    reasons = {point.date: point.cell.text for point in trace.points if isinstance(point.cell, Withheld | NotAsked)}
    line = type_size(plot.canvas.theme, "c-t-note") * 1.2
    low = plot.values.bottom - 2.2 * line
    if pieces.hidden:
        day = pieces.hidden[0]
        x = plot.time.x(day) + min(plot.time.step() * 0.36, 13.0) + 4
        _lines(plot.canvas, "c-t-note", (x, low), textwrap.wrap(reasons[day], 20)[:2], "start")
        return
    for before, after in pieces.bridges:
        left, right = plot.time.x(before.day), plot.time.x(after.day)
        words = [text for day, text in reasons.items() if before.day < day < after.day]
        if words and right - left >= _LEAST_GAP:
            _lines(plot.canvas, "c-t-note2", ((left + right) / 2, low), textwrap.wrap(words[0], 12)[:2], "middle")
            return


def _value_beside(plot: Plot, trace: Trace, language: str) -> None:
    latest = trace.latest
    if not isinstance(latest, Value):
        return
    canvas, right = plot.canvas, plot.time.right
    y, high, low = (plot.values.y(value) for value in (latest.mean, latest.high, latest.low))
    draw_nib(canvas, "c-nib", right + 3, y, 4.5)
    canvas.path("c-intl", f"M{number(right + 16)} {number(high)}h5m-2.5 0V{number(low)}m-2.5 0h5")
    x = right + 27
    size = type_size(canvas.theme, "c-t-note2")
    base = min(max(y, plot.values.top + size), plot.values.bottom - 2 * size)
    canvas.text("c-t-val", x, base + 2, trace.value_text)
    below = [chart_words(language).likely_range, trace.range_text]
    _lines(canvas, "c-t-note2", (x, base + 2 + 1.2 * size), below)


def _lower_panel(plot: Plot, pressure: PressureTrace, size: PensSize, language: str) -> None:
    canvas, values = plot.canvas, plot.values
    canvas.rect("c-sheet", size.left, values.top, size.right - size.left, values.bottom - values.top)
    draw_pressure(plot, pressure, _RULES)
    canvas.rect("c-frame", size.left, values.top, size.right - size.left, values.bottom - values.top)
    for rule in _RULES:
        canvas.text("c-t-ax", size.left - 7, _inside(plot, rule), str(rule), "end")
    if size.words:
        half = type_size(canvas.theme, "c-t-note2") * 0.36
        for value, word in zip(_LOADS_AT, chart_words(language).loads, strict=True):
            canvas.text("c-t-note2", size.left - 26, values.y(value) + half, word, "end")


def _team_names(plot: Plot, pressure: PressureTrace) -> None:
    """The names of a joint group's teams at the beginnings of their thin lines, kept a line apart."""
    start, end = plot.time.period.start, plot.time.period.end
    found = [(team.name, week_runs(team.weeks, start, end)) for team in pressure.teams]
    begins = sorted((plot.values.y(runs[0][0][1]), name, plot.time.x(runs[0][0][0])) for name, runs in found if runs)
    step = type_size(plot.canvas.theme, "c-t-note") * 1.1
    last = plot.values.top
    for y, name, x in begins:
        last = max(y + step * 0.3, last + step)
        width = text_width(plot.canvas.theme, "c-t-note", name) + 6
        plot.canvas.rect("c-sheet", x + 1, last - step * 0.8, width, step)
        plot.canvas.text("c-t-note", x + 4, last, name)


def _pressure_beside(plot: Plot, pressure: PressureTrace, language: str) -> None:
    runs = week_runs(pressure.weeks, plot.time.period.start, plot.time.period.end)
    if not runs:
        return
    y = plot.values.y(runs[-1][-1][1])
    draw_nib(plot.canvas, "c-pnib", plot.time.right + 3, y, 4.5)
    size = type_size(plot.canvas.theme, "c-t-note2")
    base = min(max(y, plot.values.top + size), plot.values.bottom - size)
    plot.canvas.text("c-t-pval", plot.time.right + 18, base + 2, pressure.week_text)
    below = textwrap.wrap(chart_words(language).last_week, 14)
    _lines(plot.canvas, "c-t-note2", (plot.time.right + 18, base + 2 + 1.2 * size), below)


def _event_notes(plot: Plot, trace: Trace, events: tuple[Event, ...], size: PensSize) -> None:
    """The event lines of the upper panel, and one note for the last event, placed where the trace leaves room."""
    held = [event for event in events if plot.time.holds(event.date)]
    values, theme = plot.values, plot.canvas.theme
    plot.canvas.path("c-event", verticals(values.top, values.bottom, [plot.time.x(event.date) for event in held]))
    if not held:
        return
    words = f"{held[-1].date_text}: {held[-1].label}"
    lines = textwrap.wrap(words, 27, max_lines=2, placeholder="\N{HORIZONTAL ELLIPSIS}")
    x = plot.time.x(held[-1].date)
    width = max(text_width(theme, "c-t-note", line) for line in lines)
    to_left = x - width - 8 >= size.left
    span = (x - width - 8, x) if to_left else (x, x + width + 8)
    step = type_size(theme, "c-t-note") * 1.2
    tall = step * len(lines) + 4
    near = [point.cell for point in trace.points if isinstance(point.cell, Value) and _within(plot, point.date, span)]
    covers_top = any(values.y(cell.high) < values.top + tall for cell in near)
    covers_low = any(values.y(cell.low) > values.bottom - tall for cell in near)
    first = values.bottom - tall + step if covers_top and not covers_low else values.top + step + 1
    _lines(plot.canvas, "c-t-note", (x - 6 if to_left else x + 6, first), lines, "end" if to_left else "start")


def _within(plot: Plot, day: dt.date, span: tuple[float, float]) -> bool:
    return span[0] - 8 <= plot.time.x(day) <= span[1] + 8


def _months(canvas: Canvas, time: TimeAxis, size: PensSize, language: str) -> None:
    line = type_size(canvas.theme, "c-t-ax") * 1.25
    base = size.lower[1] + line
    year = 0
    for tick in month_ticks(time, language, text_width(canvas.theme, "c-t-ax", "mmmmm")):
        canvas.text("c-t-axb" if tick.is_last else "c-t-ax", tick.x, base, tick.text, "middle")
        if tick.day.year != year:
            canvas.text("c-t-ax", tick.x, base + line, year_word(tick.day), "middle")
            year = tick.day.year


def _lines(canvas: Canvas, style: str, place: Point, lines: list[str], anchor: str = "start") -> None:
    x, y = place
    step = type_size(canvas.theme, style) * 1.2
    for index, line in enumerate(lines):
        canvas.text(style, x, y + index * step, line, anchor)
