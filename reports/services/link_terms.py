"""The words and numbers that every text about a link of pressure and strain shares."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

from reports.pressure.anchors import Indicator
from reports.pressure.sentences import INDICATOR_NAMES
from reports.stats.link_results import LinkGate, LinkSlope, NotIdentifiable
from reports.stats.results import Interval
from surveys.i18n import Translator, mark
from surveys.instruments.schema import Instrument

_LEVEL = 0.05
_WHOLE = 9.5

KIND_WORDS: Mapping[str, str] = {
    "holiday": mark("public holidays"),
    "shutdown": mark("shutdowns"),
    "reorganisation": mark("reorganisations"),
    "layoff": mark("layoffs"),
    "leader_change": mark("changes of leader"),
    "incident": mark("incidents"),
}


GATE_WORDS: Mapping[LinkGate, str] = {
    LinkGate.TEAMS: mark("Teams or joint groups with delivery data"),
    LinkGate.WAVES: mark("Waves with a value of both"),
    LinkGate.TEAM_WAVES: mark("Values of a team in a wave"),
    LinkGate.COVERAGE: mark("Share of them with enough delivery data"),
    LinkGate.COMPANY_WAVES: mark("Waves for the company as a whole"),
}


def scale_name(instrument: Instrument, code: str, tr: Translator) -> str:
    """Return the name of a scale as the questionnaire has it, its code where it does not ask it any more."""
    return next((each.name.to(tr.language) for each in instrument.scales if each.code == code), code)


def indicator_name(code: str, tr: Translator) -> str:
    """Return the name of an indicator by its letter."""
    return tr.t(INDICATOR_NAMES[Indicator(code)])


def slope_text(found: object, tr: Translator) -> str:
    """Return a slope with its likely range, or in words why there is none."""
    if isinstance(found, LinkSlope):
        return tr.t(
            "{slope} ({range})", slope=signed(found.interval.estimate, 2, tr), range=range_text(found.interval, 2, tr)
        )
    if isinstance(found, NotIdentifiable):
        return tr.t("not to be told, because too little is left to compare")
    return tr.t("not to be told, because too few values are left")


def p_text(p: float, tr: Translator) -> str:
    """Return a p as printed: two digits, three where it is small, and a limit where it is smaller still.

    One just above the level is printed with as many digits as it takes to see that.
    """
    if p < 0.001:
        return tr.t("under {limit}", limit=tr.number(0.001, 3))
    if p > _LEVEL >= round(p, 3):
        return tr.number(p, 4) if round(p, 4) > _LEVEL else tr.t("just above {limit}", limit=tr.number(_LEVEL, 2))
    return tr.number(p, 2 if p >= 0.095 else 3)


def tenths_below(value: float) -> float:
    """Return a number cut to one digit behind the point, so that what misses a limit never looks as if it met it."""
    return math.floor(10 * value + 1e-9) / 10


def swing_text(points: float, tr: Translator) -> str:
    """Return the usual swing of pressure in whole points, with two digits where there are fewer than ten."""
    return tr.number(points, 0 if points >= _WHOLE else 1 if points >= 1 else 2)


def day_text(day: dt.date, tr: Translator) -> str:
    """Return a day as it stands in a table."""
    return tr.date(day, "d MMM y")


def gate_number(gate: LinkGate, value: float, tr: Translator) -> str:
    """Return how much there is of a condition: a share in per cent, everything else as a whole number."""
    if gate is LinkGate.COVERAGE:
        return tr.t("{share} %", share=tr.number(math.floor(100 * value + 1e-9), 0))
    return tr.number(value, 0)


def range_text(interval: Interval, decimals: int, tr: Translator) -> str:
    """Return the two ends of a range with their signs."""
    return tr.t("{low} to {high}", low=signed(interval.low, decimals, tr), high=signed(interval.high, decimals, tr))


def signed(value: float, decimals: int, tr: Translator) -> str:
    """Return a number with its sign, plus included; one that rounds to zero has none."""
    text = tr.number(value, decimals)
    return f"+{text}" if round(value, decimals) > 0 else text
