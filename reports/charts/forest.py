"""Turns the estimates of a link into a forest plot, and what re-dealt pressure gives into a strip beside ours."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts.svg import Canvas, number, verticals
from reports.charts.theme import Theme, text_width, type_size
from reports.document_link import DealtStrip, ForestKind, ForestRow
from surveys.i18n import translator


@dataclass(frozen=True, kw_only=True)
class ForestSize:
    """Frame of a forest: names stand left of ``left`` and texts right of ``right``, or all above where ``above``."""

    width: float
    left: float
    right: float
    row: float
    above: bool


@dataclass(frozen=True, kw_only=True)
class StripSize:
    """Frame of a strip."""

    width: float
    height: float


FOREST_WIDE = ForestSize(width=760, left=280, right=590, row=34, above=False)
FOREST_NARROW = ForestSize(width=326, left=10, right=316, row=58, above=True)
FOREST_PRINT = ForestSize(width=673, left=250, right=520, row=22, above=False)
STRIP_WIDE = StripSize(width=760, height=120)
STRIP_NARROW = StripSize(width=326, height=110)
STRIP_PRINT = StripSize(width=673, height=92)

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def forest(rows: Sequence[ForestRow], *, size: ForestSize, theme: Theme, language: str, caption: str) -> Markup:
    """Dot and range of each estimate around the line of no link; the one chosen in advance is filled, others hollow."""
    line = type_size(theme, "c-t-ax")
    height = len(rows) * size.row + 2.4 * line
    canvas = Canvas(size.width, height, theme)
    reach, step = _reach([end for row in rows for end in (row.low, row.high)])
    middle = (size.left + size.right) / 2

    def x(value: float) -> float:
        return middle + value / reach * (size.right - size.left) / 2

    bottom = len(rows) * size.row
    ticks = [place * step for place in range(-round(reach / step), round(reach / step) + 1)]
    for first, last in _bands(size, len(rows)):
        canvas.path("c-r1", verticals(first, last, [x(tick) for tick in ticks]))
        canvas.path("c-event", verticals(first, last, [x(0)]))
    for place, row in enumerate(rows):
        top = place * size.row
        y = top + size.row * (0.74 if size.above else 0.5)
        low, high = x(row.low), x(row.high)
        own = row.kind is ForestKind.ALL
        canvas.path("c-int" if own else "c-lead", f"M{number(low)} {number(y)}H{number(high)}")
        canvas.path("c-intl", verticals(y - 4.5, y + 4.5, (low, high)))
        if own:
            canvas.circle("c-dot", x(row.estimate), y, 4.4)
        else:
            canvas.circle("c-ref", x(row.estimate), y, 3.4)
        _texts(canvas, size, row, top, y)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    tr = translator(language)
    for tick in ticks:
        text = tr.number(tick, decimals)
        canvas.text("c-t-axb" if tick == 0 else "c-t-ax", x(tick), bottom + 1.3 * line, text, "middle")
    said = "; ".join(f"{row.name}: {row.text}" for row in rows)
    return canvas.svg(f"{said}. {caption}")


def strip(found: DealtStrip, *, size: StripSize, theme: Theme, language: str) -> Markup:
    """Bars of how often each value came out when pressure was dealt anew, and a line where ours lies."""
    canvas = Canvas(size.width, size.height, theme)
    line = type_size(theme, "c-t-ax")
    top, bottom = 1.5 * line, size.height - 1.7 * line
    last = found.first + found.width * len(found.counts)
    reach = 1.05 * max(abs(found.first), abs(last), abs(found.own))
    left, right = 8.0, size.width - 8.0

    def x(value: float) -> float:
        return left + (value + reach) / (2 * reach) * (right - left)

    tallest = max(found.counts) or 1
    for place, count in enumerate(found.counts):
        if count:
            high = count / tallest * (bottom - top)
            start, end = x(found.first + place * found.width), x(found.first + (place + 1) * found.width)
            canvas.rect("c-d4", start, bottom - high, max(end - start - 0.6, 0.6), high)
    canvas.path("c-mid", f"M{number(left)} {number(bottom)}H{number(right)}")
    own = x(found.own)
    canvas.path("c-intl", verticals(top - 2, bottom + 4, [own]))
    tr = translator(language)
    words = tr.t("this one: {value}", value=tr.number(found.own, 2))
    room = text_width(theme, "c-t-axb", words)
    canvas.text("c-t-axb", own if own + room <= right else right, top - 5, words,
                "start" if own + room <= right else "end")  # fmt: skip
    for value in (-reach, 0.0, reach):
        anchor = "middle" if value == 0 else "start" if value < 0 else "end"
        canvas.text("c-t-ax", x(value), bottom + 1.4 * line, tr.number(value, 2), anchor)
    return canvas.svg(found.caption)


def _bands(size: ForestSize, rows: int) -> list[tuple[float, float]]:
    """Where the ruling is drawn: over all rows, or beside the lines only where texts stand above them."""
    if not size.above:
        return [(0, rows * size.row)]
    return [(place * size.row + size.row * 0.56, (place + 1) * size.row - size.row * 0.08) for place in range(rows)]


def _texts(canvas: Canvas, size: ForestSize, row: ForestRow, top: float, y: float) -> None:
    style = "c-t-axb" if row.kind is ForestKind.ALL else "c-t-note"
    half, step = type_size(canvas.theme, style) * 0.36, type_size(canvas.theme, style) * 1.1
    if size.above:
        letters = int((size.right - size.left) / text_width(canvas.theme, style, "m"))
        for place, words in enumerate(textwrap.wrap(f"{row.name}: {row.text}", letters)[:2], start=1):
            canvas.text(style, size.left, top + place * step, words)
        return
    lines = textwrap.wrap(row.name, int((size.left - 14) / text_width(canvas.theme, style, "m")))[:2]
    for place, words in enumerate(lines):
        canvas.text(style, size.left - 12, y + half + (place - (len(lines) - 1) / 2) * step, words, "end")
    canvas.text("c-t-note2", size.right + 12, y + half, row.text)


def _reach(ends: Sequence[float]) -> tuple[float, float]:
    """Half the width of the axis and the step of its labels: the same on both sides of nothing."""
    largest = max((abs(end) for end in ends), default=0.0) or 0.1
    step = next((step for step in _STEPS if largest / step <= 3), _STEPS[-1])
    return step * math.ceil(largest / step + 1e-9), step
