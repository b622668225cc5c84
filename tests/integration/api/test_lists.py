"""What the lists hold: the rows of the export, page by page, in one order, with a reason where there is no figure."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app import lifecycle
from app.api.endpoints import ENDPOINTS
from reports.exports.table import CELLS, TOTALS, UNITS
from reports.models import ReleasedCell
from reports.services import auditing, export_tables
from reports.services.export_wave import Pick, load_wave
from reports.store import releases
from surveys.i18n import LANGUAGES
from surveys.services.tokens import Scope
from tests.integration.api.conftest import Program, program
from tests.integration.web.world import World

RESULTS = [endpoint for endpoint in ENDPOINTS if endpoint.name != "ledger"]
BAD = (
    ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
    ("limit=%D9%A1", "limit"), ("limit=1&limit=2", "limit"), ("cursor=x", "cursor"), ("cursor=", "cursor"),
    ("cursor=W10", "cursor"), ("wave=", "wave"), ("wave=" + "x" * 65, "wave"), ("page=2", "page"),
    ("WAVE=pulse-1", "WAVE"), ("wave=pulse-1&wave=pulse-1", "wave"),
)  # fmt: skip
"""Queries and the parameter that is at fault."""


def ledger(program: Program) -> list[str]:
    with program.world.inst.database.reading() as session:
        return [row.kind for row in releases.list_ledger(session)]


def test_cells_totals_and_bridge_are_those_of_the_export(analyst: Program) -> None:
    for language in LANGUAGES:
        with analyst.world.inst.database.reading() as session:
            wave = load_wave(session, "pulse-1", language=language)
            expected = {
                "cells": [dict(CELLS.record(row)) for row in export_tables.cell_rows(session, wave, Pick())],
                "totals": [dict(TOTALS.record(row)) for row in export_tables.total_rows(session, wave, Pick())],
                "bridge": [dict(UNITS.record(row)) for row in export_tables.unit_rows(wave, Pick())],
            }
        for name, rows in expected.items():
            assert rows
            assert analyst.rows(name, Accept_Language=language) == rows


def test_pages_of_any_size_hold_the_same_rows_once_each(analyst: Program) -> None:
    for endpoint in RESULTS:
        whole = analyst.rows(endpoint.name)
        for limit in (3, 7, 1000):
            assert analyst.rows(f"{endpoint.name}?limit={limit}") == whole, endpoint.name
        if endpoint.name != "code-book":
            keys = [tuple(row[key] for key in endpoint.keys) for row in whole]
            assert len(set(keys)) == len(keys), endpoint.name
    assert analyst.rows("waves?limit=1") == analyst.rows("waves")
    assert analyst.rows("crowds?limit=1") == analyst.rows("crowds")


def test_a_filter_leaves_whole_rows_and_changes_none(analyst: Program) -> None:
    whole = analyst.rows("cells")
    assert analyst.rows("cells?wave=pulse-1") == whole
    part = analyst.rows("cells?unit=ticketing&limit=2")
    assert part
    assert all(row in whole for row in part)
    assert {row["crowd"] for row in part} == {row["crowd"] for row in analyst.rows("bridge?unit=ticketing")}
    scale = next(row["measure"] for row in whole if row["measure_kind"] == "scale")
    of_scale = analyst.rows(f"cells?scale={scale}")
    assert {row["scale"] for row in of_scale} == {scale}
    assert 0 < len(of_scale) < len(whole)


def test_a_name_that_was_never_released_is_not_there(analyst: Program) -> None:
    for query in (
        "wave=pulse-9", "unit=nobody", "scale=nothing", "wave=pulse-9&unit=ticketing", "unit=../etc", "unit=a%0Ab",
        "scale=%F0",
    ):  # fmt: skip
        answer = analyst.get(f"cells?{query}")
        assert (answer.status_code, answer.json["code"]) == (404, "nothing_here"), query


def test_before_a_release_lists_are_empty(world: World) -> None:
    reader = program(world, Scope.RESULTS)
    for name in ("waves", "cells", "units", "crowds", "bridge", "totals", "topics", "measures"):
        assert reader.get(name).json == {"data": [], "next": None}
    assert reader.get("cells?wave=pulse-1").status_code == 404


def test_one_ledger_entry_for_each_answer_with_figures_and_none_for_the_rest(analyst: Program) -> None:
    before = len(ledger(analyst))
    first = analyst.get("cells?limit=5")
    assert ledger(analyst)[before:] == ["api"]
    again = analyst.get("cells?limit=5", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    for name in ("waves", "units", "measures", "crowds", "bridge", "code-book", "openapi.json"):
        assert analyst.get(name).status_code == 200
    assert analyst.get("cells?limit=0").status_code == 400
    assert ledger(analyst)[before:] == ["api"]


def test_what_tells_a_figure_by_its_checksum_is_noted_as_well(analyst: Program) -> None:
    """A page with one row has few possible bodies: with its checksum the right one is found without reading it."""
    before = len(ledger(analyst))
    client = analyst.world.app.test_client(use_cookies=False)
    head = client.head("/api/v1/cells?limit=1", headers={"Authorization": f"Bearer {analyst.secret}"})
    assert (head.status_code, head.data) == (200, b"")
    assert ledger(analyst)[before:] == ["api"]
    guesses = ", ".join(f'"{number:064x}"' for number in range(500))
    guessed = analyst.get("cells?limit=1", If_None_Match=f"{guesses}, {head.headers['ETag']}")
    assert guessed.status_code == 200
    assert ledger(analyst)[before:] == ["api", "api"]


def test_an_etag_names_bytes_and_language(analyst: Program) -> None:
    english, spanish = (analyst.get("cells", Accept_Language=language) for language in ("en", "es-MX,es;q=0.8"))
    assert english.headers["Content-Language"] == "en"
    assert spanish.headers["Content-Language"] == "es"
    assert english.headers["ETag"] != spanish.headers["ETag"]
    assert english.headers["Cache-Control"] == "private, no-cache"
    assert "Accept-Language" in english.headers["Vary"]
    assert not english.headers["ETag"].startswith("W/")
    other = analyst.get("cells", If_None_Match=english.headers["ETag"], Accept_Language="es")
    assert other.status_code == 200


def test_a_bad_parameter_is_named(analyst: Program) -> None:
    for query, parameter in BAD:
        answer = analyst.get(f"cells?{query}")
        assert answer.status_code == 400, query
        assert answer.mimetype == "application/problem+json"
        assert (answer.json["parameter"], answer.json["code"]) == (parameter, "bad_parameter"), query


def test_a_cursor_of_another_list_is_refused(analyst: Program) -> None:
    following = analyst.get("cells?limit=1").json["next"]
    cursor = following.rpartition("cursor=")[2]
    assert analyst.get(f"totals?limit=1&cursor={cursor}").status_code == 400
    assert analyst.get(f"cells?limit=1&wave=pulse-1&cursor={cursor}").status_code == 400
    assert analyst.get(f"cells?limit=2&cursor={cursor}").status_code == 200


def test_nothing_can_be_written(analyst: Program) -> None:
    client = analyst.world.app.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {analyst.secret}"}
    for path in ("cells", "openapi.json"):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            answer = client.open(f"/api/v1/{path}", method=method, headers=headers, data="x")
            assert (answer.status_code, answer.json["code"]) == (405, "wrong_method"), (path, method)
            assert answer.headers["Allow"] == "GET, HEAD"


def test_an_unknown_address_is_a_problem_document(analyst: Program) -> None:
    for path in ("", "nothing", "cells/1", "waves/", "%00"):
        answer = analyst.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path


def test_a_refusal_is_told_in_the_language_that_was_asked_for(analyst: Program) -> None:
    answer = analyst.get("cells?limit=0", Accept_Language="es")
    assert answer.headers["Content-Language"] == "es"


def test_a_release_that_was_changed_is_not_given_out(analyst: Program) -> None:
    with analyst.world.inst.database.transaction() as session:
        row = session.query(ReleasedCell).filter(ReleasedCell.cell.is_not(None)).first()
        assert row is not None
        cell = {**row.cell, "value": 4.99}
        session.execute(
            update(ReleasedCell)
            .where(ReleasedCell.crowd == row.crowd, ReleasedCell.measure == row.measure)
            .values(cell=cell)
        )
    answer = analyst.get("cells")
    assert (answer.status_code, answer.json["code"]) == (409, "refused")
    assert "4.99" not in answer.text


def test_a_wave_that_is_withdrawn_while_it_is_read_is_not_handed_out(
    analyst: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    inst, now, before = analyst.world.inst, analyst.world.now, len(ledger(analyst))

    def withdraw(_session: Session, _waves: tuple[str, ...]) -> None:
        lifecycle.withdraw_wave(inst, wave="pulse-1", now=now, actor="test", reason="A test.")

    monkeypatch.setattr(auditing, "check_released", withdraw)
    answer = analyst.get("cells")
    assert (answer.status_code, "data" in answer.json) == (404, False)
    assert "api" not in ledger(analyst)[before:]


def test_a_withdrawn_wave_is_gone(analyst: Program) -> None:
    cursor = analyst.get("cells?limit=1").json["next"]
    lifecycle.withdraw_wave(analyst.world.inst, wave="pulse-1", now=analyst.world.now, actor="test", reason="A test.")
    assert analyst.get("cells").json == {"data": [], "next": None}
    assert analyst.get(cursor).status_code == 404
