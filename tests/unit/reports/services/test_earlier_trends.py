"""Checks which method an import gets by its number of waves, who is compared, and that shared movement is no trend."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from reports.services.earlier_cells import EarlierMeasure, shown
from reports.services.earlier_trends import (
    NoFinding,
    PairedFinding,
    TrendFinding,
    _worth,
    analyse,
    panel_of,
    rounding_step,
    usual_trends,
)
from reports.stats.paired import PairedChange
from reports.stats.verdicts import CommonVerdict, ScatterVerdict, Verdict
from surveys.i18n import translator
from surveys.importers.history import EarlierCell
from surveys.importers.history_map import ValueKind


def measure(code="strain", kind=ValueKind.PERCENT, low=0.0, high=100.0):
    return EarlierMeasure(
        source="old", tool="Old Tool", code=code, name=code, kind=kind, low=low, high=high, is_lower_better=True,
        scale=None,
    )  # fmt: skip


def cells(values, n=400, first=2010):
    return [
        EarlierCell(measure="strain", unit=f"u{unit:03}", team=None, wave_on=dt.date(first + wave, 10, 1),
                    value=float(value), n=n)
        for unit, row in enumerate(values) for wave, value in enumerate(row) if not np.isnan(value)
    ]  # fmt: skip


def analysed(measures):
    return analyse(measures, k=5, least=50)


def noise(shape, sd, seed=1):
    return np.random.default_rng(seed).normal(0, sd, shape)


def test_only_units_with_all_waves_are_compared():
    panel = panel_of(measure(), cells(np.array([[1, 2, 3], [4, np.nan, 6], [7, 8, 9]])), k=5, least=5)
    assert panel.units == ("u000", "u002")
    assert panel.values.tolist() == [[0.5, 2, 3], [7, 8, 9]]  # 1 is shown as "1 % or less"
    assert panel.others == 1


def test_a_common_fall_is_found_in_one_pair_and_no_change_in_the_other():
    base = 40 + noise((60, 1), 4)
    values = np.hstack([base, base - 4, base - 4]) + noise((60, 3), 2.4)
    found = analysed([(measure(), cells(values))])["strain"]
    assert isinstance(found, PairedFinding)
    assert [pair.common for pair in found.pairs] == [CommonVerdict.COMMON_FALL, CommonVerdict.NO_COMMON_CHANGE]
    assert found.units == 60


def test_units_that_differ_more_than_their_answers_explain_are_said_to_and_are_not_flagged():
    base = 40 + noise((80, 1), 4)
    values = np.hstack([base, base]) + noise((80, 2), 4)
    (pair,) = analysed([(measure(), cells(values, n=2_000))])["strain"].pairs
    assert isinstance(pair.change, PairedChange)
    assert pair.scatter is ScatterVerdict.MORE_THAN_SAMPLING
    assert pair.change.usual_down + pair.change.usual_up > 20
    assert len(pair.change.flagged) <= 2


def test_without_numbers_of_answers_the_common_change_is_still_judged():
    values = np.hstack([np.full((20, 1), 40.0), np.full((20, 1), 45.0)]) + noise((20, 2), 1)
    (pair,) = analysed([(measure(), cells(values, n=None))])["strain"].pairs
    assert pair.common is CommonVerdict.COMMON_RISE
    assert pair.scatter is ScatterVerdict.CANNOT_TELL


def test_all_measures_of_an_import_are_one_family():
    change = np.linspace(-2, 2, 12)
    one = np.column_stack([np.full(12, 40.0), 40.9 + change])
    quiet = np.column_stack([np.full(12, 40.0), 40.0 + change])
    alone = analysed([(measure(), cells(one))])["strain"].pairs[0]
    beside = analysed([(measure(), cells(one)), *((measure(f"m{i}"), cells(quiet)) for i in range(9))])
    assert 0.01 < alone.change.p < 0.05
    assert alone.common is CommonVerdict.COMMON_RISE
    assert beside["strain"].pairs[0].common is CommonVerdict.NO_COMMON_CHANGE
    assert list(beside) == ["strain", *(f"m{i}" for i in range(9))]


def test_from_five_waves_on_what_all_share_is_nobodys_trend():
    shared = np.linspace(0, 30, 8)
    values = 50 + noise((30, 1), 5) + shared + noise((30, 8), 1.5)
    values[0] += np.linspace(0, -20, 8)
    found = analysed([(measure(), cells(values))])["strain"]
    assert isinstance(found, TrendFinding)
    assert found.changed == ("u000",)
    assert found.judgements["u000"].verdict is Verdict.FALLING
    assert found.judgements["u000"].finding.amount.estimate * 25 == pytest.approx(-20, abs=5)


@pytest.mark.parametrize(("shape", "waves", "units"), [((5, 1), 1, 5), ((2, 4), 4, 2), ((2, 9), 9, 2)])
def test_one_wave_or_two_units_give_no_finding(shape, waves, units):
    assert analysed([(measure(), cells(np.full(shape, 50.0)))])["strain"] == NoFinding(waves=waves, units=units)


def test_a_mean_on_another_range_gives_the_same_verdicts_as_on_one_to_five():
    values = 3 + noise((25, 6), 0.2)
    values[3] += np.linspace(0, 1.5, 6)
    small = analysed([(measure(kind=ValueKind.MEAN, low=1, high=5), cells(values))])["strain"]
    wide = analysed([(measure(kind=ValueKind.MEAN, low=0, high=40), cells((values - 1) * 10))])["strain"]
    assert small.changed == wide.changed == ("u003",)
    assert small.judgements["u003"].p == pytest.approx(wide.judgements["u003"].p)


@pytest.mark.parametrize(
    ("values", "step"), [([63, 70], 1), ([62.5, 70], 0.5), ([62.4, 70.1], 0.1), ([22.222, 26.4], 0.001),
                         ([1 / 3, 2 / 3], 0)]
)  # fmt: skip
def test_the_step_to_which_a_tool_rounded_is_seen(values, step):
    assert rounding_step(np.array(values, dtype=float)) == step


def test_the_usual_straight_line_is_that_of_scipy():
    days, values = np.arange(9.0), noise((40, 9), 1) + np.linspace(0, 1, 9)
    wanted = sum(stats.linregress(days, row).pvalue < 0.05 for row in values)
    assert usual_trends(values, days) == wanted
    assert usual_trends(np.zeros((3, 9)), days) == 0


@pytest.mark.parametrize("kind", ValueKind)
@pytest.mark.parametrize("waves", [3, 6])
def test_findings_are_a_function_of_what_is_shown(kind, waves):
    """Exact values and numbers differ inside the bands that the table shows: nothing that is said differs."""
    which = measure(kind=kind, **({} if kind is ValueKind.PERCENT else {"low": 1.0, "high": 5.0}))
    many = (
        np.round(40 + noise((12, waves), 3)) if kind is ValueKind.PERCENT else np.round(3 + noise((12, waves), 0.3), 2)
    )
    few = np.array([[10.0] * waves, [10.0] * (waves - 1) + [90.0]])
    moved = np.array([[40.0] * waves, [35.0] * (waves - 1) + [60.0]])
    if kind is ValueKind.MEAN:
        few, moved = 1 + few / 25, 1 + few / 25 + 0.05
    found = []
    for small, n, large in ((few, 7, 104), (moved, 6, 95)):
        told = cells(np.vstack([many, small]), n=large)
        told = [replace(cell, n=n) if cell.unit in {"u012", "u013"} else cell for cell in told]
        found.append((repr(analysed([(which, told)])), [shown_as(which, cell) for cell in told]))
    assert found[0][1] == found[1][1]
    assert found[0][0] == found[1][0]


def shown_as(which, cell):
    return shown(which, cell.value, cell.n, k=5, least=50, tr=translator("en"))


def test_a_unit_of_five_that_went_from_none_to_all_is_not_told_to_have():
    values = np.vstack([np.tile([50.0, 51.0], (30, 1)), [[0.0, 100.0]]]) + np.vstack(
        [noise((30, 2), 1), np.zeros((1, 2))]
    )
    told = [replace(cell, n=5) if cell.unit == "u030" else cell for cell in cells(values, n=900)]
    (pair,) = analysed([(measure(), told)])["strain"].pairs
    (small,) = (each for each in pair.change.changes if each.key == "u030")
    assert small.change == 50  # from "under half" to "half or more"
    assert small.sampling > 100 * np.sqrt(0.25 / 6 * 2)


def test_a_coarse_result_is_worth_fewer_answers_and_a_fine_one_all_of_them():
    n, spread = np.array([[6.0, 900.0, 0.0]]), np.array([[1875.0, 2500.0, 2500.0]])
    coarseness = np.array([[50**2 / 12 - 1 / 12, 0.0, 0.0]])
    assert _worth(n, spread, coarseness).tolist() == [[3.0, 900.0, 0.0]]
