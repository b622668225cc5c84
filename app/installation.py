"""Opens the three things every face works with: settings, database and key folder."""

from __future__ import annotations

from dataclasses import dataclass

from app import schema
from app.config import Settings
from app.extensions import Database
from surveys.errors import Refused
from surveys.store.keys import KeyStore


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One installation: its settings, its database and its key folder."""

    settings: Settings
    database: Database
    keys: KeyStore


def create(settings: Settings) -> Installation:
    """Make folders, keys and schema where they are absent, and open the installation; safe to repeat."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    keys = KeyStore(settings.key_dir)
    keys.prepare()
    database = Database(settings.sqlalchemy_url)
    schema.upgrade(database)
    return Installation(settings=settings, database=database, keys=keys)


def open_existing(settings: Settings) -> Installation:
    """Open an installation that was made before.

    Raises:
        Refused: the key folder is missing or readable by others, or the schema is not this program's.
    """
    keys = KeyStore(settings.key_dir)
    keys.check()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.sqlalchemy_url)
    try:
        schema.check_current(database)
    except Refused:
        database.dispose()
        raise
    return Installation(settings=settings, database=database, keys=keys)
