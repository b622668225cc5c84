"""The planner against the best that any planner could do; the oracle against a second one."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.crowds.counting import CountPlan, merge_at_count
from surveys.crowds.pages import unit_pages
from surveys.crowds.shapes import Crowd
from tests.support.optimum import Optimum, Parents, answers, children_of, optimum, optimum_by_milp, sample_company

K = 5


def reached(parents: Parents, counts: dict[str, int], k: int = K) -> Optimum:
    """What the product's merge at the count loses, where each group is a crowd of its own before."""
    crowds = [Crowd(label=key, units=(key,), home=key, invited=9) for key in counts]
    plan = merge_at_count(crowds, parents, counts, k=k)
    assert isinstance(plan, CountPlan)
    assert all(crowd.invited >= k for crowd in plan.crowds)
    alone = {crowd.units[0] for crowd in plan.crowds if len(crowd.units) == 1}
    children = children_of(parents)
    pages = unit_pages(plan.crowds, parents)
    return Optimum(
        teams=sum(not children[key] and count >= k and key not in alone for key, count in counts.items()),
        units=sum(bool(children[key]) and not pages[key].whole for key in parents),
    )


def only_teams(counts: dict[str, int]) -> dict[str, int]:
    return {key: max(1, count) for key, count in counts.items() if key.startswith("t")}


def any_tree(seed: int, nodes: int) -> tuple[Parents, dict[str, int]]:
    chance = random.Random(seed)
    keys = [f"u{place:02}" for place in range(nodes)]
    parents: dict[str, str | None] = {keys[0]: None}
    parents |= {keys[place]: keys[chance.randrange(place)] for place in range(1, nodes)}
    inner = children_of(parents)
    return parents, {key: chance.randint(1, 9) for key in keys if not inner[key]}


def test_a_team_too_small_costs_its_only_neighbour_the_own_report() -> None:
    parents = {"top": None, "a": "top", "b": "top", "c": "top"}
    assert optimum(parents, {"a": 3, "b": 6, "c": 9}, K) == Optimum(teams=1, units=0)
    assert optimum(parents, {"a": 3, "b": 2, "c": 9}, K) == Optimum(teams=0, units=0)
    assert reached(parents, {"a": 3, "b": 6, "c": 9}) == Optimum(teams=1, units=0)


def test_three_small_teams_leave_the_large_ones_alone() -> None:
    """The third small one joins the pair although a team with reports of its own would be smaller."""
    parents: Parents = {"top": None, "a": "top", "b": "top", "c": "top", "d": "top"}
    counts = {"a": 4, "b": 4, "c": 4, "d": 5}
    assert optimum(parents, counts, K) == Optimum(teams=0, units=0) == reached(parents, counts)


def test_who_must_join_somebody_takes_the_figure_from_the_fewest_units() -> None:
    parents: Parents = {"top": None, "w": "top", "w1": "w", "n": "top", "o": "n", "p": "o", "p1": "p", "p2": "p"}
    plan = merge_at_count(
        [Crowd(label=key, units=(key,), home=key, invited=9) for key in ("w1", "p1", "p2", "top")],
        parents,
        {"w1": 6, "p1": 4, "p2": 2, "top": 0},
        k=K,
    )
    assert isinstance(plan, CountPlan)
    assert [crowd.units for crowd in plan.crowds] == [("p1", "p2"), ("top", "w1")]


def test_two_oracles_agree_on_small_trees() -> None:
    for seed in range(12):
        parents, invited = sample_company(12, seed)
        counts = answers(invited, seed)
        assert optimum(parents, counts, K) == optimum_by_milp(parents, counts, K), seed


@pytest.mark.slow
@pytest.mark.parametrize("teams", [100, 1_000])
def test_two_oracles_agree_on_large_trees(teams: int) -> None:
    parents, invited = sample_company(teams, 1)
    counts = only_teams(answers(invited, 1))
    assert optimum(parents, counts, K) == optimum_by_milp(parents, counts, K)


@pytest.mark.slow
def test_not_one_team_more_is_hidden_than_at_the_optimum_in_forty_companies_of_300_teams() -> None:
    """As in the notes; a team of which nobody answered is joined too, which the optimum need not do: see below."""
    for seed in range(40):
        parents, invited = sample_company(300, seed)
        counts = only_teams(answers(invited, seed))
        assert reached(parents, counts) == optimum(parents, counts, K), seed


@pytest.mark.slow
def test_teams_that_nobody_answered_for_cost_a_neighbour_at_most_each() -> None:
    """That a team stands alone would say that somebody answered, so silence is joined as well."""
    more = 0
    for seed in range(40):
        parents, invited = sample_company(300, seed)
        counts = {key: count for key, count in answers(invited, seed).items() if key.startswith("t")}
        more += reached(parents, counts).teams - optimum(parents, counts, K).teams
        assert reached(parents, counts).units == 0
    assert 0 <= more <= 20  # 12,000 teams


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), nodes=st.integers(2, 16), k=st.integers(5, 7))
def test_in_any_tree_no_unit_loses_a_figure_that_it_could_keep(seed: int, nodes: int, k: int) -> None:
    parents, counts = any_tree(seed, nodes)
    if sum(counts.values()) < k:
        return
    best, ours = optimum(parents, counts, k), reached(parents, counts, k)
    assert ours.units <= best.units
    assert ours.cost <= best.cost + 2  # one team more in 4 % of such trees, two in 1 of 2,800
