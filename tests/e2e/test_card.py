"""One respondent with a phone: from the link of the message to the thanks, and back to change an answer."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from surveys.enums import BallotMode
from surveys.store import ballots
from tests.integration.web.world import World
from tests.support.browser import PHONE


@pytest.fixture
def mode() -> BallotMode:
    """The typed code of an invitation opens a form in promise mode only."""
    return BallotMode.PROMISE


def stored(world: World) -> list[tuple[str, bytes]]:
    with world.inst.database.reading() as session:
        return list(ballots.read_sealed(session, "pulse-2"))


def answer_all(page: Page, label: str) -> None:
    for number in range(1, 7):
        expect(page).to_have_title(f"Question {number} of 6. Larkfield Transit")
        if page.get_by_label(label, exact=True).count():
            page.get_by_label(label, exact=True).check()
        else:
            page.get_by_label("I would rather not answer this one").check()
        page.keyboard.press("Enter")


@pytest.mark.slow
def test_a_link_opens_answers_are_sent_and_sent_again(
    served: World, page: Page, browser_context: BrowserContext
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    seen: list[str] = []
    page.on("request", lambda request: seen.append(f"{request.url} {request.headers.get('referer', '')}"))
    code = served.code(wave="pulse-2")

    page.goto(f"{served.address}/answer#{code}")
    expect(page.get_by_role("heading", name="How has work been lately?")).to_be_visible()
    assert code not in page.url
    assert not any(code in request for request in seen)
    page.get_by_role("button", name="Start").first.click()
    answer_all(page, "Agree")
    page.get_by_role("button", name="Change").first.click()
    page.get_by_label("Disagree", exact=True).check()
    page.get_by_role("button", name="Back to the overview").click()
    assert stored(served) == []
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_role("heading", name="Thank you. Your answers are in.")).to_be_visible()
    first = stored(served)
    assert len(first) == 1

    page.goto(f"{served.address}/answer#{code}")
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Start").first.click()
    answer_all(page, "Disagree")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Send").last.click()
    expect(page.get_by_role("heading", name="Thank you. Your answers are in.")).to_be_visible()
    second = stored(served)
    assert len(second) == 1
    assert second != first
    assert browser_context.cookies() == []


@pytest.mark.slow
def test_without_scripts_the_code_is_typed(served: World, browser_context: BrowserContext) -> None:
    browser = browser_context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served.address}/answer#{served.code(wave='pulse-2')}")
    page.locator("#code").fill(served.code(wave="pulse-2").lower())
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="How has work been lately?")).to_be_visible()
    context.close()


@pytest.mark.slow
def test_a_leader_signs_in_and_the_policy_refuses_nothing_of_ours(served: World, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{served.address}/sign-in")
    page.get_by_label("Work e-mail").fill("lena@larkfield.example")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(_mailed_link(served).replace("http://127.0.0.1:8000", served.address))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Ticketing", exact=True).click()
    expect(page.get_by_role("heading", name="Ticketing", level=1)).to_be_visible()
    page.get_by_text("Show the numbers as a table").click()
    expect(page.get_by_role("region", name="The numbers, part 1")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert complaints == []


def _mailed_link(served: World) -> str:
    """Wait for the link: it is mailed after the page is answered, so that the page takes as long for everybody."""
    until = time.monotonic() + 10
    while not served.mails and time.monotonic() < until:
        time.sleep(0.02)
    return served.mails[-1][1]
