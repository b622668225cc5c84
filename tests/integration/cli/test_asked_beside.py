"""What is asked beside the questions on the command line: set up by a steward, answered without a browser."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from surveys.ballots.sealing import Opener, Sheet, split, unpad, unpad_comment
from surveys.ballots.wire import decode64
from tests.integration.cli.conftest import Shell
from tests.integration.cli.served import ANT, SMALL, Survey
from tests.support import journey

SEGMENTS = """
[[segments]]
code = "site"
text = { en = "Where do you mostly work?", es = "¿Dónde trabajas sobre todo?" }
choices = [
  { en = "Office", es = "Oficina" },
  { en = "At home", es = "En casa" },
]
"""
FACTS = ("--name", "P", "--organisation", "A", "--audience", "root", "--starts-on", "2026-01-05")
ASKED = {"segments": [journey.segment("site", "Office", "Home")], "has_comments": True}


def shown(shell: Shell, *words: object) -> dict[str, object]:
    found = shell.json(*words)
    assert isinstance(found, dict)
    return found


def asked(shell: Shell, slug: str = "pulse") -> list[object]:
    facts = shown(shell, "programme", "show", slug)
    return [facts["segments"], facts["has_comments"], facts["is_strict"]]


def test_a_programme_is_set_up_with_segments_and_comments(organised: Shell) -> None:
    path = organised.write("segments.toml", SEGMENTS)
    organised.ok("programme", "add", "other", *FACTS, "--segments", path, "--comments", "--strict")
    assert asked(organised, "other") == ["site", True, True]
    assert asked(organised) == ["", False, False]
    assert "[[segments]]" in organised.ok("programme", "add", "--help")


def test_a_change_reaches_the_planned_wave_and_can_be_taken_back(organised: Shell) -> None:
    path = organised.write("segments.toml", SEGMENTS)
    organised.ok("wave", "plan", "pulse")
    said = shown(organised, "programme", "change", "pulse", "--segments", path, "--comments")
    assert said["planned_wave"] == "pulse-1"
    assert asked(organised) == ["site", True, False]
    organised.ok("programme", "change", "pulse", "--strict")
    assert asked(organised) == ["site", True, True]
    organised.ok("programme", "change", "pulse", "--no-segments", "--no-comments", "--no-strict")
    assert asked(organised) == ["", False, False]


def test_what_cannot_be_is_refused_with_a_sentence(organised: Shell, tmp_path: Path) -> None:
    bad = organised.write("bad.toml", SEGMENTS.replace('"site"', '"age"'))
    assert "“age” is no segment" in organised.refused("programme", "change", "pulse", "--segments", bad)
    assert "no file" in organised.refused("programme", "change", "pulse", "--segments", tmp_path / "none.toml")
    assert organised.run("programme", "change", "pulse", "--segments", bad, "--no-segments").exit_code == 2
    assert organised.run("programme", "change", "pulse").exit_code == 2
    organised.ok("trustee", "keygen", "--out", tmp_path / "key")
    key = tmp_path / "key.pub"
    assert "not both" in organised.refused("programme", "add", "other", *FACTS, "--comments", "--trustee-key", key)
    organised.ok("programme", "change", "pulse", "--comments")
    assert "not both" in organised.refused("programme", "change", "pulse", "--trustee-key", key)


def test_a_wave_with_comments_waits_for_a_redactor(organised: Shell) -> None:
    organised.ok("programme", "change", "pulse", "--comments")
    organised.ok("wave", "plan", "pulse")
    said = organised.refused("wave", "open", "pulse-1")
    assert "--role redactor" in said
    assert "programme change pulse --no-comments" in said
    organised.ok("account", "add", "red@x.example", "--role", "redactor")
    organised.ok("wave", "open", "pulse-1")
    assert "is open" in organised.refused("programme", "change", "pulse", "--no-comments")
    assert "is open" in organised.refused("programme", "change", "pulse", "--strict")


@pytest.fixture
def survey(make_survey: Callable[..., Survey]) -> Survey:
    return make_survey(SMALL, **ASKED)


def opened(survey: Survey) -> tuple[Sheet, str]:
    """What the one ballot in the box says."""
    with survey.inst.database.reading() as session:
        fingerprint = session.execute(text("SELECT fingerprint FROM wave")).scalar_one()
        crowd, ciphertext = session.execute(text("SELECT crowd, ciphertext FROM ballot")).one()
    opener = Opener(survey.inst.keys.wave_key(survey.wave.slug), fingerprint)
    answers, comment = split(ciphertext, has_comments=True)
    return unpad(opener.open(answers, crowd)), unpad_comment(opener.open_comment(comment or b"", crowd))


def test_the_form_holds_all_that_is_asked_and_nothing_beside_need_be_filled_in(survey: Survey) -> None:
    form = survey.folder / "form.toml"
    survey.ok("questions", survey.link(ANT), "--out", form)
    written = form.read_text()
    for told in ("#   2  Home", "#   workload  Workload and time", "# Is there anything else", 'site = "none"'):
        assert told in written
    items = survey.wave.instrument.item_codes
    for code in items:
        written = written.replace(f'{code} = ""', f"{code} = 4")
    assert tomllib.loads(written) == {**dict.fromkeys(items, 4), "site": "none", "topics": [], "comment": ""}
    form.write_text(written)
    survey.ok("answer", survey.link(ANT), "--answers", form)
    assert opened(survey) == (Sheet(answers={**dict.fromkeys(items, 4), "site": None}), "")
    filled = written.replace('site = "none"', "site = 2").replace("topics = []", 'topics = ["tools", "change"]')
    form.write_text(filled.replace('comment = ""', 'comment = "Nobody asked us.\\nAt all."'))
    survey.ok("answer", survey.link(ANT), "--answers", form)
    sheet = Sheet(answers={**dict.fromkeys(items, 4), "site": 2}, topics=("change", "tools"))
    assert opened(survey) == (sheet, "Nobody asked us.\nAt all.")
    sizes = {len(decode64(json.loads(each.body)["sealed"])) for each in survey.seen if each.path == "/ballots"}
    assert sizes == {4192}


def test_a_file_without_anything_beside_the_questions_is_enough(survey: Survey) -> None:
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    assert opened(survey)[1] == ""


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("site", 3, "“site” needs a whole number from 1 to 2"),
        ("site", "", "“site” needs a whole number"),
        ("topics", "tools", "must be a list of words"),
        ("topics", [1], "must be a list of words"),
        ("topics", ["pay"], "no topic “pay”"),
        ("comment", 3, "must be a text in quotes"),
        ("comment", "x" * 401, "has 401 characters. It may have 400"),
        ("role_family", 1, "no item “role_family”"),
    ],
    ids=range(8),
)
def test_a_wrong_file_is_refused_and_nothing_is_sent(survey: Survey, key: str, value: object, sentence: str) -> None:
    path = survey.answers()
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    assert sentence in survey.refused("answer", survey.link(ANT), "--answers", path)
    assert not survey.posts()


def test_a_wave_without_comments_takes_no_words_for_them(make_survey: Callable[..., Survey]) -> None:
    survey = make_survey(SMALL)
    path = survey.answers()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"topics": [], "comment": ""}))
    said = survey.refused("answer", survey.link(ANT), "--answers", path)
    assert "no item “topics”" in said
    assert "no item “comment”" in said
    assert "topics" not in survey.ok("questions", survey.link(ANT))
