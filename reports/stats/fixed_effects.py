"""Tables of teams by waves in, what is left after team and wave effects and slopes with honest ranges out.

CR2 with Satterthwaite degrees of freedom: Bell & McCaffrey 2002 (Survey Methodology 28:169), Pustejovsky & Tipton 2018
(JBES 36:672), checked against R clubSandwich (reference case cr2_mortality). Effects are taken out exactly, with
missing cells too, by the theorem of Frisch, Waugh & Lovell. For one regressor all has a closed form, checked
against the full matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from reports.stats.link_results import Cells
from reports.stats.results import Floats, Interval

# Singular values below this share of the largest one are zero but for rounding.
RANK_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Cr2Fit:
    """Coefficients, CR2 standard errors, Satterthwaite degrees of freedom and two-sided p values, each (p,).

    ``cr1``: standard errors with the factor G / (G - 1) alone, for comparison. ``clusters``: how many there are.
    """

    coef: Floats
    se: Floats
    df: Floats
    p: Floats
    cr1: Floats
    clusters: int


def cr2(y: ArrayLike, x: ArrayLike, clusters: Sequence[object], *, weights: ArrayLike | None = None) -> Cr2Fit:
    """Least squares with the bias-reduced cluster-robust variance; the working model is equal, independent errors.

    ``y``: (n,), ``x``: (n, p) of full rank, dummies of fixed effects included; ``clusters``: (n,), two or more;
    ``weights``: (n,) positive, 1 if None; nothing missing. A cluster's adjustment is the inverse square root of
    D (I - H) (I - H)' D', by pseudo-inverse where dummies make it singular, as clubSandwich does.
    Cannot say anything where one cluster carries a coefficient alone: its degrees of freedom fall towards 1.
    Raises ValueError for shapes that do not fit, one cluster, weights that are not positive or a rank below p.
    """
    response, design, scale, rows = _checked(y, x, clusters, weights)
    bread = np.linalg.inv(design.T @ (scale[:, None] * design))
    coef = bread @ (design.T @ (scale * response))
    error = response - design @ coef
    # What a unit of the response in a row moves the coefficients by: (p, n).
    influence = bread @ (design * scale[:, None]).T
    n, p = design.shape
    scores, plain = np.zeros((len(rows), p)), np.zeros((len(rows), p))
    forms = np.zeros((p, len(rows), n))
    middle = influence @ influence.T
    for g, row in enumerate(rows):
        own = design[row]
        leverage = own @ influence[:, row]
        spread = np.eye(row.size) - leverage - leverage.T + own @ middle @ own.T
        adjusted = influence[:, row] @ _inverse_root(spread)
        scores[g], plain[g] = adjusted @ error[row], influence[:, row] @ error[row]
        # (I - H)_g' A_g' W X M: the quadratic form of the variance in the responses.
        forms[:, g] = -(adjusted @ own) @ influence
        forms[:, g, row] += adjusted
    se = np.sqrt(np.square(scores).sum(axis=0))
    products = forms @ forms.transpose(0, 2, 1)
    df = np.square(np.trace(products, axis1=1, axis2=2)) / np.square(products).sum(axis=(1, 2))
    return Cr2Fit(
        coef=coef,
        se=se,
        df=df,
        p=2 * special.stdtr(df, -np.abs(coef) / se),
        cr1=np.sqrt(len(rows) / (len(rows) - 1) * np.square(plain).sum(axis=0)),
        clusters=len(rows),
    )


def _checked(
    y: ArrayLike, x: ArrayLike, clusters: Sequence[object], weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats, list[NDArray[np.int64]]]:
    response, design = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    scale = np.ones(response.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if response.ndim != 1 or design.ndim != 2 or design.shape[0] != response.size or scale.shape != response.shape:
        raise ValueError("a response, one row of the design and one weight belong together")
    if len(clusters) != response.size or not bool(np.all(scale > 0)):
        raise ValueError("each row has a cluster and a positive weight")
    if not bool(np.all(np.isfinite(response)) and np.all(np.isfinite(design))):
        raise ValueError("rows with missing values are left out by the caller")
    if np.linalg.matrix_rank(design, tol=None) < design.shape[1]:
        raise ValueError("the columns of the design depend on one another")
    places: dict[object, list[int]] = {}
    for place, cluster in enumerate(clusters):
        places.setdefault(cluster, []).append(place)
    if len(places) < 2:
        raise ValueError("a variance between clusters needs two of them")
    return response, design, scale, [np.array(found, dtype=np.int64) for found in places.values()]


def _inverse_root(spread: Floats) -> Floats:
    values, vectors = np.linalg.eigh((spread + spread.T) / 2)
    kept = values > RANK_TOLERANCE * max(float(values.max()), 1.0)
    root = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    found: Floats = (vectors * root) @ vectors.T
    return found


@dataclass(frozen=True, kw_only=True)
class Effects:
    """Team and wave effects of one pattern of cells, ready to be taken out of any table with these cells.

    ``makers``: (G, W, W), per team the matrix that takes its own means and trend out, zero at cells not in use;
    ``normal``: (W, W), their sum, the normal matrix of the wave effects, or None where waves keep their mean.
    """

    mask: Cells
    makers: Floats
    normal: Floats | None

    @classmethod
    def of(
        cls,
        mask: Cells,
        *,
        days: ArrayLike | None = None,
        segments: NDArray[np.int64] | None = None,
        trends: bool = True,
        waves: bool = True,
    ) -> Effects:
        """``mask``: (G, W) cells in use; ``days``: (W,), 0, 1, .. if None; ``segments``: (G, W), one if None."""
        time = np.arange(mask.shape[1], dtype=np.float64) if days is None else np.asarray(days, dtype=np.float64)
        parts = np.zeros(mask.shape, dtype=np.int64) if segments is None else segments
        found: dict[bytes, Floats] = {}
        makers = np.empty((*mask.shape, mask.shape[1]))
        for g, row in enumerate(mask):
            # Teams with the same cells have the same matrix.
            name = row.tobytes() + parts[g].tobytes()
            if name not in found:
                found[name] = _maker(row, time, parts[g], trends=trends)
            makers[g] = found[name]
        return cls(mask=mask, makers=makers, normal=makers.sum(axis=0) if waves else None)

    def residuals(self, table: Floats, *, without: Sequence[Floats] = ()) -> Floats:
        """What is left of ``table`` (G, W), 0 outside the cells; values outside the mask are never read.

        ``without``: further tables, such as flags, whose linear part is taken out as well.
        """
        left = self._plain(table)
        if not without:
            return left
        columns = np.column_stack([self._plain(each).ravel() for each in without])
        found, *_ = np.linalg.lstsq(columns, left.ravel(), rcond=RANK_TOLERANCE)
        rest: Floats = left - (columns @ found).reshape(left.shape)
        return rest

    def spread(self, table: Floats) -> Floats:
        """SD of each team's distances from its own means and trend, (G,); exactly 0 where it stands still."""
        known = np.where(self.mask, table, 0.0)
        df = np.maximum(np.trace(self.makers, axis1=1, axis2=2), 1.0)
        size = np.sqrt(np.square(_apply(self.makers, known)).sum(axis=1) / df)
        found: Floats = np.where(size > RANK_TOLERANCE * np.abs(known).max(axis=1, initial=0.0), size, 0.0)
        return found

    def _plain(self, table: Floats) -> Floats:
        known = np.where(self.mask, table, 0.0)
        own = _apply(self.makers, known)
        if self.normal is None:
            return own
        return own - _apply(self.makers, np.broadcast_to(_solve(self.normal, own.sum(axis=0)), own.shape))

    def without_team(self, table: Floats, team: int) -> Floats:
        """As :meth:`residuals` with one team less, whose row is 0."""
        known = np.where(self.mask, table, 0.0)
        known[team] = 0.0
        own = _apply(self.makers, known)
        if self.normal is not None:
            effects = _solve(self.normal - self.makers[team], own.sum(axis=0))
            own = own - _apply(self.makers, np.broadcast_to(effects, own.shape))
        own[team] = 0.0
        return own


