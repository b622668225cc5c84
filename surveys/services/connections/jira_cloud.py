"""Asks Jira Cloud for issues with their change logs, versions and sprints; titles and texts are not asked for."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from functools import cached_property
from urllib.parse import quote

from surveys.i18n import Message
from surveys.importers import roadmap_jira_cloud as jira
from surveys.importers.roadmap_jira import read_jira_json
from surveys.importers.roadmap_jira_fields import JsonObject, named, objects
from surveys.importers.roadmap_model import EventField, PlanFact, SourceKind
from surveys.importers.roadmap_raw import Reading
from surveys.services.connections.failures import SyncFailed
from surveys.services.connections.paged import PagedSource
from surveys.services.connections.tool import PEOPLE_DAYS, Known, Settings, ToolPage

HEADERS = {"X-Atlassian-Token": "no-check"}

_SEARCH = "/rest/api/3/search/jql"
_CHANGES = "/rest/api/3/changelog/bulkfetch"
_PAGE = 100  # with fields the interface gives no more
_CHANGES_PAGE = 1000
_BACK = dt.timedelta(days=1)
_NO_BOARDS = frozenset({400, 403, 404})


class JiraCloud:
    """Reads the projects of one site."""

    kind = SourceKind.JIRA_CLOUD

    def __init__(self, source: PagedSource, settings: Settings, reading: Reading) -> None:
        jira.check_projects(settings.projects)
        self._source, self._settings, self._reading = source, settings, reading

    @cached_property
    def history(self) -> frozenset[EventField]:
        """The fields whose past the change log tells; size only where the site has story points."""
        return frozenset(EventField) - (frozenset() if self._fields.points else {EventField.SIZE})

    def pages(
        self, *, since: dt.datetime | None, cursor: Mapping[str, object] | None, known: Known
    ) -> Iterator[ToolPage]:
        """Yield a hundred issues at a time, each with its whole change log.

        The interface reads days in the zone of the account. A day more is asked for, so that no zone loses a change.
        """
        del known  # a page costs three questions, so a page that was half read is read again
        day = None if since is None else since.astimezone(self._reading.zone).date() - _BACK
        body = {
            "jql": jira.search_jql(self._settings.projects, since=day),
            "fields": self._fields.asked,
            "maxResults": _PAGE,
        }
        token = (cursor or {}).get("token")
        for answer in self._source.by_token(_SEARCH, body, start=token if isinstance(token, str) else None):
            issues = _list(self._source, answer.value, "issues")
            after = None if answer.next_url is None else {"token": answer.next_url}
            if not issues:
                yield ToolPage(cursor=after)
                continue
            page = jira.issues_page(issues, self._changes(jira.issue_ids(issues)), self._fields)
            raw = read_jira_json(io.BytesIO(page), reading=self._reading)
            yield ToolPage(
                items=tuple(raw.items()),
                plans=raw.plans,
                categories=raw.categories,
                problems=raw.problems,
                cursor=after,
            )

    def plans(self, *, today: dt.date) -> tuple[PlanFact, ...]:
        """Return the versions of the projects and the sprints of their boards."""
        del today
        found: dict[str, PlanFact] = {}
        for project in self._settings.projects:
            answer = self._source.get(f"/rest/api/3/project/{quote(project)}/versions")
            found.update((plan.name, plan) for plan in jira.project_versions(project, answer.value))
        for board in self._boards():
            path = f"/rest/agile/1.0/board/{quote(board)}/sprint"
            try:
                for answer in self._source.by_offset(path):
                    for plan in jira.board_sprints(answer.value, zone=self._reading.zone):
                        found.setdefault(plan.name, plan)
            except SyncFailed as failure:
                if failure.status not in _NO_BOARDS:  # a board without sprints answers 400
                    raise
        return tuple(found[name] for name in sorted(found))

    def assignees(self, *, now: dt.datetime) -> Mapping[str, str]:
        """Return the hashes of the assignees of issues in progress or changed lately."""
        del now
        found: dict[str, str] = {}
        body = {
            "jql": jira.people_jql(self._settings.projects, days=PEOPLE_DAYS),
            "fields": ["assignee"],
            "maxResults": _PAGE,
        }
        for answer in self._source.by_token(_SEARCH, body):
            found.update(jira.assignees(answer.value, secret=self._reading.secret))
        return found

    def check(self) -> tuple[Message, ...]:
        """Ask who asks, for the fields and for each project; the search alone would answer strangers with nothing."""
        zone = self._zone()
        lines = [
            Message("{host} accepts the credential.", {"host": self._source.host}),
            *(Message("The project {project} can be read.", {"project": key}) for key in self._projects()),
        ]
        if zone and zone != str(self._reading.zone):
            lines.append(Message("The account reads days in {zone}. Set this zone for the connection.", {"zone": zone}))
        if not self._fields.points:
            lines.append(Message("The site has no field of story points. Name it in the map, or sizes are missing."))
        if not self._fields.sprint:
            lines.append(Message("The site has no sprints."))
        return tuple(lines)

    @cached_property
    def _fields(self) -> jira.SiteFields:
        """The site's fields. The account is asked for first: with a dead token the search answers with no issues."""
        self._zone()
        return jira.site_fields(
            self._source.get("/rest/api/3/field").value,
            wanted=(self._reading.moscow_field, *self._reading.rice_fields.values()),
            size_field=self._reading.size_field,
        )

    def _zone(self) -> str:
        return jira.account_zone(self._source.get("/rest/api/3/myself").value)

    def _projects(self) -> Iterator[str]:
        for project in self._settings.projects:
            answer = self._source.get(f"/rest/api/3/project/{quote(project)}")
            yield named(answer.value, "key") or project

    def _boards(self) -> Iterator[str]:
        """Yield the boards that are set, else those of the projects; a site without Jira Software has none."""
        if self._settings.boards:
            yield from self._settings.boards
            return
        seen: set[str] = set()
        for project in self._settings.projects:
            try:
                for answer in self._source.by_offset("/rest/agile/1.0/board", {"projectKeyOrId": project}):
                    new = [board for board in jira.sprint_boards(answer.value) if board not in seen]
                    seen.update(new)
                    yield from new
            except SyncFailed as failure:
                if failure.status not in _NO_BOARDS:
                    raise

    def _changes(self, issues: list[str]) -> list[JsonObject]:
        body = {"issueIdsOrKeys": issues, "fieldIds": self._fields.logged, "maxResults": _CHANGES_PAGE}
        found: list[JsonObject] = []
        for answer in self._source.by_token(_CHANGES, body):
            found.extend(_list(self._source, answer.value, "issueChangeLogs"))
        return found


def _list(source: PagedSource, value: object, name: str) -> list[JsonObject]:
    """Return a list of an answer; an answer without it is no answer of this interface."""
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise SyncFailed("The answer of {host} has no {name}, so its form has changed.", host=source.host, name=name)
    return list(objects(found))
