"""Sums scored ballots over whole crowds and into the declared moments; arrays in, rows for the totals tables out."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

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

_ANY = np.iinfo(np.int64).max

Rows = list[Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a release needs of groups of ballots, each of shape (groups, measures).

    ``n`` opinions, the ``total`` of their keyed scores and how many of them were ``favourable``.
    """

    n: NDArray[np.int64]
    total: NDArray[np.float64]
    favourable: NDArray[np.int64]


def sum_crowds(
    instrument: Instrument,
    answers: NDArray[np.int8],
    crowds: NDArray[np.int64],
    *,
    labels: Sequence[str],
    k: int,
    wave: str,
    divided: Collection[str] = (),
) -> dict[str, Iterable[Mapping[str, object]]]:
    """Return the rows of the totals tables, in the order of their keys; there are many totals, so they come one by one.

    ``answers`` has the shape (ballots, items) with 0 for no answer, ``crowds`` (ballots,) the place in ``labels``.
    A measure with fewer than ``k`` answers in a crowd is not kept at all. Where some but fewer than ``k`` members
    answered one item of a scale and not another, the sum of the scale is not kept: beside the sums of its items it
    would give away what the few answered. In a crowd that segment tables divide (``divided``) it is not kept where
    anybody did, so that it is always a function of the sums of its items. A release then takes the mean of these.
    """
    scores = score(instrument, answers)
    limits = np.array([_ANY if label in divided else k for label in labels])
    is_kept = _kept(instrument, answers, crowds, scores, limits=limits, k=k)
    values = np.where(is_kept[crowds], scores.values, np.nan)
    ballots = np.bincount(crowds, minlength=len(labels)).tolist()
    return {
        "counts": [
            {"wave": wave, "crowd": label, "ballots": count} for label, count in zip(labels, ballots, strict=True)
        ],
        "totals": _totals(scores, sums(instrument, answers, scores, crowds, len(labels)), is_kept, labels, wave),
        "moments": _moments(instrument, values, crowds, wave=wave, k=k),
    }


def sum_topics(
    instrument: Instrument, ticked: NDArray[np.int8], crowds: NDArray[np.int64], *, labels: Sequence[str], wave: str
) -> Iterable[Mapping[str, object]]:
    """Yield the rows of the topic table in the order of their keys: how many ballots of each crowd ticked each topic.

    ``ticked`` has the shape (ballots, topics) with 1 where ticked, ``crowds`` (ballots,) the place in ``labels``.
    """
    ballots = np.bincount(crowds, minlength=len(labels)).tolist()
    topics = sorted((topic.code, column) for column, topic in enumerate(instrument.topics))
    made = {
        code: np.bincount(crowds, ticked[:, column], len(labels)).astype(np.int64).tolist() for code, column in topics
    }
    for place, label in sorted(enumerate(labels), key=lambda each: each[1]):
        for code, _ in topics:
            yield {"wave": wave, "crowd": label, "topic": code, "n": ballots[place], "ticked": made[code][place]}


def sums(
    instrument: Instrument, answers: NDArray[np.int8], scores: Scores, groups: NDArray[np.int64], count: int
) -> Sums:
    """Return the sums of every measure over ``count`` groups; ``groups`` (ballots,) is the place of each ballot.

    The order of the ballots changes no digit: whole numbers are added, those of a scale apart by how many of its items
    were answered, and divided last.
    """
    shape = (count, len(scores.measures))
    made = Sums(n=np.zeros(shape, np.int64), total=np.zeros(shape), favourable=np.zeros(shape, np.int64))
    position = {code: place for place, code in enumerate(instrument.item_codes)}
    scales = {scale.code: scale for scale in instrument.scales}
    for column, measure in enumerate(scores.measures):
        values = scores.values[:, column]
        scored = ~np.isnan(values)
        made.n[:, column] = np.bincount(groups[scored], minlength=count)
        made.favourable[:, column] = np.bincount(groups[scores.favourable[:, column]], minlength=count)
        if measure.kind is MeasureKind.ITEM:
            made.total[:, column] = np.bincount(groups[scored], weights=values[scored], minlength=count)
            continue
        items = [position[code] for code in scales[measure.code].items]
        answered = np.count_nonzero(answers[:, items], axis=1)
        points = np.rint(np.where(scored, values, 0) * answered)
        for number in range(1, len(items) + 1):
            own = scored & (answered == number)
            made.total[:, column] += np.bincount(groups[own], weights=points[own], minlength=count) / number
    return made


def scales_to_withhold(instrument: Instrument, answers: NDArray[np.int8], k: int) -> frozenset[str]:
    """Return the scales of one crowd whose own sums are not kept, see :func:`sum_crowds`."""
    crowds = np.zeros(len(answers), dtype=np.int64)
    hidden = _withheld(instrument, answers, crowds, np.array([k]))[0]
    return frozenset(scale.code for scale, is_hidden in zip(instrument.scales, hidden, strict=True) if is_hidden)


def _withheld(
    instrument: Instrument, answers: NDArray[np.int8], crowds: NDArray[np.int64], limits: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return by crowd and scale whether its own sum is not kept, because some but fewer than the limit skipped."""
    hidden = np.zeros((len(limits), len(instrument.scales)), dtype=np.bool_)
    given = answers != 0
    if given.all():
        return hidden
    position = {code: place for place, code in enumerate(instrument.item_codes)}
    for column, scale in enumerate(instrument.scales):
        for one, other in itertools.permutations([position[code] for code in scale.items], 2):
            few = np.bincount(crowds[given[:, one] & ~given[:, other]], minlength=len(limits))
            hidden[:, column] |= (few > 0) & (few < limits)
    return hidden


def _kept(
    instrument: Instrument,
    answers: NDArray[np.int8],
    crowds: NDArray[np.int64],
    scores: Scores,
    *,
    limits: NDArray[np.int64],
    k: int,
) -> NDArray[np.bool_]:
    """Return by crowd and measure whether its total is kept.

    A moment over more than the totals would give away by subtraction what the totals withhold, so it follows this too.
    """
    scored = ~np.isnan(scores.values)
    is_kept = np.column_stack(
        [np.bincount(crowds[own], minlength=len(limits)) >= k for own in scored.T]
    )  # fmt: skip
    items = len(instrument.items)
    is_kept[:, items:] &= ~_withheld(instrument, answers, crowds, limits)
    return is_kept


def _totals(
    scores: Scores, made: Sums, is_kept: NDArray[np.bool_], labels: Sequence[str], wave: str
) -> Iterable[Mapping[str, object]]:
    columns = sorted(enumerate(scores.measures), key=lambda each: each[1].code)
    n, total, favourable, kept = (each.tolist() for each in (made.n, made.total, made.favourable, is_kept))
    for place, label in sorted(enumerate(labels), key=lambda each: each[1]):
        for column, measure in columns:
            if kept[place][column]:
                yield {
                    "wave": wave,
                    "crowd": label,
                    "measure": measure.code,
                    "n": n[place][column],
                    "total": total[place][column],
                    "favourable": favourable[place][column],
                }


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
