"""A power cut at any commit, file operation, rewrite or send: the same step again ends as if nothing had been."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from app import lifecycle
from app.extensions import Database
from app.installation import Installation
from app.lifecycle import Message
from surveys.enums import WaveStatus
from surveys.store import accounts
from surveys.store import waves as wave_store
from surveys.store.keys import KeyStore
from tests.support import journey
from tests.support.crashes import Fuse, PowerCut, fragile, fragile_sender
from tests.support.databases import KINDS, migrate
from tests.support.journey import OpenWave

pytestmark = pytest.mark.slow

STAGES = ("open", "mail", "close", "release")
FIVE: journey.Teams = {journey.ROOT: (None, 5)}
Outcome = tuple[object, ...]


class Bench:
    """Copies of one installation as it stands before each stage, made on demand."""

    def __init__(self, folder: Path, cluster: object | None) -> None:
        self.folder = folder
        self.cluster = cluster
        self.numbers = itertools.count()
        self.bases: dict[str, Installation] = {}
        self.made: list[str] = []
        self.expected: Outcome = ()

    def start(self) -> None:
        """Build a base for every stage by going through one whole wave."""
        inst = journey.installation(self.folder / "first", self._empty())
        migrate(inst.settings.sqlalchemy_url)
        journey.company(inst, FIVE)
        journey.plan_wave(inst)
        for stage in STAGES:
            self.bases[stage] = inst
            inst = self.copy(inst)
            walk(inst, (stage,))
            inst.database.dispose()
        for base in self.bases.values():
            base.database.dispose()
        self.expected = outcome(inst)
        inst.database.dispose()

    def copy(self, base: Installation) -> Installation:
        """Return an installation equal to a base."""
        base.database.dispose()
        home = self.folder / f"copy-{next(self.numbers)}"
        home.mkdir()
        shutil.copytree(base.settings.key_dir, home / "keys")
        settings = replace(base.settings, data_dir=home / "data", key_dir=home / "keys")
        settings.data_dir.mkdir()
        if self.cluster is None:
            shutil.copyfile(base.settings.data_dir / "barograph.db", settings.data_dir / "barograph.db")
        else:
            name = urlsplit(base.settings.database_url).path.lstrip("/")
            settings = replace(settings, database_url=self._empty(template=name))
        return Installation(settings=settings, database=Database(settings.sqlalchemy_url), keys=KeyStore(home / "keys"))

    def remove(self, inst: Installation) -> None:
        """Throw a copy away."""
        inst.database.dispose()
        shutil.rmtree(inst.settings.key_dir.parent)
        if self.cluster is not None:
            self.cluster.drop(urlsplit(inst.settings.database_url).path.lstrip("/"))  # type: ignore[attr-defined]

    def stop(self) -> None:
        for name in self.made:
            self.cluster.drop(name)  # type: ignore[attr-defined]

    def _empty(self, template: str | None = None) -> str:
        if self.cluster is None:
            return ""
        self.made.append(f"crash_{next(self.numbers)}")
        return str(self.cluster.create(self.made[-1], template=template))  # type: ignore[attr-defined]


@pytest.fixture(scope="module", params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    cluster = request.getfixturevalue("postgres_cluster") if request.param == "postgresql" else None
    made = Bench(tmp_path_factory.mktemp("crashes"), cluster)
    made.start()
    yield made
    made.stop()


def step(inst: Installation, stage: str, send: Callable[[Message], None]) -> None:
    """Do one stage of the wave as its job or command does; every function of it may be repeated."""
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, "pulse-1")
        status, times = row.status, (row.opens_at, row.closes_at, row.releases_at)
    if stage == "open" and status == WaveStatus.PLANNED:
        lifecycle.open_wave(inst, wave="pulse-1", now=times[0], actor="t")
    elif stage == "mail":
        lifecycle.send_mailing(inst, wave="pulse-1", kind="invitation", now=times[0], send=send)
    elif stage == "close":
        lifecycle.close_wave(inst, wave="pulse-1", now=times[1], actor="t")
    elif stage == "release":
        lifecycle.release_wave(inst, wave="pulse-1", now=times[2], actor="t")


def walk(inst: Installation, stages: tuple[str, ...]) -> None:
    """Do stages without a cut; people answer after the mailing."""
    for stage in stages:
        if stage == "close":
            with inst.database.reading() as session:
                is_open = wave_store.get_wave(session, "pulse-1").status == WaveStatus.OPEN
            if is_open:
                journey.cast_all(inst, journey.opened(inst, "pulse-1"), journey.varied())
        step(inst, stage, lambda _message: None)


def outcome(inst: Installation) -> Outcome:
    """What people can see of a finished wave, and that nothing else is left of it."""
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, "pulse-1")
        assert (row.status, row.is_none) == (WaveStatus.RELEASED, False)
        assert None not in {row.rewritten_at, row.key_destroyed_at}
        for table in ("ballot", "invitation", "delivery"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table  # noqa: S608 - names of our own
        assert accounts.broken_audit_number(session) is None
        events = Counter((event.action, event.at) for event in accounts.list_audit_events(session))
        figures = [
            sorted(map(str, session.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608 - names of our own
            for table in ("crowd_count", "crowd_total", "released_crowd", "released_cell", "ledger_entry", "mailing")
        ]
    assert [path.name for path in inst.settings.key_dir.iterdir()] == ["installation.key"]
    return events, figures


def operations(bench: Bench, stage: str, patch: pytest.MonkeyPatch) -> list[str]:
    """The operations of a stage, in their order."""
    fuse = Fuse()
    inst = bench.copy(bench.bases[stage])
    if stage == "close":
        journey.cast_all(inst, journey.opened(inst, "pulse-1"), journey.varied())
    with patch.context() as cut:
        worker = fragile(inst, fuse, cut)
        step(worker, stage, fragile_sender([], fuse))
        worker.database.dispose()
    bench.remove(inst)
    return fuse.names


def test_the_harness_sees_the_operations_of_every_stage(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {stage: operations(bench, stage, monkeypatch) for stage in STAGES}
    assert found == {
        "open": ["unlink", "write", "fsync", "rename", "fsync", "commit"],
        "mail": ["commit", *["send", "commit"] * 5, "commit"],
        "close": ["commit", "commit", "rewrite", "commit", "fsync", "fsync", "unlink", "fsync", "commit"],
        "release": ["commit"],
    }


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_cut_at_any_operation_is_healed_by_running_the_stage_again(
    bench: Bench, stage: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = operations(bench, stage, monkeypatch)
    for place in range(1, len(names) + 1):
        inst = bench.copy(bench.bases[stage])
        if stage == "close":
            journey.cast_all(inst, journey.opened(inst, "pulse-1"), journey.varied())
        box: list[Message] = []
        fuse = Fuse(place, after=after)
        with monkeypatch.context() as cut:
            worker = fragile(inst, fuse, cut)
            with pytest.raises(PowerCut):
                step(worker, stage, fragile_sender(box, fuse))
            worker.database.dispose()
        step(inst, stage, box.append)
        where = f"{stage}, cut {'after' if after else 'before'} operation {place}: {names[place - 1]}"
        if stage == "mail":
            check_box(box, journey.opened(inst, "pulse-1"), where)
        walk(inst, STAGES[STAGES.index(stage) + 1 :])
        assert outcome(inst) == bench.expected, where
        bench.remove(inst)


def check_box(box: list[Message], wave: OpenWave, where: str) -> None:
    """Everybody got the mailing, at most one of them twice, and then with the same link."""
    received = Counter(message.addressee.email for message in box)
    assert received.keys() == wave.codes.keys(), where
    assert sum(received.values()) - len(received) <= 1, where
    assert {(message.addressee.email, message.code) for message in box} == set(wave.codes.items()), where


def test_a_second_cut_during_the_repair_is_healed_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The close, cut again and again, each time one operation later, until it gets through."""
    inst = bench.copy(bench.bases["close"])
    journey.cast_all(inst, journey.opened(inst, "pulse-1"), journey.varied())
    for place in range(1, 20):
        fuse = Fuse(place)
        with monkeypatch.context() as cut:
            worker = fragile(inst, fuse, cut)
            try:
                step(worker, "close", lambda _message: None)
                break
            except PowerCut:
                continue
            finally:
                worker.database.dispose()
    else:
        pytest.fail("the close never got through")
    walk(inst, ("close", "release"))
    assert outcome(inst) == bench.expected
    bench.remove(inst)
