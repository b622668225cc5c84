"""Turns the totals of one crowd into protected cells: a clipped, rounded mean, an n band and a favourable band.

Two doors lead out. :func:`protect` takes one total by itself. :func:`protect_crowd` takes all totals of a crowd in a
wave and is the one to use for a release, because a scale counted by itself betrays its items. By its mean: items of
4.0 and 4.0, the third and the scale "4.4 or more", then of five people all chose the best answer to the third. By its
favourable band: items of "4.4 or more" and 3.8, the latter and the scale favourable for under half, then of five
people all were favourable on the first. So a scale is a function of its released items and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from reports.disclosure.policy import (
    K_DEFAULT,
    FavourableBand,
    NBand,
    check_k,
    clip_edges,
    favourable_band,
    mean_step,
    n_band,
)
from reports.disclosure.reasons import Reason, Withheld

Bounds = tuple[float, float]
"""Lowest and highest score of a measure."""

FIVE_POINTS: Bounds = (1, 5)


class Qualifier(StrEnum):
    """How a value is to be read; ``range`` only where parts of it (items, crowds) are clipped at both ends."""

    EXACT = "exact"
    AT_LEAST = ">="
    AT_MOST = "<="
    RANGE = "range"


@dataclass(frozen=True, kw_only=True)
class RawCell:
    """One total as counted: ``n`` opinions, their keyed ``total`` and how many were favourable. Never leaves."""

    crowd: str
    measure: str
    n: int
    total: Fraction | float
    favourable: int

    def mean(self, bounds: Bounds) -> Fraction:
        """Return the exact mean; raise ``ValueError`` for a total that these answers cannot have."""
        # Totals of scales arrive as floats; nine digits are far below any step and remove their binary noise.
        total = Fraction(str(round(self.total, 9))) if isinstance(self.total, float) else Fraction(self.total)
        if self.n < 1 or not 0 <= self.favourable <= self.n:
            raise ValueError(f"{self.crowd} {self.measure}: {self.favourable} favourable of {self.n} is impossible")
        if not bounds[0] * self.n <= total <= bounds[1] * self.n:
            raise ValueError(f"{self.crowd} {self.measure}: the total is outside the scale")
        return total / self.n


@dataclass(frozen=True, kw_only=True)
class ReleasedCell:
    """One figure as everybody may see it.

    ``value`` is a mean in points of the scale, ``low`` and ``high`` enclose the mean of the answers, ``step`` is the
    rounding, ``rounding_variance`` the variance (points squared) that rounding adds to the value.
    """

    crowd: str
    measure: str
    value: float
    qualifier: Qualifier
    low: float
    high: float
    step: float
    rounding_variance: float
    n_band: NBand
    favourable: FavourableBand

    @property
    def n_low(self) -> int:
        """Lower end of the n band."""
        return self.n_band.low

    @property
    def n_high(self) -> int:
        """Upper end of the n band."""
        return self.n_band.high

    @property
    def n_mid(self) -> float:
        """Midpoint of the n band: the number of answers to reckon with."""
        return self.n_band.mid

    @property
    def decimals(self) -> int:
        """Decimals with which the value is shown."""
        return 2 if self.step < 0.1 else 1

    @property
    def low_clipped(self) -> bool:
        """Whether the mean may lie below the value by more than rounding."""
        return self.qualifier in {Qualifier.AT_MOST, Qualifier.RANGE}

    @property
    def high_clipped(self) -> bool:
        """Whether the mean may lie above the value by more than rounding."""
        return self.qualifier in {Qualifier.AT_LEAST, Qualifier.RANGE}

    @property
    def reason_code(self) -> str:
        """Empty: a released cell needs no reason."""
        return ""


def protect(
    raw: RawCell,
    *,
    scale_low: float = FIVE_POINTS[0],
    scale_high: float = FIVE_POINTS[1],
    strict: bool = False,
    k: int = K_DEFAULT,
) -> ReleasedCell | Withheld:
    """Return the released form of one total by itself, withheld under ``k`` opinions.

    The bounds are the lowest and highest keyed score. Raises ``ValueError`` for an impossible total or a ``k`` under
    the floor. For items and scales of the same crowd use :func:`protect_crowd`.
    """
    if raw.n < check_k(k):
        return Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=k)
    band = n_band(raw.n, k=k)
    return _release(raw, (scale_low, scale_high), shown=band, n_low=band.low, strict=strict)


def protect_crowd(
    raws: Sequence[RawCell],
    *,
    scales: Mapping[str, Sequence[str]],
    ballots: int,
    invited: int | None = None,
    bounds: Mapping[str, Bounds] | None = None,
    strict: bool = False,
    k: int = K_DEFAULT,
) -> dict[str, ReleasedCell | Withheld]:
    """Return every cell of one crowd in one wave, keyed by measure, in the order of ``raws``.

    ``scales`` names the items of each scale that is among ``raws``; ``ballots`` is the crowd's number of ballots and
    ``invited`` its public number of invited people; ``bounds`` default to 1 and 5. One n band stands at every cell
    (opinions per item are never shown); steps, clips and favourable bands follow the fewest opinions that any released
    measure of the crowd got. A scale is the mean of its released items, in its value and in its favourable band, so it
    adds no knowledge, and is withheld where one of them is. Raises ``ValueError`` for impossible totals.
    """
    if ballots < check_k(k):
        return {raw.measure: Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=k) for raw in raws}
    shown = n_band(ballots, k=k, invited=invited)
    fewest = min((raw.n for raw in raws if raw.n >= k), default=ballots)
    n_low = min(shown.low, n_band(fewest, k=k, invited=invited).low)
    cells: dict[str, ReleasedCell | Withheld] = {}
    for raw in raws:
        if raw.n < k:
            cells[raw.measure] = Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=k)
        else:
            limits = (bounds or {}).get(raw.measure, FIVE_POINTS)
            cells[raw.measure] = _release(raw, limits, shown=shown, n_low=n_low, strict=strict)
    for scale, items in scales.items():
        own = cells.get(scale)
        if isinstance(own, ReleasedCell):
            cells[scale] = _from_items(own, [cells.get(item, Withheld(reason=Reason.NOT_ASKED, k=k)) for item in items])
    return cells


def _release(raw: RawCell, bounds: Bounds, *, shown: NBand, n_low: int, strict: bool) -> ReleasedCell:
    step = mean_step(n_low)
    lowest, highest = clip_edges(n_low, low=bounds[0], high=bounds[1], strict=strict)
    rounded = round(raw.mean(bounds) / step) * step
    # The clip comes after rounding, and a mean rounded onto the edge counts as clipped: one cell, not two.
    value, qualifier = rounded, Qualifier.EXACT
    low, high = rounded - step / 2, rounded + step / 2
    if rounded >= highest:
        value, qualifier, low, high = highest, Qualifier.AT_LEAST, highest - step / 2, Fraction(bounds[1])
    elif rounded <= lowest:
        value, qualifier, low, high = lowest, Qualifier.AT_MOST, Fraction(bounds[0]), lowest + step / 2
    return ReleasedCell(
        crowd=raw.crowd,
        measure=raw.measure,
        value=float(value),
        qualifier=qualifier,
        low=float(low),
        high=float(high),
        step=float(step),
        rounding_variance=float(step**2 / 12),
        n_band=shown,
        favourable=favourable_band(raw.favourable, raw.n, n_low=n_low),
    )


def _from_items(own: ReleasedCell, items: Sequence[ReleasedCell | Withheld]) -> ReleasedCell | Withheld:
    released = [cell for cell in items if isinstance(cell, ReleasedCell)]
    for cell in items:
        if isinstance(cell, Withheld):
            return cell
    count = len(released)
    if not count:
        raise ValueError(f"the scale {own.measure} names no items")
    if count == 1:
        return replace(released[0], measure=own.measure)
    mean = sum(Fraction(str(cell.value)) for cell in released) / count
    step = Fraction(str(own.step))
    return ReleasedCell(
        crowd=own.crowd,
        measure=own.measure,
        value=float(round(mean / step) * step),
        qualifier=joint_qualifier(released),
        low=sum(cell.low for cell in released) / count,
        high=sum(cell.high for cell in released) / count,
        step=own.step,
        # Once for the items, whose errors average out, and once for the scale itself.
        rounding_variance=float(step**2 / 12 * (1 + Fraction(1, count))),
        n_band=own.n_band,
        favourable=FavourableBand(
            low=sum(cell.favourable.low for cell in released) / count,
            high=sum(cell.favourable.high for cell in released) / count,
        ),
    )


def joint_qualifier(cells: Sequence[ReleasedCell]) -> Qualifier:
    """Return the qualifier of a mean of these cells."""
    low = any(cell.low_clipped for cell in cells)
    high = any(cell.high_clipped for cell in cells)
    if low and high:
        return Qualifier.RANGE
    if high:
        return Qualifier.AT_LEAST
    return Qualifier.AT_MOST if low else Qualifier.EXACT
