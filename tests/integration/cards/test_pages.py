"""A card on the pages without scripts, what each mode says of itself, and what a sealed code is told there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from app import lifecycle
from app.web.respond.views import code_in
from surveys.ballots import codes, sealing
from surveys.enums import BallotMode
from surveys.importers.organisation import read_organisation
from surveys.services import invitations
from surveys.services.cards import get_deck
from surveys.services.organisation import import_organisation
from surveys.services.programmes import ProgrammeFacts, add_programme
from surveys.store import ballots
from surveys.store import invitations as invitation_store
from tests.integration.web.world import START, TEAMS, World, _people, make_world, settings

__all__ = ["make_world", "settings"]


def opened(make: Callable[..., World], mode: BallotMode, **changes: object) -> World:
    world = make()
    with world.inst.database.transaction() as session:
        import_organisation(session, read_organisation(TEAMS.encode(), _people().encode()), today=START.date())
        plain: dict[str, object] = {
            "slug": "pulse",
            "name": "Team pulse",
            "organisation": "Larkfield Transit",
            "audience": "larkfield",
            "starts_on": dt.date(2026, 11, 23),
            "timezone": "UTC",
            "instruments": ({"code": "pulse-1", "every": 1, "offset": 0},),
            "mode": mode,
        }
        add_programme(session, ProgrammeFacts(**(plain | changes)))  # type: ignore[arg-type]
    lifecycle.plan_next(world.inst, programme="pulse", now=START, actor="test")
    lifecycle.open_wave(world.inst, wave="pulse-1", now=START, actor="test")
    return world


@pytest.fixture
def cards(make_world: Callable[..., World]) -> World:
    return opened(make_world, BallotMode.CARD)


def codes_of(world: World) -> list[str]:
    with world.inst.database.reading() as session:
        deck = get_deck(session, world.inst.keys, wave="pulse-1")
    return [code for box in deck.boxes if "Ticketing" in box.units for code in box.codes]


def ballots_of(world: World) -> list[tuple[str, bytes]]:
    with world.inst.database.reading() as session:
        return list(ballots.read_sealed(session, "pulse-1"))


def body(code: str, value: str = "4") -> dict[str, str]:
    return {"code": code, "go": "send", **{f"q{number}": value for number in range(1, 7)}}


def test_a_card_is_typed_answered_and_changed_without_a_script(cards: World) -> None:
    client = cards.app.test_client()
    code = codes.grouped(codes_of(cards)[0])
    start = client.post("/card", data={"code": code.lower()})
    assert start.status_code == 200
    assert "Card mode: as anonymous as the box you drew from." in start.text
    assert "It does not know who drew it." in start.text
    assert "Promise mode" not in start.text
    sent = client.post("/card", data=body(code, "2"))
    assert (sent.status_code, sent.headers["Location"].partition("?")[0]) == (303, "/thanks")
    before = ballots_of(cards)
    client.post("/card", data=body(code, "5"))
    after = ballots_of(cards)
    assert len(before) == len(after) == 1
    assert before != after
    assert "Set-Cookie" not in start.headers
    assert "Set-Cookie" not in sent.headers


def test_the_language_of_a_card_is_that_of_the_browser_among_those_of_the_survey(
    cards: World, make_world: Callable[..., World]
) -> None:
    spanish = cards.app.test_client().post(
        "/card", data={"code": codes_of(cards)[0]}, headers={"Accept-Language": "es"}
    )
    assert '<html lang="es"' in spanish.text


def test_a_survey_in_one_language_is_shown_in_it(make_world: Callable[..., World]) -> None:
    world = opened(make_world, BallotMode.CARD, languages=("es",))
    shown = world.app.test_client().post("/card", data={"code": codes_of(world)[0]}, headers={"Accept-Language": "en"})
    assert '<html lang="es"' in shown.text


def test_what_no_mode_can_promise_is_said_with_where_the_keys_lie(cards: World) -> None:
    shown = cards.app.test_client().post("/card", data={"code": codes_of(cards)[0]}).text
    assert "but not who drew the card" in shown
    assert "the keys of this survey lie on the same disk as its data" in shown  # both folders of this test do
    assert "two locks" not in shown


def test_promise_mode_is_labelled_in_amber_with_its_full_name(make_world: Callable[..., World]) -> None:
    world = opened(make_world, BallotMode.PROMISE)
    client = world.app.test_client()
    start = client.post("/card", data={"code": world.code()}).text
    label = "Promise mode: you rely on your employer’s server to forget who sent this."
    amber = start.partition('<section class="amber')[2].partition("</section>")[0]
    assert label in amber
    review = client.post("/card", data=body(world.code()) | {"go": "next", "step": "6"}).text
    assert label in review
    assert "Card mode" not in start + review


def test_a_second_lock_is_named(make_world: Callable[..., World]) -> None:
    world = opened(make_world, BallotMode.CARD, second_lock=bytes([9, *bytes(31)]))
    code = codes_of(world)[0]
    client = world.app.test_client()
    assert "Answers are stored under two locks." in client.post("/card", data={"code": code}).text
    assert client.post("/card", data=body(code)).status_code == 303
    ((_, ciphertext),) = ballots_of(world)
    assert len(ciphertext) == sealing.sealed_length(has_second_lock=True)


def test_the_code_of_a_sealed_survey_is_told_what_it_needs_and_nothing_is_taken(
    make_world: Callable[..., World],
) -> None:
    world = opened(make_world, BallotMode.SEALED)
    with world.inst.database.reading() as session:
        people = invitation_store.list_undelivered(session, wave="pulse-1", kind="invitation")
        person = next(each for each in people if each.language == "en")
        code = invitations.link_code(world.inst.keys, wave="pulse-1", addressee=person)
        fragment = invitations.link_fragment(session, world.inst.keys, wave="pulse-1", addressee=person)
    client = world.app.test_client()
    for typed in (code, f"{world.inst.settings.base_url}/answer#{fragment}"):
        for data in ({"code": typed}, body(typed)):
            told = client.post("/card", data=data)
            assert told.status_code == 409
            assert "This survey needs its whole link" in told.text
            assert "barograph ballot answer" in told.text
            assert 'type="radio"' not in told.text
            assert code not in told.text
    assert ballots_of(world) == []


def test_card_and_promise_codes_are_found_in_a_pasted_link() -> None:
    assert code_in("ABCDE FGHJK") == "ABCDE FGHJK"
    assert code_in("https://pulse.example/answer#ABCDEFGHJK") == "ABCDEFGHJK"
    assert code_in("https://pulse.example/answer#w-1/c/en/key/mark/ABCDEFGHJK") == "ABCDEFGHJK"


def test_a_card_that_was_never_printed_reads_like_every_other_bad_code(cards: World) -> None:
    client = cards.app.test_client()
    told = client.post("/card", data={"code": codes.encode(b"nobody was given")})
    assert told.status_code == 404
    cards.now = START + dt.timedelta(days=30)
    late = client.post("/card", data={"code": codes_of(cards)[0]})
    assert (late.status_code, late.text) == (told.status_code, told.text)
