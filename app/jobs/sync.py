"""Syncs connections to delivery tools: each night, when somebody asks for it, and on from where one was cut off.

Neither the queue nor the audit log holds more than the name of a connection and counts; the credential is read when
the tool is asked, and kept nowhere.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx
from sqlalchemy.orm import Session

from app.installation import Installation
from app.jobs import retention
from reports.services.pressure import compute_pressure
from surveys.errors import Refused
from surveys.i18n import Message
from surveys.importers.roadmap_map import RoadmapMap, read_map
from surveys.models.roadmap import RoadmapConnection
from surveys.services.connections import managing, sync
from surveys.services.connections.credentials import read_credential
from surveys.services.connections.paged import Limits, PagedSource
from surveys.services.roadmap import REWRITTEN_TABLES
from surveys.store import accounts, organisation
from surveys.store import connections as store
from surveys.store.roadmap_writing import load_map

FROM_HOUR = 2
"""Hour (UTC) from which the sync of a day is due."""

AFTER_FAILURE = dt.timedelta(hours=3)
AFTER_PAUSE = dt.timedelta(minutes=20)
"""How long a connection is left alone after an attempt that did not end well and names no time."""

LONGEST_PAUSE = dt.timedelta(days=1)
"""A pause that the other side names is kept, but no longer than this: it may have named nonsense."""

CHECK_LIMITS = Limits(tries=2, seconds=20.0, longest_wait=3.0, read_seconds=10.0)
"""A check waits for nobody: somebody sits before it."""


@dataclass(frozen=True, kw_only=True)
class SyncOutcome:
    """What a sync did, and how many team-weeks were computed after it."""

    account: sync.SyncAccount
    weeks: int


def due_syncs(session: Session, now: dt.datetime) -> Iterator[str]:
    """Yield the names of the connections whose sync is due."""
    today = now.astimezone(dt.UTC).replace(hour=FROM_HOUR, minute=0, second=0, microsecond=0)
    night = today if now >= today else today - dt.timedelta(days=1)
    for row in store.list_connections(session):
        is_old = row.is_active and (row.succeeded_at is None or row.succeeded_at < night)
        if managing.asked_at(row) is not None or (is_old and _is_rested(row, now)):
            yield row.name


def run_sync(
    inst: Installation,
    *,
    name: str,
    now: dt.datetime,
    actor: str,
    all_history: bool = False,
    environ: Mapping[str, str] | None = None,
    transport: httpx.BaseTransport | None = None,
    limits: Limits | None = None,
) -> SyncOutcome:
    """Sync one connection, compute the weeks that changed, and wipe the hashes of people from the files.

    ``environ`` may hold the credential (None: that of the process). Raises as ``sync_connection``, and ``Refused``
    where there is no credential or the host is not allowed; that is stored with the connection too. ``Refused`` also
    says that all is stored, but that the hashes cannot be wiped from the files yet.
    """
    database = inst.database
    with suppress(Refused):  # somebody reads the files; what is too old is still there for the next attempt
        retention.forget_staging(inst, now=now)
    with database.reading() as session:
        view = managing.get_view(session, name)
        teams = [team.key for team in organisation.list_teams(session) if team.is_active]
        mapping = find_map(session, name)
    try:
        source = _open(inst, view, environ=environ, transport=transport, limits=limits)
    except Refused as error:
        _note(inst, name, error, now)
        raise
    with source:
        account = sync.sync_connection(
            database.reading,
            database.transaction,
            name=name,
            tool=managing.make_tool(view, source, mapping, secret=inst.keys.installation_key()),
            mapping=mapping,
            teams=teams,
            now=now,
            all_history=all_history,
        )
    with database.transaction() as session:
        detail = {"items": account.imported.items, "read": account.read, "pages": account.pages}
        accounts.add_audit_event(session, at=now, actor=actor, action="roadmap.sync", subject=name, detail=detail)
    with database.transaction() as session:
        weeks = compute_pressure(session, teams=_zones(session), until=max(now.date(), account.covered_to))
    try:
        database.rewrite((*REWRITTEN_TABLES, *sync.REWRITTEN_TABLES))  # hashes were needed for the count only
    except Refused:
        raise Refused(
            "{name} was synced. Somebody reads the database, so what was deleted cannot be wiped from its files yet; "
            "the next sync or import does that.",
            name=name,
        ) from None
    return SyncOutcome(account=account, weeks=weeks)


def remove_connection(inst: Installation, *, name: str, now: dt.datetime, actor: str) -> None:
    """Remove a connection and note it; what a sync had read, with its hashes of people, leaves the files too.

    Raises ``NotFound``, and ``Refused`` where it is removed but the files cannot be wiped yet.
    """
    with inst.database.transaction() as session:
        managing.remove_connection(session, name)
        accounts.add_audit_event(session, at=now, actor=actor, action="connection.remove", subject=name, detail={})
    try:
        inst.database.rewrite(sync.REWRITTEN_TABLES)
    except Refused:
        raise Refused(
            "The connection {name} was removed. Somebody reads the database, so what was deleted cannot be wiped from "
            "its files yet; the next sync or import does that.",
            name=name,
        ) from None


def check_connection(
    inst: Installation,
    *,
    name: str,
    environ: Mapping[str, str] | None = None,
    transport: httpx.BaseTransport | None = None,
) -> tuple[Message, ...]:
    """Ask the tool for a little of all that is set and return what was found; stores nothing. Raises as a sync."""
    with inst.database.reading() as session:
        view = managing.get_view(session, name)
        mapping = find_map(session, name)
    with _open(inst, view, environ=environ, transport=transport, limits=CHECK_LIMITS) as source:
        return managing.make_tool(view, source, mapping, secret=inst.keys.installation_key()).check()


def find_map(session: Session, name: str) -> RoadmapMap:
    """Return the map that was saved for a source; an empty one where none was."""
    document = load_map(session, name)
    return RoadmapMap() if document is None else read_map(document.encode(), source=name)


def _open(
    inst: Installation,
    view: managing.ConnectionView,
    *,
    environ: Mapping[str, str] | None,
    transport: httpx.BaseTransport | None,
    limits: Limits | None,
) -> PagedSource:
    credential = read_credential(
        view.name, environ=os.environ if environ is None else environ, key_dir=inst.settings.key_dir
    )
    return managing.make_source(view, credential, hosts=inst.settings.allowed_hosts, limits=limits, transport=transport)


def _note(inst: Installation, name: str, error: Refused, now: dt.datetime) -> None:
    with inst.database.transaction() as session:
        row = store.get_connection(session, name)
        row.tried_at, row.failure = now, sync.failure_document(error)


def _is_rested(row: RoadmapConnection, now: dt.datetime) -> bool:
    """Tell whether the last attempt is long enough ago; one that just ended, with no word, goes on soon."""
    if row.tried_at is None or (row.succeeded_at is not None and row.succeeded_at >= row.tried_at):
        return True
    until = sync.pause_end(row.failure)
    if until is not None:
        return now >= min(until, row.tried_at + LONGEST_PAUSE)
    has_failed = row.failure is not None and not row.failure.get("is_pause")
    return now - row.tried_at >= (AFTER_FAILURE if has_failed else AFTER_PAUSE)


def _zones(session: Session) -> dict[str, str]:
    return {team.key: team.timezone for team in organisation.list_teams(session) if team.is_active}
