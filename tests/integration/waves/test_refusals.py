"""Every step at the wrong time is refused with a sentence and changes nothing; answers obey the same rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import delete, text, update

from app import lifecycle
from app.installation import Installation
from reports.errors import ReleaseRefused
from reports.services.auditing import audit_wave
from reports.store import releases
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import NotFound, Refused, SurveyError
from surveys.models.organisation import Membership
from surveys.models.totals import CrowdCount
from surveys.models.waves import Wave, WaveCrowd
from surveys.services import answering, invitations, programmes
from surveys.store import accounts, ballots, totals
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import OpenWave

MINUTE = dt.timedelta(minutes=1)
LATER = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)


def fail(_message: object) -> None:
    raise AssertionError("a message went out")


def audit(inst: Installation) -> object:
    with inst.database.reading() as session:
        return audit_wave(session, wave="pulse-1")


STEPS: dict[str, Callable[[Installation], object]] = {
    "open": lambda inst: lifecycle.open_wave(inst, wave="pulse-1", now=LATER, actor="t"),
    "close": lambda inst: lifecycle.close_wave(inst, wave="pulse-1", now=LATER, actor="t"),
    "release": lambda inst: lifecycle.release_wave(inst, wave="pulse-1", now=LATER, actor="t"),
    "withdraw": lambda inst: lifecycle.withdraw_wave(inst, wave="pulse-1", reason="x", now=LATER, actor="t"),
    "mail": lambda inst: lifecycle.send_mailing(inst, wave="pulse-1", kind="invitation", now=LATER, send=fail),
    "audit": audit,
}
ILLEGAL = {
    WaveStatus.PLANNED: ("close", "release", "mail", "audit"),
    WaveStatus.OPEN: ("open", "release", "withdraw", "audit"),
    WaveStatus.CLOSED: ("open", "release", "mail", "audit"),
    WaveStatus.COUNTED: ("open", "mail"),
    WaveStatus.RELEASED: ("open", "mail"),
    WaveStatus.WITHDRAWN: ("open", "close", "release", "withdraw", "mail", "audit"),
}


def state(inst: Installation) -> tuple[object, ...]:
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, "pulse-1")
        return row.status, row.opened_at, row.closed_at, len(accounts.list_audit_events(session))


@pytest.mark.parametrize("status", ILLEGAL)
def test_a_step_that_is_no_legal_move_is_refused_with_a_sentence(inst: Installation, status: WaveStatus) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    slug = journey.plan_wave(inst)
    if status in {WaveStatus.OPEN, WaveStatus.COUNTED, WaveStatus.RELEASED}:
        wave = journey.open_wave(inst, slug)
        journey.cast_all(inst, wave, journey.varied())
        if status is not WaveStatus.OPEN:
            journey.close_wave(inst, wave)
        if status is WaveStatus.RELEASED:
            journey.release_wave(inst, wave)
    if status is WaveStatus.CLOSED:  # what a crash between the close and the count leaves
        journey.open_wave(inst, slug)
        with inst.database.transaction() as session:
            session.execute(update(Wave).values(status=WaveStatus.CLOSED))
    if status is WaveStatus.WITHDRAWN:
        STEPS["withdraw"](inst)
    before = state(inst)
    assert before[0] == status
    for step in ILLEGAL[status]:
        with pytest.raises(Refused) as caught:
            STEPS[step](inst)
        assert str(caught.value).endswith(".")
        assert state(inst) == before, step


def test_a_wave_that_does_not_exist_is_not_found(inst: Installation) -> None:
    for step in ("open", "close", "release", "withdraw", "mail", "audit"):
        with pytest.raises(NotFound, match="There is no wave pulse-1"):
            STEPS[step](inst)


def test_a_second_wave_is_not_planned_while_one_waits(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.plan_wave(inst)
    with pytest.raises(Refused, match="Wave pulse-1 is already planned"):
        journey.plan_wave(inst)


def test_openings_that_were_missed_are_skipped_but_a_late_one_is_still_held(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    slug = journey.plan_wave(inst, now=dt.datetime(2025, 1, 25, tzinfo=dt.UTC))  # 20 January is still open
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, slug).opens_at == dt.datetime(2025, 1, 20, 8, tzinfo=dt.UTC)
    STEPS["withdraw"](inst)
    slug = journey.plan_wave(inst, now=dt.datetime(2025, 2, 12, tzinfo=dt.UTC))  # that of 3 February is over
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, slug).opens_at == dt.datetime(2025, 2, 17, 8, tzinfo=dt.UTC)


def test_a_wave_of_fewer_than_k_people_does_not_open_and_leaves_no_key(inst: Installation) -> None:
    journey.company(inst, {journey.ROOT: (None, 4)})
    slug = journey.plan_wave(inst)
    with pytest.raises(SurveyError, match="5"):
        journey.open_wave(inst, slug)
    assert not inst.keys.has_wave_key(slug)
    assert state(inst)[0] == WaveStatus.PLANNED


def test_an_audience_that_is_no_team_does_not_open(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS, audience="gone")
    with pytest.raises(Refused, match="team gone, is not an active team"):
        journey.open_wave(inst)


def test_a_withdrawal_needs_a_reason(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.plan_wave(inst)
    with pytest.raises(Refused, match="reason"):
        lifecycle.withdraw_wave(inst, wave="pulse-1", reason="  ", now=LATER, actor="t")


@pytest.fixture
def open_wave(inst: Installation) -> OpenWave:
    """The twelve people's wave in promise mode, open, with eleven answers; nobody has answered as bee.1."""
    journey.company(inst, journey.TWO_TEAMS, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied(absent=["bee.1@acme.example"]))
    return wave


