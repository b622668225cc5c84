"""Turns a change of plan into the required run rate that would follow: arithmetic, not a forecast.

A change is either a group of items that leaves a plan, or a plan that gets a later day. Everything else stays: the
pace of the team, the other plans, and the rules by which R is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reports.pressure.plans import Days
from reports.pressure.scope import DatedWork, OpenItem, Scope, run_rates
from reports.pressure.values import RunRate
from reports.pressure.weeks import WEEK
from surveys.importers.roadmap_model import Moscow, StatusClass

ENOUGH = 1.2
"""A required run rate up to this, as printed with one decimal, is within reach of a usual pace."""

LATER = (1, 2, 4, 8)
"""By how many weeks a single step moves a plan."""

MOST_STEPS = 3


class Group(StrEnum):
    """The groups of items that a leader thinks in."""

    WONT = "wont"
    COULD = "could"
    SHOULD = "should"
    MUST = "must"
    LOWEST = "lowest"
    SECOND_LOWEST = "second_lowest"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A group of items leaves ``plan`` and gives up its own due days; days of other plans that it is in stay."""

    plan: str
    group: Group


@dataclass(frozen=True, kw_only=True)
class Move:
    """``plan`` gets the later day ``to``; own due days of its items stay."""

    plan: str
    to: dt.date


Change = Cut | Move


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One change with the items it is about, their size, and the required run rate after it alone."""

    change: Change
    day: dt.date
    items: tuple[OpenItem, ...]
    size: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What several changes do together: the run rates before and after, and by plan the items that leave it."""

    before: tuple[RunRate, ...]
    after: tuple[RunRate, ...]
    cut: Mapping[str, tuple[OpenItem, ...]]


def items_in(scope: Scope, work: DatedWork, group: Group) -> tuple[OpenItem, ...]:
    """Return the items of a plan that belong to a group, in the order of keys."""
    return tuple(item for item in work.items if _is_in(item, group, scope.low_ranks))


def choices(scope: Scope) -> tuple[Choice, ...]:
    """Return every group of every plan that has items, with its effect alone; by plan, then in the order of groups."""
    return tuple(
        _choice(scope, Cut(plan=work.plan, group=group), work, found)
        for work in scope.work
        for group in Group
        if (found := items_in(scope, work, group))
    )


def effect(scope: Scope, changes: Collection[Change]) -> Effect:
    """Return what ``changes`` do together; of several days for one plan the latest counts.

    Raises ``ValueError`` where a plan is unknown or a day is not later than the one the plan has.
    """
    known = {work.plan: work for work in scope.work}
    later: dict[str, dt.date] = {}
    gone: dict[str, set[str]] = {}
    for change in changes:
        work = known.get(change.plan)
        if work is None:
            raise ValueError("the plan has no open work that R looks at")
        if isinstance(change, Cut):
            gone.setdefault(work.plan, set()).update(item.key for item in items_in(scope, work, change.group))
        elif not work.plan or change.to <= work.day:
            raise ValueError("a known day can only move to a later one")
        else:
            later[work.plan] = max(change.to, later.get(work.plan, change.to))
    left: dict[str, set[str]] = {}
    for plan, keys in gone.items():
        for key in keys:
            left.setdefault(key, set()).add(plan)
    return Effect(
        before=run_rates(scope, _sized(scope.items)),
        after=run_rates(scope, [(_days(item, later, left.get(item.key, ())), item.size) for item in scope.items]),
        cut={plan: tuple(item for item in known[plan].items if item.key in keys) for plan, keys in gone.items()},
    )


def best_choices(scope: Scope, *, limit: float = ENOUGH, most: int = MOST_STEPS) -> tuple[Choice, ...]:
    """Return single steps that bring the required run rate to ``limit`` or lower, the least size first.

    Must-haves are left alone. A plan moves by the least of one, two, four or eight weeks that suffices. Of steps about
    the same items the first counts. Empty where the rate is not above ``limit``, or where no single step suffices.
    """
    if _printed(required(run_rates(scope, _sized(scope.items)))) <= limit:
        return ()
    found = [choice for choice in _steps(scope) if _printed(choice.after) <= limit]
    found.sort(key=_by_size)
    unlike: dict[frozenset[str], Choice] = {}
    for choice in found:
        unlike.setdefault(frozenset(item.key for item in choice.items), choice)
    return tuple(unlike.values())[:most]


