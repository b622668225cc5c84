"""The evidence of a wave on both databases: what it holds at each step, and that tampering is found."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app import lifecycle
from app.installation import Installation
from app.jobs.leader_reports import ReportMaker
from reports.exports import evidence_file
from reports.services import ledger
from reports.services.evidence import Evidence, build_evidence
from reports.store import releases
from surveys.errors import NotFound, Refused
from surveys.store import accounts
from tests.support import journey
from tests.support.journey import HeldWave, OpenWave, member

Held = tuple[Installation, HeldWave]


def evidence_of(inst: Installation, wave: str = "pulse-1") -> Evidence:
    with inst.database.reading() as session:
        return build_evidence(session, wave=wave)


def unpacked(made: Evidence) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def facts_of(made: Evidence) -> dict[str, object]:
    found = json.loads(unpacked(made)["evidence.json"])
    assert isinstance(found, dict)
    return found


def failing(made: Evidence) -> list[str]:
    return [str(finding.line) for finding in made.account.findings if not finding.passed]


def tamper(inst: Installation, statement: str) -> None:
    """Change the database behind the program's back."""
    with inst.database.transaction() as session:
        session.connection().exec_driver_sql(statement)


def test_the_file_of_a_released_wave_holds_together_and_is_the_same_bytes_each_time(held: Held) -> None:
    inst, _ = held
    made = evidence_of(inst)
    assert failing(made) == []
    assert made.content == evidence_of(inst).content
    assert set(unpacked(made)) == {
        "SHA256SUMS", "audit.json", "evidence.json", "events-chain.txt", "events.json", "ledger-chain.txt",
        "ledger.json", "manifests.json", "manifests/pulse-1.json", "release.json", "script.json", "summary-en.txt",
        "summary-es.txt",
    }  # fmt: skip
    assert facts_of(made)["not_here"] == ["results"]
    events = [event["action"] for event in json.loads(unpacked(made)["events.json"])]
    steps = ["wave.open", "wave.close", "wave.count", "wave.key-destroyed", "wave.release"]
    assert [event for event in events if event in steps] == steps


def test_no_respondent_and_no_figure_is_in_the_file(held: Held) -> None:
    inst, wave = held
    content = evidence_of(inst).content
    for email in wave.answers:
        assert email.encode() not in content
        assert email.partition("@")[0].encode() not in content
    with inst.database.reading() as session:
        records = releases.list_crowd_records(session, ["pulse-1"])
        cells = list(session.scalars(text("SELECT cell FROM released_cell")))
    assert records
    for cell in cells:
        assert cell.encode() not in content
    for word in (b"n_low", b"favourable", b"rounding_variance", b'"value"', b'"n"', b"response_share"):
        assert word not in content


def test_the_file_of_a_later_wave_holds_all_manifests_and_who_got_the_figures(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    second = journey.hold_wave(inst, journey.varied(shift=1))
    maker, now = ReportMaker(), second.wave.releases_at
    for reader in (None, "lena@acme.example", "lena@acme.example"):
        maker.get(inst, wave="pulse-2", unit="ant", language="en", now=now, reader=reader)
    made = evidence_of(inst, "pulse-2")
    assert failing(made) == []
    assert [row["wave"] for row in json.loads(unpacked(made)["manifests.json"])] == ["pulse-1", "pulse-2"]
    rows = json.loads(unpacked(made)["ledger.json"])
    assert [(row["kind"], row["actor"]) for row in rows] == [
        ("release", journey.ACTOR), ("report", "reports"), ("reading", "lena@acme.example")
    ]  # fmt: skip
    assert rows[1]["detail"] == rows[2]["detail"]
    assert rows[2]["detail"]["waves"] == ["pulse-1", "pulse-2"]
    assert "lena@acme.example: report opened, once" in unpacked(made)["summary-en.txt"].decode()
    # A trend of the second wave rests on cells of the first, so the first wave's file tells of it too.
    first = json.loads(unpacked(evidence_of(inst, "pulse-1"))["ledger.json"])
    assert [row["kind"] for row in first] == ["release", "report", "reading"]


def test_an_open_wave_says_what_is_not_there_yet(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    made = evidence_of(inst)
    assert failing(made) == []
    assert facts_of(made)["not_here"] == ["results", "close", "count", "key-destruction", "audit", "release"]
    summary = unpacked(made)["summary-en.txt"].decode()
    for sentence in ("NOT YET: the wave has not closed.", "NOT YET: the ballots are not counted.",
                     "NOT YET: the key that opens the ballots is not destroyed.",
                     "NOT YET: nothing of this wave is released."):  # fmt: skip
        assert sentence in summary
    before = evidence_of(inst).content
    journey.cast_all(inst, wave, journey.varied())
    assert evidence_of(inst).content == before  # nothing in it moves while people answer


def test_a_wave_released_as_none_says_so(inst: Installation) -> None:
    journey.company(inst)
    journey.hold_wave(inst, journey.only([member("ant", number) for number in range(1, 5)]))
    made = evidence_of(inst)
    assert failing(made) == []
    assert facts_of(made)["is_none"] is True
    assert "It was released as none: too few answered in all." in unpacked(made)["summary-en.txt"].decode()


def withdrawn_before_release(inst: Installation) -> OpenWave:
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied())
    journey.close_wave(inst, wave)
    return wave


def withdrawn_after_release(inst: Installation) -> OpenWave:
    return journey.hold_wave(inst, journey.varied()).wave


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (withdrawn_before_release, "Nothing. The wave was withdrawn before its release."),
        (withdrawn_after_release, "It was withdrawn later. Since then nobody is shown it."),
    ],
)
def test_a_withdrawn_wave_says_why_and_when_its_key_went(
    inst: Installation, before: Callable[[Installation], OpenWave], sentence: str
) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    wave = before(inst)
    lifecycle.withdraw_wave(inst, wave="pulse-1", reason="Wrong list.", now=wave.releases_at, actor="t")
    made = evidence_of(inst)
    assert failing(made) == []
    summary = unpacked(made)["summary-en.txt"].decode()
    for part in ("Withdrawn because: Wrong list.", sentence, "The key that opens the ballots was destroyed on"):
        assert part in summary


