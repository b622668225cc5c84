"""What one browser keeps of a link: two tabs, lost replies, papers without a ballot, and other people's pages."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from app import lifecycle
from surveys.ballots import links, manifest
from tests.e2e.phone import THANKS, WAVE, Phone, stored
from tests.integration.web.world import World
from tests.support import journey

pytestmark = pytest.mark.slow

START = "How has work been lately?"
SENT = "You have sent answers from this browser."


@pytest.fixture
def tab(served: World, browser_context: BrowserContext) -> Iterator[Callable[[], Phone]]:
    """Open one more tab of the same browser."""
    complaints: list[str] = []

    def more() -> Phone:
        page = browser_context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Phone(served, page)

    yield more
    assert complaints == []


@pytest.fixture
def phone(tab: Callable[[], Phone]) -> Phone:
    return tab()


def replying(status: int, body: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body, content_type="text/html")


def losing(route: Route) -> None:
    """Let the request through, and lose the reply."""
    route.fetch()
    route.abort()


def entry(phone: Phone) -> dict[str, object]:
    (kept,) = map(json.loads, phone.kept().values())
    assert isinstance(kept, dict)
    return kept


def test_a_draft_in_a_second_tab_does_not_lose_the_paper_of_the_first(tab: Callable[[], Phone]) -> None:
    first, second = tab(), tab()
    first.open()
    second.open()
    second.press("Start")
    first.answer_and_send()
    paper = {name: entry(first)[name] for name in ("nonce", "token", "isSent")}
    second.page.get_by_label("Agree", exact=True).check()
    assert paper.items() <= entry(first).items()
    second.page.keyboard.press("Enter")
    for _ in range(5):
        second.page.get_by_label("I would rather not answer this one").check()
        second.page.locator(".r-nav .btn").first.click()
    second.press("Send")
    second.sees(THANKS)
    assert paper.items() <= entry(first).items()
    assert len(first.bodies("/papers") + second.bodies("/papers")) == 1
    first.press("Change my answers")
    first.press("Send")
    first.sees(THANKS)
    assert len(stored(first.world)) == 1


def test_two_tabs_that_send_at_once_take_one_paper(tab: Callable[[], Phone]) -> None:
    first, second, other = tab(), tab(), tab()
    other.open(other.link("ticketing4"))
    other.answer_and_send()
    for each in (first, second):
        each.open()
        each.press("Start")
        each.answer("Agree")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    first.page.route("**/papers", hold)
    first.press("Send")
    first.page.wait_for_timeout(200)
    second.press("Send")
    second.page.wait_for_timeout(300)
    assert second.bodies("/papers") == []
    held[0].continue_()
    first.sees(THANKS)
    second.sees(THANKS)
    assert len(stored(first.world)) == 2
    assert len({json.loads(body)["nonce"] for body in first.bodies("/ballots") + second.bodies("/ballots")}) == 1


def test_a_tab_at_the_start_hears_what_another_one_did(tab: Callable[[], Phone]) -> None:
    first, second = tab(), tab()
    first.open()
    second.open()
    second.sees(START)
    first.answer_and_send()
    second.reads(SENT)
    expect(second.page.locator("#shared")).to_have_count(0)
    first.remove()
    second.press("Start")
    second.page.get_by_label("Agree", exact=True).check()
    assert first.kept() == {}, "what was removed in one tab does not come back from another"


def test_a_paper_without_an_accepted_ballot_is_not_called_sent(phone: Phone) -> None:
    address = phone.link()
    phone.page.route("**/ballots", lambda route: route.fulfill(status=409, json={"accepted": False}))
    phone.open(address)
    phone.press("Start")
    phone.answer("Agree")
    phone.press("Send")
    phone.reads("The server did not accept this ballot.")
    expect(phone.page.get_by_text("Nothing was sent.")).to_have_count(0)
    phone.open(address)
    phone.sees(START)
    expect(phone.page.get_by_text(SENT)).to_have_count(0)
    expect(phone.page.locator("#shared")).to_have_count(0)  # a tick there would throw the paper away
    lifecycle.close_wave(phone.world.inst, wave=WAVE, now=phone.world.now, actor="test")
    phone.open(address)
    phone.sees("This survey has closed")
    phone.reads("No answers from this browser were accepted.")


def test_a_lost_reply_and_a_reload_without_a_network_say_what_is_known(phone: Phone) -> None:
    phone.open()
    phone.press("Start")
    phone.answer("Agree")
    phone.page.route("**/ballots", losing)
    phone.press("Send")
    phone.reads("It is not known yet whether your answers arrived. They are kept on this device. We try again.")
    phone.page.route("**/account.json", lambda route: route.abort())
    phone.page.reload()
    phone.reads("It is not known yet whether your answers arrived. They are kept on this device. We try again.")
    expect(phone.page.get_by_text("Nothing was sent")).to_have_count(0)
    assert len(cast("dict[str, dict[str, int]]", entry(phone)["pending"])["answers"]) == 6
    phone.page.unroute("**/account.json")
    phone.page.unroute("**/ballots")
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    phone.sees(THANKS)
    assert "pending" not in entry(phone)
    assert len(stored(phone.world)) == 1


def test_a_close_before_the_reply_does_not_claim_what_nobody_knows(phone: Phone) -> None:
    address = phone.link()
    phone.open(address)
    phone.press("Start")
    phone.answer("Agree")
    phone.page.route("**/ballots", losing)
    phone.press("Send")
    phone.reads("We try again.")
    lifecycle.close_wave(phone.world.inst, wave=WAVE, now=phone.world.now, actor="test")
    for _ in range(2):
        phone.open(address)
        phone.reads("The survey closed before this browser heard whether your last answers arrived.")
        expect(phone.page.get_by_text("They were not counted")).to_have_count(0)
        expect(phone.page.get_by_text("No answers from this browser were accepted.")).to_have_count(0)


@pytest.mark.parametrize("name", ["account", "manifest", "questionnaire"])
@pytest.mark.parametrize(
    ("status", "body"), [(403, ""), (429, "slow down"), (200, "<html>Welcome to our wireless network</html>")]
)
def test_somebody_elses_page_in_place_of_a_document_is_said_to_be_that(
    phone: Phone, name: str, status: int, body: str
) -> None:
    phone.page.route(f"**/{name}.json", replying(status, body))
    phone.open()
    phone.reads("The server cannot be reached right now, or something on the way answers in its place.")
    phone.page.unroute(f"**/{name}.json")
    phone.press("Try again")
    phone.sees(START)


def test_the_account_of_another_wave_is_not_believed(phone: Phone) -> None:
    phone.open()
    phone.answer_and_send()
    phone.press("Change my answers")
    phone.press("Change")
    phone.page.get_by_label("Disagree", exact=True).check()
    before = entry(phone)
    true = json.loads(phone.page.evaluate(f"fetch('/waves/{WAVE}/account.json').then(reply => reply.text())"))
    for change in ({"wave": "other"}, {"fingerprint": "00" * 32}, {"fingerprint": None}):
        told = json.dumps(true | {"status": "counted", "has_counted_list": True} | change)
        phone.page.route("**/account.json", replying(200, told))
        phone.open()
        phone.reads("The rules of this survey are not those your message names.")
        assert entry(phone) == before
        phone.page.unroute("**/account.json")


def test_a_renewed_link_points_to_the_earlier_one(phone: Phone) -> None:
    phone.open()
    phone.answer_and_send()
    phone.page.route("**/papers", lambda route: route.fulfill(status=409, json={"refused": "paper-taken"}))
    link = dataclasses.replace(
        journey.link_of(phone.world.inst, phone.world.code(wave=WAVE)), code="A" * 26
    )  # a new code for the same person
    phone.open(f"{phone.world.address}/answer#{links.fragment(link)}")
    phone.press("Start")
    phone.answer("Agree")
    phone.press("Send")
    phone.reads("This browser keeps a ballot paper of the same survey under another link.")


def test_the_link_is_forgotten_once_the_answers_are_in(phone: Phone) -> None:
    phone.open()
    code = phone.world.code(wave=WAVE)
    assert code in str(phone.page.evaluate("({...sessionStorage})"))
    phone.answer_and_send()
    assert code not in str(
        phone.page.evaluate("[{...sessionStorage}, {...localStorage}, history.state, location.href]")
    )
    phone.press("Change my answers")
    phone.page.reload()
    phone.sees("Look at your answers and send them")


def test_removing_asks_once(phone: Phone) -> None:
    phone.open()
    phone.answer_and_send()
    phone.open()
    phone.page.get_by_text("Remove what this browser keeps of it").click()
    phone.reads("It cannot be undone.")
    assert len(phone.kept()) == 1
    phone.press("Remove it now")
    phone.sees("Open the survey")
    assert phone.kept() == {}


@pytest.mark.parametrize("body", ["[]", '{"units": 1}', '{"units": [{"names": null, "rows": []}]}', "null", "<html>"])
def test_results_that_cannot_be_read_are_left_out(phone: Phone, body: str) -> None:
    phone.page.route("**/results", replying(200, body))
    phone.open()
    phone.sees(START)
    phone.page.get_by_role("button", name="Español").click()
    phone.page.get_by_role("button", name="English").click()
    phone.answer_and_send()


def test_no_script_of_the_page_may_write_markup(phone: Phone) -> None:
    phone.open()
    phone.sees(START)
    made = "try { trustedTypes.createPolicy('x', {createHTML: text => text}); 'made' } catch (error) { error.name }"
    assert phone.page.evaluate(made) == "TypeError"


def test_a_count_that_waits_and_one_of_too_few_are_said(phone: Phone) -> None:
    address = phone.link()
    phone.open(address)
    phone.answer_and_send()
    lifecycle.close_wave(phone.world.inst, wave=WAVE, now=phone.world.now, actor="test")
    true = json.loads(phone.page.evaluate(f"fetch('/waves/{WAVE}/account.json').then(reply => reply.text())"))
    phone.page.route("**/account.json", replying(200, json.dumps(true | {"is_none": True})))
    phone.open(address)
    phone.reads("Too few people answered. Nothing is published")
    phone.page.unroute("**/account.json")
    phone.page.route("**/account.json", replying(200, json.dumps(true | {"status": "closed", "is_waiting": True})))
    phone.open(address)
    phone.reads("That waits for those who hold the key of the second lock.")


def test_rules_that_cannot_be_shown_stop_the_page_with_a_sentence(served: World, page: Page) -> None:
    phone = Phone(served, page)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    true = journey.link_of(served.inst, served.code(wave=WAVE))
    text = json.loads(served.app.test_client().get(f"/waves/{WAVE}/manifest.json").text)
    account = json.loads(served.app.test_client().get(f"/waves/{WAVE}/account.json").text)
    changes: list[dict[str, object]] = [
        {"closes_at": "never"}, {"timezone": "Mars/One"}, {"languages": []}, {"languages": ["fr"]}, {"crowds": 1},
    ]  # fmt: skip
    for change in changes:
        told = json.dumps(text | change, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        fingerprint = manifest.fingerprint(told)
        page.route("**/manifest.json", replying(200, told))
        page.route("**/account.json", replying(200, json.dumps(account | {"fingerprint": fingerprint})))
        link = dataclasses.replace(true, mark=links.mark_of(fingerprint))
        phone.open(f"{served.address}/answer#{links.fragment(link)}")
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Opening the survey")
        page.unroute("**/manifest.json")
        page.unroute("**/account.json")
    assert complaints == []
