"""Imports that replace and imports that add: what is written, which weeks they touch, and whose hashes come back."""

import datetime as dt
import io
from dataclasses import replace

import pytest
from sqlalchemy import text

from surveys.errors import InvalidInput
from surveys.importers.roadmap_formats import read_upload
from surveys.importers.roadmap_map import RoadmapMap, TeamRule
from surveys.importers.roadmap_model import (
    EventField,
    PlanFact,
    PlanKind,
    RoadmapFile,
    SourceKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
)
from surveys.importers.roadmap_raw import Reading
from surveys.models.organisation import Team
from surveys.models.roadmap import RoadmapSource
from surveys.services import roadmap_assignees
from surveys.services.roadmap import ImportMode, import_roadmap
from surveys.services.roadmap_feeds import feeds_of
from surveys.services.roadmap_maps import save_map, saved_map
from surveys.store import calendar_days
from surveys.store import roadmap as store

NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
AT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
TABLES = ("roadmap_source", "work_item", "work_event", "roadmap_plan", "plan_date_seen")


@pytest.fixture(autouse=True)
def marks_of_small_groups(monkeypatch):
    """The teams here have two or three items, whose assignees no mark would be kept of."""
    monkeypatch.setattr(roadmap_assignees, "SMALLEST_GROUP", 1)


def item(key, team="blue", *, created=0, **facts):
    fields = {"kind": "story", "done_at": None, "status_class": StatusClass.DOING, "assignee_hash": f"hash-{key}"}
    return WorkItemFact(**({"key": key, "team": team, "created_at": AT + created * DAY} | fields | facts))


def event(key, days, field=EventField.STATUS, old="todo", new="doing"):
    return WorkEventFact(item=key, at=AT + days * DAY, field=field, old=old, new=new)


def release(due=dt.date(2026, 4, 1), seen=dt.date(2026, 3, 9), **facts):
    return PlanFact(**({"name": "4.2", "kind": PlanKind.VERSION, "due": due, "dates_seen": ((seen, due),)} | facts))


def file(*items, events=(), plans=(), **facts):
    fields = {
        "kind": SourceKind.JIRA_CLOUD,
        "covered_from": AT.date(),
        "covered_to": dt.date(2026, 5, 31),
        "items": items,
        "events": tuple(events),
        "plans": tuple(plans),
        "history": frozenset(EventField),
    }
    return RoadmapFile(**(fields | facts))


def bring_in(database, source, *, mode=ImportMode.REPLACE, **more):
    with database.transaction() as session:
        return import_roadmap(session, source, name="plan", file_sha256="0" * 64, now=NOW, mode=mode, **more)


def forget(database):
    """As if all weeks had been computed: nothing is touched, no hash is left."""
    with database.transaction() as session:
        store.clear_touched(session, "plan")
        store.drop_hashes(session, "plan")


def stored(database):
    with database.reading() as session:
        (found,) = store.load_facts(session)
    return found


def dump(database):
    with database.reading() as session:
        return {
            table: sorted(map(repr, session.execute(text(f"SELECT * FROM {table}")).all()))  # noqa: S608 - own names
            for table in TABLES
        }


BOTH = (item("A-1"), item("A-2", created=7), item("B-1", "red", created=14))


def test_a_first_import_touches_each_team_from_its_first_item_on(database):
    account = bring_in(database, file(*BOTH))
    assert account.touched == {"blue": AT.date(), "red": (AT + 14 * DAY).date()}
    assert (account.new, account.changed, account.gone) == (3, 0, 0)


def test_the_same_file_again_touches_nothing_and_brings_the_hashes_back(database):
    bring_in(database, file(*BOTH))
    before = dump(database)
    forget(database)
    account = bring_in(database, file(*BOTH))
    assert account.touched == {}
    assert (account.new, account.changed, account.gone) == (0, 0, 0)
    assert dump(database)["work_item"] == before["work_item"]
    assert stored(database).people is store.PeopleState.HASHED


def test_what_was_touched_and_not_yet_computed_stays_touched(database):
    bring_in(database, file(*BOTH))
    assert bring_in(database, file(*BOTH)).touched == {"blue": AT.date(), "red": (AT + 14 * DAY).date()}


