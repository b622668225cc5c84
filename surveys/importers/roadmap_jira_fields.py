"""Turns single fields of Jira's JSON, whose shapes differ by version and site, into plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping

from surveys.errors import Problem
from surveys.i18n import Message
from surveys.importers.roadmap_model import PlanFact, PlanKind
from surveys.importers.roadmap_text import day

JsonObject = Mapping[str, object]

_OLD_SPRINT = "com.atlassian.greenhopper.service.sprint.Sprint"
_OLD_PART = re.compile(r"(\w+)=(.*?)(?=,\w+=|\]$)")


class Remarks:
    """Collects the oddities of one file, each text once, in a fixed order."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._found: dict[str, Message] = {}

    def add(self, reason: Message) -> None:
        """Note ``reason``; the same sentence is kept once."""
        self._found.setdefault(str(reason), reason)

    def problems(self) -> tuple[Problem, ...]:
        """Return all remarks, sorted by their English text."""
        return tuple(Problem(self.source, None, self._found[key]) for key in sorted(self._found))


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
    """Return whatever identifies a person most stably: account id (Cloud), key or name (Data Center)."""
    return named(value, "accountId") or named(value, "key") or named(value) or None


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


def sprints_of(fields: JsonObject) -> Iterator[PlanFact]:
    """Yield the sprints of an issue, found by their shape, since the number of their field differs per site."""
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
                    start=day(text(sprint.get("startDate"))),
                    due=day(text(sprint.get("endDate"))),
                    done_at=day(text(sprint.get("completeDate"))),
                )


def _old_sprint(value: str) -> JsonObject | None:
    """Read the text form of older sites: ``...Sprint@1f[id=3,name=Sprint 2,state=CLOSED,startDate=...]``."""
    if not value.startswith(_OLD_SPRINT):
        return None
    inside = value.partition("[")[2]
    return {key: "" if part == "<null>" else part for key, part in _OLD_PART.findall(inside)}
