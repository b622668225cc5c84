"""Turns a week's indicators into the pressure index 0 to 100 with its parts, or into "not enough data".

Index, coverage and bands: research note on roadmap pressure, section 1.3, with its worked example as a test.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.pressure.anchors import VERSION_1, Anchors, Band, Indicator
from reports.pressure.values import Gap, Measured, Missing, Value, WeekIndicators
from reports.pressure.weeks import WEEK


@dataclass(frozen=True, kw_only=True)
class Part:
    """One indicator's share of the index: its value, its points (0 to 100) and what it adds to the index."""

    indicator: Indicator
    measured: Measured
    points: float
    weight: float
    contribution: float


@dataclass(frozen=True, kw_only=True)
class PressureIndex:
    """An index of 0 to 100; the contributions of ``parts`` (largest first) add up to ``value``.

    ``coverage`` is the share of the whole weight that had a value, 0 to 1; ``gaps`` says what was missing and why.
    """

    value: float
    coverage: float
    band: Band
    parts: tuple[Part, ...]
    gaps: Mapping[Indicator, Gap]
    anchors_version: int


@dataclass(frozen=True, kw_only=True)
class NotEnoughData:
    """No index: less than the needed share of the weight has a value. It is not a low value."""

    coverage: float
    gaps: Mapping[Indicator, Gap]
    anchors_version: int


@dataclass(frozen=True, kw_only=True)
class WindowMean:
    """The mean weekly index over the days from ``first`` to ``last``, each week weighted by its days in the window.

    ``parts`` are the mean contributions, largest first; they add up to ``value``. ``coverage`` is that of
    the thinnest week.
    """

    value: float
    coverage: float
    band: Band
    first: dt.date
    last: dt.date
    days_covered: int
    parts: tuple[tuple[Indicator, float], ...]
    anchors_version: int


@dataclass(frozen=True, kw_only=True)
class JointPressure:
    """The mean of several teams' values weighted by people, with the lowest coverage among them."""

    value: float
    coverage: float
    band: Band


Index = PressureIndex | NotEnoughData


def index_of(week: WeekIndicators, anchors: Anchors = VERSION_1) -> Index:
    """Return the weighted mean of the points of all indicators that have a value, if their weight suffices."""
    return index_of_values(week.values, anchors)


def index_of_values(values: Mapping[Indicator, Value], anchors: Anchors = VERSION_1) -> Index:
    """Like :func:`index_of`, from values alone; an indicator that is not named counts as switched off."""
    measured = {name: value for name, value in values.items() if isinstance(value, Measured)}
    gaps = {name: value.gap for name, value in values.items() if isinstance(value, Missing)}
    gaps |= {name: Gap.SWITCHED_OFF for name in Indicator if name not in values}
    scales = {name: anchors.scale(name, moscow=value.moscow) for name, value in measured.items()}
    available = sum(scale.weight for scale in scales.values())
    coverage = available / anchors.total_weight
    # Weights are whole numbers, so the limit of 0.6 can be met exactly and must not be missed by a rounding error.
    if coverage < anchors.min_coverage - 1e-9:
        return NotEnoughData(coverage=coverage, gaps=gaps, anchors_version=anchors.version)
    parts = []
    for name, value in measured.items():
        points, weight = scales[name].points(value.value), scales[name].weight
        parts.append(
            Part(
                indicator=name,
                measured=value,
                points=points,
                weight=weight,
                contribution=weight * points / available,
            )
        )
    parts.sort(key=lambda part: (-part.contribution, part.indicator))
    index = sum(part.contribution for part in parts)
    return PressureIndex(
        value=index,
        coverage=coverage,
        band=anchors.band(index),
        parts=tuple(parts),
        gaps=gaps,
        anchors_version=anchors.version,
    )


def window_mean(
    indexes: Mapping[dt.date, Index], *, opens_on: dt.date, days: int, anchors: Anchors = VERSION_1
) -> WindowMean | NotEnoughData:
    """Return the mean index over the ``days`` days that end the day before a wave opens (lag 0).

    ``indexes`` maps Mondays to the weekly index. Weeks without one are left out; with less than the needed share of
    days under an index there is no mean. Raises ``ValueError`` where ``days`` is not positive.
    """
    if days < 1:
        raise ValueError("a window has at least one day")
    first, last = opens_on - dt.timedelta(days=days), opens_on - dt.timedelta(days=1)
    shares: list[tuple[int, PressureIndex]] = []
    for monday, index in sorted(indexes.items()):
        inside = (min(last + dt.timedelta(days=1), monday + WEEK) - max(first, monday)).days
        if inside > 0 and isinstance(index, PressureIndex):
            shares.append((inside, index))
    covered = sum(inside for inside, _ in shares)
    if not shares or covered < anchors.min_coverage * days - 1e-9:
        return NotEnoughData(coverage=covered / days, gaps={}, anchors_version=anchors.version)
    value = sum(inside * index.value for inside, index in shares) / covered
    return WindowMean(
        value=value,
        coverage=min(index.coverage for _, index in shares),
        band=anchors.band(value),
        first=first,
        last=last,
        days_covered=covered,
        parts=_mean_parts(shares, covered),
        anchors_version=anchors.version,
    )


def joint(members: Sequence[tuple[PressureIndex | WindowMean, int]], anchors: Anchors = VERSION_1) -> JointPressure:
    """Return the mean of the teams of a joint crowd, weighted by their frozen invited numbers.

    Raises ``ValueError`` where no team has a positive number.
    """
    people = sum(count for _, count in members)
    if people < 1:
        raise ValueError("a joint value needs at least one invited person")
    value = sum(index.value * count for index, count in members) / people
    return JointPressure(value=value, coverage=min(index.coverage for index, _ in members), band=anchors.band(value))


def _mean_parts(shares: Sequence[tuple[int, PressureIndex]], covered: int) -> tuple[tuple[Indicator, float], ...]:
    totals: dict[Indicator, float] = {}
    for inside, index in shares:
        for part in index.parts:
            totals[part.indicator] = totals.get(part.indicator, 0.0) + inside * part.contribution / covered
    return tuple(sorted(totals.items(), key=lambda entry: (-entry[1], entry[0])))
