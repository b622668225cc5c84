"""Column types and names shared by all tables."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite

import reports.models  # noqa: F401 - registers its tables
from surveys.models import Base
from surveys.models.base import JsonText, UtcDateTime, canonical_json, new_id

SQLITE, POSTGRES = sqlite.dialect(), postgresql.dialect()
MADRID_NOON = dt.datetime(2025, 7, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
UTC_TEN = dt.datetime(2025, 7, 1, 10, tzinfo=dt.UTC)
PREFIXES = {
    PrimaryKeyConstraint: "pk",
    ForeignKeyConstraint: "fk",
    UniqueConstraint: "uq",
    CheckConstraint: "ck",
}


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES], ids=["sqlite", "postgresql"])
def test_an_instant_is_utc_in_the_database_and_aware_in_python(dialect: object) -> None:
    column = UtcDateTime()
    stored = column.process_bind_param(MADRID_NOON, dialect)  # type: ignore[arg-type]
    assert stored is not None
    assert stored.replace(tzinfo=dt.UTC) == UTC_TEN
    assert (stored.tzinfo is None) == (dialect is SQLITE)
    read = column.process_result_value(stored, dialect)  # type: ignore[arg-type]
    assert read == UTC_TEN
    assert read is not None
    assert read.utcoffset() == dt.timedelta(0)


def test_no_instant_stays_none_and_a_naive_one_is_an_error() -> None:
    column = UtcDateTime()
    assert column.process_bind_param(None, SQLITE) is None
    assert column.process_result_value(None, SQLITE) is None
    with pytest.raises(TypeError, match="time zone"):
        column.process_bind_param(dt.datetime(2025, 1, 1), SQLITE)  # noqa: DTZ001 - the fault under test


def test_equal_documents_are_equal_bytes() -> None:
    assert canonical_json({"b": [1, None], "a": "ñ"}) == canonical_json({"a": "ñ", "b": [1, None]})
    assert canonical_json({"b": 1, "a": "ñ"}) == '{"a":"ñ","b":1}'
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(float("nan"))


def test_a_document_survives_the_column() -> None:
    column = JsonText()
    document = {"a": [1, 2.5, None, True], "ñ": {"x": "y"}}
    assert column.process_result_value(column.process_bind_param(document, SQLITE), SQLITE) == document
    assert column.process_bind_param(None, SQLITE) is None
    assert column.process_result_value(None, SQLITE) is None


def test_identifiers_are_random_and_tell_no_order() -> None:
    made = [new_id() for _ in range(50)]
    assert len(set(made)) == 50
    assert {len(each) for each in made} == {32}
    assert made != sorted(made)


@pytest.mark.parametrize("name", sorted(Base.metadata.tables))
def test_every_key_and_rule_of_a_table_has_a_name_by_the_convention(name: str) -> None:
    table = Base.metadata.tables[name]
    for constraint in table.constraints:
        prefix = next(prefix for kind, prefix in PREFIXES.items() if isinstance(constraint, kind))
        assert str(constraint.name).startswith(f"{prefix}_{name}"), constraint
    for index in table.indexes:
        assert isinstance(index, Index)
        assert str(index.name).startswith(f"ix_{name}_")


@pytest.mark.parametrize("name", sorted(Base.metadata.tables))
def test_every_column_is_explained(name: str) -> None:
    assert [column.name for column in Base.metadata.tables[name].columns if not column.comment] == []