def count(inst: Installation) -> int:
    with inst.database.reading() as session:
        return ballots.count_ballots(session, "pulse-1")


def test_an_answer_before_the_opening_is_refused_with_the_day(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.plan_wave(inst)
    with inst.database.reading() as session, pytest.raises(Refused, match="opens on 6 Jan 2025"):
        answering.get_questionnaire(session, wave="pulse-1", crowd="company~all", now=journey.START)


def test_an_answer_at_the_closing_time_is_refused_though_nobody_closed_yet(
    inst: Installation, open_wave: OpenWave
) -> None:
    code = open_wave.codes["bee.1@acme.example"]
    answers = dict.fromkeys(open_wave.instrument.item_codes, 3)
    with pytest.raises(Refused, match="has closed"):
        journey.cast(inst, code, answers, now=open_wave.closes_at)
    assert count(inst) == 11
    journey.cast(inst, code, answers, now=open_wave.closes_at - dt.timedelta(microseconds=1))
    assert count(inst) == 12


def test_neither_page_nor_answer_passes_the_closing_time_while_the_job_is_late(
    inst: Installation, open_wave: OpenWave
) -> None:
    with inst.database.reading() as session:
        place = invitations.find_place(session, inst.keys, open_wave.codes["bee.1@acme.example"])
        page = answering.get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=open_wave.opens_at)
        with pytest.raises(Refused, match="The answers are being made into totals"):
            answering.get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=open_wave.closes_at)
    with inst.database.transaction() as session, pytest.raises(Refused, match="Your answers were not stored"):
        answering.submit_promise_ballot(session, page, secret=place.secret, answers={}, now=open_wave.closes_at)
    assert count(inst) == 11


@pytest.mark.parametrize("is_closed_early", [False, True])
def test_a_page_loaded_before_the_close_does_not_store_an_answer_after_it(
    inst: Installation, open_wave: OpenWave, is_closed_early: bool
) -> None:
    """A close by hand leaves the time open; the state of the wave is what counts then."""
    code = open_wave.codes["bee.1@acme.example"]
    with inst.database.reading() as session:
        place = invitations.find_place(session, inst.keys, code)
        page = answering.get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=open_wave.opens_at)
    now = open_wave.opens_at + MINUTE if is_closed_early else open_wave.closes_at
    account = lifecycle.close_wave(inst, wave="pulse-1", now=now, actor="t")
    answers = dict.fromkeys(open_wave.instrument.item_codes, 3)
    with inst.database.transaction() as session, pytest.raises(Refused, match="Your answers were not stored"):
        answering.submit_promise_ballot(session, page, secret=place.secret, answers=answers, now=now)
    assert not account.is_none
    assert count(inst) == 0


