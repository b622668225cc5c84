"""The pooled trend against the plain least squares it batches, and against what it promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reports.stats.covariance import GRID_LAMBDA, GRID_PHI, scan
from reports.stats.gls import fit_gls
from reports.stats.results import Shape, TooEarly, TrendResult
from reports.stats.series import Series, batches, windows
from reports.stats.trend import fit


def team(key: str, values: list[float], *, gap: int = 14, n: float = 6.0, step: float = 0.1) -> Series:
    t = len(values)
    return Series(
        key=key,
        days=np.arange(t, dtype=np.float64) * gap,
        values=np.array(values),
        n=np.full(t, n),
        rounding_step=np.full(t, step),
    )


def organisation(count: int = 4, waves: int = 9, seed: int = 0) -> list[Series]:
    rng = np.random.default_rng(seed)
    return [team(f"t{i}", np.round(3.5 + 0.3 * rng.normal(size=waves), 1).tolist()) for i in range(count)]


def result(series: list[Series], key: str = "t0") -> TrendResult:
    found = fit(series).results[key]
    assert isinstance(found, TrendResult)
    return found


def test_the_batch_is_the_plain_fit_at_every_grid_point() -> None:
    rng = np.random.default_rng(5)
    days = np.array([0.0, 14, 28, 56, 71, 84, 112, 126])
    row = Series(
        key="a",
        days=days,
        values=3.5 + rng.normal(size=8),
        n=np.array([6, 6, 9.5, 6, 15.5, 6, 9.5, 6.0]),
        rounding_step=np.full(8, 0.1),
    )
    batch = next(batches([row], [0], unit=14.0, size=6.0, within=0.8))
    found = scan(batch)
    design = np.column_stack([np.ones(8), batch.column()[0]])
    white = 6 / row.n + 0.01 / 12 * 6 / 0.8
    offsets = set()
    for j in range(0, GRID_PHI.size, 7):
        distance = np.abs(np.subtract.outer(days, days)) / 14
        plain = fit_gls(row.values, design, np.diag(white) + GRID_LAMBDA[j] * GRID_PHI[j] ** distance)
        assert found.fits.slope[0, j] == pytest.approx(plain.coef[1])
        assert np.sqrt(found.rss[0, j] / 6 * found.fits.variance[0, j]) == pytest.approx(plain.se[1])
        offsets.add(round(found.loglik[0, j] - plain.reml_loglik, 8))
    assert len(offsets) == 1


def test_the_change_does_not_depend_on_where_the_calendar_begins() -> None:
    series = organisation()
    later = [replace(s, days=s.days + 738_000) for s in series]
    assert result(series).change.estimate == pytest.approx(result(later).change.estimate)


def test_turning_the_scale_round_turns_the_result_round() -> None:
    series = organisation()
    plain, turned = result(series), result([replace(s, values=6 - s.values) for s in series])
    assert turned.change.estimate == pytest.approx(-plain.change.estimate)
    assert turned.shift.interval.low == pytest.approx(-plain.shift.interval.high)
    assert turned.p == pytest.approx(plain.p)


def test_the_same_input_gives_the_same_bits() -> None:
    assert fit(organisation()) == fit(organisation())


def test_the_order_of_the_teams_does_not_matter() -> None:
    series = organisation()
    assert result(series[::-1]).p == pytest.approx(result(series).p)


def test_fewer_than_five_waves_are_too_early_and_say_how_many_are_left() -> None:
    series = [*organisation(3), team("new", [3.0, 3.1, 3.2])]
    assert fit(series).results["new"] == TooEarly(waves_left=2)
    assert list(fit(series).results) == ["t0", "t1", "t2", "new"]


def test_no_series_and_empty_series_are_no_error() -> None:
    assert fit([]).results == {}
    assert fit([team("new", [])]).results == {"new": TooEarly(waves_left=5)}


def test_a_missing_wave_is_an_absent_row() -> None:
    series = organisation(waves=12)
    keep = np.arange(12) != 4
    gap = replace(
        series[0],
        days=series[0].days[keep],
        values=series[0].values[keep],
        n=series[0].n[keep],
        rounding_step=series[0].rounding_step[keep],
    )
    found = result([gap, *series[1:]])
    assert found.waves == 11
    assert found.span_days == 154


def test_the_window_is_counted_back_from_the_latest_wave_of_any_team() -> None:
    old = team("old", [3.0] * 10)
    new = replace(team("new", [3.0] * 10), days=np.arange(10.0) * 14 + 70)
    kept = windows([old, new], 6, 14.0)
    assert [s.days.size for s in kept] == [1, 6]


def test_a_constant_series_is_not_known_without_error() -> None:
    found = result([team("t0", [3.5] * 8), team("t1", [3.0] * 8)])
    assert found.change.estimate == pytest.approx(0, abs=1e-12)
    assert found.change.high > 0.01
    assert found.p == pytest.approx(1)


def test_a_step_is_given_its_size_and_its_day() -> None:
    rng = np.random.default_rng(6)
    series = organisation(6, waves=16)
    step = 4.0 - 1.5 * (np.arange(16) >= 9) + 0.1 * rng.normal(size=16)
    found = result([team("step", step.tolist()), *series[1:]], "step")
    assert found.shift.shape is Shape.STEP
    assert found.shift.since_day == 9 * 14
    assert found.shift.since_low <= 9 * 14 <= found.shift.since_high
    assert found.amount.estimate == pytest.approx(-1.5, abs=0.15)
    assert found.amount.low < -1.5 < found.amount.high
    assert found.change.estimate < -1.7


def test_a_ramp_is_given_its_whole_change() -> None:
    rng = np.random.default_rng(7)
    ramp = 4.2 - 1.5 * np.arange(16) / 15 + 0.03 * rng.normal(size=16)
    found = result([team("ramp", ramp.tolist()), *organisation(6, waves=16)[1:]], "ramp")
    assert found.amount.estimate == pytest.approx(-1.5, abs=0.2)
    assert found.shift.shape is not Shape.STEP


def test_the_contrast_is_the_last_three_against_nine_before() -> None:
    values = [3.5, 3.6, 3.4, 3.5, 3.5, 3.4, 3.6, 3.5, 3.5, 3.6, 3.4, 2.5, 2.4, 2.6]
    found = result([team("t0", values), *organisation(5, waves=14, seed=3)[1:]]).contrast
    assert (found.recent, found.earlier) == (3, 9)
    assert found.interval.estimate == pytest.approx(-1.0, abs=0.1)
    assert found.z < -2
    assert found.p < 0.05
    short = result(organisation(waves=5)).contrast
    assert (short.recent, short.earlier) == (2, 3)


def test_more_answers_in_a_wave_give_it_more_weight() -> None:
    series = organisation(5)
    values = series[0].values.copy()
    values[-1] += 1.0
    odd = replace(series[0], values=values)
    heavy = replace(odd, n=np.append(odd.n[:-1], 100.0))
    assert result([heavy, *series[1:]]).change.estimate > result([odd, *series[1:]]).change.estimate


def test_a_union_of_teams_does_not_inform_the_covariance_it_is_judged_by() -> None:
    series = organisation(5)
    union = team("all", np.mean([s.values for s in series], axis=0).tolist(), n=30.0, step=0.05)
    apart = fit(series)
    joint = fit([*series, union], pooled={s.key for s in series})
    assert joint.posterior.weights == pytest.approx(apart.posterior.weights)
    assert joint.posterior.teams == 5
    assert isinstance(joint.results["all"], TrendResult)


def test_the_band_follows_the_rows_and_holds_the_level() -> None:
    found = result(organisation())
    assert len(found.days) == len(found.line) == len(found.level) == found.waves
    ends = zip(found.level_low, found.level, found.level_high, strict=True)
    assert all(low < level < high for low, level, high in ends)
    assert found.line[-1] - found.line[0] == pytest.approx(found.change.estimate)


def test_the_detectable_change_is_larger_than_half_the_interval() -> None:
    found = result(organisation())
    assert found.mde80 > found.change.half_width
    assert found.mde80 == pytest.approx((2.06 + 0.86) * found.standard_error, rel=0.15)


def test_the_posterior_describes_itself() -> None:
    posterior = fit(organisation()).posterior
    assert sum(posterior.weights) == pytest.approx(1)
    assert 0 < posterior.phi_mean < 1
    assert posterior.lam_mean > 0
    assert posterior.edge < 0.2
    assert (posterior.teams, posterior.days_per_wave, posterior.reference_n) == (4, 14, 6)


def test_without_any_series_the_prior_stands() -> None:
    posterior = fit([]).posterior
    best = int(np.argmax(posterior.weights))
    assert (posterior.phi[best], posterior.lam[best]) == (0.6, 0.56)
    assert posterior.edge < 0.01


def test_repeated_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="key of its own"):
        fit([team("a", [3.0] * 6), team("a", [3.0] * 6)])


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("days", np.array([0.0, 14, 14]), "increase"),
        ("values", np.array([3.0, np.nan, 3.0]), "left out"),
        ("values", np.array([3.0, 3.0]), "one length"),
        ("n", np.array([6.0, 0.0, 6.0]), "positive"),
        ("rounding_step", np.array([0.1, -0.1, 0.1]), "negative"),
    ],
)
def test_what_is_no_series_is_refused(field: str, value: np.ndarray, reason: str) -> None:
    good = team("a", [3.0, 3.1, 3.2])
    with pytest.raises(ValueError, match=reason):
        replace(good, **{field: value})


def test_what_is_normal_is_learnt_from_the_series_without_a_trend() -> None:
    series = organisation(6, waves=12)
    fallen = replace(series[0], values=series[0].values - 2.0 * (np.arange(12) >= 6))
    found = fit([fallen, *series[1:]])
    assert found.quiet is not None
    assert (found.quiet.teams, found.posterior.teams) == (5, 6)
    assert found.normal is found.quiet
    assert found.quiet.lam_mean < found.posterior.lam_mean
    assert found.quiet.weights == pytest.approx(fit(series[1:]).posterior.weights)


def test_where_too_few_are_at_rest_all_series_are_normal() -> None:
    found = fit(organisation(2))
    assert found.quiet is None
    assert found.normal is found.posterior


def test_the_posterior_gives_the_variance_that_the_series_have_in_common() -> None:
    rng = np.random.default_rng(9)
    series = [team(f"t{i}", (3.5 + 0.4 * rng.normal(size=16)).tolist()) for i in range(30)]
    posterior = fit(series).posterior
    whole = posterior.white_variance * (1 + posterior.lam_mean)
    assert posterior.white_variance < 0.16 < 1.6 * whole
    assert posterior.prior_df > 10
    assert posterior.pooled_df == 30 * 14
    active = [v > 0 for v in posterior.prior_variances]
    assert len(active) == len(posterior.weights)
    assert sum(w for w, a in zip(posterior.weights, active, strict=True) if a) > 0.95
    alone = fit(series[:1], within_variance=0.8).posterior
    assert (alone.prior_df, alone.pooled_df) == (pytest.approx(4.0), np.inf)
    assert alone.white_variance == pytest.approx(0.55 * 0.8 / 6)


def test_the_clipped_share_is_carried_and_changes_no_figure() -> None:
    plain = organisation()
    found = result([replace(plain[0], clipped=0.5), *plain[1:]])
    assert found == replace(result(plain), clipped=0.5)
    with pytest.raises(ValueError, match="clipped"):
        replace(plain[0], clipped=1.5)
