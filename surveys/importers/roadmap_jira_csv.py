"""Turns the CSV that Jira exports, with a column for every value and dates of any site, into raw items."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO

from surveys.i18n import Message
from surveys.importers.roadmap_model import PlanFact, PlanKind, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Places, RawFile, RawItem, Reading
from surveys.importers.roadmap_sheet import VALUES, Sheet, Times
from surveys.importers.roadmap_table import Layout, Row

_TIMES = ("created", "updated", "done", "category_changed")
# Headers of Cloud and Data Center, old and new; the Spanish ones are what a site shows to a person who reads Spanish.
_ALIASES = {
    **dict.fromkeys(("issue key", "work item key", "clave de incidencia"), "key"),
    **dict.fromkeys(("issue id", "work item id", "id de la incidencia"), "id"),
    **dict.fromkeys(("issue type", "work type", "work item type", "tipo de incidencia"), "kind"),
    **dict.fromkeys(("creada", "creado"), "created"),
    **dict.fromkeys(("actualizada", "actualizado"), "updated"),
    **dict.fromkeys(("resolved", "resuelta", "resuelto"), "done"),
    **dict.fromkeys(("due date", "fecha de vencimiento"), "due"),
    **dict.fromkeys(("status category", "categoría de estado"), "category"),
    **dict.fromkeys(("status category changed", "categoría de estado modificada"), "category_changed"),
    **dict.fromkeys(("fix version/s", "fix versions", "fix version", "versiones corregidas"), "version"),
    **dict.fromkeys(("component/s", "components", "componentes"), "component"),
    **dict.fromkeys(("labels", "etiquetas"), "label"),
    **dict.fromkeys(("project key", "clave del proyecto"), "project"),
    **dict.fromkeys(("story points", "story point estimate"), "size"),
    **dict.fromkeys(("custom field (story points)", "custom field (story point estimate)"), "size"),
    **dict.fromkeys(
        ("parent key", "clave principal", "custom field (epic link)", "custom field (parent link)"), "parent"
    ),
    **dict.fromkeys(("parent", "parent id"), "parent"),
    **dict.fromkeys(("team name", "custom field (team)"), "team"),
    "assignee id": "assignee_id",
    "persona asignada": "assignee",
    "estado": "status",
    "prioridad": "priority",
    "custom field (sprint)": "sprint",
    **{f"custom field ({part})": part for part in VALUES},
}
LAYOUT = Layout(
    required=("key", "created"),
    optional=(
        *("id", "kind", "updated", "done", "due", "status", "category", "category_changed", "priority", "size"),
        *("version", "sprint", "component", "label", "project", "board", "area_path", "team", "parent"),
        *("assignee", "assignee_id", *VALUES),
    ),
    aliases=_ALIASES,
    titles={"key": "Issue key", "created": "Created"},
    repeated=frozenset({"version", "sprint", "component", "label", "size", "parent", "team", *VALUES}),
    spills=True,
)
_CATEGORIES = {
    **dict.fromkeys(("to do", "new", "por hacer", "tareas por hacer"), StatusClass.TODO),
    **dict.fromkeys(("in progress", "en curso"), StatusClass.DOING),
    **dict.fromkeys(("done", "complete", "listo", "finalizada", "finalizado"), StatusClass.DONE),
}
_CUTS = frozenset({1000, 5000, 10_000})


def read_jira_csv(stream: BinaryIO, *, reading: Reading) -> RawFile:
    """Read an export with one issue a row, of all fields or of the current ones.

    Several columns of one name (Sprint, Labels, Fix versions, Components) give several values. A version belongs to its
    project: ``PAY/4.2``. Neither sprints nor versions have dates here, and nothing has a past. An item that is done and
    was never resolved ended when its status category last changed. An issue that comes twice counts as last updated.
    Times have no offset in the file and are in the zone of the reading. Raises ``InvalidInput`` with every row that has
    no key or a time that cannot be read.
    """
    sheet = Sheet(stream, reading=reading, layout=LAYOUT, dates=(*_TIMES, "due"))
    plans: dict[str, PlanFact] = {}
    ids: dict[str, str] = {}
    items = [item for item in (_item(sheet, row, plans, ids) for row in sheet.rows()) if item is not None]
    if sheet.count in _CUTS:
        reason = Message(
            "The file has exactly {count} rows, which may be where Jira cut the export. Look whether the filter finds "
            "more, and export the rest in a second file.",
            {"count": sheet.count},
        )
        sheet.remarks.add(reason)
    found = [_with_parent(item, ids) for item in sheet.newest(items)]
    return sheet.file(SourceKind.JIRA_CSV, found, plans=list(plans.values()))


def _item(sheet: Sheet, row: Row, plans: dict[str, PlanFact], ids: dict[str, str]) -> RawItem | None:
    key, times = sheet.key(row), sheet.times(row, _TIMES)
    created = sheet.created(row, times)
    if not key or created is None:
        return None
    ids[row.get("id")] = key
    project = row.get("project") or key.rpartition("-")[0]
    category = _CATEGORIES.get(row.get("category").casefold())
    names = []
    for name in row.all("version"):
        names.append(f"{project}/{name}")
        plans[names[-1]] = PlanFact(name=names[-1], kind=PlanKind.VERSION)
    for name in row.all("sprint"):
        names.append(name)
        plans[name] = PlanFact(name=name, kind=PlanKind.SPRINT)
    return RawItem(
        key=key,
        created_at=created,
        kind=row.get("kind"),
        updated_at=times.get("updated"),
        done_at=_done(times, category),
        status=row.get("status"),
        category=category,
        priority=row.get("priority"),
        size=sheet.number(row, "size"),
        plans=tuple(names),
        due=sheet.day(row, "due"),
        places=Places(
            project=project,
            boards=row.all("board"),
            components=row.all("component"),
            labels=row.all("label"),
            area_path=row.get("area_path"),
            team=row.get("team"),
        ),
        parent=next((cell for cell in row.all("parent") if not cell.isdigit()), None) or row.get("parent") or None,
        assignee_hash=sheet.person(row.get("assignee_id") or row.get("assignee")),
        moscow=sheet.moscow(row),
        rice=sheet.rice(row),
        offset=times.offset,
        line=row.line,
    )


def _done(times: Times, category: StatusClass | None) -> dt.datetime | None:
    resolved = times.get("done")
    if resolved is None and category is StatusClass.DONE:
        return times.get("category_changed")
    return resolved


def _with_parent(item: RawItem, ids: Mapping[str, str]) -> RawItem:
    """Return ``item`` with the key of its parent where the file gave the parent's number."""
    return replace(item, parent=ids.get(item.parent, item.parent)) if item.parent else item
