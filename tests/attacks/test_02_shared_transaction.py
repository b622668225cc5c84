"""Attack 2: join marks of people and stored answers on the transaction that wrote them: xmin, or a commit."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text

from app.installation import Installation
from tests.attacks import account, weak
from tests.attacks.evidence import Evidence
from tests.attacks.people import distinct_answers, sealed_company
from tests.attacks.spy import Spy
from tests.attacks.tools import judge, link_by_transaction, shared_moments
from tests.support import journey

MEMBERS = (
    "person", "membership", "team", "invitation", "paper", "card", "delivery", "account", "staff_session",
    "sign_in_link",
)  # fmt: skip
ANSWERS = ("ballot", "crowd_total", "crowd_count", "wave_count", "moment", "counted_list")
TOTALS = ("crowd_total", "crowd_count", "wave_count")


def test_weakened_one_transaction_for_mark_and_answer_ties_everybody(inst: Installation) -> None:
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    people = weak.list_invited(inst.database, wave.slug)
    answers = distinct_answers(list(people), wave.instrument.item_codes)
    spy = Spy(inst.database, weak.names(people))
    for email in random.Random(2).sample(sorted(people), len(people)):
        weak.cast_in_one_transaction(inst.database, wave.slug, people[email], weak.readable(answers[email]))
    papers, ballots = spy.traces()
    spy.stop()
    truth = {people[email].person_id: weak.readable(given) for email, given in answers.items()}
    known = {people[email].person_id: given for email, given in answers.items()}
    linked = judge(link_by_transaction(papers, ballots), truth, known)
    account.weakened("02 shared transaction", f"{inst.database.engine.name}: {linked}")
    assert linked.share == 1
    assert linked.readable == len(people)


def test_paper_and_ballot_never_share_a_transaction(evidence: Evidence) -> None:
    assert len(evidence.papers) == len(evidence.voted)
    assert len(evidence.ballots) >= len(evidence.voted)
    assert shared_moments(evidence.papers, evidence.ballots) == set()
    linked = judge(link_by_transaction(evidence.papers, evidence.ballots), evidence.truth, evidence.known)
    account.product("02 shared transaction", f"{evidence.kind}: {linked}")
    assert linked.right == 0


def transactions(evidence: Evidence, table: str) -> set[int]:
    """The transactions that wrote the rows of a table; PostgreSQL only."""
    with evidence.inst.database.engine.connect() as link:
        return {int(row) for row in link.scalars(text(f"SELECT xmin::text::bigint FROM {table}"))}  # noqa: S608


def test_no_row_about_a_member_shares_its_transaction_with_a_row_about_answers(evidence: Evidence) -> None:
    if evidence.is_sqlite:
        pytest.skip("SQLite keeps no transaction in a row; the log is replayed in attack 3")
    members = {table: transactions(evidence, table) for table in MEMBERS}
    answers = {table: transactions(evidence, table) for table in ANSWERS}
    assert members["person"]
    assert answers["crowd_total"]
    assert {(one, other) for one in members for other in answers if members[one] & answers[other]} == set()


def test_all_totals_come_from_one_transaction(evidence: Evidence) -> None:
    if evidence.is_sqlite:
        pytest.skip("SQLite keeps no transaction in a row; the log is replayed in attack 3")
    assert len(set().union(*(transactions(evidence, table) for table in TOTALS))) == 1
