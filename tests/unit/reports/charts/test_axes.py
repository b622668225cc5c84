"""Days and values find their place, and labels stand apart."""

from __future__ import annotations

import dataclasses
import datetime as dt
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.charts.axes import Period, TimeAxis, ValueAxis, month_ticks, period_of
from reports.charts.svg import Canvas, hatching, number
from reports.charts.theme import PRINT, Theme, attributes
from tests.pdf import samples


def axis(days: list[dt.date]) -> TimeAxis:
    period = Period(start=days[0], end=max(days[-1], days[0] + dt.timedelta(days=84)), waves=tuple(days))
    return TimeAxis(period=period, left=30, right=514, inset=14)


def test_one_wave_alone_has_half_a_year_of_pressure_before_it() -> None:
    report = samples.troubled()
    single = dataclasses.replace(
        report, traces=tuple(dataclasses.replace(trace, points=trace.points[-1:]) for trace in report.traces)
    )
    period = period_of(single)
    assert (period.end - period.start).days == 182
    alone = period_of(dataclasses.replace(single, pressure=None))
    assert (alone.end - alone.start).days == 84


def test_a_report_without_traces_has_a_period() -> None:
    assert period_of(samples.hostile()).waves == (samples.LAST,)


@settings(max_examples=20)
@given(st.lists(st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31)), min_size=1, max_size=30, unique=True))
def test_labels_stand_apart_and_the_last_wave_has_one(days: list[dt.date]) -> None:
    ticks = month_ticks(axis(sorted(days)), "en", 20)
    assert ticks[-1].day == max(days)
    assert all(after.x - before.x >= 20 for before, after in pairwise(ticks))


def test_spanish_months_are_spanish() -> None:
    words = [tick.text for tick in month_ticks(axis(list(samples.WAVES)), "es", 20)]
    assert "ene" in words


def test_values_beyond_the_axis_stay_on_its_edge() -> None:
    values = ValueAxis(lowest=1, highest=5, top=10, bottom=90)
    assert (values.y(0), values.y(1), values.y(3), values.y(5), values.y(7)) == (90, 90, 50, 10, 10)


@given(st.floats(-1e4, 1e4))
def test_a_coordinate_has_at_most_one_decimal(value: float) -> None:
    text = number(value)
    assert text != "-0"
    assert len(text.partition(".")[2]) <= 1
    assert abs(float(text) - value) <= 0.0501


def test_hatching_stays_inside_its_rectangle() -> None:
    numbers = [float(part) for part in hatching(100, 0, 25, 92).replace("M", " ").replace("L", " ").split()]
    assert all(100 <= x <= 125 for x in numbers[::2])
    assert all(0 <= y <= 92 for y in numbers[1::2])


def test_every_class_has_a_look_in_print() -> None:
    for style in PRINT:
        assert attributes(Theme.WEB, style) == {"class": style}
        assert "class" not in attributes(Theme.PRINT, style)


def test_an_empty_path_and_an_empty_text_draw_nothing() -> None:
    canvas = Canvas(10, 10, Theme.WEB)
    canvas.path("c-r1", "")
    canvas.text("c-t-ax", 0, 0, "")
    assert canvas.svg("Nothing.").endswith("<title>Nothing.</title></svg>")
