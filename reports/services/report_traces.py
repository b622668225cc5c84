"""Turns the released waves of a unit into traces and scale tables of its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.participation import unit_response
from reports.disclosure.reasons import Reason
from reports.disclosure.reasons import Withheld as HiddenCell
from reports.document import (
    Cell,
    Change,
    Focus,
    LevelPoint,
    NotAsked,
    ScaleRow,
    ScaleSection,
    Trace,
    Value,
    WavePoint,
    Withheld,
    WithheldReason,
    band_of,
)
from reports.services.history import History, WaveRecord
from reports.services.levels import likely_range
from reports.services.report_change import Compared, change_of
from reports.services.report_findings import ScaleFinding
from reports.services.report_notices import silent_text, standpoint_of
from reports.services.report_words import (
    band_word,
    chip_of,
    level_text,
    minimum_sentence,
    range_text,
    value_text,
)
from reports.services.trend_sets import Outcome, TrendSet, cell_of, crowds_of, page_crowds, window
from reports.stats.results import TrendResult
from reports.store.releases import CrowdRecord
from surveys.i18n import Message, Translator
from surveys.instruments.schema import Direction, Scale

_DIGITS = 2
"""Decimals of a smoothed level in the document: finer than any drawing, coarser than the last bits of a fit."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What the traces and tables of one report are made from."""

    history: History
    unit: str
    found: TrendSet | None
    tr: Translator

    def value(self, cell: ReleasedCell, crowds: Sequence[CrowdRecord], *, is_item: bool = False) -> Value:
        """Return a released value with its likely range for this wave."""
        interval = likely_range(
            cell,
            invited=sum(record.invited for record in crowds),
            declared=self.history.variances.get(cell.measure),
            is_item=is_item,
        )
        return Value(mean=cell.value, low=interval.low, high=interval.high)


def traces_of(sheet: Sheet, findings: Sequence[ScaleFinding]) -> tuple[Trace, ...]:
    """Return a trace for every scale that was asked in every wave of the window."""
    shown = [finding for finding in findings if _is_regular(sheet, finding.scale.code)]
    return tuple(_trace(sheet, finding, len(findings)) for finding in shown)


def sections_of(sheet: Sheet, findings: Sequence[ScaleFinding]) -> tuple[ScaleSection, ...]:
    """Return the table of every scale of the last wave with its items."""
    tr = sheet.tr
    sections: list[ScaleSection] = []
    for finding in findings:
        change = page_change(sheet, finding.scale.code, len(findings))
        sections.append(
            ScaleSection(
                code=finding.scale.code,
                name=finding.scale.name.to(tr.language),
                direction=_direction(finding, tr),
                chip=chip_of(finding, tr),
                # The reason is the same for most scales; the first one tells it.
                note=change.why if change and all(change.why != each.note for each in sections) else "",
                rows=_rows(sheet, finding.scale),
                change=change,
                standpoint=standpoint_of(finding, tr),
                silent_text=silent_text(finding, tr),
            )
        )
    return tuple(sections)


def page_change(sheet: Sheet, scale: str, scales: int) -> Change | None:
    """Return the change since the wave before in the figure of a scale that is on the unit's page."""
    page = frozenset(key for record in page_crowds(sheet.history.last, sheet.unit) for key in record.units)
    compared = Compared(history=sheet.history, unit=sheet.unit, units=page, scales=scales)
    return change_of(compared, scale, sheet.tr) if page else None


def trace_change(sheet: Sheet, scale: str, scales: int) -> Change | None:
    """Return the change since the wave before in the last two points of a scale's trace."""
    if sheet.found is None:
        return None
    compared = Compared(
        history=sheet.history, unit=sheet.unit, units=sheet.found.units, scales=scales, without=sheet.found.without
    )
    return change_of(compared, scale, sheet.tr)


def focus_of(sheet: Sheet) -> Focus | None:
    """Return the item with the least favourable released level and its question for the room, or None."""
    wave = sheet.history.last
    crowds = page_crowds(wave, sheet.unit)
    best: tuple[float, int, Focus] | None = None
    for place, item in enumerate(wave.instrument.items):
        cell = cell_of(wave, crowds, item.code) if crowds else None
        if not isinstance(cell, ReleasedCell):
            continue
        lower = wave.instrument.scale(item.scale).higher_is is Direction.WORSE
        keyed = 6 - cell.value if lower else cell.value
        value = sheet.value(cell, crowds, is_item=True)
        focus = Focus(
            item=item.text.to(sheet.tr.language),
            level_text=level_text(value, value_text(cell, sheet.tr), sheet.tr, lower_is_better=lower),
            question=item.talk.to(sheet.tr.language),
        )
        if best is None or (keyed, place) < best[:2]:
            best = (keyed, place, focus)
    return best[2] if best else None


