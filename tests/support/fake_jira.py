"""Speaks the documented interface of Jira Cloud over issues of a test, with every fault that a site can have."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, redirect, request

EMAIL, TOKEN = "bot@example.org", "jira-secret-token-123"
SITE = "https://example.atlassian.net"
FIELDS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "status", "name": "Estado", "untranslatedName": "Status", "schema": {"type": "status"}},
    {"id": "customfield_10020", "name": "Sprint", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
    {"id": "customfield_10016", "name": "Puntos", "schema": {"custom": "com.pyxis.greenhopper.jira:jsw-story-points"}},
    {"id": "customfield_10050", "name": "MoSCoW", "schema": {"custom": "com.atlassian.jira:select"}},
]
_LOG_NAMES = {"Fix Version": "fixVersions", "Component": "components", "Sprint": "customfield_10020"}

Issue = dict[str, Any]


def issue(number: int, *, project: str = "PAY", updated: str = "2026-05-20T10:00:00.000+0200", **fields: Any) -> Issue:
    """Return an issue as Jira gives it, with what must never be stored: title, description, reporter."""
    return {
        "id": str(10_000 + number),
        "key": f"{project}-{number}",
        "fields": {
            "project": {"key": project},
            "issuetype": {"name": "Story"},
            "status": {"name": "En curso", "statusCategory": {"key": "indeterminate"}},
            "priority": {"name": "High"},
            "created": "2026-05-04T09:00:00.000+0200",
            "updated": updated,
            "resolutiondate": None,
            "duedate": None,
            "assignee": {
                "accountId": f"account-{number % 4}",
                "displayName": "Ana Secreta",
                "emailAddress": "ana@x.org",
            },
            "reporter": {"displayName": "Rita Reporter"},
            "summary": f"Secret title {number}",
            "description": {"type": "doc", "content": "secret text"},
            "labels": [],
            "components": [],
            "fixVersions": [],
            **fields,
        },
        "changelog": [
            {
                "id": f"{number}1",
                "created": "2026-05-06T09:00:00.000+0200",
                "author": {"displayName": "Ana Secreta", "accountId": "account-1"},
                "items": [
                    {"field": "Estado", "fieldId": "status", "fromString": "Por hacer", "toString": "En curso"},
                    {"field": "summary", "fieldId": "summary", "fromString": "old title", "toString": "Secret title"},
                ],
            }
        ],
    }


@dataclass
class FakeJira:
    """A site; ``faults`` are answers to give first, by kind of question, before the real one."""

    issues: list[Issue]
    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sprints: list[dict[str, Any]] = field(default_factory=list)
    page: int = 2
    log_page: int = 3
    token: str = TOKEN
    in_milliseconds: bool = False
    faults: dict[str, list[Any]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def app(self) -> Flask:
        """Return the site as a WSGI application."""
        app = Flask("fake-jira")
        app.before_request(self._before)
        app.add_url_rule("/rest/api/3/myself", view_func=self._myself)
        app.add_url_rule("/rest/api/3/field", view_func=lambda: jsonify(FIELDS), endpoint="field")
        app.add_url_rule("/rest/api/3/project/<key>", view_func=self._project)
        app.add_url_rule("/rest/api/3/project/<key>/versions", view_func=self._versions)
        app.add_url_rule("/rest/api/3/search", view_func=lambda: ("gone", 410), endpoint="old")
        app.add_url_rule("/rest/api/3/search/jql", view_func=self._search, methods=["POST"])
        app.add_url_rule("/rest/api/3/changelog/bulkfetch", view_func=self._changes, methods=["POST"])
        app.add_url_rule("/rest/agile/1.0/board", view_func=self._boards)
        app.add_url_rule("/rest/agile/1.0/board/<int:number>/sprint", view_func=self._sprints)
        return app

    def _before(self) -> Any:
        kind = request.path.rstrip("/").rpartition("/")[2]
        self.asked[kind] += 1
        if request.is_json:
            self.bodies.append((kind, request.get_json()))
        expected = "Basic " + base64.b64encode(f"{EMAIL}:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != expected and kind != "jql":
            return {"errorMessages": [f"You are not {request.headers.get('Authorization')}"]}, 401
        waiting = self.faults.get(kind)
        return given(waiting.pop(0)) if waiting else None

    def _myself(self) -> Any:
        return {"accountId": "bot", "displayName": "Bot", "emailAddress": EMAIL, "timeZone": "Europe/Madrid"}

    def _project(self, key: str) -> Any:
        return {"key": key} if any(each["fields"]["project"]["key"] == key for each in self.issues) else ("no", 404)

    def _versions(self, key: str) -> Any:
        return jsonify(self.versions.get(key, []))

    def _search(self) -> Any:
        """Answer a page; a stranger sees no issues, and that is no error, as on a real site."""
        expected = "Basic " + base64.b64encode(f"{EMAIL}:{self.token}".encode()).decode()
        body = request.get_json()
        jql = body["jql"]
        projects = re.findall(r'"([A-Z]+)"', jql)
        since = re.search(r'updated >= "(\d{4}-\d\d-\d\d)"', jql)
        found = [each for each in self.issues if each["fields"]["project"]["key"] in projects]
        if since is not None:
            found = [each for each in found if each["fields"]["updated"][:10] >= since[1]]
        if request.headers.get("Authorization") != expected:
            found = []
        found.sort(key=lambda each: (each["fields"]["created"], each["key"]))
        token = body.get("nextPageToken")
        if token is not None and not token.startswith("token-"):
            return {"errorMessages": ["The provided next page token is invalid."]}, 400
        start = int(token.removeprefix("token-")) if token else 0
        wanted = body.get("fields", [])
        page = [
            {"id": each["id"], "key": each["key"], "fields": {k: v for k, v in each["fields"].items() if k in wanted}}
            for each in found[start : start + min(self.page, body.get("maxResults", 50))]
        ]
        end = start + len(page)
        answer: dict[str, Any] = {"issues": page, "isLast": end >= len(found)}
        if end < len(found):
            answer["nextPageToken"] = f"token-{end}"
        return answer

    def _changes(self) -> Any:
        body = request.get_json()
        if len(body["fieldIds"]) > 10 or len(body["issueIdsOrKeys"]) > 1000:
            return {"errorMessages": ["too many"]}, 400
        logs = []
        for each in self.issues:
            if each["id"] in body["issueIdsOrKeys"]:
                for history in copy.deepcopy(each["changelog"]):
                    history["items"] = [c for c in history["items"] if c.get("fieldId") in body["fieldIds"]]
                    if self.in_milliseconds:
                        history["created"] = milliseconds(history["created"])
                    logs.append({"issueId": each["id"], "changeHistories": [history]})
        start = int(body.get("nextPageToken") or 0)
        page = logs[start : start + self.log_page]
        answer: dict[str, Any] = {"issueChangeLogs": page}
        if start + self.log_page < len(logs):
            answer["nextPageToken"] = str(start + self.log_page)
        return answer

    def _boards(self) -> Any:
        boards = [{"id": 7, "name": "Pay", "type": "scrum"}, {"id": 8, "name": "Flow", "type": "kanban"}]
        return {"values": boards, "isLast": True, "startAt": 0, "maxResults": 50}

    def _sprints(self, number: int) -> Any:
        if number != 7:
            return {"errorMessages": ["The board does not support sprints"]}, 400
        start = int(request.args.get("startAt", 0))
        values = self.sprints[start : start + 2]
        return {"values": values, "startAt": start, "maxResults": 2, "isLast": start + 2 >= len(self.sprints)}


def milliseconds(text: str) -> int:
    """Return an ISO time as milliseconds since 1970."""
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


def given(fault: Any) -> Response:
    """Return the answer of a fault: a status, a status with headers, or a text; any other value is JSON."""
    if isinstance(fault, int):
        return Response("broken", status=fault)
    if isinstance(fault, tuple):
        status, headers = fault
        return Response("broken", status=status, headers=headers)
    if isinstance(fault, str) and fault.startswith(("http://", "https://")):
        answer: Any = redirect(fault, 307)
        return answer  # type: ignore[no-any-return]
    return Response(fault) if isinstance(fault, str | bytes) else jsonify(fault)
