"""What stored data give away in promise and card mode, and what a copied key gives away in every mode.

Proves the cells of the threat table in docs/privacy.md that the attack suite leaves, since that runs on sealed waves.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from app import promise
from app.cli import backup
from app.extensions import Database
from app.installation import Installation
from app.web.papers import place_finder
from surveys.ballots import trustee
from surveys.ballots.sealing import Opener, UnreadableBallot, nonce_hash, open_inner, promise_nonce, unpad
from surveys.enums import BallotMode
from surveys.models.ballots import Ballot
from surveys.models.invitations import Card, Invitation
from surveys.services import cards, invitations
from surveys.store import ballots
from surveys.store import waves as wave_store
from tests.attacks.people import answer_needles, distinct_answers
from tests.attacks.tools import carve_folder
from tests.support import journey
from tests.support.journey import Answers, OpenWave

MODES = (BallotMode.PROMISE, BallotMode.CARD)
PRIVATE, PUBLIC = trustee.new_key()


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An open wave in which everybody answered, a backup of it, and a copy of its key."""

    inst: Installation
    wave: OpenWave
    answers: dict[str, Answers]
    backup: Path
    key: bytes
    fingerprint: str


def codes_of(inst: Installation, wave: OpenWave, mode: BallotMode) -> list[str]:
    """The codes that people hold: on cards from the box, or behind their links."""
    if mode is BallotMode.PROMISE:
        return [code for _, code in sorted(wave.codes.items())]
    with inst.database.reading() as session:
        return [code for box in cards.get_deck(session, inst.keys, wave=wave.slug).boxes for code in box.codes]


def hold(inst: Installation, folder: Path, mode: BallotMode, second_lock: bytes | None = None) -> Scene:
    journey.company(inst, journey.TWO_TEAMS, mode=mode, second_lock=second_lock)
    wave = journey.open_wave(inst)
    people = sorted(each for team, (_, size) in journey.TWO_TEAMS.items() for each in journey.members(team, size))
    answers = distinct_answers(people, wave.instrument.item_codes)
    if mode is BallotMode.SEALED:
        journey.cast_all(inst, wave, lambda email, _: answers[email])
    else:
        find_place = place_finder(inst.database, inst.keys)
        for code, email in zip(codes_of(inst, wave, mode), people, strict=True):
            promise.submit(inst.database, find_place, typed=code, answers=answers[email], now=wave.opens_at)
    backup.write(inst.database, folder / "backup")
    with inst.database.reading() as session:
        fingerprint = wave_store.get_wave(session, wave.slug).fingerprint or ""
    key = inst.keys.wave_key(wave.slug)
    return Scene(inst=inst, wave=wave, answers=answers, backup=folder / "backup", key=key, fingerprint=fingerprint)


@pytest.fixture
def scene(inst: Installation, tmp_path: Path, mode: BallotMode) -> Scene:
    return hold(inst, tmp_path, mode)


@pytest.fixture
def restored(scene: Scene, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The backup from the middle of the wave, put back beside the installation."""
    if scene.inst.database.is_sqlite:
        shutil.copyfile(scene.backup, tmp_path / "restored.db")
        database = Database(f"sqlite:///{tmp_path / 'restored.db'}")
        yield database
        database.dispose()
        return
    cluster = request.getfixturevalue("postgres_cluster")
    database = Database(cluster.create("restored_modes"))
    backup.read(database, scene.backup)
    yield database
    database.dispose()
    cluster.drop("restored_modes")


def read_with(database: Database, key: bytes, fingerprint: str) -> list[Answers]:
    """The answers that a key gives out of the ballots of a database."""
    opener = Opener(key, fingerprint)
    found: list[Answers] = []
    with database.reading() as session:
        for row in session.scalars(select(Ballot)):
            try:
                found.append(dict(unpad(opener.open(row.ciphertext, row.crowd)).answers))
            except UnreadableBallot:
                continue
    return found


@pytest.mark.parametrize("mode", MODES)
def test_after_the_close_no_answer_and_no_ballot_is_left(scene: Scene) -> None:
    folder = scene.inst.settings.data_dir
    journey.close_wave(scene.inst, scene.wave)
    with scene.inst.database.reading() as session:
        assert ballots.count_ballots(session, scene.wave.slug) == 0
    assert not scene.inst.keys.has_wave_key(scene.wave.slug)
    assert carve_folder(folder, answer_needles(scene.answers)) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_backup_from_the_middle_of_the_wave_opens_with_no_key_that_is_left(scene: Scene, restored: Database) -> None:
    journey.close_wave(scene.inst, scene.wave)
    keys = [path.read_bytes() for path in scene.inst.keys.folder.iterdir() if path.stat().st_size == 32]
    assert keys
    assert [read_with(restored, key, scene.fingerprint) for key in keys] == [[]] * len(keys)


@pytest.mark.parametrize("mode", MODES)
def test_a_key_copied_while_the_wave_was_open_opens_every_answer(scene: Scene, restored: Database) -> None:
    """What the page says it does not protect from."""
    found = read_with(restored, scene.key, scene.fingerprint)
    assert sorted(map(str, found)) == sorted(str(dict(sorted(given.items()))) for given in scene.answers.values())


@pytest.mark.parametrize("mode", [BallotMode.PROMISE])
def test_in_promise_mode_the_keys_also_tell_who_sent_an_answer(scene: Scene) -> None:
    email = journey.member("ant", 1)
    with scene.inst.database.reading() as session:
        place = invitations.find_place(session, scene.inst.keys, scene.wave.codes[email])
        stored = {mark: (crowd, sealed) for mark, crowd, sealed in ballots.read_ballots(session, scene.wave.slug)}
    crowd, sealed = stored[nonce_hash(promise_nonce(place.secret, scene.fingerprint))]
    assert unpad(Opener(scene.key, scene.fingerprint).open(sealed, crowd)).answers == scene.answers[email]


@pytest.mark.parametrize("mode", [BallotMode.CARD])
def test_in_card_mode_no_row_ties_a_card_to_a_person(scene: Scene) -> None:
    names = {column.name for column in Card.__table__.columns}
    assert names == {"wave", "code_hash", "crowd"}
    with scene.inst.database.reading() as session:
        assert session.scalars(select(Invitation)).all() == []
        found = session.scalars(select(Card)).all()
    assert len(found) == len(scene.answers)


def test_under_a_second_lock_the_copied_key_opens_nothing(inst: Installation, tmp_path: Path) -> None:
    lock = trustee.parse_public(PUBLIC)
    scene = hold(inst, tmp_path, BallotMode.SEALED, second_lock=lock)
    with inst.database.reading() as session:
        stored = list(ballots.read_sealed(session, scene.wave.slug))
    assert len(stored) == len(scene.answers)
    outer = Opener(scene.key, scene.fingerprint)
    keys = [scene.key, inst.keys.installation_key(), inst.keys.ballot_key().private]
    for crowd, sealed in stored:
        inner = outer.open(sealed, crowd)
        assert len(inner) == trustee.INNER_BYTES
        assert not any(opens(key, inner, scene.fingerprint, crowd) for key in keys)
        assert opens(trustee.parse_private(PRIVATE), inner, scene.fingerprint, crowd), "the trustee's key must open it"


def opens(key: bytes, inner: bytes, fingerprint: str, crowd: str) -> bool:
    """Whether a key opens the inner lock of a ballot."""
    try:
        return bool(unpad(open_inner(key, inner, fingerprint, crowd)).answers)
    except UnreadableBallot:
        return False
