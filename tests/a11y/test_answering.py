"""Every screen of the answer page in a real browser: no finding of axe-core, no sideways scrolling at 320 px."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from app import lifecycle
from tests.a11y.test_pages import Eye
from tests.e2e.phone import WAVE, Phone
from tests.integration.web.world import World

pytestmark = pytest.mark.slow

SMALLEST = {"width": 320, "height": 640}
"""A phone of 640 px at 200 per cent, or a desk of 1280 px at 400 per cent."""


@pytest.fixture
def eye(browser: Browser, axe_source: str, screenshots_dir: Path):  # type: ignore[no-untyped-def]
    context = browser.new_context(locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield Eye(page=context.new_page(), axe=axe_source, pictures=screenshots_dir)
    context.close()


def look(eye: Eye, name: str) -> None:
    """At phone and desk, light and dark; then at the narrowest width with text at twice its size."""
    eye.look(f"sealed-{name}")
    page = eye.page
    page.set_viewport_size(SMALLEST)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.set_viewport_size({"width": 640, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    page.evaluate("document.documentElement.style.fontSize = ''")
    focused = page.evaluate("document.activeElement.tagName")
    assert focused == "H1", (name, "the heading of a new screen has the focus")


def failing(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body="")


@pytest.mark.parametrize("person", ["ticketing2", "ticketing1"], ids=["en", "es"])
def test_every_screen_of_an_answer(served: World, eye: Eye, person: str) -> None:
    page = eye.page
    phone = Phone(served, page)
    address, suffix = phone.link(person), "-es" if person == "ticketing1" else ""
    phone.open(address)
    page.locator("#shared").wait_for()
    look(eye, f"start{suffix}")
    main = page.get_by_role("main")
    main.locator("[data-go=next]").first.click()
    main.locator(".r-nav .btn").first.click()
    look(eye, f"item-error{suffix}")
    for number in range(6):
        if number == 1:
            page.locator("#a4").check()
            page.locator("h1").focus()
            look(eye, f"item{suffix}")
        page.locator("#a0").check()
        main.locator(".r-nav .btn").first.click()
    look(eye, f"review{suffix}")
    page.route("**/papers", failing(503))
    main.locator("[data-go=send]").first.click()
    page.locator("[data-go=now]").wait_for()
    look(eye, f"sending{suffix}")
    page.unroute("**/papers")
    page.locator("[data-go=now]").click()
    page.locator("[data-go=change]").wait_for()
    look(eye, f"thanks{suffix}")
    lifecycle.close_wave(served.inst, wave=WAVE, now=served.now, actor="test")
    phone.open(address)
    page.locator(".panel").wait_for()
    look(eye, f"closed{suffix}")


def test_the_screen_that_says_why_it_stops(served: World, eye: Eye) -> None:
    phone = Phone(served, eye.page)
    phone.page.route("**/manifest.json", lambda route: route.fulfill(body="{}"))
    phone.open()
    phone.sees("The survey stops here")
    look(eye, "problem")


def test_the_whole_way_by_keyboard_alone(served: World, page: Page) -> None:
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
    for _ in range(6):
        tab_to("input[type=radio]")
        press("ArrowDown")
        press("Enter")
    tab_to("[data-go=send]")
    press("Enter")
    phone.sees("Thank you. Your answers are in.")
