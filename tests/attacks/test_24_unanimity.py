"""Attack 24: a team in which all agree, found out from whatever is handed out about it.

Everybody answered 5, everybody 1, or everybody but one. For each of these another set of answers, in which one person
(two under the strict clip) said otherwise, hands out the same bytes everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from app import lifecycle
from app.installation import Installation
from reports.disclosure.cells import Qualifier, RawCell, ReleasedCell, protect
from reports.models import ReleasedCell as Row
from reports.models import ReleasedMoment
from reports.store.cells import from_plain
from surveys.enums import BallotMode
from surveys.models.totals import Moment
from surveys.store import waves as wave_store
from tests.attacks import account, handed, recount
from tests.attacks.handed import Outputs
from tests.support import journey
from tests.support.journey import HeldWave, OpenWave, Teams

ATTACK = "24 unanimity"
TEAM = "ant"
TEAMS: Teams = {journey.ROOT: (None, 1), TEAM: (journey.ROOT, 13), "bee": (journey.ROOT, 10), "cat": (journey.ROOT, 9)}

Making = Callable[[Sequence[int]], Outputs]

FIVES, ONES = [5] * 9, [1] * 9
NEIGHBOURS = {
    "all fives, one a two": (FIVES, [5] * 8 + [2]),
    "all fives, one a three and one a four": (FIVES, [5] * 7 + [4, 3]),
    "all fives, of ten one a two": (FIVES, [5] * 9 + [2]),
    "all fives, of eleven all": (FIVES, [5] * 11),
    "all ones, one a four": (ONES, [1] * 8 + [4]),
    "all ones, of eight one a four": (ONES, [1] * 7 + [4]),
    "all fives but one two, one a four and another a three": ([5] * 8 + [2], [5] * 7 + [4, 3]),
}
"""Answers of one team of which nothing handed out tells which was given; other numbers of people among them."""


def counted(folder: Path, *, strict: bool) -> tuple[Installation, OpenWave]:
    """A wave that is counted and not released, nine of thirteen of the team having answered."""
    inst = journey.installation(folder)
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE, is_strict=strict)
    wave = journey.open_wave(inst)
    absent = [journey.member(TEAM, number) for number in range(9, 13)]
    journey.cast_all(inst, wave, journey.varied(absent=absent))
    journey.close_wave(inst, wave)
    return inst, wave


def making(inst: Installation, wave: OpenWave, folder: Path) -> Making:
    """Return what hands everything out for given answers of the team."""
    readers = handed.appoint(inst, now=wave.releases_at, teams=[TEAM])
    kept: dict[tuple[object, ...], Outputs] = {}

    def make(answers: Sequence[int]) -> Outputs:
        key = (*answers, clipping())
        if key not in kept:
            kept[key] = hand_out(answers, folder / str(len(kept)))
        return kept[key]

    def hand_out(answers: Sequence[int], place: Path) -> Outputs:
        copy = handed.copy(inst, place)
        try:
            recount.set_all(copy, wave.slug, TEAM, answers)
            lifecycle.release_wave(copy, wave=wave.slug, now=wave.releases_at, actor=journey.ACTOR)
            now = wave.releases_at
            found = handed.exports(copy, formats=("csv", "json"), languages=("en",))
            found |= handed.reports(copy, now=now, units=tuple(TEAMS), languages=("en",))
            found |= handed.lists(copy, readers, now=now)
            return found | handed.pages(copy, now=now, units=(TEAM,), waves=[wave.slug])
        finally:
            copy.database.dispose()

    return make


def clipping() -> float:
    """The highest mean of five answers under the rule as it is now, which a test may have weakened."""
    cell = protect(RawCell(crowd="c", measure="m", n=5, total=25, favourable=5))
    assert isinstance(cell, ReleasedCell)
    return cell.value


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Making]:
    folder = tmp_path_factory.mktemp("usual")
    inst, wave = counted(folder / "inst", strict=False)
    yield making(inst, wave, folder)
    inst.database.dispose()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Making]:
    folder = tmp_path_factory.mktemp("strict")
    inst, wave = counted(folder / "inst", strict=True)
    yield making(inst, wave, folder)
    inst.database.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_nothing_tells_a_team_that_agrees_from_its_neighbours(usual: Making, name: str) -> None:
    one, other = (usual(answers) for answers in NEIGHBOURS[name])
    assert handed.differing(one, other) == []
    account.product(ATTACK, f"{len(one)} places alike: {name}")


@pytest.mark.slow
def test_without_the_clip_the_one_who_differs_is_seen(usual: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_to_the_ends(n_low: int, *, low: float, high: float, strict: bool = False) -> tuple[Fraction, Fraction]:
        del n_low, strict
        return Fraction(low), Fraction(high)

    monkeypatch.setattr("reports.disclosure.cells.clip_edges", open_to_the_ends)
    for name in ("all fives, one a two", "all ones, one a four"):
        one, other = (usual(answers) for answers in NEIGHBOURS[name])
        assert f"report {TEAM} en" in handed.differing(one, other)
    means = {row["value"] for row in of_team(usual(FIVES))}
    assert means == {5.0}
    account.weakened(ATTACK, "no clip: a mean of 5.0 says that everybody chose the best answer")


@pytest.mark.slow
def test_the_strict_clip_hides_two_and_the_usual_one_does_not(usual: Making, strict: Making) -> None:
    two_differ = [5] * 7 + [2, 2]
    assert handed.differing(usual(FIVES), usual(two_differ))
    assert handed.differing(strict(FIVES), strict(two_differ)) == []
    usual_values = {row["value"] for row in of_team(usual(FIVES))}
    strict_values = {row["value"] for row in of_team(strict(FIVES))}
    assert (usual_values, strict_values) == ({4.6}, {4.2})  # 5 - 3/8 and 5 - 6/8, inwards to a fifth
    account.product(ATTACK, "strict clip: two who said the opposite are not seen either")


def of_team(found: Outputs) -> list[dict[str, object]]:
    cells = json.loads(found["export json en barograph.json"])["cells"]
    return [row for row in cells if row["crowd"] == TEAM]


def everybody_but(few: int, value: int, other: int) -> journey.Answering:
    """Everybody gives one answer to all questions, but so many members of the team another one."""
    differing = [journey.member(TEAM, number) for number in range(1, few + 1)]
    return lambda email, asked: dict.fromkeys(asked.item_codes, other if email in differing else value)


def test_the_manifest_promises_the_clip_and_the_release_keeps_it(tmp_path: Path) -> None:
    for is_strict, heads, edge in ((False, 3, 4.6), (True, 6, 4.2)):
        inst = journey.installation(tmp_path / str(is_strict))
        journey.company(inst, TEAMS, mode=BallotMode.PROMISE, is_strict=is_strict)
        held = journey.hold_wave(inst, everybody_but(0, 5, 5))
        with inst.database.reading() as session:
            promised = json.loads(wave_store.get_wave(session, held.wave.slug).manifest or "")
        assert promised["thresholds"]["clip_heads"] == heads
        found = released(inst, held)
        assert {cell.qualifier for cell in found} == {Qualifier.AT_LEAST}
        assert {cell.value for cell in found} == {edge}  # 13 of 13 stand in a band from 8: 5 - 3/8 and 5 - 6/8
        inst.database.dispose()


def released(inst: Installation, held: HeldWave) -> list[ReleasedCell]:
    """Return the released figures of the team, one per question."""
    with inst.database.reading() as session:
        rows = session.query(Row).filter_by(wave=held.wave.slug, crowd=TEAM)
        found = [from_plain(TEAM, row.measure, row.cell) for row in rows]
    asked = held.wave.instrument.item_codes
    return [cell for cell in found if isinstance(cell, ReleasedCell) and cell.measure in asked]


BIG: Teams = {journey.ROOT: (None, 1), TEAM: (journey.ROOT, 53)}
"""A company of one crowd: the spread that is declared from fifty answers on is about this crowd alone."""


def test_the_declared_spread_does_not_tell_that_nobody_differs(tmp_path: Path) -> None:
    """With the answers that were really given, for the spread is made of them at the count."""
    told, exact = [], []
    for few in (0, 1):
        inst = journey.installation(tmp_path / str(few))
        journey.company(inst, BIG, mode=BallotMode.PROMISE)
        held = journey.hold_wave(inst, everybody_but(few, 5, 2))
        with inst.database.reading() as session:
            exact.append({row.value for row in session.query(Moment) if not row.other})
            told.append({(row.measure, row.variance) for row in session.query(ReleasedMoment)})
        assert {row.qualifier for row in released(inst, held)} <= {Qualifier.AT_LEAST}
        inst.database.dispose()
    assert exact[0] != exact[1]
    assert told[0] == told[1]
    account.weakened(ATTACK, f"spread as counted: {exact[0]} where all agree, {exact[1]} where one differs")
    account.product(ATTACK, f"spread as released: {told[0].pop()[1]} for both")
