"""Turns pressure, its moves, parts and plan into the sentences of a report; each is a fact a leader can check."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from reports.document import Run, RunStyle, Sentence
from reports.pressure.anchors import Indicator
from reports.pressure.sentences import INDICATOR_NAMES, NO_HISTORY_BANNER
from reports.pressure.values import RunRate, Unit, WeekIndicators
from reports.pressure.weeks import WEEK
from reports.pressure.whatif import moved, required, without
from reports.services.pressure_moves import NOTABLE, Move
from reports.services.pressure_series import Series, TeamSeries
from surveys.i18n import Translator

_TOLD_PARTS = 3
_TOLD_TEAMS = 2
_LATER = 2 * WEEK


def caution(tr: Translator) -> str:
    """Return the sentence that stands wherever pressure and feelings meet."""
    return tr.t("An association, not a cause.")


def indicator_word(indicator: Indicator, tr: Translator) -> str:
    """Return the name of an indicator within a sentence."""
    return tr.t(INDICATOR_NAMES[indicator])


def capital(text: str) -> str:
    """Return a text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def points_text(value: float, tr: Translator) -> str:
    """Return index points as printed: whole, with a true minus."""
    return tr.number(value, 0)


def heading_of(move: Move | None, tr: Translator) -> Sentence | None:
    """Return the sentence for page 1: a rise, a fall, or that pressure stayed; None for too few weeks."""
    if move is None:
        return None
    if not move.is_notable:
        text = tr.t(
            "Roadmap pressure is {after} of 100; it was {before} in the weeks from {day}.",
            after=points_text(move.after, tr),
            before=points_text(move.before, tr),
            day=tr.date(move.start, "d MMM"),
        )
        return (Run(text=text),)
    return (
        Run(text=tr.t("Roadmap pressure ")),
        Run(text=_moved(move, tr), style=RunStyle.STRONG),
        Run(text=tr.n(" in {count} week.", " in {count} weeks.", move.weeks)),
        Run(text=" " + caution(tr), style=RunStyle.MUTED),
    )


def title_of(move: Move | None, tr: Translator) -> str:
    """Return the finding in at most ten words."""
    if move is not None and move.is_notable:
        return tr.t("Roadmap pressure {moved}", moved=_moved(move, tr))
    if move is not None:
        return tr.t(
            "Roadmap pressure {after}, before {before}",
            after=points_text(move.after, tr),
            before=points_text(move.before, tr),
        )
    return tr.t("Roadmap pressure")


def move_sentences(move: Move | None, tr: Translator) -> list[Sentence]:
    """Return when and how far pressure moved, and which parts moved it."""
    if move is None:
        return []
    values = {
        "start": tr.date(move.start, "d MMM"),
        "end": tr.date(move.end, "d MMM"),
        "before": points_text(move.before, tr),
        "after": points_text(move.after, tr),
    }
    if not move.is_notable:
        text = tr.t(
            "Between {start} and {end} pressure moved from {before} to {after}, as means of four weeks. "
            "A difference under {limit} points is not called a rise or a fall here.",
            limit=points_text(NOTABLE, tr),
            **values,
        )
        return [(Run(text=text),)]
    if move.amount > 0:
        text = tr.t(
            "Between {start} and {end} pressure rose from {before} to {after}, as means of four weeks.", **values
        )
    else:
        text = tr.t(
            "Between {start} and {end} pressure fell from {before} to {after}, as means of four weeks.", **values
        )
    sentences: list[Sentence] = [(Run(text=text),)]
    parts = _told_parts(move, tr)
    if parts and move.amount > 0:
        sentences.append((Run(text=tr.t("Largest parts of this rise, in points: {parts}.", parts=parts)),))
    elif parts:
        sentences.append((Run(text=tr.t("Largest parts of this fall, in points: {parts}.", parts=parts)),))
    return sentences


def what_if_sentences(series: Series, tr: Translator) -> list[Sentence]:
    """Return what a smaller scope or a later date would do to a required run rate above 1, for at most two teams."""
    found = []
    for team in series.visible:
        week = _latest_week(series, team)
        if week is not None and required(week.run_rates) > 1.0:
            found.append((required(week.run_rates), team, week))
    found.sort(key=lambda entry: (-entry[0], entry[1].member.team))
    sentences: list[Sentence] = []
    for _, team, week in found[:_TOLD_TEAMS]:
        text = _what_if(week, series.opened_on, tr)
        if series.is_joint:
            text = tr.t("{team}: {fact}", team=team.member.name, fact=text)
        sentences.append((Run(text=text),))
    return sentences


