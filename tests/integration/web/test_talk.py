"""Forms without scripts: what is asked beside the questions, and with whom answers count, said before the first one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app import lifecycle
from surveys.ballots import sealing
from surveys.ballots.sealing import Sheet
from surveys.enums import BallotMode
from surveys.store import ballots, waves
from tests.integration.web.talking import ask_more
from tests.integration.web.world import World
from tests.support import journey

WAVE = "pulse-2"


@pytest.fixture
def mode() -> BallotMode:
    """The typed code of an invitation opens a form in promise mode only."""
    return BallotMode.PROMISE


@pytest.fixture
def talking(released: World) -> World:
    """A second wave is open, which asks for a site, topics and comments."""
    ask_more(released, BallotMode.PROMISE)
    lifecycle.plan_next(released.inst, programme="pulse", now=released.now, actor="test")
    released.now = released.now + dt.timedelta(days=6)
    lifecycle.open_wave(released.inst, wave=WAVE, now=released.now, actor="test")
    return released


@pytest.fixture
def client(talking: World) -> FlaskClient:
    return talking.app.test_client()


def body(world: World, **other: object) -> dict[str, object]:
    """A whole form of the second wave."""
    given = {f"q{number}": "4" for number in range(1, 7)} | {"q7": "2"}
    return {"code": world.code(wave=WAVE), "go": "send", **given, **other}


def opened(world: World) -> list[tuple[Sheet, str]]:
    """What the ballots in the box say, opened with the key of the wave as the count does."""
    with world.inst.database.reading() as session:
        opener = sealing.Opener(world.inst.keys.wave_key(WAVE), waves.get_wave(session, WAVE).fingerprint or "")
        sealed = list(ballots.read_sealed(session, WAVE))
    found = []
    for crowd, ciphertext in sealed:
        first, second = sealing.split(ciphertext, has_comments=True)
        comment = sealing.unpad_comment(opener.open_comment(second or b"", crowd))
        found.append((sealing.unpad(opener.open(first, crowd)), comment))
    return found


def words(page: str) -> str:
    """The words of a page, blanks folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_the_first_page_says_what_else_is_collected(talking: World, client: FlaskClient) -> None:
    text = words(client.post("/card", data={"code": talking.code(wave=WAVE)}).text)
    for expected in (
        "7 short questions.",
        "Your answers are counted together with those of your group, Ticketing: 10 people are asked.",
        "One question about you",
        "This comes from nobody’s record, only from your answer here. It is used only for groups of at least 100",
        "At the end you may tick topics and write one comment of at most 400 characters. Both may stay empty.",
        "only at a level with at least 10 answers and 5 comments",
        "What you write and how you write it may show who you are.",
        "How often your group ticked a topic, in coarse steps.",
        "Who wrote a comment, and which answers came with it.",
        "If you write something only you could know, somebody may recognise it.",
    ):
        assert expected in text, expected


def test_the_question_about_the_reader_says_what_becomes_of_it(talking: World, client: FlaskClient) -> None:
    page = client.post("/card", data={**body(talking), "step": "6", "go": "next"}).text
    assert "Question 7 of 7" in page
    assert "This comes from nobody’s record" in page
    assert page.count('type="radio"') == 4
    assert "I would rather not answer this one" in page
    missing = client.post("/card", data={**body(talking, q7=""), "step": "7", "go": "next"})
    assert missing.status_code == 422


def test_topics_and_comment_come_last_before_the_review(talking: World, client: FlaskClient) -> None:
    page = client.post("/card", data={**body(talking), "step": "7", "go": "next"}).text
    text = words(page)
    assert "<title>One more page, if you like. Larkfield Transit</title>" in page
    assert page.count('type="checkbox"') == 8
    assert 'maxlength="400"' in page
    assert 'spellcheck="false"' in page
    for expected in (
        "All of it may stay empty.",
        "A redactor, somebody outside your line of leaders, reads each comment before it is released",
        "Nobody who reads a comment can look up who wrote it, so nobody can come to help.",
        "use the help lines of your organisation or call the emergency number.",
    ):
        assert expected in text, expected
    back = client.post("/card", data={**body(talking), "step": "8", "go": "back"}).text
    assert "Question 7 of 7" in back


