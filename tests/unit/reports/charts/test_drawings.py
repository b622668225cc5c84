"""Every drawing is well-formed, says in words what it shows, and is the same each time."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from reports.charts import pens, sheet, small
from reports.charts.axes import period_of
from reports.charts.theme import PRINT, Theme
from reports.document import LeaderReport, LevelPoint, NotAsked, Value, Verdict, Withheld, WithheldReason
from tests.pdf import samples

SVG = "{http://www.w3.org/2000/svg}"
REPORT = samples.troubled()
PERIOD = period_of(REPORT)
PRESSURE = REPORT.pressure
assert PRESSURE is not None

Draw = Callable[[Theme], str]
DRAWINGS: dict[str, Draw] = {
    "row": lambda theme: sheet.sheet_row(REPORT.traces[0], PERIOD, sheet.WIDE, theme),
    "narrow row": lambda theme: sheet.sheet_row(REPORT.traces[0], PERIOD, sheet.NARROW, theme),
    "pressure row": lambda theme: sheet.pressure_row(PRESSURE, PERIOD, sheet.WIDE, theme),
    "pens": lambda theme: two_pens(REPORT, theme),
    "part": lambda theme: small.part_bar(PRESSURE.parts[0], theme, "Run rate: 84 of 100."),
    "missing part": lambda theme: small.part_bar(PRESSURE.parts[-1], theme, "Plan volatility: no data."),
    "ruler": lambda theme: small.ruler(
        samples.cell(2.2), REPORT.scales[0].rows[0].marks, theme, "Workload: 2.2.", labelled=True
    ),
    "watched row": lambda theme: sheet.sheet_row(samples.watched().traces[0], PERIOD, sheet.WIDE, theme),
    "watched pens": lambda theme: two_pens(samples.watched(), theme),
    "level": lambda theme: small.level_row(REPORT.traces[0], theme, "en", 528, 92),
    "strip": lambda theme: small.strip(PRESSURE.weeks, theme, "26 weeks of pressure."),
}


def two_pens(report: LeaderReport, theme: Theme, size: pens.PensSize = pens.PRINT) -> str:
    assert report.pressure is not None
    period = period_of(report)
    return pens.two_pens(report.traces[0], report.pressure, period=period, size=size, theme=theme, language="en")


def drawn(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own drawing, and its form is what is tested


@pytest.mark.parametrize("theme", list(Theme))
@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_an_image_whose_first_child_is_its_title(name: str, theme: Theme) -> None:
    root = drawn(DRAWINGS[name](theme))
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == root.get("aria-label")
    assert root[0].text


@pytest.mark.parametrize("theme", list(Theme))
@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_the_same_each_time(name: str, theme: Theme) -> None:
    assert DRAWINGS[name](theme) == DRAWINGS[name](theme)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_web_theme_has_classes_and_no_colour_and_print_the_other_way_round(name: str) -> None:
    web, paper = DRAWINGS[name](Theme.WEB), DRAWINGS[name](Theme.PRINT)
    assert "#" not in re.sub(r"<title>.*?</title>", "", web)
    assert 'class="c-' in web
    assert 'class="c-' not in paper


@pytest.mark.parametrize("name", DRAWINGS)
def test_both_themes_draw_the_same_shapes(name: str) -> None:
    shapes = [
        [(element.tag, element.get("d"), element.get("cx")) for element in drawn(DRAWINGS[name](theme)).iter("*")]
        for theme in Theme
    ]
    if name not in {
        "pens",
        "watched pens",
        "ruler",
        "pressure row",
    }:  # where type is larger, texts and their boxes move
        assert shapes[0] == shapes[1]


@pytest.mark.parametrize("size", [pens.WIDE, pens.PRINT])
def test_no_text_leaves_the_pens(size: pens.PensSize) -> None:
    theme = Theme.PRINT if size is pens.PRINT else Theme.WEB
    for element in drawn(two_pens(REPORT, theme, size)).iter(f"{SVG}text"):
        style = element.get("class") or next(
            name for name, look in PRINT.items() if look.get("font-size") == element.get("font-size")
        )
        width = small.text_width(theme, style, element.text or "")
        x = float(element.get("x", "0"))
        anchor = element.get("text-anchor", "start")
        left = x - width if anchor == "end" else x - width / 2 if anchor == "middle" else x
        assert left >= -2
        assert left + width <= size.width + 2


def test_texts_are_escaped() -> None:
    nasty = '<script>"&\x00\x1b'
    trace = dataclasses.replace(REPORT.traces[0], alt=nasty, high_word=nasty, name=nasty)
    for theme in Theme:
        root = drawn(sheet.sheet_row(trace, PERIOD, sheet.WIDE, theme))
        assert root[0].text == '<script>"&'
        assert root.get("aria-label") == '<script>"&'


def runs(svg: str) -> list[str]:
    return re.findall(r'class="c-trace" d="([^"]*)"', svg)


def bridges(svg: str) -> list[str]:
    return re.findall(r'class="c-bridge" d="([^"]*)"', svg)


def row(cells: list[Value | Withheld | NotAsked]) -> str:
    trace = samples.trace(samples.NAMES[0], cells)
    report = dataclasses.replace(REPORT, traces=(trace,), pressure=None)
    return sheet.sheet_row(trace, period_of(report), sheet.WIDE, Theme.WEB)


HIDDEN = Withheld(reason=WithheldReason.TOO_FEW, text="Hidden")
UNASKED = NotAsked(text="No wave held")


def test_a_hidden_wave_breaks_the_trace_and_is_hatched() -> None:
    svg = row([samples.cell(3), samples.cell(3), HIDDEN, samples.cell(3), samples.cell(3)])
    assert len(runs(svg)) == 2
    assert not bridges(svg)
    assert "c-hatch" in svg


def test_a_wave_that_was_not_held_is_bridged_by_dots_and_never_hatched() -> None:
    svg = row([samples.cell(3), samples.cell(3), UNASKED, samples.cell(3), samples.cell(3)])
    assert len(runs(svg)) == 2
    assert len(bridges(svg)) == 1
    assert "c-hatch" not in svg


def test_a_gap_of_both_kinds_has_no_bridge() -> None:
    assert not bridges(row([samples.cell(3), UNASKED, HIDDEN, UNASKED, samples.cell(3)]))


def test_a_lone_wave_has_a_dot_and_its_range() -> None:
    svg = row([samples.cell(3)])
    assert not runs(svg)
    assert svg.count("c-dot") == 2
    assert "c-band" in svg


def bands(svg: str) -> list[str]:
    return re.findall(r'class="c-lband" d="([^"]*)"', svg)


def watched(cells: list[Value | Withheld | NotAsked], size: sheet.RowSize = sheet.WIDE) -> str:
    trace = samples.trace(samples.NAMES[0], cells)
    level = tuple(
        LevelPoint(date=point.date, value=Value(mean=3.0, low=2.8, high=3.2))
        for point in trace.points
        if isinstance(point.cell, Value)
    )
    report = dataclasses.replace(REPORT, traces=(dataclasses.replace(trace, level=level),), pressure=None)
    return sheet.sheet_row(report.traces[0], period_of(report), size, Theme.WEB)


@pytest.mark.parametrize("gap", [HIDDEN, UNASKED])
def test_the_band_of_the_level_is_cut_where_the_trace_is(gap: Withheld | NotAsked) -> None:
    svg = watched([samples.cell(3), samples.cell(3), gap, samples.cell(3), samples.cell(3)])
    assert len(bands(svg)) == len(runs(svg)) == 2


def test_the_level_lies_under_the_trace_and_has_no_line_in_the_low_rows() -> None:
    svg = watched([samples.cell(3), samples.cell(3.4), samples.cell(3)])
    assert svg.index('class="c-band"') < svg.index('class="c-lband"') < svg.index('class="c-trace"')
    assert "c-level" not in svg


def test_two_pens_have_room_for_the_line_of_the_level() -> None:
    assert two_pens(samples.watched(), Theme.WEB).count('class="c-level"') == 3


def test_a_lone_wave_between_gaps_has_no_level() -> None:
    assert not bands(watched([samples.cell(3), HIDDEN, samples.cell(3)]))


def test_a_hidden_last_wave_has_no_nib() -> None:
    assert "c-nib" not in row([samples.cell(3), HIDDEN])


def test_a_withheld_value_leaves_no_mark_of_its_size() -> None:
    low = small.ruler(HIDDEN, (), Theme.WEB, "Workload: hidden.", labelled=False)
    assert "c-dot" not in low
    assert "c-hatch" in low


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_glyph(verdict: Verdict) -> None:
    assert drawn(small.glyph(verdict, Theme.WEB)).get("aria-hidden") == "true"


def test_the_value_axis_is_absolute() -> None:
    svg = row([Value(mean=5.0, low=5.0, high=5.0), Value(mean=1.0, low=1.0, high=1.0)])
    heights = [float(y) for y in re.findall(r" (\d+\.?\d*)", runs(svg)[0])]
    assert heights == [11, 81]


def test_thin_lines_of_a_joint_group_carry_their_names() -> None:
    svg = two_pens(samples.joined(), Theme.WEB)
    assert svg.count('class="c-pthin"') == 2
    assert ">Fares<" in svg
    assert ">Refunds<" in svg
