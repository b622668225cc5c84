"""Turns pages of GitHub's REST interface into raw items, plans and hashes of assignees, by the reader of its files.

Formats: ``/repos/{owner}/{repo}/issues`` (which lists pull requests too), ``/issues/{number}/events``, ``/milestones``
and ``/releases``, as documented at docs.github.com.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence

from surveys.errors import InvalidInput, Problem, Refused
from surveys.i18n import Message
from surveys.importers.roadmap_github_items import count_undated, item_of, milestone_plan, release_plan
from surveys.importers.roadmap_jira_fields import JsonObject, objects, text
from surveys.importers.roadmap_model import PlanFact
from surveys.importers.roadmap_raw import RawItem, Reading
from surveys.importers.roadmap_remarks import UNDATED
from surveys.importers.roadmap_text import moment

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z")


def check_repositories(names: Sequence[str]) -> None:
    """Refuse a list that is empty or holds what is no ``owner/name``."""
    wrong = [name for name in names if not _REPOSITORY.fullmatch(name)]
    if wrong or not names:
        raise Refused("Name at least one repository, such as owner/name. {name} is none.", name=(wrong or [""])[0][:60])


def issues_of(answer: object) -> list[JsonObject]:
    """Return the issues of one page that have a number."""
    return [issue for issue in objects(answer) if text(issue.get("number")).isdigit()]


def issue_key(repo: str, issue: JsonObject) -> str:
    """Return the key that the item of an issue gets."""
    return f"{repo}#{text(issue.get('number'))}"


def updated_at(issue: JsonObject) -> dt.datetime | None:
    """Return when an issue changed last."""
    return moment(text(issue.get("updated_at")), zone=dt.UTC)


def raw_items(
    repo: str, issues: Iterable[JsonObject], events: Mapping[str, Sequence[JsonObject]], *, reading: Reading
) -> tuple[RawItem, ...]:
    """Return the issues of a repository as raw items; ``events`` are those of each number.

    Raises ``InvalidInput`` with every issue that has no readable time of creation.
    """
    items, faults = [], []
    for issue in issues:
        item = item_of(issue, repo=repo, reading=reading, events=events.get(text(issue.get("number")), ()))
        if isinstance(item, Message):
            faults.append(Problem(reading.source, None, item))
        else:
            items.append(item)
    if faults:
        raise InvalidInput("{source} was not imported.", faults, source=reading.source)
    return tuple(items)


def undated(events: Mapping[str, Sequence[JsonObject]], *, reading: Reading) -> tuple[Problem, ...]:
    """Return the remark on events without a readable time, none where all have one."""
    count = sum(count_undated(each, reading=reading) for each in events.values())
    return (Problem(reading.source, None, Message(UNDATED, {"count": count})),) if count else ()


def milestones(repo: str, answer: object, *, seen: dt.date) -> tuple[PlanFact, ...]:
    """Return the milestones of one page as plans, read on the day ``seen``."""
    plans = (milestone_plan(each, repo=repo, seen=seen) for each in objects(answer))
    return tuple(plan for plan in plans if plan is not None)


def releases(repo: str, answer: object) -> tuple[PlanFact, ...]:
    """Return the published releases of one page as plans."""
    plans = (release_plan(each, repo=repo) for each in objects(answer))
    return tuple(plan for plan in plans if plan is not None)


def assignees(repo: str, answer: object, *, reading: Reading) -> dict[str, str]:
    """Return the hash of the assignee of each issue of one page that has one, as its item has it."""
    found = {}
    for issue in issues_of(answer):
        item = item_of(issue, repo=repo, reading=reading)
        if isinstance(item, RawItem) and item.assignee_hash:
            found[item.key] = item.assignee_hash
    return found
