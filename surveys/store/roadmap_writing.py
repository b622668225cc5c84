"""SQL that stores delivery data in pieces: items that are new or changed, their changes, plans, and what is gone."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from surveys.importers.roadmap_model import EventField, PlanFact, WorkEventFact, WorkItemFact
from surveys.models.base import canonical_json
from surveys.models.roadmap import PlanDateSeen, RoadmapMap, RoadmapPlan, RoadmapSource, WorkEvent, WorkItem
from surveys.store.roadmap import SeenDate, events_of, item_document, item_fact
from surveys.store.roadmap_marks import Mark, with_mark

Told = tuple[WorkItemFact, tuple[WorkEventFact, ...]]

_KEYS = 1000
"""As many keys are asked for at once, well under the limit of parameters of any database."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of an item before an import."""

    team: str
    digest: str
    assignee_hash: str | None


def _table(model: type[WorkItem | WorkEvent | RoadmapPlan | PlanDateSeen]) -> Table:
    """Return the table itself: rows by the thousand need no objects."""
    table = model.__table__
    if not isinstance(table, Table):  # pragma: no cover - every model here is a table
        raise TypeError
    return table


def digest_of(item: WorkItemFact, events: Iterable[WorkEventFact]) -> str:
    """Return 32 hex digits over an item and its changes, without its assignee."""
    parts = [item.team or "", canonical_json(item_document(item))]
    parts += [f"{e.at.isoformat()} {e.field} {e.old}\x1f{e.new}\x1f{e.offset}" for e in events]
    return hashlib.blake2b("\x1e".join(parts).encode(), digest_size=16).hexdigest()


def put_source(session: Session, source: RoadmapSource) -> None:
    """Store a source, or replace what is said about the one of this name."""
    session.merge(source)
    session.flush()


def load_source(session: Session, name: str) -> RoadmapSource | None:
    """Return a source, or ``None``."""
    return session.get(RoadmapSource, name)


def kept_items(session: Session, source: str, keys: Collection[str]) -> dict[str, Kept]:
    """Return what is stored of some items of a source, by key."""
    columns = (WorkItem.key, WorkItem.team, WorkItem.digest, WorkItem.assignee_hash)
    found: dict[str, Kept] = {}
    for part in _parts(sorted(keys)):
        query = select(*columns).where(WorkItem.source == source, WorkItem.key.in_(part))
        found |= {key: Kept(team, digest, hashed) for key, team, digest, hashed in session.execute(query)}
    return found


def stored_items(session: Session, source: str, keys: Collection[str]) -> dict[str, Told]:
    """Return some items of a source with their changes, by key."""
    found: dict[str, Told] = {}
    for part in _parts(sorted(keys)):
        query = select(WorkItem.key, WorkItem.team, WorkItem.document, WorkItem.assignee_hash)
        rows = session.execute(query.where(WorkItem.source == source, WorkItem.key.in_(part))).all()
        events: defaultdict[str, list[WorkEventFact]] = defaultdict(list)
        for event in events_of(session, source, part):
            events[event.item].append(event)
        found |= {row[0]: (item_fact(*row), tuple(events[row[0]])) for row in rows}
    return found


def keys_of(session: Session, source: str) -> set[str]:
    """Return the keys of all stored items of a source."""
    return set(session.scalars(select(WorkItem.key).where(WorkItem.source == source)))


def item_teams(session: Session, source: str) -> list[tuple[str, str]]:
    """Return key and team of every stored item of a source."""
    query = select(WorkItem.key, WorkItem.team).where(WorkItem.source == source)
    return [(key, team) for key, team in session.execute(query)]


def add_items(
    session: Session, source: str, items: Sequence[tuple[Told, str]], marks: Mapping[str, Mark] | None = None
) -> None:
    """Store items that are not there yet, each with its digest, and their changes in the order given.

    ``marks`` are those that items without an assignee bear already.
    """
    known = marks or {}
    rows = [
        {
            "source": source,
            "key": item.key,
            "team": item.team,
            "document": with_mark(
                item_document(item), Mark.NAMED if item.assignee_hash is not None else known.get(item.key)
            ),
            "assignee_hash": item.assignee_hash,
            "digest": digest,
        }
        for (item, _), digest in items
    ]
    changes = [
        {
            "source": source,
            "item": event.item,
            "position": position,
            "at": event.at,
            "field": event.field.value,
            "old": event.old,
            "new": event.new,
            "offset_minutes": event.offset,
        }
        for (_, events), _ in items
        for position, event in enumerate(events, start=1)
    ]
    if rows:
        session.connection().execute(insert(_table(WorkItem)), rows)
    if changes:
        session.connection().execute(insert(_table(WorkEvent)), changes)


