"""Computing only the weeks that a change reaches gives the rows that computing everything gives, whatever changed."""

import datetime as dt
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.extensions import Database
from app.schema import upgrade
from reports.pressure.anchors import VERSION_1
from reports.services.pressure import compute_pressure
from reports.store.anchors import add_anchors, next_version
from reports.store.pressure import People
from surveys.importers.roadmap_model import (
    EventField,
    Moscow,
    PlanFact,
    PlanKind,
    RoadmapFile,
    SourceKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
    sort_events,
)
from surveys.models.roadmap import CalendarDay
from surveys.services.roadmap import ImportMode, import_roadmap

START = dt.date(2025, 1, 6)
WEEKS = 30
DAY = dt.timedelta(days=1)
TEAMS = ("blue", "red")
PLANS = ("1.0", "2.0", "S1", "S2", "S3", "S4", "S5")
NOW = dt.datetime(2025, 8, 11, 9, tzinfo=dt.UTC)


def instant(rng, first=0, last=WEEKS * 7):
    day = dt.datetime.combine(START, dt.time(tzinfo=dt.UTC)) + rng.randrange(first, last) * DAY
    return day + dt.timedelta(minutes=rng.randrange(24 * 60))


def some_plan(rng, name):
    if name.startswith("S"):
        start = START + 28 * (int(name[1:]) + 1) * DAY
        return PlanFact(name=name, kind=PlanKind.SPRINT, start=start, due=start + rng.choice((13, 20, 27)) * DAY)
    due = rng.choice((None, START + rng.randrange(WEEKS * 7 + 60) * DAY))
    return PlanFact(name=name, kind=PlanKind.VERSION, due=due, start=rng.choice((None, START + 40 * DAY)))


def some_item(rng, key, team, *, created=None):
    """An item with a chain of changes that fits its last state."""
    created = created or instant(rng, 0, WEEKS * 7 - 14)
    at, status, plans, rank, size, due, events = created, "todo", set(), 3, 2.0, None, []

    def tell(field, old, new):
        events.append(WorkEventFact(item=key, at=at, field=EventField(field), old=old, new=new))

    for _ in range(rng.randrange(6)):
        at = at + dt.timedelta(hours=rng.randrange(1, 700))
        what = rng.choice(("status", "status", "plan", "plan", "priority", "size", "due"))
        if what == "status":
            old, status = status, rng.choice(("todo", "doing", "doing"))
            if old != status:
                tell("status", old, status)
        elif what == "plan":
            name = rng.choice(PLANS)
            tell("plan", name if name in plans else None, None if name in plans else name)
            plans ^= {name}
        elif what == "priority":
            old, rank = rank, rng.randrange(1, 5)
            tell("priority", str(old), str(rank))
        elif what == "size":
            old, size = size, float(rng.randrange(1, 9))
            tell("size", str(old), str(size))
        else:
            old, due = due, START + rng.randrange(WEEKS * 7) * DAY
            tell("due", None if old is None else old.isoformat(), due.isoformat())
    done = rng.choice((None, at + dt.timedelta(hours=rng.randrange(1, 300))))
    item = WorkItemFact(
        key=key,
        team=team,
        kind=rng.choice(("bug", "story")),
        created_at=created,
        done_at=done,
        status_class=StatusClass.DONE if done else StatusClass(status),
        priority_rank=rank,
        size=size,
        plans=tuple(sorted(plans)),
        due=due,
        areas=(rng.choice("xyz"),),
        assignee_hash=f"{rng.randrange(7):016x}",
    )
    return item, tuple(events)


