"""A company of forty teams after one released wave, the usual rule over the same answers, and all that was handed out.

The usual rule publishes the exact mean of every team and unit with five answers and more, and hides the others.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.installation import Installation
from reports.disclosure.cells import ReleasedCell
from reports.services import hr_export, leader_report
from reports.services.trend_sets import page_crowds
from surveys.enums import BallotMode
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import HeldWave

K = 5
TEAMS = 40
_ABSENT = 0.35


@dataclass(frozen=True, kw_only=True)
class Company:
    """A wave that was released, and the truth that no attacker has: who answered what, in which team and crowd.

    ``parents`` maps units to those above, ``answers`` addresses to answers, ``team_of`` and ``crowd_of`` addresses to
    the team of the list and the final crowd.
    """

    inst: Installation
    held: HeldWave
    parents: Mapping[str, str | None]
    team_of: Mapping[str, str]
    crowd_of: Mapping[str, str]

    @property
    def item(self) -> str:
        """Code of the first question."""
        return self.held.wave.instrument.item_codes[0]

    def inside(self, unit: str) -> list[str]:
        """Addresses of everybody who answered and belongs to a unit or one below it."""
        return [email for email, team in self.team_of.items() if unit in self.upwards(team)]

    def upwards(self, unit: str) -> list[str]:
        """A unit and all above it."""
        chain = [unit]
        while (above := self.parents[chain[-1]]) is not None:
            chain.append(above)
        return chain

    def mean(self, people: list[str]) -> float:
        """The true mean of these people's answers to the first question."""
        return sum(int(self.held.answers[email][self.item] or 0) for email in people) / len(people)


def company_of(inst: Installation, *, agree: bool = False) -> Company:
    """Hold and release a wave of forty teams of 4 to 12 people in eight departments of two divisions.

    Where they ``agree``, everybody gives the best answer to everything.
    """
    rng = random.Random(41)
    teams: dict[str, tuple[str | None, int]] = {journey.ROOT: (None, 2)}
    for division in range(2):
        teams[f"div{division}"] = (journey.ROOT, 1)
    for department in range(8):
        teams[f"dep{department}"] = (f"div{department % 2}", 1)
    for number in range(TEAMS):
        teams[f"t{number:02}"] = (f"dep{number % 8}", rng.randint(4, 12))
    journey.company(inst, teams, mode=BallotMode.PROMISE)
    people = [email for key, (_, size) in teams.items() for email in journey.members(key, size)]
    absent = [email for email in people if rng.random() < _ABSENT]
    answering = journey.everybody(5) if agree else journey.varied()
    held = journey.hold_wave(inst, journey.only([email for email in people if email not in absent], answering))
    with inst.database.reading() as session:
        final = {row.label: row.final_label or "" for row in wave_store.list_crowds(session, held.wave.slug)}
    team_by_member = {email: key for key, (_, size) in teams.items() for email in journey.members(key, size)}
    return Company(
        inst=inst,
        held=held,
        parents={key: parent for key, (parent, _) in teams.items()},
        team_of={email: team_by_member[email] for email in held.answers},
        crowd_of={email: final[held.wave.crowds[email]] for email in held.answers},
    )


def usual_rule(company: Company) -> dict[str, list[str]]:
    """Return by unit whose figures the usual rule shows: everybody inside it, where those are five and more."""
    groups = {unit: company.inside(unit) for unit in company.parents}
    return {unit: people for unit, people in groups.items() if len(people) >= K}


def handed_out(company: Company) -> dict[str, list[str]]:
    """Return by the place where a figure stands about whom it is: all leaders' reports, and HR's export in JSON.

    Which crowds a place is about is read from what was handed out; who stands behind a crowd is the truth.
    """
    people: dict[str, list[str]] = defaultdict(list)
    for email, crowd in company.crowd_of.items():
        people[crowd].append(email)
    groups: dict[str, list[str]] = {}
    now = company.held.wave.releases_at + dt.timedelta(days=1)
    with company.inst.database.transaction() as session:
        batch = leader_report.load_batch(session)
        for unit in leader_report.list_units(batch):
            report = leader_report.build_report(session, batch=batch, unit=unit, language="en", as_of=now.date())
            if report.scales:
                crowds = [record.crowd for record in page_crowds(batch.history.last, unit)]
                groups[f"report {unit}"] = [email for crowd in crowds for email in people[crowd]]
        files = hr_export.export_files(session, waves=None, language="en", file_format="json", actor="hr", now=now)
    document = json.loads(files["barograph.json"])
    units_of = {row["crowd"]: row["units"].split(" | ") for row in document["cells"]}
    for name in crowds_named(document):
        groups[f"export {name}"] = people[name]
    for unit in {row["unit"] for row in document["totals"] if row["value"] is not None}:
        below = [name for name, units in units_of.items() if all(unit in company.upwards(each) for each in units)]
        groups[f"export total {unit}"] = [email for name in below for email in people[name]]
    return groups


def crowds_named(value: object) -> set[str]:
    """Return the value of every key "crowd" anywhere in a document."""
    if isinstance(value, dict):
        own = {str(value["crowd"])} if isinstance(value.get("crowd"), str) else set()
        return own.union(*(crowds_named(each) for each in value.values()))
    return set().union(*(crowds_named(each) for each in value)) if isinstance(value, list) else set()


def released_cells(company: Company) -> dict[str, ReleasedCell]:
    """Return the released figure of every crowd for the first question."""
    with company.inst.database.reading() as session:
        batch = leader_report.load_batch(session)
    found = {}
    for record in batch.history.last.crowds:
        cell = record.cells[company.item]
        assert isinstance(cell, ReleasedCell)
        found[record.crowd] = cell
    return found
