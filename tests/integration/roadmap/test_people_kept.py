"""No import opens the weeks of two people, and no nightly sync hides those of a sound team."""

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from itertools import chain

import pytest
from sqlalchemy import text

from app.extensions import Database
from app.schema import upgrade
from reports.services.pressure import compute_pressure
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
from surveys.services.roadmap import ImportMode, import_roadmap

START = dt.date(2025, 1, 6)
DAY = dt.timedelta(days=1)
END = START + 210 * DAY
NOW = dt.datetime(2025, 8, 11, 9, tzinfo=dt.UTC)
ZONES = dict.fromkeys(("blue", "red"), "Europe/Madrid")
PLANS = (PlanFact(name="X", kind=PlanKind.VERSION, due=START + 190 * DAY),)
TWO, FOUR = "ab", "abce"


def at(day):
    return dt.datetime.combine(START, dt.time(10, tzinfo=dt.UTC)) + day * DAY


def item(key, team, day, *, done=None, who=None):
    return WorkItemFact(
        key=key,
        team=team,
        kind="story",
        created_at=at(day),
        done_at=None if done is None else at(done),
        status_class=StatusClass.DONE if done is not None else StatusClass.TODO,
        priority_rank=1 + day % 3,
        plans=("X",),
        areas=("x",),
        assignee_hash=who,
    )


