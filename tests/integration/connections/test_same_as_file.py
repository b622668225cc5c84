"""What a connection reads is what the export of the same issues reads: one reader, two ways in."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from surveys.importers.roadmap_jira import read_jira_json
from surveys.importers.roadmap_raw import RawItem, Reading
from surveys.services.connections.allowed import check_address, read_hosts
from surveys.services.connections.credentials import Credential
from surveys.services.connections.jira_cloud import JiraCloud
from surveys.services.connections.paged import PagedSource
from surveys.services.connections.tool import Settings
from tests.support import fake_jira
from tests.support.fake_jira import FakeJira

READING = Reading(source="jira", secret=b"s" * 32)
FIELD_IDS = {
    **{name: name for name in ("status", "priority", "duedate", "assignee")},
    "Fix Version": "fixVersions",
    "Component": "components",
    "Sprint": "customfield_10020",
}


def over_the_wire(jira: FakeJira, *projects: str) -> dict[str, RawItem]:
    source = PagedSource(
        check_address(fake_jira.SITE, read_hosts("example.atlassian.net")),
        Credential(token=fake_jira.TOKEN, email=fake_jira.EMAIL),
        headers={},
        transport=httpx.WSGITransport(app=jira.app()),
    )
    with source:
        tool = JiraCloud(source, Settings(projects=projects), READING)
        pages = tool.pages(since=None, cursor=None, known=lambda _wanted: frozenset())
        return {item.key: item for page in pages for item in page.items}


def from_file(issues: list[dict[str, Any]], names: dict[str, str]) -> dict[str, RawItem]:
    found = read_jira_json(io.BytesIO(json.dumps({"issues": issues, "names": names}).encode()), reading=READING)
    return {item.key: item for item in found.items()}


@pytest.mark.shared
def test_real_issues_are_the_same_by_file_and_by_connection(shared_dir: Path) -> None:
    data = json.loads(gzip.decompress((shared_dir / "roadmap_data" / "jira_duraspace_3teams.json.gz").read_bytes()))
    issues = data["issues"][::12]
    for issue in issues:
        for number, history in enumerate(issue["changelog"]["histories"]):
            history["id"] = str(number)
            for change in history["items"]:
                change["fieldId"] = FIELD_IDS.get(change["field"], change["field"])
    by_file = from_file(issues, {})
    wire = [{**issue, "changelog": issue["changelog"]["histories"]} for issue in issues]
    jira = FakeJira(wire, page=100, log_page=1000)
    projects = sorted({issue["fields"]["project"]["key"] for issue in issues})
    by_wire = over_the_wire(jira, *projects)
    assert len(by_wire) == len(issues) > 200
    assert by_wire == by_file
    assert sum(len(item.changes) for item in by_wire.values()) > 300