def test_everything_is_looked_at_and_sealed_as_it_was_given(talking: World, client: FlaskClient) -> None:
    given = body(talking, topic=["tools", "workload", "not-a-topic"], comment="First.\r\n<b>Second</b> & last")
    review = client.post("/card", data={**given, "step": "8", "go": "next"}).text
    assert "Workload and time and Tools and equipment" in review
    assert "&lt;b&gt;Second&lt;/b&gt; &amp; last" in review
    assert 'name="go" value="item-8"' in review
    hidden = re.findall(r'<input type="hidden" name="(topic|comment)" value="([^"]*)"', review)
    assert hidden == [("topic", "workload"), ("topic", "tools"), ("comment", hidden[2][1])]

    again = client.post("/card", data={**given, "step": "9", "go": "item-8"}).text
    assert re.search(r'value="tools" checked', again)
    assert not re.search(r'value="growth" checked', again)
    assert "First.\n&lt;b&gt;Second" in again
    assert "Back to the overview" in again
    assert 'type="hidden" name="comment"' not in again

    assert client.post("/card", data={**given, "q7": "none"}).status_code == 303
    ((sheet, comment),) = opened(talking)
    assert sheet.topics == ("tools", "workload")
    assert sheet.answers["site"] is None
    assert comment == "First.\n<b>Second</b> & last"
    assert client.post("/card", data=body(talking)).status_code == 303
    ((sheet, comment),) = opened(talking)
    assert (sheet.answers["site"], sheet.topics, comment) == (2, (), "")


def test_a_comment_that_is_too_long_is_said_and_kept_and_nothing_is_stored(talking: World, client: FlaskClient) -> None:
    long = "ñ" * 401
    for go, step in (("next", "8"), ("send", "9")):
        page = client.post("/card", data={**body(talking, comment=long), "go": go, "step": step})
        assert page.status_code == 422
        assert "A comment has at most 400 characters, and this one has 401." in page.text
        assert "<title>Error. One more page" in page.text
        assert 'href="#comment"' in page.text
        assert long in page.text
    assert opened(talking) == []
    assert client.post("/card", data=body(talking, comment="\U0001f600" * 400)).status_code == 303


@pytest.mark.parametrize(
    ("teams", "team", "expected"),
    [
        (journey.TWO_TEAMS, "ant", "12 people are asked, the whole organisation in one group. Leaders are among them."),
        (journey.SIX_TEAMS, "dog", "those of your group, Team cat and Team dog: 10 people are asked."),
    ],
    ids=["the whole company", "two teams together"],
)
def test_with_whom_answers_count_stands_before_the_first_question(
    make_world: Callable[..., World], teams: journey.Teams, team: str, expected: str
) -> None:
    world = make_world()
    journey.company(world.inst, teams, mode=BallotMode.PROMISE)
    wave = journey.open_wave(world.inst)
    world.now = wave.opens_at
    code = wave.codes[journey.member(team, 1)]
    page = world.app.test_client().post("/card", data={"code": code}).text
    assert 'type="radio"' not in page
    text = words(page)
    assert expected in text
    names = re.search(r"counted together with those of your group, ([^:]+):", text)
    if teams is journey.TWO_TEAMS:
        assert names is None
        assert "If fewer than 5 answer, nothing is published and the answers are destroyed." in text
    else:
        assert names is not None
        assert "Team dog" in names.group(1)
        assert " and " in names.group(1)
    for silent in ("Topics and a comment", "about you", "comment"):
        assert silent not in text, "a wave that asks for nothing more does not speak of it"
