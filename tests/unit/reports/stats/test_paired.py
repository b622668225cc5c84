"""Two waves of the same units: common change, scatter and single units, on made-up and on public data."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from reports.stats.paired import PairedChange, TooFewUnits, ValueKind, paired_change
from reports.stats.results import Estimand
from reports.stats.verdicts import (
    CommonVerdict,
    ScatterVerdict,
    UnitVerdict,
    judge_common,
    judge_scatter,
    judge_unit,
)

# Hours of extra sleep of ten patients under two drugs (Student 1908; R data set "sleep"): t = -4.0621, p = 0.00283,
# likely range -2.46 to -0.70 for the first less the second.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def _keys(size: int) -> list[str]:
    return [f"unit-{i}" for i in range(size)]


def _change(before: list[float], after: list[float], **given_: object) -> PairedChange:
    arguments: dict[str, object] = {"keys": _keys(len(before)), "kind": ValueKind.MEAN, **given_}
    found = paired_change(before, after, **arguments)  # type: ignore[arg-type]
    assert isinstance(found, PairedChange)
    return found


def test_the_mean_change_is_student_s_paired_t_interval() -> None:
    change = _change(FIRST, SECOND)
    assert change.mean.estimate == pytest.approx(1.58)
    assert change.mean.low == pytest.approx(0.7001142, abs=1e-6)
    assert change.mean.high == pytest.approx(2.4598858, abs=1e-6)
    assert change.p == pytest.approx(0.002832890, abs=1e-8)
    assert change.estimand is Estimand.LASTING


def test_without_numbers_of_answers_the_sampling_error_is_unknown_and_nothing_is_made_up() -> None:
    change = _change(FIRST, SECOND)
    assert (change.sampling, change.dispersion, change.p_dispersion) == (None, None, None)
    assert {unit.z for unit in change.changes} == {None}
    assert (change.usual_down, change.usual_up) == (0, 0)
    assert judge_scatter(change) is ScatterVerdict.CANNOT_TELL


def test_a_single_unit_without_sampling_error_is_judged_by_the_distance_from_the_others() -> None:
    change = _change(FIRST, SECOND)
    difference = np.array(SECOND) - np.array(FIRST)
    # The ninth patient gained 4.6 hours: the externally studentised distance, computed without that patient.
    others = np.delete(difference, 8)
    t = (difference[8] - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / 9))
    assert change.changes[8].p == pytest.approx(2 * stats.t.sf(abs(t), 8))
    assert change.flagged == ("unit-8",)
    assert judge_unit(change.changes[8]) is UnitVerdict.ABOVE_THE_OTHERS
    assert judge_unit(change.changes[0]) is UnitVerdict.WITH_THE_OTHERS


def test_a_common_fall_is_no_unit_s_own_fall() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(40, 3, size=40)
    n = [900] * 40
    after = before - 8 + rng.normal(0, 100 * np.sqrt(2 * 0.24 / 900), size=40)
    change = _change(before.tolist(), after.tolist(), n_before=n, n_after=n, kind="percent")
    assert change.usual_down > 35
    assert change.flagged == ()
    assert judge_common({"x": change}) == {"x": CommonVerdict.COMMON_FALL}
    assert judge_scatter(change) is ScatterVerdict.SAMPLING_EXPLAINS


def test_one_unit_that_moves_by_itself_is_found_and_does_not_hide_itself() -> None:
    rng = np.random.default_rng(2)
    before = np.full(30, 40.0)
    after = before + rng.normal(0, 3.2, size=30)
    after[4] -= 20
    n = [450] * 30
    change = _change(before.tolist(), after.tolist(), n_before=n, n_after=n, kind="percent")
    assert change.flagged == ("unit-4",)
    assert judge_unit(change.changes[4]) is UnitVerdict.BELOW_THE_OTHERS


def test_units_that_differ_more_than_sampling_have_wider_errors_than_the_usual_ones() -> None:
    rng = np.random.default_rng(3)
    before = rng.normal(40, 3, size=60)
    after = before + rng.normal(0, 4, size=60)
    n = [2000] * 60
    change = _change(before.tolist(), after.tolist(), n_before=n, n_after=n, kind="percent")
    assert change.usual_down + change.usual_up > 15
    assert change.flagged == ()
    assert judge_scatter(change) is ScatterVerdict.MORE_THAN_SAMPLING
    assert all(unit.error > 1.5 * (unit.sampling or 0) for unit in change.changes)


def test_the_error_is_never_below_sampling_however_alike_the_units_are() -> None:
    before, after = [50.0, 51.0, 52.0, 53.0, 54.0], [52.0, 53.1, 54.0, 55.0, 56.1]
    n = [100] * 5
    change = _change(before, after, n_before=n, n_after=n, kind="percent")
    assert change.dispersion is not None
    assert change.dispersion < 0.1
    assert all(unit.error > (unit.sampling or 0) > 6 for unit in change.changes)


def test_a_dispersion_a_little_above_one_is_what_sampling_gives() -> None:
    before, after = [50.0] * 5, [44.0, 47.0, 50.0, 55.0, 60.0]
    n = [140] * 5
    change = _change(before, after, n_before=n, n_after=n, kind="percent")
    assert (change.dispersion or 0) > 1
    assert judge_scatter(change) is ScatterVerdict.SAMPLING_EXPLAINS


def test_shares_of_nobody_and_of_everybody_still_have_a_sampling_error() -> None:
    n = [20] * 4
    change = _change([0, 0, 100, 100], [0, 5, 100, 95], n_before=n, n_after=n, kind="percent")
    assert all((unit.sampling or 0) > 4 for unit in change.changes)


def test_for_means_the_within_variance_and_the_rounding_make_the_sampling_error() -> None:
    n = [8] * 4
    change = _change([3.0, 3.2, 3.4, 3.6], [3.2, 3.2, 3.8, 3.4], n_before=n, n_after=n, variance=0.8, rounding=0.2)
    assert change.sampling == pytest.approx(np.sqrt(2 * (0.8 / 8 + 0.04 / 12)))
    unknown = _change([3.0, 3.2, 3.4, 3.6], [3.2, 3.2, 3.8, 3.4], n_before=n, n_after=n)
    assert unknown.sampling is None


def test_a_unit_without_a_number_of_answers_is_judged_by_the_scatter_of_all() -> None:
    n: list[int | None] = [400] * 9 + [None]
    percent = _change(
        [40.0 + i for i in range(10)], [41.0 + i * 0.9 for i in range(10)], n_before=n, n_after=n, kind="percent"
    )
    assert percent.sampling is not None
    assert (percent.changes[9].sampling, percent.changes[9].z) == (None, None)
    assert percent.changes[9].error < percent.changes[0].error


def test_equal_changes_without_rounding_show_nothing_about_chance() -> None:
    change = _change([3.3, 1.1, 2.9, 3.0], [3.4, 1.2, 3.0, 3.1])
    assert change.p == 1
    assert change.flagged == ()
    assert judge_common({"x": change}) == {"x": CommonVerdict.CANNOT_TELL}
    rounded = _change([3.3, 1.1, 2.9, 3.0], [3.4, 1.2, 3.0, 3.1], rounding=0.1)
    assert 0.001 < rounded.p < 0.05
    assert judge_common({"x": rounded}) == {"x": CommonVerdict.COMMON_RISE}


def test_two_units_are_too_few() -> None:
    few = paired_change([1, 2], [2, 3], keys=["a", "b"], kind="mean")
    assert few == TooFewUnits(units=2, needed=3)
    assert judge_common({"x": few}) == {"x": CommonVerdict.CANNOT_TELL}


def test_the_family_of_pairs_decides_about_each() -> None:
    weak = _change([0.0] * 12, [0.1, 1.2, -0.4, 0.9, 0.5, -0.3, 0.8, 1.1, -0.6, 0.4, 0.9, 0.2])
    assert 0.02 < weak.p < 0.05
    assert judge_common({"alone": weak})["alone"] is CommonVerdict.COMMON_RISE
    flat = _change([0.0] * 4, [1.0, -1.0, 0.5, -0.5])
    many = judge_common({"weak": weak, **{f"flat-{i}": flat for i in range(9)}})
    assert set(many.values()) == {CommonVerdict.NO_COMMON_CHANGE}


@pytest.mark.parametrize(
    ("before", "given_", "sentence"),
    [
        ([1, 2], {}, "one value per key"),
        ([1, 2, np.nan], {}, "left out"),
        ([1, 2, 101], {"kind": "percent"}, "percent"),
        ([1, 2, 3], {"n_before": [1, 2]}, "numbers of answers"),
        ([1, 2, 3], {"n_before": [1, 2, 0]}, "numbers of answers"),
    ],
)
def test_what_does_not_fit_is_refused(before: list[float], given_: dict[str, object], sentence: str) -> None:
    arguments: dict[str, object] = {"kind": "mean", **given_}
    with pytest.raises(ValueError, match=sentence):
        paired_change(before, [1, 2, 3], keys=_keys(3), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("shift", [-2.0, 0.3])
def test_a_shift_of_all_units_moves_the_mean_and_no_unit(shift: float) -> None:
    before, after = np.random.default_rng(6).uniform(1, 5, size=(2, 7)).tolist()
    n = [9] * 7
    here = _change(before, after, n_before=n, n_after=n, variance=0.8)
    there = _change(before, [value + shift for value in after], n_before=n, n_after=n, variance=0.8)
    assert there.mean.estimate == pytest.approx(here.mean.estimate + shift, abs=1e-9)
    assert [unit.p for unit in there.changes] == pytest.approx([unit.p for unit in here.changes], abs=1e-6)


def _trusts(folder: Path) -> dict[int, dict[str, tuple[float, int]]]:
    """Burned out, percent and answers, of the units that are there in all four years."""
    years: dict[int, dict[str, tuple[float, int]]] = {}
    with (folder / "reference_data" / "nhs_staff_survey_trusts_2021_2024.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["burned_out_rate"] and row["burned_out_base"]:
                cell = (float(row["burned_out_rate"]), int(row["burned_out_base"]))
                years.setdefault(int(row["year"]), {})[row["ods_code"]] = cell
    always = set.intersection(*(set(cells) for cells in years.values()))
    return {year: {code: cells[code] for code in sorted(always)} for year, cells in years.items()}


@pytest.mark.shared
def test_the_english_hospitals_fell_together_in_2023_and_no_trust_apart_from_them(shared_dir: Path) -> None:
    years = _trusts(shared_dir)
    found: dict[int, PairedChange] = {}
    for year in (2023, 2024):
        before, after = years[year - 1], years[year]
        found[year] = _change(
            [cell[0] for cell in before.values()],
            [cell[0] for cell in after.values()],
            n_before=[cell[1] for cell in before.values()],
            n_after=[cell[1] for cell in after.values()],
            keys=list(before),
            kind="percent",
        )
    fall, still = found[2023], found[2024]
    assert (fall.units, fall.usual_down, fall.usual_up) == (218, 138, 0)
    assert fall.mean.estimate == pytest.approx(-3.55, abs=0.01)
    assert (still.usual_down, still.usual_up) == (29, 23)
    assert (still.spread, still.sampling, still.dispersion) == pytest.approx((2.42, 1.43, 1.60), abs=0.01)
    assert fall.flagged == still.flagged == ()
    assert list(judge_common(found).values()) == [CommonVerdict.COMMON_FALL, CommonVerdict.NO_COMMON_CHANGE]
    assert judge_scatter(still) is ScatterVerdict.MORE_THAN_SAMPLING
