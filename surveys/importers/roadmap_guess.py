"""Turns the name and the first bytes of an upload into the format it is most likely in."""

from __future__ import annotations

import re
from typing import BinaryIO

from surveys.errors import InvalidInput
from surveys.importers.history_xlsx import is_workbook
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_table import headers

_SEEN = 256 * 1024
_CALENDAR = re.compile(rb"\s*(\xef\xbb\xbf)?BEGIN:VCALENDAR", re.IGNORECASE)
_JSON_SIGNS: tuple[tuple[SourceKind, tuple[tuple[bytes, ...], ...]], ...] = (
    (SourceKind.TRELLO_JSON, ((b'"idlist"',), (b'"idboard"',), (b'"cards"', b'"lists"'))),
    (SourceKind.JIRA_JSON, ((b'"changelog"',), (b'"issuetype"',), (b'"fields"', b'"key"'))),
    (
        SourceKind.GITHUB_JSON,
        ((b'"createdat"', b'"number"'), (b'"created_at"', b'"number"'), (b'"milestone"',), (b'"pulls"',)),
    ),
)
_HEADER_SIGNS: tuple[tuple[SourceKind, frozenset[str]], ...] = (
    (SourceKind.JIRA_CSV, frozenset({"issue key", "issue type"})),
    (SourceKind.AZURE_CSV, frozenset({"id", "work item type"})),
    (SourceKind.GITLAB_CSV, frozenset({"issue id", "created at (utc)"})),
    (SourceKind.LINEAR_CSV, frozenset({"id", "team", "created", "cycle name"})),
    (SourceKind.LINEAR_CSV, frozenset({"id", "team", "created", "canceled"})),
)


def is_calendar(stream: BinaryIO) -> bool:
    """Say whether a stream holds a calendar, which has no work items and is imported elsewhere."""
    stream.seek(0)
    head = stream.read(64)
    stream.seek(0)
    return _CALENDAR.match(head) is not None


def guess_kind(stream: BinaryIO, *, name: str) -> SourceKind | None:
    """Return the format of an unpacked upload, ``None`` where nothing tells; the stream is back at its start.

    What the content says counts more than the ending of ``name``. A table that no tool is known to write counts as our
    own template, whose columns a map may name.
    """
    stream.seek(0)
    head = stream.read(_SEEN)
    stream.seek(0)
    if is_workbook(head[:4]):
        return SourceKind.XLSX
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in {b"{", b"["}:
        return _of_json(head.lower())
    if not text or b"\0" in text[:64].replace(b"\0", b"", 40):
        return None
    return _of_table(stream, name)


def _of_json(head: bytes) -> SourceKind | None:
    for kind, signs in _JSON_SIGNS:
        if any(all(part in head for part in sign) for sign in signs):
            return kind
    return None


def _of_table(stream: BinaryIO, name: str) -> SourceKind | None:
    try:
        found = {header.casefold() for header in headers(stream, source=name)}
    except InvalidInput:
        return None
    finally:
        stream.seek(0)
    for kind, wanted in _HEADER_SIGNS:
        if wanted <= found:
            return kind
    return SourceKind.CSV if len(found) > 1 else None
