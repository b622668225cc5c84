"""Turns the CSV of issues that GitLab mails, in any order of its columns, into raw items."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import urlsplit

from surveys.importers.roadmap_labels import words_of
from surveys.importers.roadmap_model import PlanFact, PlanKind, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Places, RawFile, RawItem, Reading
from surveys.importers.roadmap_sheet import VALUES, Sheet, words
from surveys.importers.roadmap_table import Layout, Row

_TIMES = ("created", "updated", "done")
LAYOUT = Layout(
    required=("key", "created"),
    optional=(
        *("url", "kind", "state", "status", "updated", "done", "due", "milestone", "iteration", "size", "label"),
        *("assignee_name", "assignee", "epic", "parent", "priority", "team", "project", *VALUES),
    ),
    aliases={
        **dict.fromkeys(("issue id", "iid", "issue iid", "id"), "key"),
        "type": "kind",
        "issue type": "kind",
        "weight": "size",
        "labels": "label",
        "due date": "due",
        "assignee": "assignee_name",
        "assignees": "assignee_name",
        "assignee username": "assignee",
        "epic id": "epic",
        "parent iid": "parent",
        "iteration title": "iteration",
        **{f"{name} at (utc)": ours for name, ours in zip(("created", "updated", "closed"), _TIMES, strict=True)},
        **{f"{name} at": ours for name, ours in zip(("created", "updated", "closed"), _TIMES, strict=True)},
    },
    titles={"key": "Issue ID", "created": "Created At (UTC)"},
    repeated=frozenset({"key"}),
)
_STATES = {
    "closed": StatusClass.DONE,
    **dict.fromkeys(("open", "opened", "reopened"), StatusClass.TODO),
}
_WORKFLOW = ("workflow::", "status::", "state::")


def read_gitlab_csv(stream: BinaryIO, *, reading: Reading) -> RawFile:
    """Read one issue a row; columns are found by name, since their order changed over versions.

    The times are UTC, as the header says. The project is part of the address of an issue and of its key
    (``group/app#12``). GitLab knows open and closed only: a label ``workflow::in dev`` is the status of an open issue,
    and labels such as ``priority::high`` or ``type::bug`` are priority and kind. Milestones and iterations have no
    dates here, titles of epics are dropped. Raises ``InvalidInput`` with every bad row.
    """
    utc = replace(reading, zone=dt.UTC)
    sheet = Sheet(stream, reading=utc, layout=LAYOUT, dates=(*_TIMES, "due"))
    plans: dict[str, PlanFact] = {}
    items = [item for item in (_item(sheet, row, plans) for row in sheet.rows()) if item is not None]
    return sheet.file(SourceKind.GITLAB_CSV, sheet.newest(items), plans=list(plans.values()))


def _item(sheet: Sheet, row: Row, plans: dict[str, PlanFact]) -> RawItem | None:
    number, times = _number(row.get("url")) or sheet.key(row).lstrip("#"), sheet.times(row, _TIMES)
    created = sheet.created(row, times)
    if not number or created is None:
        return None
    project = row.get("project") or _project(row.get("url"))
    # A cell that would begin a formula gets an apostrophe before it.
    labels = words([cell.removeprefix("'") for cell in row.all("label")], ",")
    told = words_of(labels, reading=sheet.reading)
    closed = _STATES.get(row.get("state").casefold()) is StatusClass.DONE or times.get("done") is not None
    status = row.get("status") or ("" if closed else _workflow(labels)) or row.get("state")
    return RawItem(
        key=f"{project}#{number}",
        created_at=created,
        kind=told.kind or row.get("kind"),
        updated_at=times.get("updated"),
        done_at=times.get("done"),
        status=status,
        category=StatusClass.DONE if closed else _STATES.get(status.casefold()),
        priority=row.get("priority") or told.priority,
        size=sheet.number(row, "size") if row.get("size") else told.size,
        plans=_plans(row, plans),
        due=sheet.day(row, "due"),
        places=Places(project=project, labels=labels, team=row.get("team")),
        parent=_parent(row, project),
        assignee_hash=sheet.person(next(iter(words([row.get("assignee") or row.get("assignee_name")], ",")), "")),
        moscow=sheet.moscow(row) or told.moscow,
        rice=sheet.rice(row),
        offset=0,
        line=row.line,
    )


def _plans(row: Row, plans: dict[str, PlanFact]) -> tuple[str, ...]:
    names = []
    for column, kind in (("milestone", PlanKind.MILESTONE), ("iteration", PlanKind.SPRINT)):
        name = row.get(column)
        if name:
            names.append(name)
            plans.setdefault(name, PlanFact(name=name, kind=kind))
    return tuple(names)


def _project(url: str) -> str:
    """Return ``group/app`` of ``https://gitlab.example/group/app/-/issues/12``; "" for any other text."""
    path = urlsplit(url).path
    for sign in ("/-/", "/issues/", "/work_items/"):
        if sign in path:
            return path.partition(sign)[0].strip("/")
    return ""


def _number(url: str) -> str:
    """Return the number that people use, the last part of the address; other columns may hold one of the database."""
    tail = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    return tail if tail.isdigit() else ""


def _workflow(labels: tuple[str, ...]) -> str:
    return next((lab.partition("::")[2] for lab in labels if lab.casefold().startswith(_WORKFLOW)), "")


def _parent(row: Row, project: str) -> str | None:
    if row.get("parent"):
        return f"{project}#{row.get('parent').lstrip('#')}"
    return f"&{row.get('epic').lstrip('&')}" if row.get("epic") else None