def largest_step(scope: Scope) -> Choice | None:
    """Return the single step that lowers the required run rate most, as printed; ``None`` where none lowers it."""
    before = _printed(required(run_rates(scope, _sized(scope.items))))
    found = [choice for choice in _steps(scope) if _printed(choice.after) < before]
    return min(found, key=lambda choice: (_printed(choice.after), *_by_size(choice)), default=None)


def _steps(scope: Scope) -> list[Choice]:
    """Return all cuts but those of Must-haves, and per plan the moves within the sight of R, the shorter first."""
    cuts = [
        choice
        for choice in choices(scope)
        if not (isinstance(choice.change, Cut) and choice.change.group is Group.MUST)
    ]
    moves = [
        _choice(scope, Move(plan=work.plan, to=to), work, work.items)
        for work in scope.work
        if work.plan
        for weeks in LATER
        if scope.sees(to := max(work.day, scope.monday) + WEEK * weeks)
    ]
    return cuts + moves


def _choice(scope: Scope, change: Change, work: DatedWork, items: tuple[OpenItem, ...]) -> Choice:
    after = required(effect(scope, [change]).after)
    return Choice(change=change, day=work.day, items=items, size=sum(item.size for item in items), after=after)


def _by_size(choice: Choice) -> tuple[float, bool, dt.date, str, str]:
    change = choice.change
    to = change.to if isinstance(change, Move) else dt.date.min
    return choice.size, isinstance(change, Move), to, change.plan, str(getattr(change, "group", ""))


def _is_in(item: OpenItem, group: Group, low_ranks: Sequence[int]) -> bool:
    if group is Group.NOT_STARTED:
        return item.status is StatusClass.TODO
    if group is Group.LOWEST:
        return item.rank is not None and item.rank in low_ranks[:1]
    if group is Group.SECOND_LOWEST:
        return item.rank is not None and item.rank in low_ranks[1:]
    return item.moscow is Moscow(group.value)


def _days(item: OpenItem, later: dict[str, dt.date], left: Collection[str]) -> Days:
    """Return the days of an item after its plans moved and it left some of them."""
    if not left and not any(name in later for _, name in item.days):
        return item.days
    kept = [(later.get(name, day), name) for day, name in item.days if not left or (name and name not in left)]
    return tuple(sorted(kept))


def _sized(items: Iterable[OpenItem]) -> list[tuple[Days, float]]:
    return [(item.days, item.size) for item in items]


def _printed(rate: float) -> float:
    return round(rate, 1)


def without(rates: Sequence[RunRate], *, due: dt.date, size: float) -> tuple[RunRate, ...]:
    """Return the run rates after ``size`` that is due on ``due`` has left the scope."""
    return tuple(replace(rate, size=max(rate.size - size, 0.0)) if rate.day >= due else rate for rate in rates)


def moved(rates: Sequence[RunRate], *, monday: dt.date, due: dt.date, to: dt.date) -> tuple[RunRate, ...]:
    """Return the run rates after all that is due on ``due`` has moved to the later day ``to``.

    ``monday`` is the start of the week the run rates are of.
    Raises ``ValueError`` where ``to`` is not later or no run rate is about ``due``.
    """
    ordered = sorted(rates, key=lambda rate: rate.day)
    place = next((number for number, rate in enumerate(ordered) if rate.day == due), None)
    if place is None or to <= due:
        raise ValueError("a known day can only move to a later one")
    own = ordered[place].size - (ordered[place - 1].size if place else 0.0)
    kept = [replace(rate, size=rate.size - own) if due < rate.day < to else rate for rate in ordered if rate.day != due]
    if all(rate.day != to for rate in kept):
        below = max((rate for rate in ordered if rate.day <= to), key=lambda rate: rate.day)
        weeks = max((to - monday).days / 7, 1.0)
        kept.append(replace(ordered[place], day=to, size=below.size, weeks=weeks))
    return tuple(sorted(kept, key=lambda rate: rate.day))


def required(rates: Sequence[RunRate]) -> float:
    """Return the indicator R of the given run rates: their largest ratio, 0 where there is none."""
    return max((rate.rate for rate in rates), default=0.0)
