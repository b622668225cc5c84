"""Settings of an installation, read from ``BAROGRAPH_*`` environment variables only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from surveys.errors import Refused
from surveys.services.connections.allowed import AllowedHost, read_hosts

SERVICE_VARIABLE = "BAROGRAPH_SERVICE_PID"
"""Carries the process id of the service to its web workers; no setting."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator decides; every default is right for production on one machine."""

    data_dir: Path = field(
        default=Path("instance"), metadata={"help": "Folder for the database, outgoing mail files and job state."}
    )
    key_dir: Path = field(
        default=Path("instance-keys"),
        metadata={"help": "Folder for installation and wave keys; never inside the data folder or a backup."},
    )
    database_url: str = field(
        default="", metadata={"help": "SQLAlchemy address; empty means an SQLite file in the data folder."}
    )
    base_url: str = field(
        default="http://127.0.0.1:8000", metadata={"help": "Address under which people reach the pages."}
    )
    mail_url: str = field(
        default="",
        metadata={"help": "smtp://user:password@host:port, smtps://..., or file:///folder; empty writes files."},
    )
    mail_from: str = field(default="Barograph <barograph@localhost>", metadata={"help": "Sender of every message."})
    secret_key: str = field(
        default="", metadata={"help": "Signs form tokens; empty means made once and kept in the key folder."}
    )
    language: str = field(default="en", metadata={"help": "Language of the command line: en or es."})
    connection_hosts: str = field(
        default="",
        metadata={
            "help": "Hosts that roadmap connections may ask, such as `api.github.com example.atlassian.net`; empty "
            "means none. `private:` before a host allows one of the own network."
        },
    )

    @property
    def sqlalchemy_url(self) -> str:
        """The database address with the default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'barograph.db').resolve()}"

    @property
    def mail_target(self) -> str:
        """The mail address with the default filled in."""
        return self.mail_url or f"file://{(self.data_dir / 'mail').resolve()}"

    @property
    def allowed_hosts(self) -> tuple[AllowedHost, ...]:
        """The hosts that connections may ask."""
        return read_hosts(self.connection_hosts)

    @property
    def is_secure(self) -> bool:
        """Whether people reach the pages by HTTPS."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def is_local(self) -> bool:
        """Whether the pages are for this machine only, where browsers accept HTTP."""
        return urlsplit(self.base_url).hostname in {"127.0.0.1", "localhost", "::1"}


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read settings from ``BAROGRAPH_*`` variables.

    Raises:
        Refused: a variable with our prefix is unknown or its value cannot be used; the sentence names it.
    """
    known = {f"BAROGRAPH_{item.name.upper()}": item for item in fields(Settings)}
    values: dict[str, object] = {}
    for name, item in known.items():
        text = environ.get(name, "").strip()
        if text:
            values[item.name] = Path(text) if item.name.endswith("_dir") else text
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    data, keys = settings.data_dir.resolve(), settings.key_dir.resolve()
    if keys == data or data in keys.parents:
        raise Refused("BAROGRAPH_KEY_DIR must not lie inside BAROGRAPH_DATA_DIR, because backups copy the data folder.")
    if urlsplit(settings.base_url).scheme not in {"http", "https"}:
        raise Refused("BAROGRAPH_BASE_URL must start with http:// or https://.")
    if urlsplit(settings.mail_target).scheme not in {"smtp", "smtps", "file"}:
        raise Refused("BAROGRAPH_MAIL_URL must start with smtp://, smtps:// or file://.")
    if settings.database_url and not settings.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise Refused("BAROGRAPH_DATABASE_URL must start with sqlite:/// or postgresql+psycopg://.")
    if settings.language not in {"en", "es"}:
        raise Refused("BAROGRAPH_LANGUAGE must be en or es.")
    read_hosts(settings.connection_hosts)
