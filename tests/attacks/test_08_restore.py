"""Attack 8: restore a backup from the middle of a wave after its close, and close it again to get the answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from app import lifecycle
from app.installation import Installation
from surveys.ballots.sealing import Opener, UnreadableBallot, open_inner, unpad
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.models.ballots import Ballot
from surveys.store import waves as wave_store
from surveys.store.keys import KeyStore
from tests.attacks import account
from tests.attacks.evidence import Evidence
from tests.attacks.people import any_answer_needles, sealed_company
from tests.attacks.tools import carve
from tests.support import journey


def read_everything(inst: Installation, evidence: Evidence, key: bytes) -> int:
    """Return how many ballots of a database open with a key."""
    opener = Opener(key, evidence.fingerprint)
    opened = 0
    with inst.database.reading() as session:
        for row in session.scalars(select(Ballot)):
            try:
                opened += bool(unpad(opener.open(row.ciphertext, row.crowd)).answers)
            except UnreadableBallot:
                continue
    return opened


def test_weakened_with_a_kept_key_the_backup_gives_everything_back(
    restored: Installation, evidence: Evidence, tmp_path: Path
) -> None:
    """What would happen if the key were not destroyed, or lay in the backup."""
    opened = read_everything(restored, evidence, evidence.wave_key)
    account.weakened("08 restored backup", f"{evidence.kind}, key kept: {opened} of {len(evidence.voted)} answers read")
    assert opened == len(evidence.voted)
    careless = KeyStore(tmp_path / "careless-keys")
    careless.folder.mkdir()
    (careless.folder / "installation.key").write_bytes(evidence.inst.keys.installation_key())
    careless.add_wave_key(evidence.wave.slug, evidence.wave_key)
    lifecycle.close_wave(
        replace(restored, keys=careless), wave=evidence.wave.slug, now=evidence.wave.closes_at, actor="t"
    )
    with restored.database.reading() as session:
        assert wave_store.get_wave(session, evidence.wave.slug).status == WaveStatus.COUNTED


def test_the_restored_wave_cannot_be_closed_again(restored: Installation, evidence: Evidence) -> None:
    with restored.database.reading() as session:
        assert wave_store.get_wave(session, evidence.wave.slug).status == WaveStatus.OPEN
    for _ in range(2):
        with pytest.raises(Refused, match="Without it nobody can open its ballots"):
            lifecycle.close_wave(restored, wave=evidence.wave.slug, now=evidence.wave.closes_at, actor="t")
    with restored.database.reading() as session:
        assert wave_store.get_wave(session, evidence.wave.slug).status != WaveStatus.COUNTED


def test_no_key_of_the_installation_opens_a_restored_ballot(restored: Installation, evidence: Evidence) -> None:
    keys = [path.read_bytes() for path in evidence.inst.keys.folder.iterdir() if path.stat().st_size == 32]
    keys += [evidence.inst.keys.ballot_key().private, evidence.inst.keys.installation_key()]
    opened = sum(read_everything(restored, evidence, key) for key in keys)
    account.product("08 restored backup", f"{evidence.kind}: close refused, {opened} of {len(evidence.voted)} read")
    assert opened == 0


def test_a_copied_wave_key_opens_no_answer_under_a_second_lock(inst: Installation) -> None:
    """Somebody copies the key of the wave from the running server; with a second lock that is not enough."""
    trustee_key = X25519PrivateKey.generate()
    sealed_company(inst, journey.TWO_TEAMS, second_lock=trustee_key.public_key().public_bytes_raw())
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.everybody(4))
    with inst.database.reading() as session:
        fingerprint = wave_store.get_wave(session, wave.slug).fingerprint or ""
        rows = [(row.crowd, row.ciphertext) for row in session.scalars(select(Ballot))]
    opener = Opener(inst.keys.wave_key(wave.slug), fingerprint)
    opened = [(crowd, opener.open(ciphertext, crowd)) for crowd, ciphertext in rows]
    assert len(opened) == len(wave.codes)
    for _, inner in opened:
        assert carve(inner, any_answer_needles()) == []
        with pytest.raises(UnreadableBallot):
            unpad(inner)
    both = [
        open_inner(trustee_key.private_bytes_raw(), inner, fingerprint=fingerprint, crowd=crowd)
        for crowd, inner in opened
    ]
    assert all(set(unpad(each).answers.values()) == {4} for each in both)  # with both keys, as the count has them
    account.product("08 restored backup", f"{inst.database.engine.name}, wave key copied, second lock: 0 answers read")
