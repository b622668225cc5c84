"""Turns the run-up to releases into panels: a thin line per release, the mean as a thick one, its range as a band."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.charts.axes import ValueAxis
from reports.charts.svg import Canvas, horizontals, polygon, polyline, verticals
from reports.charts.theme import Theme, type_size
from reports.document_roadmap import RunUpPage, RunUpPanel
from surveys.i18n import translator


@dataclass(frozen=True, kw_only=True)
class RunUpSize:
    """Frame of one panel."""

    width: float
    height: float
    left: float
    right: float


WIDE = RunUpSize(width=520, height=250, left=40, right=508)
NARROW = RunUpSize(width=326, height=220, left=30, right=318)
PRINT = RunUpSize(width=330, height=172, left=28, right=322)


def run_up_panel(page: RunUpPage, panel: RunUpPanel, *, size: RunUpSize, theme: Theme, language: str) -> Markup:
    """One measure from ``page.before`` weeks before to ``page.after`` weeks after; week 0 is that of the release."""
    canvas = Canvas(size.width, size.height, theme)
    head, foot = type_size(theme, "c-t-lab") * 1.8, type_size(theme, "c-t-ax") * 3.2
    values = ValueAxis(lowest=panel.lowest, highest=panel.highest, top=head, bottom=size.height - foot)
    span = page.before + page.after

    def x(weeks: float) -> float:
        return size.left + 6 + (weeks + page.before) / span * (size.right - size.left - 12)

    canvas.text("c-t-lab", size.left, head - 6, panel.name)
    canvas.rect("c-sheet", size.left, values.top, size.right - size.left, values.bottom - values.top)
    rules = (0, 20, 40, 60, 80, 100) if panel.is_pressure else range(int(panel.lowest), int(panel.highest) + 1)
    ticks = range(-page.before, page.after + 1, 2)
    if panel.has_range:
        upper = [(x(band.weeks), values.y(band.high)) for band in panel.mean if band.low < band.high]
        lower = [(x(band.weeks), values.y(band.low)) for band in panel.mean if band.low < band.high]
        canvas.path("c-pfill" if panel.is_pressure else "c-band", polygon(upper + lower[::-1]))
    canvas.path("c-r1", verticals(values.top, values.bottom, [x(week) for week in ticks]))
    canvas.path("c-r2", horizontals(size.left, size.right, [values.y(rule) for rule in rules]))
    for line in panel.lines:
        places = [(x(point.weeks), values.y(point.value)) for point in line.points]
        if len(places) > 1:
            canvas.path("c-pthin" if panel.is_pressure else "c-level", polyline(places))
        else:
            canvas.circle("c-ref", *places[0], 1.6)
    means = [(x(band.weeks), values.y(band.mean)) for band in panel.mean]
    if len(means) > 1:
        canvas.path("c-pline" if panel.is_pressure else "c-trace", polyline(means))
    for place in means:
        canvas.circle("c-pnib" if panel.is_pressure else "c-dot", *place, 2.6)
    canvas.path("c-event", verticals(values.top, values.bottom, [x(0)]))
    canvas.rect("c-frame", size.left, values.top, size.right - size.left, values.bottom - values.top)
    _labels(canvas, values, size, tuple(rules))
    step = type_size(theme, "c-t-ax")
    tr = translator(language)
    for week in ticks:
        text = tr.t("release day") if week == 0 else _signed(week, language)
        canvas.text("c-t-axb" if week == 0 else "c-t-ax", x(week), values.bottom + step * 1.2, text, "middle")
    note = tr.t("weeks from the release")
    canvas.text("c-t-note2", (size.left + size.right) / 2, values.bottom + step * 2.6, note, "middle")
    return canvas.svg(panel.alt)


def _labels(canvas: Canvas, values: ValueAxis, size: RunUpSize, rules: tuple[int, ...]) -> None:
    half = type_size(canvas.theme, "c-t-ax") * 0.36
    for rule in rules:
        y = min(max(values.y(rule) + half, values.top + 2 * half), values.bottom)
        canvas.text("c-t-ax", size.left - 5, y, str(rule), "end")


def _signed(week: int, language: str) -> str:
    text = translator(language).number(week, 0)
    return f"+{text}" if week > 0 else text
