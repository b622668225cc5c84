"""The order attack: whoever sees in which order papers were taken and answers arrived ties the two, team by team."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.installation import Installation
from tests.attacks import account, weak
from tests.attacks.people import answer_needles, distinct_answers, sealed_company
from tests.attacks.spy import Spy, names
from tests.attacks.tools import Trace, carve, chance, judge, link_by_order
from tests.support import journey
from tests.support.journey import OpenWave, Teams

TEAMS, PEOPLE = 25, 8
ROUNDS = 40


def arrivals(rng: random.Random, delay: Callable[[], float]) -> tuple[list[Trace], list[Trace], dict[str, bytes]]:
    """People of 25 teams take a paper in a random order and send the answer some arrivals later."""
    everybody = [(f"team {team}", f"person {team}.{number}") for team in range(TEAMS) for number in range(PEOPLE)]
    rng.shuffle(everybody)
    sent = sorted((at + delay(), team, person) for at, (team, person) in enumerate(everybody))
    papers = [Trace(what=person, crowd=team, moment=at) for at, (team, person) in enumerate(everybody)]
    ballots = [Trace(what=person.encode(), crowd=team, moment=at) for at, (_, team, person) in enumerate(sent)]
    return papers, ballots, {person: person.encode() for _, person in everybody}


@pytest.mark.parametrize(("later", "published"), [(3, 0.92), (30, 0.46), (100, 0.25), (400, 0.16)])
def test_taking_the_paper_some_arrivals_earlier_hides_little(later: int, published: float) -> None:
    """Blind tokens over readable rows; privacy.md 2.4 has the same figures from another program."""
    rng = random.Random(later)
    shares = []
    for _ in range(ROUNDS):
        papers, ballots, truth = arrivals(rng, lambda: rng.expovariate(1 / later))
        shares.append(judge(link_by_order(papers, ballots), truth, {person: {} for person in truth}).share)
    share = statistics.mean(shares)
    account.weakened(
        "order of events", f"paper about {later:3} arrivals earlier: {share:.0%} linked (chance {chance(papers):.1%})"
    )
    assert share == pytest.approx(published, abs=0.04)
    assert chance(papers) == pytest.approx(1 / PEOPLE)


STAFF: Teams = {"root": (None, 1), **{f"t{number:02}": ("root", PEOPLE + 1) for number in range(TEAMS)}}
"""25 teams of eight whose leaders answer with the root."""


def schedule(emails: list[str], rng: random.Random) -> list[tuple[float, str, str]]:
    """Who takes a paper and who sends an answer, in order; the answer comes about three arrivals later."""
    order = rng.sample(emails, len(emails))
    papers = [(float(at), "paper", email) for at, email in enumerate(order)]
    return sorted([*papers, *((at + rng.expovariate(1 / 3), "ballot", email) for at, _, email in papers)])


@pytest.fixture
def wave(inst: Installation) -> OpenWave:
    sealed_company(inst, STAFF)
    return journey.open_wave(inst)


def without_leaders(wave: OpenWave) -> list[str]:
    return sorted(email for email in wave.codes if not email.startswith("lead."))


@pytest.mark.slow
def test_weakened_blind_tokens_over_readable_rows_are_tied_by_order(inst: Installation, wave: OpenWave) -> None:
    """200 people, papers and answers in transactions of their own, keys without order: nearly all are linked."""
    people = weak.list_invited(inst.database, wave.slug)
    answers = distinct_answers(without_leaders(wave), wave.instrument.item_codes)
    spy = Spy(inst.database, weak.names(people))
    for _, what, email in schedule(list(answers), random.Random(25)):
        if what == "paper":
            weak.take_paper(inst.database, wave.slug, people[email])
        else:
            weak.drop_in(inst.database, wave.slug, people[email], weak.readable(answers[email]))
    papers, ballots = spy.traces()
    spy.stop()
    linked = judge(
        link_by_order(papers, ballots),
        {people[email].person_id: weak.readable(given) for email, given in answers.items()},
        {people[email].person_id: given for email, given in answers.items()},
    )
    account.weakened("order of events", f"{inst.database.engine.name}, 25 teams of 8: {linked} ({chance(papers):.1%})")
    assert linked.people == TEAMS * PEOPLE
    assert linked.share > 0.85
    assert linked.readable == linked.right


@pytest.mark.slow
def test_the_order_of_sealed_ballots_gives_ciphertext_only(inst: Installation, wave: OpenWave) -> None:
    """The same people in the same order through the product: the rows are tied as before, and nothing is readable."""
    people = weak.list_invited(inst.database, wave.slug)
    answers = distinct_answers(without_leaders(wave), wave.instrument.item_codes)
    sealed: dict[str, bytes] = {}
    spy = Spy(inst.database, names(people, wave=wave.slug, wave_key=inst.keys.wave_key(wave.slug)))
    for _, what, email in schedule(list(answers), random.Random(25)):
        offer, paper = journey.take_paper(inst, wave.codes[email], now=wave.opens_at)
        if what == "ballot":
            ballot = journey.sealed_ballot(offer, paper, answers[email])
            assert journey.put(inst, ballot, now=wave.opens_at)
            sealed[people[email].person_id] = ballot.sealed
    papers, ballots = spy.traces()
    _, log = spy.files()
    spy.stop()
    known = {people[email].person_id: given for email, given in answers.items()}
    linked = judge(link_by_order(papers, ballots), sealed, known)
    assert linked.people == TEAMS * PEOPLE
    assert linked.readable == 0
    assert carve(log, answer_needles(answers)) == []
    journey.close_wave(inst, wave)
    with inst.database.engine.connect() as link:
        left = link.scalar(text("SELECT count(*) FROM ballot"))
    account.product(
        "order of events",
        f"{inst.database.engine.name}, 25 teams of 8: {linked} ({chance(papers):.1%}); rows after the close: {left}",
    )
    assert left == 0
