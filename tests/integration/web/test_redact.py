"""The redactor's pages, the leader's part with comments and topics, and the comments page of HR."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.jobs import comments as jobs
from surveys.enums import Role
from surveys.services import redaction, staff
from surveys.services.redaction import Decision
from surveys.store import accounts
from tests.integration.web.world import START, World, token
from tests.support import written

COUNTED = START + dt.timedelta(days=9)
TEXTS = {
    "ticketing": ["<b>Bold</b> words.", "Lena was late again.", "More time to think.", "Ñandú & co.", "Thank you."],
    "larkfield": [f"Comment number {number:02} about the canteen." for number in range(60)],
}


@pytest.fixture
def waiting(world: World) -> World:
    """A released wave whose comments wait for rita, the redactor."""
    database = world.inst.database
    written.count_wave(database, "pulse-1", COUNTED)
    written.release_wave(database, "pulse-1", COUNTED)
    written.write(database, "pulse-1", TEXTS, COUNTED)
    with database.transaction() as session:
        staff.grant_role(session, email="rita@works.example", role=Role.REDACTOR, team=None, name="Rita", language="en")
    world.now = COUNTED + dt.timedelta(hours=1)
    return world


def decide_all(world: World, *, removed: tuple[str, ...] = ("Lena was late again.",)) -> None:
    with world.inst.database.transaction() as session:
        for each in redaction.list_texts(session, "pulse-1"):
            decision = Decision.REMOVED if each.text in removed else Decision.KEPT
            redaction.decide(session, wave="pulse-1", unit=each.unit, place=each.place, decision=decision)


def release(world: World) -> None:
    decide_all(world)
    jobs.release_comments(world.inst, wave="pulse-1", now=world.now, actor="test")


def decide(client: FlaskClient, page: TestResponse, **form: str) -> TestResponse:
    return client.post("/redact/pulse-1/decide", data={"csrf_token": token(page), **form})


def test_a_redactor_starts_on_the_page_and_sees_texts_with_units_only(waiting: World) -> None:
    rita = waiting.signed_in("rita@works.example")
    overview = rita.get("/redact/")
    assert "65 comments are not decided" in overview.text
    page = rita.get("/redact/pulse-1")
    assert re.findall(r"<h2 id=\"u\d+\">(.*?)</h2>", page.text) == ["Larkfield Transit"]
    second = rita.get("/redact/pulse-1?part=2").text
    assert re.findall(r"<h2 id=\"u\d+\">(.*?)</h2>", second) == ["Larkfield Transit", "Ticketing"]
    assert "&lt;b&gt;Bold&lt;/b&gt; words." in second
    assert "c-ticketing" in second  # the key of the unit, which is public; no crowd has a name like it
    assert "crowd" not in second
    assert 'type="search"' not in second


def test_each_comment_is_kept_or_removed_and_that_can_be_changed(waiting: World) -> None:
    rita = waiting.signed_in("rita@works.example")
    page = rita.get("/redact/pulse-1?part=2")
    for decision, words in (("removed", "Removed at the release."), ("kept", "Kept.")):
        answer = decide(rita, page, unit="ticketing", place="2", decision=decision)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/redact/pulse-1?part=2#c-ticketing-2")
        assert rita.get("/redact/pulse-1?part=2").text.count(words) == 1


@pytest.mark.parametrize(
    "form",
    [{"unit": "ticketing", "place": "2", "decision": ""}, {"unit": "ticketing", "place": "2", "decision": "edited"},
     {"unit": "ticketing", "place": "-1", "decision": "kept"}, {"unit": "", "place": "1", "decision": "kept"},
     {"unit": "a\0b", "place": "1", "decision": "kept"}],
)  # fmt: skip
def test_an_odd_form_changes_nothing(waiting: World, form: dict[str, str]) -> None:
    rita = waiting.signed_in("rita@works.example")
    assert decide(rita, rita.get("/redact/pulse-1"), **form).status_code == 400


def test_a_comment_that_does_not_exist_and_a_wave_without_comments_are_refused(waiting: World) -> None:
    rita = waiting.signed_in("rita@works.example")
    page = rita.get("/redact/pulse-1")
    assert decide(rita, page, unit="ticketing", place="99", decision="kept").status_code == 409
    assert rita.get("/redact/pulse-9").status_code == 404
    assert rita.get("/redact/PULSE").status_code == 404
    assert rita.post("/redact/pulse-1/decide", data={"unit": "ticketing"}).status_code == 400  # no form token


def test_release_now_needs_every_decision_and_happens_once(waiting: World) -> None:
    rita = waiting.signed_in("rita@works.example")
    page = rita.get("/redact/pulse-1")
    assert "Release now" not in page.text
    early = rita.post("/redact/pulse-1/release", data={"csrf_token": token(page)})
    assert early.status_code == 409
    decide_all(waiting)
    page = rita.get("/redact/pulse-1")
    assert "Release now" in page.text
    assert rita.post("/redact/pulse-1/release", data={"csrf_token": token(page)}).status_code == 303
    assert "No comments wait for you." in rita.get("/redact/").text
    again = decide(rita, page, unit="ticketing", place="2", decision="kept")
    assert again.status_code == 409


@pytest.mark.parametrize("person", ["lena", "hr", "steward", "auditor"])
def test_nobody_else_reads_waiting_comments(waiting: World, person: str) -> None:
    client = waiting.signed_in(f"{person}@larkfield.example")
    for address in ("/redact/", "/redact/pulse-1"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "canteen" not in answer.text


def test_a_redactor_who_comes_to_lead_a_team_loses_the_page(waiting: World) -> None:
    rita = waiting.signed_in("rita@works.example")
    with waiting.inst.database.transaction() as session:
        account = accounts.find_account(session, "rita@works.example")
        assert account is not None
        accounts.add_grant(session, account_id=account.id, role="leader", team_key="payments")
    for answer in (rita.get("/redact/"), rita.get("/redact/pulse-1")):
        assert answer.status_code == 403
        assert "canteen" not in answer.text


def test_a_leader_reads_comments_of_the_own_unit_after_their_release_only(waiting: World) -> None:
    lena, pau = (waiting.signed_in(f"{name}@larkfield.example") for name in ("lena", "pau"))
    before = lena.get("/leader/ticketing").text
    assert "They come on 7 Dec 2026 at the latest." in before
    assert not any(each in before for each in ("More time", "canteen"))
    release(waiting)
    after = lena.get("/leader/ticketing").text
    assert re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", after) == [
        "&lt;b&gt;Bold&lt;/b&gt; words.", "More time to think.", "Ñandú &amp; co.", "Thank you.",
    ]  # fmt: skip
    assert "Lena was late" not in after
    assert "holds no comments" in after
    foreign = pau.get("/leader/payments").text
    assert "<blockquote" not in foreign
    assert "may stand among those shown for Larkfield Transit" in foreign
    assert pau.get("/leader/ticketing").status_code == 404


def test_a_survey_without_a_box_and_one_with_too_few_comments_read_differently(world: World) -> None:
    written.count_wave(world.inst.database, "pulse-1", COUNTED)
    written.release_wave(world.inst.database, "pulse-1", COUNTED)
    lena = world.signed_in("lena@larkfield.example")
    assert "This survey had no box for comments." in lena.get("/leader/ticketing").text
    written.write(world.inst.database, "pulse-1", {"payments": ["a", "b", "c", "d", "e"]}, COUNTED)
    release(world)
    page = lena.get("/leader/ticketing").text
    assert "No comments are shown here. Too few people answered or wrote" in page
    assert "<blockquote" not in page


def test_hr_reads_all_by_unit_and_takes_a_file_that_the_ledger_notes(waiting: World) -> None:
    hr = waiting.signed_in("hr@larkfield.example")
    assert "canteen" not in hr.get("/hr/comments/").text
    release(waiting)
    page = hr.get("/hr/comments/")
    assert re.findall(r"<h2 id=\"u\d+\">(.*?)</h2>", page.text) == ["Larkfield Transit", "Ticketing"]
    assert "Lena was late" not in page.text
    file = hr.post("/hr/comments/file", data={"csrf_token": token(page), "wave": "pulse-1"})
    assert file.mimetype == "text/csv"
    assert file.data.count(b"\r\n") == 1 + 60 + 4
    with waiting.inst.database.reading() as session:
        entries = releases_of(session)
    assert entries[-1] == ("hr@larkfield.example", "export", "pulse-1 comments csv", 64)
    assert hr.post("/hr/comments/file", data={"csrf_token": token(page), "wave": "pulse-9"}).status_code == 404
    assert waiting.signed_in("lena@larkfield.example").get("/hr/comments/").status_code == 403


def releases_of(session) -> list[tuple[str, str, str, int]]:  # type: ignore[no-untyped-def]
    from reports.store import releases

    return [(row.actor, row.kind, row.subject, row.cells) for row in releases.list_ledger(session)]
