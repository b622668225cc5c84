"""Turns issues, pull requests, milestones and releases of GitHub, in any of its spellings, into raw items and plans.

The spellings are those of the REST interface (``created_at``), of its command line and of GraphQL (``createdAt``).
Titles, texts and addresses are not read; people become hashes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from surveys.i18n import Message
from surveys.importers.roadmap_documents import either, nodes, offset_minutes
from surveys.importers.roadmap_jira_fields import JsonObject, named, text
from surveys.importers.roadmap_labels import parted, words_of
from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, StatusClass, hash_person, names_nobody
from surveys.importers.roadmap_raw import Places, RawChange, RawItem, Reading
from surveys.importers.roadmap_text import day, moment

_Pair = tuple[EventField, str | None, str | None]

HISTORY = frozenset({EventField.STATUS, EventField.PRIORITY, EventField.PLAN, EventField.SIZE, EventField.ASSIGNEE})
"""The fields whose past the timeline of an issue tells; days of milestones have no past there."""

PULL_REQUEST = "pull request"
ISSUE = "issue"
OPEN, CLOSED = "open", "closed"
OPEN_PULL, DRAFT_PULL = "open pull request", "draft pull request"
CATEGORIES = {
    OPEN: StatusClass.TODO,
    CLOSED: StatusClass.DONE,
    # A pull request is work that somebody has begun, whatever its state.
    OPEN_PULL: StatusClass.DOING,
    DRAFT_PULL: StatusClass.DOING,
}
"""The class of every status word that comes from GitHub itself and not from a label."""

_READ = frozenset(
    {"closed", "merged", "reopened", "milestoned", "demilestoned", "assigned", "unassigned", "labeled", "unlabeled"}
)
_LABELLED = {"status": EventField.STATUS, "priority": EventField.PRIORITY, "size": EventField.SIZE}
_REPOSITORY = re.compile(r"https?://[^/]+/(?:api/v3/)?(?:repos/)?([^/\s]+/[^/\s]+?)(?:/(?:issues|pull|pulls)/\d+)?$")
_TYPE_NAME = re.compile(r"(\w+?)Event$")


def item_of(
    issue: JsonObject, *, repo: str, reading: Reading, events: Iterable[JsonObject] = (), line: int | None = None
) -> RawItem | Message:
    """Return one issue or pull request as a raw item, or why it cannot be one: no number or no time of creation.

    ``repo`` is ``owner/name`` and becomes part of the key and of the names of plans; "" leaves both bare. ``events``
    are those of its timeline, in any order. A pull request without assignee counts for its author, whose work it is.
    """
    number = text(issue.get("number"))
    if not number:
        return Message("The issue has no number.")
    written = text(either(issue, "created_at", "createdAt"))
    created = moment(written, zone=reading.zone)
    if created is None:
        return Message("{key}: the time of creation is {value}.", {"key": f"{repo}#{number}", "value": written[:60]})
    labels = labels_of(issue)
    said = words_of(labels, reading=reading)
    is_pull = is_pull_request(issue)
    closed = moment(text(either(issue, "merged_at", "mergedAt", "closed_at", "closedAt")), zone=reading.zone)
    is_open = text(issue.get("state")).casefold() in {"", "open", "opened"} and closed is None
    begun = OPEN_PULL if is_pull else OPEN
    changes = _Changes(repo=repo, reading=reading, created=created, begun=begun).of(events)
    return RawItem(
        key=f"{repo}#{number}",
        created_at=created,
        kind=_kind(issue, said.kind, is_pull=is_pull),
        updated_at=moment(text(either(issue, "updated_at", "updatedAt")), zone=reading.zone),
        started_at=created if is_pull else None,
        done_at=None if is_open else _ended(closed, changes, issue, reading),
        status=_status(issue, said.status, begun) if is_open else CLOSED,
        priority=said.priority,
        size=said.size,
        plans=tuple(plan_name(repo, title) for title in [named(issue.get("milestone"), "title")] if title),
        places=Places(project=repo, labels=labels),
        parent=_parent(issue, repo),
        assignee_hash=_assignee(issue, reading, is_pull=is_pull),
        moscow=said.moscow,
        changes=changes,
        offset=offset_minutes(written),
        line=line,
    )


def is_pull_request(issue: JsonObject) -> bool:
    """Say whether an entry of the issues is a pull request: the REST interface lists both together."""
    stated = issue.get("isPullRequest")
    if isinstance(stated, bool):
        return stated
    if issue.get("pull_request") is not None or text(issue.get("state")).upper() == "MERGED":
        return True
    return any(key in issue for key in ("merged_at", "mergedAt", "isDraft", "headRefName", "reviews"))


def labels_of(issue: JsonObject) -> tuple[str, ...]:
    """Return the names of the labels, sorted, whether they come as texts or as objects."""
    value = issue.get("labels")
    words = [part for part in value if isinstance(part, str)] if isinstance(value, list) else []
    return tuple(sorted({name for name in (*map(str.strip, words), *(named(part) for part in nodes(value))) if name}))


def repository_of(issue: JsonObject) -> str:
    """Return ``owner/name`` as far as an entry names its repository, else ""."""
    value = issue.get("repository")
    stated = text(value) if isinstance(value, str) else named(value, "nameWithOwner") or named(value, "full_name")
    if stated:
        return stated
    for key in ("repository_url", "html_url", "url"):
        found = _REPOSITORY.fullmatch(text(issue.get(key)))
        if found is not None:
            return found[1]
    return ""


def plan_name(repo: str, title: str) -> str:
    """Return the name of a milestone or release; repositories repeat names such as v1.0, so theirs comes first."""
    return f"{repo}/{title}" if repo else title


def milestone_plan(milestone: JsonObject, *, repo: str, seen: dt.date | None = None) -> PlanFact | None:
    """Return a milestone as a plan; ``None`` where it has no title. Its day is the date of ``due_on`` as written.

    GitHub stores midnight of the Pacific coast in UTC for a day that was chosen, so the date in UTC is that day.
    ``seen`` is the day on which the milestone was read.
    """
    title = text(milestone.get("title"))
    if not title:
        return None
    due = day(text(either(milestone, "due_on", "dueOn")))
    return PlanFact(
        name=plan_name(repo, title),
        kind=PlanKind.MILESTONE,
        due=due,
        done_at=day(text(either(milestone, "closed_at", "closedAt"))),
        dates_seen=((seen, due),) if seen is not None and due is not None else (),
    )


def release_plan(release: JsonObject, *, repo: str) -> PlanFact | None:
    """Return a published release as a plan that was known on its own day only; ``None`` for a draft or a nameless one.

    A pre-release is a milestone on the way to one.
    """
    tag = text(either(release, "tag_name", "tagName", "name"))
    published = day(text(either(release, "published_at", "publishedAt")))
    if not tag or published is None or either(release, "draft", "isDraft") is True:
        return None
    is_early = either(release, "prerelease", "isPrerelease") is True
    return PlanFact(
        name=plan_name(repo, tag),
        kind=PlanKind.MILESTONE if is_early else PlanKind.RELEASE,
        due=published,
        done_at=published,
        dates_seen=((published, published),),
    )


def events_of(issue: JsonObject) -> tuple[bool, list[JsonObject]]:
    """Return whether an entry brings its timeline, and the events in it."""
    for key in ("timeline", "events", "timelineItems"):
        value = issue.get(key)
        if isinstance(value, list | dict):
            return True, list(nodes(value))
    return False, []


def count_undated(events: Iterable[JsonObject], *, reading: Reading) -> int:
    """Return how many events would change something and have no readable time; other events often have none."""
    return sum(
        _event_name(event).casefold() in _READ and moment(_event_time(event), zone=reading.zone) is None
        for event in events
    )


@dataclass(frozen=True, kw_only=True)
class _Changes:
    """Reads the timeline of one issue; ``begun`` is its status when it was created."""

    repo: str
    reading: Reading
    created: dt.datetime
    begun: str

    def of(self, events: Iterable[JsonObject]) -> tuple[RawChange, ...]:
        """Return the changes that a timeline tells, by time; an event that comes twice counts once."""
        found: list[RawChange] = []
        now: dict[EventField, str | None] = {EventField.STATUS: self.begun}
        seen: set[tuple[object, ...]] = set()
        for at, written, name, event in sorted(self.dated(events), key=lambda each: (each[0], each[2], repr(each[3]))):
            identity = text(event.get("id")) or repr(event)
            if (identity, name) in seen:
                continue
            seen.add((identity, name))
            for field, old, new in self.pairs(name, event, now):
                if old != new:
                    now[field] = new
                    found.append(RawChange(max(at, self.created), field, old, new, offset_minutes(written)))
        return tuple(found)

    def dated(self, events: Iterable[JsonObject]) -> Iterator[tuple[dt.datetime, str, str, JsonObject]]:
        """Yield each event with its time and name; those without a readable time are left out."""
        for event in events:
            written, name = _event_time(event), _event_name(event)
            at = moment(written, zone=self.reading.zone)
            if at is not None and name:
                yield at, written, name.casefold(), event

    def pairs(self, name: str, event: JsonObject, now: Mapping[EventField, str | None]) -> list[_Pair]:
        """Return what one event changes; ``now`` is what held before it."""
        if name in {"closed", "merged", "reopened"}:
            return [(EventField.STATUS, now[EventField.STATUS], self.begun if name == "reopened" else CLOSED)]
        if name in {"milestoned", "demilestoned"}:
            title = named(event.get("milestone"), "title") or text(event.get("milestoneTitle"))
            plan = plan_name(self.repo, title) if title else None
            return [(EventField.PLAN, None, plan) if name == "milestoned" else (EventField.PLAN, plan, None)]
        if name in {"assigned", "unassigned"}:
            person = next(_people([event.get("assignee")]), "")
            who = hash_person(self.reading.secret, person) if person else None
            return [(EventField.ASSIGNEE, None, who) if name == "assigned" else (EventField.ASSIGNEE, who, None)]
        if name in {"labeled", "unlabeled"}:
            return self.labelled(named(event.get("label")), now, is_new=name == "labeled")
        return []

    def labelled(self, label: str, now: Mapping[EventField, str | None], *, is_new: bool) -> list[_Pair]:
        """Return what a label changes; taking off one that no longer says what holds changes nothing."""
        part, value = parted(label, reading=self.reading)
        field = _LABELLED.get(part)
        if field is None or (not is_new and now.get(field) != value):
            return []
        gone = self.begun if field is EventField.STATUS else None
        return [(field, now.get(field), value if is_new else gone)]


def _event_name(event: JsonObject) -> str:
    typed = _TYPE_NAME.match(text(event.get("__typename")))
    return text(event.get("event")) or (typed[1] if typed else "")


def _event_time(event: JsonObject) -> str:
    return text(either(event, "created_at", "createdAt"))


def _kind(issue: JsonObject, labelled: str, *, is_pull: bool) -> str:
    stated = named(issue.get("type")) or named(issue.get("issueType")) or labelled
    return stated or (PULL_REQUEST if is_pull else ISSUE)


def _status(issue: JsonObject, labelled: str, begun: str) -> str:
    if labelled:
        return labelled
    return DRAFT_PULL if begun == OPEN_PULL and either(issue, "draft", "isDraft") is True else begun


def _ended(
    closed: dt.datetime | None, changes: tuple[RawChange, ...], issue: JsonObject, reading: Reading
) -> dt.datetime | None:
    """Return the end of a closed entry: as stated, else as its timeline tells, else its last update."""
    if closed is not None:
        return closed
    ends = [change.at for change in changes if change.field is EventField.STATUS and change.new == CLOSED]
    return max(ends, default=moment(text(either(issue, "updated_at", "updatedAt")), zone=reading.zone))


def _parent(issue: JsonObject, repo: str) -> str | None:
    parent = issue.get("parent")
    number = named(parent, "number")
    if not number and isinstance(issue.get("parent_issue_url"), str):
        number = text(issue["parent_issue_url"]).rpartition("/")[2]
    return f"{repo}#{number}" if number else None


def _assignee(issue: JsonObject, reading: Reading, *, is_pull: bool) -> str | None:
    people = list(_people(issue.get("assignees"))) or list(_people([issue.get("assignee")]))
    if not people and is_pull:
        people = list(_people([either(issue, "user", "author")]))
    return hash_person(reading.secret, people[0]) if people else None


def _people(value: object) -> Iterator[str]:
    """Yield the names of sign-in of a list of people, who come as texts or as objects; programs are nobody."""
    if isinstance(value, list):
        yield from (part.strip() for part in value if isinstance(part, str) and not names_nobody(part))
    for part in nodes(value):
        name = named(part, "login")
        is_program = "Bot" in {part.get("type"), part.get("__typename")} or either(part, "is_bot", "isBot") is True
        if not is_program and not names_nobody(name):
            yield name
