"""A packed upload is the same upload when it is unpacked, item by item and as often as one likes."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import replace

import pytest

from surveys.errors import Problem
from surveys.i18n import Message
from surveys.importers.roadmap_draft import Draft, pack_draft, unpack_draft
from surveys.importers.roadmap_model import EventField, Moscow, PlanFact, PlanKind, Rice, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Places, RawChange, RawFile, RawItem

AT = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
ITEM = RawItem(
    key="PAY-1",
    created_at=AT,
    kind="Story",
    updated_at=AT,
    done_at=AT,
    status="Déjà fait\n",
    category=StatusClass.DONE,
    priority="High",
    size=2.5,
    plans=("4.2", "Sprint 7"),
    due=AT.date(),
    places=Places(project="PAY", boards=("B",), components=("C",), labels=("l",), area_path="a\\b", team="t"),
    parent="PAY-0",
    assignee_hash="0" * 16,
    moscow=Moscow.MUST,
    rice=Rice(reach=1.0, effort=3.0),
    changes=(RawChange(AT, EventField.PLAN, None, "4.2", 120),),
    offset=60,
    line=7,
)
NESTED = Message("{cause} on {day} at {at}: {count}", {"cause": Message("Odd"), "day": AT.date(), "at": AT, "count": 3})


def draft(*items: RawItem) -> Draft:
    raw = RawFile(
        kind=SourceKind.JIRA_JSON,
        items=lambda: iter(items),
        plans=(PlanFact(name="4.2", kind=PlanKind.VERSION, due=AT.date(), dates_seen=((AT.date(), AT.date()),)),),
        history=frozenset({EventField.PLAN, EventField.STATUS}),
        categories={"shut": StatusClass.DONE},
        covered_from=AT.date(),
        last_seen=AT,
        problems=(Problem("x.json", 3, NESTED), Problem("x.json", None, Message("Plain."))),
    )
    return Draft(
        raw=raw, file="x.json", map_text='[points]\nfield = "SP"\n', timezone="Europe/Madrid", moves_times=True
    )


def test_nothing_is_lost_and_items_can_be_read_again() -> None:
    items = [replace(ITEM, key=f"PAY-{number}") for number in range(60)] + [RawItem(key="Z", created_at=AT)]
    before = draft(*items)
    after = unpack_draft(pack_draft(before))
    assert list(after.raw.items()) == items
    assert list(after.raw.items()) == items
    same = lambda: iter(())  # noqa: E731 - functions are equal only to themselves
    assert replace(after.raw, items=same) == replace(before.raw, items=same)
    assert (after.file, after.map_text, after.timezone, after.moves_times) == (
        "x.json", before.map_text, "Europe/Madrid", True,
    )  # fmt: skip
    assert str(after.raw.problems[0].reason) == str(NESTED)


def test_an_upload_without_items_is_one_too() -> None:
    assert list(unpack_draft(pack_draft(draft())).raw.items()) == []


def test_a_draft_of_another_version_is_not_read() -> None:
    with pytest.raises(ValueError, match="another version"):
        unpack_draft(zlib.compress(b'{"format": 0}\n'))