def _is_regular(sheet: Sheet, scale: str) -> bool:
    held = window(sheet.history.waves)
    return all(any(each.code == scale for each in wave.instrument.scales) for wave in held)


def _trace(sheet: Sheet, finding: ScaleFinding, scales: int) -> Trace:
    tr, scale = sheet.tr, finding.scale
    points = points_of(sheet, scale)
    chip = chip_of(finding, tr)
    level = _level(finding)
    last = points[-1].cell
    name = scale.name.to(tr.language)
    cell = _outcome(sheet, sheet.history.last, scale.code)
    text = value_text(cell, tr) if isinstance(cell, ReleasedCell) and isinstance(last, Value) else ""
    band = band_of(last.mean, lower_is_better=finding.lower_is_better) if isinstance(last, Value) else None
    return Trace(
        code=scale.code,
        name=name,
        direction=_direction(finding, tr),
        low_word=scale.low_label.to(tr.language),
        high_word=scale.high_label.to(tr.language),
        points=points,
        value_text=text,
        range_text=range_text(last, tr) if isinstance(last, Value) else "",
        band=band,
        band_text=band_word(band, tr) if band else "",
        chip=chip,
        minimum_text=minimum_sentence(finding, tr),
        title=tr.t("{scale}: {verdict}", scale=name, verdict=chip.text.lower()),
        alt=_alt(sheet, name, points, chip.text) + _level_alt(level, tr),
        lower_is_better=finding.lower_is_better,
        change=trace_change(sheet, scale.code, scales),
        level=level,
        notice=finding.notice,
    )


def _level(finding: ScaleFinding) -> tuple[LevelPoint, ...]:
    """Return the smoothed level with its likely range at each wave of the series; empty without a fitted trend."""
    result = finding.judgement.finding
    if not isinstance(result, TrendResult):
        return ()
    rows = zip(result.days, result.level, result.level_low, result.level_high, strict=True)
    return tuple(
        LevelPoint(
            date=dt.date.fromordinal(round(day)),
            value=Value(mean=round(mean, _DIGITS), low=round(low, _DIGITS), high=round(high, _DIGITS)),
        )
        for day, mean, low, high in rows
    )


def points_of(sheet: Sheet, scale: Scale) -> tuple[WavePoint, ...]:
    """Return what was released of a scale for each wave of the window, oldest first."""
    return tuple(_point(sheet, wave, scale) for wave in window(sheet.history.waves))


def _point(sheet: Sheet, wave: WaveRecord, scale: Scale) -> WavePoint:
    return WavePoint(
        date=wave.opened_on,
        label=sheet.tr.date(wave.opened_on, "d MMM"),
        cell=_cell(sheet, wave, scale.code),
    )


def _cell(sheet: Sheet, wave: WaveRecord, measure: str) -> Cell:
    outcome = _outcome(sheet, wave, measure)
    if isinstance(outcome, ReleasedCell):
        crowds = crowds_of(wave, sheet.found.units) if sheet.found else None
        return sheet.value(outcome, crowds or page_crowds(wave, sheet.unit))
    return _hidden(outcome, wave, sheet.tr)


def _outcome(sheet: Sheet, wave: WaveRecord, measure: str) -> Outcome:
    if wave.is_withdrawn:
        return HiddenCell(reason=Reason.WAVE_WITHDRAWN, k=wave.k)
    if wave.is_none or not wave.crowds or sheet.found is None:
        return HiddenCell(reason=Reason.TOO_FEW_IN_ALL, k=wave.k)
    crowds = crowds_of(wave, sheet.found.units)
    if wave.slug in sheet.found.without:
        return HiddenCell(reason=Reason.DECLINED_BY_LEDGER, k=wave.k)
    if crowds is None:
        others = {
            unit for record in wave.crowds if sheet.found.units.intersection(record.units) for unit in record.units
        }
        return HiddenCell(
            reason=Reason.JOINED_WITH, k=wave.k, names=tuple(wave.names(sorted(others - sheet.found.units)))
        )
    return cell_of(wave, crowds, measure)


