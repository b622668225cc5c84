"""Turns the CSV that Linear exports, whose dates are JavaScript's, into raw items with dated cycles."""

from __future__ import annotations

import datetime as dt
from typing import BinaryIO

from surveys.i18n import Message
from surveys.importers.roadmap_dates import Stamp
from surveys.importers.roadmap_labels import words_of
from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Places, RawFile, RawItem, Reading
from surveys.importers.roadmap_sheet import VALUES, Sheet, words
from surveys.importers.roadmap_table import Layout, Row

_TIMES = ("created", "updated", "started", "done", "canceled")
LAYOUT = Layout(
    required=("key", "created"),
    optional=(
        *("team", "status", "size", "priority", "project", "assignee", "label", "updated", "started", "done", "due"),
        *("canceled", "cycle", "cycle_name", "cycle_start", "cycle_end", "milestone", "parent", "kind", *VALUES),
    ),
    aliases={
        "id": "key",
        "identifier": "key",
        "estimate": "size",
        "labels": "label",
        "completed": "done",
        "cancelled": "canceled",
        "due date": "due",
        "parent issue": "parent",
        "project milestone": "milestone",
        "cycle number": "cycle",
        "cycle name": "cycle_name",
        "cycle start": "cycle_start",
        "cycle end": "cycle_end",
    },
    titles={"key": "ID", "created": "Created"},
)
_NO_PRIORITY = frozenset({"no priority", "none", "0"})
_WAITING = frozenset({"backlog", "todo", "to do", "triage", "icebox", "planned", "unstarted"})
_DAY = dt.timedelta(days=1)


def read_linear_csv(stream: BinaryIO, *, reading: Reading) -> RawFile:
    """Read one issue a row; an issue that was cancelled ended then.

    The column Started gives the history of status as far as it goes. A cycle belongs to its team (``ENG/Cycle 12``), a
    milestone to its project; only cycles have dates, and their end is the first instant after them. Days (due, cycles)
    are stored as instants and are the day whose midnight is nearest. Raises ``InvalidInput`` with every bad row.
    """
    sheet = Sheet(stream, reading=reading, layout=LAYOUT, dates=(*_TIMES, "due", "cycle_start", "cycle_end"))
    plans: dict[str, PlanFact] = {}
    items = [item for item in (_item(sheet, row, plans) for row in sheet.rows()) if item is not None]
    known = frozenset({EventField.STATUS}) if "started" in sheet.table.columns else frozenset[EventField]()
    return sheet.file(SourceKind.LINEAR_CSV, sheet.newest(items), plans=list(plans.values()), history=known)


def _item(sheet: Sheet, row: Row, plans: dict[str, PlanFact]) -> RawItem | None:
    key, times = sheet.key(row), sheet.times(row, _TIMES)
    created = sheet.created(row, times)
    if not key or created is None:
        return None
    labels, team, project = words(row.all("label"), ","), row.get("team"), row.get("project")
    priority = row.get("priority")
    due = sheet.stamp(row, "due")
    done = times.get("done") or times.get("canceled")
    return RawItem(
        key=key,
        created_at=created,
        kind=row.get("kind") or words_of(labels, reading=sheet.reading).kind,
        updated_at=times.get("updated"),
        started_at=times.get("started"),
        done_at=done,
        status=row.get("status"),
        category=_category(row, done),
        priority="" if priority.casefold() in _NO_PRIORITY else priority,
        size=sheet.number(row, "size"),
        plans=_plans(sheet, row, plans, team=team, project=project),
        due=_day(sheet, "due", due),
        places=Places(project=project, labels=labels, team=team),
        parent=row.get("parent") or None,
        assignee_hash=sheet.person(row.get("assignee")),
        moscow=sheet.moscow(row),
        rice=sheet.rice(row),
        offset=times.offset,
        line=row.line,
    )


def _category(row: Row, done: dt.datetime | None) -> StatusClass | None:
    """Return the class that the times prove; ``None`` where the word alone can tell."""
    if done is not None:
        return StatusClass.DONE
    return StatusClass.DOING if row.get("started") and row.get("status").casefold() not in _WAITING else None


def _day(sheet: Sheet, column: str, found: Stamp | None) -> dt.date | None:
    if found is None:
        return None
    return found.meant_day() if found.offset is not None else found.day(day_first=sheet.orders.first(column))


def _plans(sheet: Sheet, row: Row, plans: dict[str, PlanFact], *, team: str, project: str) -> tuple[str, ...]:
    names = []
    number = row.get("cycle").removesuffix(".0")
    if number or row.get("cycle_name"):
        name = f"{team}/{row.get('cycle_name') or f'Cycle {number}'}"
        start, end = (_day(sheet, column, sheet.stamp(row, column)) for column in ("cycle_start", "cycle_end"))
        names.append(name)
        cycle = PlanFact(name=name, kind=PlanKind.SPRINT, start=start, due=end - _DAY if end else None)
        known = plans.setdefault(name, cycle)
        if known != cycle:
            sheet.remarks.add(Message("{plan} comes with different dates; the latest counts.", {"plan": name}))
            plans[name] = max(known, cycle, key=lambda plan: (plan.due or dt.date.min, plan.start or dt.date.min))
    if row.get("milestone"):
        names.append(f"{project}/{row.get('milestone')}")
        plans.setdefault(names[-1], PlanFact(name=names[-1], kind=PlanKind.MILESTONE))
    return tuple(names)
