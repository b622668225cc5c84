"""Families of tests: published adjusted values and their order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reports.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, hierarchical, holm, simes

# Benjamini & Hochberg 1995, section 5: fifteen tests, four rejected at 5 %.
PUBLISHED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528]
PUBLISHED += [0.759, 1.0]


def test_the_paper_s_example_rejects_four() -> None:
    assert int((benjamini_hochberg(PUBLISHED) <= 0.05).sum()) == 4
    assert int((holm(PUBLISHED) <= 0.05).sum()) == 3


@pytest.mark.parametrize("adjust", [benjamini_hochberg, benjamini_yekutieli, holm])
def test_an_empty_family_is_empty(adjust: object) -> None:
    assert callable(adjust)
    assert adjust([]).size == 0


@settings(max_examples=8)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusting_never_lowers_a_p_value_and_keeps_the_order(p: list[float]) -> None:
    values = np.array(p)
    for adjusted in (benjamini_hochberg(p), holm(p)):
        assert np.all(adjusted >= values * (1 - 1e-12))
        assert np.all(adjusted <= 1)
        assert np.all(np.diff(adjusted[np.argsort(values, kind="stable")]) >= -1e-15)


@pytest.mark.parametrize("p", [[-0.1], [1.1], [float("nan")], [[0.1]]])
def test_what_is_no_family_is_refused(p: list[float]) -> None:
    with pytest.raises(ValueError, match="p values"):
        benjamini_hochberg(p)


def _selected_by_hand(families: dict[str, dict[str, float]], q: float) -> set[tuple[str, str]]:
    """Units, then measures, step by step as the paper has it."""
    units = benjamini_hochberg([simes(list(tests.values())) for tests in families.values()]) <= q
    inner = q * units.sum() / len(families)
    found = set()
    for (unit, tests), is_in in zip(families.items(), units, strict=True):
        for measure, p in zip(tests, benjamini_hochberg(list(tests.values())), strict=True):
            if is_in and p <= inner:
                found.add((unit, measure))
    return found


def test_simes_takes_the_best_of_the_sorted_values() -> None:
    assert simes([0.04, 0.9, 0.03]) == pytest.approx(0.06)
    assert simes([0.2]) == pytest.approx(0.2)
    with pytest.raises(ValueError, match="without tests"):
        simes([])


@pytest.mark.parametrize("q", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("seed", range(6))
def test_the_hierarchical_family_selects_what_the_two_steps_select(seed: int, q: float) -> None:
    rng = np.random.default_rng(seed)
    values = [(rng.random(rng.integers(1, 6)) ** 4).tolist() for _ in range(6)]
    families = {f"u{i}": {f"m{j}": p for j, p in enumerate(tests)} for i, tests in enumerate(values)}
    decisions = hierarchical(families, q)
    selected = {(unit, measure) for unit, row in decisions.items() for measure, one in row.items() if one.selected}
    assert selected == _selected_by_hand(families, q)
    # The adjusted value is the smallest rate that selects: just above it the two steps select, just below they do not.
    unit, measure = f"u{seed}", "m0"
    rate = decisions[unit][measure].p_adjusted
    assert rate == 1 or (unit, measure) in _selected_by_hand(families, rate * (1 + 1e-9))
    assert (unit, measure) not in _selected_by_hand(families, rate * (1 - 1e-9))


def test_one_unit_is_plain_benjamini_hochberg_and_one_measure_each_too() -> None:
    alone = hierarchical({"u": dict(enumerate(PUBLISHED))})["u"]
    assert [one.p_adjusted for one in alone.values()] == pytest.approx(benjamini_hochberg(PUBLISHED).tolist())
    single = hierarchical({i: {"m": p} for i, p in enumerate(PUBLISHED)})
    assert [row["m"].p_adjusted for row in single.values()] == pytest.approx(benjamini_hochberg(PUBLISHED).tolist())


def test_units_without_tests_stay_and_do_not_count() -> None:
    families = {"empty": {}, "a": {"x": 0.01, "y": 0.2}, "b": {"x": 0.7}}
    decisions = hierarchical(families)
    assert list(decisions) == list(families)
    assert decisions["empty"] == {}
    assert decisions["a"] == hierarchical({"a": families["a"], "b": families["b"]})["a"]
    assert hierarchical({"empty": {}}) == {"empty": {}}


def test_a_value_that_is_no_p_value_is_refused_in_the_hierarchy_too() -> None:
    with pytest.raises(ValueError, match="p values"):
        hierarchical({"a": {"x": 1.2}})


def test_changes_in_few_units_do_not_let_false_units_in() -> None:
    # Ten units that change in all six scales, ninety that do not: plain Benjamini-Hochberg over all 600 tests holds its
    # share of false tests but a quarter of its units have no change; the hierarchical one holds the share of units.
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(5):
        z = rng.normal(size=(100, 6))
        z[:10] -= 3
        p = 2 * stats.norm.sf(np.abs(z))
        rows = hierarchical({g: dict(enumerate(row)) for g, row in enumerate(p.tolist())})
        ours = np.array([any(one.selected for one in row.values()) for row in rows.values()])
        plain = (benjamini_hochberg(p.ravel()) <= 0.1).reshape(p.shape).any(axis=1)
        shares.append([found[10:].sum() / max(1, found.sum()) for found in (ours, plain)])
    ours_mean, plain_mean = np.mean(shares, axis=0)
    assert ours_mean < 0.15
    assert plain_mean > 0.2
