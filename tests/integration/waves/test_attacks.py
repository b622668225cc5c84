"""Searches everything a counted wave left on the disk for anything that could give an answer back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from app import lifecycle
from app.extensions import Database
from app.installation import Installation
from reports.services import hr_export
from surveys.ballots import codes, sealing
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.models.ballots import Ballot
from surveys.store import waves as wave_store
from surveys.store.keys import KeyStore
from tests.support import journey
from tests.support.journey import OpenWave

PREFIX = 24
"""Bytes of a ciphertext that are looked for; it begins with a fresh public key of 32 bytes."""


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Byte strings that must not be found, by what they are."""

    ballots: dict[str, bytes]
    answers: dict[str, bytes]
    links: dict[str, bytes]
    wave_key: bytes


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An installation with what an attacker copied while the wave was open."""

    inst: Installation
    wave: OpenWave
    traces: Traces
    backup: Path


def traces_of(inst: Installation, wave: OpenWave, answers: dict[str, journey.Answers]) -> Traces:
    sealed: dict[str, bytes] = {}
    links: dict[str, bytes] = {}
    with inst.database.reading() as session:
        for row in session.scalars(select(Ballot)):
            sealed[f"ciphertext {row.nonce_hash.hex()[:8]}"] = row.ciphertext[:PREFIX]
            sealed[f"nonce hash {row.nonce_hash.hex()[:8]}"] = row.nonce_hash
            sealed[f"nonce hash as text {row.nonce_hash.hex()[:8]}"] = row.nonce_hash.hex().encode()
    for email, code in wave.codes.items():
        secret = codes.decode(code)
        links[f"code of {email}"] = code.encode()
        links[f"secret of {email}"] = secret
        links[f"hash of the code of {email}"] = codes.code_hash(secret).encode()
    plain = {"any answer": b'"answers":{', "any padded answer": b'"v":1}  '}
    for email, given in answers.items():
        text_of = json.dumps(dict(given), sort_keys=True, separators=(",", ":"))
        plain[f"answers of {email}"] = text_of.encode()
        plain[f"answers of {email}, spaced"] = json.dumps(dict(given)).encode()
    return Traces(
        ballots=sealed,
        answers=plain,
        links=links,
        wave_key=inst.keys.wave_key(wave.slug),
    )


def found(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    """Which of the wanted byte strings stand in any file below a folder."""
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            hits += [f"{name} in {path.name}" for name, needle in wanted.items() if needle in content]
    return hits


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """On SQLite: a wave with mailings, changed answers and a backup in the middle, still open."""
    inst = journey.installation(tmp_path_factory.mktemp("attack"))
    journey.company(inst)
    wave = journey.open_wave(inst)
    mail = inst.settings.data_dir / "mail"
    mail.mkdir()
    for message in journey.mail_wave(inst, wave):
        (mail / f"{message.addressee.email}.txt").write_text("Please answer.")
    journey.cast_all(inst, wave, journey.varied(shift=1))
    given = journey.cast_all(inst, wave, journey.varied())
    traces = traces_of(inst, wave, given)
    backup = tmp_path_factory.mktemp("backup")
    shutil.copytree(inst.settings.data_dir, backup / "data")  # the key folder is in no backup
    yield Scene(inst=inst, wave=wave, traces=traces, backup=backup)
    inst.database.dispose()


@pytest.fixture(scope="module")
def counted(scene: Scene) -> Scene:
    """The same after count and release, with exports beside the database; a reader kept its connection open."""
    scene.inst.database.engine.connect().close()
    journey.close_wave(scene.inst, scene.wave)
    journey.release_wave(scene.inst, scene.wave)
    for file_format in ("csv", "json"):
        with scene.inst.database.transaction() as session:
            files = hr_export.export_files(
                session, waves=None, language="en", file_format=file_format, actor="hr", now=scene.wave.releases_at
            )
        for name, content in files.items():
            (scene.inst.settings.data_dir / f"{file_format}-{name}").write_bytes(content)
    return scene


def test_the_open_wave_s_files_hold_ballots_and_links_but_no_readable_answer(scene: Scene) -> None:
    data = scene.backup / "data"
    hits = found(data, scene.traces.ballots)
    assert len({hit.split(" in ")[0] for hit in hits}) == 2 * len(scene.wave.codes)  # ciphertext and hash of each
    assert found(data, scene.traces.answers) == []
    assert found(data, {"wave key": scene.traces.wave_key, "as text": scene.traces.wave_key.hex().encode()}) == []
    assert any(hit.startswith("hash of the code") for hit in found(data, scene.traces.links))
    assert not any(hit.startswith(("code", "secret")) for hit in found(data, scene.traces.links))


def test_a_counted_wave_leaves_no_ballot_in_any_file(counted: Scene) -> None:
    names = {path.name for path in counted.inst.settings.data_dir.rglob("*")}
    assert {"barograph.db", "barograph.db-wal", "barograph.db-shm", "barograph.db.lock"} <= names
    assert found(counted.inst.settings.data_dir, counted.traces.ballots) == []


def test_a_counted_wave_leaves_no_answer_and_no_link_in_any_file(counted: Scene) -> None:
    assert found(counted.inst.settings.data_dir, counted.traces.answers) == []
    assert found(counted.inst.settings.data_dir, counted.traces.links) == []


def test_a_counted_wave_leaves_its_key_nowhere(counted: Scene) -> None:
    wanted = {"wave key": counted.traces.wave_key, "as text": counted.traces.wave_key.hex().encode()}
    assert found(counted.inst.settings.data_dir, wanted) == []
    assert found(counted.inst.keys.folder, wanted) == []


def test_the_search_would_find_what_it_looks_for(counted: Scene, tmp_path: Path) -> None:
    everything = {**counted.traces.ballots, **counted.traces.answers, **counted.traces.links}
    (tmp_path / "leak").write_bytes(b"\0".join(everything.values()) + counted.traces.wave_key)
    hits = found(tmp_path, everything | {"wave key": counted.traces.wave_key})
    assert len(hits) == len(everything) + 1


def test_a_backup_of_the_open_wave_cannot_be_counted_once_the_key_is_gone(counted: Scene, tmp_path: Path) -> None:
    shutil.copytree(counted.backup / "data", tmp_path / "data")
    settings = replace(counted.inst.settings, data_dir=tmp_path / "data")
    restored = replace(counted.inst, settings=settings, database=Database(settings.sqlalchemy_url))
    with restored.database.reading() as session:
        assert wave_store.get_wave(session, counted.wave.slug).status == WaveStatus.OPEN
    with pytest.raises(Refused, match="Without it nobody can open its ballots"):
        lifecycle.close_wave(restored, wave=counted.wave.slug, now=counted.wave.closes_at, actor="t")
    with restored.database.reading() as session:
        row = session.scalars(select(Ballot).limit(1)).one()
        opener = sealing.Opener(b"\1" * 32, wave_store.get_wave(session, counted.wave.slug).fingerprint or "")
        with pytest.raises(sealing.UnreadableBallot):
            opener.open(row.ciphertext, row.crowd)
    restored.database.dispose()


def test_every_page_of_the_log_is_ciphertext_answer_by_answer(tmp_path: Path) -> None:
    """The log is copied after each answer, as an attacker with a fast backup would."""
    inst = journey.installation(tmp_path)
    journey.company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    given: dict[str, journey.Answers] = {}
    log = inst.settings.data_dir / "barograph.db-wal"
    for email, code in wave.codes.items():
        answers = journey.varied()(email, wave.instrument)
        assert answers is not None
        given[email] = answers
        journey.cast(inst, code, answers, now=wave.opens_at)
        assert log.stat().st_size > 0
        assert found(inst.settings.data_dir, traces_of(inst, wave, given).answers) == []
    inst.database.dispose()


def test_all_ballots_are_equally_long_whatever_they_say(scene: Scene, tmp_path: Path) -> None:
    inst = journey.installation(tmp_path)
    journey.company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    for number, code in enumerate(wave.codes.values()):
        some = wave.instrument.item_codes[: number % 7]
        journey.cast(inst, code, dict.fromkeys(some, 1 + number % 5), now=wave.opens_at)
    with inst.database.reading() as session:
        assert {len(row) for row in session.scalars(select(Ballot.ciphertext))} == {2048 + 32 + 16}
    inst.database.dispose()


def test_the_rewrite_is_not_reported_while_a_reader_keeps_the_old_pages(tmp_path: Path) -> None:
    inst = journey.installation(tmp_path)
    journey.company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    given = journey.cast_all(inst, wave, journey.varied())
    traces = traces_of(inst, wave, given)
    inst.database.dispose()
    impatient = replace(inst, database=Database(inst.settings.sqlalchemy_url))

    @event.listens_for(impatient.database.engine, "connect")
    def hurry(connection: object, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")  # type: ignore[attr-defined]

    reader = Database(inst.settings.sqlalchemy_url)
    with reader.engine.connect() as held:
        held.execute(text("SELECT count(*) FROM ballot")).all()
        with pytest.raises(Refused, match="being read"):
            journey.close_wave(impatient, wave)
        with impatient.database.reading() as session:
            row = wave_store.get_wave(session, wave.slug)
            assert (row.status, row.rewritten_at, row.key_destroyed_at) == (WaveStatus.COUNTED, None, None)
        held.rollback()
    reader.dispose()
    journey.close_wave(impatient, wave)
    assert found(inst.settings.data_dir, traces.ballots) == []
    impatient.database.dispose()


@pytest.fixture(scope="module")
def postgres_scene(
    request: pytest.FixtureRequest, postgres_cluster: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Traces, Path, OpenWave]]:
    """On PostgreSQL: a wave counted and released; the server's own folder is what an attacker reads."""
    url = postgres_cluster.create("attack")  # type: ignore[attr-defined]
    inst = journey.installation(tmp_path_factory.mktemp("attack-pg"), url)
    journey.company(inst)
    wave = journey.open_wave(inst)
    given = journey.cast_all(inst, wave, journey.varied())
    traces = traces_of(inst, wave, given)
    journey.close_wave(inst, wave)
    journey.release_wave(inst, wave)
    with inst.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
        link.execute(text("CHECKPOINT"))
        folder = Path(str(link.scalar(text("SHOW data_directory"))))
    yield inst, traces, folder, wave
    inst.database.dispose()
    postgres_cluster.drop("attack")  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", ["ballot", "invitation", "delivery"])
def test_the_tables_files_on_postgresql_hold_neither_ballots_nor_links(
    postgres_scene: tuple[Installation, Traces, Path, OpenWave], table: str
) -> None:
    inst, traces, folder, _ = postgres_scene
    with inst.database.reading() as session:
        path = folder / str(session.scalar(text(f"SELECT pg_relation_filepath('{table}')")))
        toast = session.scalar(
            text(f"SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE relname = '{table}'")  # noqa: S608
        )
    for each in [path, *([folder / str(toast)] if toast else [])]:
        content = each.read_bytes()
        assert [name for name, needle in (traces.ballots | traces.links).items() if needle in content] == []


def test_no_file_of_the_server_holds_an_answer_or_the_wave_key(
    postgres_scene: tuple[Installation, Traces, Path, OpenWave],
) -> None:
    """Its log of changes may hold ciphertext; an answer or the key never."""
    inst, traces, folder, wave = postgres_scene
    assert found(folder, traces.answers | {"wave key": traces.wave_key}) == []
    assert found(inst.keys.folder, {"wave key": traces.wave_key}) == []
    assert not KeyStore(inst.keys.folder).has_wave_key(wave.slug)
