"""The views hold what the templates place, and the tables hold what the charts draw."""

from __future__ import annotations

import dataclasses

from markupsafe import Markup

from reports.charts.numbers import level_tables, numbers_tables
from reports.charts.theme import Theme
from reports.charts.view import pens_trace, pressure_view, scales_view, sheet_view
from reports.document import Withheld, WithheldReason
from tests.pdf import samples
from tests.pdf.sample_parts import FLAT

REPORT = samples.troubled()


def test_the_sheet_has_a_row_per_trace_and_the_pressure_last() -> None:
    view = sheet_view(REPORT, Theme.WEB)
    assert [row.name for row in view.rows] == [*(trace.name for trace in REPORT.traces), "Roadmap pressure"]
    assert view.rows[-1].is_load
    assert view.has_hidden
    assert view.has_bridge
    assert isinstance(view.rows[0].wide, Markup)


def test_a_hidden_last_wave_shows_its_reason_and_no_value() -> None:
    first = REPORT.traces[0]
    last = dataclasses.replace(first.points[-1], cell=Withheld(reason=WithheldReason.JOINED, text="counted with Fares"))
    trace = dataclasses.replace(first, points=(*first.points[:-1], last), value_text="", range_text="")
    row = sheet_view(dataclasses.replace(REPORT, traces=(trace,)), Theme.WEB).rows[0]
    assert row.hidden == "counted with Fares"
    assert not row.value


def test_workload_stands_beside_the_pressure() -> None:
    turned = dataclasses.replace(REPORT, traces=REPORT.traces[::-1])
    chosen = pens_trace(turned)
    assert chosen is not None
    assert chosen.code == "workload"
    assert pens_trace(samples.hostile()) is None


def test_pressure_without_traces_is_a_strip() -> None:
    view = pressure_view(dataclasses.replace(REPORT, traces=(), scales=()), Theme.PRINT)
    assert view is not None
    assert not view.pens_wide
    assert "<svg" in view.strip


def test_a_missing_part_has_words_instead_of_a_score() -> None:
    view = pressure_view(REPORT, Theme.WEB)
    assert view is not None
    assert view.parts[-1].score == "no data"
    assert not view.parts[-1].contribution


def test_no_roadmap_is_no_pressure_view() -> None:
    assert pressure_view(dataclasses.replace(REPORT, pressure=None), Theme.WEB) is None


def test_each_scale_carries_what_would_have_been_seen() -> None:
    views = {view.name: view for view in scales_view(REPORT, Theme.WEB)}
    assert "0.7 or more" in views["Motivation"].minimum


def test_the_table_shows_the_newest_wave_first_and_hides_what_is_hidden() -> None:
    (table,) = numbers_tables(REPORT)
    assert table.rows[0].header == "2 Nov 2026"
    assert table.rows[0].cells[0].text == "2.2 (1.7 to 2.7)"
    hidden = [row for row in table.rows if row.cells[0].state == "hidden"]
    assert len(hidden) == 1
    assert not any(letter.isdigit() for letter in hidden[0].cells[0].text)


def test_a_wave_that_was_not_held_is_one_cell_across() -> None:
    (table,) = numbers_tables(dataclasses.replace(REPORT, traces=REPORT.traces[1:3]))
    gap = next(row for row in table.rows if row.cells[0].state == "nodata")
    assert gap.cells[0].columns == 2


def test_more_than_five_measures_make_a_second_table() -> None:
    tables = numbers_tables(dataclasses.replace(REPORT, traces=REPORT.traces + REPORT.traces[:2]))
    assert [len(table.columns) for table in tables] == [7, 3]


def test_the_key_explains_the_level_only_where_one_is_drawn() -> None:
    assert sheet_view(samples.watched(), Theme.WEB).has_level
    assert not sheet_view(REPORT, Theme.WEB).has_level
    view = pressure_view(samples.watched(), Theme.WEB)
    assert view is not None
    assert view.has_level


def test_a_chip_says_a_notice_and_leaves_to_the_sentence_below_what_would_have_been_seen() -> None:
    flat = dataclasses.replace(FLAT, sub="0.7 points would have been seen")
    report = samples.watched()
    sections = tuple(dataclasses.replace(section, chip=flat) for section in report.scales)
    traces = tuple(dataclasses.replace(trace, minimum_text="0.7 in 4 of 5 cases.") for trace in report.traces)
    views = scales_view(dataclasses.replace(report, scales=sections, traces=traces), Theme.WEB)
    said = {view.name: view.chip.sub for view in views}
    assert said["Motivation"] == ""
    assert said["Energy after work"] == "0.7 points would have been seen"


def test_what_stands_below_a_scale_is_its_place_and_then_the_silent() -> None:
    first, second = scales_view(samples.watched(), Theme.WEB)[:2]
    assert [" ".join(text.split(" ")[:2]) for text in first.below] == ["Lasting level", "Lasting change"]
    assert len(second.below) == 1


def test_the_table_of_levels_has_no_row_for_a_wave_without_a_figure() -> None:
    (table,) = level_tables(samples.watched())
    assert "No figure in this wave" in [cell.text for row in table.rows for cell in row.cells]
    assert len(table.rows) == 25
    assert level_tables(REPORT) == ()
