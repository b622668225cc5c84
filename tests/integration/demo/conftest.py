"""Fixtures: a year of waves of the small and of the medium organisation, made once per session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import installation
from app.config import Settings
from app.demo import accounts, fieldwork
from app.demo.calendar import Calendar, make_calendar
from app.demo.fieldwork import WaveAccount
from app.demo.folder import prepare
from app.demo.organisation import Organisation, make_organisation
from app.demo.run import DEFAULT_SEED, write_samples
from app.demo.shapes import WAVES, Size, shape_of
from app.demo.world import make_world
from app.installation import Installation
from reports.store.releases import CrowdRecord, list_crowd_records

TODAY = dt.date(2026, 11, 25)


@dataclass(frozen=True, kw_only=True)
class Year:
    """The waves of one organisation with everything that was released."""

    inst: Installation
    organisation: Organisation
    calendar: Calendar
    waves: tuple[WaveAccount, ...]

    def crowds(self, number: int) -> list[CrowdRecord]:
        """The released crowds of a wave."""
        with self.inst.database.reading() as session:
            return list_crowd_records(session, [self.waves[number - 1].slug])


def hold(folder: Path, size: Size, *, waves: int) -> Year:
    """Hold the first waves of an organisation."""
    calendar = make_calendar(TODAY)
    shape = shape_of(size)
    organisation = make_organisation(shape, seed=DEFAULT_SEED, first=calendar.first_opening, last=calendar.last_opening)
    places = prepare(folder)
    write_samples(places, organisation, seed=DEFAULT_SEED, calendar=calendar)
    inst = installation.create(Settings(data_dir=places.data, key_dir=places.keys))
    teams, people = places.samples / "teams.csv", places.samples / "people.csv"
    fieldwork.set_up(inst, teams=teams, people=people, name=shape.name, calendar=calendar)
    accounts.add_staff(inst)
    world = make_world(organisation, seed=DEFAULT_SEED)
    held = tuple(fieldwork.hold_wave(inst, world, number=n, calendar=calendar) for n in range(1, waves + 1))
    return Year(inst=inst, organisation=organisation, calendar=calendar, waves=held)


@pytest.fixture(scope="session")
def medium_year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """All waves of the organisation of 40 people."""
    year = hold(tmp_path_factory.mktemp("demo") / "medium", Size.MEDIUM, waves=WAVES)
    yield year
    year.inst.database.dispose()
