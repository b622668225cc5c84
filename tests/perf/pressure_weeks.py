"""Makes three years of plans of many teams and prints what their weekly indicators cost, beside reading and sorting.

    python -m tests.perf.pressure_weeks [--teams 100] [--weeks 156] [--items 900] [--nothing-stored]

Half of the teams work in sprints of two weeks, half towards a release a quarter; every item has five changes. Timed are
the pure computation from facts in memory; then, on SQLite, the first run over everything, a run without a change, a
night in which a tenth of the teams changed, and a change of anchors. The floors are sorting the same changes by time,
and reading the same rows with nothing done to them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

from sqlalchemy import text

from app.extensions import Database
from app.schema import upgrade
from reports.pressure.anchors import VERSION_1
from reports.pressure.index import PressureIndex, index_of
from reports.pressure.indicators import weekly
from reports.pressure.weeks import mondays
from reports.services.pressure import compute_pressure
from reports.store.anchors import add_anchors, next_version
from surveys.importers.roadmap_model import (
    EventField,
    PlanFact,
    PlanKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
)
from surveys.models.roadmap import RoadmapSource
from surveys.store import roadmap_writing as writing
from surveys.store.roadmap import PeopleState

START = dt.date(2023, 1, 2)
DAY = dt.timedelta(days=1)
SOURCE = "plan"
Team = tuple[list[WorkItemFact], list[WorkEventFact], list[PlanFact]]


def make_team(name: str, *, weeks: int, items: int, rng: random.Random) -> Team:
    """Return a team that finishes what it starts after one to six weeks, with work left over at the end."""
    in_sprints = int(name[-3:]) % 2 == 0
    length = 14 if in_sprints else 91
    plans = [
        PlanFact(
            name=f"{name} {number}",
            kind=PlanKind.SPRINT if in_sprints else PlanKind.VERSION,
            start=START + number * length * DAY if in_sprints else None,
            due=START + (number + 1) * length * DAY - DAY,
            dates_seen=((START + max(number * length - 60, 0) * DAY, START + (number + 1) * length * DAY - DAY),),
        )
        for number in range(weeks * 7 // length)
    ]
    made, events = [], []
    midnight = dt.datetime.combine(START, dt.time(tzinfo=dt.UTC))
    for number in range(items):
        key = f"{name.upper()}-{number}"
        created = midnight + dt.timedelta(minutes=rng.randrange(weeks * 7 * 24 * 60))
        begun = created + dt.timedelta(hours=rng.randrange(1, 500))
        done = begun + dt.timedelta(hours=rng.randrange(1, 500))
        place = min((begun - midnight).days // length, len(plans) - 1)
        plan, size = plans[place].name, float(rng.randrange(1, 9))
        is_done = (done - midnight).days < weeks * 7
        steps = [
            (created + dt.timedelta(hours=1), EventField.PRIORITY, "3", str(rng.randrange(1, 5))),
            (begun - dt.timedelta(minutes=30), EventField.PLAN, None, plan),
            (begun, EventField.STATUS, "todo", "doing"),
            (begun + (done - begun) / 2, EventField.SIZE, "3.0", str(size)),
        ]
        steps += [(done, EventField.STATUS, "doing", "done")] if is_done else []
        events += [WorkEventFact(item=key, at=at, field=name, old=old, new=new) for at, name, old, new in steps]
        made.append(
            WorkItemFact(
                key=key,
                team=name,
                kind=rng.choice(("story", "story", "bug", "task")),
                created_at=created,
                done_at=done if is_done else None,
                status_class=StatusClass.DONE if is_done else StatusClass.DOING,
                priority_rank=int(steps[0][3] or 3),
                size=size,
                plans=(plan,),
                assignee_hash=f"{name[-3:]}{rng.randrange(8):013x}",
            )
        )
    return made, events, plans


def timed(label: str, run: Callable[[], object]) -> float:
    """Run something, print the processor time it took, and return it."""
    started = time.process_time()
    found = run()
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {label:<58} {seconds:6.2f} s   {found!s:>10}   peak {peak:5.0f} MiB", flush=True)
    return seconds


def in_memory(teams: dict[str, Team], weeks: int) -> None:
    """Time the pure computation beside sorting the same changes."""
    last = START + (7 * weeks - 1) * DAY
    asked = mondays(START, last)

    def floor() -> int:
        for _, events, _ in teams.values():
            sorted(((event.at.timestamp(), event.item) for event in events), key=itemgetter(0))
        return sum(len(events) for _, events, _ in teams.values())

    def indicators() -> int:
        found = 0
        for items, events, plans in teams.values():
            computed = weekly(items, events, plans, weeks=asked, zone=dt.UTC, coverage=(START, last))
            found += sum(isinstance(index_of(week), PressureIndex) for week in computed)
        return found

    least = timed("floor: sort the changes of each team (changes)", floor)
    ours = timed("weekly indicators and index (weeks with an index)", indicators)
    print(f"  ratio {ours / least:.0f}", flush=True)


def store(database: Database, teams: dict[str, Team], weeks: int) -> None:
    """Put everything into the tables as an import does."""
    with database.transaction() as session:
        writing.put_source(
            session,
            RoadmapSource(
                name=SOURCE,
                kind="jira-json",
                covered_from=START,
                covered_to=START + (7 * weeks - 1) * DAY,
                history=sorted(field.value for field in EventField),
                people=PeopleState.HASHED.value,
                file_sha256="0" * 64,
                imported_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
                account={},
                timezone="UTC",
                touched={},
            ),
        )
        for name, (items, events, plans) in teams.items():
            of_item: dict[str, list[WorkEventFact]] = {}
            for event in events:
                of_item.setdefault(event.item, []).append(event)
            writing.add_items(session, SOURCE, [((item, tuple(of_item[item.key])), "") for item in items])
            writing.put_plans(session, SOURCE, plans, {plan.name: [name] for plan in plans})


def stored(database: Database, names: list[str], weeks: int) -> None:
    """Time the whole way on a database, beside reading the same rows."""
    until = START + 7 * weeks * DAY
    zones = dict.fromkeys(names, "Europe/Madrid")

    def floor() -> int:
        changes = "SELECT item, at, field, old, new FROM work_event ORDER BY item, position"
        items = "SELECT key, team, document, assignee_hash FROM work_item"
        with database.reading() as session:
            return len(session.execute(text(changes)).all()) + len(session.execute(text(items)).all())

    def compute() -> int:
        with database.transaction() as session:
            return compute_pressure(session, teams=zones, until=until)

    def touch() -> int:
        with database.transaction() as session:
            source = writing.load_source(session, SOURCE)
            if source is not None:
                source.touched = dict.fromkeys(names[::10], (until - 20 * DAY).isoformat())
        return compute()

    def other_anchors() -> int:
        with database.transaction() as session:
            anchors = replace(VERSION_1, version=next_version(session), busy_from=30.0)
            add_anchors(session, anchors, now=dt.datetime(2026, 1, 5, tzinfo=dt.UTC), by="perf", note="try")
        return compute()

    least = timed("floor: read all rows (rows)", floor)
    ours = timed("first run over everything (weeks)", compute)
    print(f"  ratio {ours / least:.1f}", flush=True)
    timed("again without a change", compute)
    timed("a tenth of the teams touched in the last three weeks", touch)
    timed("other anchors, everything again", other_anchors)


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--items", type=int, default=900)
    parser.add_argument("--nothing-stored", action="store_true")
    arguments = parser.parse_args()
    names = [f"team{number:03}" for number in range(arguments.teams)]
    teams = {
        name: make_team(name, weeks=arguments.weeks, items=arguments.items, rng=random.Random(name)) for name in names
    }
    total = sum(len(events) for _, events, _ in teams.values())
    print(f"{len(names)} teams x {arguments.weeks} weeks, {len(names) * arguments.items} items, {total} changes")
    in_memory(teams, arguments.weeks)
    if arguments.nothing_stored:
        return
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'pressure.db'}")
        upgrade(database)
        store(database, teams, arguments.weeks)
        teams.clear()
        stored(database, names, arguments.weeks)
        database.dispose()


if __name__ == "__main__":
    main()
