"""The documents that are made from the source say what the source says."""

from __future__ import annotations

import pytest

import reports.models  # noqa: F401 - registers its tables
from surveys.models import Base
from tests.architecture.sources import ROOT
from tools.docs import DOCUMENTS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_made_document_is_in_step(name: str) -> None:
    assert (ROOT / name).read_text() == DOCUMENTS[name](), "run make docs"


def test_every_column_is_described() -> None:
    columns = [column for table in Base.metadata.tables.values() for column in table.columns]
    assert [f"{column.table.name}.{column.name}" for column in columns if not column.comment] == []


def test_the_release_notes_name_the_script_that_people_run() -> None:
    sums = dict(reversed(line.split("  ")) for line in (ROOT / "tools" / "assets.sha256").read_text().splitlines())
    assert sums["app/static/ballot.js"] in (ROOT / "CHANGELOG.md").read_text(), "write the new sum into CHANGELOG.md"
