"""Turns a roadmap that was read into stored delivery data, and tells what changed and what it cannot feed.

Privacy: items keep a keyed hash of their assignee only until the people behind each team's weeks are counted
(``reports.services.pressure``), then it is deleted; changes of assignee are never stored, nor are items without a team.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.orm import Session

from surveys.i18n import Message
from surveys.importers.roadmap_mapping import Mapped, RoadmapStream
from surveys.importers.roadmap_model import EventField, PlanFact, RoadmapFile, WorkEventFact, WorkItemFact
from surveys.models.roadmap import RoadmapSource
from surveys.services.calendar_days import refresh_holidays
from surveys.services.roadmap_assignees import Assignees, Group, is_reassigned, read_groups, without_assignees
from surveys.services.roadmap_changes import Touched, changes_all_of_a_plan, first_change, first_taken
from surveys.services.roadmap_feeds import Coded, Contents, Feed, feeds, feeds_from
from surveys.services.roadmap_lines import Stored, lines_of
from surveys.services.roadmap_owners import owners_of
from surveys.services.roadmap_seen import new_dates
from surveys.store import organisation
from surveys.store import roadmap as store
from surveys.store import roadmap_marks as marking
from surveys.store import roadmap_writing as writing
from surveys.store.roadmap import PeopleState, SeenDate

REWRITTEN_TABLES = ("work_item",)
"""Tables whose hashes of people must leave no bytes in the files once the weeks are counted."""

_ITEMS, _EVENTS = 500, 5000
"""An import is stored in pieces of about as many rows, so that its memory does not grow with the file."""


class ImportMode(StrEnum):
    """What an import says about items that it does not name."""

    REPLACE = "replace"
    UPSERT = "upsert"


@dataclass(frozen=True, kw_only=True)
class _Account:
    """What is known about a source when its items are stored."""

    file_sha256: str
    covered: tuple[dt.date, dt.date]
    history: frozenset[EventField] = frozenset()
    people: PeopleState = PeopleState.NONE
    timezone: str = "UTC"
    assignees: Mapping[str, list[Group]] | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    feeds: tuple[Coded, ...] = ()
    moved: tuple[tuple[SeenDate, SeenDate], ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoadmapImportAccount:
    """What an import stored: one sentence per fact in ``lines``, and the counts behind them.

    ``items``, ``events`` and ``plans`` are what the source holds now; ``new``, ``changed`` and ``gone`` are items.
    ``unmapped_share`` is the share (0 to 1) of the file's items that no rule maps to a team; they are not stored.
    ``touched`` holds the teams whose weeks can come out differently, each with the first day.
    """

    lines: tuple[Message, ...]
    items: int
    events: int
    plans: int
    moved_dates: int
    unmapped_share: float
    new: int
    changed: int
    gone: int
    touched: Mapping[str, dt.date]
    feeds: tuple[Feed, ...]


def import_roadmap(
    session: Session,
    source: RoadmapFile | RoadmapStream,
    *,
    name: str,
    file_sha256: str,
    now: dt.datetime,
    mode: ImportMode = ImportMode.REPLACE,
    assignees: Mapping[str, str] | None = None,
    timezone: str = "UTC",
) -> RoadmapImportAccount:
    """Store what ``source`` says under ``name``, in pieces, and return an account; the caller commits or rolls back.

    With REPLACE the source is afterwards what the file says; with UPSERT items and plans that it does not name stay.
    An item is written only where it or its changes differ from what is stored. The days seen for plans always stay,
    and each day that differs from the last one seen is added, so that a moved date is a change. The same file twice
    gives the same rows.

    ``assignees`` (key to hash) sets the hashes of stored items that did not change, because hashes are deleted once
    they are counted. ``RoadmapSource.touched`` names the teams whose weeks must be computed again, each with the first
    day that can come out differently. ``timezone`` is kept with the source. Public holidays follow the time that the
    roadmaps now cover. Raises ``InvalidInput`` where a stream
    finds a bad item; then the caller rolls back.
    """
    return _Import(session, name, mode=mode, now=now).run(
        source, file_sha256=file_sha256, assignees=assignees or {}, timezone=timezone
    )


class _Import:
    """One import into one source."""

    def __init__(self, session: Session, name: str, *, mode: ImportMode, now: dt.datetime) -> None:
        self.session, self.name, self.now = session, name, now
        self.is_partial = mode is ImportMode.UPSERT
        self.old = writing.load_source(session, name)
        self.imported_at = self.old.imported_at if self.old is not None else now
        zones = {team.key: team.timezone for team in organisation.list_teams(session)}
        self._before = (self.old.covered_from, self.old.covered_to) if self.old else (now.date(), now.date())
        self.touched = Touched(zones, self.old.touched if self.old else None)
        self.taken = Touched(zones, marking.taken_days(self.old.account) if self.old else None)
        """From which weeks on an item may be missing that was counted in them."""
        self.gone_named = set(marking.gone_keys(self.old.account) if self.old else ())
        self.old_plans = {plan.name: plan for plan in store.plans_of(session, name)} if self.old else {}
        self.old_teams = writing.stored_plans(session, name) if self.old else {}
        self.waiting = writing.keys_of(session, name) if self.old else set()
        """Keys that are stored and were not met yet."""
        self.known = frozenset(self.waiting)
        self.unsure: set[str] = set()
        """Keys of items whose assignee of the last import is deleted, so that it cannot be compared."""
        self.assignees = Assignees()
        self.plan_teams: defaultdict[str, set[str]] = defaultdict(set)
        self.remade: set[str] = set()
        """Plans that are not what they were from their beginning on."""
        self.new = self.changed = self.gone = 0
        self.names_people = False

    def run(
        self, source: RoadmapFile | RoadmapStream, *, file_sha256: str, assignees: Mapping[str, str], timezone: str
    ) -> RoadmapImportAccount:
        if self.old is None:
            self._put(source, _Account(file_sha256=file_sha256, covered=(self.now.date(), self.now.date())))
        for piece in _pieces(_told(source)):
            self._store(piece)
        if not self.is_partial:
            self._remove(self.waiting)
        self._refresh(assignees)
        moved = self._store_plans(source.plans)
        contents, teams = self._scan()
        history = source.history | (self._old_history() if self.is_partial else frozenset())
        covered = self._covered(source)
        self._touch_all(teams, covered, history)
        groups = self._compare_assignees()
        marking.settle_marks(self.session, self.name, is_whole=not self.is_partial)
        people = self._people()
        coded = feeds_from(contents, kind=source.kind, history=history, names_people=people is not PeopleState.NONE)
        items, events, plans = writing.count_rows(self.session, self.name)
        total, unmapped = self._shares(source, items)
        account = _Account(
            file_sha256=file_sha256,
            covered=covered,
            history=history,
            people=people,
            timezone=timezone,
            assignees=groups,
            counts={"items": items, "events": events, "plans": plans, "unmapped": unmapped, "in_file": total},
            feeds=coded,
            moved=tuple(moved),
        )
        self._put(source, account)
        refresh_holidays(self.session, today=self.now.date())
        return self._account(account)

    def _put(self, source: RoadmapFile | RoadmapStream, account: _Account) -> None:
        """Put down what is said about the source; before its items it is only there for them to belong to."""
        writing.put_source(
            self.session,
            RoadmapSource(
                name=self.name,
                kind=source.kind.value,
                covered_from=account.covered[0],
                covered_to=account.covered[1],
                history=sorted(field.value for field in account.history),
                people=account.people.value,
                file_sha256=account.file_sha256,
                imported_at=self.now,
                account={
                    **account.counts,
                    "feeds": [list(feed) for feed in account.feeds],
                    "assignees": account.assignees,
                    marking.GONE: sorted(self.gone_named),
                    marking.TAKEN: self.taken.document(),
                },
                timezone=account.timezone,
                touched=self.touched.document(),
            ),
        )

    def _account(self, account: _Account) -> RoadmapImportAccount:
        """Return the account of what was stored."""
        counts, found = account.counts, feeds(account.feeds)
        stored = Stored(
            items=counts["items"],
            events=counts["events"],
            plans=counts["plans"],
            total=counts["in_file"],
            unmapped=counts["unmapped"],
            covered=account.covered,
            moved=account.moved,
            feeds=found,
            history=account.history,
            names_people=account.people is not PeopleState.NONE,
            changes=None if self.old is None else (self.new, self.changed, self.gone),
        )
        return RoadmapImportAccount(
            lines=lines_of(stored),
            items=stored.items,
            events=stored.events,
            plans=stored.plans,
            moved_dates=len(account.moved),
            unmapped_share=stored.unmapped_share,
            new=self.new,
            changed=self.changed,
            gone=self.gone,
            touched={team: dt.date.fromisoformat(day) for team, day in self.touched.document().items()},
            feeds=found,
        )

    def _store(self, piece: list[Mapped]) -> None:
        known = {item.key for item, _ in piece} & self.waiting
        kept = writing.kept_items(self.session, self.name, known) if known else {}
        fresh: list[tuple[Mapped, str]] = []
        again: list[Mapped] = []
        hashes: dict[str, str | None] = {}
        for item, history in piece:
            told = (item, without_assignees(history))
            self._note(told)
            before = kept.get(item.key)
            if item.team is None:
                continue
            self.waiting.discard(item.key)
            digest = writing.digest_of(*told)
            if before is None:
                self.touched.add(item.team, item.created_at)
                self.new += 1
                fresh.append((told, digest))
                continue
            self._compare_assignee(before, item, history)
            if before.digest != digest:
                again.append(told)
                fresh.append((told, digest))
            elif before.assignee_hash != item.assignee_hash:
                hashes[item.key] = item.assignee_hash
        self._touch_changed(again)
        unnamed = {told[0].key for told, _ in fresh if told[0].assignee_hash is None}
        marks = marking.marks_of(self.session, self.name, unnamed) if unnamed else {}
        self.gone_named -= {told[0].key for told, _ in fresh}
        writing.delete_items(self.session, self.name, [item.key for item, _ in again])
        if self.is_partial:  # an item that lost its team; in a whole file it stays among those that are gone
            self._remove({item.key for item, _ in piece if item.team is None} & set(kept))
        writing.add_items(self.session, self.name, fresh, marks)
        writing.set_hashes(self.session, self.name, hashes)

    def _compare_assignee(self, before: writing.Kept, item: WorkItemFact, history: Sequence[WorkEventFact]) -> None:
        """Touch all weeks of an item whose assignee changed: who it is now counts for all of its time."""
        if before.assignee_hash is not None:
            is_other = before.assignee_hash != item.assignee_hash
        else:
            was_counted = self.old is not None and self.old.people == PeopleState.COUNTED.value
            if item.assignee_hash is not None or was_counted:
                self.unsure.add(item.key)
            is_other = self.is_partial and is_reassigned(history, since=self.imported_at)
        if is_other:
            self.touched.add(item.team, item.created_at)

    def _compare_assignees(self) -> Mapping[str, list[Group]] | None:
        """Touch the weeks whose assignees are not those of the last whole import; return the marks of this one."""
        before = read_groups(self.old.account.get("assignees")) if self.old is not None else None
        if self.is_partial and self.old is not None:
            return before
        for team, day in self.assignees.changed(before, self.known, self.unsure).items():
            self.touched.add_day(team, day)
        return self.assignees.groups()

    def _note(self, told: Mapped) -> None:
        """Remember which team has or had an item in which plan."""
        item, events = told
        if item.team is None:
            return
        self.names_people = self.names_people or item.assignee_hash is not None
        moves = (value for event in events if event.field is EventField.PLAN for value in (event.old, event.new))
        for plan in (*item.plans, *moves):
            if plan is not None:
                self.plan_teams[plan].add(item.team)

    def _touch_changed(self, again: list[Mapped]) -> None:
        before = writing.stored_items(self.session, self.name, [item.key for item, _ in again])
        for item, events in again:
            old, past = before[item.key]
            if old.team != item.team:
                self.touched.add(old.team, old.created_at)
                self.taken.add_taken(old.team, (old.created_at, False))
                self.touched.add(item.team, item.created_at)
            else:
                self.touched.add(item.team, first_change((old, past), (item, events)))
                self.taken.add_taken(item.team, first_taken((old, past), (item, events)))
            self.changed += 1

    def _remove(self, keys: set[str]) -> None:
        """Delete items that are gone and touch the weeks since they came into being."""
        for item, _ in writing.stored_items(self.session, self.name, keys).values():
            self.touched.add(item.team, item.created_at)
            self.taken.add_taken(item.team, (item.created_at, False))
            self.gone += 1
        self.gone_named |= marking.marks_of(self.session, self.name, keys).keys()
        writing.delete_items(self.session, self.name, keys)
        self.waiting = self.waiting - keys

    def _refresh(self, assignees: Mapping[str, str]) -> None:
        if assignees:
            self.names_people = True
            writing.set_hashes(self.session, self.name, dict(assignees))

    def _store_plans(self, plans: Iterable[PlanFact]) -> list[tuple[SeenDate, SeenDate]]:
        """Store the plans and return the days that moved, each with the one before."""
        told = {plan.name: plan for plan in plans}
        found = new_dates(store.list_seen_dates(self.session, self.name), told.values(), self.now)
        teams: dict[str, set[str]] = {name: set(self.plan_teams.get(name, ())) for name in told}
        if self.is_partial:
            for name, plan in self.old_plans.items():
                joined = self.plan_teams.get(name, set()) | self.old_teams[name]
                if name in told or joined > self.old_teams[name]:
                    teams[name] = joined
                    told.setdefault(name, plan)
        else:
            writing.delete_plans(self.session, self.name, set(self.old_plans) - set(told))
        unowned = [name for name in told if not teams[name]]
        if unowned:  # a release of GitHub has no items, and teams want to see it all the same
            teams |= owners_of(unowned, writing.item_teams(self.session, self.name))
        writing.put_plans(self.session, self.name, list(told.values()), teams)
        writing.add_seen_dates(self.session, self.name, [date for date, _ in found])
        if self.old is not None:
            self._touch_plans()
        return [(date, earlier) for date, earlier in found if earlier is not None]

    def _touch_plans(self) -> None:
        now = {plan.name: plan for plan in store.plans_of(self.session, self.name)}
        teams = writing.stored_plans(self.session, self.name)
        self.remade |= {
            name for name in {*now, *self.old_plans} if changes_all_of_a_plan(self.old_plans.get(name), now.get(name))
        }
        for name in now.keys() - self.remade:
            day = _first_sight(self.old_plans[name], now[name])
            if day is not None:
                self.touched.add_all(teams[name] | self.old_teams[name], day)

    def _scan(self) -> tuple[Contents, set[str]]:
        """Read what is stored: what it carries, its teams, and whose items are in plans that are not what they were."""
        ever = writing.items_ever_in(self.session, self.name, self.remade)
        contents, teams = Contents(), set()
        contents.add_plans(store.plans_of(self.session, self.name))
        for item in writing.each_item(self.session, self.name):
            contents.add(item)
            self.assignees.add(item)
            teams.add(item.team or "")
            if item.key in ever or not self.remade.isdisjoint(item.plans):
                self.touched.add(item.team, item.created_at)
        return contents, teams

    def _covered(self, source: RoadmapFile | RoadmapStream) -> tuple[dt.date, dt.date]:
        today = self.now.astimezone(dt.UTC).date()
        first, last = min(source.covered_from, today), min(source.covered_to, today)
        if self.old is not None and self.is_partial:
            return min(first, self.old.covered_from), min(max(last, self.old.covered_to), today)
        return first, last

    def _old_history(self) -> frozenset[EventField]:
        return frozenset(EventField(field) for field in self.old.history) if self.old else frozenset()

    def _touch_all(self, teams: set[str], covered: tuple[dt.date, dt.date], history: frozenset[EventField]) -> None:
        """Touch the weeks that the source as a whole speaks differently about."""
        if self.old is None:
            return
        before = self._before
        if before[0] != covered[0] or self._old_history() != history:
            self.touched.add_all(teams, min(before[0], covered[0]))
        if before[1] != covered[1]:
            self.touched.add_all(teams, min(before[1], covered[1]))

    def _people(self) -> PeopleState:
        """Return what is known now about the people behind the items."""
        if writing.any_hash(self.session, self.name):
            return PeopleState.HASHED
        is_known = self.is_partial and self.old is not None and self.old.people != PeopleState.NONE.value
        return PeopleState.COUNTED if is_known else PeopleState.NONE

    def _shares(self, source: RoadmapFile | RoadmapStream, items: int) -> tuple[int, int]:
        """Return how many items there are and how many have no team; a part of the items can only raise the latter."""
        if isinstance(source, RoadmapStream):
            total, unmapped = source.counts.items, source.counts.unmapped
        else:
            total, unmapped = len(source.items), source.unmapped
        if not self.is_partial:
            return total, unmapped
        before = self.old.account.get("unmapped") if self.old else None
        unmapped = max(unmapped, before if isinstance(before, int) else 0)
        return items + unmapped, unmapped


def _told(source: RoadmapFile | RoadmapStream) -> Iterator[Mapped]:
    """Yield each item with its changes."""
    if isinstance(source, RoadmapStream):
        pairs: Iterable[Mapped] = source.items()
    else:
        events: defaultdict[str, list[WorkEventFact]] = defaultdict(list)
        for event in source.events:
            events[event.item].append(event)
        pairs = ((item, tuple(events[item.key])) for item in source.items)
    yield from pairs


def _pieces(pairs: Iterable[Mapped]) -> Iterator[list[Mapped]]:
    piece: list[Mapped] = []
    events = 0
    for pair in pairs:
        piece.append(pair)
        events += len(pair[1])
        if len(piece) >= _ITEMS or events >= _EVENTS:
            yield piece
            piece, events = [], 0
    if piece:
        yield piece


def _first_sight(old: PlanFact, new: PlanFact) -> dt.date | None:
    """Return the first day from which on the sights of a plan's date differ; ``None`` where they do not."""
    for before, after in zip(old.dates_seen, new.dates_seen, strict=False):
        if before != after:
            return min(before[0], after[0])
    longer = max(old.dates_seen, new.dates_seen, key=len)
    shorter = min(len(old.dates_seen), len(new.dates_seen))
    return longer[shorter][0] if len(longer) > shorter else None
