"""Turns answers into scores: keyed items and scale means per ballot, and which of them are favourable.

Formulas: the usual scoring of summated rating scales (Likert 1932, Archives of Psychology 140). An answer is keyed as
``x``, a reversed one as ``1 + maximum - x`` (6 - x on five points); a scale is the mean of its answered keyed items
where at least half of them were answered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveys.enums import MeasureKind
from surveys.errors import Refused
from surveys.instruments.schema import Direction, Instrument, Item

NO_ANSWER = 0
"""How "no answer" is stored in a row of answers; option codes start at 1."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What one column of the scores is about; values lie between 1 and ``maximum``.

    A value is favourable from the edge on: at or above it where high is better, at or below it where high is worse.
    """

    code: str
    kind: MeasureKind
    maximum: int
    higher_is: Direction
    favourable_edge: int


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The scores of many ballots.

    ``values`` is float64 of shape (ballots, measures), NaN where not scored; ``favourable`` is bool of the same
    shape, false where not scored. Rows keep the order of the answers, columns the order of ``measures``.
    """

    measures: tuple[Measure, ...]
    values: NDArray[np.float64]
    favourable: NDArray[np.bool_]

    def column(self, code: str) -> NDArray[np.float64]:
        """Return the values of one measure; ``KeyError`` where there is none with this code."""
        for number, measure in enumerate(self.measures):
            if measure.code == code:
                return self.values[:, number]
        raise KeyError(code)


def measures(instrument: Instrument) -> tuple[Measure, ...]:
    """Return what the columns of the scores are about: every item in order, then every scale."""
    directions = {code: scale.higher_is for scale in instrument.scales for code in scale.items}
    items = [
        _measure(instrument, item, item.code, MeasureKind.ITEM, directions[item.code]) for item in instrument.items
    ]
    scales = [
        _measure(instrument, instrument.item(scale.items[0]), scale.code, MeasureKind.SCALE, scale.higher_is)
        for scale in instrument.scales
    ]
    return (*items, *scales)


def key(answers: NDArray[np.integer], maximum: int, *, is_reversed: bool) -> NDArray[np.int8]:
    """Return keyed answers: ``1 + maximum - x`` for a reversed item; "no answer" (0) stays 0. Shape is kept."""
    keyed = answers.astype(np.int8)
    if is_reversed:
        keyed = np.where(keyed == NO_ANSWER, NO_ANSWER, 1 + maximum - keyed).astype(np.int8)
    return keyed


def score(instrument: Instrument, answers: NDArray[np.integer]) -> Scores:
    """Score ballots given as option codes, 0 = no answer, of shape (ballots, items).

    Raises ``ValueError`` on another shape or on codes that are no options: rows come from :func:`encode_answers`,
    which refuses them with a sentence. No ballot influences the score of another.
    """
    columns = measures(instrument)
    _check_answers(instrument, answers, columns)
    keyed = np.empty(answers.shape, dtype=np.int8)
    for number, item in enumerate(instrument.items):
        keyed[:, number] = key(answers[:, number], columns[number].maximum, is_reversed=item.is_reversed)
    values = np.full((len(answers), len(columns)), np.nan)
    count = len(instrument.items)
    np.copyto(values[:, :count], keyed, where=keyed != NO_ANSWER)
    position = {code: number for number, code in enumerate(instrument.item_codes)}
    for number, scale in enumerate(instrument.scales, start=count):
        chosen = keyed[:, [position[code] for code in scale.items]]
        answered = np.count_nonzero(chosen, axis=1)
        total = chosen.sum(axis=1, dtype=np.int64)  # an unanswered item adds 0
        np.divide(total, answered, out=values[:, number], where=answered >= scale.minimum_answered)
    return Scores(measures=columns, values=values, favourable=_favourable(columns, values))


