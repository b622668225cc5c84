"""Turns the stored pressure of the teams of a report into its trace, parts, sentences and the line for page 1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from reports.document import (
    Event,
    Load,
    NotAsked,
    PressureTrace,
    Sentence,
    ThinTrace,
    WeekPoint,
    Withheld,
    WithheldReason,
)
from reports.pressure.anchors import Band
from reports.pressure.index import JointPressure, PressureIndex
from reports.services.pressure_moves import Move, move_of, other_weightings, parts_of
from reports.services.pressure_parts import driver_sentence, parts_table, top_indicators
from reports.services.pressure_series import Hidden, NoData, Point, Series, TeamSeries, load_series
from reports.services.pressure_words import (
    capital,
    caution,
    data_notes,
    do_not_conclude,
    heading_of,
    indicator_word,
    move_sentences,
    points_text,
    title_of,
)
from reports.services.report_sentences import Member
from surveys.i18n import Translator
from surveys.importers.roadmap_model import PlanKind
from surveys.store import roadmap
from surveys.store.roadmap import DatedPlan

EVENT_KINDS = (PlanKind.VERSION, PlanKind.MILESTONE, PlanKind.RELEASE)
"""Kinds of plans that are dated facts for a whole team; sprints are too many and come by themselves."""

_LOADS = {Band.CALM: Load.LIGHT, Band.BUSY: Load.USUAL, Band.STRAINED: Load.HEAVY}
"""How a band is drawn; the word comes from the band itself."""

_MOST_EVENTS = 8
_MOST_THIN = 6


@dataclass(frozen=True, kw_only=True)
class PressureFindings:
    """The roadmap of a report: its trace, or ``absent_text`` why there is none; ``heading`` is the line for page 1.

    ``series``, ``move`` and ``plans`` are what the trace was made from; there are none without a trace.
    """

    trace: PressureTrace | None
    absent_text: str
    heading: Sentence | None
    series: Series | None = None
    move: Move | None = None
    plans: tuple[DatedPlan, ...] = ()


def pressure_of(
    session: Session,
    *,
    members: Sequence[Member],
    opened_on: dt.date,
    recall_days: int,
    as_of: dt.date,
    first_on: dt.date,
    tr: Translator,
) -> PressureFindings:
    """Return the pressure of a team, or the mean of several weighted by frozen invited numbers, up to ``as_of``.

    The printed value is the mean index over the ``recall_days`` days before the wave opened (lag 0). A team of which
    nothing may be shown is in no figure. Sums and means only; nothing is tested here and no cause is claimed.
    """
    series = load_series(session, members, opened_on=opened_on, recall_days=recall_days, as_of=as_of, first_on=first_on)
    if not series.visible or not series.weeks:
        return PressureFindings(trace=None, absent_text=_absent_text(series, members, tr), heading=None)
    values = {
        monday: point.value
        for monday, point in series.points.items()
        if isinstance(point, PressureIndex | JointPressure)
    }
    move = told_move(series)
    teams = [team.member.team for team in series.visible]
    plans = tuple(roadmap.list_dated_plans(session, teams, kinds=EVENT_KINDS))
    trace = _trace(series, values, move, events_of(plans, series.weeks[0], as_of, tr), tr)
    return PressureFindings(
        trace=trace, absent_text="", heading=heading_of(move, tr), series=series, move=move, plans=plans
    )


def told_move(series: Series) -> Move | None:
    """Return how far a series moved up to the wave, with what each part gave; None for too few weeks."""
    move = move_of(series.run_up, opened_on=series.opened_on)
    return None if move is None else replace(move, parts=parts_of(series, move))


def _absent_text(series: Series, members: Sequence[Member], tr: Translator) -> str:
    if series.hidden:
        return tr.t(
            "Fewer than three people work on this plan. Figures on it would be about persons, so there are none."
        )
    return tr.n(
        "No delivery data were imported for this team.",
        "No delivery data were imported for these teams.",
        max(len(members), 1),
    )


def _trace(
    series: Series, values: dict[dt.date, float], move: Move | None, events: tuple[Event, ...], tr: Translator
) -> PressureTrace:
    window = series.window
    band = window.band if window is not None else None
    value_text = points_text(window.value, tr) if window is not None else ""
    last = values.get(series.weeks[-1])
    return PressureTrace(
        name=tr.t("Roadmap pressure"),
        direction=tr.t("0 to 100, delivery data"),
        weeks=tuple(WeekPoint(week=monday, index=drawn(point, tr)) for monday, point in series.points.items()),
        events=events,
        value_text=value_text,
        range_text=_range_text(series, tr),
        # An index is never printed without its parts and its coverage, and these are of the window.
        week_text=points_text(last, tr) if last is not None and window is not None else "",
        load=_LOADS[band] if band is not None else None,
        load_text=capital(band_word(band, tr)) if band is not None else "",
        sub=_sub(move, tr),
        chip=None,
        title=_title(move, band, tr),
        alt=_alt(values, tr),
        lead=_lead(series, value_text, tr),
        driver=driver_sentence(series, tr),
        parts=parts_table(series, tr),
        coverage_text=_coverage_text(series, tr),
        teams=_thin(series, tr),
        sentences=(
            *move_sentences(move, tr),
            *data_notes(series, tr),
            do_not_conclude(tr),
        ),
        caution=caution(tr),
    )


def band_word(band: Band, tr: Translator) -> str:
    """Return the word of a band; where the bands begin is said by the anchors of the index."""
    return {Band.CALM: tr.t("calm"), Band.BUSY: tr.t("busy"), Band.STRAINED: tr.t("strained")}[band]


def _title(move: Move | None, band: Band | None, tr: Translator) -> str:
    if move is not None or band is None:
        return title_of(move, tr)
    return tr.t("Roadmap pressure is {load}", load=band_word(band, tr))


def drawn(point: Point, tr: Translator) -> float | Withheld | NotAsked:
    """Return a week as it stands in a report: the index, or why there is none."""
    if isinstance(point, Hidden):
        return Withheld(reason=WithheldReason.ROLLED_UP, text=tr.t("too few people"))
    if isinstance(point, NoData):
        return NotAsked(text=tr.t("not enough delivery data"))
    return point.value


def _range_text(series: Series, tr: Translator) -> str:
    found = other_weightings(series)
    if found is None:
        return ""
    return tr.t("{low} to {high}", low=points_text(found[0], tr), high=points_text(found[1], tr))


def _sub(move: Move | None, tr: Translator) -> str:
    if move is None:
        return ""
    start = tr.date(move.start, "d MMM")
    if not move.is_notable:
        return ""
    points = points_text(abs(move.amount), tr)
    if move.amount > 0:
        return tr.t("up {points} since {day}", points=points, day=start)
    return tr.t("down {points} since {day}", points=points, day=start)


def _alt(values: dict[dt.date, float], tr: Translator) -> str:
    if not values:
        return tr.t("Weekly roadmap pressure has no value in this time.")
    return tr.t(
        "Weekly roadmap pressure from {first} to {last}: lowest {low}, highest {high}, last {value}.",
        first=tr.date(min(values)),
        last=tr.date(max(values)),
        low=points_text(min(values.values()), tr),
        high=points_text(max(values.values()), tr),
        value=points_text(values[max(values)], tr),
    )


def _lead(series: Series, value_text: str, tr: Translator) -> str:
    if series.window is None:
        return tr.t("There are not enough delivery data from the days before the wave to state roadmap pressure.")
    text = tr.n(
        "Roadmap pressure was {load}: {value} of 100 on the {count} day before the wave.",
        "Roadmap pressure was {load}: {value} of 100 over the {count} days before the wave.",
        series.recall_days,
        load=band_word(series.window.band, tr),
        value=value_text,
    )
    top = top_indicators(series, 2)
    if not top:
        return text
    names = capital(tr.join([indicator_word(indicator, tr) for indicator in top]))
    return text + " " + tr.n("{names} weighs most.", "{names} weigh most.", len(top), names=names)


def _coverage_text(series: Series, tr: Translator) -> str:
    if series.window is None:
        return ""
    text = tr.t(
        "Index {value} in the {days} days before the wave; other weightings give {range}. Coverage {share} %, anchors "
        "version {version}.",
        value=points_text(series.window.value, tr),
        days=series.recall_days,
        range=_range_text(series, tr),
        share=tr.number(100 * series.window.coverage, 0),
        version=series.anchors.version,
    )
    return " ".join([text, *_whose(series, tr)])


def _whose(series: Series, tr: Translator) -> list[str]:
    """Say of which teams the figures are, unless the report has one team only."""
    names = [team.member.name for team, _ in series.windows]
    if series.members == 1:
        return []
    if len(names) > _MOST_THIN:
        return [tr.t("Mean of {count} teams, weighted by people invited.", count=len(names))]
    if series.is_joint:
        return [tr.t("Mean of {names}, weighted by people invited.", names=tr.join(names))]
    return [tr.t("Delivery data of {names} only.", names=tr.join(names))]


def _thin(series: Series, tr: Translator) -> tuple[ThinTrace, ...]:
    """Return each team beside a mean of several; none for one team or for more than fit into a drawing."""
    if len(series.teams) < 2 or len(series.teams) > _MOST_THIN:
        return ()
    return tuple(ThinTrace(name=team.member.name, weeks=_thin_weeks(series, team, tr)) for team in series.teams)


def _thin_weeks(series: Series, team: TeamSeries, tr: Translator) -> tuple[WeekPoint, ...]:
    return tuple(WeekPoint(week=monday, index=drawn(team.point(monday), tr)) for monday in series.weeks)


def events_of(plans: Sequence[DatedPlan], first: dt.date, as_of: dt.date, tr: Translator) -> tuple[Event, ...]:
    """Return the last releases and milestones that were due or done in the window, in order of their days."""
    found: dict[tuple[dt.date, str], Event] = {}
    for plan in plans:
        day = plan.done_on or plan.due
        if day is not None and first <= day <= as_of:
            label = _event_label(plan, as_of, tr)
            found[day, label] = Event(date=day, label=label, date_text=tr.date(day, "d MMM"))
    return tuple(found[key] for key in sorted(found))[-_MOST_EVENTS:]


def _event_label(plan: DatedPlan, as_of: dt.date, tr: Translator) -> str:
    if plan.kind in {PlanKind.VERSION, PlanKind.RELEASE}:
        label = tr.t("release {name}", name=plan.name)
    else:
        label = tr.t("milestone {name}", name=plan.name)
    known = [due for seen_on, due in plan.dates_seen if seen_on <= as_of]
    if known and known[0] != known[-1]:
        old, new = tr.date(known[0], "d MMM"), tr.date(known[-1], "d MMM")
        return tr.t("{label}, date moved from {old} to {new}", label=label, old=old, new=new)
    return label