def _hidden(cell: HiddenCell, wave: WaveRecord, tr: Translator) -> Cell:
    if cell.reason is Reason.NOT_ASKED:
        return NotAsked(text=tr.t("not asked in this wave"))
    if cell.reason is Reason.JOINED_WITH:
        names = tr.join(cell.names) if cell.names else tr.t("another team")
        return Withheld(reason=WithheldReason.JOINED, text=tr.t("counted with {names}", names=names))
    if cell.reason is Reason.WAVE_WITHDRAWN:
        return Withheld(reason=WithheldReason.WITHDRAWN, text=tr.t("withdrawn"))
    if cell.reason is Reason.DECLINED_BY_LEDGER:
        return Withheld(reason=WithheldReason.TOO_FEW_TO_CUT, text=tr.t("holds the leader's own answer"))
    if cell.reason is Reason.TOO_FEW_IN_ALL:
        return Withheld(reason=WithheldReason.TOO_FEW, text=tr.t("too few answers in all"))
    return Withheld(reason=WithheldReason.TOO_FEW_TO_CUT, text=tr.t("fewer than {k} opinions", k=wave.k))


def _direction(finding: ScaleFinding, tr: Translator) -> str:
    scale = finding.scale
    end = (scale.low_label if finding.lower_is_better else scale.high_label).to(tr.language)
    if finding.lower_is_better:
        return tr.t("lower is better: {end}", end=end)
    return tr.t("higher is better: {end}", end=end)


def _alt(sheet: Sheet, name: str, points: Sequence[WavePoint], verdict: str) -> str:
    tr = sheet.tr
    values = [point for point in points if isinstance(point.cell, Value)]
    if not values:
        return tr.t("{scale}: no figures in these waves.", scale=name)
    first, last = values[0], values[-1]
    hidden = len(points) - len(values)
    text = tr.t(
        "{scale} on a scale from 1 to 5, {waves} waves from {start} to {end}: from {first} to {last}. {verdict}.",
        scale=name,
        waves=len(points),
        start=tr.date(first.date),
        end=tr.date(last.date),
        first=tr.number(first.cell.mean, 1) if isinstance(first.cell, Value) else "",
        last=tr.number(last.cell.mean, 1) if isinstance(last.cell, Value) else "",
        verdict=verdict,
    )
    if hidden:
        text += " " + tr.n("{count} wave without a figure.", "{count} waves without a figure.", hidden)
    return text


def _level_alt(level: Sequence[LevelPoint], tr: Translator) -> str:
    if not level:
        return ""
    first, last = (
        tr.t(
            "{value} (likely range {range})",
            value=tr.number(point.value.mean, 1),
            range=range_text(point.value, tr),
        )
        for point in (level[0], level[-1])
    )
    return " " + tr.t("The lasting level behind the waves: from {first} to {last}.", first=first, last=last)


def _rows(sheet: Sheet, scale: Scale) -> tuple[ScaleRow, ...]:
    tr, wave = sheet.tr, sheet.history.last
    crowds = page_crowds(wave, sheet.unit)
    measures = [(scale.code, scale.name.to(tr.language), False)] if len(scale.items) > 1 else []
    measures += [(code, wave.instrument.item(code).text.to(tr.language), True) for code in scale.items]
    rows = []
    for code, label, is_item in measures:
        cell = cell_of(wave, crowds, code)
        if not isinstance(cell, ReleasedCell):
            rows.append(
                ScaleRow(
                    code=code,
                    label=label,
                    is_item=is_item,
                    cell=_hidden(cell, wave, tr),
                    value_text="",
                    range_text="",
                    favourable_text="",
                    response_text="",
                )
            )
            continue
        value = sheet.value(cell, crowds, is_item=is_item)
        rows.append(
            ScaleRow(
                code=code,
                label=label,
                is_item=is_item,
                cell=value,
                value_text=value_text(cell, tr),
                range_text=range_text(value, tr),
                favourable_text=tr.render(cell.favourable.words),
                response_text=tr.render(response_of(cell, crowds)),
            )
        )
    return tuple(rows)


def response_of(cell: ReleasedCell, crowds: Sequence[CrowdRecord]) -> Message:
    """Return the response band of a union of crowds in words, as a message."""
    if len(crowds) == 1:
        return crowds[0].response.words
    return unit_response(cell.n_band, sum(record.invited for record in crowds)).words
