"""Where a sync stands: what it asks for, how far it has read, and what else it found; stored with each page."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from surveys.importers.roadmap_map import RoadmapMap, write_map
from surveys.importers.roadmap_model import PlanFact, StatusClass
from surveys.importers.roadmap_packed import FORM, pack_plan, unpack_plan
from surveys.models.roadmap import RoadmapConnection
from surveys.services.connections.tool import Settings, ToolPage
from surveys.version import PROGRAM_VERSION

STALE = dt.timedelta(days=6)
"""After this time a sync that was cut off is begun anew: tools forget where it stood, and hashes must not lie long."""


@dataclass(frozen=True, kw_only=True)
class State:
    """One sync. ``run`` names the process that works on it, so that of two the older one stops.

    ``since`` is None where everything is read. ``is_whole`` says that what was not named is gone. ``asked`` is a hash
    over all that decides what a raw item is; where it differs, what was read before is of no use.
    """

    run: str
    asked: str
    started_at: dt.datetime
    since: dt.datetime | None
    is_whole: bool
    is_read: bool = False
    cursor: Mapping[str, object] | None = None
    read: int = 0
    pages: int = 0
    plans: Mapping[str, PlanFact] = field(default_factory=dict)
    categories: Mapping[str, StatusClass] = field(default_factory=dict)

    def after(self, page: ToolPage) -> State:
        """Return the state after a page; a plan with a day beats the same one without."""
        plans = dict(self.plans)
        for plan in page.plans:
            known = plans.get(plan.name)
            if known is None or plan.due is not None or known.due is None:
                plans[plan.name] = plan
        return replace(
            self,
            is_read=page.cursor is None,
            cursor=page.cursor,
            read=self.read + len(page.items),
            pages=self.pages + 1,
            plans=plans,
            categories={**self.categories, **page.categories},
        )

    def begin_anew(self) -> State:
        """Return the state in which the same sync reads everything from its first page."""
        return State(run=self.run, asked=self.asked, started_at=self.started_at, since=None, is_whole=True)

    def all_plans(self, fresh: Iterable[PlanFact]) -> tuple[PlanFact, ...]:
        """Return the plans by name; those that the tool lists today beat what items said of them."""
        found = {**self.plans, **{plan.name: plan for plan in fresh}}
        return tuple(found[name] for name in sorted(found))

    @property
    def document(self) -> dict[str, object]:
        """The state as JSON values."""
        return {
            "run": self.run,
            "asked": self.asked,
            "started_at": self.started_at.isoformat(),
            "since": None if self.since is None else self.since.isoformat(),
            "is_whole": self.is_whole,
            "is_read": self.is_read,
            "cursor": None if self.cursor is None else dict(self.cursor),
            "read": self.read,
            "pages": self.pages,
            "plans": [pack_plan(plan) for _, plan in sorted(self.plans.items())],
            "categories": {word: kind.value for word, kind in sorted(self.categories.items())},
        }


def read_state(document: Mapping[str, object] | None) -> State | None:
    """Return the state that was stored, ``None`` where there is none or an older program wrote it otherwise."""
    try:
        return None if document is None else _state(document)
    except (KeyError, TypeError, ValueError):
        return None


def asked_hash(connection: RoadmapConnection, mapping: RoadmapMap) -> str:
    """Return a hash over what decides the raw items: address, settings, zone, fields of the map, and the program."""
    parts = [
        *(FORM, PROGRAM_VERSION, *_set(connection)),
        *(mapping.points_field, mapping.moscow_field, dict(mapping.rice_fields)),
        {word: kind.value for word, kind in mapping.moscow_words.items()},
    ]
    return _hash(parts)


def stored_hash(connection: RoadmapConnection, mapping: RoadmapMap) -> str:
    """Return a hash over what decides how items are stored: the settings and all that the map says."""
    return _hash([*_set(connection), write_map(mapping)])


def _set(connection: RoadmapConnection) -> list[object]:
    return [connection.kind, connection.base_url, connection.timezone, Settings.of(connection).document]


def _hash(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _state(document: Mapping[str, object]) -> State:
    since, cursor, plans, words = (document[name] for name in ("since", "cursor", "plans", "categories"))
    read, pages = document["read"], document["pages"]
    if not isinstance(plans, list) or not isinstance(words, dict) or not isinstance(read, int):
        raise TypeError
    found = [unpack_plan(plan) for plan in plans]
    return State(
        run=str(document["run"]),
        asked=str(document["asked"]),
        started_at=dt.datetime.fromisoformat(str(document["started_at"])),
        since=None if since is None else dt.datetime.fromisoformat(str(since)),
        is_whole=document["is_whole"] is True,
        is_read=document["is_read"] is True,
        cursor=cursor if isinstance(cursor, dict) else None,
        read=read,
        pages=pages if isinstance(pages, int) else 0,
        plans={plan.name: plan for plan in found},
        categories={str(word): StatusClass(str(kind)) for word, kind in words.items()},
    )