def demean(
    panel: Floats,
    mask: Cells,
    *,
    trends: bool = True,
    waves: bool = True,
    days: ArrayLike | None = None,
    segments: NDArray[np.int64] | None = None,
) -> Floats:
    """Take team means, team trends and wave means out of a table; (G, W) to (G, W), 0 outside ``mask``.

    ``days``: (W,) places of the waves for the trends, equal distances if None; ``segments``: (G, W), a mean for each
    value of a team, one trend for all of them. The residual is that of least squares on all dummies at once, with any
    cells missing. Cannot say anything in a wave of one team or for a team with as many cells as effects: 0 is left.
    """
    return Effects.of(mask, days=days, segments=segments, trends=trends, waves=waves).residuals(panel)


def _maker(row: Cells, time: Floats, parts: NDArray[np.int64], *, trends: bool) -> Floats:
    """I less the projection on the means of the segments and the trend, inside the cells of one team; (W, W)."""
    maker = np.diag(row.astype(np.float64))
    if not bool(row.any()):
        return maker
    columns = [(row & (parts == part)).astype(np.float64) for part in np.unique(parts[row])]
    if trends:
        # Around the middle and of unit length, so that the rank is told by one tolerance.
        centred = np.where(row, time - time[row].mean(), 0.0)
        columns.append(centred / max(float(np.abs(centred).max()), np.finfo(np.float64).tiny))
    left, sizes, _ = np.linalg.svd(np.column_stack(columns), full_matrices=False)
    basis = left[:, sizes > RANK_TOLERANCE * sizes[0]]
    # Outside the cells of the team exactly 0, whatever rounding leaves.
    inside: Floats = (maker - basis @ basis.T) * row[:, None] * row
    return inside


