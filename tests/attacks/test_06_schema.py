"""Attack 6: look through the tables for anything that orders, times, addresses or names, for such a column links."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Date, DateTime, Inspector, Integer, Time, inspect, text

from app.extensions import Database
from tests.attacks import account

ANSWER_SIDE = (
    "ballot", "crowd_count", "crowd_total", "wave_count", "moment", "counted_list", "topic_total", "segment_count",
    "segment_total", "comment",
)  # fmt: skip
ALPHABETICAL = ("comment", "place: a number as key")
"""The number of a comment is the place of its text in the alphabet, as test_tally_comments.py shows."""

PERSON_SIDE = frozenset(
    {
        "person", "membership", "team", "invitation", "paper", "card", "mailing", "delivery", "account",
        "account_grant", "staff_session", "sign_in_link", "api_token",
    }
)  # fmt: skip
NEITHER_SIDE = frozenset(
    {
        "installation_mark", "programme", "instrument_version", "wave", "wave_unit", "wave_crowd", "answer_file",
        "audit_event", "release", "released_cell", "released_crowd", "released_moment", "released_topic",
        "released_segment", "released_segment_cell", "released_comment", "report_document",
        "ledger_entry", "roadmap_plan", "roadmap_source", "work_item", "work_event", "plan_date_seen", "pressure_week",
        "calendar_day", "released_covariance", "analysis", "finding", "imported_source", "imported_measure",
        "imported_cell", "pressure_team", "anchor_set", "link_result", "roadmap_map", "roadmap_draft",
        "roadmap_connection", "roadmap_staged",
    }
)  # fmt: skip
"""What was promised, what was released, what happened at work: no row of these is about one person's answer."""
NAMES = re.compile(
    r"(^|_)(id|at|on|ip|time|date|seq|order|rank|created|updated|stamp|addr(ess)?|host|agent|session|member|person|user|"
    r"email|code|link|device|cookie|token|paper|language)($|_)"
)
"""Parts of names of columns that have no business beside an answer."""


def faults(inspector: Inspector, table: str) -> Iterator[str]:
    """Say what in a table could lead from an answer to a person, a moment or an order."""
    keys = inspector.get_pk_constraint(table)["constrained_columns"]
    for column in inspector.get_columns(table):
        name, kind = column["name"], column["type"]
        if isinstance(kind, DateTime | Date | Time):
            yield f"{name}: holds a moment"
        if isinstance(kind, Integer) and name in keys:
            yield f"{name}: a number as key"
        if column.get("default") or column.get("identity"):
            yield f"{name}: filled in by the database"
        if NAMES.search(name):
            yield f"{name}: sounds like a person, a moment or an order"
    for key in inspector.get_foreign_keys(table):
        if key["referred_table"] in PERSON_SIDE:
            yield f"{key['constrained_columns']}: refers to {key['referred_table']}"


def row_numbers(link: Connection, table: str) -> list[str]:
    """Say whether SQLite numbers the rows of a table as they come."""
    if link.dialect.name != "sqlite":
        return []
    made = str(link.scalar(text("SELECT sql FROM sqlite_master WHERE name = :table"), {"table": table}))
    return [] if "WITHOUT ROWID" in made else [f"{table}: rows are numbered"]


WEAK = {
    "a number as key": "CREATE TABLE weak (id INTEGER PRIMARY KEY, crowd TEXT)",
    "holds a moment": "CREATE TABLE weak (hash CHAR(9) PRIMARY KEY, sent TIMESTAMP)",
    "filled in by the database": "CREATE TABLE weak (hash CHAR(9) PRIMARY KEY, noted TEXT DEFAULT CURRENT_TIMESTAMP)",
    "sounds like": "CREATE TABLE weak (hash CHAR(9) PRIMARY KEY, user_agent TEXT)",
    "refers to person": "CREATE TABLE weak (hash CHAR(9) PRIMARY KEY, by VARCHAR REFERENCES person(id))",
}


@pytest.mark.parametrize("fault", WEAK)
def test_weakened_a_spoiled_table_is_seen(database: Database, fault: str) -> None:
    with database.engine.begin() as link:
        link.execute(text(WEAK[fault]))
        assert any(fault in each for each in faults(inspect(link), "weak"))
        assert bool(row_numbers(link, "weak")) == database.is_sqlite
    account.weakened("06 schema", f"{fault}: seen")


@pytest.mark.parametrize("table", ANSWER_SIDE)
def test_no_table_of_answers_has_a_moment_a_number_or_a_name(database: Database, table: str) -> None:
    with database.engine.connect() as link:
        assert [fault for fault in faults(inspect(link), table) if (table, fault) != ALPHABETICAL] == []
        assert row_numbers(link, table) == []
    account.product("06 schema", f"{len(ANSWER_SIDE)} tables of answers on either database: nothing")


def test_every_table_is_on_a_side(database: Database) -> None:
    """A new table must be put on one side or the other before this passes again."""
    tables = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
    assert tables == set(ANSWER_SIDE) | PERSON_SIDE | NEITHER_SIDE


def test_no_trigger_and_no_sequence_watches_the_answers(database: Database) -> None:
    with database.engine.connect() as link:
        if database.is_sqlite:
            assert link.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all() == []
            assert link.execute(text("SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'")).all() == []
        else:
            own = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
            assert link.execute(text(own)).all() == []
            assert link.execute(text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")).all() == []
