"""Turns single fields of Jira's JSON, whose shapes differ by version and site, into plain values."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Collection, Iterator, Mapping

from surveys.importers.roadmap_model import PlanFact, PlanKind, names_nobody
from surveys.importers.roadmap_text import day_in

JsonObject = Mapping[str, object]

_OLD_SPRINT = "com.atlassian.greenhopper.service.sprint.Sprint"
_OLD_PART = re.compile(r"(\w+)=(.*?)(?=,\w+=|\]$)")


def objects(value: object) -> Iterator[JsonObject]:
    """Yield the JSON objects in a list; anything else yields nothing."""
    if isinstance(value, list):
        yield from (part for part in value if isinstance(part, dict))


def text(value: object) -> str:
    """Return a string or number as text without outer spaces; "" for everything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def named(value: object, key: str = "name") -> str:
    """Return the ``name`` of ``{"name": ...}``, or "" where there is none."""
    return text(value.get(key)) if isinstance(value, dict) else ""


def person(value: object) -> str | None:
    """Return whatever identifies a person most stably: account id (Cloud), key or name (Data Center).

    ``None`` for nobody and for the account of a program.
    """
    if named(value, "accountType") == "app":
        return None
    found = named(value, "accountId") or named(value, "key") or named(value)
    return None if names_nobody(found) else found


def number(value: object) -> float | None:
    """Return a finite number of zero or more, or ``None``."""
    try:
        known = float(text(value))
    except ValueError:
        return None
    return known if math.isfinite(known) and known >= 0 else None


def points_of(fields: JsonObject, ids: Collection[str]) -> float | None:
    """Return the story points from the first of the fields ``ids`` that holds a number."""
    return next((known for known in (number(fields.get(key)) for key in sorted(ids)) if known is not None), None)


def changed(change: JsonObject) -> tuple[str | None, str | None]:
    """Return (old, new) of one entry of the change log: the shown texts, else the raw values; "" becomes ``None``."""
    old = text(change.get("fromString")) or text(change.get("from")) or None
    return old, text(change.get("toString")) or text(change.get("to")) or None


def sprints_of(fields: JsonObject, *, zone: dt.tzinfo = dt.UTC) -> Iterator[PlanFact]:
    """Yield the sprints of an issue, found by their shape, since the number of their field differs per site.

    Their days are those in ``zone``; with UTC, where no zone is known, as written.
    """
    for key in sorted(fields):
        value = fields[key]
        if key == "fixVersions" or not isinstance(value, list):
            continue
        for part in value:
            sprint = _old_sprint(part) if isinstance(part, str) else part
            if isinstance(sprint, dict) and sprint.get("name") and "state" in sprint and "releaseDate" not in sprint:
                yield PlanFact(
                    name=text(sprint.get("name")),
                    kind=PlanKind.SPRINT,
                    start=day_in(text(sprint.get("startDate")), zone=zone),
                    due=day_in(text(sprint.get("endDate")), zone=zone),
                    done_at=day_in(text(sprint.get("completeDate")), zone=zone),
                )


def _old_sprint(value: str) -> JsonObject | None:
    """Read the text form of older sites: ``...Sprint@1f[id=3,name=Sprint 2,state=CLOSED,startDate=...]``."""
    if not value.startswith(_OLD_SPRINT):
        return None
    inside = value.partition("[")[2]
    return {key: "" if part == "<null>" else part for key, part in _OLD_PART.findall(inside)}


def option(value: object) -> str:
    """Return the word of a select field: ``{"value": ...}``, ``{"name": ...}``, a list with one of these, or a text."""
    if isinstance(value, list):
        return option(value[0]) if len(value) == 1 else ""
    return named(value, "value") or named(value) or text(value)


def components_of(fields: JsonObject) -> tuple[str, ...]:
    """Return the names of the components."""
    return tuple(name for name in (named(part) for part in objects(fields.get("components"))) if name)


def labels_of(fields: JsonObject) -> tuple[str, ...]:
    """Return the labels without outer spaces."""
    found = fields.get("labels")
    words = found if isinstance(found, list) else []
    return tuple(word.strip() for word in words if isinstance(word, str) and word.strip())


def named_fields(issue: JsonObject) -> JsonObject:
    """Return the fields of an issue; empty where there are none."""
    found = issue.get("fields")
    return found if isinstance(found, dict) else {}
