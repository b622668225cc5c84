"""Turns pages of the Jira Cloud interface into the page of issues that the reader of Jira's JSON knows, and plans.

Formats: Jira Cloud platform REST v3 (``/search/jql``, ``/changelog/bulkfetch``, ``/field``,
``/project/{key}/versions``) and Jira Software ``/rest/agile/1.0``, as documented at developer.atlassian.com.
The bulk change log writes its times as text or as milliseconds since 1970, depending on the site; both are read.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.errors import Refused
from surveys.importers.roadmap_jira_fields import JsonObject, named, objects, person, text
from surveys.importers.roadmap_model import PlanFact, PlanKind, hash_person
from surveys.importers.roadmap_text import day, instant

BASE_FIELDS = (
    *("project", "issuetype", "status", "priority", "created", "updated", "resolutiondate", "duedate"),
    *("assignee", "labels", "components", "fixVersions", "parent"),
)
"""What is asked of every issue; titles, descriptions, comments and reporters are never asked for."""

LOGGED_FIELDS = ("status", "priority", "duedate", "assignee", "fixVersions", "components")
"""Fields whose changes are asked for, before those that differ per site."""

_MOST_LOGGED = 10
_ORDER = "ORDER BY created ASC, key ASC"
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}\Z")
_SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
_POINT_NAMES = frozenset({"story points", "story point estimate"})
_USUAL = frozenset({"moscow", "epic link", "reach", "impact", "confidence", "effort"})
_WORDS = {
    "status": "status",
    "priority": "priority",
    "duedate": "duedate",
    "assignee": "assignee",
    "fixVersions": "Fix Version",
    "components": "Component",
}
_CHANGE = ("fieldId", "from", "to", "fromString", "toString")


@dataclass(frozen=True, kw_only=True)
class SiteFields:
    """Fields whose numbers differ per site: their numbers by purpose, and the name of each number."""

    sprint: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    names: Mapping[str, str]

    @property
    def asked(self) -> list[str]:
        """All fields that are asked of an issue."""
        return [*BASE_FIELDS, *self.sprint, *self.points, *self.others]

    @property
    def logged(self) -> list[str]:
        """The fields whose changes are asked for; the interface takes ten at most."""
        return [*LOGGED_FIELDS, *self.sprint, *self.points][:_MOST_LOGGED]


def site_fields(answer: object, *, wanted: Collection[str] = (), size_field: str = "") -> SiteFields:
    """Find the fields of sprints, of story points and those that a map names, by number or by name.

    ``answer`` is that of ``/field``. Sprints are found by their type, which is the same in every language.
    ``size_field`` replaces the usual names of story points where it is not empty. Fields with the usual names of
    MoSCoW, epic and RICE are found as well.
    """
    sprint, points, others, names = [], [], [], {}
    size = size_field.casefold()
    folded = {word.casefold() for word in wanted if word} | _USUAL
    for field in objects(answer):
        number, name = text(field.get("id")), text(field.get("name"))
        kind = text(_object(field.get("schema")).get("custom"))
        words = {number.casefold(), name.casefold(), text(field.get("untranslatedName")).casefold()} - {""}
        if not number or number in BASE_FIELDS:
            continue
        if kind == _SPRINT:
            sprint.append(number)
        elif size in words if size else (kind == _POINTS or words & _POINT_NAMES):
            points.append(number)
            # The reader knows story points by their name, which a site may have in any language.
            name = name if size or name.casefold() in _POINT_NAMES else "Story Points"
        elif words & folded and number.startswith("customfield_"):  # never a title, whatever a map says
            others.append(number)
        else:
            continue
        names[number] = name
    return SiteFields(sprint=tuple(sprint), points=tuple(points), others=tuple(others), names=names)


def search_jql(projects: Sequence[str], *, since: dt.date | None = None) -> str:
    """Return the query for the issues of ``projects``, changed on or after the day ``since`` where it is given.

    The order does not change while pages are read, so an issue that changes in between is not skipped.
    """
    changed = "" if since is None else f' AND updated >= "{since:%Y-%m-%d}"'
    return f"{_projects(projects)}{changed} {_ORDER}"


def people_jql(projects: Sequence[str], *, days: int) -> str:
    """Return the query for the issues whose assignees count now: in progress, or changed in the last ``days``."""
    return f'{_projects(projects)} AND (statusCategory = "In Progress" OR updated >= -{days}d) {_ORDER}'


def check_projects(projects: Sequence[str]) -> None:
    """Refuse a list that is empty or holds what is no key of a project."""
    wrong = [key for key in projects if not _PROJECT.fullmatch(key)]
    if wrong or not projects:
        raise Refused("Name at least one project by its key, such as PAY. {key} is none.", key=(wrong or [""])[0][:60])


def issues_page(issues: Iterable[JsonObject], logs: Iterable[JsonObject], fields: SiteFields) -> bytes:
    """Return one page of issues with their change logs inside, as Jira's own JSON; people who changed are left out.

    ``logs`` are ``issueChangeLogs`` of the bulk change log; a history that comes twice counts once. A change is named
    by the number of its field, because a site writes the names in its own language.
    """
    words = {**_WORDS, **dict.fromkeys(fields.sprint, "Sprint")}
    found: dict[str, dict[str, JsonObject]] = {}
    for log in logs:
        histories = found.setdefault(text(log.get("issueId")), {})
        for number, history in enumerate(objects(log.get("changeHistories"))):
            changes = [_change(change, words) for change in objects(history.get("items"))]
            plain = {"created": _written(history.get("created")), "items": changes}
            histories[text(history.get("id")) or f"#{number}{json.dumps(plain, sort_keys=True)}"] = plain
    page = [
        {
            "id": issue.get("id"),
            "key": issue.get("key"),
            "fields": issue.get("fields"),
            "changelog": {"histories": _in_order(found.get(text(issue.get("id")), {}).values())},
        }
        for issue in issues
    ]
    return json.dumps({"issues": page, "names": dict(fields.names)}).encode()


def project_versions(project: str, answer: object) -> tuple[PlanFact, ...]:
    """Return the versions of a project as plans, named as the reader of issues names them."""
    plans = []
    for version in objects(answer):
        name, due = text(version.get("name")), day(text(version.get("releaseDate")))
        if name:
            plans.append(
                PlanFact(
                    name=f"{project}/{name}",
                    kind=PlanKind.VERSION,
                    start=day(text(version.get("startDate"))),
                    due=due,
                    done_at=due if version.get("released") is True else None,
                )
            )
    return tuple(plans)


def board_sprints(answer: object, *, zone: dt.tzinfo) -> tuple[PlanFact, ...]:
    """Return the sprints of one page of a board as plans. Times are written in UTC there; days are those of ``zone``.

    A sprint that begins on a Monday at midnight in Madrid is written with the Sunday before.
    """
    return tuple(
        PlanFact(
            name=text(sprint.get("name")),
            kind=PlanKind.SPRINT,
            start=_day_in(zone, sprint.get("startDate")),
            due=_day_in(zone, sprint.get("endDate")),
            done_at=_day_in(zone, sprint.get("completeDate")),
        )
        for sprint in objects(_object(answer).get("values"))
        if text(sprint.get("name"))
    )


def sprint_boards(answer: object) -> Iterator[str]:
    """Yield the numbers of the boards of one page that can have sprints; Kanban boards have none."""
    for board in objects(_object(answer).get("values")):
        if text(board.get("type")) != "kanban" and text(board.get("id")).isdigit():
            yield text(board.get("id"))


def assignees(answer: object, *, secret: bytes) -> dict[str, str]:
    """Return the hash of the assignee of each issue of a page that has one."""
    found = {}
    for issue in objects(_object(answer).get("issues")):
        known = person(_object(issue.get("fields")).get("assignee"))
        if known and text(issue.get("key")):
            found[text(issue.get("key"))] = hash_person(secret, known)
    return found


def account_zone(answer: object) -> str:
    """Return the time zone of the account that asks, "" where the answer names none; nothing else of it is read."""
    return named(answer, "timeZone")


def issue_ids(issues: Iterable[JsonObject]) -> list[str]:
    """Return the numbers of issues, in their order."""
    return [text(issue.get("id")) for issue in issues if text(issue.get("id"))]


def _projects(projects: Sequence[str]) -> str:
    check_projects(projects)
    return "project in ({})".format(", ".join(f'"{key}"' for key in projects))


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _day_in(zone: dt.tzinfo, value: object) -> dt.date | None:
    """Return the day of a time in ``zone``; the day as it is written where it has no offset."""
    known = instant(text(value), zone=zone)
    if known is None or known[1] is None:
        return day(text(value))
    try:
        return known[0].astimezone(zone).date()
    except OverflowError:
        return None


def _change(change: JsonObject, words: Mapping[str, str]) -> JsonObject:
    name = words.get(text(change.get("fieldId"))) or text(change.get("field"))
    return {"field": name, **{part: change[part] for part in _CHANGE if part in change}}


def _in_order(histories: Iterable[JsonObject]) -> list[JsonObject]:
    return sorted(histories, key=lambda history: text(history.get("created")))


def _written(created: object) -> str:
    """Return a time as text: ISO as it is, milliseconds (or seconds) since 1970 as ISO in UTC."""
    if isinstance(created, bool) or not isinstance(created, int | float):
        written = text(created)
        if not written.isdigit():
            return written
        created = int(written[:16])
    try:
        seconds = created / 1000 if created > 1e11 else created
        return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return ""