@pytest.mark.parametrize("mode", list(ImportMode))
def test_a_change_touches_its_team_from_its_day_on(database, mode):
    bring_in(database, file(*BOTH))
    forget(database)
    changed = replace(BOTH[0], priority_rank=1)
    told = (event("A-1", 40, EventField.PRIORITY, None, "1"),)
    account = bring_in(database, file(changed, *BOTH[1:], events=told), mode=mode)
    assert account.touched == {"blue": (AT + 40 * DAY).date()}
    assert (account.new, account.changed) == (0, 1)
    assert stored(database).events == told


def test_an_item_that_is_gone_or_moves_to_another_team_touches_from_its_creation(database):
    bring_in(database, file(*BOTH))
    forget(database)
    account = bring_in(database, file(BOTH[0], replace(BOTH[2], team="blue")))
    assert account.touched == {"blue": (AT + 7 * DAY).date(), "red": (AT + 14 * DAY).date()}
    assert (account.changed, account.gone) == (1, 1)


def test_an_import_of_a_part_leaves_what_it_does_not_name(database):
    bring_in(database, file(*BOTH, events=(event("A-2", 8),), plans=(release(),)))
    forget(database)
    extra = item("B-2", "red", created=20)
    account = bring_in(database, file(extra, covered_from=dt.date(2026, 5, 1)), mode=ImportMode.UPSERT)
    found = stored(database)
    assert [fact.key for fact in found.items] == ["A-1", "A-2", "B-1", "B-2"]
    assert len(found.events) == len(found.plans) == 1
    assert (account.items, account.new) == (4, 1)
    assert (found.covered_from, found.covered_to) == (AT.date(), dt.date(2026, 5, 31))
    assert account.touched == {"red": (AT + 20 * DAY).date()}


def test_an_item_that_loses_its_team_is_deleted_by_either_import(database):
    for mode in ImportMode:
        bring_in(database, file(*BOTH))
        forget(database)
        told = (replace(BOTH[0], team=None), *(BOTH[1:] if mode is ImportMode.REPLACE else ()))
        account = bring_in(database, file(*told, unmapped=1), mode=mode)
        assert [fact.key for fact in stored(database).items] == ["A-2", "B-1"]
        assert (account.gone, account.touched) == (1, {"blue": AT.date()})
        assert account.unmapped_share == pytest.approx(1 / 3)


def test_hashes_of_items_that_did_not_change_come_from_the_second_question(database):
    bring_in(database, file(*BOTH))
    forget(database)
    bring_in(database, file(), mode=ImportMode.UPSERT, assignees={"A-2": "new", "X-9": "nobody"})
    found = stored(database)
    assert [fact.assignee_hash for fact in found.items] == [None, "new", None]
    assert found.people is store.PeopleState.HASHED


def test_a_part_without_people_leaves_them_counted(database):
    bring_in(database, file(*BOTH))
    forget(database)
    bring_in(database, file(), mode=ImportMode.UPSERT)
    assert stored(database).people is store.PeopleState.COUNTED


PLANNED = (item("A-1", plans=("4.2",)), item("A-2", created=3), item("B-1", "red", created=14))


def test_a_plan_that_gets_another_start_touches_its_teams_from_their_first_item_in_it(database):
    left = (event("B-1", 20, EventField.PLAN, "4.2", None),)
    bring_in(database, file(*PLANNED, events=left, plans=(release(),)))
    forget(database)
    for mode, start in ((ImportMode.REPLACE, dt.date(2026, 3, 3)), (ImportMode.UPSERT, dt.date(2026, 3, 4))):
        named = PLANNED if mode is ImportMode.REPLACE else ()
        account = bring_in(
            database, file(*named, events=left if named else (), plans=(release(start=start),)), mode=mode
        )
        assert account.touched == {"blue": AT.date(), "red": (AT + 14 * DAY).date()}
        forget(database)


def test_a_plan_s_day_that_moves_touches_its_teams_from_the_day_it_was_seen(database):
    bring_in(database, file(*PLANNED, plans=(release(),)))
    forget(database)
    later = release(dt.date(2026, 6, 1), dt.date(2026, 5, 4))
    account = bring_in(database, file(*PLANNED, plans=(later,)))
    assert account.touched == {"blue": dt.date(2026, 5, 4)}
    assert account.moved_dates == 1


