"""Residual pressure and sentiment of teams in, how often re-dealt pressure goes with sentiment as strongly out.

Each team's pressure series is given to another team, in the same waves; what waves, seasons and slow moods do to both
stays as it is. The idea of swapping whole recordings: Harris 2020 (bioRxiv 2020.11.29.402719); the p value with one
added: Phipson & Smyth 2010 (SAGMB 9:39).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reports.stats.link_results import Cells, LagScan, SwapTest
from reports.stats.results import Floats

# With so many teams every deal can be listed: 6! = 720.
FULL_LIST_TEAMS = 6
# Correlations are equal to this, whatever the last binary digits say.
TIE = 1e-10


def deals(teams: int, pairings: int, seed: int) -> tuple[NDArray[np.int64], bool]:
    """Who gets whose pressure, (k, teams), never all their own on purpose, and whether that is every possible deal.

    Up to six teams: all teams! - 1 other deals. Else ``pairings`` random ones, in which the own deal may come up.
    """
    if teams <= FULL_LIST_TEAMS:
        listed = np.array(list(itertools.permutations(range(teams))), dtype=np.int64)
        return listed[1:], True
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(teams), (pairings, 1)), axis=1), False


def team_swap(
    x: Floats, y: Floats, x_mask: Cells, y_mask: Cells, *, pairings: int, seed: int, makers: Floats | None = None
) -> SwapTest:
    """Test whether own pressure goes with own sentiment more than other teams' pressure of the same waves does.

    ``x``, ``y``: (G, W) residuals of pressure and sentiment, each left after the effects on its own cells; masks
    (G, W): where each is known. The correlation of a deal is taken over the cells that both sides of a pair know.
    ``makers``: (G, W, W), what takes the effects of each team out of its sentiment; None where no effect differs.
    Exact where the teams' pressure is exchangeable and known in every wave; with missing cells nearly so. Cannot say
    what the link is, only that dealing at random does not make it; teams whose plans follow one another are not
    exchangeable. Raises ValueError for fewer than two teams.
    """
    tables = pair_tables(x, y, x_mask, y_mask, makers=makers)
    dealt, is_full = deals(x.shape[0], pairings, seed)
    observed, found = _own(tables), _dealt(tables, dealt)
    return _judged(observed, found, is_full=is_full)


def scan_lags(
    x: Sequence[Floats],
    y: Floats,
    x_masks: Sequence[Cells],
    y_mask: Cells,
    *,
    pairings: int,
    seed: int,
    makers: Floats | None = None,
) -> LagScan:
    """One p value for the strongest of several lags: each deal is looked at for all lags and its strongest counts.

    ``x``, ``x_masks``: one table per lag, as :func:`team_swap` takes it. Exploration: the lag itself is not tested.
    """
    dealt, _ = deals(y.shape[0], pairings, seed)
    tables = [pair_tables(each, y, mask, y_mask, makers=makers) for each, mask in zip(x, x_masks, strict=True)]
    own = np.array([_own(table) for table in tables])
    most = np.max([np.abs(_dealt(table, dealt)) for table in tables], axis=0)
    strongest = int(np.argmax(np.abs(own)))
    as_strong = int(np.sum(most >= abs(own[strongest]) - TIE))
    return LagScan(
        lags=tuple(range(len(tables))),
        correlations=tuple(float(r) for r in own),
        strongest=strongest,
        p=(1 + as_strong) / (1 + most.size),
    )


def pair_tables(
    x: Floats, y: Floats, x_mask: Cells, y_mask: Cells, *, makers: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Sums of xy, xx and yy over the cells that a pair shares; each (G, G), sentiment's team by pressure's team.

    With ``makers`` the effects of sentiment's team (its segments, its mean over its own cells) are taken out of the
    pressure dealt to it, as they are out of its own: left in, they make deals look weaker than they are.
    """
    if x.shape[0] < 2:
        raise ValueError("with one team there is nobody to swap with")
    known, wanted = x_mask.astype(np.float64), y_mask.astype(np.float64)
    x, y = x * known, y * wanted
    if makers is None:
        return y @ x.T, wanted @ np.square(x).T, np.square(y) @ known.T
    dealt = makers @ x.T
    cross: Floats = (y[:, None, :] @ dealt)[:, 0, :]
    return cross, np.square(dealt).sum(axis=1), np.square(y) @ known.T


def _own(tables: tuple[Floats, Floats, Floats]) -> float:
    cross, xx, yy = (float(np.trace(table)) for table in tables)
    return cross / math.sqrt(xx * yy) if xx > 0 and yy > 0 else 0.0


def _dealt(tables: tuple[Floats, Floats, Floats], dealt: NDArray[np.int64]) -> Floats:
    rows = np.arange(dealt.shape[1])
    cross, xx, yy = (table[rows, dealt].sum(axis=1) for table in tables)
    scale = np.sqrt(xx * yy)
    found: Floats = np.where(scale > 0, cross / np.where(scale > 0, scale, 1.0), 0.0)
    return found


def _judged(observed: float, found: Floats, *, is_full: bool) -> SwapTest:
    as_strong = int(np.sum(np.abs(found) >= abs(observed) - TIE))
    return SwapTest(
        observed=observed,
        p=(1 + as_strong) / (1 + found.size),
        as_strong=as_strong,
        pairings=found.size,
        is_full=is_full,
        dealt=tuple(found.tolist()),
    )
