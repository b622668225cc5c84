"""Opens the three things every face works with: settings, database and key folder, and sees that they belong together.

The database carries the public half of the installation key. Opened with the keys of another installation, links
would be dead and ballot papers refused, so that is told before anything is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from app import schema
from app.config import Settings
from app.extensions import Database
from surveys.errors import Refused
from surveys.store import installation as store
from surveys.store.keys import KeyStore


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One installation: its settings, its database and its key folder."""

    settings: Settings
    database: Database
    keys: KeyStore


def create(settings: Settings) -> Installation:
    """Make folders, keys and schema where they are absent, and open the installation; safe to repeat.

    Raises:
        Refused: keys are open to others, or the database belongs to another installation.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    keys = KeyStore(settings.key_dir)
    keys.prepare()
    keys.check()
    database = Database(settings.sqlalchemy_url)
    try:
        schema.upgrade(database)
        mark(database, keys)
    except Refused:
        database.dispose()
        raise
    return Installation(settings=settings, database=database, keys=keys)


def open_existing(settings: Settings) -> Installation:
    """Open an installation that was made before.

    Raises:
        Refused: the key folder is missing, open to others or that of another installation, or the schema is not this
            program's; the sentence names the folder and the remedy.
    """
    keys = KeyStore(settings.key_dir)
    keys.check()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.sqlalchemy_url)
    try:
        schema.check_current(database)
        check_mark(database, keys)
    except Refused:
        database.dispose()
        raise
    return Installation(settings=settings, database=database, keys=keys)


def mark(database: Database, keys: KeyStore) -> None:
    """Write into a database, once, which installation key it belongs to.

    Raises:
        Refused: it belongs to another one.
    """
    with database.transaction() as session:
        present = store.add_mark(session, keys.public_key_hex())
    check_same(present, keys)


def check_mark(database: Database, keys: KeyStore) -> None:
    """Refuse a database that belongs to other keys.

    Raises:
        Refused: the sentence names the folder and the remedy.
    """
    with database.reading() as session:
        present = store.find_mark(session)
    if present is None:
        raise Refused("The database does not say yet which keys it belongs to. Run: barograph db upgrade")
    check_same(present, keys)


def check_same(mark_found: str, keys: KeyStore) -> None:
    """Refuse keys whose public half is not the mark of a database or of a backup.

    Raises:
        Refused: the sentence names the folder and the remedy.
    """
    if mark_found != keys.public_key_hex():
        raise Refused(
            "The keys in {folder} are those of another installation than the data. Set BAROGRAPH_KEY_DIR to the key "
            "folder of this installation, or put the kept copy of its installation.key into an empty folder.",
            folder=str(keys.folder),
        )
