"""The tables keep persons and answers apart: no key leads across, and answers carry no time and no order."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, MetaData, String, Table

import reports.models  # noqa: F401 - registers its tables
from surveys.models import Base

PERSONS = frozenset(
    {
        "person", "membership", "invitation", "paper", "card", "mailing", "delivery", "account", "staff_session",
        "sign_in_link", "api_token",
    }
)  # fmt: skip
BALLOTS = "ballot"
ANSWERS = frozenset(
    {
        BALLOTS, "crowd_count", "crowd_total", "wave_count", "moment", "counted_list", "topic_total", "segment_count",
        "segment_total", "comment", "released_comment",
    }
)  # fmt: skip


def reachable(tables: MetaData, start: str) -> set[str]:
    """The tables that foreign keys lead to from ``start``."""
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [key.column.table.name for key in tables.tables[name].foreign_keys]
    return seen - {start}


def traces(table: Table) -> list[str]:
    """Columns that could order rows by time: instants, dates, numbers the database counts up."""
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, DateTime | Date)
        or (column.primary_key and isinstance(column.type, Integer) and len(table.primary_key) == 1)
        or getattr(column.type, "impl", None).__class__ is DateTime
    ]


def test_the_tables_named_here_exist() -> None:
    assert set(Base.metadata.tables) >= PERSONS | ANSWERS


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_no_key_leads_from_answers_to_persons(name: str) -> None:
    assert reachable(Base.metadata, name) & PERSONS == set()


@pytest.mark.parametrize("name", sorted(PERSONS))
def test_no_key_leads_from_persons_to_answers(name: str) -> None:
    assert reachable(Base.metadata, name) & ANSWERS == set()


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_carry_no_time_and_no_serial_number(name: str) -> None:
    assert traces(Base.metadata.tables[name]) == []


def test_a_ballot_is_a_hash_a_crowd_and_a_ciphertext() -> None:
    assert set(Base.metadata.tables[BALLOTS].columns.keys()) == {"wave", "nonce_hash", "crowd", "ciphertext"}


def test_a_paper_is_a_mark_and_a_hash_and_leads_to_no_person() -> None:
    assert set(Base.metadata.tables["paper"].columns.keys()) == {"wave", "mark", "paper_hash"}
    assert reachable(Base.metadata, "paper") & PERSONS == set()
    assert traces(Base.metadata.tables["paper"]) == []


def test_the_checks_see_a_spoiled_table() -> None:
    tables = MetaData()
    Table("person", tables, Column("id", String, primary_key=True))
    Table("wave", tables, Column("id", String, primary_key=True), Column("by", ForeignKey("person.id")))
    bad = Table(
        "ballot",
        tables,
        Column("id", Integer, primary_key=True),
        Column("at", DateTime),
        Column("w", ForeignKey("wave.id")),
    )
    assert reachable(tables, "ballot") == {"wave", "person"}
    assert traces(bad) == ["id", "at"]