def delete_items(session: Session, source: str, keys: Collection[str]) -> None:
    """Delete items and their changes."""
    for part in _parts(sorted(keys)):
        session.execute(delete(WorkEvent).where(WorkEvent.source == source, WorkEvent.item.in_(part)))
        session.execute(delete(WorkItem).where(WorkItem.source == source, WorkItem.key.in_(part)))


def set_hashes(session: Session, source: str, hashes: Mapping[str, str | None]) -> None:
    """Set the hashes of assignees of stored items; items that are not stored are passed over."""
    table = _table(WorkItem)
    query = (
        update(table)
        .where(table.c.source == source, table.c.key == bindparam("of_key"))
        .values(assignee_hash=bindparam("to_hash"))
    )
    if hashes:
        rows = [{"of_key": key, "to_hash": hashed} for key, hashed in sorted(hashes.items())]
        session.connection().execute(query, rows)


def any_hash(session: Session, source: str) -> bool:
    """Say whether any item of a source has a hash of its assignee."""
    query = select(exists().where(WorkItem.source == source, WorkItem.assignee_hash.is_not(None)))
    return bool(session.scalar(query))


def count_rows(session: Session, source: str) -> tuple[int, int, int]:
    """Return how many items, changes and plans of a source are stored."""
    items, events, plans = (
        session.scalar(select(func.count()).select_from(table).where(table.source == source)) or 0
        for table in (WorkItem, WorkEvent, RoadmapPlan)
    )
    return items, events, plans


def each_item(session: Session, source: str) -> Iterator[WorkItemFact]:
    """Yield every stored item of a source, without holding them all."""
    query = select(WorkItem.key, WorkItem.team, WorkItem.document, WorkItem.assignee_hash)
    rows = session.execute(query.where(WorkItem.source == source).execution_options(yield_per=_KEYS))
    for row in rows:
        yield item_fact(*row)


def items_ever_in(session: Session, source: str, plans: Collection[str]) -> set[str]:
    """Return the keys of items that a change put into one of some plans or took out of it."""
    found: set[str] = set()
    for part in _parts(sorted(plans)):
        query = select(WorkEvent.item).where(
            WorkEvent.source == source,
            WorkEvent.field == EventField.PLAN.value,
            or_(WorkEvent.old.in_(part), WorkEvent.new.in_(part)),
        )
        found |= set(session.scalars(query.distinct()))
    return found


def stored_plans(session: Session, source: str) -> dict[str, frozenset[str]]:
    """Return the teams of each stored plan of a source."""
    query = select(RoadmapPlan.name, RoadmapPlan.teams).where(RoadmapPlan.source == source)
    return {name: frozenset(teams) for name, teams in session.execute(query)}


def put_plans(session: Session, source: str, plans: Sequence[PlanFact], teams: Mapping[str, Collection[str]]) -> None:
    """Store plans with the teams that use them, in place of what is stored of them."""
    rows = [
        {
            "source": source,
            "name": plan.name,
            "kind": plan.kind.value,
            "starts_on": plan.start,
            "due_on": plan.due,
            "done_on": plan.done_at,
            "teams": sorted(teams.get(plan.name, ())),
        }
        for plan in plans
    ]
    delete_plans(session, source, [plan.name for plan in plans])
    if rows:
        session.connection().execute(insert(_table(RoadmapPlan)), rows)


def delete_plans(session: Session, source: str, names: Collection[str]) -> None:
    """Delete plans; the days seen for them stay."""
    for part in _parts(sorted(names)):
        session.execute(delete(RoadmapPlan).where(RoadmapPlan.source == source, RoadmapPlan.name.in_(part)))


def add_seen_dates(session: Session, source: str, dates: Sequence[SeenDate]) -> None:
    """Store days that were seen for the first time."""
    rows = [{"source": source, "plan": d.plan, "seen_at": d.seen_at, "due_on": d.due} for d in dates]
    if rows:
        session.connection().execute(insert(_table(PlanDateSeen)), rows)


def load_map(session: Session, name: str) -> str | None:
    """Return the map of a source as TOML, or ``None`` where none was saved."""
    found = session.get(RoadmapMap, name)
    return None if found is None else found.document


def save_map(session: Session, name: str, document: str, *, now: dt.datetime) -> None:
    """Save the map of a source in place of the one before."""
    session.merge(RoadmapMap(name=name, document=document, changed_at=now))
    session.flush()


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _KEYS):
        yield keys[start : start + _KEYS]
