"""Twelve people in two teams: one crowd, one report for all, leaders included, and nothing else ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.installation import Installation
from surveys.enums import Role
from tests.integration.acceptance.conftest import LATER, Faces, words_of
from tests.support import journey
from tests.support.journey import HeldWave

TOGETHER = "In an organisation of this size all answers are counted together, those of leaders included"


@pytest.fixture(scope="module")
def held(module_inst: Installation) -> HeldWave:
    journey.company(module_inst, journey.TWO_TEAMS)
    journey.hold_wave(module_inst, journey.varied())
    return journey.hold_wave(module_inst, journey.varied(shift=1, absent=[journey.member("ant", 2)]))


@pytest.fixture(scope="module")
def faces(module_inst: Installation, held: HeldWave, tmp_path_factory: pytest.TempPathFactory) -> Faces:
    return Faces(inst=module_inst, now=held.wave.releases_at + LATER, folder=tmp_path_factory.mktemp("twelve"))


def test_everybody_is_asked_in_one_crowd_and_told_so(held: HeldWave) -> None:
    assert len(set(held.wave.crowds.values())) == 1
    assert len(held.wave.crowds) == 12


def test_every_leader_reads_the_one_report_and_why(faces: Faces) -> None:
    pages = {team: faces.leader_page(team) for team in journey.TWO_TEAMS}
    for page in pages.values():
        assert TOGETHER in page
        assert "figures of smaller groups would show who said what" in page
        assert "about the same" in page or "within what chance gives" in page
    figures = {page.partition("Measure")[2].partition("To talk about")[0] for page in pages.values()}
    assert len(figures) == 1


def test_the_pdf_says_the_same_and_holds_a_conversation(faces: Faces) -> None:
    text = faces.leader_pdf("ant")
    assert TOGETHER in text
    assert "Averages of 5 or more people only" in text
    assert "Arrows compare with the wave before. One step is no trend." in text
    assert "20" in text.partition("minutes")[0]


def test_hr_sees_one_row_and_exports_one_crowd(faces: Faces) -> None:
    page = words_of(faces.with_role(Role.HR).get("/hr/").text)
    assert "12" in page
    tables = faces.export()
    assert len({row["crowd"] for row in tables["cells"]}) == 1
    assert {row["value"] is None for row in tables["totals"] if row["unit"] != journey.ROOT} <= {True}


def test_the_audit_passes_and_names_one_group(faces: Faces, held: HeldWave) -> None:
    printed = faces.run("wave", "audit", held.wave.slug)
    assert "No figures added to or subtracted from one another are about fewer than 5 people." in printed


def test_the_steward_reads_what_this_size_gives(faces: Faces) -> None:
    page = words_of(faces.with_role(Role.STEWARD).get("/setup/").text)
    assert "With your size" in page
    assert "Your organisation is reported as a whole, leaders included." in page


def test_a_wave_that_four_answer_is_released_as_none(inst: Installation, tmp_path: Path) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    four = [journey.leader("ant"), *(journey.member("bee", number) for number in range(1, 4))]
    held = journey.hold_wave(inst, journey.only(four))
    assert held.count.is_none
    faces = Faces(inst=inst, now=held.wave.releases_at + LATER, folder=tmp_path)
    said = "Fewer than 5 people answered in all. Nothing is released of this wave, and its answers were destroyed."
    assert said in faces.leader_page("ant")
    assert said in faces.leader_pdf("ant")
    page = words_of(faces.with_role(Role.HR).get("/hr/").text)
    assert "This wave was released as none: too few people answered in all, and the answers were destroyed." in page
    assert not [row for row in faces.export()["cells"] if row["wave"] == held.wave.slug and row["value"] is not None]
    assert "was released without figures" in faces.run("wave", "audit", held.wave.slug)
