"""The auditors' pages: who got which figures when, evidence to take away, the state of the chains, and no result."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule

from reports.exports import evidence_file
from reports.services import ledger
from reports.store import releases
from tests.integration.web.world import World

OPEN_TO_AUDITORS = {"static", "public", "sign_in", "audit", "shell", "respond", "papers", "ballots", "results"}
"""Blueprints that an auditor reads as anybody does; results of a group ask for the read key of its members."""

VALUES = {
    "name": "cells",
    "wave": "pulse-1",
    "unit": "ticketing",
    "programme": "pulse",
    "crowd": "ticketing",
    "team": "ticketing",
}


def auditor(world: World) -> FlaskClient:
    return world.signed_in("auditor@larkfield.example")


def hand_out(world: World, count: int = 1, **detail: object) -> None:
    with world.inst.database.transaction() as session:
        for number in range(count):
            releases.add_ledger_entry(
                session, at=world.now + dt.timedelta(minutes=number), actor="hr@larkfield.example", kind="export",
                subject="csv: pulse-1", cells=9, sha256="a" * 64,
                detail=detail or {"waves": ["pulse-1"], "units": "all", "measures": "all", "policy": "2"},
            )  # fmt: skip


def tamper(world: World, statement: str) -> None:
    with world.inst.database.transaction() as session:
        session.execute(text(statement))


def addresses(world: World) -> dict[str, tuple[str, str]]:
    """One address and method of every page that is not open to auditors."""
    adapter = world.app.url_map.bind("")
    found = {}
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in OPEN_TO_AUDITORS:
            methods = rule.methods or set()
            method = "GET" if "GET" in methods else min(methods - {"HEAD", "OPTIONS"})
            found[rule.endpoint] = (method, adapter.build(rule.endpoint, values(rule), method=method))
    return found


def values(rule: Rule) -> dict[str, object]:
    """A value for each part of an address; a converter that takes nothing but numbers gets one."""
    return {
        name: VALUES.get(name, 1 if type(converter).__name__ == "IntegerConverter" else "x")
        for name, converter in rule._converters.items()
    }


def test_an_auditor_opens_no_page_with_results(released: World) -> None:
    client = auditor(released)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/audit/").text)
    assert token
    found = addresses(released)
    assert {"leader.report", "leader.pdf", "hr.table", "hr.export"} <= set(found)
    for endpoint, (method, address) in found.items():
        data = {"csrf_token": token.group(1), "format": "csv"} if method == "POST" else None
        status = client.open(address, method=method, data=data).status_code
        # Programs show a token, not a cookie: to the interface a signed-in browser is nobody.
        is_document = endpoint.startswith("api.") and status == 200 and "openapi" in address
        assert is_document or status in ({401, 403} if endpoint.startswith("api.") else {403}), (endpoint, status)


@pytest.mark.parametrize("person", ["hr", "steward", "lena"])
@pytest.mark.parametrize(
    "address",
    ["/audit/", "/audit/ledger", "/audit/ledger.csv", "/audit/ledger.json", "/audit/waves/pulse-1/evidence.zip"],
)  # fmt: skip
def test_nobody_else_opens_the_auditors_pages(released: World, person: str, address: str) -> None:
    assert released.signed_in(f"{person}@larkfield.example").get(address).status_code == 403
    assert released.app.test_client().get(address).headers["Location"] == "/sign-in"


def test_the_ledger_says_who_got_which_cells_when_and_under_which_rules(released: World) -> None:
    hand_out(released)
    page = auditor(released).get("/audit/ledger").text
    for part in ("hr@larkfield.example", "export", "release", "pulse-1", "The chain of the ledger is whole.",
                 "2 Dec 2026, 09:00", "2 rows fit.", "Page 1 of 1"):  # fmt: skip
        assert part in page, part
    assert page.index("hr@larkfield.example") < page.index(">release</td>")  # newest first


def test_the_pages_hold_no_value_and_no_band(released: World) -> None:
    client = auditor(released)
    with released.inst.database.reading() as session:
        records = releases.list_crowd_records(session, ["pulse-1"])
        names = {name for record in records for name in (f"{record.n_low} to {record.n_high}", record.response.value)}
        cells = list(session.scalars(text("SELECT cell FROM released_cell")))
    assert cells
    contents = [client.get(address).text for address in ("/audit/", "/audit/ledger", "/audit/ledger.csv",
                                                         "/audit/ledger.json")]  # fmt: skip
    for content in contents:
        for name in names:
            assert name not in content
        for word in ("rounding_variance", "n_low", "favourable", "0.1 points"):
            assert word not in content


def test_rows_are_filtered_by_wave_and_kind_and_turned_page_by_page(released: World) -> None:
    hand_out(released, 60)
    hand_out(released, waves=["pulse-7"], units=["ant"], measures=["energy"], policy="2", format="json")
    client = auditor(released)
    assert "62 rows fit." in client.get("/audit/ledger").text
    assert "One row fits." in client.get("/audit/ledger?wave=pulse-7").text
    assert "One row fits." in client.get("/audit/ledger?kind=release").text
    assert "No row fits." in client.get("/audit/ledger?wave=pulse-7&kind=release").text
    exports = client.get("/audit/ledger?wave=pulse-1&kind=export").text
    assert "Page 1 of 2" in exports
    older = re.search(r'rel="next" href="([^"]+)"', exports)
    assert older
    second = client.get(older.group(1).replace("&amp;", "&")).text
    assert "Page 2 of 2" in second
    assert second.count("<tr>") == 1 + 60 - ledger.PAGE_ROWS
    assert 'rel="prev"' in second
    for odd in ("page=0", "page=x", "page=999999999999999999999", "page=-1", "wave=../x", "kind=<b>"):
        assert client.get(f"/audit/ledger?{odd}").status_code == 200


def test_both_downloads_hold_the_rows_with_whole_hashes(released: World) -> None:
    hand_out(released)
    client = auditor(released)
    answer = client.get("/audit/ledger.csv?kind=export")
    assert (answer.mimetype, "barograph-ledger.csv" in answer.headers["Content-Disposition"]) == ("text/csv", True)
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row["kind"], row["actor"], row["units"]) for row in rows] == [("export", "hr@larkfield.example", "all")]
    document = json.loads(client.get("/audit/ledger.json").data)
    assert [row["kind"] for row in document["entries"]] == ["release", "export"]
    assert document["chain"]["head"] == rows[0]["hash"] == document["entries"][1]["hash"]
    assert client.get("/audit/ledger.xml").status_code == 404


def test_the_evidence_of_a_wave_is_taken_away_and_checks_without_the_installation(released: World) -> None:
    client = auditor(released)
    assert "/audit/waves/pulse-1/evidence.zip" in client.get("/audit/").text
    answer = client.get("/audit/waves/pulse-1/evidence.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    account = evidence_file.check(answer.data)
    assert account.passed, account
    assert client.get("/audit/waves/pulse-1/evidence.zip").data == answer.data
    assert client.get("/audit/waves/pulse-9/evidence.zip").status_code == 404
    assert client.get("/audit/waves/=1/evidence.zip").status_code == 404


@pytest.mark.parametrize(
    ("statement", "address", "sentence"),
    [
        ("UPDATE ledger_entry SET actor = 'eve' WHERE number = 1", "/audit/", "ledger is broken at row 1"),
        ("UPDATE ledger_entry SET actor = 'eve' WHERE number = 1", "/audit/ledger", "ledger is broken at row 1"),
        ("DELETE FROM ledger_entry", "/audit/", "The ledger lacks a row about wave pulse-1 (release)."),
        ("DELETE FROM ledger_entry", "/audit/ledger", "The ledger lacks a row about wave pulse-1 (release)."),
        ("UPDATE audit_event SET actor = 'eve' WHERE number = 2", "/audit/", "Its chain is broken at entry 2."),
        ("UPDATE wave SET manifest = manifest || ' '", "/audit/", "The manifest was changed"),
    ],
)
def test_what_was_tampered_with_shows_on_the_page(released: World, statement: str, address: str, sentence: str) -> None:
    client = auditor(released)
    assert sentence not in client.get(address).text
    tamper(released, statement)
    assert sentence in client.get(address).text


def test_the_pages_speak_the_language_of_the_account(released: World) -> None:
    tamper(released, "UPDATE account SET language = 'es' WHERE email = 'auditor@larkfield.example'")
    client = auditor(released)
    for address in ("/audit/", "/audit/ledger"):
        assert '<html lang="es"' in client.get(address).text


def test_an_empty_ledger_says_that_nothing_was_handed_out(world: World) -> None:
    page = auditor(world).get("/audit/ledger").text
    assert "Nothing has been handed out yet." in page
