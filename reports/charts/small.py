"""Turns single values into the small drawings: ruler, level bar, part of the index, weekly strip, verdict glyph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from reports.charts.axes import ValueAxis
from reports.charts.svg import Canvas, horizontals, number, polygon, verticals
from reports.charts.theme import Theme, text_width, type_size
from reports.charts.words import chart_words
from reports.document import (
    Cell,
    MarkKind,
    NotAsked,
    PressurePart,
    RulerMark,
    Step,
    Trace,
    Value,
    Verdict,
    WeekPoint,
    Withheld,
)

_STRIP_WEEKS = 26
_HEAVY = 60.0
_USUAL = 50.0
_LEVEL_EDGES = (1.0, 2.0, 2.7, 3.3, 4.0, 5.0)
_RAMP = ("c-d1", "c-d2", "c-d3", "c-d4", "c-d5")


@dataclass(frozen=True, kw_only=True)
class RulerSize:
    """Size of a ruler; its scale lies between ``left`` and ``width - left``."""

    width: float
    height: float
    left: float


RULER = RulerSize(width=232, height=26, left=5)
RULER_LABELLED = RulerSize(width=232, height=50, left=5)


def ruler(cell: Cell, marks: Sequence[RulerMark], theme: Theme, alt: str, *, labelled: bool) -> Markup:
    """A scale from 1 to 5 with ticks each tenth, the likely range as a bar and the value as a dot.

    ``labelled`` adds the numbers below and the comparisons above, each with its word. A withheld value is hatched.
    """
    size = RULER_LABELLED if labelled else RULER
    canvas = Canvas(size.width, size.height, theme)
    axis = _Across(left=size.left, right=size.width - size.left)
    base = size.height - (14 if labelled else 4)
    middle = base - 10
    if isinstance(cell, Withheld):
        canvas.hatch(axis.left, base - 16, axis.right - axis.left, 12)
    if isinstance(cell, Value):
        _estimate(canvas, axis, cell, middle)
    _ticks(canvas, axis, base)
    if labelled:
        for whole in range(1, 6):
            canvas.text("c-t-ax", axis.x(whole), base + 11, str(whole), "middle")
        _marks(canvas, axis, marks, middle)
    return canvas.svg(alt)


def level_row(trace: Trace, theme: Theme, language: str, width: float, height: float) -> Markup:
    """The level of now over the five labelled bands of the ramp, for traces too young to be drawn as a line.

    The axis is that of the values, 1 to 5; where lower is better, the best band stands on the left.
    """
    canvas = Canvas(width, height, theme)
    axis = _Across(left=30, right=width - 14)
    top, bottom = height / 2 - 18, height / 2 + 4
    words = chart_words(language).bands
    falling = trace.lower_is_better
    for step, (low, high) in enumerate(pairwise(_LEVEL_EDGES)):
        ends = sorted((axis.x(6 - low if falling else low), axis.x(6 - high if falling else high)))
        canvas.rect(_RAMP[step], ends[0], bottom - 5, ends[1] - ends[0], 5)
        canvas.path("c-r2", verticals(top, bottom, ends))
        canvas.text("c-t-ax", sum(ends) / 2, bottom + 19, words[step], "middle")
    latest = trace.latest
    if isinstance(latest, Value):
        _estimate(canvas, axis, latest, (top + bottom - 5) / 2)
    elif isinstance(latest, Withheld):
        canvas.hatch(axis.left, top, axis.right - axis.left, bottom - 5 - top)
    _ticks(canvas, axis, bottom + 7)
    return canvas.svg(trace.alt)


def part_bar(part: PressurePart, theme: Theme, alt: str, width: float = 102, height: float = 20) -> Markup:
    """One part of the index from 0 to 100 with the usual level dashed at 50; a missing part has no bar."""
    canvas = Canvas(width, height, theme)
    axis = ValueAxis(lowest=0, highest=100, top=width - 1, bottom=1)
    left, right, usual = axis.y(0), axis.y(100), axis.y(_USUAL)
    if not isinstance(part.score, NotAsked):
        end = axis.y(part.score)
        canvas.rect("c-pfill2", left, height * 0.25, end - left, height * 0.5)
        canvas.path("c-pline", verticals(height * 0.25, height * 0.75, [end]))
    canvas.path("c-mid", verticals(1, height - 1, [left, right]))
    canvas.path("c-event", verticals(1, height - 1, [usual]))
    return canvas.svg(alt)


def strip(weeks: Sequence[WeekPoint], theme: Theme, alt: str, width: float = 260, height: float = 44) -> Markup:
    """The last 26 weeks of pressure as bars, darker over 60, with a line at the usual level."""
    canvas = Canvas(width, height, theme)
    values = ValueAxis(lowest=0, highest=100, top=2, bottom=height - 2)
    step = width / _STRIP_WEEKS
    last = list(weeks)[-_STRIP_WEEKS:]
    start = _STRIP_WEEKS - len(last)
    for place, point in enumerate(last, start=start):
        left = place * step
        if isinstance(point.index, Withheld):
            canvas.hatch(left, values.top, step - 1, values.bottom - values.top)
        elif not isinstance(point.index, NotAsked):
            top = values.y(point.index)
            style = "c-pfill2" if point.index > _HEAVY else "c-pfill"
            canvas.rect(style, left, top, step - 1, values.bottom - top)
            canvas.path("c-pline", horizontals(left, left + step - 1, [top]))
    canvas.path("c-mid", horizontals(0, width, [values.y(_USUAL)]))
    return canvas.svg(alt)


def glyph(verdict: Verdict, theme: Theme) -> Markup:
    """The drawing in a verdict chip, 16 by 11: a line up, a line down, waves between two rails, or dashes."""
    canvas = Canvas(16, 11, theme)
    if verdict is Verdict.NO_DETECTABLE_CHANGE:
        canvas.path("g2", horizontals(0.5, 15.5, (2.5, 8.5)))
    canvas.path("g1", GLYPHS[verdict])
    return canvas.ornament("g")


GLYPHS: dict[Verdict, str] = {
    Verdict.RISING: "M1 9 5 7.5 9 5 15 1.5",
    Verdict.FALLING: "M1 1.5 5 3.5 9 5.5 15 9",
    Verdict.NO_DETECTABLE_CHANGE: "M1 6 4 4.6 8 6.2 12 4.6 15 5.6",
    Verdict.TOO_EARLY: "M1 5.5h1.5M5 5.5h1.5M9 5.5h1.5M13 5.5h1.5",
    Verdict.NEVER_HERE: "M1 5.5h1.5M5 5.5h1.5M9 5.5h1.5M13 5.5h1.5",
}
"""Path data of the verdict glyphs."""


def arrow(step: Step, theme: Theme) -> Markup:
    """The arrow of a change from the wave before, 16 by 11; nothing where no change is shown."""
    if step not in ARROWS:
        return Markup()
    canvas = Canvas(16, 11, theme)
    canvas.path("g1", ARROWS[step])
    return canvas.ornament("g")


ARROWS: dict[Step, str] = {
    Step.UP: "M8 10V1.5M4.5 5 8 1.5 11.5 5",
    Step.DOWN: "M8 1V9.5M4.5 6 8 9.5 11.5 6",
    Step.SAME: "M1.5 5.5H14.5M11 2 14.5 5.5 11 9",
}
"""Path data of the arrows."""


@dataclass(frozen=True, kw_only=True)
class _Across:
    """Places values from 1 to 5 between left and right."""

    left: float
    right: float

    def x(self, value: float) -> float:
        inside = min(max(value, 1.0), 5.0)
        return self.left + (inside - 1) / 4 * (self.right - self.left)


def _estimate(canvas: Canvas, axis: _Across, value: Value, y: float) -> None:
    low, high = axis.x(value.low), axis.x(value.high)
    canvas.path("c-int", f"M{number(low)} {number(y)}H{number(high)}")
    canvas.path("c-intl", verticals(y - 4.5, y + 4.5, (low, high)))
    canvas.circle("c-dot", axis.x(value.mean), y, 4.2)


def _ticks(canvas: Canvas, axis: _Across, base: float) -> None:
    tenths = [1 + step / 10 for step in range(41)]
    fine = [axis.x(value) for step, value in enumerate(tenths) if step % 5]
    canvas.path("c-r2", horizontals(axis.left, axis.right, [base]) + verticals(base - 3, base, fine))
    halves = [axis.x(value) for step, value in enumerate(tenths) if step % 10 == 5]
    canvas.path("c-r2", verticals(base - 5, base, halves))
    canvas.path("c-mid", verticals(base - 7, base, [axis.x(value) for value in range(1, 6)]))


def _marks(canvas: Canvas, axis: _Across, marks: Sequence[RulerMark], y: float) -> None:
    """Comparisons above the bar; the leftmost label grows to the left and the others to the right."""
    top = y - 8
    ordered = sorted(marks, key=lambda mark: (mark.value, mark.kind))
    for place, mark in enumerate(ordered):
        x = axis.x(mark.value)
        shape = (
            polygon([(x - 4.2, top - 3), (x + 4.2, top - 3), (x, top + 4)])
            if mark.kind is MarkKind.YEAR
            else polygon([(x, top - 4.5), (x + 4.5, top), (x, top + 4.5), (x - 4.5, top)])
        )
        canvas.path("c-ref", shape)
        grows_left = place == 0 and len(ordered) > 1
        width = text_width(canvas.theme, "c-t-ax", mark.label)
        end = min(max(x + (4 if grows_left else -4), axis.left + (width if grows_left else 0)), axis.right)
        start = min(end, axis.right - (0 if grows_left else width))
        height = type_size(canvas.theme, "c-t-ax")
        canvas.text("c-t-ax", start, max(top - 7, height * 0.75), mark.label, "end" if grows_left else "start")
