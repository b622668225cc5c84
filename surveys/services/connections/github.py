"""Asks GitHub for issues and pull requests with their events, milestones and releases; comments are not asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.i18n import Message
from surveys.importers import roadmap_github_api as github
from surveys.importers.roadmap_github_items import CATEGORIES, HISTORY
from surveys.importers.roadmap_jira_fields import JsonObject, objects, text
from surveys.importers.roadmap_model import EventField, PlanFact, SourceKind
from surveys.importers.roadmap_raw import Reading
from surveys.services.connections.failures import SyncFailed
from surveys.services.connections.paged import Answer, PagedSource
from surveys.services.connections.tool import PEOPLE_DAYS, Known, Settings, ToolPage

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}

_PAGE = {"per_page": "100"}
_AT_ONCE = 20
_BACK = dt.timedelta(days=1)
_GONE = 410
"""GitHub's answer for an issue that was deleted, and for the list where issues are switched off."""

_MOST_ROUNDS = 4


class GitHub:
    """Reads repositories."""

    kind = SourceKind.GITHUB
    history: frozenset[EventField] = HISTORY

    def __init__(self, source: PagedSource, settings: Settings, reading: Reading) -> None:
        github.check_repositories(settings.repositories)
        self._source, self._settings, self._reading = source, settings, reading

    def pages(
        self, *, since: dt.datetime | None, cursor: Mapping[str, object] | None, known: Known
    ) -> Iterator[ToolPage]:
        """Yield the issues of each repository with their events, twenty at a time.

        The events of an issue cost a question each, so of a page that was half read only the rest is asked for. Pages
        are counted from the first issue, so one that is deleted meanwhile moves another past the page that is asked
        for next. Hence a list of more than one page is gone through again, until it names none that was not read.
        """
        repositories = self._settings.repositories
        at = (cursor or {}).get("repository")
        first = repositories.index(at) if isinstance(at, str) and at in repositories else 0
        for number, repo in enumerate(repositories[first:]):
            here: _Place | None = _Place.of(repo, cursor if number == 0 else None)
            while here is not None:
                here = yield from self._round(here, since=since, known=known)
            following = repositories[first + number + 1 :]
            yield ToolPage(cursor={"repository": following[0], "page": None} if following else None)

    def _round(
        self, here: _Place, *, since: dt.datetime | None, known: Known
    ) -> Generator[ToolPage, None, _Place | None]:
        """Yield the issues that were not read yet, and return where to begin another round, ``None`` for nowhere."""
        repo, is_long, found = here.repository, here.page is not None, 0
        for answer in self._issues(repo, since=since, start=here.page):
            issues = _list(self._source, answer)
            read = known({github.issue_key(repo, issue): github.updated_at(issue) for issue in issues})
            new = [issue for issue in issues if github.issue_key(repo, issue) not in read]
            found += len(new)
            for start in range(0, len(new), _AT_ONCE):
                yield self._page(repo, new[start : start + _AT_ONCE], here.cursor)
            if answer.next_url is not None:
                is_long, here = True, replace(here, page=answer.next_url)
                yield ToolPage(cursor=here.cursor)
        is_settled = not is_long or here.round == _MOST_ROUNDS or (here.round > 1 and not found)
        return None if is_settled else _Place(repository=repo, round=here.round + 1)

    def plans(self, *, today: dt.date) -> tuple[PlanFact, ...]:
        """Return the milestones as they are dated today, and the published releases."""
        found: dict[str, PlanFact] = {}
        for repo in self._settings.repositories:
            for answer in self._source.by_link(f"/repos/{repo}/milestones", {"state": "all", **_PAGE}):
                found.update((plan.name, plan) for plan in github.milestones(repo, answer.value, seen=today))
            for answer in self._source.by_link(f"/repos/{repo}/releases", _PAGE):
                for plan in github.releases(repo, answer.value):
                    found.setdefault(plan.name, plan)
        return tuple(found[name] for name in sorted(found))

    def assignees(self, *, now: dt.datetime) -> Mapping[str, str]:
        """Return the hashes of the assignees of open issues and of those changed lately."""
        found: dict[str, str] = {}
        for repo in self._settings.repositories:
            for params in ({"state": "open"}, {"state": "all", "since": _iso(now - dt.timedelta(days=PEOPLE_DAYS))}):
                for answer in self._source.by_link(f"/repos/{repo}/issues", {**params, **_ORDER, **_PAGE}):
                    found.update(github.assignees(repo, answer.value, reading=self._reading))
        return found

    def check(self) -> tuple[Message, ...]:
        """Ask for each repository and one of its issues."""
        lines = [Message("{host} accepts the credential.", {"host": self._source.host})]
        for repo in self._settings.repositories:
            self._source.get(f"/repos/{repo}")
            self._source.get(f"/repos/{repo}/issues", {"state": "all", "per_page": "1"})
            lines.append(Message("The repository {repository} can be read.", {"repository": repo}))
        return tuple(lines)

    def _issues(self, repo: str, *, since: dt.datetime | None, start: str | None) -> Iterator[Answer]:
        params = {"state": "all", **_ORDER, **_PAGE}
        if since is not None:
            params["since"] = _iso(since - _BACK)
        try:
            yield from self._source.by_link(f"/repos/{repo}/issues", params, start=start)
        except SyncFailed as failure:
            if failure.status != _GONE:
                raise
            told = SyncFailed(
                "The repository {repository} has no issues at {host}: they are switched off there. Switch them on, or "
                "add a connection without it.",
                repository=repo,
                host=self._source.host,
            )
            told.status = failure.status
            raise told from None

    def _page(self, repo: str, issues: Sequence[JsonObject], cursor: Mapping[str, object]) -> ToolPage:
        found = {text(issue.get("number")): self._events(repo, text(issue.get("number"))) for issue in issues}
        events = {number: each for number, each in found.items() if each is not None}
        left = [issue for issue in issues if text(issue.get("number")) in events]
        return ToolPage(
            items=github.raw_items(repo, left, events, reading=self._reading),
            categories=CATEGORIES,
            problems=github.undated(events, reading=self._reading),
            cursor=cursor,
        )

    def _events(self, repo: str, number: str) -> list[JsonObject] | None:
        """Return the events of an issue, ``None`` where it was deleted since it was listed."""
        pages = self._source.by_link(f"/repos/{repo}/issues/{number}/events", _PAGE)
        try:
            return [event for answer in pages for event in objects(answer.value)]
        except SyncFailed as failure:
            if failure.status != _GONE:
                raise
            return None


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a sync stands in the list of a repository; ``page`` is None for the first one."""

    repository: str
    page: str | None = None
    round: int = 1

    @staticmethod
    def of(repository: str, cursor: Mapping[str, object] | None) -> _Place:
        page, number = (cursor or {}).get("page"), (cursor or {}).get("round")
        return _Place(
            repository=repository,
            page=page if isinstance(page, str) else None,
            round=number if isinstance(number, int) else 1,
        )

    @property
    def cursor(self) -> dict[str, object]:
        return {"repository": self.repository, "page": self.page, "round": self.round}


# The order does not change while pages are read, so an issue that changes in between is not skipped.
_ORDER = {"sort": "created", "direction": "asc"}


def _iso(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _list(source: PagedSource, answer: Answer) -> list[JsonObject]:
    if not isinstance(answer.value, list):
        raise SyncFailed("The answer of {host} has no {name}, so its form has changed.", host=source.host, name="list")
    return github.issues_of(answer.value)
