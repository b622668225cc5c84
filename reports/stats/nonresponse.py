"""Released response bands and a change in, what the silent could have hidden and the response's own trend out.

No weighting by traits: nobody's traits are known. What remains is to say how far the change would move if those who
were silent had felt worse than those who answered, and whether the response itself has a trend.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from reports.stats.results import Bound, Floats, Interval, ResponseTrend, TooEarly, TrendResult
from reports.stats.series import Series
from reports.stats.trend import fit

# How much lower the silent may have felt, in scale points: with answer odds that rise e-fold per standard deviation of
# mood the silent are about one point lower, with the square root of that half a point.
GAPS = (0.5, 1.0)
# A band that touches 0 or 1 has no logit there; no rate is taken for more certain than this.
EDGE = 0.02


@dataclass(frozen=True, kw_only=True)
class Responses:
    """Released response of one unit, oldest first, arrays (t,): ``days`` increasing, ends ``low`` and ``high`` of the
    bands as shares 0 to 1, ``invited`` positive. Waves without a released band are left out.
    """

    key: str
    days: Floats
    low: Floats
    high: Floats
    invited: Floats

    @property
    def middle(self) -> Floats:
        """Middles of the bands, (t,)."""
        return (self.low + self.high) / 2


def sensitivity(
    change: Interval, first_response: float, last_response: float, gaps: Sequence[float] = GAPS
) -> tuple[Bound, ...]:
    """The change of the whole crowd if its silent people had been each of ``gaps`` points below those who answered.

    With response r the crowd's level is y - gap (1 - r); over the window the change so becomes
    change + gap (last - first), a falling response turns a rise down. ``first_response`` and ``last_response``: shares
    0 to 1 (:func:`ends`), ``change`` in scale points, keyed so that higher is better; the interval keeps its width,
    for the gap is an assumption and not an estimate. Raises ValueError for shares outside 0 to 1.
    """
    if not (0 <= first_response <= 1 and 0 <= last_response <= 1):
        raise ValueError("a response lies between 0 and 1")
    moves = ((gap, gap * (last_response - first_response)) for gap in gaps)
    return tuple(
        Bound(
            gap=gap,
            change=Interval(
                estimate=change.estimate + move, low=change.low + move, high=change.high + move, level=change.level
            ),
        )
        for gap, move in moves
    )


def ends(middles: Sequence[float] | Floats) -> tuple[float, float]:
    """Mean response in the first and in the last third of the waves, oldest first; ValueError without any wave."""
    own = np.asarray(middles, dtype=np.float64)
    if own.size == 0:
        raise ValueError("a response needs at least one wave")
    third = max(1, own.size // 3)
    return float(own[:third].mean()), float(own[-third:].mean())


def response_trend(responses: Sequence[Responses], *, window_waves: int = 26) -> Mapping[str, ResponseTrend | TooEarly]:
    """The trend of each unit's response: the straight line of :func:`reports.stats.trend.fit` on logits.

    The white variance of a logit is 1 / (N p (1 - p)) and the band's width counts as its rounding; moods, pooling and
    moderation are those of the trend. Units with fewer than five waves get TooEarly.
    """
    found = fit([_logits(r) for r in responses], window_waves=window_waves, within_variance=1.0).results
    by_key = {r.key: r for r in responses}
    return {key: _trend(result, by_key[key]) for key, result in found.items()}


def _logits(responses: Responses) -> Series:
    share = np.clip(responses.middle, EDGE, 1 - EDGE)
    low, high = np.clip(responses.low, EDGE, 1 - EDGE), np.clip(responses.high, EDGE, 1 - EDGE)
    return Series(
        key=responses.key,
        days=responses.days,
        values=np.asarray(special.logit(share), dtype=np.float64),
        n=responses.invited * share * (1 - share),
        rounding_step=np.asarray(special.logit(high) - special.logit(low), dtype=np.float64),
    )


def _trend(result: TrendResult | TooEarly, responses: Responses) -> ResponseTrend | TooEarly:
    if isinstance(result, TooEarly):
        return result
    inside = responses.days >= result.days[0]
    first, last = ends(responses.middle[inside])
    line = result.change
    odds = Interval(
        estimate=math.exp(line.estimate), low=math.exp(line.low), high=math.exp(line.high), level=line.level
    )
    return ResponseTrend(key=result.key, change=line, odds=odds, p=result.p, first=first, last=last)
