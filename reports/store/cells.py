"""Writes a released cell as plain data and reads it back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.disclosure.policy import FavourableBand, NBand
from reports.disclosure.reasons import Reason, Withheld

_DIGITS = 10
"""Digits kept of a stored float; far below every rounding step, and equal on every platform."""


def to_plain(cell: ReleasedCell | Withheld) -> dict[str, object]:
    """Return the cell as JSON-able data."""
    if isinstance(cell, Withheld):
        return {"reason": cell.reason.value, "k": cell.k, "names": list(cell.names)}
    return {
        "value": round(cell.value, _DIGITS),
        "qualifier": cell.qualifier.value,
        "low": round(cell.low, _DIGITS),
        "high": round(cell.high, _DIGITS),
        "step": cell.step,
        "rounding_variance": round(cell.rounding_variance, _DIGITS),
        "n": [cell.n_band.low, cell.n_band.high],
        "favourable": [round(cell.favourable.low, _DIGITS), round(cell.favourable.high, _DIGITS)],
    }


def from_plain(crowd: str, measure: str, plain: Mapping[str, Any]) -> ReleasedCell | Withheld:
    """Return the cell of stored data."""
    if "reason" in plain:
        return Withheld(reason=Reason(plain["reason"]), k=plain["k"], names=tuple(plain["names"]))
    return ReleasedCell(
        crowd=crowd,
        measure=measure,
        value=plain["value"],
        qualifier=Qualifier(plain["qualifier"]),
        low=plain["low"],
        high=plain["high"],
        step=plain["step"],
        rounding_variance=plain["rounding_variance"],
        n_band=NBand(low=plain["n"][0], high=plain["n"][1]),
        favourable=FavourableBand(low=plain["favourable"][0], high=plain["favourable"][1]),
    )
