"""The page of imported results: for HR alone, marked in every table, with the sentences and a marked file."""

from __future__ import annotations

import datetime as dt

import pytest

from reports.store import releases
from surveys.importers.history import read_history
from surveys.importers.history_map import read_history_map
from surveys.services.history_import import import_history
from tests.integration.web.world import START, World, token
from tests.support.earlier import SMALL_MAP

HR = "hr@larkfield.example"
UNITS = [f"unit {number:02}" for number in range(60)]
ROWS = "unit,day,strain,answers\n" + "".join(
    f"{unit},{year}-03-01,{30 + place % 7},{20 + place}\n" for place, unit in enumerate(UNITS) for year in (2024, 2025)
)


@pytest.fixture
def imported(world: World) -> World:
    """The same with two imports, one of which has a unit that is a team."""
    for name, text in (("old-tool", SMALL_MAP + '[units]\n"unit 00" = "ticketing"\n'), ("other", SMALL_MAP)):
        mapping = read_history_map(text.replace("old-tool", name).encode(), source="map.toml")
        file = read_history(ROWS.encode(), source="old.csv", mapping=mapping, today=START.date())
        with world.inst.database.transaction() as session:
            import_history(session, file, file_sha256="0" * 64, now=START)
    return world


def test_before_an_import_the_page_says_how_to_bring_one_in(world: World) -> None:
    assert "Nothing has been imported" in world.signed_in(HR).get("/hr/earlier/").text


def test_the_page_shows_findings_and_results_marked_as_imported(imported: World) -> None:
    page = imported.signed_in(HR).get("/hr/earlier/?source=old-tool&measure=strain").text
    assert page.count("Imported from Old Tool") == 3
    assert "did not move detectably from Mar 2024 to Mar 2025" in page
    assert "never in line with them" in page
    assert "unit 00" in page
    assert "(ticketing)" in page
    assert "20 to 49" in page
    assert "unit 55" not in page


def test_a_long_list_has_parts(imported: World) -> None:
    page = imported.signed_in(HR).get("/hr/earlier/?source=old-tool&part=2").text
    assert "unit 55" in page
    assert "unit 01" not in page


@pytest.mark.parametrize("query", ["source=nothing", "measure=nothing", f"source={'x' * 121}", "measure=%00"])
def test_what_does_not_exist_is_not_found(imported: World, query: str) -> None:
    assert imported.signed_in(HR).get(f"/hr/earlier/?{query}").status_code == 404


@pytest.mark.parametrize("person", ["steward", "auditor", "redactor", "lena"])
def test_nobody_but_hr_reads_it(imported: World, person: str) -> None:
    browser = imported.signed_in(f"{person}@larkfield.example")
    assert browser.get("/hr/earlier/").status_code in {403, 404}


def test_nobody_without_an_account_reads_it(imported: World) -> None:
    answer = imported.app.test_client().get("/hr/earlier/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")


def test_the_file_is_marked_and_the_ledger_notes_it_without_a_wave(imported: World) -> None:
    hr = imported.signed_in(HR)
    body = {"csrf_token": token(hr.get("/hr/earlier/")), "source": "old-tool"}
    answer = hr.post("/hr/earlier/file", data=body)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="imported-results.csv"'
    assert answer.data.decode("utf-8-sig").splitlines()[1].startswith('"imported","old-tool","Old Tool"')
    with imported.inst.database.reading() as session:
        entry = releases.list_ledger(session)[-1]
        assert (entry.kind, entry.actor, entry.cells) == ("export", HR, 120)
        assert entry.detail is not None
        assert (entry.detail["waves"], entry.detail["imported"]) == ([], "old-tool")
    assert hr.post("/hr/earlier/file", data={**body, "source": "nothing"}).status_code == 404


def test_reading_the_page_is_no_release(imported: World) -> None:
    with imported.inst.database.reading() as session:
        before = len(releases.list_ledger(session))
    imported.signed_in(HR).get("/hr/earlier/")
    with imported.inst.database.reading() as session:
        assert len(releases.list_ledger(session)) == before


def test_the_page_is_dated_by_waves_and_not_by_the_day_of_the_import(imported: World) -> None:
    imported.now = START + dt.timedelta(days=400)
    assert "Mar 2024" in imported.signed_in(HR).get("/hr/earlier/").text
