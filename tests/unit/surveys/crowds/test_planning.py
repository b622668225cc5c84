"""The planner: named organisations first, then what must hold for every tree."""

import time
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.crowds.planning import plan_crowds
from surveys.crowds.shapes import MAX_LABEL, WHOLE_COMPANY, CountMerge, Crowd, Plan, Unit
from surveys.errors import Refused

Organisation = tuple[list[Unit], dict[str, str]]


def organisation(teams: Mapping[str, tuple[str | None, int]]) -> Organisation:
    """Make units from key to (parent, head count); one of the heads, ``<key>-leads``, is the leader."""
    units = [
        Unit(key=key, parent=parent, name=key.title(), leader=f"{key}-leads") for key, (parent, _) in teams.items()
    ]
    people = {f"{key}-{i}": key for key, (_, heads) in teams.items() for i in range(1, heads)}
    return units, people | {f"{key}-leads": key for key, (_, heads) in teams.items() if heads}


def company_of_32_teams() -> Organisation:
    sizes = [9, 10, 8, 11, 9, 7, 12, 9, 10, 8, 9, 9, 10, 8, 11, 9, 9, 10, 8, 9, 7, 9, 10, 9, 8, 9]
    sizes[3], sizes[5] = 10, 4  # the team of 10 and the team of 4
    teams: dict[str, tuple[str | None, int]] = {"company": (None, 3)}
    teams |= {f"area{area}": ("company", 2) for area in range(5)}
    teams |= {f"team{place:02}": (f"area{place % 5}", heads) for place, heads in enumerate(sizes)}
    return organisation(teams)


def crowd_of(plan: Plan, unit: str) -> Crowd:
    return next(crowd for crowd in plan.crowds if unit in crowd.units)


def received(plan: Plan, unit: str) -> set[str]:
    """Say from the definition alone, without the planner's tree, which crowds the leader of ``unit`` gets to see."""
    parents = {each.key: each.parent for each in plan.units}

    def inside(key: str | None) -> bool:
        while key is not None and key != unit:
            key = parents[key]
        return key == unit

    whole = {crowd.label for crowd in plan.crowds if all(inside(key) for key in crowd.units)}
    joint = {crowd.label for crowd in plan.crowds if unit in crowd.units or crowd.is_whole_company}
    return whole or joint


def test_in_the_default_company_the_team_of_ten_stands_alone_and_the_team_of_four_is_joined() -> None:
    units, people = company_of_32_teams()
    assert len(units) == 32
    assert 230 <= len(people) <= 290
    plan = plan_crowds(units, people)
    assert crowd_of(plan, "team03") == Crowd(label="team03", units=("team03",), home="team03", invited=9)
    joint = crowd_of(plan, "team05")
    assert joint.units == ("team05", "team20")  # the two smallest under the leader of area0
    assert joint.home == "area0"
    assert not joint.is_whole_company
    alone = sum(len(crowd.units) == 1 for crowd in plan.crowds)
    assert alone >= 15


def test_twelve_people_in_two_teams_are_one_crowd_with_their_leaders_told_so() -> None:
    units, people = organisation({"company": (None, 1), "red": ("company", 5), "blue": ("company", 6)})
    plan = plan_crowds(units, people)
    assert plan.crowds == (
        Crowd(
            label=WHOLE_COMPANY,
            units=("blue", "company", "red"),
            home="company",
            invited=12,
            is_whole_company=True,
            leads=("blue", "company", "red"),
            receiving=("blue", "company", "red"),
        ),
    )
    assert set(plan.assignment.values()) == {WHOLE_COMPANY}
    assert plan.crowds[0].includes_leaders


def test_forty_people_in_six_teams_keep_what_can_stand_alone() -> None:
    sizes = {"a": 4, "b": 5, "c": 6, "d": 6, "e": 8, "f": 10}
    teams: dict[str, tuple[str | None, int]] = {"company": (None, 1)}
    units, people = organisation(teams | {key: ("company", heads) for key, heads in sizes.items()})
    plan = plan_crowds(units, people)
    assert len(people) == 40
    assert crowd_of(plan, "f").units == ("f",)
    assert [crowd.units for crowd in plan.crowds] == [("a", "b", "e"), ("c", "d"), ("f",)]
    # The six leaders and the head of the company are too few for a crowd of their own.
    assert all("company" not in crowd.units for crowd in plan.crowds)
    assert [crowd.receiving for crowd in plan.crowds if crowd.receiving] == [("company",)]
    for unit in units:
        if unit.key != "company":
            assert plan.assignment[f"{unit.key}-leads"] not in received(plan, unit.key)


