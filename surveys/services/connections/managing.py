"""Turns what a steward sets about connections into rows, and a row into a tool that can be asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

import httpx
from sqlalchemy.orm import Session

from surveys.errors import Refused
from surveys.i18n import Message, mark
from surveys.importers.roadmap_github_api import check_repositories
from surveys.importers.roadmap_jira_cloud import check_projects
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_raw import Reading
from surveys.models.roadmap import RoadmapConnection
from surveys.services.connections import github, jira_cloud
from surveys.services.connections.allowed import AllowedHost, check_address
from surveys.services.connections.credentials import NAME, Credential, check_host
from surveys.services.connections.paged import Limits, PagedSource
from surveys.services.connections.sync import failure_message
from surveys.services.connections.tool import MakeTool, Settings, Tool
from surveys.store import calendar_days
from surveys.store import connections as store
from surveys.store import roadmap_writing as writing
from surveys.version import PROGRAM_VERSION

KINDS = {SourceKind.JIRA_CLOUD: mark("Jira Cloud"), SourceKind.GITHUB: mark("GitHub")}
"""The tools that can be asked."""

USUAL_ADDRESS = {SourceKind.GITHUB: "https://api.github.com"}

_TOOLS: Mapping[SourceKind, tuple[MakeTool, Mapping[str, str]]] = {
    SourceKind.JIRA_CLOUD: (jira_cloud.JiraCloud, jira_cloud.HEADERS),
    SourceKind.GITHUB: (github.GitHub, github.HEADERS),
}
_ASKED = "asked"
_FILES: Mapping[SourceKind, frozenset[SourceKind]] = {
    SourceKind.JIRA_CLOUD: frozenset({SourceKind.JIRA_CLOUD, SourceKind.JIRA_CSV, SourceKind.JIRA_JSON}),
    SourceKind.GITHUB: frozenset({SourceKind.GITHUB, SourceKind.GITHUB_JSON}),
}
"""What a source may be that a connection goes on with: exports of the same tool."""


@dataclass(frozen=True, kw_only=True)
class ConnectionView:
    """What people see of a connection: never a credential. ``waiting`` counts items that a cut-off sync has read."""

    name: str
    kind: SourceKind
    base_url: str
    settings: Settings
    timezone: str
    is_active: bool
    is_asked: bool
    is_paused: bool
    read_until: dt.datetime | None
    tried_at: dt.datetime | None
    succeeded_at: dt.datetime | None
    waiting: int
    failure: Message | None


def list_views(session: Session) -> list[ConnectionView]:
    """Return what people see of all connections, by name."""
    return [view_of(session, row) for row in store.list_connections(session)]


def get_view(session: Session, name: str) -> ConnectionView:
    """Return what people see of one connection; raises ``NotFound``."""
    return view_of(session, store.get_connection(session, name))


def view_of(session: Session, row: RoadmapConnection) -> ConnectionView:
    """Return what people see of a row."""
    return ConnectionView(
        name=row.name,
        kind=SourceKind(row.kind),
        base_url=row.base_url,
        settings=Settings.of(row),
        timezone=row.timezone,
        is_active=row.is_active,
        is_asked=asked_at(row) is not None,
        is_paused=bool(row.failure and row.failure.get("is_pause")),
        read_until=row.read_until,
        tried_at=row.tried_at,
        succeeded_at=row.succeeded_at,
        waiting=store.count_staged(session, row.name),
        failure=failure_message(row.failure),
    )


def add_connection(
    session: Session,
    *,
    name: str,
    kind: SourceKind,
    address: str,
    settings: Settings,
    timezone: str,
    hosts: Sequence[AllowedHost],
) -> None:
    """Store a connection; its first sync makes the source of the same name what the tool says.

    Raises:
        Refused: the name, the address or the settings cannot be, or the name is taken; the sentence tells which.
    """
    if not NAME.fullmatch(name):
        raise Refused(
            "A connection is named with a small letter first, then small letters, digits and hyphens, 40 at most."
        )
    if kind not in _TOOLS:
        raise Refused("{kind} cannot be asked over a connection.", kind=kind.value)
    _check_free(session, name, kind)
    if timezone not in available_timezones():
        raise Refused("{zone} is no time zone. Write one such as Europe/Madrid.", zone=timezone[:60])
    origin = check_address(address or USUAL_ADDRESS.get(kind, ""), hosts)
    if kind is SourceKind.GITHUB:
        check_repositories(settings.repositories)
        settings = Settings(repositories=settings.repositories)
    else:
        check_projects(settings.projects)
        wrong = [board for board in settings.boards if not (board.isascii() and board.isdigit())]
        if wrong:
            raise Refused("{board} is no number of a board.", board=wrong[0][:60])
        settings = Settings(projects=settings.projects, boards=settings.boards)
    store.add_connection(
        session,
        RoadmapConnection(
            name=name,
            kind=kind.value,
            base_url=origin.url,
            settings=settings.document,
            timezone=timezone,
            is_active=True,
        ),
    )


def _check_free(session: Session, name: str, kind: SourceKind) -> None:
    """Raise ``Refused`` where the name is that of other data, which the first sync would replace."""
    if store.find_connection(session, name) is not None:
        raise Refused("There is a connection {name} already.", name=name)
    if name in calendar_days.list_calendars(session):
        raise Refused("{name} is a calendar. Give the connection another name.", name=name)
    known = writing.load_source(session, name)
    if known is not None and known.kind not in _FILES[kind]:
        raise Refused("{name} was imported from another tool. Give the connection another name.", name=name)


def remove_connection(session: Session, name: str) -> None:
    """Delete a connection; what it imported stays. Raises ``NotFound``."""
    store.get_connection(session, name)
    store.delete_connection(session, name)


def ask_sync(session: Session, name: str, *, now: dt.datetime) -> None:
    """Note that somebody wants a sync now; the jobs see that within a minute. Raises ``NotFound``."""
    row = store.lock_connection(session, name)
    row.settings = {**row.settings, _ASKED: now.isoformat()}


def asked_at(row: RoadmapConnection) -> dt.datetime | None:
    """Return when a sync was wanted, ``None`` where it was tried since then."""
    value = row.settings.get(_ASKED)
    at = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    return None if at is None or (row.tried_at is not None and row.tried_at >= at) else at


def make_source(
    view: ConnectionView,
    credential: Credential,
    *,
    hosts: Sequence[AllowedHost],
    limits: Limits | None = None,
    transport: httpx.BaseTransport | None = None,
    make: Callable[..., PagedSource] = PagedSource,
) -> PagedSource:
    """Return what asks the host of a connection; the address is checked again, since the list may have changed.

    Raises ``Refused`` where the host may not be asked, or the credential is for another one.
    """
    _, headers = _TOOLS[view.kind]
    origin = check_address(view.base_url, hosts)
    check_host(view.name, credential, host=origin.allowed.host, port=origin.allowed.port)
    return make(
        origin,
        credential,
        headers={"User-Agent": f"Barograph/{PROGRAM_VERSION}", **headers},
        limits=limits,
        transport=transport,
    )


def make_tool(view: ConnectionView, source: PagedSource, mapping: RoadmapMap, *, secret: bytes) -> Tool:
    """Return the tool behind a connection, which reads as the map says."""
    reading = mapping.reading(Reading(source=view.name, secret=secret, zone=ZoneInfo(view.timezone)))
    return _TOOLS[view.kind][0](source, view.settings, reading)
