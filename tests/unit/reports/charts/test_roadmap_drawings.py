"""The drawings of the roadmap pages: well-formed, named in words, and true to the figures they draw."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

import pytest

from reports.charts import drivers, forest, run_up, side
from reports.charts.axes import period_of
from reports.charts.roadmap_view import PRINTED_ROWS, roadmap_view
from reports.charts.theme import Theme
from reports.document import Withheld, WithheldReason
from reports.document_link import DealtStrip, ForestKind, ForestRow
from tests.pdf import sample_roadmap, samples

REPORT = samples.troubled()
PERIOD = period_of(REPORT)
ASIDE = sample_roadmap.side(REPORT.traces, REPORT.pressure.weeks if REPORT.pressure else (), 1)
DRIVERS = sample_roadmap.drivers(REPORT.pressure.weeks if REPORT.pressure else ())
LINK = sample_roadmap.link()
PRESSED = roadmap_view(samples.pressed(), Theme.WEB)
NEVER = tuple(roadmap_view(samples.never(), theme) for theme in (Theme.WEB, Theme.PRINT))


def drawn(svg: object) -> ET.Element:
    return ET.fromstring(str(svg))  # noqa: S314 - our own drawings


def of_class(svg: object, name: str) -> list[ET.Element]:
    return [each for each in drawn(svg).iter() if each.get("class") == name]


def title(svg: object) -> str:
    found = drawn(svg)[0]
    assert found.tag.endswith("title")
    return found.text or ""


@pytest.mark.parametrize("size", [side.WIDE, side.NARROW])
def test_a_row_says_its_alternative_text_and_shades_hatches_and_marks(size: side.SideSize) -> None:
    svg = side.side_row(ASIDE.rows[0], period=PERIOD, size=size, theme=Theme.WEB, language="en")
    assert title(svg) == ASIDE.rows[0].alt
    assert len(of_class(svg, "c-d3")) == 2 * 3
    assert len(of_class(svg, "c-event")) == 3
    assert of_class(svg, "c-hatch")


def test_a_row_without_released_values_has_pressure_alone() -> None:
    row = dataclasses.replace(ASIDE.rows[0], lines=(), shades=(), events=())
    svg = side.side_row(row, period=PERIOD, size=side.WIDE, theme=Theme.WEB, language="en")
    assert not of_class(svg, "c-trace")
    assert len(of_class(svg, "c-t-lab")) == 1


def test_a_stack_is_as_high_as_the_index_of_its_week() -> None:
    (week,) = [week for week in DRIVERS.weeks if week.parts][-1:]
    svg = drivers.stack((week,), DRIVERS.key, size=drivers.STACK_WIDE, theme=Theme.WEB, language="en", alt="x")
    heights = {name: of_class(svg, name) for name in drivers.FILLS}
    total = sum(float(bar.get("height", "0")) for bars in heights.values() for bar in bars)
    paper = float(of_class(svg, "c-sheet")[0].get("height", "0"))
    assert isinstance(week.index, float)
    assert total / paper * 100 == pytest.approx(week.index, abs=0.3)


def test_a_hidden_week_of_the_stack_is_hatched_and_one_without_data_is_empty() -> None:
    hidden = dataclasses.replace(
        DRIVERS.weeks[9], index=Withheld(reason=WithheldReason.ROLLED_UP, text="too few people")
    )
    for week, hatched in ((DRIVERS.weeks[9], False), (hidden, True)):
        svg = drivers.stack((week,), DRIVERS.key, size=drivers.STACK_WIDE, theme=Theme.WEB, language="en", alt="x")
        assert bool(of_class(svg, "c-hatch")) is hatched
        assert not of_class(svg, "c-d1")


@pytest.mark.parametrize("size", [drivers.FALL_WIDE, drivers.FALL_NARROW])
def test_what_adds_is_filled_and_what_takes_away_is_open(size: drivers.FallSize) -> None:
    assert DRIVERS.waterfall is not None
    svg = drivers.waterfall(DRIVERS.waterfall, size=size, theme=Theme.WEB, language="en")
    assert len(of_class(svg, "c-d2")) == sum(step.points > 0 for step in DRIVERS.waterfall.steps)
    assert len(of_class(svg, "c-ref")) == 1


def test_the_steps_of_the_sample_add_up() -> None:
    fall = DRIVERS.waterfall
    assert fall is not None
    assert fall.before + sum(step.points for step in fall.steps) == fall.after


@pytest.mark.parametrize("place", [0, 1])
def test_a_run_up_has_a_thin_line_per_release_and_its_range_only_where_there_is_one(place: int) -> None:
    page = sample_roadmap.run_up()
    panel = page.panels[place]
    thin, band = ("c-pthin", "c-pfill") if panel.is_pressure else ("c-level", "c-band")
    svg = run_up.run_up_panel(page, panel, size=run_up.WIDE, theme=Theme.WEB, language="en")
    assert len(of_class(svg, thin)) == len(panel.lines)
    assert of_class(svg, band)
    without = dataclasses.replace(panel, has_range=False)
    assert not of_class(run_up.run_up_panel(page, without, size=run_up.WIDE, theme=Theme.WEB, language="en"), band)


@pytest.mark.parametrize("size", [forest.FOREST_WIDE, forest.FOREST_NARROW])
def test_the_estimate_chosen_in_advance_alone_is_filled(size: forest.ForestSize) -> None:
    svg = forest.forest(LINK.forest, size=size, theme=Theme.WEB, language="en", caption=LINK.unit_text)
    assert len(of_class(svg, "c-dot")) == 1
    assert len(of_class(svg, "c-ref")) == len(LINK.forest) - 1
    assert "All teams: +0.21 (+0.07 to +0.35)" in title(svg)


def test_nothing_lies_in_the_middle_of_a_forest_and_every_range_inside() -> None:
    rows = (ForestRow(kind=ForestKind.ALL, name="All", estimate=-4.0, low=-9.0, high=0.001, text="−4"),)
    svg = forest.forest(rows, size=forest.FOREST_WIDE, theme=Theme.WEB, language="en", caption="x")
    size = forest.FOREST_WIDE
    zero = of_class(svg, "c-event")[0].get("d", "")
    assert zero.startswith(f"M{(size.left + size.right) / 2:g} ")
    low = float(of_class(svg, "c-int")[0].get("d", "").removeprefix("M").split()[0])
    assert size.left <= low


def test_a_strip_draws_ours_even_outside_of_all_deals() -> None:
    found = DealtStrip(first=-0.2, width=0.01, counts=(0, 3, 5, 1), own=0.9, caption="Dealt.")
    svg = forest.strip(found, size=forest.STRIP_WIDE, theme=Theme.WEB, language="en")
    assert len(of_class(svg, "c-d4")) == 3
    x = float(of_class(svg, "c-intl")[0].get("d", "").removeprefix("M").split()[0])
    assert 0 < x < forest.STRIP_WIDE.width
    assert title(svg) == "Dealt."


def test_a_report_from_before_has_no_roadmap_pages() -> None:
    assert roadmap_view(REPORT, Theme.WEB) is None


def test_print_cuts_a_long_frame_and_says_so_while_the_web_has_all() -> None:
    web, printed = NEVER
    assert web is not None
    assert printed is not None
    assert web.link is not None
    assert printed.link is not None
    assert len(web.link.frames[0].rows) == 26
    assert not web.link.cut
    assert len(printed.link.frames[0].rows) == PRINTED_ROWS
    assert str(PRINTED_ROWS) in printed.link.cut


def test_the_tables_behind_the_drawings_have_every_drawn_value() -> None:
    view = PRESSED
    assert view is not None
    assert view.side is not None
    assert view.run_up is not None
    assert view.drivers is not None
    assert view.side.rows[0].table.rows[0][1] == "2.2 (1.7 to 2.7)"
    assert len(view.run_up.table.rows) == 13
    assert len(view.drivers.table.rows) == 26
    assert [row[1] for row in view.drivers.table.rows if not row[2]] == ["not enough delivery data"]
