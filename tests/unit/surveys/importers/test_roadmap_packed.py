"""What is packed is unpacked as it was, also through the text that the database keeps."""

from __future__ import annotations

import datetime as dt
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.importers.roadmap_model import EventField, Moscow, PlanFact, PlanKind, Rice, StatusClass
from surveys.importers.roadmap_packed import pack_item, pack_plan, unpack_item, unpack_plan
from surveys.importers.roadmap_raw import Places, RawChange, RawItem

WORDS = st.text(min_size=1, max_size=5)
TIMES = st.datetimes(timezones=st.just(dt.UTC))
NUMBERS = st.none() | st.floats(0, 1e6)
MANY = st.lists(WORDS, max_size=3).map(tuple)
PLACES = st.builds(Places, project=WORDS, boards=MANY, components=MANY, labels=MANY, area_path=WORDS, team=WORDS)
OFFSETS = st.none() | st.integers(-720, 840)
CHANGES = st.builds(RawChange, TIMES, st.sampled_from(EventField), st.none() | WORDS, st.none() | WORDS, OFFSETS)
ITEMS = st.builds(
    RawItem,
    key=WORDS, created_at=TIMES, kind=WORDS, updated_at=st.none() | TIMES, started_at=st.none() | TIMES,
    done_at=st.none() | TIMES, status=WORDS, category=st.none() | st.sampled_from(StatusClass), priority=WORDS,
    priority_rank=st.none() | st.integers(1, 99), size=NUMBERS, plans=MANY, due=st.none() | st.dates(), places=PLACES,
    parent=st.none() | WORDS, assignee_hash=st.none() | WORDS, moscow=st.none() | st.sampled_from(Moscow),
    rice=st.none() | st.builds(Rice, reach=NUMBERS, impact=NUMBERS, confidence=NUMBERS, effort=NUMBERS),
    changes=st.lists(CHANGES, max_size=3).map(tuple), offset=OFFSETS, line=st.none() | st.integers(1, 9),
)  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(ITEMS)
def test_an_item_comes_back_as_it_was(item: RawItem) -> None:
    assert unpack_item(json.loads(json.dumps(pack_item(item)))) == item


def test_an_empty_item_takes_little_room() -> None:
    item = RawItem(key="A-1", created_at=dt.datetime(2026, 5, 1, tzinfo=dt.UTC), size=0.0)
    assert pack_item(item) == {"key": "A-1", "created": "2026-05-01T00:00:00+00:00", "size": 0.0}
    assert unpack_item(pack_item(item)) == item


def test_a_plan_comes_back_as_it_was() -> None:
    day = dt.date(2026, 5, 1)
    plan = PlanFact(name="2.0", kind=PlanKind.VERSION, start=day, due=day, done_at=day)
    assert unpack_plan(json.loads(json.dumps(pack_plan(plan)))) == plan
    assert unpack_plan(pack_plan(PlanFact(name="x", kind=PlanKind.SPRINT))) == PlanFact(name="x", kind=PlanKind.SPRINT)
