"""The count: crowds only grow, until each has k answers or the wave has none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.crowds.counting import CountPlan, TooFewAnswers, merge_at_count
from surveys.crowds.planning import plan_crowds
from surveys.crowds.shapes import WHOLE_COMPANY, CountMerge, Crowd, Plan, Unit, label_of
from surveys.crowds.tree import Tree


def plan_of(teams: dict[str, tuple[str | None, int]]) -> Plan:
    units = [Unit(key=key, parent=parent, name=key, leader=f"{key}-leads") for key, (parent, _) in teams.items()]
    people = {f"{key}-{i}": key for key, (_, heads) in teams.items() for i in range(1, heads)}
    return plan_crowds(units, people | {f"{key}-leads": key for key, (_, heads) in teams.items() if heads})


def count(plan: Plan, counts: dict[str, int], k: int = 5) -> CountPlan:
    counted = merge_at_count(plan.crowds, plan.parents, counts, k=k)
    assert isinstance(counted, CountPlan)
    return counted


TWO_AREAS = plan_of(
    {
        "top": (None, 12),
        "east": ("top", 9),
        "e1": ("east", 10),
        "e2": ("east", 10),
        "e3": ("east", 10),
        "west": ("top", 9),
        "w1": ("west", 10),
        "w2": ("west", 10),
    }
)
ENOUGH = {crowd.label: 6 for crowd in TWO_AREAS.crowds}


def test_crowds_with_k_answers_stay_as_planned() -> None:
    counted = count(TWO_AREAS, ENOUGH | {"e1": 5})
    assert counted.final == {label: label for label in ENOUGH}
    assert counted.merges == ()


def test_a_team_below_k_joins_the_sibling_with_the_fewest_answers() -> None:
    counted = count(TWO_AREAS, ENOUGH | {"e1": 4, "e2": 9, "e3": 7})
    assert counted.final["e1"] == counted.final["e3"] == label_of(["e1", "e3"])
    assert counted.final["e2"] == "e2"
    assert counted.merges == (CountMerge(parts=(("e1",), ("e3",))),)
    joint = next(crowd for crowd in counted.crowds if "e1" in crowd.units)
    assert (joint.home, joint.invited) == ("east", 11)


def test_a_crowd_without_any_answer_is_joined_too() -> None:
    counted = count(TWO_AREAS, {label: number for label, number in ENOUGH.items() if label != "w1"})
    assert counted.final["w1"] == counted.final["w2"]


def test_leaders_who_answered_too_little_go_up_and_never_into_their_own_teams() -> None:
    counted = count(TWO_AREAS, ENOUGH | {"east": 3})
    assert counted.final["east"] == counted.final["top"] == label_of(["east", "top"])
    assert all(crowd.receiving in {(), ("top",)} for crowd in counted.crowds)


def test_a_leader_whose_unit_lost_all_its_teams_is_kept_out_of_the_joint_crowd() -> None:
    plan = plan_of(
        {
            "top": (None, 12),
            "east": ("top", 9),
            "e1": ("east", 10),
            "west": ("top", 9),
            "w1": ("west", 10),
            "w2": ("west", 10),
        }
    )
    counted = count(plan, {"top": 6, "west": 6, "w1": 6, "w2": 7, "e1": 3, "east": 3})
    assert counted.final["e1"] == counted.final["w1"]
    # The leader of east answers with top and the one of e1 with east: east can join neither of their crowds.
    assert counted.final["east"] == counted.final["west"]
    assert all(set(crowd.receiving) <= {"top"} for crowd in counted.crowds)


def test_when_one_crowd_is_left_it_is_the_whole_company() -> None:
    counted = count(TWO_AREAS, {"e1": 3, "w1": 3})
    assert set(counted.final.values()) == {WHOLE_COMPANY}
    assert counted.crowds[0].is_whole_company
    assert "e1" in counted.crowds[0].receiving


def test_fewer_than_k_answers_in_all_are_none() -> None:
    assert merge_at_count(TWO_AREAS.crowds, TWO_AREAS.parents, {"e1": 2, "w1": 2}, k=5) == TooFewAnswers(k=5)


@pytest.mark.parametrize("counts", [{"nowhere": 5}, {"e1": -1}])
def test_counts_that_cannot_be_are_errors(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="counts"):
        merge_at_count(TWO_AREAS.crowds, TWO_AREAS.parents, counts, k=5)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), k=st.integers(5, 8))
def test_every_final_crowd_has_k_answers_and_is_a_union_of_planned_ones(data: st.DataObject, k: int) -> None:
    size = data.draw(st.integers(1, 12))
    keys = [f"u{place}" for place in range(size)]
    parents = {"u0": None} | {keys[i]: keys[data.draw(st.integers(0, i - 1))] for i in range(1, size)}
    tree = Tree(parents)
    cut = [keys[i : i + step] for step in (data.draw(st.integers(1, 2)),) for i in range(0, size, step)]
    crowds = [Crowd(label=label_of(c), units=tuple(sorted(c)), home=tree.common(c), invited=12) for c in cut]
    counts = {crowd.label: data.draw(st.integers(0, 12)) for crowd in crowds}
    counted = merge_at_count(crowds, parents, counts, k=k)
    if isinstance(counted, TooFewAnswers):
        assert sum(counts.values()) < k
        return
    assert set(counted.final) == {crowd.label for crowd in crowds}
    for final in counted.crowds:
        members = [crowd for crowd in crowds if counted.final[crowd.label] == final.label]
        assert final.invited == sum(counts[crowd.label] for crowd in members) >= k
        assert final.units == tuple(sorted(unit for crowd in members for unit in crowd.units))
    assert merge_at_count(crowds[::-1], dict(reversed(parents.items())), counts, k=k) == counted
