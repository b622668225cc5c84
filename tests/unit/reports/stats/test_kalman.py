"""The scalar Kalman filter against the matrices it avoids."""

from __future__ import annotations

import numpy as np
import pytest

from reports.stats.kalman import Walk, moods, precision_trace, quadratic_forms, random_walk, smoothed_walk

GAPS = np.array([1.0, 1.0, 2.0, 1.0, 3.5, 1.0, 1.0])
WHITE = np.array([1.0, 0.6, 1.2, 1.0, 0.4, 2.0, 1.0])
DAYS = np.cumsum(GAPS)


def walks() -> dict[str, tuple[Walk, np.ndarray]]:
    distance = np.abs(np.subtract.outer(DAYS, DAYS))
    since = np.minimum.outer(DAYS, DAYS) - DAYS[0]
    return {
        "mood": (moods((0.7**GAPS)[:, np.newaxis], np.array([1.3])), 1.3 * 0.7**distance),
        "white mood": (moods((0.0**GAPS)[:, np.newaxis], np.array([0.8])), 0.8 * np.eye(7)),
        "walk": (random_walk(GAPS[:, np.newaxis], np.array([0.3])), 0.3 * since),
        "nothing": (random_walk(GAPS[:, np.newaxis], np.array([0.0])), np.zeros((7, 7))),
    }


@pytest.mark.parametrize("name", ["mood", "white mood", "walk", "nothing"])
def test_forms_determinant_and_trace_are_those_of_the_covariance(name: str) -> None:
    walk, hidden = walks()[name]
    a, b = np.random.default_rng(1).normal(size=(2, 7))
    covariance = hidden + np.diag(WHITE)
    sums, log_det = quadratic_forms((a[:, np.newaxis], b), ((0, 0), (0, 1)), white=WHITE[:, np.newaxis], walk=walk)
    inverse = np.linalg.inv(covariance)
    assert sums[0][0] == pytest.approx(a @ inverse @ a)
    assert sums[1][0] == pytest.approx(a @ inverse @ b)
    assert log_det[0] == pytest.approx(np.linalg.slogdet(covariance)[1])
    assert precision_trace(WHITE[:, np.newaxis], walk)[0] == pytest.approx(np.trace(np.diag(WHITE) @ inverse))


def test_a_row_of_infinite_noise_is_a_row_left_out() -> None:
    y = np.random.default_rng(2).normal(size=7)
    white = WHITE.copy()
    white[3] = np.inf
    walk, hidden = walks()["mood"]
    sums, _ = quadratic_forms((y,), ((0, 0),), white=white[:, np.newaxis], walk=walk)
    kept = np.arange(7) != 3
    covariance = (hidden + np.diag(WHITE))[np.ix_(kept, kept)]
    assert sums[0][0] == pytest.approx(y[kept] @ np.linalg.solve(covariance, y[kept]))


@pytest.mark.parametrize("name", ["mood", "walk", "nothing"])
def test_the_smoothed_level_is_the_best_linear_prediction_with_a_mean_that_is_not_known(name: str) -> None:
    """Robinson 1991: mean by least squares, hidden part by its covariance with what is left."""
    walk, hidden = walks()[name]
    y = np.random.default_rng(3).normal(size=7)
    inverse = np.linalg.inv(hidden + np.diag(WHITE))
    one = np.ones(7)
    unit = 1 / (one @ inverse @ one)
    mean = unit * (one @ inverse @ y)
    left = one - hidden @ inverse @ one
    level, variance = smoothed_walk(y[:, np.newaxis], WHITE[:, np.newaxis], walk)
    assert np.allclose(level[:, 0], mean + hidden @ inverse @ (y - mean))
    assert np.allclose(variance[:, 0], np.diag(hidden - hidden @ inverse @ hidden) + left**2 * unit)
