"""A member answers on a phone what is asked beside the questions: about the reader, topics to tick, a comment."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app import lifecycle
from surveys.ballots import sealing
from surveys.ballots.sealing import Sheet
from surveys.store import waves
from tests.e2e.phone import THANKS, WAVE, Phone, stored
from tests.integration.web.talking import ask_more
from tests.integration.web.world import World
from tests.support import journey
from tests.support.browser import PHONE

pytestmark = pytest.mark.slow

COMMENT = "The rota comes too late.\nIt could come on Thursday."
TALK = "One more page, if you like"


@pytest.fixture
def released(released: World) -> World:
    """The same organisation; from the next wave on it asks for a site, topics and comments."""
    return ask_more(released)


@pytest.fixture
def phone(served: World, page: Page) -> Iterator[Phone]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Phone(served, page, total=7)
    assert complaints == []


def answer_up_to_talk(phone: Phone, site: str = "South") -> None:
    """Start and answer everything before the page with topics and comment."""
    phone.press("Start")
    phone.answer("Agree")
    expect(phone.page).to_have_title("Question 7 of 7. Larkfield Transit")
    phone.reads("This comes from nobody’s record, only from your answer here.")
    phone.reads("It is used only for groups of at least 100 people, and no figure is about fewer than 5 people.")
    phone.page.get_by_label(site, exact=True).check()
    phone.press("Next")
    phone.sees(TALK)


def opened(world: World) -> list[tuple[Sheet, str]]:
    """What the ballots in the box say, opened with the key of the wave as the count does."""
    with world.inst.database.reading() as session:
        row = waves.get_wave(session, WAVE)
        opener = sealing.Opener(world.inst.keys.wave_key(WAVE), row.fingerprint or "")
    found = []
    for crowd, ciphertext in stored(world):
        first, second = sealing.split(ciphertext, has_comments=True)
        assert second is not None
        comment = sealing.unpad_comment(opener.open_comment(second, crowd))
        found.append((sealing.unpad(opener.open(first, crowd)), comment))
    return found


def test_everything_is_asked_looked_at_changed_sealed_and_replaced(phone: Phone) -> None:
    phone.open()
    phone.sees("One question about you")
    phone.sees("Topics and a comment")
    phone.reads("Your answers are counted together with those of your group, Ticketing: 10 people are asked.")
    phone.reads("If you write something only you could know, somebody may recognise it.")
    answer_up_to_talk(phone)
    phone.reads(
        "A redactor, somebody outside your line of leaders, reads each comment before it is released and may remove it."
    )
    phone.reads("only at a level with at least 10 answers and 5 comments")
    phone.reads("Nobody who reads a comment can look up who wrote it, so nobody can come to help.")
    phone.page.get_by_label("Tools and equipment").check()
    phone.page.get_by_label("Workload and time").check()
    phone.page.get_by_label("Is there anything else that should be known?").fill(COMMENT)
    phone.press("Look at my answers")
    phone.reads("Workload and time and Tools and equipment")
    phone.reads("The rota comes too late.")
    phone.reads("South")

    phone.page.get_by_role("button", name="Change").last.click()
    phone.sees(TALK)
    expect(phone.page.get_by_label("Tools and equipment")).to_be_checked()
    expect(phone.page.locator("#comment")).to_have_value(COMMENT)
    phone.page.get_by_label("Tools and equipment").uncheck()
    phone.press("Back to the overview")
    phone.page.get_by_role("button", name="Change").nth(6).click()
    expect(phone.page.get_by_label("South", exact=True)).to_be_checked()
    phone.page.get_by_label("I would rather not answer this one").check()
    phone.press("Back to the overview")
    phone.press("Send")
    phone.sees(THANKS)
    phone.reads("A redactor outside your line of leaders reads the comments. They come some days later, or not at all.")
    ((sheet, comment),) = opened(phone.world)
    assert sheet.topics == ("workload",)
    assert sheet.answers["site"] is None
    assert len(sheet.answers) == 7
    assert comment == COMMENT
    (kept,) = map(json.loads, phone.kept().values())
    assert set(kept) == {"wave", "closes", "days", "isSent", "nonce", "token"}

    phone.press("Change my answers")
    phone.page.get_by_role("button", name="Change").last.click()
    phone.page.locator("#comment").fill("")
    phone.press("Back to the overview")
    phone.press("Send")
    phone.sees(THANKS)
    ((_, comment),) = opened(phone.world)
    assert comment == ""


def test_all_of_it_may_stay_empty_and_every_request_is_as_long(phone: Phone) -> None:
    phone.open()
    answer_up_to_talk(phone)
    phone.press("Look at my answers")
    phone.reads("Nothing ticked and nothing written")
    phone.press("Send")
    phone.sees(THANKS)
    own = len(phone.sent)

    phone.open(phone.link("ticketing3"))
    answer_up_to_talk(phone, "Harbour")
    for box in phone.page.get_by_role("checkbox").all():
        box.check()
    phone.page.locator("#comment").fill("ñ" * 400)
    phone.press("Look at my answers")
    phone.press("Send")
    phone.sees(THANKS)

    def seen(requests: list[tuple[str, str]]) -> list[tuple[str, int]]:
        return [(url.partition("#")[0], len(body)) for url, body in requests if "about:" not in url]

    first, second = seen(phone.sent[:own]), seen(phone.sent[own:])
    files = [entry for entry in first if "/answer/files/" in entry[0] or "/static/" in entry[0]]
    assert [entry for entry in first if entry not in files] == [entry for entry in second if entry not in files]
    assert [sheet.topics == () for sheet, _ in opened(phone.world)].count(True) == 1


def test_what_may_tell_who_wrote_it_is_said_while_typing_and_not_sent(phone: Phone) -> None:
    phone.open()
    answer_up_to_talk(phone)
    before = len(phone.sent)
    box, notes = phone.page.locator("#comment"), phone.page.get_by_role("status")
    expect(notes.get_by_role("paragraph")).to_have_count(0)
    box.press_sequentially("In the last meeting we told Anna on 3/11 that")
    expect(notes.get_by_role("paragraph")).to_have_count(3)
    for text in ("Is this somebody’s name?", "Is this a day or a date?", "Is this about one certain talk?"):
        expect(notes).to_contain_text(text)
    expect(phone.page.locator("#length")).to_have_text("45")
    box.fill("The rota comes late.")
    expect(notes.get_by_role("paragraph")).to_have_count(0)
    box.fill("")
    phone.page.keyboard.insert_text("x" * 500)
    expect(phone.page.locator("#length")).to_have_text("400")
    assert len(phone.sent) == before


def test_the_draft_lives_through_a_reload_and_a_change_of_language(phone: Phone) -> None:
    phone.open()
    answer_up_to_talk(phone)
    phone.page.get_by_label("Tools and equipment").check()
    phone.page.locator("#comment").fill(COMMENT)
    phone.page.get_by_role("button", name="Español").click()
    expect(phone.page.get_by_label("Herramientas y equipo")).to_be_checked()
    expect(phone.page.locator("#comment")).to_have_value(COMMENT)
    phone.page.reload()
    expect(phone.page.get_by_label("Tools and equipment")).to_be_checked()
    expect(phone.page.locator("#comment")).to_have_value(COMMENT)
    phone.press("Back")
    expect(phone.page.get_by_label("South", exact=True)).to_be_checked()
    (kept,) = map(json.loads, phone.kept().values())
    assert kept["sheet"]["comment"] == COMMENT


def test_a_shared_computer_keeps_no_comment(phone: Phone) -> None:
    phone.open()
    phone.page.get_by_label("This is a shared computer").check()
    answer_up_to_talk(phone)
    phone.page.locator("#comment").fill(COMMENT)
    assert phone.kept() == {}
    phone.press("Look at my answers")
    phone.press("Send")
    phone.sees(THANKS)
    assert phone.kept() == {}
    ((_, comment),) = opened(phone.world)
    assert comment == COMMENT


def test_a_question_about_the_reader_needs_an_answer_or_a_no(phone: Phone) -> None:
    phone.open()
    phone.press("Start")
    phone.answer("Agree")
    phone.press("Next")
    expect(phone.page.get_by_role("alert")).to_contain_text("Choose an answer")
    expect(phone.page).to_have_title("Error. Question 7 of 7. Larkfield Transit")


def test_what_was_written_is_text_and_never_markup(phone: Phone) -> None:
    text = "<img src=x onerror=alert(1)> {k} & {organisation}"
    phone.open()
    answer_up_to_talk(phone)
    phone.page.locator("#comment").fill(text)
    phone.press("Look at my answers")
    expect(phone.page.locator(".written")).to_have_text(text)
    assert phone.page.locator("main img").count() == 0


def test_the_whole_wave_is_counted_and_the_topics_of_the_browser_with_it(phone: Phone) -> None:
    phone.open()
    answer_up_to_talk(phone)
    phone.page.get_by_label("Tools and equipment").check()
    phone.page.locator("#comment").fill(COMMENT)
    phone.press("Look at my answers")
    phone.press("Send")
    phone.sees(THANKS)
    world = phone.world
    for person in ("ticketing3", "ticketing4", "ticketing5", "ticketing6"):
        journey.cast(world.inst, world.code(person, wave=WAVE), {}, now=world.now)
    account = lifecycle.close_wave(world.inst, wave=WAVE, now=world.now, actor="test")
    assert account.unreadable == 0
    assert stored(world) == []


def test_without_comments_and_segments_no_page_speaks_of_them(browser: Browser, phone: Phone) -> None:
    """The first wave asked for nothing beside the questions; its rules say so to everybody."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    rules = context.request.get(f"{phone.world.address}/waves/pulse-1/manifest.json").json()
    assert (rules["comments"], rules["segments"]) == (False, [])
    rules = context.request.get(f"{phone.world.address}/waves/{WAVE}/manifest.json").json()
    assert (rules["comments"], rules["segments"]) == (
        True,
        [{"code": "site", "options": ["North", "South", "Harbour"]}],
    )
    context.close()