def test_a_code_dies_with_the_count(inst: Installation, open_wave: OpenWave) -> None:
    journey.close_wave(inst, open_wave)
    with inst.database.reading() as session, pytest.raises(Refused) as caught:
        invitations.find_place(session, inst.keys, open_wave.codes["bee.1@acme.example"])
    assert str(caught.value) == invitations.UNKNOWN_CODE


def test_sending_again_before_the_close_replaces_and_the_last_answer_counts(
    inst: Installation, open_wave: OpenWave
) -> None:
    for value in (1, 2):
        for code in open_wave.codes.values():
            journey.cast(inst, code, dict.fromkeys(open_wave.instrument.item_codes, value), now=open_wave.opens_at)
    assert count(inst) == 12
    journey.close_wave(inst, open_wave)
    with inst.database.reading() as session:
        items = [
            row for row in totals.list_totals(session, "pulse-1") if row.measure in open_wave.instrument.item_codes
        ]
        assert {(row.n, row.total) for row in items} == {(12, 24.0)}


def test_a_renewed_link_kills_the_old_one_and_replaces_its_answer(inst: Installation, open_wave: OpenWave) -> None:
    email = "ant.1@acme.example"
    with inst.database.transaction() as session:
        addressee = invitations.renew_link(session, inst.keys, wave="pulse-1", email=f"  {email.upper()} ")
    fresh = lifecycle.message_for(inst, wave="pulse-1", kind="invitation", addressee=addressee)
    assert fresh.code != open_wave.codes[email]
    assert fresh.link == f"http://127.0.0.1:8000/answer#{fresh.code}"
    answers = dict.fromkeys(open_wave.instrument.item_codes, 5)
    with pytest.raises(Refused, match="replaced by a newer one"):
        journey.cast(inst, open_wave.codes[email], answers, now=open_wave.opens_at)
    journey.cast(inst, fresh.code, answers, now=open_wave.opens_at)
    assert count(inst) == 11


def test_only_somebody_invited_to_an_open_wave_gets_a_new_link(inst: Installation, open_wave: OpenWave) -> None:
    with inst.database.transaction() as session, pytest.raises(NotFound, match="Nobody with the address"):
        invitations.renew_link(session, inst.keys, wave="pulse-1", email="eve@x.example")
    with inst.database.transaction() as session:
        session.execute(update(Wave).values(status=WaveStatus.CLOSED))
    with inst.database.transaction() as session, pytest.raises(Refused, match="not open"):
        invitations.renew_link(session, inst.keys, wave="pulse-1", email="ant.1@acme.example")


@pytest.mark.parametrize(
    "answers", [{"no-such-item": 3}, {"energy-left": 6}, {"energy-left": 0}, {"energy-left": True}]
)
def test_an_answer_that_is_no_option_is_refused(
    inst: Installation, open_wave: OpenWave, answers: dict[str, int | None]
) -> None:
    with pytest.raises(Refused):
        journey.cast(inst, open_wave.codes["bee.1@acme.example"], answers, now=open_wave.opens_at)
    assert count(inst) == 11


def test_an_empty_answer_is_one_and_items_left_out_count_as_no_answer(inst: Installation, open_wave: OpenWave) -> None:
    journey.cast(inst, open_wave.codes["bee.1@acme.example"], {}, now=open_wave.opens_at)
    journey.close_wave(inst, open_wave)
    with inst.database.reading() as session:
        assert [row.ballots for row in totals.list_counts(session, "pulse-1")] == [12]
        assert {row.n for row in totals.list_totals(session, "pulse-1")} == {11}


