"""Turns an imported result into the value and the number of answers that may be shown, coarser where few answered.

Another tool's figures were made without our rules, so the same steps, edges and bands are laid over them here: what is
shown about a small group must not tell what everybody said. Nor must what is computed: that is made of the shown form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from reports.disclosure import policy
from surveys.i18n import Translator
from surveys.importers.history_map import ValueKind

POINTS = 4.0
"""Width of the scale from 1 to 5 on which steps and edges are defined; other ranges are mapped to it linearly."""


_FINEST_SHARE = Fraction(1, 10)
"""Percentages are never shown finer than this."""


@dataclass(frozen=True, kw_only=True)
class EarlierMeasure:
    """A measure of an import: its name, unit and direction, with the tool that measured."""

    source: str
    tool: str
    code: str
    name: str
    kind: ValueKind
    low: float
    high: float
    is_lower_better: bool
    scale: str | None

    @property
    def per_point(self) -> float:
        """Units of the measure per point of a scale from 1 to 5, the width of which is four points."""
        return (self.high - self.low) / POINTS

    def describe(self, tr: Translator) -> str:
        """Say what its numbers are: ``percent of people`` or ``mean, 1 to 7``."""
        if self.kind is ValueKind.PERCENT:
            return tr.t("percent of people")
        return tr.t("mean, {low} to {high}", low=plain_number(self.low, tr), high=plain_number(self.high, tr))


@dataclass(frozen=True, kw_only=True)
class ShownCell:
    """A value as printed, and the band of answers behind it."""

    value: str
    answers: str


@dataclass(frozen=True, kw_only=True)
class CoarseCell:
    """What a printed value says as a number; everything that is computed of imports is computed of this.

    ``value``: the rounded mean, or the middle of the band of a share, in the unit of the measure. ``width`` is that of
    the step or band, so that the form itself adds a variance of width squared over 12. ``n``: middle of the band of
    answers as a whole number, None where no number is known.
    """

    value: float
    width: float
    n: int | None


@dataclass(frozen=True, kw_only=True)
class _Number:
    """A number on a step between two edges; it stands at an edge where ``is_low`` or ``is_high``."""

    value: Fraction
    step: Fraction
    is_low: bool
    is_high: bool


def shown(measure: EarlierMeasure, value: float, n: int | None, *, k: int, least: int, tr: Translator) -> ShownCell:
    """Return what may be shown of one result.

    ``k``: smallest group of the import, ``least``: number of answers vouched for where ``n`` is missing; such a value
    is treated as one of the fewest that it may rest on.
    """
    if n is None:
        answers, n_low = tr.t("not known, {least} or more vouched for", least=least), least
    else:
        band = policy.n_band(n, k=k)
        answers, n_low = tr.render(band.text), band.low
    if measure.kind is ValueKind.PERCENT and n_low < policy.FINE_MINIMUM:
        return ShownCell(value=tr.render(_share_band(value, n, n_low).words), answers=answers)
    found = _number(measure, value, n_low)
    number = tr.number(float(found.value), max(0, -math.floor(math.log10(found.step))))
    if measure.kind is ValueKind.PERCENT:
        number = f"{number} %"
    return ShownCell(value=_clipped(number, found, tr), answers=answers)


def coarse(measure: EarlierMeasure, value: float, n: int | None, *, k: int, least: int) -> CoarseCell:
    """Return what :func:`shown` says of one result as a number; two results that are shown alike give the same."""
    band = None if n is None else policy.n_band(n, k=k)
    n_low = least if band is None else band.low
    middle = None if band is None else math.floor(band.mid + 0.5)
    if measure.kind is ValueKind.PERCENT and n_low < policy.FINE_MINIMUM:
        share = _share_band(value, n, n_low)
        return CoarseCell(value=50 * (share.low + share.high), width=100 * (share.high - share.low), n=middle)
    found = _number(measure, value, n_low)
    if measure.kind is ValueKind.PERCENT and (found.is_low or found.is_high):
        at = float(found.value)
        low, high = (0.0, at) if found.is_low else (at, 100.0)
        return CoarseCell(value=(low + high) / 2, width=high - low, n=middle)
    return CoarseCell(value=float(found.value), width=float(found.step), n=middle)


def plain_number(value: float, tr: Translator) -> str:
    """Return a number with as many decimals as it needs, at most two."""
    return tr.number(value, next(places for places in (0, 1, 2) if places == 2 or round(value, places) == value))


def _share_band(percent: float, n: int | None, n_low: int) -> policy.FavourableBand:
    """Return the band in which a share of fewer than 50 answers is shown."""
    # Heads undo the rounding of the tool: 33.3 of 9 people is a third. Without a number the share stays as it is.
    heads, people = (round(percent * 100), 10_000) if n is None else (round(percent * n / 100), n)
    return policy.favourable_band(heads, people, n_low=n_low)


def _number(measure: EarlierMeasure, value: float, n_low: int) -> _Number:
    """Return a value as it is shown of so many.

    A share is a whole per cent, finer where a step still holds three heads. A mean is on the step that our means of so
    few have, in the unit of the measure, between the same edges.
    """
    if measure.kind is ValueKind.PERCENT:
        step = max(_FINEST_SHARE, min(Fraction(1), _even(Fraction(100 * policy.HEADS, n_low))))
        margin = Fraction(100 * policy.HEADS, n_low)
        lowest, highest = math.ceil(margin / step) * step, math.floor((100 - margin) / step) * step
        rounded = round(Fraction(value) / step) * step
    else:
        per_point, low = Fraction(measure.per_point), Fraction(measure.low)
        step = _even(policy.mean_step(n_low) * per_point)
        edges = [low + (edge - 1) * per_point for edge in policy.clip_edges(n_low, low=1, high=5)]
        lowest, highest = math.ceil(edges[0] / step) * step, math.floor(edges[1] / step) * step
        rounded = round(Fraction(value) / step) * step
    return _Number(
        value=min(max(rounded, lowest), highest), step=step, is_low=rounded <= lowest, is_high=rounded >= highest
    )


def _even(step: Fraction) -> Fraction:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below a step: 2.5 becomes 5, 0.3 becomes 0.5."""
    power = Fraction(10) ** math.floor(math.log10(step))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= step)


def _clipped(number: str, found: _Number, tr: Translator) -> str:
    if found.is_high:
        return tr.t("{value} or more", value=number)
    return tr.t("{value} or less", value=number) if found.is_low else number
