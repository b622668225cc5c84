"""The trustee's commands on a machine without an installation, and the way of a wave from handover to count."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import installation
from app.cli import frame
from app.config import from_environment
from app.installation import Installation
from surveys.ballots import manifest, trustee
from surveys.enums import BallotMode
from surveys.services import programmes, published
from tests.integration.cli.conftest import Shell
from tests.support import journey

OPENS = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
CLOSES = OPENS + dt.timedelta(days=7)


@pytest.fixture
def council(tmp_path: Path) -> Shell:
    """A machine on which nothing was set up."""
    folder = tmp_path / "council"
    folder.mkdir()
    return Shell(folder)


@pytest.fixture
def inst(organised: Shell) -> Iterator[Installation]:
    made = installation.open_existing(from_environment(organised.environment))
    yield made
    made.database.dispose()


@pytest.fixture
def closed(organised: Shell, council: Shell, inst: Installation, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A wave locked by the council, answered by everybody and closed."""
    council.ok("trustee", "keygen", "--out", council.folder / "lock")
    public = trustee.parse_public((council.folder / "lock.pub").read_text())
    with inst.database.transaction() as session:
        programmes.change_ballots(session, "pulse", mode=BallotMode.SEALED, second_lock=public)
    monkeypatch.setattr(frame, "now", lambda: OPENS)
    organised.ok("wave", "plan", "pulse")
    organised.ok("wave", "open", "pulse-1", "--yes")
    journey.cast_all(inst, journey.opened(inst, "pulse-1"), journey.varied())
    monkeypatch.setattr(frame, "now", lambda: CLOSES)
    assert "waits for its trustee" in organised.ok("wave", "close", "pulse-1")
    return organised


def test_a_key_is_made_where_nothing_is_installed_and_never_replaced(council: Shell) -> None:
    key = council.folder / "lock"
    said = council.ok("trustee", "keygen", "--out", key)
    assert "three copies" in said
    assert "the wave is lost" in said
    assert key.stat().st_mode & 0o777 == 0o600
    private, public = key.read_text(), (council.folder / "lock.pub").read_text()
    assert private.startswith("barograph-trustee-private-1\n")
    assert public.startswith("barograph-trustee-public-1\n")
    assert private.splitlines()[1] not in said
    words = trustee.key_words(trustee.parse_public(public))
    assert words in said
    assert words in council.ok("trustee", "show", key)
    assert words in council.ok("trustee", "show", f"{key}.pub")
    assert public.splitlines()[1] in council.ok("trustee", "show", key)
    assert "exists already" in council.refused("trustee", "keygen", "--out", key)
    key.unlink()
    assert "exists already" in council.refused("trustee", "keygen", "--out", key)
    assert not key.exists()
    assert (council.folder / "lock.pub").read_text() == public
    assert sorted(path.name for path in council.folder.iterdir()) == ["lock.pub"]


def test_what_is_no_key_or_no_folder_is_refused(council: Shell) -> None:
    assert "cannot be read" in council.refused("trustee", "show", council.folder / "nothing")
    assert "not a key file" in council.refused("trustee", "show", council.write("note", "hello\n"))
    assert "could not be written" in council.refused("trustee", "keygen", "--out", council.folder / "no" / "lock")


def test_the_way_from_the_handover_to_the_count(closed: Shell, council: Shell, inst: Installation) -> None:
    given, back, key = closed.folder / "to-council.json", council.folder / "back.json", council.folder / "lock"
    closed.ok("wave", "handover", "pulse-1", "--out", given)
    assert given.stat().st_mode & 0o777 == 0o600
    assert "exists already" in closed.refused("wave", "handover", "pulse-1", "--out", given)
    shown = closed.json("wave", "show", "pulse-1")
    assert isinstance(shown, dict)
    words = shown["fingerprint_words"]
    said = council.ok("trustee", "open", given, "--key", key, "--out", back)
    assert words in said
    assert shown["fingerprint"] in said
    for part in ("pulse-1", "Acme", "17", "Give this file back"):
        assert part in said
    assert "exists already" in council.refused("trustee", "open", given, "--key", key, "--out", back)
    with inst.database.reading() as session:
        assert published.account(session, "pulse-1")["is_waiting"] is True
    assert "Its ballots and its key are destroyed" in closed.ok("wave", "close", "pulse-1", "--opened", back)
    with inst.database.reading() as session:
        assert published.account(session, "pulse-1")["is_waiting"] is False
    assert closed.json("wave", "close", "pulse-1") == {
        "wave": "pulse-1", "status": "counted", "waiting": False, "none": False, "unreadable": 0,
    }  # fmt: skip
    assert "not yet counted" in closed.refused("wave", "handover", "pulse-1", "--out", closed.folder / "late")


