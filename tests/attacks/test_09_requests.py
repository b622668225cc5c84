"""Attack 9: capture what a real browser sends for two members, and look for anything that tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.installation import Installation
from tests.attacks import account
from tests.attacks.people import sealed_company
from tests.attacks.voters import build_app, links_of, served
from tests.attacks.wire import Exchange, Recorder, differing, telling
from tests.support import journey
from tests.support.journey import OpenWave

pytestmark = pytest.mark.slow
SCRIPT_OF_A_CURIOUS_PAGE = """
const plain = window.fetch;
window.fetch = (path, how) => plain(path, {
  ...how, credentials: "include", headers: {...(how?.headers ?? {}), "X-Request-Id": crypto.randomUUID()},
});
"""


@dataclass
class Scene:
    """A served wave that records every exchange."""

    inst: Installation
    wave: OpenWave
    app: Flask
    recorder: Recorder
    url: str
    links: dict[str, str]

    def link(self, email: str) -> str:
        return self.links[email].replace(self.inst.settings.base_url, self.url)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    inst = journey.installation(tmp_path_factory.mktemp("requests"))
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    app = build_app(inst, lambda: wave.opens_at)
    recorder = Recorder(app)
    with served(recorder) as url:
        yield Scene(inst, wave, app, recorder, url, links_of(inst, wave.slug))
    inst.database.dispose()


@pytest.fixture
def fresh(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Make profiles of two members who use the same kind of browser."""
    made: list[BrowserContext] = []

    def make() -> BrowserContext:
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        context.set_default_timeout(15_000)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


def answer(page: Page, link: str, labels: list[str]) -> None:
    """Go through the whole page as a person does, one label per question."""
    page.goto(link)
    page.get_by_role("button", name="Start").first.click()
    for number, label in enumerate(labels, start=1):
        expect(page.get_by_text(f"Question {number} of {len(labels)}", exact=True)).to_be_visible()
        option = page.get_by_label(label, exact=True)
        (option if option.count() else page.get_by_label("I would rather not answer this one")).check()
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_role("heading", name="Thank you. Your answers are in.")).to_be_visible()


def captured(scene: Scene, context: BrowserContext, email: str, labels: list[str]) -> list[Exchange]:
    """Return everything one member's browser sent, answering once."""
    scene.recorder.take()
    answer(context.new_page(), scene.link(email), labels)
    assert context.cookies() == []
    return scene.recorder.take()


def members(scene: Scene) -> Iterator[str]:
    """Members of one crowd."""
    yield from sorted(scene.wave.codes)


def test_weakened_a_curious_page_and_server_are_seen(
    scene: Scene, fresh: Callable[[], BrowserContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that sets a cookie, and a page that numbers its requests."""
    seen: list[list[Exchange]] = []

    def set_cookie(response: Response) -> Response:
        response.set_cookie("visitor", str(len(seen)))
        return response

    hooks = scene.app.after_request_funcs.setdefault(None, [])
    hooks.append(set_cookie)
    try:
        for email in (journey.member("ant", 1), journey.member("ant", 2)):
            context = fresh()
            context.add_init_script(SCRIPT_OF_A_CURIOUS_PAGE)
            scene.recorder.take()
            answer(context.new_page(), scene.link(email), ["Agree"] * 6)
            seen.append(scene.recorder.take())
    finally:
        hooks.remove(set_cookie)
    single, pair = telling(seen[0]), differing(*seen)
    assert "/ballots: header cookie" in single
    assert "/ballots: header x-request-id" in single
    assert any("sets a cookie" in each for each in single)
    assert "/ballots: header x-request-id" in pair
    account.weakened("09 requests", f"cookie and numbered requests: {len(pair)} differences between two members seen")


def test_two_members_send_the_same_but_for_what_the_protocol_makes_random(
    scene: Scene, fresh: Callable[[], BrowserContext]
) -> None:
    """They answer differently, one of them skips questions, and they are in the same crowd."""
    first = captured(scene, fresh(), journey.member("ant", 3), ["Agree"] * 6)
    second = captured(scene, fresh(), journey.member("bee", 3), ["Strongly disagree", *["no such label"] * 5])
    assert [each.path for each in first if each.method == "POST"][-2:] == ["/papers", "/ballots"]
    ballots = [each for each in first if each.path == "/ballots"]
    assert ballots[0].fields.keys() == {"wave", "crowd", "nonce", "token", "sealed"}
    assert telling(first) == telling(second) == []
    assert differing(first, second) == []
    account.product(
        "09 requests", f"{len(first)} requests of each of two members: nothing differs, no cookie, no referrer"
    )


def test_no_secret_of_the_link_is_in_any_address_or_header(scene: Scene, fresh: Callable[[], BrowserContext]) -> None:
    email = journey.member("ant", 4)
    exchanges = captured(scene, fresh(), email, ["Agree"] * 6)
    code = scene.wave.codes[email]
    for each in exchanges:
        told = f"{each.path} {each.query} {each.headers} {each.reply_headers}"
        assert code not in told
        if each.path != "/papers":
            assert code.encode() not in each.body
    assert sum(code.encode() in each.body for each in exchanges) == 1


def test_the_ballot_is_the_same_length_whatever_is_answered(scene: Scene, fresh: Callable[[], BrowserContext]) -> None:
    """Once more in the browser what attack 13 measures for the command line; a change of mind is as long, too."""
    lengths = set()
    for email, labels in (
        (journey.member("bee", 1), ["Agree"] * 6),
        (journey.member("bee", 2), ["no such label"] * 6),
    ):
        exchanges = captured(scene, fresh(), email, labels)
        lengths |= {each.headers["content-length"] for each in exchanges if each.path == "/ballots"}
    assert len(lengths) == 1


def test_nothing_is_left_in_the_browser_that_tells_the_answers(
    scene: Scene, fresh: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    context = fresh()
    captured(scene, context, journey.leader("ant"), ["Agree"] * 6)
    state = tmp_path / "state.json"
    context.storage_state(path=state)
    assert '\\"answers\\":{' not in state.read_text()
