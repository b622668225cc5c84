"""Attack 1: compare the order in which the storage keeps marks of people with the order in which it keeps answers."""

from __future__ import annotations

import random
from pathlib import Path

from sqlalchemy import text

from app.installation import Installation
from tests.attacks import account, weak
from tests.attacks.evidence import Evidence
from tests.attacks.people import distinct_answers, sealed_company
from tests.attacks.tools import Trace, chance, judge, link_by_order
from tests.support import journey


def test_weakened_serial_numbers_tie_everybody(inst: Installation) -> None:
    sealed_company(inst, journey.SIX_TEAMS)
    wave = journey.open_wave(inst)
    people = weak.list_invited(inst.database, wave.slug)
    answers = distinct_answers(list(people), wave.instrument.item_codes)
    with inst.database.engine.begin() as link:
        weak.make_serial_tables(link, is_sqlite=inst.database.is_sqlite)
        for email in random.Random(1).sample(sorted(people), len(people)):
            weak.add_serial_rows(link, people[email], weak.readable(answers[email]))
        marks = link.execute(text("SELECT id, person, crowd FROM weak_mark")).all()
        stored = link.execute(text("SELECT id, content, crowd FROM weak_answer")).all()
    papers = [Trace(what=row[1], crowd=row[2], moment=row[0]) for row in marks]
    ballots = [Trace(what=bytes(row[1]), crowd=row[2], moment=row[0]) for row in stored]
    truth = {people[email].person_id: weak.readable(given) for email, given in answers.items()}
    known = {people[email].person_id: given for email, given in answers.items()}
    linked = judge(link_by_order(papers, ballots), truth, known)
    account.weakened("01 order of rows", f"{inst.database.engine.name}: {linked}")
    assert (linked.share, linked.readable) == (1, len(people))


def test_the_order_of_the_rows_gives_nobody_s_answer(evidence: Evidence) -> None:
    linked = judge(link_by_order(evidence.stored_papers, evidence.stored_ballots), evidence.truth, evidence.known)
    by_chance = chance(evidence.stored_papers)
    account.product("01 order of rows", f"{evidence.kind}, open: {linked} (chance {by_chance:.0%}); closed: no rows")
    assert linked.people == len(evidence.voted)
    assert linked.readable == 0
    if evidence.is_sqlite:  # rows lie in the order of their hashes; PostgreSQL appends, so there the content protects
        assert linked.right <= 3 * by_chance * linked.people


def test_an_open_wave_s_rows_have_no_number(evidence: Evidence) -> None:
    with evidence.inst.database.engine.connect() as link:
        if evidence.is_sqlite:
            made = link.execute(
                text("SELECT sql FROM sqlite_master WHERE name IN ('ballot', 'invitation', 'paper')")
            ).scalars()
            assert all("WITHOUT ROWID" in statement for statement in made)
        else:
            assert link.execute(text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")).all() == []


def test_after_the_close_no_ballot_and_no_mark_is_left(evidence: Evidence) -> None:
    with evidence.inst.database.engine.connect() as link:
        for table in ("ballot", "invitation", "paper"):
            assert link.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608 - our own names
            if not evidence.is_sqlite:
                folder = Path(str(link.scalar(text("SHOW data_directory"))))
                path = folder / str(link.scalar(text(f"SELECT pg_relation_filepath('{table}')")))
                assert path.read_bytes() == b""
