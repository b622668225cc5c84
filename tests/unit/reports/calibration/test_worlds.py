"""The worlds are what they say, and what leaves them is what the disclosure policy lets out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from reports.calibration import worlds
from reports.calibration.worlds import ALL_WORLDS, World, draw, expected_mean, latent, ramp, scenario, step
from reports.disclosure.cells import RawCell, ReleasedCell, protect_crowd
from reports.disclosure.policy import K_DEFAULT


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seed", range(6))
def test_a_scale_leaves_as_the_policy_releases_it(seed: int) -> None:
    """Random answers of one crowd, through the worlds and through reports.disclosure."""
    random = rng(seed)
    invited = (8, 13, 30, 70)[seed % 4]
    pull = random.integers(1, 6)  # also crowds that agree, so that edges are reached
    items = np.clip(pull + random.integers(-1, 2, size=(1, 1, 1, invited, 3)), 1, 5)
    answered = random.random((1, 1, invited)) < 0.8
    n = answered.sum(axis=2)
    drawn = worlds._release(items, answered, np.ones_like(answered), n, World(teams=1, waves=1))
    sums = [int(total) for total in items[0, 0, 0][answered[0, 0]].sum(axis=0)]
    raws = [RawCell(crowd="a", measure=str(i), n=int(n[0, 0]), total=t, favourable=0) for i, t in enumerate(sums)]
    scale = RawCell(crowd="a", measure="s", n=int(n[0, 0]), total=Fraction(sum(sums), 3), favourable=0)
    cells = protect_crowd([*raws, scale], scales={"s": ["0", "1", "2"]}, ballots=int(n[0, 0]), invited=invited)
    cell = cells["s"]
    assert isinstance(cell, ReleasedCell)
    assert drawn.released[0, 0, 0] == pytest.approx(cell.value)
    assert (drawn.low[0, 0], drawn.high[0, 0]) == (cell.n_low, cell.n_high)
    assert drawn.step[0, 0, 0] ** 2 / 12 == pytest.approx(cell.rounding_variance)
    assert drawn.clipped[0, 0, 0].tolist() == [cell.low_clipped, cell.high_clipped]


def test_under_five_answers_nothing_is_released() -> None:
    drawn = draw(rng(), World(teams=40, waves=6, response=0.5))
    hidden = np.isnan(drawn.released[0])
    assert hidden.any()
    assert np.nanmin(drawn.answers) == K_DEFAULT
    assert np.array_equal(hidden, np.isnan(drawn.answers))
    assert sum(s.values.size for s in drawn.series()) == (~hidden).sum()


def test_answers_have_the_shares_of_the_notes() -> None:
    drawn = draw(rng(), World(teams=200, waves=1, invited=(40,), response=0.99))
    assert np.nanmean(drawn.exact) == pytest.approx(expected_mean(0.0), abs=0.08)
    assert expected_mean(0.0) == pytest.approx(0.05 + 2 * 0.12 + 3 * 0.25 + 4 * 0.40 + 5 * 0.18)


def test_a_step_moves_the_mean_by_so_many_points() -> None:
    drawn = draw(rng(), World(teams=100, waves=2, invited=(40,), shift=step(-1.0, 2, 1)))
    assert np.nanmean(drawn.exact[0, :, 1] - drawn.exact[0, :, 0]) == pytest.approx(-1.0, abs=0.08)
    steady = ramp(-1.0, 5)
    assert expected_mean(steady[0]) - expected_mean(steady[-1]) == pytest.approx(1.0)
    assert latent(0.0) == pytest.approx(0.0)


def test_silence_flatters_as_measured_in_the_notes() -> None:
    """At a flat 75 % answering, the level is about 0.15 too rosy with gamma 1."""
    for gamma, expected in ((0.5, 0.08), (1.0, 0.15)):
        drawn = draw(rng(), World(teams=250, waves=2, silence=gamma))
        assert np.nanmean(drawn.exact - drawn.truth) == pytest.approx(expected, abs=0.03)


def test_every_world_has_no_lasting_change_and_its_own_trait() -> None:
    every = {name: scenario(name, teams=10, waves=12) for name in ALL_WORLDS}
    assert every["white"].mood.deviation == 0
    for name in ("silence", "moody", "missing", "season", "floor", "turnover"):
        assert repr(every[name]) != repr(every["base"]), name
    assert np.ptp(np.asarray(every["season"].shift)[[0, -1]]) == 0
    gone = draw(rng(), replace(every["missing"], response=0.99))
    assert 0.1 < np.isnan(gone.released).mean() < 0.4
    assert np.nanmean(draw(rng(), replace(every["floor"], teams=60)).exact) < 2.4
    with pytest.raises(ValueError, match="is none of"):
        scenario("calm", teams=1, waves=5)


def test_scales_of_one_questionnaire_are_answered_by_the_same_people() -> None:
    drawn = draw(rng(), World(teams=200, waves=1, scales=2, invited=(13,)))
    both = np.isfinite(drawn.exact[:, :, 0]).all(axis=0)
    assert 0.2 < np.corrcoef(drawn.exact[:, both, 0])[0, 1] < 0.8
    assert np.array_equal(np.isnan(drawn.exact[0]), np.isnan(drawn.exact[1]))


def test_declared_spread_and_response_bands_are_those_of_a_release() -> None:
    drawn = draw(rng(), World(teams=50, waves=1, invited=(13,)))
    assert 0.5 <= drawn.within_variance() <= 1.0
    assert drawn.response_bands(0) in ([(5 / 13, 7 / 13)], [(8 / 13, 1.0)])
    empty = draw(rng(), World(teams=1, waves=1, missing=1.0))
    assert empty.within_variance() == 0.5
    assert empty.series()[0].values.size == 0


def test_one_seed_draws_one_world() -> None:
    first, again = (draw(rng(5), World(teams=3, waves=4)) for _ in range(2))
    assert np.array_equal(first.released, again.released, equal_nan=True)
