"""Names every format a roadmap can be uploaded in, and turns an upload of any of them into raw items."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol

from surveys.errors import Refused
from surveys.i18n import mark
from surveys.importers.roadmap_azure_csv import read_azure_csv
from surveys.importers.roadmap_csv import read_template, read_workbook
from surveys.importers.roadmap_documents import MOST_BYTES
from surveys.importers.roadmap_github import read_github
from surveys.importers.roadmap_gitlab_csv import read_gitlab_csv
from surveys.importers.roadmap_jira import read_jira_json
from surveys.importers.roadmap_jira_csv import read_jira_csv
from surveys.importers.roadmap_linear_csv import read_linear_csv
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_mapping import RoadmapStream, map_raw
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_raw import RawFile, Reading
from surveys.importers.roadmap_trello import read_trello
from surveys.importers.tables import MAX_BYTES


class Reader(Protocol):
    """Reads one export; the stream can be read again from 0."""

    def __call__(self, stream: BinaryIO, *, reading: Reading) -> RawFile:
        """Return the raw file, or raise ``InvalidInput`` with every bad row."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format: what a person reads about it, and its reader.

    ``how`` says how to export it, ``lacks`` what it cannot feed and which export would; both are texts to translate.
    ``endings`` are usual ends of file names. ``has_bare_times`` is set where times name no offset: they are then read
    as UTC and moved to the zone of the item's team. ``largest_mb`` is the largest file, unpacked.
    """

    kind: SourceKind
    label: str
    endings: tuple[str, ...]
    how: str
    lacks: str
    read: Reader
    has_bare_times: bool = False
    takes_history: bool = False
    largest_mb: int = 500


_ALL = (
    Format(
        kind=SourceKind.CSV,
        label=mark("Barograph's template or any roadmap, CSV"),
        endings=(".csv", ".csv.gz", ".tsv", ".txt"),
        how=mark("Fill in the template, or export any table and name its columns in the map."),
        lacks=mark(
            "Without a second file of history it feeds no scope churn, no volatility, and flow load only by starts."
        ),
        read=read_template,
        has_bare_times=True,
        takes_history=True,
    ),
    Format(
        kind=SourceKind.XLSX,
        label=mark("Barograph's template or any roadmap, XLSX"),
        endings=(".xlsx",),
        how=mark("Fill in the template as the first sheet, or name the columns of any first sheet in the map."),
        lacks=mark(
            "Without a second file of history it feeds no scope churn, no volatility, and flow load only by starts."
        ),
        read=read_workbook,
        has_bare_times=True,
        takes_history=True,
        largest_mb=MAX_BYTES // 1024 // 1024,
    ),
    Format(
        kind=SourceKind.JIRA_CSV,
        label=mark("Jira, CSV"),
        endings=(".csv",),
        how=mark("Run a filter in Jira and choose Export, CSV (all fields)."),
        lacks=mark(
            "It has no history and no days of versions; Jira's JSON with change log, or a connection, has both."
        ),
        read=read_jira_csv,
        has_bare_times=True,
    ),
    Format(
        kind=SourceKind.JIRA_JSON,
        label=mark("Jira, JSON with change log"),
        endings=(".json", ".json.gz"),
        how=mark("Save the answers of Jira's search of issues, asked with expand=changelog,names."),
        lacks=mark("It feeds every indicator where items have versions or sprints with days."),
        read=read_jira_json,
        largest_mb=8000,
    ),
    Format(
        kind=SourceKind.GITHUB_JSON,
        label=mark("GitHub, JSON"),
        endings=(".json", ".json.gz"),
        how=mark("Save issues, milestones and releases with gh issue list --json or gh api --paginate."),
        lacks=mark("Without the timeline of the issues it has no history; a connection to GitHub reads it."),
        read=read_github,
        largest_mb=MOST_BYTES // 1024 // 1024,
    ),
    Format(
        kind=SourceKind.GITLAB_CSV,
        label=mark("GitLab, CSV"),
        endings=(".csv",),
        how=mark("Choose Export as CSV above the list of issues; GitLab sends the file by mail."),
        lacks=mark("It has no history and no days of milestones; our own template with a history file has both."),
        read=read_gitlab_csv,
    ),
    Format(
        kind=SourceKind.LINEAR_CSV,
        label=mark("Linear, CSV"),
        endings=(".csv",),
        how=mark("Choose Export issues as CSV in the menu of a view or in the settings of the workspace."),
        lacks=mark(
            "It has starts and cycles but no history; our own template with a history file feeds churn and volatility."
        ),
        read=read_linear_csv,
    ),
    Format(
        kind=SourceKind.AZURE_CSV,
        label=mark("Azure Boards, CSV"),
        endings=(".csv",),
        how=mark("Run a query with the columns you need and choose Export to CSV."),
        lacks=mark("It has no history and no days of iterations; our own template with a history file has both."),
        read=read_azure_csv,
        has_bare_times=True,
    ),
    Format(
        kind=SourceKind.TRELLO_JSON,
        label=mark("Trello, JSON"),
        endings=(".json",),
        how=mark("Open the menu of the board and choose Print, export and share, then JSON."),
        lacks=mark(
            "It holds the last 1,000 actions and no dated plans; import it every few weeks, and a calendar of releases."
        ),
        read=read_trello,
        largest_mb=MOST_BYTES // 1024 // 1024,
    ),
)

FORMATS: Mapping[SourceKind, Format] = {format_.kind: format_ for format_ in _ALL}
"""Every format that can be uploaded; connections and calendars are elsewhere."""


def read_export(
    kind: SourceKind,
    stream: BinaryIO,
    *,
    reading: Reading,
    mapping: RoadmapMap,
    history: tuple[str, BinaryIO] | None = None,
) -> RawFile:
    """Read an export of ``kind``; ``history`` is (name, stream) of the second file of our own template.

    Raises ``InvalidInput`` with every bad row, ``Refused`` where the format is no upload or takes no history.
    """
    known = FORMATS.get(kind)
    if known is None:
        raise Refused("The format {kind} cannot be uploaded.", kind=kind.value)
    told = mapping.reading(reading)
    if history is None:
        return known.read(stream, reading=told)
    if kind is SourceKind.CSV:
        return read_template(stream, reading=told, history=history)
    if kind is SourceKind.XLSX:
        return read_workbook(stream, reading=told, history=history)
    raise Refused("The format {kind} takes no second file of history.", kind=kind.value)


def read_upload(
    kind: SourceKind,
    stream: BinaryIO,
    *,
    reading: Reading,
    mapping: RoadmapMap,
    zones: Mapping[str, dt.tzinfo],
    zone: dt.tzinfo | None = None,
    history: tuple[str, BinaryIO] | None = None,
    today: dt.date | None = None,
) -> RoadmapStream:
    """Read an export and join it with its map; ``zones`` are those of the known teams, by key.

    Times without an offset are in ``zone`` where it is given, else in the zone of the item's team where the format has
    such times at all, else in UTC. ``reading.zone`` is not looked at. ``today`` is as in
    ``map_raw``. Raises as ``read_export``; what the map cannot
    take is raised once the items are read.
    """
    known = FORMATS.get(kind)
    limit = reading.limit if known is None else known.largest_mb * 1024 * 1024
    told = replace(reading, zone=zone or dt.UTC, limit=limit)
    raw = read_export(kind, stream, reading=told, mapping=mapping, history=history)
    moved = zones if zone is None and known is not None and known.has_bare_times else None
    return map_raw(raw, mapping, teams=sorted(zones), zones=moved, source=reading.source, today=today)
