"""Exports of Trello boards: cards become raw items, actions their past, names of cards and people stay outside."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_model import EventField, Moscow, Rice, StatusClass, hash_person
from surveys.importers.roadmap_raw import RawFile, RawItem, Reading
from surveys.importers.roadmap_trello import ARCHIVED, created_at, read_trello

SECRET = b"s" * 32
READING = Reading(source="board.json", secret=SECRET)
CREATED = dt.datetime(2018, 4, 15, 22, 37, 1, tzinfo=dt.UTC)
CARD = "5ad3d40d8ac5afdb542bf3da"


def action(number: int, kind: str, date: str, **data: object) -> dict[str, Any]:
    return {"id": f"a{number}", "type": kind, "date": date, "data": {"card": {"id": CARD, "name": "Secret"}, **data}}


DUE = "2018-05-01T22:30:00.000Z"
MOVED = {"listBefore": {"id": "l1", "name": "Ideas"}, "listAfter": {"id": "l2", "name": "Doing"}}
ACTIONS = [
    action(4, "updateCard", "2018-04-19T10:00:00.000Z", old={"due": None}, card={"id": CARD, "due": DUE}),
    action(2, "updateCard", "2018-04-17T10:00:00.000Z", **MOVED),
    action(3, "addMemberToCard", "2018-04-18T10:00:00.000Z", idMember="m1", member={"id": "m1", "name": "Ana Ruiz"}),
    action(1, "commentCard", "2018-04-16T10:00:00.000Z", text="Secret"),
]


def board(cards: list[dict[str, Any]] | None = None, actions: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    card = {
        "id": CARD, "idShort": 12, "shortLink": "sQI2wV88", "name": "Secret", "desc": "Secret", "idList": "l2",
        "idMembers": ["m1", "m2"], "idLabels": ["b1"], "labels": [{"id": "b1", "name": "priority: high"}],
        "due": "2018-05-01T22:30:00.000Z", "dueComplete": False, "closed": False, "start": None,
        "dateLastActivity": "2018-04-20T10:00:00.000Z",
        "customFieldItems": [{"idCustomField": "c1", "value": {"number": "3"}}],
    }  # fmt: skip
    return {
        "id": "58487edd7b75ece246c80b59", "name": "Payments", "shortLink": "GmIpTf75",
        "lists": [{"id": "l1", "name": "To do"}, {"id": "l2", "name": "Doing"}],
        "labels": [{"id": "b1", "name": "priority: high"}, {"id": "b2", "name": ""}],
        "customFields": [{"id": "c1", "name": "Story Points", "type": "number"}],
        "members": [{"id": "m1", "fullName": "Ana Ruiz"}],
        "cards": [{**card, **more} for more in (cards or [{}])], "actions": ACTIONS if actions is None else actions,
    }  # fmt: skip


def read(*documents: object, reading: Reading = READING) -> RawFile:
    return read_trello(io.BytesIO("".join(map(json.dumps, documents)).encode()), reading=reading)


def only(*documents: object, reading: Reading = READING) -> RawItem:
    (item,) = read(*documents, reading=reading).items()
    return item


def test_a_card_is_an_item_on_the_list_that_is_its_status() -> None:
    card = only(board())
    assert (card.key, card.created_at, card.status, card.done_at) == ("GmIpTf75#12", CREATED, "Doing", None)
    assert (card.priority, card.size, card.kind) == ("high", 3.0, "card")
    assert (card.places.project, card.places.boards, card.places.labels) == (
        "Payments", ("Payments",), ("priority: high",),
    )  # fmt: skip
    assert card.assignee_hash == hash_person(SECRET, "m1")


def test_actions_are_the_past_of_a_card_whatever_their_order() -> None:
    expected = [
        (EventField.STATUS, "To do", "Doing"),
        (EventField.ASSIGNEE, None, hash_person(SECRET, "m1")),
        (EventField.DUE, None, "2018-05-01"),
    ]
    for order in (ACTIONS, ACTIONS[::-1], [*ACTIONS, *ACTIONS]):
        found = read(board(actions=order))
        assert [(change.field, change.old, change.new) for change in next(iter(found.items())).changes] == expected
    assert found.history == {EventField.STATUS, EventField.DUE, EventField.ASSIGNEE}
    assert read(board(actions=[])).history == frozenset()


def test_a_due_time_is_the_day_it_falls_on_where_the_team_is() -> None:
    assert only(board()).due == dt.date(2018, 5, 1)
    madrid = Reading(source="x", secret=SECRET, zone=ZoneInfo("Europe/Madrid"))
    assert only(board(), reading=madrid).due == dt.date(2018, 5, 2)


def test_an_archived_or_ticked_card_is_done_when_that_happened() -> None:
    archived = action(5, "updateCard", "2018-04-21T10:00:00.000Z", old={"closed": False}, list={"id": "l2"})
    card = only(board([{"closed": True}], [*ACTIONS, archived]))
    assert (card.status, card.category) == (ARCHIVED, StatusClass.DONE)
    assert card.done_at == dt.datetime(2018, 4, 21, 10, tzinfo=dt.UTC)
    assert (card.changes[-1].old, card.changes[-1].new) == ("Doing", ARCHIVED)
    ticked = action(6, "updateCard", "2018-04-20T08:00:00.000Z", old={"dueComplete": False})
    assert only(board([{"dueComplete": True}], [*ACTIONS, ticked])).done_at == dt.datetime(
        2018, 4, 20, 8, tzinfo=dt.UTC
    )


def test_a_card_that_was_done_before_the_actions_begin_ends_at_its_last_activity() -> None:
    found = read(board([{"closed": True}]))
    assert next(iter(found.items())).done_at == dt.datetime(2018, 4, 20, 10, tzinfo=dt.UTC)
    assert [str(problem.reason) for problem in found.problems] == [
        "GmIpTf75#12 is done without a time; its last activity stands in."
    ]


def test_a_full_list_of_actions_says_from_when_on_the_past_is_known() -> None:
    many = [{"date": "2018-04-16T10:00:00Z"}] * 1000
    found = read(board(actions=many))
    assert found.covered_from == dt.date(2018, 4, 17)
    assert "the last 1000 actions only" in str(found.problems[0].reason)
    assert read(board()).covered_from is None


def test_moscow_and_rice_come_from_custom_fields() -> None:
    fields = [
        {"id": "c2", "name": "MoSCoW", "type": "list", "options": [{"id": "o1", "value": {"text": "Should have"}}]},
        {"id": "c3", "name": "Confidence", "type": "number"},
        {"id": "c4", "name": "Effort", "type": "number"},
    ]
    items = [
        {"idCustomField": "c2", "idValue": "o1", "value": None},
        {"idCustomField": "c3", "value": {"number": "80"}},
        {"idCustomField": "c4", "value": {"number": "3"}},
        {"idCustomField": "gone", "value": {"number": "9"}},
    ]
    card = only({**board([{"customFieldItems": items}]), "customFields": fields})
    assert (card.moscow, card.rice, card.size) == (Moscow.SHOULD, Rice(confidence=0.8, effort=3.0), None)


def test_names_of_cards_and_people_stay_outside() -> None:
    found = read(board())
    assert not any(word in repr(list(found.items())) + repr(found.problems) for word in ("Secret", "Ana", "'m1'"))


def test_cards_without_a_time_in_their_identifier_are_all_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(board([{"id": "nothing"}, {}, {"id": ""}]))
    assert [str(problem) for problem in caught.value.problems] == [
        "board.json: Card number 1 has no identifier with a time in it.",
        "board.json: Card number 3 has no identifier with a time in it.",
    ]


@pytest.mark.parametrize("document", [{"name": "x"}, [], {"cards": [], "lists": []}])
def test_what_is_no_board_with_cards_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput):
        read(document)


def test_the_time_in_an_identifier_is_that_of_the_manual_of_mongodb() -> None:
    assert created_at("507c7f79bcf86cd7994f6c0e") == dt.datetime(2012, 10, 15, 21, 26, 17, tzinfo=dt.UTC)
    assert created_at("4d5e") is None
    assert created_at("-d5ea62fd76a") is None


def test_actions_without_a_readable_time_are_counted_where_they_would_change_something() -> None:
    lost = [action(8, "updateCard", "soon", **MOVED), action(9, "commentCard", "", text="Secret")]
    found = read(board(actions=[*ACTIONS, *lost]))
    assert "board.json: Changes without a readable time were left out: 1." in list(map(str, found.problems))
