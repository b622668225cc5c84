"""Turns k and an expected response share into the number of invited people with which a crowd stands alone."""

from __future__ import annotations

import math
from functools import cache

K_FLOOR = 5
"""The least k of the product: you and four others."""

DEFAULT_RESPONSE = 0.75
"""The expected response share before earlier waves say better."""

STAND_ALONE = 0.8
"""The probability with which at least k of a crowd must be expected to answer."""

SPARE = 2
"""Invited people beyond k that a crowd has at least, so that a release never says that everybody answered."""

_LARGEST = 100_000


def probability_of_at_least(k: int, invited: int, response: float) -> float:
    """Return P(X >= k) for X ~ Binomial(invited, response).

    The sum of the binomial probabilities below k, subtracted from one (Feller 1968, VI.2; checked against
    ``scipy.stats.binom.sf``). ``response`` lies in (0, 1].
    """
    if invited < k:
        return 0.0
    if response >= 1:
        return 1.0
    below = sum(math.comb(invited, few) * response**few * (1 - response) ** (invited - few) for few in range(k))
    return 1.0 - below


@cache
def least_invited(k: int, response: float) -> int:
    """Return the smallest number of invited people of whom at least k answer with probability 0.8 or more.

    With k = 5 and a response of 75 % that is 8; it is never below k + 2.
    Raises ValueError for a k below 1 or a share outside (0, 1].
    """
    if k < 1 or not 0 < response <= 1:
        raise ValueError("k must be at least 1 and the response share above 0 and at most 1")
    low, high = k - 1, k
    while high < _LARGEST and probability_of_at_least(k, high, response) < STAND_ALONE:
        low, high = high, high * 2
    while high - low > 1:  # the probability grows with the number invited
        middle = (low + high) // 2
        if probability_of_at_least(k, middle, response) < STAND_ALONE:
            low = middle
        else:
            high = middle
    return max(high, k + SPARE)
