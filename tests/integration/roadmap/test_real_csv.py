"""The public CSV files through maps that name their columns: every row is an item, and sums are refused in words."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from pathlib import Path

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_csv import read_template
from surveys.importers.roadmap_map import read_map
from surveys.importers.roadmap_mapping import RoadmapStream, map_raw
from surveys.importers.roadmap_raw import Reading

pytestmark = pytest.mark.shared

TWO_TEAMS = """
[[team]]
team = "one"
project = "0"

[[team]]
team = "two"
project = "1"

[columns]
key = "id"
project = "project"
created = "created_date"
done = "finished_date"
"""
TEN_SITES = """
[[team]]
team = "one"
any = true

[columns]
key = "id"
created = "created"
updated = "updated"
done = "resolutiondate"
due = "duedate"
kind = "issue_name"
project = "project_name"
assignee = "assignee_id"
"""
POINTS = """
[[team]]
team = "one"
any = true

[status]
done = ["Complete", "Accepted", "Invalid", "Won't Fix"]

[columns]
key = "Issue_Key"
project = "Project_Key"
created = "Creation_Date"
done = "Resolution_Date"
kind = "Type"
size = "Story_Point"
"""


def bring_in(folder: Path, name: str, toml: str = "") -> RoadmapStream:
    mapping = read_map(toml.encode(), source="map.toml")
    stream = io.BytesIO(gzip.decompress((folder / "roadmap_data" / name).read_bytes()))
    raw = read_template(stream, reading=mapping.reading(Reading(source=name, secret=b"s" * 32)))
    return map_raw(raw, mapping, teams=("one", "two"), source=name)


def kinds(found: RoadmapStream) -> Counter[str]:
    return Counter(problem.reason.text for problem in found.problems)


def test_a_plain_export_of_two_teams_with_ends_a_day_too_early_is_read_whole(shared_dir: Path) -> None:
    found = bring_in(shared_dir, "plain_csv_agile_project_2teams.csv.gz", TWO_TEAMS)
    items = [item for item, _ in found.items()]
    assert (found.counts.items, found.counts.unmapped) == (4123, 0)
    assert (found.covered_from.isoformat(), found.covered_to.isoformat()) == ("2012-04-25", "2019-08-08")
    assert all(item.done_at is None or item.done_at >= item.created_at for item in items)
    more = next(problem for problem in found.problems if "more like" in problem.reason.text)
    assert more.reason.params == {"count": 1642}  # 20 are listed: 1,662 of 4,123 rows, the 40 % of the notes
    assert sum(kinds(found).values()) == 22


def test_issues_of_ten_sites_keep_numbers_that_two_sites_share(shared_dir: Path) -> None:
    found = bring_in(shared_dir, "public_jira_10hosts.csv.gz", TEN_SITES)
    items = {item.key: item for item, _ in found.items()}
    assert len(items) == 2480
    assert {"Application Links/30416", "Jira Server and Data Center/30416"} < set(items)
    assert sum(item.due is not None for item in items.values()) == 128
    assert {item.offset for item in items.values()} >= {0, -300, -360}


def test_thirty_seven_thousand_items_with_points_are_read(shared_dir: Path) -> None:
    found = bring_in(shared_dir, "tawos_story_points_dated.csv.gz", POINTS)
    items = [item for item, _ in found.items()]
    assert len(items) == 37_004
    assert all(item.size is not None for item in items)
    assert kinds(found) == {
        "{key} is resolved but its status is not a done one; it counts as done.": 2,
        "{key} is done without a time or an update; its creation stands in.": 2,
        "The file has no history. The index reads low and can only be compared with itself.": 1,
    }


@pytest.mark.parametrize(
    "name",
    [
        "sprints_tse2017_176boards.csv.gz",
        "team_week_duraspace.csv.gz",
        "team_week_ietf.csv.gz",
        "team_week_openstack.csv.gz",
    ],
)
def test_files_of_sums_are_refused_with_what_is_missing(name: str, shared_dir: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        bring_in(shared_dir, name)
    first, *others = [str(problem) for problem in refused.value.problems]
    assert first.startswith(f"{name}:1: The file names no work items: no column is called key.")
    assert f"{name}:1: The column key is missing." in others
