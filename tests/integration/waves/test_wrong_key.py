"""A key file that is not the wave's own is refused before anything is counted, handed over or opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from app import lifecycle
from app.installation import Installation
from surveys.ballots import sealing, trustee
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import Refused
from surveys.models.ballots import Ballot
from surveys.models.invitations import Invitation
from surveys.services import handover
from surveys.store import totals
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import ACTOR, OpenWave

PRIVATE_TEXT, PUBLIC_TEXT = trustee.new_key()
PRIVATE, PUBLIC = trustee.parse_private(PRIVATE_TEXT), trustee.parse_public(PUBLIC_TEXT)
SENTENCE = "is not the one that its manifest names"


@dataclass
class Keys:
    """The true key of a wave put aside, and another one in its place."""

    inst: Installation
    wave: OpenWave
    true: bytes

    def swap(self) -> None:
        self.inst.keys.add_wave_key(self.wave.slug, sealing.new_wave_key()[0])

    def restore(self) -> None:
        self.inst.keys.add_wave_key(self.wave.slug, self.true)


def answered(inst: Installation, *, mode: BallotMode = BallotMode.SEALED, lock: bytes | None = None) -> Keys:
    journey.company(inst, mode=mode, second_lock=lock)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied())
    return Keys(inst, wave, inst.keys.wave_key(wave.slug))


def left(inst: Installation, wave: OpenWave) -> tuple[object, ...]:
    """What must not change: ballots, papers and links, totals, the key."""
    with inst.database.reading() as session:
        ballots = sorted((row.nonce_hash, row.crowd, row.ciphertext) for row in session.scalars(select(Ballot)))
        people = sorted(session.scalars(select(Invitation.person_id)))
        assert len(ballots) == len(people) == len(wave.codes)
        return ballots, people, len(totals.list_counts(session, wave.slug)), inst.keys.wave_key(wave.slug)


@pytest.mark.parametrize("mode", [BallotMode.SEALED, BallotMode.PROMISE])
def test_a_wave_is_not_counted_with_another_key_and_is_with_its_own(inst: Installation, mode: BallotMode) -> None:
    """Counted with it, every ballot would be unreadable: too few answered, and all of them destroyed."""
    keys = answered(inst, mode=mode)
    keys.swap()
    before = left(inst, keys.wave)
    with pytest.raises(Refused, match=SENTENCE) as refused:
        journey.close_wave(inst, keys.wave)
    assert keys.wave.slug in str(refused.value)
    assert str(inst.keys.folder) in str(refused.value)
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, keys.wave.slug).status == WaveStatus.CLOSED
    assert left(inst, keys.wave) == before
    keys.restore()
    done = journey.close_wave(inst, keys.wave)
    assert (done.is_none, done.unreadable) == (False, 0)


def close(inst: Installation, wave: OpenWave, opened: bytes) -> object:
    return lifecycle.close_wave(inst, wave=wave.slug, now=wave.closes_at, actor=ACTOR, opened=opened)


def hand_over(inst: Installation, wave: OpenWave, _opened: bytes = b"") -> bytes:
    account = lifecycle.hand_over(inst, wave=wave.slug, now=wave.closes_at, actor=ACTOR)
    return handover.required(account).file


STEPS: dict[str, Callable[[Installation, OpenWave, bytes], object]] = {
    "close": lambda inst, wave, _: journey.close_wave(inst, wave),
    "hand over": hand_over,
    "close with the opened file": close,
}


def test_with_a_second_lock_no_step_works_with_another_key(inst: Installation) -> None:
    keys = answered(inst, lock=PUBLIC)
    assert lifecycle.close_wave(inst, wave=keys.wave.slug, now=keys.wave.closes_at, actor=ACTOR).is_waiting
    opened = trustee.open_handover(trustee.parse_handover(hand_over(inst, keys.wave)), PRIVATE).file
    keys.swap()
    before = left(inst, keys.wave)
    for step in STEPS.values():
        with pytest.raises(Refused, match=SENTENCE):
            step(inst, keys.wave, opened)
        assert left(inst, keys.wave) == before
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, keys.wave.slug)
        assert handover.is_waiting(session, row, inst.keys)  # only people can put the right key back
    keys.restore()
    close(inst, keys.wave, opened)
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, keys.wave.slug)
        assert (row.status, row.is_none) == (WaveStatus.COUNTED, False)
