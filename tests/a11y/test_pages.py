"""Every page in a real browser, wide and narrow, light and dark: no finding of axe-core, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from surveys.enums import BallotMode
from tests.integration.web.world import World
from tests.support.browser import DESK, PHONE

PUBLIC = {"home": "/", "answer": "/answer", "code": "/card", "sign-in": "/sign-in", "open-link": "/sign-in/x",
          "thanks": "/thanks", "not-found": "/nothing", "home-es": "/?lang=es"}  # fmt: skip
STAFF = {
    "leader-overview": ("lena", "/leader/"),
    "leader-report": ("lena", "/leader/ticketing"),
    "hr-table": ("hr", "/hr/"),
    "setup": ("steward", "/setup/"),
    "setup-wave": ("steward", "/setup/waves/pulse-2"),
    "setup-organisation": ("steward", "/setup/organisation"),
    "setup-roadmap": ("steward", "/setup/roadmap"),
    "audit": ("auditor", "/audit/"),
    "audit-ledger": ("auditor", "/audit/ledger"),
    "redact": ("redactor", "/redact/"),
    "hr-comments": ("hr", "/hr/comments/"),
    "hr-tokens": ("hr", "/tokens/"),
    "refused": ("auditor", "/hr/"),
}


@dataclass
class Eye:
    """Looks at the page as it stands: axe-core, width, and a picture for people."""

    page: Page
    axe: str
    pictures: Path

    def look(self, name: str) -> None:
        for size, width in ((DESK, "wide"), (PHONE, "narrow")):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                self.page.screenshot(path=self.pictures / f"{name}-{width}-{scheme}.png", full_page=True)
                assert self.findings() == [], (name, width, scheme)
            overflow = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, (name, width, overflow)

    def findings(self) -> list[tuple[str, Any]]:
        self.page.evaluate(self.axe)
        found = self.page.evaluate("axe.run()")
        return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]]


@pytest.fixture
def eye(browser: Browser, axe_source: str, screenshots_dir: Path) -> Iterator[Eye]:
    # axe runs inside the page through the debugger, which the content policy does not bind; the policy stays on.
    context = browser.new_context(viewport=DESK, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    yield Eye(page=context.new_page(), axe=axe_source, pictures=screenshots_dir)
    context.close()


@pytest.mark.slow
def test_public_pages_have_no_findings(served: World, eye: Eye) -> None:
    for name, path in PUBLIC.items():
        eye.page.goto(served.address + path)
        eye.look(name)


@pytest.mark.slow
def test_staff_pages_have_no_findings(served: World, eye: Eye) -> None:
    for name, (person, path) in STAFF.items():
        eye.page.context.clear_cookies()
        served.app.test_client().post("/sign-in", data={"email": f"{person}@larkfield.example"}).close()
        link = served.mails[-1][1].rpartition("/")[2]
        eye.page.goto(f"{served.address}/sign-in/{link}")
        eye.page.get_by_role("button", name="Sign in").click()
        eye.page.goto(served.address + path)
        eye.look(name)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [BallotMode.PROMISE])  # in sealed mode a typed code opens no form
def test_the_pages_of_a_card_have_no_findings(served: World, eye: Eye) -> None:
    page = eye.page
    page.goto(served.address + "/card")
    page.get_by_role("button", name="Go on").click()
    eye.look("code-error")
    page.get_by_label("Code", exact=True).fill(served.code(wave="pulse-2"))
    page.get_by_role("button", name="Go on").click()
    eye.look("start")
    page.get_by_role("button", name="Start").first.click()
    page.get_by_role("button", name="Next question").click()
    eye.look("item-error")
    page.get_by_label("Agree", exact=True).check()
    eye.look("item")
    for _ in range(6):
        page.get_by_label("I would rather not answer this one").check()
        page.get_by_role("button", name="Next question").or_(page.get_by_role("button", name="Look at my")).click()
    eye.look("review")
    page.get_by_role("button", name="Español").click()
    eye.look("review-es")
