"""Fills an installation with released waves and weekly pressure that truly goes with strain, or does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from sqlalchemy import insert

from app.installation import Installation
from reports.models import PressureWeek
from reports.pressure.anchors import VERSION_1, Indicator
from reports.pressure.index import index_of
from reports.pressure.values import Measured, RunRate, Value, WeekIndicators
from reports.pressure.weeks import mondays
from reports.store.pressure import People, WeekFigures, WeekRecord, to_plain
from tests.support import filled, journey
from tests.support.filled import World

BEFORE = dt.timedelta(days=140)
"""Weeks of pressure begin so long before the first wave, so that every lag has a window."""


def week(
    team: str, monday: dt.date, index: float, *, people: People = People.ENOUGH, rates: Sequence[RunRate] = ()
) -> WeekRecord:
    """Return a week whose indicators all have ``index`` points, so that the index is that too."""
    values: dict[Indicator, Value] = {name: _measured(name, index) for name in Indicator if name is not Indicator.SPLIT}
    found = WeekIndicators(monday=monday, values=values, run_rates=tuple(rates))
    figures = WeekFigures(week=found, index=index_of(found), has_history=True)
    return WeekRecord(
        team=team,
        monday=monday,
        people=people,
        enough={"plan": people is People.ENOUGH},
        figures=None if people is People.TOO_FEW else figures,
    )


def store(inst: Installation, records: Sequence[WeekRecord]) -> None:
    """Store weeks beside those that stand there."""
    rows = [{"team": each.team, "week": each.monday, "document": to_plain(each)} for each in records]
    with inst.database.transaction() as session:
        session.execute(insert(PressureWeek), rows)


def fill_linked(
    inst: Installation, world: World, *, slope: float, seed: int = 7, teams: int | None = None
) -> list[str]:
    """Fill a world and give its teams weekly pressure; ``slope`` 1 makes it the strain of workload itself, 0 chance.

    ``teams`` is the number of teams that have delivery data, all where it is None.
    """
    slugs = filled.fill(inst, world)
    values = np.array([wave[0] for wave in filled._values(world)])  # (waves, teams) of the first scale, workload
    strain = (values.mean(axis=0) - values) / 0.4
    noise = np.random.default_rng(seed).standard_normal(strain.shape)
    z = slope * strain + np.sqrt(1 - slope**2) * noise
    opened = [journey.FIRST_DAY + dt.timedelta(days=14 * w) for w in range(world.waves)]
    records = []
    for number in range(world.teams if teams is None else teams):
        for monday in mondays(opened[0] - BEFORE, opened[-1]):
            wave = next((w for w, day in enumerate(opened) if day > monday + dt.timedelta(days=3)), len(opened) - 1)
            index = float(np.clip(50 + 15 * z[wave, number], 0, 100))
            records.append(week(filled.team(number), monday, index))
    store(inst, records)
    return slugs


def _measured(name: Indicator, points: float) -> Measured:
    scale = VERSION_1.scales[name]
    if points <= 50:
        value = scale.zero + points / 50 * (scale.half - scale.zero)
    else:
        value = scale.half + (points - 50) / 50 * (scale.full - scale.half)
    return Measured(value=value, numerator=value, denominator=1.0)
