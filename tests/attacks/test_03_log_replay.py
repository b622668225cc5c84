"""Attack 3: replay the database's own log commit by commit during the wave, reading every page as it was."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import event, text

from app.installation import Installation
from surveys.errors import Refused
from tests.attacks import account, weak
from tests.attacks.evidence import Evidence
from tests.attacks.people import any_answer_needles, distinct_answers, sealed_company
from tests.attacks.spy import STORED, Spy, names
from tests.attacks.tools import carve, carve_folder, chance, judge, link_by_order, replay_wal, rows_of
from tests.support import journey

LAG = 3


def test_weakened_readable_answers_are_tied_by_the_order_of_commits(inst: Installation) -> None:
    """A blind token and separate transactions, but the answers stand readable."""
    sealed_company(inst, journey.SIX_TEAMS)
    wave = journey.open_wave(inst)
    people = weak.list_invited(inst.database, wave.slug)
    answers = distinct_answers(list(people), wave.instrument.item_codes)
    spy = Spy(inst.database, weak.names(people))
    order = random.Random(3).sample(sorted(people), len(people))
    for at, email in enumerate([*order, *[""] * LAG]):
        if email:
            weak.take_paper(inst.database, wave.slug, people[email])
        if at >= LAG:
            late = order[at - LAG]
            weak.drop_in(inst.database, wave.slug, people[late], weak.readable(answers[late]))
    papers, ballots = spy.traces()
    base, log = spy.files()
    spy.stop()
    truth = {people[email].person_id: weak.readable(given) for email, given in answers.items()}
    known = {people[email].person_id: given for email, given in answers.items()}
    linked = judge(link_by_order(papers, ballots), truth, known)
    account.weakened("03 replay of the log", f"{inst.database.engine.name}: {linked}")
    assert (linked.share, linked.readable) == (1, len(people))
    if inst.database.is_sqlite:
        assert carve(log, any_answer_needles())
        assert not carve(base, any_answer_needles())


def test_no_page_of_the_log_holds_a_readable_answer(evidence: Evidence) -> None:
    if not evidence.is_sqlite:
        pytest.skip("PostgreSQL's log is carved below")
    assert len(evidence.log) > len(evidence.voted) * 2048
    assert carve(evidence.base, evidence.answer_needles) == []
    assert carve(evidence.log, evidence.answer_needles) == []
    assert carve(evidence.log, evidence.key_needles) == []


def test_every_commit_gives_ciphertext_only(evidence: Evidence) -> None:
    linked = judge(link_by_order(evidence.papers, evidence.ballots), evidence.truth, evidence.known)
    by_chance = chance(evidence.papers)
    account.product("03 replay of the log", f"{evidence.kind}, open: {linked} (chance {by_chance:.0%})")
    assert len(evidence.ballots) == len(evidence.voted)
    assert linked.readable == 0


def test_the_count_turns_all_ballots_into_all_totals_in_one_commit(tmp_path: Path) -> None:
    """A spy that keeps a reader open through the close sees one step, and the product says that it is being read."""
    inst = journey.installation(tmp_path)
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied())
    inst.database.dispose()

    @event.listens_for(inst.database.engine, "connect")
    def hurry(connection: object, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")  # type: ignore[attr-defined]

    people = weak.list_invited(inst.database, wave.slug)
    spy = Spy(inst.database, names(people, wave=wave.slug, wave_key=inst.keys.wave_key(wave.slug)))
    with pytest.raises(Refused, match="being read"):
        journey.close_wave(inst, wave)
    states = []
    for image in replay_wal(*spy.files()):
        ballots = len(rows_of(image, STORED))
        totals = rows_of(image, "SELECT (SELECT count(*) FROM crowd_total), (SELECT count(*) FROM wave_count)")[0]
        states.append((ballots, *map(int, map(str, totals))))
    spy.stop()
    journey.close_wave(inst, wave)
    inst.database.dispose()
    assert [state for at, state in enumerate(states) if at == 0 or state != states[at - 1]] == [
        (len(wave.codes), 0, 0),
        states[-1],
    ]
    assert states[-1][0] == 0
    assert states[-1][1] > 0


def test_no_file_of_the_postgresql_server_holds_an_answer_or_the_key(evidence: Evidence) -> None:
    """Its folder with tables, dead rows and the log of changes; ciphertext may be there, an answer never."""
    if evidence.is_sqlite:
        pytest.skip("SQLite's files are carved in attack 4")
    with evidence.inst.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
        link.execute(text("CHECKPOINT"))
        folder = Path(str(link.scalar(text("SHOW data_directory"))))
    assert any("pg_wal" in str(path) for path in folder.rglob("*"))
    some = list(evidence.ballot_needles.items())[:1]
    wanted = any_answer_needles() | evidence.key_needles
    hits = carve_folder(folder, wanted | dict(some))
    assert [hit for hit in hits if hit.startswith(some[0][0])], "the search does not find what is known to be there"
    assert [hit for hit in hits if not hit.startswith(some[0][0])] == []
