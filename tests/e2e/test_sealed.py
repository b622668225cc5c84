"""A member answers in sealed mode on a phone: from the link of the message to the thanks, with a bad network too."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app import lifecycle
from surveys.ballots import links
from tests.e2e.phone import THANKS, WAVE, Phone, stored
from tests.integration.web.world import World
from tests.support import journey
from tests.support.browser import PHONE

pytestmark = pytest.mark.slow


@pytest.fixture
def phone(served: World, page: Page) -> Iterator[Phone]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Phone(served, page)
    assert complaints == []


def test_answers_are_sealed_sent_and_replaced_by_a_change(phone: Phone, browser_context: BrowserContext) -> None:
    address, code = phone.link(), phone.world.code(wave=WAVE)
    phone.open(address)
    phone.sees("How has work been lately?")
    assert "#" not in phone.page.url
    assert not any(code in url for url, _ in phone.sent)
    phone.press("Start")
    phone.answer("Agree")
    phone.press("Change")
    phone.page.get_by_label("Disagree", exact=True).check()
    phone.press("Back to the overview")
    assert stored(phone.world) == []
    phone.press("Send")
    phone.sees(THANKS)
    first = stored(phone.world)
    assert len(first) == 1
    (kept,) = map(json.loads, phone.kept().values())
    assert set(kept) == {"wave", "closes", "days", "isSent", "nonce", "token"}

    phone.open(address)
    phone.reads("You have sent answers from this browser.")
    phone.answer_and_send("Disagree")
    second = stored(phone.world)
    assert len(second) == 1
    assert second != first
    assert len(phone.bodies("/papers")) == 1
    assert len({len(body) for body in phone.bodies("/ballots")}) == 1
    assert len({json.loads(body)["nonce"] for body in phone.bodies("/ballots")}) == 1
    assert browser_context.cookies() == []


def test_what_is_sent_opens_as_what_was_chosen(phone: Phone) -> None:
    phone.open()
    phone.answer_and_send("Agree")
    rest = ["ticketing3", "ticketing4", "ticketing5", "ticketing6"]
    for person in rest:
        journey.cast(phone.world.inst, phone.world.code(person, wave=WAVE), {}, now=phone.world.now)
    account = lifecycle.close_wave(phone.world.inst, wave=WAVE, now=phone.world.now, actor="test")
    assert account.unreadable == 0


def test_changed_answers_after_sending_keep_the_same_ballot(phone: Phone) -> None:
    phone.open()
    phone.answer_and_send("Agree")
    phone.press("Change my answers")
    phone.press("Change")
    phone.page.get_by_label("Strongly agree").check()
    phone.press("Back to the overview")
    phone.press("Send")
    phone.sees(THANKS)
    assert len(stored(phone.world)) == 1


def test_a_lost_network_at_send_is_waited_for(phone: Phone, browser_context: BrowserContext) -> None:
    phone.open()
    phone.press("Start")
    phone.answer("Agree")
    browser_context.set_offline(True)
    phone.press("Send")
    phone.reads("Your answers are kept on this device. We try again.")
    (kept,) = map(json.loads, phone.kept().values())
    assert len(kept["pending"]["answers"]) == 6
    browser_context.set_offline(False)
    phone.sees(THANKS)
    assert len(stored(phone.world)) == 1
    assert len(set(phone.bodies("/papers"))) == 1, "a repeated request carries the same element"


def test_a_lost_reply_and_a_reload_give_one_ballot(phone: Phone) -> None:
    lost: list[str] = []

    def lose(route) -> None:  # type: ignore[no-untyped-def]
        if len(lost) < 2:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.page.route("**/papers", lose)
    phone.page.route("**/ballots", lose)
    phone.open()
    phone.press("Start")
    phone.answer("Agree")
    phone.press("Send")
    phone.reads("Your answers are kept on this device. We try again.")
    phone.page.reload()
    phone.sees(THANKS)
    assert len(lost) == 2
    assert len(stored(phone.world)) == 1
    assert len({json.loads(body)["blinded"] for body in phone.bodies("/papers")}) == 1


def test_a_reload_in_the_middle_keeps_place_and_draft(phone: Phone) -> None:
    phone.open()
    phone.press("Start")
    phone.answer("Agree", upto=3)
    phone.page.reload()
    expect(phone.page).to_have_title("Question 4 of 6. Larkfield Transit")
    phone.page.go_back()
    expect(phone.page).to_have_title("Question 3 of 6. Larkfield Transit")
    expect(phone.page.get_by_label("Agree", exact=True)).to_be_checked()
    phone.press("Back")
    expect(phone.page).to_have_title("Question 2 of 6. Larkfield Transit")
    phone.page.go_back()
    phone.page.go_back()
    phone.sees("How has work been lately?")
    phone.reads("The answers you began are still in this browser.")


def test_nothing_chosen_is_said_and_the_overview_lists_what_is_missing(phone: Phone) -> None:
    phone.open()
    phone.press("Start")
    phone.press("Next question")
    expect(phone.page.get_by_role("alert")).to_contain_text("Choose an answer")
    expect(phone.page).to_have_title("Error. Question 1 of 6. Larkfield Transit")
    phone.page.get_by_role("alert").get_by_role("link").click()
    expect(phone.page.locator("#a1")).to_be_focused()
    phone.page.evaluate("history.pushState({at: 7, depth: 2}, ''); dispatchEvent(new PopStateEvent('popstate'))")
    phone.press("Send")
    expect(phone.page.get_by_role("alert")).to_contain_text("Some questions have no answer yet. Nothing was sent.")
    assert phone.page.get_by_role("alert").get_by_role("listitem").count() == 6
    assert phone.bodies("/papers") == []


def test_two_links_in_one_browser_do_not_meet(phone: Phone) -> None:
    phone.open(phone.link("ticketing2"))
    phone.answer_and_send("Agree")
    phone.open(phone.link("payments3"))
    phone.sees("How has work been lately?")
    expect(phone.page.get_by_text("You have sent answers from this browser.")).to_have_count(0)
    phone.answer_and_send("Disagree")
    assert len(stored(phone.world)) == 2
    assert len(phone.kept()) == 2


def test_spanish_by_the_link_and_by_the_button(phone: Phone) -> None:
    phone.open(phone.link("ticketing1"))
    expect(phone.page.locator("html")).to_have_attribute("lang", "es")
    phone.page.get_by_role("button", name="English").click()
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    phone.press("Start")
    phone.page.get_by_label("Agree", exact=True).check()
    phone.page.get_by_role("button", name="Español").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Mi carga de trabajo es razonable.")
    expect(phone.page.locator("input:checked")).to_have_count(1)


def test_a_shared_computer_keeps_nothing(phone: Phone) -> None:
    phone.open()
    phone.page.get_by_label("This is a shared computer").check()
    phone.reads("Then nothing is kept in this browser.")
    phone.press("Start")
    phone.answer("Agree")
    assert phone.kept() == {}
    phone.press("Send")
    phone.sees(THANKS)
    assert phone.kept() == {}
    assert phone.page.evaluate("({...sessionStorage})") == {}
    expect(phone.page.get_by_role("button", name="Change my answers")).to_have_count(0)
    assert len(stored(phone.world)) == 1


def test_what_is_kept_can_be_removed_afterwards_and_dies_by_itself(phone: Phone) -> None:
    phone.open()
    phone.answer_and_send()
    assert len(phone.kept()) == 1
    phone.remove()
    phone.reads("Nothing of this survey is left in this browser.")
    assert phone.kept() == {}


def test_what_is_kept_dies_by_itself_but_not_by_a_wrong_clock(phone: Phone) -> None:
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    phone.page.clock.set_fixed_time(now)
    kept = {
        "a month after the close": {"closes": (now - dt.timedelta(days=30)).isoformat(), "days": 7},
        "closed, as the server said": {"closes": (now - dt.timedelta(days=6)).isoformat(), "days": 7, "isClosed": True},
        "second lock": {"closes": (now - dt.timedelta(days=34)).isoformat(), "days": 35, "isClosed": True},
    }
    gone = {
        "two months after the close": {"closes": (now - dt.timedelta(days=61)).isoformat(), "days": 35},
        "a week after": {"closes": (now - dt.timedelta(days=8)).isoformat(), "days": 7, "isClosed": True},
        "five weeks after": {"closes": (now - dt.timedelta(days=36)).isoformat(), "days": 35, "isClosed": True},
        "no entry": 5,
    }
    phone.page.goto(f"{phone.world.address}/healthz")
    for name, entry in (kept | gone).items():
        value = [f"barograph/{name}", json.dumps(entry)]
        phone.page.evaluate("([name, entry]) => localStorage.setItem(name, entry)", value)
    phone.page.goto(f"{phone.world.address}/answer")
    phone.sees("Open the survey")
    assert set(phone.kept()) == {f"barograph/{name}" for name in kept}


def test_a_paper_taken_elsewhere_is_said(phone: Phone, browser: Browser) -> None:
    journey.take_paper(phone.world.inst, phone.world.code(wave=WAVE), now=phone.world.now)
    phone.open()
    phone.press("Start")
    phone.answer("Agree")
    phone.press("Send")
    phone.sees("The survey stops here")
    phone.reads("A ballot paper was already taken with this link, in another browser")
    phone.reads("If you have not answered, somebody used your link: tell the works council")
    expect(phone.page.get_by_text("under another link")).to_have_count(0)
    assert stored(phone.world) == []


def test_after_the_close_the_link_tells_what_became_of_the_survey(phone: Phone) -> None:
    address = phone.link()
    phone.open(address)
    phone.press("Start")
    phone.answer("Agree")
    journey.cast(phone.world.inst, phone.world.code("ticketing3", wave=WAVE), {}, now=phone.world.now)
    lifecycle.close_wave(phone.world.inst, wave=WAVE, now=phone.world.now, actor="test")
    phone.press("Send")
    phone.sees("This survey has closed")
    phone.reads("These answers did not arrive before the close. They were not counted.")
    phone.open(address)
    phone.sees("This survey has closed")
    phone.reads("The key that could open single answers was destroyed on")
    phone.reads("There are no more ballots than ballot papers were issued.")


def test_a_pasted_link_and_a_code_both_open(phone: Phone) -> None:
    phone.page.goto(f"{phone.world.address}/answer")
    phone.page.locator("#code").fill(phone.link())
    phone.page.get_by_role("button", name="Open").click()
    phone.sees("How has work been lately?")
    phone.page.goto("about:blank")
    phone.page.goto(f"{phone.world.address}/answer#{'A' * 26}")
    expect(phone.page).to_have_url(f"{phone.world.address}/card")


def test_without_scripts_the_page_says_what_is_missing(served: World, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served.address}/answer#{links.fragment(journey.link_of(served.inst, served.code(wave=WAVE)))}")
    expect(page.get_by_role("heading", name="This browser runs no scripts").first).to_be_visible()
    commands = ['barograph ballot questions "LINK" --out FILE', 'barograph ballot answer "LINK" --answers FILE']
    for place, command in enumerate(commands):
        expect(page.locator("noscript code").nth(place)).to_have_text(command)
        expect(page.locator("noscript code").nth(place)).to_be_visible()
    expect(page.locator("#code")).to_be_visible()
    context.close()