def test_the_same_handover_opens_again_and_another_one_of_the_wave_does_not(closed: Shell, council: Shell) -> None:
    """Two handovers that differ in one ballot would tell what this ballot says."""
    key = council.folder / "lock"
    given = closed.folder / "one.json"
    closed.ok("wave", "handover", "pulse-1", "--out", given)
    document = trustee.parse_handover(given.read_bytes())
    fewer = closed.folder / "fewer.json"
    fewer.write_bytes(replace(document, ballots=document.ballots[1:]).file)
    council.ok("trustee", "open", given, "--key", key, "--out", council.folder / "a")
    council.ok("trustee", "open", given, "--key", key, "--out", council.folder / "b")
    said = council.refused("trustee", "open", fewer, "--key", key, "--out", council.folder / "c")
    assert "already opened another handover" in said
    assert sorted(path.name for path in council.folder.iterdir()) == ["a", "b", "lock", "lock.pub", "lock.waves"]


def test_wrong_files_and_keys_are_refused_on_both_sides(closed: Shell, council: Shell) -> None:
    given, back = closed.folder / "to-council.json", council.folder / "back.json"
    closed.ok("wave", "handover", "pulse-1", "--out", given)
    council.ok("trustee", "keygen", "--out", council.folder / "second")
    open_with = ("trustee", "open", given, "--out", back, "--key")
    assert "not locked with this key" in council.refused(*open_with, council.folder / "second")
    assert "This is the public key" in council.refused(*open_with, council.folder / "lock.pub")
    assert "not a handover" in council.refused(
        "trustee", "open", council.folder / "lock", "--key", council.folder / "lock", "--out", back
    )
    assert not back.exists()
    assert "not an opened file" in closed.refused("wave", "close", "pulse-1", "--opened", given)
    assert "cannot be read" in closed.refused("wave", "close", "pulse-1", "--opened", back)
    assert closed.json("wave", "close", "pulse-1")["waiting"] is True  # type: ignore[index]
    told = json.loads(council.ok(*open_with, council.folder / "lock", "--json"))
    assert (told["ballots"], told["opened"], told["unreadable"], told["k"]) == (17, 17, 0, 5)


def test_other_digits_than_those_that_members_see_are_refused(closed: Shell, council: Shell) -> None:
    given, back, key = closed.folder / "given", council.folder / "back", council.folder / "lock"
    closed.ok("wave", "handover", "pulse-1", "--out", given)
    digits = trustee.parse_handover(given.read_bytes()).fingerprint
    open_it = ("trustee", "open", given, "--key", key, "--out", back, "--fingerprint")
    assert "not the one that you gave" in council.refused(*open_it, digits[:-1] + "x")
    assert "not the one that you gave" in council.refused(*open_it, digits[:32])
    assert not back.exists()
    assert not (council.folder / "lock.waves").exists()
    council.ok(*open_it, " ".join(digits[place : place + 8] for place in range(0, 64, 8)).upper())


def test_what_a_trustee_should_ask_about_is_said_before_anything_is_opened(closed: Shell, council: Shell) -> None:
    given, key = closed.folder / "given", council.folder / "lock"
    closed.ok("wave", "handover", "pulse-1", "--out", given)
    first = council.run("trustee", "open", given, "--key", key, "--out", council.folder / "a")
    assert "no record of an earlier handover beside this key" in first.stderr
    assert "exactly as many ballots came as people were invited" in first.stderr
    again = council.run("trustee", "open", given, "--key", key, "--out", council.folder / "b")
    assert "no record" not in again.stderr
    told = council.json("trustee", "open", given, "--key", key, "--out", council.folder / "c")
    assert isinstance(told, dict)
    assert any("exactly as many" in warning for warning in told["warnings"])


def test_a_group_near_the_least_number_is_worth_a_question(closed: Shell, council: Shell) -> None:
    closed.ok("wave", "handover", "pulse-1", "--out", closed.folder / "given")
    document = trustee.parse_handover((closed.folder / "given").read_bytes())
    (crowd, *_) = dict(document.ballots)
    few = closed.folder / "few"
    few.write_bytes(replace(document, ballots=tuple(each for each in document.ballots if each[0] == crowd)[:5]).file)
    said = council.run("trustee", "open", few, "--key", council.folder / "lock", "--out", council.folder / "a")
    assert "The smallest group has 5 ballots, and 5 is the least" in said.stderr


def test_a_handover_cannot_write_over_what_the_trustee_compares(closed: Shell, council: Shell) -> None:
    """A line break and a sign that hides what follows would put other words in the place of the true ones."""
    closed.ok("wave", "handover", "pulse-1", "--out", closed.folder / "given")
    honest = trustee.parse_handover((closed.folder / "given").read_bytes())
    rules = json.loads(honest.manifest)
    rules["organisation"] = "Acme\nFingerprint in words  otter piano radio lunar\x1b[8m"
    text = json.dumps(rules, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    forged = closed.folder / "forged"
    forged.write_bytes(replace(honest, manifest=text, fingerprint=manifest.fingerprint(text)).file)
    said = council.run("trustee", "open", forged, "--key", council.folder / "lock", "--out", council.folder / "a")
    assert said.exit_code == 1
    assert "otter" not in said.output
    assert "\x1b" not in said.output
