"""Turns the parts of pressure into two drawings: stacked by week, and as steps from one four-week mean to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts.axes import ValueAxis
from reports.charts.svg import Canvas, horizontals, number, verticals
from reports.charts.theme import Theme, text_width, type_size
from reports.charts.words import month_word
from reports.document import Withheld
from reports.document_roadmap import PartName, StackWeek, Waterfall, WaterStep
from surveys.i18n import translator

FILLS = ("c-d1", "c-d2", "c-pfill", "c-d3")
"""Fills of the parts of a stack from below, darkest first; the last is that of all others together."""

_RULES = (0, 20, 40, 60, 80, 100)


@dataclass(frozen=True, kw_only=True)
class StackSize:
    """Frame of the stack."""

    width: float
    height: float
    left: float
    right: float


@dataclass(frozen=True, kw_only=True)
class FallSize:
    """Frame of the steps: names stand left of ``left``, or above their bar where ``above``; texts right of it."""

    width: float
    left: float
    right: float
    row: float
    above: bool


STACK_WIDE = StackSize(width=1070, height=250, left=40, right=1060)
STACK_NARROW = StackSize(width=326, height=200, left=28, right=320)
STACK_PRINT = StackSize(width=673, height=176, left=30, right=665)
FALL_WIDE = FallSize(width=1070, left=300, right=980, row=30, above=False)
FALL_NARROW = FallSize(width=326, left=6, right=276, row=44, above=True)
FALL_PRINT = FallSize(width=673, left=190, right=612, row=20, above=False)


def stack(
    weeks: Sequence[StackWeek], key: Sequence[PartName], *, size: StackSize, theme: Theme, language: str, alt: str
) -> Markup:
    """Bars of the weeks from 0 to 100, oldest left; a hidden week is hatched, one without data is left empty."""
    canvas = Canvas(size.width, size.height, theme)
    line = type_size(theme, "c-t-ax")
    values = ValueAxis(lowest=0, highest=100, top=4, bottom=size.height - 1.7 * line)
    step = (size.right - size.left) / max(len(weeks), 1)
    canvas.rect("c-sheet", size.left, values.top, size.right - size.left, values.bottom - values.top)
    canvas.path("c-r2", horizontals(size.left, size.right, [values.y(rule) for rule in _RULES]))
    fills = {part.code: _fill(place, len(key)) for place, part in enumerate(key)}
    for place, week in enumerate(weeks):
        left = size.left + place * step + step * 0.1
        if isinstance(week.index, Withheld):
            canvas.hatch(left, values.top, step * 0.8, values.bottom - values.top)
        total = 0.0
        for part in week.parts:
            low, high = values.y(total), values.y(total + part.points)
            if low - high > 0.05:
                canvas.rect(fills[part.code], left, high, step * 0.8, low - high)
                canvas.path("c-frame", horizontals(left, left + step * 0.8, [high]))
            total += part.points
        if week.parts:
            canvas.path("c-pline", horizontals(left, left + step * 0.8, [values.y(total)]))
    canvas.rect("c-frame", size.left, values.top, size.right - size.left, values.bottom - values.top)
    half = line * 0.36
    for rule in _RULES:
        y = min(max(values.y(rule) + half, values.top + 2 * half), values.bottom)
        canvas.text("c-t-ax", size.left - 5, y, str(rule), "end")
    _months(canvas, weeks, size, values.bottom + 1.3 * line, language)
    return canvas.svg(alt)


def swatch(code: str, key: Sequence[PartName], theme: Theme) -> Markup:
    """The fill of a part for the key beside the stack, an ornament of 14 by 10."""
    place = next(place for place, part in enumerate(key) if part.code == code)
    canvas = Canvas(14, 10, theme)
    canvas.rect(_fill(place, len(key)), 0.5, 0.5, 13, 9)
    canvas.rect("c-mid", 0.5, 0.5, 13, 9)
    return canvas.ornament()


def waterfall(fall: Waterfall, *, size: FallSize, theme: Theme, language: str) -> Markup:
    """The steps as bars on one axis from 0 to 100: where it began, each part from where the one before ended, the end.

    A part that adds is filled, one that takes away is open, so that both are told apart without colour.
    """
    tr = translator(language)
    rows = len(fall.steps) + 2
    line = type_size(theme, "c-t-ax")
    height = rows * size.row + 2.2 * line
    canvas = Canvas(size.width, height, theme)
    axis = ValueAxis(lowest=0, highest=100, top=size.right, bottom=size.left)
    bottom = rows * size.row
    canvas.path("c-r2", verticals(0, bottom, [axis.y(rule) for rule in _RULES]))
    drawn = _Rows(canvas=canvas, axis=axis, size=size)
    drawn.mean(0, fall.before, fall.before_text, tr.number(fall.before, 0))
    at = fall.before
    for place, step in enumerate(fall.steps, start=1):
        drawn.step(place, step, at)
        at += step.points
    drawn.mean(rows - 1, fall.after, fall.after_text, tr.number(fall.after, 0))
    for rule in _RULES:
        canvas.text("c-t-ax", axis.y(rule), bottom + 1.3 * line, str(rule), "middle")
    return canvas.svg(fall.alt)


def _fill(place: int, count: int) -> str:
    return FILLS[-1] if place == count - 1 else FILLS[min(place, len(FILLS) - 2)]


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """A canvas whose rows each hold one bar on one axis."""

    canvas: Canvas
    axis: ValueAxis
    size: FallSize

    def band(self, place: int) -> tuple[float, float]:
        """Top and height of the bar of a row."""
        row = self.size.row
        if self.size.above:
            return place * row + row * 0.52, row * 0.34
        return place * row + row * 0.2, row * 0.6

    def name(self, place: int, text: str, style: str) -> None:
        """Set the name of a row left of its bar, or above it."""
        size, half = self.size, type_size(self.canvas.theme, style) * 0.36
        if size.above:
            self.canvas.text(style, size.left, place * size.row + size.row * 0.4, text)
        else:
            self.canvas.text(style, size.left - 10, place * size.row + size.row * 0.5 + half, text, "end")

    def mean(self, place: int, value: float, name: str, text: str) -> None:
        """Draw one of the two means."""
        top, height = self.band(place)
        left, right = self.axis.y(0), self.axis.y(value)
        self.canvas.rect("c-pfill", left, top, right - left, height)
        self.canvas.path("c-pline", verticals(top, top + height, [right]))
        self.name(place, name, "c-t-axb")
        half = type_size(self.canvas.theme, "c-t-axb") * 0.36
        self.canvas.text("c-t-axb", right + 6, top + height / 2 + half, text)

    def step(self, place: int, step: WaterStep, at: float) -> None:
        """Draw one part, from where the one before it ended."""
        canvas, row = self.canvas, self.size.row
        top, height = self.band(place)
        start, end = self.axis.y(at), self.axis.y(at + step.points)
        left, right = min(start, end), max(start, end)
        canvas.path("c-lead", f"M{number(start)} {number(top - row * 0.4)}V{number(top + height)}")
        canvas.rect("c-d2" if step.points > 0 else "c-ref", left, top, max(right - left, 0.6), height)
        canvas.path("c-pline", verticals(top, top + height, [end]))
        self.name(place, step.name, "c-t-note")
        room = text_width(canvas.theme, "c-t-note", step.text) + 6
        x = right + 6 if right + room <= canvas.width else left - room
        canvas.text("c-t-note", x, top + height / 2 + type_size(canvas.theme, "c-t-note") * 0.36, step.text)


def _months(canvas: Canvas, weeks: Sequence[StackWeek], size: StackSize, y: float, language: str) -> None:
    """The name of each month under its first week, as far apart as they need to be."""
    step = (size.right - size.left) / max(len(weeks), 1)
    room = text_width(canvas.theme, "c-t-ax", "mmmmm")
    last, month = -room, 0
    for place, week in enumerate(weeks):
        x = size.left + place * step
        if week.week.month != month and x - last >= room:
            canvas.text("c-t-ax", x, y, month_word(language, week.week))
            last, month = x, week.week.month
