"""Comments are decided one by one and released once; what was removed is gone from every file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from app import lifecycle
from app.extensions import Database
from app.jobs import comments as jobs
from app.jobs import perform
from app.jobs.due import due_jobs
from app.jobs.redactors import tell_redactors
from reports.services import comment_export, remarks
from reports.services.remarks import Standing
from reports.store import releases
from surveys.enums import Role
from surveys.errors import NotFound, Refused
from surveys.services import redaction, staff
from surveys.services.redaction import Decision
from surveys.store import accounts, waves
from tests.attacks.tools import carve, carve_folder
from tests.integration.comments.conftest import REMOVED, TEXTS, Written, files_of
from tests.support.journey import ACTOR


def decide_all(world: Written, *, but: tuple[str, ...] = ()) -> None:
    with world.inst.database.transaction() as session:
        for each in redaction.list_texts(session, world.wave):
            if each.text not in but:
                decision = Decision.REMOVED if each.text in REMOVED else Decision.KEPT
                redaction.decide(session, wave=world.wave, unit=each.unit, place=each.place, decision=decision)


def release(world: Written, now: dt.datetime | None = None) -> None:
    jobs.release_comments(world.inst, wave=world.wave, now=now or world.releases_at, actor="redactor@acme.example")


def shown(world: Written, unit: str) -> remarks.UnitRemarks:
    with world.inst.database.reading() as session:
        return remarks.of_unit(session, wave=world.wave, unit=unit, language="en")


def job_names(world: Written, now: dt.datetime) -> list[str]:
    with world.inst.database.reading() as session:
        return [job.id for job in due_jobs(session, now) if job.kind in {"comments", "tell-redactors"}]


def stored(world: Written, table: str) -> list[tuple[object, ...]]:
    with world.inst.database.reading() as session:
        return [tuple(row) for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3"))]  # noqa: S608


@contextmanager
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_args: object) -> None:
        raise Refused("The database file is being read.")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "rewrite", refuse)
        yield


def test_a_redactor_sees_names_of_units_texts_and_nothing_else(counted: Written) -> None:
    with counted.inst.database.reading() as session:
        texts = redaction.list_texts(session, counted.wave)
        waiting = redaction.list_waiting(session)
    assert [(each.unit_name, each.text) for each in texts] == [
        *(("Team ant", each) for each in sorted(TEXTS["ant"])),
        *(("Team root", each) for each in sorted(TEXTS["root"])),
    ]
    assert set(vars(texts[0])) == {"unit", "unit_name", "place", "text", "decision"}
    assert [(each.wave, each.decided, each.undecided, each.is_released) for each in waiting] == [
        (counted.wave, 0, 10, False)
    ]


def test_nothing_is_shown_or_handed_out_before_the_release_of_comments(released: Written) -> None:
    decide_all(released)
    for unit in ("ant", "bee", "root"):
        found = shown(released, unit)
        assert (found.standing, found.texts) == (Standing.WAITING, ())
    with released.inst.database.transaction() as session, pytest.raises(NotFound, match="No comments"):
        comment_export.export_comments(session, wave=released.wave, now=released.releases_at, actor=ACTOR)
    assert stored(released, "released_comment") == []


def test_what_was_kept_is_shown_at_its_unit_and_nowhere_else(released: Written) -> None:
    decide_all(released)
    release(released)
    ant, bee, root = (shown(released, unit) for unit in ("ant", "bee", "root"))
    assert ant.texts == tuple(each for each in TEXTS["ant"] if each not in REMOVED)
    assert root.texts == ("Canteen!", "I like it here.", "More pay.", "Say what comes next.")
    assert (bee.standing, bee.texts) == (Standing.ELSEWHERE, ())
    assert "may stand among those shown for Team root" in str(bee.sentence)
    assert shown(released, "no-such-unit").texts == ()


def test_a_decision_can_be_changed_until_the_release_and_not_after(released: Written) -> None:
    decide_all(released)
    place = sorted(TEXTS["ant"]).index("Zero time.") + 1
    for decision in (Decision.REMOVED, Decision.KEPT, Decision.REMOVED):
        with released.inst.database.transaction() as session:
            redaction.decide(session, wave=released.wave, unit="ant", place=place, decision=decision)
    release(released)
    assert "Zero time." not in shown(released, "ant").texts
    with released.inst.database.transaction() as session, pytest.raises(Refused, match="released already"):
        redaction.decide(session, wave=released.wave, unit="ant", place=place, decision=Decision.KEPT)


def test_the_release_happens_once(released: Written) -> None:
    decide_all(released)
    release(released)
    rows, ledger = stored(released, "released_comment"), stored(released, "ledger_entry")
    release(released, released.due_at + dt.timedelta(days=3))
    assert (stored(released, "released_comment"), stored(released, "ledger_entry")) == (rows, ledger)
    assert stored(released, "comment") == []


def test_it_waits_for_the_figures_and_for_every_decision(counted: Written) -> None:
    decide_all(counted)
    with pytest.raises(Refused, match="not released before its figures"):
        release(counted)
    counted.release()
    with counted.inst.database.transaction() as session:
        session.execute(text("UPDATE comment SET decision = '' WHERE unit = 'ant' AND place = 1"))
    with pytest.raises(Refused, match="still open: 1"):
        release(counted)
    assert len(stored(counted, "comment")) == 10


def test_at_the_deadline_the_schedule_releases_what_was_kept_and_destroys_what_was_not_decided(
    released: Written,
) -> None:
    decide_all(released, but=("More pay.",))
    assert job_names(released, released.releases_at) == [f"tell-redactors:{released.wave}"]
    assert job_names(released, released.due_at - dt.timedelta(minutes=1)) == [f"tell-redactors:{released.wave}"]
    assert job_names(released, released.due_at) == [f"comments:{released.wave}"]
    context = perform.Context(inst=released.inst, clock=lambda: released.due_at, make_report=None)
    assert perform.perform(context, "comments", released.wave, "") == perform.DONE
    assert "More pay." not in shown(released, "root").texts
    assert len(shown(released, "root").texts) == 3
    assert stored(released, "comment") == []
    assert job_names(released, released.due_at + dt.timedelta(days=9)) == []


def test_before_the_figures_no_deadline_releases_anything(counted: Written) -> None:
    decide_all(counted)
    late = counted.due_at + dt.timedelta(days=30)
    assert job_names(counted, late) == [f"tell-redactors:{counted.wave}"]
    with pytest.raises(Refused):
        release(counted, late)


def test_fewer_than_three_of_a_unit_are_shown_above_it(released: Written) -> None:
    kept = ("Fewer meetings, please.", "The new tool helps.")
    with released.inst.database.transaction() as session:
        for each in redaction.list_texts(session, released.wave):
            keeps = each.text in kept or (each.unit == "root" and each.text not in REMOVED)
            decision = Decision.KEPT if keeps else Decision.REMOVED
            redaction.decide(session, wave=released.wave, unit=each.unit, place=each.place, decision=decision)
    release(released)
    assert shown(released, "ant").standing is Standing.ELSEWHERE
    assert set(kept) < set(shown(released, "root").texts)
    assert list(shown(released, "root").texts) == sorted(shown(released, "root").texts, key=str.casefold)


def test_a_unit_above_those_with_comments_says_that_they_stand_below(released: Written) -> None:
    with released.inst.database.transaction() as session:
        for each in redaction.list_texts(session, released.wave):
            decision = Decision.KEPT if each.unit == "ant" else Decision.REMOVED
            redaction.decide(session, wave=released.wave, unit=each.unit, place=each.place, decision=decision)
    release(released)
    assert "shown for units below this one" in str(shown(released, "root").sentence)
    assert shown(released, "bee").standing is Standing.TOO_FEW


def test_where_nothing_was_kept_nothing_is_shown_and_the_wave_is_done(released: Written) -> None:
    release(released, released.due_at)
    assert shown(released, "root").standing is Standing.TOO_FEW
    with released.inst.database.reading() as session:
        assert waves.get_wave(session, released.wave).comments_released_at == released.due_at
        assert [row.kind for row in releases.list_ledger(session)] == []


@pytest.mark.parametrize("with_rewrite", [True, False], ids=["product", "without rewrite"])
def test_no_removed_text_is_left_in_any_file(
    released: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_rewrite: bool
) -> None:
    """Attack 4 for comments; without the rewrite it succeeds, so it would see a leak."""
    decide_all(released, but=("More pay.",))
    if not with_rewrite:
        monkeypatch.setattr(Database, "rewrite", lambda *_args: None)
    release(released, released.due_at)
    needles = {each: each.encode() for each in (*REMOVED, "More pay.")}
    files = files_of(released.inst)
    found = [name for content in files.values() for name in carve(content, needles)]
    if with_rewrite:
        assert found == []
        assert carve_folder(tmp_path, needles) == []
    else:
        assert found != []


def test_until_the_files_are_rewritten_nothing_is_shown_and_the_schedule_finishes_it(
    released: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_all(released)
    with busy(monkeypatch), pytest.raises(Refused, match="could not be wiped"):
        release(released)
    assert shown(released, "ant").standing is Standing.WAITING
    assert stored(released, "comment") == []
    assert job_names(released, released.releases_at) == [f"comments:{released.wave}"]
    context = perform.Context(inst=released.inst, clock=lambda: released.releases_at, make_report=None)
    assert perform.perform(context, "comments", released.wave, "") == perform.DONE
    assert len(shown(released, "ant").texts) == 4


def test_a_withdrawal_destroys_what_waits(released: Written, tmp_path: Path) -> None:
    decide_all(released)
    lifecycle.withdraw_wave(
        released.inst, wave=released.wave, reason="A mistake.", now=released.releases_at, actor=ACTOR
    )
    assert shown(released, "ant").texts == ()
    assert job_names(released, released.releases_at) == [f"comments:{released.wave}"]
    context = perform.Context(inst=released.inst, clock=lambda: released.releases_at, make_report=None)
    assert perform.perform(context, "comments", released.wave, "") == perform.DONE
    assert stored(released, "comment") == stored(released, "released_comment") == []
    assert job_names(released, released.due_at) == []
    needles = {each: each.encode() for texts in TEXTS.values() for each in texts}
    assert [name for content in files_of(released.inst).values() for name in carve(content, needles)] == []
    assert carve_folder(tmp_path, needles) == []


def test_a_withdrawal_hides_what_was_released(released: Written) -> None:
    decide_all(released)
    release(released)
    lifecycle.withdraw_wave(released.inst, wave=released.wave, reason="A mistake.", now=released.due_at, actor=ACTOR)
    assert shown(released, "ant").texts == ()
    with released.inst.database.transaction() as session, pytest.raises(NotFound):
        comment_export.export_comments(session, wave=released.wave, now=released.due_at, actor=ACTOR)
    assert job_names(released, released.due_at) == []


def test_the_log_and_the_ledger_name_no_text_and_no_unit_of_a_decision(released: Written) -> None:
    decide_all(released)
    release(released)
    with released.inst.database.reading() as session:
        events = [event for event in accounts.list_audit_events(session) if event.action.startswith("comments.")]
        noted = [(event.action, event.subject, dict(event.detail)) for event in events]
        entry = releases.list_ledger(session)[-1]
        handed_over = (entry.kind, entry.subject, entry.cells, (entry.detail or {})["units"])
        assert accounts.broken_audit_number(session) is None
    assert noted == [
        ("comments.settle", released.wave, {"shown": 8, "held_back": 0, "removed": 2, "undecided": 0}),
        ("comments.release", released.wave, {}),
    ]
    assert handed_over == ("comments", released.wave, 8, ["ant", "root"])


def test_a_released_comment_leads_to_no_crowd_no_score_and_no_time(released: Written) -> None:
    decide_all(released)
    release(released)
    rows = stored(released, "released_comment")
    assert {len(row) for row in rows} == {4}
    by_unit: dict[object, list[object]] = {}
    for _wave, unit, place, words in sorted(rows):
        by_unit.setdefault(unit, []).append(words)
        assert place == len(by_unit[unit])  # renumbered, so that no gap tells what was removed
    assert all(texts == sorted(texts, key=lambda each: str(each).casefold()) for texts in by_unit.values())


def test_redactors_are_told_by_one_message_without_a_comment(counted: Written) -> None:
    box: list[object] = []

    class Post:
        def send(self, letter: object) -> None:
            box.append(letter)

        def close(self) -> None: ...

    assert not tell_redactors(counted.inst, wave=counted.wave, now=counted.counted_at, post=Post())
    with counted.inst.database.transaction() as session:
        staff.grant_role(session, email="r@works.example", role=Role.REDACTOR, team=None, name="R", language="en")
    assert tell_redactors(counted.inst, wave=counted.wave, now=counted.counted_at, post=Post())
    assert len(box) == 1
    letter = vars(box[0])
    assert letter["to"] == "r@works.example"
    assert letter["text"].count("http") == 1
    assert letter["text"].count("/redact/") == 1
    assert not any(each in letter["text"] for texts in TEXTS.values() for each in texts)


@pytest.mark.parametrize(("first", "second"), [("steward", "redactor"), ("redactor", "steward")])
def test_a_redactor_stands_outside_the_line(counted: Written, first: str, second: str) -> None:
    with counted.inst.database.transaction() as session:
        staff.grant_role(session, email="x@acme.example", role=Role(first), team=None, name="X", language="en")
    with counted.inst.database.transaction() as session, pytest.raises(Refused, match="outside the line"):
        staff.grant_role(session, email="x@acme.example", role=Role(second), team=None, name="X", language="en")
    with counted.inst.database.transaction() as session, pytest.raises(Refused, match="outside the line"):
        staff.grant_role(session, email="lead.ant@acme.example", role=Role.REDACTOR, team=None, name="", language="")
