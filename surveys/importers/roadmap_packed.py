"""Turns raw items and plans into JSON values and back, so that a sync that was cut off goes on from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypeVar

from surveys.importers.roadmap_model import EventField, Moscow, PlanFact, PlanKind, Rice, StatusClass
from surveys.importers.roadmap_raw import Places, RawChange, RawItem

FORM = 1
"""The number of the form in which items are packed; another one is not read."""

Packed = dict[str, object]
_Kind = TypeVar("_Kind", Moscow, StatusClass)


def pack_item(item: RawItem) -> Packed:
    """Return an item as JSON values; what is empty is left out. Times are ISO with their offset."""
    rice = item.rice
    places = {
        "project": item.places.project,
        "boards": list(item.places.boards),
        "components": list(item.places.components),
        "labels": list(item.places.labels),
        "area": item.places.area_path,
        "team": item.places.team,
    }
    facts: Packed = {
        "key": item.key,
        "created": item.created_at.isoformat(),
        "kind": item.kind,
        "updated": _iso(item.updated_at),
        "started": _iso(item.started_at),
        "done": _iso(item.done_at),
        "status": item.status,
        "category": item.category,
        "priority": item.priority,
        "rank": item.priority_rank,
        "size": item.size,
        "plans": list(item.plans),
        "due": _iso(item.due),
        "places": {name: value for name, value in places.items() if value},
        "parent": item.parent,
        "assignee": item.assignee_hash,
        "moscow": item.moscow,
        "rice": None if rice is None else [rice.reach, rice.impact, rice.confidence, rice.effort],
        "changes": [
            [change.at.isoformat(), change.field.value, change.old, change.new, change.offset]
            for change in item.changes
        ],
        "offset": item.offset,
        "line": item.line,
    }
    return {name: value for name, value in facts.items() if value is not None and value not in ("", [], {})}


def unpack_item(packed: Mapping[str, object]) -> RawItem:
    """Return the item that :func:`pack_item` packed; raises ``ValueError`` or ``KeyError`` for anything else."""
    places = _mapping(packed.get("places"))
    return RawItem(
        key=str(packed["key"]),
        created_at=dt.datetime.fromisoformat(str(packed["created"])),
        kind=_text(packed.get("kind")),
        updated_at=_moment(packed.get("updated")),
        started_at=_moment(packed.get("started")),
        done_at=_moment(packed.get("done")),
        status=_text(packed.get("status")),
        category=_member(StatusClass, packed.get("category")),
        priority=_text(packed.get("priority")),
        priority_rank=_whole(packed.get("rank")),
        size=_number(packed.get("size")),
        plans=_texts(packed.get("plans")),
        due=_day(packed.get("due")),
        places=Places(
            project=_text(places.get("project")),
            boards=_texts(places.get("boards")),
            components=_texts(places.get("components")),
            labels=_texts(places.get("labels")),
            area_path=_text(places.get("area")),
            team=_text(places.get("team")),
        ),
        parent=_text(packed.get("parent")) or None,
        assignee_hash=_text(packed.get("assignee")) or None,
        moscow=_member(Moscow, packed.get("moscow")),
        rice=_rice(packed.get("rice")),
        changes=tuple(_change(part) for part in _list(packed.get("changes"))),
        offset=_whole(packed.get("offset")),
        line=_whole(packed.get("line")),
    )


def pack_plan(plan: PlanFact) -> Packed:
    """Return a plan as JSON values; the days seen for it are left out, since each sync sees them anew."""
    return {
        "name": plan.name,
        "kind": plan.kind.value,
        "start": _iso(plan.start),
        "due": _iso(plan.due),
        "done": _iso(plan.done_at),
    }


def unpack_plan(packed: Mapping[str, object]) -> PlanFact:
    """Return the plan that :func:`pack_plan` packed."""
    return PlanFact(
        name=str(packed["name"]),
        kind=PlanKind(str(packed["kind"])),
        start=_day(packed.get("start")),
        due=_day(packed.get("due")),
        done_at=_day(packed.get("done")),
    )


def _change(packed: object) -> RawChange:
    at, field, old, new, offset = _list(packed)
    return RawChange(
        dt.datetime.fromisoformat(str(at)),
        EventField(str(field)),
        None if old is None else str(old),
        None if new is None else str(new),
        _whole(offset),
    )


def _iso(value: dt.date | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(value: object) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(str(value))


def _day(value: object) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(str(value))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, _list(value)))


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _member(kind: type[_Kind], value: object) -> _Kind | None:
    return None if value is None else kind(str(value))


def _rice(value: object) -> Rice | None:
    if value is None:
        return None
    reach, impact, confidence, effort = map(_number, _list(value))
    return Rice(reach=reach, impact=impact, confidence=confidence, effort=effort)
