"""The sample organisations have the sizes that were promised, and a seed gives the same people each time."""

from __future__ import annotations

import collections
import datetime as dt
from functools import cache

import pytest

from app.demo.calendar import make_calendar
from app.demo.organisation import Organisation, make_organisation, people_rows, team_rows
from app.demo.shapes import Size, shape_of
from surveys.importers.organisation import OPTIONAL_TEAM_COLUMNS, PEOPLE_COLUMNS, TEAM_COLUMNS

CALENDAR = make_calendar(dt.date(2026, 11, 25))


@cache
def organisation(size: Size, seed: int = 6) -> Organisation:
    return make_organisation(shape_of(size), seed=seed, first=CALENDAR.first_opening, last=CALENDAR.last_opening)


def present(org: Organisation, day: dt.date) -> collections.Counter[str]:
    return collections.Counter(person.team for person in org.people if person.is_there(day))


@pytest.mark.parametrize(
    ("size", "people", "teams"), [(Size.SMALL, 12, 3), (Size.MEDIUM, 40, 7), (Size.DEFAULT, 280, 32)]
)
def test_the_first_wave_finds_the_promised_number_of_people_and_teams(size: Size, people: int, teams: int) -> None:
    org = organisation(size)
    assert present(org, CALENDAR.first_opening).total() == people
    assert len(org.teams) == teams


def test_the_teams_of_the_default_organisation_have_4_to_14_people_and_one_has_4() -> None:
    org = organisation(Size.DEFAULT)
    counts = present(org, CALENDAR.first_opening)
    sizes = sorted(counts[team.key] for team in org.shape.leaves)
    assert (sizes[0], sizes[1], sizes[-1]) == (4, 5, 14)
    assert counts[org.shape.troubled] == 10


def test_the_troubled_team_keeps_its_people_and_others_change() -> None:
    org = organisation(Size.DEFAULT)
    moving = {person.team for person in org.people if person.ends_on is not None}
    assert moving
    assert not moving & {org.shape.troubled, org.shape.improving, "refunds"}
    assert abs(present(org, CALENDAR.last_opening).total() - 280) <= 5


def test_a_seed_gives_the_same_people_and_another_seed_gives_others() -> None:
    again = make_organisation(shape_of(Size.SMALL), seed=6, first=CALENDAR.first_opening, last=CALENDAR.last_opening)
    assert again == organisation(Size.SMALL)
    assert organisation(Size.SMALL, 7) != again


def test_addresses_are_unique_and_reserved_for_examples() -> None:
    addresses = [person.identity.email for person in organisation(Size.DEFAULT).people]
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() and address.endswith("@example.org") for address in addresses)


def test_both_languages_are_spoken_and_rows_have_the_columns_of_the_importer() -> None:
    org = organisation(Size.DEFAULT)
    assert {person.identity.language for person in org.people} == {"en", "es"}
    assert all(len(row) == len((*TEAM_COLUMNS, *OPTIONAL_TEAM_COLUMNS)) for row in team_rows(org))
    assert all(len(row) == len(PEOPLE_COLUMNS) for row in people_rows(org))
