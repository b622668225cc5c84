"""Attack 21: differences over time: a quarter minus its weeks, this rolling mean minus the last one, year to date."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pytest

from app.installation import Installation
from reports.disclosure.cells import ReleasedCell
from reports.disclosure.smallest import smallest_inferable
from reports.document import Step
from reports.services import leader_report
from reports.services.leader_report import Batch
from reports.services.trend_sets import page_crowds
from surveys.enums import BallotMode
from surveys.store import waves as wave_store
from tests.attacks import account
from tests.support import journey
from tests.support.journey import HeldWave

ATTACK = "21 time"
K = 5
WAVES = 4
TEAMS: journey.Teams = {journey.ROOT: (None, 1), "ant": (journey.ROOT, 10), "bee": (journey.ROOT, 11)}
AWAY = [journey.member("ant", number) for number in range(1, 6)]
"""They stay away in the last wave, in which four of ant are left."""


@pytest.fixture
def waves(inst: Installation) -> list[HeldWave]:
    """Four waves; before the last one somebody joins bee, and in it most of ant stay away."""
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE)
    held = [journey.hold_wave(inst, journey.varied(shift=number)) for number in range(WAVES - 1)]
    journey.import_teams(inst, {**TEAMS, "bee": (journey.ROOT, 12)}, today=held[-1].wave.closes_at.date())
    return [*held, journey.hold_wave(inst, journey.varied(shift=WAVES, absent=AWAY))]


def usual(waves: list[HeldWave], people: list[str]) -> list[tuple[int, int]]:
    """Return by wave how many of a team answered and the sum of their answers to the first question."""
    item = waves[0].wave.instrument.item_codes[0]
    found = []
    for held in waves:
        given = [int(held.answers[email][item] or 0) for email in people if email in held.answers]
        found.append((len(given), sum(given)))
    return found


def test_the_usual_rule_gives_the_hidden_week_away_by_quarter_rolling_and_year(waves: list[HeldWave]) -> None:
    weeks = usual(waves, journey.members("ant", 10)[1:])
    *shown, hidden = weeks
    assert hidden[0] < K
    assert all(count >= K for count, _ in shown)

    def span(some: list[tuple[int, int]]) -> tuple[int, int]:
        return sum(count for count, _ in some), sum(total for _, total in some)

    quarter, before = span(weeks), span(shown)  # both about five answers and more, so both are shown
    assert (quarter[0] - before[0], quarter[1] - before[1]) == hidden
    rolling, earlier = span(weeks[1:]), span(weeks[:-1])
    assert rolling[1] - earlier[1] + weeks[0][1] == hidden[1]
    year, last_year_to_date = span(weeks), span(weeks[:-1])
    assert year[1] - last_year_to_date[1] == hidden[1]
    account.weakened(ATTACK, f"hide n<5: the exact sum of {hidden[0]} hidden people, by quarter, rolling mean and year")


def test_figures_over_time_are_functions_of_released_figures_of_whole_crowds(
    inst: Installation, waves: list[HeldWave]
) -> None:
    with inst.database.reading() as session:
        batch = leader_report.load_batch(session)
        documents = {
            unit: leader_report.build_report(
                session, batch=batch, unit=unit, language="en", as_of=dt.date(2025, 12, 31)
            )
            for unit in TEAMS
        }
    groups = groups_of(inst, waves, batch)
    people = {each: 1 for group in groups.values() for each in group}
    assert smallest_inferable(groups, people, k=K).passed
    changes = [section.change for unit in ("ant", "bee") for section in documents[unit].scales]
    shown = [change for change in changes if change is not None and change.step is Step.HIDDEN]
    assert shown  # somebody joined bee, so that a mean of released values stands there, and no difference
    account.product(
        ATTACK, f"{len(groups)} figures of {WAVES} waves and their means: no group of fewer than {K}, proven"
    )


def groups_of(inst: Installation, waves: list[HeldWave], batch: Batch) -> dict[str, set[str]]:
    """Return the answers (wave, address) behind every figure: each wave's crowds, and each unit's over all waves."""
    groups: dict[str, set[str]] = defaultdict(set)
    for held, record in zip(waves, batch.history.waves, strict=True):
        slug = held.wave.slug
        with inst.database.reading() as session:
            final = {row.label: row.final_label or "" for row in wave_store.list_crowds(session, slug)}
        shown = {each.crowd for each in record.crowds if any(isinstance(c, ReleasedCell) for c in each.cells.values())}
        for email in held.answers:
            crowd = final[held.wave.crowds[email]]
            if crowd in shown:
                groups[f"{slug} {crowd}"].add(f"{slug} {email}")
        for unit in TEAMS:
            for crowd in (each.crowd for each in page_crowds(record, unit) if each.crowd in shown):
                groups[f"mean {unit}"] |= groups[f"{slug} {crowd}"]
    return {name: group for name, group in groups.items() if group}
