"""The count: opens the ballots of a closed wave, makes totals over whole crowds, and deletes the ballots.

This module alone opens ballots and writes totals. Everything happens in the caller's one transaction, so that a
crash leaves either all ballots or all totals.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from surveys.ballots.sealing import Opener, UnreadableBallot, unpad
from surveys.crowds.counting import CountPlan, merge_at_count
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import encode_answers
from surveys.models.waves import Wave
from surveys.policies import status_word
from surveys.services import tally_sums
from surveys.services.frozen import frozen_crowds
from surveys.services.promises import check_manifest
from surveys.services.questionnaires import instrument_of
from surveys.store import ballots, totals, waves
from surveys.store.keys import KeyStore

_CHUNK = 4_096
REWRITTEN_TABLES = ballots.REWRITTEN_TABLES


@dataclass(frozen=True, kw_only=True)
class CountAccount:
    """What a count did, in numbers that may be shown: nothing below the company."""

    wave: str
    is_none: bool
    crowds: int
    unreadable: int
    already_counted: bool


@dataclass(frozen=True, kw_only=True)
class _Box:
    """Opened ballots: answers (n, items) int8 with 0 for no answer, and the place of each one's crowd (n,)."""

    answers: NDArray[np.int8]
    crowds: NDArray[np.int64]
    unreadable: int


def count_wave(session: Session, keys: KeyStore, *, wave: str, now: dt.datetime) -> CountAccount:
    """Make the totals of a closed wave; a wave that has totals is left alone and needs no key.

    Raises:
        Refused: the wave is not closed, its key is gone, or its rows no longer say what its manifest promised.
    """
    row = waves.lock_wave(session, wave)
    if row.status in {WaveStatus.COUNTED, WaveStatus.RELEASED, WaveStatus.WITHDRAWN}:
        return CountAccount(wave=wave, is_none=row.is_none, crowds=0, unreadable=0, already_counted=True)
    if row.status != WaveStatus.CLOSED or row.fingerprint is None:
        raise Refused(
            "Wave {wave} is {status}. Only a closed wave can be counted.",
            wave=wave,
            status=status_word(WaveStatus(row.status)),
        )
    check_manifest(session, row)
    instrument = instrument_of(session, row.instrument_sha256)
    frozen = frozen_crowds(session, wave)
    labels = [crowd.label for crowd in frozen.crowds]
    opener = Opener(keys.wave_key(wave), row.fingerprint)
    box = _open_all(session, instrument, opener, wave, {label: place for place, label in enumerate(labels)})
    cast = [int(number) for number in np.bincount(box.crowds, minlength=len(labels))]
    plan = merge_at_count(frozen.crowds, frozen.parents, dict(zip(labels, cast, strict=True)), k=row.k)
    final = plan if isinstance(plan, CountPlan) else None
    if final is not None:
        _store_totals(session, instrument, box, labels=labels, plan=final, wave=row)
    deleted = ballots.delete_ballots(session, wave)
    if final is not None:
        totals.add_wave_count(session, wave=wave, ballots=deleted - box.unreadable)
    moved = waves.move_wave(
        session,
        wave,
        WaveStatus.CLOSED,
        WaveStatus.COUNTED,
        counted_at=now,
        is_none=final is None,
        response_share=None if final is None else _response_share(row.k, frozen.invited, sum(cast)),
    )
    if not moved:
        raise Refused("Wave {wave} was counted by another process.", wave=wave)
    return CountAccount(
        wave=wave,
        is_none=final is None,
        crowds=len(final.crowds) if final else 0,
        unreadable=box.unreadable,
        already_counted=False,
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


def discard_ballots(session: Session, *, wave: str) -> None:
    """Delete the ballots of a withdrawn wave unopened."""
    ballots.delete_ballots(session, wave)


def _store_totals(
    session: Session, instrument: Instrument, box: _Box, *, labels: list[str], plan: CountPlan, wave: Wave
) -> None:
    final_labels = [crowd.label for crowd in plan.crowds]
    place_of = {label: place for place, label in enumerate(final_labels)}
    places = np.array([place_of[plan.final[label]] for label in labels])
    rows = tally_sums.sum_crowds(
        instrument, box.answers, places[box.crowds], labels=final_labels, k=wave.k, wave=wave.slug
    )
    totals.add_totals(session, **rows)
    waves.set_final_labels(session, wave.slug, {label: plan.final[label] for label in labels})


def _open_all(session: Session, instrument: Instrument, opener: Opener, wave: str, places: dict[str, int]) -> _Box:
    """Open every ballot chunk by chunk, so that plaintexts never pile up, and sort the rows by content."""
    answers, crowds, unreadable = [], [], 0
    for chunk in _chunks(ballots.read_sealed(session, wave)):
        rows = np.zeros((len(chunk), len(instrument.items)), dtype=np.int8)
        where = np.full(len(chunk), -1, dtype=np.int64)
        for place, (crowd, ciphertext) in enumerate(chunk):
            try:
                rows[place] = encode_answers(instrument, unpad(opener.open(ciphertext, crowd)))
                where[place] = places[crowd]
            except (UnreadableBallot, Refused, KeyError):
                unreadable += 1
        answers.append(rows[where >= 0])
        crowds.append(where[where >= 0])
    all_answers = np.concatenate(answers) if answers else np.zeros((0, len(instrument.items)), dtype=np.int8)
    all_crowds = np.concatenate(crowds) if crowds else np.zeros(0, dtype=np.int64)
    order = np.lexsort((*all_answers.T[::-1], all_crowds))
    return _Box(answers=all_answers[order], crowds=all_crowds[order], unreadable=unreadable)


def _chunks(rows: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    while chunk := list(itertools.islice(rows, _CHUNK)):
        yield chunk


def _response_share(k: int, invited: int, cast: int) -> int | None:
    """Return the company-wide response in per cent, rounded to 5 and kept off the ends; None under 50 invited."""
    if invited < 10 * k:
        return None
    return min(95, max(5, 5 * round(20 * cast / invited)))
