"""Checks that commas inside the names of sprints part nothing where the number of sprints tells so."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from surveys.importers.roadmap_jira_fields import sprints_of
from surveys.importers.roadmap_jira_sprints import is_clear, split_names, sprint_moves

KNOWN = {"Pay, part 1", "Pay, part 2", "Web 7"}


@pytest.mark.parametrize(
    ("written", "count", "names"),
    [
        ("", 0, []),
        ("S1, S2", 2, ["S1", "S2"]),
        ("S1, S2", 0, ["S1", "S2"]),
        ("Pay, part 1", 0, ["Pay, part 1"]),
        ("Alpha, beta", 1, ["Alpha, beta"]),
        ("Pay, part 1, Web 7", 2, ["Pay, part 1", "Web 7"]),
        ("Pay, part 1, Unknown", 2, ["Pay, part 1", "Unknown"]),
        ("Pay, part 1, Pay, part 2, Web 7", 3, ["Pay, part 1", "Pay, part 2", "Web 7"]),
        ("Alpha, beta, gamma", 2, ["Alpha, beta, gamma"]),
        ("S1, S2", 3, ["S1", "S2"]),
    ],
)
def test_a_list_is_parted_into_as_many_names_as_there_are_sprints(written, count, names):
    assert split_names(written, count, KNOWN) == names


def test_a_list_is_clear_where_every_part_is_a_sprint():
    assert is_clear(None, 0)
    assert is_clear("S1", 0)
    assert is_clear("S1, S2", 2)
    assert not is_clear("S1, S2", 0)
    assert not is_clear("Pay, part 1", 1)


def test_moves_name_what_was_left_and_what_was_joined():
    moves = sprint_moves(("Pay, part 1", 1), ("Pay, part 2, Web 7", 2), KNOWN)
    assert moves == [("Pay, part 1", None), (None, "Pay, part 2"), (None, "Web 7")]


def test_a_very_long_list_that_is_unclear_stays_whole():
    written = ", ".join(f"S{number}" for number in range(500))
    assert split_names(written, 499, ()) == [written]


def test_a_sprint_that_starts_at_midnight_in_madrid_starts_on_that_day():
    fields = {"customfield_1": [{"name": "S", "state": "closed", "startDate": "2026-05-03T22:00:00.000Z"}]}
    (sprint,) = sprints_of(fields, zone=ZoneInfo("Europe/Madrid"))
    assert sprint.start == dt.date(2026, 5, 4)
