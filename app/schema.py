"""Brings a database to the schema of this program and refuses one that is newer."""

from __future__ import annotations

import json
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from app.extensions import Database
from surveys.ballots import manifest
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


def waves_of_old(database: Database) -> list[str]:
    """Return the waves, open or waiting for their count, whose ballots another version of this program takes.

    The tables are read as they are, of whatever version; an empty database has none.
    """
    if not inspect(database.engine).has_table("wave"):
        return []
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT slug, manifest FROM wave WHERE status IN ('open', 'closed')")).all()
    return sorted(slug for slug, text_ in rows if json.loads(text_ or "{}").get("protocol") != manifest.PROTOCOL)


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
