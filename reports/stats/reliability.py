"""The covariance matrix of a scale's items in, how reliably the scale measures out.

Formulas: Cronbach 1951 (Psychometrika 16:297); interval by Feldt, Woodruff & Salih 1987 (APM 11:93, formulas 6 and 7);
McDonald's omega total from one factor fitted by maximum likelihood (Joereskog 1967, Psychometrika 32:443). Checked
against R psych ``alpha`` and ``fa`` (reference cases alpha_bfi_agree, omega_bfi_consc) and statsmodels ``Factor``.

Both describe an organisation, never a team: eight people say nothing about how items hang together. From a covariance
pooled within crowds they say how well the scale tells persons of one crowd apart; whether it tells crowds apart is
ICC(2)'s question (:mod:`reports.stats.agreement`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from reports.stats.results import Floats

# Uniquenesses are kept off zero, as in R factanal: at zero an item would be the factor itself (a Heywood case).
LEAST_UNIQUE = 0.005
LEAST_ITEMS_OMEGA = 3


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Cronbach's alpha with its likely range at ``level``; ``items`` is k, ``n`` the answers it rests on.

    ``standardised`` is alpha of the correlations, ``average_r`` their mean.
    """

    alpha: float
    low: float
    high: float
    standardised: float
    average_r: float
    items: int
    n: int
    level: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Omega:
    """Omega total and the standardised loadings (k,), signed so that their sum is not negative.

    ``is_boundary``: an item's own variance was held at its lower bound, so one factor does not describe these items
    and omega should not be shown.
    """

    omega: float
    loadings: tuple[float, ...]
    is_boundary: bool


def cronbach(covariance: ArrayLike, n: int, *, level: float = 0.95) -> Reliability:
    """Cronbach's alpha of k keyed items, with Feldt's interval on n-1 and (n-1)(k-1) degrees of freedom.

    ``covariance``: (k, k), k >= 2, in squared item units; ``n``: answers behind it, at least 2. For a covariance pooled
    within g crowds give its degrees of freedom plus one (answers - g + 1).
    alpha = k/(k-1) (1 - sum of variances / variance of the sum); negative where items disagree, and left so.
    Cannot say: that the items measure one thing (many items give a high alpha of anything), nor that they measure what
    their name says; it is a lower bound of reliability where items load unequally. Feldt's interval assumes normal
    items with equal covariances. Raises ValueError for what is no covariance matrix.
    """
    matrix, correlation = _check(covariance, 2)
    if n < 2:
        raise ValueError("reliability needs at least two answers")
    k = matrix.shape[0]
    alpha = float(k / (k - 1) * (1 - np.trace(matrix) / matrix.sum()))
    average = float((correlation.sum() - k) / (k * (k - 1)))
    tail = (1 - level) / 2
    degrees = (n - 1, (n - 1) * (k - 1))
    return Reliability(
        alpha=alpha,
        low=1 - (1 - alpha) * float(stats.f.ppf(1 - tail, *degrees)),
        high=1 - (1 - alpha) * float(stats.f.ppf(tail, *degrees)),
        standardised=k * average / (1 + (k - 1) * average),
        average_r=average,
        items=k,
        n=n,
        level=level,
    )


def omega(covariance: ArrayLike) -> Omega:
    """McDonald's omega total of k keyed items: one factor by maximum likelihood on the correlation matrix.

    ``covariance``: (k, k), k >= 3 (two items leave their loadings open), positive definite; any unit, it is
    standardised. omega = (sum L)^2 / ((sum L)^2 + sum of uniquenesses).
    Cannot say: whether one factor fits (with three items it always does), and it has no interval here. Raises
    ValueError for too few items and for what is no positive definite covariance.
    """
    _, correlation = _check(covariance, LEAST_ITEMS_OMEGA)
    if float(np.linalg.eigvalsh(correlation)[0]) <= 0:
        raise ValueError("the covariance matrix is not positive definite")
    # Start as R factanal does: with what the other items do not explain of an item, made a little smaller.
    start = np.clip((1 - 0.5 / correlation.shape[0]) / np.diag(np.linalg.inv(correlation)), LEAST_UNIQUE, 1.0)
    found = optimize.minimize(
        _discrepancy,
        start,
        args=(correlation,),
        jac=True,
        method="L-BFGS-B",
        bounds=optimize.Bounds(LEAST_UNIQUE, 1.0),
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500},
    )
    unique = np.asarray(found.x, dtype=np.float64)
    loadings = _loadings(unique, correlation)
    common = float(loadings.sum()) ** 2
    return Omega(
        omega=common / (common + float(unique.sum())),
        loadings=tuple(loadings.tolist()),
        is_boundary=bool(np.any(unique <= LEAST_UNIQUE * (1 + 1e-6))),
    )


def _check(covariance: ArrayLike, least: int) -> tuple[Floats, Floats]:
    """The matrix and its correlations."""
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] < least:
        raise ValueError(f"a square covariance matrix of at least {least} items is needed")
    if not np.allclose(matrix, matrix.T) or not bool(np.all(np.diag(matrix) > 0)):
        raise ValueError("a covariance matrix is symmetric with positive variances")
    if float(matrix.sum()) <= 0:
        raise ValueError("the sum of these items does not vary: they are not keyed")
    spread = np.sqrt(np.diag(matrix))
    return matrix, matrix / np.outer(spread, spread)


def _loadings(unique: Floats, correlation: Floats) -> Floats:
    """Loadings (k,) that are best for given uniquenesses."""
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    loadings = root * vectors[:, -1] * np.sqrt(max(float(values[-1]) - 1, 0.0))
    return np.asarray(loadings if loadings.sum() >= 0 else -loadings, dtype=np.float64)


def _discrepancy(unique: Floats, correlation: Floats) -> tuple[float, Floats]:
    """The likelihood's discrepancy with the loadings profiled out, and its gradient (k,).

    The sum of e - log e - 1 over all eigenvalues but the largest.
    """
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    shared = unique * np.square(vectors[:, -1]) * max(float(values[-1]) - 1, 0.0)
    left = shared + unique - np.diag(correlation)
    return float(np.sum(values[:-1] - np.log(values[:-1]) - 1)), left / np.square(unique)
