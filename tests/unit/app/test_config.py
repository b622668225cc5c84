"""Settings come from BAROGRAPH_* variables, have defaults that work, and name the variable that cannot be used."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from app.config import Settings, from_environment
from surveys.errors import Refused


def test_without_any_variable_one_machine_works() -> None:
    settings = from_environment({})
    assert settings == Settings()
    assert settings.sqlalchemy_url == f"sqlite:///{Path('instance/barograph.db').resolve()}"
    assert settings.mail_target == f"file://{Path('instance/mail').resolve()}"
    assert (settings.is_local, settings.is_secure) == (True, False)


def test_every_setting_has_a_variable_and_a_help_text() -> None:
    values = {
        "data_dir": "/srv/data", "key_dir": "/srv/keys", "database_url": "postgresql+psycopg://u@h/d",
        "base_url": "https://pulse.example", "mail_url": "smtp://mail.example:25", "mail_from": "P <p@x.example>",
        "secret_key": "s", "language": "es",
    }  # fmt: skip
    read = from_environment({f"BAROGRAPH_{name.upper()}": f" {value} " for name, value in values.items()})
    assert {name: str(getattr(read, name)) for name in values} == values
    assert isinstance(read.data_dir, Path)
    for setting in fields(Settings):
        if setting.name in values:
            assert setting.metadata["help"].endswith(".")


def test_an_empty_variable_is_none_and_others_names_are_left_alone() -> None:
    assert from_environment({"BAROGRAPH_LANGUAGE": "  ", "PATH": "/bin", "LANGUAGE": "xx"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "pulse.example"),
        ("BASE_URL", "ftp://pulse.example"),
        ("MAIL_URL", "http://mail.example"),
        ("MAIL_URL", "mail.example:25"),
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "postgresql://h/d"),
        ("DATABASE_URL", "sqlite://"),
        ("LANGUAGE", "fr"),
        ("KEY_DIR", "instance/keys"),
        ("KEY_DIR", "instance"),
        ("KEY_DIR", "instance/../instance/a/b"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(Refused, match=f"BAROGRAPH_{name}"):
        from_environment({f"BAROGRAPH_{name}": value})


def test_keys_may_lie_beside_the_data_also_with_a_similar_name() -> None:
    settings = from_environment({"BAROGRAPH_DATA_DIR": "/srv/pulse", "BAROGRAPH_KEY_DIR": "/srv/pulse-keys"})
    assert settings.key_dir == Path("/srv/pulse-keys")


@pytest.mark.parametrize(
    ("url", "is_local", "is_secure"),
    [
        ("http://127.0.0.1:8000", True, False),
        ("http://localhost", True, False),
        ("http://[::1]:8000", True, False),
        ("https://pulse.example", False, True),
        ("http://pulse.example", False, False),
        ("http://127.0.0.1.example", False, False),
    ],
)
def test_which_addresses_are_local_or_secure(url: str, is_local: bool, is_secure: bool) -> None:
    settings = Settings(base_url=url)
    assert (settings.is_local, settings.is_secure) == (is_local, is_secure)
