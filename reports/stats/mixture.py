"""Weighted Student t distributions in, tail areas, quantiles and means of their mixture out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from reports.stats.results import Floats

# Newton steps inside a shrinking bracket reach the tolerance in about seven; the limit is for strange mixtures, where
# every step is at worst a halving. The tolerance is in standard errors, far below any printed digit.
MOST_STEPS = 60
TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """One mixture per series: ``weights``, ``mean``, ``scale`` and ``df``, each (g, k); weights of a row sum to 1."""

    weights: Floats
    mean: Floats
    scale: Floats
    df: Floats

    def expectation(self) -> Floats:
        """Mean of each mixture, (g,)."""
        return np.asarray((self.weights * self.mean).sum(axis=1), dtype=np.float64)

    def standard_error(self) -> Floats:
        """Root mean squared scale, (g,): the standard error of the averaged test, without spread between means."""
        squared: Floats = (self.weights * np.square(self.scale)).sum(axis=1)
        return np.sqrt(squared)

    def below(self, x: Floats) -> Floats:
        """Probability below ``x`` (g,), accurate in the lower tail."""
        t = (x[:, np.newaxis] - self.mean) / self.scale
        return np.asarray((self.weights * special.stdtr(self.df, t)).sum(axis=1), dtype=np.float64)

    def above(self, x: Floats) -> Floats:
        """Probability above ``x`` (g,), accurate in the upper tail."""
        t = (self.mean - x[:, np.newaxis]) / self.scale
        return np.asarray((self.weights * special.stdtr(self.df, t)).sum(axis=1), dtype=np.float64)

    def two_sided_p(self) -> Floats:
        """Twice the smaller tail beyond zero, (g,): below 5 % exactly where the 95 % interval leaves out zero."""
        zero = np.zeros(self.mean.shape[0])
        smaller: Floats = np.minimum(self.below(zero), self.above(zero))
        return np.minimum(1.0, 2 * smaller)

    def _density(self, x: Floats) -> Floats:
        """Density at ``x`` (g,)."""
        t = (x[:, np.newaxis] - self.mean) / self.scale
        half = (self.df + 1) / 2
        constant = np.exp(special.gammaln(half) - special.gammaln(self.df / 2)) / np.sqrt(self.df * np.pi)
        density = constant * np.power(1 + np.square(t) / self.df, -half) / self.scale
        return np.asarray((self.weights * density).sum(axis=1), dtype=np.float64)

    def quantile(self, probability: float) -> Floats:
        """The value with ``probability`` (strictly between 0 and 1) below it, (g,), by Newton's method in a bracket."""
        quantiles = self.mean + self.scale * special.stdtrit(self.df, probability)
        low: Floats = quantiles.min(axis=1)
        high: Floats = quantiles.max(axis=1)
        width = TOLERANCE * self.standard_error()
        x: Floats = (self.weights * quantiles).sum(axis=1)
        for _ in range(MOST_STEPS):
            excess = self.below(x) - probability
            low, high = np.where(excess < 0, x, low), np.where(excess >= 0, x, high)
            step = x - excess / self._density(x)
            following = np.where((step >= low) & (step <= high), step, (low + high) / 2)
            moved = np.abs(following - x)
            x = following
            if bool(np.all(moved <= width)):
                break
        return x
