"""Forty people in six teams of 4 to 10: own figures where enough are invited, joint ones elsewhere, all said."""

from __future__ import annotations

from collections import Counter

import pytest

from app.installation import Installation
from surveys.enums import Role
from tests.integration.acceptance.conftest import LATER, Faces, words_of
from tests.support import journey
from tests.support.journey import HeldWave, OpenWave

TEAMS: journey.Teams = {
    journey.ROOT: (None, 1),
    "ant": (journey.ROOT, 10),
    "bee": (journey.ROOT, 9),
    "cat": (journey.ROOT, 7),
    "dog": (journey.ROOT, 5),
    "elk": (journey.ROOT, 5),
    "fox": (journey.ROOT, 4),
}
"""One person above and six teams, their leaders among them: 41 with the top leader."""

BY_PLAN = "This was fixed before the wave opened: too few people are invited"
AT_COUNT = "Too few people answered for separate figures, here or next door."


@pytest.fixture(scope="module")
def held(module_inst: Installation) -> HeldWave:
    """A second wave in which four of the group of bee answered, so that it is joined at the count."""
    journey.company(module_inst, TEAMS)
    journey.hold_wave(module_inst, journey.varied())
    wave = journey.open_wave(module_inst)
    given = journey.cast_all(module_inst, wave, journey.varied(shift=2, absent=people_of(wave, "bee")[4:]))
    count = journey.close_wave(module_inst, wave)
    return HeldWave(wave=wave, answers=given, count=count, release=journey.release_wave(module_inst, wave))


def people_of(wave: OpenWave, team: str) -> list[str]:
    """Everybody who was asked in the group of a team, leaders of other teams among them."""
    group = wave.crowds[journey.member(team, 1)]
    return sorted(email for email, crowd in wave.crowds.items() if crowd == group)


def asked_with(wave: OpenWave, team: str) -> list[str]:
    """The teams whose leaders were asked in the group of a team."""
    return [each for each in sorted(TEAMS) if each != team and journey.leader(each) in people_of(wave, team)]


@pytest.fixture(scope="module")
def faces(module_inst: Installation, held: HeldWave, tmp_path_factory: pytest.TempPathFactory) -> Faces:
    return Faces(inst=module_inst, now=held.wave.releases_at + LATER, folder=tmp_path_factory.mktemp("forty"))


def test_every_planned_crowd_has_enough_people_and_everybody_one(held: HeldWave) -> None:
    sizes = Counter(held.wave.crowds.values())
    assert sum(sizes.values()) == 41
    assert min(sizes.values()) >= 7


def test_a_team_joined_by_plan_reads_with_whom_and_why(faces: Faces) -> None:
    for said in (faces.leader_page("fox", faces.waves[0]), faces.leader_pdf("fox", faces.waves[0])):
        assert "Team fox has no survey figures of its own in this wave. Its answers are counted together with" in said
        assert BY_PLAN in said
        assert AT_COUNT not in said


def test_a_team_joined_by_plan_and_again_at_the_count_reads_both_or_why_its_leader_gets_none(
    faces: Faces, held: HeldWave
) -> None:
    """Who of the leaders was asked with bee differs from one organisation to the next."""
    hidden = set(asked_with(held.wave, "bee"))
    for team in ("cat", "dog", "elk", "fox"):
        page = faces.leader_page(team)
        if team in hidden:
            assert "nobody gets a report on the own team that holds the own answer" in page
            assert "This wave, likely range" not in page
        else:
            assert "this was fixed before the wave opened" in page
            assert "The others came in at the count: too few people answered, here or next door." in page
    assert "here or next door" in faces.leader_pdf("fox")


def test_a_team_joined_at_the_count_reads_that_it_was_here_or_next_door(faces: Faces) -> None:
    for said in (faces.leader_page("bee"), faces.leader_pdf("bee")):
        assert "Team bee has no survey figures of its own in this wave." in said
        assert AT_COUNT in said


def test_a_team_that_stands_alone_reads_who_was_asked_with_it(faces: Faces, held: HeldWave) -> None:
    page = faces.leader_page("ant")
    assert "no survey figures of its own" not in page
    guests = asked_with(held.wave, "ant")
    assert ("Invited with them: the leaders of" in page) is bool(guests)
    assert all(f"Team {guest}" in page for guest in guests)
    assert any(words in page for words in ("about the same", "within what chance gives", "likely ranges allow"))


def test_hr_page_and_export_hold_the_same_crowds_each_of_five_and_more(faces: Faces, held: HeldWave) -> None:
    page = words_of(faces.with_role(Role.HR).get("/hr/").text)
    cells = [row for row in faces.export()["cells"] if row["wave"] == held.wave.slug]
    for name in {str(row["crowd_name"]) for row in cells}:
        assert name in page
    assert all(int(str(row["n_low"])) >= 5 for row in cells if row["value"] is not None)


def test_the_audit_command_passes(faces: Faces, held: HeldWave) -> None:
    assert "No figures added to or subtracted from one another are about fewer than 5 people." in faces.run(
        "wave", "audit", held.wave.slug
    )
