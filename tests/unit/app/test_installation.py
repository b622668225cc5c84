"""Making and opening an installation."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.config import Settings
from app.extensions import Database
from app.installation import check_mark, create, mark, open_existing
from surveys.errors import Refused
from surveys.store.keys import KeyStore


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path / "data", key_dir=tmp_path / "keys", database_url=database_url)


@pytest.mark.slow
def test_making_twice_keeps_the_key_and_opening_finds_it(settings: Settings) -> None:
    first = create(settings)
    second = create(settings)
    third = open_existing(settings)
    assert first.keys.installation_key() == second.keys.installation_key() == third.keys.installation_key()
    assert settings.data_dir.is_dir()
    for inst in (first, second, third):
        inst.database.dispose()


def test_opening_what_was_never_made_is_refused_and_makes_nothing(settings: Settings) -> None:
    with pytest.raises(Refused, match="barograph init"):
        open_existing(settings)
    assert not settings.data_dir.exists()
    assert not settings.key_dir.exists()


@pytest.mark.slow
def test_opening_with_keys_that_others_can_read_is_refused(settings: Settings) -> None:
    create(settings).database.dispose()
    (settings.key_dir / "installation.key").chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"):
        open_existing(settings)


@pytest.mark.slow
def test_opening_with_another_installation_s_empty_database_is_refused(
    settings: Settings, empty_database_url: str
) -> None:
    create(settings).database.dispose()
    with pytest.raises(Refused, match="barograph db upgrade"):
        open_existing(replace(settings, database_url=empty_database_url))


@pytest.mark.slow
def test_opening_with_the_keys_of_another_installation_is_refused(settings: Settings, tmp_path: Path) -> None:
    create(settings).database.dispose()
    other = replace(settings, key_dir=tmp_path / "other")
    KeyStore(other.key_dir).prepare()
    for opening in (open_existing, create):
        with pytest.raises(Refused, match=r"keys in .*other are those of another installation"):
            opening(other)
    open_existing(settings).database.dispose()


@pytest.mark.slow
def test_the_mark_is_written_once_and_tells_no_key(settings: Settings) -> None:
    inst = create(settings)
    create(settings).database.dispose()
    with inst.database.reading() as session:
        marks = session.execute(text("SELECT public_key FROM installation_mark")).scalars().all()
    inst.database.dispose()
    assert marks == [inst.keys.public_key_hex()]


@pytest.mark.slow
def test_data_without_a_mark_are_refused_with_the_command_and_not_marked_in_passing(settings: Settings) -> None:
    inst = create(settings)
    with inst.database.transaction() as session:
        session.execute(text("DELETE FROM installation_mark"))
    for _ in range(2):
        with pytest.raises(Refused, match="barograph db upgrade"):
            open_existing(settings)
    inst.database.dispose()


@pytest.mark.slow
def test_of_several_set_ups_at_once_one_writes_the_mark(settings: Settings) -> None:
    first = create(settings)
    with first.database.transaction() as session:
        session.execute(text("DELETE FROM installation_mark"))
    start = threading.Barrier(4)

    def again() -> None:
        database = Database(first.database.url)
        start.wait()
        mark(database, first.keys)
        database.dispose()

    threads = [threading.Thread(target=again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check_mark(first.database, first.keys)
    with first.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM installation_mark")).scalar() == 1
    first.database.dispose()
