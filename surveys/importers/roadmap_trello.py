"""Turns the JSON export of a Trello board into raw items: cards with the list they are on as their status.

Names of cards, descriptions, checklists and comments are not read; members become hashes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.roadmap_documents import documents, offset_minutes, refused
from surveys.importers.roadmap_jira_fields import JsonObject, named, number, objects, text
from surveys.importers.roadmap_labels import words_of
from surveys.importers.roadmap_map import RICE_PARTS, moscow_of
from surveys.importers.roadmap_model import EventField, Rice, SourceKind, StatusClass, hash_person
from surveys.importers.roadmap_raw import Places, RawChange, RawFile, RawItem, Reading
from surveys.importers.roadmap_remarks import UNDATED, Remarks
from surveys.importers.roadmap_text import moment

ARCHIVED = "archived"
"""The status of a card that was archived, whatever list it was on."""

MOST_ACTIONS = 1000
"""As many actions a board's export holds; older ones are cut off."""

_HISTORY = frozenset({EventField.STATUS, EventField.DUE, EventField.ASSIGNEE})
_SIZE_NAMES = frozenset({"story points", "points", "estimate", "size"})
_NO_BOARD = mark(
    "This is not the export of a Trello board. Open the board's menu, choose Print, export, and share, then JSON."
)
_CUT = mark(
    "The export holds the last {limit} actions only. What was before {day} is left out; import more often to keep more."
)


def read_trello(stream: BinaryIO, *, reading: Reading) -> RawFile:
    """Read the cards of one board, or of several boards in a list.

    A card was created at the time in the first eight hex digits of its identifier. It is done where it was archived
    or its due date was ticked off, at the time of that action, else at its last activity; a list that means done is
    the map's matter. Lists that cards moved between, due days and members have a past as far as the actions reach.
    Size comes from a custom field of numbers named like story points (or as ``reading.size_field`` says) or from a
    label, MoSCoW and RICE from custom fields named so (or as the map says), priority from a label.

    Raises ``InvalidInput`` with every card that has no identifier with a time in it.
    """
    boards = [
        board
        for document in documents(stream, reading=reading)
        for board in objects(document if isinstance(document, list) else [document])
    ]
    if not boards or any("cards" not in board or "lists" not in board for board in boards):
        raise refused(reading.source, Message(_NO_BOARD))
    read = [_Board(board=board, reading=reading) for board in boards]
    items = {item.key: item for board in read for item in board.items()}
    faults = [problem for board in read for problem in board.faults]
    if faults:
        raise InvalidInput("{source} was not imported.", faults, source=reading.source)
    if not items:
        raise refused(reading.source, Message("The board has no cards."))
    known = [at for item in items.values() for at in (item.created_at, item.updated_at) if at is not None]
    ordered = tuple(items[key] for key in sorted(items))
    return RawFile(
        kind=SourceKind.TRELLO_JSON,
        items=lambda: iter(ordered),
        history=_HISTORY if any(board.has_actions for board in read) else frozenset(),
        categories={ARCHIVED: StatusClass.DONE},
        covered_from=max((board.since for board in read if board.since is not None), default=None),
        last_seen=max(known),
        problems=tuple(problem for board in read for problem in board.remarks.problems()),
    )


