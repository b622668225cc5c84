"""Making and opening an installation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.config import Settings
from app.installation import create, open_existing
from surveys.errors import Refused


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