class World:
    """A source that changes at random, as a tool does between two exports."""

    def __init__(self, rng):
        self.rng = rng
        self.items = {}
        self.plans = {name: some_plan(rng, name) for name in PLANS[: rng.randrange(2, len(PLANS) + 1)]}
        self.covered = [START - 3 * DAY, START + (WEEKS * 7 - 20) * DAY]
        self.history = frozenset(EventField)
        self.named = set()
        for number in range(40):
            self.put(f"A-{number}", TEAMS[number % 2])

    def put(self, key, team, **more):
        held = self.items.get(key)
        item, events = some_item(self.rng, key, team, **more)
        if held is not None:
            item = replace(item, assignee_hash=held[0].assignee_hash)
        self.items[key] = item, events
        self.named.add(key)

    def change(self):
        """Change one thing, as likely an item as anything else."""
        key = self.rng.choice(sorted(self.items))
        kind = self.rng.choice((self.change_item, self.change_item, self.change_plan, self.change_source))
        kind(key, *self.items[key])

    def change_item(self, key, item, events):
        what = self.rng.choice(("add", "remake", "end", "end", "gone", "team", "due", "moscow", "person", "person"))
        if what == "add":
            self.put(f"B-{len(self.items)}-{self.rng.randrange(10**6)}", self.rng.choice(TEAMS))
        elif what == "remake":
            self.put(key, item.team)
        elif what == "end" and item.done_at is None:
            at = max([item.created_at, *(event.at for event in events)]) + self.rng.randrange(1, 16) * DAY
            done = WorkEventFact(item=key, at=at, field=EventField.STATUS, old=item.status_class.value, new="done")
            self.set(replace(item, done_at=at, status_class=StatusClass.DONE), (*events, done))
        elif what == "gone":
            del self.items[key]
        elif what == "team":
            self.set(replace(item, team=self.rng.choice(TEAMS)), events)
        elif what == "due" and not any(event.field is EventField.DUE for event in events):
            self.set(replace(item, due=START + self.rng.randrange(WEEKS * 7) * DAY), events)
        elif what == "person":
            self.reassign(self.rng.choice((1, 5, len(self.items))), f"{self.rng.randrange(7):016x}")
        elif what == "moscow":
            self.set(replace(item, moscow=self.rng.choice((None, Moscow.MUST))), events)

    def reassign(self, count, person):
        """Give some items to one person, and nothing else; half of the tools tell when that was."""
        for key in self.rng.sample(sorted(self.items), count):
            item, events = self.items[key]
            if self.rng.random() < 0.5:
                told = {"item": key, "at": NOW, "field": EventField.ASSIGNEE, "old": item.assignee_hash, "new": person}
                events = (*events, WorkEventFact(**told))
            self.set(replace(item, assignee_hash=person), events)

    def change_plan(self, *_):
        name, other = self.rng.choice(sorted(self.plans)), self.rng.choice(PLANS)
        plan = self.plans[name]
        what = self.rng.choice(("new", "move", "end"))
        if what == "new":
            self.plans[other] = some_plan(self.rng, other)
        elif what == "move" and plan.due is not None:
            self.plans[name] = replace(plan, due=plan.due + self.rng.choice((-7, 7, 14)) * DAY)
        elif plan.due is not None:
            self.plans[name] = replace(plan, done_at=plan.due - self.rng.randrange(5) * DAY)

    def change_source(self, *_):
        what = self.rng.randrange(4)
        if what == 0:
            self.covered[1] += self.rng.randrange(8) * DAY
        elif what == 1:
            self.covered[self.rng.randrange(2)] -= self.rng.randrange(9) * DAY
        elif what == 2:
            self.history = self.rng.choice((frozenset(EventField), frozenset({EventField.STATUS})))

    def set(self, item, events):
        self.items[item.key] = item, events
        self.named.add(item.key)

    def file(self, keys=None):
        told = [self.items[key] for key in sorted(self.items) if keys is None or key in keys]
        self.named = set()
        return RoadmapFile(
            kind=SourceKind.JIRA_JSON,
            covered_from=self.covered[0],
            covered_to=self.covered[1],
            items=tuple(item for item, _ in told),
            events=sort_events([event for _, events in told for event in events]),
            plans=tuple(self.plans[name] for name in sorted(self.plans)),
            history=self.history,
        )


def rows(session):
    return session.execute(text("SELECT team, week, document FROM pressure_week ORDER BY team, week")).all()


def differences(one, two):
    first, second = ({row[:2]: row[2] for row in found} for found in (one, two))
    return {
        key: (first.get(key), second.get(key))
        for key in sorted(first.keys() | second.keys())
        if first.get(key) != second.get(key)
    }