@dataclass
class _Board:
    """Reads one board."""

    board: JsonObject
    reading: Reading
    faults: list[Problem] = field(default_factory=list)
    since: dt.date | None = None
    undated: int = 0

    def __post_init__(self) -> None:
        self.remarks = Remarks(self.reading.source)
        self.name = named(self.board) or text(self.board.get("shortLink")) or text(self.board.get("id"))
        self.short = text(self.board.get("shortLink")) or text(self.board.get("id"))[:8]
        self.lists = {text(part.get("id")): named(part) for part in objects(self.board.get("lists"))}
        self.labels = {text(part.get("id")): named(part) for part in objects(self.board.get("labels"))}
        own_fields = list(objects(self.board.get("customFields")))
        self.field_names = {text(part.get("id")): named(part).casefold() for part in own_fields}
        options = [option for part in own_fields for option in objects(part.get("options"))]
        self.options = {text(option.get("id")): text(_inside(option, "value").get("text")) for option in options}
        wanted = self.reading.size_field.strip().casefold()
        self.size_names = frozenset({wanted}) if wanted else _SIZE_NAMES
        self.moscow_name = self.reading.moscow_field.strip().casefold() or "moscow"
        actions = sorted(objects(self.board.get("actions")), key=lambda part: (text(part.get("date")), repr(part)))
        self.has_actions = bool(actions)
        self.actions: dict[str, list[JsonObject]] = {}
        for action in actions:
            card = _inside(action, "data", "card")
            self.actions.setdefault(text(card.get("id")), []).append(action)
        if len(actions) >= MOST_ACTIONS:
            first = moment(text(actions[0].get("date")), zone=dt.UTC)
            if first is not None:
                self.since = first.date() + dt.timedelta(days=1)  # the first whole day
                self.remarks.add(Message(_CUT, {"limit": len(actions), "day": self.since}))

    def items(self) -> list[RawItem]:
        """Return the cards that can be items; what cannot be one is added to ``faults``."""
        found = []
        for place, card in enumerate(objects(self.board.get("cards")), start=1):
            created = created_at(text(card.get("id")))
            if created is None:
                reason = Message("Card number {number} has no identifier with a time in it.", {"number": place})
                self.faults.append(Problem(self.reading.source, None, reason))
            else:
                found.append(self.item(card, created))
        if self.undated:
            self.remarks.add(Message(UNDATED, {"count": self.undated}))
        return found

    def item(self, card: JsonObject, created: dt.datetime) -> RawItem:
        """Return one card as a raw item."""
        key = f"{self.short}#{text(card.get('idShort')) or text(card.get('shortLink')) or text(card.get('id'))}"
        changes = self.changes(card, created)
        labels = self.labels_of(card)
        said = words_of(labels, reading=self.reading)
        is_archived = card.get("closed") is True
        ended = is_archived or card.get("dueComplete") is True
        members = card.get("idMembers")
        due = moment(text(card.get("due")), zone=self.reading.zone)
        fields = self.fields_of(card)
        size = next((number(fields[name]) for name in sorted(self.size_names & set(fields))), None)
        moscow = moscow_of(fields.get(self.moscow_name, ""), self.reading.moscow_words)
        return RawItem(
            key=key,
            created_at=created,
            kind=said.kind or "card",
            updated_at=moment(text(card.get("dateLastActivity")), zone=dt.UTC),
            started_at=moment(text(card.get("start")), zone=self.reading.zone),
            done_at=self.ended_at(card, key, changes, created) if ended else None,
            status=ARCHIVED if is_archived else self.lists.get(text(card.get("idList")), ""),
            category=StatusClass.DONE if ended else None,
            priority=said.priority,
            size=said.size if size is None else size,
            due=None if due is None else due.astimezone(self.reading.zone).date(),
            places=Places(project=self.name, boards=(self.name,), labels=labels),
            moscow=moscow or said.moscow,
            rice=self.rice_of(fields),
            assignee_hash=self.hash(text(members[0])) if isinstance(members, list) and members else None,
            changes=changes,
            offset=0,
        )

    def ended_at(self, card: JsonObject, key: str, changes: tuple[RawChange, ...], created: dt.datetime) -> dt.datetime:
        """Return when a card was archived or ticked off, the earlier of the two."""
        ends = [change.at for change in changes if change.field is EventField.STATUS and change.new == ARCHIVED][-1:]
        ends += self.ticked(card)
        if ends:
            return min(ends)
        self.remarks.add(Message("{key} is done without a time; its last activity stands in.", {"key": key}))
        return moment(text(card.get("dateLastActivity")), zone=dt.UTC) or created

    def ticked(self, card: JsonObject) -> list[dt.datetime]:
        """Return the last time at which the due date of a card was ticked off."""
        if card.get("dueComplete") is not True:
            return []
        found = []
        for action in self.actions.get(text(card.get("id")), []):
            at = moment(text(action.get("date")), zone=dt.UTC)
            if _inside(action, "data", "old").get("dueComplete") is False and at is not None:
                found.append(at)
        return found[-1:]

    def changes(self, card: JsonObject, created: dt.datetime) -> tuple[RawChange, ...]:
        """Return what the actions say about a card, by time; an action that comes twice counts once."""
        found: list[RawChange] = []
        seen: set[str] = set()
        for action in self.actions.get(text(card.get("id")), []):
            written = text(action.get("date"))
            at, identity = moment(written, zone=dt.UTC), text(action.get("id"))
            if identity and identity in seen:
                continue
            seen.add(identity)
            if at is None:
                self.undated += bool(self.pairs(action))
                continue
            for what, old, new in self.pairs(action):
                if old != new:
                    found.append(RawChange(max(at, created), what, old, new, offset_minutes(written)))
        return tuple(found)

    def pairs(self, action: JsonObject) -> list[tuple[EventField, str | None, str | None]]:
        """Return what one action changes."""
        data, kind = _inside(action, "data"), text(action.get("type"))
        if kind in {"addMemberToCard", "removeMemberFromCard"}:
            member = text(data.get("idMember")) or named(data.get("member"), "id")
            who = self.hash(member) if member else None
            return [(EventField.ASSIGNEE, None, who) if kind == "addMemberToCard" else (EventField.ASSIGNEE, who, None)]
        if kind != "updateCard":
            return []
        old, card = _inside(data, "old"), _inside(data, "card")
        found: list[tuple[EventField, str | None, str | None]] = []
        if "listBefore" in data and "listAfter" in data:
            found.append((EventField.STATUS, self.list_name(data, "listBefore"), self.list_name(data, "listAfter")))
        if isinstance(old.get("closed"), bool):
            here = self.list_name(data, "list") or ""
            was_open = old["closed"] is False
            found.append((EventField.STATUS, here, ARCHIVED) if was_open else (EventField.STATUS, ARCHIVED, here))
        if "due" in old:
            found.append((EventField.DUE, self.day(old.get("due")), self.day(card.get("due"))))
        return found

    def list_name(self, data: JsonObject, key: str) -> str | None:
        """Return the name of a list of an action: as it is called now, else as it was called then."""
        part = _inside(data, key)
        return self.lists.get(text(part.get("id"))) or named(part) or None

    def day(self, value: object) -> str | None:
        at = moment(text(value), zone=self.reading.zone)
        return None if at is None else at.astimezone(self.reading.zone).date().isoformat()

    def labels_of(self, card: JsonObject) -> tuple[str, ...]:
        ids = card.get("idLabels")
        by_id = [self.labels.get(text(each), "") for each in ids] if isinstance(ids, list) else []
        return tuple(
            sorted({name for name in (*by_id, *(named(part) for part in objects(card.get("labels")))) if name})
        )

    def fields_of(self, card: JsonObject) -> dict[str, str]:
        """Return the custom fields of a card by their case-folded names: numbers, texts and chosen options."""
        found = {}
        for part in objects(card.get("customFieldItems")):
            name = self.field_names.get(text(part.get("idCustomField")), "")
            value = _inside(part, "value")
            found[name] = self.options.get(text(part.get("idValue"))) or text(value.get("number") or value.get("text"))
        return found

    def rice_of(self, fields: Mapping[str, str]) -> Rice | None:
        """Return reach, impact, confidence and effort of a card; a confidence above 1 is in percent."""
        names = {part: self.reading.rice_fields.get(part, part).casefold() for part in RICE_PARTS}
        reach, impact, confidence, effort = (number(fields.get(names[part])) for part in RICE_PARTS)
        if reach is None and impact is None and confidence is None and effort is None:
            return None
        share = confidence / 100 if confidence is not None and confidence > 1 else confidence
        return Rice(reach=reach, impact=impact, confidence=share, effort=effort)

    def hash(self, member: str) -> str:
        return hash_person(self.reading.secret, member)


def created_at(identifier: str) -> dt.datetime | None:
    """Return the UTC time in the first eight hex digits of an identifier, or ``None`` where there is none.

    Source: identifiers are those of MongoDB, whose first four bytes are the seconds since 1970.
    """
    if len(identifier) < 8 or not all(sign in "0123456789abcdef" for sign in identifier[:8].lower()):
        return None
    return dt.datetime.fromtimestamp(int(identifier[:8], 16), tz=dt.UTC)


def _inside(part: JsonObject, *keys: str) -> JsonObject:
    """Follow keys into objects; an empty object where one is missing."""
    for key in keys:
        value = part.get(key)
        part = value if isinstance(value, Mapping) else {}
    return part
