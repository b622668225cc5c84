"""Turns the items of one team into the few that stand behind one part of its pressure, named by their key alone.

The same replay of the same changes as that of the indicators, so that the items listed are among those counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from reports.document_roadmap import DrivingItem
from reports.pressure.anchors import Indicator
from reports.pressure.plans import PlanBook
from reports.pressure.sweep import OVERDUE_KEPT, TOP_RANKS
from reports.pressure.tracks import Change, State, Tracks, build
from reports.pressure.values import Measured
from reports.pressure.weeks import WEEK, starts
from surveys.i18n import Translator
from surveys.importers.roadmap_model import FAULT_KINDS, EventField, PlanFact, StatusClass, WorkEventFact, WorkItemFact

MOST_ITEMS = 5
_LEAST_FINISHED = 3
_YOUNG = WEEK.total_seconds()
_MOVES = frozenset({EventField.DUE, EventField.PRIORITY})


@dataclass(frozen=True, kw_only=True)
class TeamItems:
    """All that is known of the work of one team; ``zone`` is that of its weeks."""

    items: Sequence[WorkItemFact]
    events: Sequence[WorkEventFact]
    plans: Sequence[PlanFact]
    zone: dt.tzinfo


@dataclass(frozen=True, kw_only=True)
class Driving:
    """Up to five items behind a part, and how many there are in all."""

    items: tuple[DrivingItem, ...]
    count: int


@dataclass
class _Week:
    """One week replayed: every open item as it stood at its start, and what changed in it."""

    monday: dt.date
    measured: Measured
    zone: dt.tzinfo
    tracks: Tracks
    book: PlanBook
    states: dict[int, State] = field(default_factory=dict)
    since: dict[int, float] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    before: list[Change] = field(default_factory=list)

    def day(self, at: float) -> dt.date:
        """Return the local day of an instant."""
        return dt.datetime.fromtimestamp(at, self.zone).date()

    def due(self, state: State) -> dt.date | None:
        """Return the earliest day of an item that counts in this week."""
        oldest = self.monday - OVERDUE_KEPT
        days = [day for day, _ in self.book.days(state.plans, state.due, self.monday) if day >= oldest]
        return days[0] if days else None


_Found = list[tuple[tuple[object, ...], int, str]]
"""Sort key, item and fact."""


def items_behind(
    work: TeamItems, indicator: Indicator, *, monday: dt.date, measured: Measured, tr: Translator
) -> Driving:
    """Return the items behind an indicator in the week from ``monday``, the most telling first.

    Each fact is a piece of a sentence: a day, a plan, a count. Split attention has no items, for it is about people.
    """
    finder = _FINDERS.get(indicator)
    if finder is None:
        return Driving(items=(), count=0)
    week = _replay(work, monday, measured)
    found = sorted(finder(week, tr))
    items = tuple(DrivingItem(key=week.tracks.items[item].key, fact=text) for _, item, text in found[:MOST_ITEMS])
    return Driving(items=items, count=len(found))


def _replay(work: TeamItems, monday: dt.date, measured: Measured) -> _Week:
    tracks = build(work.items, work.events)
    book = PlanBook(plan for plan in work.plans if plan.name in tracks.plans)
    week = _Week(monday=monday, measured=measured, zone=work.zone, tracks=tracks, book=book)
    start, end = starts(monday, work.zone), starts(monday + WEEK, work.zone)
    earlier = starts(monday - WEEK, work.zone)
    for change in tracks.changes:
        if change.at >= end:
            break
        if change.at >= start:
            week.changes.append(change)
            continue
        if change.at >= earlier:
            week.before.append(change)
        if change.after.open:
            week.states[change.item] = change.after
        else:
            week.states.pop(change.item, None)
        _note_doing(week, change)
    return week


def _note_doing(week: _Week, change: Change) -> None:
    if change.after.status is not StatusClass.DOING:
        week.since.pop(change.item, None)
    else:
        week.since.setdefault(change.item, change.at)


def _required(week: _Week, tr: Translator) -> _Found:
    """Open work due by the day that asks for most: earliest day first, then the largest."""
    if week.measured.day is None:
        return []
    found: _Found = []
    for item, state in week.states.items():
        due = week.due(state)
        if due is not None and due <= week.measured.day:
            found.append(((due, -(state.size or 0.0), _key(week, item)), item, _due_text(due, state, tr)))
    return found


def _due_text(due: dt.date, state: State, tr: Translator) -> str:
    if state.size is None:
        return tr.t("due {day}", day=tr.date(due, "d MMM"))
    return tr.t("due {day}, {size} points", day=tr.date(due, "d MMM"), size=_size(state.size, tr))


def _load(week: _Week, tr: Translator) -> _Found:
    """What was committed in the sprint that is compared, else what was started or given a day in the week."""
    if week.measured.plans:
        name = week.measured.plans[0]
        text = tr.t("committed in {plan}", plan=name)
        held = {item: state for item, state in week.states.items() if name in state.plans}
        return [((-(state.size or 0.0), _key(week, item)), item, text) for item, state in held.items()]
    found: dict[int, tuple[tuple[object, ...], int, str]] = {}
    for change in week.changes:
        before, after = change.before, change.after
        if not after.open:
            continue
        begun = after.status is StatusClass.DOING and (before is None or before.status is not StatusClass.DOING)
        old = before.plans if before is not None else frozenset()
        dated = week.book.live(after.plans - old, week.monday) if after.plans != old else frozenset()
        has_day = after.due is not None and after.due >= week.monday and (before is None or before.due is None)
        if not (begun or dated or has_day):
            continue
        day = tr.date(week.day(change.at), "d MMM")
        text = tr.t("started on {day}", day=day) if begun else tr.t("planned on {day}", day=day)
        found[change.item] = ((-(after.size or 0.0), _key(week, change.item)), change.item, text)
    return list(found.values())


def _churn(week: _Week, tr: Translator) -> _Found:
    """What joined or left a plan that was running, the last first."""
    found: dict[int, tuple[tuple[object, ...], int, str]] = {}
    for change in week.changes:
        before, after = change.before, change.after
        old = before.plans if before is not None and before.open else frozenset()
        if not after.open or old == after.plans:
            continue
        for name in sorted(week.book.started(old ^ after.plans, week.monday)):
            day = tr.date(week.day(change.at), "d MMM")
            text = (
                tr.t("added to {plan} on {day}", plan=name, day=day)
                if name in after.plans
                else tr.t("taken from {plan} on {day}", plan=name, day=day)
            )
            found[change.item] = ((-change.at, _key(week, change.item)), change.item, text)
    return list(found.values())


def _unplanned(week: _Week, tr: Translator) -> _Found:
    """What was done and had not been planned; two weeks are taken together where little was done in one."""
    done = [change for change in week.changes if change.finished]
    if len(done) < _LEAST_FINISHED:
        done += [change for change in week.before if change.finished]
    found: _Found = []
    for change in done:
        item = week.tracks.items[change.item]
        age = change.at - item.created_at.timestamp()
        fault = item.kind in FAULT_KINDS and change.after.rank is not None and change.after.rank <= TOP_RANKS
        day = tr.date(week.day(change.at), "d MMM")
        if age <= _YOUNG:
            text = tr.n(
                "done on {day}, {count} day after it came up",
                "done on {day}, {count} days after it came up",
                max(round(age / 86400), 0),
                day=day,
            )
        elif fault:
            text = tr.t("a fault of top priority, done on {day}", day=day)
        elif not change.after.plans and change.after.due is None:
            text = tr.t("done on {day} without a plan", day=day)
        else:
            continue
        found.append(((-change.at, item.key), change.item, text))
    return found


def _volatility(week: _Week, tr: Translator) -> _Found:
    """What changed its day, plan or priority, most often first."""
    moves = [change for change in week.changes if _is_move(change)]
    found: _Found = []
    for item, group in groupby(sorted(moves, key=lambda change: change.item), key=lambda change: change.item):
        count = len(list(group))
        text = tr.n("{count} change of day, plan or priority", "{count} changes of day, plan or priority", count)
        found.append(((-count, _key(week, item)), item, text))
    return found


def _is_move(change: Change) -> bool:
    before, after = change.before, change.after
    if before is None or change.finished:
        return False
    return change.field in _MOVES or (change.field is EventField.PLAN and not before.plans <= after.plans)


def _flow(week: _Week, tr: Translator) -> _Found:
    """What is in work, the longest first."""
    return [
        (
            (at, _key(week, item)),
            item,
            tr.t("in work since {day}", day=tr.date(week.day(at), "d MMM y")),
        )
        for item, at in week.since.items()
    ]


def _priority(week: _Week, tr: Translator) -> _Found:
    """Open planned work of top priority, or the Musts where that method is used; earliest day first."""
    found: _Found = []
    for item, state in week.states.items():
        due = week.due(state)
        is_top = bool(state.must) if week.measured.moscow else state.rank is not None and state.rank <= TOP_RANKS
        if due is not None and is_top:
            found.append(((due, _key(week, item)), item, _due_text(due, state, tr)))
    return found


_FINDERS: dict[Indicator, Callable[[_Week, Translator], _Found]] = {
    Indicator.REQUIRED_RATE: _required,
    Indicator.LOAD: _load,
    Indicator.CHURN: _churn,
    Indicator.UNPLANNED: _unplanned,
    Indicator.VOLATILITY: _volatility,
    Indicator.FLOW: _flow,
    Indicator.TOP_PRIORITY: _priority,
}


def _key(week: _Week, item: int) -> str:
    return week.tracks.items[item].key


def _size(size: float, tr: Translator) -> str:
    return tr.number(size, 0 if abs(size - round(size)) < 0.05 else 1)


def of_team(
    team: str,
    sources: Iterable[tuple[Sequence[WorkItemFact], Sequence[WorkEventFact], Sequence[PlanFact]]],
    zone: dt.tzinfo,
) -> TeamItems:
    """Gather the work of one team from several sources."""
    items: list[WorkItemFact] = []
    events: list[WorkEventFact] = []
    plans: list[PlanFact] = []
    for held, changed, planned in sources:
        items += [item for item in held if item.team == team]
        events += changed
        plans += planned
    return TeamItems(items=items, events=events, plans=plans, zone=zone)
