"""Choices of a screen become lines of a map; what the screen did not show stays as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.errors import Refused
from surveys.importers.roadmap_choices import Choices, conditions_of, others_of, single_rules, with_choices
from surveys.importers.roadmap_map import RoadmapMap, TeamRule, read_map, write_map
from surveys.importers.roadmap_model import StatusClass
from surveys.importers.roadmap_raw import Places

BOTH = TeamRule(team="b", project="pay", label="gates")
REST = TeamRule(team="z", fits_all=True)


def test_a_new_rule_stands_before_every_more_general_one() -> None:
    mapping = RoadmapMap(rules=(BOTH, TeamRule(team="a", project="pay"), REST))
    made = with_choices(mapping, Choices(teams={("label", "Fares"): "c", ("area_path", "A/B"): "d"}))
    assert [conditions_of(rule) for rule in made.rules] == [
        (("project", "pay"), ("label", "gates")),
        (("area_path", "a/b"),),
        (("label", "fares"),),
        (("project", "pay"),),
        (),
    ]
    assert made.team_of(Places(project="PAY", labels=("fares",))) == "c"
    assert made.team_of(Places(project="PAY", labels=("gates", "fares"))) == "b"
    assert made.team_of(Places(project="OPS")) == "z"


def test_a_longer_path_decides_before_a_shorter_one_whatever_came_first() -> None:
    for order in (("Rail", "Rail\\Gates"), ("Rail\\Gates", "Rail")):
        choices = Choices(teams={("area_path", path): path.casefold() for path in order})
        made = with_choices(RoadmapMap(), choices)
        assert made.team_of(Places(area_path="Rail\\Gates\\North")) == "rail\\gates"


def test_a_changed_choice_keeps_its_place_and_an_emptied_one_goes() -> None:
    mapping = RoadmapMap(rules=(TeamRule(team="a", project="x"), TeamRule(team="b", label="y"), REST))
    made = with_choices(mapping, Choices(teams={("project", "X"): "c", ("label", "Y"): ""}, others=""))
    assert made.rules == (TeamRule(team="c", project="x"),)
    assert with_choices(mapping, Choices(dropped=frozenset({0, 2}))).rules == (TeamRule(team="b", label="y"),)
    assert others_of(with_choices(mapping, Choices(others="q"))) == "q"


def test_status_priority_and_kind_follow_the_screen_and_nothing_else() -> None:
    mapping = RoadmapMap(
        statuses={"old": StatusClass.DONE, "away": StatusClass.DOING},
        priorities=("unseen", "low"),
        fault_kinds=frozenset({"glitch", "snag"}),
    )
    made = with_choices(
        mapping,
        Choices(
            statuses={"Away": None, "Parked": StatusClass.TODO},
            ranks={"Low": 3, "Now": 1, "Later": None},
            kinds=frozenset({"Snag", "Story"}),
            faults=frozenset({"Story"}),
        ),
    )
    assert made.statuses == {"old": StatusClass.DONE, "parked": StatusClass.TODO}
    assert made.priorities == ("now", "low", "unseen")
    assert made.fault_kinds == {"glitch", "story"}
    assert with_choices(mapping, Choices()) == mapping
    assert with_choices(mapping, Choices(ranks={"Low": None})).priorities == ()


def test_two_priorities_of_one_number_are_refused() -> None:
    with pytest.raises(Refused, match="the number 2"):
        with_choices(RoadmapMap(), Choices(ranks={"a": 2, "b": 2}))
    assert with_choices(RoadmapMap(), Choices(ranks={"High": 2, "high": 2})).priorities == ("high",)


@settings(max_examples=8)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["project", "label", "word", "area_path"]), st.sampled_from(["x", "Y", "a/b", "ñ"])),
        st.sampled_from(["", "a", "b"]),
    )
)
def test_what_was_chosen_is_what_the_screen_shows_next_and_survives_as_text(
    chosen: dict[tuple[str, str], str],
) -> None:
    made = with_choices(RoadmapMap(rules=(BOTH, REST)), Choices(teams=chosen))
    shown = single_rules(made)
    assert shown == {(name, word.casefold()): team for (name, word), team in chosen.items() if team}
    assert read_map(write_map(made).encode(), source="map") == made
    assert with_choices(made, Choices(teams=chosen)) == made