def encode_answers(instrument: Instrument, answers: Mapping[str, int | None]) -> NDArray[np.int8]:
    """Return one ballot as a row of option codes of shape (items,); ``None`` and an item left out become 0.

    Answers to segments are not in the row, see :func:`encode_segments`. Raises :class:`Refused` for an answer to
    something that the instrument does not ask and for a code that is none of the item's options.
    """
    unknown = sorted(set(answers) - set(instrument.answer_codes))
    if unknown:
        raise Refused("This questionnaire has no question “{item}”.", item=unknown[0][:60])
    row = np.zeros(len(instrument.items), dtype=np.int8)
    for number, item in enumerate(instrument.items):
        row[number] = _option(item.code, answers.get(item.code), instrument.option_set(item).maximum)
    return row


def encode_segments(instrument: Instrument, answers: Mapping[str, int | None]) -> NDArray[np.int8]:
    """Return the segments of one ballot as option codes of shape (segments,), 0 for no answer; in their fixed order.

    Raises :class:`Refused` for a code that is none of the segment's options.
    """
    found = [_option(each.code, answers.get(each.code), each.maximum) for each in instrument.segments]
    return np.array(found, dtype=np.int8)


def encode_topics(instrument: Instrument, topics: Collection[str]) -> NDArray[np.bool_]:
    """Return which topics were ticked, of shape (topics,), in the order of the instrument.

    Raises :class:`Refused` for a topic that the instrument lacks.
    """
    for code in sorted(set(topics) - set(instrument.topic_codes)):
        raise Refused("This questionnaire has no topic “{topic}”.", topic=code[:60])
    return np.array([code in topics for code in instrument.topic_codes], dtype=np.bool_)


def decode(instrument: Instrument, row: Sequence[int] | NDArray[np.integer]) -> dict[str, int | None]:
    """Return the answers of one row by item, ``None`` for no answer; the inverse of :func:`encode_answers`.

    Raises :class:`Refused` for a row of another length or with a code that is none of the item's options.
    """
    if len(row) != len(instrument.items):
        raise Refused(
            "This questionnaire has {items} questions, not {found}.", items=len(instrument.items), found=len(row)
        )
    answers: dict[str, int | None] = {}
    for item, value in zip(instrument.items, row, strict=True):
        answers[item.code] = None if int(value) == NO_ANSWER else int(value)
    encode_answers(instrument, answers)
    return answers


def _option(code: str, answer: int | None, maximum: int) -> int:
    if answer is None:
        return NO_ANSWER
    if isinstance(answer, bool) or not isinstance(answer, int) or not 1 <= answer <= maximum:
        raise Refused("The question “{item}” has the options 1 to {maximum} only.", item=code, maximum=maximum)
    return answer


def _measure(instrument: Instrument, item: Item, code: str, kind: MeasureKind, direction: Direction) -> Measure:
    options = instrument.option_set(item)
    edge = options.favourable if direction is Direction.WORSE else options.maximum + 1 - options.favourable
    return Measure(code=code, kind=kind, maximum=options.maximum, higher_is=direction, favourable_edge=edge)


def _check_answers(instrument: Instrument, answers: NDArray[np.integer], columns: tuple[Measure, ...]) -> None:
    count = len(instrument.items)
    if answers.ndim != 2 or answers.shape[1] != count:
        raise ValueError(f"answers must have the shape (ballots, {count}), not {answers.shape}")
    if not np.issubdtype(answers.dtype, np.integer):
        raise ValueError(f"answers must be whole numbers, not {answers.dtype}")
    highest = np.array([column.maximum for column in columns[:count]])
    if (answers < NO_ANSWER).any() or (answers > highest).any():
        raise ValueError("answers hold a code that is none of the options")


def _favourable(columns: tuple[Measure, ...], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Compare with the edge of each column; NaN compares as false both ways."""
    edges = np.array([column.favourable_edge for column in columns], dtype=np.float64)
    high_is_good = np.array([column.higher_is is Direction.BETTER for column in columns])
    favourable: NDArray[np.bool_] = np.where(high_is_good, values >= edges, values <= edges)
    return favourable
