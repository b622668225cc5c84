"""Turns teams and a seed into eighteen months of work items with their history, in the columns of the own template.

One week after another: work is planned for the two releases, comes in unasked, is started, finished, moved. The
troubled team's plan changes from a given Monday on: scope is added, days are moved, unplanned work comes in.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.demo.calendar import ROADMAP_WEEKS, Calendar
from app.demo.organisation import Organisation

COLUMNS = (
    *("key", "team", "kind", "created", "started", "done", "due", "plan", "plan_kind", "plan_start", "plan_due"),
    *("priority", "size", "status", "moscow", "assignee"),
)
HISTORY_COLUMNS = ("key", "at", "field", "from", "to")
PLANS = ("Release A", "Release B")
PRIORITIES = ("highest", "high", "medium", "low", "lowest")
PLAN_WEEKS = 22
_PRIORITY_SHARES = (0.03, 0.13, 0.49, 0.25, 0.10)
_MOSCOW = ("must", "should", "could")
_MOSCOW_SHARES = (0.45, 0.35, 0.20)
_SIZES = (1, 2, 3, 5)
_SIZE_SHARES = (0.35, 0.30, 0.22, 0.13)
_CAN_WAIT = 0.35
_GETS_A_DAY = 0.7
_SLIPS = 0.5
_WORKDAY = (9, 17)
_STREAM = 3


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a team works.

    ``done``, ``planned``, ``other``, ``unplanned`` and ``added`` (to a release whose plan has started) are items per
    person and week, ``doing`` items in work per person; ``disturbed`` is the share of open items changed a week by
    each of three ways, ``due_soon`` the share of new items with a day of their own within six weeks.
    """

    done: float = 0.42
    planned: float = 0.20
    other: float = 0.12
    unplanned: float = 0.07
    doing: float = 0.55
    added: float = 0.0
    disturbed: float = 0.012
    due_soon: float = 0.0


QUIET = Pace()
TROUBLED = Pace(done=0.40, planned=0.14, unplanned=0.24, doing=0.95, added=0.25, disturbed=0.09, due_soon=0.2)


@dataclass
class Work:
    """One item in the making; every change of a followed field is also put down in ``history``."""

    key: str
    kind: str
    created: dt.datetime
    priority: int
    size: int
    assignee: str
    plan: int | None = None
    due: dt.date | None = None
    moscow: str = ""
    started: dt.datetime | None = None
    done: dt.datetime | None = None
    history: list[tuple[dt.datetime, str, str, str]] = field(default_factory=list)

    def note(self, at: dt.datetime, name: str, old: str, new: str) -> None:
        """Put down a change that took place at an instant."""
        if old != new:
            self.history.append((at, name, old, new))

    def start(self, at: dt.datetime) -> None:
        """Begin the work."""
        self.started = at
        self.note(at, "status", "to do", "in progress")

    def finish(self, at: dt.datetime) -> None:
        """End the work."""
        self.done = at
        self.note(at, "status", "in progress", "done")

    def replan(self, at: dt.datetime, plan: int | None) -> None:
        """Move the item to another plan, or to none."""
        self.note(at, "plan", _plan_name(self.plan), _plan_name(plan))
        self.plan = plan

    def move(self, at: dt.datetime, due: dt.date) -> None:
        """Give the item another day."""
        self.note(at, "due", self.due.isoformat() if self.due else "", due.isoformat())
        self.due = due

    def rank(self, at: dt.datetime, priority: int) -> None:
        """Give the item another priority."""
        self.note(at, "priority", PRIORITIES[self.priority], PRIORITIES[priority])
        self.priority = priority


@dataclass(frozen=True, kw_only=True)
class Roadmap:
    """The rows of both files without their headers, ordered by key and by time."""

    items: tuple[Sequence[str], ...]
    history: tuple[Sequence[str], ...]


def make_roadmap(organisation: Organisation, *, seed: int, calendar: Calendar) -> Roadmap:
    """Return the roadmap of all teams that deliver."""
    items: list[Sequence[str]] = []
    history: list[tuple[str, ...]] = []
    for team in organisation.shape.leaves:
        board = _Board(organisation, team.key, seed=seed, calendar=calendar)
        for number in range(ROADMAP_WEEKS):
            board.week(calendar.roadmap_from + dt.timedelta(weeks=number))
        items += [_row(work, team.key, calendar) for work in board.works]
        history += [(work.key, _stamp(at), *change) for work in board.works for at, *change in work.history]
    return Roadmap(items=tuple(items), history=tuple(sorted(history, key=lambda row: (row[1], *row))))


