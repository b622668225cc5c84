"""What is due is read from the wave rows alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app import lifecycle
from app.installation import Installation
from app.jobs import mailing, perform, retention
from app.jobs.due import due_jobs
from app.mail import Letter, MailDeferred, MailRefused
from surveys.ballots import trustee
from surveys.enums import BallotMode, WaveStatus
from surveys.services import programmes
from surveys.store import accounts, counted, organisation, totals, waves
from tests.integration.jobs import sample

START = dt.date(2026, 3, 2)
OPENS = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
CLOSES = OPENS + dt.timedelta(days=6)
WAVE = "pulse-1"


class Post:
    """Takes letters, but for the addresses it was told to refuse or defer."""

    def __init__(self, **behaviour: type[Exception]) -> None:
        self.behaviour = behaviour
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        error = self.behaviour.get(letter.to.partition("@")[0])
        if error is not None:
            raise error("no")
        self.letters.append(letter)

    def close(self) -> None:
        pass


@pytest.fixture
def inst(tmp_path: Path, sqlite_url: str) -> Iterator[Installation]:
    made = sample.installation(tmp_path, database_url=sqlite_url)
    sample.programme(made, START, open_days=6)
    yield made
    made.database.dispose()


def ids(inst: Installation, now: dt.datetime) -> list[str]:
    with inst.database.reading() as session:
        return [job.id for job in due_jobs(session, now)]


def send(inst: Installation, kind: str, now: dt.datetime, post: Post | None = None) -> mailing.MailingAccount:
    return mailing.send_mailing(inst, wave=WAVE, kind=kind, now=now, actor="test", post=post or Post())


def test_a_programme_without_a_planned_wave_is_planned_for(inst: Installation) -> None:
    assert ids(inst, OPENS) == ["plan:pulse:1"]


def test_a_wave_follows_its_times(inst: Installation) -> None:
    hour, third = dt.timedelta(hours=1), dt.timedelta(days=2)
    lifecycle.plan_next(inst, programme="pulse", now=OPENS - hour, actor="test")
    assert ids(inst, OPENS - hour) == []
    assert ids(inst, OPENS) == [f"open:{WAVE}"]
    lifecycle.open_wave(inst, wave=WAVE, now=OPENS, actor="test")
    assert ids(inst, OPENS) == [f"mail:{WAVE}:invitation", "plan:pulse:2"]
    lifecycle.plan_next(inst, programme="pulse", now=OPENS, actor="test")
    send(inst, "invitation", OPENS)
    assert ids(inst, OPENS + third - hour) == []
    assert ids(inst, OPENS + third) == [f"mail:{WAVE}:reminder-1"]
    send(inst, "reminder-1", OPENS + third)
    assert ids(inst, OPENS + 2 * third) == [f"mail:{WAVE}:reminder-2"]
    send(inst, "reminder-2", OPENS + 2 * third)
    assert ids(inst, CLOSES - hour) == []
    assert ids(inst, CLOSES) == [f"close:{WAVE}"]
    lifecycle.close_wave(inst, wave=WAVE, now=CLOSES, actor="test")
    assert ids(inst, CLOSES + hour) == []
    assert ids(inst, CLOSES + dt.timedelta(days=1)) == [f"release:{WAVE}"]


def test_after_a_long_stop_only_the_last_reminder_is_sent(inst: Installation) -> None:
    lifecycle.plan_next(inst, programme="pulse", now=OPENS, actor="test")
    lifecycle.open_wave(inst, wave=WAVE, now=OPENS, actor="test")
    send(inst, "invitation", OPENS)
    assert f"mail:{WAVE}:reminder-2" in ids(inst, CLOSES - dt.timedelta(hours=1))
    assert f"mail:{WAVE}:reminder-1" not in ids(inst, CLOSES - dt.timedelta(hours=1))


def test_a_wave_whose_time_passed_is_withdrawn_and_the_next_one_planned(inst: Installation) -> None:
    lifecycle.plan_next(inst, programme="pulse", now=OPENS, actor="test")
    assert ids(inst, CLOSES) == [f"skip:{WAVE}"]
    perform.perform(perform.Context(inst=inst, clock=lambda: CLOSES, make_report=None), "skip", WAVE, "")
    with inst.database.reading() as session:
        assert waves.get_wave(session, WAVE).status == WaveStatus.WITHDRAWN
    assert ids(inst, CLOSES) == ["plan:pulse:2"]


def test_a_refused_address_is_counted_and_a_deferred_one_waits(inst: Installation) -> None:
    lifecycle.plan_next(inst, programme="pulse", now=OPENS, actor="test")
    lifecycle.open_wave(inst, wave=WAVE, now=OPENS, actor="test")
    account = send(inst, "invitation", OPENS, Post(p1=MailRefused, p2=MailDeferred))
    assert (account.sent, account.refused, account.waiting) == (10, 1, 1)
    assert f"mail:{WAVE}:invitation" in ids(inst, OPENS)
    later = Post()
    assert send(inst, "invitation", OPENS, later).waiting == 0
    assert [letter.to for letter in later.letters] == ["p2@x.example"]
    with inst.database.reading() as session:
        notes = [event for event in accounts.list_audit_events(session) if event.action == "mail.refused"]
        assert [note.detail for note in notes] == [{"mailing": "invitation", "messages": 1}]


def test_a_server_that_is_down_is_not_asked_once_per_person(inst: Installation) -> None:
    lifecycle.plan_next(inst, programme="pulse", now=OPENS, actor="test")
    lifecycle.open_wave(inst, wave=WAVE, now=OPENS, actor="test")
    asked: list[str] = []

    class Down(Post):
        def send(self, letter: Letter) -> None:
            asked.append(letter.to)
            raise MailDeferred("no")

    assert send(inst, "invitation", OPENS, Down()).waiting == 12
    assert len(asked) == 3


def test_mail_stops_at_the_close(inst: Installation) -> None:
    lifecycle.plan_next(inst, programme="pulse", now=OPENS, actor="test")
    lifecycle.open_wave(inst, wave=WAVE, now=OPENS, actor="test")

    class Closing(Post):
        def send(self, letter: Letter) -> None:
            super().send(letter)
            if len(self.letters) == 2:
                lifecycle.close_wave(inst, wave=WAVE, now=CLOSES, actor="test")

    post = Closing()
    send(inst, "invitation", OPENS, post)
    assert len(post.letters) == 2


def test_a_new_link_is_another_message_and_kills_the_old_one(inst: Installation) -> None:
    lifecycle.plan_next(inst, programme="pulse", now=OPENS, actor="test")
    lifecycle.open_wave(inst, wave=WAVE, now=OPENS, actor="test")
    first, second = Post(), Post()
    send(inst, "invitation", OPENS, first)
    mailing.resend(inst, wave=WAVE, email="P1@x.example", now=OPENS, actor="test", post=second)
    old = next(letter for letter in first.letters if letter.to == "p1@x.example")
    (new,) = second.letters
    assert new.message_id != old.message_id
    assert new.text != old.text


def test_totals_are_forgotten_when_their_time_is_over(tmp_path: Path, sqlite_url: str) -> None:
    inst = sample.installation(tmp_path, database_url=sqlite_url)
    wave = sample.released_wave(inst, START)
    released = OPENS + dt.timedelta(days=1)
    late = released + dt.timedelta(days=5 * 365)
    assert f"forget:{wave}" not in ids(inst, late - dt.timedelta(minutes=1))
    assert f"forget:{wave}" in ids(inst, late)
    retention.forget_totals(inst, wave=wave, now=late, actor="test")
    assert f"forget:{wave}" not in ids(inst, late)
    with inst.database.reading() as session:
        assert not totals.list_totals(session, wave)
        assert waves.get_wave(session, wave).status == WaveStatus.RELEASED
    inst.database.dispose()


def test_a_wave_that_waits_for_its_trustee_is_no_job_but_an_interrupted_close_is(inst: Installation) -> None:
    _, public = trustee.new_key()
    with inst.database.transaction() as session:
        programmes.change_ballots(session, "pulse", mode=BallotMode.PROMISE, second_lock=trustee.parse_public(public))
    sample.open_with_answers(inst, OPENS - dt.timedelta(hours=1))
    assert f"close:{WAVE}" in ids(inst, CLOSES)
    assert lifecycle.close_wave(inst, wave=WAVE, now=CLOSES, actor="test").is_waiting
    assert not [job for job in ids(inst, CLOSES) if WAVE in job]
    with inst.database.transaction() as session:  # as if the process had ended between the close and the count
        session.execute(text("DELETE FROM ballot"))
    assert f"close:{WAVE}" in ids(inst, CLOSES)
    perform.perform(perform.Context(inst=inst, clock=lambda: CLOSES, make_report=None), "close", WAVE, "")
    with inst.database.reading() as session:
        row = waves.get_wave(session, WAVE)
        assert (row.status, row.is_none) == (WaveStatus.COUNTED, True)


def test_the_list_of_counted_ballots_is_deleted_after_its_week(inst: Installation) -> None:
    sample.open_with_answers(inst, OPENS - dt.timedelta(hours=1))
    lifecycle.close_wave(inst, wave=WAVE, now=CLOSES, actor="test")
    with inst.database.transaction() as session:
        counted.add_list(session, wave=WAVE, hashes=bytes(32))
    week = CLOSES + dt.timedelta(days=7)
    assert f"unlist:{WAVE}" not in ids(inst, week - dt.timedelta(minutes=1))
    assert f"unlist:{WAVE}" in ids(inst, week)
    context = perform.Context(inst=inst, clock=lambda: week, make_report=None)
    for _ in range(2):
        assert perform.perform(context, "unlist", WAVE, "") == perform.DONE
    assert f"unlist:{WAVE}" not in ids(inst, week)
    with inst.database.reading() as session:
        assert [event.action for event in accounts.list_audit_events(session)].count("wave.unlist") == 1


def test_public_holidays_are_kept_half_a_year_ahead(inst: Installation) -> None:
    assert not [job for job in ids(inst, CLOSES) if job.startswith("holidays")]
    with inst.database.transaction() as session:
        for team in organisation.list_teams(session):
            team.country = "ES"
    job = f"holidays:{CLOSES.date()}"
    assert job in ids(inst, CLOSES)
    context = perform.Context(inst=inst, clock=lambda: CLOSES, make_report=None)
    for _ in range(2):
        assert perform.perform(context, "holidays", str(CLOSES.date()), "") == perform.DONE
    assert job not in ids(inst, CLOSES)
    with inst.database.reading() as session:
        assert [event.action for event in accounts.list_audit_events(session)].count("calendar.holidays") == 1
