"""Turns a trace into one row of the ruled sheet, and the weekly pressure into its last row in the same frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts.axes import Period, Tick, TimeAxis, ValueAxis, month_ticks
from reports.charts.series import Dated, Pieces, hidden_weeks, level_runs, pieces_of, week_runs
from reports.charts.svg import Canvas, Point, horizontals, number, polygon, polyline, verticals
from reports.charts.theme import Theme, text_width
from reports.document import LevelPoint, PressureTrace, Trace, Value

_DAYS_OF_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class RowSize:
    """Width and height of a row; the plot lies between ``left`` and ``width - right``, ``pad`` from top and bottom."""

    width: float
    height: float
    left: float = 30.0
    right: float = 14.0
    pad: float = 11.0
    inset: float = 14.0


WIDE = RowSize(width=528, height=92)
NARROW = RowSize(width=356, height=84)
PRINT = RowSize(width=348, height=75, pad=8)
PRINT_LOW = RowSize(width=348, height=62, pad=7)


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A canvas with its two axes."""

    canvas: Canvas
    time: TimeAxis
    values: ValueAxis

    def point(self, dated: Dated) -> Point:
        """Place of a value."""
        return self.time.x(dated.day), self.values.y(dated.value.mean)


def sheet_row(trace: Trace, period: Period, size: RowSize, theme: Theme) -> Markup:
    """One measure: ruling, likely range, trace, gaps, last dot and nib; hidden waves hatched over the full height."""
    plot = _plot(period, size, theme, trace.lowest, trace.highest)
    canvas, time, values = plot.canvas, plot.time, plot.values
    pieces = pieces_of(trace.points)
    _paper(plot, size, range(int(trace.lowest), int(trace.highest) + 1))
    draw_trace(plot, pieces, dots=False, level=trace.level)
    draw_hidden(plot, pieces, 0, size.height)
    middle = (trace.lowest + trace.highest) / 2
    _frame(plot, size, ((trace.lowest, ""), (middle, ""), (trace.highest, "")))
    if isinstance(trace.latest, Value):
        draw_nib(canvas, "c-nib", time.right + 2, values.y(trace.latest.mean), 3.8)
    return canvas.svg(trace.alt)


def pressure_row(pressure: PressureTrace, period: Period, size: RowSize, theme: Theme) -> Markup:
    """Weekly pressure from 0 to 100 as a filled line; other teams of a joint group thin; releases as dashed lines."""
    plot = _plot(period, size, theme, 0, 100)
    _paper(plot, size, ())
    draw_pressure(plot, pressure, rules=(0, 50, 100))
    _frame(plot, size, ((0, ""), (50, ""), (100, "")))
    runs = week_runs(pressure.weeks, period.start, period.end)
    if runs:
        draw_nib(plot.canvas, "c-pnib", plot.time.right + 2, plot.values.y(runs[-1][-1][1]), 3.8)
    return plot.canvas.svg(pressure.alt)


def sheet_axis(period: Period, size: RowSize, theme: Theme, language: str) -> Markup:
    """The months over the sheet; an ornament, because each row says its time in words."""
    canvas = Canvas(size.width, 16, theme)
    for tick in sheet_ticks(period, size, theme, language):
        canvas.text("c-t-axb" if tick.is_last else "c-t-ax", tick.x, 11, tick.text, "middle")
    return canvas.ornament()


def sheet_ticks(period: Period, size: RowSize, theme: Theme, language: str) -> tuple[Tick, ...]:
    """The months of the sheet with their places."""
    return month_ticks(_time(period, size), language, text_width(theme, "c-t-ax", "mmmm"))


def draw_trace(plot: Plot, pieces: Pieces, *, dots: bool, level: Sequence[LevelPoint] = ()) -> None:
    """Likely ranges, smoothed level, bridges, lines and dots of the runs; a lone wave has a bar and a dot."""
    canvas, time, values = plot.canvas, plot.time, plot.values
    for run in pieces.runs:
        xs = [time.x(dated.day) for dated in run]
        xs = xs if len(run) > 1 else [xs[0] - 2.5, xs[0] + 2.5]
        ends = [dated.value for dated in run] * (1 if len(run) > 1 else 2)
        upper = [(x, values.y(end.high)) for x, end in zip(xs, ends, strict=True)]
        lower = [(x, values.y(end.low)) for x, end in zip(xs, ends, strict=True)]
        canvas.path("c-band", polygon(upper + lower[::-1]))
    _draw_level(plot, level_runs(level, pieces), line=dots)
    for before, after in pieces.bridges:
        canvas.path("c-bridge", polyline([plot.point(before), plot.point(after)]))
    for run in pieces.runs:
        places = [plot.point(dated) for dated in run]
        if len(places) > 1:
            canvas.path("c-trace", polyline(places))
        for x, y in places if dots or len(places) == 1 else []:
            canvas.circle("c-dot", x, y, 2.4)
    if pieces.runs:
        canvas.circle("c-dot", *plot.point(pieces.runs[-1][-1]), 4.0 if dots else 3.3)


