"""Turns released cells and their surroundings into the flat rows of an export, one per crowd, measure and wave."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.reasons import Withheld
from surveys.enums import BallotMode, MeasureKind
from surveys.i18n import Translator

Scalar = str | int | float
"""What a field may hold; the empty string where there is nothing to tell."""

COLUMNS = (
    "wave", "wave_closed_on", "crowd", "crowd_name", "units", "measure", "measure_kind", "measure_name", "item_text",
    "source", "licence", "value", "low", "high", "qualifier", "n_band", "n_band_sort", "invited", "response_band",
    "favourable_band", "reason_code", "reason", "policy_version", "fingerprint", "mode",
)  # fmt: skip
"""The columns of the cells in their order; ``reports.exports.code_book`` explains each of them."""

BRIDGE_COLUMNS = ("wave", "unit", "unit_name", "crowd")
"""The columns of the bridge from units to the crowds in which their people's answers stand."""

UNIT_SEPARATOR = " | "
"""Stands between the names of the units of one crowd."""


@dataclass(frozen=True, kw_only=True)
class ExportRow:
    """One cell: a measure of a crowd in a wave, with a figure or the reason for its absence."""

    wave: str
    wave_closed_on: dt.date
    crowd: str
    crowd_name: str
    units: tuple[str, ...]
    measure: str
    measure_kind: MeasureKind
    measure_name: str
    item_text: str
    source: str
    licence: str
    outcome: ReleasedCell | Withheld
    invited: int
    response: ResponseBand
    policy_version: str
    fingerprint: str
    mode: BallotMode
    is_lower_better: bool = False


@dataclass(frozen=True, kw_only=True)
class BridgeRow:
    """The people of ``unit`` are reported, in this wave, with ``crowd``."""

    wave: str
    unit: str
    unit_name: str
    crowd: str


@dataclass(frozen=True, kw_only=True)
class ExportTable:
    """All rows of one export; the order given does not matter, the writers sort."""

    rows: tuple[ExportRow, ...]
    bridge: tuple[BridgeRow, ...]

    def records(self, tr: Translator) -> list[dict[str, Scalar]]:
        """Return the cells as fields by column, sorted by closing date, wave, crowd and measure."""
        ordered = sorted(self.rows, key=lambda row: (row.wave_closed_on, row.wave, row.crowd, row.measure))
        return [_record(row, tr) for row in ordered]

    def bridge_records(self) -> list[dict[str, Scalar]]:
        """Return the bridge as fields by column, sorted by wave, unit and crowd."""
        ordered = sorted(self.bridge, key=lambda row: (row.wave, row.unit, row.crowd))
        return [{"wave": row.wave, "unit": row.unit, "unit_name": row.unit_name, "crowd": row.crowd} for row in ordered]


def _record(row: ExportRow, tr: Translator) -> dict[str, Scalar]:
    fields: dict[str, Scalar] = {
        "wave": row.wave,
        "wave_closed_on": row.wave_closed_on.isoformat(),
        "crowd": row.crowd,
        "crowd_name": row.crowd_name,
        "units": UNIT_SEPARATOR.join(row.units),
        "measure": row.measure,
        "measure_kind": row.measure_kind.value,
        "measure_name": row.measure_name,
        "item_text": row.item_text,
        "source": row.source,
        "licence": row.licence,
        "invited": row.invited,
        "policy_version": row.policy_version,
        "fingerprint": row.fingerprint,
        "mode": row.mode.value,
        **_outcome(row.outcome, row.response, tr),
    }
    return {column: fields[column] for column in COLUMNS}


def _outcome(outcome: ReleasedCell | Withheld, response: ResponseBand, tr: Translator) -> dict[str, Scalar]:
    if isinstance(outcome, Withheld):
        empty = ("value", "low", "high", "qualifier", "n_band", "n_band_sort", "response_band", "favourable_band")
        return {
            **dict.fromkeys(empty, ""),
            "reason_code": outcome.reason_code,
            "reason": outcome.sentence(tr),
        }
    # The ends of the interval lie half a step off, so they need one decimal more than the value.
    ends = outcome.decimals + 1
    return {
        "value": round(outcome.value, outcome.decimals),
        "low": round(outcome.low, ends),
        "high": round(outcome.high, ends),
        "qualifier": outcome.qualifier.value,
        "n_band": tr.render(outcome.n_band.text),
        "n_band_sort": outcome.n_band.low,
        "response_band": response.value,
        "favourable_band": tr.render(outcome.favourable.words),
        "reason_code": "",
        "reason": "",
    }
