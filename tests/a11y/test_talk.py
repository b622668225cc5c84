"""The screens beside the questions in a browser: no finding of axe-core, no sideways scrolling, keys are enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from surveys.enums import BallotMode
from tests.a11y.test_answering import eye, look
from tests.a11y.test_pages import Eye
from tests.e2e.phone import THANKS, WAVE, Phone
from tests.integration.web.talking import ask_more
from tests.integration.web.world import World

__all__ = ["eye"]

pytestmark = pytest.mark.slow


@pytest.fixture
def released(released: World, request: pytest.FixtureRequest) -> World:
    """The same organisation; from the next wave on it asks for a site, topics and comments, sealed or by forms."""
    return ask_more(released, getattr(request, "param", BallotMode.SEALED))


@pytest.mark.parametrize("person", ["ticketing2", "ticketing1"], ids=["en", "es"])
def test_every_screen_of_an_answer_with_a_comment(served: World, eye: Eye, person: str) -> None:
    page = eye.page
    phone, suffix = Phone(served, page), "-es" if person == "ticketing1" else ""
    phone.open(phone.link(person))
    page.locator("#shared").wait_for()
    look(eye, f"talk-start{suffix}")
    main = page.get_by_role("main")
    main.locator("[data-go=next]").first.click()
    for _ in range(6):
        page.locator("#a0").check()
        main.locator(".r-nav .btn").first.click()
    look(eye, f"talk-about-you{suffix}")
    page.locator("#a2").check()
    main.locator(".r-nav .btn").first.click()
    page.locator("#t-tools").check()
    page.locator("#comment").fill("In the last meeting Anna told us on 3/11 that the rota would come earlier.")
    expect(page.locator(".like:visible")).to_have_count(3)
    page.locator("h1").focus()
    look(eye, f"talk{suffix}")
    main.locator(".r-nav .btn").first.click()
    look(eye, f"talk-review{suffix}")
    main.locator("[data-go=send]").first.click()
    page.locator("[data-go=change]").wait_for()
    look(eye, f"talk-thanks{suffix}")


def test_topics_and_comment_by_keyboard_alone(served: World, page: Page) -> None:
    phone = Phone(served, page)
    phone.open()
    phone.sees("How has work been lately?")
    press = page.keyboard.press

    def tab_to(selector: str) -> None:
        for _ in range(25):
            press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(selector)

    tab_to("[data-go=next]")
    press("Enter")
    for _ in range(7):
        tab_to("input[type=radio]")
        press("ArrowDown")
        press("Enter")
    phone.sees("One more page, if you like")
    tab_to("#t-tools")
    press("Space")
    tab_to("#comment")
    page.keyboard.type("Too late.")
    press("Enter")
    page.keyboard.type("Too short.")
    tab_to(".r-nav .btn")
    press("Enter")
    phone.reads("Tools and equipment")
    expect(page.locator(".written")).to_have_text("Too late. Too short.")
    tab_to("[data-go=send]")
    press("Enter")
    phone.sees(THANKS)


@pytest.mark.parametrize("released", [BallotMode.PROMISE], indirect=True)
def test_the_forms_without_scripts(served: World, eye: Eye) -> None:
    page = eye.page
    page.goto(f"{served.address}/card")
    page.locator("#code").fill(served.code(wave=WAVE))
    page.get_by_role("button", name="Go on").click()
    eye.look("form-start")
    page.get_by_role("main").get_by_role("button", name="Start").first.click()
    main = page.get_by_role("main")
    for _ in range(6):
        page.locator("#a0").check()
        main.locator(".r-nav .btn").first.click()
    eye.look("form-about-you")
    page.locator("#a2").check()
    main.locator(".r-nav .btn").first.click()
    page.locator("#t-tools").check()
    page.evaluate("document.querySelector('#comment').removeAttribute('maxlength')")
    page.locator("#comment").fill("Too long. " * 41)
    main.locator(".r-nav .btn").first.click()
    page.get_by_role("alert").wait_for()
    eye.look("form-talk-error")
    page.locator("#comment").fill("The rota comes too late.\nIt could come earlier.")
    main.locator(".r-nav .btn").first.click()
    eye.look("form-review")
    main.get_by_role("button", name="Send").first.click()
    expect(page.get_by_role("heading", name=THANKS)).to_be_visible()
