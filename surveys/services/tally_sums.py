"""Sums scored ballots over whole crowds and into the declared moments; arrays in, rows for the totals tables out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from surveys.enums import MeasureKind
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import Scores, measures, score

VARIANCE_FROM = 50
"""Answers in the whole installation from which a pooled within-crowd variance is kept."""

COVARIANCE_FROM = 200
"""Answers in the whole installation from which the covariances of the items of a scale are kept."""

MOMENTS = {"variance_from": VARIANCE_FROM, "covariance_from": COVARIANCE_FROM}
"""The two as a manifest promises them."""

Rows = list[Mapping[str, object]]


def sum_crowds(
    instrument: Instrument,
    answers: NDArray[np.int8],
    crowds: NDArray[np.int64],
    *,
    labels: Sequence[str],
    k: int,
    wave: str,
) -> dict[str, Iterable[Mapping[str, object]]]:
    """Return the rows of the totals tables, in the order of their keys; there are many totals, so they come one by one.

    ``answers`` has the shape (ballots, items) with 0 for no answer, ``crowds`` (ballots,) the place in ``labels``.
    A measure with fewer than ``k`` answers in a crowd is not kept at all. Where some but fewer than ``k`` members
    answered one item of a scale and not another, the sum of the scale is not kept: beside the sums of its items it
    would give away what the few answered. A release then takes the mean of the item means.
    """
    order = np.argsort(crowds, kind="stable")
    answers, crowds = answers[order], crowds[order]
    edges = np.searchsorted(crowds, np.arange(len(labels) + 1))
    scores = score(instrument, answers)
    slices = [slice(int(edges[place]), int(edges[place + 1])) for place in range(len(labels))]
    withheld = [scales_to_withhold(instrument, answers[mine], k) for mine in slices]
    by_label = sorted(zip(labels, slices, withheld, strict=True), key=lambda each: each[0])
    return {
        "counts": [
            {"wave": wave, "crowd": label, "ballots": mine.stop - mine.start}
            for label, mine in zip(labels, slices, strict=True)
        ],
        "totals": (
            row
            for label, mine, hidden in by_label
            for row in sorted(
                _totals(scores, mine, hidden, wave=wave, label=label, k=k), key=lambda row: str(row["measure"])
            )
        ),
        "moments": _moments(instrument, _only_kept(scores, slices, withheld, k), crowds, wave=wave, k=k),
    }


def scales_to_withhold(instrument: Instrument, answers: NDArray[np.int8], k: int) -> frozenset[str]:
    """Return the scales of one crowd whose own sums are not kept, see :func:`sum_crowds`."""
    if (answers != 0).all():
        return frozenset()
    position = {code: place for place, code in enumerate(instrument.item_codes)}
    withheld: set[str] = set()
    for scale in instrument.scales:
        answered = answers[:, [position[code] for code in scale.items]] != 0
        differing = (
            int((answered[:, one] & ~answered[:, other]).sum())
            for one, other in itertools.permutations(range(len(scale.items)), 2)
        )
        if any(0 < few < k for few in differing):
            withheld.add(scale.code)
    return frozenset(withheld)


def _totals(
    scores: Scores, mine: slice, withheld: frozenset[str], *, wave: str, label: str, k: int
) -> Iterable[Mapping[str, object]]:
    for column, measure in enumerate(scores.measures):
        values = scores.values[mine, column]
        scored = values[~np.isnan(values)]
        if len(scored) < k or (measure.kind is MeasureKind.SCALE and measure.code in withheld):
            continue
        yield {
            "wave": wave,
            "crowd": label,
            "measure": measure.code,
            "n": len(scored),
            "total": math.fsum(np.sort(scored)),
            "favourable": int(scores.favourable[mine, column].sum()),
        }


def _only_kept(
    scores: Scores, slices: Sequence[slice], withheld: Sequence[frozenset[str]], k: int
) -> NDArray[np.float64]:
    """Return the scores without those of a crowd and measure of which no total is kept.

    A moment over more than the totals would give away by subtraction what the totals withhold.
    """
    values = scores.values.copy()
    for mine, hidden in zip(slices, withheld, strict=True):
        for column, measure in enumerate(scores.measures):
            if measure.code in hidden or np.count_nonzero(~np.isnan(values[mine, column])) < k:
                values[mine, column] = np.nan
    return values


def _moments(
    instrument: Instrument, values: NDArray[np.float64], crowds: NDArray[np.int64], *, wave: str, k: int
) -> Rows:
    rows: Rows = []
    columns = {measure.code: place for place, measure in enumerate(measures(instrument))}
    for code, place in columns.items():
        pooled = _pooled(values[:, place], values[:, place], crowds)
        if pooled is not None and pooled[0] >= VARIANCE_FROM:
            rows.append(_moment(wave, code, "", pooled))
    pairs = {(min(pair), max(pair)) for scale in instrument.scales for pair in itertools.combinations(scale.items, 2)}
    for one, other in sorted(pairs):
        first, second = _same_answers(values[:, columns[one]], values[:, columns[other]], crowds, k)
        pooled = _pooled(first, second, crowds)
        if pooled is not None and pooled[0] >= COVARIANCE_FROM:
            rows.append(_moment(wave, one, other, pooled))
    return sorted(rows, key=lambda row: (str(row["measure"]), str(row["other"])))


def _same_answers(
    one: NDArray[np.float64], other: NDArray[np.float64], crowds: NDArray[np.int64], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a pair of columns without the crowds in which 1 to k-1 members answered only one of the two."""
    only_one = np.bincount(crowds[np.isnan(one) ^ np.isnan(other)], minlength=int(crowds.max(initial=0)) + 1)
    few = (only_one > 0) & (only_one < k)
    dropped = few[crowds]
    return np.where(dropped, np.nan, one), np.where(dropped, np.nan, other)


def _moment(wave: str, measure: str, other: str, pooled: tuple[int, float]) -> Mapping[str, object]:
    # In two steps: the last bits depend on the order of the answers, and would decide a tie.
    value = round(round(pooled[1], 9), 2)
    return {"wave": wave, "scope": "", "measure": measure, "other": other, "n": pooled[0], "value": value}


def _pooled(
    one: NDArray[np.float64], other: NDArray[np.float64], crowds: NDArray[np.int64]
) -> tuple[int, float] | None:
    """Return n and the pooled within-crowd (co)variance with divisor n minus crowds, or None without freedom."""
    both = ~(np.isnan(one) | np.isnan(other))
    if not both.any():
        return None
    x, y, groups = one[both], other[both], crowds[both]
    size = np.bincount(groups)
    present = size > 0
    safe = np.maximum(size, 1)
    x = x - (np.bincount(groups, weights=x) / safe)[groups]
    y = y - (np.bincount(groups, weights=y) / safe)[groups]
    freedom = len(x) - int(present.sum())
    return (len(x), float(np.dot(x, y)) / freedom) if freedom > 0 else None
