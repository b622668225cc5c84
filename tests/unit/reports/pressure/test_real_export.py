"""Compares the indicators of three real open-source teams with the weekly figures of the research prototype.

Reference: ``team_week_duraspace.csv.gz`` (prototype, items not points, U without the "no plan" clause), computed from
the Jira export published with Choetkiertikul et al., ASE 2015. What differs and why stands in docs/roadmap.md.
"""

import csv
import datetime as dt
import gzip
from collections import defaultdict

import pytest
from scipy.stats import spearmanr

from reports.pressure.anchors import Indicator
from reports.pressure.index import PressureIndex, index_of
from reports.pressure.indicators import weekly
from reports.pressure.values import Measured
from surveys.importers.roadmap_jira import read_jira
from surveys.importers.roadmap_map import read_map
from surveys.importers.roadmap_model import by_team

pytestmark = [pytest.mark.shared, pytest.mark.slow]

TEAMS = ("DURACLOUD", "FCREPO", "ISLANDORA")
MAP = (
    "".join(f'[[team]]\nteam = "{team}"\nproject = "{team}"\n' for team in TEAMS)
    + """
[status]
todo = ["Received", "Open"]
doing = ["In Progress", "In Review", "Reopened"]
done = ["Resolved", "Closed"]
[points]
field = "customfield_10023"
[priorities]
order = ["Blocker", "Critical", "Major", "Minor", "Trivial"]
"""
)
COUNTS = {"open": "open", "done": "done", "created": "created", "in_work": "wip", "dated": "dated_open"}
AGREEMENT = {
    # indicator: (column, weeks in both, least rank correlation, least share within 0.001)
    "R": ("R_required_rate", 564, 0.99, 0.87),
    "L": ("L_load", 564, 0.81, 0.49),
    "C": ("C_scope_churn", 650, 0.95, 0.80),
    "U": ("U_unplanned", 367, 0.99, 0.98),
    "V": ("V_volatility", 702, 0.99, 0.99),
    "W": ("W_wip", 541, 0.99, 0.97),
    "P": ("P_top_priority", 673, 0.91, 0.84),
}


@pytest.fixture(scope="module")
def reference(shared_dir):
    rows = defaultdict(dict)
    with gzip.open(shared_dir / "roadmap_data" / "team_week_duraspace.csv.gz", "rt") as stream:
        for row in csv.DictReader(stream):
            rows[row["team"]][dt.date.fromisoformat(row["week"])] = row
    return rows


@pytest.fixture(scope="module")
def roadmap(shared_dir):
    data = (shared_dir / "roadmap_data" / "jira_duraspace_3teams.json.gz").read_bytes()
    return read_jira(data, source="jira", mapping=read_map(MAP.encode(), source="map"), secret=b"k" * 32)


@pytest.fixture(scope="module")
def found(roadmap, reference):
    return {
        team: {
            week.monday: week
            for week in weekly(
                *by_team(roadmap)[team],
                roadmap.plans,
                weeks=list(weeks),
                zone=dt.UTC,
                coverage=(roadmap.covered_from, roadmap.covered_to),
                history=roadmap.history,
                points=False,
                plan_clause=False,
            )
        }
        for team, weeks in reference.items()
    }


def pairs(found, reference, column, read):
    """Yield (ours, theirs) of every week in which both have a value."""
    for team, weeks in reference.items():
        for monday, row in weeks.items():
            ours = read(found[team][monday])
            if row[column] != "" and ours is not None:
                yield ours, float(row[column])


def test_the_whole_export_is_read_and_every_item_has_its_team(roadmap):
    assert len(roadmap.items) == 2739
    assert roadmap.unmapped == 0
    assert roadmap.covered_from == dt.date(2007, 2, 9)
    assert sum(plan.due is not None for plan in roadmap.plans) == 60


@pytest.mark.parametrize("name", COUNTS)
def test_counts_agree_in_every_one_of_702_team_weeks(found, reference, name):
    both = list(pairs(found, reference, COUNTS[name], lambda week: getattr(week, name)))
    assert len(both) == 702
    assert [ours for ours, _ in both] == [theirs for _, theirs in both]


def test_the_capacity_agrees_in_every_week_that_has_one(found, reference):
    both = list(pairs(found, reference, "capacity", lambda week: week.capacity))
    assert len(both) == 564
    assert all(abs(ours - theirs) < 1e-3 for ours, theirs in both)


@pytest.mark.parametrize("name", AGREEMENT)
def test_an_indicator_agrees_with_the_prototype_as_far_as_the_documentation_says(found, reference, name):
    column, count, rank, share = AGREEMENT[name]

    def read(week):
        value = week.values[Indicator(name)]
        return value.value if isinstance(value, Measured) else None

    both = list(pairs(found, reference, column, read))
    assert len(both) == count
    assert spearmanr(both).statistic >= rank
    assert sum(abs(ours - theirs) < 1e-3 for ours, theirs in both) >= share * count


def test_the_index_agrees_with_the_prototype_as_far_as_the_documentation_says(found, reference):
    def read(week):
        index = index_of(week)
        return index.value if isinstance(index, PressureIndex) else None

    both = list(pairs(found, reference, "index", read))
    assert len(both) == 562
    assert spearmanr(both).statistic >= 0.95
    assert sum(abs(ours - theirs) < 5 for ours, theirs in both) >= 0.80 * 562


def test_an_index_exists_in_exactly_the_weeks_in_which_the_prototype_has_one(found, reference):
    for team, weeks in reference.items():
        ours = {monday for monday, week in found[team].items() if isinstance(index_of(week), PressureIndex)}
        assert ours == {monday for monday, row in weeks.items() if row["index"] != ""}
