"""Comments and topics from the ballots to the page of a unit, through the count, the redactor and both releases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.installation import Installation
from app.jobs import comments as jobs
from reports.services import remarks
from reports.services.remarks import Standing
from surveys.instruments.schema import Instrument
from surveys.services import redaction
from surveys.services.redaction import Decision
from tests.attacks.tools import carve, carve_folder
from tests.integration.comments.conftest import files_of
from tests.support import journey, written
from tests.support.journey import Answers, HeldWave, Ticked

TELLING = "Only I know what happened on Tuesday"


def comment_of(email: str) -> str:
    """Everybody in ant writes, and nobody of the others but one in bee."""
    if email == journey.member("ant", 3):
        return f"{TELLING}."
    if email.startswith(("ant.", "lead.bee")) or email == journey.member("bee", 2):
        return f"This is from {email.partition('@')[0].replace('.', ' ')}"
    return ""


def answer(email: str, instrument: Instrument) -> Answers | None:
    given = journey.varied()(email, instrument)
    assert given is not None
    topics = ("workload",) if email.startswith("ant.") else ()
    return Ticked(given, topics=topics, comment=comment_of(email))


@pytest.fixture
def held(database_url: str, tmp_path: Path) -> Iterator[tuple[Installation, HeldWave]]:
    inst = journey.installation(tmp_path, database_url)
    journey.company(inst, {**journey.SIX_TEAMS, "ant": (journey.ROOT, 16)}, has_comments=True)
    yield inst, journey.hold_wave(inst, answer)
    inst.database.dispose()


def test_from_the_ballot_to_the_page(held: tuple[Installation, HeldWave], tmp_path: Path) -> None:
    inst, wave = held
    slug, now = wave.wave.slug, wave.wave.releases_at
    with inst.database.reading() as session:
        texts = redaction.list_texts(session, slug)
        assert remarks.of_unit(session, wave=slug, unit="ant", language="en").standing is Standing.WAITING
    own = sorted(comment_of(email) for email in journey.members("ant", 16)[1:])
    assert [(each.unit_name, each.text) for each in texts] == [("Team ant", each) for each in own]
    with inst.database.transaction() as session:
        for each in texts:
            decision = Decision.REMOVED if each.text.startswith(TELLING) else Decision.KEPT
            redaction.decide(session, wave=slug, unit=each.unit, place=each.place, decision=decision)
    account = jobs.release_comments(inst, wave=slug, now=now, actor=journey.ACTOR)
    with inst.database.reading() as session:
        low = session.scalar(text("SELECT n_low FROM released_crowd WHERE home = 'ant'"))
        ant, bee = (remarks.of_unit(session, wave=slug, unit=unit, language="en") for unit in ("ant", "bee"))
    # All 15 who answered wrote and 14 were kept, which is more than the band of answers says: so many are not shown.
    assert (low, account.shown, account.held_back, account.removed) == (12, 12, 2, 1)
    assert len(ant.texts) == 12
    assert set(ant.texts) < set(own)
    assert (bee.standing, bee.texts) == (Standing.TOO_FEW, ())
    everything = {"removed": TELLING.encode(), **{each: each.encode() for each in own if each not in ant.texts}}
    assert [name for content in files_of(inst).values() for name in carve(content, everything)] == []
    assert carve_folder(tmp_path, everything) == []


def test_topics_are_bands_in_words_on_the_pages_of_their_crowds(held: tuple[Installation, HeldWave]) -> None:
    inst, wave = held
    slug = wave.wave.slug
    with inst.database.transaction() as session:
        session.execute(text("DELETE FROM released_topic"))
    bands = {
        crowd: {"workload": (3 / 4, 1.0) if crowd == "ant" else (0.0, 1 / 2), "tools": (0.0, 1 / 4)}
        for crowd in crowds_of(inst)
    }
    written.tick(inst.database, slug, bands)
    with inst.database.reading() as session:
        ant, bee, root, dog = (
            remarks.of_unit(session, wave=slug, unit=unit, language="es").topics
            for unit in ("ant", "bee", "root", "no-such-unit")
        )
    assert [(each.label, str(each.band)) for each in ant] == [
        ("Carga de trabajo y tiempo", "three quarters or more"),
        ("Herramientas y equipo", "under a quarter"),
    ]
    assert [str(each.band) for each in bee] == ["under half", "under a quarter"]
    assert re.fullmatch(r"\d+ to \d+ %", str(root[0].band))  # several crowds, weighted by their bands
    assert dog == ()


def crowds_of(inst: Installation) -> list[str]:
    with inst.database.reading() as session:
        return [row[0] for row in session.execute(text("SELECT crowd FROM released_crowd ORDER BY crowd"))]