def test_another_mode_s_wave_takes_no_plain_answers(inst: Installation, open_wave: OpenWave) -> None:
    with inst.database.reading() as session:
        place = invitations.find_place(session, inst.keys, open_wave.codes["ant.1@acme.example"])
        page = answering.get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=open_wave.opens_at)
        sealed = dataclasses.replace(page, mode=BallotMode.SEALED)
        with pytest.raises(Refused, match="sealed ballots only"):
            answering.submit_promise_ballot(session, sealed, secret=b"s" * 16, answers={}, now=open_wave.opens_at)
        with pytest.raises(NotFound, match="not open"):
            answering.get_questionnaire(session, wave=place.wave, crowd="elsewhere", now=open_wave.opens_at)


def test_a_mailing_is_one_of_three_and_goes_to_everybody_also_to_those_who_answered(
    inst: Installation, open_wave: OpenWave
) -> None:
    sent = [message.addressee.email for message in journey.mail_wave(inst, open_wave, "reminder-1")]
    assert sorted(sent) == sorted(open_wave.codes)
    assert journey.mail_wave(inst, open_wave, "reminder-1") == []
    with pytest.raises(Refused, match="no mailing released"):
        journey.mail_wave(inst, open_wave, "released")


def test_nobody_is_written_to_once_the_wave_closed_in_the_middle_of_a_mailing(
    inst: Installation, open_wave: OpenWave
) -> None:
    with inst.database.transaction() as session:
        session.execute(update(Wave).values(status=WaveStatus.CLOSED))
        assert invitations.list_undelivered(session, wave="pulse-1", kind="invitation") == []


def counted(inst: Installation, wave: OpenWave) -> OpenWave:
    journey.close_wave(inst, wave)
    return wave


def test_a_release_before_its_time_is_refused_for_everybody(inst: Installation, open_wave: OpenWave) -> None:
    counted(inst, open_wave)
    early = open_wave.releases_at - MINUTE
    with pytest.raises(Refused, match="for everybody at once"):
        lifecycle.release_wave(inst, wave="pulse-1", now=early, actor="t")
    with inst.database.reading() as session:
        assert releases.find_release(session, "pulse-1") is None


def test_a_release_is_refused_while_the_key_cannot_be_destroyed(
    inst: Installation, open_wave: OpenWave, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(inst.keys), "destroy_wave_key", _read_only)
        with pytest.raises(OSError, match="read-only"):
            journey.close_wave(inst, open_wave)
        with pytest.raises(OSError, match="read-only"):
            journey.release_wave(inst, open_wave)
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, "pulse-1")
        assert (row.status, row.key_destroyed_at, row.rewritten_at is None) == (WaveStatus.COUNTED, None, False)
        assert releases.find_release(session, "pulse-1") is None
    assert not journey.release_wave(inst, open_wave).already_released
    assert not inst.keys.has_wave_key("pulse-1")


def _read_only(*_args: object) -> None:
    raise OSError("read-only folder")


@pytest.mark.parametrize("column", ["key_destroyed_at", "rewritten_at"])
def test_the_release_itself_refuses_where_a_destruction_is_not_recorded(
    inst: Installation, open_wave: OpenWave, column: str
) -> None:
    counted(inst, open_wave)
    with inst.database.transaction() as session:
        session.execute(update(Wave).values({column: None}))
        with pytest.raises(Refused, match="destruction of its key and ballots is not finished"):
            lifecycle.release_service.build_release(session, wave="pulse-1", now=open_wave.releases_at, actor="t")


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"k": 6}, "k"),
        ({"mode": "card"}, "mode"),
        ({"closes_at": LATER}, "closes_at"),
        ({"fingerprint": "0" * 64}, "fingerprint"),
        ({"manifest": "{}"}, "fingerprint"),
        ({"manifest": None}, "fingerprint"),
    ],
    ids=str,
)
def test_a_wave_that_was_changed_after_its_opening_is_neither_counted_nor_released(
    inst: Installation, open_wave: OpenWave, changed: dict[str, object], what: str
) -> None:
    with inst.database.transaction() as session:
        session.execute(update(Wave).values(**changed))
    with pytest.raises(Refused, match=rf"no longer says what its manifest promised \({what}\)"):
        journey.close_wave(inst, open_wave)
    assert count(inst) == 11


