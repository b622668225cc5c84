from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reports.stats.fixed_effects import Effects, demean
from reports.stats.team_swap import deals, scan_lags, team_swap


def tables(teams: int, waves: int, seed: int = 1, link: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(teams, waves))
    return x, link * x + rng.normal(size=(teams, waves)), np.ones((teams, waves), dtype=bool)


def plain(x: np.ndarray, y: np.ndarray, deal: np.ndarray) -> float:
    """Correlation around zero of one deal, pair by pair."""
    cross = sum(float(y[g] @ x[h]) for g, h in enumerate(deal))
    return cross / math.sqrt(sum(float(x[h] @ x[h]) for h in deal) * float(np.square(y).sum()))


def test_up_to_six_teams_every_other_deal_is_looked_at_once() -> None:
    listed, is_full = deals(5, 1999, 1)
    assert is_full
    assert listed.shape == (119, 5)
    assert len({tuple(deal) for deal in listed.tolist()}) == 119
    assert [0, 1, 2, 3, 4] not in listed.tolist()


def test_seven_teams_are_dealt_at_random_and_the_same_way_each_time() -> None:
    first, is_full = deals(7, 50, 3)
    assert not is_full
    np.testing.assert_array_equal(first, deals(7, 50, 3)[0])
    np.testing.assert_array_equal(np.sort(first, axis=1), np.tile(np.arange(7), (50, 1)))


def test_the_figures_are_those_of_a_plain_loop() -> None:
    x, y, mask = tables(5, 8, link=0.5)
    found = team_swap(x, y, mask, mask, pairings=1999, seed=1)
    listed, _ = deals(5, 0, 0)
    loop = np.array([plain(x, y, deal) for deal in listed])
    np.testing.assert_allclose(found.dealt, loop, rtol=1e-12)
    assert found.observed == pytest.approx(plain(x, y, np.arange(5)))
    as_strong = int(np.sum(np.abs(loop) >= abs(found.observed)))
    assert (found.as_strong, found.pairings) == (as_strong, 119)
    assert found.p == (1 + as_strong) / 120


def test_p_agrees_with_the_permutation_test_of_scipy() -> None:
    x, y, mask = tables(6, 5, seed=4, link=0.2)

    def statistic(order: np.ndarray) -> float:
        return plain(x, y, order.astype(int))

    theirs = stats.permutation_test(
        (np.arange(6),), statistic, permutation_type="pairings", n_resamples=np.inf, alternative="greater"
    )
    above = sum(value >= theirs.statistic - 1e-12 for value in theirs.null_distribution)
    ours = team_swap(x, y, mask, mask, pairings=0, seed=0)
    assert sum(value >= ours.observed - 1e-12 for value in ours.dealt) + 1 == above


def test_a_strong_link_is_found_and_a_deal_of_it_is_not() -> None:
    x, y, mask = tables(8, 20, link=1.0)
    assert team_swap(x, y, mask, mask, pairings=99, seed=1).p == 0.01
    assert team_swap(np.roll(x, 1, axis=0), y, mask, mask, pairings=99, seed=1).p > 0.05


def test_cells_that_one_side_lacks_are_not_read() -> None:
    x, y, mask = tables(5, 8)
    known, wanted = mask.copy(), mask.copy()
    known[1, 3], wanted[2, 5] = False, False
    spoilt_x, spoilt_y = x.copy(), y.copy()
    spoilt_x[1, 3], spoilt_y[2, 5] = 50.0, 70.0
    found = team_swap(spoilt_x, spoilt_y, known, wanted, pairings=0, seed=0)
    assert found == team_swap(x, y, known, wanted, pairings=0, seed=0)


def test_a_deal_loses_the_means_of_the_team_that_gets_it() -> None:
    """As its own pressure did: the figures are those of a regression of each pair on the getter's own effects."""
    x, y, mask = tables(5, 12)
    segments = np.arange(12)[None, :] // np.array([[3], [4], [6], [12], [12]])
    effects = Effects.of(mask, segments=segments, waves=False)
    x, y = effects.residuals(x), effects.residuals(y)
    found = team_swap(x, y, mask, mask, pairings=0, seed=0, makers=effects.makers)
    listed, _ = deals(5, 0, 0)
    # What each team would be left with of what each other team brings.
    got = np.array(
        [[demean(x[[h]], mask[[g]], segments=segments[[g]], waves=False)[0] for h in range(5)] for g in range(5)]
    )
    loop = []
    for deal in listed:
        own = got[np.arange(5), deal]
        loop.append(float((own * y).sum()) / math.sqrt(float(np.square(own).sum()) * float(np.square(y).sum())))
    np.testing.assert_allclose(found.dealt, loop, atol=1e-12)
    assert found.p >= team_swap(x, y, mask, mask, pairings=0, seed=0).p


def test_the_scan_pays_for_its_best_lag() -> None:
    x, y, mask = tables(5, 8, seed=3, link=0.6)
    other = np.random.default_rng(8).normal(size=(8, 5, 8))
    single = team_swap(x, y, mask, mask, pairings=0, seed=0)
    scan = scan_lags([x, *other], y, [mask] * 9, mask, pairings=0, seed=0)
    assert scan.strongest == int(np.argmax(np.abs(scan.correlations)))
    assert scan.correlations[0] == pytest.approx(single.observed)
    assert scan.p >= single.p


def test_one_team_has_nobody_to_swap_with() -> None:
    x, y, mask = tables(1, 8)
    with pytest.raises(ValueError, match="nobody"):
        team_swap(x, y, mask, mask, pairings=9, seed=1)
