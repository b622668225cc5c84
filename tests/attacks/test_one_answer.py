"""One person changes one answer from 2 to 5; what changes in everything that is handed out is about the own crowd.

The same wave is answered twice, from copies of one installation; the crowds of the figures that differ are read from
the files. A crowd is at least five people, and unions of crowds are what its figures are in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.installation import Installation
from surveys.enums import BallotMode
from surveys.instruments.schema import Instrument
from surveys.store import organisation
from tests.attacks import account, handed
from tests.attacks.handed import Outputs
from tests.support import journey
from tests.support.journey import Answers, OpenWave, Teams

pytestmark = pytest.mark.slow

ATTACK = "one answer"
TEAMS: Teams = {
    journey.ROOT: (None, 1),
    "north": (journey.ROOT, 1),
    "ant": ("north", 8),
    "bee": ("north", 7),
    "cat": ("north", 3),
    "south": (journey.ROOT, 1),
    "dog": ("south", 7),
    "elk": ("south", 8),
}
"""36 people, fewer than the fifty from which a spread of all is declared; cat is counted with others."""
MORE: Teams = {
    **TEAMS,
    **dict.fromkeys(("fox", "gnu", "ibis"), ("south", 9)),
    **dict.fromkeys(("hen", "jay"), ("north", 9)),
}
"""81 people in crowds of which the lower ends of the bands add up to fifty and more."""
PAGES = ("ant", "dog", "south")
WHO, FROM, TO = journey.member("ant", 3), 2, 5
RELEASED = (
    "released_crowd", "released_cell", "released_moment", "released_topic", "released_segment_cell",
    "released_covariance",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Twice:
    """One wave with the answer as it was and as it is changed: what was handed out and what is in the database."""

    item: str
    scales: frozenset[str]
    crowd: str
    outputs: tuple[Outputs, Outputs]
    rows: tuple[set[tuple[str, tuple[object, ...]]], ...]

    def differing(self) -> list[str]:
        """The places that are not the same."""
        return handed.differing(*self.outputs)

    def changed(self, *tables: str) -> set[tuple[str, tuple[object, ...]]]:
        """Rows of tables that are in one of the two alone."""
        return {(table, row) for table, row in self.rows[0] ^ self.rows[1] if table in tables}


def answering(value: int, item: str) -> journey.Answering:
    """Everybody as always, the one person with this answer to one question."""
    inner = journey.varied()

    def answer(email: str, instrument: Instrument) -> Answers | None:
        given = dict(inner(email, instrument) or {})
        return {**given, item: value} if email == WHO else given

    return answer


def twice(folder: Path, teams: Teams) -> Twice:
    inst = journey.installation(folder / "inst")
    journey.company(inst, teams, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    readers = handed.appoint(inst, now=wave.opens_at, teams=PAGES)
    item = next(each.code for each in wave.instrument.items if not each.is_reversed)
    made = [held(handed.copy(inst, folder / str(value)), wave, value, item, readers) for value in (FROM, TO)]
    inst.database.dispose()
    labels = json.loads(made[0][0]["export json en barograph.json"])["cells"]
    team = wave.crowds[WHO]
    return Twice(
        item=item,
        scales=frozenset(scale.code for scale in wave.instrument.scales if item in scale.items),
        crowd=next(row["crowd"] for row in labels if team in {row["crowd"], *row["units"].split(" | ")}),
        outputs=(made[0][0], made[1][0]),
        rows=(made[0][1], made[1][1]),
    )


def held(
    inst: Installation, wave: OpenWave, value: int, item: str, readers: handed.Readers
) -> tuple[Outputs, set[tuple[str, tuple[object, ...]]]]:
    """Answer, close, count and release a copy, and take everything it hands out."""
    journey.cast_all(inst, wave, answering(value, item))
    journey.close_wave(inst, wave)
    journey.release_wave(inst, wave)
    rows = set(handed.rows(inst))
    now = wave.releases_at
    found = handed.exports(inst, formats=("json", "csv"), languages=("en",))
    found |= handed.reports(inst, now=now, units=tuple(handed_units(inst)), languages=("en",))
    found |= handed.lists(inst, readers, now=now)
    found |= handed.pages(inst, now=now, units=PAGES, waves=[wave.slug])
    inst.database.dispose()
    return found, rows


def handed_units(inst: Installation) -> list[str]:
    with inst.database.reading() as session:
        return [team.key for team in organisation.list_teams(session)]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return twice(tmp_path_factory.mktemp("few"), TEAMS)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return twice(tmp_path_factory.mktemp("many"), MORE)


def records(found: Outputs, name: str) -> dict[tuple[str, ...], Mapping[str, object]]:
    """Rows of a table of the export by what names them."""
    rows = json.loads(found["export json en barograph.json"])[name]
    return {(str(row.get("crowd") or row.get("unit")), str(row["measure"])): row for row in rows}


def test_only_rows_of_the_own_crowd_change_in_the_database(few: Twice) -> None:
    cells = few.changed(*RELEASED)
    assert {row[1] for _, row in cells} == {few.crowd}
    assert {row[2] for _, row in cells} == {few.item, *few.scales}
    others = {table for table, _ in few.rows[0] ^ few.rows[1]}
    # Totals of the crowd, the release with its checksum, and where the ledger and the log repeat this.
    assert others <= {"released_cell", "crowd_total", "release", "ledger_entry", "audit_event"}
    assert {row[1] for _, row in few.changed("crowd_total")} == {few.crowd}


def test_only_cells_of_the_own_crowd_and_of_unions_of_it_change_in_the_export(few: Twice) -> None:
    touched = {few.item, *few.scales}
    one, other = (records(found, "cells") for found in few.outputs)
    assert {key for key in one if one[key] != other[key]} == {(few.crowd, measure) for measure in touched}
    one, other = (records(found, "totals") for found in few.outputs)
    units = {unit for unit, measure in one if one[unit, measure] != other[unit, measure]}
    assert units == {"north", journey.ROOT}
    assert {key[1] for key in one if one[key] != other[key]} == touched
    account.product(ATTACK, "one answer from 2 to 5: cells of the own crowd and of two units made of whole crowds")


def test_only_what_holds_the_crowd_changes_anywhere(few: Twice) -> None:
    places = few.differing()
    reports = {place.split(" ")[1] for place in places if place.startswith("report ")}
    assert reports <= {"ant", "north", journey.ROOT, *few.crowd.split("~")} | sisters(few)
    assert "ant" in reports
    assert not any(place.startswith(("page /leader/dog", "page /leader/south")) for place in places)
    lists = {place.partition("/api/v1/")[2].split("?")[0] for place in places if "/api/v1/" in place}
    assert lists <= {"cells", "totals", "ledger"}


def sisters(found: Twice) -> set[str]:
    """The units that are counted together with the own team; one of them may be shown the same crowd."""
    rows = json.loads(found.outputs[0]["export json en barograph.json"])["cells"]
    return {unit for row in rows if row["crowd"] == found.crowd for unit in row["units"].split(" | ")}


def test_from_fifty_answers_on_the_declared_spread_changes_too_and_it_is_about_everybody(many: Twice) -> None:
    """The spread of all is a union of all crowds; likely ranges rest on it, values and bands do not."""
    cells = many.changed("released_cell")
    assert {row[1] for _, row in cells} == {many.crowd}
    moments = many.changed("released_moment")
    assert moments
    assert {row[1] for _, row in moments} <= {""}
    assert {row[2] for _, row in moments} <= {many.item, *many.scales}
    one, other = (records(found, "cells") for found in many.outputs)
    assert {key[0] for key in one if one[key] != other[key]} == {many.crowd}
    for place in many.differing():
        if place.startswith("report ") and place.split(" ")[1] in {"dog", "elk", "fox", "south"}:
            first, second = (without_ranges(json.loads(found[place])) for found in many.outputs)
            assert first == second, place


def without_ranges(document: object) -> object:
    """A report without likely ranges, which rest on the declared spread, and texts that repeat them."""
    if isinstance(document, dict):
        hidden = {"low", "high", "range_text", "title", "alt"}
        return {key: without_ranges(value) for key, value in document.items() if key not in hidden}
    return [without_ranges(each) for each in document] if isinstance(document, list) else document


def test_exact_sums_would_give_the_answers_away(few: Twice) -> None:
    changed = [row for _, row in few.changed("crowd_total") if row[2] == few.item]
    one, other = sorted(float(str(row[4])) for row in changed)
    assert other - one == TO - FROM
    account.weakened(ATTACK, "exact sums: two of them differ by what the one person changed")