def compute_both_ways(session, zones, until):
    """Compute what is stale, then everything from the same state, and compare; the first is what stays."""
    attempt = session.begin_nested()
    session.execute(text("UPDATE pressure_team SET computed_with = ''"))
    compute_pressure(session, teams=zones, until=until)
    whole = rows(session)
    attempt.rollback()
    session.expire_all()
    compute_pressure(session, teams=zones, until=until)
    partial = rows(session)
    assert differences(whole, partial) == {}
    session.execute(text("UPDATE pressure_team SET computed_with = ''"))
    compute_pressure(session, teams=zones, until=until)
    assert differences(rows(session), partial) == {}


def edit_setting(session, rng, zones):
    """Now and then change what lies beside the items: days off, anchors, the zone of a team."""
    what = rng.randrange(9)
    if what == 0:
        day = START + rng.randrange(WEEKS * 7) * DAY
        team = rng.choice(("", *TEAMS))
        session.merge(CalendarDay(source="hand", team=team, day=day, kind="holiday"))
        session.flush()
    elif what == 1:
        own = replace(VERSION_1, version=next_version(session), split=rng.random() < 0.7, busy_from=30.0)
        add_anchors(session, own, now=NOW, by="test", note="try")
    elif what == 2:
        zones[rng.choice(TEAMS)] = rng.choice(("Europe/Madrid", "Pacific/Auckland", "America/Lima"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('incremental') / 'plan.db'}")
    upgrade(database)
    yield database
    database.dispose()


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_incremental_and_full_computing_give_the_same_rows(fresh, seed):
    history(fresh, seed)


def history(database, seed, steps=5):
    rng = random.Random(seed)
    worlds = {"one": World(rng)}
    if rng.random() < 0.3:
        worlds["two"] = World(rng)
    zones = dict.fromkeys(TEAMS, "Europe/Madrid")
    with database.transaction() as session:
        now = NOW
        for step in range(steps):
            for name, world in worlds.items():
                if step:
                    for _ in range(rng.randrange(3)):
                        world.change()
                is_partial = step > 0 and rng.random() < 0.4
                import_roadmap(
                    session,
                    world.file(world.named if is_partial else None),
                    name=name,
                    file_sha256="0" * 64,
                    now=now,
                    mode=ImportMode.UPSERT if is_partial else ImportMode.REPLACE,
                )
            edit_setting(session, rng, zones)
            until = rng.choice((now.date(), now.date(), START + rng.randrange(70, WEEKS * 7) * DAY))
            compute_both_ways(session, zones, until)
            now += dt.timedelta(days=rng.randrange(1, 9))
        session.rollback()


def test_a_file_that_differs_in_assignees_alone_withholds_the_weeks_of_one_person(fresh):
    """Four people, then the same items all of one of them: nobody may read that one person's weeks."""
    rng = random.Random(7)
    zones = dict.fromkeys(TEAMS, "Europe/Madrid")

    def states(session):
        return {
            row[0]
            for row in session.execute(
                text("SELECT json_extract(document, '$.people') FROM pressure_week WHERE team = 'blue'")
            )
        }

    def bring_in(session, world, now):
        account = import_roadmap(session, world.file(), name="one", file_sha256="0" * 64, now=now)
        compute_pressure(session, teams=zones, until=now.date())
        return account

    with fresh.transaction() as session:
        world = World(rng)
        for number, key in enumerate(sorted(world.items)):
            world.set(replace(world.items[key][0], assignee_hash=f"{number // 2 % 4:016x}"), world.items[key][1])
        bring_in(session, world, NOW)
        assert People.ENOUGH in states(session)
        again = bring_in(session, world, NOW + DAY)
        assert again.touched == {}
        for key in sorted(world.items):
            world.set(replace(world.items[key][0], assignee_hash=f"{0:016x}"), world.items[key][1])
        account = bring_in(session, world, NOW + 2 * DAY)
        assert set(account.touched) == set(TEAMS)
        assert states(session) == {People.TOO_FEW}
        session.rollback()
