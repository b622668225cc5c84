"""Turns the weeks before a wave into the table of parts: what each indicator measured, scored and added."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from reports.document import NotAsked, PressurePart
from reports.pressure.anchors import Indicator
from reports.pressure.index import Part
from reports.pressure.sentences import GAP_SENTENCES, fact
from reports.pressure.values import Gap, Missing, Unit
from reports.services.pressure_series import Series, TeamSeries
from reports.services.pressure_words import capital, indicator_word
from surveys.i18n import Translator


@dataclass
class _Line:
    """What one indicator gave over the window; days are weighted by people where there are several teams."""

    contribution: float = 0.0
    points: float = 0.0
    known: float = 0.0
    latest: tuple[float, TeamSeries, Part, Unit] | None = field(default=None)


def shown_indicators(series: Series) -> tuple[Indicator, ...]:
    """Return the indicators that have a line: split attention only where the anchors switch it on."""
    return tuple(name for name in Indicator if name is not Indicator.SPLIT or series.anchors.split)


def parts_table(series: Series, tr: Translator) -> tuple[PressurePart, ...]:
    """Return one line per indicator, largest contribution first and unknown ones last; empty without an index."""
    if series.window is None:
        return ()
    lines, days = _lines(series)
    shown = shown_indicators(series)
    known = sorted(
        (indicator for indicator in shown if lines[indicator].known),
        key=lambda indicator: (-lines[indicator].contribution, shown.index(indicator)),
    )
    return tuple(
        [_known(indicator, lines[indicator], days, series, tr) for indicator in known]
        + [_unknown(indicator, series, tr) for indicator in shown if not lines[indicator].known]
    )


def top_indicators(series: Series, count: int) -> tuple[Indicator, ...]:
    """Return the indicators that add most to the index of the window, at most ``count``, each at least one point."""
    if series.window is None:
        return ()
    lines, _ = _lines(series)
    shown = shown_indicators(series)
    ordered = sorted(shown, key=lambda indicator: (-lines[indicator].contribution, shown.index(indicator)))
    return tuple(indicator for indicator in ordered[:count] if lines[indicator].contribution >= 1)


def driver_sentence(series: Series, tr: Translator) -> str:
    """Return the top part with the plain fact behind it; empty where nothing adds to the index."""
    top = top_indicators(series, 1)
    if not top:
        return ""
    lines, _ = _lines(series)
    return tr.t(
        "{part} weighs most: {fact}.",
        part=capital(indicator_word(top[0], tr)),
        fact=_fact_text(lines[top[0]], series, tr),
    )


def latest_part(series: Series, indicator: Indicator) -> tuple[TeamSeries, dt.date, Part] | None:
    """Return team, Monday and part behind the fact that is told of an indicator, None where it has no value."""
    if series.window is None:
        return None
    lines, _ = _lines(series)
    latest = lines[indicator].latest
    if latest is None:
        return None
    _, team, part, _ = latest
    held = [monday for _, monday, index in series.window_weeks(team) if part in index.parts]
    return (team, held[-1], part) if held else None


def part_fact(series: Series, indicator: Indicator, tr: Translator) -> str:
    """Return the plain fact behind an indicator in the window, without a final stop; empty where it has no value."""
    if series.window is None:
        return ""
    lines, _ = _lines(series)
    return _fact_text(lines[indicator], series, tr)


def _lines(series: Series) -> tuple[dict[Indicator, _Line], float]:
    """Return a line per indicator and the weight of all days of the window."""
    lines: dict[Indicator, _Line] = {indicator: _Line() for indicator in Indicator}
    people = sum(series.weight(team) for team, _ in series.windows)
    total = 0.0
    for team, mean in series.windows:
        share = series.weight(team) / people
        for indicator, contribution in mean.parts:
            lines[indicator].contribution += share * contribution
        for days, monday, index in series.window_weeks(team):
            weight = share * days / mean.days_covered
            total += weight
            unit = team.shown[monday].week.unit
            for part in index.parts:
                line = lines[part.indicator]
                line.points += weight * part.points
                line.known += weight
                if line.latest is None or line.latest[1] is team or share * part.contribution > line.latest[0]:
                    line.latest = (share * part.contribution, team, part, unit)
    return lines, total


def _known(indicator: Indicator, line: _Line, days: float, series: Series, tr: Translator) -> PressurePart:
    return PressurePart(
        code=indicator.value,
        name=capital(indicator_word(indicator, tr)),
        fact=_fact_text(line, series, tr),
        score=line.points / line.known,
        contribution=line.contribution,
        coverage=min(line.known / days, 1.0),
    )


def _unknown(indicator: Indicator, series: Series, tr: Translator) -> PressurePart:
    return PressurePart(
        code=indicator.value,
        name=capital(indicator_word(indicator, tr)),
        fact=tr.t(GAP_SENTENCES[_gap(indicator, series)]),
        score=NotAsked(text=tr.t("no data")),
        contribution=0.0,
        coverage=0.0,
    )


def _gap(indicator: Indicator, series: Series) -> Gap:
    """Return why an indicator is missing in the last week of the window, of the first team that says so."""
    for team, _ in series.windows:
        _, monday, _ = series.window_weeks(team)[-1]
        value = team.shown[monday].week.values.get(indicator)
        if isinstance(value, Missing):
            return value.gap
    return Gap.NOT_COVERED


def _fact_text(line: _Line, series: Series, tr: Translator) -> str:
    if line.latest is None:
        return ""
    _, team, part, unit = line.latest
    text = fact(part, unit, tr)
    return tr.t("{team}: {fact}", team=team.member.name, fact=text) if series.is_joint else text