def test_an_item_that_joins_a_plan_by_a_part_adds_its_team_to_the_plan(database):
    bring_in(database, file(*PLANNED, plans=(release(),)))
    bring_in(database, file(item("C-1", "green", plans=("4.2",))), mode=ImportMode.UPSERT)
    with database.reading() as session:
        assert store.list_dated_plans(session, ["green"], kinds=[PlanKind.VERSION])


def test_other_covered_days_or_another_history_touch_all_teams(database):
    bring_in(database, file(*BOTH))
    forget(database)
    later = bring_in(database, file(*BOTH, covered_to=dt.date(2026, 6, 7)))
    assert later.touched == dict.fromkeys(("blue", "red"), dt.date(2026, 5, 31))
    forget(database)
    less = file(*BOTH, covered_to=dt.date(2026, 6, 7), history=frozenset({EventField.STATUS}))
    assert bring_in(database, less).touched == dict.fromkeys(("blue", "red"), AT.date())


def test_what_the_source_feeds_is_kept_with_it(database):
    account = bring_in(database, file(*BOTH, history=frozenset()))
    with database.reading() as session:
        source = session.get(RoadmapSource, "plan")
        assert source is not None
        assert feeds_of(source) == account.feeds
    assert any("Scope churn is missing." in str(line) for line in account.lines)


def test_a_file_read_item_by_item_is_stored_as_the_same_file_at_once(database):
    rows = b"key,team,created,done,plan,plan_due\n" + b"".join(
        f"A-{number},blue,2026-03-02,{'2026-03-09' if number % 2 else ''},4.2,2026-04-01\n".encode()
        for number in range(1203)
    )

    def stream():
        reading = Reading(source="x.csv", secret=b"s" * 32)
        return read_upload(
            SourceKind.CSV, io.BytesIO(rows), reading=reading, mapping=RoadmapMap(), zones={"blue": dt.UTC}
        )

    account = bring_in(database, stream())
    before = dump(database)
    assert account.items == 1203
    bring_in(database, stream().file())
    assert {table: rows for table, rows in dump(database).items() if table != "roadmap_source"} == {
        table: rows for table, rows in before.items() if table != "roadmap_source"
    }


def test_a_stream_with_a_bad_item_stores_nothing(database):
    rows = b"key,team,created,done\nA-1,blue,2026-03-02,\nA-2,nobody,2026-03-02,\n"
    reading = Reading(source="x.csv", secret=b"s" * 32)
    found = read_upload(SourceKind.CSV, io.BytesIO(rows), reading=reading, mapping=RoadmapMap(), zones={"blue": dt.UTC})
    with pytest.raises(InvalidInput):
        bring_in(database, found)
    assert not any(dump(database).values())


def test_a_map_is_kept_for_the_source_and_checked_again_when_used(database):
    mapping = RoadmapMap(rules=(TeamRule(team="blue", project="pay"),))
    with database.transaction() as session:
        assert saved_map(session, "plan", teams=["blue"]) is None
        save_map(session, "plan", mapping, now=NOW)
    with database.reading() as session:
        assert saved_map(session, "plan", teams=["blue"]) == mapping
        with pytest.raises(InvalidInput, match="not imported"):
            saved_map(session, "plan", teams=["red"])


def test_a_plan_without_items_belongs_to_the_teams_of_the_project_its_name_starts_with(database):
    plans = (release(name="A/4.2"), release(name="A/5.0"), release(name="C/1.0"), release(name="4.9"))
    bring_in(database, file(*BOTH, item("A-3", "green", plans=("A/5.0",)), plans=plans), mode=ImportMode.UPSERT)
    with database.reading() as session:
        found = store.list_dated_plans(session, ["blue", "green", "red"], kinds=list(PlanKind))
    assert {plan.name: plan.teams for plan in found} == {"A/4.2": {"blue", "green"}, "A/5.0": {"green"}}


def test_an_import_brings_the_public_holidays_of_its_time(database):
    with database.transaction() as session:
        session.add(Team(key="blue", name="Blue", timezone="UTC", country="ES", is_active=True))
    bring_in(database, file(*BOTH))
    with database.reading() as session:
        first, last = calendar_days.day_bounds(session, calendar_days.HOLIDAYS)["blue"]
    assert first == dt.date(2026, 4, 3)  # Good Friday, the first after the second of March
    assert last > NOW.date() + 180 * DAY
