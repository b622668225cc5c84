"""Turns issues of the Jira REST interface (v2 or v3, with change log) into raw items, one issue at a time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from surveys.errors import InvalidInput
from surveys.i18n import Message
from surveys.importers.roadmap_jira_drafts import Drafting, SiteNames, raw_item
from surveys.importers.roadmap_jira_fields import JsonObject, named, named_fields, objects, sprints_of, text
from surveys.importers.roadmap_json import JsonWalk
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_mapping import map_raw
from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, RoadmapFile, SourceKind, StatusClass
from surveys.importers.roadmap_raw import RawFile, RawItem, Reading
from surveys.importers.roadmap_remarks import UNDATED, FirstFaults, Remarks
from surveys.importers.roadmap_spool import Spool
from surveys.importers.roadmap_text import MAX_BYTES, day, unpacked

_CATEGORIES = {"new": StatusClass.TODO, "indeterminate": StatusClass.DOING, "done": StatusClass.DONE}


def read_jira_json(stream: BinaryIO, *, reading: Reading) -> RawFile:
    """Read issues with their change log, each once, in one pass and with bounded memory.

    The file is one answer ``{"issues": [...]}``, a list of such answers, or a list of issues; ``versions`` and
    ``names`` beside the issues are read too, wherever they stand. An issue that comes twice (pages can overlap) counts
    once, as last updated. Invalid UTF-8 and versions with two dates are tolerated and named in ``problems``. Raises
    ``InvalidInput`` with every issue that has no key or no readable creation time, and where the file is no such JSON.
    """
    remarks = Remarks(reading.source)
    walk = JsonWalk(stream, remarks=remarks, limit=reading.limit)
    found = _Reader(reading, remarks)
    if walk.opening() == "[":
        for _ in walk.elements():
            found.part(walk, may_be_issue=True)
    else:
        found.part(walk, may_be_issue=False)
    walk.end()
    return found.file()


def read_jira(data: bytes, *, source: str, mapping: RoadmapMap, secret: bytes, zone: dt.tzinfo = dt.UTC) -> RoadmapFile:
    """Read a whole export, plain or gzip, and map it at once; for files that fit into memory."""
    reading = mapping.reading(Reading(source=source, secret=secret, zone=zone))
    stream = unpacked(io.BytesIO(data), source=source, limit=MAX_BYTES)
    return map_raw(read_jira_json(stream, reading=reading), mapping, teams=(), source=source).file()


class _Reader:
    """Reads the issues of one file and gathers plans, categories and remarks beside them."""

    def __init__(self, reading: Reading, remarks: Remarks) -> None:
        self.reading, self.remarks = reading, remarks
        self.drafting = Drafting(reading)
        self.spool = Spool()
        self.names: dict[str, str] = {}
        self.plans: dict[str, PlanFact] = {}
        self.categories: dict[str, StatusClass] = {}
        self.faults = FirstFaults(reading.source)
        self.met = 0
        self.with_history = False

    def part(self, walk: JsonWalk, *, may_be_issue: bool) -> None:
        """Read one page or, in a list, one issue; anything else is passed over."""
        if walk.opening() != "{":
            walk.value()
            return
        parts: dict[str, object] = {}
        is_page = not may_be_issue
        for key in walk.members():
            if key == "issues":
                is_page = True
                self.issues(walk)
            else:
                parts[key] = walk.value()
        if not is_page:
            self.issue(parts)
        for number, name in _object(parts.get("names")).items():
            self.names[number] = text(name)
        for version in objects(parts.get("versions")):
            self.version(text(version.get("project")), version)

    def issues(self, walk: JsonWalk) -> None:
        if walk.opening() != "[":
            walk.value()
            return
        for _ in walk.elements():
            issue = walk.value()
            if isinstance(issue, dict):
                self.issue(issue)

    def issue(self, issue: JsonObject) -> None:
        self.met += 1
        key, fields = text(issue.get("key")), named_fields(issue)
        if not key:
            self.fault(Message("Issue number {number} has no key.", {"number": self.met}))
            return
        category = self.category(fields.get("status"))
        project = named(fields.get("project"), "key") or key.rpartition("-")[0]
        made = self.drafting.draft(key, project, issue, category=category, plans=self.plan_names(project, fields))
        if made is None:
            created = text(fields.get("created"))
            self.fault(Message("{key}: the time of creation is {value}.", {"key": key, "value": created}))
            return
        freshness, draft = made
        self.with_history = self.with_history or isinstance(issue.get("changelog"), dict)
        if self.spool.add(key, freshness, draft):
            self.remarks.add(Message("Issue {key} comes twice; the one updated last counts.", {"key": key}))

    def category(self, status: object) -> StatusClass | None:
        """Return the class that the site gives to a status, and learn it for the words of the change log."""
        if not isinstance(status, dict):
            return None
        kind = _CATEGORIES.get(named(status.get("statusCategory"), "key"))
        if kind is not None:
            word = named(status).casefold()
            self.categories[word] = max(kind, self.categories.get(word, kind))  # whatever order they come in
        return kind

    def plan_names(self, project: str, fields: JsonObject) -> tuple[str, ...]:
        names = {self.version(project, version) for version in objects(fields.get("fixVersions"))}
        for sprint in sprints_of(fields, zone=self.reading.zone):
            names.add(self.plan(sprint))
        return tuple(sorted(names - {""}))

    def version(self, project: str, version: JsonObject) -> str:
        name = text(version.get("name"))
        if not name:
            return ""
        due = day(text(version.get("releaseDate")))
        return self.plan(
            PlanFact(
                name=f"{project}/{name}" if project else name,
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
            self.plans[plan.name] = max(known, plan, key=_by_days)
            self.remarks.add(Message("{plan} comes with different dates; the latest counts.", {"plan": plan.name}))
        return plan.name

    def fault(self, reason: Message) -> None:
        self.faults.note(reason)

    def file(self) -> RawFile:
        """Return what was found; raises ``InvalidInput`` where anything was bad."""
        if not self.met:
            self.fault(Message("The file holds no issues."))
        if self.faults:
            raise InvalidInput("{source} was not imported.", self.faults.problems(), source=self.reading.source)
        if self.drafting.undated:
            self.remarks.add(Message(UNDATED, {"count": self.drafting.undated}))
        sprints = [plan.name for plan in self.plans.values() if plan.kind is PlanKind.SPRINT]
        names = SiteNames.of(self.reading, self.names, sprints=sprints)
        return RawFile(
            kind=SourceKind.JIRA_JSON,
            items=lambda: self._items(names),
            plans=tuple(self.plans[name] for name in sorted(self.plans)),
            history=frozenset(EventField) if self.with_history else frozenset(),
            categories=dict(self.categories),
            last_seen=self.drafting.last_seen,
            problems=self.remarks.problems(),
        )

    def _items(self, names: SiteNames) -> Iterator[RawItem]:
        for draft in self.spool.drafts():
            yield raw_item(draft, names, self.reading)


def _by_days(plan: PlanFact) -> tuple[dt.date, dt.date, dt.date, str]:
    return (plan.due or dt.date.min, plan.start or dt.date.min, plan.done_at or dt.date.min, plan.kind)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
