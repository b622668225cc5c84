"""Team means of several scales in, how much each goes together with an outcome scale out.

General dominance: the share of R squared that a scale adds, averaged over all orders in which the scales can enter
(Lindeman, Merenda & Gold 1980; Budescu 1993; the Shapley value of R squared). Checked against R relaimpo 2.2-7
(reference case lmg_swiss, Groemping 2006); Johnson's relative weights (Johnson 2000) are the second route. These are
associations between team means, never causes and never statements about persons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from reports.stats.results import Estimand, Floats, Interval

MIN_TEAMS = 30
# All orders of so many scales are 2 ** 8 sets; beyond it nobody reads the table either.
MAX_NAMES = 8
DRAWS = 1000
# A scale whose rest, after the scales before it, is a smaller share of its variance adds nothing: it is their sum.
COLLINEAR = 1e-10
# Correlation within persons between two scales of one sheet that is taken into account: cautious, .24 to .42 between
# cohesion, leadership and well-being within 99 companies (bh1996, R package multilevel).
SHEET_CORRELATION = 0.5
# Draws of the bootstrap that are made at a time: bounds the memory at 100,000 teams.
BATCH = 250
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Dominance:
    """R squared and its parts by name: ``general`` adds up to ``r2``; ``first`` is R squared of the scale alone.

    ``last`` is what the scale adds when all others are in.
    """

    r2: float
    general: dict[str, float]
    first: dict[str, float]
    last: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One scale beside the outcome.

    ``share``: general dominance, the part of R squared (0 to 1) with its likely range; ``relative_weight``: the same
    question by Johnson's route. ``correlation``: with the outcome, with its likely range and ``p``; its sign is the
    direction. ``noise_share``: part of the scale's variance that is sampling error of the team means, between 0 and 1.
    ``sheet``: correlation that this error alone can make, because the same few people filled in both scales; ``p``
    tests for a link beyond it. Both are None where the caller gave no sampling variances; ``p`` then tests against 0.
    """

    name: str
    share: Interval
    first: float
    last: float
    relative_weight: float
    correlation: Interval
    p: float
    noise_share: float | None
    sheet: float | None


@dataclass(frozen=True, kw_only=True)
class DriverFit:
    """What goes together with ``outcome`` over ``teams`` teams and ``rows`` team-waves.

    ``drivers`` in the order in which the scales came. Likely ranges come from ``draws`` bootstrap samples of teams.
    A share is never below 0, so one without any link is still a little above it, by about 1 / teams; whether there is a
    link at all is judged from the correlation. ``noise_share`` is that of the outcome: sampling error of team means
    lowers r2 and all shares.
    """

    outcome: str
    teams: int
    waves: int
    rows: int
    r2: Interval
    drivers: tuple[Driver, ...]
    noise_share: float | None
    draws: int
    seed: int
    estimand: Estimand = Estimand.LASTING


@dataclass(frozen=True, kw_only=True)
class TooFewTeams:
    """No drivers: so many ``teams`` have a wave with all scales, ``needed`` are the least."""

    teams: int
    needed: int = MIN_TEAMS


def dominance(y: ArrayLike, x: ArrayLike, names: Sequence[str]) -> Dominance:
    """Split R squared of a regression of ``y`` (n,) on the columns of ``x`` (n, p), none missing, n > p + 1.

    Exact over all 2^p sets. Raises ValueError for more than eight columns, for shapes that do not fit, missing values
    and columns without variance. A column that others already explain fully adds nothing after them.
    """
    cross = _cross(y, x, names)
    r2, parts = _decompose(cross[None])
    first, last = _ends(cross)
    return Dominance(
        r2=float(r2[0]),
        general=dict(zip(names, parts[0].tolist(), strict=True)),
        first=dict(zip(names, first.tolist(), strict=True)),
        last=dict(zip(names, last.tolist(), strict=True)),
    )


def relative_weights(y: ArrayLike, x: ArrayLike, names: Sequence[str]) -> dict[str, float]:
    """Johnson's relative weights, which add up to R squared; arguments and errors as :func:`dominance`.

    The columns are replaced by the nearest uncorrelated ones, and their squared weights are led back (Johnson 2000,
    Multivariate Behav. Res. 35:1).
    """
    return dict(zip(names, _johnson(_cross(y, x, names)).tolist(), strict=True))


