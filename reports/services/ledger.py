"""Turns the ledger into what auditors read: who got which cells when, page by page or as a file, and its chain's state.

It holds no figure of a release: neither a value nor a band of answers, only which cells were handed out and their hash.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.exports.cells import neutralise
from reports.store import releases
from reports.store.releases import FIRST_HASH, LedgerRow
from surveys.i18n import Message, Translator, mark
from surveys.models.base import canonical_json
from surveys.store import waves as wave_store

RELEASE = "release"
REPORT = "report"
READING = "reading"

KIND_WORDS = {
    RELEASE: mark("release"),
    REPORT: mark("report made"),
    READING: mark("report opened"),
    "export": mark("export"),
    "api": mark("read by a program"),
    "comments": mark("comments released"),
}
"""The kinds of rows in words; another kind is shown as it is written."""

ALL = "all"
"""Stands in a row for every unit or every measure."""

PAGE_ROWS = 50
FORMAT = "barograph-ledger/1"
COLUMNS = (
    "number", "at", "actor", "kind", "subject", "waves", "units", "measures", "policy", "format", "cells", "sha256",
    "previous_hash", "hash",
)  # fmt: skip
_LIST_SIGN = " "


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One hand-out; ``units`` and ``measures`` are empty where all were handed out or an old row does not say which."""

    row: LedgerRow
    waves: tuple[str, ...]
    units: tuple[str, ...]
    measures: tuple[str, ...]
    policy: str
    format: str
    is_all_units: bool
    is_all_measures: bool


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """How the ledger stands: rows, the first that does not fit (None: whole), hash of the last, and what it lacks.

    ``lacking`` names kind and wave of releases and reports that no row tells of.
    """

    entries: int
    broken: int | None
    head: str
    lacking: tuple[tuple[str, str], ...]

    @property
    def is_whole(self) -> bool:
        """Tell whether every row fits and nothing is lacking."""
        return self.broken is None and not self.lacking

    def sentences(self) -> tuple[Message, ...]:
        """Return the state in sentences; the first says whether the chain holds."""
        if self.broken is not None:
            first = Message(
                "The chain of the ledger is broken at row {number}: a row was changed, removed or put in.",
                {"number": self.broken},
            )
        else:
            first = Message("The chain of the ledger is whole.")
        missing = [
            Message("The ledger lacks a row about wave {wave} ({kind}).", {"wave": wave, "kind": Message(_word(kind))})
            for kind, wave in self.lacking
        ]
        return (first, *missing)


@dataclass(frozen=True, kw_only=True)
class LedgerPage:
    """One page of the ledger, newest first: ``found`` rows fit the filter, on ``pages`` pages (at least 1)."""

    entries: tuple[Entry, ...]
    found: int
    page: int
    pages: int
    chain: ChainState
    kinds: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Book:
    """The ledger as evidence: its state, number and hash of every row, and the rows that name one wave."""

    chain: ChainState
    links: tuple[tuple[int, str], ...]
    entries: tuple[Entry, ...]


def chain_state(session: Session) -> ChainState:
    """Return how the ledger stands; reads all of it."""
    walk = _Walk()
    for _ in walk.rows(session):
        pass
    return walk.state(session)


def read_book(session: Session, *, wave: str) -> Book:
    """Return the whole chain of the ledger and the rows that name a wave, oldest first, in one pass."""
    walk, order = _Walk(), _release_order(session)
    links: list[tuple[int, str]] = []
    entries: list[Entry] = []
    for row in walk.rows(session):
        links.append((row.number, row.hash))
        if _fits(row, order, wave, None):
            entries.append(_entry(row, order))
    return Book(chain=walk.state(session), links=tuple(links), entries=tuple(entries))


