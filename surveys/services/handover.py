"""Turns the stored ballots of a wave with a second lock into the trustee's handover, and the opened file into ballots.

Answer side: takes the outer lock off and never sees an answer before the trustee has mixed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.ballots import trustee
from surveys.ballots.sealing import Opener, UnreadableBallot, pad, unpad
from surveys.ballots.trustee import Handover, OpenedBallots
from surveys.crowds.counting import CountPlan, TooFewAnswers, merge_at_count
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message, mark
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import encode_answers, encode_segments, encode_topics
from surveys.models.waves import Wave
from surveys.policies import status_word
from surveys.services.frozen import FrozenCrowds, frozen_crowds
from surveys.services.promises import check_manifest, opening_key
from surveys.services.questionnaires import instrument_of
from surveys.store import ballots as store
from surveys.store import waves
from surveys.store.keys import KeyStore


@dataclass(frozen=True, kw_only=True)
class HandoverAccount:
    """A handover, and how many stored ballots are not in it: their outer lock does not open, or they are copies.

    ``handover`` is None where fewer than k ballots can be handed over, so that there is nothing to open.
    """

    wave: str
    k: int
    handover: Handover | None
    left_out: int


def is_waiting(session: Session, row: Wave, keys: KeyStore | None = None) -> bool:
    """Tell whether a wave is closed and its ballots wait for the trustee; cheap enough to ask every minute.

    With ``keys`` no more ballots are opened than k that can be handed over, and ballots that no handover would hold
    count for nothing. Without them, or where the key of the wave cannot be used, every stored ballot counts.
    """
    if row.status != WaveStatus.CLOSED or row.second_lock is None:
        return False
    if store.count_ballots(session, row.slug) < row.k:
        return False
    try:
        opener = None if keys is None else Opener(opening_key(keys, row), row.fingerprint or "")
    except Refused:  # only people can end that
        return True
    if opener is None:
        return True
    known = {crowd.label for crowd in waves.list_crowds(session, row.slug)}
    found: set[tuple[str, bytes]] = set()
    with closing(_inner(session, opener, row.slug, known)) as pairs:
        for pair in pairs:
            found.add(pair)
            if len(found) >= row.k:
                return True
    return False


def waiting(wave: str) -> Message:
    """Return the sentence that says what a wave waits for, and what becomes of it if the key is lost."""
    return Message(
        mark(
            "Wave {wave} is closed and waits for its trustee: write the handover, let the trustee open it, and close "
            "the wave with the opened file. If the trustee's key is lost, nobody can open the ballots; withdraw the "
            "wave then."
        ),
        {"wave": wave},
    )


def check_takes_opened(session: Session, *, wave: str) -> None:
    """Refuse an opened file for a wave that was not closed yet or has no second lock; a counted wave may come again.

    Raises:
        Refused: the sentence says which of the two.
    """
    row = waves.lock_wave(session, wave)
    if row.second_lock is None or row.status in {WaveStatus.PLANNED, WaveStatus.OPEN}:
        _check_can_hand_over(row)


def build_handover(session: Session, keys: KeyStore, *, wave: str) -> HandoverAccount:
    """Take the outer lock off every ballot of a closed wave and sort what is left; the same rows give the same file.

    Raises:
        Refused: the wave has no second lock, is not closed, its key is gone, or its rows no longer say what its
            manifest promised.
    """
    row = waves.get_wave(session, wave)
    _check_can_hand_over(row)
    check_manifest(session, row)
    return _build(session, keys, row, frozen_crowds(session, wave))


def read_opened(session: Session, keys: KeyStore, *, wave: str, file: bytes) -> OpenedBallots:
    """Return the answers that the trustee gave back for the ballots as they are stored now; changes nothing.

    Raises:
        Refused: as :func:`build_handover`, or the file does not answer the handover of this wave.
    """
    row = waves.get_wave(session, wave)
    _check_can_hand_over(row)
    check_manifest(session, row)
    frozen = frozen_crowds(session, wave)
    handover = required(_build(session, keys, row, frozen))
    opened = trustee.read_opened(
        file, handover=handover, private=opening_key(keys, row), trustee=bytes.fromhex(row.second_lock or "")
    )
    handed = Counter(crowd for crowd, _ in handover.ballots)
    return _fill(opened, handed, instrument_of(session, row.instrument_sha256), frozen, k=row.k)


def required(account: HandoverAccount) -> Handover:
    """Return the handover of an account.

    Raises:
        Refused: there is nothing to open; the sentence says what to do instead.
    """
    if account.handover is None:
        raise Refused(
            "Fewer than {k} people answered in wave {wave}, so there is nothing to open. Close it without the trustee.",
            k=account.k,
            wave=account.wave,
        )
    return account.handover


def _check_can_hand_over(row: Wave) -> None:
    if row.second_lock is None:
        raise Refused("Wave {wave} has no second lock. Its ballots are counted without a trustee.", wave=row.slug)
    if row.status != WaveStatus.CLOSED:
        raise Refused(
            "Wave {wave} is {status}. Its ballots are handed to the trustee when it is closed and not yet counted.",
            wave=row.slug,
            status=status_word(WaveStatus(row.status)),
        )


def _build(session: Session, keys: KeyStore, row: Wave, frozen: FrozenCrowds) -> HandoverAccount:
    private = opening_key(keys, row)
    opener = Opener(private, row.fingerprint or "")
    # A copy of somebody's ballot would let its sender learn a total that counts one answer twice. Under another crowd
    # it is no copy: the inner lock does not open there, and it must not take the place of the one that does.
    inner = set(_inner(session, opener, row.slug, {crowd.label for crowd in frozen.crowds}))
    cast = Counter(crowd for crowd, _ in inner)
    plan = merge_at_count(frozen.crowds, frozen.parents, cast, k=row.k)
    handover = None
    if isinstance(plan, CountPlan):
        handover = trustee.build_handover(
            wave=row.slug,
            fingerprint=row.fingerprint or "",
            manifest=row.manifest or "",
            wave_key=trustee.public_of(private),
            mixes=_mixes(plan),
            ballots=inner,
        )
    left_out = store.count_ballots(session, row.slug) - len(inner)
    return HandoverAccount(wave=row.slug, k=row.k, handover=handover, left_out=left_out)


def _inner(session: Session, opener: Opener, wave: str, known: Collection[str]) -> Generator[tuple[str, bytes]]:
    """Yield crowd and inner ciphertext of every stored ballot whose outer lock opens, copies as often as they come."""
    for crowd, ciphertext in store.read_sealed(session, wave):
        sealed = _strip(opener, ciphertext, crowd) if crowd in known else None
        if sealed is not None:
            yield crowd, sealed


def _strip(opener: Opener, ciphertext: bytes, crowd: str) -> bytes | None:
    try:
        sealed = opener.open(ciphertext, crowd)
    except UnreadableBallot:
        return None
    return sealed if len(sealed) == trustee.INNER_BYTES else None


def _mixes(plan: CountPlan) -> list[list[str]]:
    mixes: dict[str, list[str]] = {}
    for planned, final in plan.final.items():
        mixes.setdefault(final, []).append(planned)
    return list(mixes.values())


def _fill(
    opened: OpenedBallots, handed: Counter[str], instrument: Instrument, frozen: FrozenCrowds, *, k: int
) -> OpenedBallots:
    """Drop answers that are none; put blank ballots in their place where the crowds would otherwise join differently.

    The answers were mixed within the groups of crowds that ``handed`` gives. Joined otherwise, some would count in a
    group whose members did not give them. A blank ballot answers no question, so that it adds to no figure.
    """
    readable = [pair for pair in opened.ballots if _is_readable(instrument, pair[1])]
    if len(readable) == handed.total():
        return opened
    given = Counter(crowd for crowd, _ in readable)
    before = merge_at_count(frozen.crowds, frozen.parents, handed, k=k)
    after = merge_at_count(frozen.crowds, frozen.parents, given, k=k)
    if isinstance(before, TooFewAnswers) or isinstance(after, TooFewAnswers) or before.final == after.final:
        return OpenedBallots(handover_sha256=opened.handover_sha256, ballots=tuple(readable))
    blanks = ((crowd, pad({})) for crowd in (handed - given).elements())
    return OpenedBallots(handover_sha256=opened.handover_sha256, ballots=tuple(sorted([*readable, *blanks])))


def _is_readable(instrument: Instrument, plaintext: bytes) -> bool:
    try:
        sheet = unpad(plaintext)
        encode_answers(instrument, sheet.answers)
        encode_segments(instrument, sheet.answers)
        encode_topics(instrument, sheet.topics)
    except (UnreadableBallot, Refused):
        return False
    return True
