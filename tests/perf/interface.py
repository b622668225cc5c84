"""Writes an organisation of many teams straight into the released tables and prints what pages of the interface cost.

    python -m tests.perf.interface [--teams 10000] [--waves 52] [--full 7]

Every wave has its tree and its crowds; ``--full`` of them, the newest, have their cells too (a page looks into six
waves at most, so the others would only fill the disk). The auditors are not timed: they run once per wave and process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.extensions import Database
from app.schema import upgrade
from reports.models import Release, ReleasedCell, ReleasedCrowd
from reports.services import api_rows
from reports.services.api_pages import Page, Selection
from surveys.instruments.library import load
from surveys.instruments.schema import content_hash, document
from surveys.instruments.scoring import measures
from surveys.models.waves import InstrumentVersion, Programme, Wave, WaveUnit

START = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
FAN = 8
"""Teams under one unit, and units under the unit above."""


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=10_000)
    parser.add_argument("--waves", type=int, default=52)
    parser.add_argument("--full", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'interface.db'}")
        upgrade(database)
        started = time.perf_counter()
        parents = tree(arguments.teams)
        with database.transaction() as session:
            fill(session, parents, waves=arguments.waves, full=arguments.full)
        print(f"prepared {len(parents)} units x {arguments.waves} waves in {time.perf_counter() - started:.1f} s")
        measure(database, parents, waves=arguments.waves)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
        database.dispose()


def tree(teams: int) -> dict[str, str | None]:
    """Return parents by unit: ``teams`` leaves in groups of eight, groups in groups of eight, up to one root."""
    parents: dict[str, str | None] = {}
    level, names = 0, [f"t{number:05}" for number in range(teams)]
    while len(names) > 1:
        level += 1
        above = [f"u{level}-{number:04}" for number in range(-(-len(names) // FAN))]
        parents |= {name: above[place // FAN] for place, name in enumerate(names)}
        names = above
    return {**parents, names[0]: None}


def fill(session: Session, parents: dict[str, str | None], *, waves: int, full: int) -> None:
    """Write programme, waves, trees, crowds and cells."""
    instrument = load("pulse-1")
    sha256 = content_hash(instrument)
    session.add(InstrumentVersion(sha256=sha256, code="pulse-1", document=document(instrument)))
    session.add(
        Programme(
            slug="pulse", name="Pulse", organisation="Example", audience="root", starts_on=START.date(), timezone="UTC",
            rrule="", opens_time="09:00", instruments=[], mode="promise", k=5, retention_days=400, open_days=7,
            release_delay_hours=24, languages=["en"],
        )
    )  # fmt: skip
    session.flush()
    teams = [unit for unit in parents if unit.startswith("t")]
    codes = [each.code for each in measures(instrument)]
    for number in range(1, waves + 1):
        slug, at = f"pulse-{number}", START + dt.timedelta(weeks=number)
        session.add(
            Wave(
                slug=slug, programme_slug="pulse", number=number, status="released", mode="promise", k=5,
                instrument_sha256=sha256, opens_at=at, closes_at=at, releases_at=at, released_at=at, fingerprint=slug,
            )
        )  # fmt: skip
        session.flush()
        session.add(Release(wave=slug, released_at=at, policy_version="2", audit={}, sha256=slug))
        session.flush()
        session.execute(insert(WaveUnit), [_unit(slug, unit, parent) for unit, parent in parents.items()])
        session.execute(insert(ReleasedCrowd), [_crowd(slug, team) for team in teams])
        if number > waves - full:
            session.execute(
                insert(ReleasedCell),
                [
                    {"wave": slug, "crowd": team, "measure": code, "cell": _cell(place + number)}
                    for place, team in enumerate(teams)
                    for code in codes
                ],
            )


def measure(database: Database, parents: dict[str, str | None], *, waves: int) -> None:
    """Print the time of single pages."""
    last, root = f"pulse-{waves}", next(unit for unit, parent in parents.items() if parent is None)
    full = Selection(language="en", limit=200)
    asked = {
        "cells, first page": (api_rows.read_cells, full),
        "cells, middle of the last wave": (
            api_rows.read_cells, Selection(language="en", limit=200, after=(last, "t05000", "")),
        ),
        "cells, 1000 rows": (api_rows.read_cells, Selection(language="en", limit=1000, wave=last)),
        "cells of one team": (api_rows.read_cells, Selection(language="en", limit=200, unit="t05000")),
        "cells of the root": (api_rows.read_cells, Selection(language="en", limit=200, unit=root)),
        "cells of one scale": (api_rows.read_cells, Selection(language="en", limit=200, wave=last, scale="workload")),
        "totals, first page": (api_rows.read_totals, Selection(language="en", limit=200, wave=last)),
        "totals, page with the root": (
            api_rows.read_totals, Selection(language="en", limit=200, after=(last, root, "")),
        ),
        "bridge, last page": (api_rows.read_bridge, Selection(language="en", limit=200, after=(last, root, ""))),
        "units": (api_rows.read_units, Selection(language="en", limit=200, wave=last)),
        "crowds": (api_rows.read_crowds, Selection(language="en", limit=200, wave=last)),
        "waves": (api_rows.read_waves, full),
        "measures": (api_rows.read_measures, full),
    }  # fmt: skip
    for name, (read, selection) in asked.items():
        seconds, page = _timed(database, read, selection)
        print(f"{name}: {seconds * 1000:.0f} ms, {len(page.rows)} rows")


def _timed(database: Database, read, selection: Selection) -> tuple[float, Page]:  # type: ignore[no-untyped-def]
    best, page = float("inf"), Page(rows=(), after=None)
    for _ in range(3):
        started = time.process_time()  # other programs on the machine do not count
        with database.reading() as session:
            page = read(session, selection)
        best = min(best, time.process_time() - started)
    return best, page


def _unit(wave: str, unit: str, parent: str | None) -> dict[str, object]:
    return {
        "wave": wave, "unit": unit, "parent": parent, "name": f"Team {unit}", "leader_name": "", "timezone": "UTC",
        "crowd": unit if unit.startswith("t") else "", "invited": 9, "joined": 0, "left_count": 0,
    }  # fmt: skip


def _crowd(wave: str, team: str) -> dict[str, object]:
    return {
        "wave": wave, "crowd": team, "home": team, "units": [team], "invited": 9, "response": "half_or_more",
        "n_low": 5, "n_high": 9, "is_whole_company": False, "hidden_from": [],
    }  # fmt: skip


def _cell(number: int) -> dict[str, object]:
    value = round(2 + number % 12 * 0.2, 1)
    return {
        "value": value, "qualifier": "exact", "low": value - 0.1, "high": value + 0.1, "step": 0.2,
        "rounding_variance": 0.0033, "n": [5, 7], "favourable": [0.0, 0.5],
    }  # fmt: skip


if __name__ == "__main__":
    main()