def ledger_page(session: Session, *, wave: str | None = None, kind: str | None = None, page: int = 1) -> LedgerPage:
    """Return a page of the rows of a wave and a kind (None: any); a page beyond the last one is the last one."""
    walk, order = _Walk(), _release_order(session)
    numbers = [row.number for row in walk.rows(session) if _fits(row, order, wave, kind)]
    pages = max(1, -(-len(numbers) // PAGE_ROWS))
    place = min(max(page, 1), pages)
    chosen = numbers[::-1][(place - 1) * PAGE_ROWS : place * PAGE_ROWS]
    return LedgerPage(
        entries=tuple(_entry(row, order) for row in releases.list_ledger_rows(session, chosen)),
        found=len(numbers),
        page=place,
        pages=pages,
        chain=walk.state(session),
        kinds=tuple(sorted(walk.kinds)),
    )


def entries_of(session: Session, *, wave: str | None = None, kind: str | None = None) -> list[Entry]:
    """Return the rows of a wave and a kind (None: any), oldest first."""
    order = _release_order(session)
    rows = (row for row, _ in releases.read_ledger(session))
    return [_entry(row, order) for row in rows if _fits(row, order, wave, kind)]


def to_csv(entries: Sequence[Entry]) -> bytes:
    """Return rows as CSV: UTF-8 with byte order mark, CRLF, every text in quotes and safe against formulas."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        record = _record(entry)
        writer.writerow([_cell(record[column]) for column in COLUMNS])
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def to_json(entries: Sequence[Entry], chain: ChainState) -> bytes:
    """Return rows and the state of the whole chain as one JSON document; same rows, same bytes."""
    document = {
        "format": FORMAT,
        "chain": {
            "entries": chain.entries,
            "first_broken": chain.broken,
            "head": chain.head,
            "lacking": [{"kind": kind, "wave": wave} for kind, wave in chain.lacking],
        },
        "entries": [_record(entry) for entry in entries],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def kind_word(kind: str, tr: Translator) -> str:
    """Return a kind in words."""
    return tr.t(_word(kind))


def is_reading_noted(
    session: Session, *, actor: str, wave: str, unit: str, language: str, sha256: str, now: dt.datetime
) -> bool:
    """Tell whether it is noted already that an account opened a frozen report on this day (UTC)."""
    since = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    subject = report_subject(wave, unit, language)
    return releases.was_handed_out(session, actor=actor, kind=READING, subject=subject, sha256=sha256, since=since)


def note_reading(
    session: Session, *, actor: str, wave: str, unit: str, language: str, sha256: str, now: dt.datetime
) -> None:
    """Note that an account opened a frozen report as page or PDF, with the cells that its making noted.

    It is noted once a day (UTC) for each account and report; the page and the PDF are the same report.
    """
    releases.take_ledger_turn(session)
    if is_reading_noted(session, actor=actor, wave=wave, unit=unit, language=language, sha256=sha256, now=now):
        return
    made = releases.find_ledger_row(session, kind=REPORT, sha256=sha256)
    detail: Mapping[str, object] = {"waves": [wave], "units": [unit], "measures": ALL}
    if made is not None and made.detail is not None:
        detail = made.detail
    releases.add_ledger_entry(
        session,
        at=now,
        actor=actor,
        kind=READING,
        subject=report_subject(wave, unit, language),
        cells=0 if made is None else made.cells,
        sha256=sha256,
        detail=detail,
    )


def report_subject(wave: str, unit: str, language: str) -> str:
    """Return how a row names a report."""
    return f"{wave} {unit} {language}"


class _Walk:
    """Goes through the ledger once and remembers how its chain stands."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self._entries, self._head = 0, FIRST_HASH
        self._broken: int | None = None

    def rows(self, session: Session) -> Iterator[LedgerRow]:
        for row, fits in releases.read_ledger(session):
            self._entries, self._head = self._entries + 1, row.hash
            if not fits and self._broken is None:
                self._broken = self._entries
            self.kinds.add(row.kind)
            yield row

    def state(self, session: Session) -> ChainState:
        lacking = tuple(releases.list_unledgered(session))
        return ChainState(entries=self._entries, broken=self._broken, head=self._head, lacking=lacking)


def _fits(row: LedgerRow, order: Sequence[str], wave: str | None, kind: str | None) -> bool:
    """Tell whether a row is of a kind and names a wave; its detail is read only where the name stands in it."""
    if kind is not None and kind != row.kind:
        return False
    if wave is None:
        return True
    if row.detail_text is not None and canonical_json(wave) not in row.detail_text:
        return False
    return wave in _waves_of(row, row.detail or {}, order)


def _waves_of(row: LedgerRow, detail: Mapping[str, object], order: Sequence[str]) -> tuple[str, ...]:
    return _texts(detail["waves"]) if "waves" in detail else _old_waves(row, order)


def _entry(row: LedgerRow, order: Sequence[str]) -> Entry:
    detail = row.detail or {}
    return Entry(
        row=row,
        waves=_waves_of(row, detail, order),
        units=_texts(detail.get("units")),
        measures=_texts(detail.get("measures")),
        policy=str(detail.get("policy") or ""),
        format=str(detail.get("format") or ""),
        is_all_units=detail.get("units") == ALL,
        is_all_measures=detail.get("measures") == ALL,
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _old_waves(row: LedgerRow, order: Sequence[str]) -> tuple[str, ...]:
    """Return the waves that a row without detail names in its subject; an export named the first and the last."""
    if row.kind != "export":
        return tuple(row.subject.split(" ")[:1])
    first, _, last = row.subject.partition(": ")[2].partition(" .. ")
    if not last or first not in order or last not in order:
        return tuple(each for each in (first, last) if each)
    return tuple(order[order.index(first) : order.index(last) + 1])


def _release_order(session: Session) -> list[str]:
    """Return all waves as an export of old ordered them: by close and name."""
    rows = wave_store.list_waves(session)
    return [wave.slug for wave in sorted(rows, key=lambda wave: (wave.closes_at, wave.slug))]


def _record(entry: Entry) -> dict[str, object]:
    row = entry.row
    return {
        "number": row.number,
        "at": row.at.astimezone(dt.UTC).isoformat(),
        "actor": row.actor,
        "kind": row.kind,
        "subject": row.subject,
        "waves": list(entry.waves),
        "units": ALL if entry.is_all_units else list(entry.units),
        "measures": ALL if entry.is_all_measures else list(entry.measures),
        "policy": entry.policy,
        "format": entry.format,
        "cells": row.cells,
        "sha256": row.sha256,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }


def _cell(value: object) -> str | int:
    if isinstance(value, int):
        return value
    return neutralise(_LIST_SIGN.join(value) if isinstance(value, list) else str(value))


def _word(kind: str) -> str:
    return KIND_WORDS.get(kind, kind)
