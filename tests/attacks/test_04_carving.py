"""Attack 4: carve deleted rows, free pages, dead tuples and remnants of the log for known answers after the close."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from app.extensions import Database
from app.installation import Installation
from surveys.ballots import sealing
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.models.ballots import Ballot
from surveys.store import waves as wave_store
from tests.attacks import account, weak
from tests.attacks.evidence import Evidence
from tests.attacks.people import any_answer_needles, distinct_answers, sealed_company
from tests.attacks.tools import carve, carve_folder
from tests.support import journey

TABLES = ("ballot", "invitation", "paper", "delivery")


def database_files(inst: Installation, tables: tuple[str, ...] = TABLES) -> dict[str, bytes]:
    """Return the files that hold or held the rows of these tables, with indexes and overflow tables, by name."""
    if inst.database.is_sqlite:
        folder = Path(inst.database.engine.url.database or "").parent
        return {path.name: path.read_bytes() for path in folder.glob("barograph.db*")} or {
            path.name: path.read_bytes() for path in [Path(inst.database.engine.url.database or "")]
        }
    query = text(
        "WITH own AS (SELECT oid, relname, reltoastrelid FROM pg_class WHERE relname = ANY(:tables)) "
        "SELECT relname, pg_relation_filepath(oid) FROM own UNION "
        "SELECT relname || ' overflow', pg_relation_filepath(reltoastrelid) FROM own WHERE reltoastrelid <> 0 UNION "
        "SELECT relname || ' index', pg_relation_filepath(indexrelid) FROM own JOIN pg_index ON indrelid = oid"
    )
    with inst.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
        link.execute(text("CHECKPOINT"))
        folder = Path(str(link.scalar(text("SHOW data_directory"))))
        return {row[0]: (folder / row[1]).read_bytes() for row in link.execute(query, {"tables": list(tables)})}


def places(hits: list[str]) -> str:
    return ", ".join(sorted({hit.rpartition(" in ")[2] for hit in hits}))


def carved(files: dict[str, bytes], needles: dict[str, bytes]) -> list[str]:
    return [f"{name} in {file}" for file, content in files.items() for name in carve(content, needles)]


def test_weakened_deleting_without_a_rewrite_leaves_readable_answers(
    inst: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are gone for SQL, and for nobody who reads the file."""
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    people = weak.list_invited(inst.database, wave.slug)
    answers = distinct_answers(list(people), wave.instrument.item_codes)
    for email, person in people.items():
        weak.drop_in(inst.database, wave.slug, person, weak.readable(answers[email]))
    monkeypatch.setattr(inst.database, "rewrite", lambda _tables: None)
    journey.close_wave(inst, wave)
    with inst.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM ballot")) == 0
    folder = Path(inst.database.engine.url.database or "").parent
    files = (
        {path.name: path.read_bytes() for path in folder.glob(f"{Path(inst.database.engine.url.database or '').name}*")}
        if inst.database.is_sqlite
        else database_files(inst)
    )
    found = carved(files, any_answer_needles())
    account.weakened("04 carving", f"{inst.database.engine.name}, no rewrite: readable answers in {places(found)}")
    assert any(hit.startswith("any answer") for hit in found)


def test_the_files_of_the_open_wave_hold_ciphertext_and_nothing_readable(evidence: Evidence) -> None:
    if evidence.is_sqlite:
        files = {path.name: path.read_bytes() for path in evidence.open_files.glob("barograph.db*")}
        ciphertexts = {name: needle for name, needle in evidence.ballot_needles.items() if name.startswith("cipher")}
        assert len({hit.split(" in ")[0] for hit in carved(files, ciphertexts)}) == len(evidence.voted)
        assert carved(files, evidence.answer_needles | evidence.key_needles) == []
    assert carve_folder(evidence.open_files, evidence.answer_needles | evidence.key_needles) == []


def test_no_nonce_and_no_token_is_ever_stored(evidence: Evidence) -> None:
    secrets = {name: needle for name, needle in evidence.ballot_needles.items() if not name.startswith("cipher")}
    assert len(secrets) > 2 * len(evidence.voted)
    assert carve_folder(evidence.open_files, secrets) == []
    assert carve(evidence.base + evidence.log, secrets) == []


def test_the_closed_files_hold_no_ballot_no_answer_and_no_link(evidence: Evidence) -> None:
    files = database_files(evidence.inst)
    assert any(files.values()) or not evidence.is_sqlite
    wanted = evidence.ballot_needles | evidence.answer_needles | evidence.link_needles | evidence.key_needles
    hits = carved(files, wanted)
    account.product("04 carving", f"{evidence.kind}, closed: {len(hits)} of {len(wanted)} byte strings found")
    assert hits == []


def test_the_whole_closed_data_folder_holds_no_ballot_and_no_answer(evidence: Evidence) -> None:
    """Every file, also mails and locks; mails keep links, which open nothing any more."""
    folder = evidence.inst.settings.data_dir
    assert {".eml", ".csv", ".json"} <= {path.suffix for path in folder.rglob("*")}
    assert carve_folder(folder, evidence.ballot_needles | evidence.answer_needles | evidence.key_needles) == []


def test_the_search_would_find_what_it_looks_for(evidence: Evidence, tmp_path: Path) -> None:
    everything = evidence.ballot_needles | evidence.answer_needles | evidence.link_needles | evidence.key_needles
    (tmp_path / "leak").write_bytes(b"\0".join(everything.values()))
    assert len(carve_folder(tmp_path, everything)) == len(everything)


def test_all_stored_ballots_are_equally_long(evidence: Evidence) -> None:
    assert {len(ballot.what) for ballot in evidence.ballots} == {sealing.sealed_length(has_second_lock=False)}


def test_the_rewrite_is_not_reported_while_a_reader_keeps_the_old_pages(tmp_path: Path) -> None:
    """An attacker who only holds a reader open can delay the end of a wave, but not make it claim more than is true."""
    inst = journey.installation(tmp_path)
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    given = journey.cast_all(inst, wave, journey.varied())
    with inst.database.reading() as session:
        ciphertexts = {row.nonce_hash.hex(): row.ciphertext[:24] for row in session.scalars(select(Ballot))}
    assert len(ciphertexts) == len(given)
    inst.database.dispose()

    @event.listens_for(inst.database.engine, "connect")
    def hurry(connection: object, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")  # type: ignore[attr-defined]

    reader = Database(inst.settings.sqlalchemy_url)
    with reader.engine.connect() as held:
        held.execute(text("SELECT count(*) FROM ballot")).all()
        with pytest.raises(Refused, match="being read"):
            journey.close_wave(inst, wave)
        with inst.database.reading() as session:
            row = wave_store.get_wave(session, wave.slug)
            assert (row.status, row.rewritten_at, row.key_destroyed_at) == (WaveStatus.COUNTED, None, None)
        held.rollback()
    reader.dispose()
    journey.close_wave(inst, wave)
    assert carve_folder(inst.settings.data_dir, ciphertexts) == []
    inst.database.dispose()
