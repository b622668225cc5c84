"""What leaders, HR analysts and auditors see: released figures with ranges and reasons, and nothing else."""

from __future__ import annotations

import io
import zipfile

import pytest

from reports.store import releases
from surveys.enums import Role
from tests.integration.web.world import World, token
from tests.pdf import samples


def test_the_report_page_says_what_the_document_says(released: World) -> None:
    page = released.signed_in("lena@larkfield.example").get("/leader/ticketing").text
    report = samples.troubled()
    for trace in report.traces:
        assert trace.value_text in page
        assert trace.range_text in page
        assert trace.chip.text in page
    assert "Show the numbers as a table" in page
    assert report.provenance.fingerprint_words in page
    assert report.provenance.fingerprint_hex in page
    assert page.count("<svg") > 10


@pytest.mark.parametrize("name", ["fluctuating", "joined", "hostile"])
def test_every_kind_of_report_has_a_page(released: World, name: str) -> None:
    released.document = getattr(samples, name)()
    page = released.signed_in("lena@larkfield.example").get("/leader/ticketing")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "<img" not in page.text


def test_the_pdf_is_a_download_with_our_own_name(released: World) -> None:
    answer = released.signed_in("lena@larkfield.example").get("/leader/ticketing/report.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ticketing-pulse-1.pdf"'
    assert answer.data.startswith(b"%PDF-")


def test_an_earlier_wave_without_a_report_reads_as_not_there(released: World) -> None:
    assert released.signed_in("lena@larkfield.example").get("/leader/ticketing?wave=pulse-9").status_code == 404


def test_the_heat_table_shows_value_band_and_range_of_every_crowd(released: World) -> None:
    page = released.signed_in("hr@larkfield.example").get("/hr/").text
    assert page.count('<td class="c ') == 2 * 5
    assert "Payments" in page
    assert "8 to 10" in page
    assert "of 10 invited" in page
    assert " to " in page.partition('<td class="c ')[2][:200]


def test_before_a_release_the_table_says_so(world: World) -> None:
    hr = world.signed_in("hr@larkfield.example")
    assert "Nothing has been released yet" in hr.get("/hr/").text
    assert hr.get("/hr/?wave=pulse-1").status_code == 404


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_the_export_is_a_zip_and_stands_in_the_ledger(released: World, file_format: str) -> None:
    hr = released.signed_in("hr@larkfield.example")
    body = {"csrf_token": token(hr.get("/hr/")), "format": file_format, "wave": "pulse-1"}
    answer = hr.post("/hr/export", data=body)
    assert answer.status_code == 200
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert any(name.endswith(f".{file_format}") for name in names)
    with released.inst.database.reading() as session:
        entry = releases.list_ledger(session)[-1]
        assert (entry.kind, entry.actor) == ("export", "hr@larkfield.example")


def test_an_unknown_format_is_refused(released: World) -> None:
    hr = released.signed_in("hr@larkfield.example")
    body = {"csrf_token": token(hr.get("/hr/")), "format": "exe"}
    assert hr.post("/hr/export", data=body).status_code == 409


def test_the_audit_page_has_fingerprints_and_checks_and_no_figures(released: World) -> None:
    page = released.signed_in("auditor@larkfield.example").get("/audit/").text
    assert "passed" in page
    assert "Its chain is whole" in page
    assert '<svg class="b-chart' not in page
    assert Role.AUDITOR == "auditor"


def test_a_manifest_is_public_and_its_hash_is_the_fingerprint(world: World) -> None:
    client = world.app.test_client()
    answer = client.get("/waves/pulse-1/manifest.json")
    assert answer.mimetype == "application/json"
    assert client.get("/waves/pulse-7/manifest.json").status_code == 404
