"""Turns the parts of an index into plain facts a leader can check by hand, in the reader's language."""

from __future__ import annotations

from reports.pressure.anchors import Band, Indicator
from reports.pressure.index import Part
from reports.pressure.values import Gap, Measured, Unit
from surveys.i18n import Translator, mark

INDICATOR_NAMES: dict[Indicator, str] = {
    Indicator.REQUIRED_RATE: mark("required run rate"),
    Indicator.LOAD: mark("new commitment load"),
    Indicator.CHURN: mark("scope churn"),
    Indicator.UNPLANNED: mark("unplanned work"),
    Indicator.VOLATILITY: mark("roadmap volatility"),
    Indicator.FLOW: mark("flow load"),
    Indicator.TOP_PRIORITY: mark("top-priority share"),
    Indicator.SPLIT: mark("split attention"),
}

BAND_NAMES: dict[Band, str] = {
    Band.CALM: mark("calm"),
    Band.BUSY: mark("busy"),
    Band.STRAINED: mark("strained"),
}

GAP_SENTENCES: dict[Gap, str] = {
    Gap.NOT_COVERED: mark("The imported data do not cover this week."),
    Gap.SWITCHED_OFF: mark("This indicator is switched off."),
    Gap.NO_HISTORY: mark("The source holds no history of changes."),
    Gap.NO_DATED_PLAN: mark("No plan with a date is known."),
    Gap.TOO_LITTLE_DONE: mark("Fewer than five items were done in the eight weeks before."),
    Gap.NO_WORKING_DAYS: mark("The week has no working days."),
    Gap.TOO_FEW_SPRINTS: mark("No sprint ran in this week, or fewer than three ended before it."),
    Gap.TOO_FEW_FINISHED: mark("Fewer than three items were done in two weeks."),
    Gap.SHORT_HISTORY: mark("The team has fewer than eight weeks of history."),
    Gap.TOO_LITTLE_IN_WORK: mark("The team usually has less than one item in work."),
    Gap.PRIORITY_UNUSED: mark("All items have the same priority, or none."),
    Gap.NO_ASSIGNEES: mark("The source names no assignees."),
    Gap.TOO_FEW_ACTIVE: mark("Fewer than four people were active in this week."),
    Gap.PEOPLE_FORGOTTEN: mark("Who worked on what in this week was deleted before this indicator was switched on."),
}

NO_HISTORY_BANNER = mark("History is missing. The index reads about 5 points low and can only be compared with itself.")
FINAL_DATES_NOTE = mark("The dates of plans were read later than this week. The required run rate has hindsight.")


def fact(part: Part, unit: Unit, tr: Translator) -> str:
    """Return the facts behind one part as a sentence fragment without a final stop, with counts, days and ratios."""
    measured = part.measured
    if part.indicator is Indicator.REQUIRED_RATE:
        return _required(measured, unit, tr)
    if part.indicator is Indicator.LOAD:
        return _load(measured, unit, tr)
    if part.indicator is Indicator.CHURN:
        return _churn(measured, unit, tr)
    if part.indicator is Indicator.TOP_PRIORITY:
        return _priority(measured, unit, tr)
    return _count(part.indicator, measured, tr)


def _required(measured: Measured, unit: Unit, tr: Translator) -> str:
    if measured.day is None:
        return tr.t("no open work with a date in the next 13 weeks")
    pace, times = tr.number(measured.denominator), tr.number(measured.value)
    day = tr.date(measured.day)
    if unit is Unit.POINTS:
        return tr.t(
            "{size} open points due {day} at {pace} done a week: needs {times} times the usual pace",
            size=_amount(measured.numerator, tr),
            day=day,
            pace=pace,
            times=times,
        )
    return tr.n(
        "{count} open item due {day} at {pace} done a week: needs {times} times the usual pace",
        "{count} open items due {day} at {pace} done a week: needs {times} times the usual pace",
        round(measured.numerator),
        day=day,
        pace=pace,
        times=times,
    )


def _load(measured: Measured, unit: Unit, tr: Translator) -> str:
    values = {"size": _amount(measured.numerator, tr), "pace": tr.number(measured.denominator)}
    if measured.plans:
        sprint = measured.plans[0]
        if unit is Unit.POINTS:
            return tr.t("{size} points committed in {plan}, {pace} delivered in a usual sprint", plan=sprint, **values)
        return tr.t("{size} items committed in {plan}, {pace} delivered in a usual sprint", plan=sprint, **values)
    if unit is Unit.POINTS:
        return tr.t("{size} points newly started or planned at {pace} done a week", **values)
    return tr.t("{size} items newly started or planned at {pace} done a week", **values)


def _churn(measured: Measured, unit: Unit, tr: Translator) -> str:
    size, base = _amount(measured.numerator, tr), _amount(measured.denominator, tr)
    plans = tr.join(measured.plans) if measured.plans else tr.t("the running plans")
    if unit is Unit.POINTS:
        return tr.t(
            "{size} points added to or taken from {plans}, counted against {base} planned",
            size=size,
            base=base,
            plans=plans,
        )
    return tr.t(
        "{size} items added to or taken from {plans}, counted against {base} planned", size=size, base=base, plans=plans
    )


def _priority(measured: Measured, unit: Unit, tr: Translator) -> str:
    size, base = _amount(measured.numerator, tr), _amount(measured.denominator, tr)
    if measured.moscow:
        return tr.t("{size} of {base} planned are Must", size=size, base=base)
    if unit is Unit.POINTS:
        return tr.t("{size} of {base} planned points have one of the two top priorities", size=size, base=base)
    return tr.t("{size} of {base} planned items have one of the two top priorities", size=size, base=base)


def _count(indicator: Indicator, measured: Measured, tr: Translator) -> str:
    top, base = round(measured.numerator), _amount(measured.denominator, tr)
    if indicator is Indicator.UNPLANNED:
        return tr.n(
            "{count} of {base} items done was unplanned", "{count} of {base} items done were unplanned", top, base=base
        )
    if indicator is Indicator.VOLATILITY:
        return tr.n(
            "{count} change of plan, date or priority, counted against {base} open items",
            "{count} changes of plan, date or priority, counted against {base} open items",
            top,
            base=base,
        )
    if indicator is Indicator.SPLIT:
        return tr.t("{areas} different areas a person, as a mean of the team", areas=tr.number(measured.value, 1))
    return tr.n("{count} item in work, usually {base}", "{count} items in work, usually {base}", top, base=base)


def _amount(value: float, tr: Translator) -> str:
    return tr.number(value, 0 if abs(value - round(value)) < 0.05 else 1)
