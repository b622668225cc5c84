"""Turns an export of any delivery tool into stored delivery data and weekly pressure, with an account of both."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from app.cli import frame
from app.installation import Installation
from reports.services.pressure import compute_pressure
from surveys.errors import Problem, Refused
from surveys.i18n import Message
from surveys.importers.organisation_cells import timezone_fault
from surveys.importers.roadmap_formats import FORMATS, read_export, read_upload
from surveys.importers.roadmap_map import RoadmapMap, read_map
from surveys.importers.roadmap_mapping import RoadmapStream
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_text import open_export, read_file
from surveys.importers.roadmap_words import FoundWords, found_words
from surveys.services.roadmap import REWRITTEN_TABLES, RoadmapImportAccount, import_roadmap
from surveys.services.roadmap_drafts import check_name
from surveys.services.roadmap_maps import save_map, saved_map
from surveys.store import accounts, organisation

NEED_NO_MAP = frozenset({SourceKind.CSV, SourceKind.XLSX, SourceKind.LINEAR_CSV})
"""Formats whose items name their team."""

_PIECE = 1 << 20
_Files = tuple[BinaryIO, tuple[str, BinaryIO] | None]
"""The stream of the export and, where there is one, name and stream of its history."""


@dataclass(frozen=True, kw_only=True)
class RoadmapAsked:
    """What is asked of an import: the file, its format, the source's name, and how its words and days are read.

    ``zone`` is the time zone of times without an offset, ``None`` for that of the item's team.
    """

    file: Path
    kind: SourceKind
    name: str
    map_file: Path | None = None
    history: Path | None = None
    day_first: bool | None = None
    zone: str | None = None


@dataclass(frozen=True, kw_only=True)
class RoadmapImported:
    """What was imported: the account, how many weeks were computed, and the oddities that were tolerated."""

    account: RoadmapImportAccount
    weeks: int
    remarks: Sequence[Problem]


def import_file(inst: Installation, asked: RoadmapAsked) -> RoadmapImported:
    """Import a file, save the map that came with it, and compute the weeks that it touches."""
    now = frame.now()
    with inst.database.reading() as session:
        check_name(session, asked.name)
    zones = zones_of(inst)
    mapping = map_for(inst, asked, teams=sorted(zones))
    with _opened(asked) as files:
        read = _read(inst, asked, mapping, zones, files, now=now)
        digest = _digest([path for path in (asked.file, asked.history) if path is not None])
        with inst.database.transaction() as session:
            account = import_roadmap(
                session, read, name=asked.name, file_sha256=digest, now=now, timezone=asked.zone or "UTC"
            )
            if asked.map_file is not None:
                save_map(session, asked.name, mapping, now=now)
            detail = {"items": account.items, "plans": account.plans, "sha256": digest}
            accounts.add_audit_event(
                session, at=now, actor=frame.ACTOR, action="roadmap.import", subject=asked.name, detail=detail
            )
        covered_to, remarks = read.covered_to, read.problems
    with inst.database.transaction() as session:
        weeks = compute_pressure(session, teams=zones, until=max(now.date(), covered_to))
    try:
        inst.database.rewrite(REWRITTEN_TABLES)  # the hashes of people were needed for the count only
    except Refused as error:
        raise Refused(
            "The roadmap {name} was imported. The database is being read, so the deleted hashes of people cannot be "
            "wiped from its file yet. Import the same file again in a moment.",
            name=asked.name,
        ) from error
    return RoadmapImported(account=account, weeks=weeks, remarks=remarks)


def words_of(inst: Installation, asked: RoadmapAsked) -> FoundWords:
    """Read a file and return its words with what the map makes of them; nothing is stored."""
    zones = zones_of(inst)
    mapping = map_for(inst, asked, teams=sorted(zones), is_needed=False)
    with _opened(asked) as (stream, history):
        reading = Reading(source=asked.file.name, secret=inst.keys.installation_key(), day_first=asked.day_first)
        raw = read_export(asked.kind, stream, reading=reading, mapping=mapping, history=history)
        return found_words(raw, mapping, teams=sorted(zones))


def map_for(inst: Installation, asked: RoadmapAsked, *, teams: Sequence[str], is_needed: bool = True) -> RoadmapMap:
    """Return the map of the file given, else the one saved for the source, else an empty one.

    Raises ``Refused`` where there is neither and the format's items name no team.
    """
    if asked.map_file is not None:
        return read_map(read_file(asked.map_file), source=asked.map_file.name, teams=teams)
    with inst.database.reading() as session:
        saved = saved_map(session, asked.name, teams=teams)
    if saved is None and is_needed and asked.kind not in NEED_NO_MAP:
        raise Refused(
            "The source {name} has no map yet. Give one with --map; it says what belongs to which team.",
            name=asked.name,
        )
    return saved or RoadmapMap()


def zones_of(inst: Installation) -> dict[str, str]:
    """Return the time zone of each active team, by key."""
    with inst.database.reading() as session:
        return {team.key: team.timezone for team in organisation.list_teams(session) if team.is_active}


def lines_of(words: FoundWords) -> list[Message]:
    """Return what a file holds in sentences: its words, what they would mean, and the items without a team."""
    share = round(100 * words.unmapped_share)
    values = {"items": words.items, "count": words.unmapped, "share": share}
    lines = [Message("{items} items; {count} of them ({share} %) belong to no team.", values)]
    for condition, found in words.places.items():
        lines += [
            Message("{condition} {word}: {count} items.", {"condition": condition, "word": w.word, "count": w.items})
            for w in found[:20]
        ]
    for status in words.statuses:
        told = {"word": status.word, "class": status.status_class.value, "count": status.items, "why": status.why.value}
        lines.append(Message("status {word}: {count} items, counts as {class} ({why}).", told))
    for priority in words.priorities:
        told = {"word": priority.word, "count": priority.items, "rank": priority.rank or "-"}
        lines.append(Message("priority {word}: {count} items, rank {rank}.", told))
    return lines


@contextlib.contextmanager
def _opened(asked: RoadmapAsked) -> Iterator[_Files]:
    limit = FORMATS[asked.kind].largest_mb * 1024 * 1024
    with contextlib.ExitStack() as open_files:
        stream = open_files.enter_context(open_export(asked.file, limit=limit))
        if asked.history is None:
            yield stream, None
        else:
            past = open_files.enter_context(open_export(asked.history, limit=limit))
            yield stream, (asked.history.name, past)


def _read(
    inst: Installation,
    asked: RoadmapAsked,
    mapping: RoadmapMap,
    zones: Mapping[str, str],
    files: _Files,
    *,
    now: dt.datetime,
) -> RoadmapStream:
    stream, history = files
    if asked.zone is not None and timezone_fault(asked.zone) is not None:
        raise Refused("Unknown time zone “{timezone}”. Write it as Europe/Madrid.", timezone=asked.zone)
    return read_upload(
        asked.kind,
        stream,
        reading=Reading(source=asked.file.name, secret=inst.keys.installation_key(), day_first=asked.day_first),
        mapping=mapping,
        zones={team: ZoneInfo(zone) for team, zone in zones.items()},
        zone=None if asked.zone is None else ZoneInfo(asked.zone),
        history=history,
        today=now.astimezone(dt.UTC).date(),
    )


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()
