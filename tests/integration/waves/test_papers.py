"""Papers on both databases: one per member and wave, the same again for the same nonce, none after the close."""

from __future__ import annotations

import hashlib
import multiprocessing
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.queues import Queue

import pytest
from sqlalchemy import event, select, text

from app import lifecycle
from app.config import Settings
from app.extensions import Database
from app.installation import Installation, open_existing
from surveys.ballots import codes, poprf, ristretto
from surveys.enums import BallotMode, WaveStatus
from surveys.models.invitations import Invitation, Paper
from surveys.models.organisation import Person
from surveys.services import invitations, papers
from surveys.services.papers import PaperRefused
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import OpenWave

THREADS = 30


@pytest.fixture
def wave(inst: Installation) -> OpenWave:
    """Twelve people with an open sealed wave."""
    journey.company(inst, journey.TWO_TEAMS)
    return journey.open_wave(inst)


def point() -> bytes:
    """A blinded nonce: to the server any element of the group."""
    return ristretto.hash_to_group(secrets.token_bytes(16), b"test")


def ask(inst: Installation, wave: OpenWave, code: str, blinded: bytes) -> bytes | str:
    """Ask for a paper in a transaction of its own; returns its element, or the kind of the refusal."""
    try:
        with inst.database.transaction() as session:
            return papers.issue_paper(
                session, inst.keys, wave=wave.slug, code=code, blinded=blinded, now=wave.opens_at
            ).element
    except PaperRefused as error:
        return error.kind


def issued(inst: Installation, wave: OpenWave) -> int:
    with inst.database.reading() as session:
        return papers.count_papers(session, wave.slug)


def test_the_same_nonce_gets_the_same_paper_and_another_one_gets_none(inst: Installation, wave: OpenWave) -> None:
    code, other = list(wave.codes.values())[:2]
    first = point()
    paper = ask(inst, wave, code, first)
    assert isinstance(paper, bytes)
    assert ask(inst, wave, code, first) == paper
    assert ask(inst, wave, code, point()) == "paper-taken"
    assert ask(inst, wave, code, first) == paper
    assert issued(inst, wave) == 1
    assert isinstance(ask(inst, wave, other, point()), bytes)
    assert issued(inst, wave) == 2


def test_what_is_kept_is_a_mark_and_a_hash_and_no_row_about_a_person_changes(
    inst: Installation, wave: OpenWave
) -> None:
    def invitations_now() -> list[dict[str, object]]:
        with inst.database.reading() as session:
            rows = session.scalars(select(Invitation).order_by(Invitation.person_id))
            return [{name: value for name, value in vars(row).items() if name[0] != "_"} for row in rows]

    before, blinded = invitations_now(), point()
    ask(inst, wave, wave.codes["ant.1@acme.example"], blinded)
    assert invitations_now() == before
    with inst.database.reading() as session:
        paper = session.execute(select(Paper.wave, Paper.mark, Paper.paper_hash)).one()
        person = session.scalars(select(Person.id).where(Person.email == "ant.1@acme.example")).one()
    mark = codes.paper_mark(inst.keys.wave_key(wave.slug), wave=wave.slug, person_id=person)
    assert tuple(paper) == (wave.slug, mark, hashlib.sha256(blinded).digest())


def test_taking_a_paper_writes_nothing_into_the_invitation_not_even_a_lock(inst: Installation, wave: OpenWave) -> None:
    """PostgreSQL keeps in a row which transaction locked it last; the same one would stand at the paper."""
    if inst.database.is_sqlite:
        pytest.skip("SQLite keeps no transaction in a row")
    ask(inst, wave, wave.codes["ant.1@acme.example"], point())
    with inst.database.reading() as session:
        assert set(session.scalars(text("SELECT xmax::text FROM invitation"))) == {"0"}
        assert session.scalars(text("SELECT xmin::text FROM paper")).all()


