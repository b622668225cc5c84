"""Everybody of a company of three hundred teams puts everything together that was handed out about one wave.

Whom each figure is about is read from the files themselves: the rows of HR's export and of the interface, the table of
HR, and the reports of all leaders, whose figures have to be those of the crowds that the export names for their unit.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from app.installation import Installation
from reports.disclosure.smallest import smallest_inferable
from surveys.enums import BallotMode
from surveys.instruments.schema import Instrument
from surveys.store import waves as wave_store
from tests.attacks import account, handed
from tests.attacks.handed import Outputs
from tests.support import journey
from tests.support.journey import Answers, HeldWave, Teams, Ticked

pytestmark = pytest.mark.slow

ATTACK = "17 collusion, 300 teams"
K = 5
PAGES = ("div0", "dep00")
SITES = ("Harbour", "Hill", "Lake", "Moor")
SHOWN = 0.0101
"""Half a step of the finest figure that an export or a report prints, and a little more."""

Groups = dict[str, list[str]]
"""Addresses of those whom a figure is about, by the place where it stands."""


@dataclass(frozen=True, kw_only=True)
class Company:
    """What was handed out about a wave of 300 teams, and the truth: who answered, in which team, crowd and site."""

    parents: Mapping[str, str | None]
    found: Outputs
    team_of: Mapping[str, str]
    crowd_of: Mapping[str, str]
    site_of: Mapping[str, int]

    def upwards(self, unit: str) -> list[str]:
        """A unit and all above it."""
        chain = [unit]
        while (above := self.parents[chain[-1]]) is not None:
            chain.append(above)
        return chain


def teams() -> dict[str, tuple[str | None, int]]:
    """Six divisions, thirty departments and 264 teams of 3 to 15 people: about 2,500 in 301 units."""
    rng = random.Random(7)
    made: dict[str, tuple[str | None, int]] = {journey.ROOT: (None, 3)}
    made |= {f"div{number}": (journey.ROOT, 2) for number in range(6)}
    made |= {f"dep{number:02}": (f"div{number % 6}", 2) for number in range(30)}
    return made | {f"t{number:03}": (f"dep{number % 30:02}", rng.randint(3, 15)) for number in range(264)}


def answering(absent: set[str]) -> journey.Answering:
    inner = journey.varied()

    def answer(email: str, instrument: Instrument) -> Answers | None:
        if email in absent:
            return None
        number = sum(email.encode())
        ticked = [topic.code for place, topic in enumerate(instrument.topics) if (number + place) % 4 == 0]
        return Ticked({**(inner(email, instrument) or {}), "site": site(email)}, topics=ticked)

    return answer


def site(email: str) -> int:
    """Where somebody works, one of four, whatever the team."""
    return 1 + random.Random(email).randrange(len(SITES))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    inst = journey.installation(tmp_path_factory.mktemp("collusion"))
    organisation = teams()
    journey.company(
        inst,
        organisation,
        mode=BallotMode.PROMISE,
        has_comments=True,
        segments=(journey.segment("site", *SITES),),
    )
    rng = random.Random(8)
    people = [email for key, (_, size) in organisation.items() for email in journey.members(key, size)]
    held = journey.hold_wave(inst, answering({email for email in people if rng.random() < 0.3}))
    yield seen(inst, held, organisation)
    inst.database.dispose()


def seen(inst: Installation, held: HeldWave, organisation: Teams) -> Company:
    now = held.wave.releases_at
    readers = handed.appoint(inst, now=now, teams=PAGES)
    found = handed.exports(inst, formats=("json",), languages=("en",))
    found |= handed.reports(inst, now=now, units=tuple(organisation), languages=("en",))
    found |= handed.lists(inst, readers, now=now)
    found |= handed.pages(inst, now=now, units=PAGES, waves=[held.wave.slug])
    with inst.database.reading() as session:
        final = {row.label: row.final_label or "" for row in wave_store.list_crowds(session, held.wave.slug)}
    member_of = {email: key for key, (_, size) in organisation.items() for email in journey.members(key, size)}
    return Company(
        parents={key: parent for key, (parent, _) in organisation.items()},
        found=found,
        team_of={email: member_of[email] for email in held.answers},
        crowd_of={email: final[held.wave.crowds[email]] for email in held.answers},
        site_of={email: site(email) for email in held.answers},
    )


class Reader:
    """Reads whom figures are about out of what was handed out."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.export = json.loads(company.found["export json en barograph.json"])
        self.people: dict[str, list[str]] = defaultdict(list)
        for email, crowd in company.crowd_of.items():
            self.people[crowd].append(email)
        self.cells = {(row["crowd"], row["measure"]): row for row in self.export["cells"]}
        self.inside: dict[str, list[str]] = defaultdict(list)
        self.across: dict[str, list[str]] = defaultdict(list)
        for row in self.export["units"]:
            if row["relation"] == "inside":
                self.inside[row["unit"]].append(row["crowd"])
            if row["relation"] == "across":
                self.across[row["unit"]].append(row["crowd"])

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows of a list of the interface."""
        pages = [body for place, body in self.company.found.items() if place.startswith(f"list /api/v1/{name}?")]
        return [row for page in pages for row in json.loads(page)["data"]]

    def of(self, crowds: Sequence[str]) -> list[str]:
        """Who stands behind some crowds."""
        return [email for crowd in crowds for email in self.people[crowd]]

    def mean(self, crowds: Sequence[str], measure: str) -> float:
        """What the exported figures of some crowds make together."""
        rows = [self.cells[crowd, measure] for crowd in crowds]
        weights = [(row["n_low"] + row["n_high"]) / 2 for row in rows]
        total: float = sum(weight * row["value"] for weight, row in zip(weights, rows, strict=True)) / sum(weights)
        return total

    def groups(self) -> Groups:
        """Everything that has a figure."""
        return {**self.of_crowds(), **self.of_totals(), **self.of_segments(), **self.of_reports(), **self.of_pages()}

    def of_crowds(self) -> Groups:
        """Cells and topics of export and interface."""
        found: Groups = {}
        for name in ("cells", "topics"):
            for place, rows in (("export", self.export[name]), ("list", self.rows(name))):
                for row in rows:
                    if row.get("value") is not None or row.get("ticked_low") is not None:
                        found[f"{place} {name} {row['crowd']}"] = self.of([str(row["crowd"])])
        return found

    def of_totals(self) -> Groups:
        """Ready-made totals; each has to be the mean of the crowds that the bridge puts inside its unit."""
        found: Groups = {}
        for place, rows in (("export", self.export["totals"]), ("list", self.rows("totals"))):
            for row in rows:
                if row["value"] is None:
                    continue
                crowds = self.inside[row["unit"]]
                assert len(crowds) == row["crowds"]
                assert abs(self.mean(crowds, row["measure"]) - row["value"]) < (0.051 if row["n_low"] < 50 else SHOWN)
                found[f"{place} total {row['unit']}"] = self.of(crowds)
        return found

    def of_segments(self) -> Groups:
        """Cells of segment tables: people of the crowds inside a unit who chose one of some options."""
        found: Groups = {}
        for place, rows in (("export", self.export["segments"]), ("list", self.rows("segments"))):
            for row in rows:
                if row["value"] is None:
                    continue
                chosen = {at for at, name in enumerate(SITES, 1) if name in row["segment_options"]}
                inside = self.of(self.inside[row["unit"]])
                found[f"{place} segment {row['unit']} {row['segment_cell']}"] = [
                    email for email in inside if self.company.site_of[email] in chosen
                ]
        return found

    def of_reports(self) -> Groups:
        """Leaders' reports: the crowds inside the unit, or the one it is counted in, as the figures confirm."""
        found: Groups = {}
        for unit in self.company.parents:
            document = json.loads(self.company.found[f"report {unit} en"])
            values = {
                row["code"]: row["cell"]["mean"]
                for section in document["scales"]
                for row in section["rows"]
                if "mean" in row["cell"]
            }
            if not values:
                continue
            candidates = [self.inside[unit], self.across[unit]]
            fitting = [
                crowds
                for crowds in candidates
                if crowds and all(abs(self.mean(crowds, code) - value) < 0.051 for code, value in values.items())
            ]
            assert len(fitting) == 1, (unit, candidates)
            found[f"report {unit}"] = self.of(fitting[0])
        return found

    def of_pages(self) -> Groups:
        """The table of HR: as many rows as there are crowds, one for each."""
        page = self.company.found["page /hr/"].decode()
        body = page.partition("<tbody>")[2].partition("</tbody>")[0]
        names = re.findall(r'<tr><th scope="row">(.*?)(?:<small>|</th>)', body)
        crowd_of = {row["crowd_name"]: row["crowd"] for row in self.export["cells"]}
        assert len(names) == len({row["crowd"] for row in self.export["cells"]})
        return {f"page {name}": self.of([crowd_of[name.replace("&#39;", "'")]]) for name in names}


