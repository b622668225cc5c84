"""An organisation's posterior and calendars in, the largest contrast of simulated years without lasting change out.

The threshold of the alerts is a quantile of these years (docs/methods.md, "Alert"). In organisations of few teams the
years are fitted as the real ones are, because few series bend the covariance towards their own waves.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reports.stats.covariance import GRID_LAMBDA, GRID_PHI, log_prior, scan
from reports.stats.looks import ROWS, Looks, Rows, look, matched, reference
from reports.stats.moderation import squeeze_variances
from reports.stats.pooling import ENOUGH_TEAMS, NEGLIGIBLE
from reports.stats.results import Floats, Posterior
from reports.stats.series import Batch, Series
from reports.stats.trend import LEAST_WAVES

# The share of unchanged units that is flagged at least once in a year of watching.
ALERT_RATE = 0.10
YEARS = 6000
ALERT_SEED = 20_240_601
# Units whose calendars and answers numbers the simulated years take.
PROFILES = 24
# Up to so many teams the simulated years are fitted as the real ones are.
FEW_TEAMS = 12
# There the threshold is taken at this share of the rate: measured, so that years watched wave by wave hold it.
FEW_SHARE = 0.6
# Years per array operation: keeps a look's arrays in the processor's cache.
CHUNK = 512


# A year of one unit: for each wave of the calendar, oldest first, the relative white variance, 0 where it has no value.
Profile = tuple[float, ...]


def calendars(
    series: Sequence[Series], whites: Sequence[Floats], *, last: float, unit: float, waves: int
) -> tuple[Profile, ...]:
    """The calendars of up to 24 units, spread evenly over all by the noise of their values.

    A year of looks takes ``waves`` waves and the eleven before them; a unit with a shorter history is taken to go on as
    it began, so that the threshold means a whole year of full looks whatever is known of the past.
    """
    if not series:
        return ((1.0,) * (waves + ROWS - 1),)
    # Units of equal noise by their dates and noise, so that the order in which the series come decides nothing.
    order = sorted(
        range(len(series)), key=lambda i: (float(whites[i].mean()), series[i].days.tobytes(), whites[i].tobytes())
    )
    chosen = np.unique(np.linspace(0, len(order) - 1, PROFILES).round().astype(np.intp)).tolist()
    return tuple(
        _profile(series[i], whites[i], last=last, unit=unit, waves=waves) for i in (order[place] for place in chosen)
    )


def _profile(series: Series, white: Floats, *, last: float, unit: float, waves: int) -> Profile:
    slots = np.rint((last - series.days) / unit).astype(np.intp)
    length = waves + ROWS - 1
    kept = slots < length
    own = np.zeros(int(slots[kept].max()) + 1)
    # Slots count back from the latest wave; numbers are rounded so that equal calendars share one threshold.
    own[own.size - 1 - slots[kept]] = np.round(white[kept], 6)
    return tuple(np.resize(own, length).tolist())


def quiet_threshold(
    posterior: Posterior, profiles: tuple[Profile, ...], *, waves: int, rate: float, years: int, seed: int
) -> float:
    """The (1 - rate) quantile of the largest abs(z) in simulated years of ``waves`` looks without lasting change.

    Each year draws a grid point of the posterior, the organisation's white variance around its estimate, the unit's own
    around that (both scaled inverse chi-square), and takes its calendar from ``profiles`` in turn; mood and noise are
    normal, the looks are those of :func:`reports.stats.looks.look`. Up to twelve pooled teams the years come in whole
    organisations, whose covariance is fitted anew before the looks; there ``years`` / 4 are enough to be exact to one
    point of a hundred, and the quantile is that of ``FEW_SHARE`` times the rate: few teams hardly tell how strong moods
    are, and what is thought of them changes from wave to wave.
    """
    share = rate * FEW_SHARE if posterior.teams <= FEW_TEAMS else rate
    found = _quiet_years(posterior, profiles, waves=waves, years=years, seed=seed)
    return float(np.quantile(found, 1 - share, method="higher"))


@lru_cache(maxsize=64)
def _quiet_years(posterior: Posterior, profiles: tuple[Profile, ...], *, waves: int, years: int, seed: int) -> Floats:
    """The largest abs(z) of each simulated year of :func:`quiet_threshold`, (y,), not to be written to."""
    rng = np.random.default_rng(seed)
    rows, watched = _calendar(profiles, waves)
    fitted = np.flatnonzero(watched.sum(axis=1) >= LEAST_WAVES)
    largest: list[Floats] = []
    if posterior.teams <= FEW_TEAMS and fitted.size:
        turn = np.resize(fitted, max(posterior.teams, 1))
        size = max(1, years // 4 // turn.size)
        for begin in range(0, size, CHUNK):
            largest += _organisations(rng, posterior, rows, watched, turn, count=min(CHUNK, size - begin))
    else:
        covariance = reference(posterior)
        for begin in range(0, years, CHUNK):
            turn = np.arange(begin, min(begin + CHUNK, years)) % len(profiles)
            truth = _truth(rng, posterior, turn.size)
            found = look(_draw(rng, posterior, rows.take(turn), truth), covariance)
            largest.append(_largest(found, watched[turn]))
    return np.concatenate(largest)


def _largest(found: Looks, watched: NDArray[np.bool_]) -> Floats:
    return np.asarray(np.where(found.valid & watched, np.abs(found.z), 0.0).max(axis=1))


def _organisations(
    rng: np.random.Generator,
    posterior: Posterior,
    rows: Rows,
    watched: NDArray[np.bool_],
    turn: NDArray[np.intp],
    *,
    count: int,
) -> list[Floats]:
    """Largest abs(z) (count,) of each team of ``count`` organisations, one calendar of ``turn`` per team."""
    truth = _truth(rng, posterior, count)
    drawn = [_draw(rng, posterior, rows.take(np.full(count, i)), truth) for i in turn.tolist()]
    scans = [_scan(years, watched[i]) for years, i in zip(drawn, turn.tolist(), strict=True)]
    log_weight = log_prior() + sum((loglik for loglik, _, _ in scans), start=np.zeros(GRID_PHI.size))
    weights = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weights = np.where(weights < NEGLIGIBLE, 0.0, weights)
    weights /= weights.sum(axis=1, keepdims=True)
    variances, dfs = np.full(weights.shape, posterior.white_variance), np.full(weights.shape, posterior.prior_df)
    if turn.size >= ENOUGH_TEAMS:
        df = np.array([own for _, _, own in scans])
        squeezed = squeeze_variances(np.stack([rss.ravel() / own for _, rss, own in scans]), df)
        variances, dfs = squeezed.prior_variance.reshape(weights.shape), squeezed.prior_df.reshape(weights.shape)
    covariance = matched(GRID_PHI, GRID_LAMBDA, weights, variances, dfs, df_limit=posterior.pooled_df)
    return [_largest(look(years, covariance), watched[i]) for years, i in zip(drawn, turn.tolist(), strict=True)]


def _scan(years: Rows, watched: NDArray[np.bool_]) -> tuple[Floats, Floats, float]:
    """Restricted log likelihoods and residual sums (g, j) of the year's rows of one calendar, and their df."""
    columns = np.flatnonzero(watched) + ROWS - 1
    waves = np.cumsum(years.gaps[:, columns], axis=1)
    batch = Batch(
        index=tuple(range(waves.shape[0])),
        values=years.values[:, columns],
        white=years.white[:, columns],
        rounding=np.zeros_like(waves),
        waves=waves,
        days=waves,
    )
    found = scan(batch)
    return found.loglik, found.rss, batch.length - 2.0