def flow(team, people, *, prefix="A", last=200):
    """An item every second day, done nine days later, by each of ``people`` in turn."""
    return [
        item(f"{prefix}-{n}", team, 2 * n, done=2 * n + 9 if 2 * n + 9 < last else None, who=people[n % len(people)])
        for n in range(min(90, last // 2))
    ]


def nameless(items):
    return [replace(one, assignee_hash=None) for one in items]


def step(key, day, old, new):
    return WorkEventFact(item=key, at=at(day), field=EventField.STATUS, old=old, new=new)


class Desk:
    """A database into which files come, one day after the other."""

    def __init__(self, session):
        self.session, self.now = session, NOW

    def bring(self, items, *, name="one", mode=ImportMode.REPLACE, zones=ZONES, compute=True, people=None, **facts):
        told = {"covered_from": START, "covered_to": END, "plans": PLANS, "events": ()} | facts
        file = RoadmapFile(
            kind=SourceKind.JIRA_JSON,
            items=tuple(items),
            history=frozenset(EventField),
            **{**told, "events": sort_events(list(told["events"]))},
        )
        import_roadmap(
            self.session, file, name=name, file_sha256="0" * 64, now=self.now, mode=mode, assignees=people or {}
        )
        self.now += DAY
        if compute:
            self.compute(zones)

    def sync(self, items, **facts):
        self.bring(items, mode=ImportMode.UPSERT, **facts)

    def compute(self, zones=ZONES):
        compute_pressure(self.session, teams=zones, until=max(END, self.now.date()))

    def weeks(self, team="blue"):
        query = text("SELECT week, document FROM pressure_week WHERE team = :team ORDER BY week")
        rows = self.session.execute(query, {"team": team})
        return {dt.date.fromisoformat(str(week)): json.loads(document) for week, document in rows}

    def people(self, team="blue"):
        return Counter(week["people"] for week in self.weeks(team).values())


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('people') / 'plan.db'}")
    upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def desk(stored):
    with stored.transaction() as session:
        yield Desk(session)
        session.rollback()


HIDDEN = {"too_few": 30}


# -- no import opens a hidden week


def test_a_file_without_assignees_opens_nothing(desk):
    items = flow("blue", TWO)
    desk.bring(items)
    assert desk.people() == HIDDEN
    items[10] = replace(items[10], priority_rank=4)
    desk.bring(nameless(items))
    assert desk.people() == HIDDEN


@pytest.mark.parametrize("between", [True, False])
def test_items_that_move_to_another_source_without_assignees_stay_hidden(desk, between):
    desk.bring(flow("blue", TWO))
    desk.bring([], compute=between)
    desk.bring(nameless(flow("blue", TWO)), name="two")
    assert desk.people() == HIDDEN


def test_a_team_that_was_retired_comes_back_hidden(desk):
    others = flow("blue", FOUR, prefix="O")
    desk.bring([*flow("red", TWO), *others])
    desk.compute({"blue": "UTC"})
    desk.sync([replace(others[80], priority_rank=4)], compute=False)
    desk.compute()
    assert desk.people("red") == HIDDEN


def test_items_that_move_to_another_team_without_assignees_stay_hidden(desk):
    desk.bring([*flow("red", TWO), *flow("green", FOUR, prefix="O")], zones={**ZONES, "green": "UTC"})
    others = flow("green", FOUR, prefix="O")
    desk.sync([*nameless(flow("blue", TWO)), others[3]], zones={**ZONES, "green": "UTC"})
    assert desk.people("blue") == HIDDEN


def test_one_person_under_two_names_is_not_two_people(desk):
    desk.bring(flow("blue", ("a", "b")))
    desk.bring(flow("blue", ("a2", "b2"), prefix="G"), name="two")
    assert desk.people() == HIDDEN


def test_a_source_that_never_named_anybody_says_that_it_does_not_know(desk):
    desk.bring(nameless(flow("blue", TWO)))
    assert desk.people() == {"unknown": 30}


# -- what was counted, and the changes after it


def third_person(*events, status=StatusClass.DOING):
    return replace(item("C-1", "blue", 0, who="c"), status_class=status), list(events)


@pytest.mark.parametrize("who", ["c", None])
def test_a_third_person_who_turns_out_to_have_stopped_early_hides_the_weeks_after_it(desk, who):
    began, stopped = step("C-1", 1, "todo", "doing"), step("C-1", 4, "doing", "todo")
    long, short = third_person(began), third_person(began, stopped, status=StatusClass.TODO)
    desk.bring([*flow("blue", TWO), long[0]], events=long[1])
    assert desk.people() == {"enough": 30}
    desk.sync([replace(short[0], assignee_hash=who)], events=short[1])
    assert desk.people()["too_few"] == 29
    desk.bring([*flow("blue", TWO), short[0]], events=short[1])
    assert desk.people() == {"enough": 9, "too_few": 21}


@pytest.mark.parametrize("gone", ["team", "history"])
def test_an_item_whose_past_is_another_now_hides_the_weeks_it_was_in(desk, gone):
    item_, events = third_person(step("C-1", 1, "todo", "doing"))
    desk.bring([*flow("blue", TWO), item_], events=events)
    if gone == "team":
        desk.sync([replace(item_, team="red")], events=events)
    else:
        desk.sync([replace(item_, status_class=StatusClass.TODO)])
    assert desk.people() == HIDDEN


def test_nightly_syncs_of_a_sound_team_hide_nothing(desk):
    """Every night work is opened again, sized, moved to another area or taken from somebody, and new work begins."""
    held = {one.key: one for one in flow("blue", FOUR, last=100)}
    events = {key: [step(key, (one.done_at - at(0)).days, "todo", "done")] for key, one in held.items() if one.done_at}
    desk.now = at(101)
    desk.bring(held.values(), events=chain.from_iterable(events.values()), covered_to=START + 100 * DAY)
    weeks = len(desk.weeks())
    assert desk.people() == {"enough": weeks}
    for day in range(101, 130):
        old, late, new = f"A-{day - 100}", f"A-{day - 90}", f"N-{day}"
        events[old] = [*events[old], step(old, day, "done", "doing")]
        held[old] = replace(held[old], done_at=None, status_class=StatusClass.DOING, areas=("y",), size=float(day))
        held[late] = replace(held[late], kind="bug", assignee_hash=None)
        held[new] = item(new, "blue", day, who=FOUR[day % 4])
        named = (old, late, new)
        desk.now = at(day + 1)
        told = [event for key in named for event in events.get(key, ())]
        people = {  # of items changed within 70 days, as the tools are asked for them
            key: one.assignee_hash
            for key, one in held.items()
            if one.assignee_hash and (one.done_at is None or one.done_at >= at(day - 70))
        }
        desk.sync([held[key] for key in named], events=told, covered_to=START + day * DAY, people=people)
    assert len(desk.weeks()) == weeks + 4
    assert desk.people() == {"enough": weeks + 4}


def test_a_change_of_assignees_alone_is_counted_again(desk):
    items = flow("blue", FOUR)
    desk.bring(items)
    assert desk.people() == {"enough": 30}
    desk.bring([replace(one, assignee_hash="a") if n < 60 else one for n, one in enumerate(items)])
    assert desk.people()["too_few"] >= 15


# -- two sources


def test_a_week_is_covered_only_where_every_source_speaks_about_it(desk):
    desk.bring(flow("blue", FOUR, last=104), covered_to=START + 104 * DAY)
    both = desk.weeks()
    desk.bring([item("G-1", "blue", 0, done=5, who="a")], name="two")
    found = desk.weeks()
    silent = [week for week in found if week > START + 98 * DAY]
    assert len(silent) == 15
    assert all(found[week].get("index") is None for week in silent)
    assert sum(found[week].get("index") is not None for week in both) >= 5


def test_a_plan_of_one_source_is_not_the_plan_of_that_name_in_another(desk):
    later = (replace(PLANS[0], due=START + 400 * DAY),)
    desk.bring(flow("blue", FOUR), compute=False)
    desk.bring([item("G-1", "blue", 0, who="a")], name="two", plans=later)
    week = desk.weeks()[START + 140 * DAY]
    assert {rate[0] for rate in week["rates"]} == {PLANS[0].due.isoformat()}
    assert {name for rate in week["rates"] for name in rate[4:]} == {"X"}


def test_weeks_that_a_shorter_file_no_longer_covers_are_gone_or_empty(desk):
    desk.bring(flow("blue", FOUR))
    desk.bring(flow("blue", FOUR, last=100), covered_to=START + 100 * DAY)
    assert max(desk.weeks()) < START + 100 * DAY


# -- priorities


def test_one_classed_item_changes_no_week_before_it(desk):
    desk.bring(flow("blue", FOUR))
    before = desk.weeks()[START + 119 * DAY]["values"]["P"]
    could = replace(item("M-1", "blue", 195, who="a"), moscow=Moscow.COULD)
    desk.bring([*flow("blue", FOUR), could])
    assert desk.weeks()[START + 119 * DAY]["values"]["P"] == before