def find_drivers(
    values: ArrayLike,
    present: ArrayLike,
    outcome: str,
    names: Sequence[str],
    *,
    noise: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    level: float = 0.95,
) -> DriverFit | TooFewTeams:
    """Which scales go together with ``outcome`` between and within teams.

    ``values``: released team means, shape (teams, waves, scales) in the order of ``names``, which holds the outcome and
    two to eight others; ``present``: mask of the same shape, values where it is False are not read. ``noise``: sampling
    variances of the means (same shape). A team-wave counts where all scales are there; every team-wave counts once.

    Wave means are taken away, so that what all teams share does not count. Teams are drawn with replacement, with all
    their waves (rows of a team are no independent news), and the wave means are made anew in every draw; a draw is a
    weighted sum of per-team cross products. ``p`` of a correlation is t with teams - 1 degrees of freedom on Fisher's
    scale with the bootstrap's standard error. Under 30 teams: TooFewTeams.

    Who is in a good mood marks every scale higher, so the sampling errors of a team's means go together. They alone
    make a correlation of r sqrt(noise share of outcome x noise share of scale), r being that within persons. With
    ``noise``, a positive link is tested against that at r = .5; without, hardly any table is free of false links.

    What it cannot say: causes; persons (a link between team means says nothing about people in them); how strong a link
    would be between means without error: sampling error makes every share smaller, the common sheet larger.
    Raises ValueError for shapes that do not fit, missing
    values under the mask, under two draws, and a scale without variance.
    """
    if draws < 2:
        raise ValueError("a range needs at least two draws")
    panel, mask = _panel(values, present, outcome, names)
    order = [names.index(outcome), *(i for i, name in enumerate(names) if name != outcome)]
    rows = np.all(mask, axis=2)
    teams = np.any(rows, axis=1)
    if int(teams.sum()) < MIN_TEAMS:
        return TooFewTeams(teams=int(teams.sum()))
    rows = rows[teams]
    clean = np.where(rows[:, :, None], panel[teams][:, :, order], 0.0)
    features = _features(clean, rows)
    whole = _gather(np.ones((1, rows.shape[0])), features, rows.shape[1], len(order))
    if bool(np.any(np.diagonal(whole[0]) <= COLLINEAR * rows.sum())):
        raise ValueError("a scale without differences between teams cannot be judged")
    drawn = _bootstrap(features, rows.shape, len(order), draws=draws, seed=seed)
    return _fit(
        [names[i] for i in order],
        rows,
        whole,
        drawn,
        noise=_noise_shares(noise, teams, rows, order=order, whole=whole[0]),
        draws=draws,
        seed=seed,
        level=level,
    )


def _cross(y: ArrayLike, x: ArrayLike, names: Sequence[str]) -> Floats:
    """Centred cross products of outcome and columns, outcome first; (p + 1, p + 1)."""
    outcome, columns = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    if columns.ndim != 2 or outcome.shape != columns.shape[:1] or columns.shape[1] != len(names):
        raise ValueError("an outcome (n,), columns (n, p) and p names are needed")
    _check_names(names)
    if columns.shape[0] <= columns.shape[1] + 1:
        raise ValueError("more rows than columns are needed")
    both = np.column_stack([outcome, columns])
    if not bool(np.all(np.isfinite(both))):
        raise ValueError("a row with a missing value is left out by the caller")
    both = both - both.mean(axis=0)
    if bool(np.any(np.ptp(both, axis=0) == 0)):
        raise ValueError("a column without variance explains nothing")
    cross: Floats = both.T @ both
    return cross


def _check_names(names: Sequence[str]) -> None:
    if not 1 <= len(names) <= MAX_NAMES or len(set(names)) != len(names):
        raise ValueError(f"one to {MAX_NAMES} columns with different names can be split")


def _panel(values: ArrayLike, present: ArrayLike, outcome: str, names: Sequence[str]) -> tuple[Floats, Mask]:
    panel, mask = np.asarray(values, dtype=np.float64), np.asarray(present, dtype=np.bool_)
    if panel.ndim != 3 or panel.shape != mask.shape or panel.shape[2] != len(names):
        raise ValueError("values and mask have the shape teams, waves, scales")
    if outcome not in names or len(names) < 3:
        raise ValueError("names hold the outcome and at least two other scales")
    _check_names([name for name in names if name != outcome])
    if not bool(np.all(np.isfinite(panel[mask]))):
        raise ValueError("values under the mask are numbers")
    return panel, mask