def _apply(makers: Floats, table: Floats) -> Floats:
    found: Floats = (makers @ table[:, :, None])[:, :, 0]
    return found


def _solve(normal: Floats, right: Floats) -> Floats:
    """One solution of the singular normal equations; which one does not matter to the residuals."""
    values, vectors = np.linalg.eigh(normal)
    kept = values > RANK_TOLERANCE * max(float(values[-1]), 1.0)
    scale = np.where(kept, 1 / np.where(kept, values, 1.0), 0.0)
    found: Floats = vectors @ (scale * (vectors.T @ right))
    return found


@dataclass(frozen=True, kw_only=True)
class Slope:
    """One slope, its standard error with the factor sqrt(G / (G - 1)), Satterthwaite's df and the clusters used."""

    slope: float
    se: float
    df: float
    clusters: int

    def interval(self, level: float) -> Interval:
        """The range at ``level`` by t."""
        half = float(special.stdtrit(self.df, (1 + level) / 2)) * self.se
        return Interval(estimate=self.slope, low=self.slope - half, high=self.slope + half, level=level)


def cluster_slope(x: Floats, y: Floats) -> Slope | None:
    """Slope of residuals ``y`` on residuals ``x``, both (G, W), 0 where nothing is; rows are the clusters.

    CR2 in closed form, with s_g the sum of squares of x in cluster g and h_g = s_g / sum s: the score is x_g'e_g /
    sqrt(1 - h_g) and df = 1 / (sum h_g^2 + sum over g != k of h_g^2 h_k^2 / ((1 - h_g)(1 - h_k))). It knows nothing of
    wave effects that were taken out before, which ties teams together; the factor G / (G - 1) on the variance makes
    up for it: in simulation 90 % ranges covered 88 to 91 %. None where fewer than two rows move or one carries all.
    """
    squares = np.square(x).sum(axis=1)
    total = float(squares.sum())
    moving = squares > RANK_TOLERANCE * total
    clusters = int(moving.sum())
    if clusters < 2:
        return None
    share = squares / total
    if float(share.max()) > 1 - RANK_TOLERANCE:
        return None
    slope = float(np.sum(x * y)) / total
    scores = np.sum(x * (y - slope * x), axis=1) / np.sqrt(1 - share)
    cross = np.square(share) / (1 - share)
    inverse = float(np.square(share).sum() + np.square(cross.sum()) - np.square(cross).sum())
    variance = float(np.square(scores).sum()) / total**2 * clusters / (clusters - 1)
    return Slope(slope=slope, se=float(np.sqrt(variance)), df=1 / inverse, clusters=clusters)


def within_sd(table: Floats, mask: Cells, *, segments: NDArray[np.int64] | None = None) -> float:
    """SD of a table around its teams' own means, pooled over teams; 0 where no team has two cells."""
    parts = np.zeros(mask.shape, dtype=np.int64) if segments is None else segments
    left = demean(table, mask, trends=False, waves=False, segments=parts)
    means = sum(np.unique(parts[g][row]).size for g, row in enumerate(mask))
    df = int(mask.sum()) - means
    return float(np.sqrt(np.square(left).sum() / df)) if df > 0 else 0.0
