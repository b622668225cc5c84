"""A respondent with a phone: opens links, answers, and looks at what the browser keeps and the server has."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from surveys.ballots import links
from surveys.store import ballots
from tests.integration.web.world import World
from tests.support import journey
from tests.support.browser import PHONE

WAVE = "pulse-2"
THANKS = "Thank you. Your answers are in."


@dataclass
class Phone:
    """One browser tab at the width of a phone; every request it makes is noted. ``total`` questions are asked."""

    world: World
    page: Page
    total: int = 6
    sent: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        self.page.on("request", lambda request: self.sent.append((request.url, request.post_data or "")))

    def link(self, person: str = "ticketing2", wave: str = WAVE) -> str:
        """The address in somebody's message."""
        found = journey.link_of(self.world.inst, self.world.code(person, wave=wave))
        return f"{self.world.address}/answer#{links.fragment(found)}"

    def open(self, address: str | None = None) -> None:
        self.page.goto("about:blank")
        self.page.goto(address or self.link())

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()

    def reads(self, text: str) -> None:
        expect(self.page.get_by_text(text)).to_be_visible()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def answer(self, label: str, upto: int = 6) -> None:
        """Answer the questions from the first one on, passing over those without such an option."""
        for number in range(1, upto + 1):
            expect(self.page).to_have_title(f"Question {number} of {self.total}. Larkfield Transit")
            option = self.page.get_by_label(label, exact=True)
            if not option.count():
                option = self.page.get_by_label("I would rather not answer this one")
            option.check()
            option.focus()
            self.page.keyboard.press("Enter")

    def answer_and_send(self, label: str = "Agree") -> None:
        self.press("Start")
        self.answer(label)
        self.press("Send")
        self.sees(THANKS)

    def remove(self) -> None:
        """Remove what the browser keeps, which the page asks about once."""
        self.page.get_by_text("Remove what this browser keeps of it").click()
        self.press("Remove it now")

    def kept(self) -> dict[str, str]:
        """What the browser keeps for ever, by name."""
        found: dict[str, str] = self.page.evaluate("({...localStorage})")
        return found

    def bodies(self, path: str) -> list[str]:
        return [body for url, body in self.sent if url.endswith(path)]


def stored(world: World, wave: str = WAVE) -> list[tuple[str, bytes]]:
    """Crowd and ciphertext of every ballot in the box."""
    with world.inst.database.reading() as session:
        return list(ballots.read_sealed(session, wave))
