"""The job that analyses a release: due until it is done by today's methods, and harmless where nothing was released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app.installation import Installation
from app.jobs.due import due_jobs
from app.jobs.perform import DONE, Context, perform
from reports.models import Analysis
from reports.services import analysis_view
from surveys.i18n import translator
from tests.support import journey
from tests.support.filled import World, fill

NOW = journey.START + dt.timedelta(days=300)


@pytest.fixture
def inst(tmp_path: Path, sqlite_url: str) -> Iterator[Installation]:
    made = journey.installation(tmp_path, sqlite_url)
    yield made
    made.database.dispose()


def analyses(inst: Installation) -> list[str]:
    with inst.database.reading() as session:
        return [job.id for job in due_jobs(session, NOW) if job.kind == "analyse"]


def context(inst: Installation) -> Context:
    return Context(inst=inst, clock=lambda: NOW, make_report=None)


def test_the_latest_release_is_analysed_once_for_each_version_of_the_methods(inst: Installation) -> None:
    fill(inst, World(teams=6, waves=3, scales=2))
    assert analyses(inst) == ["analyse:pulse-3"]
    assert perform(context(inst), "analyse", "pulse-3", "") == DONE
    assert analyses(inst) == []
    with inst.database.transaction() as session:
        session.execute(update(Analysis).values(method_version="0"))
    assert analyses(inst) == ["analyse:pulse-3"]


def test_a_real_release_is_analysed(inst: Installation) -> None:
    journey.company(inst)
    held = journey.hold_wave(inst, journey.varied())
    assert analyses(inst) == [f"analyse:{held.wave.slug}"]
    perform(context(inst), "analyse", held.wave.slug, "")
    with inst.database.reading() as session:
        found = analysis_view.load_analysis(session, held.wave.slug)
        assert found is not None
        lines = analysis_view.list_lines(
            session,
            found,
            analysis_view.list_units(session, found, scale=None, shown="all"),
            scales=tuple(found.scales.values()),
            tr=translator("en"),
        )
    assert lines
    assert {cell.chip for line in lines for cell in line.cells if cell} == {"Too early to tell"}


def test_a_wave_released_as_none_has_nothing_to_find_and_breaks_nothing(inst: Installation) -> None:
    journey.company(inst)
    few = [journey.member("ant", 1), journey.member("bee", 1)]
    held = journey.hold_wave(inst, journey.only(few))
    assert analyses(inst) == []
    perform(context(inst), "analyse", held.wave.slug, "")
    with inst.database.reading() as session:
        found = analysis_view.load_analysis(session, held.wave.slug)
        assert found is not None
        assert analysis_view.list_units(session, found, scale=None, shown="all") == []
        assert found.overview(translator("en")).summary
