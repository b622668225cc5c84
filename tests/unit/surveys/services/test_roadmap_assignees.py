"""Marks of assignees show that somebody else works on an item, and cannot say who did."""

import datetime as dt
import hashlib
import json

from surveys.importers.roadmap_model import EventField, StatusClass, WorkEventFact, WorkItemFact
from surveys.services.roadmap_assignees import Assignees, is_reassigned, read_groups, without_assignees

AT = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
KEYS = [f"A-{number:02d}" for number in range(40)]


def item(number, person, team="blue"):
    hashed = None if person is None else hashlib.sha256(person.encode()).hexdigest()[:16]
    facts = {"kind": "story", "done_at": None, "status_class": StatusClass.DOING, "assignee_hash": hashed}
    return WorkItemFact(key=KEYS[number], team=team, created_at=AT + number * DAY, **facts)


def gathered(people):
    found = Assignees()
    for number, person in enumerate(people):
        found.add(item(number, person))
    return found


def stored(people):
    return read_groups(json.loads(json.dumps(gathered(people).groups())))


PEOPLE = [("ana", "ben", "cem", "dia")[number % 4] for number in range(40)]


def test_the_same_assignees_are_no_change_though_their_hashes_were_deleted():
    assert gathered(PEOPLE).changed(stored(PEOPLE), KEYS, KEYS) == {}


def test_another_assignee_is_a_change_from_the_group_of_its_item_on():
    changed = [*PEOPLE[:30], "eva", *PEOPLE[31:]]
    (day,) = gathered(changed).changed(stored(PEOPLE), KEYS, ()).values()
    assert (AT + 18 * DAY).date() <= day <= (AT + 30 * DAY).date()


def test_a_new_item_is_no_change_of_those_that_were_there():
    assert gathered(PEOPLE).changed(stored(PEOPLE[:39]), KEYS[:39], ()) == {}


def test_a_small_group_has_no_mark_and_counts_as_changed_once_its_people_are_forgotten():
    few = PEOPLE[:5]
    assert [mark for groups in gathered(few).groups().values() for _, _, mark in groups] == [""]
    assert gathered(few).changed(stored(few), KEYS, ()) == {}
    assert gathered(few).changed(stored(few), KEYS, KEYS) == {"blue": AT.date()}


def test_a_mark_is_two_bytes_over_at_least_twelve_items():
    groups = gathered(PEOPLE).groups()["blue"]
    assert all(len(mark) == 4 and count >= 12 for _, count, mark in groups)
    assert sum(count for _, count, _ in groups) == 40


def test_a_source_that_was_stored_before_there_were_marks_is_compared_as_unknown():
    assert read_groups(None) is None
    assert gathered(PEOPLE).changed(None, KEYS, KEYS) == {"blue": AT.date()}


def test_a_late_change_of_assignee_is_told_and_never_kept():
    change = WorkEventFact(item="A-00", at=AT, field=EventField.ASSIGNEE, old=None, new="x")
    assert is_reassigned([change], since=AT + DAY)
    assert not is_reassigned([change], since=AT + 3 * DAY)
    assert without_assignees([change]) == ()
