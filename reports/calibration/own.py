"""The fitted covariance, sizes and rhythm of one organisation in, simulated years of it measured by the product, out.

Series are drawn as the fitted model says: a level, an AR(1) mood, white noise by the number of answers, and the
rounding of the release. So it tells what can be seen if the model holds; the worlds tell what happens where it does
not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from reports.calibration.looks import LEVEL
from reports.calibration.runs import Flags, Sums, count
from reports.calibration.worlds import Floats
from reports.stats.alerts import find_alerts
from reports.stats.results import Posterior, TooEarly, TrendResult, Watch
from reports.stats.series import Series
from reports.stats.trend import fit

WAVES = (6, 12, 26)
YEAR_WAVES = 26
HISTORY = 11
NOTICE = 6
DROPS = (0.5, 1.0, 1.5)
# Sizes by the middle of the n band: as the bands of the policy, larger ones together.
CLASSES = (8, 12, 20, 50)
LOW, HIGH = 1.0, 5.0
MIDDLE = 3.5


@dataclass(frozen=True, kw_only=True)
class Place:
    """One crowd as it was released: band middles and rounding steps of its waves, oldest first, and its mean level.

    ``share`` of the waves since its first one had a figure of it.
    """

    sizes: tuple[float, ...]
    steps: tuple[float, ...]
    level: float = MIDDLE
    share: float = 1.0

    @property
    def size(self) -> float:
        """Usual number of answers: the median band middle."""
        return float(np.median(self.sizes))


@dataclass(frozen=True, kw_only=True)
class OwnTask:
    """One scale of the organisation over ``waves`` waves; one crowd in ten (at least one) drops by ``points``.

    ``year`` watches for alerts, with the drop in the middle; otherwise every crowd is tested for a trend.
    """

    posterior: Posterior
    places: tuple[Place, ...]
    within_variance: float
    waves: int
    points: float = 0.0
    year: bool = False
    block: int = field(default=2, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """The same draws for every size of the drop."""
        return ("own", len(self.places), self.waves, self.year)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Figures: mde by class of size and rejects; of a year alarmed, noticed, and at_1 to at_6 by wave of notice."""
        changed = np.zeros(len(self.places), dtype=np.bool_)
        if self.points:
            changed[rng.permutation(len(self.places))[: max(1, len(self.places) // 10)]] = True
        length = self.waves + (HISTORY if self.year else 0)
        start = length - self.waves // 2
        series = self._draw(rng, length, changed, start)
        fitted = fit(series, window_waves=self.waves, within_variance=self.within_variance)
        if not self.year:
            return self._trend(list(fitted.results.values()))
        found = find_alerts(series, fitted, within_variance=self.within_variance, window_waves=self.waves)
        return self._year(list(found.results.values()), changed, start)

    def _year(self, results: Sequence[Watch | TooEarly], changed: Flags, start: int) -> Sums:
        pairs = [(w, bool(moved)) for w, moved in zip(results, changed, strict=True) if isinstance(w, Watch)]
        delays = [self._delay(watch, start) for watch, moved in pairs if moved]
        sums = {
            "alarmed": count(bool(watch.alerts) for watch, moved in pairs if not moved),
            "noticed": count(delay > 0 for delay in delays),
        }
        return sums | {f"at_{k}": count(delay == k for delay in delays) for k in range(1, NOTICE + 1)}

    def _delay(self, watch: Watch, start: int) -> int:
        """Waves from the drop to the first alert, both counted; 0 where none comes within six."""
        unit = self.posterior.days_per_wave
        delays = [round(look.day / unit) - start + 1 for look in watch.alerts if look.z < 0]
        return next((delay for delay in delays if 1 <= delay <= NOTICE), 0)

    def _trend(self, results: Sequence[TrendResult | TooEarly]) -> Sums:
        sums: dict[str, tuple[float, float]] = {}
        found = [(size_class(place.size), r) for place, r in zip(self.places, results, strict=True)]
        for number, result in found:
            if isinstance(result, TrendResult):
                total, units = sums.get(f"mde_{number}", (0.0, 0.0))
                sums[f"mde_{number}"] = (total + result.mde80, units + 1)
        return sums | {"rejects": count(r.p < LEVEL for _, r in found if isinstance(r, TrendResult))}

    def _draw(self, rng: np.random.Generator, length: int, changed: Flags, start: int) -> list[Series]:
        own = self.posterior
        weights = np.array(own.weights) * (np.array(own.prior_variances) > 0)
        point = int(rng.choice(weights.size, p=weights / weights.sum()))
        df = min(own.prior_dfs[point], 1e8)
        variance = own.prior_variances[point] * df / rng.chisquare(df, size=len(self.places))
        mood = _autoregressive(rng, (len(self.places), length), own.phi[point]) * np.sqrt(own.lam[point])
        days = np.arange(length, dtype=np.float64) * own.days_per_wave
        found = []
        for g, place in enumerate(self.places):
            sizes, steps = np.resize(np.array(place.sizes), length), np.resize(np.array(place.steps), length)
            noise = rng.standard_normal(length) * np.sqrt(own.reference_n / sizes)
            fall = np.where(np.arange(length) >= start, self.points, 0.0) * changed[g]
            values = place.level + fall + np.sqrt(variance[g]) * (mood[g] + noise)
            values = np.clip(values + rng.uniform(-0.5, 0.5, size=length) * steps, LOW, HIGH)
            kept = rng.random(length) < place.share
            found.append(
                Series(
                    key=f"{g:05d}",
                    days=days[kept],
                    values=values[kept],
                    n=sizes[kept],
                    rounding_step=steps[kept],
                )
            )
        return found


def _autoregressive(rng: np.random.Generator, shape: tuple[int, int], phi: float) -> Floats:
    series: Floats = rng.standard_normal(shape)
    for t in range(1, shape[1]):
        series[:, t] = phi * series[:, t - 1] + np.sqrt(1 - phi**2) * series[:, t]
    return series


@lru_cache(maxsize=1024)
def size_class(size: float) -> int:
    """The number of the class that ``size`` answers belong to: 0 for under 8, and so on."""
    return sum(size >= least for least in CLASSES)
