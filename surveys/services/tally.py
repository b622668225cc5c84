"""The count: opens the ballots of a closed wave, makes totals over whole crowds, and deletes the ballots.

Where a wave has a second lock, its trustee opened the inner ballots before, and the count takes those answers. This
module alone opens ballots and writes totals. Everything happens in the caller's one transaction, so that a crash
leaves either all ballots or all totals.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from surveys.ballots import counted
from surveys.ballots.sealing import Opener, UnreadableBallot, split, unpad
from surveys.ballots.trustee import OpenedBallots
from surveys.crowds.counting import CountPlan, merge_at_count
from surveys.crowds.segments import Admit
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import Refused
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import encode_answers, encode_segments, encode_topics
from surveys.models.waves import Wave
from surveys.policies import status_word
from surveys.services import published, tally_comments, tally_segments, tally_sums
from surveys.services.frozen import FrozenCrowds, frozen_crowds
from surveys.services.promises import check_manifest, opening_key
from surveys.services.questionnaires import instrument_of
from surveys.store import answer_files, ballots, comments, totals, waves
from surveys.store import counted as counted_store
from surveys.store.keys import KeyStore

_CHUNK = 4_096
_Opened = tuple[bytes, str, bytes | None]
"""A ballot after its lock: hash of the nonce, crowd, and the padded answers or None."""

LIST_FROM = 50
"""From how many invited people there is a list of counted ballots."""

REWRITTEN_TABLES = ballots.REWRITTEN_TABLES
COMMENT_DAYS = 5
"""Days from the count in which a redactor may decide on comments."""

DISCARDED_TABLES = (
    "crowd_count", "crowd_total", "moment", "wave_count", "topic_total", "segment_count", "segment_total", "comment",
)  # fmt: skip
"""What :func:`discard` empties beside what a count empties."""


@dataclass(frozen=True, kw_only=True)
class CountAccount:
    """What a count did, in numbers that may be shown: nothing below the company."""

    wave: str
    is_none: bool
    crowds: int
    unreadable: int
    already_counted: bool


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """What a ballot is read against: the questions, and the place of each planned crowd by label."""

    instrument: Instrument
    places: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class _Box:
    """Opened ballots, one a row: what each says, and the place of its planned crowd (n,).

    ``answers`` (n, items) and ``segments`` (n, segments) are int8 with 0 for no answer, ``topics`` (n, topics) is 1
    where ticked. ``hashes`` are those of the ballots that could be opened, in the order of the hashes, not of the rows.
    """

    answers: NDArray[np.int8]
    segments: NDArray[np.int8]
    topics: NDArray[np.int8]
    crowds: NDArray[np.int64]
    unreadable: int
    hashes: tuple[bytes, ...]


def count_wave(
    session: Session,
    keys: KeyStore,
    *,
    wave: str,
    now: dt.datetime,
    papers: int | None,
    admit: Admit,
    opened: OpenedBallots | None = None,
) -> CountAccount:
    """Make the totals of a closed wave; a wave that has totals is left alone and needs no key.

    Args:
        session: the caller's one transaction.
        keys: the key folder; it must hold the key of the wave.
        wave, now: the wave, and the instant of the count.
        papers: how many papers were issued, read in this transaction; None outside sealed mode.
        admit: says which segment tables of a unit may be stored.
        opened: what the trustee of the second lock gave back; None where there is no second lock.

    Raises:
        Refused: the wave is not closed, not opened by its trustee, or not as its manifest promised; or its key is gone
            or another one.
    """
    row = waves.lock_wave(session, wave)
    if row.status in {WaveStatus.COUNTED, WaveStatus.RELEASED, WaveStatus.WITHDRAWN}:
        return CountAccount(wave=wave, is_none=row.is_none, crowds=0, unreadable=0, already_counted=True)
    _check_countable(session, row, opened)
    instrument = instrument_of(session, row.instrument_sha256)
    frozen = frozen_crowds(session, wave)
    places = {crowd.label: place for place, crowd in enumerate(frozen.crowds)}
    opener = Opener(opening_key(keys, row), row.fingerprint or "")
    box = _box(session, opener, wave, _Frame(instrument=instrument, places=places), opened)
    cast = dict(zip(places, np.bincount(box.crowds, minlength=len(places)).tolist(), strict=True))
    plan = merge_at_count(frozen.crowds, frozen.parents, cast, k=row.k)
    final = plan if isinstance(plan, CountPlan) else None
    has_comments = False
    if final is not None:
        _store_totals(session, instrument, box, frozen=frozen, plan=final, wave=row, admit=admit)
        _store_list(session, row, box, invited=frozen.invited)
        has_comments = instrument.has_comments and _store_comments(session, opener, box, frozen, final, wave=wave)
    deleted = ballots.delete_ballots(session, wave)
    answer_files.delete_files(session, wave)
    moved = waves.move_wave(
        session,
        wave,
        WaveStatus.CLOSED,
        WaveStatus.COUNTED,
        counted_at=now,
        is_none=final is None,
        is_within_papers=_is_within(row.mode, ballots=deleted, papers=papers),
        response_share=None if final is None else _response_share(row.k, frozen.invited, sum(cast.values())),
        comments_due_at=now + dt.timedelta(days=COMMENT_DAYS) if has_comments else None,
    )
    if not moved:
        raise Refused("Wave {wave} was counted by another process.", wave=wave)
    crowds = len(final.crowds) if final else 0
    return CountAccount(
        wave=wave, is_none=final is None, crowds=crowds, unreadable=box.unreadable, already_counted=False
    )


def has_ballots(session: Session, wave: str) -> bool:
    """Tell whether ballots of a wave are still stored."""
    return ballots.count_ballots(session, wave) > 0


def has_totals(session: Session, wave: str) -> bool:
    """Tell whether the totals of a wave are still stored."""
    return totals.find_ballots(session, wave) is not None


def forget_totals(session: Session, *, wave: str) -> None:
    """Delete the totals of a wave whose retention is over; what was released stays."""
    totals.delete_totals(session, wave)


def discard(session: Session, *, wave: str) -> None:
    """Delete what a wave left that is withdrawn before its release: ballots unopened, totals, comments, list, page."""
    ballots.delete_ballots(session, wave)
    totals.delete_totals(session, wave)
    comments.delete_comments(session, wave)
    waves.lock_wave(session, wave).comments_due_at = None
    counted_store.delete_list(session, wave)
    answer_files.delete_files(session, wave)


def _store_totals(
    session: Session,
    instrument: Instrument,
    box: _Box,
    *,
    frozen: FrozenCrowds,
    plan: CountPlan,
    wave: Wave,
    admit: Admit,
) -> None:
    planned = [crowd.label for crowd in frozen.crowds]
    labels = [crowd.label for crowd in plan.crowds]
    place_of = {label: place for place, label in enumerate(labels)}
    crowds = np.array([place_of[plan.final[label]] for label in planned])[box.crowds]
    segments = tally_segments.count_segments(
        instrument,
        box.answers,
        box.segments,
        crowds,
        final=plan.crowds,
        parents=frozen.parents,
        k=wave.k,
        wave=wave.slug,
        admit=admit,
    )
    rows = tally_sums.sum_crowds(
        instrument, box.answers, crowds, labels=labels, k=wave.k, wave=wave.slug, divided=segments.divided
    )
    totals.add_totals(session, **rows)
    totals.add_extras(
        session,
        topics=tally_sums.sum_topics(instrument, box.topics, crowds, labels=labels, wave=wave.slug),
        segment_counts=segments.counts,
        segment_totals=segments.totals,
    )
    totals.add_wave_count(session, wave=wave.slug, ballots=len(box.crowds))
    waves.set_final_labels(session, wave.slug, {label: plan.final[label] for label in planned})


def _store_comments(
    session: Session, opener: Opener, box: _Box, frozen: FrozenCrowds, plan: CountPlan, *, wave: str
) -> bool:
    """Keep the comments that may be shown somewhere; returns whether there are any."""
    sealed = (
        (mark, crowd, comment)
        for mark, crowd, _, comment in _split(ballots.read_ballots(session, wave), has_comments=True)
        if comment is not None
    )
    found = tally_comments.collect(sealed, opener, counted=frozenset(box.hashes))
    rows = tally_comments.place_comments(found, plan.crowds, final=plan.final, parents=frozen.parents, wave=wave)
    comments.add_comments(session, rows)
    return bool(rows)


def _split(
    rows: Iterator[tuple[bytes, str, bytes]], *, has_comments: bool
) -> Iterator[tuple[bytes, str, bytes, bytes | None]]:
    """Part the stored ciphertexts: hash of the nonce, crowd, sealed answers, and the sealed comment where there are."""
    for mark, crowd, ciphertext in rows:
        yield mark, crowd, *split(ciphertext, has_comments=has_comments)


def _store_list(session: Session, row: Wave, box: _Box, *, invited: int) -> None:
    if row.mode == BallotMode.SEALED and invited >= LIST_FROM:
        counted_store.add_list(session, wave=row.slug, hashes=counted.padded_list(box.hashes, invited=invited))


def _check_countable(session: Session, row: Wave, opened: OpenedBallots | None) -> None:
    """Refuse a wave that is not closed, whose trustee is still to come, or whose rows were changed."""
    if row.status != WaveStatus.CLOSED or row.fingerprint is None:
        raise Refused(
            "Wave {wave} is {status}. Only a closed wave can be counted.",
            wave=row.slug,
            status=status_word(WaveStatus(row.status)),
        )
    check_manifest(session, row)
    published.questionnaire(session, row.slug)  # refuses questions whose words were changed
    if row.second_lock is not None and opened is None:
        raise Refused("Wave {wave} has a second lock. Its trustee has to open the ballots first.", wave=row.slug)
    if row.second_lock is None and opened is not None:
        raise Refused("Wave {wave} has no second lock, so it is counted without a trustee.", wave=row.slug)


def _box(session: Session, opener: Opener, wave: str, frame: _Frame, opened: OpenedBallots | None) -> _Box:
    """Open the ballots of a wave; with a second lock the wave key opens the outer lock, which tells the true ones."""
    parted = _split(ballots.read_ballots(session, wave), has_comments=frame.instrument.has_comments)
    stored = ((mark, crowd, answers) for mark, crowd, answers, _ in parted)
    if opened is None:
        once = _Once(opener, stored)
        box = _open_all(frame, once)
        return replace(box, unreadable=box.unreadable + len(once.copies), hashes=once.with_copies(box.hashes))
    hashes = tuple(
        mark for mark, crowd, text in stored if crowd in frame.places and _unlock(opener, text, crowd) is not None
    )
    box = _open_all(frame, ((b"", crowd, plaintext) for crowd, plaintext in opened.ballots))
    return replace(box, unreadable=ballots.count_ballots(session, wave) - len(box.crowds), hashes=hashes)


class _Once:
    """The opened answers, each once: an honest ciphertext never comes twice. The comment beside them has no say.

    Copies would give weight to one answer, and under a weight that outdoes all others the average of a crowd would be
    the answer of whoever was copied. Only what opens can be a copy or have one: a ciphertext that somebody sends again
    for another crowd does not open there, and must not keep the true one from being counted.
    """

    def __init__(self, opener: Opener, rows: Iterator[tuple[bytes, str, bytes]]) -> None:
        self._opener = opener
        self._rows = rows
        self._first: dict[tuple[str, bytes], bytes] = {}
        self.copies: list[tuple[bytes, bytes]] = []
        """Hash of the nonce of each copy, and that of the ballot it copies."""

    def __iter__(self) -> Iterator[_Opened]:
        for mark, crowd, ciphertext in self._rows:
            plaintext = _unlock(self._opener, ciphertext, crowd)
            if plaintext is None:
                yield mark, crowd, None
                continue
            first = self._first.setdefault((crowd, hashlib.sha256(ciphertext).digest()), mark)
            if first == mark:
                yield mark, crowd, plaintext
            else:
                self.copies.append((mark, first))

    def with_copies(self, hashes: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Add the copies of these ballots, so that nobody's own ballot seems lost because somebody copied it."""
        known = frozenset(hashes)
        return (*hashes, *(copy for copy, first in self.copies if first in known))