def test_totals_whose_retention_is_over_leave_the_account_of_the_release(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    for table in ("crowd_total", "crowd_count", "wave_count"):
        tamper(inst, f"DELETE FROM {table}")  # noqa: S608 - names of our own
    assert failing(evidence_of(inst)) == []


def test_a_wave_that_was_never_opened_has_no_evidence(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.plan_wave(inst)
    with pytest.raises(Refused, match="never opened"):
        evidence_of(inst)
    with pytest.raises(NotFound):
        evidence_of(inst, "pulse-9")


TAMPERED = {
    "UPDATE ledger_entry SET actor = 'somebody else' WHERE number = 1": "ledger is broken at row 1",
    "UPDATE ledger_entry SET sha256 = '0' WHERE number = 1": "ledger is broken at row 1",
    "UPDATE ledger_entry SET detail = NULL WHERE number = 1": "ledger is broken at row 1",
    "UPDATE ledger_entry SET number = 7 WHERE number = 1": "ledger is broken at row 1",
    "DELETE FROM ledger_entry": "The ledger lacks rows",
    "UPDATE audit_event SET actor = 'somebody else' WHERE action = 'wave.key-destroyed'": "chain of the log is broken",
    "UPDATE audit_event SET subject = 'pulse-8' WHERE action = 'wave.key-destroyed'": "chain of the log is broken",
    "DELETE FROM audit_event WHERE action = 'wave.count'": "chain of the log is broken",
    "DELETE FROM audit_event WHERE action IN ('wave.release', 'wave.key-destroyed')": "does not tell the steps",
    "UPDATE wave SET manifest = replace(manifest, '\"k\":5', '\"k\":6')": "chain of manifests is broken at: pulse-1",
    "UPDATE wave SET manifest = 'nothing'": "chain of manifests is broken at: pulse-1",
    "UPDATE wave SET manifest = NULL": "chain of manifests is broken at: pulse-1",
    "UPDATE wave SET k = 9": "says otherwise than the manifest: k",
    "UPDATE wave SET key_destroyed_at = opened_at": "does not tell the steps",
    "UPDATE release SET sha256 = '0'": "The ledger and the release do not say the same",
    "UPDATE released_cell SET measure = 'other' WHERE measure = 'vision-goals'": "auditors do not pass this release",
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_whatever_was_changed_behind_the_program_is_found(inst: Installation, statement: str) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    assert failing(evidence_of(inst)) == []
    tamper(inst, statement)
    made = evidence_of(inst)
    assert TAMPERED[statement] in " ".join(failing(made))
    assert evidence_file.check(made.content) == made.account  # the file by itself says the same


def test_a_chain_that_was_written_anew_is_found_by_a_file_that_was_kept(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    kept = evidence_of(inst)
    with inst.database.reading() as session:
        old = [vars(row).copy() for row in releases.list_ledger(session)]
    tamper(inst, "DELETE FROM ledger_entry")
    for row in old:  # the same rows under another name, with hashes that fit
        with inst.database.transaction() as session:
            names = ("at", "kind", "subject", "cells", "sha256", "detail")
            releases.add_ledger_entry(session, actor="nobody", **{name: row[name] for name in names})
    made = evidence_of(inst)
    assert failing(made) == []
    told = [str(each.line) for each in evidence_file.compare(made.content, kept.content) if not each.passed]
    assert told == ["The ledger was rewritten between the two files, at row 1."]
    later = journey.hold_wave(inst, journey.varied())
    assert later.release.cells
    honest = evidence_file.compare(evidence_of(inst, "pulse-2").content, made.content)
    assert all(each.passed for each in honest)


def test_the_program_has_no_way_to_change_the_ledger(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    with pytest.raises(TypeError, match="neither changed nor removed"), inst.database.transaction() as session:
        releases.list_ledger(session)[0].actor = "somebody else"
    with inst.database.reading() as session:
        assert ledger.chain_state(session).is_whole
        assert accounts.broken_audit_number(session) is None