def test_a_leader_answers_in_the_group_above_and_never_in_the_own_team() -> None:
    units, people = company_of_32_teams()
    plan = plan_crowds(units, people)
    assert plan.assignment["team03-leads"] == crowd_of(plan, "area3").label
    assert "team03" in crowd_of(plan, "area3").leads


def test_a_leader_of_two_teams_answers_above_the_higher_one() -> None:
    units, people = organisation({"top": (None, 10), "mid": ("top", 10), "low": ("mid", 10), "side": ("top", 12)})
    units = [
        Unit(key=u.key, parent=u.parent, name=u.name, leader="mid-leads" if u.key == "low" else u.leader) for u in units
    ]
    plan = plan_crowds(units, people)
    assert plan.assignment["mid-leads"] == "top"
    assert plan.assignment["low-leads"] == "low"  # leads nothing any more


def test_a_team_without_siblings_is_joined_one_level_up() -> None:
    sizes = {
        "top": (None, 12),
        "east": ("top", 9),
        "west": ("top", 9),
        "e1": ("east", 4),
        "w1": ("west", 10),
        "w2": ("west", 12),
    }
    plan = plan_crowds(*organisation(sizes))
    assert crowd_of(plan, "e1").units == ("e1", "w1")
    assert crowd_of(plan, "e1").home == "top"


def test_a_sibling_is_preferred_to_a_smaller_team_further_down() -> None:
    sizes = {"top": (None, 12), "s1": ("top", 4), "s2": ("top", 14), "mid": ("top", 12)}
    teams = {"m1": ("mid", 10), "m2": ("mid", 10)}
    plan = plan_crowds(*organisation(sizes | teams))
    assert crowd_of(plan, "s1").units == ("s1", "s2")


def test_a_unit_does_not_lose_its_last_whole_crowd_where_another_partner_exists() -> None:
    # The smallest partner for e1 is n1, but it is all that north has.
    sizes = {"top": (None, 12), "east": ("top", 9), "north": ("top", 2), "west": ("top", 9)}
    teams = {"e1": ("east", 4), "n1": ("north", 9), "w1": ("west", 10), "w2": ("west", 12)}
    plan = plan_crowds(*organisation(sizes | teams))
    assert crowd_of(plan, "e1").units == ("e1", "w1")


def test_a_small_group_of_leaders_goes_upwards() -> None:
    sizes = {"top": (None, 9), "east": ("top", 2), "e1": ("east", 10), "e2": ("east", 10), "west": ("top", 12)}
    plan = plan_crowds(*organisation(sizes))
    assert plan.assignment["e1-leads"] == crowd_of(plan, "top").label
    assert crowd_of(plan, "top").units == ("east", "top")


def test_top_leaders_join_the_smallest_child_crowd_of_another() -> None:
    sizes = {"top": (None, 1), "east": ("top", 12), "south": ("top", 11), "west": ("top", 10)}
    plan = plan_crowds(*organisation(sizes))
    assert plan.assignment["east-leads"] == "west"
    assert plan.assignment["south-leads"] == "west"
    assert plan.assignment["west-leads"] == "south"
    assert str(plan.notes[1]).startswith("The group at the top is too small.")


def test_fewer_than_k_people_are_refused_with_a_sentence() -> None:
    with pytest.raises(Refused, match=r"Only 4 people are invited. A wave needs at least 5"):
        plan_crowds(*organisation({"top": (None, 4)}))


def test_five_people_may_open_a_wave_as_one_crowd() -> None:
    plan = plan_crowds(*organisation({"top": (None, 5)}))
    assert [(crowd.label, crowd.invited) for crowd in plan.crowds] == [(WHOLE_COMPANY, 5)]


def test_a_merge_made_at_an_earlier_count_is_kept() -> None:
    units, people = organisation({"top": (None, 9), "a": ("top", 12), "b": ("top", 12), "c": ("top", 12)})
    assert crowd_of(plan_crowds(units, people), "a").units == ("a",)
    kept = plan_crowds(units, people, previous=[CountMerge(parts=(("a",), ("c",)))])
    assert crowd_of(kept, "a").units == ("a", "c")
    gone = plan_crowds(units, people, previous=[CountMerge(parts=(("a",), ("closed-team",)))])
    assert crowd_of(gone, "a").units == ("a",)


def test_a_lower_expected_response_needs_larger_crowds() -> None:
    units, people = organisation({"top": (None, 20), "a": ("top", 12), "b": ("top", 14)})
    assert len(plan_crowds(units, people, response=0.75).crowds) == 3
    assert min(crowd.invited for crowd in plan_crowds(units, people, response=0.5).crowds) >= 12


