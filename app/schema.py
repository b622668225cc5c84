"""Brings a database to the schema of this program and refuses one that is newer."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.extensions import Database
from surveys.errors import Refused

_FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Return the migration settings bound to an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Run all migrations up to ``revision``; safe to repeat."""
    with database.engine.connect() as connection:
        command.upgrade(configuration(connection), revision)
        connection.commit()


def downgrade(database: Database, revision: str) -> None:
    """Run migrations backwards to ``revision``."""
    with database.engine.connect() as connection:
        command.downgrade(configuration(connection), revision)
        connection.commit()


def check_current(database: Database) -> None:
    """Refuse a database whose schema is not exactly this program's.

    Raises:
        Refused: the schema is older, newer or missing; the sentence says what to do.
    """
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == head:
        return
    if present is None or _is_known(present):
        raise Refused("The database is not up to date. Run: barograph db upgrade")
    raise Refused("The database was made by a newer program. Install that version or restore an older backup.")


def _is_known(revision: str) -> bool:
    scripts = ScriptDirectory.from_config(configuration())
    return any(script.revision == revision for script in scripts.walk_revisions())
