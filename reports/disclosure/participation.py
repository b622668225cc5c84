"""Turns numbers of invited and answering people into bands that never tell whether everybody answered."""

from __future__ import annotations

from enum import StrEnum

from reports.disclosure.policy import HEADS, K_DEFAULT, NBand, check_k, n_band
from surveys.i18n import Message

_HALF, _THREE_QUARTERS = 2, 3  # quarters


class ResponseBand(StrEnum):
    """How large a part of the invited people answered, as roughly as it may be told."""

    UNDER_HALF = "under_half"
    HALF_TO_THREE_QUARTERS = "half_to_three_quarters"
    THREE_QUARTERS_OR_MORE = "three_quarters_or_more"
    UNDER_THREE_QUARTERS = "under_three_quarters"
    HALF_OR_MORE = "half_or_more"
    NOT_SHOWN = "not_shown"

    @property
    def words(self) -> Message:
        """The band in words that follow "answered by"."""
        return _WORDS[self]


_WORDS = {
    ResponseBand.UNDER_HALF: Message("under half of those invited"),
    ResponseBand.HALF_TO_THREE_QUARTERS: Message("half to three quarters of those invited"),
    ResponseBand.THREE_QUARTERS_OR_MORE: Message("three quarters or more of those invited"),
    ResponseBand.UNDER_THREE_QUARTERS: Message("under three quarters of those invited"),
    ResponseBand.HALF_OR_MORE: Message("half or more of those invited"),
    ResponseBand.NOT_SHOWN: Message("a part of those invited that is not shown"),
}
_UNIONS = {
    (0, 0): ResponseBand.UNDER_HALF,
    (1, 1): ResponseBand.HALF_TO_THREE_QUARTERS,
    (2, 2): ResponseBand.THREE_QUARTERS_OR_MORE,
    (0, 1): ResponseBand.UNDER_THREE_QUARTERS,
    (1, 2): ResponseBand.HALF_OR_MORE,
    (0, 2): ResponseBand.NOT_SHOWN,
}


def response_band(answers: int, invited: int, *, k: int = K_DEFAULT) -> ResponseBand:
    """Return the response band of one crowd.

    The invited number is public and the n band is shown beside this band, so the two are made together: where they
    would leave fewer than three possible numbers of answers, neighbouring response bands are joined. Under ``k``
    answers nothing is shown. Raises ``ValueError`` where more answered than were invited.
    """
    if answers > invited:
        raise ValueError(f"{answers} answers of {invited} invited")
    if answers < check_k(k):
        return ResponseBand.NOT_SHOWN
    band = n_band(answers, k=k, invited=invited)
    # Runs of numbers of answers that share a response band: [first part, last part, how many numbers].
    runs: list[list[int]] = []
    for number in range(band.low, min(band.high, invited) + 1):
        part = _part(number, invited)
        if runs and runs[-1][1] == part:
            runs[-1][2] += 1
        else:
            runs.append([part, part, 1])
    while len(runs) > 1 and min(run[2] for run in runs) < HEADS:
        _join_smallest(runs)
    own = _part(answers, invited)
    return next(_UNIONS[first, last] for first, last, _ in runs if first <= own <= last)


def unit_response(band: NBand, invited: int) -> ResponseBand:
    """Return the response band of a unit of several crowds from its released n band and the public invited number."""
    return _UNIONS[_part(band.low, invited), _part(min(band.high, invited), invited)]


def shows_arrow(*, joined: int, left: int, k: int = K_DEFAULT) -> bool:
    """Tell whether the change from the last wave to this one may be shown as such.

    A roster change of 1 to ``k`` - 1 people, counted for those who joined and for those who left, hides it: the
    difference would be about them. The trend over several waves stays.
    """
    check_k(k)
    return not (1 <= joined < k or 1 <= left < k)


def _part(answers: int, invited: int) -> int:
    quarters = 4 * answers
    if quarters < _HALF * invited:
        return 0
    return 1 if quarters < _THREE_QUARTERS * invited else 2


def _join_smallest(runs: list[list[int]]) -> None:
    at = min(range(len(runs)), key=lambda index: runs[index][2])
    beside = [index for index in (at - 1, at + 1) if 0 <= index < len(runs)]
    other = min(beside, key=lambda index: runs[index][2])
    first, second = sorted((at, other))
    runs[first : second + 1] = [[runs[first][0], runs[second][1], runs[first][2] + runs[second][2]]]
