"""Turns an issue of Jira into a draft of plain values and, once the names of its fields are known, into a raw item.

The names of a site's own fields may follow after the issues. Until then a draft keeps what such a field may turn out to
be: a number, a MoSCoW word or the key of an issue. Texts that are none of these are dropped, and people are hashes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from surveys.importers.roadmap_jira_fields import (
    JsonObject,
    changed,
    components_of,
    labels_of,
    named,
    named_fields,
    number,
    objects,
    option,
    person,
    text,
)
from surveys.importers.roadmap_jira_sprints import is_clear, sprint_moves
from surveys.importers.roadmap_map import RICE_PARTS, moscow_of
from surveys.importers.roadmap_model import EventField, Rice, StatusClass, hash_person, names_nobody
from surveys.importers.roadmap_raw import Places, RawChange, RawItem, Reading
from surveys.importers.roadmap_spool import Draft
from surveys.importers.roadmap_text import day, instant

_POINT_NAMES = frozenset({"story points", "story point estimate"})
_OWN_FIELD = "customfield_"
_KEY = re.compile(r"[A-Z][A-Z0-9_]+-\d+$")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

_Step = tuple[int, str, str | None, str | None, int | None]
"""A change: microseconds, field, old, new, offset.

The field of what may be points is ``#number name``; that of lists of sprints with commas in their names is ``@`` and
how many sprints there are on either side, ``@2 3``.
"""


@dataclass(frozen=True, kw_only=True)
class SiteNames:
    """The numbers of the fields of one site by what they mean, and the names that mean points in a change log."""

    points: tuple[str, ...]
    points_names: frozenset[str]
    moscow: tuple[str, ...]
    epic: tuple[str, ...]
    rice: Mapping[str, tuple[str, ...]]
    sprints: frozenset[str] = frozenset()

    @classmethod
    def of(cls, reading: Reading, names: Mapping[str, str], *, sprints: Collection[str] = ()) -> SiteNames:
        """Look up the fields that the map names, by number or by name, else those with a usual name.

        ``sprints`` are the names of all sprints of the file.
        """

        def numbers(wanted: str, usual: Collection[str]) -> tuple[str, ...]:
            known = {wanted.casefold()} if wanted else usual
            found = {key for key, name in names.items() if name.casefold() in known}
            return tuple(sorted(found | ({wanted} if wanted else set())))

        points = numbers(reading.size_field, _POINT_NAMES)
        return cls(
            points=points,
            points_names=_POINT_NAMES | {reading.size_field.casefold()} | {key.casefold() for key in points},
            moscow=numbers(reading.moscow_field, {"moscow"}),
            epic=numbers("", {"epic link"}),
            rice={part: numbers(reading.rice_fields.get(part, ""), {part}) for part in RICE_PARTS},
            sprints=frozenset(sprints),
        )


class Drafting:
    """Makes the drafts of one file; remembers the hash of each person and the latest instant met.

    ``undated`` counts the entries of change logs that have no readable time.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.last_seen: dt.datetime | None = None
        self.undated = 0
        self._hashes: dict[str, str] = {}
        self._wanted = {reading.moscow_field, *reading.rice_fields.values(), reading.size_field} - {""}
        self._convert: dict[str, tuple[EventField, Callable[[str | None], str | None]]] = {
            "status": (EventField.STATUS, _same),
            "priority": (EventField.PRIORITY, _same),
            "duedate": (EventField.DUE, _day_text),
            "assignee": (EventField.ASSIGNEE, self._hash),
            "component": (EventField.AREA, _same),
        }

    def draft(
        self, key: str, project: str, issue: JsonObject, *, category: StatusClass | None, plans: tuple[str, ...]
    ) -> tuple[int, Draft] | None:
        """Return when the issue was last updated (microseconds) and its draft; ``None`` without a creation time."""
        fields = named_fields(issue)
        created = instant(text(fields.get("created")), zone=self.reading.zone)
        if created is None:
            return None
        updated = self._at(fields.get("updated"))
        self._see(created[0])
        numbers, words = self._own_fields(fields)
        due = day(text(fields.get("duedate")))
        draft = (
            key,
            _micros(created[0]),
            created[1],
            updated,
            self._at(fields.get("resolutiondate"), is_seen=False),
            (named(fields.get("issuetype")), named(fields.get("status")), named(fields.get("priority"))),
            None if category is None else category.value,
            plans,
            None if due is None else due.toordinal(),
            (project, components_of(fields), labels_of(fields)),
            named(fields.get("parent"), "key") or None,
            self._hash(person(fields.get("assignee"))),
            tuple(sorted(numbers.items())),
            tuple(sorted(words.items())),
            tuple(self._steps(project, issue)),
        )
        return -1 if updated is None else updated, draft

    def _own_fields(self, fields: JsonObject) -> tuple[dict[str, float], dict[str, str]]:
        numbers: dict[str, float] = {}
        words: dict[str, str] = {}
        for key, value in fields.items():
            if value is None or not (key.startswith(_OWN_FIELD) or key in self._wanted):
                continue
            word = option(value)
            known = number(word) if word else None
            if known is not None:
                numbers[key] = known
            elif word and (moscow_of(word, self.reading.moscow_words) is not None or _KEY.fullmatch(word)):
                words[key] = word
        return numbers, words

    def _steps(self, project: str, issue: JsonObject) -> list[_Step]:
        steps: list[_Step] = []
        for log in objects([issue.get("changelog")]):
            for history in objects(log.get("histories")):
                made = instant(text(history.get("created")), zone=self.reading.zone)
                if made is None:
                    self.undated += 1
                    continue
                self._see(made[0])
                at = _micros(made[0])
                for change in objects(history.get("items")):
                    steps += [(at, field, old, new, made[1]) for field, old, new in self._pairs(project, change)]
        return steps

    def _pairs(self, project: str, change: JsonObject) -> list[tuple[str, str | None, str | None]]:
        name = text(change.get("field")).casefold()
        known = self._convert.get(name)
        old, new = changed(change)
        if known is not None:
            if name == "assignee":
                old, new = text(change.get("from")) or old, text(change.get("to")) or new
            field, convert = known
            pair = (field.value, convert(old), convert(new))
            return [pair] if pair[1] != pair[2] else []
        if name == "sprint":
            return _sprint_steps(change, old, new)
        if name == "fix version":
            return [(EventField.PLAN.value, old and f"{project}/{old}", new and f"{project}/{new}")]
        first, last = _number_text(old), _number_text(new)
        if first == last:
            return []
        return [(f"#{text(change.get('fieldId'))} {name}", first, last)]

    def _at(self, value: object, *, is_seen: bool = True) -> int | None:
        found = instant(text(value), zone=self.reading.zone)
        if found is None:
            return None
        if is_seen:
            self._see(found[0])
        return _micros(found[0])

    def _see(self, at: dt.datetime) -> None:
        if self.last_seen is None or at > self.last_seen:
            self.last_seen = at

    def _hash(self, name: str | None) -> str | None:
        if name is None or names_nobody(name):
            return None
        if name not in self._hashes:
            self._hashes[name] = hash_person(self.reading.secret, name)
        return self._hashes[name]


