"""Attack 5: two nightly backups around exactly one answer; what differs between them is that answer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from app.cli import backup
from app.installation import Installation
from surveys.ballots.sealing import Opener, UnreadableBallot
from tests.attacks import account, weak
from tests.attacks.evidence import Evidence
from tests.attacks.people import answer_needles, distinct_answers, sealed_company
from tests.attacks.spy import MARKS, STORED
from tests.attacks.tools import carve, new_bytes, rows_of
from tests.support import journey


def content_of(file: Path, *, is_sqlite: bool) -> bytes:
    """Return a backup as an attacker reads it: pages of SQLite, or the statements of PostgreSQL's archive."""
    if is_sqlite:
        return file.read_bytes()
    program = shutil.which("pg_restore")
    assert program
    return subprocess.run([program, "--file=-", str(file)], check=True, capture_output=True).stdout


def difference(first: Path, second: Path, *, is_sqlite: bool) -> bytes:
    """Return what stands in the second backup and not in the first."""
    before, after = (content_of(file, is_sqlite=is_sqlite) for file in (first, second))
    if is_sqlite:
        return new_bytes(before, after)
    known = set(before.splitlines())
    return b"\n".join(line for line in after.splitlines() if line not in known)


def test_weakened_a_readable_answer_is_what_differs(inst: Installation, tmp_path: Path) -> None:
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    people = weak.list_invited(inst.database, wave.slug)
    answers = distinct_answers(list(people), wave.instrument.item_codes)
    *others, last = sorted(people)
    for email in others:
        weak.drop_in(inst.database, wave.slug, people[email], weak.readable(answers[email]))
    backup.write(inst.database, tmp_path / "first")
    weak.cast_in_one_transaction(inst.database, wave.slug, people[last], weak.readable(answers[last]))
    backup.write(inst.database, tmp_path / "second")
    changed = difference(tmp_path / "first", tmp_path / "second", is_sqlite=inst.database.is_sqlite)
    mark = weak.mark_of(people[last].person_id)  # a mark without a key: the attacker computes everybody's
    assert carve(changed, {"raw": mark, "hex": mark.hex().encode()})
    text = weak.readable(answers[last])[:60]
    assert carve(changed, {"as bytes": text, "as hex": text.hex().encode()})
    account.weakened("05 two backups", f"{inst.database.engine.name}: the person and the readable answer differ")


def test_between_the_backups_lies_one_nameless_mark_and_one_ciphertext(evidence: Evidence) -> None:
    """The backups tell that somebody answered that day and which ciphertext it is, and neither who nor what."""
    changed = difference(*evidence.backups, is_sqlite=evidence.is_sqlite)
    voter = evidence.voted[evidence.lonely]
    assert [person for person in evidence.persons.values() if person.encode() in changed] == []
    assert carve(changed, evidence.link_needles) == []
    assert carve(changed, {"raw": voter.sealed[:24], "hex": voter.sealed[:24].hex().encode()})
    assert carve(changed, evidence.answer_needles) == []
    assert carve(changed, answer_needles({evidence.lonely: evidence.answers[evidence.lonely]})) == []
    account.product("05 two backups", f"{evidence.kind}: a nameless mark and one ciphertext differ; no key opens it")
    if evidence.is_sqlite:
        rows = [set(rows_of(file.read_bytes(), STORED)) for file in evidence.backups]
        marks = [set(rows_of(file.read_bytes(), MARKS)) for file in evidence.backups]
        assert len(rows[1] - rows[0]) == len(marks[1] - marks[0]) == 1


def test_no_key_that_is_left_after_the_close_opens_it(evidence: Evidence) -> None:
    sealed = evidence.voted[evidence.lonely].sealed
    crowd = evidence.wave.crowds[evidence.lonely]
    assert Opener(evidence.wave_key, evidence.fingerprint).open(sealed, crowd)  # while the key still existed
    keys = [path.read_bytes() for path in evidence.inst.keys.folder.iterdir() if path.stat().st_size == 32]
    assert keys
    for key in [*keys, *(bytes.fromhex(evidence.fingerprint) for _ in range(1))]:
        with pytest.raises(UnreadableBallot):
            Opener(key, evidence.fingerprint).open(sealed, crowd)
