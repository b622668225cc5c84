"""General dominance of published examples, and tables of drivers from panels of team means."""

from __future__ import annotations

import csv
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from reports.stats.drivers import DriverFit, TooFewTeams, dominance, find_drivers, relative_weights
from reports.stats.verdicts import DriverVerdict, judge_drivers

SWISS = ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]
# R relaimpo 2.2-7, calc.relimp(type = "lmg", rela = FALSE) on R's data set swiss (Groemping 2006, J. Stat. Softw. 17).
SWISS_LMG = [0.0570912207680913, 0.171173028900234, 0.260134678624385, 0.105570150373494, 0.112765922926522]
SWISS_LAST = [0.042869607125494, 0.0073874185151244, 0.161962693077336, 0.0623726258274238, 0.0569452587324973]
SWISS_FIRST = [0.124664909905748, 0.417164470500591, 0.440615646723924, 0.215003501618544, 0.173518927324862]
# Clerks of 30 departments of a financial firm, percent favourable (Chatterjee & Price 1977; R data set "attitude"):
# rating, complaints, privileges, learning.
ATTITUDE = np.array(
    [
        [
            43,
            63,
            71,
            61,
            81,
            43,
            58,
            71,
            72,
            67,
            64,
            67,
            69,
            68,
            77,
            81,
            74,
            65,
            65,
            50,
            50,
            64,
            53,
            40,
            63,
            66,
            78,
            48,
            85,
            82,
        ],
        [
            51,
            64,
            70,
            63,
            78,
            55,
            67,
            75,
            82,
            61,
            53,
            60,
            62,
            83,
            77,
            90,
            85,
            60,
            70,
            58,
            40,
            61,
            66,
            37,
            54,
            77,
            75,
            57,
            85,
            82,
        ],
        [
            30,
            51,
            68,
            45,
            56,
            49,
            42,
            50,
            72,
            45,
            53,
            47,
            57,
            83,
            54,
            50,
            64,
            65,
            46,
            68,
            33,
            52,
            52,
            42,
            42,
            66,
            58,
            44,
            71,
            39,
        ],
        [
            39,
            54,
            69,
            47,
            66,
            44,
            56,
            55,
            67,
            47,
            58,
            39,
            42,
            45,
            72,
            72,
            69,
            75,
            57,
            54,
            34,
            62,
            50,
            58,
            48,
            63,
            74,
            45,
            71,
            59,
        ],
    ],
    dtype=float,
).T


def _panel(seed: int, teams: int = 40, waves: int = 5, links: tuple[float, ...] = (0.9, 0.0)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scales = rng.normal(size=(teams, 1, len(links))) + 0.4 * rng.normal(size=(teams, waves, len(links)))
    outcome = scales @ np.array(links) + 0.6 * rng.normal(size=(teams, 1)) + 0.4 * rng.normal(size=(teams, waves))
    return np.concatenate([outcome[:, :, None], scales], axis=2)


def _fit(values: np.ndarray, names: list[str], **given: object) -> DriverFit:
    present = given.pop("present", np.ones(values.shape, dtype=bool))
    found = find_drivers(values, present, "mood", names, **{"draws": 60, **given})  # type: ignore[arg-type]
    assert isinstance(found, DriverFit)
    return found


@pytest.mark.shared
def test_the_swiss_provinces_give_what_relaimpo_gives(shared_dir: Path) -> None:
    with (shared_dir / "reference" / "data" / "swiss.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    x = [[float(row[name]) for name in SWISS] for row in rows]
    found = dominance([float(row["Fertility"]) for row in rows], x, SWISS)
    assert found.r2 == pytest.approx(0.706735001592726, rel=1e-9)
    assert list(found.general.values()) == pytest.approx(SWISS_LMG, rel=1e-9)
    assert list(found.last.values()) == pytest.approx(SWISS_LAST, rel=1e-9)
    assert list(found.first.values()) == pytest.approx(SWISS_FIRST, rel=1e-9)


def test_general_dominance_is_the_mean_gain_over_all_orders() -> None:
    y, x = ATTITUDE[:, 0], ATTITUDE[:, 1:]

    def explained(members: tuple[int, ...]) -> float:
        design = np.column_stack([np.ones(30), *(x[:, j] for j in members)])
        rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        return 1 - float(rest @ rest) / float(np.sum((y - y.mean()) ** 2))

    gains = np.zeros(3)
    for order in permutations(range(3)):
        for place, j in enumerate(order):
            gains[j] += (explained(order[: place + 1]) - explained(order[:place])) / 6
    found = dominance(y, x, ["complaints", "privileges", "learning"])
    assert list(found.general.values()) == pytest.approx(gains.tolist())
    assert sum(found.general.values()) == pytest.approx(found.r2)
    assert found.r2 == pytest.approx(explained((0, 1, 2)))


def test_johnson_s_weights_add_up_to_the_same_and_give_the_same_order() -> None:
    names = ["complaints", "privileges", "learning"]
    weights = relative_weights(ATTITUDE[:, 0], ATTITUDE[:, 1:], names)
    general = dominance(ATTITUDE[:, 0], ATTITUDE[:, 1:], names)
    assert sum(weights.values()) == pytest.approx(general.r2)
    assert sorted(names, key=weights.__getitem__) == sorted(names, key=general.general.__getitem__)
    assert list(weights.values()) == pytest.approx(list(general.general.values()), abs=0.02)


def test_uncorrelated_columns_have_their_own_r_squared_whatever_the_order() -> None:
    x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]] * 2, dtype=float)
    y = 3 * x[:, 0] + x[:, 1]
    found = dominance(y, x, ["a", "b"])
    for parts in (found.general, found.first, found.last):
        assert parts == pytest.approx({"a": 0.9, "b": 0.1})


