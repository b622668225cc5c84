"""A card from code to thanks: nothing is stored before sending, sending again replaces, all bad codes read the same."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from surveys.ballots import codes
from surveys.enums import BallotMode
from surveys.services import invitations
from surveys.store import ballots, waves
from tests.integration.web.world import World


@pytest.fixture
def mode() -> BallotMode:
    """The typed code of an invitation opens a form in promise mode only."""
    return BallotMode.PROMISE


def ballots_of(world: World) -> list[tuple[str, bytes]]:
    with world.inst.database.reading() as session:
        return list(ballots.read_sealed(session, "pulse-1"))


def other_code(world: World) -> str:
    return codes.encode(b"nobody was given")


def test_the_shell_is_the_same_bytes_for_everybody(world: World, make_world: Callable[..., World]) -> None:
    plain = world.app.test_client().get("/answer")
    spanish = world.app.test_client().get("/answer?lang=es", headers={"Accept-Language": "es", "User-Agent": "x"})
    staff = world.signed_in("lena@larkfield.example").get("/answer")
    assert plain.data == spanish.data == staff.data
    assert "Set-Cookie" not in plain.headers


def test_the_shell_weighs_under_sixty_kilobytes(client: FlaskClient) -> None:
    page = client.get("/answer")
    linked = re.findall(r'(?:href|src)="(/(?:static|answer)/[^"]+)"', page.text)
    assert {"css", "js"} <= {link.partition("?")[0].rpartition(".")[2] for link in linked}
    weight = len(gzip.compress(page.data))
    for link in linked:
        with client.get(link) as part:
            assert part.status_code == 200
            weight += len(gzip.compress(part.data))
    assert weight < 60 * 1024


def test_a_code_opens_the_privacy_panel_first(world: World, client: FlaskClient) -> None:
    page = client.post("/card", data={"code": world.code()})
    assert page.status_code == 200
    with world.inst.database.reading() as session:
        fingerprint = next(iter(waves.list_waves(session))).fingerprint or ""
    for expected in ("Promise mode", "The rule of 5", "Ticketing", "10 people are asked", "What your leader will see",
                     "Example, not your team", "What is shown to nobody", "What we cannot promise",
                     "30 Nov 2026, 09:00 (UTC)", fingerprint[:8]):  # fmt: skip
        assert expected in page.text, expected
    assert 'type="radio"' not in page.text
    assert ballots_of(world) == []


def test_the_language_of_the_invitation_is_the_first_and_can_be_switched(world: World, client: FlaskClient) -> None:
    code = world.code("ticketing1")
    assert '<html lang="es"' in client.post("/card", data={"code": code}).text
    switched = client.post("/card", data={"code": code, "language": "es", "switch": "en", "step": "3", "q1": "2"})
    assert '<html lang="en"' in switched.text
    assert "Question 3 of 6" in switched.text
    assert '<input type="hidden" name="q1" value="2">' in switched.text


def test_each_step_carries_the_earlier_answers_and_back_keeps_them(world: World, client: FlaskClient) -> None:
    body = {"code": world.code(), "language": "en", "step": "1", "go": "next", "q1": "2"}
    second = client.post("/card", data=body)
    assert "Question 2 of 6" in second.text
    assert '<input type="hidden" name="q1" value="2">' in second.text
    assert "<title>Question 2 of 6." in second.text
    back = client.post("/card", data={**body, "step": "2", "go": "back"})
    assert re.search(r'name="q1" id="a2" value="2" checked', back.text)
    assert ballots_of(world) == []


def test_going_on_without_a_choice_says_so_and_stays(world: World, client: FlaskClient) -> None:
    page = client.post("/card", data={"code": world.code(), "step": "4", "go": "next", "q1": "5"})
    assert page.status_code == 422
    assert "Question 4 of 6" in page.text
    assert 'role="alert"' in page.text
    assert "<title>Error. " in page.text
    assert '<input type="hidden" name="q1" value="5">' in page.text


def test_nothing_is_chosen_beforehand_and_no_answer_is_an_option(world: World, client: FlaskClient) -> None:
    page = client.post("/card", data={"code": world.code(), "step": "0", "go": "next"}).text
    assert page.count('type="radio"') == 6
    assert "checked" not in page
    assert "I would rather not answer this one" in page


def test_a_whole_card_is_stored_sealed_and_thanked_for(world: World, client: FlaskClient) -> None:
    sent = client.post("/card", data=world.answers())
    assert (sent.status_code, sent.headers["Location"]) == (303, "/thanks?lang=en")
    assert "Your answers are in" in client.get(sent.headers["Location"]).text
    stored = ballots_of(world)
    assert len(stored) == 1
    assert b"answers" not in stored[0][1]


def test_sending_again_replaces(world: World, client: FlaskClient) -> None:
    client.post("/card", data=world.answers("4"))
    first = ballots_of(world)
    client.post("/card", data=world.answers("1"))
    second = ballots_of(world)
    assert len(first) == len(second) == 1
    assert first != second


def test_a_missing_answer_gives_a_summary_with_links_and_stores_nothing(world: World, client: FlaskClient) -> None:
    body = {key: value for key, value in world.answers().items() if key not in {"q2", "q5"}}
    page = client.post("/card", data={**body, "q1": "none"})
    assert page.status_code == 422
    assert page.text.count('role="alert"') == 1
    assert 'href="#r2"' in page.text
    assert 'id="r2"' in page.text
    assert 'href="#r5"' in page.text
    assert 'href="#r1"' not in page.text
    assert '<input type="hidden" name="q6" value="4">' in page.text
    assert ballots_of(world) == []


@pytest.mark.parametrize("value", ["0", "6", "-1", "x", "4 ", "٤"])
def test_a_value_that_is_no_option_counts_as_missing(world: World, client: FlaskClient, value: str) -> None:
    page = client.post("/card", data=world.answers(q3=value))
    assert page.status_code == 422
    assert 'href="#r3"' in page.text
    assert ballots_of(world) == []


def test_more_fields_change_nothing(world: World, client: FlaskClient) -> None:
    body = world.answers(crowd="payments", wave="pulse-9", k="1", q7="5")
    assert client.post("/card", data=body).status_code == 303
    assert [crowd for crowd, _ in ballots_of(world)] == ["ticketing"]


@pytest.mark.parametrize("typed", ["", "ABC", "2" * 25, "I" * 26, "2" * 25 + "Z", "\x00" * 26, "\U0001f600" * 26])
def test_a_typing_mistake_is_asked_for_again(client: FlaskClient, typed: str) -> None:
    page = client.post("/card", data={"code": typed})
    assert page.status_code == 422
    assert "<title>Error. Type your code" in page.text


def test_a_code_may_be_typed_in_groups_and_small_letters(world: World, client: FlaskClient) -> None:
    assert client.post("/card", data={"code": codes.grouped(world.code()).lower()}).status_code == 200


@pytest.mark.parametrize("go", ["", "next", "send"])
def test_unknown_replaced_and_over_read_the_same(world: World, client: FlaskClient, go: str) -> None:
    replaced = world.code()
    body = {**world.answers(), "go": go}
    with world.inst.database.transaction() as session:
        invitations.renew_link(session, world.inst.keys, wave="pulse-1", email="ticketing2@larkfield.example")
    unknown = client.post("/card", data={**body, "code": other_code(world)})
    old = client.post("/card", data={**body, "code": replaced})
    over_code = world.code("payments1")
    world.now = world.now.replace(year=2027)
    over = client.post("/card", data={**body, "code": over_code})
    assert {each.status_code for each in (unknown, old, over)} == {404}
    assert unknown.data == old.data == over.data
    assert ballots_of(world) == []


def test_a_renewed_link_replaces_the_answer_of_the_old_one(world: World, client: FlaskClient) -> None:
    client.post("/card", data=world.answers())
    with world.inst.database.transaction() as session:
        invitations.renew_link(session, world.inst.keys, wave="pulse-1", email="ticketing2@larkfield.example")
    assert client.post("/card", data=world.answers("2")).status_code == 303
    assert len(ballots_of(world)) == 1


def test_respondents_get_no_cookie_no_referrer_and_nothing_is_kept(world: World, client: FlaskClient) -> None:
    answers = [client.get("/"), client.get("/answer"), client.get("/card"), client.get("/thanks")]
    answers += [client.post("/card", data={"code": world.code()}), client.post("/card", data=world.answers())]
    for each in answers:
        assert "Set-Cookie" not in each.headers
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["Referrer-Policy"] == "no-referrer"


def test_respondents_leave_no_log_line(world: World, client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    client.post("/card", data=world.answers())
    client.post("/card", data=world.answers(code=other_code(world)))
    assert [line for line in caplog.messages if world.code() in line or "card" in line] == []


def test_an_office_behind_one_address_is_not_shut_out_by_wrong_codes(world: World, client: FlaskClient) -> None:
    statuses = [client.post("/card", data={"code": other_code(world)}).status_code for _ in range(70)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert client.post("/card", data=world.answers()).status_code == 303


def test_a_card_larger_than_eight_kilobytes_is_refused_unread(world: World, client: FlaskClient) -> None:
    refused = client.post("/card", data=world.answers(padding="x" * 9000))
    assert refused.status_code == 413
    assert ballots_of(world) == []


def test_a_page_of_another_site_cannot_send_a_card(world: World, client: FlaskClient) -> None:
    refused = client.post("/card", data=world.answers(), headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert ballots_of(world) == []
