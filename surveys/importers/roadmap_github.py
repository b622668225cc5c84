"""Turns a JSON file of GitHub (its command line, its REST interface or an archive of it) into raw items and plans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from surveys.errors import InvalidInput
from surveys.i18n import Message, mark
from surveys.importers import roadmap_github_items as github
from surveys.importers.roadmap_documents import documents, nodes, refused
from surveys.importers.roadmap_jira_fields import JsonObject, named, text
from surveys.importers.roadmap_model import PlanFact, SourceKind
from surveys.importers.roadmap_raw import RawFile, RawItem, Reading
from surveys.importers.roadmap_remarks import UNDATED, FirstFaults, Remarks
from surveys.importers.roadmap_text import day

_NO_ITEMS = mark(
    "The file holds no issues. Write them with: gh issue list --state all --limit 10000 --json "
    "number,state,createdAt,updatedAt,closedAt,labels,milestone,assignees,url"
)
_NO_REPOSITORY = mark(
    "Entries do not name their repository, so keys and milestones of two repositories cannot be told apart. "
    "Ask for the field url too."
)
_PARTS = ("issues", "pulls", "pullRequests", "pull_requests", "milestones", "releases", "items")
_FAR_APART = dt.timedelta(days=7)


def read_github(stream: BinaryIO, *, reading: Reading) -> RawFile:
    """Read issues and pull requests, milestones and releases.

    Taken are lists as ``gh issue list --json`` and ``gh pr list --json`` write them, answers of the REST interface
    (pages may follow one another or be lists in a list), answers of GraphQL, and archives: objects, or a list of
    them, with ``repo`` and any of ``issues``, ``pulls``, ``milestones``, ``releases`` and ``events``. Priority, size,
    type and status are read from labels named by the common habits (``surveys.importers.roadmap_labels``). An entry
    that comes twice counts once, as last updated. Where several archives end on different days, the file covers the
    days up to the earliest end, since nothing is known of the others after theirs.

    Raises ``InvalidInput`` with every entry that has no number or no time of creation, and where there is no issue.
    """
    found = _Found(reading=reading)
    for document in documents(stream, reading=reading):
        found.take(document, "")
    items = found.items()
    if found.faults:
        raise InvalidInput("{source} was not imported.", found.faults.problems(), source=reading.source)
    if not items:
        raise refused(reading.source, Message(_NO_ITEMS))
    seen = [at for item in items for at in (item.created_at, item.updated_at, item.done_at) if at is not None]
    last = max(seen)
    until = found.until()
    return RawFile(
        kind=SourceKind.GITHUB_JSON,
        items=lambda: iter(items),
        plans=found.plans(until or last.date()),
        history=github.HISTORY if found.has_timeline else frozenset(),
        categories=github.CATEGORIES,
        covered_to=until,
        last_seen=last,
        problems=found.remarks.problems(),
    )


@dataclass
class _Found:
    """Gathers the parts of one file, whatever order and shape they come in."""

    reading: Reading
    issues: list[tuple[str, JsonObject]] = field(default_factory=list)
    milestones: list[tuple[str, JsonObject]] = field(default_factory=list)
    releases: list[tuple[str, JsonObject]] = field(default_factory=list)
    events: dict[tuple[str, str], list[JsonObject]] = field(default_factory=dict)
    ends: dict[str, dt.date] = field(default_factory=dict)
    has_timeline: bool = False

    def __post_init__(self) -> None:
        self.remarks = Remarks(self.reading.source)
        self.faults = FirstFaults(self.reading.source)

    def take(self, value: object, repo: str) -> None:
        """Sort one document, page or entry into its part; ``repo`` is the repository it stands under."""
        if isinstance(value, list):
            for part in value:
                self.take(part, repo)
        elif isinstance(value, dict):
            self.take_object(value, repo)

    def take_object(self, value: JsonObject, repo: str) -> None:
        stated = text(value.get("repo")) or text(value.get("nameWithOwner")) or github.repository_of(value) or repo
        if any(isinstance(value.get(part), list | dict) for part in (*_PARTS, "repositories")):
            self.take_dump(value, stated)
        elif isinstance(value.get("data"), dict):
            self.take(value["data"], repo)
        elif isinstance(value.get("repository"), dict) and "number" not in value and "event" not in value:
            self.take(value["repository"], repo)
        elif "tag_name" in value or "tagName" in value:
            self.releases.append((stated, value))
        elif "event" in value:
            self.take_event(value, stated)
        elif any(key in value for key in ("due_on", "dueOn", "open_issues", "openIssues")):
            self.milestones.append((stated, value))
        else:
            self.issues.append((stated, value))

    def take_dump(self, value: JsonObject, repo: str) -> None:
        self.take(value.get("repositories"), repo)
        end = day(text(value.get("timestamp")))
        if end is not None:
            self.ends[repo] = end
        for part in ("issues", "pulls", "pullRequests", "pull_requests", "items"):
            is_pull = part.startswith("pull")
            entries = ({**each, "isPullRequest": True} if is_pull else each for each in nodes(value.get(part)))
            self.issues.extend((github.repository_of(each) or repo, each) for each in entries)
        self.milestones.extend((repo, each) for each in nodes(value.get("milestones")))
        self.releases.extend((repo, each) for each in nodes(value.get("releases")))
        for event in nodes(value.get("events")):
            self.take_event(event, repo)

    def take_event(self, event: JsonObject, repo: str) -> None:
        """Keep an event of a repository under the issue that it names."""
        issue = event.get("issue")
        number = named(issue, "number") or text(event.get("issue_number"))
        self.has_timeline = True
        if number:
            owner = (github.repository_of(issue) if isinstance(issue, dict) else "") or repo
            self.events.setdefault((owner, number), []).append(event)

    def items(self) -> tuple[RawItem, ...]:
        """Return the raw items by key; what cannot be one is added to ``faults``."""
        latest: dict[str, RawItem] = {}
        undated: dict[str, int] = {}
        for place, (repo, issue) in enumerate(self.issues, start=1):
            if not any(key in issue for key in ("number", "created_at", "createdAt", "state")):
                self.fault(Message("Entry number {number} is no issue.", {"number": place}))
                continue
            with_timeline, events = github.events_of(issue)
            self.has_timeline |= with_timeline
            events += self.events.get((repo, text(issue.get("number"))), [])
            item = github.item_of(issue, repo=repo, reading=self.reading, events=events)
            if isinstance(item, Message):
                self.fault(Message("Entry number {number}: {reason}", {"number": place, "reason": item}))
                continue
            if not repo:
                self.remarks.add(Message(_NO_REPOSITORY))
            known = latest.get(item.key)
            if known is not None:
                self.remarks.add(Message("Issue {key} comes twice; the one updated last counts.", {"key": item.key}))
            if known is None or _freshness(known) < _freshness(item):
                latest[item.key] = item
                undated[item.key] = github.count_undated(events, reading=self.reading)
        if any(undated.values()):
            self.remarks.add(Message(UNDATED, {"count": sum(undated.values())}))
        return tuple(latest[key] for key in sorted(latest))

    def plans(self, seen: dt.date) -> tuple[PlanFact, ...]:
        """Return milestones and releases by name; a milestone with a day beats what an issue says of it."""
        plans: dict[str, PlanFact] = {}
        for repo, milestone in self.all_milestones():
            plan = github.milestone_plan(milestone, repo=repo, seen=seen)
            if plan is not None:
                known = plans.get(plan.name, plan)
                plans[plan.name] = max(
                    known, plan, key=lambda each: (each.done_at is not None, each.due or dt.date.min)
                )
        for repo, release in self.releases:
            plan = github.release_plan(release, repo=repo)
            if plan is not None:
                plans.setdefault(plan.name, plan)
        return tuple(plans[name] for name in sorted(plans))

    def all_milestones(self) -> Iterator[tuple[str, JsonObject]]:
        yield from self.milestones
        for repo, issue in self.issues:
            yield from ((repo, each) for each in nodes([issue.get("milestone")]))

    def until(self) -> dt.date | None:
        """Return the last day that all archives of the file cover, ``None`` where none says when it was made."""
        if not self.ends:
            return None
        earliest, latest = min(self.ends.values()), max(self.ends.values())
        if latest - earliest > _FAR_APART:
            repo = min(self.ends, key=lambda each: (self.ends[each], each))
            reason = mark(
                "The repositories were read on different days, {repo} on {day}. Later weeks of the others are left "
                "out. Import each repository under a name of its own to keep them."
            )
            self.remarks.add(Message(reason, {"repo": repo, "day": earliest}))
        return earliest

    def fault(self, reason: Message) -> None:
        self.faults.note(reason)


def _freshness(item: RawItem) -> tuple[dt.datetime, int, str]:
    """Order two copies of one item: the later update, then the longer history; the rest decides ties for good."""
    return (item.updated_at or item.created_at, len(item.changes), repr(item))
