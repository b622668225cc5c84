"""Checks the map from a tool's words to teams and classes, and that every fault in it is named."""

import datetime as dt

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_map import RoadmapMap, moscow_of, read_map, write_map
from surveys.importers.roadmap_model import Moscow, StatusClass
from surveys.importers.roadmap_raw import Places, Reading

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
    places = Places(project=project, components=tuple(components), labels=tuple(labels))
    assert read_map(GOOD.encode(), source="map.toml").team_of(places) == team


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


WHOLE = (
    GOOD
    + """[moscow]
field = "Class"
must = ["Needed"]
wont = ["Not \\"now\\""]
[rice]
reach = "Reach (people)"
[columns]
key = "Feature ID"
due = "Timeframe"
[[team]]
team = "ops"
area_path = "Shop/Ops"
board = "Ops board"
word = "Ops"
[[team]]
team = "rest"
any = true
"""
)


def test_a_map_that_is_written_is_read_back_equal():
    found = read_map(WHOLE.encode(), source="map.toml")
    assert read_map(write_map(found).encode(), source="map.toml") == found
    assert write_map(RoadmapMap()) == ""


def test_a_rule_fits_an_area_and_what_is_below_it_but_no_longer_name():
    rule = read_map(b'[[team]]\nteam = "a"\narea_path = "Shop/Ops"\n', source="map.toml")
    fits = {
        path: rule.team_of(Places(area_path=path)) for path in ("shop\\ops", "Shop\\Ops\\Night", "Shop\\Opsec", "Shop")
    }
    assert fits == {"shop\\ops": "a", "Shop\\Ops\\Night": "a", "Shop\\Opsec": None, "Shop": None}


def test_boards_and_words_decide_and_any_takes_what_is_left():
    found = read_map(WHOLE.encode(), source="map.toml")
    assert found.team_of(Places(boards=("OPS BOARD",), team="ops", area_path="shop/ops")) == "ops"
    assert found.team_of(Places(boards=("OPS BOARD",), team="other", area_path="shop/ops")) == "rest"


def test_a_reading_takes_fields_and_columns_from_the_map_and_keeps_its_own_days():
    told = read_map(WHOLE.encode(), source="map.toml").reading(Reading(source="x", secret=b"", day_first=False))
    assert (told.size_field, told.moscow_field, told.day_first) == ("customfield_10023", "Class", False)
    assert (told.moscow_words["needed"], told.columns["due"]) == (Moscow.MUST, "Timeframe")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[[team]]\nteam = 'a'\nany = 'yes'\n", "true or false"),
        ("[[team]]\nteam = 'a'\nany = true\nproject = 'p'\n", "leave one out"),
        ("[moscow]\nmust = ['a']\ncould = ['A']\n", "stands in two classes"),
        ("[columns]\ntitle = 'Name'\n", "key title is not known"),
        ("[rice]\nreach = 3\n", "reach must be a text"),
    ],
)
def test_faults_of_rules_classes_and_columns_are_named(text, part):
    assert part in faults(text)[0]


@pytest.mark.parametrize(("word", "found"), [("Must have", Moscow.MUST), ("W", Moscow.WONT), ("now", None)])
def test_common_words_of_moscow_are_known(word, found):
    assert moscow_of(word) is found


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "9" * 5000])
def test_a_map_that_no_reader_can_hold_is_a_fault(text):
    with pytest.raises(InvalidInput, match="not imported"):
        read_map(text.encode(), source="map.toml")
