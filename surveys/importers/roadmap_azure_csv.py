"""Turns the CSV of a query of Azure Boards into raw items; the area path says the team, the iteration the sprint."""

from __future__ import annotations

import datetime as dt
import re
from typing import BinaryIO

from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Places, RawFile, RawItem, Reading
from surveys.importers.roadmap_sheet import VALUES, Sheet, Times, words
from surveys.importers.roadmap_table import Layout, Row

_TIMES = ("created", "updated", "started", "done", "changed_state")
LAYOUT = Layout(
    required=("key", "created"),
    optional=(
        *("kind", "status", "project", "area_path", "iteration", "size", "priority", "updated", "started", "done"),
        *("changed_state", "due", "label", "parent", "assignee", "board", "team", *VALUES),
    ),
    aliases={
        "id": "key",
        "work item type": "kind",
        "state": "status",
        "team project": "project",
        "tags": "label",
        "area path": "area_path",
        "iteration path": "iteration",
        "assigned to": "assignee",
        **dict.fromkeys(("story points", "effort", "size"), "size"),
        "created date": "created",
        "changed date": "updated",
        "activated date": "started",
        "closed date": "done",
        "state change date": "changed_state",
        "target date": "due",
        "due date": "due",
    },
    titles={"key": "ID", "created": "Created Date"},
    repeated=frozenset({"size", "due"}),
)
# The states of the four process templates (Basic, Agile, Scrum, CMMI) and their categories.
_STATES = {
    **dict.fromkeys(("new", "to do", "proposed", "approved", "design", "ready"), StatusClass.TODO),
    **dict.fromkeys(("active", "doing", "in progress", "committed", "resolved", "open"), StatusClass.DOING),
    **dict.fromkeys(("done", "closed", "completed", "removed", "inactive"), StatusClass.DONE),
}
_MAIL = re.compile(r"<([^<>]+)>\s*$")


def read_azure_csv(stream: BinaryIO, *, reading: Reading) -> RawFile:
    """Read one work item a row.

    Size is Story Points, Effort or Size, whichever the process has. An iteration below the project is a sprint without
    dates; the project itself is no plan. An item that is done without a Closed Date ended when its state last changed.
    Activated Date gives the history of status as far as it goes. Raises ``InvalidInput`` with every bad row.
    """
    sheet = Sheet(stream, reading=reading, layout=LAYOUT, dates=(*_TIMES, "due"))
    plans: dict[str, PlanFact] = {}
    items = [item for item in (_item(sheet, row, plans) for row in sheet.rows()) if item is not None]
    known = frozenset({EventField.STATUS}) if "started" in sheet.table.columns else frozenset[EventField]()
    found = sheet.newest(items)
    return sheet.file(SourceKind.AZURE_CSV, found, plans=list(plans.values()), history=known, categories=dict(_STATES))


def _item(sheet: Sheet, row: Row, plans: dict[str, PlanFact]) -> RawItem | None:
    key, times = sheet.key(row), sheet.times(row, _TIMES)
    created = sheet.created(row, times)
    if not key or created is None:
        return None
    area = row.get("area_path")
    project = row.get("project") or _parts(area)[0]
    mail = _MAIL.search(row.get("assignee"))
    priority = row.get("priority")
    return RawItem(
        key=key,
        created_at=created,
        kind=row.get("kind"),
        updated_at=times.get("updated"),
        started_at=times.get("started"),
        done_at=_done(times, row),
        status=row.get("status"),
        priority="" if priority.isdigit() else priority,
        priority_rank=int(priority) if priority.isdigit() and 1 <= int(priority) <= 9 else None,
        size=sheet.number(row, "size"),
        plans=_plans(row, project, plans),
        due=sheet.day(row, "due"),
        places=Places(
            project=project,
            boards=row.all("board"),
            labels=words(row.all("label"), ";"),
            area_path=area,
            team=row.get("team"),
        ),
        parent=row.get("parent") or None,
        assignee_hash=sheet.person(mail[1] if mail else row.get("assignee")),
        moscow=sheet.moscow(row),
        rice=sheet.rice(row),
        offset=times.offset,
        line=row.line,
    )


def _parts(path: str) -> list[str]:
    return [part.strip() for part in path.replace("/", "\\").split("\\")]


def _plans(row: Row, project: str, plans: dict[str, PlanFact]) -> tuple[str, ...]:
    path = row.get("iteration")
    if not path or path.casefold() == project.casefold():
        return ()
    plans.setdefault(path, PlanFact(name=path, kind=PlanKind.SPRINT))
    return (path,)


def _done(times: Times, row: Row) -> dt.datetime | None:
    closed = times.get("done")
    if closed is None and _STATES.get(row.get("status").casefold()) is StatusClass.DONE:
        return times.get("changed_state")
    return closed