def test_a_column_twice_shares_its_part_and_adds_nothing_at_the_end() -> None:
    x = np.column_stack([ATTITUDE[:, 1], ATTITUDE[:, 1]])
    found = dominance(ATTITUDE[:, 0], x, ["a", "b"])
    assert found.general["a"] == pytest.approx(found.r2 / 2)
    assert found.last == pytest.approx({"a": 0.0, "b": 0.0})


@pytest.mark.parametrize(
    ("y", "x", "names", "sentence"),
    [
        ([1, 2, 3], np.ones((3, 9)), list("abcdefghi"), "one to 8"),
        ([1, 2, 3], np.ones((3, 1)), ["a"], "without variance"),
        ([1, 2, 3], np.eye(3)[:, :2], ["a", "b"], "more rows"),
        ([1, 2, np.nan, 4, 5], np.eye(5)[:, :2], ["a", "b"], "missing"),
        ([1, 2], np.eye(3), ["a", "b", "c"], "outcome"),
        ([1, 2, 3, 4, 5], np.eye(5)[:, :2], ["a", "a"], "different names"),
    ],
)
def test_what_cannot_be_split_is_refused(y: list[float], x: np.ndarray, names: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        dominance(y, x, names)


def test_a_panel_names_the_scale_that_goes_together_and_leaves_the_other() -> None:
    fit = _fit(_panel(1), ["mood", "clarity", "load"])
    assert judge_drivers(fit) == {
        "clarity": DriverVerdict.HIGHER_TOGETHER,
        "load": DriverVerdict.NOT_DISTINGUISHABLE,
    }
    clarity, load = fit.drivers
    assert clarity.share.low > load.share.high
    assert clarity.share.estimate + load.share.estimate == pytest.approx(fit.r2.estimate)
    assert clarity.relative_weight == pytest.approx(clarity.share.estimate, abs=0.02)
    assert (fit.teams, fit.waves, fit.rows, fit.outcome) == (40, 5, 200, "mood")


def test_the_sign_says_opposite() -> None:
    fit = _fit(_panel(2, links=(-0.9, 0.0)), ["mood", "load", "other"])
    assert judge_drivers(fit)["load"] is DriverVerdict.OPPOSITE


def test_one_wave_for_all_teams_is_the_plain_decomposition() -> None:
    values = _panel(3, waves=1)
    fit = _fit(values, ["mood", "a", "b"])
    plain = dominance(values[:, 0, 0], values[:, 0, 1:], ["a", "b"])
    assert [driver.share.estimate for driver in fit.drivers] == pytest.approx(list(plain.general.values()))
    assert [driver.first for driver in fit.drivers] == pytest.approx(list(plain.first.values()))
    assert [driver.last for driver in fit.drivers] == pytest.approx(list(plain.last.values()))


def test_what_all_teams_share_in_a_wave_does_not_count() -> None:
    values = _panel(4)
    shared = values + 5 * np.random.default_rng(4).normal(size=(1, 5, 1))
    names = ["mood", "a", "b"]
    assert _fit(shared, names).r2.estimate == pytest.approx(_fit(values, names).r2.estimate)


def test_a_draw_is_the_decomposition_of_the_drawn_teams() -> None:
    values = _panel(5, teams=30, waves=3)
    present = np.ones(values.shape, dtype=bool)
    present[::4, 1, 2] = False
    fit = _fit(values, ["mood", "a", "b"], present=present, draws=2, seed=9)
    shares, fisher = [], []
    for counts in np.random.default_rng(9).multinomial(30, np.full(30, 1 / 30), size=2):
        drawn = np.repeat(values, counts, axis=0)
        rows = np.repeat(present.all(axis=2), counts, axis=0)
        means = np.stack([drawn[rows[:, t], t].mean(axis=0) for t in range(3)])
        flat = (drawn - means)[rows]
        shares.append(list(dominance(flat[:, 0], flat[:, 1:], ["a", "b"]).general.values()))
        fisher.append(np.arctanh(np.corrcoef(flat.T)[0, 1:]))
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    assert [driver.share.low for driver in fit.drivers] == pytest.approx(low.tolist())
    assert [driver.share.high for driver in fit.drivers] == pytest.approx(high.tolist())
    # The likely range of a correlation is t on Fisher's scale, the variance of the draws being 29/30 too small.
    half = stats.t.ppf(0.975, 29) * np.std(fisher, axis=0, ddof=1) * np.sqrt(30 / 29)
    for driver, width in zip(fit.drivers, half.tolist(), strict=True):
        link = driver.correlation
        assert np.arctanh([link.low, link.high]) == pytest.approx(np.arctanh(link.estimate) + np.array([-width, width]))


def test_rows_of_a_team_are_no_independent_news() -> None:
    once = _panel(6, waves=1)
    names = ["mood", "a", "b"]
    often = np.repeat(once, 12, axis=1)
    one, many = _fit(once, names).drivers[0], _fit(often, names).drivers[0]
    assert many.share.half_width == pytest.approx(one.share.half_width)
    assert many.p == pytest.approx(one.p)


def test_a_value_that_is_not_there_is_not_read() -> None:
    values = _panel(7)
    present = np.ones(values.shape, dtype=bool)
    present[3, 2, 1] = False
    other = values.copy()
    other[3, 2] = np.nan, 99, -99
    present[3, 2, 0] = False
    names = ["mood", "a", "b"]
    first, second = _fit(values, names, present=present), _fit(other, names, present=present)
    assert first == second
    assert first.rows == 199


def test_sampling_noise_is_named_as_a_share_of_the_variance() -> None:
    values = _panel(8)
    centred = values - values.mean(axis=0)
    fit = _fit(values, ["mood", "a", "b"], noise=np.full(values.shape, 0.1))
    assert fit.noise_share == pytest.approx(0.1 / float(np.mean(centred[:, :, 0] ** 2)))
    assert fit.drivers[1].noise_share == pytest.approx(0.1 / float(np.mean(centred[:, :, 2] ** 2)))
    assert _fit(values, ["mood", "a", "b"]).noise_share is None


def test_the_same_sheets_make_a_link_that_is_not_called_one() -> None:
    # Teams that do not differ at all: the means hold sampling error only, correlated .5 because one person marks both.
    rng = np.random.default_rng(14)
    values = rng.multivariate_normal([0, 0, 0], 0.1 * (0.5 + 0.5 * np.eye(3)), size=(60, 8))
    names = ["mood", "a", "b"]
    naive, known = _fit(values, names), _fit(values, names, noise=np.full(values.shape, 0.1))
    assert set(judge_drivers(naive).values()) == {DriverVerdict.HIGHER_TOGETHER}
    assert naive.drivers[0].sheet is None
    assert set(judge_drivers(known).values()) == {DriverVerdict.NOT_DISTINGUISHABLE}
    assert known.drivers[0].sheet == pytest.approx(0.5, abs=0.05)
    assert known.drivers[0].correlation == naive.drivers[0].correlation


def test_a_link_beyond_the_sheets_and_an_opposite_one_are_still_called() -> None:
    values = _panel(15, links=(0.9, -0.9))
    verdicts = judge_drivers(_fit(values, ["mood", "a", "b"], noise=np.full(values.shape, 0.1)))
    assert list(verdicts.values()) == [DriverVerdict.HIGHER_TOGETHER, DriverVerdict.OPPOSITE]


def test_under_thirty_teams_there_are_no_drivers() -> None:
    values = _panel(9, teams=32)
    present = np.ones(values.shape, dtype=bool)
    present[:3, :, 2] = False
    assert find_drivers(values, present, "mood", ["mood", "a", "b"]) == TooFewTeams(teams=29, needed=30)


def test_the_same_seed_gives_the_same_table_and_the_order_of_scales_does_not_matter() -> None:
    values = _panel(10)
    here = _fit(values, ["mood", "a", "b"])
    assert here == _fit(values, ["mood", "a", "b"])
    there = _fit(values[:, :, ::-1], ["b", "a", "mood"])
    assert [driver.name for driver in there.drivers] == ["b", "a"]
    assert there.drivers[1].share.low == pytest.approx(here.drivers[0].share.low)


@pytest.mark.parametrize(
    ("outcome", "names", "sentence"),
    [
        ("mood", ["mood", "a"], "shape"),
        ("other", ["mood", "a", "b"], "outcome"),
        ("mood", ["mood", "a", "a"], "different names"),
    ],
)
def test_a_panel_that_does_not_fit_is_refused(outcome: str, names: list[str], sentence: str) -> None:
    values = _panel(11)
    with pytest.raises(ValueError, match=sentence):
        find_drivers(values, np.ones(values.shape, dtype=bool), outcome, names)


def test_one_draw_has_no_range() -> None:
    with pytest.raises(ValueError, match="two draws"):
        _fit(_panel(11), ["mood", "a", "b"], draws=1)


def test_a_scale_that_is_the_same_everywhere_is_refused() -> None:
    values = _panel(12)
    values[:, :, 1] = 3.0
    with pytest.raises(ValueError, match="without differences"):
        _fit(values, ["mood", "a", "b"])
