"""Checks that every format that can be uploaded is described, and that history goes where it is taken."""

import io

import pytest

from surveys.errors import Refused
from surveys.importers.roadmap_formats import FORMATS, read_export
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_raw import Reading

READING = Reading(source="x", secret=b"s")


def test_every_format_but_connections_can_be_uploaded():
    assert set(FORMATS) == set(SourceKind) - {SourceKind.JIRA_CLOUD, SourceKind.GITHUB}
    for kind, known in FORMATS.items():
        assert known.kind is kind
        assert known.label
        for sentence in (known.how, known.lacks):
            assert sentence.endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in SourceKind if kind not in {SourceKind.CSV, SourceKind.XLSX}])
def test_a_format_without_a_second_file_refuses_one(kind):
    with pytest.raises(Refused):
        read_export(
            kind, io.BytesIO(b""), reading=READING, mapping=RoadmapMap(), history=("log.csv", io.BytesIO(b"key\n"))
        )


def test_the_largest_size_that_is_told_is_the_one_that_holds():
    assert {kind: FORMATS[kind].largest_mb for kind in (SourceKind.XLSX, SourceKind.GITHUB_JSON)} == {
        SourceKind.XLSX: 20,
        SourceKind.GITHUB_JSON: 200,
    }
    assert FORMATS[SourceKind.TRELLO_JSON].largest_mb == 200
