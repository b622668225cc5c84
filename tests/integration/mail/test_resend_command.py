"""The command that mails a new link: what it prints tells a steward nothing of who has answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import frame
from app.cli.invitations import invite
from app.installation import Installation
from surveys.enums import BallotMode
from surveys.errors import Refused
from surveys.services import invitations
from surveys.services.papers import PaperRefused
from surveys.store import invitations as store
from tests.support import journey

NOW = dt.datetime(2025, 1, 7, 9, tzinfo=dt.UTC)
Run = Callable[..., Result]


@pytest.fixture
def inst(tmp_path: Path, sqlite_url: str) -> Iterator[Installation]:
    made = journey.installation(tmp_path, sqlite_url)
    yield made
    made.database.dispose()


@pytest.fixture
def run(inst: Installation, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(frame, "now", lambda: NOW)
    environment = {
        "BAROGRAPH_DATA_DIR": str(inst.settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(inst.settings.key_dir),
        "BAROGRAPH_DATABASE_URL": inst.settings.sqlalchemy_url,
        "BAROGRAPH_LANGUAGE": "en",
    }
    return lambda *words: CliRunner().invoke(invite, ["resend", *words], env=environment)


def test_the_sentence_is_the_same_for_somebody_who_answered_and_somebody_who_did_not(
    inst: Installation, run: Run
) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    answered, silent = journey.member("ant", 1), journey.member("ant", 2)
    journey.cast_all(inst, wave, journey.only([answered]))
    told = [run(email, "--wave", wave.slug) for email in (answered, silent)]
    assert [done.exit_code for done in told] == [0, 0], told[0].stderr
    assert told[0].stdout == told[1].stdout
    assert "a ballot paper is given once" in told[0].stdout
    as_json = [run(email, "--wave", wave.slug, "--json").stdout for email in (answered, silent)]
    assert as_json[0] == as_json[1]


def test_a_new_link_works_only_for_whom_took_no_paper(inst: Installation, run: Run) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    answered, silent = journey.member("ant", 1), journey.member("ant", 2)
    journey.cast_all(inst, wave, journey.only([answered]))
    for email in (answered, silent):
        run(email, "--wave", wave.slug)
    new = journey.opened(inst, wave.slug).codes
    journey.cast(inst, new[silent], dict.fromkeys(wave.instrument.item_codes, 3), now=wave.opens_at)
    with pytest.raises(PaperRefused) as caught:
        journey.cast(inst, new[answered], dict.fromkeys(wave.instrument.item_codes, 3), now=wave.opens_at)
    assert caught.value.kind == "paper-taken"
    assert wave.codes[silent] != new[silent]


def test_promise_mode_says_nothing_of_papers(inst: Installation, run: Run) -> None:
    journey.company(inst, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    assert "paper" not in run(journey.member("ant", 1), "--wave", wave.slug).stdout


def test_a_link_that_was_replaced_is_not_written_again(inst: Installation, run: Run) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    email = journey.member("ant", 1)
    with inst.database.reading() as session:
        before = next(
            each for each in store.list_undelivered(session, wave=wave.slug, kind="none") if each.email == email
        )
    run(email, "--wave", wave.slug)
    with inst.database.reading() as session, pytest.raises(Refused, match="replaced"):
        invitations.link_fragment(session, inst.keys, wave=wave.slug, addressee=before)
