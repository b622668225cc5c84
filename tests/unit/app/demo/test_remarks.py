"""What simulated people tick and write comes from the seed, fits into the box and repeats no sentence."""

from __future__ import annotations

import collections
import datetime as dt
import itertools
from functools import cache

import pytest

from app.demo.calendar import make_calendar
from app.demo.organisation import Organisation, make_organisation
from app.demo.redactor import READING
from app.demo.remarks import GENERAL, STRAINED, TELLING, Remark, make_remarks, tells_too_much
from app.demo.shapes import WAVES, Size, shape_of
from surveys.i18n import LANGUAGES
from surveys.instruments.library import comments
from surveys.instruments.parts import COMMENT_LENGTH

TOPICS = tuple(topic.code for topic in comments().topics)
ANSWERING = 220
"""About as many answer a wave in the default organisation."""

ALL = [text for texts in (STRAINED, GENERAL, TELLING) for language in LANGUAGES for text in texts[language]]


@cache
def organisation(size: Size) -> Organisation:
    calendar = make_calendar(dt.date(2026, 11, 25))
    return make_organisation(shape_of(size), seed=6, first=calendar.first_opening, last=calendar.last_opening)


@cache
def made(size: Size, *, seed: int = 6) -> dict[str, Remark]:
    return make_remarks(organisation(size).people[:ANSWERING], TOPICS, troubled="ticketing", seed=seed)


def written(remarks: dict[str, Remark]) -> list[str]:
    return [remark.comment for remark in remarks.values() if remark.comment]


def test_there_are_thirty_sentences_in_each_language_and_no_two_are_the_same() -> None:
    assert all(len(STRAINED[language] + GENERAL[language]) >= 30 for language in LANGUAGES)
    assert len(set(ALL)) == len(ALL)


def test_every_sentence_fits_into_the_box_and_shouts_at_nobody() -> None:
    assert all(0 < len(text) <= COMMENT_LENGTH and text == text.strip() for text in ALL)
    assert not [text for text in ALL if "!" in text]


def test_a_seed_gives_the_same_remarks_and_another_one_others() -> None:
    people = organisation(Size.MEDIUM).people
    assert make_remarks(people, TOPICS, troubled="ticketing", seed=6) == made(Size.MEDIUM)
    assert make_remarks(people, TOPICS, troubled="ticketing", seed=7) != made(Size.MEDIUM)


@pytest.mark.parametrize("seed", [6, 7])
def test_about_a_third_write_a_sentence_of_their_own_in_their_language(seed: int) -> None:
    remarks = made(Size.DEFAULT, seed=seed)
    assert 0.3 <= len(written(remarks)) / len(remarks) <= 0.35
    assert len(set(written(remarks))) == len(written(remarks))
    for person in organisation(Size.DEFAULT).people[:ANSWERING]:
        language = person.identity.language
        known = ("", *STRAINED[language], *GENERAL[language], *TELLING[language])
        assert remarks[person.identity.email].comment in known


def test_of_twelve_people_seven_write_so_that_five_are_left_when_two_are_removed() -> None:
    texts = written(made(Size.SMALL))
    assert len(texts) == 7
    assert sum(map(tells_too_much, texts)) == 2


def test_fewer_people_than_that_all_write() -> None:
    people = organisation(Size.SMALL).people[:3]
    assert len(written(make_remarks(people, TOPICS, troubled="ticketing", seed=6))) == 3


@pytest.mark.parametrize("size", list(Size))
def test_one_comment_with_a_name_and_one_with_a_day_are_written_outside_the_troubled_team(size: Size) -> None:
    remarks, home = made(size), {person.identity.email: person for person in organisation(size).people}
    telling = [email for email, remark in remarks.items() if tells_too_much(remark.comment)]
    places = sorted(TELLING[home[email].identity.language].index(remarks[email].comment) for email in telling)
    assert places == [0, 1]
    assert all(home[email].team != "ticketing" for email in telling)


def test_no_name_in_a_comment_is_one_of_the_sample_organisation() -> None:
    names: set[str] = {part for person in organisation(Size.DEFAULT).people for part in person.identity.name.split()}
    words = {word.strip(".,") for text in itertools.chain(*TELLING.values()) for word in text.split()}
    assert not names & words


def test_only_the_troubled_team_writes_about_its_changing_plan() -> None:
    remarks = made(Size.DEFAULT)
    strained = {text for texts in STRAINED.values() for text in texts}
    for person in organisation(Size.DEFAULT).people[:ANSWERING]:
        comment = remarks[person.identity.email].comment
        assert not comment or (comment in strained) == (person.team == "ticketing")


def test_everybody_ticks_none_to_three_topics_that_exist_and_none_twice() -> None:
    ticked = [remark.topics for remark in made(Size.DEFAULT).values()]
    assert {len(topics) for topics in ticked} == {0, 1, 2, 3}
    assert all(set(topics) <= set(TOPICS) and len(set(topics)) == len(topics) for topics in ticked)


def test_the_troubled_team_ticks_workload_more_often_than_others_do() -> None:
    people = organisation(Size.MEDIUM).people
    counted = collections.Counter(
        person.team == "ticketing"
        for seed in range(4)
        for person, remark in zip(people, made(Size.MEDIUM, seed=seed).values(), strict=True)
        if "workload" in remark.topics
    )
    own = sum(person.team == "ticketing" for person in people)
    assert counted[True] / own > 1.5 * counted[False] / (len(people) - own)


@pytest.mark.parametrize("day", range(1, 15))
def test_comments_are_released_before_the_day_of_today(day: int) -> None:
    calendar = make_calendar(dt.date(2026, 3, day))
    released = dt.datetime.combine(calendar.opening(WAVES) + dt.timedelta(days=8), dt.time(9), tzinfo=dt.UTC)
    assert (released + READING).date() < calendar.today
