"""Fixtures of a real browser: headless Chromium driven by Playwright; pages that ask another machine for anything fail.

The browser lives as long as one test module: Playwright's event loop would disturb tests of other modules.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from tests.support.network import is_local
from tests.support.requirements import missing
from tests.support.shared import ROOT
from tools.programs import find_chromium

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--font-render-hinting=none",
)  # fmt: skip
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium of this machine."""
    program = find_chromium()
    if program is None:
        missing("Chromium is not installed.", "BAROGRAPH_REQUIRE_TOOLS")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile; after the test it is an error if a page asked for anything from another machine."""
    context = browser.new_context(viewport=DESK, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(10_000)
    refused: list[str] = []

    def guard(route: Route) -> None:
        if is_local(urlsplit(route.request.url).hostname):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    yield context
    context.close()
    assert not refused, f"a page asked another machine for {refused}"


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """A desktop page; for a phone call ``page.set_viewport_size(PHONE)``."""
    return browser_context.new_page()


@pytest.fixture(scope="session")
def screenshots_dir() -> Path:
    """Where tests put screenshots for people to look at: build/screenshots, or BAROGRAPH_SCREENSHOTS."""
    folder = Path(os.environ.get("BAROGRAPH_SCREENSHOTS") or ROOT / "build" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The accessibility checker's script, to be added to a page and run there."""
    if not AXE.exists():
        missing("axe-core is not unpacked; run make setup.", "BAROGRAPH_REQUIRE_TOOLS")
    return AXE.read_text()
