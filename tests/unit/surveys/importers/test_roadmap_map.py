"""Checks the map from a tool's words to teams and classes, and that every fault in it is named."""

import datetime as dt

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_map import RoadmapMap, read_map
from surveys.importers.roadmap_model import StatusClass

GOOD = """
[[team]]
team = "payments"
project = "PAY"
component = "API"
[[team]]
team = "mobile"
label = "app"
[[team]]
team = "shop"
project = "PAY"
[status]
doing = ["Baking"]
done = ["Eaten"]
[points]
field = "customfield_10023"
[priorities]
order = ["Hot", "Cold"]
[kinds]
fault = ["Failure"]
[dates]
order = "dmy"
covered_from = 2026-01-01
"""


def faults(text, **more):
    with pytest.raises(InvalidInput) as refused:
        read_map(text.encode(), source="map.toml", **more)
    return [str(problem) for problem in refused.value.problems]


def test_a_map_names_teams_words_and_fields():
    found = read_map(GOOD.encode(), source="map.toml", teams={"payments", "mobile", "shop"})
    assert found.points_field == "customfield_10023"
    assert found.fault_kinds == {"failure"}
    assert found.day_first is True
    assert found.covered_from == dt.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("project", "components", "labels", "team"),
    [
        ("PAY", ["api"], [], "payments"),
        ("pay", [], [], "shop"),
        ("PAY", [], ["App"], "mobile"),
        ("WEB", ["API"], [], None),
    ],
)
def test_the_first_rule_whose_every_condition_fits_decides(project, components, labels, team):
    assert read_map(GOOD.encode(), source="map.toml").team_of(project, components, labels) == team


def test_words_of_the_map_come_before_common_words():
    found = read_map(GOOD.encode(), source="map.toml")
    assert found.class_of("BAKING") is StatusClass.DOING
    assert found.class_of("In Progress") is StatusClass.DOING
    assert found.class_of("Volunteer Needed") is None
    assert (found.rank_of("cold"), found.rank_of("Blocker")) == (2, None)


@pytest.mark.parametrize(
    ("name", "rank"), [("Blocker", 1), ("trivial", 5), ("Highest", 1), ("P2", 3), ("4", 4), ("0", None)]
)
def test_without_a_map_common_priorities_are_known(name, rank):
    assert RoadmapMap().rank_of(name) == rank


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[[team]", "not a TOML file"),
        ("[colour]\n", "table colour is not known"),
        ("[points]\nfeild = 'x'\n", "key feild is not known"),
        ("[points]\nfield = 3\n", "field must be a text"),
        ("[[team]]\nteam = 'a'\n", "needs a team and a project"),
        ("[[team]]\nteam = 'zz'\nproject = 'P'\n", "unknown team zz"),
        ("team = 3\n", "[[team]] heading"),
        ("status = 3\n", "status must be a table"),
        ("[status]\ntodo = ['a']\ndone = ['A']\n", "stands in two classes"),
        ("[priorities]\norder = ['a', 'a']\n", "same word twice"),
        ("[priorities]\norder = 'a'\n", "list of texts"),
        ("[dates]\norder = 'ymd'\n", "iso, dmy or mdy"),
        ("[dates]\ncovered_to = 'x'\n", "must be a day"),
    ],
)
def test_each_fault_of_a_map_is_named(text, part):
    assert part in faults(text, teams={"a"})[0]


def test_all_faults_are_named_at_once():
    assert len(faults("[colour]\n[points]\nfield = 3\n[dates]\norder = 'x'\n")) == 3