def raw_item(draft: Draft, names: SiteNames, reading: Reading) -> RawItem:
    """Return the raw item of a draft, now that the names of the site's fields are known."""
    (
        key,
        created,
        offset,
        updated,
        done,
        words,
        category,
        plans,
        due,
        places,
        parent,
        hashed,
        numbers,
        texts,
        steps,
    ) = draft
    kind, status, priority = words
    project, components, labels = places
    own: dict[str, float] = dict(numbers)
    said: dict[str, str] = {"priority": priority, **dict(texts)}
    moscow = next(
        (found for found in (moscow_of(said.get(at, ""), reading.moscow_words) for at in names.moscow) if found), None
    )
    return RawItem(
        key=key,
        created_at=_instant(created),
        kind=kind,
        updated_at=None if updated is None else _instant(updated),
        done_at=None if done is None else _instant(done),
        status=status,
        category=None if category is None else StatusClass(category),
        priority=priority,
        size=_first(own, names.points),
        plans=plans,
        due=None if due is None else dt.date.fromordinal(due),
        places=Places(project=project, components=components, labels=labels),
        parent=parent or next((said[at] for at in names.epic if at in said), None),
        assignee_hash=hashed,
        moscow=moscow,
        rice=_rice({part: _first(own, at) for part, at in names.rice.items()}),
        changes=_changes(steps, names),
        offset=offset,
    )


def _changes(steps: tuple[_Step, ...], names: SiteNames) -> tuple[RawChange, ...]:
    found = []
    for at, field, old, new, offset in steps:
        if field[0] == "#":
            own, _, name = field[1:].partition(" ")
            if own not in names.points and name not in names.points_names:
                continue
            field = EventField.SIZE  # noqa: PLW2901 - what the field turned out to be
        elif field[0] == "@":
            before, _, after = field[1:].partition(" ")
            moves = sprint_moves((old, int(before)), (new, int(after)), names.sprints)
            found += [RawChange(_instant(at), EventField.PLAN, left, joined, offset) for left, joined in moves]
            continue
        found.append(RawChange(_instant(at), EventField(field), old, new, offset))
    return tuple(found)


def _rice(parts: Mapping[str, float | None]) -> Rice | None:
    if all(part is None for part in parts.values()):
        return None
    confidence = parts["confidence"]
    share = confidence / 100 if confidence is not None and confidence > 1 else confidence
    return Rice(reach=parts["reach"], impact=parts["impact"], confidence=share, effort=parts["effort"])


def _first(own: Mapping[str, float], numbers: Collection[str]) -> float | None:
    return next((own[at] for at in numbers if at in own), None)


def _micros(at: dt.datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=micros)


def _same(value: str | None) -> str | None:
    return value


def _day_text(value: str | None) -> str | None:
    known = day(value[:10]) if value else None
    return None if known is None else known.isoformat()


def _number_text(value: str | None) -> str | None:
    known = number(value)
    return None if known is None else repr(known)


def _sprint_steps(change: JsonObject, old: str | None, new: str | None) -> list[tuple[str, str | None, str | None]]:
    """Return the sprints that were left and joined; where names may hold commas that waits for all names."""
    before, after = (sum(bool(part.strip()) for part in text(change.get(side)).split(",")) for side in ("from", "to"))
    if is_clear(old, before) and is_clear(new, after):
        return [(EventField.PLAN.value, *move) for move in sprint_moves((old, before), (new, after), ())]
    return [(f"@{before} {after}", old, new)]
