"""Turns weekly pressure, released scores and dated plans into page B: the run-up to releases, each release one unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from scipy import stats

from reports.document import Trace, Value
from reports.document_roadmap import AwayBand, AwayPoint, RunUpLine, RunUpPage, RunUpPanel
from reports.pressure.index import JointPressure, PressureIndex
from reports.services.pressure_series import Series
from reports.stats.event_study import LEAST_RELEASES, EventStudy, event_study, run_ups
from reports.stats.fixed_effects import demean
from reports.stats.link_results import LINK_LEVEL
from surveys.i18n import Translator
from surveys.store.roadmap import DatedPlan

BEFORE, AFTER = 8, 4
"""Weeks drawn before and after a release."""

MOST_RELEASES = 20
_NAMED = 8
_LEAST_MEAN = 2
_MIDDLE = dt.timedelta(days=3)
_WAVE_STEP = 2
"""Waves are weeks apart, so their distance from a release is taken in steps of two weeks."""

Values = Mapping[dt.date, float]


@dataclass(frozen=True, kw_only=True)
class Release:
    """A day on which one or more plans of the teams were due or done, and their names."""

    day: dt.date
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Measure:
    """Values by day with the words around them; ``step`` is the width of a distance in weeks."""

    name: str
    is_pressure: bool
    lowest: float
    highest: float
    values: Values
    step: int
    decimals: int


def run_up_page(
    series: Series, plans: Sequence[DatedPlan], traces: Sequence[Trace], *, as_of: dt.date, tr: Translator
) -> RunUpPage | None:
    """Return page B of a unit; None without a release around which weekly pressure is known.

    The second panel is the trace of workload, else of the first scale, where there are released values.
    """
    pressure = {
        monday + _MIDDLE: point.value
        for monday, point in series.points.items()
        if isinstance(point, PressureIndex | JointPressure)
    }
    releases = releases_of(plans, series, as_of)
    measures = [_Measure(
        name=tr.t("Roadmap pressure each week, 0 to 100"), is_pressure=True, lowest=0, highest=100, values=pressure,
        step=1, decimals=0,
    )]  # fmt: skip
    trace = next((each for each in traces if each.code == "workload"), traces[0] if traces else None)
    if trace is not None:
        values = {point.date: point.cell.mean for point in trace.points if isinstance(point.cell, Value)}
        measures.append(_Measure(
            name=tr.t("{name}, {low} to {high}", name=trace.name, low=tr.number(trace.lowest, 0),
                      high=tr.number(trace.highest, 0)),
            is_pressure=False, lowest=trace.lowest, highest=trace.highest, values=values, step=_WAVE_STEP, decimals=1,
        ))  # fmt: skip
    panels = tuple(panel for each in measures if (panel := _panel(each, releases, tr)) is not None)
    if not panels or not panels[0].is_pressure:
        return None
    shown = [release for release in releases if release.day <= as_of]
    return RunUpPage(
        title=tr.t("The run-up to a release"),
        lead=_lead(len(shown), tr),
        panels=panels,
        releases_text=_named(shown, tr),
        note=tr.t(
            "Whatever is planned along with releases is in these figures too. Ask: can dates be spread, or can a "
            "lighter week follow?"
        ),
        before=BEFORE,
        after=AFTER,
    )


def releases_of(plans: Sequence[DatedPlan], series: Series, as_of: dt.date) -> tuple[Release, ...]:
    """Return the last releases and milestones that were due or done in the time of a series, oldest first."""
    found: dict[dt.date, set[str]] = {}
    for plan in plans:
        day = plan.done_on or plan.due
        if day is not None and series.weeks[0] <= day <= as_of:
            found.setdefault(day, set()).add(plan.name)
    days = sorted(found)[-MOST_RELEASES:]
    return tuple(Release(day=day, names=tuple(sorted(found[day]))) for day in days)


def _lead(count: int, tr: Translator) -> str:
    return tr.n(
        "{count} release or milestone lies in this time. Each thin line is one of them, the thick line their mean.",
        "{count} releases and milestones lie in this time. Each thin line is one of them, the thick line their mean.",
        count,
    )


def _named(releases: Sequence[Release], tr: Translator) -> str:
    parts = [
        tr.t("{names} on {day}", names=tr.join(list(each.names[:2])), day=tr.date(each.day, "d MMM y"))
        for each in releases[-_NAMED:]
    ]
    if not parts:
        return ""
    if len(releases) > _NAMED:
        return tr.t("The last ones: {list}.", list="; ".join(parts))
    return tr.t("They are: {list}.", list="; ".join(parts))


def _panel(measure: _Measure, releases: Sequence[Release], tr: Translator) -> RunUpPanel | None:
    lines = []
    for release in releases:
        points = _around(measure.values, release.day)
        if points:
            lines.append(RunUpLine(label=tr.date(release.day, "d MMM"), points=points))
    if not lines:
        return None
    mean = _means(lines, measure.step)
    sentence = _sentence(measure, releases, tr)
    return RunUpPanel(
        name=measure.name,
        is_pressure=measure.is_pressure,
        lowest=measure.lowest,
        highest=measure.highest,
        lines=tuple(lines),
        mean=mean,
        has_range=any(band.low < band.high for band in mean),
        sentence=sentence,
        alt=_alt(measure, lines, mean, tr),
    )


def _around(values: Values, day: dt.date) -> tuple[AwayPoint, ...]:
    held = [((when - day).days / 7, values[when]) for when in sorted(values)]
    return tuple(AwayPoint(weeks=round(weeks, 2), value=value) for weeks, value in held if -BEFORE <= weeks <= AFTER)


def _means(lines: Sequence[RunUpLine], step: int) -> tuple[AwayBand, ...]:
    """Return the mean over releases by distance, each release once; a range by Student's t from six releases on.

    The range is one of 90 % over releases, which are taken as independent; with fewer releases both its ends are the
    mean. Distances with a single release have no mean.
    """
    by_distance: dict[int, list[float]] = {}
    for line in lines:
        own: dict[int, list[float]] = {}
        for point in line.points:
            own.setdefault(step * round(point.weeks / step), []).append(point.value)
        for distance, held in own.items():
            by_distance.setdefault(distance, []).append(fmean(held))
    bands = []
    for distance, held in sorted(by_distance.items()):
        if len(held) < min(_LEAST_MEAN, len(lines)):
            continue
        mean, half = fmean(held), 0.0
        if len(held) >= LEAST_RELEASES:
            spread = stdev(held) / len(held) ** 0.5
            half = float(stats.t.ppf((1 + LINK_LEVEL) / 2, len(held) - 1)) * spread
        bands.append(AwayBand(weeks=float(distance), mean=mean, low=mean - half, high=mean + half))
    return tuple(bands)


def _sentence(measure: _Measure, releases: Sequence[Release], tr: Translator) -> str:
    """Return how the three weeks up to a release differ from other weeks, by the event study of the statistics."""
    days = sorted(measure.values)
    if not days:
        return ""
    values = np.array([[measure.values[day] for day in days]])
    places = np.array([float(day.toordinal()) for day in days])
    waves = run_ups(places, [float(release.day.toordinal()) for release in releases])
    cells = np.ones(values.shape, dtype=np.bool_)
    # Without its straight line a slow drift would look like many releases.
    study = event_study(demean(values, cells, days=places, waves=False), cells, waves)
    if isinstance(study, EventStudy):
        return tr.t(
            "In the three weeks up to a release it was {effect} points from that of the other weeks (90 % range {low} "
            "to {high}), higher in {positive} of {releases} releases.",
            effect=_signed(study.mean.estimate, measure.decimals, tr),
            low=_signed(study.mean.low, measure.decimals, tr),
            high=_signed(study.mean.high, measure.decimals, tr),
            positive=study.positive,
            releases=study.releases,
        )
    return tr.n(
        "Too early to say whether run-ups differ from other weeks: {count} more release is needed.",
        "Too early to say whether run-ups differ from other weeks: {count} more releases are needed.",
        study.waves_left,
    )


def _alt(measure: _Measure, lines: Sequence[RunUpLine], mean: Sequence[AwayBand], tr: Translator) -> str:
    text = tr.n(
        "{name} around {count} release, from {before} weeks before to {after} weeks after it.",
        "{name} around {count} releases, from {before} weeks before to {after} weeks after.",
        len(lines),
        name=measure.name,
        before=BEFORE,
        after=AFTER,
    )
    if mean:
        top = max(mean, key=lambda band: band.mean)
        text += " " + tr.t(
            "The mean is highest with {value} at week {week}.",
            value=tr.number(top.mean, measure.decimals),
            week=_signed(top.weeks, 0, tr),
        )
    return text


def _signed(value: float, decimals: int, tr: Translator) -> str:
    text = tr.number(value, decimals)
    return f"+{text}" if round(value, decimals) > 0 else text
