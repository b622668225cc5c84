"""Turns the values of a report into the few words and numbers that charts carry, in the language of the report."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from surveys.i18n import translator


@dataclass(frozen=True, kw_only=True)
class ChartWords:
    """The fixed words inside charts; ``loads`` are the five bands of pressure, lightest first."""

    likely_range: str
    pressure_title: str
    last_week: str
    loads: tuple[str, str, str, str, str]
    bands: tuple[str, str, str, str, str]
    not_held: str


def chart_words(language: str) -> ChartWords:
    """The words of a language."""
    tr = translator(language)
    return ChartWords(
        likely_range=tr.t("likely range"),
        pressure_title=tr.t("Roadmap pressure each week, 0 to 100"),
        last_week=tr.t("last week"),
        loads=(tr.t("very light"), tr.t("light"), tr.t("usual"), tr.t("heavy"), tr.t("very heavy")),
        bands=(tr.t("very strained"), tr.t("strained"), tr.t("mixed"), tr.t("good"), tr.t("very good")),
        not_held=tr.t("No wave held"),
    )


def scale_title(language: str, name: str, lowest: float, highest: float) -> str:
    """The heading of a trace with the ends of its scale: "Workload, 1 to 5"."""
    tr = translator(language)
    return tr.t("{name}, {low} to {high}", name=name, low=tr.number(lowest, 0), high=tr.number(highest, 0))


def range_words(language: str, low: float, high: float, decimals: int = 1) -> str:
    """A likely range as printed, with a word between the ends: "2.5 to 3.3"."""
    tr = translator(language)
    return tr.t("{low} to {high}", low=tr.number(low, decimals), high=tr.number(high, decimals))


def cell_words(language: str, value: float, low: float, high: float) -> str:
    """A value with its range for the table behind a chart: "2.9 (2.5 to 3.3)"."""
    tr = translator(language)
    return tr.t("{value} ({range})", value=tr.number(value, 1), range=range_words(language, low, high))


def month_word(language: str, day: dt.date) -> str:
    """The short name of a month under a time axis."""
    return translator(language).date(day, "LLL").rstrip(".")


def year_word(day: dt.date) -> str:
    """The year under a time axis."""
    return str(day.year)
