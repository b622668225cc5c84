"""Many noisy variances in, variances moderated towards their common prior out.

Formula: Smyth 2004 (SAGMB 3:3), moment estimate of a scaled F distribution on the log scale. Checked against
Bioconductor limma 3.54.1 ``squeezeVar`` (reference case limma_squeeze_var).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reports.stats.results import Floats

# Below this share of the median a variance is taken for a rounding accident; the bound is limma's.
TINY_SHARE = 1e-5
# A prior with more degrees of freedom than this is the same as a common variance.
LARGEST_DF = 1e8


@dataclass(frozen=True, kw_only=True)
class Moderated:
    """Prior degrees of freedom and variance, shape (m,); posterior variances and degrees of freedom, shape (g, m)."""

    prior_df: Floats
    prior_variance: Floats
    posterior: Floats
    df: Floats


def inverse_trigamma(values: ArrayLike) -> Floats:
    """The x > 0 with trigamma(x) = value, for positive values of any shape, by Newton's method on 1/trigamma."""
    target = np.asarray(values, dtype=np.float64)
    x: Floats = 0.5 + 1.0 / target
    step = x
    # 1/trigamma is convex and the start lies right of the root: the steps only shrink.
    while bool(np.any(np.abs(step) > 1e-10 * x)):
        tri = special.polygamma(1, x)
        step = tri * (1 - tri / target) / special.polygamma(2, x)
        x = x + step
    return x


def moderate(variance: ArrayLike, df: ArrayLike, prior_df: Floats, prior_variance: Floats) -> Moderated:
    """Weighted means of own and prior variances, weights being degrees of freedom.

    ``variance``: (g, m), unit squared; ``df``: (g,); priors: (m,). The degrees of freedom of a result never exceed
    those of all series together, as in limma's ``eBayes``.
    """
    own = np.asarray(variance, dtype=np.float64)
    d = np.asarray(df, dtype=np.float64)[:, np.newaxis]
    posterior = (d * own + prior_df * prior_variance) / (d + prior_df)
    return Moderated(prior_df=prior_df, prior_variance=prior_variance, posterior=posterior, df=d + prior_df)


def squeeze_variances(variance: ArrayLike, df: ArrayLike) -> Moderated:
    """Estimate the prior from at least two variances and moderate them.

    ``variance``: (g,) or (g, m) for m independent sets, unit squared, none negative, none missing; ``df``: (g,) or one
    number, positive. Results are always (g, m). Raises ValueError for fewer than two variances.
    """
    own = np.asarray(variance, dtype=np.float64)
    own = own[:, np.newaxis] if own.ndim == 1 else own
    count = own.shape[0]
    if count < 2:
        raise ValueError("a prior needs at least two variances")
    degrees = np.broadcast_to(np.asarray(df, dtype=np.float64), (count,)).astype(np.float64)
    half = degrees[:, np.newaxis] / 2
    floor = TINY_SHARE * np.median(own, axis=0)
    safe = np.maximum(own, np.where(floor > 0, floor, np.finfo(np.float64).tiny))
    logs = np.log(safe) - special.digamma(half) + np.log(half)
    mean = logs.mean(axis=0)
    excess = logs.var(axis=0, ddof=1) - special.polygamma(1, half).mean(axis=0)
    finite = excess > 0
    half_prior = inverse_trigamma(np.where(finite, excess, 1.0))
    with_prior = np.exp(mean + special.digamma(half_prior) - np.log(half_prior))
    pooled = (safe * degrees[:, np.newaxis]).sum(axis=0) / degrees.sum()
    prior_df = np.where(finite, np.minimum(2 * half_prior, LARGEST_DF), LARGEST_DF)
    prior_variance = np.where(finite, with_prior, pooled)
    return moderate(own, degrees, prior_df, prior_variance)
