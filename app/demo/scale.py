"""Turns places on the latent scale into option codes 1 to 5 and back, for the simulated people of a demonstration."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SHARES = (0.05, 0.12, 0.25, 0.40, 0.18)
"""How a whole organisation answers, from option 1 to 5 (docs/calibration.md)."""

# Standard normal quantiles of the cumulated shares .05, .17, .42 and .82 (R: qnorm).
THRESHOLDS = (-1.6448536269514729, -0.9541652531461944, -0.20189347914185088, 0.9153650878428138)

_REACH = 6.0
_STEPS = 60


def options(latent: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return option codes 1 to 5 of the same shape."""
    return np.searchsorted(np.array(THRESHOLDS), latent).astype(np.int64) + 1


def expected(level: NDArray[np.float64], spread: float) -> float:
    """Return the mean option of people whose latent means are ``level``, each with normal noise of sd ``spread``."""
    above = [0.5 * math.erfc((cut - float(each)) / (spread * math.sqrt(2))) for each in level for cut in THRESHOLDS]
    return 1.0 + sum(above) / level.size


def level_for(mean: float, offsets: NDArray[np.float64], spread: float) -> float:
    """Return the latent level at which people with these offsets have ``mean`` as their expected mean option.

    ``mean`` lies strictly between 1 and 5; found by halving an interval.
    """
    low, high = -_REACH, _REACH
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if expected(offsets + middle, spread) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2
