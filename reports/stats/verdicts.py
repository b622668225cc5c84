"""Results and their family in, one verdict of a closed list per cell out.

Every list is an enum; its docstring is the exact rule.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
from scipy import stats

from reports.stats.drivers import DriverFit
from reports.stats.multiplicity import FALSE_DISCOVERY_RATE, benjamini_hochberg, hierarchical
from reports.stats.paired import SAME, PairedChange, TooFewUnits, UnitChange
from reports.stats.results import NeverHere, TooEarly, TrendResult

TREND_LEVEL = 0.05
# A response rate that moved by more than this within the window may fake an improvement (docs/methods.md, "Silence").
RESPONSE_POINTS = 0.15
POWER = 0.8
# Above this share of clipped values the spread of a series is no guide to what it would have shown.
MOST_CLIPPED = 1 / 3
K = TypeVar("K", bound=Hashable)


class Verdict(StrEnum):
    """All that may be said about a cell's trend. A member added here needs a sentence in every language.

    RISING, FALLING: the trend's own p value is below 5 % and Benjamini-Hochberg over the tested cells of the family (a
    leader report) or its hierarchical form (a whole release) selects it at 10 %; the sign is that of slope times span.
    NO_DETECTABLE_CHANGE: tested, but not both. TOO_EARLY: fewer waves than a trend needs. NEVER_HERE: the unit is too
    small or joined in a way that no trend of it is made.
    """

    RISING = "rising"
    FALLING = "falling"
    NO_DETECTABLE_CHANGE = "no_detectable_change"
    TOO_EARLY = "too_early"
    NEVER_HERE = "never_here"


class CommonVerdict(StrEnum):
    """All that may be said about the change that the units of an import have in common between two waves.

    COMMON_RISE, COMMON_FALL: p of the t test over units is below 5 % and Benjamini-Hochberg over the pairs of waves and
    measures judged together selects it at 10 %. NO_COMMON_CHANGE: tested, but not both. CANNOT_TELL: under 3 units, or
    all units changed by the same and no rounding is known, so that nothing shows what chance does.
    """

    COMMON_RISE = "common_rise"
    COMMON_FALL = "common_fall"
    NO_COMMON_CHANGE = "no_common_change"
    CANNOT_TELL = "cannot_tell"


class ScatterVerdict(StrEnum):
    """Whether the units' changes differ more than their numbers of answers explain.

    MORE_THAN_SAMPLING: Cochran's Q rejects at 5 % and the dispersion is above 1. SAMPLING_EXPLAINS: tested, but not
    both. CANNOT_TELL: the sampling error is known for fewer than 3 units.
    """

    MORE_THAN_SAMPLING = "more_than_sampling"
    SAMPLING_EXPLAINS = "sampling_explains"
    CANNOT_TELL = "cannot_tell"


class UnitVerdict(StrEnum):
    """All that may be said about one unit of an import beside the others.

    ABOVE_THE_OTHERS, BELOW_THE_OTHERS: its change less the mean change of the others, in an error widened by the
    others' scatter, is selected by Benjamini-Hochberg over the units at 10 %. WITH_THE_OTHERS: not selected.
    """

    ABOVE_THE_OTHERS = "above_the_others"
    BELOW_THE_OTHERS = "below_the_others"
    WITH_THE_OTHERS = "with_the_others"


class DriverVerdict(StrEnum):
    """All that may be said about a scale beside the outcome; it is never called a cause.

    HIGHER_TOGETHER, OPPOSITE: p of the correlation over teams (bootstrap of teams; for a positive one against what the
    sampling error of the same sheets makes by itself) is below 5 % and Benjamini-Hochberg over the scales of the table
    selects it at 10 %; the sign is that of the correlation. NOT_DISTINGUISHABLE: not both.
    """

    HIGHER_TOGETHER = "higher_together"
    OPPOSITE = "opposite"
    NOT_DISTINGUISHABLE = "not_distinguishable"


# The closed lists of this module, for the page of methods. Alerts and levels have theirs beside their rule.
CLOSED_LISTS: tuple[type[StrEnum], ...] = (Verdict, CommonVerdict, ScatterVerdict, UnitVerdict, DriverVerdict)

Finding = TrendResult | TooEarly | NeverHere


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict on one cell and the figures that decided it.

    ``p`` and ``p_adjusted`` are present exactly where a trend was tested. So is ``minimum``, except where the trend
    :attr:`is_clipped`: the change that would have been found with 80 % power, with the share of the error rate that one
    cell of the family has if it is the only one that changed. ``response_moved`` forbids the word "improving": a rising
    mean may then be the silence of those who suffer.
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

    @property
    def is_clipped(self) -> bool:
        """Whether a trend was tested on so many clipped values that nothing is known of what it would have shown."""
        return isinstance(self.finding, TrendResult) and self.finding.clipped > MOST_CLIPPED


def judge(family: Mapping[str, Finding], *, response_moved: Mapping[str, bool] | None = None) -> dict[str, Judgement]:
    """Judge all cells of one report family together.

    A cell changes where its own test rejects at 5 % and Benjamini-Hochberg over the tested cells of ``family`` rejects
    at 10 %. Cells that were not tested do not count in the family. Keys keep their order.
    """
    moved = response_moved or {}
    adjusted = _adjusted(_tested(family))
    return {
        key: _judge(finding, adjusted.get(key), tested=len(adjusted), moved=moved.get(key, False))
        for key, finding in family.items()
    }


def judge_release(
    families: Mapping[str, Mapping[str, Finding]], *, response_moved: Mapping[str, Mapping[str, bool]] | None = None
) -> dict[str, dict[str, Judgement]]:
    """Judge all scales of all units of a release together: the hierarchical family, units first, then scales.

    A cell changes where its own test rejects at 5 % and :func:`reports.stats.multiplicity.hierarchical` selects it at
    10 %. ``families`` and ``response_moved``: unit to scale. ``minimum``, None as in :class:`Judgement`, is for the
    only changed cell of the release: 10 % shared by the tested units times the unit's tested scales. Keys keep
    their order.
    """
    moved = response_moved or {}
    tested = {unit: _tested(family) for unit, family in families.items()}
    units = sum(1 for tests in tested.values() if tests)
    decisions = hierarchical(tested)
    return {
        unit: {
            scale: _judge(
                finding,
                decisions[unit][scale].p_adjusted if scale in decisions[unit] else None,
                tested=units * len(tested[unit]),
                moved=moved.get(unit, {}).get(scale, False),
            )
            for scale, finding in family.items()
        }
        for unit, family in families.items()
    }


def judge_common(family: Mapping[K, PairedChange | TooFewUnits]) -> dict[K, CommonVerdict]:
    """Judge the common changes of all pairs of waves and measures that stand on one page together; keys keep order."""
    p = {key: change.p for key, change in family.items() if isinstance(change, PairedChange)}
    adjusted = _adjusted(p)

    def one(key: K, change: PairedChange | TooFewUnits) -> CommonVerdict:
        if isinstance(change, TooFewUnits) or change.mean.half_width <= SAME:
            return CommonVerdict.CANNOT_TELL
        if not _is_found(change.p, adjusted[key]):
            return CommonVerdict.NO_COMMON_CHANGE
        return CommonVerdict.COMMON_RISE if change.mean.estimate > 0 else CommonVerdict.COMMON_FALL

    return {key: one(key, change) for key, change in family.items()}


def judge_scatter(change: PairedChange) -> ScatterVerdict:
    """Whether the units of one pair of waves differ more than sampling explains."""
    if change.dispersion is None or change.p_dispersion is None:
        return ScatterVerdict.CANNOT_TELL
    more = change.p_dispersion < TREND_LEVEL and change.dispersion > 1
    return ScatterVerdict.MORE_THAN_SAMPLING if more else ScatterVerdict.SAMPLING_EXPLAINS


def judge_unit(unit: UnitChange) -> UnitVerdict:
    """Whether one unit moved otherwise than the others."""
    if not unit.is_flagged:
        return UnitVerdict.WITH_THE_OTHERS
    return UnitVerdict.ABOVE_THE_OTHERS if unit.beyond > 0 else UnitVerdict.BELOW_THE_OTHERS


def judge_drivers(fit: DriverFit) -> dict[str, DriverVerdict]:
    """The verdict on every scale of a table of drivers, by name, in its order."""
    adjusted = _adjusted({driver.name: driver.p for driver in fit.drivers})
    found: dict[str, DriverVerdict] = {}
    for driver in fit.drivers:
        sign = DriverVerdict.HIGHER_TOGETHER if driver.correlation.estimate > 0 else DriverVerdict.OPPOSITE
        is_found = _is_found(driver.p, adjusted[driver.name])
        found[driver.name] = sign if is_found else DriverVerdict.NOT_DISTINGUISHABLE
    return found


def minimum_in_family(result: TrendResult, tested: int) -> float:
    """Smallest change found with 80 % power where ``tested`` cells share the false discovery rate.

    MDE80 times (t_{1-a/2} + t_.80) / (t_.975 + t_.80) with a = min(5 %, 10 % / tested): the threshold of
    Benjamini-Hochberg for the only changed cell. Where several change, less is enough.
    """
    share = min(TREND_LEVEL, FALSE_DISCOVERY_RATE / max(1, tested))
    power = stats.t.ppf(POWER, result.df)
    alone = stats.t.ppf(1 - TREND_LEVEL / 2, result.df) + power
    return float(result.mde80 * (stats.t.ppf(1 - share / 2, result.df) + power) / alone)


def _tested(family: Mapping[str, Finding]) -> dict[str, float]:
    return {key: finding.p for key, finding in family.items() if isinstance(finding, TrendResult)}


def _adjusted(p: Mapping[K, float]) -> dict[K, float]:
    values = np.array(list(p.values()), dtype=np.float64)
    return dict(zip(p, benjamini_hochberg(values).tolist(), strict=True))


def _is_found(p: float, adjusted: float) -> bool:
    return p < TREND_LEVEL and adjusted <= FALSE_DISCOVERY_RATE


def _judge(finding: Finding, adjusted: float | None, *, tested: int, moved: bool) -> Judgement:
    if isinstance(finding, TooEarly | NeverHere) or adjusted is None:
        verdict = Verdict.TOO_EARLY if isinstance(finding, TooEarly) else Verdict.NEVER_HERE
        return Judgement(verdict=verdict, finding=finding, p=None, p_adjusted=None, minimum=None, response_moved=moved)
    verdict = Verdict.NO_DETECTABLE_CHANGE
    if _is_found(finding.p, adjusted):
        verdict = Verdict.RISING if finding.change.estimate > 0 else Verdict.FALLING
    return Judgement(
        verdict=verdict,
        finding=finding,
        p=finding.p,
        p_adjusted=adjusted,
        minimum=None if finding.clipped > MOST_CLIPPED else minimum_in_family(finding, tested),
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