def _features(clean: Floats, rows: Mask) -> Floats:
    """Per team: cross products over its waves, its values wave by wave, and where it has rows; flat, (g, f)."""
    teams, waves, width = clean.shape
    # Digits: cross products are taken around the means of all rows, wave means are taken away later.
    around = np.where(rows[:, :, None], clean - clean.sum(axis=(0, 1)) / rows.sum(), 0.0)
    products = np.einsum("gtk,gtl->gkl", around, around).reshape(teams, width * width)
    return np.column_stack([products, around.reshape(teams, waves * width), rows.astype(np.float64)])


def _gather(weights: Floats, features: Floats, waves: int, width: int) -> Floats:
    """Cross products around the wave means of teams counted ``weights`` (d, g) times; (d, width, width)."""
    sums = weights @ features
    products = sums[:, : width * width].reshape(-1, width, width)
    totals = sums[:, width * width : width * (width + waves)].reshape(-1, waves, width)
    counts = np.maximum(sums[:, width * (width + waves) :], 1.0)
    return np.asarray(products - np.einsum("dtk,dtl->dkl", totals / counts[:, :, None], totals), dtype=np.float64)


def _bootstrap(features: Floats, shape: tuple[int, ...], width: int, *, draws: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    teams, waves = shape
    even = np.full(teams, 1 / teams)
    parts = []
    for start in range(0, draws, BATCH):
        weights = rng.multinomial(teams, even, size=min(BATCH, draws - start)).astype(np.float64)
        parts.append(_gather(weights, features, waves, width))
    return np.concatenate(parts)


def _sweep(rest: Floats, j: int, start: Floats) -> tuple[Floats, Floats]:
    """Take column ``j`` in: what the outcome gains, (d,), and the cross products that remain, (d, w, w)."""
    pivot = rest[:, j, j]
    free = pivot > COLLINEAR * start[:, j]
    scale = np.where(free, 1 / np.where(free, pivot, 1.0), 0.0)
    column = rest[:, :, j]
    gain = np.square(column[:, 0]) * scale
    return gain, rest - column[:, :, None] * column[:, None, :] * scale[:, None, None]


def _explained(cross: Floats) -> Floats:
    """R squared of every set of columns, the set read as a binary number; (d, w, w) to (2^p, d)."""
    columns = cross.shape[1] - 1
    start = np.diagonal(cross, axis1=1, axis2=2)
    total = np.zeros((2**columns, cross.shape[0]))
    # Depth first, each set from the set without its highest column: one rank-one step per set.
    open_sets = [(0, 0, cross)]
    while open_sets:
        members, lowest, rest = open_sets.pop()
        for j in range(lowest, columns):
            gain, after = _sweep(rest, j + 1, start)
            total[members | 1 << j] = total[members] + gain
            if j + 1 < columns:
                open_sets.append((members | 1 << j, j + 1, after))
    return np.asarray(total / start[:, 0], dtype=np.float64)


def _decompose(cross: Floats) -> tuple[Floats, Floats]:
    """R squared (d,) and general dominance (d, p) of cross products (d, p + 1, p + 1), outcome first."""
    explained = _explained(cross)
    columns = cross.shape[1] - 1
    sets = np.arange(2**columns)
    size = np.array([int(members).bit_count() for members in sets])
    # A set of k others is met by k! (p - k - 1)! of the p! orders.
    weight = np.array([1 / (columns * math.comb(columns - 1, k)) for k in range(columns)])
    parts = np.empty((cross.shape[0], columns))
    for j in range(columns):
        without = sets[(sets >> j) & 1 == 0]
        parts[:, j] = weight[size[without]] @ (explained[without | 1 << j] - explained[without])
    return explained[-1], parts


def _ends(cross: Floats) -> tuple[Floats, Floats]:
    """What each column explains alone, and what it adds to all others; (p,) each."""
    explained = _explained(cross[None])[:, 0]
    full = explained.size - 1
    single = 1 << np.arange(cross.shape[0] - 1)
    return explained[single], explained[full] - explained[full ^ single]


def _correlations(cross: Floats) -> Floats:
    """Correlation of every column with the outcome; (d, w, w) to (d, p)."""
    size = np.sqrt(np.diagonal(cross, axis1=1, axis2=2))
    return np.asarray(np.clip(cross[:, 0, 1:] / (size[:, :1] * size[:, 1:]), -1, 1), dtype=np.float64)


def _johnson(cross: Floats) -> Floats:
    size = np.sqrt(np.diagonal(cross))
    correlation = cross / np.outer(size, size)
    values, vectors = np.linalg.eigh(correlation[1:, 1:])
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    inverse = np.linalg.pinv(root, rcond=math.sqrt(COLLINEAR))
    return np.asarray(np.square(root) @ np.square(inverse @ correlation[1:, 0]), dtype=np.float64)


def _noise_shares(
    noise: ArrayLike | None, teams: Mask, rows: Mask, *, order: Sequence[int], whole: Floats
) -> list[float | None]:
    if noise is None:
        return [None] * len(order)
    sampling = np.asarray(noise, dtype=np.float64)[teams][:, :, order][rows]
    if bool(np.any(~(sampling >= 0))):
        raise ValueError("sampling variances are not negative")
    return [min(1.0, share) for share in (sampling.sum(axis=0) / np.diagonal(whole)).tolist()]


def _fit(
    names: Sequence[str],
    rows: Mask,
    whole: Floats,
    drawn: Floats,
    *,
    noise: Sequence[float | None],
    draws: int,
    seed: int,
    level: float,
) -> DriverFit:
    r2, parts = _decompose(whole)
    r2_drawn, parts_drawn = _decompose(drawn)
    first, last = _ends(whole[0])
    relative = _johnson(whole[0])
    sheet = [_sheet(noise[0], share) for share in noise[1:]]
    correlations, p = _links(
        _correlations(whole)[0], _correlations(drawn), rows.shape[0], level, floor=np.array([x or 0.0 for x in sheet])
    )
    drivers = tuple(
        Driver(
            name=name,
            share=_percentiles(float(parts[0, j]), parts_drawn[:, j], level),
            first=float(first[j]),
            last=float(last[j]),
            relative_weight=float(relative[j]),
            correlation=correlations[j],
            p=float(p[j]),
            noise_share=noise[j + 1],
            sheet=sheet[j],
        )
        for j, name in enumerate(names[1:])
    )
    return DriverFit(
        outcome=names[0],
        teams=rows.shape[0],
        waves=int(np.any(rows, axis=0).sum()),
        rows=int(rows.sum()),
        r2=_bias_corrected(float(r2[0]), r2_drawn, level),
        drivers=drivers,
        noise_share=noise[0],
        draws=draws,
        seed=seed,
    )


def _sheet(outcome: float | None, scale: float | None) -> float | None:
    """Correlation that sampling error makes by itself, from the noise shares of outcome and scale."""
    return None if outcome is None or scale is None else SHEET_CORRELATION * math.sqrt(outcome * scale)


def _links(r: Floats, drawn: Floats, teams: int, level: float, *, floor: Floats) -> tuple[list[Interval], Floats]:
    """Intervals and p values of correlations (p,) from bootstrap draws (d, p), on Fisher's scale.

    The bootstrap of g teams has a variance that is (g - 1) / g too small; t with g - 1 degrees of freedom. The p values
    are two-sided for correlations outside 0 to ``floor`` (p,), and 1 inside.
    """
    edge = 1 - 1e-12
    centre = np.arctanh(np.clip(r, -edge, edge))
    drawn_error = np.arctanh(np.clip(drawn, -edge, edge)).std(axis=0, ddof=1)
    error = np.maximum(drawn_error * math.sqrt(teams / (teams - 1)), 1e-12)
    half = stats.t.ppf((1 + level) / 2, teams - 1) * error
    lows, highs = np.tanh(centre - half), np.tanh(centre + half)
    beyond = np.where(centre > 0, np.maximum(centre - np.arctanh(floor), 0.0), -centre)
    p = np.asarray(2 * stats.t.sf(beyond / error, teams - 1), dtype=np.float64)
    intervals = [
        Interval(estimate=float(r[j]), low=float(lows[j]), high=float(highs[j]), level=level) for j in range(r.size)
    ]
    return intervals, p


def _percentiles(estimate: float, drawn: Floats, level: float) -> Interval:
    """Percentile interval from draws (d,); it covers shares better than the bias-corrected one (ADR 0032)."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate=estimate, low=float(low), high=float(high), level=level)


def _bias_corrected(estimate: float, drawn: Floats, level: float) -> Interval:
    """Bias-corrected percentile interval (Efron 1981) from draws (d,): R squared is too large, in draws twice so.

    The range of a whole R squared needs it, the shares do not (ADR 0032).
    """
    below = float(np.clip((drawn < estimate).mean(), 0.5 / drawn.size, 1 - 0.5 / drawn.size))
    shift, tail = 2 * float(stats.norm.ppf(below)), float(stats.norm.ppf((1 + level) / 2))
    low, high = np.quantile(drawn, stats.norm.cdf(np.array([shift - tail, shift + tail])))
    return Interval(estimate=estimate, low=float(low), high=float(high), level=level)
