"""Checks the facts on prioritisation against small plans counted by hand, and Spearman's rho against SciPy."""

import datetime as dt

import pytest
from scipy.stats import spearmanr

from reports.pressure.priorities import Framework, priorities_of
from reports.pressure.scope import OpenItem, Scope
from reports.pressure.values import Unit
from surveys.importers.roadmap_model import Moscow, Rice, StatusClass

MONDAY = dt.date(2026, 7, 13)


def work(key, day=20, plan="4.2", **fields):
    days = () if day is None else ((MONDAY + dt.timedelta(days=day), plan),)
    return OpenItem(**({"key": key, "status": StatusClass.TODO, "size": 1.0, "days": days} | fields))


def found(items, finished=5):
    return priorities_of(
        Scope(monday=MONDAY, unit=Unit.ITEMS, capacity=4.0, items=tuple(items), finished=finished, finished_weeks=8)
    )


def rice(reach=1.0, impact=1.0, confidence=1.0, effort=1.0):
    return Rice(reach=reach, impact=impact, confidence=confidence, effort=effort)


@pytest.mark.parametrize(
    ("fields", "framework"),
    [
        ([{"moscow": Moscow.COULD}, {}], Framework.MOSCOW),
        ([{"moscow": Moscow.COULD, "rank": 1}, {"rank": 2}, {"rank": 3}], Framework.PRIORITY),
        ([{"rice": rice()}, {}], Framework.RICE),
        ([{"rice": Rice(impact=3.0, effort=2.0)}, {"rank": 1}], Framework.IMPACT_EFFORT),
        ([{"rice": Rice(reach=3.0, impact=1.0, confidence=1.0, effort=0.0)}], Framework.IMPACT_EFFORT),
        ([{"rank": 3}, {"rank": 3}], Framework.NONE),
        ([], Framework.NONE),
    ],
)
def test_the_framework_is_what_half_of_the_open_items_carry(fields, framework):
    assert found(work(f"A-{n}", **each) for n, each in enumerate(fields)).framework is framework


def test_the_must_share_counts_size_of_planned_work_and_says_what_has_no_class():
    items = [
        work("A-1", moscow=Moscow.MUST, size=6.0),
        work("A-2", moscow=Moscow.COULD, size=2.0),
        work("A-3", size=2.0),
        work("A-4", day=None, moscow=Moscow.MUST, size=50.0),
    ]
    must = found(items).must
    assert (must.share, must.base, must.unclassed) == (0.6, 10.0, 2.0)
    assert found([work("A-1")]).must is None


def test_plans_due_within_two_weeks_compete_where_each_holds_top_priority():
    items = [
        work("A-1", day=5, plan="a", rank=1),
        work("A-2", day=19, plan="b", rank=2),
        work("A-3", day=20, plan="c", rank=2),
        work("A-4", day=21, plan="d", rank=4),
        work("A-5", day=60, plan="e", rank=1),
        work("A-6", day=-3, plan="f", rank=1),
    ]
    assert [[claim.plan for claim in run] for run in found(items).clashes] == [["a", "b"], ["b", "c"]]


def test_where_classes_are_used_must_is_the_top_priority_of_a_plan():
    items = [
        work("A-1", day=5, plan="a", rank=1, moscow=Moscow.COULD),
        work("A-2", day=6, plan="b", rank=5, moscow=Moscow.MUST),
        work("A-3", day=7, plan="c", moscow=Moscow.MUST),
    ]
    assert [[claim.plan for claim in run] for run in found(items).clashes] == [["b", "c"]]


def test_the_top_share_and_the_first_rank_need_two_priorities_in_use():
    items = [work("A-1", rank=1), work("A-2", rank=1), work("A-3", rank=2), work("A-4", rank=5)]
    assert found(items).top.share == 0.75
    assert found(items, finished=1).first_rank.is_conflict
    assert not found(items, finished=2).first_rank.is_conflict
    assert found([work("A-1", rank=1)]).top is None
    assert found([work("A-1", rank=1)]).first_rank is None
    assert found([work("A-1", rank=2), work("A-2", rank=3)]).first_rank is None


def test_high_effort_for_low_impact_is_named_by_key():
    pairs = [(1, 1), (1, 8), (2, 2), (8, 1), (8, 8), (9, 9)]
    items = [work(f"A-{n}", rice=Rice(impact=i, effort=e)) for n, (i, e) in enumerate(pairs, start=1)]
    quadrants = found(items).quadrants
    assert (quadrants.quick, quadrants.large, quadrants.small, quadrants.avoid) == (1, 2, 2, ("A-2",))
    assert found(items[:5]).quadrants is None


def test_there_are_no_quadrants_where_all_items_are_alike():
    assert found(work(f"A-{n}", rice=Rice(impact=3.0, effort=n)) for n in range(8)).quadrants is None


def test_the_order_of_the_plan_is_compared_with_the_scores_as_scipy_does():
    facts = [(4.0, 10), (2.0, 10), (8.0, 3), (1.0, 40), (2.0, 25), (5.0, 70)]
    order = found(work(f"A-{n}", day=day, rice=rice(reach=score)) for n, (score, day) in enumerate(facts)).rice_order
    expected = spearmanr([score for score, _ in facts], [-day for _, day in facts]).statistic
    assert (order.items, order.agreement) == (6, pytest.approx(expected))


@pytest.mark.parametrize("facts", [[(1.0, 1)] * 4, [(1.0, 1), (2.0, 1)] * 3, [(1.0, 1), (1.0, 2)] * 3])
def test_too_few_items_days_or_scores_have_no_order(facts):
    items = [work(f"A-{n}", day=day, rice=rice(reach=score)) for n, (score, day) in enumerate(facts)]
    assert found(items).rice_order is None