def at_once(inst: Installation, step: Callable[[Installation, int], bytes | str]) -> list[bytes | str]:
    """Run a step in 30 threads at the same moment, which share one installation as the threads of a server do."""
    gate = threading.Barrier(THREADS)
    results: list[bytes | str] = []

    def run(number: int) -> None:
        gate.wait(timeout=20)
        try:
            results.append(step(inst, number))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(repr(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_thirty_threads_with_the_same_nonce_get_the_same_paper(inst: Installation, wave: OpenWave) -> None:
    code, blinded = wave.codes["ant.1@acme.example"], point()
    results = at_once(inst, lambda shared, _: ask(shared, wave, code, blinded))
    assert len(results) == THREADS
    assert len(set(results)) == 1, Counter(results)
    assert isinstance(results[0], bytes)
    assert issued(inst, wave) == 1


def test_of_thirty_threads_with_nonces_of_their_own_one_gets_a_paper(inst: Installation, wave: OpenWave) -> None:
    code = wave.codes["ant.1@acme.example"]
    results = at_once(inst, lambda shared, _: ask(shared, wave, code, point()))
    assert Counter("paper" if isinstance(each, bytes) else each for each in results) == {
        "paper": 1,
        "paper-taken": THREADS - 1,
    }


def ask_in_process(settings: Settings, wave: OpenWave, blinded: bytes, answers: Queue[list[bytes | str]]) -> None:
    worker = open_existing(settings)
    answers.put([ask(worker, wave, code, blinded) for code in wave.codes.values()])
    worker.database.dispose()


def test_of_two_processes_one_gets_each_paper(inst: Installation, wave: OpenWave) -> None:
    inst.database.dispose()  # a process must not inherit an open connection
    fork = multiprocessing.get_context("fork")
    answers: Queue[list[bytes | str]] = fork.Queue()
    processes = [fork.Process(target=ask_in_process, args=(inst.settings, wave, point(), answers)) for _ in range(2)]
    for process in processes:
        process.start()
    both = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)
    for pair in zip(*both, strict=True):
        assert sorted(type(each).__name__ for each in pair) == ["bytes", "str"]
        assert "paper-taken" in pair
    assert issued(inst, wave) == len(wave.codes)


@pytest.mark.parametrize("which", ["never given", "replaced", "of another wave", "no code", "of no wave"])
def test_codes_that_open_nothing_read_the_same(inst: Installation, wave: OpenWave, which: str) -> None:
    code = wave.codes["bee.1@acme.example"]
    asked = wave
    if which == "never given":
        code = codes.encode(b"nobody was given")
    elif which == "replaced":
        with inst.database.transaction() as session:
            invitations.renew_link(session, inst.keys, wave=wave.slug, email="bee.1@acme.example")
    elif which == "of another wave":
        journey.close_wave(inst, wave)
        asked = journey.open_wave(inst)
    elif which == "no code":
        code = "not a code"
    else:
        asked = replace(wave, slug="pulse-99")
    with inst.database.transaction() as session, pytest.raises(papers.UnknownCode) as refused:
        papers.issue_paper(session, inst.keys, wave=asked.slug, code=code, blinded=point(), now=asked.opens_at)
    assert (refused.value.kind, str(refused.value)) == ("unknown-code", str(papers.UnknownCode()))
    assert issued(inst, asked) == 0


def test_a_renewed_link_does_not_give_a_second_paper(inst: Installation, wave: OpenWave) -> None:
    blinded = point()
    paper = ask(inst, wave, wave.codes["bee.1@acme.example"], blinded)
    with inst.database.transaction() as session:
        fresh = invitations.renew_link(session, inst.keys, wave=wave.slug, email="bee.1@acme.example")
    code = invitations.link_code(inst.keys, wave=wave.slug, addressee=fresh)
    assert ask(inst, wave, code, point()) == "paper-taken"
    assert ask(inst, wave, code, blinded) == paper


def test_a_paper_asked_for_while_the_link_is_renewed_is_refused_as_an_old_link(
    inst: Installation, wave: OpenWave
) -> None:
    """The renewal comes between the look at the code and the note of the paper; the new link still gives it."""
    code = wave.codes["bee.1@acme.example"]
    renewed: list[str] = []
    other = replace(inst, database=Database(inst.settings.sqlalchemy_url))

    @event.listens_for(inst.database.engine, "before_cursor_execute")
    def renew(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO paper") and not renewed:
            with other.database.transaction() as session:
                found = invitations.renew_link(session, inst.keys, wave=wave.slug, email="bee.1@acme.example")
            renewed.append(invitations.link_code(inst.keys, wave=wave.slug, addressee=found))

    if inst.database.is_sqlite:  # one writer at a time: the renewal cannot come in between, so it is done before
        with inst.database.transaction() as session:
            found = invitations.renew_link(session, inst.keys, wave=wave.slug, email="bee.1@acme.example")
        renewed.append(invitations.link_code(inst.keys, wave=wave.slug, addressee=found))
    assert ask(inst, wave, code, point()) == "unknown-code"
    assert issued(inst, wave) == 0
    assert isinstance(ask(inst, wave, renewed[0], point()), bytes)
    assert ask(inst, wave, code, point()) == "unknown-code"
    other.database.dispose()


def test_without_the_key_of_the_wave_no_paper_is_issued(inst: Installation, wave: OpenWave) -> None:
    inst.keys.destroy_wave_key(wave.slug)
    assert ask(inst, wave, wave.codes["ant.1@acme.example"], point()) == "not-open"
    assert ask(inst, wave, codes.encode(b"nobody was given"), point()) == "unknown-code"
    assert issued(inst, wave) == 0


@pytest.mark.parametrize(
    "blinded",
    [bytes(32), b"\xff" * 32, b"", b"short", poprf.derive_key_pair(bytes(32), b"", poprf.Mode.POPRF).public[:31]],
)
def test_what_is_no_element_costs_nobody_the_paper(inst: Installation, wave: OpenWave, blinded: bytes) -> None:
    code = wave.codes["ant.1@acme.example"]
    assert ask(inst, wave, code, blinded) == "malformed"
    assert issued(inst, wave) == 0
    assert isinstance(ask(inst, wave, code, point()), bytes)


def test_no_paper_is_issued_once_the_time_is_over(inst: Installation, wave: OpenWave) -> None:
    late = replace(wave, opens_at=wave.closes_at)
    assert ask(inst, late, wave.codes["ant.1@acme.example"], point()) == "not-open"
    journey.close_wave(inst, wave)
    assert ask(inst, wave, wave.codes["ant.1@acme.example"], point()) == "not-open"


def test_no_paper_is_issued_in_promise_mode(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    assert ask(inst, wave, wave.codes["ant.1@acme.example"], point()) == "not-open"


def test_a_paper_that_waits_for_a_close_is_refused(inst: Installation, wave: OpenWave) -> None:
    """The close has begun when the paper is asked for; it comes when the close has ended."""
    other = replace(inst, database=Database(inst.settings.sqlalchemy_url))
    results: list[bytes | str] = []
    waiting = threading.Thread(
        target=lambda: results.append(ask(other, wave, wave.codes["ant.1@acme.example"], point()))
    )
    with inst.database.transaction() as session:
        wave_store.lock_wave(session, wave.slug)
        wave_store.move_wave(session, wave.slug, WaveStatus.OPEN, WaveStatus.CLOSED, closed_at=wave.closes_at)
        waiting.start()
        waiting.join(timeout=0.2)
        assert waiting.is_alive()
    waiting.join(timeout=20)
    assert results == ["not-open"]
    assert issued(inst, wave) == 0
    other.database.dispose()
    lifecycle.close_wave(inst, wave=wave.slug, now=wave.closes_at, actor="t")
