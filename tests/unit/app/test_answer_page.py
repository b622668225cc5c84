from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import answer_page
from surveys.errors import Refused
from surveys.i18n import LANGUAGES


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    for name in ("look.css", "answer.css"):
        (folder / name).write_text(f"/* {name} */")
    (folder / "tokens.css").write_text('src: url("fonts/x.woff2")')
    (folder / "ballot.js").write_text("1")
    (folder / "mark.svg").write_text("<svg/>")
    return folder


@pytest.fixture(scope="module")
def page(static: Path) -> answer_page.AnswerPage:
    return answer_page.build(static)


def test_the_same_files_give_the_same_page(static: Path, page: answer_page.AnswerPage) -> None:
    assert answer_page.build(static) == page


def test_another_script_gives_another_page(page: answer_page.AnswerPage, static: Path, tmp_path: Path) -> None:
    for file in static.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "ballot.js").write_text("2")
    assert answer_page.build(tmp_path).page.sha256 != page.page.sha256


def test_without_its_script_the_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Run make assets"):
        answer_page.build(tmp_path)


def test_every_screen_is_there_in_every_language(page: answer_page.AnswerPage) -> None:
    text = page.page.content.decode()
    for language in LANGUAGES:
        assert all(f'<template id="{language}-{screen}">' in text for screen in answer_page.SCREENS)


def test_the_page_asks_nobody_else_and_holds_nothing_inline(page: answer_page.AnswerPage) -> None:
    text = page.page.content.decode()
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert addresses
    assert all(address.startswith(("/", "#")) for address in addresses)
    assert " style=" not in text
    assert "<style" not in text
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert not re.search(r"\son[a-z]+=", text)


def test_the_style_sheet_finds_its_fonts(page: answer_page.AnswerPage) -> None:
    style = next(file for file in page.files if file.media_type == "text/css")
    assert b'url("/static/fonts/x.woff2")' in style.content


def test_every_sentence_that_the_script_names_is_there(page: answer_page.AnswerPage) -> None:
    text = page.page.content.decode()
    modules = (Path(answer_page.__file__).parent.parent / "client").glob("*.js")
    source = "".join(path.read_text() for path in sorted(modules))
    named = set(re.findall(r'new Trouble\("([a-z-]+)"\)', source))
    named |= {"unknown-code", "paper-taken", "malformed", "not-open"}
    named |= {"waiting", "waiting-shared", "busy", "broken", "error"}
    assert len(named) > 20
    assert [name for name in sorted(named) if text.count(f'<p id="{name}">') != len(LANGUAGES)] == []
