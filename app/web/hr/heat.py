"""Turns the released cells of one wave into the heat table: crowds by scales, each with band and likely range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.charts.words import chart_words, range_words
from reports.disclosure.cells import ReleasedCell
from reports.disclosure.reasons import Reason
from reports.document import Band, band_of
from reports.exports.table import ExportRow
from reports.services.levels import likely_range
from surveys.i18n import Translator

_PLACES = {band: place for place, band in enumerate(Band, start=1)}


@dataclass(frozen=True, kw_only=True)
class HeatCell:
    """One cell: ``place`` 1 (least favourable) to 5, or 0 with the reason in words where there is no figure.

    ``is_withheld`` tells what is hidden from what does not exist, because it was not asked.
    """

    place: int
    is_withheld: bool
    value: str
    band: str
    range: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class HeatRow:
    """One crowd: its teams, how many were invited, and its cells in the order of the columns."""

    name: str
    invited: int
    answers: str
    is_joint: bool
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, kw_only=True)
class HeatTable:
    """The table: names of the scales and one row per crowd.

    ``reasons`` are the sentences of withheld cells that occur, ``not_asked`` the scales without figures in this wave.
    """

    scales: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    reasons: tuple[str, ...]
    not_asked: tuple[str, ...]


def heat_table(rows: Sequence[ExportRow], tr: Translator, variances: Mapping[str, tuple[float, int]]) -> HeatTable:
    """Return the heat table of the scales of one wave.

    ``variances`` gives by scale the declared variance (points squared) and the number of answers behind it; where
    none is declared yet the documented prior stands in for it.
    """
    names = {row.measure: row.measure_name for row in rows}
    crowds: dict[str, dict[str, ExportRow]] = {}
    for row in rows:
        crowds.setdefault(row.crowd, {})[row.measure] = row
    made = [
        _row(found, tuple(names), tr, variances)
        for _, found in sorted(crowds.items(), key=lambda pair: next(iter(pair[1].values())).crowd_name)
    ]
    reasons = {cell.reason for row in made for cell in row.cells if cell.is_withheld}
    missing = {row.measure for row in rows if _is_no_data(row)}
    return HeatTable(
        scales=tuple(names.values()),
        rows=tuple(made),
        reasons=tuple(sorted(reasons)),
        not_asked=tuple(name for code, name in names.items() if code in missing),
    )


def _row(
    found: Mapping[str, ExportRow],
    measures: tuple[str, ...],
    tr: Translator,
    variances: Mapping[str, tuple[float, int]],
) -> HeatRow:
    first = next(iter(found.values()))
    bands = [tr.render(row.outcome.n_band.text) for row in found.values() if isinstance(row.outcome, ReleasedCell)]
    return HeatRow(
        name=first.crowd_name,
        invited=first.invited,
        answers=bands[0] if bands else "",
        is_joint=len(first.units) > 1,
        cells=tuple(_cell(found[code], tr, variances.get(code)) for code in measures),
    )


def _cell(row: ExportRow, tr: Translator, declared: tuple[float, int] | None) -> HeatCell:
    cell = row.outcome
    if not isinstance(cell, ReleasedCell):
        return HeatCell(
            place=0, is_withheld=not _is_no_data(row), value="", band="", range="", reason=cell.sentence(tr)
        )
    interval = likely_range(cell, invited=row.invited, declared=declared)
    band = band_of(cell.value, lower_is_better=row.is_lower_better)
    return HeatCell(
        place=_PLACES[band],
        is_withheld=False,
        value=_value(cell, tr),
        band=chart_words(tr.language).bands[_PLACES[band] - 1],
        range=range_words(tr.language, interval.low, interval.high),
        reason="",
    )


def _value(cell: ReleasedCell, tr: Translator) -> str:
    number = tr.number(cell.value, cell.decimals)
    if cell.high_clipped and not cell.low_clipped:
        return tr.t("{value} or more", value=number)
    if cell.low_clipped and not cell.high_clipped:
        return tr.t("{value} or less", value=number)
    return number


def _is_no_data(row: ExportRow) -> bool:
    """Tell a figure that does not exist from one that is hidden."""
    return not isinstance(row.outcome, ReleasedCell) and row.outcome.reason is Reason.NOT_ASKED
