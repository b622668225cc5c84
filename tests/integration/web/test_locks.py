"""What stewards and auditors see of modes, locks and keys."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app import lifecycle
from app.installation import mark
from surveys.ballots import manifest, trustee
from surveys.enums import BallotMode
from surveys.services.programmes import ProgrammeFacts, add_programme
from surveys.store import waves
from tests.integration.web.world import START, World, token
from tests.support import journey

LOCK = trustee.parse_public(trustee.new_key()[1])
PAGE = "/setup/waves/other-1"


def planned(world: World, mode: BallotMode = BallotMode.SEALED, second_lock: bytes | None = None) -> FlaskClient:
    """A second programme with a planned wave; returns the steward's browser."""
    with world.inst.database.transaction() as session:
        facts = ProgrammeFacts(
            slug="other", name="Other", organisation="Larkfield Transit", audience="larkfield",
            starts_on=dt.date(2026, 11, 23), mode=mode, second_lock=second_lock,
        )  # fmt: skip
        add_programme(session, facts)
    lifecycle.plan_next(world.inst, programme="other", now=START, actor="test")
    return world.signed_in("steward@larkfield.example")


def press(steward: FlaskClient, step: str, **values: str) -> int:
    return steward.post(f"{PAGE}/{step}", data={"csrf_token": token(steward.get("/setup/")), **values}).status_code


def status(world: World) -> str:
    with world.inst.database.reading() as session:
        return waves.get_wave(session, "other-1").status


def test_a_wave_with_a_second_lock_opens_after_the_box_is_ticked_only(world: World) -> None:
    steward = planned(world, second_lock=LOCK)
    page = steward.get(PAGE).text
    for part in ("If this key is lost, the answers of the wave are lost. Keep three copies apart.",
                 'name="key-is-safe"', trustee.key_words(LOCK)):  # fmt: skip
        assert part in page
    assert press(steward, "open") == 409
    assert status(world) == "planned"
    assert press(steward, "open", **{"key-is-safe": "yes"}) == 303
    assert status(world) == "open"


def test_a_wave_without_a_second_lock_asks_for_no_box(world: World) -> None:
    steward = planned(world)
    assert "key-is-safe" not in steward.get(PAGE).text
    assert press(steward, "open") == 303


def test_a_closed_wave_tells_what_it_waits_for(world: World) -> None:
    steward = planned(world, second_lock=LOCK)
    lifecycle.open_wave(world.inst, wave="other-1", now=START, actor="test")
    journey.cast_all(world.inst, journey.opened(world.inst, "other-1"), journey.varied())
    assert press(steward, "close") == 303
    page = steward.get(PAGE).text
    for part in ("closed, waiting for its trustee", "barograph wave handover other-1", "barograph trustee open",
                 "barograph wave close other-1 --opened"):  # fmt: skip
        assert part in page
    assert "Finish the count" not in page


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        (BallotMode.SEALED, "locked in the browser"),
        (BallotMode.CARD, "barograph wave cards other-1"),
        (BallotMode.PROMISE, 'class="amber"'),
    ],
)
def test_the_page_says_how_people_answer(world: World, mode: BallotMode, sentence: str) -> None:
    steward = planned(world, mode)
    lifecycle.open_wave(world.inst, wave="other-1", now=START, actor="test")
    page = steward.get(PAGE).text
    assert sentence in page
    assert ('class="amber"' in page) is (mode is BallotMode.PROMISE)
    assert "exists until the count" in page
    assert "machine snapshots made while open could be opened" in page


def test_the_page_tells_the_end_of_the_key_and_whether_ballots_are_within_papers(released: World) -> None:
    page = released.signed_in("steward@larkfield.example").get("/setup/waves/pulse-1").text
    assert "destroyed on 2 Dec 2026" in page
    assert "Ballots within papers" in page
    assert "more ballots than papers" not in page
    with released.inst.database.transaction() as session:
        session.execute(text("UPDATE wave SET is_within_papers = 0"))
    assert (
        "more ballots than papers" in released.signed_in("steward@larkfield.example").get("/setup/waves/pulse-1").text
    )


def test_the_audit_page_has_the_public_key_and_a_chain_that_is_checked(released: World) -> None:
    mark(released.inst.database, released.inst.keys)
    lifecycle.plan_next(released.inst, programme="pulse", now=released.now, actor="test")
    lifecycle.open_wave(released.inst, wave="pulse-2", now=released.now, actor="test")
    auditor = released.signed_in("auditor@larkfield.example")
    page = auditor.get("/audit/").text
    with released.inst.database.reading() as session:
        first = waves.get_wave(session, "pulse-1").fingerprint or ""
        second = waves.get_wave(session, "pulse-2").fingerprint or ""
    for part in (released.inst.keys.public_key_hex(), first, second, manifest.words(second), "2 Dec 2026"):
        assert part in page
    assert page.count(first) == 2  # its own, and as what the second one follows
    assert "This is not the wave before" not in page
    assert "another one:" not in page
    with released.inst.database.transaction() as session:
        session.execute(text("UPDATE wave SET fingerprint = :other WHERE slug = 'pulse-1'"), {"other": "ab" * 32})
        session.execute(text("UPDATE installation_mark SET public_key = :other"), {"other": "cd" * 32})
    page = auditor.get("/audit/").text
    assert "This is not the wave before" in page
    assert "another one:" in page
