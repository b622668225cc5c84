"""The answer page as served: the same for everybody, frozen under an open wave, and without a cookie."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app import answer_page, lifecycle
from surveys.store import answer_files
from surveys.store.answer_files import AnswerPage, PageFile
from tests.integration.web.world import World


def upgraded() -> AnswerPage:
    """The page of a later version of the program."""

    def file(media_type: str, content: bytes) -> PageFile:
        return PageFile(sha256=hashlib.sha256(content).hexdigest(), media_type=media_type, content=content)

    script = file("text/javascript", b"later")
    return AnswerPage(page=file("text/html", b"<p>later"), files=(script,), script_sha256=script.sha256)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnswerPage]:
    page = upgraded()
    yield page
    monkeypatch.undo()


def test_page_and_files_are_what_the_manifest_names(world: World, client: FlaskClient) -> None:
    page = client.get("/answer")
    rules = json.loads(client.get("/waves/pulse-1/manifest.json").data)
    assert hashlib.sha256(page.data).hexdigest() == rules["page_sha256"]
    addresses = re.findall(r'"(/answer/files/[^"]+)"', page.text)
    assert len(addresses) == 3
    for address in addresses:
        served = client.get(address)
        assert served.status_code == 200
        assert hashlib.sha256(served.data).hexdigest() in address
        assert "immutable" in served.headers["Cache-Control"]
    assert any(rules["script_sha256"] in address for address in addresses)


def test_everybody_gets_the_same_bytes_and_no_cookie(world: World) -> None:
    answers = [
        world.app.test_client().get("/answer", headers=headers)
        for headers in ({}, {"Accept-Language": "es"}, {"Cookie": "x=1"}, {"User-Agent": "phone"})
    ]
    assert len({answer.data for answer in answers}) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    policy = answers[0].headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy
    assert "'unsafe" not in policy


def test_a_reader_that_takes_gzip_gets_it(client: FlaskClient) -> None:
    plain, packed = client.get("/answer"), client.get("/answer", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data


@pytest.mark.parametrize("name", ["nothing.js", f"{'0' * 64}.js", "..%2Fkeys", "%00.js", f"{'0' * 63}%00.js"])
def test_a_file_nobody_kept_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/answer/files/{name}").status_code == 404


def test_an_upgrade_changes_nothing_under_an_open_wave(
    world: World, client: FlaskClient, later: AnswerPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = client.get("/answer").data
    script = next(each for each in re.findall(r'"(/answer/files/[^"]+)"', before.decode()) if each.endswith(".js"))
    monkeypatch.setattr(answer_page, "current", lambda: later)
    assert client.get("/answer").data == before
    assert client.get(script).status_code == 200
    with world.inst.database.reading() as session:
        assert answer_page.in_use(session).page.content == before

    world.now += dt.timedelta(days=9)
    lifecycle.close_wave(world.inst, wave="pulse-1", now=world.now, actor="test")
    assert client.get("/answer").data == later.page.content
    assert client.get(script).status_code == 404
    assert client.get(f"/answer/files/{later.script_sha256}.js").data == b"later"


def test_the_page_itself_is_not_served_as_a_file(world: World, client: FlaskClient) -> None:
    assert client.get(f"/answer/files/{answer_page.current().page.sha256}.html").status_code == 404


def test_the_oldest_open_wave_gives_the_page_and_each_wave_keeps_its_own_rows(world: World) -> None:
    page = upgraded()
    with world.inst.database.transaction() as session:
        first = answer_files.find_open_page(session)
        assert first is not None
        answer_files.add_files(session, "pulse-1", [])
        answer_files.delete_files(session, "pulse-1")
        assert answer_files.find_open_page(session) is None
        answer_files.add_files(session, "pulse-1", (page.page, *page.files))
        assert answer_files.find_page(session, "pulse-1") == page
        assert answer_files.find_file(session, page.script_sha256) == page.files[0]
