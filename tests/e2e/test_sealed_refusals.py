"""What the answer page refuses: every altered rule, question, key and label, each with a sentence and nothing sent."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from werkzeug.serving import make_server

from app import answer_page
from surveys.ballots import links, poprf, sealing, tokens, trustee
from surveys.ballots.wire import decode64, encode64
from tests.e2e.phone import WAVE, Phone, stored
from tests.integration.web.world import World
from tests.support import journey

pytestmark = pytest.mark.slow


@pytest.fixture
def phone(served: World, page: Page) -> Phone:
    return Phone(served, page)


def altered(change: Callable[[dict[str, object]], None]) -> Callable[[Route], None]:
    """Serve a document with a change, as somebody would who wants to mark one person."""

    def serve(route: Route) -> None:
        document = json.loads(route.fetch().text())
        change(document)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        route.fulfill(body=text, content_type="application/json")

    return serve


def signing(private: bytes, info: bytes) -> Callable[[Route], None]:
    """Sign papers with a key and a label of one's own, and prove it correctly."""

    def serve(route: Route) -> None:
        blinded = decode64(route.request.post_data_json["blinded"])
        made = poprf.blind_evaluate(private, blinded, info)
        route.fulfill(json={"element": encode64(made.element), "proof": encode64(made.proof)})

    return serve


def replying(status: int, body: dict[str, object]) -> Callable[[Route], None]:
    """Answer instead of the server."""

    def serve(route: Route) -> None:
        route.fulfill(status=status, json=body)

    return serve


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("manifest", {"wave_key": "11" * 32}, "The rules of this survey are not those your message names."),
        ("manifest", {"installation": "22" * 32}, "The rules of this survey are not those your message names."),
        ("manifest", {"k": 4}, "The rules of this survey are not those your message names."),
        ("questionnaire", {"version": 99}, "The questions that the server sent are not those the rules name."),
    ],
    ids=["wave key", "installation key", "k", "questions"],
)
def test_another_document_than_the_link_names(
    phone: Phone, name: str, change: dict[str, object], sentence: str
) -> None:
    phone.page.route(f"**/{name}.json", altered(lambda document: document.update(change)))
    phone.open()
    phone.sees("The survey stops here")
    phone.reads(sentence)
    phone.reads("Nothing was sent.")
    phone.reads("Do not answer in another way")
    assert phone.bodies("/papers") == []


def test_papers_of_a_second_key_or_another_crowd_are_not_used(phone: Phone) -> None:
    inst = phone.world.inst
    link = journey.link_of(inst, phone.world.code(wave=WAVE))
    offer = journey.offer_of(inst, link)
    own = inst.keys.ballot_key().private
    second = tokens.installation_pair(b"\x07" * 32).private
    right = tokens.paper_info(offer.fingerprint, link.crowd)
    wrong = tokens.paper_info(offer.fingerprint, f"{link.crowd}-marked")
    for private, info in ((second, right), (own, wrong)):
        phone.page.route("**/papers", signing(private, info))
        phone.open()
        phone.press("Start")
        phone.answer("Agree")
        phone.press("Send")
        phone.reads("The server made your ballot paper with another key, or for another group, than the rules say.")
        phone.page.unroute("**/papers")
    assert phone.bodies("/ballots") == []
    phone.page.route("**/papers", signing(own, right))
    phone.press("Try again")
    phone.press("Send")
    phone.sees("Thank you. Your answers are in.")


def test_another_program_than_the_rules_name(phone: Phone) -> None:
    """The same bytes under another address, as an upgrade under an open wave would do."""
    digest = "ab" * 32

    def serve(route: Route) -> None:
        text = route.fetch().text()
        at = text.index('.js"') - 64
        route.fulfill(body=text.replace(text[at : at + 64], digest), content_type="text/html")

    def script(route: Route) -> None:
        with phone.world.inst.database.reading() as session:
            page = answer_page.in_use(session)
        content = next(file.content for file in page.files if file.sha256 == page.script_sha256)
        route.fulfill(body=content, content_type="text/javascript")

    phone.page.route("**/answer", serve)
    phone.page.route(f"**/{digest}.js", script)
    phone.open()
    phone.reads("The rules of this survey name another program than the one this page runs.")


@pytest.mark.parametrize(
    ("cut", "sentence"),
    [(1, "This link is damaged or not complete."), (3, "This link is damaged or not complete.")],
)
def test_a_cut_link(phone: Phone, cut: int, sentence: str) -> None:
    phone.open(phone.link().rsplit("/", cut)[0])
    phone.reads(sentence)


