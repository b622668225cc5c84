"""The page of HR analysts: filters, downloads in four formats, the query for Excel, and what a dash means."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from reports.services.hr_export import FORMATS
from reports.store import releases
from surveys.store import waves
from tests.integration.web.world import World, token
from tests.support import exported

HR = "hr@larkfield.example"


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_download_holds_the_chosen_rows(released: World, tmp_path: Path, file_format: str) -> None:
    hr = released.signed_in(HR)
    body = {"csrf_token": token(hr.get("/hr/")), "format": file_format, "unit": "ticketing", "scale": "workload"}
    answer = hr.post("/hr/export", data=body)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="barograph-export.zip"'
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(tmp_path)
    rows = exported.read(tmp_path, file_format)
    assert {row["crowd"] for row in rows["cells"]} == {"ticketing"}
    assert {row["scale"] for row in rows["cells"]} == {"workload"}
    assert "http://localhost" in (tmp_path / "barograph.pq").read_text()
    with released.inst.database.reading() as session:
        entry = releases.list_ledger(session)[-1]
        detail = entry.detail or {}
        assert (entry.kind, entry.actor, detail["units"], detail["format"]) == (
            "export",
            HR,
            ["ticketing"],
            file_format,
        )


def test_numbers_follow_the_chosen_sign(released: World, tmp_path: Path) -> None:
    hr = released.signed_in(HR)
    body = {"csrf_token": token(hr.get("/hr/")), "format": "csv", "locale": "es"}
    with zipfile.ZipFile(io.BytesIO(hr.post("/hr/export", data=body).data)) as archive:
        archive.extractall(tmp_path)
    rows = exported.read_csv(tmp_path, separator=";", decimal=",")
    assert any(row["value"] is not None for row in rows["cells"])


@pytest.mark.parametrize(
    "field", [{"unit": "nobody"}, {"unit": "x" * 65}, {"unit": "a\x00b"}, {"scale": "nothing"}, {"scale": "\x00"}]
)
def test_a_selection_of_nothing_is_not_found_and_not_in_the_ledger(released: World, field: dict[str, str]) -> None:
    hr = released.signed_in(HR)
    body = {"csrf_token": token(hr.get("/hr/")), "format": "csv", **field}
    with released.inst.database.reading() as session:
        before = len(releases.list_ledger(session))
    assert hr.post("/hr/export", data=body).status_code == 404
    with released.inst.database.reading() as session:
        assert len(releases.list_ledger(session)) == before


def test_the_query_for_excel_is_a_download_with_the_address_of_the_page(released: World) -> None:
    answer = released.signed_in(HR).get("/hr/barograph.pq")
    assert answer.mimetype == "text/plain"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="barograph.pq"'
    assert 'Address = "http://localhost"' in answer.text


def test_the_page_offers_units_scales_and_formats(released: World) -> None:
    page = released.signed_in(HR).get("/hr/").text
    for text in ('value="ticketing"', 'value="workload"', "CSV", "XLSX", "Parquet", "JSON", "barograph.pq"):
        assert text in page
    assert "not asked" not in page


def test_the_page_of_a_wave_that_was_withdrawn_has_no_figures(released: World) -> None:
    hr = released.signed_in(HR)
    with released.inst.database.transaction() as session:
        waves.move_wave(session, "pulse-1", waves.WaveStatus.RELEASED, waves.WaveStatus.WITHDRAWN)
    assert "Nothing has been released yet" in hr.get("/hr/").text
