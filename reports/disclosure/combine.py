"""Turns the released cells of whole crowds into the cell of the unit that they make up."""

from __future__ import annotations

from collections.abc import Sequence

from reports.disclosure.cells import ReleasedCell, joint_qualifier
from reports.disclosure.policy import FavourableBand, covering_band, mean_step
from reports.disclosure.reasons import Withheld


def combine(unit: str, cells: Sequence[ReleasedCell | Withheld]) -> ReleasedCell | Withheld:
    """Return the cell of ``unit`` from the cells of all its crowds for one measure in one wave.

    The value is the mean of the crowd values weighted by the midpoints of their n bands. It is a function of what is
    released already, so it is not rounded again; show it with ``decimals`` places. ``rounding_variance`` holds the
    rounding of the crowds and the uncertainty of the weights (each n uniform over its band, delta method). The n band
    covers the sum of the lower and of the upper ends. One withheld crowd withholds the unit. One crowd alone keeps
    its cell. Raises ``ValueError`` without cells or for cells of several measures.
    """
    for cell in cells:
        if isinstance(cell, Withheld):
            return cell
    released = [cell for cell in cells if isinstance(cell, ReleasedCell)]
    if not released or len({cell.measure for cell in released}) > 1:
        raise ValueError(f"the unit {unit} needs the cells of one measure")
    weights = [cell.n_mid for cell in released]
    value = _mean([cell.value for cell in released], weights)
    total = sum(weights)
    rounding = sum((w / total) ** 2 * cell.rounding_variance for w, cell in zip(weights, released, strict=True))
    weighting = sum(((cell.value - value) / total) ** 2 * _band_variance(cell) for cell in released)
    alone = len(released) == 1
    low, high = sum(cell.n_low for cell in released), sum(cell.n_high for cell in released)
    band = released[0].n_band if alone else covering_band(low, high)
    return ReleasedCell(
        crowd=unit,
        measure=released[0].measure,
        value=value,
        qualifier=joint_qualifier(released),
        low=_mean([cell.low for cell in released], weights),
        high=_mean([cell.high for cell in released], weights),
        step=released[0].step if alone else float(mean_step(band.low)),
        rounding_variance=rounding + weighting,
        n_band=band,
        favourable=FavourableBand(
            low=_mean([cell.favourable.low for cell in released], weights),
            high=_mean([cell.favourable.high for cell in released], weights),
        ),
    )


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    if len(values) == 1:
        return values[0]
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def _band_variance(cell: ReleasedCell) -> float:
    """Variance of a whole number that lies anywhere in the n band with equal chance."""
    return ((cell.n_high - cell.n_low + 1) ** 2 - 1) / 12
