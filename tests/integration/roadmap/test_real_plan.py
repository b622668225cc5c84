"""The Jira export of three open-source teams through the database: what is stored is what is computed from the file."""

import datetime as dt

import pytest

from reports.pressure.index import PressureIndex, index_of
from reports.pressure.indicators import weekly
from reports.services.pressure import compute_pressure
from reports.store.pressure import People, load_weeks
from surveys.importers.roadmap_formats import read_upload
from surveys.importers.roadmap_jira import read_jira
from surveys.importers.roadmap_map import read_map
from surveys.importers.roadmap_model import EventField, SourceKind, by_team
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_text import open_export
from surveys.services.roadmap import import_roadmap
from surveys.store.roadmap import load_facts

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
NOW = dt.datetime(2016, 1, 4, tzinfo=dt.UTC)


def test_the_stored_weeks_of_a_real_export_are_those_computed_from_it(database, shared_dir):
    path = shared_dir / "roadmap_data" / "jira_duraspace_3teams.json.gz"
    mapping = read_map(MAP.encode(), source="map")
    file = read_jira(path.read_bytes(), source="export", mapping=mapping, secret=b"s" * 32)
    reading = Reading(source="export", secret=b"s" * 32)
    with open_export(path, limit=1 << 30) as stream, database.transaction() as session:
        found = read_upload(SourceKind.JIRA_JSON, stream, reading=reading, mapping=mapping, zones={})
        account = import_roadmap(session, found, name="jira", file_sha256="0" * 64, now=NOW)
        (kept,) = load_facts(session)
        assert kept.items == file.items
        assert len(kept.events) == sum(event.field is not EventField.ASSIGNEE for event in file.events)
        assert compute_pressure(session, teams=dict.fromkeys(TEAMS, "UTC"), until=NOW.date()) > 900
    assert (account.items, account.plans) == (len(file.items), len(file.plans))
    with database.reading() as session:
        stored = load_weeks(session, TEAMS, first=dt.date.min, last=dt.date.max)
    shown = 0
    for team, (items, events) in by_team(file).items():
        direct = weekly(
            items,
            events,
            file.plans,
            weeks=sorted(stored[team]),
            zone=dt.UTC,
            coverage=(file.covered_from, file.covered_to),
        )
        for week in direct:
            record = stored[team][week.monday]
            assert (record.people is People.ENOUGH) is (week.people is not None and week.people >= 3)
            if record.figures is not None:
                assert record.figures.index == index_of(week)
                shown += isinstance(record.figures.index, PressureIndex)
    assert shown > 400
