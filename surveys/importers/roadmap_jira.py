"""Turns issues of the Jira REST interface (v2 or v3, with change log, plain or gzip) into the neutral roadmap model."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message
from surveys.importers.roadmap_jira_fields import (
    JsonObject,
    Remarks,
    changed,
    named,
    number,
    objects,
    person,
    points_of,
    sprints_of,
    text,
)
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_model import (
    EventField,
    PlanFact,
    PlanKind,
    RoadmapFile,
    SourceKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
    hash_person,
    sort_events,
)
from surveys.importers.roadmap_text import day, moment, unpack

Change = tuple[EventField, str | None, str | None]

_POINT_NAMES = frozenset({"story points", "story point estimate"})
_CATEGORIES = {"new": StatusClass.TODO, "indeterminate": StatusClass.DOING, "done": StatusClass.DONE}


def read_jira(data: bytes, *, source: str, mapping: RoadmapMap, secret: bytes, zone: dt.tzinfo = dt.UTC) -> RoadmapFile:
    """Read issues with their change log.

    ``data`` is one answer ``{"issues": [...]}``, a list of such answers, or a list of issues; ``versions`` beside the
    issues are read too. ``secret`` keys the hashes of people; ``zone`` is for times without offset. An issue that
    comes twice (pages can overlap) counts once, as last updated. Unknown statuses and priorities, invalid UTF-8 and
    versions without dates are tolerated and named in ``problems``. Raises ``InvalidInput`` with every issue that has
    no key or no readable creation time, and where the bytes are no such JSON.
    """
    content = unpack(data, source=source)
    remarks = Remarks(source)
    try:
        parsed: object = json.loads(_text(content, remarks))
    except (ValueError, RecursionError) as error:
        reason = Message("This is not a JSON file: {cause}.", {"cause": str(error)})
        raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source) from error
    pages = list(_pages(parsed))
    reader = _Reader(pages, remarks, mapping, secret, zone)
    issues = reader.distinct(issue for page in pages for issue in objects(page.get("issues")))
    if not pages or not (issues or reader.faults):
        reader.faults.append(Problem(source, None, Message("The file holds no issues.")))
    items = [reader.item(issue) for issue in issues]
    if reader.faults:
        raise InvalidInput("{source} was not imported.", reader.faults, source=source)
    return reader.file(items)


def _text(content: bytes, remarks: Remarks) -> str:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", errors="replace")
    decoded = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    if "\N{REPLACEMENT CHARACTER}" in decoded:
        remarks.add(Message("Some bytes are not UTF-8. They were replaced; names with accents may differ."))
    return decoded


def _pages(parsed: object) -> Iterator[JsonObject]:
    if isinstance(parsed, dict):
        yield parsed
    elif isinstance(parsed, list):
        parts = list(objects(parsed))
        yield from (part for part in parts if "issues" in part)
        yield {"issues": [part for part in parts if "issues" not in part]}


class _Reader:
    """Reads the issues of one file and gathers plans, events and remarks beside them."""

    def __init__(
        self, pages: Sequence[JsonObject], remarks: Remarks, mapping: RoadmapMap, secret: bytes, zone: dt.tzinfo
    ) -> None:
        self.remarks, self.mapping, self.secret, self.zone = remarks, mapping, secret, zone
        self.faults: list[Problem] = []
        self.events: list[WorkEventFact] = []
        self.plans: dict[str, PlanFact] = {}
        self.categories: dict[str, StatusClass] = {}
        self.last_seen: dt.datetime | None = None
        self.with_history = False
        names = {k: str(v) for page in pages for k, v in dict(page.get("names") or {}).items()}  # type: ignore[call-overload]
        wanted = (mapping.points_field or "").casefold()
        self.points_ids = frozenset(
            key for key, name in names.items() if name.casefold() in ({wanted} if wanted else _POINT_NAMES)
        ) | ({mapping.points_field} if mapping.points_field else frozenset())
        self.points_names = _POINT_NAMES | {wanted} | {key.casefold() for key in self.points_ids}
        for page in pages:
            for version in objects(page.get("versions")):
                self.version(text(version.get("project")), version)

    def distinct(self, issues: Iterator[JsonObject]) -> list[JsonObject]:
        latest: dict[str, JsonObject] = {}
        for number_, issue in enumerate(issues, start=1):
            key = text(issue.get("key"))
            if not key:
                self.fault(Message("Issue number {number} has no key.", {"number": number_}))
                continue
            other = latest.get(key)
            if other is not None:
                self.remarks.add(Message("Issue {key} comes twice; the one updated last counts.", {"key": key}))
                if _freshness(other) >= _freshness(issue):
                    continue
            latest[key] = issue
        ordered = [latest[key] for key in sorted(latest)]
        for issue in ordered:
            self.learn_category(objects([named_fields(issue).get("status")]))
        return ordered

    def learn_category(self, statuses: Iterator[JsonObject]) -> None:
        for status in statuses:
            for category in objects([status.get("statusCategory")]):
                kind = _CATEGORIES.get(text(category.get("key")))
                if kind is not None:
                    self.categories[text(status.get("name")).casefold()] = kind

    def item(self, issue: JsonObject) -> WorkItemFact | None:
        key, fields = text(issue.get("key")), named_fields(issue)
        created = moment(text(fields.get("created")), zone=self.zone)
        if created is None:
            self.fault(
                Message("{key}: the time of creation is {value}.", {"key": key, "value": text(fields.get("created"))})
            )
            return None
        self.see(created, moment(text(fields.get("updated")), zone=self.zone))
        project = named(fields.get("project"), "key") or key.rpartition("-")[0]
        components = sorted(named_all(fields.get("components")))
        labels = [label for label in _strings(fields.get("labels")) if label]
        status = self.status_class(named(fields.get("status")))
        plans = self.plan_names(project, fields)
        events = self.changes(key, project, created, issue)
        self.events.extend(events)
        done_at = self.done_at(key, status, created, events, fields)
        return WorkItemFact(
            key=key,
            team=self.mapping.team_of(project, components, labels),
            kind=self.kind(named(fields.get("issuetype"))),
            created_at=created,
            done_at=done_at,
            status_class=status if done_at is None else StatusClass.DONE,
            priority_rank=self.rank(named(fields.get("priority"))),
            size=points_of(fields, self.points_ids),
            plans=plans,
            due=day(text(fields.get("duedate"))),
            areas=tuple(components),
            assignee_hash=self.hash(person(fields.get("assignee"))),
        )

    def done_at(
        self,
        key: str,
        status: StatusClass,
        created: dt.datetime,
        events: Sequence[WorkEventFact],
        fields: JsonObject,
    ) -> dt.datetime | None:
        at = moment(text(fields.get("resolutiondate")), zone=self.zone)
        if at is None and status is not StatusClass.DONE:
            return None
        if at is not None and status is not StatusClass.DONE:
            self.remarks.add(
                Message("{key} is resolved but its status is not a done one; it counts as done.", {"key": key})
            )
        entries = [e.at for e in events if e.field is EventField.STATUS and e.new == StatusClass.DONE]
        at = at or max(entries, default=None)
        if at is None:
            self.remarks.add(Message("{key} is done without a time; its last update stands in.", {"key": key}))
            at = moment(text(fields.get("updated")), zone=self.zone) or created
        if at < created:
            self.remarks.add(Message("{key} was done before it was created; it counts as done at once.", {"key": key}))
        return max(at, created)

    def changes(self, key: str, project: str, created: dt.datetime, issue: JsonObject) -> list[WorkEventFact]:
        events: list[WorkEventFact] = []
        for log in objects([issue.get("changelog")]):
            self.with_history = True
            for history in objects(log.get("histories")):
                at = moment(text(history.get("created")), zone=self.zone)
                if at is None:
                    self.remarks.add(Message("Entries of the change log without a readable time were left out."))
                    continue
                self.see(at)
                for change in objects(history.get("items")):
                    pairs = self.pairs(project, change)
                    events.extend(
                        WorkEventFact(item=key, at=max(at, created), field=field, old=old, new=new)
                        for field, old, new in pairs
                        if old != new
                    )
        return events

    def pairs(self, project: str, change: JsonObject) -> list[Change]:
        name = text(change.get("field")).casefold()
        old, new = changed(change)
        if name in self.points_names or text(change.get("fieldId")) in self.points_ids:
            name = "points"
        if name == "assignee":
            old, new = text(change.get("from")) or old, text(change.get("to")) or new
        scalars: dict[str, tuple[EventField, Callable[[str | None], str | None]]] = {
            "status": (EventField.STATUS, self.status_text),
            "priority": (EventField.PRIORITY, self.rank_text),
            "duedate": (EventField.DUE, _day_text),
            "points": (EventField.SIZE, _number_text),
            "assignee": (EventField.ASSIGNEE, self.hash),
            "component": (EventField.AREA, lambda value: value),
            "fix version": (EventField.PLAN, lambda value: value and _qualified(project, value)),
        }
        if name == "sprint":
            return _set_changes(old, new)
        if name not in scalars:
            return []
        field, convert = scalars[name]
        return [(field, convert(old), convert(new))]

    def plan_names(self, project: str, fields: JsonObject) -> tuple[str, ...]:
        names = {self.version(project, version) for version in objects(fields.get("fixVersions"))}
        for sprint in sprints_of(fields):
            names.add(self.plan(sprint))
        return tuple(sorted(names - {""}))

    def version(self, project: str, version: JsonObject) -> str:
        name = text(version.get("name"))
        if not name:
            return ""
        due = day(text(version.get("releaseDate")))
        return self.plan(
            PlanFact(
                name=_qualified(project, name) if project else name,
                kind=PlanKind.VERSION,
                start=day(text(version.get("startDate"))),
                due=due,
                done_at=due if version.get("released") else None,
            )
        )

    def plan(self, plan: PlanFact) -> str:
        known = self.plans.get(plan.name)
        if known is None:
            self.plans[plan.name] = plan
        elif known != plan:
            # Pages of one export can be taken on different days; a date beats no date, a later date an earlier one.
            self.plans[plan.name] = max(known, plan, key=lambda p: (p.due or dt.date.min, p.start or dt.date.min))
            self.remarks.add(Message("{plan} comes with different dates; the latest counts.", {"plan": plan.name}))
        return plan.name

    def status_class(self, status: str) -> StatusClass:
        folded = status.casefold()
        known = self.mapping.statuses.get(folded) or self.categories.get(folded) or self.mapping.class_of(status)
        if known is None:
            self.remarks.add(Message("The status {status} is not in the map; it counts as to do.", {"status": status}))
        return known or StatusClass.TODO

    def status_text(self, status: str | None) -> str | None:
        return None if status is None else self.status_class(status).value

    def rank(self, priority: str) -> int | None:
        rank = self.mapping.rank_of(priority) if priority else None
        if priority and rank is None:
            self.remarks.add(Message("The priority {name} is not in the map and was left out.", {"name": priority}))
        return rank

    def rank_text(self, priority: str | None) -> str | None:
        rank = self.rank(priority or "")
        return None if rank is None else str(rank)

    def kind(self, name: str) -> str:
        folded = name.casefold()
        return "bug" if folded in self.mapping.fault_kinds else folded[:60]

    def hash(self, name: str | None) -> str | None:
        return hash_person(self.secret, name) if name else None

    def see(self, *moments: dt.datetime | None) -> None:
        known = [at for at in (self.last_seen, *moments) if at is not None]
        self.last_seen = max(known, default=None)

    def fault(self, reason: Message) -> None:
        self.faults.append(Problem(self.remarks.source, None, reason))

    def file(self, items: Sequence[WorkItemFact | None]) -> RoadmapFile:
        facts = tuple(item for item in items if item is not None)
        last = (self.last_seen or max(item.created_at for item in facts)).date()
        undated = sorted(plan.name for plan in self.plans.values() if plan.due is None)
        if undated:
            self.remarks.add(Message("Plans without a date: {plans}.", {"plans": ", ".join(undated)}))
        covered_to = self.mapping.covered_to or last
        return RoadmapFile(
            kind=SourceKind.JIRA_JSON,
            covered_from=self.mapping.covered_from or min(item.created_at for item in facts).date(),
            covered_to=covered_to,
            items=facts,
            events=sort_events(self.events),
            plans=tuple(_as_seen(self.plans[name], covered_to) for name in sorted(self.plans)),
            history=frozenset(EventField) if self.with_history else frozenset(),
            problems=self.remarks.problems(),
            unmapped=sum(item.team is None for item in facts),
        )


def named_fields(issue: JsonObject) -> JsonObject:
    """Return the fields of an issue; empty where there are none."""
    return next(objects([issue.get("fields")]), {})


def named_all(value: object) -> list[str]:
    """Return the names in a list of ``{"name": ...}``; nameless entries are left out."""
    return [name for name in (named(part) for part in objects(value)) if name]


def _strings(value: object) -> list[str]:
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []


def _freshness(issue: JsonObject) -> tuple[dt.datetime, str]:
    at = moment(text(named_fields(issue).get("updated")), zone=dt.UTC)
    return at or dt.datetime.min.replace(tzinfo=dt.UTC), json.dumps(issue, sort_keys=True)


def _qualified(project: str, name: str) -> str:
    return f"{project}/{name}"


def _as_seen(plan: PlanFact, seen: dt.date) -> PlanFact:
    if plan.due is None:
        return plan
    return PlanFact(
        name=plan.name,
        kind=plan.kind,
        start=plan.start,
        due=plan.due,
        done_at=plan.done_at,
        dates_seen=((seen, plan.due),),
    )


def _day_text(value: str | None) -> str | None:
    known = day(value[:10]) if value else None
    return None if known is None else known.isoformat()


def _number_text(value: str | None) -> str | None:
    known = number(value)
    return None if known is None else repr(known)


def _set_changes(old: str | None, new: str | None) -> list[Change]:
    before = {name.strip() for name in (old or "").split(",")} - {""}
    after = {name.strip() for name in (new or "").split(",")} - {""}
    left: list[Change] = [(EventField.PLAN, name, None) for name in sorted(before - after)]
    return left + [(EventField.PLAN, None, name) for name in sorted(after - before)]
