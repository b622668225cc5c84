"""An evidence file made by hand: its check finds each thing that does not fit, whoever wrote the file."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zipfile

import pytest

from reports.exports import evidence_file
from surveys.ballots import manifest

ZEROS = "0" * 64


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def made(**changes: object) -> dict[str, bytes]:
    """The files of an open wave; ``changes`` overwrite facts."""
    promised = {
        "wave": "pulse-1", "programme": "pulse", "k": 5, "mode": "sealed", "installation": "ab", "second_lock": None,
        "page_sha256": "p", "script_sha256": "s", "previous": ZEROS,
    }  # fmt: skip
    text = canonical(promised)
    fingerprint = manifest.fingerprint(text)
    at = "2025-01-06T08:00:00.123456+00:00"
    detail = {"fingerprint": fingerprint, "mode": "sealed", "crowds": 2}
    opened = {"number": 2, "at": at, "actor": "eva", "action": "wave.open", "subject": "pulse-1", "detail": detail}
    first = digest("a row about something else")
    own = digest([2, at, "eva", "wave.open", "pulse-1", detail, first])
    times = dict.fromkeys(("closed_at", "counted_at", "rewritten_at", "key_destroyed_at", "released_at"))
    facts = {
        "format": evidence_file.FORMAT, "wave": "pulse-1", "programme": "pulse", "status": "open", "mode": "sealed",
        "k": 5, "second_lock": None, "installation": "ab", "fingerprint": fingerprint,
        "times": {**times, "opened_at": "2025-01-06T08:00:00Z"},
        "chains": {"events": {"entries": 2, "first_broken": None},
                   "ledger": {"entries": 0, "first_broken": None, "lacking": []}},
        **changes,
    }  # fmt: skip
    documents: dict[str, object] = {
        "evidence.json": facts,
        "manifests.json": [{"wave": "pulse-1", "file": "manifests/pulse-1.json", "fingerprint": fingerprint}],
        "audit.json": {"at_release": None, "again": {"state": "impossible", "lines": []}},
        "script.json": {"page_sha256": "p", "script_sha256": "s"},
        "release.json": None,
        "events.json": [{**opened, "previous_hash": first, "hash": own}],
        "ledger.json": [],
    }
    return {
        **{name: canonical(document).encode() for name, document in documents.items()},
        "manifests/pulse-1.json": text.encode(),
        "events-chain.txt": f"1 {first}\n2 {own}\n".encode(),
        "ledger-chain.txt": b"",
    }


def wrong(files: dict[str, bytes]) -> list[str]:
    return [str(finding.line) for finding in evidence_file.check(evidence_file.pack(files)).findings
            if not finding.passed]  # fmt: skip


def test_a_file_made_by_hand_holds_together() -> None:
    account = evidence_file.check(evidence_file.pack(made()))
    assert account.passed, account
    assert (account.wave, len(account.words.split())) == ("pulse-1", 8)


def test_the_same_files_are_the_same_bytes_and_carry_no_time() -> None:
    files = made()
    content = evidence_file.pack(files)
    assert content == evidence_file.pack(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        sums = archive.read("SHA256SUMS").decode().splitlines()
    assert sums == [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in sorted(files)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"status": "released"}, "does not tell the steps"),
        ({"k": 4}, "says otherwise than the manifest: k"),
        ({"installation": "cd"}, "says otherwise than the manifest: installation"),
        ({"programme": "other"}, "chain of manifests is broken"),
        ({"fingerprint": ZEROS}, "chain of manifests is broken"),
        ({"chains": {"events": {"entries": 2, "first_broken": 1}, "ledger": {"entries": 0, "first_broken": None}}},
         "chain of the log is broken at row 1"),
        ({"chains": {"events": {"entries": 2, "first_broken": None}, "ledger": {"entries": 0, "first_broken": None,
          "lacking": [{"kind": "release", "wave": "pulse-1"}]}}}, "The ledger lacks rows"),
    ],
)  # fmt: skip
def test_facts_that_do_not_fit_the_rest_are_found(changes: dict[str, object], sentence: str) -> None:
    assert sentence in " ".join(wrong(made(**changes)))


def test_a_row_that_is_missing_from_a_chain_is_named() -> None:
    files = made()
    files["events-chain.txt"] = files["events-chain.txt"].replace(b"\n2 ", b"\n3 ")
    assert "The chain of the log is broken at row 2." in wrong(files)


def test_names_outside_the_folder_names_twice_and_huge_files_are_not_read() -> None:
    assert wrong({**made(), "../etc.json": b"{}"}) == ["This is not an evidence file, or it is damaged."]
    target = io.BytesIO(evidence_file.pack(made()))
    with zipfile.ZipFile(target, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile itself warns of a name that comes twice
        archive.writestr("release.json", b"null")
    assert not evidence_file.check(target.getvalue()).passed


def test_two_files_of_different_installations_are_not_compared() -> None:
    mine = evidence_file.pack(made())
    found = evidence_file.compare(mine, evidence_file.pack(made(installation="cd")))
    assert [str(each.line) for each in found] == ["The two files come from different installations."]
    assert all(each.passed for each in evidence_file.compare(mine, mine))
    assert not evidence_file.compare(mine, b"nothing")[0].passed
