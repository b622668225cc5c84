"""Tests of what is released of the covariances of questions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.moments import (
    LEAST_ANSWERS,
    LEAST_EIGENVALUE,
    VARIANCE_FROM,
    Moment,
    Moments,
    audit_moments,
    pairs_of,
    released_covariances,
    released_scale_variance,
)
from reports.disclosure.policy import LEAST_VARIANCE, declared_variance
from surveys.services.tally_sums import MOMENTS

ITEMS = ("one", "two", "three")


def moments(items: tuple[str, ...], value: float, *, answers: int = 300) -> dict[tuple[str, str], Moment]:
    return {pair: Moment(answers=answers, value=value) for pair in pairs_of(items)}


def variance_of_sum(weights: dict[str, int], variances: dict[str, float], found: dict[tuple[str, str], float]) -> float:
    """The variance of a sum of answers, term by term."""
    squares = sum(weight**2 * variances[item] for item, weight in weights.items())
    return squares + 2 * sum(weights[one] * weights[other] * value for (one, other), value in found.items())


def test_moments_come_from_as_many_answers_as_the_manifest_promises() -> None:
    assert {"variance_from": VARIANCE_FROM, "covariance_from": LEAST_ANSWERS} == MOMENTS


def test_usual_covariances_are_released_as_they_were_counted() -> None:
    variances = dict.fromkeys(ITEMS, 1.2)
    found = released_covariances(ITEMS, variances=variances, covariances=moments(ITEMS, 0.61))
    assert found == dict.fromkeys(pairs_of(ITEMS), 0.61)


@pytest.mark.parametrize("missing", ["a pair", "answers", "a variance", "a spread above the floor"])
def test_a_scale_is_released_whole_or_not_at_all(missing: str) -> None:
    variances = dict.fromkeys(ITEMS, 1.2)
    pairs = moments(ITEMS, 0.61)
    if missing == "a pair":
        del pairs["one", "two"]
    elif missing == "answers":
        pairs["one", "two"] = Moment(answers=199, value=0.61)
    elif missing == "a variance":
        del variances["two"]
    else:
        variances["two"] = declared_variance(0.3)
    assert released_covariances(ITEMS, variances=variances, covariances=pairs) == {}


@pytest.mark.parametrize(
    ("items", "variance", "covariance"),
    [(("one", "two"), 1.5, 1.5), (ITEMS, 1.2, 1.18), (ITEMS, 1.0, -0.5)],
    ids=["two that all answer alike", "three that nearly all do", "three with the same sum for all"],
)
def test_a_scale_of_which_a_sum_or_difference_hardly_varies_has_none(
    items: tuple[str, ...], variance: float, covariance: float
) -> None:
    """Smaller ones would not help: the variance of the scale, which is released too, says by how much."""
    found = released_covariances(
        items, variances=dict.fromkeys(items, variance), covariances=moments(items, covariance)
    )
    assert found == {}


def test_a_variance_of_the_scale_at_the_floor_is_not_told_by_the_covariances() -> None:
    items = ("one", "two", "three", "four")
    pairs, variances = moments(items, 0.05), dict.fromkeys(items, 1.0)
    assert released_covariances(items, variances=variances, covariances=pairs) == {}
    enough = moments(items, 0.5)
    assert released_covariances(items, variances=variances, covariances=enough, scale=(0.5, 0.5)) == {}
    assert released_covariances(items, variances=variances, covariances=enough, scale=(0.63, 0.62)) == {}
    assert released_covariances(items, variances=variances, covariances=enough, scale=(0.63, 0.63)) != {}


@pytest.mark.parametrize("variances", [(1.0, 1.0), (1.5, 0.5), (1.2, 1.2, 1.2), (1.0, 1.0, 4.0), (0.5, 0.5, 0.9)])
@pytest.mark.parametrize("alike", [1.0, 0.95])
def test_beside_its_questions_the_variance_of_a_scale_fits_answers_of_which_every_difference_varies(
    variances: tuple[float, ...], alike: float
) -> None:
    """With both the mean spread of the differences can be computed: k times their sum less k squared times the scale's.

    The matrix that stands beside it here has these variances, that of the scale, and no eigenvalue below the least.
    """
    deviations = np.sqrt(variances)
    true = np.outer(deviations, deviations) * alike + np.diag(variances) * (1 - alike)
    k = len(variances)
    shown = released_scale_variance(declared_variance(float(true.mean())), variances)
    roots = np.sqrt(np.array(variances) - LEAST_EIGENVALUE)
    most = np.outer(roots, roots) + LEAST_EIGENVALUE * np.eye(k)
    assert np.allclose(np.diag(most), variances)
    assert shown <= max(LEAST_VARIANCE, float(most.mean()))
    if k == 2 and shown > LEAST_VARIANCE:
        assert 2 * sum(variances) - 4 * shown >= LEAST_VARIANCE


def test_a_usual_variance_of_a_scale_is_not_moved() -> None:
    assert released_scale_variance(0.8, (1.2, 1.2, 1.2)) == 0.8
    assert released_scale_variance(1.2, (1.2,)) == 1.2
    assert released_scale_variance(1.2, ()) == 1.2


def test_two_questions_whose_sum_hardly_varies_do_not_show_it_either() -> None:
    shown = released_scale_variance(0.5, (4.0, 0.5))
    assert shown == pytest.approx((0.5 + (np.sqrt(3.75) - 0.5) ** 2) / 4, abs=0.01)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_no_sum_or_difference_has_a_spread_below_the_floor(seed: int, items: int) -> None:
    generator = np.random.default_rng(seed)
    names = tuple("abcd"[:items])
    common = generator.normal(size=(200, 1))
    answers = np.clip(np.rint(3 + common + generator.normal(size=(200, items)) * generator.uniform(0, 1)), 1, 5)
    matrix = np.round(np.cov(answers.T), 2)
    variances = {name: declared_variance(float(matrix[at, at])) for at, name in enumerate(names)}
    pairs = {
        (names[a], names[b]): Moment(answers=200, value=float(matrix[a, b]))
        for a, b in itertools.combinations(range(items), 2)
    }
    found = released_covariances(names, variances=variances, covariances=pairs)
    assert found in ({}, {pair: each.value for pair, each in pairs.items()})
    released = Moments(
        scales={"s": names},
        variances=variances,
        covariances={pair: Moment(answers=195, value=value) for pair, value in found.items()},
    )
    assert audit_moments(released) == ()
    for weights in itertools.product((-1, 0, 1), repeat=items):
        if found and np.count_nonzero(weights) > 1:
            spread = variance_of_sum(dict(zip(names, weights, strict=True)), variances, found)
            assert spread >= LEAST_VARIANCE - 1e-5


@pytest.mark.parametrize(
    ("covariances", "variances"),
    [
        (moments(ITEMS, 1.2), dict.fromkeys(ITEMS, 1.2)),
        (moments(ITEMS, 0.4, answers=194), dict.fromkeys(ITEMS, 1.2)),
        (moments(ITEMS, 0.2), dict.fromkeys(ITEMS, 0.5)),
        (moments(ITEMS, 0.4), {"one": 1.2, "two": 1.2}),
        (moments(("one", "two"), 0.4), dict.fromkeys(ITEMS, 1.2)),
        ({("one", "stranger"): Moment(answers=300, value=0.1)}, dict.fromkeys(ITEMS, 1.2)),
    ],
)
def test_the_auditor_sees_what_may_not_stand_there(
    covariances: dict[tuple[str, str], Moment], variances: dict[str, float]
) -> None:
    lines = audit_moments(Moments(scales={"mood": ITEMS}, variances=variances, covariances=covariances))
    assert len(lines) == 1
    assert "tells more than the rules let out" in str(lines[0])


def test_the_auditor_has_nothing_to_say_where_there_are_none() -> None:
    assert audit_moments(Moments(scales={"mood": ITEMS}, variances=dict.fromkeys(ITEMS, 1.2))) == ()
