"""The key folder: modes, durability after a crash, destruction, and refusals with a remedy."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from surveys.ballots.tokens import installation_pair
from surveys.errors import Refused
from surveys.store import keys as module
from surveys.store.keys import KeyStore

WAVE_KEY = bytes(range(32))


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    made = KeyStore(tmp_path / "keys")
    made.prepare()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_and_its_files_are_the_owner_s_alone(store: KeyStore) -> None:
    store.add_wave_key("pulse-1", WAVE_KEY)
    store.named_secret("forms")
    assert mode(store.folder) == 0o700
    assert {path.name: mode(path) for path in store.folder.iterdir()} == dict.fromkeys(
        ["installation.key", "wave-pulse-1.key", "forms.key"], 0o600
    )


def test_a_loose_umask_changes_nothing(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = KeyStore(tmp_path / "keys")
        store.prepare()
        assert (mode(store.folder), mode(store.folder / "installation.key")) == (0o700, 0o600)
    finally:
        os.umask(before)


def test_preparing_again_keeps_the_installation_key(store: KeyStore) -> None:
    key = store.installation_key()
    store.prepare()
    assert store.installation_key() == key
    assert len(key) == 32


def test_two_installations_have_other_public_keys_that_do_not_tell_the_key(store: KeyStore, tmp_path: Path) -> None:
    other = KeyStore(tmp_path / "other")
    other.prepare()
    assert other.public_key_hex() != store.public_key_hex()
    assert bytes.fromhex(store.public_key_hex()) == store.ballot_key().public
    assert len(store.ballot_key().public) == 32
    assert store.installation_key() not in {store.ballot_key().public, store.ballot_key().private}


def test_the_ballot_key_hangs_on_the_installation_key_alone_and_is_derived_once(store: KeyStore) -> None:
    assert store.ballot_key() is store.ballot_key()
    assert KeyStore(store.folder).ballot_key() == store.ballot_key() == installation_pair(store.installation_key())


def test_an_empty_folder_becomes_the_owner_s_alone_and_a_used_one_is_not_touched(tmp_path: Path) -> None:
    empty, used = tmp_path / "empty", tmp_path / "used"
    for folder in (empty, used):
        folder.mkdir()
        folder.chmod(0o755)
    (used / "somebody's file").touch()
    for folder in (empty, used):
        KeyStore(folder).prepare()
    assert (mode(empty), mode(used)) == (0o700, 0o755)


@pytest.mark.parametrize("wrong", [0o750, 0o701, 0o777, 0o720])
def test_a_folder_that_others_may_enter_is_refused_with_the_command_to_run(store: KeyStore, wrong: int) -> None:
    store.folder.chmod(wrong)
    with pytest.raises(Refused, match=f"chmod 700 {store.folder}"):
        store.check()
    store.folder.chmod(0o700)
    store.check()


def test_a_missing_folder_and_a_missing_key_are_told_apart_with_the_remedy(store: KeyStore, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no key folder .*nowhere.*barograph init"):
        KeyStore(tmp_path / "nowhere").check()
    (store.folder / "installation.key").unlink()
    with pytest.raises(Refused, match=r"no installation key in .*keys.*barograph init"):
        store.check()


@pytest.mark.parametrize("wrong", [0o640, 0o604, 0o660, 0o610])
@pytest.mark.parametrize("name", ["installation.key", "wave-pulse-1.key"])
def test_a_key_that_others_may_touch_is_refused_with_the_command_to_run(store: KeyStore, name: str, wrong: int) -> None:
    store.add_wave_key("pulse-1", WAVE_KEY)
    store.check()
    (store.folder / name).chmod(wrong)
    with pytest.raises(Refused, match=f"chmod 600 .*{name}"):
        store.check()


def test_a_named_secret_is_made_once(store: KeyStore) -> None:
    first = store.named_secret("forms")
    assert store.named_secret("forms") == first
    assert store.named_secret("other") != first
    assert len(bytes.fromhex(first)) == 32


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_key_is_refused(store: KeyStore, content: bytes) -> None:
    (store.folder / "wave-pulse-1.key").write_bytes(content)
    with pytest.raises(Refused, match="damaged"):
        store.wave_key("pulse-1")


def test_a_wave_key_is_kept_until_it_is_destroyed(store: KeyStore) -> None:
    store.add_wave_key("pulse-1", WAVE_KEY)
    assert store.wave_key("pulse-1") == WAVE_KEY
    assert store.has_wave_key("pulse-1")
    store.destroy_wave_key("pulse-1")
    assert not store.has_wave_key("pulse-1")
    with pytest.raises(Refused, match="Without it nobody can open its ballots"):
        store.wave_key("pulse-1")
    store.destroy_wave_key("pulse-1")
    store.destroy_wave_key("never-made")


def test_destroying_one_key_leaves_the_others(store: KeyStore) -> None:
    for wave in ("pulse-1", "pulse-11"):
        store.add_wave_key(wave, WAVE_KEY)
    store.destroy_wave_key("pulse-1")
    assert store.wave_key("pulse-11") == WAVE_KEY


@pytest.mark.parametrize("way", ["destroy", "replace"])
def test_the_bytes_are_overwritten_in_place_before_the_name_goes(store: KeyStore, way: str) -> None:
    """A second name for the same file, as a careless copy by link would be, shows what the disk holds."""
    store.add_wave_key("pulse-1", WAVE_KEY)
    witness = store.folder / "witness"
    witness.hardlink_to(store.folder / "wave-pulse-1.key")
    if way == "destroy":
        store.destroy_wave_key("pulse-1")
    else:
        store.add_wave_key("pulse-1", bytes(range(1, 33)))
        assert store.wave_key("pulse-1") == bytes(range(1, 33))
    assert witness.read_bytes() == bytes(32)


def test_every_pass_of_the_overwriting_reaches_the_disk(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add_wave_key("pulse-1", WAVE_KEY)
    path = store.folder / "wave-pulse-1.key"
    seen: list[bytes] = []
    monkeypatch.setattr(module.os, "fsync", lambda _handle: seen.append(path.read_bytes() if path.exists() else b""))
    store.destroy_wave_key("pulse-1")
    assert [len(content) for content in seen] == [32, 32, 0]
    assert seen[0] not in {WAVE_KEY, bytes(32)}
    assert seen[1:] == [bytes(32), b""]


def test_what_a_crash_left_half_written_is_replaced(store: KeyStore) -> None:
    (store.folder / "wave-pulse-1.new").write_bytes(b"half")
    store.add_wave_key("pulse-1", WAVE_KEY)
    assert store.wave_key("pulse-1") == WAVE_KEY
    assert not (store.folder / "wave-pulse-1.new").exists()


def test_a_key_that_cannot_be_removed_is_said_to_be_there(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add_wave_key("pulse-1", WAVE_KEY)
    monkeypatch.setattr(type(store.folder), "unlink", lambda *_args, **_more: None)
    with pytest.raises(Refused, match="could not be removed"):
        store.destroy_wave_key("pulse-1")
