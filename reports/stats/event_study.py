"""Values of teams by wave and days of releases in, how the run-up to each release differs from other times out.

Each release is one unit: dates that are announced in advance are the nearest there is to an experiment, and releases,
unlike weeks, are few and about independent. Mean by Student's t over releases (1908), the direction by the sign test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reports.stats.link_results import LINK_LEVEL, Cells
from reports.stats.results import Estimand, Floats, Interval, TooEarly

# The sign test cannot fall under 5 % with fewer than six releases.
LEAST_RELEASES = 6
RUN_UP_DAYS = 21


@dataclass(frozen=True, kw_only=True)
class RunUps:
    """Which release each wave leads up to: ``release`` (W,) its place, -1 after the last; ``inside`` (W,) run-up.

    ``days``: (R,) of the releases left after merging; ``merged`` how many went into another one.
    """

    release: NDArray[np.int64]
    inside: NDArray[np.bool_]
    days: tuple[float, ...]
    merged: int


@dataclass(frozen=True, kw_only=True)
class ReleaseEffect:
    """One release: mean in the run-up less mean in the other waves up to it, and how many cells are in each."""

    day: float
    effect: float
    inside: int
    outside: int


@dataclass(frozen=True, kw_only=True)
class EventStudy:
    """The run-up to releases beside other times, in the unit of the values.

    ``mean`` over releases with its 90 % range by t; ``p`` of t; ``positive`` of ``releases`` effects lie above 0 and
    ``p_sign`` is the sign test, effects of exactly 0 left out. ``teams_positive`` of ``teams`` teams, over all their
    releases together, stand higher in run-ups. ``skipped``: releases without both kinds of waves; ``merged``: releases
    that were joined with the next one.
    """

    effects: tuple[ReleaseEffect, ...]
    mean: Interval
    p: float
    positive: int
    releases: int
    p_sign: float
    teams_positive: int
    teams: int
    skipped: int
    merged: int
    estimand: Estimand = Estimand.LASTING


def run_ups(days: Floats, releases: Sequence[float], *, run_up: float = RUN_UP_DAYS) -> RunUps:
    """Give each wave to the release that comes next.

    ``days``: (W,) of the waves, rising; ``releases``: days of the releases in any order; ``run_up``: days before a
    release, the day itself included, that count as its run-up. A release at most ``run_up`` days before the next one
    is joined with it, and the run-up then starts before the first of them: windows never overlap.
    """
    ordered = sorted(set(releases))
    starts: list[float] = []
    ends: list[float] = []
    for day in ordered:
        if ends and day - ends[-1] <= run_up:
            ends[-1] = day
        else:
            starts.append(day - run_up)
            ends.append(day)
    place = np.searchsorted(np.array(ends, dtype=np.float64), days, side="left")
    known = place < len(ends)
    start = np.array([*starts, np.inf])[place]
    return RunUps(
        release=np.where(known, place, -1).astype(np.int64),
        inside=known & (days > start),
        days=tuple(ends),
        merged=len(ordered) - len(ends),
    )


def event_study(
    values: Floats, mask: Cells, waves: RunUps, *, weights: Floats | None = None, level: float = LINK_LEVEL
) -> EventStudy | TooEarly:
    """Compare the run-up to each release with the other waves that lead to it.

    ``values``: (G, W), read inside ``mask`` only; ``weights``: (G, W) such as numbers of answers, 1 if None. A release
    counts where it has cells of both kinds. Fewer than six give TooEarly, whose ``waves_left`` is the number of
    releases still to come. Cannot say: that the release is the cause (whatever is planned along with it counts too);
    how strong one release was, for a single effect has no range. Raises ValueError for shapes that do not fit.
    """
    weight = np.where(mask, np.ones(values.shape) if weights is None else weights, 0.0)
    if values.shape != mask.shape or weight.shape != mask.shape or waves.inside.shape != mask.shape[1:]:
        raise ValueError("values, cells and weights have one row per team and one column per wave")
    known = np.where(mask, values, 0.0)
    effects = [
        effect
        for place, day in enumerate(waves.days)
        if (effect := _effect(known, weight, waves.release == place, waves.inside, day)) is not None
    ]
    if len(effects) < LEAST_RELEASES:
        return TooEarly(waves_left=LEAST_RELEASES - len(effects))
    each = np.array([effect.effect for effect in effects])
    error = float(each.std(ddof=1)) / np.sqrt(each.size)
    mean, df = float(each.mean()), each.size - 1
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    positive, moved = int(np.sum(each > 0)), int(np.sum(each != 0))
    by_team = _by_team(known, weight, waves)
    return EventStudy(
        effects=tuple(effects),
        mean=Interval(estimate=mean, low=mean - half, high=mean + half, level=level),
        p=float(2 * stats.t.sf(abs(mean) / error, df)) if error > 0 else 1.0,
        positive=positive,
        releases=each.size,
        p_sign=float(stats.binomtest(positive, moved).pvalue) if moved else 1.0,
        teams_positive=int(np.sum(by_team > 0)),
        teams=by_team.size,
        skipped=len(waves.days) - len(effects),
        merged=waves.merged,
    )


def _effect(
    known: Floats, weight: Floats, own: NDArray[np.bool_], inside: NDArray[np.bool_], day: float
) -> ReleaseEffect | None:
    parts = (weight[:, own & inside], weight[:, own & ~inside])
    totals = [float(part.sum()) for part in parts]
    if min(totals) <= 0:
        return None
    sums = [float((weight * known)[:, own & side].sum()) for side in (inside, ~inside)]
    return ReleaseEffect(
        day=day,
        effect=sums[0] / totals[0] - sums[1] / totals[1],
        inside=int(np.sum(parts[0] > 0)),
        outside=int(np.sum(parts[1] > 0)),
    )


def _by_team(known: Floats, weight: Floats, waves: RunUps) -> Floats:
    """Run-ups less other waves of every team that has both; (teams,)."""
    means = []
    for side in (waves.inside, ~waves.inside):
        chosen = side & (waves.release >= 0)
        total = weight[:, chosen].sum(axis=1)
        mean = (weight * known)[:, chosen].sum(axis=1) / np.where(total > 0, total, 1.0)
        means.append(np.where(total > 0, mean, np.nan))
    apart = means[0] - means[1]
    found: Floats = apart[np.isfinite(apart)]
    return found
