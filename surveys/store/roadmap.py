"""SQL for delivery data: sources, work items, their changes, plans and the days seen for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, and_, select, update
from sqlalchemy.orm import Session

from surveys.importers.roadmap_model import (
    EventField,
    Moscow,
    PlanFact,
    PlanKind,
    Rice,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
)
from surveys.models.roadmap import PlanDateSeen, RoadmapPlan, RoadmapSource, WorkEvent, WorkItem

_Events = Select[str, dt.datetime, str, str | None, str | None, int | None]


class PeopleState(StrEnum):
    """What is known about the people behind the items of a source."""

    NONE = "none"
    HASHED = "hashed"
    COUNTED = "counted"


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """One source as imported; items carry a hash of their assignee only while ``people`` is hashed."""

    name: str
    kind: str
    covered_from: dt.date
    covered_to: dt.date
    history: frozenset[EventField]
    people: PeopleState
    items: tuple[WorkItemFact, ...]
    events: tuple[WorkEventFact, ...]
    plans: tuple[PlanFact, ...]


@dataclass(frozen=True, kw_only=True)
class DatedPlan:
    """A plan with a day, and every day that was seen for it as (seen on, day), oldest first."""

    source: str
    name: str
    kind: PlanKind
    due: dt.date | None
    done_on: dt.date | None
    teams: frozenset[str]
    dates_seen: tuple[tuple[dt.date, dt.date], ...]


@dataclass(frozen=True, kw_only=True)
class SeenDate:
    """A target day of a plan, ``None`` for none, and the instant at which it was first seen."""

    plan: str
    seen_at: dt.datetime
    due: dt.date | None


def list_sources(session: Session) -> Sequence[RoadmapSource]:
    """Return all sources by name."""
    return session.scalars(select(RoadmapSource).order_by(RoadmapSource.name)).all()


def list_seen_dates(session: Session, source: str) -> dict[str, list[SeenDate]]:
    """Return the days seen for the plans of a source, oldest first."""
    query = (
        select(PlanDateSeen.plan, PlanDateSeen.seen_at, PlanDateSeen.due_on)
        .where(PlanDateSeen.source == source)
        .order_by(PlanDateSeen.plan, PlanDateSeen.seen_at)
    )
    found: dict[str, list[SeenDate]] = {}
    for plan, seen_at, due in session.execute(query):
        found.setdefault(plan, []).append(SeenDate(plan=plan, seen_at=seen_at, due=due))
    return found


def load_facts(session: Session, teams: Collection[str] | None = None) -> tuple[SourceFacts, ...]:
    """Return every source with its items, those of ``teams`` only where given, in the order of names and keys."""
    return tuple(
        SourceFacts(
            name=source.name,
            kind=source.kind,
            covered_from=source.covered_from,
            covered_to=source.covered_to,
            history=frozenset(EventField(field) for field in source.history),
            people=PeopleState(source.people),
            items=_items(session, source.name, teams),
            events=_events(session, source.name, teams),
            plans=plans_of(session, source.name),
        )
        for source in list_sources(session)
    )


def list_dated_plans(session: Session, teams: Collection[str], *, kinds: Collection[PlanKind]) -> list[DatedPlan]:
    """Return the plans of some kinds that ``teams`` have or had items in, by source and name."""
    query = select(RoadmapPlan).where(RoadmapPlan.kind.in_([kind.value for kind in kinds]))
    wanted = frozenset(teams)
    plans = [
        plan
        for plan in session.scalars(query.order_by(RoadmapPlan.source, RoadmapPlan.name))
        if wanted & set(plan.teams)
    ]
    seen = {source: list_seen_dates(session, source) for source in sorted({plan.source for plan in plans})}
    return [
        DatedPlan(
            source=plan.source,
            name=plan.name,
            kind=PlanKind(plan.kind),
            due=plan.due_on,
            done_on=plan.done_on,
            teams=frozenset(plan.teams),
            dates_seen=_seen_pairs(seen[plan.source].get(plan.name, ())),
        )
        for plan in plans
    ]


def drop_hashes(session: Session, source: str) -> None:
    """Delete the hashes of assignees of a source and say that they were counted."""
    session.execute(
        update(WorkItem)
        .where(WorkItem.source == source, WorkItem.assignee_hash.is_not(None))
        .values(assignee_hash=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(RoadmapSource)
        .where(RoadmapSource.name == source)
        .values(people=PeopleState.COUNTED.value)
        .execution_options(synchronize_session="fetch")
    )


def clear_touched(session: Session, source: str, teams: Collection[str] | None = None) -> None:
    """Forget of a source that weeks of some teams (``None``: of all) must be computed again, once they were."""
    found = session.get(RoadmapSource, source)
    if found is not None:
        kept = {} if teams is None else {team: day for team, day in found.touched.items() if team not in teams}
        found.touched = kept
        session.flush()


def _items(session: Session, source: str, teams: Collection[str] | None) -> tuple[WorkItemFact, ...]:
    query = (
        select(WorkItem.key, WorkItem.team, WorkItem.document, WorkItem.assignee_hash)
        .where(WorkItem.source == source)
        .order_by(WorkItem.key)
    )
    if teams is not None:
        query = query.where(WorkItem.team.in_(sorted(teams)))
    return tuple(item_fact(key, team, document, hashed) for key, team, document, hashed in session.execute(query))


def _events(session: Session, source: str, teams: Collection[str] | None) -> tuple[WorkEventFact, ...]:
    query = _event_query(source)
    if teams is not None:
        of_item = and_(WorkItem.source == WorkEvent.source, WorkItem.key == WorkEvent.item)
        query = query.join(WorkItem, of_item).where(WorkItem.team.in_(sorted(teams)))
    return _event_facts(session, query)


def events_of(session: Session, source: str, keys: Collection[str]) -> tuple[WorkEventFact, ...]:
    """Return the changes of some items of a source, by key and position; at most some thousand keys."""
    return _event_facts(session, _event_query(source).where(WorkEvent.item.in_(sorted(keys))))


def _event_query(source: str) -> _Events:
    return (
        select(WorkEvent.item, WorkEvent.at, WorkEvent.field, WorkEvent.old, WorkEvent.new, WorkEvent.offset_minutes)
        .where(WorkEvent.source == source)
        .order_by(WorkEvent.item, WorkEvent.position)
    )


def _event_facts(session: Session, query: _Events) -> tuple[WorkEventFact, ...]:
    return tuple(
        WorkEventFact(item=item, at=at, field=EventField(field), old=old, new=new, offset=offset)
        for item, at, field, old, new, offset in session.execute(query)
    )


def plans_of(session: Session, source: str) -> tuple[PlanFact, ...]:
    """Return the plans of a source by name, with every day that was seen for them."""
    seen = list_seen_dates(session, source)
    query = select(RoadmapPlan).where(RoadmapPlan.source == source).order_by(RoadmapPlan.name)
    return tuple(
        PlanFact(
            name=plan.name,
            kind=PlanKind(plan.kind),
            start=plan.starts_on,
            due=plan.due_on,
            done_at=plan.done_on,
            dates_seen=_seen_pairs(seen.get(plan.name, ())),
        )
        for plan in session.scalars(query)
    )


def _seen_pairs(seen: Iterable[SeenDate]) -> tuple[tuple[dt.date, dt.date], ...]:
    return tuple((date.seen_at.date(), date.due) for date in seen if date.due is not None)


def item_document(item: WorkItemFact) -> dict[str, object]:
    """Return what is stored of an item beside its key, team and assignee; ``None`` is left out."""
    rice = item.rice
    facts: dict[str, object] = {
        "kind": item.kind,
        "created": item.created_at.astimezone(dt.UTC).isoformat(),
        "done": item.done_at.astimezone(dt.UTC).isoformat() if item.done_at else None,
        "status": item.status_class.value,
        "rank": item.priority_rank,
        "size": item.size,
        "plans": list(item.plans) or None,
        "due": item.due.isoformat() if item.due else None,
        "areas": list(item.areas) or None,
        "moscow": item.moscow.value if item.moscow else None,
        "parent": item.parent,
        "offset": item.offset,
        "rice": [rice.reach, rice.impact, rice.confidence, rice.effort] if rice else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def item_fact(key: str, team: str, document: Mapping[str, object], hashed: str | None) -> WorkItemFact:
    """Return the item of a stored row; the opposite of ``item_document``."""
    done, due, moscow = document.get("done"), document.get("due"), document.get("moscow")
    rank, size, rice = document.get("rank"), document.get("size"), document.get("rice")
    parent, offset = document.get("parent"), document.get("offset")
    return WorkItemFact(
        key=key,
        team=team,
        kind=str(document["kind"]),
        created_at=dt.datetime.fromisoformat(str(document["created"])),
        done_at=dt.datetime.fromisoformat(str(done)) if done else None,
        status_class=StatusClass(str(document["status"])),
        priority_rank=rank if isinstance(rank, int) else None,
        size=float(size) if isinstance(size, int | float) else None,
        plans=_texts(document.get("plans")),
        due=dt.date.fromisoformat(str(due)) if due else None,
        areas=_texts(document.get("areas")),
        assignee_hash=hashed,
        moscow=Moscow(str(moscow)) if moscow else None,
        rice=_rice(rice) if isinstance(rice, list) else None,
        parent=str(parent) if parent else None,
        offset=offset if isinstance(offset, int) else None,
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _rice(values: Sequence[float | None]) -> Rice:
    reach, impact, confidence, effort = values
    return Rice(reach=reach, impact=impact, confidence=confidence, effort=effort)