def test_other_refusals_of_the_server_are_sentences(phone: Phone) -> None:
    kinds = {
        "unknown-code": (404, "This link is not valid any more."),
        "malformed": (422, "The server did not understand this page."),
        "not-open": (409, "The time of this survey is over."),
    }
    phone.open()
    phone.press("Start")
    phone.answer("Agree")
    for kind, (status, sentence) in kinds.items():
        phone.page.route("**/papers", replying(status, {"refused": kind}))
        phone.page.reload()
        phone.press("Send")
        phone.reads(sentence)
        phone.page.unroute("**/papers")
    phone.page.route("**/ballots", replying(409, {"accepted": False}))
    phone.page.reload()
    phone.press("Send")
    phone.reads("The server did not accept this ballot.")
    assert stored(phone.world) == []


def test_a_browser_without_the_method_is_told_so(phone: Phone) -> None:
    phone.page.add_init_script("crypto.subtle.generateKey = () => Promise.reject(new Error('no'))")
    phone.open()
    phone.reads("This browser cannot lock your answers: it lacks the method X25519.")
    phone.page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    phone.open()
    phone.reads("This page came over a connection that is not encrypted.")


SECOND_LOCK = sealing.new_wave_key()[1]
LOCK_WORDS = trustee.key_words(SECOND_LOCK)


@pytest.fixture
def large(make_world: Callable[..., World], request: pytest.FixtureRequest) -> Iterator[World]:
    """An organisation of 52 people on a real port, whose count leaves a list of counted ballots."""
    world = make_world()
    teams = {journey.ROOT: (None, 2), "ant": (journey.ROOT, 25), "bee": (journey.ROOT, 25)}
    journey.company(world.inst, teams, second_lock=getattr(request, "param", None))
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    world.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield world
    server.shutdown()
    thread.join()
    server.server_close()


def test_after_the_count_the_browser_says_whether_the_ballot_was_counted(large: World, page: Page) -> None:
    wave = journey.open_wave(large.inst)
    large.now = wave.opens_at + dt.timedelta(hours=1)
    person = journey.member("ant", 1)
    link = journey.link_of(large.inst, wave.codes[person])
    phone = Phone(large, page)
    address = f"{large.address}/answer#{links.fragment(link)}"
    phone.page.clock.set_fixed_time(large.now)
    phone.open(address)
    phone.press("Start")
    for _ in range(6):
        phone.page.get_by_label("I would rather not answer this one").check()
        phone.page.keyboard.press("Enter")
    phone.press("Send")
    phone.sees("Thank you. Your answers are in.")
    phone.reads("For a week after that, the same link tells you whether your ballot was counted.")
    rest = [email for email in sorted(wave.codes) if email != person][:20]
    journey.cast_all(large.inst, wave, journey.only(rest))
    journey.close_wave(large.inst, wave)
    large.now = wave.closes_at + dt.timedelta(days=1)
    phone.page.clock.set_fixed_time(large.now)

    phone.open(address)
    phone.reads("Your ballot was counted.")
    phone.page.evaluate(
        """() => { for (const name of Object.keys(localStorage)) {
            const kept = JSON.parse(localStorage[name]);
            localStorage[name] = JSON.stringify({...kept, nonce: 'A'.repeat(43)});
        } }"""
    )
    phone.open(address)
    phone.reads("Your ballot is not in the list of counted ballots.")
    phone.remove()
    phone.sees("Open the survey")
    phone.open(address)
    phone.reads("This browser keeps no ballot of this survey, so it cannot check.")
    expect(phone.page.get_by_text("Remove what this browser keeps of it")).to_have_count(0)


@pytest.mark.parametrize("large", [SECOND_LOCK], indirect=True, ids=["second lock"])
def test_a_second_lock_is_said_and_put_on(large: World, page: Page) -> None:
    wave = journey.open_wave(large.inst)
    large.now = wave.opens_at
    phone = Phone(large, page)
    link = journey.link_of(large.inst, wave.codes[journey.member("bee", 2)])
    phone.open(f"{large.address}/answer#{links.fragment(link)}")
    phone.reads("They carry a second lock. Those who run this survey say that its key belongs to somebody")
    (words,) = (text for text in phone.page.locator(".words").all_inner_texts() if " ".join(text.split()) == LOCK_WORDS)
    assert [len(line.split()) for line in words.splitlines()] == [4, 4]
    phone.press("Start")
    for _ in range(6):
        phone.page.get_by_label("I would rather not answer this one").check()
        phone.page.keyboard.press("Enter")
    phone.press("Send")
    phone.sees("Thank you. Your answers are in.")
    ((_, ciphertext),) = stored(large, wave.slug)
    assert len(ciphertext) == sealing.sealed_length(has_second_lock=True)
