"""A batch of series and the organisation's covariance in, fitted line and smoothed level with its band out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reports.stats.covariance import Fits, Rotation, rotate
from reports.stats.pooling import Nuisance
from reports.stats.results import Floats
from reports.stats.series import Batch


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Fitted straight line, smoothed level and the ends of its 95 % band, each (g, t), in scale points."""

    line: Floats
    level: Floats
    low: Floats
    high: Floats


def smooth(batch: Batch, nuisance: Nuisance, fits: Fits, variance: Floats, df: Floats) -> Levels:
    """Best linear prediction of line plus mood at each wave, averaged over the grid (Robinson 1991; what a Kalman
    smoother gives for the same covariance).

    ``fits``: straight lines of the centred values at the active grid points, ``variance`` and ``df``: moderated, all
    (g, j). The band covers the level of the process, not the released value.
    """
    middle = batch.values.mean(axis=1, keepdims=True)
    centred = (batch.values - middle)[:, :, np.newaxis]
    design = np.stack([np.ones_like(batch.values), batch.column()], axis=2)
    line = np.zeros_like(batch.values)
    level, square, spread = np.zeros_like(line), np.zeros_like(line), np.zeros_like(line)
    for phi in np.unique(nuisance.phi):
        points = np.flatnonzero(nuisance.phi == phi)
        weight = nuisance.weights[points]
        intercept, slope = fits.intercept[:, np.newaxis, points], fits.slope[:, np.newaxis, points]
        straight = intercept + design[:, :, 1:] * slope
        mood, unit = _predict(
            rotate(batch, float(phi)), nuisance.lam[points], centred - straight, design, fits=fits, points=points
        )
        smoothed = straight + mood
        line += straight @ weight
        level += smoothed @ weight
        square += np.square(smoothed) @ weight
        spread += (variance[:, np.newaxis, points] * unit) @ weight
    total = spread + np.maximum(square - np.square(level), 0.0)
    freedom = (nuisance.weights * df).sum(axis=1, keepdims=True)
    half = special.stdtrit(freedom, 0.975) * np.sqrt(total)
    return Levels(line=line + middle, level=level + middle, low=level + middle - half, high=level + middle + half)


def _predict(
    rotation: Rotation, lam: Floats, residual: Floats, design: Floats, *, fits: Fits, points: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Mood and the variance of line plus mood over s^2, both (g, t, l), at the grid points of one phi.

    ``lam``: (l,); ``residual``: what the lines leave (g, t, l); ``design``: (g, t, 2).
    """
    kept = rotation.shrink(lam)
    mood = rotation.back((1.0 - kept) * rotation.forward(residual))
    own = np.square(rotation.root)[:, :, np.newaxis] * np.matmul(np.square(rotation.vectors), 1.0 - kept)
    turned = rotation.forward(design)
    level, slope = (rotation.back(kept * turned[:, :, i : i + 1]) for i in (0, 1))
    corner, cross, steep = (a[:, np.newaxis, points] for a in (fits.corner, fits.cross, fits.variance))
    line = corner * np.square(level) + 2 * cross * level * slope + steep * np.square(slope)
    return mood, own + line
