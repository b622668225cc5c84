"""One response, a design and a covariance in, the generalised least squares fit with both likelihoods out.

The plain form of what :mod:`reports.stats.trend` does for thousands of series at once; the batch is tested against
it. Checked against NIST StRD (Norris, Longley: unit covariance) and R nlme ``gls`` (Lake Huron).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from reports.stats.results import Floats


@dataclass(frozen=True, kw_only=True)
class GlsFit:
    """Coefficients and standard errors (p,), residual SD on n-p degrees of freedom, both log likelihoods."""

    coef: Floats
    se: Floats
    sigma: float
    df: int
    loglik: float
    reml_loglik: float


def fit_gls(y: ArrayLike, design: ArrayLike, covariance: ArrayLike | None = None) -> GlsFit:
    """Fit y = X b + e, Var e = sigma^2 V, by QR after whitening with the Cholesky factor of V.

    ``y``: (n,), ``design``: (n, p) of full rank with n > p, ``covariance``: (n, n) positive definite, unit if None; no
    missing values. The scale is profiled out of both likelihoods. Raises numpy.linalg.LinAlgError for a V that is no
    covariance.
    """
    response, x = np.asarray(y, dtype=np.float64), np.asarray(design, dtype=np.float64)
    n, p = x.shape
    log_v = 0.0
    if covariance is not None:
        factor = np.linalg.cholesky(np.asarray(covariance, dtype=np.float64))
        log_v = 2 * float(np.log(np.diag(factor)).sum())
        response = linalg.solve_triangular(factor, response, lower=True)
        x = linalg.solve_triangular(factor, x, lower=True)
    q, r = np.linalg.qr(x)
    coef = linalg.solve_triangular(r, q.T @ response)
    rss = float(np.sum(np.square(response - x @ coef)))
    inverse = linalg.solve_triangular(r, np.eye(p))
    sigma = math.sqrt(rss / (n - p))
    log_information = 2 * float(np.log(np.abs(np.diag(r))).sum())
    return GlsFit(
        coef=np.asarray(coef, dtype=np.float64),
        se=sigma * np.sqrt(np.square(inverse).sum(axis=1)),
        sigma=sigma,
        df=n - p,
        loglik=-0.5 * (n * (math.log(2 * math.pi * rss / n) + 1) + log_v),
        reml_loglik=-0.5 * ((n - p) * (math.log(2 * math.pi * rss / (n - p)) + 1) + log_v + log_information),
    )