def _calendar(profiles: Sequence[Profile], waves: int) -> tuple[Rows, NDArray[np.bool_]]:
    """The rows of each profile without values, and which looks fall into its last ``waves`` waves."""
    width = max(sum(w > 0 for w in profile) for profile in profiles) + ROWS - 1
    shape = (len(profiles), width)
    white, gaps, present, inside = np.ones(shape), np.ones(shape), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for i, profile in enumerate(profiles):
        own = np.array(profile)
        slots = np.flatnonzero(own > 0)
        first = width - slots.size
        white[i, first:], present[i, first:] = own[slots], 1.0
        gaps[i, first + 1 :] = np.diff(slots)
        inside[i, first:] = slots >= own.size - waves
    rows = Rows(values=np.zeros(shape), white=white, gaps=gaps, present=present)
    return rows, inside[:, ROWS - 1 :]


def _truth(rng: np.random.Generator, posterior: Posterior, count: int) -> tuple[NDArray[np.intp], Floats]:
    """Grid points and white variances of ``count`` organisations."""
    variances = np.array(posterior.prior_variances)
    weights = np.where(variances > 0, np.array(posterior.weights), 0.0)
    point = rng.choice(weights.size, size=count, p=weights / weights.sum())
    variance = variances[point]
    if np.isfinite(posterior.pooled_df):
        variance = variance * posterior.pooled_df / rng.chisquare(posterior.pooled_df, size=count)
    return point, variance


def _draw(rng: np.random.Generator, posterior: Posterior, rows: Rows, truth: tuple[NDArray[np.intp], Floats]) -> Rows:
    point, variance = truth
    own_df = np.array(posterior.prior_dfs)[point]
    variance = variance * own_df / rng.chisquare(own_df)
    carried = np.power(np.array(posterior.phi)[point][:, np.newaxis], rows.gaps)
    noise, mood = rng.standard_normal((2, *rows.white.shape))
    for t in range(1, rows.white.shape[1]):
        rho = carried[:, t]
        mood[:, t] = rho * mood[:, t - 1] + np.sqrt(1 - np.square(rho)) * mood[:, t]
    lam = np.array(posterior.lam)[point][:, np.newaxis]
    values = np.sqrt(variance)[:, np.newaxis] * (np.sqrt(lam) * mood + np.sqrt(rows.white) * noise)
    return Rows(values=values * rows.present, white=rows.white, gaps=rows.gaps, present=rows.present)
