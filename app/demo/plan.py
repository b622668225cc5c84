"""Turns the sample roadmap files into stored delivery data and weekly pressure, as a steward's import does."""

from __future__ import annotations

import datetime as dt
import hashlib
from zoneinfo import ZoneInfo

from app.demo.folder import Places
from app.demo.organisation import TIMEZONE, Organisation
from app.installation import Installation
from reports.services.pressure import compute_pressure
from surveys.importers.roadmap_csv import read_csv
from surveys.importers.roadmap_map import read_map
from surveys.services.roadmap import RoadmapImportAccount, import_roadmap

SOURCE = "roadmap"


def import_plan(
    inst: Installation, organisation: Organisation, *, places: Places, now: dt.datetime
) -> RoadmapImportAccount:
    """Import the items and their history, and compute the weekly pressure of every team."""
    items = (places.samples / "roadmap.csv").read_bytes()
    past = (places.samples / "roadmap-history.csv").read_bytes()
    teams = [team.key for team in organisation.teams]
    mapping = read_map((places.samples / "roadmap-map.toml").read_bytes(), source="roadmap-map.toml", teams=teams)
    file = read_csv(
        items,
        source="roadmap.csv",
        secret=inst.keys.installation_key(),
        teams=teams,
        mapping=mapping,
        zones=dict.fromkeys(teams, ZoneInfo(TIMEZONE)),
        history=("roadmap-history.csv", past),
    )
    with inst.database.transaction() as session:
        account = import_roadmap(
            session, file, name=SOURCE, file_sha256=hashlib.sha256(items + past).hexdigest(), now=now
        )
    with inst.database.transaction() as session:
        compute_pressure(session, teams=dict.fromkeys(teams, TIMEZONE), until=file.covered_to)
    return account
