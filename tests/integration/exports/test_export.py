"""The export of a company: the same rows in every format, totals of whole crowds, reasons, and selections."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from app import lifecycle
from app.installation import Installation
from reports.errors import ReleaseRefused
from reports.exports.table import SEGMENTS
from reports.models import ReleasedCell, ReleasedSegment, ReleasedSegmentCell
from reports.services.export_extras import segment_rows
from reports.services.export_wave import Pick, load_wave
from reports.services.hr_export import FORMATS, ExportOrder, note_export, write_export
from reports.store import releases
from surveys.errors import NotFound, Refused
from tests.integration.exports.conftest import Exporting
from tests.support import exported, journey


def test_all_formats_hold_the_same_rows(exporting: Exporting) -> None:
    wanted = exporting("json")[1]
    assert {name: bool(rows) for name, rows in wanted.items()} == {
        "cells": True, "totals": True, "units": True, "topics": True, "segments": False,
    }  # fmt: skip
    for file_format in FORMATS:
        assert exporting(file_format)[1] == wanted, file_format


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_releases_give_the_same_bytes(exporting: Exporting, file_format: str) -> None:
    first, again = exporting(file_format)[0], exporting(file_format)[0]
    assert [path.name for path in first.files] == [path.name for path in again.files]
    assert [path.read_bytes() for path in first.files] == [path.read_bytes() for path in again.files]
    assert first.sha256 == again.sha256


def test_each_crowd_measure_and_wave_has_one_row(exporting: Exporting) -> None:
    export, rows = exporting()
    keys = [(row["wave"], row["crowd"], row["measure"]) for row in rows["cells"]]
    assert len(set(keys)) == len(keys) == export.cells
    assert keys == sorted(keys, key=str)


def test_every_row_has_a_figure_or_a_reason_and_never_both(exporting: Exporting) -> None:
    rows = exporting()[1]
    for row in (*rows["cells"], *rows["totals"]):
        assert (row["value"] is None) == (row["reason_code"] is not None) == (row["reason"] is not None)
        if row["value"] is None:
            assert {row[name] for name in ("low", "high", "n_band", "n_low", "n_high", "response_band")} == {None}
        else:
            assert row["low"] <= row["value"] <= row["high"]  # type: ignore[operator]


def test_what_was_not_asked_and_what_too_few_answered_reads_differently(exporting: Exporting) -> None:
    cells = exporting()[1]["cells"]
    reasons = {(row["wave"], row["scale"] == "burnout"): row["reason_code"] for row in cells}
    assert reasons[("pulse-1", True)] == "not_asked"
    assert reasons[("pulse-2", True)] is None
    assert reasons[("pulse-3", False)] == "too_few_in_all"
    assert {row["item_text"] for row in cells if row["reason_code"] == "not_asked"} == {None}


def test_a_team_stands_in_one_crowd_and_says_with_whom(exporting: Exporting) -> None:
    units = exporting(waves=("pulse-1",))[1]["units"]
    teams = [row for row in units if row["level"] == "team"]
    assert len({row["unit"] for row in teams}) == len(teams)
    bee = next(row for row in teams if row["unit"] == "bee")
    assert (bee["relation"], bee["reason_code"]) == ("across", "joined_with")
    assert bee["joined_with"] == "Team ant | Team elk"
    assert str(bee["reason"]).endswith("They are reported with Team ant and Team elk.")
    company = {row["crowd"] for row in units if row["unit"] == journey.ROOT}
    assert company == {row["crowd"] for row in units}


def test_totals_are_unions_of_whole_crowds(exporting: Exporting) -> None:
    rows = exporting(waves=("pulse-1",))[1]
    inside = {
        unit: {row["crowd"] for row in rows["units"] if (row["unit"], row["relation"]) == (unit, "inside")}
        for unit in ("root", "north", "south")
    }
    for total in rows["totals"]:
        cells = [
            row
            for row in rows["cells"]
            if row["crowd"] in inside[str(total["unit"])] and row["measure"] == total["measure"]
        ]
        if total["value"] is None:
            assert {row["reason_code"] for row in cells} == {total["reason_code"]}
            continue
        weights = [(int(row["n_low"] or 0) + int(row["n_high"] or 0)) / 2 for row in cells]
        mean = sum(w * float(row["value"] or 0) for w, row in zip(weights, cells, strict=True)) / sum(weights)
        # Crowds are shown with one decimal, totals as exactly as their numbers allow.
        assert total["value"] == pytest.approx(mean, abs=0.06)
        assert total["invited"] == sum(int(row["invited"] or 0) for row in cells)
        assert total["crowds"] == len(cells)


def test_a_total_names_who_is_left_out_of_it(exporting: Exporting) -> None:
    totals = exporting(waves=("pulse-1",))[1]["totals"]
    north = next(row for row in totals if row["unit"] == "north" and row["value"] is not None)
    assert (north["not_included"], north["joined_with"]) == ("Team ant | Team bee", "Team elk")
    assert {row["not_included"] for row in totals if row["unit"] == journey.ROOT} == {None}


@pytest.mark.parametrize(
    "chosen",
    [
        {"waves": ("pulse-2",)},
        {"units": ("north",)},
        {"units": ("bee",), "scales": ("workload",)},
        {"units": ("south", "elk"), "scales": ("burnout", "energy"), "waves": ("pulse-1", "pulse-2")},
    ],
)
def test_a_selection_chooses_rows_and_changes_no_number(exporting: Exporting, chosen: dict[str, object]) -> None:
    everything, some = exporting()[1], exporting(**chosen)[1]
    for name, rows in some.items():
        assert len(rows) < len(everything[name]) or name == "segments"
        assert [row for row in everything[name] if row in rows] == rows


def test_a_unit_brings_all_below_it_and_a_scale_its_items(exporting: Exporting) -> None:
    rows = exporting(units=("north",), scales=("workload",), waves=("pulse-2",))[1]
    assert {row["unit"] for row in rows["units"]} == {"north", "ant", "bee"}
    assert {row["crowd"] for row in rows["cells"]} == {row["crowd"] for row in rows["units"]}
    assert {row["measure"] for row in rows["cells"]} == {"workload", "workload-reasonable"}
    assert {row["unit"] for row in rows["totals"]} == {"north"}


@pytest.mark.parametrize(
    "chosen",
    [{"waves": ("pulse-9",)}, {"units": ("nobody",)}, {"scales": ("nothing",)}, {"scales": ("task-expected",)}],
)
def test_what_is_not_there_is_refused(exporting: Exporting, chosen: dict[str, object]) -> None:
    with pytest.raises(NotFound):
        exporting(**chosen)


def test_an_unknown_format_or_locale_is_refused(exporting: Exporting) -> None:
    with pytest.raises(Refused, match="no export format"):
        exporting("exe")
    with pytest.raises(Refused, match="not known"):
        exporting("csv", locale="xx_YY")


def test_a_decimal_comma_comes_with_semicolons(company: Installation, exporting: Exporting, tmp_path: Path) -> None:
    folder = tmp_path / "comma"
    folder.mkdir()
    order = ExportOrder(file_format="csv", language="en", locale="es_ES")
    write_export(company.database.reading, order, folder)
    assert exported.read_csv(folder, separator=";", decimal=",") == exporting("csv")[1]


def test_the_ledger_notes_which_cells(company: Installation, exporting: Exporting) -> None:
    export, _ = exporting("parquet", units=("north",), scales=("workload",), waves=("pulse-2", "pulse-1"))
    with company.database.transaction() as session:
        note_export(session, export, actor="hr@acme.example", now=journey.START)
        row = releases.list_ledger(session)[-1]
        found = (row.kind, row.actor, row.subject, row.cells, row.sha256, row.detail)
        session.rollback()
    assert found == (
        "export", "hr@acme.example", "parquet: pulse-1 .. pulse-2", export.cells, export.sha256,
        {"waves": ["pulse-1", "pulse-2"], "units": ["north"], "measures": ["workload", "workload-reasonable"],
         "policy": "3", "format": "parquet"},
    )  # fmt: skip


def test_names_of_crowds_last_over_waves(exporting: Exporting) -> None:
    cells = exporting()[1]["cells"]
    first, second = (
        {(row["units"], row["crowd"]) for row in cells if row["wave"] == wave} for wave in ("pulse-1", "pulse-2")
    )
    assert {units for units, _ in first & second} == {units for units, _ in first} & {units for units, _ in second}
    assert ("ant | bee | elk", "ant~28fa4fe6736f") in first & second


def test_an_altered_release_does_not_leave(inst: Installation, tmp_path: Path) -> None:
    journey.company(inst)
    held = journey.hold_wave(inst, journey.varied())
    with inst.database.transaction() as session:
        query = update(ReleasedCell).where(ReleasedCell.measure == "workload", ReleasedCell.crowd == "ant")
        session.execute(query.values(cell={"reason": "not_asked", "k": 5, "names": []}))
    order = ExportOrder(file_format="csv", language="en", waves=(held.wave.slug,))
    with pytest.raises(ReleaseRefused):
        write_export(inst.database.reading, order, tmp_path)


def test_an_export_of_a_wave_that_is_withdrawn_meanwhile_is_not_handed_out(inst: Installation, tmp_path: Path) -> None:
    journey.company(inst)
    held = journey.hold_wave(inst, journey.varied())
    folder = tmp_path / "made"
    folder.mkdir()
    export = write_export(inst.database.reading, ExportOrder(file_format="csv", language="en"), folder)
    lifecycle.withdraw_wave(inst, wave=held.wave.slug, reason="Wrong list.", now=held.wave.releases_at, actor="t")
    with inst.database.transaction() as session, pytest.raises(NotFound, match="withdrawn"):
        note_export(session, export, actor="hr", now=held.wave.releases_at)


def test_segments_that_were_declined_say_so_and_admitted_ones_have_rows(inst: Installation) -> None:
    journey.company(inst, segments=(journey.segment("site", "Lisbon", "Porto"),))
    held = journey.hold_wave(inst, journey.varied())
    with inst.database.transaction() as session:
        wave = load_wave(session, held.wave.slug, language="en")
        declined = [SEGMENTS.record(row) for row in segment_rows(session, wave, Pick())]
        place = {"wave": held.wave.slug, "unit": "ant", "segment": "site", "cell": "0-1"}
        session.execute(insert(ReleasedSegment), [{**place, "options": [0, 1], "n_low": 5, "n_high": 7}])
        figure = {"reason": "too_few_for_cut", "k": 5, "names": []}
        session.execute(insert(ReleasedSegmentCell), [{**place, "measure": "workload", "figure": figure}])
        pick = Pick(units=("ant",), scales=("workload",))
        admitted = [SEGMENTS.record(row) for row in segment_rows(session, wave, pick)]
        session.rollback()
    assert {row["unit"] for row in declined} == {"ant", "bee", "cat", "dog", "elk"}
    assert {(row["reason_code"], row["segment_cell"], row["measure"]) for row in declined} == {
        ("declined_by_ledger", None, None)
    }
    assert [(row["measure"], row["segment_options"]) for row in admitted] == [
        ("workload", "No answer | Lisbon"), ("workload-reasonable", "No answer | Lisbon"),
    ]  # fmt: skip
