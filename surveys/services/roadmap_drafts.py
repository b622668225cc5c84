"""Keeps an upload as a draft while its steward decides what its words mean, and then imports it as the command does.

A draft holds raw items: people are hashes, titles were never read. It belongs to the account that uploaded it, and is
deleted when it is applied, when that account starts anew, or after an hour.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveys.errors import InvalidInput, NotFound, Problem, Refused
from surveys.importers.organisation_cells import timezone_fault
from surveys.importers.roadmap_draft import Draft, pack_draft, unpack_draft
from surveys.importers.roadmap_formats import FORMATS, read_export
from surveys.importers.roadmap_map import RoadmapMap, read_map, write_map
from surveys.importers.roadmap_mapping import RoadmapStream, map_raw
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_words import FoundWords, found_words
from surveys.models.roadmap import RoadmapDraft, RoadmapSource
from surveys.services.connections.credentials import NAME
from surveys.services.roadmap import RoadmapImportAccount, import_roadmap
from surveys.services.roadmap_feeds import Contents, Feed, feeds, feeds_from, feeds_of
from surveys.services.roadmap_maps import save_map
from surveys.store import calendar_days, connections, roadmap, roadmap_writing
from surveys.store import roadmap_drafts as store

KEPT_FOR = dt.timedelta(hours=1)
LARGEST = 200 * 1024 * 1024
"""The largest upload, unpacked; longer exports are imported by command."""

_LARGEST_DRAFT = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """An upload as it came: its streams are unpacked and can be read again, ``sha256`` is over the bytes that came.

    ``zone`` is the zone of times without an offset, ``""`` for that of the item's team. ``day_first`` is what the
    steward said about days such as 5/6/2026, ``None`` for nothing.
    """

    file: str
    kind: SourceKind
    name: str
    stream: BinaryIO
    sha256: str
    history: tuple[str, BinaryIO] | None = None
    day_first: bool | None = None
    zone: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenDraft:
    """A draft with its map, and what it is imported under."""

    token: str
    name: str
    kind: SourceKind
    file_sha256: str
    made_at: dt.datetime
    draft: Draft
    mapping: RoadmapMap

    @property
    def map_digest(self) -> str:
        """Names the map, so that what was checked is what is applied."""
        return hashlib.sha256(self.draft.map_text.encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class DraftChecked:
    """What a draft would be with its map: its words, the time and the plans it covers, remarks, and what it feeds.

    With ``faults`` it cannot be imported; then ``covered`` is ``None`` and ``feeds`` is empty.
    """

    words: FoundWords
    covered: tuple[dt.date, dt.date] | None
    events: int
    plans: int
    feeds: tuple[Feed, ...]
    remarks: tuple[Problem, ...]
    faults: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SourceView:
    """A source as a steward sees it; ``unmapped_share`` is 0 to 1. ``kind`` is ``None`` for one that has only a map."""

    name: str
    kind: SourceKind | None
    imported_at: dt.datetime | None = None
    covered: tuple[dt.date, dt.date] | None = None
    items: int = 0
    unmapped: int = 0
    unmapped_share: float = 0.0
    feeds: tuple[Feed, ...] = ()
    has_map: bool = False


def start_draft(
    session: Session,
    uploaded: Uploaded,
    mapping: RoadmapMap,
    *,
    account: str,
    secret: bytes,
    now: dt.datetime,
) -> str:
    """Read an upload once, keep it as the only draft of ``account``, and return its token.

    Raises ``InvalidInput`` with every bad row, ``Refused`` for a name or zone that cannot be, a name that a connection
    or a calendar has, or an upload that is too large to wait.
    """
    check_name(session, uploaded.name)
    if uploaded.zone and timezone_fault(uploaded.zone) is not None:
        raise Refused("Unknown time zone “{timezone}”. Write it as Europe/Madrid.", timezone=uploaded.zone[:60])
    known = FORMATS[uploaded.kind]
    reading = Reading(
        source=uploaded.file,
        secret=secret,
        zone=ZoneInfo(uploaded.zone) if uploaded.zone else dt.UTC,
        day_first=uploaded.day_first,
        limit=min(LARGEST, known.largest_mb * 1024 * 1024),
    )
    raw = read_export(uploaded.kind, uploaded.stream, reading=reading, mapping=mapping, history=uploaded.history)
    draft = Draft(
        raw=raw,
        file=uploaded.file,
        map_text=write_map(mapping),
        timezone=uploaded.zone or "UTC",
        moves_times=known.has_bare_times and not uploaded.zone,
    )
    body = pack_draft(draft)
    if len(body) > _LARGEST_DRAFT:
        raise Refused("The file is too large for this page. Import it with: barograph roadmap import")
    token = f"{_owner(account)}{secrets.token_hex(16)}"
    store.delete_drafts(session, prefix=_owner(account))
    row = RoadmapDraft(
        token=token,
        name=uploaded.name,
        kind=uploaded.kind.value,
        file_sha256=uploaded.sha256,
        made_at=now,
        body=body,
    )
    store.put_draft(session, row)
    return token


def check_name(session: Session, name: str) -> None:
    """Raise ``Refused`` where no source that is uploaded may have this name."""
    if not NAME.match(name):
        raise Refused("The name of a source has small letters, digits and hyphens, and begins with a letter.")
    if connections.find_connection(session, name) is not None:
        raise Refused("{name} is a connection. Give the upload another name.", name=name)
    if name in calendar_days.list_calendars(session):
        raise Refused("{name} is a calendar. Give the upload another name.", name=name)


def open_draft(session: Session, token: str, *, account: str, now: dt.datetime) -> OpenDraft:
    """Return a draft of ``account``; raises ``NotFound`` for one of somebody else, one that is gone or is too old."""
    row = store.find_draft(session, token) if token.startswith(_owner(account)) else None
    if row is None or now - row.made_at >= KEPT_FOR:
        raise NotFound("This upload is not here any more: it was applied, or an hour has passed. Upload it again.")
    draft = unpack_draft(row.body)
    return OpenDraft(
        token=row.token,
        name=row.name,
        kind=SourceKind(row.kind),
        file_sha256=row.file_sha256,
        made_at=row.made_at,
        draft=draft,
        mapping=read_map(draft.map_text.encode(), source="map.toml"),
    )


def set_map(session: Session, found: OpenDraft, mapping: RoadmapMap) -> None:
    """Keep another map with a draft.

    Raises ``Refused`` where the map says other things about columns, fields or the order of days: with these the file
    was read, so it must be read again.
    """
    blank = Reading(source="", secret=b"")
    if mapping.reading(blank) != found.mapping.reading(blank):
        raise Refused(
            "The new map names other columns or fields, or another order of days. Upload the file again with this map."
        )
    row = store.find_draft(session, found.token)
    if row is not None:
        row.body = pack_draft(replace(found.draft, map_text=write_map(mapping)))
        session.flush()


def check_draft(found: OpenDraft, *, zones: Mapping[str, dt.tzinfo]) -> DraftChecked:
    """Return what a draft would be with its map, for the known teams with their zones; nothing is stored."""
    words = found_words(found.draft.raw, found.mapping, teams=sorted(zones))
    stream = _stream(found, zones)
    contents, names_people = Contents(), False
    try:
        for mapped in stream.items():
            if mapped[0].team is not None:
                contents.add(mapped[0])
                names_people = names_people or mapped[0].assignee_hash is not None
        covered = (stream.covered_from, stream.covered_to)
        counts, plans, remarks = stream.counts, stream.plans, stream.problems
    except InvalidInput as error:
        return DraftChecked(
            words=words,
            covered=None,
            events=0,
            plans=0,
            feeds=(),
            remarks=found.draft.raw.problems,
            faults=error.problems,
        )
    contents.add_plans(plans)
    coded = feeds_from(contents, kind=found.kind, history=stream.history, names_people=names_people)
    return DraftChecked(
        words=words, covered=covered, events=counts.events, plans=len(plans), feeds=feeds(coded), remarks=remarks
    )


def apply_draft(
    session: Session, found: OpenDraft, *, zones: Mapping[str, dt.tzinfo], now: dt.datetime
) -> tuple[RoadmapImportAccount, dt.date, Sequence[Problem]]:
    """Import a draft, save its map for the source, delete the draft; return account, last covered day and remarks.

    Raises ``InvalidInput`` as the import does, ``Refused`` where no item belongs to a team; then the caller rolls back.
    """
    check_name(session, found.name)
    stream = _stream(found, zones)
    account = import_roadmap(
        session, stream, name=found.name, file_sha256=found.file_sha256, now=now, timezone=found.draft.timezone
    )
    if not account.items:
        raise Refused("No item belongs to a team yet. Choose teams and check again.")
    save_map(session, found.name, found.mapping, now=now)
    store.delete_drafts(session, prefix=found.token)
    return account, stream.covered_to, stream.problems


def discard_draft(session: Session, found: OpenDraft) -> None:
    """Delete a draft."""
    store.delete_drafts(session, prefix=found.token)


def has_old_drafts(session: Session, now: dt.datetime) -> bool:
    """Say whether drafts have had their time."""
    return store.any_until(session, now - KEPT_FOR)


def forget_drafts(session: Session, now: dt.datetime) -> None:
    """Delete the drafts that have had their time."""
    store.delete_until(session, now - KEPT_FOR)


def list_sources(session: Session) -> list[SourceView]:
    """Return all sources of items and all maps without one, by name; calendars are elsewhere."""
    maps = set(store.names_of_maps(session))
    calendars = calendar_days.list_calendars(session)
    found = [_view(row, maps) for row in roadmap.list_sources(session) if row.name not in calendars]
    rest = maps - {view.name for view in found} - set(calendars)
    return sorted(
        [*found, *(SourceView(name=name, kind=None, has_map=True) for name in rest)], key=lambda view: view.name
    )


def remove_source(session: Session, name: str) -> None:
    """Delete a source with its items, plans and map; the weeks of its teams must be computed again.

    Raises ``NotFound`` where there is none, ``Refused`` for one that a connection fills.
    """
    if name not in {view.name for view in list_sources(session)}:
        raise NotFound("There is no source {name}.", name=name[:60])
    if connections.find_connection(session, name) is not None:
        raise Refused("{name} is filled by a connection. Remove the connection first.", name=name)
    store.delete_source(session, name)


def map_text(session: Session, name: str) -> str | None:
    """Return the map of a source as TOML, ``None`` where none was saved."""
    return roadmap_writing.load_map(session, name)


def _stream(found: OpenDraft, zones: Mapping[str, dt.tzinfo]) -> RoadmapStream:
    draft = found.draft
    moved = zones if draft.moves_times else None
    today = found.made_at.astimezone(dt.UTC).date()  # at most an hour ago
    return map_raw(draft.raw, found.mapping, teams=sorted(zones), zones=moved, source=draft.file, today=today)


def _view(row: RoadmapSource, maps: set[str]) -> SourceView:
    items, unmapped, total = (_count(row, name) for name in ("items", "unmapped", "in_file"))
    return SourceView(
        name=row.name,
        kind=SourceKind(row.kind),
        imported_at=row.imported_at,
        covered=(row.covered_from, row.covered_to),
        items=items,
        unmapped=unmapped,
        unmapped_share=unmapped / total if total else 0.0,
        feeds=feeds_of(row),
        has_map=row.name in maps,
    )


def _count(row: RoadmapSource, name: str) -> int:
    found = row.account.get(name)
    return found if isinstance(found, int) else 0


def _owner(account: str) -> str:
    """Return what the tokens of an account begin with, which tells nobody which account it is."""
    return hashlib.sha256(f"roadmap-draft {account}".encode()).hexdigest()[:16]
