"""Attack 10: serve one person another page or script; fetch both as two members, and again after an upgrade."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from flask import Flask, Response, request

from app import answer_page, lifecycle
from app.installation import Installation
from tests.attacks import account
from tests.attacks.people import sealed_company
from tests.attacks.voters import Voter, build_app, served, voters_of
from tests.support import journey
from tests.support.journey import OpenWave

OWN_FILES = re.compile(r'(?:src|href)="(/answer/files/[^"]+)"')
OF_THE_SERVER = {"date", "server", "connection"}
"""Reply headers that the server of this test writes; the product's own must be the same for everybody."""


@dataclass
class Scene:
    """A served wave."""

    inst: Installation
    wave: OpenWave
    app: Flask
    http: httpx.Client
    voters: dict[str, Voter]


@pytest.fixture
def scene(inst: Installation) -> Iterator[Scene]:
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    app = build_app(inst, lambda: wave.opens_at)
    with served(app) as url, httpx.Client(base_url=url) as http:
        yield Scene(inst, wave, app, http, voters_of(inst, wave, http))


def downloads(scene: Scene, email: str) -> dict[str, tuple[str, bytes, tuple[tuple[str, str], ...]]]:
    """Fetch page, script and style sheet as one member's browser does: status, content and headers by address.

    The fragment is no part of any request; a browser of its own language and its own name asks.
    """
    voter = scene.voters[email]
    headers = {"User-Agent": f"browser of {email}", "Accept-Language": voter.link.language}
    page = scene.http.get("/answer", headers=headers)
    found = {"/answer": page}
    for path in sorted(set(OWN_FILES.findall(page.text))):
        found[path] = scene.http.get(path, headers=headers)
    return {
        path: (
            str(reply.status_code),
            reply.content,
            tuple(sorted((name, value) for name, value in reply.headers.items() if name not in OF_THE_SERVER)),
        )
        for path, reply in found.items()
    }


def test_weakened_a_page_with_a_mark_for_its_reader_is_seen(scene: Scene) -> None:
    """A server that writes one invisible sign into the page of one person."""

    def mark_one(response: Response) -> Response:
        if request.path == "/answer" and "ant.1" in request.headers.get("User-Agent", ""):
            page = gzip.decompress(response.get_data())
            response.set_data(gzip.compress(page.replace(b"</body>", b" </body>"), mtime=0))
        return response

    scene.app.after_request_funcs.setdefault(None, []).append(mark_one)
    assert downloads(scene, journey.member("ant", 1)) != downloads(scene, journey.member("ant", 2))
    account.weakened("10 same page", "one blank more for one person: seen")


def test_all_members_get_the_same_bytes_and_headers(scene: Scene) -> None:
    found = [downloads(scene, email) for email in scene.wave.codes]
    assert len(found) == 12
    assert all(each == found[0] for each in found)
    assert {path.rpartition(".")[2] for path in found[0]} >= {"/answer", "css", "js"}
    assert {status for status, _, _ in found[0].values()} == {"200"}
    for path, (_, content, headers) in found[0].items():
        assert not any(name in {"etag", "last-modified", "set-cookie"} for name, _ in headers), path
        assert scene.inst.settings.base_url.encode() not in content


def test_page_and_script_are_those_of_the_manifest(scene: Scene) -> None:
    rules = json.loads(scene.http.get(f"/waves/{scene.wave.slug}/manifest.json").text)
    found = downloads(scene, journey.member("ant", 1))
    assert hashlib.sha256(found["/answer"][1]).hexdigest() == rules["page_sha256"]
    scripts = [content for path, (_, content, _) in found.items() if path.endswith(".js")]
    assert [hashlib.sha256(content).hexdigest() for content in scripts] == [rules["script_sha256"]]
    for path, (_, content, _) in found.items():
        if path != "/answer":
            assert hashlib.sha256(content).hexdigest() in path


def upgraded() -> answer_page.AnswerPage:
    """The page of a newer version of the program: another text, another script."""
    now = answer_page.current()
    script = next(file for file in now.files if file.sha256 == now.script_sha256)
    other = script.content + b"\n// another version"
    digest = hashlib.sha256(other).hexdigest()
    page = now.page.content.replace(script.sha256.encode(), digest.encode())
    return replace(
        now,
        page=replace(now.page, content=page, sha256=hashlib.sha256(page).hexdigest()),
        files=(
            *(file for file in now.files if file is not script),
            replace(script, content=other, sha256=digest),
        ),
        script_sha256=digest,
    )


def test_an_upgrade_changes_nothing_under_an_open_wave(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    before = downloads(scene, journey.member("ant", 1))
    newer = upgraded()
    monkeypatch.setattr(answer_page, "current", lambda: newer)
    app = build_app(scene.inst, lambda: scene.wave.opens_at)  # the program was restarted
    with served(app) as url, httpx.Client(base_url=url) as http:
        again = replace(scene, http=http)
        assert downloads(again, journey.member("ant", 2)) == before
        journey.close_wave(scene.inst, scene.wave)
        after = downloads(again, journey.member("ant", 1))
    assert after["/answer"][1] == newer.page.content
    account.product(
        "10 same page", f"{scene.inst.database.engine.name}: 12 members and an upgrade: same bytes and headers"
    )


def test_weakened_without_frozen_files_an_upgrade_would_show(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    before = downloads(scene, journey.member("ant", 1))
    newer = upgraded()
    monkeypatch.setattr(answer_page, "current", lambda: newer)
    monkeypatch.setattr(answer_page, "in_use", lambda _session: newer)
    assert downloads(scene, journey.member("ant", 1)) != before
    account.weakened("10 same page", "files of an open wave not kept: the upgrade is seen")


def test_a_second_wave_that_opens_keeps_the_page_of_the_first(scene: Scene) -> None:
    """Two open waves share one page, so that nobody can be told apart by which page they were served."""
    before = downloads(scene, journey.member("ant", 1))
    lifecycle.plan_next(scene.inst, programme=journey.PROGRAMME, now=scene.wave.opens_at, actor="t")
    assert downloads(scene, journey.member("bee", 1)) == before
