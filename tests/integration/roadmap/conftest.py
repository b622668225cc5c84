"""A plan of three teams over a year: one release a quarter, a crunch before the last one, one team of two people."""

from __future__ import annotations

import datetime as dt

import pytest

from surveys.importers.roadmap_model import (
    EventField,
    PlanFact,
    PlanKind,
    RoadmapFile,
    SourceKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
    sort_events,
)

START = dt.date(2025, 1, 6)
WEEKS = 40
CRUNCH = 30
RELEASE = START + dt.timedelta(weeks=38)
PEOPLE = {"pay": 4, "web": 5, "ops": 2}
NOW = dt.datetime(2025, 10, 20, 9, tzinfo=dt.UTC)
END = START + dt.timedelta(weeks=WEEKS, days=-1)


def instant(week: int, day: int = 0, hour: int = 10) -> dt.datetime:
    """An instant of the plan, in UTC."""
    return dt.datetime.combine(START, dt.time(hour, tzinfo=dt.UTC)) + dt.timedelta(weeks=week, days=day)


class Plan:
    """Collects items and events of a plan and makes the file of it."""

    def __init__(self) -> None:
        self.items: list[WorkItemFact] = []
        self.events: list[WorkEventFact] = []

    def add(
        self, team: str, week: int, *, done: int | None, plan: str | None, person: int | None, rank: int = 3
    ) -> None:
        """Add an item created and started in ``week`` and done in week ``done``."""
        key = f"{team.upper()}-{len(self.items) + 1}"
        hashed = None if person is None else f"{team}{person:014d}"[-16:]
        self.items.append(
            WorkItemFact(
                key=key,
                team=team,
                kind="story",
                created_at=instant(week),
                done_at=None if done is None else instant(done, 3),
                status_class=StatusClass.DOING if done is None else StatusClass.DONE,
                priority_rank=rank,
                plans=(plan,) if plan else (),
                assignee_hash=hashed,
            )
        )
        moves = [(EventField.STATUS, "todo", "doing", 1), (EventField.ASSIGNEE, None, hashed, 1)]
        moves += [(EventField.PLAN, None, plan, 2)] if plan else []
        for field, old, new, day in moves:
            if new is not None:
                self.events.append(WorkEventFact(item=key, at=instant(week, day), field=field, old=old, new=new))
        if done is not None:
            self.events.append(
                WorkEventFact(item=key, at=instant(done, 3), field=EventField.STATUS, old="doing", new="done")
            )

    def file(self, **changes: object) -> RoadmapFile:
        """Return the file, with changes to its fields."""
        fields: dict[str, object] = {
            "kind": SourceKind.CSV,
            "covered_from": START,
            "covered_to": END,
            "items": tuple(sorted(self.items, key=lambda item: item.key)),
            "events": sort_events(self.events),
            "plans": (release(RELEASE),),
            "history": frozenset(EventField),
        }
        return RoadmapFile(**(fields | changes))  # type: ignore[arg-type]


def release(due: dt.date, seen: dt.date | None = None) -> PlanFact:
    """The last release of the plan, due on a day that was seen on another."""
    return PlanFact(name="4.2", kind=PlanKind.VERSION, due=due, dates_seen=((seen, due),) if seen else ())


def plan_of(people: dict[str, int]) -> Plan:
    """Each team finishes three items a week; from the crunch on it takes on nine a week for the release."""
    plan = Plan()
    for team, count in people.items():
        for week in range(WEEKS):
            busy = week >= CRUNCH and team != "web"
            for number in range(9 if busy else 3):
                person = None if not count else (week + number) % count
                is_done = number < 3 and week + 1 < WEEKS
                plan.add(
                    team,
                    week,
                    done=week + 1 if is_done else None,
                    plan="4.2" if busy or number == 0 else None,
                    person=person,
                    rank=1 if busy and number > 5 else 3,
                )
    return plan


@pytest.fixture
def plan() -> Plan:
    """The plan of three teams."""
    return plan_of(PEOPLE)
