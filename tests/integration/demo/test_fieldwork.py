"""A year of simulated waves through the real path has the stories it was told with, the same ones for a seed."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import mean

import pytest

from app.demo.shapes import ROOT, TROUBLE_FROM, WAVES, Size
from reports.disclosure.cells import ReleasedCell
from reports.store.comments import list_shapes, list_topics
from surveys.services import redaction
from surveys.services.redaction import Decision
from surveys.store import waves
from tests.integration.demo.conftest import Year, hold

pytestmark = pytest.mark.slow


def test_the_troubled_teams_released_workload_falls_by_about_one_and_a_half_points(medium_year: Year) -> None:
    team = medium_year.organisation.shape.troubled
    found = {
        number: crowd.cells["workload"]
        for number in range(1, WAVES + 1)
        for crowd in medium_year.crowds(number)
        if crowd.units == (team,)
    }
    values = {number: cell.value for number, cell in found.items() if isinstance(cell, ReleasedCell)}
    before = [value for number, value in values.items() if number < TROUBLE_FROM]
    after = [value for number, value in values.items() if number >= TROUBLE_FROM]
    assert len(before) >= 12
    assert len(after) >= 9
    assert 1.3 <= mean(before) - mean(after) <= 1.7


def test_a_team_of_four_never_has_a_crowd_of_its_own(medium_year: Year) -> None:
    alone = {crowd.units for number in range(1, WAVES + 1) for crowd in medium_year.crowds(number)}
    assert ("search",) not in alone
    assert any("search" in units for units in alone)


def test_forty_people_give_several_crowds(medium_year: Year) -> None:
    assert all(len(medium_year.crowds(number)) > 1 for number in range(1, WAVES + 1))


def test_every_wave_is_released_on_its_day_without_ballots_invitations_or_keys_left(medium_year: Year) -> None:
    with medium_year.inst.database.reading() as session:
        held = waves.list_waves(session, programme="pulse")
        assert [wave.released_at for wave in held] == [account.released_at for account in medium_year.waves]
        assert all(wave.key_destroyed_at and wave.rewritten_at for wave in held)
    keys = [path.name for path in medium_year.inst.settings.key_dir.iterdir()]
    assert not [name for name in keys if re.search(r"pulse-\d", name)]


def test_only_the_last_wave_asks_for_topics_and_comments_and_these_wait_for_the_redactor(medium_year: Year) -> None:
    last = medium_year.waves[-1].slug
    with medium_year.inst.database.reading() as session:
        documents = [
            waves.get_instrument_document(session, wave.instrument_sha256)
            for wave in waves.list_waves(session, programme="pulse")
        ]
        shapes = list_shapes(session, last)
        topics = list_topics(session, last, [shape.crowd for shape in shapes])
        waiting = redaction.list_texts(session, last)
    assert ["comment" in document for document in documents] == [*[False] * (WAVES - 1), True]
    assert set(topics) == {shape.crowd for shape in shapes}
    assert len(waiting) >= 5
    assert {each.decision for each in waiting} == {Decision.OPEN}


def test_a_seed_gives_the_same_released_cells_each_time(medium_year: Year, tmp_path: Path) -> None:
    again = hold(tmp_path / "demo", Size.MEDIUM, waves=3)
    assert [again.crowds(number) for number in (1, 2, 3)] == [medium_year.crowds(number) for number in (1, 2, 3)]
    again.inst.database.dispose()


def test_twelve_people_give_one_crowd_for_all(tmp_path: Path) -> None:
    year = hold(tmp_path / "demo", Size.SMALL, waves=3)
    for number in (1, 2, 3):
        (crowd,) = year.crowds(number)
        assert crowd.is_whole_company
        assert set(crowd.units) == {ROOT, "mobile", "ticketing"}
    year.inst.database.dispose()


def test_in_the_default_organisation_the_team_of_four_is_joined_and_the_troubled_one_is_not(tmp_path: Path) -> None:
    year = hold(tmp_path / "demo", Size.DEFAULT, waves=1)
    units = [crowd.units for crowd in year.crowds(1)]
    assert ("refunds",) not in units
    assert ("ticketing",) in units
    assert year.waves[0].invited == 280
    year.inst.database.dispose()