class _Board:
    """The board of one team, week by week."""

    def __init__(self, organisation: Organisation, team: str, *, seed: int, calendar: Calendar) -> None:
        self.people = [person for person in organisation.people if person.team == team]
        self.generator = np.random.default_rng([seed, _STREAM, zlib.crc32(team.encode())])
        self.prefix = "".join(part[:4] for part in team.upper().split("-"))
        self.calendar = calendar
        self.is_troubled = team == organisation.shape.troubled
        self.works: list[Work] = []
        self.staff: list[str] = []

    def week(self, monday: dt.date) -> None:
        """Let one week pass."""
        self.staff = [p.identity.email for p in self.people if p.is_there(monday)] or ["nobody@example.org"]
        troubled_now = self.is_troubled and monday >= self.calendar.trouble_on
        pace = TROUBLED if troubled_now else QUIET
        self._roll_over(monday)
        self._plan_release(monday)
        self._create(monday, pace)
        self._disturb(monday, pace)
        self._slip(monday)
        self._descope(monday, share=_CAN_WAIT / 2 if troubled_now else _CAN_WAIT)
        self._finish(monday, pace)
        self._start(monday, pace)

    def _create(self, monday: dt.date, pace: Pace) -> None:
        heads = len(self.staff)
        running = self._running(monday)
        for _ in range(self._count(pace.planned * heads)):
            work = self._add(monday, kind="story", plan=running)
            work.moscow = self._pick(_MOSCOW, _MOSCOW_SHARES) if running is not None else ""
            if self.generator.random() < pace.due_soon:
                work.due = monday + dt.timedelta(days=int(self.generator.integers(18, 40)))
        for _ in range(self._count(pace.other * heads)):
            work = self._add(monday, kind="task", plan=None)
            work.due = monday + dt.timedelta(days=int(self.generator.integers(30, 80)))
        for _ in range(self._count(pace.added * heads)):
            if running is not None:
                work = self._add(monday, kind="story", plan=None, priority=1)
                work.replan(work.created + dt.timedelta(hours=2), running)
                work.moscow = "must"
        for _ in range(self._count(pace.unplanned * heads)):
            work = self._add(monday, kind="bug", plan=None, priority=int(self.generator.random() < 0.6))
            begun = work.created + dt.timedelta(hours=int(self.generator.integers(1, 6)))
            work.start(begun)
            work.finish(begun + dt.timedelta(hours=int(self.generator.integers(2, 50))))

    def _plan_release(self, monday: dt.date) -> None:
        """Fill the backlog of a release in the week before its plan starts."""
        for plan in range(len(PLANS)):
            if self._starts(plan) - dt.timedelta(weeks=1) <= monday < self._starts(plan):
                for _ in range(round(self.generator.normal(3.3, 0.4) * len(self.staff))):
                    self._add(monday, kind="story", plan=plan).moscow = self._pick(_MOSCOW, _MOSCOW_SHARES)

    def _roll_over(self, monday: dt.date) -> None:
        """Move what a release left undone to the next one, in the week after its day."""
        for plan, day in enumerate(self.calendar.releases):
            if monday - dt.timedelta(weeks=1) <= day < monday:
                for work in self._open():
                    if work.plan == plan:
                        work.replan(self._moment(monday), plan + 1 if plan + 1 < len(PLANS) else None)
                        work.moscow = work.moscow if work.plan is not None else ""

    def _slip(self, monday: dt.date) -> None:
        """Give later days to work whose own day has passed."""
        for work in self._open():
            if work.due is not None and work.due < monday and self.generator.random() < _SLIPS:
                work.move(self._moment(monday), monday + dt.timedelta(days=int(self.generator.integers(14, 35))))

    def _descope(self, monday: dt.date, *, share: float) -> None:
        """Take out of a release what can wait, in the three weeks before its day."""
        for plan, day in enumerate(self.calendar.releases):
            if not monday <= day < monday + dt.timedelta(weeks=3):
                continue
            for work in self._open():
                can_wait = work.plan == plan and work.started is None and work.moscow in {"should", "could"}
                if can_wait and self.generator.random() < share:
                    work.replan(self._moment(monday), plan + 1 if plan + 1 < len(PLANS) else None)

    def _disturb(self, monday: dt.date, pace: Pace) -> None:
        for work in self._open():
            if work.created.date() >= monday or self.generator.random() >= 3 * pace.disturbed:
                continue
            kind = int(self.generator.integers(3))
            at = self._moment(monday)
            if kind == 0:
                work.rank(at, max(0, work.priority - 1) if pace is TROUBLED else int(self.generator.integers(1, 5)))
            elif kind == 1 and work.due is not None:
                days = int(self.generator.integers(5, 15))
                work.move(at, work.due + dt.timedelta(days=-days if pace is TROUBLED else days))
            elif pace is TROUBLED and self.generator.random() < _GETS_A_DAY:
                work.move(at, monday + dt.timedelta(days=int(self.generator.integers(14, 42))))

    def _finish(self, monday: dt.date, pace: Pace) -> None:
        doing = [work for work in self._open() if work.started is not None]
        doing.sort(key=lambda work: (work.started, work.key))
        for work in doing[: self._count(pace.done * len(self.staff))]:
            at = self._moment(monday)
            work.finish(max(at, (work.started or at) + dt.timedelta(hours=4)))

    def _start(self, monday: dt.date, pace: Pace) -> None:
        opened = self._open()
        limit = round(self.generator.normal(pace.doing * len(self.staff), 0.8))
        room = limit - sum(work.started is not None for work in opened)
        waiting = [work for work in opened if work.started is None and work.created.date() < monday]
        waiting.sort(key=lambda work: (self._due(work) or dt.date.max, work.priority, work.created, work.key))
        for work in waiting[: max(room, 0)]:
            last = max((at for at, *_ in work.history), default=work.created)
            work.start(max(self._moment(monday), last + dt.timedelta(hours=1)))

    def _due(self, work: Work) -> dt.date | None:
        days = [self.calendar.releases[work.plan]] if work.plan is not None else []
        return min([*days, work.due] if work.due else days, default=None)

    def _open(self) -> list[Work]:
        return [work for work in self.works if work.done is None]

    def _running(self, monday: dt.date) -> int | None:
        """Return the release that is planned for now, or None between two."""
        for plan, day in enumerate(self.calendar.releases):
            if self._starts(plan) <= monday <= day - dt.timedelta(weeks=2):
                return plan
        return None

    def _starts(self, plan: int) -> dt.date:
        return plan_start(self.calendar, plan)

    def _add(self, monday: dt.date, *, kind: str, plan: int | None, priority: int | None = None) -> Work:
        drawn = int(self.generator.choice(len(PRIORITIES), p=_PRIORITY_SHARES))
        work = Work(
            key=f"{self.prefix}-{len(self.works) + 1}",
            kind=kind,
            created=self._moment(monday),
            priority=drawn if priority is None else priority,
            size=int(self.generator.choice(_SIZES, p=_SIZE_SHARES)),
            assignee=self.staff[int(self.generator.integers(len(self.staff)))],
            plan=plan,
        )
        self.works.append(work)
        return work

    def _moment(self, monday: dt.date) -> dt.datetime:
        day = monday + dt.timedelta(days=int(self.generator.integers(5)))
        clock = dt.time(int(self.generator.integers(*_WORKDAY)), int(self.generator.integers(60)))
        return dt.datetime.combine(day, clock, tzinfo=dt.UTC)

    def _count(self, mean: float) -> int:
        return int(self.generator.poisson(mean))

    def _pick(self, choices: Sequence[str], shares: Sequence[float]) -> str:
        return choices[int(self.generator.choice(len(choices), p=shares))]


def plan_start(calendar: Calendar, plan: int) -> dt.date:
    """Return the Monday on which the plan of a release starts."""
    day = calendar.releases[plan] - dt.timedelta(weeks=PLAN_WEEKS)
    return day - dt.timedelta(days=day.weekday())


def _row(work: Work, team: str, calendar: Calendar) -> Sequence[str]:
    status = "done" if work.done else "in progress" if work.started else "to do"
    return (
        work.key,
        team,
        work.kind,
        _stamp(work.created),
        _stamp(work.started),
        _stamp(work.done),
        work.due.isoformat() if work.due else "",
        _plan_name(work.plan),
        "" if work.plan is None else "version",
        "" if work.plan is None else plan_start(calendar, work.plan).isoformat(),
        "" if work.plan is None else calendar.releases[work.plan].isoformat(),
        PRIORITIES[work.priority],
        str(work.size),
        status,
        work.moscow,
        work.assignee,
    )


def _plan_name(plan: int | None) -> str:
    return "" if plan is None else PLANS[plan]


def _stamp(at: dt.datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="minutes")
