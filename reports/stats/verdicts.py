"""Trend results and their family in, one verdict of a closed list per cell out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats

from reports.stats.multiplicity import benjamini_hochberg
from reports.stats.results import NeverHere, TooEarly, TrendResult

TREND_LEVEL = 0.05
FALSE_DISCOVERY_RATE = 0.10
# A response rate that moved by more than this within the window may fake an improvement (docs/statistics.md 2.9).
RESPONSE_POINTS = 0.15
POWER = 0.8


class Verdict(StrEnum):
    """All that may be said about a cell's trend. A member added here needs a sentence in every language."""

    RISING = "rising"
    FALLING = "falling"
    NO_DETECTABLE_CHANGE = "no_detectable_change"
    TOO_EARLY = "too_early"
    NEVER_HERE = "never_here"


Finding = TrendResult | TooEarly | NeverHere


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict on one cell and the figures that decided it.

    ``p`` and ``p_adjusted`` are present exactly where a trend was tested, and so is ``minimum``: the change that would
    have been found with 80 % power, with the share of the error rate that one cell of the family has if it is the only
    one that changed. ``response_moved`` forbids the word "improving": a rising mean may then be the silence of those
    who suffer.
    """

    verdict: Verdict
    finding: Finding
    p: float | None
    p_adjusted: float | None
    minimum: float | None
    response_moved: bool

    @property
    def may_say_improving(self) -> bool:
        """Whether a rise may be called an improvement (values are keyed so that higher is better)."""
        return self.verdict is Verdict.RISING and not self.response_moved


def judge(family: Mapping[str, Finding], *, response_moved: Mapping[str, bool] | None = None) -> dict[str, Judgement]:
    """Judge all cells of one report family together.

    A cell changes where its own test rejects at 5 % and Benjamini-Hochberg over the tested cells of ``family`` rejects
    at 10 %. Cells that were not tested do not count in the family. Keys keep their order.
    """
    moved = response_moved or {}
    tested = [key for key, finding in family.items() if isinstance(finding, TrendResult)]
    p = np.array([_p(family[key]) for key in tested], dtype=np.float64)
    adjusted = dict(zip(tested, benjamini_hochberg(p).tolist(), strict=True))
    return {
        key: _judge(finding, adjusted.get(key), tested=len(tested), moved=moved.get(key, False))
        for key, finding in family.items()
    }


def minimum_in_family(result: TrendResult, tested: int) -> float:
    """Smallest change found with 80 % power where ``tested`` cells share the false discovery rate.

    MDE80 times (t_{1-a/2} + t_.80) / (t_.975 + t_.80) with a = min(5 %, 10 % / tested): the threshold of
    Benjamini-Hochberg for the only changed cell. Where several change, less is enough.
    """
    share = min(TREND_LEVEL, FALSE_DISCOVERY_RATE / max(1, tested))
    power = stats.t.ppf(POWER, result.df)
    alone = stats.t.ppf(1 - TREND_LEVEL / 2, result.df) + power
    return float(result.mde80 * (stats.t.ppf(1 - share / 2, result.df) + power) / alone)


def _p(finding: Finding) -> float:
    return finding.p if isinstance(finding, TrendResult) else 1.0


def _judge(finding: Finding, adjusted: float | None, *, tested: int, moved: bool) -> Judgement:
    if isinstance(finding, TooEarly | NeverHere) or adjusted is None:
        verdict = Verdict.TOO_EARLY if isinstance(finding, TooEarly) else Verdict.NEVER_HERE
        return Judgement(verdict=verdict, finding=finding, p=None, p_adjusted=None, minimum=None, response_moved=moved)
    verdict = Verdict.NO_DETECTABLE_CHANGE
    if finding.p < TREND_LEVEL and adjusted <= FALSE_DISCOVERY_RATE:
        verdict = Verdict.RISING if finding.change.estimate > 0 else Verdict.FALLING
    return Judgement(
        verdict=verdict,
        finding=finding,
        p=finding.p,
        p_adjusted=adjusted,
        minimum=minimum_in_family(finding, tested),
        response_moved=moved,
    )


def response_moved(bands: Sequence[tuple[float, float]]) -> bool:
    """Whether the response rate moved by more than 15 points within the window.

    ``bands``: released response bands (shares 0 to 1), oldest first. Compared are the means of the band middles in the
    first and the last third of the waves, so that one absent person in one wave is no movement. Under two waves: no.
    """
    if len(bands) < 2:
        return False
    middles = np.array([(low + high) / 2 for low, high in bands], dtype=np.float64)
    third = max(1, len(bands) // 3)
    return bool(abs(middles[-third:].mean() - middles[:third].mean()) > RESPONSE_POINTS)
