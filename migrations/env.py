"""Runs the migrations on the address given by the caller; SQLite changes tables in batch mode."""

from alembic import context
from sqlalchemy import Connection

import reports.models  # noqa: F401 - registers the tables of the findings side
from surveys.models import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
