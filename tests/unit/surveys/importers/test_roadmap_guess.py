"""The format of an upload is told from its content first, and not guessed where nothing tells."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from surveys.importers.roadmap_guess import guess_kind, is_calendar
from surveys.importers.roadmap_model import SourceKind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("key,team,created,done\n", SourceKind.CSV),
        ("\ufeffSummary,Issue key,Issue id,Issue Type,Sprint,Sprint\n", SourceKind.JIRA_CSV),
        ("Issue ID;URL;Title;State;Created At (UTC)\n", SourceKind.GITLAB_CSV),
        ("ID,Team,Title,Created,Started,Canceled,Cycle Name\n", SourceKind.LINEAR_CSV),
        ('"ID","Work Item Type","Title","Area Path"\n', SourceKind.AZURE_CSV),
        ('{"issues": [{"key": "A-1", "fields": {}, "changelog": {}}]}', SourceKind.JIRA_JSON),
        ('[{"number": 1, "createdAt": "2026-01-01T00:00:00Z", "labels": []}]', SourceKind.GITHUB_JSON),
        ('[{"number": 1, "created_at": "2026-01-01T00:00:00Z"}]', SourceKind.GITHUB_JSON),
        ('{"name": "Board", "lists": [], "cards": [{"idList": "x"}]}', SourceKind.TRELLO_JSON),
        ('{"something": "else"}', None),
        ("only one column\n", None),
        ("", None),
    ],
)
def test_content_tells_the_format(text: str, kind: SourceKind | None) -> None:
    stream = io.BytesIO(text.encode())
    assert guess_kind(stream, name="export") is kind
    assert stream.tell() == 0


def test_a_workbook_and_a_calendar_are_told_by_their_first_bytes() -> None:
    assert guess_kind(io.BytesIO(b"PK\x03\x04rest"), name="x.csv") is SourceKind.XLSX
    assert is_calendar(io.BytesIO(b"\xef\xbb\xbfBEGIN:VCALENDAR\r\n"))
    assert not is_calendar(io.BytesIO(b"key,team\n"))


def test_utf_16_is_a_table_too() -> None:
    stream = io.BytesIO("key\tteam\tcreated\tdone\n".encode("utf-16"))
    assert guess_kind(stream, name="x.csv") is SourceKind.CSV


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("jira_duraspace_3teams.json.gz", SourceKind.JIRA_JSON),
        ("github_ietf_7teams.json.gz", SourceKind.GITHUB_JSON),
        ("plain_csv_agile_project_2teams.csv.gz", SourceKind.CSV),
        ("tawos_story_points_dated.csv.gz", SourceKind.CSV),
    ],
)
def test_real_exports_are_told(shared_dir: Path, name: str, kind: SourceKind) -> None:
    content = gzip.decompress((shared_dir / "roadmap_data" / name).read_bytes())
    assert guess_kind(io.BytesIO(content), name=name) is kind
