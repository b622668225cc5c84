"""Turns a roadmap file that was read into stored delivery data, and tells what it cannot feed.

Privacy: items keep a keyed hash of their assignee only until the people behind each team's weeks are counted
(``reports.services.pressure``), then it is deleted; changes of assignee are never stored, nor are items without a team.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.i18n import Message
from surveys.importers.roadmap_model import EventField, PlanFact, RoadmapFile, WorkEventFact, WorkItemFact
from surveys.models.roadmap import RoadmapSource
from surveys.store import roadmap as store
from surveys.store.roadmap import PeopleState, SeenDate

_DATED_FIELDS = frozenset({EventField.PLAN, EventField.DUE, EventField.PRIORITY})

REWRITTEN_TABLES = ("work_item",)
"""Tables whose hashes of people must leave no bytes in the files once the weeks are counted."""


@dataclass(frozen=True, kw_only=True)
class RoadmapImportAccount:
    """What an import stored: one sentence per fact in ``lines``, and the counts behind them.

    ``unmapped_share`` is the share (0 to 1) of the file's items that no rule maps to a team; they are not stored.
    """

    lines: tuple[Message, ...]
    items: int
    events: int
    plans: int
    moved_dates: int
    unmapped_share: float


def import_roadmap(
    session: Session, file: RoadmapFile, *, name: str, file_sha256: str, now: dt.datetime
) -> RoadmapImportAccount:
    """Make the source ``name`` be what the file says and return an account; the caller commits or rolls back.

    Items, changes and plans of an earlier import of this name are replaced. The days seen for its plans stay, and
    each day that differs from the last one seen is added, so that a moved date is a change. The same file twice
    gives the same rows.
    """
    mapped = [item for item in file.items if item.team is not None]
    team_of = {item.key: item.team or "" for item in mapped}
    events = [event for event in file.events if event.item in team_of and event.field is not EventField.ASSIGNEE]
    people = PeopleState.HASHED if any(item.assignee_hash for item in mapped) else PeopleState.NONE
    account: dict[str, object] = {
        "items": len(mapped),
        "events": len(events),
        "plans": len(file.plans),
        "unmapped": file.unmapped,
        "in_file": len(file.items),
    }
    store.put_source(
        session,
        RoadmapSource(
            name=name,
            kind=file.kind.value,
            covered_from=file.covered_from,
            covered_to=file.covered_to,
            history=sorted(field.value for field in file.history),
            people=people.value,
            file_sha256=file_sha256,
            imported_at=now,
            account=account,
            computed_until=None,
            computed_with=None,
        ),
    )
    store.clear_source(session, name)
    store.add_items(session, name, mapped)
    store.add_events(session, name, events)
    store.add_plans(session, name, file.plans, _teams_of_plans(mapped, events, team_of))
    new_dates = _new_dates(session, name, file, now)
    store.add_seen_dates(session, name, [date for date, _ in new_dates])
    moved = [(date, earlier) for date, earlier in new_dates if earlier is not None]
    lines = [*_count_lines(file, len(mapped), len(events)), *_move_lines(moved), *_gap_lines(file, mapped)]
    return RoadmapImportAccount(
        lines=tuple(lines),
        items=len(mapped),
        events=len(events),
        plans=len(file.plans),
        moved_dates=len(moved),
        unmapped_share=file.unmapped_share,
    )


def _teams_of_plans(
    items: list[WorkItemFact], events: list[WorkEventFact], team_of: dict[str, str]
) -> dict[str, set[str]]:
    teams: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        for plan in item.plans:
            teams[plan].add(team_of[item.key])
    for event in events:
        if event.field is EventField.PLAN:
            for name in (event.old, event.new):
                if name is not None:
                    teams[name].add(team_of[event.item])
    return teams


def _new_dates(
    session: Session, name: str, file: RoadmapFile, now: dt.datetime
) -> list[tuple[SeenDate, SeenDate | None]]:
    """Return the days not seen before, each with the one it replaces; in the order of plans and time.

    A day was seen when the file was made, which the file says; where that is not later than what is stored, it was
    seen now.
    """
    known = store.list_seen_dates(session, name)
    found: list[tuple[SeenDate, SeenDate | None]] = []
    for plan in file.plans:
        last = known[plan.name][-1] if plan.name in known else None
        stored_until = last.seen_at if last is not None else None
        seen = _as_seen(plan, now)
        for place, (at, due) in enumerate(seen, start=1):
            is_past = stored_until is not None and at <= stored_until
            if due == (None if last is None else last.due) or (is_past and place < len(seen)):
                continue
            date = SeenDate(plan=plan.name, seen_at=now if is_past else at, due=due)
            if last is None or date.seen_at > last.seen_at:
                found.append((date, last))
                last = date
    return found


def _as_seen(plan: PlanFact, now: dt.datetime) -> list[tuple[dt.datetime, dt.date | None]]:
    midnight = dt.time(tzinfo=dt.UTC)
    seen: list[tuple[dt.datetime, dt.date | None]] = [
        (min(dt.datetime.combine(day, midnight), now), due) for day, due in sorted(plan.dates_seen)
    ]
    if not seen or seen[-1][1] != plan.due:
        seen.append((now, plan.due))
    return seen


def _count_lines(file: RoadmapFile, items: int, events: int) -> list[Message]:
    lines = [
        Message(
            "{items} work items, {events} changes and {plans} plans were stored, from {first} to {last}.",
            {
                "items": items,
                "events": events,
                "plans": len(file.plans),
                "first": file.covered_from,
                "last": file.covered_to,
            },
        )
    ]
    if file.unmapped:
        lines.append(
            Message(
                "{count} of {total} items ({share} %) belong to no team and were left out. The map decides that.",
                {"count": file.unmapped, "total": len(file.items), "share": round(100 * file.unmapped_share)},
            )
        )
    return lines


def _move_lines(moved: list[tuple[SeenDate, SeenDate]]) -> list[Message]:
    lines = []
    for date, earlier in moved:
        values = {"plan": date.plan, "old": earlier.due, "new": date.due}
        if date.due is None:
            lines.append(Message("The date of {plan} is gone; it was {old}.", values))
        elif earlier.due is None:
            lines.append(Message("{plan} has a date again: {new}.", values))
        else:
            lines.append(Message("The date of {plan} moved from {old} to {new}.", values))
    return lines


def _gap_lines(file: RoadmapFile, items: list[WorkItemFact]) -> list[Message]:
    """Return one sentence per indicator that this source cannot feed, with what would feed it."""
    dated = any(plan.due for plan in file.plans) or any(item.due for item in items)
    ranks = {item.priority_rank for item in items} - {None}
    lines = []
    if not dated:
        lines.append(Message("Required run rate and scope churn are missing: nothing has a date. Plan days feed them."))
    elif EventField.PLAN not in file.history:
        lines.append(Message("Scope churn is missing: it needs the history of plans, from a change log."))
    if not dated and not file.history & {EventField.STATUS, EventField.PLAN}:
        lines.append(Message("New commitment load is missing: it needs days of start, plan days or a change log."))
    if not file.history & _DATED_FIELDS:
        lines.append(Message("Roadmap volatility is missing: it needs the history of dates, plans or priorities."))
    if EventField.STATUS not in file.history:
        lines.append(Message("Flow load is missing: it needs days of start or the history of status."))
    if len(ranks) < 2 and not any(item.moscow for item in items):
        lines.append(Message("Top-priority share is missing: the items need different priorities or MoSCoW classes."))
    if not any(item.assignee_hash for item in items):
        lines.append(
            Message("The source names no assignees. Pressure is shown for teams of three or more invited people.")
        )
    if not file.history & _DATED_FIELDS:
        lines.append(
            Message("History is missing. The index reads about 7 points low and can only be compared with itself.")
        )
    return lines
