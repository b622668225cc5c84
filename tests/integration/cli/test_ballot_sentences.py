"""What the respondent's client tells a person: each refusal, and why there is no list, has a sentence of its own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
from sqlalchemy import text
from werkzeug.wrappers import Response

from surveys.ballots import trustee
from surveys.services import invitations
from tests.integration.cli.served import ANT, OTHER, SMALL, Survey, change, replaced
from tests.support import journey


@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("unknown-code", 404, "not valid any more"),
        ("not-open", 409, "not open"),
        ("malformed", 422, "may be too old"),
        ("too-many", 429, "Wait ten minutes"),
        ("something", 400, "refused the ballot paper (400)"),
    ],
)
def test_each_refusal_of_a_paper_is_a_sentence_of_its_own(
    survey: Survey, kind: str, status: int, sentence: str
) -> None:
    survey.lies["/papers"] = lambda honest: replaced(honest, json.dumps({"refused": kind}).encode(), status)
    assert sentence in survey.refused("answer", survey.link(ANT), "--answers", survey.answers())


def test_a_replaced_link_and_a_late_answer_are_told(survey: Survey) -> None:
    link = survey.link(ANT)
    with survey.inst.database.transaction() as session:
        invitations.renew_link(session, survey.inst.keys, wave=survey.wave.slug, email=ANT)
    survey.mailed.clear()
    assert "not valid any more" in survey.refused("answer", link, "--answers", survey.answers())
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    survey.now = survey.wave.closes_at
    assert "may have closed" in survey.refused("answer", survey.link(ANT), "--answers", survey.answers())
    assert "not open" in survey.refused("answer", survey.link(OTHER), "--answers", survey.answers())


def test_a_small_wave_has_no_list(make_survey: Callable[..., Survey]) -> None:
    survey = make_survey(SMALL)
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    survey.let_others_answer()
    survey.now = survey.wave.closes_at
    journey.close_wave(survey.inst, survey.wave)
    assert "fewer than 50 people were invited" in survey.ok("check", survey.link(ANT))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("closed", "not counted yet"),
        ("withdrawn", "destroyed and nothing was counted"),
        ("released", "deleted seven days after the count"),
    ],
)
def test_why_there_is_no_list_is_told(survey: Survey, status: str, sentence: str) -> None:
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    survey.lies["/waves/pulse-1/account.json"] = change("status", status)
    assert sentence in survey.ok("check", survey.link(ANT))


@pytest.mark.parametrize(
    ("status", "flag", "sentence"),
    [
        ("closed", "is_waiting", "waits for the holder of the second key"),
        ("counted", "is_none", "Too few people answered"),
    ],
)
def test_what_the_server_knows_better_is_told_exactly(survey: Survey, status: str, flag: str, sentence: str) -> None:
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())

    def lie(honest: Response) -> Response:
        return change(flag, True)(change("status", status)(honest))

    survey.lies["/waves/pulse-1/account.json"] = lie
    assert sentence in survey.ok("check", survey.link(ANT))


def test_more_ballots_than_papers_and_a_foreign_account_are_told(survey: Survey) -> None:
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    survey.lies["/waves/pulse-1/account.json"] = change("is_within_papers", False)
    assert "More ballots" in survey.refused("check", survey.link(ANT))
    survey.lies["/waves/pulse-1/account.json"] = change("fingerprint", "ab" * 32)
    assert "another wave" in survey.refused("check", survey.link(ANT))


def test_with_a_second_lock_its_key_is_named_and_the_wallet_lasts_until_it_may_be_counted(
    make_survey: Callable[..., Survey],
) -> None:
    survey = make_survey(second_lock=trustee.parse_public(trustee.new_key()[1]))
    told = survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    with survey.inst.database.reading() as session:
        key = session.execute(text("SELECT second_lock FROM wave")).scalar_one()
    assert f"The answers have a second lock. Its key: {trustee.key_words(bytes.fromhex(key))}. Those" in told
    assert key in told
    folder = survey.folder / "state" / "barograph"
    survey.now = survey.wave.closes_at + dt.timedelta(days=35)
    survey.run("check", survey.link(OTHER))
    assert len(list(folder.iterdir())) == 1
    survey.now += dt.timedelta(seconds=1)
    survey.run("check", survey.link(OTHER))
    assert not list(folder.iterdir())