def _draw_level(plot: Plot, runs: Sequence[Sequence[Dated]], *, line: bool) -> None:
    """The likely range of the level behind the waves as a darker core; its middle as a thin line where room is."""
    for run in runs:
        upper, lower = (
            [(plot.time.x(dated.day), plot.values.y(end)) for dated, end in ends]
            for ends in ([(dated, dated.value.high) for dated in run], [(dated, dated.value.low) for dated in run])
        )
        plot.canvas.path("c-lband", polygon(upper + lower[::-1]))
        if line:
            plot.canvas.path("c-level", polyline([plot.point(dated) for dated in run]))


def draw_hidden(plot: Plot, pieces: Pieces, top: float, bottom: float) -> None:
    """A hatched column for each hidden wave."""
    half = min(plot.time.step() * 0.36, 13.0)
    for day in pieces.hidden:
        middle = plot.time.x(day)
        left, right = max(plot.time.left, middle - half), min(plot.time.right, middle + half)
        plot.canvas.hatch(left, top, right - left, bottom - top)


def draw_pressure(plot: Plot, pressure: PressureTrace, rules: tuple[float, ...]) -> None:
    """Areas under the weeks, the ruling over them, lines, events and the last dot."""
    canvas, time, values = plot.canvas, plot.time, plot.values
    start, end = time.period.start, time.period.end
    runs = [[(time.x(day), values.y(index)) for day, index in run] for run in week_runs(pressure.weeks, start, end)]
    for run in runs:
        canvas.path("c-pfill", polygon([*run, (run[-1][0], values.bottom), (run[0][0], values.bottom)]))
    canvas.path("c-r1", verticals(values.top, values.bottom, time.waves()))
    canvas.path("c-r2", horizontals(time.left, time.right, [values.y(rule) for rule in rules]))
    half = (time.x(end) - time.x(start)) / (end - start).days * _DAYS_OF_WEEK / 2
    for day in hidden_weeks(pressure.weeks, start, end):
        canvas.hatch(time.x(day) - half, values.top, 2 * half, values.bottom - values.top)
    for team in pressure.teams:
        for thin in week_runs(team.weeks, start, end):
            canvas.path("c-pthin", polyline([(time.x(day), values.y(index)) for day, index in thin]))
    for run in runs:
        canvas.path("c-pline", polyline(run))
    events = [time.x(event.date) for event in pressure.events if time.holds(event.date)]
    canvas.path("c-event", verticals(values.top, values.bottom, events))
    if runs:
        canvas.circle("c-pnib", *runs[-1][-1], 3.2)


def draw_nib(canvas: Canvas, style: str, x: float, y: float, half: float) -> None:
    """The small triangle at the right edge that points at the value of now."""
    canvas.path(style, f"M{number(x)} {number(y)}l{number(2 * half)} {number(-half)}v{number(2 * half)}Z")


def _time(period: Period, size: RowSize) -> TimeAxis:
    return TimeAxis(period=period, left=size.left, right=size.width - size.right, inset=size.inset)


def _plot(period: Period, size: RowSize, theme: Theme, lowest: float, highest: float) -> Plot:
    values = ValueAxis(lowest=lowest, highest=highest, top=size.pad, bottom=size.height - size.pad)
    return Plot(canvas=Canvas(size.width, size.height, theme), time=_time(period, size), values=values)


def _paper(plot: Plot, size: RowSize, rules: range | tuple[()]) -> None:
    canvas, time, values = plot.canvas, plot.time, plot.values
    canvas.rect("c-sheet", time.left, values.top, time.right - time.left, values.bottom - values.top)
    if rules:
        canvas.path("c-r1", verticals(0, size.height, time.waves()))
        canvas.path("c-r2", horizontals(time.left, time.right, [values.y(rule) for rule in rules]))


def _frame(plot: Plot, size: RowSize, labels: tuple[tuple[float, str], ...]) -> None:
    plot.canvas.path("c-frame", verticals(0, size.height, (plot.time.left, plot.time.right)))
    for value, text in labels:
        plot.canvas.text("c-t-ax", plot.time.left - 6, plot.values.y(value) + 3.4, text or f"{value:g}", "end")
