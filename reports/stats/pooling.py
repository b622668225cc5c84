"""Scans of all series of an organisation in, the posterior of its covariance and moderated variances out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.stats.covariance import GRID_LAMBDA, GRID_PHI, log_prior
from reports.stats.moderation import Moderated, moderate, squeeze_variances
from reports.stats.results import Floats, Posterior

# From this many series on the prior of the variances is estimated, below it is the documented one.
ENOUGH_TEAMS = 3
SMALL_PRIOR_DF = 4.0
# Only a part of what separates people in a crowd changes from wave to wave: the same people answer again.
SMALL_PRIOR_SHARE = 0.55
# Grid points below this share of the best one are left out of the averages.
NEGLIGIBLE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Nuisance:
    """Active grid points ``phi``, ``lam``, ``weights`` (j,), the prior of the variances at each, degrees of freedom.

    ``points`` are their places on the full grid; ``df_limit`` is the pooled degrees of freedom.
    """

    points: tuple[int, ...]
    phi: Floats
    lam: Floats
    weights: Floats
    prior_df: Floats
    prior_variance: Floats
    df_limit: float

    def variances(self, rss: Floats, df: int) -> Moderated:
        """Moderated s^2 and degrees of freedom (g, j) for residual sums (g, j) on ``df`` degrees of freedom."""
        own = np.full(rss.shape[0], float(df))
        moderated = moderate(rss / df, own, self.prior_df, self.prior_variance)
        limited = np.minimum(moderated.df, max(self.df_limit, float(df)))
        return Moderated(
            prior_df=self.prior_df, prior_variance=self.prior_variance, posterior=moderated.posterior, df=limited
        )


def posterior_weights(loglik: Floats) -> Floats:
    """Grid weights (j,) from the log likelihoods (g, j) of independent series and the weak prior; they sum to 1."""
    log_weight = loglik.sum(axis=0) + log_prior()
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def pool(loglik: Floats, rss: Floats, df: Floats, *, small_variance: float) -> tuple[Nuisance, Floats]:
    """Nuisance parameters of the organisation and the full grid's weights.

    ``loglik`` and ``rss``: (g, j) of the pooled series, ``df``: (g,). Under three series the variances take 4 prior
    degrees of freedom at ``small_variance``; from three on the prior is Smyth's, estimated.
    """
    weights = posterior_weights(loglik)
    points = np.flatnonzero(weights >= NEGLIGIBLE * weights.max())
    active = weights[points] / weights[points].sum()
    if df.size >= ENOUGH_TEAMS:
        squeezed = squeeze_variances(rss[:, points] / df[:, np.newaxis], df)
        prior_df, prior_variance, limit = squeezed.prior_df, squeezed.prior_variance, float(df.sum())
    else:
        prior_df = np.full(points.size, SMALL_PRIOR_DF)
        prior_variance, limit = np.full(points.size, small_variance), np.inf
    nuisance = Nuisance(
        points=tuple(int(i) for i in points),
        phi=GRID_PHI[points],
        lam=GRID_LAMBDA[points],
        weights=active,
        prior_df=prior_df,
        prior_variance=prior_variance,
        df_limit=limit,
    )
    return nuisance, weights


def describe(weights: Floats, nuisance: Nuisance, *, teams: int, unit: float, size: float) -> Posterior:
    """The posterior as a result; priors of the variances stand at the active grid points alone."""
    variances, freedom = np.zeros(weights.size), np.zeros(weights.size)
    variances[list(nuisance.points)] = nuisance.prior_variance
    freedom[list(nuisance.points)] = nuisance.prior_df
    return Posterior(
        phi=tuple(GRID_PHI.tolist()),
        lam=tuple(GRID_LAMBDA.tolist()),
        weights=tuple(weights.tolist()),
        teams=teams,
        days_per_wave=unit,
        reference_n=size,
        white_variance=float(nuisance.weights @ nuisance.prior_variance),
        # The harmonic mean: a variance common to all at one grid point must not hide its spread at the others.
        prior_df=float(1 / (nuisance.weights @ (1 / nuisance.prior_df))),
        prior_variances=tuple(variances.tolist()),
        prior_dfs=tuple(freedom.tolist()),
        pooled_df=nuisance.df_limit,
    )