@pytest.fixture(scope="module")
def groups(company: Company) -> Groups:
    return Reader(company).groups()


def test_everything_together_singles_out_no_group_under_k(company: Company, groups: Groups) -> None:
    assert len(company.parents) >= 300
    assert len(company.team_of) > 1500
    kinds = {" ".join(name.split(" ")[:2]) for name in groups}
    assert {"export cells", "export topics", "export total", "export segment", "list cells"} <= kinds
    assert sum(name.startswith("report ") for name in groups) > 280
    everybody = dict.fromkeys(company.team_of, 1)
    found = smallest_inferable(groups, everybody, k=K, seconds=120)
    assert found.passed, found
    least = min(len(people) for people in groups.values())
    assert least >= K
    account.product(ATTACK, f"{len(groups)} figures' groups together: none under {K}, proven; smallest shown {least}")


def test_the_usual_rule_singles_out_groups_of_one_to_four_in_the_same_company(company: Company) -> None:
    usual: Groups = defaultdict(list)
    for email, team in company.team_of.items():
        for unit in company.upwards(team):
            usual[unit].append(email)
    shown = {unit: people for unit, people in usual.items() if len(people) >= K}
    sizes = []
    for unit, people in shown.items():
        below = [each for each in shown if company.parents[each] == unit]
        left = len(people) - sum(len(shown[each]) for each in below)
        if below and 0 < left < K:
            sizes.append(left)
    assert sizes
    everybody = dict.fromkeys(company.team_of, 1)
    found = smallest_inferable(shown, everybody, k=K, seconds=120)
    assert found.smallest is not None
    assert 1 <= found.smallest < K
    account.weakened(
        ATTACK, f"hide n<5: {len(sizes)} units less their teams leave 1 to 4 people, smallest {found.smallest}"
    )


def test_a_figure_about_a_part_of_a_crowd_would_be_found(company: Company, groups: Groups) -> None:
    """The search sees a single total that does not keep to whole crowds."""
    crowd = next(people for name, people in groups.items() if name.startswith("export cells") and len(people) > K)
    weak = {**groups, "a team of its own": crowd[1:]}
    found = smallest_inferable(weak, dict.fromkeys(company.team_of, 1), k=K, seconds=120)
    assert found.smallest == 1