def test_a_crowd_that_was_changed_after_the_opening_is_noticed(inst: Installation, open_wave: OpenWave) -> None:
    with inst.database.transaction() as session:
        session.execute(update(WaveCrowd).values(invited=WaveCrowd.invited + 1))
    with pytest.raises(Refused, match="crowds"):
        journey.close_wave(inst, open_wave)


@pytest.mark.parametrize("status", [WaveStatus.CLOSED, WaveStatus.COUNTED])
def test_a_wave_withdrawn_before_its_release_leaves_no_ballot_no_link_and_no_key(
    inst: Installation, open_wave: OpenWave, status: WaveStatus
) -> None:
    if status is WaveStatus.COUNTED:
        journey.close_wave(inst, open_wave)
    else:
        with inst.database.transaction() as session:
            session.execute(update(Wave).values(status=WaveStatus.CLOSED))
    STEPS["withdraw"](inst)
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, "pulse-1")
        assert row.status == WaveStatus.WITHDRAWN
        assert None not in {row.rewritten_at, row.key_destroyed_at}
        assert session.scalar(text("SELECT count(*) FROM ballot")) == 0
        assert session.scalar(text("SELECT count(*) FROM invitation")) == 0
    assert not inst.keys.has_wave_key("pulse-1")


def test_files_are_not_called_rewritten_while_ballots_are_there(inst: Installation, open_wave: OpenWave) -> None:
    with inst.database.transaction() as session:
        session.execute(update(Wave).values(status=WaveStatus.COUNTED))
    with pytest.raises(Refused, match="still has ballots"):
        journey.release_wave(inst, open_wave)


def test_a_wave_whose_key_is_lost_is_not_counted_and_says_so(inst: Installation, open_wave: OpenWave) -> None:
    inst.keys.destroy_wave_key("pulse-1")
    with pytest.raises(Refused, match="Without it nobody can open its ballots"):
        journey.close_wave(inst, open_wave)
    assert state(inst)[0] == WaveStatus.CLOSED
    assert count(inst) == 11
    with inst.database.reading() as session:
        assert totals.list_counts(session, "pulse-1") == []


def test_the_auditors_refuse_totals_that_do_not_add_up(inst: Installation, open_wave: OpenWave) -> None:
    """A crowd lost from the totals: what is left cannot be checked, so nothing leaves."""
    counted(inst, open_wave)
    with inst.database.transaction() as session:
        session.execute(delete(CrowdCount))
    with pytest.raises((ReleaseRefused, KeyError)):
        journey.release_wave(inst, open_wave)
    assert state(inst)[0] == WaveStatus.COUNTED


def test_people_who_left_before_the_opening_are_not_invited(inst: Installation) -> None:
    journey.company(inst)
    with inst.database.transaction() as session:
        session.execute(update(Membership).where(Membership.team_key == "elk").values(ends_on=journey.FIRST_DAY))
    assert "elk.1@acme.example" in journey.open_wave(inst).codes  # the last day counts
    with inst.database.transaction() as session:
        session.execute(update(Membership).where(Membership.team_key == "dog").values(ends_on=journey.FIRST_DAY))
    journey.close_wave(inst, journey.opened(inst, "pulse-1"))
    assert {email.split(".")[0] for email in journey.open_wave(inst).codes} == {"lead", "root", "ant", "bee", "cat"}


def test_a_programme_of_the_same_name_is_refused(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    with inst.database.transaction() as session, pytest.raises(Refused, match="already a programme pulse"):
        programmes.add_programme(session, journey.facts())