def _unlock(opener: Opener, ciphertext: bytes, crowd: str) -> bytes | None:
    try:
        return opener.open(ciphertext, crowd)
    except UnreadableBallot:
        return None


def _open_all(frame: _Frame, found: Iterable[_Opened]) -> _Box:
    """Read padded answers chunk by chunk, so that plaintexts never pile up, and sort the rows by content."""
    asked = frame.instrument
    items, extras, topics = map(len, (asked.items, asked.segments, asked.topics))
    kept, crowds, hashes, unreadable = [], [], [], 0
    for chunk in _chunks(iter(found)):
        rows = np.zeros((len(chunk), items + extras + topics), dtype=np.int8)
        where = np.full(len(chunk), -1, dtype=np.int64)
        for place, (nonce_hash, crowd, plaintext) in enumerate(chunk):
            try:
                rows[place] = _row(asked, plaintext or b"")
                where[place] = frame.places[crowd]
                hashes.append(nonce_hash)
            except (UnreadableBallot, Refused, KeyError, RecursionError):  # the last: brackets without end
                unreadable += 1
        kept.append(rows[where >= 0])
        crowds.append(where[where >= 0])
    all_rows = np.concatenate(kept) if kept else np.zeros((0, items + extras + topics), dtype=np.int8)
    all_crowds = np.concatenate(crowds) if crowds else np.zeros(0, dtype=np.int64)
    order = np.lexsort((*all_rows.T[::-1], all_crowds))
    answers, segments, ticks = np.split(all_rows[order], [items, items + extras], axis=1)
    return _Box(
        answers=answers,
        segments=segments,
        topics=ticks,
        crowds=all_crowds[order],
        unreadable=unreadable,
        hashes=tuple(hashes),
    )


def _row(instrument: Instrument, plaintext: bytes) -> NDArray[np.int8]:
    """Return one ballot as numbers: items, segments, topics."""
    sheet = unpad(plaintext)
    parts = (
        encode_answers(instrument, sheet.answers),
        encode_segments(instrument, sheet.answers),
        encode_topics(instrument, sheet.topics).astype(np.int8),
    )
    row: NDArray[np.int8] = np.concatenate(parts)
    return row


def _chunks(rows: Iterator[_Opened]) -> Iterator[list[_Opened]]:
    while chunk := list(itertools.islice(rows, _CHUNK)):
        yield chunk


def _is_within(mode: str, *, ballots: int, papers: int | None) -> bool | None:
    """Tell whether there were no more ballots than papers; None where a wave has no papers."""
    return ballots <= papers if mode == BallotMode.SEALED and papers is not None else None


def _response_share(k: int, invited: int, cast: int) -> int | None:
    """Return the company-wide response in per cent, rounded to 5 and kept off the ends; None under 50 invited."""
    if invited < 10 * k:
        return None
    return min(95, max(5, 5 * round(20 * cast / invited)))
