"""Turns a leader report into its drawings and the words around them, ready for the templates of web page and PDF.

The templates only place what stands here. Drawings are marked safe; every other text is left to their escaping.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.charts import pens, sheet, small
from reports.charts.axes import Period, Tick, period_of
from reports.charts.series import pieces_of
from reports.charts.theme import Theme
from reports.charts.words import range_words
from reports.document import (
    Change,
    LeaderReport,
    Load,
    NotAsked,
    PressurePart,
    PressureTrace,
    ScaleRow,
    ScaleSection,
    Tone,
    Trace,
    Value,
    VerdictChip,
    Withheld,
)
from surveys.i18n import translator

ROWS_ON_PAGE_1 = 6
LOW_ROWS_FROM = 6
FIRST_LINE = 3
"""A trace is drawn as a line from this many waves with values on; before, the level stands among its bands."""


@dataclass(frozen=True, kw_only=True)
class ChipView:
    """A verdict chip: glyph name (``up``, ``down``, ``flat``, ``early``), tone class, words, glyph for the web."""

    shape: str
    tone: str
    text: str
    sub: str
    glyph: Markup


@dataclass(frozen=True, kw_only=True)
class StepView:
    """The change from the wave before: class name of its arrow, drawing for the web, and its words."""

    shape: str
    text: str
    glyph: Markup


@dataclass(frozen=True, kw_only=True)
class RowView:
    """One row of the sheet. ``hidden`` and ``nodata`` hold the reason where the last wave has no value."""

    name: str
    small: str
    wide: Markup
    narrow: Markup
    value: str
    range: str
    band: str
    chip: ChipView | None
    is_load: bool = False
    hidden: str = ""
    nodata: str = ""
    step: StepView | None = None


@dataclass(frozen=True, kw_only=True)
class SheetView:
    """The ruled sheet with its axis; ``has_hidden``, ``has_bridge`` and ``has_level`` say what the key has to explain.

    ``ticks`` are the labels of the wide axis with their places on ``width``, for pages that set them as text.
    """

    axis_wide: Markup
    axis_narrow: Markup
    ticks: tuple[Tick, ...]
    width: float
    rows: tuple[RowView, ...]
    is_level: bool
    has_hidden: bool
    has_bridge: bool
    has_level: bool = False


@dataclass(frozen=True, kw_only=True)
class PartView:
    """A part of the index with its bar."""

    name: str
    fact: str
    bar: Markup
    score: str
    contribution: str
    coverage: str


@dataclass(frozen=True, kw_only=True)
class PressureView:
    """The drawings of the pressure page; ``pens`` is empty where there is no trace to set beside the pressure.

    ``has_level``: the upper panel draws the smoothed level too, which the key has to explain.
    """

    pens_wide: Markup
    pens_narrow: Markup
    strip: Markup
    parts: tuple[PartView, ...]
    events: str
    has_level: bool = False


@dataclass(frozen=True, kw_only=True)
class ScaleRowView:
    """A line of the scale table with its ruler."""

    row: ScaleRow
    ruler: Markup
    hidden: str
    nodata: str


@dataclass(frozen=True, kw_only=True)
class ScaleView:
    """A scale with its verdict, what would have been seen, its lines, and what stands below them."""

    name: str
    direction: str
    note: str
    minimum: str
    chip: ChipView
    rows: tuple[ScaleRowView, ...]
    step: StepView | None = None
    below: tuple[str, ...] = ()


def sheet_view(report: LeaderReport, theme: Theme, *, low: bool = False) -> SheetView:
    """The sheet of a report: up to six traces and the pressure in one frame; ``low`` takes the lower rows in print."""
    period = period_of(report)
    traces = report.traces[:ROWS_ON_PAGE_1]
    values = [sum(isinstance(point.cell, Value) for point in trace.points) for trace in traces]
    level = bool(traces) and max(values) < FIRST_LINE
    size = _size(theme, low=low or len(traces) >= LOW_ROWS_FROM)
    rows = [_trace_row(report.language, trace, period, size, level=level) for trace in traces]
    if report.pressure is not None:
        rows.append(_pressure_row(report.pressure, period, size, theme))
    pieces = [pieces_of(trace.points) for trace in traces]
    return SheetView(
        axis_wide=sheet.sheet_axis(period, size, theme, report.language),
        axis_narrow=sheet.sheet_axis(period, sheet.NARROW, theme, report.language),
        ticks=sheet.sheet_ticks(period, size, theme, report.language),
        width=size.width,
        rows=tuple(rows),
        is_level=level,
        has_hidden=any(cut.hidden for cut in pieces) and not level,
        has_bridge=any(cut.bridges for cut in pieces) and not level,
        has_level=any(trace.level for trace in traces) and not level,
    )


def pressure_view(report: LeaderReport, theme: Theme) -> PressureView | None:
    """The drawings of the pressure page, with the first trace in the upper panel; ``None`` without a roadmap."""
    pressure = report.pressure
    if pressure is None:
        return None
    period = period_of(report)
    wide = pens.PRINT if theme is Theme.PRINT else pens.WIDE
    drawn = [Markup(), Markup()]
    trace = pens_trace(report)
    if trace is not None:
        drawn = [
            pens.two_pens(trace, pressure, period=period, size=size, theme=theme, language=report.language)
            for size in (wide, pens.NARROW)
        ]
    seen = [event for event in pressure.events if period.start <= event.date <= period.end]
    return PressureView(
        pens_wide=drawn[0],
        pens_narrow=drawn[1],
        strip=small.strip(pressure.weeks, theme, pressure.alt),
        parts=tuple(_part(report.language, part, theme) for part in pressure.parts),
        events="; ".join(f"{event.date_text} {event.label}" for event in seen),
        has_level=trace is not None and bool(trace.level),
    )


def pens_trace(report: LeaderReport) -> Trace | None:
    """The trace set beside the pressure: workload where it is measured, else the first one with a value."""
    held = [trace for trace in report.traces if any(isinstance(point.cell, Value) for point in trace.points)]
    return next((trace for trace in held if trace.code == "workload"), held[0] if held else None)


def scales_view(report: LeaderReport, theme: Theme) -> tuple[ScaleView, ...]:
    """The scales one by one, each line with its ruler."""
    minimums = {trace.code: trace.minimum_text for trace in report.traces}
    noticed = {trace.code for trace in report.traces if trace.notice is not None}
    return tuple(
        ScaleView(
            name=section.name,
            direction=section.direction,
            note=section.note,
            minimum=minimums.get(section.code, ""),
            # The sentence on what would have been seen stands below; the chip need not say it a second time.
            chip=chip_view(section.chip, theme, bare=bool(minimums.get(section.code)) and section.code not in noticed),
            rows=tuple(_scale_row(report.language, row, theme) for row in section.rows),
            step=step_view(section.change, theme),
            below=_below(section),
        )
        for section in report.scales
    )


def _below(section: ScaleSection) -> tuple[str, ...]:
    standpoint = section.standpoint.text if section.standpoint is not None else ""
    return tuple(text for text in (standpoint, section.silent_text) if text)


def chip_view(chip: VerdictChip, theme: Theme, *, bare: bool = False) -> ChipView:
    """A chip ready to be placed; ``bare`` leaves out the line below."""
    shapes = {"rising": "up", "falling": "down", "no_detectable_change": "flat"}
    tone = "" if chip.tone is Tone.NONE else chip.tone.value
    return ChipView(
        shape=shapes.get(chip.verdict.value, "early"),
        tone=tone,
        text=chip.text,
        sub="" if bare else chip.sub,
        glyph=small.glyph(chip.verdict, theme),
    )


def step_view(change: Change | None, theme: Theme) -> StepView | None:
    """A change from the wave before ready to be placed; None where there is nothing to say."""
    if change is None:
        return None
    return StepView(shape=change.step.value, text=change.text, glyph=small.arrow(change.step, theme))


def _size(theme: Theme, *, low: bool) -> sheet.RowSize:
    if theme is Theme.WEB:
        return sheet.WIDE
    return sheet.PRINT_LOW if low else sheet.PRINT


def _trace_row(language: str, trace: Trace, period: Period, wide: sheet.RowSize, *, level: bool) -> RowView:
    theme = Theme.WEB if wide is sheet.WIDE else Theme.PRINT
    drawn = [
        small.level_row(trace, theme, language, size.width, size.height)
        if level
        else sheet.sheet_row(trace, period, size, theme)
        for size in (wide, sheet.NARROW)
    ]
    latest = trace.latest
    return RowView(
        name=trace.name,
        small=trace.direction,
        wide=drawn[0],
        narrow=drawn[1],
        value=trace.value_text,
        range=trace.range_text,
        band=trace.band_text,
        chip=chip_view(trace.chip, theme),
        hidden=latest.text if isinstance(latest, Withheld) else "",
        nodata=latest.text if isinstance(latest, NotAsked) else "",
        step=step_view(trace.change, theme),
    )


def _pressure_row(pressure: PressureTrace, period: Period, size: sheet.RowSize, theme: Theme) -> RowView:
    tone = "less" if pressure.load in {Load.HEAVY, Load.VERY_HEAVY} else ""
    worded = ChipView(shape="", tone=tone, text=pressure.load_text, sub=pressure.sub, glyph=Markup())
    last = pressure.weeks[-1].index if pressure.weeks else NotAsked(text="")
    return RowView(
        name=pressure.name,
        small=pressure.direction,
        wide=sheet.pressure_row(pressure, period, size, theme),
        narrow=sheet.pressure_row(pressure, period, sheet.NARROW, theme),
        value=pressure.value_text,
        range=pressure.range_text,
        band="",
        chip=chip_view(pressure.chip, theme) if pressure.chip is not None else worded if pressure.load_text else None,
        is_load=True,
        hidden=last.text if isinstance(last, Withheld) and not pressure.value_text else "",
        nodata=last.text if isinstance(last, NotAsked) and not pressure.value_text else "",
    )


def _part(language: str, part: PressurePart, theme: Theme) -> PartView:
    tr = translator(language)
    if isinstance(part.score, NotAsked):
        score, alt = part.score.text, tr.t("{part}: {reason}.", part=part.name, reason=part.score.text)
    else:
        score = tr.number(part.score, 0)
        alt = tr.t("{part}: {score} of 100, where 50 is usual.", part=part.name, score=score)
    return PartView(
        name=part.name,
        fact=part.fact,
        bar=small.part_bar(part, theme, alt),
        score=score,
        contribution="" if isinstance(part.score, NotAsked) else tr.number(part.contribution, 0),
        coverage=tr.t("{share} %", share=tr.number(100 * part.coverage, 0)),
    )


def _scale_row(language: str, row: ScaleRow, theme: Theme) -> ScaleRowView:
    tr = translator(language)
    cell = row.cell
    if isinstance(cell, Value):
        between = range_words(language, cell.low, cell.high)
        alt = tr.t("{name}: {value}, likely range {range}.", name=row.label, value=row.value_text, range=between)
    else:
        alt = tr.t("{part}: {reason}.", part=row.label, reason=cell.text)
    return ScaleRowView(
        row=row,
        ruler=small.ruler(cell, row.marks, theme, alt, labelled=not row.is_item),
        hidden=cell.text if isinstance(cell, Withheld) else "",
        nodata=cell.text if isinstance(cell, NotAsked) else "",
    )