def data_notes(series: Series, tr: Translator) -> list[Sentence]:
    """Return what the data cannot say: a missing history, dates read later, teams that are in no figure."""
    notes = []
    shown = [figures for team in series.visible for figures in team.shown.values()]
    if any(not figures.has_history for figures in shown):
        notes.append(tr.t(NO_HISTORY_BANNER))
    recent = [week for team in series.visible if (week := _latest_week(series, team)) is not None]
    if any(week.final_dates for week in recent):
        notes.append(
            tr.t("Plan dates are known as they stood at the import, so the required run rate knows of later moves.")
        )
    if series.hidden and series.visible:
        names = tr.join([team.member.name for team in series.hidden])
        notes.append(
            tr.t("Fewer than three people work on the plan of {names}. It is in no figure on this page.", names=names)
        )
    return [(Run(text=note, style=RunStyle.MUTED),) for note in notes]


def do_not_conclude(tr: Translator) -> Sentence:
    """Return the conclusions that the figures do not bear."""
    text = tr.t(
        "Do not conclude: that the plan caused how people feel; anything about a person; that a team with more "
        "pressure works harder or is led worse; that a calm figure means a calm team, since work that nobody "
        "logs is not in it. The figure is no goal."
    )
    return (Run(text=text, style=RunStyle.MUTED),)


def _moved(move: Move, tr: Translator) -> str:
    values = {"before": points_text(move.before, tr), "after": points_text(move.after, tr)}
    if move.amount > 0:
        return tr.t("rose from {before} to {after}", **values)
    return tr.t("fell from {before} to {after}", **values)


def _told_parts(move: Move, tr: Translator) -> str:
    sign = 1 if move.amount > 0 else -1
    told = [(name, gain) for name, gain in move.parts[:_TOLD_PARTS] if sign * gain >= 0.5]
    return tr.join(
        [
            tr.t("{part} {points}", part=indicator_word(name, tr), points=points_text(abs(gain), tr))
            for name, gain in told
        ]
    )


def _latest_week(series: Series, team: TeamSeries) -> WeekIndicators | None:
    """Return the last week of a team that ended before the wave opened."""
    held = [monday for monday in team.shown if monday + WEEK <= series.opened_on]
    return team.shown[max(held)].week if held else None


def _what_if(week: WeekIndicators, opened_on: dt.date, tr: Translator) -> str:
    """Return what leaving out or moving would do; a day that is past by the wave cannot be moved any more."""
    rates = sorted(week.run_rates, key=lambda rate: rate.day)
    top = max(rates, key=lambda rate: (rate.rate, -rate.day.toordinal()))
    text = _less_scope(rates, top, week, tr)
    if top.day >= opened_on:
        later = required(moved(rates, monday=week.monday, due=top.day, to=top.day + _LATER))
        if later < required(rates) - 0.05:
            text += " " + tr.t("Moving that date by two weeks would bring it to {after}.", after=tr.number(later, 1))
    return text


def _less_scope(rates: Sequence[RunRate], top: RunRate, week: WeekIndicators, tr: Translator) -> str:
    """Say what leaving out as much as brings this day to the usual pace would do, or all that is due on it."""
    place = rates.index(top)
    own = top.size - (rates[place - 1].size if place else 0.0)
    size = min(float(math.ceil(top.size - top.capacity * top.weeks - 1e-9)), own)
    values = {
        "day": tr.date(top.day, "d MMM"),
        "plan": top.plans[0] if top.plans else "",
        "before": tr.number(required(rates), 1),
        "after": tr.number(required(without(rates, due=top.day, size=size)), 1),
        "points": tr.number(size, 0),
    }
    if week.unit is Unit.POINTS:
        if top.plans:
            return tr.t(
                "Taking {points} points out of {plan}, due {day}, would bring the required run rate from {before} to "
                "{after}.",
                **values,
            )
        return tr.t(
            "Taking out {points} points due {day} would bring the required run rate from {before} to {after}.", **values
        )
    if top.plans:
        return tr.n(
            "Taking {count} item out of {plan}, due {day}, would bring the required run rate from {before} to {after}.",
            "Taking {count} items out of {plan}, due {day}, would bring the required run rate from {before} to "
            "{after}.",
            round(size),
            **values,
        )
    return tr.n(
        "Taking out {count} item due {day} would bring the required run rate from {before} to {after}.",
        "Taking out {count} items due {day} would bring the required run rate from {before} to {after}.",
        round(size),
        **values,
    )
