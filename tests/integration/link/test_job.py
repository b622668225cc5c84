"""The job of the link: due after a release and after new delivery data, and never where there are none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app.installation import Installation
from app.jobs.due import due_jobs
from app.jobs.perform import DONE, Context, perform
from reports.models import LinkResult
from reports.services import link
from surveys.models.roadmap import RoadmapSource
from tests.support import journey
from tests.support.filled import World, fill
from tests.support.linked import fill_linked

NOW = journey.START + dt.timedelta(days=300)


@pytest.fixture
def inst(tmp_path: Path, sqlite_url: str) -> Iterator[Installation]:
    made = journey.installation(tmp_path, sqlite_url)
    yield made
    made.database.dispose()


def due(inst: Installation) -> list[str]:
    with inst.database.reading() as session:
        return [job.id for job in due_jobs(session, NOW) if job.kind == "link"]


def do(inst: Installation) -> str:
    return perform(Context(inst=inst, clock=lambda: NOW, make_report=None), "link", "pulse-3", "")


def test_it_is_done_once_for_each_state_of_the_data_and_version_of_the_methods(inst: Installation) -> None:
    fill_linked(inst, World(teams=6, waves=3, scales=2), slope=0.5)
    assert due(inst) == ["link:pulse-3"]
    assert do(inst) == DONE
    assert due(inst) == []
    with inst.database.transaction() as session:
        session.execute(update(LinkResult).values(method_version="0"))
    assert due(inst) == ["link:pulse-3"]
    assert do(inst) == DONE
    with inst.database.transaction() as session:
        session.add(
            RoadmapSource(
                name="plan", kind="csv", covered_from=journey.FIRST_DAY, covered_to=NOW.date(), history=[],
                people="none", file_sha256="", imported_at=NOW, account={},
            )
        )  # fmt: skip
    assert due(inst) == ["link:pulse-3"]
    assert do(inst) == DONE
    assert due(inst) == []


def test_a_crash_before_the_end_leaves_it_due(inst: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_linked(inst, World(teams=6, waves=3, scales=2), slope=0.5)

    def broken(*_args: object, **_values: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(link.store, "replace_link", broken)
        with pytest.raises(RuntimeError):
            do(inst)
    assert due(inst) == ["link:pulse-3"]
    assert do(inst) == DONE


def test_nothing_is_due_without_delivery_data(inst: Installation) -> None:
    fill(inst, World(teams=6, waves=3, scales=2))
    assert due(inst) == []
