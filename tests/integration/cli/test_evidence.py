"""The command that writes and checks the evidence of a wave; a check needs no installation."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.cli.main import main
from reports.exports import evidence_file
from tests.integration.cli.conftest import Shell
from tests.support import journey


@pytest.fixture
def held(shell: Shell) -> Shell:
    """An installation with one released wave."""
    inst = journey.installation(shell.folder, shell.environment["BAROGRAPH_DATABASE_URL"])
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    inst.database.dispose()
    return shell


def change(shell: Shell, statement: str) -> None:
    inst = journey.installation(shell.folder, shell.environment["BAROGRAPH_DATABASE_URL"])
    with inst.database.transaction() as session:
        session.execute(text(statement))
    inst.database.dispose()


def alone(*words: object) -> Result:
    """Run the command on a machine that has no installation."""
    nowhere = {
        "BAROGRAPH_DATA_DIR": "/nowhere/data",
        "BAROGRAPH_KEY_DIR": "/nowhere/keys",
        "BAROGRAPH_DATABASE_URL": "",
    }
    return CliRunner().invoke(main, [str(word) for word in words], env={**nowhere, "BAROGRAPH_LANGUAGE": "en"})


def changed(path: Path, name: str, old: bytes, new: bytes, *, with_sums: bool) -> Path:
    """A copy of an evidence file in which one file says something else, its checksums put right or not."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    target = path.with_name("changed.zip")
    if with_sums:
        del files["SHA256SUMS"]
        target.write_bytes(evidence_file.pack(files))
    else:
        with zipfile.ZipFile(target, "w") as archive:
            for each, content in files.items():
                archive.writestr(each, content)
    return target


def test_the_file_is_written_once_and_checks_anywhere(held: Shell, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    said = held.ok("wave", "evidence", "pulse-1", "--out", path)
    assert "The evidence of wave pulse-1 is in" in said
    assert "WRONG" not in said
    assert "exists already" in held.refused("wave", "evidence", "pulse-1", "--out", path)
    checked = alone("wave", "evidence", "--check", path)
    assert checked.exit_code == 0, checked.output
    for part in ("Evidence of wave pulse-1.", "In words:", "right: Every file fits its checksum.",
                 "right: The key of the ballots was destroyed on"):  # fmt: skip
        assert part in checked.stdout
    told = json.loads(alone("wave", "evidence", "--check", path, "--json").stdout)
    assert (told["wave"], told["passed"], len(told["fingerprint"])) == ("pulse-1", True, 64)
    again = tmp_path / "again.zip"
    held.ok("wave", "evidence", "pulse-1", "--out", again)
    assert again.read_bytes() == path.read_bytes()
    assert alone("wave", "evidence", "--check", again, "--against", path).exit_code == 0


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE ledger_entry SET actor = 'eve' WHERE number = 1", "chain of the ledger is broken at row 1"),
        ("UPDATE audit_event SET actor = 'eve' WHERE number = 2", "chain of the log is broken at row 2"),
        ("UPDATE wave SET manifest = manifest || ' '", "chain of manifests is broken at: pulse-1"),
    ],
)
def test_what_was_tampered_with_is_written_told_and_found_again(
    held: Shell, tmp_path: Path, statement: str, sentence: str
) -> None:
    change(held, statement)
    path = tmp_path / "evidence.zip"
    result = held.run("wave", "evidence", "pulse-1", "--out", path)
    assert result.exit_code == 1
    assert sentence in result.stdout
    assert "does not hold together" in result.stderr
    checked = alone("wave", "evidence", "--check", path)
    assert checked.exit_code == 1
    assert f"WRONG: The {sentence}" in checked.stdout


@pytest.mark.parametrize("with_sums", [True, False])
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("ledger.json", b'"actor": "test"', b'"actor": "nobody"'),
        ("ledger.json", b'"cells": ', b'"cells": 1'),
        ("events.json", b'"none": false', b'"none": true'),
        ("events.json", b'"action": "wave.key-destroyed"', b'"action": "wave.key-kept"'),
        ("events-chain.txt", b"\n3 ", b"\n3 0"),
        ("ledger-chain.txt", b"1 ", b"2 "),
        ("manifests/pulse-1.json", b'"k":5', b'"k":6'),
        ("manifests.json", b'"wave": "pulse-1"', b'"wave": "pulse-2"'),
        ("evidence.json", b'"k": 5', b'"k": 9'),
        ("evidence.json", b'"status": "released"', b'"status": "open"'),
        ("evidence.json", b'"status": "released"', b'"status": "withdrawn"'),
        ("evidence.json", b'"first_broken": null', b'"first_broken": 1'),
        ("release.json", b'"sha256": "', b'"sha256": "0'),
        ("audit.json", b'"passed": true', b'"passed": false'),
        ("script.json", b'"script_sha256": "', b'"script_sha256": "0'),
    ],
)
def test_whatever_is_changed_in_a_file_is_found(
    held: Shell, tmp_path: Path, name: str, old: bytes, new: bytes, *, with_sums: bool
) -> None:
    path = tmp_path / "evidence.zip"
    held.ok("wave", "evidence", "pulse-1", "--out", path)
    result = alone("wave", "evidence", "--check", changed(path, name, old, new, with_sums=with_sums))
    assert result.exit_code == 1, result.stdout
    assert "WRONG" in result.stdout


def test_a_summary_that_was_changed_does_not_fit_its_checksum(held: Shell, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    held.ok("wave", "evidence", "pulse-1", "--out", path)
    other = changed(path, "summary-en.txt", b"No results", b"All results", with_sums=False)
    assert "do not fit their checksums: summary-en.txt" in alone("wave", "evidence", "--check", other).stdout


def test_a_file_that_is_no_evidence_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"PK\x03\x04", b"x" * 999, evidence_file.pack({"evidence.json": b"[]"}))):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(content)
        result = alone("wave", "evidence", "--check", path)
        assert result.exit_code == 1
        assert "This is not an evidence file, or it is damaged." in result.stdout
        assert "Traceback" not in result.output
    assert "cannot be read" in alone("wave", "evidence", "--check", tmp_path / "absent.zip").stderr


def test_wrong_use_says_how(tmp_path: Path) -> None:
    for words in ((), ("pulse-1",), ("--out", "x.zip"), ("pulse-1", "--check", "x.zip"),
                  ("pulse-1", "--out", "x.zip", "--against", "y.zip")):  # fmt: skip
        assert alone("wave", "evidence", *words).exit_code == 2
    assert "evidence" in alone("wave", "--help").stdout


def test_a_wave_that_is_not_there_or_never_opened_has_none(held: Shell, tmp_path: Path) -> None:
    assert "no wave" in held.refused("wave", "evidence", "pulse-9", "--out", tmp_path / "a.zip")
    held.ok("wave", "plan", "pulse")
    assert "never opened" in held.refused("wave", "evidence", "pulse-2", "--out", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
