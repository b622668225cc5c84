"""Imports of delivery data on a real database: replacing, dates as seen, what is never stored."""

import datetime as dt

import pytest
from sqlalchemy import inspect, text

from surveys.importers.roadmap_model import EventField, by_team
from surveys.services.roadmap import import_roadmap
from surveys.store import roadmap as store
from tests.integration.roadmap.conftest import END, NOW, RELEASE, plan_of, release

TABLES = ("roadmap_source", "work_item", "work_event", "roadmap_plan", "plan_date_seen")


def do_import(database, file, *, name="plan", now=NOW):
    with database.transaction() as session:
        return import_roadmap(session, file, name=name, file_sha256="0" * 64, now=now)


def dump(database):
    with database.reading() as session:
        return {
            table: sorted(map(repr, session.execute(text(f"SELECT * FROM {table}")).all()))  # noqa: S608 - own names
            for table in TABLES
        }


def said(account):
    return " ".join(map(str, account.lines))


def test_what_was_imported_is_read_back_without_changes_of_assignee(database, plan):
    file = plan.file()
    do_import(database, file)
    with database.reading() as session:
        (source,) = store.load_facts(session)
    assert source.items == file.items
    told = [event for event in file.events if event.field is not EventField.ASSIGNEE]
    assert sorted(source.events, key=repr) == sorted(told, key=repr)
    assert (source.covered_from, source.covered_to, source.history) == (file.covered_from, END, file.history)


def test_only_the_items_and_events_of_the_wanted_teams_are_read(database, plan):
    do_import(database, plan.file())
    with database.reading() as session:
        (source,) = store.load_facts(session, ["web"])
    items, _ = by_team(plan.file())["web"]
    assert source.items == items
    assert {event.item for event in source.events} == {item.key for item in items}


def test_the_same_file_twice_gives_the_same_rows(database, plan):
    do_import(database, plan.file())
    first = dump(database)
    account = do_import(database, plan.file(), now=NOW)
    assert dump(database) == first
    assert account.moved_dates == 0


def test_a_new_file_of_the_same_name_replaces_items_and_another_name_stands_beside(database, plan):
    do_import(database, plan.file())
    fewer = plan_of({"web": 5})
    do_import(database, fewer.file())
    do_import(database, fewer.file(), name="other")
    with database.reading() as session:
        sources = store.load_facts(session)
    assert [source.name for source in sources] == ["other", "plan"]
    assert all(source.items == fewer.file().items for source in sources)


def test_a_moved_date_is_kept_with_the_one_before_and_told(database, plan):
    later, seen = RELEASE + dt.timedelta(days=14), dt.date(2025, 6, 2)
    do_import(database, plan.file(plans=(release(RELEASE, seen),)))
    account = do_import(database, plan.file(plans=(release(later, dt.date(2025, 9, 1)),)))
    with database.reading() as session:
        (source,) = store.load_facts(session)
        (dated,) = store.list_dated_plans(session, ["pay"], kinds=[release(later).kind])
    assert source.plans[0].dates_seen == ((seen, RELEASE), (dt.date(2025, 9, 1), later))
    assert dated.dates_seen == source.plans[0].dates_seen
    assert "The date of 4.2 moved from 29 Sept 2025 to 13 Oct 2025." in said(account)


def test_dates_seen_outlive_a_plan_that_is_missing_in_one_file(database, plan):
    seen = dt.date(2025, 6, 2)
    do_import(database, plan.file(plans=(release(RELEASE, seen),)))
    do_import(database, plan.file(plans=()))
    do_import(database, plan.file(plans=(release(RELEASE),)))
    with database.reading() as session:
        assert store.load_facts(session)[0].plans[0].dates_seen == ((seen, RELEASE),)


def test_a_date_that_moves_without_a_newer_day_of_the_file_was_seen_now(database, plan):
    seen, later = dt.date(2025, 6, 2), RELEASE + dt.timedelta(days=7)
    do_import(database, plan.file(plans=(release(RELEASE, seen),)))
    do_import(database, plan.file(plans=(release(later, seen),)))
    with database.reading() as session:
        assert store.load_facts(session)[0].plans[0].dates_seen == ((seen, RELEASE), (NOW.date(), later))


def test_items_without_a_team_are_counted_and_not_stored(database, plan):
    plan.add("pay", 1, done=None, plan=None, person=1)
    orphan = plan.items.pop()
    lost = [orphan.__class__(**{**vars(orphan), "team": None, "key": f"X-{number}"}) for number in range(5)]
    file = plan.file(items=(*plan.items, *lost), unmapped=5, events=())
    account = do_import(database, file)
    assert account.items == len(plan.items)
    assert account.unmapped_share == pytest.approx(5 / len(file.items))
    assert "belong to no team" in said(account)


def test_a_source_without_history_says_what_it_cannot_feed_and_what_would(database, plan):
    items = tuple(
        item.__class__(**{**vars(item), "assignee_hash": None, "plans": (), "priority_rank": None})
        for item in plan.items
    )
    account = do_import(database, plan.file(items=items, events=(), plans=(), history=frozenset()))
    for words in ("Required run rate", "New commitment load", "Roadmap volatility", "Flow load", "Top-priority share"):
        assert words in said(account)
    assert "no assignees" in said(account)
    assert "5 points low" in said(account)


def test_a_full_source_has_no_gaps_to_tell(database, plan):
    account = do_import(database, plan.file())
    assert len(account.lines) == 1


def test_no_table_of_the_roadmap_has_a_column_for_a_title_or_a_name_of_a_person(database):
    columns = {column["name"] for table in TABLES for column in inspect(database.engine).get_columns(table)}
    assert not columns & {"title", "summary", "description", "assignee", "person", "email"}
