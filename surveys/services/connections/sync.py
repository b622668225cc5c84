"""Turns what a tool says since the last sync into stored delivery data, page by page, and goes on after any crash.

Pages are staged as they come, each with the place to go on in one transaction. Only when everything is read it is
mapped and imported, in one transaction, together with the time up to which all is known. So a sync that dies at any
moment loses nothing and doubles nothing: the next one goes on from the last page, and equal items are equal rows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from surveys.errors import InvalidInput, Problem, SurveyError
from surveys.i18n import Message
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_mapping import map_raw
from surveys.importers.roadmap_model import PlanFact
from surveys.importers.roadmap_packed import pack_item, unpack_item
from surveys.importers.roadmap_raw import RawFile
from surveys.importers.roadmap_remarks import UNDATED
from surveys.models.roadmap import RoadmapConnection
from surveys.services.connections.failures import SyncFailed, SyncPaused
from surveys.services.connections.state import STALE, State, asked_hash, read_state, stored_hash
from surveys.services.connections.tool import Tool, ToolPage
from surveys.services.roadmap import ImportMode, RoadmapImportAccount, import_roadmap
from surveys.store import connections as store
from surveys.store import roadmap_writing as writing

REWRITTEN_TABLES = (store.STAGED_TABLE,)
"""Tables whose hashes of people must leave no bytes in the files after a sync."""

Transactions = Callable[[], AbstractContextManager[Session]]
_FORGOTTEN = frozenset({400, 404, 410, 422})
_MOST_PROBLEMS = 200
_STORED = "stored"
"""Where the settings of a row hold how its items were stored: a hash, and the plans that the tool did not list."""


@dataclass(frozen=True, kw_only=True)
class SyncAccount:
    """What a sync did: items and pages read over all its parts, what the import stored, and what was tolerated."""

    name: str
    read: int
    pages: int
    covered_to: dt.date
    imported: RoadmapImportAccount
    problems: tuple[Problem, ...]

    @property
    def lines(self) -> tuple[Message, ...]:
        """One sentence per fact."""
        first = Message("{name}: {count} items were read.", {"name": self.name, "count": self.read})
        return (first, *self.imported.lines)


def sync_connection(
    reading: Transactions,
    transaction: Transactions,
    *,
    name: str,
    tool: Tool,
    mapping: RoadmapMap,
    teams: Collection[str],
    now: dt.datetime,
    all_history: bool = False,
) -> SyncAccount:
    """Bring the source ``name`` up to date with its tool.

    Asked for is what changed since the last sync, less a day. Everything is asked for where ``all_history`` is set,
    where there was no sync, where the map or the settings are no longer those of the last one, and where the tool no
    longer lists a plan that it did list, since a plan that got another name changes no item. Then what the tool no
    longer names is dropped. ``reading`` and ``transaction`` open the caller's
    transactions; one is open only while rows are written, never while the tool is asked.

    Raises:
        SyncPaused: the tool asks for a pause or the time is over; the next call goes on.
        SyncFailed, InvalidInput: the tool or its data; the sentence is stored with the connection too.
        NotFound: there is no such connection.
    """
    run = _Run(reading, transaction, name=name, tool=tool, mapping=mapping, now=now)
    state = run.take_over(all_history=all_history)
    try:
        state = run.read(state)
        listed = tool.plans(today=now.date())
        if run.has_lost_plans(state, listed):
            state = run.read(run.begin_anew(state))
        people = tool.assignees(now=now)
        return run.finish(state, listed=listed, people=people, teams=teams)
    except SurveyError as error:
        run.note(state, error)
        raise
    except Exception:
        run.note(state, SyncFailed("The sync of {name} met a fault of this program. Its log tells more.", name=name))
        raise


class _Run:
    """One attempt of one sync."""

    def __init__(
        self,
        reading: Transactions,
        transaction: Transactions,
        *,
        name: str,
        tool: Tool,
        mapping: RoadmapMap,
        now: dt.datetime,
    ) -> None:
        self.reading, self.transaction = reading, transaction
        self.name, self.tool, self.mapping, self.now = name, tool, mapping, now
        self.problems: dict[str, Problem] = {}
        self.undated = 0

    def take_over(self, *, all_history: bool) -> State:
        """Take over the sync that was cut off where it is still of use, else begin a new one."""
        with self.transaction() as session:
            row = store.lock_connection(session, self.name)
            row.tried_at = self.now
            asked = asked_hash(row, self.mapping)
            is_whole = all_history or _stored(row).get("as") != stored_hash(row, self.mapping)
            found = read_state(row.resume)
            is_fit = (
                found is not None
                and found.asked == asked
                and self.now - found.started_at < STALE
                and (found.is_whole or not is_whole)
            )
            if found is None or not is_fit:
                store.clear_staged(session, self.name)
                since = None if is_whole else row.read_until
                found = State(run="", asked=asked, started_at=self.now, since=since, is_whole=since is None)
            state = replace(found, run=secrets.token_hex(8))
            row.resume = state.document
        return state

    def read(self, state: State) -> State:
        """Read all pages that are left; where the tool forgot the place to go on, from the first page again."""
        if state.is_read:
            return state
        begun = state.pages
        try:
            for page in self.tool.pages(since=state.since, cursor=state.cursor, known=self.known):
                state = self.stage(state, page)
        except SyncFailed as failure:
            if state.cursor is None or state.pages > begun or failure.status not in _FORGOTTEN:
                raise
            for page in self.tool.pages(since=state.since, cursor=None, known=self.known):
                state = self.stage(state, page)
        return state

    def has_lost_plans(self, state: State, listed: tuple[PlanFact, ...]) -> bool:
        """Tell whether a stored plan, which was listed by the last sync, is not among those that are listed now."""
        if state.is_whole:
            return False
        with self.reading() as session:
            unlisted = _stored(store.get_connection(session, self.name)).get("unlisted")
            names = set(writing.stored_plans(session, self.name))
        names -= set(unlisted if isinstance(unlisted, list) else ())
        return not names <= {plan.name for plan in listed}

    def begin_anew(self, state: State) -> State:
        """Have the same sync read everything."""
        state = state.begin_anew()
        with self.transaction() as session:
            row = self.mine(session, state)
            store.clear_staged(session, self.name)
            row.resume = state.document
        return state

    def known(self, wanted: Mapping[str, dt.datetime | None]) -> frozenset[str]:
        """Return the keys that are staged as they were last changed."""
        with self.reading() as session:
            found = store.find_staged(session, self.name, sorted(wanted))
        at = {key: unpack_item(body).updated_at for key, body in found.items()}
        return frozenset(key for key, moment in at.items() if moment is not None and moment == wanted[key])

    def stage(self, state: State, page: ToolPage) -> State:
        """Store a page and the place after it together."""
        for problem in page.problems:
            count = problem.reason.params.get("count")
            if problem.reason.text == UNDATED and isinstance(count, int):
                self.undated += count  # each page tells its own number
            else:
                self.problems.setdefault(str(problem), problem)
        state = state.after(page)
        with self.transaction() as session:
            row = self.mine(session, state)
            store.stage(session, self.name, {item.key: pack_item(item) for item in page.items})
            row.resume = state.document
        return state

    def mine(self, session: Session, state: State) -> RoadmapConnection:
        """Return the row of the connection, if no other process has taken the sync over."""
        row = store.lock_connection(session, self.name)
        if not _is_of(row, state):
            raise SyncFailed("Another sync of {name} is under way, so this one was ended.", name=self.name)
        return row

    def finish(
        self, state: State, *, listed: tuple[PlanFact, ...], people: Mapping[str, str], teams: Collection[str]
    ) -> SyncAccount:
        """Import what is staged, note up to when all is known, and empty the staging, all in one transaction."""
        covered_to = state.started_at.astimezone(dt.UTC).date()
        digest = hashlib.sha256(f"{self.name} {state.started_at.isoformat()} {state.read}".encode()).hexdigest()
        with self.transaction() as session:
            row = self.mine(session, state)
            raw = RawFile(
                kind=self.tool.kind,
                items=lambda: map(unpack_item, store.iter_staged(session, self.name)),
                plans=state.all_plans(listed),
                history=self.tool.history,
                categories=state.categories,
                covered_to=covered_to,
                last_seen=state.started_at,
                problems=self.tolerated(),
            )
            stream = map_raw(raw, self.mapping, teams=teams, source=self.name)
            imported = import_roadmap(
                session,
                stream,
                name=self.name,
                file_sha256=digest,
                now=self.now,
                mode=ImportMode.REPLACE if state.is_whole else ImportMode.UPSERT,
                assignees=people,
                timezone=row.timezone,
            )
            problems = stream.problems
            store.clear_staged(session, self.name)
            row.read_until, row.succeeded_at = state.started_at, self.now
            row.resume = row.failure = None
            unlisted = set(writing.stored_plans(session, self.name)) - {plan.name for plan in listed}
            stored = {"as": stored_hash(row, self.mapping), "unlisted": sorted(unlisted)}
            row.settings = {**row.settings, _STORED: stored}
        return SyncAccount(
            name=self.name,
            read=state.read,
            pages=state.pages,
            covered_to=covered_to,
            imported=imported,
            problems=problems,
        )

    def tolerated(self) -> tuple[Problem, ...]:
        """Return what the pages tolerated, each sentence once."""
        found = tuple(self.problems.values())[:_MOST_PROBLEMS]
        if not self.undated:
            return found
        return (Problem(self.name, None, Message(UNDATED, {"count": self.undated})), *found)

    def note(self, state: State, error: SurveyError) -> None:
        """Store why the attempt failed, as a sentence with its values; errors carry no credential.

        One that another process has taken over notes nothing: what became of the other one stands there.
        """
        with self.transaction() as session:
            if store.find_connection(session, self.name) is None:
                return
            row = store.lock_connection(session, self.name)
            if _is_of(row, state):
                row.failure = failure_document(error)


def _is_of(row: RoadmapConnection, state: State) -> bool:
    other = read_state(row.resume)
    return other is not None and other.run == state.run


def _stored(row: RoadmapConnection) -> Mapping[str, object]:
    found = row.settings.get(_STORED)
    return found if isinstance(found, dict) else {}


def failure_document(error: SurveyError) -> dict[str, object]:
    """Return an error as JSON values: its sentence, and for bad data the first of its problems."""
    message = error.message
    if isinstance(error, InvalidInput) and error.problems:
        message = error.problems[0].reason
    values = {name: value if isinstance(value, int | float) else str(value) for name, value in message.params.items()}
    until = error.until if isinstance(error, SyncPaused) else None
    return {
        "text": message.text,
        "params": values,
        "is_pause": isinstance(error, SyncPaused),
        **({} if until is None else {"until": until.isoformat()}),
    }


def pause_end(document: Mapping[str, object] | None) -> dt.datetime | None:
    """Return the end of the pause that the other side named, as :func:`failure_document` stored it."""
    value = (document or {}).get("until")
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else None


def failure_message(document: Mapping[str, object] | None) -> Message | None:
    """Return the sentence that :func:`failure_document` stored, ``None`` for none."""
    if document is None:
        return None
    values = document.get("params")
    return Message(str(document.get("text", "")), values if isinstance(values, dict) else {})
