"""Speaks the documented REST interface of GitHub over issues of a test, with every fault that it can have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, request

from tests.support.fake_jira import given

TOKEN = "github_pat_secret_456"
HOST = "https://api.github.com"
REPO = "acme/web"

Issue = dict[str, Any]


def issue(number: int, *, updated: str = "2026-05-20T10:00:00Z", **more: Any) -> Issue:
    """Return an issue as GitHub gives it, with what must never be stored: title, body, names."""
    return {
        "number": number,
        "title": f"Secret title {number}",
        "body": "secret text",
        "state": "open",
        "created_at": f"2026-05-{4 + number % 10:02d}T09:00:00Z",
        "updated_at": updated,
        "closed_at": None,
        "user": {"login": "rita-reporter"},
        "assignees": [{"login": f"ana-{number % 4}"}],
        "labels": [{"name": "priority: high"}],
        "milestone": None,
        **more,
    }


def event(number: int, name: str, at: str, **more: Any) -> dict[str, Any]:
    """Return an event of an issue."""
    return {"id": number, "event": name, "created_at": at, "actor": {"login": "rita-reporter"}, **more}


@dataclass
class FakeGitHub:
    """One repository; ``faults`` are answers to give first, by kind of question, before the real one."""

    issues: list[Issue]
    events: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    page: int = 3
    token: str = TOKEN
    base: str = HOST
    faults: dict[str, list[Any]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    remaining: int = 5000

    def app(self) -> Flask:
        """Return the interface as a WSGI application."""
        app = Flask("fake-github")
        app.before_request(self._before)
        root = f"/repos/{REPO}"
        app.add_url_rule(root, view_func=lambda: {"full_name": REPO}, endpoint="repo")
        app.add_url_rule(f"{root}/issues", view_func=self._issues)
        app.add_url_rule(f"{root}/issues/<int:number>/events", view_func=self._events)
        app.add_url_rule(f"{root}/milestones", view_func=lambda: self._paged(self.milestones), endpoint="milestones")
        app.add_url_rule(f"{root}/releases", view_func=lambda: self._paged(self.releases), endpoint="releases")
        return app

    def _before(self) -> Any:
        kind = request.path.rstrip("/").rpartition("/")[2]
        self.asked[kind] += 1
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return {"message": f"Bad credentials {request.headers.get('Authorization')}"}, 401
        waiting = self.faults.get(kind)
        return given(waiting.pop(0)) if waiting else None

    def _issues(self) -> Response:
        found = self.issues if request.args.get("state") == "all" else [i for i in self.issues if i["state"] == "open"]
        since = request.args.get("since")
        found = [each for each in found if since is None or each["updated_at"] >= since]
        return self._paged(sorted(found, key=lambda each: (each["created_at"], each["number"])))

    def _events(self, number: int) -> Response:
        return self._paged(self.events.get(number, []))

    def _paged(self, values: list[Any]) -> Response:
        at = int(request.args.get("page", 1))
        size = min(self.page, int(request.args["per_page"]))
        answer = jsonify(values[(at - 1) * size : at * size])
        if at * size < len(values):
            arguments = {**request.args, "page": str(at + 1)}
            query = "&".join(f"{name}={value}" for name, value in arguments.items())
            link = f'<{self.base}{request.path}?{query}>; rel="next", <{self.base}{request.path}?page=9>; rel="last"'
            answer.headers["Link"] = link
        answer.headers["X-RateLimit-Remaining"] = str(self.remaining)
        return answer