@pytest.mark.parametrize(
    ("units", "people"),
    [
        ([Unit(key="a", parent="b", name="A"), Unit(key="b", parent="a", name="B")], {"p": "a"}),
        ([Unit(key="a", parent=None, name="A"), Unit(key="b", parent="x", name="B")], {"p": "a"}),
        ([Unit(key="a", parent=None, name="A")], {"p": "x"}),
    ],
)
def test_a_broken_organisation_is_an_error_of_the_caller(units: list[Unit], people: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"root|parent|home"):
        plan_crowds(units, people | {f"q{i}": "a" for i in range(9)})


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    """Any tree: empty units, units without leader, leaders of several units, leaders who are not invited."""
    count = draw(st.integers(1, 14))
    keys = [f"u{place}" for place in range(count)]
    parents = [None, *(keys[draw(st.integers(0, place - 1))] for place in range(1, count))]
    heads = [draw(st.integers(0, 12)) for _ in keys]
    people = {f"p{place}-{i}": keys[place] for place, number in enumerate(heads) for i in range(number)}
    units = []
    for key, parent in zip(keys, parents, strict=True):
        choice = draw(st.integers(0, 9))
        leader: str | None = f"lead-{key}"
        if choice <= 6:
            people[f"lead-{key}"] = key
        elif choice == 7:
            leader = None
        elif choice == 8 and people:
            leader = draw(st.sampled_from(sorted(people)))
        units.append(Unit(key=key, parent=parent, name=key, leader=leader))
    return units, people


@settings(max_examples=150, deadline=None)
@given(made=organisations(), k=st.integers(5, 7), response=st.sampled_from([0.5, 0.75, 1.0]), seed=st.randoms())
def test_every_plan_is_a_partition_that_shows_no_leader_the_own_answers(
    made: Organisation, k: int, response: float, seed: object
) -> None:
    units, people = made
    if len(people) < k:
        with pytest.raises(Refused):
            plan_crowds(units, people, k=k, response=response)
        return
    plan = plan_crowds(units, people, k=k, response=response)
    assert set(plan.assignment) == set(people)
    assert Counter(plan.assignment.values()) == {crowd.label: crowd.invited for crowd in plan.crowds}
    groups = [unit for crowd in plan.crowds for unit in crowd.units]
    assert len(groups) == len(set(groups))
    assert all(len(crowd.label) <= MAX_LABEL for crowd in plan.crowds)
    if len(plan.crowds) > 1:
        assert all(crowd.invited >= plan.minimum >= k for crowd in plan.crowds)
        assert not any(crowd.is_whole_company for crowd in plan.crowds)
    else:
        assert plan.crowds[0].is_whole_company
    crowds = {crowd.label: crowd for crowd in plan.crowds}
    for unit in units:
        if unit.leader in people:
            crowd = crowds[plan.assignment[unit.leader]]
            assert unit.key in crowd.leads
            assert (crowd.label in received(plan, unit.key)) == (unit.key in crowd.receiving)
    seed.shuffle(units)  # type: ignore[attr-defined]
    shuffled = list(people.items())
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan_crowds(units, dict(shuffled), k=k, response=response) == plan


@settings(max_examples=100, deadline=None)
@given(made=organisations())
def test_only_the_head_of_the_root_is_ever_flagged_while_another_crowd_is_open_to_the_leader(
    made: Organisation,
) -> None:
    units, people = made
    if len(people) < 5:
        return
    plan = plan_crowds(units, people)
    leaders = {unit.key: unit.leader for unit in units}
    root = next(unit.key for unit in units if unit.parent is None)
    for crowd in plan.crowds:
        for unit in set(crowd.receiving) - {root}:
            seen = {
                label
                for key, leader in leaders.items()
                if leader == leaders[unit] and key != root
                for label in received(plan, key)
            }
            assert crowd.invited == plan.minimum or seen == {each.label for each in plan.crowds}


@pytest.mark.slow
def test_ten_thousand_teams_are_planned_in_about_a_second() -> None:
    teams: dict[str, tuple[str | None, int]] = {"top": (None, 9)}
    teams |= {f"d{place}": ("top", 3) for place in range(1200)}
    teams |= {f"t{place}": (f"d{place % 1200}", 3 + place % 13) for place in range(10_000)}
    units, people = organisation(teams)
    started = time.process_time()
    plan = plan_crowds(units, people)
    assert len(plan.crowds) > 5000
    assert time.process_time() - started < 4  # about 0.6 s on an idle core
