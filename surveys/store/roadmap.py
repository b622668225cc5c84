"""SQL for delivery data: sources, work items, their changes, plans and the days seen for them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, insert, select, update
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
from surveys.models.roadmap import CalendarDay, PlanDateSeen, RoadmapPlan, RoadmapSource, WorkEvent, WorkItem


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


def put_source(session: Session, source: RoadmapSource) -> None:
    """Store a source, or replace what is said about the one of this name."""
    session.merge(source)
    session.flush()


def clear_source(session: Session, name: str) -> None:
    """Delete the items, events and plans of a source; the days seen for its plans stay."""
    for table in (WorkEvent, WorkItem, RoadmapPlan):
        session.execute(delete(table).where(table.source == name))


def add_items(session: Session, source: str, items: Iterable[WorkItemFact]) -> int:
    """Store the items that have a team and return their number."""
    rows = [
        {
            "source": source,
            "key": item.key,
            "team": item.team,
            "document": _document(item),
            "assignee_hash": item.assignee_hash,
        }
        for item in items
        if item.team is not None
    ]
    if rows:
        session.execute(insert(WorkItem), rows)
    return len(rows)


def add_events(session: Session, source: str, events: Iterable[WorkEventFact]) -> int:
    """Store changes in the order given and return their number; the caller passes those of stored items only."""
    positions: defaultdict[str, int] = defaultdict(int)
    rows = []
    for event in events:
        positions[event.item] += 1
        rows.append(
            {
                "source": source,
                "item": event.item,
                "position": positions[event.item],
                "at": event.at,
                "field": event.field.value,
                "old": event.old,
                "new": event.new,
            }
        )
    if rows:
        session.execute(insert(WorkEvent), rows)
    return len(rows)


def add_plans(session: Session, source: str, plans: Iterable[PlanFact], teams: Mapping[str, Collection[str]]) -> int:
    """Store plans with the teams that use them and return their number."""
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
    if rows:
        session.execute(insert(RoadmapPlan), rows)
    return len(rows)


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


def add_seen_dates(session: Session, source: str, dates: Sequence[SeenDate]) -> None:
    """Store days that were seen for the first time."""
    rows = [{"source": source, "plan": d.plan, "seen_at": d.seen_at, "due_on": d.due} for d in dates]
    if rows:
        session.execute(insert(PlanDateSeen), rows)


def load_facts(session: Session, teams: Collection[str] | None = None) -> tuple[SourceFacts, ...]:
    """Return every source with its items, those of ``teams`` only where given, in the order of names and keys."""
    found = []
    for source in list_sources(session):
        items = _items(session, source.name, teams)
        keys = None if teams is None else {item.key for item in items}
        found.append(
            SourceFacts(
                name=source.name,
                kind=source.kind,
                covered_from=source.covered_from,
                covered_to=source.covered_to,
                history=frozenset(EventField(field) for field in source.history),
                people=PeopleState(source.people),
                items=items,
                events=_events(session, source.name, keys),
                plans=_plans(session, source.name),
            )
        )
    return tuple(found)


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


def set_computed(session: Session, *, until: dt.date, used: str) -> None:
    """Record for all sources up to which day their weeks stand and what they were computed with."""
    session.execute(
        update(RoadmapSource)
        .values(computed_until=until, computed_with=used)
        .execution_options(synchronize_session="fetch")
    )


def list_days_off(session: Session) -> dict[str, frozenset[dt.date]]:
    """Return the holidays of each team; the key "" holds those of all teams."""
    query = select(CalendarDay.team, CalendarDay.day).where(CalendarDay.kind == "holiday")
    days: defaultdict[str, set[dt.date]] = defaultdict(set)
    for team, day in session.execute(query):
        days[team].add(day)
    return {team: frozenset(found) for team, found in days.items()}


def _items(session: Session, source: str, teams: Collection[str] | None) -> tuple[WorkItemFact, ...]:
    query = (
        select(WorkItem.key, WorkItem.team, WorkItem.document, WorkItem.assignee_hash)
        .where(WorkItem.source == source)
        .order_by(WorkItem.key)
    )
    if teams is not None:
        query = query.where(WorkItem.team.in_(sorted(teams)))
    return tuple(_item(key, team, document, hashed) for key, team, document, hashed in session.execute(query))


def _events(session: Session, source: str, keys: Collection[str] | None) -> tuple[WorkEventFact, ...]:
    query = (
        select(WorkEvent.item, WorkEvent.at, WorkEvent.field, WorkEvent.old, WorkEvent.new)
        .where(WorkEvent.source == source)
        .order_by(WorkEvent.item, WorkEvent.position)
    )
    return tuple(
        WorkEventFact(item=item, at=at, field=EventField(field), old=old, new=new)
        for item, at, field, old, new in session.execute(query)
        if keys is None or item in keys
    )


def _plans(session: Session, source: str) -> tuple[PlanFact, ...]:
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


def _document(item: WorkItemFact) -> dict[str, object]:
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
        "rice": [rice.reach, rice.impact, rice.confidence, rice.effort] if rice else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _item(key: str, team: str, document: Mapping[str, object], hashed: str | None) -> WorkItemFact:
    done, due, moscow = document.get("done"), document.get("due"), document.get("moscow")
    rank, size, rice = document.get("rank"), document.get("size"), document.get("rice")
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
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _rice(values: Sequence[float | None]) -> Rice:
    reach, impact, confidence, effort = values
    return Rice(reach=reach, impact=impact, confidence=confidence, effort=effort)
